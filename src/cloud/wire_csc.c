/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSC requests, and the readers of what info, authorize, signHash, signPolling and the log-ins
 * answer. Version 1 and 2 differ in a few names; where a service answers with the other's, both are
 * understood.
 */
#include "cloud/wire_csc.h"

#include <string.h>
#include "cloud/csc_reply.h"
#include "cloud/signatures.h"
#include "cloud/wire_mysign.h"
#include "common/text.h"

#define DESCRIPTION_MAX 500u  /* letters, by the specification of authorize */
#define LIFE_MAX_S      86400 /* of a permission; longer ones need no care */

/* ---- requests -------------------------------------------------------------------------------- */

void sca_csc_put_empty(struct sca_buf *out)
{
    sca_buf_add_text(out, "{}");
}

void sca_csc_put_list(struct sca_buf *out, unsigned version, const char *user_id, const char *page)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "userID", user_id);
    if (version >= 2) {
        sca_json_put_bool(out, "credentialInfo", true);
        sca_json_put_text(out, "certificates", "chain");
        sca_json_put_bool(out, "certInfo", true);
        sca_json_put_bool(out, "authInfo", true);
    }
    sca_json_put_text(out, "pageToken", page);
    sca_json_close(out, '}');
}

void sca_csc_put_credential(struct sca_buf *out, const char *id, bool certificates)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "credentialID", id);
    sca_json_put_text(out, "certificates", certificates ? "chain" : "none");
    sca_json_put_bool(out, "certInfo", certificates);
    sca_json_put_bool(out, "authInfo", true);
    sca_json_close(out, '}');
}

void sca_csc_put_send_code(struct sca_buf *out, unsigned version, const char *id,
                           const char *object)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "credentialID", id);
    if (version >= 2)
        sca_json_put_text(out, "authObjectID", object);
    sca_json_close(out, '}');
}

static void put_hashes(struct sca_buf *out, unsigned version, const struct sca_cloud_sign *sign)
{
    sca_json_open(out, version >= 2 ? "hashes" : "hash", '[');
    for (size_t i = 0; i < sign->doc_count; i++)
        sca_json_put_base64(out, NULL, sign->docs[i].digest);
    sca_json_close(out, ']');
}

struct sca_bytes sca_csc_description(const char *text)
{
    return (struct sca_bytes){(const uint8_t *)text, sca_utf8_prefix(text, DESCRIPTION_MAX)};
}

static void put_description(struct sca_buf *out, const char *text, bool encoded)
{
    char shown[SCA_MYSIGN_TEXT_SIZE];

    if (text == NULL || *text == '\0')
        return;
    if (!encoded) {
        sca_json_put(out, "description", sca_csc_description(text));
        return;
    }
    sca_mysign_text(text, shown);
    sca_json_put_text(out, "description", shown);
}

static void put_auth_data(struct sca_buf *out, const struct sca_csc_credential *credential,
                          const struct sca_bytes *values)
{
    sca_json_open(out, "authData", '[');
    for (size_t i = 0; i < credential->object_count; i++) {
        sca_json_open(out, NULL, '{');
        sca_json_put_text(out, "id", credential->objects[i].id);
        if (values[i].len > 0)
            sca_json_put(out, "value", values[i]);
        sca_json_close(out, '}');
    }
    sca_json_close(out, ']');
}

static void put_factors(struct sca_buf *out, const struct sca_csc_credential *credential,
                        const struct sca_bytes *values)
{
    for (size_t i = 0; i < credential->object_count; i++) {
        if (values[i].len > 0)
            sca_json_put(out, credential->objects[i].factor == SCA_CSC_PIN ? "PIN" : "OTP",
                         values[i]);
    }
}

size_t sca_csc_signatures(const struct sca_cloud_sign *sign)
{
    return sign->session_signatures != 0 ? sign->session_signatures : sign->doc_count;
}

