/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSC keys that ask for permission on a web page, against the simulator: a real way back on this
 * computer, a browser that is a program of the tests. One page for a transaction at the most.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "csc_world.h"

static void use_page(void)
{
    world_use_service(service, APP);
    world_use_credential(2);
    switch_to("consent", "\"" APP "\"");
}

static void test_a_page_for_each_signature(void **state)
{
    static const char *const forms[][2] = {
        {"csc_oauth2_uri", "\"plain\""},    {"csc_oauth2_uri", "\"slash\""},
        {"csc_v2_specs", "\"2.1.0.1\""},    {"csc_v2_specs", "\"2.2.0.0\""},
        {"csc_oauth2_form", "\"servers\""}, {"csc_oauth2_form", "\"issuer\""},
    };
    const size_t count = version_2() ? COUNT(forms) : 2;

    (void)state;
    use_page();
    for (size_t i = 0; i < count; i++) {
        switch_to(forms[i][0], forms[i][1]);
        struct agent agent = sign_with(3, (struct agent){0});
        expect_signed(&agent, 3);
        assert_int_equal(agent.pages, 1);
        sca_flow_free(agent.flow);
    }
    assert_int_equal(sim_count(&sim, "consents"), (int)count);
    expect_counts(0, 3 * (int)count);
}

static void page_fails(struct agent agent, int err, unsigned pages)
{
    agent = sign_with(1, agent);
    expect_fail(&agent, err, SCA_SPENT_NOTHING);
    assert_int_equal(agent.pages, pages);
    sca_flow_free(agent.flow);
}

static void test_a_page_that_permits_nothing(void **state)
{
    (void)state;
    use_page();
    page_fails((struct agent){.no_screen = true}, SCA_E_NO_SCREEN, 0);
    page_fails((struct agent){.leave_pages = true}, SCA_E_EXPIRED, 1);
    switch_to("consent", "\"deny\"");
    page_fails((struct agent){0}, SCA_E_REJECTED, 1);
    switch_to("consent", "\"" APP "\"");
    switch_to("csc_code_seconds", "0.0");
    page_fails((struct agent){0}, SCA_E_REFUSED, 1);
    switch_to("csc_code_seconds", "60.0");
    switch_to("key_status", "\"disabled\"");
    page_fails((struct agent){0}, SCA_E_CERT, 0);
    switch_to("key_status", "\"enabled\"");
    expect_counts(0, 0);
}

/* The code is good once, and the person is not asked again. */
static void test_a_page_whose_token_is_lost(void **state)
{
    static const char *const actions[] = {"act-then-close\"", "truncate\"", "garbage\"",
                                          "status\",\"status\":502"};

    (void)state;
    use_page();
    sign_signed(1, (struct agent){0}); /* the service's own log-in is done */
    for (size_t i = 0; i < COUNT(actions); i++) {
        fault("/oauth2/token", actions[i]);
        page_fails((struct agent){0}, SCA_E_SERVER, 1);
    }
    expect_counts(0, 1);
}

static void test_a_page_and_a_lost_signature(void **state)
{
    (void)state;
    use_page();
    fault("/signatures/signHash", "act-then-close\"");
    struct agent agent = sign_with(2, (struct agent){0});
    assert_int_equal(agent.action.step, SCA_STEP_FAIL);
    assert_int_equal(agent.action.spent, SCA_SPENT_UNKNOWN);
    assert_int_equal(agent.pages, 1);
    sca_flow_free(agent.flow);
    expect_counts(0, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_a_page_for_each_signature),
        BOTH(test_a_page_that_permits_nothing),
        BOTH(test_a_page_whose_token_is_lost),
        BOTH(test_a_page_and_a_lost_signature),
    };
    return cmocka_run_group_tests(tests, world_setup_group, world_teardown_group);
}
