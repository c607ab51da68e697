/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journal: one small file per transaction in state/journal, replaced as a whole with fsync at every
 * change of state. A transaction is on disk before its request is sent; after a crash or reboot
 * the journal says what must be looked up, and which digests have a known signature.
 */
#ifndef SCA_AGENT_JOURNAL_H
#define SCA_AGENT_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "common/alg.h"
#include "common/path.h"
#include "credential.h"

#define SCA_TXN_ID_SIZE 37 /* UUID text and NUL */
#define SCA_DOC_ID_SIZE 64

/* Numbers stand in files: only add. */
enum sca_txn_state {
    SCA_TXN_OPEN = 1,     /* may have been sent; its fate must be looked up */
    SCA_TXN_SIGNED = 2,   /* signatures are here, verified */
    SCA_TXN_ENDED = 3,    /* nothing will come: rejected, expired, refused, unknown to the provider */
    SCA_TXN_GIVEN_UP = 4, /* never answered and too old to be answered */
};

struct sca_journal_doc {
    char id[SCA_DOC_ID_SIZE];
    uint8_t digest[SCA_HASH_MAX];
    size_t digest_len;
    char *program;
    int64_t pid;
    struct sca_buf signature; /* empty until signed */
    int64_t last_asked_utc;   /* latest request for this digest, for how long it is kept */
    bool repeats;             /* asked again by another process: a host's sizing probe, kept as
                                 long as the certificate lives */
    bool delivered;           /* a host got it */
};

struct sca_journal_record {
    char txn_id[SCA_TXN_ID_SIZE];
    enum sca_txn_state state;
    int err;                   /* why it ended; 0 */
    char *account;
    char *provider;
    char *serial;
    char credential[SCA_CREDENTIAL_ID_SIZE];
    enum sca_scheme scheme;
    enum sca_hash hash;
    int64_t created_utc;
    int64_t not_after_utc;     /* of the certificate */
    char *provider_txn;        /* the provider's own code, or NULL */
    char *description;
    struct sca_journal_doc *docs;
    size_t doc_count;
};

/* Pure: JSON text of a record and back. SCA_E_FORMAT, SCA_E_LIMIT, SCA_E_NOMEM. */
int sca_journal_encode(const struct sca_journal_record *record, struct sca_buf *ret_text);
int sca_journal_decode(struct sca_bytes text, struct sca_journal_record **ret_record);
void sca_journal_record_free(struct sca_journal_record *record);

/* Durable when it returns 0. SCA_E_IO, SCA_E_PERM, SCA_E_NOMEM: then nothing may be sent. */
int sca_journal_write(const struct sca_paths *paths, const struct sca_journal_record *record);
int sca_journal_remove(const struct sca_paths *paths, const char *txn_id);

/* Every readable record; damaged files are renamed aside ("*.damaged") and logged. */
typedef void sca_journal_each(void *arg, struct sca_journal_record *taken);
int sca_journal_load(const struct sca_paths *paths, sca_journal_each *each, void *arg);

#endif
