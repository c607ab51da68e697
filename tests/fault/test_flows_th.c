/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v2 against the simulator: password and one-time code, the phone where no SAD comes, and confirms
 * that are lost after they acted: never two paid signatures, never a second code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud_world.h"

#define CONFIRM "/v2/signatures/confirm"

static void test_th(void **state)
{
    static const char *const forms[] = {
        "{\"v2_flow\":\"sad\"}",
        "{\"v2_flow\":\"signed\"}",
        "{\"v2_flow\":\"sad\",\"sign_tran_code\":false,\"status_code_form\":\"string\"}",
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sim_order(&sim, "/switch", forms[i]);
        struct sca_cloud_sign sign = world_new_sign(2);
        struct agent agent = sign_as("vnpt-smartca-th", &sign, (struct agent){0});
        expect_signed(&agent, 2);
        sca_flow_free(agent.flow);
        expect_counts(0, 2 * (int)(i + 1));
    }
    sim_order(&sim, "/switch", "{\"v2_flow\":\"app\"}");
    struct sca_cloud_sign sign = world_new_sign(1);
    struct agent agent = sign_as("vnpt-smartca-th", &sign, (struct agent){.tap = "/approve"});
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    expect_counts(1, 7);
}

static void test_th_refused(void **state)
{
    struct sca_cloud_sign sign = world_new_sign(1);
    struct agent agent = sign_as("vnpt-smartca-th", &sign, (struct agent){.otp = "000000"});

    (void)state;
    expect_fail(&agent, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
    assert_int_equal(sim_count(&sim, "wrong_otps"), 1); /* never guessed again */
    sim_order(&sim, "/persons", "{\"user_id\":\"" TH "\",\"lock\":60}");
    sign = world_new_sign(1);
    agent = sign_as("vnpt-smartca-th", &sign, (struct agent){0});
    expect_fail(&agent, SCA_E_USER_LOCKED, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
    expect_counts(0, 0);
}

static void test_confirm_lost(void **state)
{
    static const char *const faults[] = {"act-then-close\"", "act-then-reset\"", "truncate\"",
                                         "close-before\"", "act-then-status\",\"status\":503"};
    static const char *const repeats[] = {"same", "refuse"};
    char order[256];
    int number = 0;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        snprintf(order, sizeof order, "{\"confirm_repeat\":\"%s\"}", repeats[i / 5]);
        sim_order(&sim, "/switch", order);
        snprintf(order, sizeof order, "{\"path\":\"" CONFIRM "$\",\"action\":\"%s}", faults[i % 5]);
        sim_order(&sim, "/fault", order);
        struct sca_cloud_sign sign = world_new_sign(1);
        struct agent agent = sign_as("vnpt-smartca-th", &sign, (struct agent){0});
        expect_signed(&agent, 1);
        sca_flow_free(agent.flow);
        expect_counts(0, ++number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_th, world_setup_th, world_teardown),
        cmocka_unit_test_setup_teardown(test_th_refused, world_setup_th, world_teardown),
        cmocka_unit_test_setup_teardown(test_confirm_lost, world_setup_th, world_teardown),
    };
    return cmocka_run_group_tests(tests, world_setup_group, world_teardown_group);
}
