/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions: the heart. Every request of a program that may use the account passes here and is,
 * in this order, answered from the journal, joined to an unfinished transaction that holds its
 * digest, refused (digest, certificate, budget), or put into the open batch of its credential.
 */
#ifndef SCA_AGENT_TXN_H
#define SCA_AGENT_TXN_H

#include <jansson.h>
#include <uv.h>
#include "common/ipc.h"
#include "config.h"
#include "listing.h"
#include "notify.h"

struct sca_txns;
struct sca_txn_wait;

/* What every transaction borrows for the life of the agent. */
struct sca_txns_env {
    struct sca_flow_run_env runs; /* what each of their flows runs on */
    const struct sca_paths *paths;
    struct sca_listing *listing;
    struct sca_notify *notify;
    struct sca_prompts *prompts; /* NULL: nobody is asked for secrets */
};

/* One host's request; texts and bytes are copied. */
struct sca_txn_request {
    const char *account;
    const char *credential;
    enum sca_scheme scheme;
    enum sca_hash hash;
    struct sca_bytes digest;
    uint32_t mechanism; /* CKM_*, for the ledger; 0 where not known */
    const char *program;
    const char *executable; /* its whole path, "" where it cannot be known */
    int64_t pid;
    const struct sca_screen *screen; /* language of sentences, where to show them */
    const struct sca_secret *pin;    /* may be NULL */
    const struct sca_secret *otp;    /* may be NULL */
};

struct sca_txn_progress {
    enum sca_progress state;
    const char *code;
    unsigned seconds; /* left to confirm */
    const char *line; /* for the host's terminal; NULL where notify or the host has none */
};

struct sca_txn_outcome {
    int err;                    /* 0: @signature */
    struct sca_bytes signature; /* RSA modulus length, or r||s */
    bool replayed;
    const char *txn_id; /* "" when none was made */
    const char *code;
    const char *sentence; /* "" when signed */
};

/*
 * Both come from the loop, never from inside sca_txns_ask; they may call sca_txns_ask and
 * sca_txns_leave. Texts and bytes are borrowed for the call. After done the wait is gone.
 */
struct sca_txn_callbacks {
    /* At once, at every change, and each second. */
    void (*progress)(void *arg, const struct sca_txn_progress *progress);

    /* True when the host got the outcome, as far as the agent can know. */
    bool (*done)(void *arg, const struct sca_txn_outcome *outcome);
};

int sca_txns_new(const struct sca_txns_env *env, struct sca_txns **ret_txns);

/*
 * New configuration (borrowed until the next call). Running transactions keep what they began
 * with, what waits to be sent is judged by the new one.
 */
void sca_txns_configure(struct sca_txns *txns, const struct sca_config *config);

/*
 * Loads journal and ledger and takes up what is unfinished. Once, after sca_txns_configure. A
 * journal that cannot be read is an error: without it a signature might be paid twice.
 * SCA_E_IO, SCA_E_PERM, SCA_E_NOMEM.
 */
int sca_txns_resume(struct sca_txns *txns);

/* SCA_E_INVAL (a digest of another length than its hash), SCA_E_NOMEM. */
int sca_txns_ask(struct sca_txns *txns, const struct sca_txn_request *request,
                 const struct sca_txn_callbacks *callbacks, void *arg,
                 struct sca_txn_wait **ret_wait);

/* The host gave up: what is not sent yet loses this document; what is sent goes on. */
void sca_txns_leave(struct sca_txn_wait *wait);

/* Requests, transactions that a person may still answer, and sessions; 0 = the agent may leave. */
size_t sca_txns_active(const struct sca_txns *txns);

/* The same without what is only looked up now and then, which a successor takes up as well. */
size_t sca_txns_running(const struct sca_txns *txns);

/* For status: arrays of what waits and of limits with their use. NULL when memory is out. */
json_t *sca_txns_waiting(const struct sca_txns *txns);
json_t *sca_txns_budgets(const struct sca_txns *txns);
json_t *sca_txns_sessions(const struct sca_txns *txns);

/*
 * Ends the sessions of an account (NULL: of all) and wipes their permissions; what is about to be
 * signed by one is not sent. Returns how many there were.
 */
size_t sca_txns_lock(struct sca_txns *txns, const char *account);

/*
 * Begins to compare the journal's transactions, or those of @account, with what their services say;
 * signs nothing. The answer to RECONCILE: "busy" when one is under way, else "count". NULL: memory
 * is out, or the journal cannot be read.
 */
json_t *sca_txns_compare(struct sca_txns *txns, const char *account);
/* For status: null before the first; "over", and "lines": an array of what was found so far. */
json_t *sca_txns_compared(const struct sca_txns *txns);

/* Stops timers and flows; the journal keeps the rest. Done is not called. NULL is fine. */
void sca_txns_free(struct sca_txns *txns);

#endif
