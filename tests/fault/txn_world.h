/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for the transaction engine: a cloud that obeys a script, a clock that can be moved, one
 * account with one real key. The engine, its flow driver, journal and ledger are the product's;
 * provider, transport, listing and clock are stood in for here. Included after cmocka.h.
 */
#ifndef SCA_TESTS_FAULT_TXN_WORLD_H
#define SCA_TESTS_FAULT_TXN_WORLD_H

#include <uv.h>
#include "agent/journal.h"
#include "agent/txn.h"

/* What becomes of the next sign requests. */
enum arrival {
    ARRIVES,    /* acted on and answered */
    REPLY_LOST, /* acted on, the reply never comes */
    LOST,       /* perhaps arrived, the client thinks; it did not */
    NOT_SENT,   /* certain: nothing left */
};

/* What the person does with each transaction. */
enum verdict { UNDECIDED, APPROVED, REJECTED, FORGED, HALF_FORGED, REFUSED };

struct world {
    uv_loop_t loop;
    char folder[64];
    struct sca_paths paths;
    struct sca_config config;
    struct sca_config_account account;
    struct sca_notify *notify;
    struct sca_txns *txns;

    /* the script */
    enum arrival arrival;
    enum verdict verdict;
    bool unreachable;      /* polls fail */
    bool listed;           /* the listing knows the certificate */
    int list_err;          /* how the first listing ends */
    uint32_t session_max;  /* signatures of one permission; 0: there is none */
    int64_t permit_life_s; /* 0: the service does not say */
    bool permit_over;      /* the one that is used turns out to be over before the request */
    bool tells;            /* a service that can be told not to ask, and is, before the request */
    bool hold;             /* a request that is ready to spend waits until this is false */

    const char *executable; /* of whoever asks now; NULL: /usr/bin/host */
    bool connecting;        /* no connection comes about until this is false */
    bool not_durable;       /* the disk fails to keep what is written */
    bool no_memory;         /* to verify what the service returned */
    bool hosts_die;         /* whoever asks now is gone when its answer comes */

    /* what was counted */
    unsigned sends;   /* requests that spend */
    unsigned prompts; /* of those, acted on */
    unsigned polls;
    unsigned told;   /* services told not to ask */
    unsigned fenced; /* flows that had to ask the person themselves */
    unsigned holds;  /* waits of requests that are ready */
    unsigned listings;
    size_t last_docs;    /* of the last request */
    bool at_once;        /* it was told that the one before ended at once */
    unsigned in_session; /* requests with a permission that was given before */
    unsigned asked_for;  /* signatures that the last permission was asked for */
    char description[256];
};

/* One host's request and what came of it. */
struct asked {
    struct world *world;
    struct sca_txn_wait *wait;
    uint8_t digest[32];
    bool done;
    bool refuses; /* the host is gone when the answer comes */
    int err;
    bool replayed;
    bool verifies;
    char txn[64];
    char code[16];
    char sentence[512];
    unsigned progress;
    enum sca_progress state; /* latest */
};

void world_open(struct world *world);
void world_close(struct world *world);

/* The agent ends and another one starts on the same folders. */
void world_restart(struct world *world);

void world_move_clock(struct world *world, int64_t seconds);

/* Asks for the digest that is @number everywhere. */
void world_ask(struct world *world, struct asked *asked, uint8_t number, const char *program,
               int64_t pid);
/* Runs the loop until it is true; fails the test after 20 s. */
void world_until_done(struct world *world, struct asked *asked);
void world_until_state(struct world *world, struct asked *asked, enum sca_progress state);
void world_until_polls(struct world *world, unsigned polls);
/* Until a request is held; with world->hold. */
void world_until_held(struct world *world);
/* Until nothing is left that would keep the agent alive. */
void world_until_idle(struct world *world);
/* Runs what is due now. */
void world_turn(struct world *world);

/* Lines of the ledger with that outcome. */
unsigned world_ledger(struct world *world, const char *outcome);

/* Records of the journal in that state. */
unsigned world_journal(struct world *world, enum sca_txn_state state);

#endif