/* The hashes that the permission is for. */
static void put_pinned(struct sca_buf *out, unsigned version, const struct sca_cloud_sign *sign)
{
    put_hashes(out, version, sign);
    if (version >= 2)
        sca_json_put_text(out, "hashAlgorithmOID", sca_csc_hash_oid(sign->hash));
}

void sca_csc_put_authorize(struct sca_buf *out, const struct sca_csc_service *service,
                           const struct sca_cloud_sign *sign,
                           const struct sca_csc_credential *credential,
                           const struct sca_bytes *values)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "credentialID", sign->provider_id);
    sca_json_put_int(out, "numSignatures", (int64_t)sca_csc_signatures(sign));
    if (service->documents)
        sca_mysign_put_documents(out, sign);
    if (sign->session_signatures == 0)
        put_pinned(out, service->version, sign);
    if (service->version >= 2)
        put_auth_data(out, credential, values);
    else
        put_factors(out, credential, values);
    put_description(out, sign->description, service->documents);
    sca_json_close(out, '}');
}

void sca_csc_put_check(struct sca_buf *out, struct sca_bytes handle)
{
    sca_json_open(out, NULL, '{');
    sca_json_put(out, "handle", handle);
    sca_json_close(out, '}');
}

/* What is still to be signed: all of it, once more, whatever the permission was pinned to. */
void sca_csc_put_extend(struct sca_buf *out, const struct sca_csc_service *service,
                        const struct sca_cloud_sign *sign, const char *algo, struct sca_bytes sad)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "credentialID", sign->provider_id);
    if (service->documents) {
        sca_json_put_int(out, "numSignatures", (int64_t)sign->doc_count);
        sca_mysign_put_documents(out, sign);
        sca_json_put_text(out, "hashAlgo", sca_csc_hash_oid(sign->hash));
        sca_json_put_text(out, "signAlgo", algo);
    }
    put_pinned(out, service->version, sign);
    sca_json_put(out, "SAD", sad);
    sca_json_close(out, '}');
}

void sca_csc_put_sign(struct sca_buf *out, const struct sca_csc_service *service,
                      const struct sca_cloud_sign *sign, const char *algo, struct sca_bytes sad)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "credentialID", sign->provider_id);
    if (sad.len > 0)
        sca_json_put(out, "SAD", sad);
    if (service->documents)
        sca_mysign_put_documents(out, sign);
    put_hashes(out, service->version, sign);
    sca_json_put_text(out, service->version >= 2 ? "hashAlgorithmOID" : "hashAlgo",
                      sca_csc_hash_oid(sign->hash));
    sca_json_put_text(out, "signAlgo", algo);
    if (sign->scheme == SCA_SCHEME_PSS)
        sca_json_put_base64(out, "signAlgoParams", sca_csc_pss_params(sign->hash));
    if (service->asynchronous)
        sca_json_put_text(out, "operationMode", "A");
    sca_json_close(out, '}');
}

void sca_csc_put_details(struct sca_buf *out, const struct sca_cloud_sign *sign)
{
    sca_json_open(out, NULL, '[');
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "type", "credential");
    sca_json_put_text(out, "credentialID", sign->provider_id);
    sca_json_open(out, "documentDigests", '[');
    for (size_t i = 0; i < sign->doc_count; i++) {
        sca_json_open(out, NULL, '{');
        sca_json_put_base64(out, "hash", sign->docs[i].digest);
        sca_json_put_text(out, "label", sign->docs[i].id);
        sca_json_close(out, '}');
    }
    sca_json_close(out, ']');
    sca_json_put_text(out, "hashAlgorithmOID", sca_csc_hash_oid(sign->hash));
    sca_json_close(out, '}');
    sca_json_close(out, ']');
}

void sca_csc_add_base64url(struct sca_buf *out, struct sca_bytes bytes)
{
    size_t from = out->len;

    sca_json_add_base64(out, bytes);
    for (size_t i = from; i < out->len; i++) {
        if (out->data[i] == '+')
            out->data[i] = '-';
        else if (out->data[i] == '/')
            out->data[i] = '_';
    }
    while (out->len > from && out->data[out->len - 1] == '=')
        out->len--;
}

