/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca doctor: every check as one line with its verdict and, where one is needed, its cure.
 */
#include <stdio.h>
#include <stdlib.h>
#include "common/text.h"
#include "doctor.h"
#include "wrap.h"

static const char *const verdict_words[] = {"good", "warning", "bad"};
static const char *const verdict_marks[] = {"✓", "!", "✗"};

/* JSON has every key, so that scripts need not ask whether it is there. */
static json_t *finding_to_json(const struct sca_finding *finding)
{
    const struct {
        const char *key;
        const char *text;
    } texts[] = {
        {"check", finding->check},     {"verdict", verdict_words[finding->verdict]},
        {"account", finding->account}, {"sentence", finding->sentence},
        {"remedy", finding->remedy},   {"command", finding->command},
        {"detail", finding->detail},
    };
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        json_object_set_new(object, texts[i].key, json_string(texts[i].text ? texts[i].text : ""));
    return object;
}

static void print_finding(const struct sca_finding *finding, size_t columns)
{
    char lead[16];
    SCA_TEXT_AUTO named = NULL;
    const char *sentence = finding->sentence;

    if (finding->account && asprintf(&named, "%s: %s", finding->account, sentence) >= 0)
        sentence = named;
    snprintf(lead, sizeof lead, "%s ", verdict_marks[finding->verdict]);
    sca_wrap_print(stdout, lead, sentence, columns);
    if (finding->remedy && *finding->remedy)
        sca_wrap_print(stdout, "  ", finding->remedy, columns);
    if (finding->command && *finding->command) /* whole, to be copied */
        printf("    %s\n", finding->command);
    fflush(stdout);
}

void sca_report_add(struct sca_report *report, const struct sca_finding *finding)
{
    report->bad = report->bad || finding->verdict == SCA_VERDICT_BAD;
    if (finding->verdict == SCA_VERDICT_BAD && finding->account)
        report->account_bad++;
    if (report->checks)
        json_array_append_new(report->checks, finding_to_json(finding));
    else
        print_finding(finding, report->columns);
}

static void check_all(const struct sca_cli *cli, struct sca_report *report)
{
    sca_doctor_local(cli, report);
    sca_doctor_agent(cli, report);
    if (cli->config->account_count > 0)
        sca_doctor_person(cli, report);
    for (size_t i = 0; i < cli->config->account_count; i++) {
        const struct sca_config_account *account = &cli->config->accounts[i];
        const size_t before = report->account_bad;

        sca_doctor_account(cli, account, report);
        if (report->account_bad == before) /* else that comes first */
            sca_doctor_last(cli, account, report);
    }
    sca_doctor_hosts(cli, report);
    sca_doctor_running(report);
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'}, {0}};
    struct sca_report report = {.columns = sca_wrap_columns()};
    bool as_json = false;
    for (int option; (option = sca_cli_option(&sca_command_doctor, argc, argv, options)) != -1;) {
        if (option != 'j')
            return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
        as_json = true;
    }
    if (optind != argc)
        return sca_cli_usage(&sca_command_doctor, _("\"%s\" is too much."), argv[optind]);

    if (as_json)
        report.checks = json_array();
    check_all(cli, &report);
    sca_doctor_crl_clear(&report);
    if (as_json && sca_cli_print_json(report.checks) != SCA_EXIT_OK)
        return SCA_EXIT_FAILED;
    return report.bad ? SCA_EXIT_FAILED : SCA_EXIT_OK;
}

const struct sca_command sca_command_doctor = {
    .name = "doctor",
    .summary = N_("what is wrong, and how to mend it (never signs)"),
    .help = N_("Usage: smartca doctor [--json]\n"
               "\n"
               "Checks configuration, folders, disk, agent, limits, connection, clock, accounts, "
               "certificates\n"
               "and programs: each is one line, with what to do and the command for it where "
               "something is wrong.\n"
               "Never signs; nothing is paid. Exit status 1 when something is wrong.\n"
               "\n"
               "      --json   the same as JSON\n"
               "  -h, --help   this text"),
    .run = run,
};
