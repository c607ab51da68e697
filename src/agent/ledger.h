/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledger: one JSON line per document that a host asked to have signed, appended and never changed.
 * What `smartca log` shows and budgets are counted from.
 */
#ifndef SCA_AGENT_LEDGER_H
#define SCA_AGENT_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include "common/path.h"

struct sca_ledger_entry {
    int64_t time_utc;
    const char *account;
    const char *credential; /* id of the credential */
    const char *holder;
    const char *serial;
    const char *program;
    int64_t pid;
    const char *scheme;    /* sca_scheme_name */
    const char *hash;      /* sca_hash_name */
    const char *mechanism; /* sca_mechs_name; "" if the program no longer waited */
    const char *digest;    /* lower-case hex */
    const char *code;      /* comparison code; "" if the phone never rang */
    const char *txn_id;    /* "" if none was made */
    const char *session;   /* transaction whose confirmation was good for this one, too; else "" */
    const char *outcome;   /* "signed", "replayed" (known, nothing paid) or sca_err_name */
    const char *sentence;  /* what the person was told; "" for signed */
};

/* Appends, durably. Texts may be NULL (""). SCA_E_IO (disk full, read-only), SCA_E_PERM,
 * SCA_E_NOMEM. */
int sca_ledger_append(const struct sca_paths *paths, const struct sca_ledger_entry *entry);

/*
 * Lines that are written together: a transaction of fifty documents costs the disk one write, not
 * fifty. The ledger is locked from begin to commit, which must follow at once.
 */
struct sca_ledger_lines;

/* Borrows @paths until commit. Errors as above. */
int sca_ledger_begin(const struct sca_paths *paths, struct sca_ledger_lines **ret_lines);
/* SCA_E_LIMIT, or a text that is not UTF-8: this line is missing; SCA_E_NOMEM: all may be. */
int sca_ledger_add(struct sca_ledger_lines *lines, const struct sca_ledger_entry *entry);
/*
 * Appends all of them and frees @lines. They are durable when @ret_fd, the caller's, has been
 * synced; -1 where nothing was written. SCA_E_IO.
 */
int sca_ledger_commit(struct sca_ledger_lines *lines, int *ret_fd);

/*
 * Calls @each for every readable line, oldest first; returning false ends it. A damaged or cut line
 * is skipped and counted. Texts are borrowed for the call. SCA_E_NOENT when there is no ledger yet,
 * SCA_E_PERM, SCA_E_IO, SCA_E_NOMEM.
 */
typedef bool sca_ledger_each(void *arg, const struct sca_ledger_entry *entry);
int sca_ledger_read(const struct sca_paths *paths, sca_ledger_each *each, void *arg,
                    size_t *ret_damaged);

#endif
