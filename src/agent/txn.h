/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions: the heart. Every request for a signature passes here and is, in this order,
 * answered from the journal, joined to an unfinished transaction that holds its digest, refused
 * (digest, certificate, budget), or put into the open batch of its credential.
 */
#ifndef SCA_AGENT_TXN_H
#define SCA_AGENT_TXN_H

#include <uv.h>
#include "cloud/http.h"
#include "config.h"
#include "listing.h"
#include "secrets.h"

struct sca_txns;
struct sca_txn_wait;

/* One host's request; texts and bytes are copied. */
struct sca_txn_request {
    const char *account;
    const char *credential;
    enum sca_scheme scheme;
    enum sca_hash hash;
    struct sca_bytes digest;
    const char *program;
    int64_t pid;
    const char *language;         /* of sentences for this host */
    const struct sca_secret *pin; /* may be NULL */
    const struct sca_secret *otp; /* may be NULL */
};

struct sca_txn_progress {
    enum sca_progress state;
    const char *code;
    unsigned seconds;
    size_t documents;
    const char *holder;
    const char *service;
};

struct sca_txn_outcome {
    int err;                    /* 0: @signature */
    struct sca_bytes signature; /* RSA modulus length, or r||s */
    bool replayed;
    const char *txn_id;         /* "" when none was made */
    const char *code;
    const char *sentence;       /* "" when signed */
};

/* Both come from the loop, never from inside sca_txns_ask. After done the wait is gone. */
struct sca_txn_callbacks {
    void (*progress)(void *arg, const struct sca_txn_progress *progress);
    void (*done)(void *arg, const struct sca_txn_outcome *outcome);
};

int sca_txns_new(uv_loop_t *loop, const struct sca_paths *paths, struct sca_http *http,
                 struct sca_secrets *secrets, struct sca_listing *listing, struct sca_txns **ret_txns);

/* New configuration (borrowed until the next call). Running transactions keep what they began with. */
int sca_txns_configure(struct sca_txns *txns, const struct sca_config *config);

/* Loads the journal and takes up what is unfinished. After sca_txns_configure. */
int sca_txns_resume(struct sca_txns *txns);

int sca_txns_ask(struct sca_txns *txns, const struct sca_txn_request *request,
                 const struct sca_txn_callbacks *callbacks, void *arg, struct sca_txn_wait **ret_wait);

/* The host gave up: what is not sent yet loses this document; what is sent goes on. */
void sca_txns_leave(struct sca_txn_wait *wait);

/* Transactions that a person may still answer; 0 = the agent may leave. */
size_t sca_txns_active(const struct sca_txns *txns);

/* Stops timers and flows; the journal keeps the rest. */
void sca_txns_free(struct sca_txns *txns);

#endif
