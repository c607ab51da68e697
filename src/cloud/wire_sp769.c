/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sp769 requests, and the readers of what sign, status and confirm answer. The order in which a
 * status reply is judged is fixed (docs/protocol-vnpt.md): signatures before words, words before
 * codes, and only a reply in the service's own form may end a transaction.
 */
#include "cloud/wire_sp769.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cloud/sp769_reply.h"
#include "common/text.h"

#define SAD_LIFE_S     299u /* documented; used where the reply says nothing usable */
#define SAD_LIFE_MAX_S 3600
#define ITEMS_MAX      4096u /* entries of a signatures array that are looked at */

/* ---- requests -------------------------------------------------------------------------------- */

static void put_who(struct sca_buf *out, const struct sca_sp769_who *who)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "sp_id", who->sp_id);
    sca_json_put(out, "sp_password", who->sp_password);
    sca_json_put_text(out, "user_id", who->user_id);
}

int sca_sp769_put_list(struct sca_buf *out, const struct sca_sp769_who *who, const char *txn_id)
{
    put_who(out, who);
    sca_json_put_text(out, "transaction_id", txn_id);
    sca_json_close(out, '}');
    return out->err;
}

static void put_time(struct sca_buf *out, int64_t utc)
{
    time_t seconds = (time_t)utc;
    struct tm parts;
    char text[32];

    if (utc > 0 && gmtime_r(&seconds, &parts) != NULL &&
        strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &parts) > 0)
        sca_json_put_text(out, "time_stamp", text);
}

static void put_doc(struct sca_buf *out, const struct sca_cloud_doc *doc)
{
    char hex[2 * SCA_HASH_MAX + 1];

    if (doc->digest.len > SCA_HASH_MAX) {
        sca_buf_fail(out, SCA_E_LIMIT);
        return;
    }
    sca_hex_encode(doc->digest, hex);
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "doc_id", doc->id);
    sca_json_put_text(out, "file_type", "pdf");
    sca_json_put_text(out, "sign_type", "hash");
    sca_json_put_text(out, "data_to_be_signed", hex);
    sca_json_close(out, '}');
}

int sca_sp769_put_sign(struct sca_buf *out, const struct sca_sp769_who *who,
                       const struct sca_cloud_sign *sign, const struct sca_sp769_person *person)
{
    put_who(out, who);
    if (person != NULL) {
        sca_json_put(out, "password", person->password);
        sca_json_put(out, "otp", person->otp);
    }
    sca_json_put_text(out, "transaction_id", sign->txn_id);
    sca_json_put_text(out, "transaction_desc", sign->description);
    if (sign->serial != NULL && sign->serial[0] != '\0')
        sca_json_put_text(out, "serial_number", sign->serial);
    put_time(out, sign->created_utc);
    sca_json_open(out, "sign_files", '[');
    for (size_t i = 0; i < sign->doc_count; i++)
        put_doc(out, &sign->docs[i]);
    sca_json_close(out, ']');
    sca_json_close(out, '}');
    return out->err;
}

int sca_sp769_put_confirm(struct sca_buf *out, const struct sca_sp769_who *who,
                          struct sca_bytes password, const char *txn_id, struct sca_bytes sad)
{
    put_who(out, who);
    sca_json_put(out, "password", password);
    sca_json_put_text(out, "transaction_id", txn_id);
    sca_json_put(out, "sad", sad);
    sca_json_close(out, '}');
    return out->err;
}

/* ---- signatures ------------------------------------------------------------------------------ */

enum match {
    MATCH_NONE,     /* nothing is signed yet */
    MATCH_COMPLETE, /* each document once */
    MATCH_STRANGE,
};

static void free_signatures(struct sca_buf *signatures, size_t count)
{
    for (size_t i = 0; signatures != NULL && i < count; i++)
        sca_buf_clear(&signatures[i]);
    free(signatures);
}

static size_t find_doc(const struct sca_cloud_doc *docs, size_t count, const char *id)
{
    size_t i = 0;

    while (i < count && !sca_streq(docs[i].id, id))
        i++;
    return i;
}

/* Counts of one signatures array. */
struct tally {
    size_t filled;  /* documents with a signature */
    size_t empty;   /* documents without one yet */
    size_t foreign; /* signatures of nobody's document */
    bool broken;    /* doubled id, unreadable signature */
};

