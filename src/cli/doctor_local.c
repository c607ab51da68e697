/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks that need neither network nor agent: configuration, folders, free space.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "common/err.h"
#include "common/text.h"
#include "doctor.h"

#define SENTENCE_SIZE 1024
#define MIB           (1024LL * 1024)
#define LITTLE_MIB    50 /* journal, ledger and listings need far less; others fill the disk too */

static void add(struct sca_report *report, enum sca_verdict verdict, const char *check,
                const char *sentence, const char *remedy, const char *command)
{
    sca_report_add(report, &(struct sca_finding){.verdict = verdict,
                                                 .check = check,
                                                 .sentence = sentence,
                                                 .remedy = remedy,
                                                 .command = command});
}

static void report_fault(const struct sca_config_fault *fault, struct sca_report *report)
{
    char sentence[SENTENCE_SIZE];
    char command[SENTENCE_SIZE];

    snprintf(sentence, sizeof(sentence), "%s:%d: %s%s%s", fault->file, fault->line,
             fault->key ? fault->key : "", fault->key ? ": " : "", fault->sentence);
    snprintf(command, sizeof command, "${EDITOR:-nano} +%d \"%s\"", fault->line, fault->file);
    /* Without a line the fault is the file's own, and the sentence has the command. */
    add(report, SCA_VERDICT_BAD, "configuration", sentence,
        fault->line > 0 ? _("Correct this line:") : NULL, fault->line > 0 ? command : NULL);
}

static void check_config(const struct sca_cli *cli, struct sca_report *report)
{
    const struct sca_config *config = cli->config;
    char sentence[SENTENCE_SIZE];
    if (!config->present) {
        add(report, SCA_VERDICT_BAD, "configuration", _("There is no configuration file."),
            _("Answer a few questions."), "smartca setup");
        return;
    }
    for (size_t i = 0; i < config->fault_count; i++)
        report_fault(&config->faults[i], report);
    if (config->fault_count > 0)
        return;
    snprintf(sentence, sizeof(sentence),
             ngettext("The configuration is sound, %zu account.",
                      "The configuration is sound, %zu accounts.", config->account_count),
             config->account_count);
    add(report, SCA_VERDICT_GOOD, "configuration", sentence, NULL, NULL);
    if (config->account_count == 0)
        add(report, SCA_VERDICT_BAD, "configuration", _("No account is configured."),
            _("Answer a few questions."), "smartca setup");
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
            add(report, SCA_VERDICT_WARNING, "programs", missing,
                _("Correct programs in the configuration file. The log shows the path of a program "
                  "that was refused:"),
                "smartca log --last 5");
    }
    if (sca_buf_add_u8(&list, 0) == 0 &&
        asprintf(&sentence, _("%s: only these programs may sign: %s"), account->name,
                 (const char *)list.data) >= 0)
        add(report, SCA_VERDICT_GOOD, "programs", sentence, NULL, NULL);
}

static void check_folder(const char *path, struct sca_report *report)
{
    char sentence[SENTENCE_SIZE];
    char command[SENTENCE_SIZE];
    int err = sca_dir_ensure(path);
    if (err == SCA_E_PERM) {
        snprintf(sentence, sizeof(sentence), _("The folder %s can be used by others."), path);
        snprintf(command, sizeof(command), "chmod 700 \"%s\"", path);
        add(report, SCA_VERDICT_BAD, "folder", sentence, _("Make it yours alone:"), command);
    } else if (err || access(path, W_OK)) {
        snprintf(sentence, sizeof(sentence), _("The folder %s cannot be written."), path);
        snprintf(command, sizeof(command), "ls -ld \"%s\"; df -h \"%s\"", path, path);
        add(report, SCA_VERDICT_BAD, "folder", sentence,
            _("Make room on the disk or give yourself the right to write there. How it is now:"),
            command);
    } else {
        snprintf(sentence, sizeof(sentence), _("The folder %s is yours alone."), path);
        add(report, SCA_VERDICT_GOOD, "folder", sentence, NULL, NULL);
    }
}

/* What is asked to be signed is written down first: without room nothing is signed. */
static void check_disk(const char *path, struct sca_report *report)
{
    char sentence[SENTENCE_SIZE];
    char command[SENTENCE_SIZE];
    struct statvfs disk;

    if (statvfs(path, &disk) != 0 || disk.f_frsize == 0)
        return;
    const long long free_mib = (long long)disk.f_bavail * (long long)disk.f_frsize / MIB;
    const bool no_files = disk.f_files > 0 && disk.f_favail == 0;
    if (free_mib >= LITTLE_MIB && !no_files) {
        snprintf(sentence, sizeof sentence, _("There is room on the disk, %lld MiB."), free_mib);
        add(report, SCA_VERDICT_GOOD, "disk", sentence, NULL, NULL);
        return;
    }
    snprintf(sentence, sizeof sentence, _("Only %lld MiB are free on the disk with %s."), free_mib,
             path);
    snprintf(command, sizeof command, "du -xh -d 1 ~ | sort -h | tail");
    add(report, free_mib < 1 || no_files ? SCA_VERDICT_BAD : SCA_VERDICT_WARNING, "disk", sentence,
        _("Remove what you do not need. The largest folders:"), command);
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
    check_disk(cli->paths->state_dir, report);
}
