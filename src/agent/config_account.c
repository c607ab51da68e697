/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of an account, in one table: how each is read, what to say when its value is wrong, and
 * whether the account may still be used then. Where a wrong value could widen what is signed or
 * paid, it may not.
 */
#include "config_account.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "common/err.h"
#include "common/text.h"
#include "config_value.h"
#include "i18n.h"
#include "totp.h"

#define TEXT_LEN_MAX 256u

struct rule {
    const char *key;
    /* NULL: known, for a service that is not here yet. */
    int (*apply)(struct sca_config_account *account, const char *value);
    const char *expect; /* msgid: what to write instead */
    bool fatal;         /* a wrong value forbids the account */
    bool secret;
    uint32_t caps; /* enum sca_cloud_cap: only used by services with one of these; 0 all */
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

static int apply_ca_file(struct sca_config_account *account, const char *value)
{
    if (*value != '/' || access(value, R_OK) != 0)
        return SCA_E_CONFIG;
    account->ca_file = strdup(value);
    return account->ca_file != NULL ? 0 : SCA_E_NOMEM;
}

static int apply_sp_id(struct sca_config_account *account, const char *value)
{
    return sca_value_text(value, TEXT_LEN_MAX, &account->sp_id);
}

static int apply_user_id(struct sca_config_account *account, const char *value)
{
    return sca_value_text(value, TEXT_LEN_MAX, &account->user_id);
}

static int apply_label(struct sca_config_account *account, const char *value)
{
    return sca_value_text(value, TEXT_LEN_MAX, &account->label);
}

static int apply_sp_password(struct sca_config_account *account, const char *value)
{
    return sca_value_source(value, &account->sp_password);
}

static int apply_password(struct sca_config_account *account, const char *value)
{
    return sca_value_source(value, &account->password);
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

static int apply_max_per_day(struct sca_config_account *account, const char *value)
{
    return sca_value_number(value, 0, 1000000, &account->max_per_day);
}

static int apply_max_per_program(struct sca_config_account *account, const char *value)
{
    return sca_value_limits(value, &account->program_limits, &account->program_limit_count);
}

#define SECRET_EXPECT                                                                              \
    N_("Write the secret itself, file:/PATH, command:PROGRAM ARGUMENTS (every quote closed) or "   \
       "prompt.")

/* The order is the order of application: the provider decides what the others start from. */
static const struct rule rules[] = {
    {"provider", apply_provider, N_("There is no such provider."), true, false, 0},
    {"url", apply_url,
     N_("Write an address that begins with https://, without user name or \"?\"."), true, false, 0},
    {"ca-file", apply_ca_file, N_("Write the whole path of a PEM file that you can read."), true,
     false, 0},
    {"sp-id", apply_sp_id, N_("Write one line of plain text, 256 letters at most."), true, false,
     0},
    {"sp-password", apply_sp_password, SECRET_EXPECT, true, true, 0},
    {"user-id", apply_user_id, N_("Write one line of plain text, 256 letters at most."), true,
     false, 0},
    {"password", apply_password, SECRET_EXPECT, true, true, SCA_CAP_PASSWORD},
    {"totp-secret", apply_totp,
     N_("Write base64:KEY, base32:KEY, raw:KEY or an otpauth://totp/ address (SHA1, 6 digits, 30 "
        "seconds), or file:/PATH or command:PROGRAM that yields one."),
     true, true, SCA_CAP_OTP},
    {"serial-number", apply_serials,
     N_("Write serial numbers as letters 0-9 and a-f, parted by commas."), true, false, 0},
    {"label", apply_label, N_("Write one line of plain text, 256 letters at most."), false, false,
     0},
    {"pin", apply_pin, N_("Write none, password, otp or password+otp."), false, false,
     SCA_CAP_PASSWORD | SCA_CAP_OTP},
    {"hashes", apply_hashes, N_("Write any of sha256, sha384, sha512, parted by commas."), false,
     false, 0},
    {"confirm-timeout", apply_confirm_timeout,
     N_("Write a whole number of seconds from 10 to 3600."), false, false, 0},
    {"poll-interval", apply_poll_interval, N_("Write a whole number of seconds from 1 to 60."),
     false, false, 0},
    {"batch-window", apply_batch_window,
     N_("Write a whole number of milliseconds from 0 to 10000."), false, false, 0},
    {"max-batch", apply_max_batch, N_("Write a whole number from 1 to 1000."), false, false, 0},
    {"max-per-day", apply_max_per_day,
     N_("Write a whole number from 0 to 1000000, or nothing for no limit."), true, false, 0},
    {"max-per-program", apply_max_per_program,
     N_("Write PROGRAM:NUMBER, several parted by commas."), true, false, 0},
    {"replay-hours", apply_replay_hours, N_("Write a whole number of hours from 0 to 8760."), false,
     false, 0},
    {"credential-pin", NULL, NULL, false, true, 0},
    {"client-id", NULL, NULL, false, false, 0},
    {"client-secret", NULL, NULL, false, true, 0},
    {"profile-id", NULL, NULL, false, false, 0},
    {"relying-party", NULL, NULL, false, false, 0},
    {"relying-party-user", NULL, NULL, false, false, 0},
    {"relying-party-password", NULL, NULL, false, true, 0},
    {"relying-party-signature", NULL, NULL, false, true, 0},
    {"relying-party-key", NULL, NULL, false, false, 0},
    {"relying-party-key-password", NULL, NULL, false, true, 0},
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

static bool unused(const struct rule *rule, const struct sca_provider *provider)
{
    return rule->apply == NULL || (rule->caps != 0 && (provider->caps & rule->caps) == 0);
}

static int apply(struct build *build, const struct rule *rule)
{
    const char *file = NULL;
    const struct sca_ini_entry *entry = find(build, rule->key, &file);
    const struct sca_provider *provider = build->account->provider;

    if (entry == NULL || entry->value[0] == '\0')
        return 0;
    if (provider != NULL && unused(rule, provider)) {
        say(build, file, entry->line, rule->key, false,
            _("This setting is not used by this provider. Remove the line."));
        return 0;
    }
    int err = rule->apply != NULL ? rule->apply(build->account, entry->value) : 0;
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
static bool left_out(const struct build *build, const char *key, const void *value)
{
    const char *file = NULL;
    const struct sca_ini_entry *entry = find(build, key, &file);

    return value == NULL && (entry == NULL || entry->value[0] == '\0');
}

static void check_required(struct build *build)
{
    const struct sca_config_account *account = build->account;

    if (left_out(build, "url", account->url))
        say_missing(build, "url", true, _("The address of the service is missing."));
    if (left_out(build, "user-id", account->user_id))
        say_missing(build, "user-id", true,
                    _("Your identity number, as registered with the service, is missing."));
    if (left_out(build, "sp-id", account->sp_id))
        say_missing(build, "sp-id", true,
                    _("The id that the service gave to your organisation is missing."));
    if (left_out(build, "sp-password", account->sp_password.kind != SCA_SOURCE_NONE ? "" : NULL))
        say_missing(build, "sp-password", true, _("The secret that belongs to sp-id is missing."));
}

static void check_person(struct build *build)
{
    const struct sca_config_account *account = build->account;
    bool types_password = account->pin == SCA_PIN_PASSWORD || account->pin == SCA_PIN_PASSWORD_OTP;
    bool types_otp = account->pin == SCA_PIN_OTP || account->pin == SCA_PIN_PASSWORD_OTP;

    if ((account->provider->caps & SCA_CAP_PASSWORD) != 0 && !types_password &&
        left_out(build, "password", account->password.kind != SCA_SOURCE_NONE ? "" : NULL))
        say_missing(build, "password", false,
                    _("Signing needs your password: set password, or pin = password to type it "
                      "into the program."));
    if ((account->provider->caps & SCA_CAP_OTP) != 0 && !types_otp &&
        left_out(build, "totp-secret", account->totp_secret.kind != SCA_SOURCE_NONE ? "" : NULL))
        say_missing(build, "totp-secret", false,
                    _("Signing needs one-time codes: set totp-secret, or pin = otp to type them "
                      "into the program."));
}

/* What the provider says where the person says nothing. */
static int complete(struct build *build)
{
    struct sca_config_account *account = build->account;
    const struct sca_provider *provider = account->provider;

    account->hashes |= provider->hashes;
    if (account->max_batch == 0)
        account->max_batch = provider->max_batch > 0 ? provider->max_batch : 50;
    if (account->url == NULL && left_out(build, "url", NULL) && provider->url != NULL) {
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
    if (left_out(build, "provider", build->account->provider)) {
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
    if (build->account->provider != NULL) {
        check_required(build);
        check_person(build);
    }
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
