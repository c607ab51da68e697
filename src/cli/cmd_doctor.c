/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca doctor: every check as one line with its verdict and, where one is needed, its cure.
 */
#include <stdio.h>
#include "doctor.h"

static const char *const verdict_words[] = {"good", "warning", "bad"};
static const char *const verdict_marks[] = {"✓", "!", "✗"};

void sca_report_add(struct sca_report *report, enum sca_verdict verdict, const char *id,
                    const char *sentence, const char *remedy)
{
    report->bad = report->bad || verdict == SCA_VERDICT_BAD;
    if (report->checks) {
        json_array_append_new(report->checks,
                              json_pack("{s:s, s:s, s:s, s:s}", "check", id, "verdict",
                                        verdict_words[verdict], "sentence", sentence, "remedy",
                                        remedy ? remedy : ""));
        return;
    }
    printf("%s %s\n", verdict_marks[verdict], sentence);
    if (remedy && *remedy)
        printf("  %s\n", remedy);
    fflush(stdout);
}

static void check_all(const struct sca_cli *cli, struct sca_report *report)
{
    sca_doctor_local(cli, report);
    if (cli->config->account_count > 0)
        sca_doctor_person(cli, report);
    for (size_t i = 0; i < cli->config->account_count; i++)
        sca_doctor_account(cli, &cli->config->accounts[i], report);
    sca_doctor_hosts(cli, report);
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'}, {0}};
    struct sca_report report = {0};
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
    if (as_json && sca_cli_print_json(report.checks) != SCA_EXIT_OK)
        return SCA_EXIT_FAILED;
    return report.bad ? SCA_EXIT_FAILED : SCA_EXIT_OK;
}

const struct sca_command sca_command_doctor = {
    .name = "doctor",
    .summary = N_("what is wrong, and how to mend it (never signs)"),
    .help =
        N_("Usage: smartca doctor [--json]\n"
           "\n"
           "Checks configuration, folders, agent, connection, clock, accounts, certificates "
           "and programs,\n"
           "and says how to mend what is wrong. Never signs; nothing is paid. Exit status 1 when "
           "something is wrong.\n"
           "\n"
           "      --json   the same as JSON\n"
           "  -h, --help   this text"),
    .run = run,
};
