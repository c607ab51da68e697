/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The course of the wizard: service, answers, check, where secrets go, save; then programs and the
 * proof. Up to saving everything is in memory only.
 */
#include "wizard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent/token_store.h"
#include "ask.h"
#include "common/err.h"
#include "common/text.h"
#include "visit.h"

/* ---- an account ------------------------------------------------------------------------------ */

/* One account between the first question and the file. */
struct course {
    const struct sca_cli *cli;
    struct sca_draft draft;
    const struct sca_wizard_way *way;
    bool logged_in; /* by browser, in this course */
    bool unchecked; /* the person wants it saved all the same */
    unsigned failures;
};

static int fill_name(const struct sca_cli *cli, const char *name, bool *ret_free)
{
    SCA_DRAFT_AUTO draft = {0};
    int err = sca_draft_load(cli->paths, name, &draft);
    *ret_free = err == SCA_E_NOENT;
    return err == SCA_E_NOENT ? 0 : err;
}

/* "vnpt-smartca", or with the first number that is free. */
static int propose_name(const struct sca_cli *cli, const char *base, char *ret_name, size_t size)
{
    bool is_free = false;
    int err = 0;
    for (unsigned number = 1; !err && !is_free && number < 1000; number++) {
        if (number == 1)
            snprintf(ret_name, size, "%s", base);
        else
            snprintf(ret_name, size, "%s-%u", base, number);
        err = fill_name(cli, ret_name, &is_free);
    }
    return err;
}

static int ask_name(const struct sca_cli *cli, const char *provider, char **ret_name)
{
    char preset[64];
    int err = propose_name(cli, provider, preset, sizeof preset);
    while (!err) {
        SCA_TEXT_AUTO name = NULL;
        bool is_free = false;
        putchar('\n');
        err = sca_ask_line(_("A short name for this account, of your choice"), preset, &name);
        if (!err && !sca_draft_is_name(name)) {
            sca_say("%s", _("Names of accounts consist of letters A to Z, digits, \".\", \"_\" "
                            "and \"-\", 40 at most."));
            continue;
        }
        if (!err)
            err = fill_name(cli, name, &is_free);
        if (!err && !is_free) {
            sca_say(_("There is an account \"%s\" already. Please choose another name."), name);
            continue;
        }
        if (!err) {
            *ret_name = name;
            name = NULL;
            return 0;
        }
    }
    return err;
}

/* What is wrong beyond single answers. @ret_account: NULL when it cannot be used. */
static int make_account(struct course *course, struct sca_config_account **ret_account)
{
    struct sca_config_faults faults = {0};
    int err = sca_draft_account(&course->draft, &faults, ret_account);
    for (size_t i = 0; !err && i < faults.count; i++)
        sca_say("%s: %s", faults.items[i].key ? faults.items[i].key : "", faults.items[i].sentence);
    sca_config_faults_free(faults.items, faults.count);
    return err;
}

/* After a second failure the person may want something else than to try again. */
static int choose_after_failure(struct course *course, bool *ret_again)
{
    const char *const texts[] = {_("change the answers and try again"),
                                 _("save it as it is, unchecked"), _("leave without saving")};
    size_t choice = 0;
    *ret_again = true;
    if (course->failures < 2)
        return 0;
    int err = sca_ask_choice(_("What shall be done? Type its number"), NULL, texts, 3, 0, &choice);
    course->unchecked = !err && choice == 1;
    *ret_again = choice == 0;
    return !err && choice == 2 ? SCA_E_CANCELLED : err;
}

static int after_failure(struct course *course, int failure)
{
    bool again = false;
    bool some = false;
    course->failures++;
    int err = choose_after_failure(course, &again);
    if (err || !again)
        return err;
    err = sca_wizard_again(&course->draft, course->way, failure, &some);
    return err || some ? err : sca_wizard_fields(&course->draft, course->way);
}

static bool by_browser(const struct course *course, const struct sca_config_account *account)
{
    return course->way->browser && account->password.kind == SCA_SOURCE_NONE;
}

/* 0: accepted; positive: the service's error, which was said. */
static int try_account(struct course *course, const struct sca_config_account *account)
{
    struct sca_visit visit = {0};
    putchar('\n');
    if (by_browser(course, account) && !course->logged_in) {
        int failed = sca_cli_log_in(course->cli, account, false, sca_ask_stopped);
        if (failed)
            return failed == SCA_E_CANCELLED ? failed : -failed;
        course->logged_in = true;
    }
    sca_say(_("Asking %s ..."), account->provider->title);
    sca_account_visit(course->cli, account, &visit);
    int err = visit.err;
    putchar('\n');
    if (!err)
        sca_account_show(visit.credentials);
    else if (err != SCA_E_CANCELLED)
        sca_say("%s", visit.sentence);
    sca_visit_clear(&visit);
    return err == SCA_E_CANCELLED || !err ? err : -err;
}

