/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of an account, in one table: how each is read, what to say when its value is wrong, and
 * whether the account may still be used then. Where a wrong value could widen what is signed or
 * paid, it may not.
 */
#include "config_account.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "cloud/http_key.h"
#include "common/err.h"
#include "common/text.h"
#include "config_value.h"
#include "i18n.h"
#include "redirect.h"
#include "totp.h"

#define TEXT_LEN_MAX 256u

/* Where a plain text or a secret is kept. */
#define AT(field) offsetof(struct sca_config_account, field)

struct rule {
    const char *key;
    /* NULL: a text or a secret that is kept as it is. */
    int (*apply)(struct sca_config_account *account, const char *value);
    const char *expect; /* msgid: what to write instead */
    bool fatal;         /* a wrong value forbids the account */
    bool secret;
    uint32_t set;        /* enum sca_setting: only of services that use one of these; 0 all */
    size_t place;        /* AT(...), 0 where nothing asks for it */
    const char *missing; /* msgid: said where the service needs it */
};

static int apply_provider(struct sca_config_account *account, const char *value)
{
    account->provider = sca_provider_find(value);
    return account->provider != NULL ? 0 : SCA_E_CONFIG;
}

static int apply_url(struct sca_config_account *account, const char *value)
{
    return sca_value_url(value, &account->url);
}

/* A file that can be read now; its text is kept. */
static int apply_file(const char *value, char **ret_path)
{
    if (*value != '/' || access(value, R_OK) != 0)
        return SCA_E_CONFIG;
    *ret_path = strdup(value);
    return *ret_path != NULL ? 0 : SCA_E_NOMEM;
}

static int apply_ca_file(struct sca_config_account *account, const char *value)
{
    return apply_file(value, &account->ca_file);
}

static int apply_server_key(struct sca_config_account *account, const char *value)
{
    if (!sca_http_key_valid(value))
        return SCA_E_CONFIG;
    account->server_key = strdup(value);
    return account->server_key != NULL ? 0 : SCA_E_NOMEM;
}

static int apply_redirect_uri(struct sca_config_account *account, const char *value)
{
    struct sca_redirect redirect;

    if (sca_redirect_parse(value, &redirect) != 0)
        return SCA_E_CONFIG;
    account->redirect_uri = strdup(value);
    return account->redirect_uri != NULL ? 0 : SCA_E_NOMEM;
}

static int apply_relying_party_key(struct sca_config_account *account, const char *value)
{
    return apply_file(value, &account->relying_party_key);
}

static int apply_totp(struct sca_config_account *account, const char *value)
{
    SCA_SECRET_AUTO key = NULL;
    int err = sca_value_source(value, &account->totp_secret);

    if (err == 0 && account->totp_secret.kind == SCA_SOURCE_LITERAL)
        err = sca_totp_key(account->totp_secret.literal, &key);
    return err;
}

static int apply_serials(struct sca_config_account *account, const char *value)
{
    return sca_value_serials(value, &account->serials);
}

static int apply_pin(struct sca_config_account *account, const char *value)
{
    static const char *const names[] = {"none", "password", "otp", "password+otp"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(value, names[i]) == 0) {
            account->pin = (enum sca_pin_mode)i;
            return 0;
        }
    }
    return SCA_E_CONFIG;
}

static int apply_hashes(struct sca_config_account *account, const char *value)
{
    uint32_t more = 0;
    int err = sca_value_hashes(value, &more);

    account->hashes |= more;
    return err;
}

/* A number times @unit. */
static int number(const char *value, int64_t min, int64_t max, uint32_t unit, uint32_t *ret_number)
{
    int64_t found = 0;
    int err = sca_value_number(value, min, max, &found);

    if (err == 0)
        *ret_number = (uint32_t)found * unit;
    return err;
}

static int apply_confirm_timeout(struct sca_config_account *account, const char *value)
{
    return number(value, 10, 3600, 1, &account->confirm_timeout_s);
}

static int apply_poll_interval(struct sca_config_account *account, const char *value)
{
    return number(value, 1, 60, 1000, &account->poll_interval_ms);
}

static int apply_batch_window(struct sca_config_account *account, const char *value)
{
    return number(value, 0, 10000, 1, &account->batch_window_ms);
}

