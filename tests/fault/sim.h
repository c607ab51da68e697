/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator as a child process, and its control port. Blocking; failures end the test.
 * SIM_PROGRAM and SIM_IDENTITIES come from meson. Included after cmocka.h.
 */
#ifndef SCA_TESTS_FAULT_SIM_H
#define SCA_TESTS_FAULT_SIM_H

#include <jansson.h>
#include <sys/types.h>

struct sim {
    pid_t pid;
    char dir[64];
    char root[128];    /* base of all services */
    char url[128];     /* of sp769, with its path */
    char control[128]; /* base of the control port */
    char ca_file[128];
    char sp_id[128];
    char sp_password[128];
};

/* Starts it and waits until it is ready. */
void sim_start(struct sim *sim);
void sim_stop(struct sim *sim);

/* Everything as after the start. */
void sim_reset(const struct sim *sim);

/* POSTs @order (JSON text) to the control port; anything but 200 fails the test. */
void sim_order(const struct sim *sim, const char *path, const char *order);

/* A counter of GET /state: "paid", "prompts", "requests:/v1/signatures/sign" ... */
int sim_count(const struct sim *sim, const char *name);

/* Requests that a careful client would not have sent; shown and failed if there is one. */
void sim_no_violations(const struct sim *sim);

/* What services.json says of a provider: "base" is its path below sim->root. Caller frees. */
json_t *sim_service(const struct sim *sim, const char *provider);

/* A person of persons.json by user id; caller frees with json_decref. */
json_t *sim_person(const struct sim *sim, const char *user_id);

/* The six digits that were sent to a phone last. */
void sim_last_code(const struct sim *sim, char ret_code[7]);

#endif
