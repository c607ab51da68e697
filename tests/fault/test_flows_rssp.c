/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSSP against the simulator, through real HTTPS: the three second factors, RSA and ECDSA, tokens
 * that end at a bad moment, and replies that are lost. One paid signature at the most, no code
 * tried twice, and where nobody can ask what became of a request, nothing is claimed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud_world.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

#define RSSP      "rssp"
#define PASSCODE  "012345678911" /* first RSA-2048, then RSA-3072, P-256, P-384, P-521 */
#define CODES     "012345678912" /* P-256, a code by SMS */
#define APP       "012345678913" /* RSA-2048 and P-256, the phone */
#define AUTHORIZE "/credentials/authorize"
#define SIGN      "/signatures/signHash"

static int setup(void **state)
{
    (void)state;
    return world_setup_service(RSSP, PASSCODE);
}

static struct agent sign_with(size_t count, struct agent agent)
{
    struct sca_cloud_sign sign = world_new_sign(count);

    return sign_as(RSSP, &sign, agent);
}

static void sign_signed(size_t count)
{
    struct agent agent = sign_with(count, (struct agent){0});

    expect_signed(&agent, count);
    sca_flow_free(agent.flow);
}

static void sign_fails(struct agent agent, int err, enum sca_spent spent)
{
    agent = sign_with(1, agent);
    expect_fail(&agent, err, spent);
    sca_flow_free(agent.flow);
}

static void fault(const char *path, const char *action)
{
    char order[256];

    snprintf(order, sizeof order, "{\"path\":\"%s$\",\"action\":\"%s}", path, action);
    sim_order(&sim, "/fault", order);
}

/* ---- listing and log-in ---------------------------------------------------------------------- */

static void test_listing(void **state)
{
    static const char *const forms[] = {"{}", "{\"rssp_numbers\":\"string\"}"};

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        sim_order(&sim, "/switch", forms[i]);
        struct agent agent = world_list();
        assert_int_equal(agent.action.step, SCA_STEP_DONE);
        const struct sca_cloud_listing *listing = sca_flow_listing(agent.flow);
        assert_int_equal(listing->count, 5);
        assert_int_equal(listing->certs[0].state, SCA_CERT_USABLE);
        assert_int_equal(listing->certs[0].chain_count, 2);
        assert_int_equal(listing->certs[0].max_batch, 10);
        assert_true(listing->certs[0].has_signatures_left);
        assert_int_equal(listing->certs[0].signatures_left, 1000);
        sca_flow_free(agent.flow);
    }
    world_use_service(RSSP, "012345678904");
    struct agent agent = world_list();
    assert_int_equal(sca_flow_listing(agent.flow)->certs[0].state, SCA_CERT_BLOCKED);
    sca_flow_free(agent.flow);
    expect_counts(0, 0);
}

/* One log-in for all, another one when the service forgets the token on the way. */
static void test_tokens(void **state)
{
    static const char *const forms[] = {"{\"rssp_token_error\":\"3005\"}",
                                        "{\"rssp_token_error\":\"3006\"}"};

    (void)state;
    int before = sim_count(&sim, "logins");
    for (size_t i = 0; i < COUNT(forms); i++) {
        sim_order(&sim, "/switch", forms[i]);
        sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
        sign_signed(1);
        sign_signed(1);
    }
    assert_int_equal(sim_count(&sim, "logins"), before + 2);
    expect_counts(0, 4);
}

/* ---- second factors -------------------------------------------------------------------------- */

static void test_passcode(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        world_use_credential(i);
        sign_signed(i < 4 ? 3 : 1); /* the last one signs one at a time */
    }
    expect_counts(0, 13);
    assert_int_equal(sim_count(&sim, "wrong_pins"), 0);
}

