/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MySign requests, and the readers of what login, signHash and requests/status answer. The service
 * speaks in numbers: "error" of a refusal, "status" of a transaction.
 */
#include "cloud/wire_mysign.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include "cloud/cause.h"
#include "cloud/mysign_reply.h"
#include "common/text.h"

#define PROFILE_USUAL "adss:ras:profile:001"
#define SIGN_ALGO     "1.2.840.113549.1.1.1"
#define ASYNC_POLL    1 /* answer at once, be asked for the status */

#define PLAIN_MAX   (SCA_MYSIGN_TEXT_SIZE - 1)
#define ENCODED_MAX (PLAIN_MAX / 4 * 3) /* bytes whose base64 is no longer */
#define TAIL_MAX    32u                 /* bytes of a long text's end that are kept */

#define TOKEN_LIFE_MAX_S (30 * 24 * 3600)

/* ---- texts for the phone --------------------------------------------------------------------- */

static bool is_plain(const char *text)
{
    static const char *const plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_- ";

    return text[strspn(text, plain)] == '\0';
}

/* The end of @text, at most @max bytes, from a letter's beginning. */
static const char *tail_of(const char *text, size_t max)
{
    const char *tail = text + strlen(text) - max;

    while ((*tail & 0xc0) == 0x80)
        tail++;
    return tail;
}

void sca_mysign_text(const char *text, char ret_encoded[static SCA_MYSIGN_TEXT_SIZE])
{
    char shown[ENCODED_MAX + 1];
    size_t len = strlen(text);

    if (len <= PLAIN_MAX && is_plain(text)) {
        memcpy(ret_encoded, text, len + 1);
        return;
    }
    if (len <= ENCODED_MAX) {
        memcpy(shown, text, len + 1);
    } else {
        const char *tail = tail_of(text, TAIL_MAX);
        size_t head = sca_utf8_prefix(text, ENCODED_MAX - TAIL_MAX - strlen("…"));

        snprintf(shown, sizeof shown, "%.*s…%s", (int)head, text, tail);
    }
    EVP_EncodeBlock((unsigned char *)ret_encoded, (const unsigned char *)shown, (int)strlen(shown));
}

/* ---- requests -------------------------------------------------------------------------------- */

static void put_client(struct sca_buf *out, const struct sca_mysign_who *who)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "client_id", who->client_id);
    sca_json_put(out, "client_secret", who->client_secret);
}

static void put_person(struct sca_buf *out, const struct sca_mysign_who *who)
{
    bool usual = who->profile_id == NULL || who->profile_id[0] == '\0';

    put_client(out, who);
    sca_json_put_text(out, "profile_id", usual ? PROFILE_USUAL : who->profile_id);
    sca_json_put_text(out, "user_id", who->user_id);
}

void sca_mysign_put_login(struct sca_buf *out, const struct sca_mysign_who *who)
{
    put_person(out, who);
    sca_json_close(out, '}');
}

void sca_mysign_put_list(struct sca_buf *out, const struct sca_mysign_who *who)
{
    put_person(out, who);
    sca_json_put_text(out, "certificates", "chain");
    sca_json_put_bool(out, "certInfo", true);
    sca_json_put_bool(out, "authInfo", true);
    sca_json_close(out, '}');
}

const char *sca_mysign_hash_oid(enum sca_hash hash)
{
    switch (hash) {
    case SCA_HASH_SHA256:
        return "2.16.840.1.101.3.4.2.1";
    case SCA_HASH_SHA384:
        return "2.16.840.1.101.3.4.2.2";
    case SCA_HASH_SHA512:
        return "2.16.840.1.101.3.4.2.3";
    case SCA_HASH_NONE:
    case SCA_HASH_SHA1:
    case SCA_HASH_SHA224:
        break;
    }
    return NULL;
}

static void put_document(struct sca_buf *out, const struct sca_cloud_doc *doc)
{
    char name[SCA_MYSIGN_TEXT_SIZE];

    sca_mysign_text(doc->id, name);
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "document_id", doc->id);
    sca_json_put_text(out, "document_name", name);
    sca_json_close(out, '}');
}