void sca_csc_put_poll(struct sca_buf *out, const char *response_id)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "requestID", response_id);
    sca_json_close(out, '}');
}

void sca_csc_put_login(struct sca_buf *out, struct sca_bytes refresh)
{
    sca_json_open(out, NULL, '{');
    if (refresh.len > 0)
        sca_json_put(out, "refresh_token", refresh);
    sca_json_put_bool(out, "rememberMe", true);
    sca_json_close(out, '}');
}

/* ---- info ------------------------------------------------------------------------------------ */

/* Keeps @text if it is an address that fits. */
static void take_url(const char *text, char ret_url[static SCA_CSC_URL_SIZE])
{
    if (text != NULL && strncmp(text, "https://", 8) == 0 && strlen(text) < SCA_CSC_URL_SIZE)
        memcpy(ret_url, text, strlen(text) + 1);
}

static uint32_t auth_of(const char *text)
{
    return sca_streq(text, "basic")          ? SCA_CSC_AUTH_BASIC
           : sca_streq(text, "oauth2code")   ? SCA_CSC_AUTH_CODE
           : sca_streq(text, "oauth2client") ? SCA_CSC_AUTH_CLIENT
                                             : 0;
}

/* A list of texts, or the only one of them as a text. */
static const char *text_at(const json_t *list, size_t index)
{
    return json_is_array(list) ? json_string_value(json_array_get(list, index))
           : index == 0        ? json_string_value(list)
                               : NULL;
}

static size_t texts_of(const json_t *list)
{
    return json_is_array(list) ? json_array_size(list) : json_is_string(list) ? 1 : 0;
}

static void read_servers(const json_t *servers, struct sca_csc_service *service)
{
    for (size_t i = 0; i < json_array_size(servers); i++) {
        const json_t *server = json_array_get(servers, i);
        const json_t *types = json_object_get(server, "authType");
        for (size_t k = 0; k < texts_of(types); k++)
            service->auth |= auth_of(text_at(types, k));
        if (service->oauth2[0] == '\0')
            take_url(sca_json_text(server, "baseUri"), service->oauth2);
        if (service->issuer[0] == '\0')
            take_url(sca_json_text(server, "issuer"), service->issuer);
        bool rar = false;
        service->rar |= sca_json_bool(server, "supportsRar", &rar) && rar;
    }
}

static bool has_method(const json_t *root, const char *name)
{
    const json_t *methods = json_object_get(root, "methods");
    size_t i = 0;

    while (i < texts_of(methods) && !sca_streq(text_at(methods, i), name))
        i++;
    return i < texts_of(methods);
}

static unsigned version_of(const json_t *root)
{
    const char *specs = sca_json_text(root, "specs");

    if (specs == NULL || specs[0] < '0' || specs[0] > '9')
        return 0;
    return specs[0] < '2' ? 1 : 2;
}

int sca_csc_read_info(const struct sca_http_reply *http, struct sca_csc_service *ret_service,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_CSC_REPLY_AUTO reply;
    struct sca_csc_service service = {0};

    sca_csc_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    /* 501 is CSC's "no such method". */
    if (http->transport != SCA_TRANSPORT_OK ||
        (sca_http_undecided(reply.http) && reply.http != 501))
        return sca_csc_trouble(http, &reply);
    if (!reply.ok || !(json_is_string(json_object_get(reply.root, "specs")) ||
                       json_is_array(json_object_get(reply.root, "methods"))))
        return SCA_E_NOT_FOUND;

    const json_t *types = json_object_get(reply.root, "authType");
    const json_t *hashes = json_object_get(reply.root, "supportedHashTypes");
    for (size_t i = 0; i < texts_of(types); i++)
        service.auth |= auth_of(text_at(types, i));
    for (size_t i = 0; i < texts_of(hashes); i++)
        service.hashes |= SCA_BIT(sca_csc_hash_of(text_at(hashes, i)));
    service.hashes &= ~SCA_BIT(SCA_HASH_NONE); /* those that are not known here */
    service.version = version_of(reply.root);
    (void)sca_json_bool(reply.root, "asynchronousOperationMode", &service.asynchronous);
    service.asynchronous = service.asynchronous && has_method(reply.root, "signatures/signPolling");
    service.extends = has_method(reply.root, "credentials/extendTransaction");
    (void)sca_json_bool(reply.root, "supportsRar", &service.rar);
    take_url(sca_json_text(reply.root, "oauth2"), service.oauth2);
    take_url(sca_json_text(reply.root, "oauth2Issuer"), service.issuer);
    read_servers(json_object_get(reply.root, "oauth2Servers"), &service);
    *ret_service = service;
    return 0;
}

