/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT OAuth against the simulator, through real HTTPS: every grant, every dispute switch, every
 * way in which a reply can be lost, tokens that end at a bad moment. One prompt and one paid
 * signature at the most, and where nobody can ask what became of a request, nothing is claimed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud_world.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

#define OAUTH "vnpt-smartca-oauth"
#define TOKEN "/auth/token"
#define SIGN  "/csc/signature/signhash"

static int setup(void **state)
{
    (void)state;
    return world_setup_service(OAUTH, PHONE);
}

static struct agent sign_with(size_t count, struct agent agent)
{
    struct sca_cloud_sign sign = world_new_sign(count);

    return sign_as(OAUTH, &sign, agent);
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

/* ---- log-in ---------------------------------------------------------------------------------- */

static struct agent log_in(const char *refresh)
{
    SCA_SECRET_AUTO secret = NULL;
    struct sca_cloud_login login = {0};
    struct agent agent = {0};

    if (refresh != NULL)
        assert_int_equal(sca_secret_new(refresh, strlen(refresh), &secret), 0);
    login.refresh = secret;
    assert_int_equal(sca_provider_find(OAUTH)->login(&account, &login, &agent.flow), 0);
    world_run(&agent);
    return agent;
}

/* By password, then by the refresh tokens one after another; a spent one is over. */
static void test_grants(void **state)
{
    static const char *const forms[] = {"{}", "{\"oauth_expires_in\":\"string\"}",
                                        "{\"oauth_expires_in\":\"absent\"}"};
    char refresh[128];

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        sim_order(&sim, "/switch", forms[i]);
        struct agent agent = log_in(NULL);
        assert_int_equal(agent.action.step, SCA_STEP_DONE);
        const struct sca_cloud_token *token = sca_flow_token(agent.flow);
        assert_int_equal(token->expires_in_s, i == 2 ? 0 : 3600);
        snprintf(refresh, sizeof refresh, "%s", sca_secret_text(token->refresh));
        sca_flow_free(agent.flow);

        agent = log_in(refresh);
        assert_int_equal(agent.action.step, SCA_STEP_DONE);
        token = sca_flow_token(agent.flow);
        assert_string_not_equal(sca_secret_text(token->refresh), refresh);
        assert_false(token->refresh_over);
        sca_flow_free(agent.flow);
    }
    sim_no_violations(&sim);
    struct agent agent = log_in(refresh); /* spent: falls back to the password */
    assert_int_equal(agent.action.step, SCA_STEP_DONE);
    assert_true(sca_flow_token(agent.flow)->refresh_over);
    sca_flow_free(agent.flow);
    assert_int_equal(sim_count(&sim, "spent_refreshes"), 1);
}

static void login_fails(int err)
{
    struct agent agent = log_in(NULL);

    expect_fail(&agent, err, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
}

static void test_login_refused(void **state)
{
    static const char *const texts[] = {"count", "plain"};
    char order[128];

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        snprintf(order, sizeof order, "{\"oauth_error_text\":\"%s\"}", texts[i]);
        sim_order(&sim, "/switch", order);
        sim_order(&sim, "/persons", "{\"user_id\":\"" PHONE "\",\"lock\":60}");
        login_fails(SCA_E_USER_LOCKED);
        sim_order(&sim, "/persons", "{\"user_id\":\"" PHONE "\",\"lock\":0}");
    }
    sim_order(&sim, "/switch", "{\"oauth_grants\":\"no-password\"}");
    login_fails(SCA_E_NEED_AUTH);
    account.client_id = "nobody";
    login_fails(SCA_E_SP_AUTH);
    sim_order(&sim, "/listen", "{\"on\":false}");
    login_fails(SCA_E_UNREACHABLE);
    sim_order(&sim, "/listen", "{\"on\":true}");
    expect_counts(0, 0);
}

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
        "{\"oauth_info_form\":\"enveloped\",\"oauth_success_code\":1}",
        "{\"oauth_numbers\":\"string\",\"cert_crlf\":false}",
    };

    (void)state;
    for (size_t form = 0; form < COUNT(forms); form++) {
        sim_order(&sim, "/switch", forms[form]);
        for (size_t i = 0; i < COUNT(people); i++) {
            world_use_service(OAUTH, people[i].user_id);
            struct agent agent = world_list();
            assert_int_equal(agent.action.step, SCA_STEP_DONE);
            const struct sca_cloud_listing *listing = sca_flow_listing(agent.flow);
            assert_int_equal(listing->count, people[i].count);
            assert_int_equal(listing->certs[0].state, people[i].first);
            assert_int_equal(listing->certs[0].chain_count, 2);
            assert_int_equal(listing->certs[0].max_batch, 50);
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
        "{\"path\":\"info$\",\"action\":\"status\",\"status\":502}",
        "{\"action\":\"act-then-close\",\"count\":9}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        sim_order(&sim, "/fault", faults[i]);
        list_fails(SCA_E_SERVER);
    }
    sim_order(&sim, "/fault", "{\"clear\":true}");
    sim_order(&sim, "/switch",
              "{\"oauth_error_code\":60002,\"oauth_error_path\":\"credentials/list$\"}");
    list_fails(SCA_E_NO_CERT);
    sim_order(&sim, "/switch", "{\"oauth_error_code\":60003,\"oauth_error_path\":\"info$\"}");
    list_fails(SCA_E_CERT);
    sim_order(&sim, "/listen", "{\"on\":false}");
    list_fails(SCA_E_UNREACHABLE);
    sim_order(&sim, "/listen", "{\"on\":true}");
}

