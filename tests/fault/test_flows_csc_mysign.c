/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MySign by its CSC-v1 flavour, provider csc, against the simulator: log-in by vtss, authorize that
 * answers when the person has confirmed, documents beside the hashes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "csc_world.h"

#define USER "CMT_" PHONE

static int setup(void **state)
{
    (void)state;
    service = "csc-mysign";
    return world_setup_service(service, USER);
}

static void test_signed(void **state)
{
    (void)state;
    switch_to("auto", "\"approve\"");
    sign_signed(1, (struct agent){0});
    sign_signed(3, (struct agent){0});
    assert_int_equal(sim_count(&sim, "logins"), 1);
    expect_counts(2, 4);
}

static void test_rejected_and_expired(void **state)
{
    (void)state;
    switch_to("auto", "\"reject\"");
    sign_fails((struct agent){0}, SCA_E_REJECTED, SCA_SPENT_NOTHING);
    switch_to("auto", "\"none\"");
    switch_to("confirm_seconds", "0.1");
    sign_fails((struct agent){0}, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    expect_counts(2, 0);
}

static void test_refusals(void **state)
{
    (void)state;
    switch_to("auto", "\"approve\"");
    switch_to("key_status", "\"disabled\"");
    sign_fails((struct agent){0}, SCA_E_CERT, SCA_SPENT_NOTHING);
    switch_to("key_status", "\"enabled\"");
    sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
    sign_signed(1, (struct agent){0}); /* logged in again, once */
    switch_to("signatures_left", "0");
    sign_fails((struct agent){0}, SCA_E_QUOTA, SCA_SPENT_NOTHING);
    expect_counts(2, 1);
}

static void test_sign_lost(void **state)
{
    (void)state;
    switch_to("auto", "\"approve\"");
    fault("/signatures/signHash", "act-then-close\"");
    struct agent agent = sign_with(2, (struct agent){0});
    assert_int_equal(agent.action.step, SCA_STEP_FAIL);
    assert_int_equal(agent.action.spent, SCA_SPENT_UNKNOWN);
    sca_flow_free(agent.flow);
    fault("/credentials/authorize", "act-then-close\"");
    sign_fails((struct agent){0}, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    expect_counts(2, 2);
}

int main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        ONE(test_signed),
        ONE(test_rejected_and_expired),
        ONE(test_refusals),
        ONE(test_sign_lost),
    };
    return cmocka_run_group_tests(tests, world_setup_group, world_teardown_group);
}
