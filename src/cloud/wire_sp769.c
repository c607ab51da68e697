/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sp769 requests, and the readers of what sign, status and confirm answer. The order in which a
 * status reply is judged is fixed (docs/protocol-vnpt.md): signatures before words, words before
 * codes, and only a reply in the service's own form may end a transaction.
 */
#include "cloud/wire_sp769.h"

#include <string.h>
#include <time.h>
#include "cloud/sp769_reply.h"
#include "common/text.h"

#define SAD_LIFE_S     299u /* documented; used where the reply says nothing usable */
#define SAD_LIFE_MAX_S 3600

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

/* Finds the signature of each document by its id; on SCA_MATCH_COMPLETE they are in @answer. */
static enum sca_match match_signatures(const struct sca_sp769_reply *reply,
                                       const struct sca_cloud_doc *docs, size_t count,
                                       struct sca_answer *answer)
{
    static const struct sca_match_keys keys = {.id = "doc_id", .values = {"signature_value", NULL}};

    return sca_answer_named(json_object_get(reply->data, "signatures"), &keys, docs, count, answer);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void answer_begin(const struct sca_sp769_reply *reply, struct sca_answer *ret_answer)
{
    *ret_answer = (struct sca_answer){.class = SCA_ANSWER_TROUBLE, .spent = SCA_SPENT_UNKNOWN};
    memcpy(ret_answer->detail, reply->detail, sizeof ret_answer->detail);
}

/* What an accepted sign request brings: the service's own id, in v2 the SAD. */
static void read_ticket(const struct sca_sp769_reply *reply, struct sca_answer *answer)
{
    const char *sad = sca_json_text(reply->data, "sad");
    int64_t life = 0;

    sca_answer_take_txn(answer, sca_json_text(reply->data, "tran_code"));
    if (sad == NULL || sad[0] == '\0' || sca_secret_new(sad, strlen(sad), &answer->sad) != 0)
        return;
    answer->sad_life_s = SAD_LIFE_S;
    if (sca_json_int(reply->data, "expired_in", &life) && life > 0 && life <= SAD_LIFE_MAX_S)
        answer->sad_life_s = (uint32_t)life;
}

void sca_sp769_read_sign(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                         size_t count, struct sca_answer *ret_answer)
{
    SCA_SP769_REPLY_AUTO reply;

    sca_sp769_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.http == 409) {
        ret_answer->class = SCA_ANSWER_EXISTS;
        return;
    }
    if (!reply.ours)
        return;
    if (reply.success) {
        read_ticket(&reply, ret_answer);
        /* Signatures that do not fit are left to the polls to come. */
        enum sca_match match = match_signatures(&reply, docs, count, ret_answer);
        ret_answer->class = match == SCA_MATCH_COMPLETE ? SCA_ANSWER_DONE : SCA_ANSWER_PENDING;
        return;
    }
    if (reply.code == 409 || sca_sp769_says_exists(&reply)) {
        ret_answer->class = SCA_ANSWER_EXISTS;
        return;
    }

    int err = sca_sp769_refusal(&reply);
    bool answered =
        (reply.http >= 200 && reply.http < 300) || (reply.http >= 400 && reply.http < 500);
    if (answered && !sca_sp769_http_undecided(&reply) && !sca_sp769_code_undecided(&reply))
        sca_answer_refuse(ret_answer, err, SCA_SPENT_NOTHING);
    else if (err != SCA_E_REFUSED)
        ret_answer->err = err;
}

static void read_fate(const struct sca_sp769_reply *reply, enum sca_match match,
                      struct sca_answer *answer)
{
    switch (sca_sp769_fate(reply)) {
    case SCA_SP769_FATE_REJECTED:
        answer->class = SCA_ANSWER_REJECTED;
        answer->spent = SCA_SPENT_NOTHING;
        return;
    case SCA_SP769_FATE_EXPIRED:
        answer->class = SCA_ANSWER_EXPIRED;
        answer->spent = SCA_SPENT_NOTHING;
        return;
    case SCA_SP769_FATE_TIMEOUT:
        answer->class = sca_sp769_code_undecided(reply) ? SCA_ANSWER_TROUBLE : SCA_ANSWER_EXPIRED;
        return;
    case SCA_SP769_FATE_UNKNOWN:
        answer->class = SCA_ANSWER_NOT_FOUND;
        return;
    case SCA_SP769_FATE_WAITING:
    case SCA_SP769_FATE_NONE:
        break;
    }
    if (reply->code == 404 || reply->http == 404)
        answer->class = SCA_ANSWER_NOT_FOUND;
    else if (reply->code == 409)
        answer->class = SCA_ANSWER_PENDING;
    else if (reply->success)
        answer->class = match == SCA_MATCH_STRANGE ? SCA_ANSWER_STRANGE : SCA_ANSWER_PENDING;
    else if (sca_sp769_code_undecided(reply))
        answer->class = SCA_ANSWER_TROUBLE;
    else
        sca_answer_refuse(answer, sca_sp769_refusal(reply), SCA_SPENT_UNKNOWN);
}

void sca_sp769_read_status(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                           size_t count, struct sca_answer *ret_answer)
{
    SCA_SP769_REPLY_AUTO reply;

    sca_sp769_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.http == 0 || sca_sp769_http_undecided(&reply))
        return;
    if (reply.http == 409) {
        ret_answer->class = SCA_ANSWER_PENDING;
        return;
    }

    enum sca_match match = match_signatures(&reply, docs, count, ret_answer);
    if (match == SCA_MATCH_COMPLETE)
        ret_answer->class = SCA_ANSWER_DONE;
    else if (reply.ours)
        read_fate(&reply, match, ret_answer);
    else if (reply.http == 404)
        ret_answer->class = SCA_ANSWER_NOT_FOUND;
}

void sca_sp769_read_confirm(const struct sca_http_reply *http, const struct sca_cloud_doc *docs,
                            size_t count, struct sca_answer *ret_answer)
{
    SCA_SP769_REPLY_AUTO reply;

    sca_sp769_reply_open(http, &reply);
    answer_begin(&reply, ret_answer);
    if (reply.http == 0 || sca_sp769_http_undecided(&reply))
        return;

    enum sca_match match = match_signatures(&reply, docs, count, ret_answer);
    if (match == SCA_MATCH_COMPLETE)
        ret_answer->class = SCA_ANSWER_DONE;
    else if (reply.http == 409 || reply.success || sca_sp769_says_confirmed(&reply))
        ret_answer->class = SCA_ANSWER_PENDING;
    else if (!reply.ours || sca_sp769_code_undecided(&reply))
        return;
    else if (sca_sp769_fate(&reply) == SCA_SP769_FATE_EXPIRED)
        sca_answer_refuse(ret_answer, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    else
        sca_answer_refuse(ret_answer, sca_sp769_refusal(&reply), SCA_SPENT_NOTHING);
}