static void test_listing_stale(void **state)
{
    (void)state;
    sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
    struct agent agent = world_list();
    assert_int_equal(agent.action.step, SCA_STEP_DONE);
    assert_int_equal(agent.tokens, 2);
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
        "{\"pending_form\":\"absent\",\"oauth_success_code\":1}",
        "{\"pending_form\":\"empty\",\"oauth_numbers\":\"string\"}",
        "{\"pending_form\":\"empty-value\",\"oauth_info_form\":\"enveloped\"}",
        "{\"pending_form\":\"null-value\",\"oauth_sig_field\":\"dataSigned\"}",
        "{\"pending_form\":\"data-null\",\"oauth_sig_field\":\"both\"}",
        "{\"order\":\"reversed\",\"documents\":\"extra\"}",
        "{\"signature_crlf\":\"inside\"}",
        "{\"signature_crlf\":\"end\",\"keep_alive\":false}",
        "{\"auto\":\"approve\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        bool automatic = strstr(forms[i], "auto") != NULL;
        sim_reset(&sim);
        sim_order(&sim, "/switch", forms[i]);
        world_use_service(OAUTH, PHONE);
        struct agent agent = sign_with(2, (struct agent){.tap = automatic ? NULL : "/approve"});
        expect_signed(&agent, 2);
        expect_counts(1, 2);
        sca_flow_free(agent.flow);
    }
}

