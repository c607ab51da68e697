/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MySign against the simulator, through real HTTPS: every dispute switch, every way in which a
 * reply can be lost, tokens that end at a bad moment. One prompt and one paid signature at the
 * most, and where nobody can ask what became of a request, nothing is asked and nothing claimed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud_world.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

#define MYSIGN "viettel-mysign"
#define LOGIN  "/vtss/service/ras/v1/login"
#define SIGN   "/vtss/service/signHash"

static int setup(void **state)
{
    (void)state;
    return world_setup_service(MYSIGN, "CMT_" PHONE);
}

static struct agent sign_with(size_t count, struct agent agent)
{
    struct sca_cloud_sign sign = world_new_sign(count);

    return sign_as(MYSIGN, &sign, agent);
}

static void sign_signed(size_t count)
{
    struct agent agent = sign_with(count, (struct agent){.tap = "/approve"});

    expect_signed(&agent, count);
    sca_flow_free(agent.flow);
}

static void sign_fails(struct agent agent, int err, enum sca_spent spent)
{
    agent = sign_with(1, agent);
    expect_fail(&agent, err, spent);
    sca_flow_free(agent.flow);
}

/* ---- listing --------------------------------------------------------------------------------- */

static void test_listing(void **state)
{
    static const struct {
        const char *user_id;
        size_t count;
        enum sca_cert_state first;
    } people[] = {
        {"CMT_012345678901", 1, SCA_CERT_USABLE},
        {"012345678901", 1, SCA_CERT_USABLE},
        {"CMT_012345678904", 1, SCA_CERT_BLOCKED},
    };
    static const char *const forms[] = {
        "{}",
        "{\"mysign_numbers\":\"number\",\"cert_crlf\":false}",
        "{\"mysign_serial\":\"hex\"}",
    };

    (void)state;
    for (size_t form = 0; form < COUNT(forms); form++) {
        sim_order(&sim, "/switch", forms[form]);
        for (size_t i = 0; i < COUNT(people); i++) {
            world_use_service(MYSIGN, people[i].user_id);
            struct agent agent = world_list();
            const struct sca_cloud_listing *listing = sca_flow_listing(agent.flow);
            assert_int_equal(listing->count, people[i].count);
            assert_int_equal(listing->certs[0].state, people[i].first);
            assert_int_equal(listing->certs[0].chain_count, 2);
            assert_int_equal(listing->certs[0].max_batch, 1000);
            sca_flow_free(agent.flow);
        }
    }
    sim_no_violations(&sim);
}

static void list_fails(int err)
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
    for (size_t i = 0; i < COUNT(faults); i++) {
        sim_order(&sim, "/fault", faults[i]);
        list_fails(SCA_E_SERVER);
    }
    sim_order(&sim, "/fault", "{\"clear\":true}");
    account.client_id = "nobody";
    list_fails(SCA_E_SP_AUTH);
    sim_order(&sim, "/listen", "{\"on\":false}");
    list_fails(SCA_E_UNREACHABLE);
    sim_order(&sim, "/listen", "{\"on\":true}");
}

/* A token that ended is replaced, once. */
static void test_listing_stale(void **state)
{
    (void)state;
    sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
    struct agent agent = world_list();
    assert_int_equal(agent.action.step, SCA_STEP_DONE);
    assert_int_equal(agent.tokens, 2);
    assert_int_equal(sim_count(&sim, "logins"), 2);
    sca_flow_free(agent.flow);
    sim_no_violations(&sim);
}

/* ---- signing --------------------------------------------------------------------------------- */

