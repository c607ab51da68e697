/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions about an account: which there are, in which order, and what can go wrong with each.
 * Each answer is judged by the configuration's own table as soon as it is given.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent/totp.h"
#include "ask.h"
#include "common/err.h"
#include "common/text.h"
#include "wizard.h"

static const struct sca_wizard_way ways[] = {
    {.provider = "vnpt-smartca", .keys = {"url", "sp-id", "sp-password", "user-id"}},
    {.provider = "vnpt-smartca-th",
     .keys = {"url", "sp-id", "sp-password", "user-id", "password", "totp-secret"},
     .optional = {"password", "totp-secret"}},
    {.provider = "vnpt-smartca-oauth",
     .text = N_("log in once in the browser"),
     .keys = {"url", "client-id", "client-secret", "redirect-uri"},
     .optional = {"redirect-uri"},
     .browser = true},
    {.provider = "vnpt-smartca-oauth",
     .text = N_("by user name and password, which are kept here"),
     .keys = {"url", "client-id", "client-secret", "user-id", "password"}},
    {.provider = "viettel-mysign",
     .keys = {"url", "client-id", "client-secret", "profile-id", "user-id"},
     .optional = {"profile-id"}},
    {.provider = "csc",
     .text = N_("by user name and password, which are kept here"),
     .keys = {"url", "user-id", "password"}},
    {.provider = "csc",
     .text = N_("log in once in the browser"),
     .keys = {"url", "client-id", "client-secret", "redirect-uri"},
     .optional = {"client-secret", "redirect-uri"},
     .browser = true},
    {.provider = "csc",
     .text = N_("by a client_id and client_secret of your organisation"),
     .keys = {"url", "client-id", "client-secret", "profile-id", "user-id"},
     .profile = "oauth2client"},
    {.provider = "rssp",
     .keys = {"url", "relying-party", "relying-party-user", "relying-party-password",
              "relying-party-signature", "relying-party-key", "relying-party-key-password",
              "user-id", "password"}},
};
#define WAYS (sizeof ways / sizeof ways[0])

static const struct {
    const char *provider; /* NULL: any other */
    const char *key;
    const char *question;
} questions[] = {
    {NULL, "url", N_("Address of the service (https://...)")},
    {NULL, "ca-file",
     N_("PEM file with the certificate authority of the service, a whole path, if your "
        "organisation gave you one; nothing: the system's authorities")},
    {NULL, "sp-id", N_("The sp_id that VNPT gave to your organisation")},
    {NULL, "sp-password", N_("The sp_password that belongs to it")},
    {NULL, "client-id", N_("The client_id that the service gave to your organisation")},
    {NULL, "client-secret", N_("The client_secret that belongs to it")},
    {NULL, "redirect-uri",
     N_("The address for coming back that is registered with the service, such as "
        "http://127.0.0.1:8912/; nothing: any free port of this computer")},
    {"viettel-mysign", "profile-id",
     N_("The profile id that the service gave to your organisation")},
    {"csc", "profile-id",
     N_("The profile id that the service gave to your organisation (Viettel: adss:...); "
        "oauth2client where it gave none")},
    {"viettel-mysign", "user-id",
     N_("CMT_ and your identity number (CCCD), or MST_ and the tax code")},
    {"csc", "user-id", N_("Your user name at the service")},
    {"rssp", "user-id", N_("Your user name at the service")},
    {NULL, "user-id",
     N_("Your identity number (CCCD) or tax code, as registered with the service")},
    {"vnpt-smartca-th", "password",
     N_("Your password for the service; nothing: you are asked each time")},
    {NULL, "password", N_("Your password for the service")},
    {NULL, "totp-secret",
     N_("The key of your one-time codes (letters and digits, or otpauth://...); nothing: you are "
        "asked for a code each time")},
    {NULL, "credential-pin", N_("The PIN of your signing key at the service")},
    {NULL, "serial-number",
     N_("Serial numbers of the certificates that are used, separated by commas")},
    {NULL, "relying-party", N_("The relying party's name, of your organisation")},
    {NULL, "relying-party-user", N_("The relying party's user name")},
    {NULL, "relying-party-password", N_("The relying party's password")},
    {NULL, "relying-party-signature", N_("The relying party's \"signature\" text")},
    {NULL, "relying-party-key", N_("The file with the relying party's key (.p12), a whole path")},
    {NULL, "relying-party-key-password", N_("The password of that file")},
};

