/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the person can be reached from where doctor runs: who would ask for a password or
 * one-time code, whether an account needs that, and where notices appear.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent/argv.h"
#include "agent/pinentry.h"
#include "agent/program.h"
#include "common/text.h"
#include "doctor.h"

#define SENTENCE_SIZE 1024

static void add(struct sca_report *report, enum sca_verdict verdict, const char *check,
                const char *sentence, const char *remedy)
{
    sca_report_add(report,
                   &(struct sca_finding){
                       .verdict = verdict, .check = check, .sentence = sentence, .remedy = remedy});
}

/* ---- prompts ------------------------------------------------------------------------------- */

static bool is_asked_for(const struct sca_source *source, bool needed)
{
    return source->kind == SCA_SOURCE_PROMPT || (source->kind == SCA_SOURCE_NONE && needed);
}

/* As far as can be known without asking the service: a code that it sends is always asked for. */
static bool needs_prompt(const struct sca_config_account *account)
{
    uint32_t caps = account->provider->caps;
    bool types_password = account->pin == SCA_PIN_PASSWORD || account->pin == SCA_PIN_PASSWORD_OTP;
    bool types_otp = account->pin == SCA_PIN_OTP || account->pin == SCA_PIN_PASSWORD_OTP;

    return is_asked_for(&account->password, (caps & SCA_CAP_PASSWORD) != 0 && !types_password) ||
           is_asked_for(&account->totp_secret, (caps & SCA_CAP_OTP) != 0 && !types_otp) ||
           is_asked_for(&account->credential_pin, false) ||
           is_asked_for(&account->sp_password, false) ||
           is_asked_for(&account->client_secret, false);
}

static const char *first_in_need(const struct sca_config *config)
{
    for (size_t i = 0; i < config->account_count; i++)
        if (needs_prompt(&config->accounts[i]))
            return config->accounts[i].name;
    return NULL;
}

/* Why there is nobody who asks, and what to do about it. */
static const char *why_not(const struct sca_config *config, const struct sca_screen *screen,
                           const char **ret_remedy)
{
    if (config->prompt != NULL && sca_streq(config->prompt, "none")) {
        *ret_remedy = _("Remove prompt = none, or set password and totp-secret, or pin.");
        return _("You are not asked for passwords and one-time codes: prompt = none.");
    }
    if (config->prompt == NULL && !sca_screen_has_windows(screen) && screen->tty == NULL) {
        *ret_remedy = _("Run it in the session in which you sign.");
        return _("You cannot be asked for passwords and one-time codes here: there is neither a "
                 "desktop nor a terminal.");
    }
    *ret_remedy = _("Install one: apt install pinentry-gnome3, or pinentry-curses for terminals.");
    return _("You cannot be asked for passwords and one-time codes: no pinentry is installed that "
             "works here.");
}

static void check_prompt(const struct sca_config *config, const struct sca_screen *screen,
                         struct sca_report *report)
{
    SCA_ARGV_AUTO programs = NULL;
    char sentence[SENTENCE_SIZE];
    const char *remedy = NULL;
    const char *account = first_in_need(config);

    if (sca_pinentry_find(config->prompt, screen, &programs) != 0)
        return;
    if (programs[0] != NULL && access(programs[0], X_OK) == 0) {
        snprintf(sentence, sizeof(sentence),
                 _("You are asked for passwords and one-time codes by %s."), programs[0]);
        add(report, SCA_VERDICT_GOOD, "prompt", sentence, NULL);
        return;
    }
    const char *why = why_not(config, screen, &remedy);
    if (account == NULL) {
        snprintf(sentence, sizeof(sentence), _("%s No account needs it."), why);
        add(report, SCA_VERDICT_GOOD, "prompt", sentence, NULL);
        return;
    }
    snprintf(sentence, sizeof(sentence), _("%s Account %s needs it."), why, account);
    add(report, SCA_VERDICT_BAD, "prompt", sentence, remedy);
}

/* ---- notices ------------------------------------------------------------------------------- */

static void check_desktop(struct sca_report *report, bool wanted)
{
    SCA_TEXT_AUTO program = sca_program_find("notify-send");
    char sentence[SENTENCE_SIZE];

    if (program != NULL) {
        snprintf(sentence, sizeof(sentence), _("Notices appear on the desktop, by %s."), program);
        add(report, SCA_VERDICT_GOOD, "notify", sentence, NULL);
    } else {
        add(report, wanted ? SCA_VERDICT_BAD : SCA_VERDICT_WARNING, "notify",
            _("Notices cannot appear on the desktop: notify-send is not installed."),
            _("Install it: apt install libnotify-bin"));
    }
}

static void check_command(const struct sca_config *config, struct sca_report *report)
{
    char sentence[SENTENCE_SIZE];

    if (config->notify_command != NULL && access(config->notify_command, X_OK) == 0) {
        snprintf(sentence, sizeof(sentence), _("Notices go to %s."), config->notify_command);
        add(report, SCA_VERDICT_GOOD, "notify", sentence, NULL);
        return;
    }
    snprintf(sentence, sizeof(sentence), _("Notices go nowhere: %s cannot be run."),
             config->notify_command != NULL ? config->notify_command : "?");
    add(report, SCA_VERDICT_BAD, "notify", sentence,
        _("Correct notify in the configuration file."));
}

static void check_notify(const struct sca_config *config, const struct sca_screen *screen,
                         struct sca_report *report)
{
    bool desktop = screen->dbus != NULL || sca_screen_has_windows(screen);

    switch (config->notify) {
    case SCA_NOTIFY_AUTO:
        if (desktop)
            check_desktop(report, false);
        else if (screen->tty != NULL)
            add(report, SCA_VERDICT_GOOD, "notify", _("The waiting line appears in the terminal."),
                NULL);
        else
            add(report, SCA_VERDICT_GOOD, "notify",
                _("No notices here: there is neither a desktop nor a terminal."), NULL);
        return;
    case SCA_NOTIFY_DESKTOP:
        check_desktop(report, true);
        return;
    case SCA_NOTIFY_TTY:
        add(report, SCA_VERDICT_GOOD, "notify", _("The waiting line appears in the terminal."),
            NULL);
        return;
    case SCA_NOTIFY_NONE:
        add(report, SCA_VERDICT_GOOD, "notify", _("No notices: notify = none."), NULL);
        return;
    case SCA_NOTIFY_COMMAND:
        check_command(config, report);
        return;
    }
}

void sca_doctor_person(const struct sca_cli *cli, struct sca_report *report)
{
    const struct sca_screen screen = sca_cli_screen(cli);

    check_prompt(cli->config, &screen, report);
    check_notify(cli->config, &screen, report);
}