void sca_mysign_put_documents(struct sca_buf *out, const struct sca_cloud_sign *sign)
{
    sca_json_open(out, "documents", '[');
    for (size_t i = 0; i < sign->doc_count; i++)
        put_document(out, &sign->docs[i]);
    sca_json_close(out, ']');
}

void sca_mysign_put_sign(struct sca_buf *out, const struct sca_mysign_who *who,
                         const struct sca_cloud_sign *sign)
{
    char description[SCA_MYSIGN_TEXT_SIZE];

    sca_mysign_text(sign->description, description);
    put_client(out, who);
    sca_json_put_text(out, "credentialID", sign->provider_id);
    sca_json_put_int(out, "numSignatures", (int64_t)sign->doc_count);
    sca_json_put_text(out, "description", description);
    sca_mysign_put_documents(out, sign);
    sca_json_open(out, "hash", '[');
    for (size_t i = 0; i < sign->doc_count; i++)
        sca_json_put_base64(out, NULL, sign->docs[i].digest);
    sca_json_close(out, ']');
    sca_json_put_text(out, "hashAlgo", sca_mysign_hash_oid(sign->hash));
    sca_json_put_text(out, "signAlgo", SIGN_ALGO);
    sca_json_put_int(out, "async", ASYNC_POLL);
    sca_json_close(out, '}');
}

void sca_mysign_put_status(struct sca_buf *out, const char *transaction_id)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "transactionId", transaction_id);
    sca_json_close(out, '}');
}

/* ---- login ----------------------------------------------------------------------------------- */

int sca_mysign_read_login(const struct sca_http_reply *http, struct sca_cloud_token *ret_token,
                          char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    SCA_MYSIGN_REPLY_AUTO reply;
    int64_t life_s = 0;

    sca_mysign_reply_open(http, &reply);
    memcpy(ret_detail, reply.detail, SCA_CLOUD_DETAIL_SIZE);
    const char *access = sca_json_text(reply.root, "access_token");
    if (!reply.success || access == NULL || access[0] == '\0') {
        int err = reply.success ? SCA_E_SERVER : sca_mysign_refusal(http, &reply);
        return err == SCA_E_NEED_AUTH ? SCA_E_SP_AUTH : err;
    }

    struct sca_cloud_token token = {0};
    int err = sca_secret_new(access, strlen(access), &token.access);
    if (err != 0)
        return err == SCA_E_LIMIT ? SCA_E_SERVER : err;
    if (sca_json_int(reply.root, "expires_in", &life_s) && life_s > 0 && life_s <= TOKEN_LIFE_MAX_S)
        token.expires_in_s = (uint32_t)life_s;
    *ret_token = token;
    return 0;
}

/* ---- signing --------------------------------------------------------------------------------- */

/* What a number says about a transaction, whether it comes as its status or as an error. */
static void read_number(int64_t number, struct sca_answer *answer)
{
    switch (number) {
    case SCA_MYSIGN_PENDING:
    case SCA_MYSIGN_WAITING:
    case SCA_MYSIGN_SIGNING:
        answer->class = SCA_ANSWER_PENDING;
        return;
    case SCA_MYSIGN_EXPIRED:
        answer->class = SCA_ANSWER_EXPIRED;
        answer->spent = SCA_SPENT_NOTHING;
        return;
    case SCA_MYSIGN_REJECTED:
        answer->class = SCA_ANSWER_REJECTED;
        answer->spent = SCA_SPENT_NOTHING;
        return;
    case SCA_MYSIGN_FAILED:
        sca_answer_refuse(answer, SCA_E_REFUSED, SCA_SPENT_NOTHING);
        return;
    case SCA_MYSIGN_QUOTA:
        sca_answer_refuse(answer, SCA_E_QUOTA, SCA_SPENT_NOTHING);
        return;
    case SCA_MYSIGN_BAD_CERT:
        sca_answer_refuse(answer, SCA_E_CERT, SCA_SPENT_NOTHING);
        return;
    case SCA_MYSIGN_DONE:     /* without fitting signatures: in the making, or never */
    case SCA_MYSIGN_INTERNAL: /* of the transaction, or only of this look at it */
        answer->class = SCA_ANSWER_STRANGE;
        return;
    default:
        return; /* trouble: perhaps the next look says something known */
    }
}

