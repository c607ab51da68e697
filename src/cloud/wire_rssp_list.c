/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads credentials/list and credentials/info of RSSP. One bad entry never costs the person the
 * others; credentialID goes back letter by letter or the entry is not used.
 */
#include <stdlib.h>
#include <string.h>
#include "cloud/base.h"
#include "cloud/cause.h"
#include "cloud/certs.h"
#include "cloud/json.h"
#include "cloud/wire_rssp.h"
#include "common/log.h"
#include "common/text.h"

#define COMPONENT     "net"
#define MULTISIGN_MAX SCA_BASE_DOCS_MAX

/* "OPERATED" is the one word that was seen; clear words block, anything else is tried. */
static bool blocked(const char *status)
{
    static const char *const more_words[] = {"terminat", "destroy", NULL};
    char words[SCA_WORDS_SIZE];

    sca_words_fold(status, words);
    return sca_cause_blocked(words) || sca_words_any(words, more_words);
}

/* A negative number means no limit, or nothing at all. */
static void read_left(const json_t *object, struct sca_cloud_cert *cert)
{
    int64_t left = 0;

    if (!sca_json_int(object, "remainingSigningCounter", &left) || left < 0 || left > UINT32_MAX)
        return;
    cert->has_signatures_left = true;
    cert->signatures_left = (uint32_t)left;
}

static void read_multisign(const json_t *object, struct sca_cloud_cert *cert)
{
    int64_t multisign = 0;

    if (sca_json_int(object, "multisign", &multisign) && multisign > 0)
        cert->max_batch = multisign < MULTISIGN_MAX ? (uint32_t)multisign : MULTISIGN_MAX;
}

static int read_item(const json_t *item, struct sca_cloud_cert *ret_cert)
{
    struct sca_cloud_cert cert = {0};
    const char *id = sca_json_text(item, "credentialID");
    const char *status = sca_json_text(item, "status");

    int err = sca_base_missing(id) ? SCA_E_FORMAT : sca_cert_exact(id, &cert.provider_id);
    if (err == 0)
        err = sca_cert_exact(sca_json_text(item, "serialNumber"), &cert.serial);
    if (err == 0)
        err = sca_cert_printable(sca_json_text(item, "purpose"), &cert.service);
    if (err == 0)
        err = sca_cert_printable(status, &cert.status);
    if (err == 0)
        err = sca_cert_chain(&cert, json_object_get(item, "certificates"));
    if (err == SCA_E_FORMAT && cert.status != NULL) { /* credentials/info may have it */
        sca_buf_clear(&cert.der);
        err = 0;
    }
    if (err != 0) {
        sca_base_cert_clear(&cert);
        return err;
    }
    cert.state = blocked(status) ? SCA_CERT_BLOCKED : SCA_CERT_USABLE;
    read_left(item, &cert);
    read_multisign(item, &cert);
    *ret_cert = cert;
    return 0;
}

int sca_rssp_read_list(const struct sca_rssp_reply *reply, struct sca_cloud_listing *ret_listing)
{
    const json_t *items = json_object_get(reply->root, "certs");
    size_t size = json_array_size(items);
    struct sca_cloud_listing listing = {0};

    if (size == 0)
        return items == NULL || json_is_null(items) || json_is_array(items) ? SCA_E_NO_CERT
                                                                            : SCA_E_SERVER;
    if (size > SCA_CERTS_MAX) {
        sca_log(SCA_LOG_WARNING, COMPONENT, "the service lists %zu certificates; %d are used", size,
                SCA_CERTS_MAX);
        size = SCA_CERTS_MAX;
    }
    listing.certs = calloc(size, sizeof *listing.certs);
    if (listing.certs == NULL)
        return SCA_E_NOMEM;
    for (size_t i = 0; i < size; i++) {
        int err = read_item(json_array_get(items, i), &listing.certs[listing.count]);
        if (err == SCA_E_NOMEM) {
            sca_base_listing_clear(&listing);
            return err;
        }
        if (err == 0)
            listing.count++;
        else
            sca_log(SCA_LOG_WARNING, COMPONENT, "certificate %zu of the listing is unreadable: %s",
                    i + 1, sca_err_name(err));
    }
    if (listing.count == 0) {
        sca_base_listing_clear(&listing);
        return SCA_E_SERVER;
    }
    *ret_listing = listing;
    return 0;
}

int sca_rssp_read_cert(const struct sca_rssp_reply *reply, struct sca_cloud_cert *cert)
{
    const json_t *item = json_object_get(reply->root, "cert");
    SCA_TEXT_AUTO serial = NULL;

    int err = sca_cert_chain(cert, json_object_get(item, "certificates"));
    if (err == 0 && cert->serial[0] == '\0')
        err = sca_cert_exact(sca_json_text(item, "serialNumber"), &serial);
    if (err != 0)
        return err;
    if (serial != NULL) {
        char *none = cert->serial;
        cert->serial = serial;
        serial = none;
    }
    if (!cert->has_signatures_left)
        read_left(reply->root, cert);
    if (cert->max_batch == 0)
        read_multisign(reply->root, cert);
    return 0;
}

void sca_rssp_read_info(const struct sca_rssp_reply *reply, struct sca_rssp_info *ret_info)
{
    const json_t *cert = json_object_get(reply->root, "cert");
    const json_t *modes = json_object_get(reply->root, "authModes");
    const char *key = sca_json_text(json_object_get(reply->root, "key"), "status");
    struct sca_rssp_info info = {.mode = sca_rssp_mode_of(sca_json_text(reply->root, "authMode"))};
    struct sca_cloud_cert facts = {0};

    if (info.mode == SCA_RSSP_UNKNOWN && json_array_size(modes) == 1)
        info.mode = sca_rssp_mode_of(json_string_value(json_array_get(modes, 0)));
    read_left(cert, &facts);
    read_left(reply->root, &facts);
    info.blocked = blocked(sca_json_text(cert, "status")) || blocked(key);
    info.has_left = facts.has_signatures_left;
    info.left = facts.signatures_left;
    *ret_info = info;
}
