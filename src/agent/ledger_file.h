/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's file line by line, for its entries (ledger.h) and its chain (ledger_chain.h).
 */
#ifndef SCA_AGENT_LEDGER_FILE_H
#define SCA_AGENT_LEDGER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "common/path.h"

#define SCA_LEDGER_LINE_MAX (16u * 1024u) /* bytes of a line without its newline */

/* Path of the ledger. Caller frees; NULL when memory is out. */
char *sca_ledger_file_path(const struct sca_paths *paths);

/* One line without its newline, at most SCA_LEDGER_LINE_MAX bytes; @whole is false for the
 * beginning of a longer one. Empty lines are left out. Returning false ends the reading. */
typedef bool sca_ledger_file_line(void *arg, const char *line, size_t len, bool whole);

/* Reads @fd from where it stands to its end; @fd is closed. SCA_E_IO, SCA_E_NOMEM. */
int sca_ledger_file_each(int fd, sca_ledger_file_line *each, void *arg);

/* Opens the ledger for reading. SCA_E_NOENT, SCA_E_PERM (a link), SCA_E_IO, SCA_E_NOMEM. */
int sca_ledger_file_open(const struct sca_paths *paths, int *ret_fd);

#endif
