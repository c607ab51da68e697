/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca reconcile: has the agent ask the services about the transactions of the journal, and
 * prints where they say something else than we do.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/ledger.h"
#include "cli.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"

#define ASK_MS   (10 * 1000)
#define PAUSE_MS 200
#define LIMIT_MS (30 * 60 * 1000)

/* How many transactions came to what. */
struct tally {
    long long agree;
    long long settled;
    long long open;
    long long differ;
    long long unanswered;
    long long unasked;
    long long gone; /* signed by the ledger, and no longer in the journal */
};

static int ask(const struct sca_cli *cli, enum sca_msg_type type, const char *account,
               json_t **ret_answer, char **ret_sentence)
{
    SCA_BUF_AUTO frame;
    SCA_TEXT_AUTO text = NULL;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, type);
    sca_msg_add_text(&frame, SCA_F_ACCOUNT, account);
    int err = sca_msg_end(&frame);
    if (!err)
        err = sca_cli_ask(cli, &frame, true, ASK_MS, &text, ret_sentence);
    if (err)
        return err;
    *ret_answer = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    return *ret_answer ? 0 : SCA_E_FORMAT;
}

/* The lines of a comparison that is over. */
static int wait_for_lines(const struct sca_cli *cli, json_t **ret_lines, char **ret_sentence)
{
    int64_t deadline_ms = sca_now_ms() + LIMIT_MS;
    while (sca_now_ms() < deadline_ms) {
        json_t *status = NULL;
        int err = ask(cli, SCA_MSG_STATUS, NULL, &status, ret_sentence);
        if (err)
            return err;
        const json_t *compared = json_object_get(status, "reconcile");
        if (json_is_true(json_object_get(compared, "over"))) {
            *ret_lines = json_incref(json_object_get(compared, "lines"));
            json_decref(status);
            return *ret_lines ? 0 : SCA_E_FORMAT;
        }
        json_decref(status);
        (void)poll(NULL, 0, PAUSE_MS);
    }
    return SCA_E_TIMEOUT;
}

static int compare(const struct sca_cli *cli, const char *account, json_t **ret_lines,
                   char **ret_sentence)
{
    json_t *begun = NULL;
    int err = ask(cli, SCA_MSG_RECONCILE, account, &begun, ret_sentence);
    bool busy = json_is_true(json_object_get(begun, "busy"));
    json_decref(begun);
    if (!err && busy) { /* somebody else's: of other accounts, perhaps */
        json_t *other = NULL;
        err = wait_for_lines(cli, &other, ret_sentence);
        json_decref(other);
        begun = NULL;
        if (!err)
            err = ask(cli, SCA_MSG_RECONCILE, account, &begun, ret_sentence);
        json_decref(begun);
    }
    return err ? err : wait_for_lines(cli, ret_lines, ret_sentence);
}

static const char *text_of(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    return text ? text : "";
}

static void count(const json_t *lines, struct tally *tally)
{
    const struct {
        const char *verdict;
        long long *number;
    } rows[] = {{"agrees", &tally->agree},
                {"settled", &tally->settled},
                {"open", &tally->open},
                {"differs", &tally->differ},
                {"unanswered", &tally->unanswered},
                {"unasked", &tally->unasked}};
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
            *rows[k].number += sca_streq(text_of(line, "verdict"), rows[k].verdict) ? 1 : 0;
    }
}

/* ---- the ledger's part ----------------------------------------------------------------------- */

struct ledger_part {
    const char *account;
    json_t *kept; /* ids that the journal has */
    json_t *gone; /* ids that only the ledger has */
};

static bool look_at(void *arg, const struct sca_ledger_entry *entry)
{
    struct ledger_part *part = arg;
    if (sca_streq(entry->outcome, "signed") &&
        (!part->account || sca_streq(part->account, entry->account)) &&
        !json_object_get(part->kept, entry->txn_id))
        (void)json_object_set_new(part->gone, entry->txn_id, json_true());
    return true;
}

static int count_gone(const struct sca_cli *cli, const char *account, const json_t *lines,
                      struct tally *tally)
{
    struct ledger_part part = {account, json_object(), json_object()};
    size_t damaged = 0;
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)(void)
        json_object_set_new(part.kept, text_of(line, "txn"), json_true());
    int err = sca_ledger_read(cli->paths, look_at, &part, &damaged);
    tally->gone = (long long)json_object_size(part.gone);
    json_decref(part.kept);
    json_decref(part.gone);
    return err == SCA_E_NOENT ? 0 : err;
}

/* ---- what people see ------------------------------------------------------------------------- */