static void test_phone(void **state)
{
    (void)state;
    sign_signed(3);
    expect_counts(1, 3);
    sign_fails((struct agent){.tap = "/reject"}, SCA_E_REJECTED, SCA_SPENT_NOTHING);
    sign_fails((struct agent){.tap = "/expire"}, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    sign_fails((struct agent){.waits_left = 3}, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    expect_counts(4, 3);
    assert_int_equal(sim_count(&sim, "logins"), 1);
}

/* Every form in which the service may say the same. */
static void test_forms(void **state)
{
    static const char *const forms[] = {
        "{\"mysign_pending_status\":\"0\",\"pending_form\":\"absent\"}",
        "{\"mysign_pending_status\":\"6000\",\"pending_form\":\"empty\"}",
        "{\"mysign_numbers\":\"number\",\"mysign_message_field\":\"description\"}",
        "{\"mysign_signing_polls\":4}",
        "{\"mysign_signature_crlf\":\"end\",\"keep_alive\":false}",
        "{\"mysign_signature_crlf\":\"none\"}",
        "{\"auto\":\"approve\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        bool automatic = strstr(forms[i], "auto") != NULL;
        sim_reset(&sim);
        sim_order(&sim, "/switch", forms[i]);
        world_use_service(MYSIGN, "CMT_" PHONE);
        struct agent agent = sign_with(2, (struct agent){.tap = automatic ? NULL : "/approve"});
        expect_signed(&agent, 2);
        expect_counts(1, 2);
        sca_flow_free(agent.flow);
    }
}

/* The person has tapped, and it comes to nothing. */
static void test_failed(void **state)
{
    static const struct {
        const char *status;
        int err;
        enum sca_spent spent;
    } table[] = {
        {"4004", SCA_E_REFUSED, SCA_SPENT_NOTHING},
        {"4005", SCA_E_QUOTA, SCA_SPENT_NOTHING},
        {"13004", SCA_E_CERT, SCA_SPENT_NOTHING},
        {"50000", SCA_E_SERVER, SCA_SPENT_UNKNOWN},
    };
    char order[128];

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        snprintf(order, sizeof order, "{\"after_tap\":\"fail\",\"mysign_failed_status\":\"%s\"}",
                 table[i].status);
        sim_order(&sim, "/switch", order);
        sign_fails((struct agent){.tap = "/approve"}, table[i].err, table[i].spent);
    }
    expect_counts(4, 0);
}

static void test_not_asked(void **state)
{
    (void)state;
    sim_order(&sim, "/switch", "{\"signatures_left\":0}");
    sign_fails((struct agent){0}, SCA_E_QUOTA, SCA_SPENT_NOTHING);
    sim_order(&sim, "/switch", "{\"signatures_left\":-1,\"key_status\":\"disabled\"}");
    sign_fails((struct agent){0}, SCA_E_CERT, SCA_SPENT_NOTHING);
    sim_order(&sim, "/switch",
              "{\"key_status\":\"enabled\",\"mysign_error_code\":\"86024\",\"mysign_error_path\":"
              "\"signHash$\"}");
    sign_fails((struct agent){0}, SCA_E_SP_AUTH, SCA_SPENT_NOTHING);
    expect_counts(0, 0);
}

/* Signatures come by position: another number of them is never taken. */
static void test_wrong_number(void **state)
{
    static const char *const forms[] = {"missing", "extra", "twice"};
    char order[64];

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        snprintf(order, sizeof order, "{\"documents\":\"%s\"}", forms[i]);
        sim_order(&sim, "/switch", order);
        struct agent agent = sign_with(2, (struct agent){.tap = "/approve"});
        expect_fail(&agent, SCA_E_SERVER, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
    }
}

/* ---- trouble --------------------------------------------------------------------------------- */

/* The answer is lost and with it the id: once sent, never sent again, and nobody is asked. */
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
    for (size_t i = 0; i < COUNT(faults); i++) {
        snprintf(order, sizeof order, "{\"path\":\"" SIGN "$\",\"action\":\"%s}", faults[i]);
        sim_order(&sim, "/fault", order);
        struct sca_cloud_sign sign = world_new_sign(1);
        struct agent agent = sign_as(MYSIGN, &sign, (struct agent){.tap = "/approve"});
        expect_fail(&agent, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
        sign.resume = true;
        agent = sign_as(MYSIGN, &sign, (struct agent){0});
        expect_fail(&agent, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
        number++;
        expect_counts(number, 0);
        assert_int_equal(sim_count(&sim, "requests:" SIGN), number);
        assert_int_equal(sim_count(&sim, "polls"), 0);
    }
}

static void test_sign_not_sent(void **state)
{
    (void)state;
    sim_order(&sim, "/listen", "{\"on\":false}");
    sign_fails((struct agent){0}, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
    sim_order(&sim, "/listen", "{\"on\":true}");
    sign_signed(1);
    expect_counts(1, 1);
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
        "redirect\"",
        "close-after\"",
        "status\",\"status\":502",
        "chunked\"",
        "status\",\"status\":429",
    };
    char order[256];

    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        snprintf(order, sizeof order, "{\"path\":\"status$\",\"count\":2,\"action\":\"%s}",
                 faults[i]);
        sim_order(&sim, "/fault", order);
        sign_signed(1);
        sim_order(&sim, "/fault", "{\"clear\":true}");
    }
    expect_counts(COUNT(faults), COUNT(faults));
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* The sign request is not sent again with another token, but the next one has it. */
static void test_token_over_at_sign(void **state)
{
    (void)state;
    sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
    sign_fails((struct agent){0}, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    expect_counts(0, 0);
    assert_int_equal(sim_count(&sim, "requests:" SIGN), 1);
    sign_signed(1);
    expect_counts(1, 1);
    assert_int_equal(sim_count(&sim, "requests:" LOGIN), 2);
}

static void test_token_over_at_poll(void **state)
{
    (void)state;
    struct sca_cloud_sign sign = world_new_sign(1);
    struct agent agent = sign_as(MYSIGN, &sign, (struct agent){.waits_left = 1});
    expect_fail(&agent, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    char transaction[SCA_CLOUD_DETAIL_SIZE];
    snprintf(transaction, sizeof transaction, "%s", agent.action.provider_txn);
    sca_flow_free(agent.flow);

    /* The agent died; the next one has the id, and a token that is over. */
    sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
    sign.resume = true;
    sign.accepted = true;
    sign.provider_txn = transaction;
    agent = sign_as(MYSIGN, &sign, (struct agent){.tap = "/approve"});
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    agent = sign_as(MYSIGN, &sign, (struct agent){0}); /* and once more */
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    expect_counts(1, 1);
    assert_int_equal(sim_count(&sim, "requests:" SIGN), 1);
    assert_int_equal(sim_count(&sim, "requests:" LOGIN), 2);
}

/* ---- the person at the service --------------------------------------------------------------- */

static void expect_login(int err)
{
    struct agent agent = {0};

    assert_int_equal(
        sca_provider_find(MYSIGN)->login(&account, &(struct sca_cloud_login){0}, &agent.flow), 0);
    world_run(&agent);
    expect_fail(&agent, err, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
}

static void test_login_refused(void **state)
{
    (void)state;
    account.user_id = "CMT_999999999999";
    expect_login(SCA_E_NO_CERT);
    account.user_id = "CMT_" PHONE;
    sim_order(&sim, "/persons", "{\"user_id\":\"" PHONE "\",\"lock\":60}");
    expect_login(SCA_E_USER_AUTH);
    sim_order(&sim, "/persons", "{\"user_id\":\"" PHONE "\",\"lock\":0}");
    account.client_id = "nobody";
    expect_login(SCA_E_SP_AUTH);
    expect_counts(0, 0);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_listing),
        EACH(test_listing_fails),
        EACH(test_listing_stale),
        EACH(test_phone),
        EACH(test_forms),
        EACH(test_failed),
        EACH(test_not_asked),
        EACH(test_wrong_number),
        EACH(test_sign_reply_lost),
        EACH(test_sign_not_sent),
        EACH(test_polls_in_trouble),
        EACH(test_token_over_at_sign),
        EACH(test_token_over_at_poll),
        EACH(test_login_refused),
    };
    return cmocka_run_group_tests(tests, world_setup_group, world_teardown_group);
}