static void answer_begin(const struct sca_mysign_reply *reply, struct sca_answer *ret_answer)
{
    *ret_answer = (struct sca_answer){.class = SCA_ANSWER_TROUBLE, .spent = SCA_SPENT_UNKNOWN};
    memcpy(ret_answer->detail, reply->detail, sizeof ret_answer->detail);
}

/* The transaction's id, a text or a whole number. */
static void take_transaction(const struct sca_mysign_reply *reply, struct sca_answer *answer)
{
    const char *id = sca_json_text(reply->root, "transactionId");
    int64_t number = 0;

    if (id != NULL)
        sca_answer_take_txn(answer, id);
    else if (sca_json_int(reply->root, "transactionId", &number))
        snprintf(answer->provider_txn, sizeof answer->provider_txn, "%lld", (long long)number);
}

/* Signatures before numbers: whatever the status says, what fits was signed. */
static void judge(const struct sca_mysign_reply *reply, size_t count, struct sca_answer *answer)
{
    const json_t *items = json_object_get(reply->root, "signatures");
    enum sca_match match = sca_answer_positional(items, count, answer);

    if (match == SCA_MATCH_COMPLETE)
        answer->class = SCA_ANSWER_DONE;
    else if (reply->has_number)
        read_number(reply->number, answer);
    if (match == SCA_MATCH_STRANGE && answer->class == SCA_ANSWER_PENDING)
        answer->class = SCA_ANSWER_STRANGE;
}

/* @spent: what a refusal leaves open that is not about the transaction itself. */
static void judge_refusal(const struct sca_http_reply *http, const struct sca_mysign_reply *reply,
                          enum sca_spent spent, struct sca_answer *answer)
{
    int err = sca_mysign_refusal(http, reply);

    if (err == SCA_E_NEED_AUTH) {
        answer->class = SCA_ANSWER_STALE;
        return;
    }
    if (reply->has_number && reply->number >= SCA_MYSIGN_WAITING &&
        !sca_http_undecided(reply->http))
        read_number(reply->number, answer);
    if (answer->class == SCA_ANSWER_TROUBLE && err != SCA_E_SERVER)
        sca_answer_refuse(answer, err, spent);
}

void sca_mysign_read_sign(const struct sca_http_reply *http, size_t count,
                          struct sca_answer *ret_answer)
{
    SCA_MYSIGN_REPLY_AUTO reply;

    sca_mysign_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.success)
        judge(&reply, count, ret_answer);
    else
        judge_refusal(http, &reply, SCA_SPENT_NOTHING, ret_answer);
    take_transaction(&reply, ret_answer);
    bool open = ret_answer->class == SCA_ANSWER_PENDING ||
                (reply.success && (ret_answer->class == SCA_ANSWER_STRANGE ||
                                   ret_answer->class == SCA_ANSWER_TROUBLE));
    /* Without an id nobody can ask what became of it. */
    if (open)
        ret_answer->class =
            ret_answer->provider_txn[0] != '\0' ? SCA_ANSWER_PENDING : SCA_ANSWER_TROUBLE;
}

void sca_mysign_read_status(const struct sca_http_reply *http, size_t count,
                            struct sca_answer *ret_answer)
{
    SCA_MYSIGN_REPLY_AUTO reply;

    sca_mysign_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.success)
        judge(&reply, count, ret_answer);
    else if (reply.root != NULL && !sca_http_undecided(reply.http) &&
             sca_cause_unknown(reply.words))
        ret_answer->class = SCA_ANSWER_NOT_FOUND;
    else if (reply.http != 0)
        judge_refusal(http, &reply, SCA_SPENT_UNKNOWN, ret_answer);
}
