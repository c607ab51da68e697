/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads credentials/list and credentials/info for the listing. One bad credential never costs the
 * person the others.
 */
#include <stdlib.h>
#include <string.h>
#include "cloud/base.h"
#include "cloud/cause.h"
#include "cloud/certs.h"
#include "cloud/csc_reply.h"
#include "cloud/wire_csc.h"
#include "common/log.h"
#include "common/text.h"

#define PAGE_DOCS_MAX 20u /* whose digests an address has room for, wherever it passes */
#define COMPONENT     "net"

/* The words of certificate and key; those of the certificate are shown unless only the key is out.
 */
static int read_state(const json_t *object, const struct sca_csc_credential *credential,
                      struct sca_cloud_cert *cert)
{
    const char *status = sca_json_text(json_object_get(object, "cert"), "status");
    char words[SCA_WORDS_SIZE];

    sca_words_fold(status, words);
    bool blocked = sca_cause_blocked(words);
    cert->state = blocked || credential->disabled ? SCA_CERT_BLOCKED : SCA_CERT_USABLE;
    return sca_cert_printable(!blocked && credential->disabled ? "disabled" : status,
                              &cert->status);
}

int sca_csc_parse_cert(const json_t *object, const char *id, uint32_t service_hashes,
                       struct sca_cloud_cert *ret_cert)
{
    const json_t *part = json_object_get(object, "cert");
    struct sca_csc_credential credential;
    struct sca_cloud_cert cert = {0};

    sca_csc_parse_credential(object, &credential);
    sca_csc_offer(&credential.algos, service_hashes, &cert.schemes, &cert.hashes);
    cert.max_batch = credential.multisign;
    if (credential.mode == SCA_CSC_BROWSER && cert.max_batch > PAGE_DOCS_MAX)
        cert.max_batch = PAGE_DOCS_MAX;
    cert.session_max = sca_csc_session_max(&credential);
    int err = sca_cert_chain(&cert, json_object_get(part, "certificates"));
    if (err == 0)
        err = sca_cert_exact(id, &cert.provider_id);
    if (err == 0)
        err = sca_cert_exact(sca_json_text(part, "serialNumber"), &cert.serial);
    if (err == 0)
        err = sca_cert_printable(NULL, &cert.service);
    if (err == 0)
        err = read_state(object, &credential, &cert);
    if (err == 0 && cert.schemes == 0) /* nothing that a host could use */
        err = SCA_E_UNSUPPORTED;
    if (err != 0) {
        sca_base_cert_clear(&cert);
        return err;
    }
    *ret_cert = cert;
    return 0;
}

/* SCA_E_NOMEM only; what cannot be read is left out. */
static int add_cert(const json_t *object, const char *id, uint32_t service_hashes,
                    struct sca_cloud_listing *listing)
{
    struct sca_cloud_cert cert = {0};

    if (listing->count >= SCA_CERTS_MAX)
        return 0;
    int err = id == NULL || id[0] == '\0' ? SCA_E_FORMAT
                                          : sca_csc_parse_cert(object, id, service_hashes, &cert);
    if (err == SCA_E_NOMEM)
        return err;
    if (err != 0) {
        sca_log(SCA_LOG_WARNING, COMPONENT, "a credential of the listing is left out: %s",
                sca_err_name(err));
        return 0;
    }
    struct sca_cloud_cert *certs =
        reallocarray(listing->certs, listing->count + 1, sizeof *listing->certs);
    if (certs == NULL) {
        sca_base_cert_clear(&cert);
        return SCA_E_NOMEM;
    }
    certs[listing->count++] = cert;
    listing->certs = certs;
    return 0;
}

/* ---- pages ----------------------------------------------------------------------------------- */

void sca_csc_page_clear(struct sca_csc_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        free(page->ids[i]);
    free(page->next);
    *page = (struct sca_csc_page){0};
}

static int add_id(struct sca_csc_page *page, const char *id)
{
    if (id == NULL || id[0] == '\0')
        return 0;
    if (page->count == SCA_CSC_IDS_MAX) {
        sca_log(SCA_LOG_WARNING, COMPONENT, "the service lists more than %u credentials",
                SCA_CSC_IDS_MAX);
        return 0;
    }
    char *copy = NULL;
    int err = sca_cert_exact(id, &copy);
    if (err == 0)
        page->ids[page->count++] = copy;
    return err == SCA_E_NOMEM ? err : 0;
}

/* The ids of @ids of which no certificate came. */
static int add_rest(const json_t *root, const json_t *infos, struct sca_csc_page *page)
{
    const json_t *ids = json_object_get(root, "credentialIDs");
    int err = 0;

    for (size_t i = 0; err == 0 && i < json_array_size(ids); i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        bool here = false;
        for (size_t k = 0; !here && k < json_array_size(infos); k++)
            here = sca_streq(sca_json_text(json_array_get(infos, k), "credentialID"), id);
        if (!here)
            err = add_id(page, id);
    }
    return err;
}

static int take_next(const json_t *root, struct sca_csc_page *page)
{
    const char *next = sca_json_text(root, "nextPageToken");

    free(page->next);
    page->next = NULL;
    if (next == NULL || next[0] == '\0')
        return 0;
    page->next = strdup(next);
    return page->next != NULL ? 0 : SCA_E_NOMEM;
}

static int judge(const struct sca_http_reply *http, const struct sca_csc_reply *reply,
                 char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    memcpy(ret_detail, reply->detail, SCA_CLOUD_DETAIL_SIZE);
    if (sca_csc_stale(reply))
        return SCA_CSC_STALE;
    return reply->ok ? 0 : sca_csc_trouble(http, reply);
}

int sca_csc_read_list(const struct sca_http_reply *http, uint32_t service_hashes,
                      struct sca_cloud_listing *listing, struct sca_csc_page *page,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_CSC_REPLY_AUTO reply;

    sca_csc_reply_open(http, &reply);
    int err = judge(http, &reply, ret_detail);
    if (err != 0)
        return err;
    const json_t *infos = json_object_get(reply.root, "credentialInfos");
    if (!json_is_array(infos) && !json_is_array(json_object_get(reply.root, "credentialIDs")))
        return SCA_E_SERVER;
    for (size_t i = 0; err == 0 && i < json_array_size(infos); i++) {
        const json_t *info = json_array_get(infos, i);
        err = add_cert(info, sca_json_text(info, "credentialID"), service_hashes, listing);
    }
    if (err == 0)
        err = add_rest(reply.root, infos, page);
    return err != 0 ? err : take_next(reply.root, page);
}

/* ---- one credential -------------------------------------------------------------------------- */

int sca_csc_read_cert(const struct sca_http_reply *http, const char *id, uint32_t service_hashes,
                      struct sca_cloud_listing *listing,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_CSC_REPLY_AUTO reply;

    sca_csc_reply_open(http, &reply);
    int err = judge(http, &reply, ret_detail);
    return err != 0 ? err : add_cert(reply.root, id, service_hashes, listing);
}

int sca_csc_read_credential(const struct sca_http_reply *http,
                            struct sca_csc_credential *ret_credential,
                            char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_CSC_REPLY_AUTO reply;

    sca_csc_reply_open(http, &reply);
    int err = judge(http, &reply, ret_detail);
    if (err == 0 && reply.root == NULL)
        err = SCA_E_SERVER;
    if (err == 0)
        sca_csc_parse_credential(reply.root, ret_credential);
    return err;
}

int sca_csc_read_done(const struct sca_http_reply *http,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_CSC_REPLY_AUTO reply;

    sca_csc_reply_open(http, &reply);
    return judge(http, &reply, ret_detail);
}