static const char *question_of(const struct sca_wizard_way *way, const char *key)
{
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        if (sca_streq(questions[i].key, key) &&
            (!questions[i].provider || sca_streq(questions[i].provider, way->provider)))
            return _(questions[i].question);
    }
    return key;
}

static bool among(const char *const *list, size_t count, const char *key)
{
    for (size_t i = 0; i < count && list[i]; i++) {
        if (sca_streq(list[i], key))
            return true;
    }
    return false;
}

static bool is_asked(const struct sca_wizard_way *way, const char *key)
{
    return among(way->keys, sizeof way->keys / sizeof way->keys[0], key);
}

static bool is_optional(const struct sca_wizard_way *way, const char *key)
{
    return sca_streq(key, "ca-file") ||
           among(way->optional, sizeof way->optional / sizeof way->optional[0], key);
}

/* ---- service and way ------------------------------------------------------------------------- */

static int choose_provider(const struct sca_provider **ret_provider)
{
    const char *words[16];
    const char *texts[16];
    size_t count = 0;
    size_t choice = 0;
    for (; sca_provider_at(count) && count < 16; count++) {
        words[count] = sca_provider_at(count)->name;
        texts[count] = sca_account_service(sca_provider_at(count));
    }
    int err = sca_ask_choice(_("Which service keeps your signing key? Type its number"), words,
                             texts, count, 0, &choice);
    *ret_provider = err ? NULL : sca_provider_at(choice);
    return err;
}

static int choose_way(const struct sca_provider *provider, const struct sca_wizard_way **ret_way)
{
    const struct sca_wizard_way *here[WAYS];
    const char *texts[WAYS];
    size_t count = 0;
    size_t choice = 0;
    for (size_t i = 0; i < WAYS; i++) {
        if (!sca_streq(ways[i].provider, provider->name))
            continue;
        texts[count] = ways[i].text ? _(ways[i].text) : "";
        here[count++] = &ways[i];
    }
    int err = count > 1 ? sca_ask_choice(_("How do you log in there? Type its number"), NULL, texts,
                                         count, 0, &choice)
                        : 0;
    *ret_way = err ? NULL : here[choice];
    return err;
}

int sca_wizard_way(struct sca_draft *draft, const struct sca_wizard_way **ret_way)
{
    const struct sca_provider *provider = NULL;
    int err = choose_provider(&provider);
    if (!err)
        err = choose_way(provider, ret_way);
    return err ? err : sca_draft_set(draft, "provider", provider->name);
}

const struct sca_wizard_way *sca_wizard_way_of(const struct sca_draft *draft)
{
    const struct sca_wizard_way *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < WAYS; i++) {
        size_t known = 1;
        if (!sca_streq(ways[i].provider, sca_draft_value(draft, "provider")))
            continue;
        for (size_t k = 0; ways[i].keys[k]; k++)
            known += sca_draft_value(draft, ways[i].keys[k]) != NULL;
        if (known > most)
            best = &ways[i];
        most = known > most ? known : most;
    }
    return best;
}

/* ---- one question ---------------------------------------------------------------------------- */

/* What no answer means: what is there, else the service's usual address. */
static const char *preset_of(const struct sca_draft *draft, const struct sca_wizard_way *way,
                             const char *key)
{
    const struct sca_provider *provider = sca_provider_find(way->provider);
    const char *value = sca_draft_value(draft, key);
    if (!value && sca_streq(key, "url") && provider)
        value = provider->url;
    if (!value && sca_streq(key, "profile-id"))
        value = way->profile;
    return value;
}

static int take_plain(struct sca_draft *draft, const struct sca_wizard_way *way, const char *key,
                      bool *ret_empty)
{
    const struct sca_provider *provider = sca_provider_find(way->provider);
    SCA_TEXT_AUTO answer = NULL;
    int err = sca_ask_line(question_of(way, key), preset_of(draft, way, key), &answer);
    if (err)
        return err;
    *ret_empty = *answer == '\0';
    if (*ret_empty)
        return 0;
    /* The usual address is not written down: it may change with a newer version. */
    bool usual = sca_streq(key, "url") && provider && sca_streq(provider->url, answer) &&
                 !sca_draft_value(draft, key);
    return sca_draft_set(draft, key, usual ? NULL : answer);
}