int sca_csc_read_metadata(const struct sca_http_reply *http,
                          struct sca_csc_endpoints *ret_endpoints,
                          char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_CSC_REPLY_AUTO reply;
    struct sca_csc_endpoints endpoints = {0};

    sca_csc_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    if (!reply.ok)
        return sca_csc_trouble(http, &reply);
    take_url(sca_json_text(reply.root, "authorization_endpoint"), endpoints.authorize);
    take_url(sca_json_text(reply.root, "token_endpoint"), endpoints.token);
    take_url(sca_json_text(reply.root, "revocation_endpoint"), endpoints.revoke);
    if (endpoints.token[0] == '\0')
        return SCA_E_SERVER;
    *ret_endpoints = endpoints;
    return 0;
}

/* ---- permission ------------------------------------------------------------------------------ */

void sca_csc_permit_clear(struct sca_csc_permit *permit)
{
    sca_secret_free(&permit->sad);
    sca_secret_free(&permit->handle);
    *permit = (struct sca_csc_permit){0};
}

static struct sca_secret *secret_of(const json_t *root, const char *key)
{
    const char *text = sca_json_text(root, key);
    struct sca_secret *secret = NULL;

    if (text == NULL || text[0] == '\0' || sca_secret_new(text, strlen(text), &secret) != 0)
        return NULL;
    return secret;
}

static void read_permitted(const struct sca_csc_reply *reply, struct sca_csc_permit *permit)
{
    int64_t life_s = 0;

    permit->sad = secret_of(reply->root, "SAD");
    if (sca_json_int(reply->root, "expiresIn", &life_s) && life_s > 0 && life_s < LIFE_MAX_S)
        permit->life_s = (uint32_t)life_s;
    permit->handle = secret_of(reply->root, "handle");
    if (permit->sad != NULL)
        permit->class = SCA_CSC_PERMIT_GIVEN;
    else if (permit->handle != NULL || sca_csc_unfinished(reply))
        permit->class = SCA_CSC_PERMIT_WAITING;
}

void sca_csc_read_permit(const struct sca_http_reply *http, bool person, bool typed,
                         struct sca_csc_permit *ret_permit)
{
    SCA_CSC_REPLY_AUTO reply;

    sca_csc_reply_open(http, &reply);
    *ret_permit = (struct sca_csc_permit){.class = SCA_CSC_PERMIT_TROUBLE};
    memcpy(ret_permit->detail, reply.detail, sizeof ret_permit->detail);
    ret_permit->err = sca_csc_trouble(http, &reply);
    if (reply.ok) {
        read_permitted(&reply, ret_permit);
    } else if (sca_csc_stale(&reply)) {
        ret_permit->class = SCA_CSC_PERMIT_STALE;
    } else if (reply.refused) {
        ret_permit->class = SCA_CSC_PERMIT_REFUSED;
        ret_permit->err = person ? sca_csc_verdict(&reply, typed) : sca_csc_refusal(&reply);
    }
}

/* ---- signatures ------------------------------------------------------------------------------ */