static int apply_max_batch(struct sca_config_account *account, const char *value)
{
    return number(value, 1, 1000, 1, &account->max_batch);
}

static int apply_replay_hours(struct sca_config_account *account, const char *value)
{
    return number(value, 0, 8760, 1, &account->replay_hours);
}

static int apply_programs(struct sca_config_account *account, const char *value)
{
    return sca_value_paths(value, &account->programs);
}

static int apply_max_per_day(struct sca_config_account *account, const char *value)
{
    return sca_value_number(value, 0, 1000000, &account->max_per_day);
}

static int apply_max_per_program(struct sca_config_account *account, const char *value)
{
    return sca_value_limits(value, &account->program_limits, &account->program_limit_count);
}

#define SESSION_SIGNATURES_MAX 500
#define SESSION_MINUTES_MAX    120

/* "50/30": signatures, and minutes. */
static int apply_session(struct sca_config_account *account, const char *value)
{
    const char *slash = strchr(value, '/');
    char signatures[8] = "";
    size_t len = slash != NULL ? (size_t)(slash - value) : sizeof signatures;
    uint32_t minutes = 0;

    if (len >= sizeof signatures)
        return SCA_E_CONFIG;
    memcpy(signatures, value, len);
    while (len > 0 && signatures[len - 1] == ' ')
        signatures[--len] = '\0';
    int err = number(slash + 1 + strspn(slash + 1, " "), 1, SESSION_MINUTES_MAX, 1, &minutes);
    if (err == 0)
        err = number(signatures, 2, SESSION_SIGNATURES_MAX, 1, &account->session_signatures);
    if (err == 0)
        account->session_minutes = minutes;
    return err;
}

static int apply_session_scope(struct sca_config_account *account, const char *value)
{
    static const char *const names[] = {"process", "program", "user"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(value, names[i]) == 0) {
            account->session_scope = (enum sca_session_scope)i;
            return 0;
        }
    }
    return SCA_E_CONFIG;
}

#define SECRET_EXPECT                                                                              \
    N_("Write the secret itself, file:/PATH, command:PROGRAM ARGUMENTS (every quote closed) or "   \
       "prompt.")
#define TEXT_EXPECT N_("Write one line of plain text, 256 letters at most.")
#define TYPED       (SCA_SET_PASSWORD | SCA_SET_TOTP | SCA_SET_CREDENTIAL_PIN)