/* Keys of one-time codes are handed out as bare letters. */
static int with_form(const char *key, struct sca_secret **secret)
{
    SCA_BUF_AUTO text = {0};
    struct sca_secret *whole = NULL;
    if (strcmp(key, "totp-secret") != 0 || sca_totp_is_key(sca_secret_text(*secret)))
        return 0;
    sca_buf_init(&text, SCA_DRAFT_SECRET_MAX + 16);
    sca_buf_add_text(&text, "base32:");
    sca_buf_add_text(&text, sca_secret_text(*secret));
    int err = text.err ? text.err : sca_secret_new(text.data, text.len, &whole);
    if (!err) {
        sca_secret_free(secret);
        *secret = whole;
    }
    return err;
}

static int take_secret(struct sca_draft *draft, const struct sca_wizard_way *way, const char *key,
                       bool *ret_empty)
{
    SCA_SECRET_AUTO secret = NULL;
    SCA_BUF_AUTO question = {0};
    bool there = sca_draft_value(draft, key) || sca_draft_secret(draft, key);
    sca_buf_init(&question, 1024);
    sca_buf_addf(&question, "%s (%s)", question_of(way, key),
                 there ? _("not shown; nothing: as it is") : _("not shown while you type"));
    int err = sca_buf_add_u8(&question, '\0');
    if (!err)
        err = sca_ask_secret((const char *)question.data, &secret);
    if (err)
        return err;
    *ret_empty = !secret;
    if (!secret)
        return 0;
    err = with_form(key, &secret);
    return err ? err : sca_draft_set_secret(draft, key, secret);
}

/* Says what is wrong with the answer and forgets it. */
static int judge(struct sca_draft *draft, const char *key, bool *ret_good)
{
    SCA_TEXT_AUTO sentence = NULL;
    int err = sca_draft_judge(draft, key, &sentence);
    *ret_good = !err && *sentence == '\0';
    if (err || *ret_good)
        return err;
    sca_say("%s", sentence);
    return sca_draft_set(draft, key, NULL);
}

int sca_wizard_field(struct sca_draft *draft, const struct sca_wizard_way *way, const char *key)
{
    bool secret = false;
    (void)sca_draft_is_setting(key, &secret);
    for (;;) {
        bool empty = false;
        bool good = true;
        putchar('\n');
        int err =
            secret ? take_secret(draft, way, key, &empty) : take_plain(draft, way, key, &empty);
        if (err)
            return err;
        bool there = sca_draft_value(draft, key) || sca_draft_secret(draft, key);
        if (empty && (there || is_optional(way, key)))
            return 0;
        if (empty)
            sca_say("%s", _("This is needed. Your organisation or the provider can tell you."));
        else
            err = judge(draft, key, &good);
        if (err || (!empty && good))
            return err;
    }
}

/* An account that is changed may have more, which can be what is wrong with it. */
int sca_wizard_fields(struct sca_draft *draft, const struct sca_wizard_way *way)
{
    static const char *const more[] = {"password", "totp-secret", "credential-pin",
                                       "serial-number"};
    int err = 0;
    for (size_t i = 0; !err && way->keys[i]; i++)
        err = sca_wizard_field(draft, way, way->keys[i]);
    for (size_t i = 0; !err && i < sizeof more / sizeof more[0]; i++) {
        if (!is_asked(way, more[i]) && sca_draft_value(draft, more[i]))
            err = sca_wizard_field(draft, way, more[i]);
    }
    return err;
}

int sca_wizard_again(struct sca_draft *draft, const struct sca_wizard_way *way, int failure,
                     bool *ret_some)
{
    static const struct {
        int failure;
        const char *keys[10];
    } about[] = {
        {SCA_E_USER_AUTH, {"user-id", "password"}},
        {SCA_E_SP_AUTH,
         {"sp-id", "sp-password", "client-id", "client-secret", "profile-id", "relying-party",
          "relying-party-user", "relying-party-password", "relying-party-signature"}},
        {SCA_E_NO_CERT, {"user-id"}},
        {SCA_E_UNREACHABLE, {"url"}},
        {SCA_E_TIMEOUT, {"url"}},
        {SCA_E_SERVER, {"url"}},
        {SCA_E_REFUSED, {"url"}},
        {SCA_E_TLS, {"url", "ca-file"}},
    };
    int err = 0;
    *ret_some = false;
    for (size_t i = 0; i < sizeof about / sizeof about[0]; i++) {
        for (size_t k = 0; about[i].failure == failure && about[i].keys[k] && !err; k++) {
            if (!is_asked(way, about[i].keys[k]) && !sca_streq(about[i].keys[k], "ca-file"))
                continue;
            *ret_some = true;
            err = sca_wizard_field(draft, way, about[i].keys[k]);
        }
    }
    return err;
}
