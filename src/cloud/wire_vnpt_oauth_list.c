/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the ids of the person's keys, and each key with its certificates. credentials/info comes
 * without the envelope of all other calls; with it, it is read all the same.
 */
#include <stdlib.h>
#include <string.h>
#include "cloud/base.h"
#include "cloud/cause.h"
#include "cloud/certs.h"
#include "cloud/vnpt_oauth_reply.h"
#include "cloud/wire_vnpt_oauth.h"
#include "common/log.h"
#include "common/text.h"

/* ---- requests -------------------------------------------------------------------------------- */

void sca_vnpt_oauth_put_list(struct sca_buf *out)
{
    sca_json_open(out, NULL, '{');
    sca_json_close(out, '}');
}

void sca_vnpt_oauth_put_info(struct sca_buf *out, const char *credential_id,
                             const char *certificates)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "credentialId", credential_id);
    sca_json_put_text(out, "certificates", certificates);
    sca_json_put_bool(out, "certInfo", true);
    sca_json_put_bool(out, "authInfo", true);
    sca_json_close(out, '}');
}

/* ---- ids ------------------------------------------------------------------------------------- */

void sca_vnpt_oauth_ids_clear(struct sca_vnpt_oauth_ids *ids)
{
    for (size_t i = 0; i < ids->count; i++)
        free(ids->items[i]);
    free(ids->items);
    *ids = (struct sca_vnpt_oauth_ids){0};
}

static int read_ids(const json_t *items, struct sca_vnpt_oauth_ids *ids)
{
    size_t size = json_array_size(items);

    if (items == NULL || size == 0)
        return items == NULL || json_is_array(items) ? SCA_E_NO_CERT : SCA_E_SERVER;
    if (size > SCA_CERTS_MAX) {
        sca_log(SCA_LOG_WARNING, "net", "the service lists %zu keys; %d are used", size,
                SCA_CERTS_MAX);
        size = SCA_CERTS_MAX;
    }
    ids->items = calloc(size, sizeof *ids->items);
    if (ids->items == NULL)
        return SCA_E_NOMEM;
    for (size_t i = 0; i < size; i++) {
        const char *id = json_string_value(json_array_get(items, i));
        int err =
            id == NULL || *id == '\0' ? SCA_E_FORMAT : sca_cert_exact(id, &ids->items[ids->count]);

        if (err == SCA_E_NOMEM)
            return err;
        if (err == 0)
            ids->count++;
        else
            sca_log(SCA_LOG_WARNING, "net", "id %zu of the listing is unreadable: %s", i + 1,
                    sca_err_name(err));
    }
    return ids->count > 0 ? 0 : SCA_E_SERVER;
}

int sca_vnpt_oauth_read_list(const struct sca_http_reply *http, struct sca_vnpt_oauth_ids *ret_ids,
                             char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_VNPT_OAUTH_REPLY_AUTO reply;
    struct sca_vnpt_oauth_ids ids = {0};

    sca_vnpt_oauth_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    if (!reply.success)
        return sca_vnpt_oauth_refusal(http, &reply);
    int err = read_ids(reply.content, &ids);
    if (err != 0) {
        sca_vnpt_oauth_ids_clear(&ids);
        return err;
    }
    *ret_ids = ids;
    return 0;
}

/* ---- one key --------------------------------------------------------------------------------- */

/* The object that holds "key" and "cert"; NULL where the reply is something else. */
static const json_t *key_of(const struct sca_vnpt_oauth_reply *reply)
{
    if (reply->http < 200 || reply->http >= 300)
        return NULL;
    if (json_is_object(json_object_get(reply->root, "cert")))
        return reply->root;
    return reply->success && json_is_object(json_object_get(reply->content, "cert"))
               ? reply->content
               : NULL;
}

static bool blocked(const char *status)
{
    char words[SCA_WORDS_SIZE];

    sca_words_fold(status, words);
    return sca_cause_blocked(words);
}

/* The words that say why a key cannot sign, else the certificate's. */
static const char *status_of(const json_t *info, bool *ret_blocked)
{
    const char *key = sca_json_text(json_object_get(info, "key"), "status");
    const char *cert = sca_json_text(json_object_get(info, "cert"), "status");

    *ret_blocked = blocked(cert) || blocked(key);
    return blocked(key) && !blocked(cert) ? key : cert;
}

static int read_cert(const json_t *info, const char *credential_id, struct sca_cloud_cert *cert)
{
    const json_t *part = json_object_get(info, "cert");
    bool is_blocked = false;
    const char *status = status_of(info, &is_blocked);
    int64_t batch = 0;

    int err = sca_cert_chain(cert, json_object_get(part, "certificates"));
    if (err == 0)
        err = sca_cert_exact(sca_json_text(part, "serialNumber"), &cert->serial);
    if (err == 0)
        err = sca_cert_exact(credential_id, &cert->provider_id);
    if (err == 0)
        err = sca_cert_printable("", &cert->service);
    if (err == 0)
        err = sca_cert_printable(status, &cert->status);
    cert->state = is_blocked ? SCA_CERT_BLOCKED : SCA_CERT_USABLE;
    if (sca_json_int(info, "multisign", &batch) && batch > 0)
        cert->max_batch = batch < SCA_VNPT_OAUTH_BATCH ? (uint32_t)batch : SCA_VNPT_OAUTH_BATCH;
    return err;
}

int sca_vnpt_oauth_read_info(const struct sca_http_reply *http, const char *credential_id,
                             struct sca_cloud_cert *ret_cert,
                             char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_VNPT_OAUTH_REPLY_AUTO reply;
    struct sca_cloud_cert cert = {0};

    sca_vnpt_oauth_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    const json_t *info = key_of(&reply);
    if (info == NULL)
        return sca_vnpt_oauth_refusal(http, &reply);
    int err = read_cert(info, credential_id, &cert);
    if (err != 0) {
        sca_base_cert_clear(&cert);
        return err == SCA_E_NOMEM ? err : SCA_E_SERVER;
    }
    *ret_cert = cert;
    return 0;
}

int sca_vnpt_oauth_read_usable(const struct sca_http_reply *http,
                               char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_VNPT_OAUTH_REPLY_AUTO reply;
    bool is_blocked = false;

    sca_vnpt_oauth_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    const json_t *info = key_of(&reply);
    if (info == NULL)
        return sca_vnpt_oauth_refusal(http, &reply);
    const char *status = status_of(info, &is_blocked);
    if (is_blocked)
        sca_text_printable(status, ret_detail, SCA_CLOUD_DETAIL_SIZE);
    return is_blocked ? SCA_E_CERT : 0;
}
