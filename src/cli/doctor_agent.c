/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent as the tool finds it, the limits it counts, and how each account's last signing ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent/ledger.h"
#include "agent/sentence.h"
#include "build_config.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "doctor.h"

#define SENTENCE_SIZE 1024
#define LIMIT_MS      5000
#define RECENT_S      (24 * 3600) /* an older mistake may be mended long since */

static json_t *ask_status(const struct sca_cli *cli, int *ret_err)
{
    SCA_BUF_AUTO frame;
    SCA_TEXT_AUTO text = NULL;

    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, SCA_MSG_STATUS);
    *ret_err = sca_msg_end(&frame);
    if (*ret_err == 0)
        *ret_err = sca_cli_ask(cli, &frame, true, LIMIT_MS, &text, NULL);
    return text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* ---- the agent ----------------------------------------------------------------------------- */

static void report_absent(const struct sca_cli *cli, int err, struct sca_report *report)
{
    const bool program = access(cli->paths->agent, X_OK) == 0;
    const bool chosen = secure_getenv("SMARTCA_AGENT") != NULL;
    char sentence[SENTENCE_SIZE];

    snprintf(sentence, sizeof(sentence),
             _("The agent %s cannot be started or does not answer (%s)."), cli->paths->agent,
             sca_err_name(err));
    struct sca_finding finding = {
        .verdict = SCA_VERDICT_BAD, .check = "agent", .sentence = sentence};
    if (program) {
        finding.remedy = _("Start it by hand to see why:");
        finding.command = "smartca agent --foreground";
    } else if (chosen) {
        finding.remedy = _("SMARTCA_AGENT names a program that is not there. Take it back:");
        finding.command = "unset SMARTCA_AGENT";
    } else {
        finding.remedy = _("The program is not there. Install it again:");
        finding.command = "apt install --reinstall smartca";
    }
    sca_report_add(report, &finding);
}

static void report_version(const json_t *status, struct sca_report *report)
{
    const char *version = text_of(status, "version");
    char sentence[SENTENCE_SIZE];

    if (sca_streq(version, SCA_PRODUCT_VERSION)) {
        snprintf(sentence, sizeof(sentence), _("The agent runs, version %s."), version);
        sca_report_add(report, &(struct sca_finding){.verdict = SCA_VERDICT_GOOD,
                                                     .check = "agent",
                                                     .sentence = sentence});
        return;
    }
    snprintf(sentence, sizeof sentence, _("The agent that runs is version %s, this tool is %s."),
             version, SCA_PRODUCT_VERSION);
    sca_report_add(report,
                   &(struct sca_finding){
                       .verdict = SCA_VERDICT_WARNING,
                       .check = "agent",
                       .sentence = sentence,
                       .remedy = _("Let it finish and leave; the next one starts by itself:"),
                       .command = "smartca agent --quit"});
}

/* ---- limits -------------------------------------------------------------------------------- */

/* The daily limit can be told to the tool; those of programs stand in one line of the file. */
static void find_way_out(const struct sca_cli *cli, const struct sca_config_account *account,
                         const char *program, long long most, struct sca_way_out *ret_out)
{
    if (*program) {
        sca_doctor_way_out(cli, account, SCA_E_BUDGET, ret_out);
        return;
    }
    snprintf(ret_out->remedy, sizeof ret_out->remedy, "%s",
             _("Wait until tomorrow, or raise the limit, for example to twice as much:"));
    snprintf(ret_out->command, sizeof ret_out->command,
             "smartca account edit %s --set max-per-day=%lld", account->name,
             most > 0 ? 2 * most : 1);
}

