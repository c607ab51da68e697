/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts and services in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "account.h"
#include "ask.h"
#include "common/clock.h"
#include "common/text.h"
#include "setup.h"

#define SHOWN_MAX    5 /* certificates; "smartca certs" has them all */
#define SHOWN_DIGITS 3

static const struct {
    const char *name;
    const char *words;
} services[] = {
    {"vnpt-smartca", N_("VNPT SmartCA, confirmed in the app; VNPT gave your organisation an sp_id "
                        "and an sp_password")},
    {"vnpt-smartca-th", N_("VNPT SmartCA TH: password and one-time code, no phone")},
    {"vnpt-smartca-oauth",
     N_("VNPT SmartCA, confirmed in the app; VNPT gave a client_id and a client_secret")},
    {"viettel-mysign", N_("Viettel MySign, confirmed in the app")},
    {"csc", N_("another service that speaks the Cloud Signature Consortium's language (CSC)")},
    {"rssp", N_("a Mobile-ID RSSP service (experimental)")},
};

const char *sca_account_service(const struct sca_provider *provider)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (sca_streq(services[i].name, provider->name))
            return _(services[i].words);
    }
    return provider->title;
}

char *sca_account_masked(const char *user)
{
    SCA_BUF_AUTO out = {0};
    sca_buf_init(&out, 4096);
    while (*user) {
        size_t digits = strspn(user, "0123456789");
        size_t rest = digits ? 0 : strcspn(user, "0123456789");
        if (digits > 2 * SHOWN_DIGITS)
            sca_buf_addf(&out, "…%.*s", SHOWN_DIGITS, user + digits - SHOWN_DIGITS);
        else
            sca_buf_add(&out, user, digits + rest);
        user += digits + rest;
    }
    return sca_buf_add_u8(&out, '\0') ? NULL : strdup((const char *)out.data);
}

static void say_pair(const char *name, const char *value)
{
    SCA_TEXT_AUTO first = sca_text_format("     %s: ", name);
    sca_say_item(first ? first : "", value);
}

static void show_one(size_t number, const struct sca_credential *credential)
{
    char until[32] = "";
    time_t seconds = (time_t)credential->not_after_utc;
    struct tm local;
    SCA_TEXT_AUTO first = sca_text_format("%3zu  ", number);
    if (localtime_r(&seconds, &local))
        strftime(until, sizeof until, "%Y-%m-%d", &local);
    sca_say_item(first ? first : "", credential->holder);
    say_pair(_("issuer"), credential->issuer);
    say_pair(_("serial number"), credential->serial);
    say_pair(_("valid until"), until);
    if (credential->not_after_utc <= sca_now_utc())
        say_pair(_("state"), _("expired; renew it with the provider"));
    else if (credential->blocked)
        say_pair(_("state"), _("revoked or suspended; ask the provider"));
}

void sca_account_show(const struct sca_credentials *credentials)
{
    size_t count = credentials->count;
    sca_say(ngettext("The service has %zu certificate for this account:",
                     "The service has %zu certificates for this account:", count),
            count);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
        show_one(i + 1, &credentials->items[i]);
    if (count > SHOWN_MAX)
        sca_say(_("\"smartca certs\" shows all of them."));
}

/* How a setting that is missing is said on the command line. */
static char *option_of(const char *key, bool secret)
{
    if (sca_streq(key, "provider"))
        return strdup("--service");
    if (sca_streq(key, "user-id"))
        return strdup("--user");
    if (sca_streq(key, "url"))
        return strdup("--url");
    return sca_text_format(secret ? "--secret-file %s=FILE" : "--set %s=...", key);
}

void sca_account_complain(const struct sca_draft *draft, const struct sca_config_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct sca_config_fault *fault = &faults->items[i];
        const char *key = fault->key ? fault->key : "";
        bool secret = false;
        bool known = sca_draft_is_setting(key, &secret);
        SCA_TEXT_AUTO option = known ? option_of(key, secret) : NULL;
        if (option && !sca_draft_value(draft, key) && !sca_draft_secret(draft, key))
            (void)sca_cli_fail(_("%s: %s The option for it: %s"), key, fault->sentence, option);
        else
            (void)sca_cli_fail("%s: %s", key, fault->sentence);
    }
}
