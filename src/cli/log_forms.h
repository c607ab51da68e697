/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `smartca log` can do beside showing entries: verify and export. For cmd_log.c only.
 */
#ifndef SCA_CLI_LOG_FORMS_H
#define SCA_CLI_LOG_FORMS_H

#include "agent/ledger.h"
#include "cli.h"

/* An entry as `smartca log --json` has it; NULL when memory is out. */
json_t *sca_log_entry_to_json(const struct sca_ledger_entry *entry);

/* Verifies the ledger's chain and says so. Returns an exit status. */
int sca_log_verify(const struct sca_cli *cli);

/* Prints @entries (as `smartca log --json` has them) as CSV. Returns an exit status. */
int sca_log_print_csv(const json_t *entries);

/* Complains that the log cannot be read because of @err. Returns SCA_EXIT_FAILED. */
int sca_log_unreadable(const struct sca_cli *cli, int err);

#endif
