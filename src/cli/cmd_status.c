/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca status: what the agent knows and what waits on the phone. Starts no agent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "cli.h"
#include "common/err.h"
#include "common/text.h"
#include "session_line.h"
#include "table.h"

#define LIMIT_MS (5 * 1000)

static int ask_status(const struct sca_cli *cli, char **ret_text)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, SCA_MSG_STATUS);
    int err = sca_msg_end(&frame);
    if (err)
        return err;
    return sca_cli_ask(cli, &frame, false, LIMIT_MS, ret_text, NULL);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void format_time(long long utc, char *ret_text, size_t size)
{
    time_t seconds = (time_t)utc;
    struct tm local;
    if (utc <= 0 || !localtime_r(&seconds, &local) ||
        strftime(ret_text, size, "%Y-%m-%d %H:%M", &local) == 0)
        snprintf(ret_text, size, "%s", _("never"));
}

static void print_accounts(const json_t *status)
{
    struct sca_table table;
    sca_table_init(&table, 5);
    sca_table_add(&table, _("ACCOUNT"));
    sca_table_add(&table, _("SERVICE"));
    sca_table_add(&table, _("CERTIFICATES"));
    sca_table_add(&table, _("FETCHED"));
    sca_table_add(&table, _("LAST ERROR"));
    size_t i;
    json_t *account;
    json_array_foreach(json_object_get(status, "accounts"), i, account)
    {
        char fetched[32];
        format_time(number_of(account, "fetched"), fetched, sizeof(fetched));
        sca_table_add(&table, text_of(account, "name"));
        sca_table_add(&table, text_of(account, "provider"));
        sca_table_addf(&table, "%lld", number_of(account, "credentials"));
        sca_table_add(&table, fetched);
        sca_table_add(&table, text_of(account, "error"));
    }
    (void)sca_table_print(&table);
}

static void print_waiting(const json_t *status)
{
    const json_t *waiting = json_object_get(status, "waiting");
    if (json_array_size(waiting) == 0) {
        printf("\n%s\n", _("Nothing is waiting for confirmation."));
        return;
    }
    printf("\n");
    size_t i;
    json_t *item;
    json_array_foreach(waiting, i, item)
    {
        long long seconds = number_of(item, "seconds_left");
        printf(
            ngettext("%s: %lld document from %s is waiting for confirmation, %lld:%02lld left\n",
                     "%s: %lld documents from %s are waiting for confirmation, %lld:%02lld left\n",
                     (unsigned long)number_of(item, "documents")),
            text_of(item, "code"), number_of(item, "documents"), text_of(item, "program"),
            seconds / 60, seconds % 60);
    }
}

/* A paragraph begins before the first line of it. */
static void begin_line(bool *begun)
{
    if (!*begun)
        printf("\n");
    *begun = true;
}

static void print_sessions(const json_t *status)
{
    bool begun = false;
    size_t i;
    json_t *session;
    json_array_foreach(json_object_get(status, "sessions"), i, session)
    {
        char line[SCA_SESSION_LINE_SIZE];
        begin_line(&begun);
        sca_session_line(session, line);
        printf("%s\n", line);
    }
    if (begun)
        printf("%s\n", _("smartca lock ends sessions."));
    json_t *account;
    json_array_foreach(json_object_get(status, "accounts"), i, account)
    {
        if (sca_streq(text_of(account, "session"), "secrets")) {
            begin_line(&begun);
            printf(_("%s: \"session\" does nothing, because you type a password or code for each "
                     "signature. Set password and totp-secret, or remove the line.\n"),
                   text_of(account, "name"));
        }
        if (!sca_streq(text_of(account, "session"), "impossible"))
            continue;
        begin_line(&begun);
        printf(_("%s: \"session\" does nothing, because the service binds every confirmation to "
                 "its documents. Remove the line.\n"),
               text_of(account, "name"));
    }
}

