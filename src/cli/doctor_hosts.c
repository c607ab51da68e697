/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which programs know the module, told by their own files; nothing of them is run. A program that
 * does not is a warning only: not everybody wants every program to sign.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "common/text.h"
#include "doctor.h"
#include "host.h"
#include "setup_nss.h"

#define SENTENCE_SIZE 1024

__attribute__((format(printf, 5, 6))) static void say(struct sca_report *report,
                                                      const struct sca_host *host,
                                                      enum sca_verdict verdict, const char *remedy,
                                                      const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    char command[SENTENCE_SIZE] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (remedy)
        snprintf(command, sizeof command, "smartca setup %s", host->name);
    sca_report_add(report, &(struct sca_finding){.verdict = verdict,
                                                 .check = "program",
                                                 .sentence = sentence,
                                                 .remedy = remedy,
                                                 .command = command});
}

/* What to do before setup can be run: it refuses while the program has its profile open. */
static const char *first_do(const struct sca_host *host, const struct sca_target *target,
                            char *text, size_t size)
{
    if (target->locks && sca_locked(target->locks))
        snprintf(text, size, _("%s is running and uses this profile: close it first, then run:"),
                 host->title);
    else
        snprintf(text, size, "%s", _("If it is to sign, run:"));
    return text;
}

static void check_target(const struct sca_setup *setup, const struct sca_host *host,
                         const struct sca_target *target, struct sca_report *report)
{
    char remedy[SENTENCE_SIZE];
    switch (sca_target_state(setup, host, target)) {
    case SCA_TARGET_OURS:
        say(report, host, SCA_VERDICT_GOOD, NULL, _("%s sees the token, by %s."), host->title,
            target->path);
        break;
    case SCA_TARGET_BY_HAND:
        say(report, host, SCA_VERDICT_GOOD, NULL, _("%s sees the token, set up by hand in %s."),
            host->title, target->path);
        break;
    case SCA_TARGET_OLD:
        say(report, host, SCA_VERDICT_WARNING, first_do(host, target, remedy, sizeof remedy),
            _("%s is set up otherwise in %s."), host->title, target->path);
        break;
    case SCA_TARGET_RIVAL:
    case SCA_TARGET_ABSENT:
        say(report, host, SCA_VERDICT_WARNING, first_do(host, target, remedy, sizeof remedy),
            _("%s does not see the token by %s."), host->title, target->path);
        break;
    }
}

static void check_host(const struct sca_setup *setup, const struct sca_host *host,
                       struct sca_report *report)
{
    struct sca_targets targets = {0};
    host->find(setup, &targets);
    /* One line for each profile; of files that only work together, for the first. */
    for (size_t i = 0; i < targets.count && !targets.ready; i++) {
        if (i == 0 || targets.items[i].kind == SCA_TARGET_NSS)
            check_target(setup, host, &targets.items[i], report);
    }
    if (targets.ready)
        say(report, host, SCA_VERDICT_GOOD, NULL, _("%s sees the token, by %s."), host->title,
            setup->module);
    if (targets.problem) {
        char sentence[SENTENCE_SIZE];
        snprintf(sentence, sizeof sentence, "%s: %s", host->title, targets.problem);
        sca_report_add(report, &(struct sca_finding){.verdict = SCA_VERDICT_WARNING,
                                                     .check = "program",
                                                     .sentence = sentence,
                                                     .remedy = targets.remedy});
    }
    sca_targets_clear(&targets);
}

void sca_doctor_hosts(const struct sca_cli *cli, struct sca_report *report)
{
    struct sca_setup setup = {0};
    if (sca_setup_init(&setup, cli, NULL) == 0 && access(setup.module, R_OK) == 0) {
        for (const struct sca_host *const *host = sca_hosts; *host; host++)
            check_host(&setup, *host, report);
    } else {
        sca_report_add(report, &(struct sca_finding){
                                   .verdict = SCA_VERDICT_WARNING,
                                   .check = "program",
                                   .sentence = _("The module for programs is not installed."),
                                   .command = "apt install smartca-pkcs11"});
    }
    sca_setup_clear(&setup);
}
