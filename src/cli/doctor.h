/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of `smartca doctor` share: a report to which every check adds one line.
 */
#ifndef SCA_CLI_DOCTOR_H
#define SCA_CLI_DOCTOR_H

#include "cli.h"

enum sca_verdict {
    SCA_VERDICT_GOOD,
    SCA_VERDICT_WARNING, /* works now; should be seen to */
    SCA_VERDICT_BAD,
};

struct sca_report {
    json_t *checks; /* NULL: printed as they come */
    bool bad;
};

/*
 * One check: @id is a stable word for JSON, @sentence what was found, @remedy what to do about it
 * (NULL or "" when nothing). Texts are copied or printed at once.
 */
void sca_report_add(struct sca_report *report, enum sca_verdict verdict, const char *id,
                    const char *sentence, const char *remedy);

/* Configuration, folders, agent. No network. */
void sca_doctor_local(const struct sca_cli *cli, struct sca_report *report);

/* Which programs of this computer know the module. Reads their files only. */
void sca_doctor_hosts(const struct sca_cli *cli, struct sca_report *report);

/* Who asks the person and where notices appear, seen from here. No network. */
void sca_doctor_person(const struct sca_cli *cli, struct sca_report *report);

/*
 * One account against its service: TLS, clock, listing, chain, expiry. Asks only for the listing,
 * which costs nothing; never signs. Blocks up to half a minute.
 */
void sca_doctor_account(const struct sca_cli *cli, const struct sca_config_account *account,
                        struct sca_report *report);

#endif