static void tally_item(const json_t *item, const struct sca_cloud_doc *docs, size_t count,
                       uint8_t *seen, struct sca_buf *signatures, struct tally *tally)
{
    const char *value = sca_json_text(item, "signature_value");
    bool empty = value == NULL || value[strspn(value, " \t\r\n")] == '\0';
    size_t i = find_doc(docs, count, sca_json_text(item, "doc_id"));

    if (i == count) {
        tally->foreign += empty ? 0 : 1;
        return;
    }
    if (seen[i]) {
        tally->broken = true;
        return;
    }
    seen[i] = 1;
    if (empty)
        tally->empty++;
    else if (sca_json_base64(value, SCA_SP769_SIGNATURE_MAX, &signatures[i]) == 0)
        tally->filled++;
    else
        tally->broken = true;
}

static enum match tally_verdict(const struct tally *tally, size_t count)
{
    if (tally->broken)
        return MATCH_STRANGE;
    if (tally->filled == count)
        return MATCH_COMPLETE;
    if (tally->empty > 0 || (tally->filled == 0 && tally->foreign == 0))
        return MATCH_NONE;
    return MATCH_STRANGE;
}

/* Finds the signature of each document by its id; on MATCH_COMPLETE they are in @answer. */
static enum match match_signatures(const struct sca_sp769_reply *reply,
                                   const struct sca_cloud_doc *docs, size_t count,
                                   struct sca_sp769_answer *answer)
{
    const json_t *items = json_object_get(reply->data, "signatures");
    struct tally tally = {0};

    if (items == NULL || json_is_null(items) || count == 0)
        return MATCH_NONE;
    if (!json_is_array(items) || json_array_size(items) > ITEMS_MAX)
        return MATCH_STRANGE;

    struct sca_buf *signatures = calloc(count, sizeof *signatures);
    uint8_t *seen = calloc(count, 1);
    enum match verdict = MATCH_NONE; /* out of memory: the next poll will see */
    if (signatures != NULL && seen != NULL) {
        for (size_t i = 0; i < json_array_size(items); i++)
            tally_item(json_array_get(items, i), docs, count, seen, signatures, &tally);
        verdict = tally_verdict(&tally, count);
    }
    free(seen);
    if (verdict != MATCH_COMPLETE) {
        free_signatures(signatures, count);
        return verdict;
    }
    answer->signatures = signatures;
    answer->count = count;
    return verdict;
}

/* ---- answers --------------------------------------------------------------------------------- */

void sca_sp769_answer_clear(struct sca_sp769_answer *answer)
{
    free_signatures(answer->signatures, answer->count);
    sca_secret_free(&answer->sad);
    *answer = (struct sca_sp769_answer){0};
}

static void answer_begin(const struct sca_sp769_reply *reply, struct sca_sp769_answer *ret_answer)
{
    *ret_answer = (struct sca_sp769_answer){.class = SCA_SP769_TROUBLE, .spent = SCA_SPENT_UNKNOWN};
    memcpy(ret_answer->detail, reply->detail, sizeof ret_answer->detail);
}

static void refuse(struct sca_sp769_answer *answer, int err, enum sca_spent spent)
{
    answer->class = SCA_SP769_REFUSED;
    answer->err = err;
    answer->spent = spent;
}

/* What an accepted sign request brings: the service's own id, in v2 the SAD. */
static void read_ticket(const struct sca_sp769_reply *reply, struct sca_sp769_answer *answer)
{
    const char *code = sca_json_text(reply->data, "tran_code");
    const char *sad = sca_json_text(reply->data, "sad");
    int64_t life = 0;

    if (code != NULL && strlen(code) < sizeof answer->tran_code)
        memcpy(answer->tran_code, code, strlen(code) + 1);
    if (sad == NULL || sad[0] == '\0' || sca_secret_new(sad, strlen(sad), &answer->sad) != 0)
        return;
    answer->sad_life_s = SAD_LIFE_S;
    if (sca_json_int(reply->data, "expired_in", &life) && life > 0 && life <= SAD_LIFE_MAX_S)
        answer->sad_life_s = (uint32_t)life;
}