static void answer_begin(const struct sca_csc_reply *reply, struct sca_answer *ret_answer)
{
    *ret_answer = (struct sca_answer){.class = SCA_ANSWER_TROUBLE, .spent = SCA_SPENT_UNKNOWN};
    memcpy(ret_answer->detail, reply->detail, sizeof ret_answer->detail);
}

/* What the array of signatures makes of @answer. */
static enum sca_match take_signatures(const struct sca_csc_reply *reply,
                                      const struct sca_cloud_sign *sign, struct sca_answer *answer)
{
    enum sca_match match =
        sca_answer_positional(json_object_get(reply->root, "signatures"), sign->doc_count, answer);

    if (match != SCA_MATCH_COMPLETE)
        return match;
    for (size_t i = 0; sign->scheme == SCA_SCHEME_ECDSA && i < answer->count; i++) {
        if (sca_signature_plain(&answer->signatures[i], sign->key_bits) != 0)
            match = SCA_MATCH_STRANGE;
    }
    if (match == SCA_MATCH_STRANGE) {
        sca_signatures_free(answer->signatures, answer->count);
        answer->signatures = NULL;
        answer->count = 0;
    }
    return match;
}

void sca_csc_read_sign(const struct sca_http_reply *http, const struct sca_cloud_sign *sign,
                       struct sca_answer *ret_answer)
{
    SCA_CSC_REPLY_AUTO reply;

    sca_csc_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.ok) {
        enum sca_match match = take_signatures(&reply, sign, ret_answer);
        sca_answer_take_txn(ret_answer, sca_json_text(reply.root, "responseID"));
        ret_answer->class = match == SCA_MATCH_COMPLETE           ? SCA_ANSWER_DONE
                            : ret_answer->provider_txn[0] != '\0' ? SCA_ANSWER_PENDING
                                                                  : SCA_ANSWER_STRANGE;
    } else if (sca_csc_stale(&reply)) {
        ret_answer->class = SCA_ANSWER_STALE;
    } else if (reply.refused) {
        sca_answer_refuse(ret_answer, sca_csc_refusal(&reply), SCA_SPENT_NOTHING);
    }
}

void sca_csc_read_poll(const struct sca_http_reply *http, const struct sca_cloud_sign *sign,
                       struct sca_answer *ret_answer)
{
    SCA_CSC_REPLY_AUTO reply;

    sca_csc_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.ok) {
        enum sca_match match = take_signatures(&reply, sign, ret_answer);
        ret_answer->class = match == SCA_MATCH_COMPLETE ? SCA_ANSWER_DONE
                            : match == SCA_MATCH_NONE   ? SCA_ANSWER_PENDING
                                                        : SCA_ANSWER_STRANGE;
    } else if (sca_csc_unfinished(&reply)) {
        ret_answer->class = SCA_ANSWER_PENDING;
    } else if (sca_csc_stale(&reply)) {
        ret_answer->class = SCA_ANSWER_STALE;
    } else if (reply.http == 404 || strstr(reply.words, " parameter request id ") != NULL) {
        ret_answer->class = SCA_ANSWER_NOT_FOUND;
    } else if (reply.refused) {
        sca_answer_refuse(ret_answer, sca_csc_refusal(&reply), SCA_SPENT_UNKNOWN);
    }
}

/* ---- log-in ---------------------------------------------------------------------------------- */

int sca_csc_read_token(const struct sca_http_reply *http, struct sca_cloud_token *ret_token,
                       char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_CSC_REPLY_AUTO reply;
    int64_t life_s = 0;

    sca_csc_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    if (!reply.ok)
        return sca_csc_trouble(http, &reply);
    struct sca_secret *access = secret_of(reply.root, "access_token");
    if (access == NULL)
        return SCA_E_SERVER;
    (void)sca_json_int(reply.root, "expires_in", &life_s);
    *ret_token = (struct sca_cloud_token){
        .access = access,
        .refresh = secret_of(reply.root, "refresh_token"),
        .expires_in_s = life_s > 0 && life_s <= UINT32_MAX ? (uint32_t)life_s : 0,
    };
    return 0;
}
