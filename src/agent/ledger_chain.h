/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain that makes the ledger tell on whoever edits it: each line carries the SHA-256 of the
 * line before it, and a small file beside it remembers the last one. It finds what was removed,
 * changed or moved by hand or by a broken disk. Who may write the files can also make the whole
 * chain anew; against that, the last link has to be noted elsewhere (smartca log --verify shows
 * it).
 */
#ifndef SCA_AGENT_LEDGER_CHAIN_H
#define SCA_AGENT_LEDGER_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include "common/path.h"

#define SCA_LEDGER_LINK_SIZE 65 /* SHA-256 in lower-case hex, and NUL */

/* Where a line goes. */
struct sca_ledger_end {
    char prev[SCA_LEDGER_LINK_SIZE]; /* what the new line carries; 64 zeros for the first */
    size_t lines;                    /* that stand before it */
};

/*
 * Says what follows the last line of @fd (readable; the caller holds its lock). Where lines were
 * taken off the end, @ret_end->prev is the link that was last, so that the gap stays visible.
 * SCA_E_IO, SCA_E_NOMEM.
 */
int sca_ledger_chain_end(const struct sca_paths *paths, int fd, struct sca_ledger_end *ret_end);

/* @end after @line (@len bytes, no newline) was added to it. */
void sca_ledger_chain_add(struct sca_ledger_end *end, const void *line, size_t len);

/*
 * Remembers which line is the last. Not synced: after a crash it may be behind, never ahead of the
 * ledger. SCA_E_IO.
 */
int sca_ledger_chain_remember(const struct sca_paths *paths, const struct sca_ledger_end *end);

struct sca_ledger_check {
    size_t lines;                    /* in the file, cut ones included */
    size_t gaps;                     /* lines that do not follow the one before */
    size_t first_gap;                /* number of the first of them, from 1; 0: none */
    bool end_missing;                /* the last line was changed, or lines after it removed */
    bool end_unknown;                /* nothing remembers which line was last */
    char last[SCA_LEDGER_LINK_SIZE]; /* link of the last line */
};

/* Reads the whole ledger. SCA_E_NOENT when there is none; SCA_E_PERM, SCA_E_IO, SCA_E_NOMEM. */
int sca_ledger_chain_check(const struct sca_paths *paths, struct sca_ledger_check *ret_check);

#endif