/* The order is the order of application: the provider decides what the others start from. */
static const struct rule rules[] = {
    {"provider", apply_provider, N_("There is no such provider."), true, false, 0, 0, NULL},
    {"url", apply_url,
     N_("Write an address that begins with https://, without user name or \"?\"."), true, false, 0,
     AT(url), N_("The address of the service is missing.")},
    {"ca-file", apply_ca_file, N_("Write the whole path of a PEM file that you can read."), true,
     false, 0, 0, NULL},
    {"server-key", apply_server_key,
     N_("Write sha256//BASE64, as curl's --pinnedpubkey has it; several parted by semicolons, "
        "without blanks."),
     true, false, 0, 0, NULL},
    {"user-id", NULL, TEXT_EXPECT, true, false, SCA_SET_USER_ID, AT(user_id),
     N_("Your identity number, as registered with the service, is missing.")},
    {"sp-id", NULL, TEXT_EXPECT, true, false, SCA_SET_SP_ID, AT(sp_id),
     N_("The id that the service gave to your organisation is missing.")},
    {"sp-password", NULL, SECRET_EXPECT, true, true, SCA_SET_SP_PASSWORD, AT(sp_password),
     N_("The secret that belongs to sp-id is missing.")},
    {"password", NULL, SECRET_EXPECT, true, true, SCA_SET_PASSWORD, AT(password),
     N_("Your password for the service is missing.")},
    {"totp-secret", apply_totp,
     N_("Write base64:KEY, base32:KEY, raw:KEY or an otpauth://totp/ address (SHA1, 6 digits, 30 "
        "seconds), or file:/PATH or command:PROGRAM that yields one."),
     true, true, SCA_SET_TOTP, 0, NULL},
    {"serial-number", apply_serials,
     N_("Write serial numbers as letters 0-9 and a-f, parted by commas."), true, false, 0, 0, NULL},
    {"label", NULL, TEXT_EXPECT, false, false, 0, AT(label), NULL},
    {"pin", apply_pin, N_("Write none, password, otp or password+otp."), false, false, TYPED, 0,
     NULL},
    {"hashes", apply_hashes, N_("Write any of sha256, sha384, sha512, parted by commas."), false,
     false, 0, 0, NULL},
    {"confirm-timeout", apply_confirm_timeout,
     N_("Write a whole number of seconds from 10 to 3600."), false, false, 0, 0, NULL},
    {"poll-interval", apply_poll_interval, N_("Write a whole number of seconds from 1 to 60."),
     false, false, 0, 0, NULL},
    {"batch-window", apply_batch_window,
     N_("Write a whole number of milliseconds from 0 to 10000."), false, false, 0, 0, NULL},
    {"max-batch", apply_max_batch, N_("Write a whole number from 1 to 1000."), false, false, 0, 0,
     NULL},
    {"max-per-day", apply_max_per_day,
     N_("Write a whole number from 0 to 1000000, or nothing for no limit."), true, false, 0, 0,
     NULL},
    {"max-per-program", apply_max_per_program,
     N_("Write PROGRAM:NUMBER, several parted by commas."), true, false, 0, 0, NULL},
    {"programs", apply_programs,
     N_("Write whole paths of programs, several parted by commas, or nothing for all programs."),
     true, false, 0, 0, NULL},
    {"replay-hours", apply_replay_hours, N_("Write a whole number of hours from 0 to 8760."), false,
     false, 0, 0, NULL},
    {"session", apply_session,
     N_("Write SIGNATURES/MINUTES, from 2 to 500 signatures and from 1 to 120 minutes: 50/30. "
        "Without the line every signature is confirmed by itself."),
     false, false, SCA_SET_SESSION, 0, NULL},
    {"session-scope", apply_session_scope, N_("Write process, program or user."), false, false,
     SCA_SET_SESSION, 0, NULL},
    {"credential-pin", NULL, SECRET_EXPECT, true, true, SCA_SET_CREDENTIAL_PIN, AT(credential_pin),
     N_("The PIN of the signing key is missing.")},
    {"client-id", NULL, TEXT_EXPECT, true, false, SCA_SET_CLIENT_ID, AT(client_id),
     N_("The client id that the service gave to your organisation is missing.")},
    {"client-secret", NULL, SECRET_EXPECT, true, true, SCA_SET_CLIENT_SECRET, AT(client_secret),
     N_("The secret that belongs to client-id is missing.")},
    {"redirect-uri", apply_redirect_uri,
     N_("Write an address of this computer, as it is registered with the service: "
        "http://127.0.0.1:PORT/PATH."),
     false, false, SCA_SET_REDIRECT_URI, 0, NULL},
    {"profile-id", NULL, TEXT_EXPECT, true, false, SCA_SET_PROFILE_ID, AT(profile_id),
     N_("The profile id that the service gave to your organisation is missing.")},
    {"relying-party", NULL, TEXT_EXPECT, true, false, SCA_SET_RELYING_PARTY, AT(relying_party),
     N_("The relying party's name is missing.")},
    {"relying-party-user", NULL, TEXT_EXPECT, true, false, SCA_SET_RELYING_PARTY,
     AT(relying_party_user), N_("The relying party's user name is missing.")},
    {"relying-party-password", NULL, SECRET_EXPECT, true, true, SCA_SET_RELYING_PARTY,
     AT(relying_party_password), N_("The relying party's password is missing.")},
    {"relying-party-signature", NULL, SECRET_EXPECT, true, true, SCA_SET_RELYING_PARTY,
     AT(relying_party_signature), N_("The relying party's signature text is missing.")},
    {"relying-party-key", apply_relying_party_key,
     N_("Write the whole path of a PKCS#12 file that you can read."), true, false,
     SCA_SET_RELYING_PARTY, AT(relying_party_key),
     N_("The file with the relying party's key is missing.")},
    {"relying-party-key-password", NULL, SECRET_EXPECT, true, true, SCA_SET_RELYING_PARTY,
     AT(relying_party_key_password), N_("The password of the relying party's key is missing.")},
};

