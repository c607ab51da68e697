/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cloud (the simulator), a loop, and an agent in small that drives one flow to its end. Included
 * after cmocka.h.
 */
#ifndef SCA_TESTS_FAULT_CLOUD_WORLD_H
#define SCA_TESTS_FAULT_CLOUD_WORLD_H

#include <uv.h>
#include "agent/browse.h"
#include "cloud/http.h"
#include "sim.h"

#define PHONE "012345678901" /* confirms in the app */
#define TH    "012345678903" /* password and one-time code */

extern struct sim sim;
extern struct sca_http *http;
extern struct sca_cloud_account account;

struct agent {
    struct sca_flow *flow;
    struct sca_action action;
    bool ended;
    bool busy; /* a call or a timer is under way */
    unsigned spends;
    uv_timer_t timer;
    const char *tap;     /* "/approve" or "/reject" at the first wait, or NULL */
    unsigned waits_left; /* then SCA_EVENT_LAST_CHANCE; 0: never */
    const char *otp;     /* NULL: computed, or as it was sent */
    const char *pin;     /* NULL: the right one */
    unsigned tokens;     /* access tokens that were asked for */
    struct sca_browse *browse;
    unsigned pages;   /* that were shown */
    bool no_screen;   /* nobody can be shown a page */
    bool leave_pages; /* they are shown and not answered: SCA_EVENT_LAST_CHANCE */
};

int world_setup_group(void **state);
int world_teardown_group(void **state);
int world_setup(void **state);    /* a fresh simulator, account of PHONE */
int world_setup_th(void **state); /* the same of TH */
int world_teardown(void **state); /* fails when something is left on the loop */

/* Account, and first certificate for later checks. Services by the simulator's names. */
void world_use_person(const char *user_id); /* of sp769 */
void world_use_service(const char *name, const char *user_id);
void world_use_credential(size_t index);                        /* another one of the listing */
int world_setup_service(const char *name, const char *user_id); /* a fresh simulator, too */

/* Drops kept-alive connections. */
void world_restart_http(void);

/* Drives a listing at the service in use to its end. */
struct agent world_list(void);

/* Drives agent->flow to its end. */
void world_run(struct agent *agent);

/* A request for @count (1 to 3) documents with an id and digests of its own. */
struct sca_cloud_sign world_new_sign(size_t count);
struct sca_cloud_sign world_new_sign_by(size_t count, enum sca_scheme scheme, enum sca_hash hash);

/* Drives a sign flow to its end; fails where more than one request could have cost something. */
struct agent sign_as(const char *name, const struct sca_cloud_sign *sign, struct agent agent);

/* How it must have ended; signatures must verify. */
void expect_signed(struct agent *agent, size_t count);
void expect_fail(struct agent *agent, int err, enum sca_spent spent);

/* What the simulator counted, and that it saw nothing that a careful client would not do. */
void expect_counts(int prompts, int paid);

#endif