static void report_limit(const struct sca_cli *cli, const json_t *limit, struct sca_report *report)
{
    const long long used = (long long)json_integer_value(json_object_get(limit, "used"));
    const long long most = (long long)json_integer_value(json_object_get(limit, "limit"));
    const char *program = text_of(limit, "program");
    const struct sca_config_account *account =
        sca_config_account(cli->config, text_of(limit, "account"));
    struct sca_way_out out = {"", ""};
    char sentence[SENTENCE_SIZE];

    if (account && used >= most)
        find_way_out(cli, account, program, most, &out);
    if (*program)
        snprintf(sentence, sizeof sentence,
                 _("Your limit for %s: %lld of %lld signatures used today."), program, used, most);
    else
        snprintf(sentence, sizeof sentence,
                 _("Your daily limit: %lld of %lld signatures used today."), used, most);
    /* One that is 0 is meant so. */
    sca_report_add(report, &(struct sca_finding){.verdict = used < most ? SCA_VERDICT_GOOD
                                                            : most == 0 ? SCA_VERDICT_WARNING
                                                                        : SCA_VERDICT_BAD,
                                                 .check = "budget",
                                                 .account = text_of(limit, "account"),
                                                 .sentence = sentence,
                                                 .remedy = out.remedy,
                                                 .command = out.command});
}

void sca_doctor_agent(const struct sca_cli *cli, struct sca_report *report)
{
    int err = 0;
    json_t *status = ask_status(cli, &err);
    size_t i;
    json_t *limit;

    if (!json_is_object(status)) {
        report_absent(cli, err ? err : SCA_E_FORMAT, report);
    } else {
        report_version(status, report);
        json_array_foreach(json_object_get(status, "budgets"), i, limit)
            report_limit(cli, limit, report);
    }
    json_decref(status);
}

/* ---- the last signing ---------------------------------------------------------------------- */

struct last {
    const char *account;
    int64_t time_utc;
    int err; /* 0 where it was signed */
};

static bool look(void *arg, const struct sca_ledger_entry *entry)
{
    struct last *last = arg;

    if (sca_streq(entry->account, last->account)) {
        const bool fine =
            sca_streq(entry->outcome, "signed") || sca_streq(entry->outcome, "replayed");
        last->time_utc = entry->time_utc;
        last->err = fine ? 0 : sca_err_from_name(entry->outcome);
    }
    return true;
}

/* What a person or the network did once says nothing of the next time; limits have a line. */
static bool comes_again(int err)
{
    static const int these[] = {SCA_E_USER_AUTH, SCA_E_USER_LOCKED,  SCA_E_NEED_AUTH,
                                SCA_E_SP_AUTH,   SCA_E_QUOTA,        SCA_E_NO_SCREEN,
                                SCA_E_CONFIG,    SCA_E_BAD_SIGNATURE};

    for (size_t i = 0; i < sizeof these / sizeof these[0]; i++) {
        if (these[i] == err)
            return true;
    }
    return false;
}

void sca_doctor_last(const struct sca_cli *cli, const struct sca_config_account *account,
                     struct sca_report *report)
{
    struct last last = {.account = account->name};
    size_t damaged = 0;
    struct sca_way_out out;
    char why[SCA_SENTENCE_SIZE];
    char sentence[SCA_SENTENCE_SIZE + 128];

    if (sca_ledger_read(cli->paths, look, &last, &damaged) != 0 || !comes_again(last.err) ||
        last.time_utc < sca_now_utc() - RECENT_S)
        return;
    const struct sca_sentence_facts facts = {.account = account->name,
                                             .service = account->provider->title,
                                             .host = account->url,
                                             .settings = account->provider->needs |
                                                         account->provider->uses};
    sca_sentence(last.err, &facts, why);
    snprintf(sentence, sizeof sentence, _("The last signing failed: %s"), why);
    sca_doctor_way_out(cli, account, last.err, &out);
    sca_report_add(report, &(struct sca_finding){.verdict = SCA_VERDICT_WARNING,
                                                 .check = "last",
                                                 .account = account->name,
                                                 .sentence = sentence,
                                                 .remedy = out.remedy,
                                                 .command = out.command});
}
