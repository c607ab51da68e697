/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing and v1 against the simulator, through real HTTPS: every dispute switch and every way in
 * which a reply can be lost ends with one prompt and one paid signature at the most, and with a
 * signature that verifies where one was given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud_world.h"

#define SIGN "/v1/signatures/sign"

/* ---- listing --------------------------------------------------------------------------------- */

static void test_listing(void **state)
{
    static const struct {
        const char *user_id;
        size_t count;
        enum sca_cert_state first;
    } people[] = {
        {"012345678901", 1, SCA_CERT_USABLE},
        {"012345678902", 2, SCA_CERT_USABLE},
        {"012345678904", 1, SCA_CERT_BLOCKED},
        {"012345678905", 2, SCA_CERT_BLOCKED},
    };
    static const char *const forms[] = {
        "{}",
        "{\"serial_form\":\"short\",\"cert_crlf\":false,\"root_cert\":\"null\"}",
        "{\"status_code_form\":\"string\",\"message_form\":\"null\",\"service_type\":false}",
        "{\"status_code_form\":\"zero\",\"cert_status_form\":\"code\",\"cert_status_code\":false}",
    };
    (void)state;
    for (size_t form = 0; form < 4; form++) {
        sim_order(&sim, "/switch", forms[form]);
        for (size_t i = 0; i < 4; i++) {
            account.user_id = people[i].user_id;
            struct agent agent = world_list();
            assert_int_equal(agent.action.step, SCA_STEP_DONE);
            const struct sca_cloud_listing *listing = sca_flow_listing(agent.flow);
            assert_int_equal(listing->count, people[i].count);
            assert_int_equal(listing->certs[0].state, people[i].first);
            assert_true(listing->certs[0].chain_count > 0);
            sca_flow_free(agent.flow);
        }
    }
    sim_no_violations(&sim);
}

static void expect_list_fails(int err)
{
    struct agent agent = world_list();

    expect_fail(&agent, err, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
}

static void test_listing_fails(void **state)
{
    static const char *const faults[] = {
        "{\"action\":\"huge\"}",
        "{\"action\":\"deep\"}",
        "{\"action\":\"garbage\"}",
        "{\"action\":\"truncate\"}",
        "{\"action\":\"wrong-type\"}",
        "{\"action\":\"redirect\"}",
        "{\"action\":\"status\",\"status\":502}",
        "{\"action\":\"act-then-close\",\"count\":9}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        sim_order(&sim, "/fault", faults[i]);
        expect_list_fails(SCA_E_SERVER);
    }
    sim_order(&sim, "/fault", "{\"clear\":true}");
    account.user_id = "012345678906";
    expect_list_fails(SCA_E_NO_CERT);
    account.user_id = "999999999999";
    expect_list_fails(SCA_E_NO_CERT);
    sim_order(&sim, "/switch", "{\"unknown_user\":\"empty\"}");
    expect_list_fails(SCA_E_NO_CERT);
    account.sp_id = "nobody";
    expect_list_fails(SCA_E_SP_AUTH);
    account.sp_id = sim.sp_id;
    sim_order(&sim, "/switch", "{\"tls_certificate\":\"wrong-host\"}");
    world_restart_http();
    expect_list_fails(SCA_E_TLS);
    sim_order(&sim, "/listen", "{\"on\":false}");
    expect_list_fails(SCA_E_UNREACHABLE);
    sim_order(&sim, "/listen", "{\"on\":true}");
}

/* ---- v1 -------------------------------------------------------------------------------------- */

static void test_phone(void **state)
{
    struct sca_cloud_sign sign = world_new_sign(3);
    struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});

    (void)state;
    expect_signed(&agent, 3);
    expect_counts(1, 3);
    sca_flow_free(agent.flow);

    sign = world_new_sign(1);
    agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/reject"});
    expect_fail(&agent, SCA_E_REJECTED, SCA_SPENT_NOTHING);
    expect_counts(2, 3);
    sca_flow_free(agent.flow);

    sign = world_new_sign(1);
    agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/expire"});
    expect_fail(&agent, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);

    sign = world_new_sign(1);
    agent = sign_as("vnpt-smartca", &sign, (struct agent){.waits_left = 3});
    expect_fail(&agent, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    expect_counts(4, 3);
    sca_flow_free(agent.flow);
}

