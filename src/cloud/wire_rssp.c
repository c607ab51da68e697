/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSSP requests, and what its envelope {error, errorDescription, ...} means. Two error numbers are
 * known, for a token that is over; for everything else the counters beside the number and the words
 * are looked at.
 */
#include "cloud/wire_rssp.h"

#include <stdio.h>
#include <string.h>
#include "cloud/cause.h"
#include "cloud/csc_oid.h"
#include "cloud/json.h"
#include "cloud/signatures.h"
#include "common/text.h"

#define TOKEN_EXPIRED 3005
#define TOKEN_INVALID 3006

#define LANGUAGE "VN"

/* ---- requests -------------------------------------------------------------------------------- */

static void put_common(struct sca_buf *out, const char *profile)
{
    bool named = profile != NULL && profile[0] != '\0';

    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "profile", named ? profile : SCA_RSSP_PROFILE);
    sca_json_put_text(out, "lang", LANGUAGE);
}

void sca_rssp_put_login(struct sca_buf *out, const char *profile, const char *relying_party)
{
    put_common(out, profile);
    sca_json_put_text(out, "relyingParty", relying_party);
    sca_json_put_bool(out, "rememberMe", true);
    sca_json_close(out, '}');
}

void sca_rssp_put_two_factor(struct sca_buf *out, const char *profile, const char *relying_party,
                             const char *user)
{
    put_common(out, profile);
    sca_json_put_text(out, "relyingParty", relying_party);
    sca_json_put_text(out, "user", user);
    sca_json_put_text(out, "userType", "USERNAME");
    sca_json_close(out, '}');
}

void sca_rssp_put_list(struct sca_buf *out, const char *profile)
{
    put_common(out, profile);
    sca_json_open(out, "searchConditions", '{');
    sca_json_put_text(out, "certificateStatus", "ALL");
    sca_json_put_text(out, "certificatePurpose", "ALL");
    sca_json_close(out, '}');
    sca_json_put_text(out, "certificates", "chain");
    sca_json_put_bool(out, "certInfo", true);
    sca_json_put_bool(out, "authInfo", true);
    sca_json_close(out, '}');
}

static void put_credential(struct sca_buf *out, const char *profile, const char *credential)
{
    put_common(out, profile);
    sca_json_put_text(out, "credentialID", credential);
}

void sca_rssp_put_info(struct sca_buf *out, const char *profile, const char *credential,
                       bool certificates)
{
    put_credential(out, profile, credential);
    sca_json_put_text(out, "certificates", certificates ? "chain" : "none");
    sca_json_put_bool(out, "certInfo", certificates);
    sca_json_put_bool(out, "authInfo", true);
    sca_json_close(out, '}');
}

void sca_rssp_put_send_otp(struct sca_buf *out, const char *profile, const char *credential)
{
    put_credential(out, profile, credential);
    sca_json_close(out, '}');
}

static void put_digests(struct sca_buf *out, const struct sca_cloud_sign *sign)
{
    const char *oid = sca_csc_hash_oid(sign->hash);

    if (oid == NULL) {
        sca_buf_fail(out, SCA_E_UNSUPPORTED);
        return;
    }
    sca_json_open(out, "documentDigests", '{');
    sca_json_open(out, "hashes", '[');
    for (size_t i = 0; i < sign->doc_count; i++)
        sca_json_put_base64(out, NULL, sign->docs[i].digest);
    sca_json_close(out, ']');
    sca_json_put_text(out, "hashAlgorithmOID", oid);
    sca_json_close(out, '}');
}

/* What clients were seen to send: RSA's own identifier, and ECDSA's with the hash. */
static const char *algorithm(const struct sca_cloud_sign *sign)
{
    if (sign->scheme != SCA_SCHEME_ECDSA)
        return "1.2.840.113549.1.1.1";
    switch (sign->hash) {
    case SCA_HASH_SHA384:
        return "1.2.840.10045.4.3.3";
    case SCA_HASH_SHA512:
        return "1.2.840.10045.4.3.4";
    case SCA_HASH_SHA256:
    case SCA_HASH_SHA224:
    case SCA_HASH_SHA1:
    case SCA_HASH_NONE:
        break;
    }
    return "1.2.840.10045.4.3.2";
}