static void test_wrong_passcode(void **state)
{
    (void)state;
    for (int left = 4; left > 0; left--) {
        struct agent agent = sign_with(1, (struct agent){.pin = "000000"});

        expect_fail(&agent, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
        assert_true(agent.action.tries.known);
        assert_int_equal(agent.action.tries.left, left);
        sca_flow_free(agent.flow);
    }
    for (int i = 0; i < 2; i++) {
        struct agent agent = sign_with(1, (struct agent){.pin = i == 0 ? "000000" : NULL});

        expect_fail(&agent, SCA_E_USER_LOCKED, SCA_SPENT_NOTHING);
        assert_true(agent.action.tries.locked_s > 250);
        sca_flow_free(agent.flow);
    }
    assert_int_equal(sim_count(&sim, "wrong_pins"), 5);
    expect_counts(0, 0);
}

static void test_sent_code(void **state)
{
    (void)state;
    world_use_service(RSSP, CODES);
    sign_signed(2);
    assert_int_equal(sim_count(&sim, "messages"), 1);
    sign_fails((struct agent){.otp = "000000"}, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
    assert_int_equal(sim_count(&sim, "wrong_otps"), 1);
    expect_counts(0, 2);
}

static void test_phone(void **state)
{
    (void)state;
    world_use_service(RSSP, APP);
    sim_order(&sim, "/switch", "{\"auto\":\"approve\",\"auto_delay_ms\":200}");
    sign_signed(2);
    world_use_credential(1);
    sign_signed(1);
    expect_counts(2, 3);
    sim_order(&sim, "/switch", "{\"auto\":\"reject\"}");
    sign_fails((struct agent){0}, SCA_E_REJECTED, SCA_SPENT_NOTHING);
    sim_order(&sim, "/switch", "{\"auto\":\"none\",\"confirm_seconds\":1}");
    sign_fails((struct agent){0}, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    expect_counts(4, 3);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void test_refused_early(void **state)
{
    (void)state;
    world_use_service(RSSP, APP);
    sim_order(&sim, "/switch", "{\"rssp_signing_counter\":0}");
    sign_fails((struct agent){0}, SCA_E_QUOTA, SCA_SPENT_NOTHING);
    sim_order(&sim, "/switch", "{\"rssp_signing_counter\":1000}");
    sim_order(&sim, "/persons", "{\"user_id\":\"" APP "\",\"status\":{\"may-app\":\"SUSPENDED\"}}");
    sign_fails((struct agent){0}, SCA_E_CERT, SCA_SPENT_NOTHING);
    expect_counts(0, 0); /* the phone did not ring */
}

static void test_odd_signatures(void **state)
{
    static const char *const forms[] = {
        "{\"documents\":\"missing\"}",
        "{\"documents\":\"extra\"}",
        "{\"signature\":\"not-base64\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        sim_order(&sim, "/switch", "{\"documents\":\"all\",\"signature\":\"good\"}");
        sim_order(&sim, "/switch", forms[i]);
        struct agent agent = sign_with(2, (struct agent){0});
        expect_fail(&agent, SCA_E_SERVER, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
    }
    sim_order(&sim, "/switch", "{\"documents\":\"all\",\"signature\":\"good\"}");
    sim_order(&sim, "/switch", "{\"signature_crlf\":\"inside\"}");
    sign_signed(2);
}

/* ---- lost replies ---------------------------------------------------------------------------- */

static void test_sign_lost(void **state)
{
    static const struct {
        const char *action;
        bool paid;
    } rows[] = {
        {"act-then-close\"", true}, {"act-then-reset\"", true},
        {"truncate\"", true},       {"act-then-status\",\"status\":503", true},
        {"close-before\"", false},  {"status\",\"status\":500", false},
        {"garbage\"", false},
    };
    int paid = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        fault(SIGN, rows[i].action);
        struct sca_cloud_sign sign = world_new_sign(1);
        struct agent agent = sign_as(RSSP, &sign, (struct agent){0});

        expect_fail(&agent, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
        paid += rows[i].paid ? 1 : 0;
        sign.resume = true;
        agent = sign_as(RSSP, &sign, (struct agent){0});
        expect_fail(&agent, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
        expect_counts(0, paid);
    }
}

/* Without a SAD nothing is signed, whatever the service did. */
static void test_authorize_lost(void **state)
{
    static const char *const actions[] = {"act-then-close\"", "truncate\"", "close-before\"",
                                          "status\",\"status\":503"};

    (void)state;
    for (size_t i = 0; i < COUNT(actions); i++) {
        fault(AUTHORIZE, actions[i]);
        sign_fails((struct agent){0}, SCA_E_SERVER, SCA_SPENT_NOTHING);
    }
    sign_signed(1);
    expect_counts(0, 1);
}

static void test_unreachable(void **state)
{
    (void)state;
    world_restart_http();
    sim_order(&sim, "/listen", "{\"on\":false}");
    sign_fails((struct agent){0}, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
    sim_order(&sim, "/listen", "{\"on\":true}");
    sign_signed(1);
    expect_counts(0, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_listing),        TEST(test_tokens),         TEST(test_passcode),
        TEST(test_wrong_passcode), TEST(test_sent_code),      TEST(test_phone),
        TEST(test_refused_early),  TEST(test_odd_signatures), TEST(test_sign_lost),
        TEST(test_authorize_lost), TEST(test_unreachable),
    };
    return cmocka_run_group_tests(tests, world_setup_group, world_teardown_group);
}