static void test_expire_forms(void **state)
{
    (void)state;
    sim_order(&sim, "/switch", "{\"expire_form\":\"http-400\"}");
    sign_fails((struct agent){.tap = "/expire"}, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    sim_order(&sim, "/switch", "{\"expire_form\":\"never\"}");
    sign_fails((struct agent){.tap = "/expire", .waits_left = 4}, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    expect_counts(2, 0);
}

/* The person has tapped, and it comes to nothing. */
static void test_failed(void **state)
{
    static const int statuses[] = {4003, 4004};
    char order[128];

    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        snprintf(order, sizeof order, "{\"after_tap\":\"fail\",\"oauth_failed_status\":%d}",
                 statuses[i]);
        sim_order(&sim, "/switch", order);
        sign_fails((struct agent){.tap = "/approve"}, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    }
    expect_counts(2, 0);
    /* A number that nobody knows is no end. */
    sim_order(&sim, "/switch", "{\"after_tap\":\"sign\",\"oauth_tran_status\":4999}");
    sign_fails((struct agent){.waits_left = 3}, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
}

/* Refused before the phone rings. */
static void test_not_asked(void **state)
{
    static const struct {
        const char *order;
        int err;
        int sent;
    } table[] = {
        {"{\"signatures_left\":0}", SCA_E_QUOTA, 1},
        {"{\"signatures_left\":-1,\"key_status\":\"disabled\"}", SCA_E_CERT, 0},
        {"{\"key_status\":\"enabled\",\"oauth_error_code\":60003,\"oauth_error_path\":"
         "\"signhash$\"}",
         SCA_E_CERT, 1},
        {"{\"oauth_error_code\":65000,\"error_http\":\"200\"}", SCA_E_QUOTA, 1},
        {"{\"oauth_error_code\":60001}", SCA_E_NO_CERT, 1},
        {"{\"oauth_error_code\":63001}", SCA_E_REFUSED, 1},
    };
    int sent = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        sim_order(&sim, "/switch", table[i].order);
        sign_fails((struct agent){0}, table[i].err, SCA_SPENT_NOTHING);
        sent += table[i].sent;
        assert_int_equal(sim_count(&sim, "requests:" SIGN), sent);
    }
    expect_counts(0, 0);
}

/* What comes back for other documents is never taken. */
static void test_wrong_documents(void **state)
{
    static const char *const forms[] = {"missing", "wrong-id", "twice"};
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
        struct agent agent = sign_as(OAUTH, &sign, (struct agent){.tap = "/approve"});
        expect_fail(&agent, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
        sign.resume = true;
        agent = sign_as(OAUTH, &sign, (struct agent){0});
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

static void test_looks_in_trouble(void **state)
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
        snprintf(order, sizeof order, "{\"path\":\"gettraninfo$\",\"count\":2,\"action\":\"%s}",
                 faults[i]);
        sim_order(&sim, "/fault", order);
        sign_signed(1);
        sim_order(&sim, "/fault", "{\"clear\":true}");
    }
    expect_counts(COUNT(faults), COUNT(faults));
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* A token that has ended meets the request that costs nothing, and the person notices nothing. */
static void test_token_over_before_sign(void **state)
{
    (void)state;
    sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
    sign_signed(1);
    expect_counts(1, 1);
    assert_int_equal(sim_count(&sim, "requests:" SIGN), 1);
    assert_int_equal(sim_count(&sim, "refused_tokens"), 1);
}

/* In the moment between: the sign request is not sent again, but the next one has its token. */
static void test_token_over_at_sign(void **state)
{
    (void)state;
    sim_order(&sim, "/fault", "{\"path\":\"" SIGN "$\",\"action\":\"status\",\"status\":401}");
    sign_fails((struct agent){0}, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    expect_counts(0, 0);
    sign_signed(1);
    expect_counts(1, 1);
}

static void test_token_over_at_look(void **state)
{
    (void)state;
    struct sca_cloud_sign sign = world_new_sign(1);
    struct agent agent = sign_as(OAUTH, &sign, (struct agent){.waits_left = 1});
    expect_fail(&agent, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    char transaction[SCA_CLOUD_DETAIL_SIZE];
    snprintf(transaction, sizeof transaction, "%s", agent.action.provider_txn);
    sca_flow_free(agent.flow);

    /* The agent died; the next one has the id, and a token that is over. */
    sim_order(&sim, "/tokens", "{\"expire\":\"access\"}");
    sign.resume = true;
    sign.accepted = true;
    sign.provider_txn = transaction;
    agent = sign_as(OAUTH, &sign, (struct agent){.tap = "/approve"});
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    agent = sign_as(OAUTH, &sign, (struct agent){0}); /* and once more */
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    expect_counts(1, 1);
    assert_int_equal(sim_count(&sim, "requests:" SIGN), 1);
    assert_int_equal(sim_count(&sim, "requests:" TOKEN), 2);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_grants),
        EACH(test_login_refused),
        EACH(test_listing),
        EACH(test_listing_fails),
        EACH(test_listing_stale),
        EACH(test_phone),
        EACH(test_forms),
        EACH(test_expire_forms),
        EACH(test_failed),
        EACH(test_not_asked),
        EACH(test_wrong_documents),
        EACH(test_sign_reply_lost),
        EACH(test_sign_not_sent),
        EACH(test_looks_in_trouble),
        EACH(test_token_over_before_sign),
        EACH(test_token_over_at_sign),
        EACH(test_token_over_at_look),
    };
    return cmocka_run_group_tests(tests, world_setup_group, world_teardown_group);
}
