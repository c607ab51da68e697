/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions: permissions that one confirmation gave for several signatures, in locked memory only.
 * Pure: times go in, what is over is wiped. A session ends with its last signature, with its time
 * (the computer's sleep counts), or when it is ended here; never later than the service says.
 */
#ifndef SCA_AGENT_SESSION_H
#define SCA_AGENT_SESSION_H

#include <jansson.h>
#include <sys/queue.h>
#include "config.h"
#include "credential.h"
#include "journal.h"

#define SCA_SESSIONS_MAX       64u /* at a time; one more is not kept */
#define SCA_SESSION_OWNERS_MAX SCA_JOURNAL_DOCS_MAX
#define SCA_SESSION_NO_ID      0u

/* Who was there when it was confirmed. */
struct sca_session_owner {
    char *program;
    int64_t pid;
    uint64_t started; /* of the process, by the kernel: its number may be given out again */
};

struct sca_session {
    TAILQ_ENTRY(sca_session) link;
    uint64_t id;
    char *account;
    char *holder;
    char credential[SCA_CREDENTIAL_ID_SIZE];
    char txn_id[SCA_TXN_ID_SIZE]; /* of the transaction that was confirmed */
    enum sca_session_scope scope;
    struct sca_session_owner *owners;
    size_t owner_count;
    struct sca_cloud_permit permit; /* owned */
    uint32_t left;
    int64_t until_ms;  /* by sca_now_ms */
    int64_t until_utc; /* by sca_now_utc */
    bool lent;         /* a transaction uses it: nobody else does, and it outlives its time */
};

TAILQ_HEAD(sca_session_list, sca_session);

struct sca_sessions {
    struct sca_session_list list; /* oldest first */
    uint64_t last_id;
};

/* What a new one is made of; borrowed. */
struct sca_session_opening {
    const struct sca_config_account *account; /* with session set */
    const char *holder;
    const struct sca_journal_record *record; /* of the transaction: its documents are the first */
    const struct sca_cloud_permit *permit;
};

void sca_sessions_init(struct sca_sessions *sessions);
void sca_sessions_clear(struct sca_sessions *sessions);

/*
 * Keeps a copy of the permission. SCA_E_LIMIT (too many sessions, or secrets), SCA_E_NOENT (nothing
 * is left of it), SCA_E_NOMEM.
 */
int sca_session_open(struct sca_sessions *sessions, const struct sca_session_opening *opening,
                     int64_t now_ms, int64_t now_utc);

/* One that this process may use for this key now, or NULL. */
struct sca_session *sca_session_find(const struct sca_sessions *sessions, const char *account,
                                     const char *credential, const char *program, int64_t pid,
                                     int64_t now_ms, int64_t now_utc);

/* NULL when it has ended. */
struct sca_session *sca_session_by_id(const struct sca_sessions *sessions, uint64_t id);

/* The one that transaction began, or NULL when it has ended. */
const struct sca_session *sca_session_by_txn(const struct sca_sessions *sessions,
                                             const char *txn_id);
/* Rounded up; 0 when its time is over. */
int64_t sca_session_seconds_left(const struct sca_session *session, int64_t now_ms,
                                 int64_t now_utc);

/* Takes @docs signatures, at most what is left, out of it until sca_session_return. */
void sca_session_lend(struct sca_session *session, uint32_t docs);
/*
 * @permit: as it is now (copied), or NULL: as before. @unused: of those that were lent. With
 * SCA_E_NOMEM or SCA_E_LIMIT the session has ended.
 */
int sca_session_return(struct sca_sessions *sessions, struct sca_session *session,
                       const struct sca_cloud_permit *permit, uint32_t unused);

/* Wiped and gone. */
void sca_session_end(struct sca_sessions *sessions, struct sca_session *session);
/* All, or all of one account (NULL: all); returns how many. */
size_t sca_sessions_end(struct sca_sessions *sessions, const char *account);

/* Ends what is over; when to look again, INT64_MAX for never. */
int64_t sca_sessions_work(struct sca_sessions *sessions, int64_t now_ms, int64_t now_utc);

size_t sca_sessions_count(const struct sca_sessions *sessions);

/* For status; NULL when memory is out. */
json_t *sca_sessions_json(const struct sca_sessions *sessions, int64_t now_ms, int64_t now_utc);

#endif