static const char *meaning(const json_t *line)
{
    const char *verdict = text_of(line, "verdict");
    const char *there = text_of(line, "there");
    if (sca_streq(verdict, "differs") && sca_streq(there, "signed"))
        return _("The service has signed and counted this; here it is not known as signed.");
    if (sca_streq(verdict, "differs"))
        return _("This was signed, and the service does not say so (any more).");
    if (sca_streq(verdict, "settled") && sca_streq(there, "signed"))
        return _("This was open, and was signed: signing the file again costs nothing more.");
    if (sca_streq(verdict, "settled"))
        return _("This was open, and no signature was used.");
    if (sca_streq(verdict, "open"))
        return _("This is still open.");
    return _("The service did not answer.");
}

static void print_line(const json_t *line)
{
    char when[SCA_TIME_SIZE];
    sca_time_text(json_integer_value(json_object_get(line, "time")), when);
    printf("%s  %s  %s  %s\n", when, text_of(line, "account"), text_of(line, "txn"),
           text_of(line, "program"));
    printf(_("    here: %s, service: %s\n"), text_of(line, "here"),
           *text_of(line, "there") ? text_of(line, "there") : "-");
    printf("    %s\n", meaning(line));
}

static void print_number(long long number, const char *text)
{
    if (number > 0)
        printf("%6lld  %s\n", number, text);
}

static void print(const json_t *lines, const struct tally *tally)
{
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        if (!sca_streq(text_of(line, "verdict"), "agrees") &&
            !sca_streq(text_of(line, "verdict"), "unasked"))
            print_line(line);
    }
    if (json_array_size(lines) == 0 && tally->gone == 0)
        printf("%s\n", _("There is nothing to compare."));
    print_number(tally->agree, _("transactions agree with the service"));
    print_number(tally->settled, _("were open and are settled now"));
    print_number(tally->open, _("are still open"));
    print_number(tally->differ, _("differ"));
    print_number(tally->unanswered, _("could not be compared: the service did not answer"));
    print_number(tally->unasked, _("cannot be asked about: the service has no way for it"));
    print_number(tally->gone, _("are too old: only the log still has them"));
}

static int show(const struct sca_cli *cli, const char *account, bool as_json, json_t *lines)
{
    struct tally tally = {0};
    count(lines, &tally);
    int err = count_gone(cli, account, lines, &tally);
    if (err)
        return sca_cli_fail(_("The log in %s cannot be read (%s). \"smartca doctor\" says why."),
                            cli->paths->state_dir, sca_err_name(err));
    bool good = tally.differ == 0 && tally.unanswered == 0 && tally.open == 0;
    if (!as_json)
        print(lines, &tally);
    else if (sca_cli_print_json(json_pack("{s:O, s:I}", "transactions", lines, "too_old",
                                          (json_int_t)tally.gone)) != SCA_EXIT_OK)
        return SCA_EXIT_FAILED;
    return good ? SCA_EXIT_OK : SCA_EXIT_FAILED;
}

static int reconcile(const struct sca_cli *cli, const char *account, bool as_json)
{
    SCA_TEXT_AUTO sentence = NULL;
    json_t *lines = NULL;
    int err = compare(cli, account, &lines, &sentence);
    if (err && sentence)
        return sca_cli_fail("%s", sentence);
    if (err)
        return sca_cli_fail(_("The agent did not answer (%s). \"smartca doctor\" says why."),
                            sca_err_name(err));
    int status = show(cli, account, as_json, lines);
    json_decref(lines);
    return status;
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'}, {0}};
    bool as_json = false;
    for (int option;
         (option = sca_cli_option(&sca_command_reconcile, argc, argv, options)) != -1;) {
        if (option != 'j')
            return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
        as_json = true;
    }
    if (argc - optind > 1)
        return sca_cli_usage(&sca_command_reconcile, _("\"%s\" is too much."), argv[optind + 1]);
    const char *account = optind < argc ? argv[optind] : NULL;
    if (account && !sca_config_account(cli->config, account))
        return sca_cli_fail(_("There is no account \"%s\" in the configuration."), account);
    return reconcile(cli, account, as_json);
}

const struct sca_command sca_command_reconcile = {
    .name = "reconcile",
    .summary = N_("compare the log with what the services say"),
    .help = N_("Usage: smartca reconcile [--json] [ACCOUNT]\n"
               "\n"
               "Asks the service of the account, or of all accounts, about each transaction that "
               "is still\n"
               "known in full, and prints those of which it says something else. What was open is "
               "settled\n"
               "by the answer. Nothing is signed and nothing is paid. Exit status 0: everything "
               "agrees.\n"
               "\n"
               "  --json       as JSON, with those that agree\n"
               "  -h, --help   this text"),
    .run = run,
};