/* Every form in which the service may say the same. */
static void test_forms(void **state)
{
    static const char *const forms[] = {
        "{\"pending_form\":\"absent\",\"message_form\":\"upper\"}",
        "{\"pending_form\":\"empty\",\"message_form\":\"spaced\"}",
        "{\"pending_form\":\"empty-value\",\"status_code_form\":\"string\"}",
        "{\"pending_form\":\"null-value\",\"message_form\":\"null\"}",
        "{\"pending_form\":\"data-null\",\"status_code_form\":\"zero\"}",
        "{\"pending_http\":409}",
        "{\"path_id\":\"tran_code\"}",
        "{\"path_id\":\"both\",\"result_id\":\"other\"}",
        "{\"order\":\"reversed\",\"documents\":\"extra\"}",
        "{\"signature_crlf\":\"inside\"}",
        "{\"signature_crlf\":\"end\",\"sign_tran_code\":false}",
        "{\"sign_message\":\"Success\",\"keep_alive\":false}",
        "{\"auto\":\"approve\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        bool automatic = strstr(forms[i], "auto") != NULL;
        sim_reset(&sim);
        sim_order(&sim, "/switch", forms[i]);
        struct sca_cloud_sign sign = world_new_sign(2);
        struct agent agent =
            sign_as("vnpt-smartca", &sign, (struct agent){.tap = automatic ? NULL : "/approve"});
        expect_signed(&agent, 2);
        expect_counts(1, 2);
        sca_flow_free(agent.flow);
    }
}

static void test_reject_forms(void **state)
{
    static const char *const forms[] = {
        "{\"reject_form\":\"http-400\",\"reject_message\":\"Người dùng từ chối\"}",
        "{\"reject_form\":\"http-403\",\"reject_message\":\"UserDenied\"}",
        "{\"reject_form\":\"200-400\",\"reject_message\":\"Giao dịch bị hủy\"}",
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sim_order(&sim, "/switch", forms[i]);
        struct sca_cloud_sign sign = world_new_sign(1);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/reject"});
        expect_fail(&agent, SCA_E_REJECTED, SCA_SPENT_NOTHING);
        sca_flow_free(agent.flow);
    }
    expect_counts(3, 0);
}

/* What comes back for other documents is never taken. */
static void test_wrong_documents(void **state)
{
    static const char *const forms[] = {"missing", "wrong-id", "twice"};
    char order[64];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(order, sizeof order, "{\"documents\":\"%s\"}", forms[i]);
        sim_order(&sim, "/switch", order);
        struct sca_cloud_sign sign = world_new_sign(2);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
        expect_fail(&agent, SCA_E_SERVER, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
    }
}

/* The service acted, the answer to the sign request is lost in every way there is. */
static void test_sign_reply_lost(void **state)
{
    static const char *const faults[] = {
        "act-then-close\"",
        "act-then-reset\"",
        "truncate\"",
        "wrong-type\"",
        "act-then-status\",\"status\":502",
        "act-then-status\",\"status\":429",
        "act-then-status\",\"status\":404",
        "act-then-status\",\"status\":200",
        "garbage\",\"act\":true",
        "huge\",\"act\":true",
        "deep\",\"act\":true",
        "redirect\",\"act\":true",
    };
    char order[256];
    int number = 0;

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        snprintf(order, sizeof order, "{\"path\":\"" SIGN "$\",\"action\":\"%s}", faults[i]);
        sim_order(&sim, "/fault", order);
        struct sca_cloud_sign sign = world_new_sign(1);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
        expect_signed(&agent, 1);
        number++;
        expect_counts(number, number);
        assert_int_equal(sim_count(&sim, "requests:" SIGN), number);
        assert_int_equal(sim_count(&sim, "duplicates_refused"), 0);
        sca_flow_free(agent.flow);
    }
}