void sca_rssp_put_authorize(struct sca_buf *out, const char *profile,
                            const struct sca_cloud_sign *sign, const struct sca_rssp_factor *factor)
{
    put_credential(out, profile, sign->provider_id);
    sca_json_put_int(out, "numSignatures", (int64_t)sign->doc_count);
    put_digests(out, sign);
    sca_json_put_text(out, "signAlgo", algorithm(sign));
    sca_json_put_text(out, "operationMode", "S");
    if (factor->code.len > 0)
        sca_json_put(out, "authorizeCode", factor->code);
    if (factor->request_id != NULL && factor->request_id[0] != '\0')
        sca_json_put_text(out, "requestID", factor->request_id);
    if (factor->description != NULL) {
        sca_json_put_text(out, "notificationMessage", factor->description);
        sca_json_put_text(out, "message", factor->description);
        sca_json_put_text(out, "rpName", factor->asker);
    }
    sca_json_close(out, '}');
}

void sca_rssp_put_sign(struct sca_buf *out, const char *profile, const struct sca_cloud_sign *sign,
                       struct sca_bytes sad)
{
    put_credential(out, profile, sign->provider_id);
    sca_json_put(out, "SAD", sad);
    put_digests(out, sign);
    sca_json_put_text(out, "signAlgo", algorithm(sign));
    sca_json_put_text(out, "operationMode", "S");
    sca_json_close(out, '}');
}

/* ---- the envelope ---------------------------------------------------------------------------- */

static uint32_t small_number(const json_t *object, const char *key)
{
    int64_t number = 0;

    return sca_json_int(object, key, &number) && number > 0 && number <= INT32_MAX
               ? (uint32_t)number
               : 0;
}

/* Zero beside an error that is about something else is nothing but the form's default. */
static void read_tries(struct sca_rssp_reply *reply)
{
    reply->tries.left = small_number(reply->root, "remainingCounter");
    reply->tries.known = reply->tries.left > 0;
    reply->tries.locked_s = small_number(reply->root, "tempLockoutDuration");
}

void sca_rssp_open(const struct sca_http_reply *http, struct sca_rssp_reply *ret_reply)
{
    struct sca_rssp_reply reply = {.words = " "};
    const char *message = NULL;

    if (http->transport != SCA_TRANSPORT_OK) {
        sca_text_printable(http->detail, reply.detail, sizeof reply.detail);
        *ret_reply = reply;
        return;
    }
    reply.http = http->status;
    if (sca_json_load(http->body, &reply.root) != 0)
        reply.root = NULL;
    reply.ours = sca_json_int(reply.root, "error", &reply.error);
    reply.success = reply.ours && reply.error == 0 && http->status >= 200 && http->status < 300;
    if (reply.ours && !reply.success) {
        reply.stale = reply.error == TOKEN_EXPIRED || reply.error == TOKEN_INVALID;
        message = sca_json_text(reply.root, "errorDescription");
        read_tries(&reply);
    }
    sca_words_fold(message, reply.words);
    if (message != NULL && message[0] != '\0')
        sca_text_printable(message, reply.detail, sizeof reply.detail);
    else if (reply.ours && reply.error != 0)
        snprintf(reply.detail, sizeof reply.detail, "error %lld", (long long)reply.error);
    else
        snprintf(reply.detail, sizeof reply.detail, "HTTP %d", http->status);
    *ret_reply = reply;
}

void sca_rssp_clear(struct sca_rssp_reply *reply)
{
    json_decref(reply->root);
    reply->root = NULL;
}

/* ---- refusals -------------------------------------------------------------------------------- */

static bool undecided(const struct sca_rssp_reply *reply)
{
    int http = reply->http;

    return !reply->ours || reply->error == 0 || http == 408 || http == 425 || http == 429 ||
           http >= 500 || (http >= 300 && http < 400);
}

/* The service itself is in trouble: what it did is not said. */
static bool internal(const struct sca_rssp_reply *reply)
{
    static const char *const internal_words[] = {" internal",  "exception",    "system error",
                                                 "unexpected", "loi he thong", "unknown error",
                                                 NULL};

    return sca_words_any(reply->words, internal_words);
}

