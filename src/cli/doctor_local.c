/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks that need no network: configuration, folders and files, the agent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "build_config.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "doctor.h"

#define SENTENCE_SIZE 1024

static void check_config(const struct sca_cli *cli, struct sca_report *report)
{
    const struct sca_config *config = cli->config;
    char sentence[SENTENCE_SIZE];
    if (!config->present) {
        const char *path = cli->paths->conf[1] ? cli->paths->conf[1] : cli->paths->conf[0];
        snprintf(sentence, sizeof(sentence), _("There is no configuration file."));
        char remedy[SENTENCE_SIZE];
        snprintf(remedy, sizeof(remedy), _("Write your account into %s; README.md shows how."),
                 path);
        sca_report_add(report, SCA_VERDICT_BAD, "configuration", sentence, remedy);
        return;
    }
    for (size_t i = 0; i < config->fault_count; i++) {
        const struct sca_config_fault *fault = &config->faults[i];
        snprintf(sentence, sizeof(sentence), "%s:%d: %s%s%s", fault->file, fault->line,
                 fault->key ? fault->key : "", fault->key ? ": " : "", fault->sentence);
        sca_report_add(report, SCA_VERDICT_BAD, "configuration", sentence, NULL);
    }
    if (config->fault_count > 0)
        return;
    snprintf(sentence, sizeof(sentence),
             ngettext("The configuration is sound, %zu account.",
                      "The configuration is sound, %zu accounts.", config->account_count),
             config->account_count);
    sca_report_add(report, SCA_VERDICT_GOOD, "configuration", sentence, NULL);
    if (config->account_count == 0)
        sca_report_add(report, SCA_VERDICT_BAD, "configuration", _("No account is configured."),
                       _("Add a section [account:NAME]; README.md shows how."));
}

/* Who may sign with an account; a path without a program is a slip of the pen. */
static void check_programs(const struct sca_config_account *account, struct sca_report *report)
{
    SCA_BUF_AUTO list;
    SCA_TEXT_AUTO sentence = NULL;

    sca_buf_init(&list, 65536);
    for (size_t i = 0; account->programs[i] != NULL; i++) {
        const char *path = account->programs[i];

        (void)sca_buf_addf(&list, "%s%s", i > 0 ? ", " : "", path);
        if (access(path, X_OK) == 0)
            continue;
        SCA_TEXT_AUTO missing = NULL;
        if (asprintf(&missing, _("%s: there is no program %s."), account->name, path) >= 0)
            sca_report_add(report, SCA_VERDICT_WARNING, "programs", missing,
                           _("Correct programs in the configuration file; smartca log shows the "
                             "path of a program that was refused."));
    }
    if (sca_buf_add_u8(&list, 0) == 0 &&
        asprintf(&sentence, _("%s: only these programs may sign: %s"), account->name,
                 (const char *)list.data) >= 0)
        sca_report_add(report, SCA_VERDICT_GOOD, "programs", sentence, NULL);
}

static void check_folder(const char *path, struct sca_report *report)
{
    char sentence[SENTENCE_SIZE];
    char remedy[SENTENCE_SIZE] = "";
    int err = sca_dir_ensure(path);
    if (err == SCA_E_PERM) {
        snprintf(sentence, sizeof(sentence), _("The folder %s can be used by others."), path);
        snprintf(remedy, sizeof(remedy), _("Make it yours alone: chmod 700 \"%s\""), path);
    } else if (err || access(path, W_OK)) {
        snprintf(sentence, sizeof(sentence), _("The folder %s cannot be written."), path);
        snprintf(remedy, sizeof(remedy),
                 _("Make room on the disk or give yourself the right to write there."));
        err = err ? err : SCA_E_IO;
    } else {
        snprintf(sentence, sizeof(sentence), _("The folder %s is yours alone."), path);
    }
    sca_report_add(report, err ? SCA_VERDICT_BAD : SCA_VERDICT_GOOD, "folder", sentence, remedy);
}

static char *status_version(const char *text)
{
    json_t *status = json_loads(text, 0, NULL);
    const char *version = json_string_value(json_object_get(status, "version"));
    char *copy = NULL;
    if (asprintf(&copy, "%s", version ? version : "?") < 0)
        copy = NULL;
    json_decref(status);
    return copy;
}

static void check_agent(const struct sca_cli *cli, struct sca_report *report)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, SCA_MSG_STATUS);
    SCA_TEXT_AUTO text = NULL;
    int err = sca_msg_end(&frame);
    if (!err)
        err = sca_cli_ask(cli, &frame, true, 5000, &text, NULL);
    char sentence[SENTENCE_SIZE];
    if (err || !text) {
        snprintf(sentence, sizeof(sentence),
                 _("The agent %s cannot be started or does not answer (%s)."), cli->paths->agent,
                 sca_err_name(err));
        sca_report_add(report, SCA_VERDICT_BAD, "agent", sentence,
                       _("Start it by hand to see why: smartca agent --foreground"));
        return;
    }
    SCA_TEXT_AUTO version = status_version(text);
    snprintf(sentence, sizeof(sentence), _("The agent runs, version %s."), version ? version : "?");
    sca_report_add(report, SCA_VERDICT_GOOD, "agent", sentence, NULL);
}

void sca_doctor_local(const struct sca_cli *cli, struct sca_report *report)
{
    check_config(cli, report);
    for (size_t i = 0; i < cli->config->account_count; i++)
        if (cli->config->accounts[i].programs != NULL)
            check_programs(&cli->config->accounts[i], report);
    check_folder(cli->paths->cache_dir, report);
    check_folder(cli->paths->state_dir, report);
    check_folder(cli->paths->socket_dir, report);
    check_agent(cli, report);
}