/* Until the service accepts the account, or the person wants it so. */
static int check(struct course *course)
{
    for (;;) {
        struct sca_config_account *account = NULL;
        int err = make_account(course, &account);
        int failure = SCA_E_CONFIG;
        if (!err && account) {
            err = try_account(course, account);
            failure = err > 0 ? -err : 0;
        }
        bool good = !err && account;
        sca_config_account_free(account);
        if (good || err < 0)
            return err;
        course->logged_in = false;
        err = after_failure(course, failure);
        if (err || course->unchecked)
            return err;
    }
}

static bool has_secret(const struct sca_draft *draft)
{
    for (size_t i = 0; i < draft->count; i++) {
        if (draft->settings[i].secret)
            return true;
    }
    return false;
}

/* Where secrets go: by choice where there is one, and said where there is none. */
static int choose_keep(const struct course *course, enum sca_keep *ret_keep)
{
    enum sca_keep here[SCA_KEEP__COUNT];
    char *texts[SCA_KEEP__COUNT] = {NULL};
    const char *words[SCA_KEEP__COUNT];
    size_t count = 0;
    size_t choice = 0;
    for (int keep = 0; keep <= SCA_KEEP_FILE; keep++) {
        if (!sca_keep_works(course->cli->paths, (enum sca_keep)keep))
            continue;
        here[count] = (enum sca_keep)keep;
        words[count] = sca_keep_name((enum sca_keep)keep);
        texts[count++] = sca_keep_words(course->cli->paths, (enum sca_keep)keep);
    }
    int err = 0;
    putchar('\n');
    if (count == 1)
        sca_say(_("The secrets of this account will be kept %s."), texts[0] ? texts[0] : "");
    else
        err = sca_ask_choice(_("Where shall the secrets of this account be kept? Type its number"),
                             words, (const char *const *)texts, count, 0, &choice);
    *ret_keep = here[choice];
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    return err;
}

static int save(struct course *course)
{
    enum sca_keep keep = SCA_KEEP_FILE;
    int err = has_secret(&course->draft) ? choose_keep(course, &keep) : 0;
    if (err)
        return err;
    if (sca_ask_stopped())
        return SCA_E_CANCELLED;
    if (sca_account_save(course->cli, &course->draft, keep) != SCA_EXIT_OK)
        return SCA_E_IO;
    putchar('\n');
    sca_say(_("Account \"%s\" is saved in %s."), course->draft.name, sca_account_conf(course->cli));
    return 0;
}

/* @err of a course as an exit status, with a last word. */
static int finish(struct course *course, int err)
{
    bool had_token = course->draft.own || course->draft.shared;
    if (err && course->draft.name && !had_token)
        (void)sca_token_store_forget(course->cli->paths, course->draft.name);
    if (err == SCA_E_CANCELLED)
        (void)sca_cli_fail(_("Stopped. Nothing was changed."));
    else if (err && err != SCA_E_IO) /* what could not be written was said */
        (void)sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
    return err ? SCA_EXIT_FAILED : SCA_EXIT_OK;
}

static int add(struct course *course, const char *name)
{
    SCA_TEXT_AUTO own = NULL;
    SCA_DRAFT_AUTO service = {0};
    int err = sca_wizard_way(&service, &course->way);
    if (!err && !name)
        err = ask_name(course->cli, course->way->provider, &own);
    if (!err)
        err = sca_draft_new(own ? own : name, &course->draft);
    if (!err)
        err = sca_draft_set(&course->draft, "provider", course->way->provider);
    if (!err)
        err = sca_wizard_fields(&course->draft, course->way);
    if (!err)
        err = check(course);
    return err ? err : save(course);
}

static int edit(struct course *course, const char *name)
{
    int err = sca_draft_load(course->cli->paths, name, &course->draft);
    course->way = err ? NULL : sca_wizard_way_of(&course->draft);
    if (!err && !course->way)
        err = sca_wizard_way(&course->draft, &course->way);
    if (!err)
        sca_say(_("Account \"%s\" (%s). Press Enter where nothing changes."), course->draft.name,
                course->way->provider);
    if (!err)
        err = sca_wizard_fields(&course->draft, course->way);
    if (!err)
        err = check(course);
    return err ? err : save(course);
}

/* @ret_draft takes the name of what was saved. */
static int run_course(const struct sca_cli *cli, const char *name, bool change, char **ret_name,
                      bool *ret_unchecked)
{
    struct course course = {.cli = cli};
    int status = finish(&course, change ? edit(&course, name) : add(&course, name));
    *ret_unchecked = course.unchecked;
    *ret_name = status == SCA_EXIT_OK ? strdup(course.draft.name) : NULL;
    sca_draft_clear(&course.draft);
    return status;
}