int sca_rssp_refusal(const struct sca_rssp_reply *reply)
{
    static const char *const sad_words[] = {" sad ", NULL};
    static const char *const late_words[] = {"not confirm", "timeout",        "time out",
                                             "timed out",   "khong xac nhan", NULL};
    static const char *const many_words[] = {"too many sign", "multisign", NULL};
    static const char *const idle_words[] = {"not operat", "chua hoat dong", NULL};

    if (undecided(reply) || internal(reply))
        return SCA_E_SERVER;
    if (reply->stale || sca_words_any(reply->words, sad_words))
        return SCA_E_REFUSED;
    if (reply->tries.locked_s > 0)
        return SCA_E_USER_LOCKED;
    if (sca_cause_rejected(reply->words))
        return SCA_E_REJECTED;
    if (sca_words_any(reply->words, late_words) || sca_cause_expired(reply->words))
        return SCA_E_EXPIRED;
    if (sca_words_any(reply->words, idle_words))
        return SCA_E_CERT;
    if (sca_words_any(reply->words, many_words))
        return SCA_E_LIMIT;

    int err = sca_cause_of(reply->words);
    if (err != 0)
        return err;
    return reply->tries.known ? SCA_E_USER_AUTH : SCA_E_REFUSED;
}

/* ---- log-in, factors, signatures ------------------------------------------------------------- */

static int read_secret(const json_t *object, const char *key, struct sca_secret **ret_secret)
{
    const char *text = sca_json_text(object, key);

    if (text == NULL || text[0] == '\0')
        return SCA_E_SERVER;
    return sca_secret_new(text, strlen(text), ret_secret);
}

int sca_rssp_read_token(const struct sca_rssp_reply *reply, struct sca_cloud_token *ret_token)
{
    struct sca_cloud_token token = {.expires_in_s = small_number(reply->root, "expiresIn")};

    int err = read_secret(reply->root, "accessToken", &token.access);
    if (err == 0)
        err = read_secret(reply->root, "refreshToken", &token.refresh);
    if (err != 0 && (err != SCA_E_SERVER || token.access == NULL)) {
        sca_secret_free(&token.access);
        return err;
    }
    *ret_token = token;
    return 0;
}

enum sca_rssp_mode sca_rssp_mode_of(const char *text)
{
    static const char *const otp_words[] = {" otp", NULL};
    static const char *const tse_words[] = {" tse ", NULL};
    static const char *const code_words[] = {" pin ", " passcode ", " passphrase ", NULL};
    char words[SCA_WORDS_SIZE];

    sca_words_fold(text, words);
    if (sca_words_any(words, otp_words))
        return SCA_RSSP_OTP;
    if (sca_words_any(words, tse_words))
        return SCA_RSSP_TSE;
    if (sca_words_any(words, code_words))
        return SCA_RSSP_PASSCODE;
    return SCA_RSSP_UNKNOWN;
}

enum sca_rssp_mode sca_rssp_read_two_factor(const struct sca_rssp_reply *reply)
{
    return sca_rssp_mode_of(sca_json_text(reply->root, "twoFactorMethod"));
}

void sca_rssp_read_sent(const struct sca_rssp_reply *reply, char ret_id[static SCA_ANSWER_ID_SIZE])
{
    const char *id = sca_json_text(reply->root, "responseID");

    if (id == NULL || strlen(id) >= SCA_ANSWER_ID_SIZE)
        id = "";
    memcpy(ret_id, id, strlen(id) + 1);
}

int sca_rssp_read_sad(const struct sca_rssp_reply *reply, struct sca_secret **ret_sad)
{
    return read_secret(reply->root, "SAD", ret_sad);
}

static int take_signatures(const struct sca_rssp_reply *reply, const struct sca_cloud_sign *sign,
                           struct sca_answer *answer)
{
    int err = sca_signatures_read(json_object_get(reply->root, "signatures"), sign->doc_count,
                                  &answer->signatures);

    if (err != 0)
        return err;
    answer->count = sign->doc_count;
    for (size_t i = 0; i < answer->count && sign->scheme == SCA_SCHEME_ECDSA && err == 0; i++)
        err = sca_signature_plain(&answer->signatures[i], sign->key_bits);
    return err;
}

void sca_rssp_read_sign(const struct sca_rssp_reply *reply, const struct sca_cloud_sign *sign,
                        struct sca_answer *ret_answer)
{
    *ret_answer = (struct sca_answer){.class = SCA_ANSWER_TROUBLE, .spent = SCA_SPENT_UNKNOWN};
    memcpy(ret_answer->detail, reply->detail, sizeof ret_answer->detail);
    if (reply->success) {
        int err = take_signatures(reply, sign, ret_answer);
        ret_answer->class = err == 0 ? SCA_ANSWER_DONE : SCA_ANSWER_STRANGE;
        ret_answer->err = err;
        sca_answer_take_txn(ret_answer, sca_json_text(reply->root, "responseID"));
    } else if (!undecided(reply) && !internal(reply)) {
        sca_answer_refuse(ret_answer, sca_rssp_refusal(reply), SCA_SPENT_NOTHING);
    }
}