/* The same on a kept-alive connection: curl must not send it again on its own. */
static void test_reused_connection(void **state)
{
    (void)state;
    sim_order(&sim, "/fault",
              "{\"path\":\"" SIGN "$\",\"action\":\"act-then-close\",\"connection\":\"reused\"}");
    struct sca_cloud_sign sign = world_new_sign(1); /* the listing left a connection open */
    struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
    expect_signed(&agent, 1);
    expect_counts(1, 1);
    assert_int_equal(sim_count(&sim, "faults_used"), 0); /* it had a connection of its own */
    sca_flow_free(agent.flow);
}

static void test_polls_in_trouble(void **state)
{
    static const char *const faults[] = {
        "act-then-close\"",
        "act-then-reset\"",
        "truncate\"",
        "wrong-type\"",
        "garbage\"",
        "huge\"",
        "status\",\"status\":502",
        "status\",\"status\":429",
        "redirect\"",
        "close-after\"",
        "chunked\"",
    };
    char order[256];

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        snprintf(order, sizeof order, "{\"path\":\"/status$\",\"count\":2,\"action\":\"%s}",
                 faults[i]);
        sim_order(&sim, "/fault", order);
        struct sca_cloud_sign sign = world_new_sign(1);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
        expect_signed(&agent, 1);
        sca_flow_free(agent.flow);
        sim_order(&sim, "/fault", "{\"clear\":true}");
    }
    expect_counts(11, 11);
}

static void test_sign_refused(void **state)
{
    static const struct {
        const char *order;
        int err;
    } table[] = {
        {"{\"signatures_left\":0}", SCA_E_QUOTA},
        {"{\"signatures_left\":0,\"error_http\":\"200\"}", SCA_E_QUOTA},
        {"{\"max_documents\":1}", SCA_E_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sim_order(&sim, "/switch", table[i].order);
        struct sca_cloud_sign sign = world_new_sign(2);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){0});
        expect_fail(&agent, table[i].err, SCA_SPENT_NOTHING);
        sca_flow_free(agent.flow);
        sim_order(&sim, "/switch", "{\"signatures_left\":-1}");
    }
    assert_int_equal(sim_count(&sim, "prompts"), 0);

    sim_order(&sim, "/reset", "{\"all\":true}");
    world_use_person("012345678905");
    struct sca_cloud_sign sign = world_new_sign(1);
    struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){0});
    expect_fail(&agent, SCA_E_CERT, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
    expect_counts(0, 0);
}

/* The agent died after the request: the next one finds the transaction and sends no second. */
static void test_resume(void **state)
{
    struct sca_cloud_sign sign = world_new_sign(1);

    (void)state;
    struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.waits_left = 1});
    expect_fail(&agent, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    sca_flow_free(agent.flow);

    sign.resume = true;
    agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    agent = sign_as("vnpt-smartca", &sign, (struct agent){0}); /* and once more */
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    expect_counts(1, 1);
    assert_int_equal(sim_count(&sim, "requests:" SIGN), 1);
}

static void test_resume_unknown(void **state)
{
    static const char *const forms[] = {"http-404", "200-404", "200-400"};
    char order[64];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(order, sizeof order, "{\"unknown_form\":\"%s\"}", forms[i]);
        sim_order(&sim, "/switch", order);
        struct sca_cloud_sign sign = world_new_sign(1);
        sign.resume = true;
        sign.created_utc -= 3600;
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){0});
        expect_fail(&agent, SCA_E_NOT_FOUND, SCA_SPENT_NOTHING);
        sca_flow_free(agent.flow);
    }
    expect_counts(0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_listing, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_listing_fails, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_phone, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_forms, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_reject_forms, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_documents, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_sign_reply_lost, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_reused_connection, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_polls_in_trouble, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_sign_refused, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_resume, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_resume_unknown, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, world_setup_group, world_teardown_group);
}
