/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sp769 replies mean. The document gives five codes and leaves the rest to the message, which
 * comes in English or Vietnamese and in several spellings; the tables hold the words that were seen
 * and their obvious neighbours, folded (words.h).
 */
#include "cloud/sp769_reply.h"

#include <stdio.h>
#include <string.h>
#include "cloud/answer.h"
#include "cloud/cause.h"
#include "common/text.h"

#define CODE_OTP   1003  /* seen in v2 for a refused one-time code */
#define CODE_QUOTA 65000 /* of the sibling service, for a spent pack */

static const char *const timeout_words[] = {"timeout", "time out", "timed out", NULL};
static const char *const waiting_words[] = {" wait", " pending", "dang cho ", " cho xac nhan",
                                            NULL};

static const char *const exists_words[] = {
    "duplicate",  "already exist",     "existed",    "already used",    "bi trung ", " trung lap ",
    " trung ma ", " trung giao dich ", "da ton tai", "da duoc su dung", NULL};

static const char *const confirmed_words[] = {"already", "da xac nhan", "da duoc xac nhan",
                                              "da duoc ky", NULL};

/* ---- the envelope ---------------------------------------------------------------------------- */

static const char *message_of(const json_t *root)
{
    static const char *const keys[] = {"message", "error_description", "error", "desc", "title"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *text = sca_json_text(root, keys[i]);
        if (text != NULL && text[0] != '\0')
            return text;
    }
    return NULL;
}

static bool code_of(const json_t *root, int64_t *ret_code)
{
    return sca_json_int(root, "status_code", ret_code) || sca_json_int(root, "status", ret_code) ||
           sca_json_int(root, "code", ret_code);
}

void sca_sp769_reply_open(const struct sca_http_reply *http, struct sca_sp769_reply *ret_reply)
{
    struct sca_sp769_reply reply = {.words = " "};

    if (http->transport != SCA_TRANSPORT_OK) {
        sca_text_printable(http->detail, reply.detail, sizeof reply.detail);
        *ret_reply = reply;
        return;
    }
    reply.http = http->status;
    if (sca_json_load(http->body, &reply.root) != 0)
        reply.root = NULL;

    const char *message = message_of(reply.root);
    reply.ours = code_of(reply.root, &reply.code);
    if (!reply.ours && message != NULL && http->status >= 400 && http->status < 500) {
        reply.ours = true;
        reply.code = http->status;
    }
    reply.success = reply.ours && http->status >= 200 && http->status < 300 &&
                    (reply.code == 200 || reply.code == 0);
    reply.data = json_object_get(reply.root, "data");
    if (!json_is_object(reply.data))
        reply.data = NULL;
    sca_words_fold(message, reply.words);
    if (message != NULL)
        sca_text_printable(message, reply.detail, sizeof reply.detail);
    else
        snprintf(reply.detail, sizeof reply.detail, "HTTP %d", http->status);
    *ret_reply = reply;
}

void sca_sp769_reply_clear(struct sca_sp769_reply *reply)
{
    json_decref(reply->root);
    reply->root = NULL;
    reply->data = NULL;
}

bool sca_sp769_http_undecided(const struct sca_sp769_reply *reply)
{
    return sca_http_undecided(reply->http);
}

bool sca_sp769_code_undecided(const struct sca_sp769_reply *reply)
{
    return sca_http_undecided(reply->code);
}

/* ---- refusals -------------------------------------------------------------------------------- */

int sca_sp769_refusal(const struct sca_sp769_reply *reply)
{
    int err = sca_cause_of(reply->words);

    if (err != 0)
        return err;
    if (reply->code == CODE_OTP)
        return SCA_E_USER_AUTH;
    if (reply->code == CODE_QUOTA)
        return SCA_E_QUOTA;
    if (reply->code == 401 || reply->http == 401)
        return sca_cause_person(reply->words) ? SCA_E_NO_CERT : SCA_E_SP_AUTH;
    if (reply->code == 403 || reply->http == 403)
        return SCA_E_CERT;
    return SCA_E_REFUSED;
}

/* ---- fates ----------------------------------------------------------------------------------- */

enum sca_sp769_fate sca_sp769_fate(const struct sca_sp769_reply *reply)
{
    const char *words = reply->words;

    /* "Waiting for the user to confirm or cancel" is no cancel. */
    if (reply->success && sca_words_any(words, waiting_words))
        return SCA_SP769_FATE_WAITING;
    if (sca_cause_rejected(words))
        return SCA_SP769_FATE_REJECTED;
    if (sca_cause_expired(words))
        return SCA_SP769_FATE_EXPIRED;
    if (sca_cause_unknown(words))
        return SCA_SP769_FATE_UNKNOWN;
    if (sca_words_any(words, timeout_words))
        return SCA_SP769_FATE_TIMEOUT;
    return SCA_SP769_FATE_NONE;
}

bool sca_sp769_says_exists(const struct sca_sp769_reply *reply)
{
    return sca_words_any(reply->words, exists_words) && !sca_cause_otp(reply->words) &&
           !sca_cause_unknown(reply->words);
}

bool sca_sp769_says_confirmed(const struct sca_sp769_reply *reply)
{
    return sca_words_any(reply->words, confirmed_words);
}

bool sca_sp769_says_blocked(const char *status)
{
    char words[SCA_WORDS_SIZE];

    sca_words_fold(status, words);
    return sca_cause_blocked(words);
}