static const struct rule *rule_of(const char *key)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcasecmp(rules[i].key, key) == 0)
            return &rules[i];
    return NULL;
}

bool sca_config_holds_secret(const struct sca_ini_entry *entry)
{
    const struct rule *rule = rule_of(entry->key);
    struct sca_source source = {0};

    if (rule == NULL || !rule->secret || entry->value[0] == '\0')
        return false;
    /* What cannot be read as a source, or not now, counts as a secret. */
    bool holds = sca_value_source(entry->value, &source) != 0 || source.kind == SCA_SOURCE_LITERAL;
    sca_value_source_clear(&source);
    return holds;
}

bool sca_config_is_setting(const char *key, bool *ret_secret)
{
    const struct rule *rule = rule_of(key);

    if (rule != NULL)
        *ret_secret = rule->secret;
    return rule != NULL;
}

const char *sca_config_expect(const char *key)
{
    const struct rule *rule = rule_of(key);

    return rule != NULL ? _(rule->expect) : "";
}

struct sca_source *sca_config_source(struct sca_config_account *account, const char *key)
{
    const struct rule *rule = rule_of(key);

    if (rule == NULL || !rule->secret)
        return NULL;
    if (rule->apply == apply_totp)
        return &account->totp_secret;
    return (struct sca_source *)(void *)((char *)account + rule->place);
}

/* One account while it is built. */
struct build {
    const struct sca_config_place *places;
    struct sca_config_faults *faults;
    struct sca_config_account *account;
    bool spoiled;
};

/* The setting that counts, and the file it stands in. */
static const struct sca_ini_entry *find(const struct build *build, const char *key,
                                        const char **ret_file)
{
    for (size_t i = 0; i < 2; i++) {
        const struct sca_ini_entry *entry = sca_ini_entry(build->places[i].section, key);

        if (entry != NULL) {
            *ret_file = build->places[i].file;
            return entry;
        }
    }
    return NULL;
}

static void say(struct build *build, const char *file, int line, const char *key, bool fatal,
                const char *sentence)
{
    if (fatal)
        build->spoiled = true;
    sca_config_fault_add(build->faults, file, line, key, fatal, "%s", sentence);
}

/* "There is no such provider." with those that are. */
static int say_providers(struct build *build, const char *file, int line, const char *sentence)
{
    SCA_BUF_AUTO text = {0};

    sca_buf_init(&text, 4096);
    sca_buf_addf(&text, "%s %s", sentence, _("Known providers:"));
    for (size_t i = 0; sca_provider_at(i) != NULL; i++)
        sca_buf_addf(&text, "%s %s", i > 0 ? "," : "", sca_provider_at(i)->name);
    int err = sca_buf_add_u8(&text, 0);
    if (err == 0)
        say(build, file, line, "provider", true, (const char *)text.data);
    return err;
}

static void say_no_session(struct build *build, const char *file, int line, const char *key)
{
    const struct sca_config_account *account = build->account;

    sca_config_fault_add(build->faults, file, line, key, false,
                         _("Account %s cannot have \"%s\": %s gives no permission for several "
                           "signatures. Every signature is confirmed by itself. Remove the line."),
                         account->name, key, account->provider->title);
}

static bool unused(const struct rule *rule, const struct sca_provider *provider)
{
    return rule->set != 0 && ((provider->needs | provider->uses) & rule->set) == 0;
}

static int keep(struct sca_config_account *account, const struct rule *rule, const char *value)
{
    void *place = (char *)account + rule->place;

    if (rule->apply != NULL)
        return rule->apply(account, value);
    return rule->secret ? sca_value_source(value, place)
                        : sca_value_text(value, TEXT_LEN_MAX, place);
}

static int apply(struct build *build, const struct rule *rule)
{
    const char *file = NULL;
    const struct sca_ini_entry *entry = find(build, rule->key, &file);
    const struct sca_provider *provider = build->account->provider;

    if (entry == NULL || entry->value[0] == '\0')
        return 0;
    if (provider != NULL && unused(rule, provider)) {
        if (rule->set == SCA_SET_SESSION)
            say_no_session(build, file, entry->line, rule->key);
        else
            say(build, file, entry->line, rule->key, false,
                _("This setting is not used by this provider. Remove the line."));
        return 0;
    }
    int err = keep(build->account, rule, entry->value);
    if (err == SCA_E_NOMEM)
        return err;
    if (err != 0 && rule->apply == apply_provider)
        return say_providers(build, file, entry->line, _(rule->expect));
    if (err != 0)
        say(build, file, entry->line, rule->key, rule->fatal, _(rule->expect));
    return 0;
}

