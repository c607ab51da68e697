/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives one cloud flow on the agent's loop: sends what it wants sent, waits as long as it wants to
 * wait, looks up the secrets it needs, and tells how it ended. Listings and transactions both run
 * on this. Knows nothing of journals: before_send and leaving are where the caller makes things
 * durable.
 */
#ifndef SCA_AGENT_FLOW_RUN_H
#define SCA_AGENT_FLOW_RUN_H

#include <uv.h>
#include "cloud/http.h"
#include "config.h"
#include "secrets.h"

struct sca_flow_run;

/* @access borrowed for the call, NULL with @err; @detail: why, in the provider's words, or "". */
typedef void sca_flow_token_done(void *arg, int err, const struct sca_secret *access,
                                 const char *detail);

/*
 * Where access tokens come from: the door through which a run asks the token broker, which itself
 * drives log-ins by runs. token_broker.h says what each means.
 */
struct sca_flow_tokens {
    void *arg;
    int (*get)(void *arg, const struct sca_config_account *account, const struct sca_typed *typed,
               const struct sca_secret *refused, sca_flow_token_done *done, void *done_arg,
               void **ret_wait);
    void (*cancel)(void *wait);
};

/* What every run borrows for its life. */
struct sca_flow_run_env {
    uv_loop_t *loop;
    struct sca_http *http;
    struct sca_secrets *secrets;
    const struct sca_flow_tokens *tokens; /* NULL: a run that needs a token gets SCA_E_NEED_AUTH */
};

/* How a flow ended; all borrowed until sca_flow_run_free. */
struct sca_flow_end {
    int err;                                 /* 0: done */
    enum sca_spent spent;                    /* where err is not 0 */
    const char *detail;                      /* provider's or library's words, printable; "" */
    struct sca_tries tries;                  /* where err is not 0 */
    const struct sca_cloud_listing *listing; /* of a list flow that is done, else NULL */
    const struct sca_cloud_result *result;   /* of a sign flow that is done, else NULL */
    const struct sca_cloud_token *token;     /* of a login flow, done or not, else NULL */
    const struct sca_cloud_permit *permit;   /* of a sign flow, done or not: sca_flow_permit */
    struct sca_cloud_unasked unasked;        /* ditto: sca_flow_unasked */
    bool at_screen;   /* where err is not 0: for want of the person's yes at the screen */
    const char *page; /* of a flow that looked for it and is done, else NULL */
    int64_t date_utc; /* the service's clock in its last reply; 0 unknown */
};

/*
 * All come from the loop, never from inside a function of this file. Each may call
 * sca_flow_run_free; nothing else comes after that.
 */
struct sca_flow_run_callbacks {
    void *arg;

    /*
     * A request is about to leave; once for each. Not 0 (an enum sca_err) keeps it here and ends
     * the run with that error: SCA_SPENT_NOTHING if @request->spends, which a flow sends once at
     * most, SCA_SPENT_UNKNOWN otherwise. May be NULL.
     */
    int (*before_send)(void *arg, const struct sca_http_request *request);

    /*
     * The connection for a request that spends is there, and nothing of it has left; anything but 0
     * ends the run with that error, nothing spent. Must not free the run. May be NULL.
     */
    int (*leaving)(void *arg);

    /*
     * The service has said that it has the transaction; @provider_txn is its own code for it, ""
     * where it gave none. Once, and once more when the code comes later. @ends: done with
     * signatures follows at once. May be NULL.
     */
    void (*accepted)(void *arg, const char *provider_txn, bool ends);

    /*
     * A secret was found; not 0 (an enum sca_err) keeps it from the flow, which gets the error
     * instead. May be NULL.
     */
    int (*secret)(void *arg, enum sca_secret_kind kind, const struct sca_secret *secret);

    /*
     * The flow begins a wait, or a request that answers only when the person has; @person when
     * somebody is being asked. May be NULL.
     */
    void (*waiting)(void *arg, bool person);

    /* A page was opened in the person's browser, who is being asked there. May be NULL. */
    void (*browsing)(void *arg);

    /* The end; called once. The run stays until it is freed. */
    void (*done)(void *arg, const struct sca_flow_end *end);
};

/*
 * Starts @flow and takes it over (also on failure). Borrows @env and @account for the life of the
 * run (sca_config_account_copy makes one that outlives its configuration); copies @typed, which may
 * be NULL, and uses a typed one-time code once only. Never blocks. SCA_E_NOMEM.
 */
int sca_flow_run_new(const struct sca_flow_run_env *env, const struct sca_config_account *account,
                     struct sca_flow *flow, const struct sca_typed *typed,
                     const struct sca_flow_run_callbacks *callbacks, struct sca_flow_run **ret_run);

/*
 * The time to confirm is over: the flow gets SCA_EVENT_LAST_CHANCE at once if it waits, or if a
 * request or a page is under way that has the person asked (it is dropped), else when it next
 * begins one of these. The end comes by done as ever.
 */
void sca_flow_run_last_chance(struct sca_flow_run *run);

/* Cancels what is under way (done is not called) and frees. NULL is fine. */
void sca_flow_run_free(struct sca_flow_run *run);

#endif
