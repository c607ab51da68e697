/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads certificates/info: an array. The serial number is not taken over: it is decimal here, and
 * nothing asks for it, since requests name a key by credential_id.
 */
#include <string.h>
#include "cloud/base.h"
#include "cloud/cause.h"
#include "cloud/certs.h"
#include "cloud/mysign_reply.h"
#include "cloud/wire_mysign.h"

static bool is_blocked(const char *status)
{
    char words[SCA_WORDS_SIZE];

    sca_words_fold(status, words);
    return sca_cause_blocked(words);
}

static int read_status(const json_t *key, const json_t *x509, struct sca_cloud_cert *cert)
{
    const char *of_key = sca_json_text(key, "status");
    const char *of_cert = sca_json_text(x509, "status");
    bool key_blocked = is_blocked(of_key);

    cert->state = key_blocked || is_blocked(of_cert) ? SCA_CERT_BLOCKED : SCA_CERT_USABLE;
    return sca_cert_printable(key_blocked || of_cert == NULL ? of_key : of_cert, &cert->status);
}

static int read_parts(const json_t *item, struct sca_cloud_cert *cert)
{
    const json_t *x509 = json_object_get(item, "cert");
    const char *id = sca_json_text(item, "credential_id");
    int64_t multisign = 0;

    if (id == NULL || id[0] == '\0')
        return SCA_E_FORMAT;
    int err = sca_cert_exact(id, &cert->provider_id);
    if (err == 0)
        err = sca_cert_exact("", &cert->serial);
    if (err == 0)
        err = sca_cert_printable("", &cert->service);
    if (err == 0)
        err = read_status(json_object_get(item, "key"), x509, cert);
    if (err == 0)
        err = sca_cert_chain(cert, json_object_get(x509, "certificates"));
    if (sca_json_int(item, "multisign", &multisign) && multisign > 0)
        cert->max_batch =
            multisign < SCA_BASE_DOCS_MAX ? (uint32_t)multisign : (uint32_t)SCA_BASE_DOCS_MAX;
    return err;
}

static int read_cert(const json_t *item, struct sca_cloud_cert *ret_cert)
{
    struct sca_cloud_cert cert = {0};

    int err = read_parts(item, &cert);
    if (err != 0) {
        sca_base_cert_clear(&cert);
        return err;
    }
    *ret_cert = cert;
    return 0;
}

int sca_mysign_read_list(const struct sca_http_reply *http, struct sca_cloud_listing *ret_listing,
                         char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_MYSIGN_REPLY_AUTO reply;

    sca_mysign_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    if (!reply.success)
        return sca_mysign_refusal(http, &reply);
    return sca_certs_read(reply.root, read_cert, ret_listing);
}
