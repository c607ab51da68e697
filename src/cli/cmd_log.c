/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca log: every signing and every refusal, from the ledger.
 */
#include <stdio.h>
#include <stdlib.h>
#include "agent/ledger.h"
#include "cli.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "log_forms.h"
#include "outcome.h"
#include "wrap.h"

struct log_options {
    bool as_json;
    bool as_csv;
    bool verify;
    const char *account;
    size_t last; /* 0: all */
};

/* The last @last entries as JSON objects, oldest first. */
struct log_collect {
    const struct log_options *options;
    json_t *entries;
    bool failed;
};

json_t *sca_log_entry_to_json(const struct sca_ledger_entry *entry)
{
    char time_text[SCA_TIME_SIZE];
    sca_time_text(entry->time_utc, time_text);
    return json_pack(
        "{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "time",
        time_text, "program", entry->program, "pid", (json_int_t)entry->pid, "account",
        entry->account, "credential", entry->credential, "holder", entry->holder, "serial",
        entry->serial, "scheme", entry->scheme, "hash", entry->hash, "mechanism", entry->mechanism,
        "digest", entry->digest, "code", entry->code, "transaction", entry->txn_id, "session",
        entry->session, "outcome", entry->outcome, "sentence", entry->sentence);
}

static bool collect(void *arg, const struct sca_ledger_entry *entry)
{
    struct log_collect *into = arg;
    if (into->options->account && !sca_streq(into->options->account, entry->account))
        return true;
    if (json_array_append_new(into->entries, sca_log_entry_to_json(entry))) {
        into->failed = true;
        return false;
    }
    if (into->options->last && json_array_size(into->entries) > into->options->last)
        json_array_remove(into->entries, 0);
    return true;
}

static const char *text_of(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text ? text : "";
}

/* Below the entry's first line; broken where it would not fit the terminal. */
static void print_below(size_t columns, const char *text)
{
    if (columns)
        sca_wrap_print(stdout, "    ", text, columns);
    else
        printf("    %s\n", text);
}

static void print_entry(const json_t *entry, size_t columns)
{
    const char *parts[] = {text_of(entry, "hash"), text_of(entry, "digest"), text_of(entry, "code"),
                           text_of(entry, "transaction")};
    SCA_BUF_AUTO line;

    sca_buf_init(&line, 4096);
    printf("%s  %s  %s (%lld)  %s\n", text_of(entry, "time"),
           sca_outcome_words(text_of(entry, "outcome")), text_of(entry, "program"),
           (long long)json_integer_value(json_object_get(entry, "pid")), text_of(entry, "holder"));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (*parts[i])
            (void)sca_buf_addf(&line, "%s%s", i == 0 ? "" : i == 1 ? " " : "  ", parts[i]);
    }
    if (sca_buf_add_u8(&line, '\0') == 0)
        print_below(columns, (const char *)line.data);
    if (*text_of(entry, "session"))
        printf(_("    within the session that %s began\n"), text_of(entry, "session"));
    if (*text_of(entry, "sentence"))
        print_below(columns, text_of(entry, "sentence"));
}

static int print_entries(const struct log_collect *collected, size_t damaged)
{
    if (collected->options->as_json)
        return sca_cli_print_json(json_incref(collected->entries));
    if (collected->options->as_csv)
        return sca_log_print_csv(collected->entries);
    size_t i;
    json_t *entry;
    const size_t columns = sca_wrap_columns();
    json_array_foreach(collected->entries, i, entry) print_entry(entry, columns);
    if (json_array_size(collected->entries) == 0)
        printf("%s\n", _("Nothing has been signed yet."));
    if (damaged > 0)
        fprintf(stderr,
                ngettext("smartca: %zu line of the log is damaged and was left out.\n",
                         "smartca: %zu lines of the log are damaged and were left out.\n", damaged),
                damaged);
    return SCA_EXIT_OK;
}

int sca_log_unreadable(const struct sca_cli *cli, int err)
{
    return sca_cli_fail(_("The log in %s cannot be read (%s). \"smartca doctor\" says why."),
                        cli->paths->state_dir, sca_err_name(err));
}

static int show(const struct sca_cli *cli, const struct log_options *options)
{
    struct log_collect collected = {.options = options, .entries = json_array()};
    size_t damaged = 0;
    int err = sca_ledger_read(cli->paths, collect, &collected, &damaged);
    if (err == SCA_E_NOENT)
        err = 0;
    int status;
    if (err || collected.failed)
        status = sca_log_unreadable(cli, err ? err : SCA_E_NOMEM);
    else
        status = print_entries(&collected, damaged);
    json_decref(collected.entries);
    return status;
}

static bool parse_count(const char *text, size_t *ret_count)
{
    char *end = NULL;
    unsigned long count = strtoul(text, &end, 10);
    if (end == text || *end || *text == '-' || count == 0 || count > 1000000)
        return false;
    *ret_count = count;
    return true;
}

static int take_option(int option, struct log_options *wanted)
{
    if (option == 'j')
        wanted->as_json = true;
    else if (option == 'v')
        wanted->verify = true;
    else if (option == 'a')
        wanted->account = optarg;
    else if (option == 'e' && sca_streq(optarg, "csv"))
        wanted->as_csv = true;
    else if (option == 'e')
        return sca_cli_usage(&sca_command_log, _("\"%s\" is no form to export; write csv."),
                             optarg);
    else if (option == 'l' && !parse_count(optarg, &wanted->last))
        return sca_cli_usage(&sca_command_log, _("\"%s\" is not a number of entries."), optarg);
    return SCA_EXIT_OK;
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"account", required_argument, NULL, 'a'},
                                            {"last", required_argument, NULL, 'l'},
                                            {"export", required_argument, NULL, 'e'},
                                            {"verify", no_argument, NULL, 'v'},
                                            {0}};
    struct log_options wanted = {0};
    for (int option; (option = sca_cli_option(&sca_command_log, argc, argv, options)) != -1;) {
        if (option == SCA_OPTION_HELP || option == SCA_OPTION_WRONG)
            return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
        int status = take_option(option, &wanted);
        if (status != SCA_EXIT_OK)
            return status;
    }
    if (optind != argc)
        return sca_cli_usage(&sca_command_log, _("\"%s\" is too much."), argv[optind]);
    return wanted.verify ? sca_log_verify(cli) : show(cli, &wanted);
}

const struct sca_command sca_command_log = {
    .name = "log",
    .summary = N_("every signing: when, which program, how it ended"),
    .help =
        N_("Usage: smartca log [--json | --export csv] [--last N] [--account ACCOUNT]\n"
           "       smartca log --verify\n"
           "\n"
           "Shows every signing that a program asked for: time, outcome, program and process,\n"
           "certificate, digest, comparison code, transaction, and the sentence you were shown.\n"
           "What is \"signed\" used one paid signature; what was \"signed before\" (replayed) cost "
           "nothing.\n"
           "\n"
           "      --json              the same as JSON\n"
           "      --export csv        the same for a spreadsheet\n"
           "      --verify            whether a line was removed, changed or moved\n"
           "      --last N            only the last N entries\n"
           "      --account ACCOUNT   only this account\n"
           "  -h, --help              this text"),
    .run = run,
};
