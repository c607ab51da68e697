/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journal: one small file per transaction in state/journal, a line for every change of state. A
 * transaction is durable before its request is sent; after a crash or reboot the journal says what
 * must be looked up, and which digests have a known signature.
 */
#ifndef SCA_AGENT_JOURNAL_H
#define SCA_AGENT_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "common/alg.h"
#include "common/buf.h"
#include "common/path.h"
#include "credential.h"

#define SCA_TXN_ID_SIZE 37 /* UUID text and NUL */
#define SCA_DOC_ID_SIZE 64

#define SCA_JOURNAL_DOCS_MAX 1024u
#define SCA_JOURNAL_FILE_MAX (8u * 1024u * 1024u)
#define SCA_JOURNAL_TEXT_MAX 1024u /* bytes of a text */
#define SCA_JOURNAL_DER_MAX  (64u * 1024u)
#define SCA_JOURNAL_SIG_MAX  2048u

/* Numbers stand in files: only add. */
enum sca_txn_state {
    SCA_TXN_OPEN = 1,   /* may have been sent; its fate must be looked up */
    SCA_TXN_SIGNED = 2, /* signatures are here, verified */
    SCA_TXN_ENDED = 3,  /* nothing will come: rejected, expired, refused, unknown to the provider */
    SCA_TXN_GIVEN_UP = 4, /* never answered and too old to be answered */
};

struct sca_journal_doc {
    char id[SCA_DOC_ID_SIZE];
    uint8_t digest[SCA_HASH_MAX];
    size_t digest_len;
    char *program;
    int64_t pid;
    struct sca_buf signature; /* empty until signed, and where it did not verify */
    int64_t last_asked_utc;   /* latest request for this digest, for how long it is kept */
    bool repeats;             /* asked again by another process: a host's sizing probe, kept as
                                 long as the certificate lives */
    bool delivered;           /* a host got it */
    bool in_ledger;           /* seen there at the start; not stored */
};

struct sca_journal_record {
    char txn_id[SCA_TXN_ID_SIZE];
    enum sca_txn_state state;
    int err; /* why it ended; 0 */
    char *account;
    char *provider;
    char *serial;
    char *provider_id; /* of the credential; NULL in records of earlier versions */
    char credential[SCA_CREDENTIAL_ID_SIZE];
    enum sca_scheme scheme;
    enum sca_hash hash;
    enum sca_key_type key_type; /* none, with 0 bits, in records of earlier versions */
    uint32_t key_bits;
    int64_t created_utc;
    int64_t not_after_utc;         /* of the certificate */
    bool accepted;                 /* the provider has said that it has the transaction */
    char *provider_txn;            /* the provider's own code, or NULL */
    char session[SCA_TXN_ID_SIZE]; /* transaction whose confirmation it was signed by, or "" */
    char *description;
    struct sca_buf certificate; /* DER, so that what comes back can be verified even when the
                                   listing has changed; empty in a record that ended */
    struct sca_journal_doc *docs;
    size_t doc_count;
};

/* An empty record with room for @doc_count documents; NULL when memory is out. */
struct sca_journal_record *sca_journal_record_new(size_t doc_count);
void sca_journal_record_free(struct sca_journal_record *record);

/*
 * Pure: JSON text of a record (into @ret_text, initialised here) and back. SCA_E_FORMAT,
 * SCA_E_LIMIT, SCA_E_NOMEM; decoding also SCA_E_VERSION: written by a newer agent.
 */
int sca_journal_encode(const struct sca_journal_record *record, struct sca_buf *ret_text);
int sca_journal_decode(struct sca_bytes text, struct sca_journal_record **ret_record);

/* True for a lower-case UUID text: the only names that are made or read here. */
bool sca_journal_id_valid(const char *txn_id);

/* The whole file, anew; durable when it returns 0. SCA_E_IO, SCA_E_PERM, SCA_E_NOMEM. */
int sca_journal_write(const struct sca_paths *paths, const struct sca_journal_record *record);
/*
 * A new file: nothing may be sent before both descriptors, the caller's, have been synced. Errors
 * as above.
 */
int sca_journal_place(const struct sca_paths *paths, const struct sca_journal_record *record,
                      int *ret_fd, int *ret_dir_fd);
/*
 * The record as it is now, at the end of its file: there for all who read, though this process die
 * the next moment; durable when @ret_fd, the caller's, has been synced. SCA_E_NOENT: no such file;
 * SCA_E_LIMIT: it would be too long (sca_journal_write makes one line of it); else as above.
 */
int sca_journal_append(const struct sca_paths *paths, const struct sca_journal_record *record,
                       int *ret_fd);
/* What stands on disk. SCA_E_NOENT, and as sca_journal_decode and sca_file_read. */
int sca_journal_read(const struct sca_paths *paths, const char *txn_id,
                     struct sca_journal_record **ret_record);
int sca_journal_remove(const struct sca_paths *paths, const char *txn_id);

/*
 * Every readable record for which @wanted says so (NULL: all); @each takes it and returns 0, or an
 * error that ends the loading. Damaged files are renamed aside ("*.damaged") and logged, those of
 * a newer agent left alone, forgotten halves of a replacement removed. No folder is an empty
 * journal. SCA_E_IO (of any record, too), SCA_E_PERM, SCA_E_NOMEM.
 */
typedef bool sca_journal_wanted(void *arg, const char *txn_id);
typedef int sca_journal_each(void *arg, struct sca_journal_record *taken);
int sca_journal_load(const struct sca_paths *paths, sca_journal_wanted *wanted,
                     sca_journal_each *each, void *arg);

/* Stamp of the journal's folder: it changes whenever a record appears, by whomever. */
struct sca_stamp sca_journal_stamp(const struct sca_paths *paths);
/* Stamp of one record's file: it changes whenever something is written to it. */
struct sca_stamp sca_journal_record_stamp(const struct sca_paths *paths, const char *txn_id);

static inline void sca_journal_record_cleanup(struct sca_journal_record **record)
{
    sca_journal_record_free(*record);
}
#define SCA_JOURNAL_RECORD_AUTO                                                                    \
    __attribute__((cleanup(sca_journal_record_cleanup))) struct sca_journal_record *

#endif
