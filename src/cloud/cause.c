/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of words, and the order in which they are believed: the narrower cause first. */
#include "cloud/cause.h"

#include <string.h>
#include "cloud/words.h"
#include "common/err.h"

static const char *const rejected_words[] = {
    "reject", " deny", " denied", "declin", "cancel", " tu choi ", " huy ", " khong dong y ", NULL};
static const char *const access_words[] = {"access denied", "access is denied", NULL};
static const char *const expired_words[] = {
    "expire", "het han", "qua han", "het hieu luc", "qua thoi gian", "het thoi gian", NULL};
static const char *const unknown_words[] = {
    "not found", "notfound", "not exist", "nt exist", "khong tim thay", "khong ton tai", NULL};
static const char *const cert_words[] = {" cert", "credential", "chung thu", NULL};

static const char *const quota_words[] = {
    "quota",          " luot ",      "insufficient",  "not enough",      "pack exceed",
    "package exceed", "exceed sign", "exceeded sign", "number of sign",  "remaining sign",
    "out of sign",    "goi dich vu", "het goi",       "signing counter", NULL};
static const char *const unsupported_words[] = {"not support", "unsupported", "khong ho tro", NULL};
static const char *const otp_words[] = {" otp", "one time", "totp", NULL};
static const char *const password_words[] = {
    "password", "mat khau", " passwd", " passcode", "passphrase", " pin ", " authorize code", NULL};
static const char *const locked_words[] = {" lock", "bi khoa", "tam khoa", "khoa tai khoan", NULL};
static const char *const provider_words[] = {
    " sp ", "service provider", " client", "relying party", " rp ", NULL};
static const char *const person_words[] = {"no credential match", " user", "nguoi dung", "thue bao",
                                           NULL};
static const char *const blocked_words[] = {
    "revok",   "suspend", " expired ",    "inactive",       "disable",   "blocked",
    " hold",   " lock",   "thu hoi",      "tam dung",       "tam ngung", "het han",
    "qua han", "bi khoa", "het hieu luc", "khong hieu luc", " huy ",     NULL};
static const char *const negations[] = {" not ", " no ", " chua ", " khong bi ", NULL};

int sca_cause_of(const char *words)
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

bool sca_cause_rejected(const char *words)
{
    return sca_words_any(words, rejected_words) && !sca_words_any(words, access_words);
}

bool sca_cause_expired(const char *words)
{
    return sca_words_any(words, expired_words) && !sca_words_any(words, cert_words);
}

bool sca_cause_otp(const char *words)
{
    return sca_words_any(words, otp_words);
}

bool sca_cause_unknown(const char *words)
{
    return sca_words_any(words, unknown_words);
}

bool sca_cause_person(const char *words)
{
    return sca_words_any(words, person_words);
}

bool sca_cause_blocked(const char *words)
{
    return sca_words_any(words, blocked_words) && !sca_words_any(words, negations);
}
