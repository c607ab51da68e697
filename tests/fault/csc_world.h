/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the CSC flows share: persons, both versions, faults. Included after cmocka.h.
 */
#ifndef SCA_TESTS_FAULT_CSC_WORLD_H
#define SCA_TESTS_FAULT_CSC_WORLD_H

#include <stdio.h>
#include <string.h>
#include "cloud_world.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

#define KEYS  "012345678911" /* a PIN; one credential of each kind of key */
#define CODES "012345678912" /* PIN and TOTP, PIN and a sent code, a sent code */
#define APP   "012345678913" /* the phone, twice; a page in the browser */
#define SEAL  "0100000001"   /* nothing */

static const char *service; /* "csc-v1" or "csc-v2" */

static inline int setup_1(void **state)
{
    (void)state;
    service = "csc-v1";
    return world_setup_service(service, KEYS);
}

static inline int setup_2(void **state)
{
    (void)state;
    service = "csc-v2";
    return world_setup_service(service, KEYS);
}

static inline bool version_2(void)
{
    return strcmp(service, "csc-v2") == 0;
}

static inline void switch_to(const char *name, const char *value)
{
    char order[256];

    snprintf(order, sizeof order, "{\"%s\":%s}", name, value);
    sim_order(&sim, "/switch", order);
}

/* One reply to a call is spoilt; @action is the rest of the order, from the action's name on. */
static inline void fault(const char *call, const char *action)
{
    char order[256];

    snprintf(order, sizeof order, "{\"path\":\"%s$\",\"count\":1,\"action\":\"%s}", call, action);
    sim_order(&sim, "/fault", order);
}

static inline struct agent sign_with(size_t count, struct agent agent)
{
    struct sca_cloud_sign sign = world_new_sign(count);

    return sign_as("csc", &sign, agent);
}

static inline void sign_signed(size_t count, struct agent agent)
{
    agent = sign_with(count, agent);
    expect_signed(&agent, count);
    sca_flow_free(agent.flow);
}

static inline void sign_fails(struct agent agent, int err, enum sca_spent spent)
{
    agent = sign_with(1, agent);
    expect_fail(&agent, err, spent);
    sca_flow_free(agent.flow);
}

/* A test against both versions. */
#define BOTH(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, setup_1, world_teardown),                                \
        cmocka_unit_test_setup_teardown(name, setup_2, world_teardown)

#endif