/* ---- programs, and the proof ----------------------------------------------------------------- */

static int show_end(const struct sca_cli *cli, const char *module, bool programs)
{
    struct sca_setup setup = {0};
    int status = SCA_EXIT_FAILED;
    if (sca_setup_init(&setup, cli, module) != 0) {
        (void)sca_cli_fail(_("Your home folder cannot be found. Set HOME and try again."));
    } else if (access(setup.module, R_OK) != 0) {
        (void)sca_cli_fail(_("There is no module %s. Install the package smartca-pkcs11, or name "
                             "it: --module PATH"),
                           setup.module);
    } else if (programs && sca_wizard_hosts(&setup) != 0) {
        (void)sca_cli_fail(_("Stopped. The account is saved; \"smartca setup --all\" does the "
                             "rest."));
    } else {
        putchar('\n');
        status = sca_wizard_proof(setup.module);
    }
    sca_setup_clear(&setup);
    return status;
}

static int finish_account(const struct sca_cli *cli, const char *module, const char *name,
                          bool unchecked)
{
    if (!unchecked) {
        int status = sca_cli_refresh(cli, name);
        if (status)
            return status;
    }
    int status = show_end(cli, module, true);
    if (status)
        return status;
    putchar('\n');
    sca_say("%s", _("Done. Programs can sign now; each signature is confirmed as your service "
                    "wants it. \"smartca doctor\" looks after everything, \"smartca log\" shows "
                    "what was signed."));
    return SCA_EXIT_OK;
}

static int course_to_end(const struct sca_cli *cli, const char *module, const char *name,
                         bool change)
{
    SCA_TEXT_AUTO saved = NULL;
    bool unchecked = false;
    int status = run_course(cli, name, change, &saved, &unchecked);
    return status || !saved ? status : finish_account(cli, module, saved, unchecked);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static size_t count_names(char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    return count;
}

static int choose_account(char *const *names, size_t *ret_choice)
{
    *ret_choice = 0;
    if (!names[1])
        return 0;
    return sca_ask_choice(_("Which account? Type its number"), (const char *const *)names,
                          (const char *const *)names, count_names(names), 0, ret_choice);
}

static int stopped(void)
{
    return sca_cli_fail(_("Stopped. Nothing was changed."));
}

static int begin_with(const struct sca_cli *cli, const char *module, char *const *names)
{
    const char *const texts[] = {_("add another account"), _("change an account"),
                                 _("tell programs of your certificates, and see whether it works"),
                                 _("leave")};
    size_t choice = 0;
    size_t which = 0;
    if (sca_account_list(cli, false) != SCA_EXIT_OK)
        return SCA_EXIT_FAILED;
    if (sca_ask_choice(_("What would you like to do? Type its number"), NULL, texts, 4, 0,
                       &choice) != 0)
        return stopped();
    if (choice == 0)
        return course_to_end(cli, module, NULL, false);
    if (choice == 1)
        return choose_account(names, &which) ? stopped()
                                             : course_to_end(cli, module, names[which], true);
    return choice == 2 ? show_end(cli, module, true) : SCA_EXIT_OK;
}

static int tell_options(void)
{
    return sca_cli_usage(&sca_command_setup,
                         _("Nobody can be asked without a terminal. Add an account with: smartca "
                           "account add NAME --service SERVICE --user USER --set sp-id=... "
                           "--secret-file FILE; tell programs with: smartca setup --all"));
}

int sca_wizard(const struct sca_cli *cli, const char *module)
{
    char **names = NULL;
    if (!sca_ask_can())
        return tell_options();
    sca_ask_begin();
    if (sca_account_ready(cli) != SCA_EXIT_OK)
        return SCA_EXIT_FAILED;
    if (sca_draft_names(cli->paths, &names) != 0)
        return sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
    sca_say("%s", _("This sets up your remote signing key, so that programs see it as a USB "
                    "token. Nothing is signed and nothing is paid. Ctrl-C leaves; nothing is "
                    "saved before your service has accepted the account."));
    if (names[0])
        putchar('\n');
    int status =
        names[0] ? begin_with(cli, module, names) : course_to_end(cli, module, NULL, false);
    sca_draft_names_free(names);
    return status;
}

static int account_only(const struct sca_cli *cli, const char *name, bool change)
{
    SCA_TEXT_AUTO saved = NULL;
    bool unchecked = false;
    sca_ask_begin();
    int status = run_course(cli, name, change, &saved, &unchecked);
    return status || !saved || unchecked ? status : sca_cli_refresh(cli, saved);
}

int sca_wizard_add(const struct sca_cli *cli, const char *name)
{
    return account_only(cli, name, false);
}

int sca_wizard_edit(const struct sca_cli *cli, const char *name)
{
    return account_only(cli, name, true);
}
