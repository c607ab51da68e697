/* SPDX-License-Identifier: Apache-2.0 */
/* One account's log-in, for the files that the broker is made of (token_broker.h is its door). */
#ifndef SCA_AGENT_TOKEN_CORE_H
#define SCA_AGENT_TOKEN_CORE_H

#include <sys/queue.h>
#include "token_broker.h"

struct sca_token_entry;

enum sca_token_state {
    SCA_TOKEN_IDLE,
    SCA_TOKEN_WANTED,  /* to be logged in as soon as the lock is ours */
    SCA_TOKEN_RUNNING, /* a log-in is under way */
};

/* What smartca login brings, copied. */
struct sca_token_code {
    struct sca_secret *code;
    struct sca_secret *verifier;
    char *redirect_uri;
};

struct sca_token_wait {
    TAILQ_ENTRY(sca_token_wait) link;
    struct sca_token_entry *entry;
    sca_flow_token_done *done;
    void *arg;
    bool due; /* being told */
};

/* One account under certain settings. */
struct sca_token_entry {
    TAILQ_ENTRY(sca_token_entry) link;
    struct sca_token_broker *broker;
    struct sca_config_account *account; /* as it was when the log-in began */
    struct sca_cloud_account cloud_account;
    enum sca_token_state state;
    TAILQ_HEAD(, sca_token_wait) waits;
    uv_timer_t timer;

    /* what is known */
    struct sca_secret *access;
    int64_t until_ms;
    int64_t until_utc;
    struct sca_secret *unstored; /* a refresh token that is not on disk yet */

    /* the log-in under way */
    int64_t lock_until_ms;
    int lock_fd;
    struct sca_flow_run *run;
    struct sca_typed typed;
    struct sca_token_code code;
    struct sca_secret *tried; /* the password that was handed out */

    /* what was refused */
    struct sca_secret *refused;
    int64_t locked_until_ms;
    char detail[SCA_CLOUD_DETAIL_SIZE]; /* the service's words then */
};

struct sca_token_broker {
    struct sca_flow_run_env env;
    const struct sca_paths *paths;
    struct sca_flow_tokens door;
    TAILQ_HEAD(, sca_token_entry) entries;
};

/* ---- token_login.c */

/* Has the entry's next step done from the loop, @wait_ms from now. */
void sca_token_kick(struct sca_token_entry *entry, uint64_t wait_ms);

/* There is an access token that can be used: not over, and all that came with it is stored. */
bool sca_token_good(const struct sca_token_entry *entry);

/* Both are there and equal. */
bool sca_token_same(const struct sca_secret *a, const struct sca_secret *b);

void sca_token_code_clear(struct sca_token_code *code);

/* What is under way ends here; nobody is told. */
void sca_token_end_login(struct sca_token_entry *entry);

#endif
