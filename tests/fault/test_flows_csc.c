/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSC 1.0.4 and 2.x against the simulator, through real HTTPS: every kind of key, every factor,
 * every dispute switch, every way in which a reply can be lost. One signHash at the most, and a
 * permission is asked for once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "csc_world.h"

/* ---- listing --------------------------------------------------------------------------------- */

static void test_listing(void **state)
{
    static const char *const forms[][2] = {
        {"csc_types", "\"strings\""}, {"csc_algo_form", "\"string\""},
        {"csc_optional", "\"null\""}, {"csc_optional", "\"absent\""},
        {"csc_chain", "\"no-root\""}, {"csc_chain", "\"signer\""},
        {"csc_page_size", "2"},       {"csc_list_infos", "false"},
        {"csc_types", "\"proper\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        switch_to(forms[i][0], forms[i][1]);
        struct agent agent = world_list();
        assert_int_equal(agent.action.step, SCA_STEP_DONE);
        const struct sca_cloud_listing *listing = sca_flow_listing(agent.flow);
        assert_int_equal(listing->count, 5);
        assert_int_equal(listing->certs[0].max_batch, 10);
        assert_int_equal(listing->certs[4].max_batch, 1);
        assert_int_equal(listing->certs[2].schemes, SCA_BIT(SCA_SCHEME_ECDSA));
        assert_true((listing->certs[0].schemes & SCA_BIT(SCA_SCHEME_PKCS1)) != 0);
        assert_int_equal(listing->certs[0].state, SCA_CERT_USABLE);
        sca_flow_free(agent.flow);
    }
    switch_to("key_status", "\"disabled\"");
    struct agent agent = world_list();
    assert_int_equal(sca_flow_listing(agent.flow)->certs[0].state, SCA_CERT_BLOCKED);
    sca_flow_free(agent.flow);
    expect_counts(0, 0);
}

static void test_listing_fails(void **state)
{
    static const char *const actions[] = {"garbage\"", "truncate\"", "status\",\"status\":502",
                                          "redirect\""};

    (void)state;
    for (size_t i = 0; i < COUNT(actions); i++) {
        fault("/credentials/list", actions[i]);
        struct agent agent = world_list();
        expect_fail(&agent, SCA_E_SERVER, SCA_SPENT_NOTHING);
        sca_flow_free(agent.flow);
    }
    sim_no_violations(&sim);
}

/* ---- keys and schemes ------------------------------------------------------------------------ */

static void test_every_key(void **state)
{
    static const enum sca_hash hashes[] = {SCA_HASH_SHA256, SCA_HASH_SHA384, SCA_HASH_SHA512};
    static const char *const forms[] = {"\"der\"", "\"raw\""};
    int paid = 0;

    (void)state;
    for (size_t form = 0; form < COUNT(forms); form++) {
        switch_to("ecdsa_form", forms[form]);
        for (size_t key = form == 0 ? 0 : 2; key < 5; key++) {
            world_use_credential(key);
            for (size_t i = 0; i < COUNT(hashes); i++) {
                size_t count = key == 4 ? 1 : 2;
                for (int pss = 0; pss <= (key < 2 ? 1 : 0); pss++) {
                    struct sca_cloud_sign sign = world_new_sign_by(count,
                                                                   key >= 2   ? SCA_SCHEME_ECDSA
                                                                   : pss == 1 ? SCA_SCHEME_PSS
                                                                              : SCA_SCHEME_PKCS1,
                                                                   hashes[i]);
                    struct agent agent = sign_as("csc", &sign, (struct agent){0});
                    expect_signed(&agent, count);
                    sca_flow_free(agent.flow);
                    paid += (int)count;
                }
            }
        }
    }
    expect_counts(0, paid);
}

static void test_forms_of_credentials(void **state)
{
    static const char *const forms[][2] = {
        {"csc_types", "\"strings\""},
        {"csc_optional", "\"null\""},
        {"csc_optional", "\"absent\""},
        {"csc_algos", "\"1.2.840.113549.1.1.11\""},
        {"csc_algos", "\"1.2.840.113549.1.1.1\""},
        {"csc_expires_in", "false"},
        {"signature_crlf", "\"inside\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        switch_to(forms[i][0], forms[i][1]);
        sign_signed(2, (struct agent){0});
    }
    expect_counts(0, 2 * (int)COUNT(forms));
}

/* ---- factors --------------------------------------------------------------------------------- */

static void test_codes(void **state)
{
    (void)state;
    sim_order(&sim, "/switch", "{\"otp_reuse\":\"accept\",\"otp_window\":1}");
    world_use_service(service, CODES);
    for (size_t i = 0; i < 3; i++) {
        world_use_credential(i);
        sign_signed(2, (struct agent){0});
        sign_fails((struct agent){.otp = "000000"}, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
    }
    assert_int_equal(sim_count(&sim, "messages"), 4);
    assert_int_equal(sim_count(&sim, "wrong_otps"), 3);
    expect_counts(0, 6);
}

static void test_wrong_pin(void **state)
{
    (void)state;
    for (int i = 1; i < 5; i++) {
        sign_fails((struct agent){.pin = "000000"}, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
        assert_int_equal(sim_count(&sim, "wrong_pins"), i);
    }
    sign_fails((struct agent){.pin = "000000"}, SCA_E_USER_LOCKED, SCA_SPENT_NOTHING);
    sign_fails((struct agent){0}, SCA_E_USER_LOCKED, SCA_SPENT_NOTHING);
    expect_counts(0, 0);
}

static void test_phone(void **state)
{
    static const struct {
        const char *tap;
        const char *name;
        const char *value;
        int err;
    } rows[] = {
        {"/reject", "csc_reject_form", "\"400-access_denied\"", SCA_E_REJECTED},
        {"/reject", "csc_reject_form", "\"401-access_denied\"", SCA_E_REJECTED},
        {"/reject", "csc_reject_form", "\"403-access_denied\"", SCA_E_REJECTED},
        {"/reject", "csc_reject_form", "\"400-invalid_authentication_data\"", SCA_E_REJECTED},
        {"/reject", "csc_reject_form", "\"400-invalid_request\"", SCA_E_REJECTED},
        {"/expire", "csc_expire_error", "\"access_denied\"", SCA_E_EXPIRED},
        {"/expire", "csc_expire_error", "\"invalid_request\"", SCA_E_EXPIRED},
        {"/expire", "csc_expire_error", "\"invalid_authentication_data\"", SCA_E_EXPIRED},
    };

    (void)state;
    world_use_service(service, APP);
    for (size_t i = 0; i < 2; i++) {
        world_use_credential(i);
        sign_signed(3, (struct agent){.tap = "/approve"});
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        switch_to(rows[i].name, rows[i].value);
        sign_fails((struct agent){.tap = rows[i].tap}, rows[i].err, SCA_SPENT_NOTHING);
    }
    sign_fails((struct agent){.waits_left = 3}, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    expect_counts(3 + (int)COUNT(rows), 6);
}

/* Looks at how it stands are lost, the person's decision is not. */
static void test_checks_lost(void **state)
{
    static const char *const actions[] = {"close-before\"", "truncate\"", "status\",\"status\":502",
                                          "garbage\""};

    (void)state;
    world_use_service(service, APP);
    for (size_t i = 0; i < COUNT(actions); i++) {
        fault("/credentials/authorizeCheck", actions[i]);
        sign_signed(1, (struct agent){.tap = "/approve"});
    }
    expect_counts((int)COUNT(actions), (int)COUNT(actions));
}

static void test_blocking_phone(void **state)
{
    (void)state;
    switch_to("csc_app_flow", "\"block\"");
    switch_to("auto", "\"approve\"");
    world_use_service(service, APP);
    sign_signed(3, (struct agent){0});
    switch_to("auto", "\"reject\"");
    sign_fails((struct agent){0}, SCA_E_REJECTED, SCA_SPENT_NOTHING);
    switch_to("auto", "\"none\"");
    switch_to("csc_block_seconds", "0.1");
    sign_fails((struct agent){0}, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    expect_counts(3, 3);
}

static void test_nothing_to_ask(void **state)
{
    (void)state;
    world_use_service(service, SEAL);
    sign_signed(3, (struct agent){0});
    expect_counts(0, 3);
}

/* ---- who asks -------------------------------------------------------------------------------- */

static void test_a_machine(void **state)
{
    (void)state;
    account.profile_id = "oauth2client";
    sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
    sign_signed(1, (struct agent){0});
    struct agent agent = world_list();
    assert_int_equal(sca_flow_listing(agent.flow)->count, 5);
    sca_flow_free(agent.flow);
    expect_counts(0, 1);
}

static void test_stale_tokens(void **state)
{
    static const char *const forms[] = {"\"invalid_token\"", "\"expired_token\""};

    (void)state;
    int before = sim_count(&sim, "logins");
    for (size_t i = 0; i < COUNT(forms); i++) {
        switch_to("csc_expired_error", forms[i]);
        sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
        sign_signed(1, (struct agent){0});
        sign_signed(1, (struct agent){0});
    }
    assert_int_equal(sim_count(&sim, "logins"), before + (int)COUNT(forms));
    expect_counts(0, 4);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void test_refused_early(void **state)
{
    (void)state;
    switch_to("key_status", "\"disabled\"");
    sign_fails((struct agent){0}, SCA_E_CERT, SCA_SPENT_NOTHING);
    switch_to("key_status", "\"enabled\"");
    switch_to("csc_algos", "\"1.2.840.113549.1.1.12\"");
    sign_fails((struct agent){0}, SCA_E_UNSUPPORTED, SCA_SPENT_NOTHING);
    switch_to("csc_algos", "\"\"");
    assert_int_equal(sim_count(&sim, version_2() ? "requests:/csc/v2/credentials/authorize"
                                                 : "requests:/csc/v1/credentials/authorize"),
                     0);
    sim_no_violations(&sim);
}

static void test_refused_late(void **state)
{
    (void)state;
    switch_to("csc_sad_seconds", "0.0");
    sign_fails((struct agent){0}, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    switch_to("csc_sad_seconds", "300.0");
    switch_to("csc_hashes", "\"sha512\"");
    sign_fails((struct agent){0}, SCA_E_UNSUPPORTED, SCA_SPENT_NOTHING);
    switch_to("csc_hashes", "\"sha256\"");
    switch_to("signatures_left", "0");
    sign_fails((struct agent){0}, SCA_E_QUOTA, SCA_SPENT_NOTHING);
    switch_to("csc_descriptions", "\"absent\"");
    sign_fails((struct agent){0}, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    expect_counts(0, 0);
}

static void test_another_number_of_signatures(void **state)
{
    static const char *const forms[] = {"\"missing\"", "\"extra\""};

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        switch_to("documents", forms[i]);
        struct agent agent = sign_with(2, (struct agent){.waits_left = 2});
        assert_int_equal(agent.action.step, SCA_STEP_FAIL);
        assert_int_equal(agent.action.spent, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
    }
    switch_to("documents", "\"all\"");
    switch_to("signature", "\"not-base64\"");
    struct agent agent = sign_with(2, (struct agent){.waits_left = 2});
    assert_int_equal(agent.action.spent, SCA_SPENT_UNKNOWN);
    sca_flow_free(agent.flow);
    expect_counts(0, 6);
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
        fault("/signatures/signHash", rows[i].action);
        struct sca_cloud_sign sign = world_new_sign(1);
        struct agent agent = sign_as("csc", &sign, (struct agent){0});
        assert_int_equal(agent.action.step, SCA_STEP_FAIL);
        assert_int_equal(agent.action.spent, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
        paid += rows[i].paid ? 1 : 0;
        sign.resume = true;
        agent = sign_as("csc", &sign, (struct agent){0});
        expect_fail(&agent, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
        expect_counts(0, paid);
    }
}

/* Without a SAD nothing is signed, whatever the service did; and it is not asked for again. */
static void test_authorize_lost(void **state)
{
    static const char *const actions[] = {"act-then-close\"", "truncate\"", "close-before\"",
                                          "act-then-status\",\"status\":503"};

    (void)state;
    for (size_t i = 0; i < COUNT(actions); i++) {
        fault("/credentials/authorize", actions[i]);
        sign_fails((struct agent){0}, SCA_E_SERVER, SCA_SPENT_NOTHING);
        assert_int_equal(sim_count(&sim, version_2() ? "requests:/csc/v2/credentials/authorize"
                                                     : "requests:/csc/v1/credentials/authorize"),
                         (int)i + 1);
    }
    sign_signed(1, (struct agent){0});
    expect_counts(0, 1);
}

static void test_unreachable(void **state)
{
    (void)state;
    world_restart_http();
    sim_order(&sim, "/listen", "{\"on\":false}");
    sign_fails((struct agent){0}, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
    sim_order(&sim, "/listen", "{\"on\":true}");
    sign_signed(1, (struct agent){0});
    expect_counts(0, 1);
}

/* ---- asynchronous ---------------------------------------------------------------------------- */

static void test_fetched_later(void **state)
{
    static const char *const forms[] = {"\"202\"", "\"202-empty\"", "\"400\""};
    static const char *const actions[] = {"close-before\"", "truncate\"",
                                          "status\",\"status\":502"};

    (void)state;
    switch_to("csc_async_polls", "2");
    for (size_t i = 0; i < COUNT(forms); i++) {
        switch_to("csc_polling", forms[i]);
        sign_signed(2, (struct agent){0});
    }
    for (size_t i = 0; i < COUNT(actions); i++) {
        fault("/signatures/signPolling", actions[i]);
        sign_signed(1, (struct agent){0});
    }
    expect_counts(0, 2 * (int)COUNT(forms) + (int)COUNT(actions));
}

/* The agent dies, or the host gives up, while the signature is in the making. */
static void test_fetched_by_a_resumed_one(void **state)
{
    char id[512];

    (void)state;
    switch_to("csc_async_polls", "3");
    struct sca_cloud_sign sign = world_new_sign(2);
    struct agent agent = sign_as("csc", &sign, (struct agent){.waits_left = 2});
    assert_int_equal(agent.action.step, SCA_STEP_FAIL);
    assert_int_equal(agent.action.spent, SCA_SPENT_UNKNOWN);
    assert_true(agent.action.accepted);
    snprintf(id, sizeof id, "%s", agent.action.provider_txn);
    sca_flow_free(agent.flow);
    sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
    sign.resume = true;
    sign.accepted = true;
    sign.provider_txn = id;
    agent = sign_as("csc", &sign, (struct agent){0});
    expect_signed(&agent, 2);
    sca_flow_free(agent.flow);
    expect_counts(0, 2);
}

static void test_newer_forms_of_info(void **state)
{
    static const char *const forms[][2] = {
        {"csc_v2_specs", "\"2.1.0.1\""},    {"csc_v2_specs", "\"2.2.0.0\""},
        {"csc_oauth2_form", "\"servers\""}, {"csc_oauth2_form", "\"issuer\""},
        {"csc_oauth2_uri", "\"slash\""},
    };

    (void)state;
    account.profile_id = "oauth2client";
    for (size_t i = 0; i < COUNT(forms); i++) {
        switch_to(forms[i][0], forms[i][1]);
        sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
        sign_signed(1, (struct agent){0});
    }
    expect_counts(0, (int)COUNT(forms));
}

int main(void)
{
#define ONLY_2(name) cmocka_unit_test_setup_teardown(name, setup_2, world_teardown)
    const struct CMUnitTest tests[] = {
        BOTH(test_listing),
        BOTH(test_listing_fails),
        BOTH(test_every_key),
        BOTH(test_forms_of_credentials),
        BOTH(test_codes),
        BOTH(test_wrong_pin),
        ONLY_2(test_phone),
        ONLY_2(test_checks_lost),
        BOTH(test_blocking_phone),
        BOTH(test_nothing_to_ask),
        BOTH(test_a_machine),
        BOTH(test_stale_tokens),
        BOTH(test_refused_early),
        BOTH(test_refused_late),
        BOTH(test_another_number_of_signatures),
        BOTH(test_sign_lost),
        BOTH(test_authorize_lost),
        BOTH(test_unreachable),
        ONLY_2(test_fetched_later),
        ONLY_2(test_fetched_by_a_resumed_one),
        ONLY_2(test_newer_forms_of_info),
    };
    return cmocka_run_group_tests(tests, world_setup_group, world_teardown_group);
}