void sca_sp769_read_sign(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                         size_t count, struct sca_sp769_answer *ret_answer)
{
    SCA_SP769_REPLY_AUTO reply;

    sca_sp769_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.http == 409) {
        ret_answer->class = SCA_SP769_EXISTS;
        return;
    }
    if (!reply.ours)
        return;
    if (reply.success) {
        read_ticket(&reply, ret_answer);
        /* Signatures that do not fit are left to the polls to come. */
        enum match match = match_signatures(&reply, docs, count, ret_answer);
        ret_answer->class = match == MATCH_COMPLETE ? SCA_SP769_DONE : SCA_SP769_PENDING;
        return;
    }
    if (reply.code == 409 || sca_sp769_says_exists(&reply)) {
        ret_answer->class = SCA_SP769_EXISTS;
        return;
    }

    int err = sca_sp769_refusal(&reply);
    bool answered =
        (reply.http >= 200 && reply.http < 300) || (reply.http >= 400 && reply.http < 500);
    if (answered && !sca_sp769_http_undecided(&reply) && !sca_sp769_code_undecided(&reply))
        refuse(ret_answer, err, SCA_SPENT_NOTHING);
    else if (err != SCA_E_REFUSED)
        ret_answer->err = err;
}

static void read_fate(const struct sca_sp769_reply *reply, enum match match,
                      struct sca_sp769_answer *answer)
{
    switch (sca_sp769_fate(reply)) {
    case SCA_SP769_FATE_REJECTED:
        answer->class = SCA_SP769_REJECTED;
        answer->spent = SCA_SPENT_NOTHING;
        return;
    case SCA_SP769_FATE_EXPIRED:
        answer->class = SCA_SP769_EXPIRED;
        answer->spent = SCA_SPENT_NOTHING;
        return;
    case SCA_SP769_FATE_TIMEOUT:
        answer->class = sca_sp769_code_undecided(reply) ? SCA_SP769_TROUBLE : SCA_SP769_EXPIRED;
        return;
    case SCA_SP769_FATE_UNKNOWN:
        answer->class = SCA_SP769_NOT_FOUND;
        return;
    case SCA_SP769_FATE_WAITING:
    case SCA_SP769_FATE_NONE:
        break;
    }
    if (reply->code == 404 || reply->http == 404)
        answer->class = SCA_SP769_NOT_FOUND;
    else if (reply->code == 409)
        answer->class = SCA_SP769_PENDING;
    else if (reply->success)
        answer->class = match == MATCH_STRANGE ? SCA_SP769_STRANGE : SCA_SP769_PENDING;
    else if (sca_sp769_code_undecided(reply))
        answer->class = SCA_SP769_TROUBLE;
    else
        refuse(answer, sca_sp769_refusal(reply), SCA_SPENT_UNKNOWN);
}

void sca_sp769_read_status(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                           size_t count, struct sca_sp769_answer *ret_answer)
{
    SCA_SP769_REPLY_AUTO reply;

    sca_sp769_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.http == 0 || sca_sp769_http_undecided(&reply))
        return;
    if (reply.http == 409) {
        ret_answer->class = SCA_SP769_PENDING;
        return;
    }

    enum match match = match_signatures(&reply, docs, count, ret_answer);
    if (match == MATCH_COMPLETE)
        ret_answer->class = SCA_SP769_DONE;
    else if (reply.ours)
        read_fate(&reply, match, ret_answer);
    else if (reply.http == 404)
        ret_answer->class = SCA_SP769_NOT_FOUND;
}

void sca_sp769_read_confirm(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                            size_t count, struct sca_sp769_answer *ret_answer)
{
    SCA_SP769_REPLY_AUTO reply;

    sca_sp769_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.http == 0 || sca_sp769_http_undecided(&reply))
        return;

    enum match match = match_signatures(&reply, docs, count, ret_answer);
    if (match == MATCH_COMPLETE)
        ret_answer->class = SCA_SP769_DONE;
    else if (reply.http == 409 || reply.success || sca_sp769_says_confirmed(&reply))
        ret_answer->class = SCA_SP769_PENDING;
    else if (!reply.ours || sca_sp769_code_undecided(&reply))
        return;
    else if (sca_sp769_fate(&reply) == SCA_SP769_FATE_EXPIRED)
        refuse(ret_answer, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    else
        refuse(ret_answer, sca_sp769_refusal(&reply), SCA_SPENT_NOTHING);
}