/* Where the person is asked here, because the service was told not to. */
static void print_unasked(const json_t *status, bool *begun)
{
    size_t i;
    json_t *account;
    json_array_foreach(json_object_get(status, "accounts"), i, account)
    {
        const long long until = number_of(account, "unasked");
        char time[32];
        format_time(until, time, sizeof(time));
        if (until == 0)
            continue;
        begin_line(begun);
        if (until < 0)
            printf(_("%s: the service may not ask you; outside a session you are asked on this "
                     "screen.\n"),
                   text_of(account, "name"));
        else
            printf(_("%s: the service may not ask you until %s; outside a session you are asked "
                     "on this screen.\n"),
                   text_of(account, "name"), time);
    }
}

static void print_budgets(const json_t *status, bool *begun)
{
    size_t i;
    json_t *budget;
    json_array_foreach(json_object_get(status, "budgets"), i, budget)
    {
        const char *program = text_of(budget, "program");
        long long used = number_of(budget, "used");
        long long limit = number_of(budget, "limit");
        begin_line(begun);
        printf(_("%s%s%s: %lld of your own limit of %lld a day spent, %lld left\n"),
               text_of(budget, "account"), *program ? ", " : "", program, used, limit,
               used < limit ? limit - used : 0);
    }
}

/* What the services count themselves, as of the last listing. */
static void print_counts(const json_t *status, bool *begun)
{
    size_t i, k;
    json_t *account, *count;
    json_array_foreach(json_object_get(status, "accounts"), i, account)
    {
        json_array_foreach(json_object_get(account, "counts"), k, count)
        {
            char fetched[32];
            format_time(number_of(account, "fetched"), fetched, sizeof(fetched));
            begin_line(begun);
            printf(_("%s: %lld left in the pack of %s (%s), as the service said at %s\n"),
                   text_of(account, "name"), number_of(count, "signatures_left"),
                   text_of(count, "holder"), text_of(count, "serial"), fetched);
        }
    }
}

static int print_not_running(bool as_json)
{
    if (as_json)
        return sca_cli_print_json(json_pack("{s:b}", "running", 0));
    printf("%s\n", _("The agent is not running. It starts by itself when a program signs."));
    return SCA_EXIT_OK;
}

static int print_status(const char *text, bool as_json)
{
    json_t *status = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(status)) {
        json_decref(status);
        return sca_cli_fail(_("The agent's answer makes no sense. Is it of another version?"));
    }
    if (as_json) {
        json_object_set_new(status, "running", json_true());
        return sca_cli_print_json(status);
    }
    printf(_("Agent %s, process %lld, running for %lld s.\n\n"), text_of(status, "version"),
           number_of(status, "pid"), number_of(status, "uptime"));
    print_accounts(status);
    print_waiting(status);
    print_sessions(status);
    bool begun = false;
    print_unasked(status, &begun);
    print_budgets(status, &begun);
    print_counts(status, &begun);
    json_decref(status);
    return SCA_EXIT_OK;
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'}, {0}};
    bool as_json = false;
    for (int option; (option = sca_cli_option(&sca_command_status, argc, argv, options)) != -1;) {
        if (option != 'j')
            return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
        as_json = true;
    }
    if (optind != argc)
        return sca_cli_usage(&sca_command_status, _("\"%s\" is too much."), argv[optind]);

    SCA_TEXT_AUTO text = NULL;
    int err = ask_status(cli, &text);
    if (err == SCA_E_AGENT)
        return print_not_running(as_json);
    if (err || !text)
        return sca_cli_fail(_("The agent did not answer (%s). \"smartca doctor\" says why."),
                            sca_err_name(err));
    return print_status(text, as_json);
}

const struct sca_command sca_command_status = {
    .name = "status",
    .summary = N_("what the agent knows and what waits for confirmation"),
    .help =
        N_("Usage: smartca status [--json]\n"
           "\n"
           "Shows the agent, the accounts with their last listing, the signatures that wait for\n"
           "confirmation, open sessions, your own limits with what is spent and left, and what "
           "services\n"
           "say is left in a pack. Starts nothing and asks no service.\n"
           "\n"
           "      --json   the same as JSON\n"
           "  -h, --help   this text"),
    .run = run,
};
