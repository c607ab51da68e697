/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sp769 replies mean. The document gives five codes and leaves the rest to the message, which
 * comes in English or Vietnamese and in several spellings; the tables hold the words that were seen
 * and their obvious neighbours, folded (words.h).
 */
#include "cloud/sp769_reply.h"

#include <stdio.h>
#include <string.h>
#include "common/text.h"

#define CODE_OTP   1003  /* seen in v2 for a refused one-time code */
#define CODE_QUOTA 65000 /* of the sibling service, for a spent pack */

static const char *const rejected_words[] = {
    "reject", " deny", " denied", "declin", "cancel", " tu choi ", " huy ", " khong dong y ", NULL};
static const char *const access_words[] = {"access denied", "access is denied", NULL};
static const char *const expired_words[] = {
    "expire", "het han", "qua han", "het hieu luc", "qua thoi gian", "het thoi gian", NULL};
static const char *const timeout_words[] = {"timeout", "time out", "timed out", NULL};
static const char *const unknown_words[] = {
    "not found", "notfound", "not exist", "nt exist", "khong tim thay", "khong ton tai", NULL};
static const char *const waiting_words[] = {" wait", " pending", "dang cho ", " cho xac nhan",
                                            NULL};
static const char *const cert_words[] = {" cert", "credential", "chung thu", NULL};

static const char *const exists_words[] = {
    "duplicate",  "already exist",     "existed",    "already used",    "bi trung ", " trung lap ",
    " trung ma ", " trung giao dich ", "da ton tai", "da duoc su dung", NULL};

static const char *const confirmed_words[] = {"already", "da xac nhan", "da duoc xac nhan",
                                              "da duoc ky", NULL};

static const char *const quota_words[] = {"quota",          " luot ",
                                          "insufficient",   "not enough",
                                          "pack exceed",    "package exceed",
                                          "exceed sign",    "exceeded sign",
                                          "number of sign", "remaining sign",
                                          "out of sign",    "goi dich vu",
                                          "het goi",        NULL};
static const char *const unsupported_words[] = {"not support", "unsupported", "khong ho tro", NULL};
static const char *const otp_words[] = {" otp", "one time", "totp", NULL};
static const char *const password_words[] = {"password", "mat khau", " passwd", NULL};
static const char *const locked_words[] = {" lock", "bi khoa", "tam khoa", "khoa tai khoan", NULL};
static const char *const provider_words[] = {" sp ", "service provider", " client", NULL};
static const char *const person_words[] = {"no credential match", " user", "nguoi dung", "thue bao",
                                           NULL};
static const char *const blocked_words[] = {
    "revok",   "suspend", " expired ",    "inactive",       "disable",   "blocked",
    " hold",   " lock",   "thu hoi",      "tam dung",       "tam ngung", "het han",
    "qua han", "bi khoa", "het hieu luc", "khong hieu luc", " huy ",     NULL};
static const char *const negations[] = {" not ", " no ", " chua ", " khong bi ", NULL};

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

static bool undecided(int64_t code)
{
    return code == 408 || code == 425 || code == 429 || (code >= 500 && code < 600);
}

bool sca_sp769_http_undecided(const struct sca_sp769_reply *reply)
{
    return undecided(reply->http);
}

bool sca_sp769_code_undecided(const struct sca_sp769_reply *reply)
{
    return undecided(reply->code);
}

/* ---- refusals -------------------------------------------------------------------------------- */

/* Words that name the cause; 0 where they do not. */
static int refusal_by_words(const char *words)
{
    if (sca_words_any(words, unsupported_words))
        return SCA_E_REFUSED;
    if (sca_words_any(words, otp_words))
        return sca_words_any(words, locked_words) ? SCA_E_USER_LOCKED : SCA_E_USER_AUTH;
    if (sca_words_any(words, provider_words))
        return SCA_E_SP_AUTH;
    if (strstr(words, "no credential match") != NULL)
        return SCA_E_NO_CERT;
    if (sca_words_any(words, cert_words) && sca_words_any(words, blocked_words))
        return SCA_E_CERT;
    if (sca_words_any(words, locked_words))
        return SCA_E_USER_LOCKED;
    if (sca_words_any(words, password_words))
        return SCA_E_USER_AUTH;
    if (sca_words_any(words, quota_words))
        return SCA_E_QUOTA;
    if (sca_words_any(words, person_words) && sca_words_any(words, unknown_words))
        return SCA_E_NO_CERT;
    if (sca_words_any(words, cert_words) && sca_words_any(words, unknown_words))
        return SCA_E_NO_CERT;
    return 0;
}

int sca_sp769_refusal(const struct sca_sp769_reply *reply)
{
    int err = refusal_by_words(reply->words);

    if (err != 0)
        return err;
    if (reply->code == CODE_OTP)
        return SCA_E_USER_AUTH;
    if (reply->code == CODE_QUOTA)
        return SCA_E_QUOTA;
    if (reply->code == 401 || reply->http == 401)
        return sca_words_any(reply->words, person_words) ? SCA_E_NO_CERT : SCA_E_SP_AUTH;
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
    if (sca_words_any(words, rejected_words) && !sca_words_any(words, access_words))
        return SCA_SP769_FATE_REJECTED;
    if (sca_words_any(words, expired_words) && !sca_words_any(words, cert_words))
        return SCA_SP769_FATE_EXPIRED;
    if (sca_words_any(words, unknown_words))
        return SCA_SP769_FATE_UNKNOWN;
    if (sca_words_any(words, timeout_words))
        return SCA_SP769_FATE_TIMEOUT;
    return SCA_SP769_FATE_NONE;
}

bool sca_sp769_says_exists(const struct sca_sp769_reply *reply)
{
    return sca_words_any(reply->words, exists_words) && !sca_words_any(reply->words, otp_words) &&
           !sca_words_any(reply->words, unknown_words);
}

bool sca_sp769_says_confirmed(const struct sca_sp769_reply *reply)
{
    return sca_words_any(reply->words, confirmed_words);
}

bool sca_sp769_says_blocked(const char *status)
{
    char words[SCA_WORDS_SIZE];

    sca_words_fold(status, words);
    return sca_words_any(words, blocked_words) && !sca_words_any(words, negations);
}