static void find_unknown(struct build *build)
{
    for (size_t i = 0; i < 2; i++) {
        const struct sca_ini_section *section = build->places[i].section;

        for (size_t k = 0; section != NULL && k < section->count; k++)
            if (rule_of(section->entries[k].key) == NULL)
                say(build, build->places[i].file, section->entries[k].line, section->entries[k].key,
                    false, _("There is no such setting. Check its spelling or remove the line."));
    }
}

static void set_defaults(struct sca_config_account *account)
{
    account->max_per_day = -1;
    account->confirm_timeout_s = 300;
    account->poll_interval_ms = 2000;
    account->batch_window_ms = 50;
    account->replay_hours = 24;
}

/* The account's own place in a file, for what is missing. */
static void say_missing(struct build *build, const char *key, bool fatal, const char *sentence)
{
    const struct sca_config_place *place = &build->places[build->places[0].section != NULL ? 0 : 1];

    say(build, place->file, place->section->line, key, fatal, sentence);
}

/* A value that was there and wrong has been complained of already. */
static bool left_out(const struct build *build, const char *key, bool here)
{
    const char *file = NULL;
    const struct sca_ini_entry *entry = find(build, key, &file);

    return !here && (entry == NULL || entry->value[0] == '\0');
}

static bool is_here(const struct sca_config_account *account, const struct rule *rule)
{
    const void *place = (const char *)account + rule->place;

    return rule->secret ? ((const struct sca_source *)place)->kind != SCA_SOURCE_NONE
                        : *(char *const *)place != NULL;
}

static void check_required(struct build *build)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *rule = &rules[i];
        bool needed = rule->set == 0 || (build->account->provider->needs & rule->set) != 0;

        if (rule->missing != NULL && needed &&
            left_out(build, rule->key, is_here(build->account, rule)))
            say_missing(build, rule->key, true, _(rule->missing));
    }
}

/* What the provider says where the person says nothing. */
static int complete(struct build *build)
{
    struct sca_config_account *account = build->account;
    const struct sca_provider *provider = account->provider;

    if (account->max_batch == 0)
        account->max_batch = provider->max_batch > 0 ? provider->max_batch : 50;
    if (account->url == NULL && left_out(build, "url", false) && provider->url != NULL) {
        account->url = strdup(provider->url);
        if (account->url == NULL)
            return SCA_E_NOMEM;
    }
    return 0;
}

static int build_account(struct build *build)
{
    set_defaults(build->account);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        int err = apply(build, &rules[i]);
        if (err != 0)
            return err;
    }
    find_unknown(build);
    if (left_out(build, "provider", build->account->provider != NULL)) {
        const struct sca_config_place *place =
            &build->places[build->places[0].section != NULL ? 0 : 1];
        int err = say_providers(build, place->file, place->section->line,
                                _("The setting \"provider\" is missing."));
        if (err != 0)
            return err;
    }
    int err = build->account->provider != NULL ? complete(build) : 0;
    if (err != 0)
        return err;
    if (build->account->provider != NULL)
        check_required(build);
    return 0;
}

int sca_config_account_build(const char *name, const struct sca_config_place places[2],
                             struct sca_config_faults *faults,
                             struct sca_config_account **ret_account)
{
    struct build build = {.places = places, .faults = faults};

    build.account = calloc(1, sizeof *build.account);
    if (build.account == NULL)
        return SCA_E_NOMEM;
    build.account->name = strdup(name);
    build.account->line = places[places[0].section != NULL ? 0 : 1].section->line;
    int err = build.account->name != NULL ? build_account(&build) : SCA_E_NOMEM;
    if (err != 0 || build.spoiled) {
        sca_config_account_free(build.account);
        build.account = NULL;
    }
    if (err == 0)
        *ret_account = build.account;
    return err;
}
