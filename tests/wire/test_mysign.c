/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MySign flows, stepped: log-in, listing, and a sign flow that spends once, keeps no token, and
 * ends as uncertain where nobody can ask for the transaction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "drive.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

#define OPENED   "{\"transactionId\":\"t-1\"}"
#define WAITING  "{\"status\":\"4000\",\"signatures\":null}"
#define FINISHED "{\"status\":\"1\",\"signatures\":[\"" SIG_1 "\"]}"
#define NO_TOKEN "{\"error\":\"invalid_token\",\"error_description\":\"token is over\"}"
#define POLL     "/vtss/service/requests/status"

static struct drive begin(void)
{
    struct drive drive = drive_sign("viettel-mysign", &drive_one);

    drive_to_sign(&drive);
    return drive;
}

static struct drive begin_opened(void)
{
    struct drive drive = begin();

    drive_reply(&drive, 200, OPENED);
    expect_wait(&drive, true);
    assert_true(drive.action.accepted);
    assert_string_equal(drive.action.provider_txn, "t-1");
    return drive;
}

static void expect_token(const struct drive *drive, bool stale)
{
    expect_need(drive, SCA_SECRET_ACCESS_TOKEN);
    assert_int_equal(drive->action.stale, stale);
}

/* The wait, the token, and the poll. */
static void poll_with(struct drive *drive, int http, const char *body)
{
    drive_timer(drive);
    expect_token(drive, false);
    drive_secret(drive, "token-2");
    expect_send(drive, POLL);
    assert_false(drive->action.request.spends);
    drive_reply(drive, http, body);
}

/* ---- log-in and listing ---------------------------------------------------------------------- */

static struct drive begin_login(const struct sca_cloud_login *login)
{
    struct drive drive = {.now_ms = 1000};
    const struct sca_provider *provider = sca_provider_find("viettel-mysign");

    assert_int_equal(provider->login(&drive_account, login, &drive.flow), 0);
    drive_start(&drive);
    expect_need(&drive, SCA_SECRET_CLIENT_SECRET);
    drive_secret(&drive, "geheim");
    expect_send(&drive, "/vtss/service/ras/v1/login");
    expect_body(&drive, "\"client_secret\":\"geheim\"", true);
    assert_null(drive.action.request.authorization);
    return drive;
}

static void test_login(void **state)
{
    struct drive drive = begin_login(&(struct sca_cloud_login){0});

    (void)state;
    drive_reply(&drive, 200, "{\"access_token\":\"a.b\",\"expires_in\":\"3600\"}");
    expect_done(&drive);
    const struct sca_cloud_token *token = sca_flow_token(drive.flow);
    assert_string_equal(sca_secret_text(token->access), "a.b");
    assert_int_equal(token->expires_in_s, 3600);
    drive_finish(&drive, 0);
}

static void test_login_ends(void **state)
{
    struct drive drive = begin_login(&(struct sca_cloud_login){0});

    (void)state;
    drive_reply(&drive, 401, "{\"error\":\"59033\",\"error_description\":\"wrong\"}");
    expect_fail(&drive, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
    assert_string_equal(drive.action.detail, "wrong");
    assert_null(sca_flow_token(drive.flow));
    drive_finish(&drive, 0);
    drive = begin_login(&(struct sca_cloud_login){0});
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
    drive = begin_login(&(struct sca_cloud_login){0});
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_TIMEOUT, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

#define LISTED                                                                                     \
    "[{\"credential_id\":\"c-1\",\"key\":{\"status\":\"enabled\"},\"cert\":{\"certificates\":["    \
    "\"AQID\"]}}]"

static struct drive begin_list(void)
{
    struct drive drive = drive_list("viettel-mysign");

    drive_start(&drive);
    expect_need(&drive, SCA_SECRET_CLIENT_SECRET);
    drive_secret(&drive, "geheim");
    expect_token(&drive, false);
    drive_secret(&drive, "token-1");
    expect_send(&drive, "/vtss/service/certificates/info");
    assert_string_equal(drive.action.request.authorization, "Bearer token-1");
    return drive;
}

static void test_list(void **state)
{
    struct drive drive = begin_list();

    (void)state;
    drive_reply(&drive, 200, LISTED);
    expect_done(&drive);
    assert_int_equal(sca_flow_listing(drive.flow)->count, 1);
    drive_finish(&drive, 0);
}

/* A listing may be asked for again with a fresh token, once. */
static void test_list_stale(void **state)
{
    struct drive drive = begin_list();

    (void)state;
    drive_reply(&drive, 401, NO_TOKEN);
    expect_token(&drive, true);
    drive_secret(&drive, "token-2");
    expect_send(&drive, "/vtss/service/certificates/info");
    assert_string_equal(drive.action.request.authorization, "Bearer token-2");
    drive_reply(&drive, 401, NO_TOKEN);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    assert_string_equal(drive.action.detail, "token is over");
    drive_finish(&drive, 0);

    drive = begin_list();
    drive_reply(&drive, 401, NO_TOKEN);
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void test_list_ends(void **state)
{
    struct drive drive = begin_list();

    (void)state;
    drive_reply(&drive, 400, "{\"error\":\"58007\"}");
    expect_fail(&drive, SCA_E_SP_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
    drive = begin_list();
    drive_transport(&drive, SCA_TRANSPORT_TLS);
    expect_fail(&drive, SCA_E_TLS, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- signing --------------------------------------------------------------------------------- */

static void test_sign(void **state)
{
    struct drive drive = begin();

    (void)state;
    expect_send(&drive, "/vtss/service/signHash");
    assert_string_equal(drive.action.request.authorization, "Bearer geheim");
    expect_body(&drive, "\"credentialID\":\"credential-1\"", true);
    drive_reply(&drive, 200, OPENED);
    expect_wait(&drive, true);
    drive_timer(&drive);
    expect_token(&drive, false);
    drive_secret(&drive, "token-2");
    expect_send(&drive, POLL);
    assert_string_equal(drive.action.request.authorization, "Bearer token-2");
    expect_body(&drive, "{\"transactionId\":\"t-1\"}", true);
    drive_reply(&drive, 200, WAITING);
    expect_wait(&drive, true);
    poll_with(&drive, 200, "{\"status\":\"6000\"}");
    expect_wait(&drive, true);
    poll_with(&drive, 200, FINISHED);
    expect_signed(&drive);
    assert_string_equal(sca_flow_result(drive.flow)->provider_txn, "t-1");
    drive_finish(&drive, 1);
}

static void test_signed_at_once(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_reply(&drive, 200, "{\"signatures\":[\"" SIG_1 "\\r\\n\"]}");
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void test_sign_ends(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
        enum sca_spent spent;
    } table[] = {
        {400, "{\"error\":\"4005\"}", SCA_E_QUOTA, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"4002\"}", SCA_E_REJECTED, SCA_SPENT_NOTHING},
        {200, "{\"status\":\"4001\"}", SCA_E_EXPIRED, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"13004\"}", SCA_E_CERT, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"58007\"}", SCA_E_SP_AUTH, SCA_SPENT_NOTHING},
        /* Perhaps acted on; nobody has an id to ask by. */
        {200, "{}", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {502, "<html>", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {200, "{\"trans", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {400, "{\"error\":\"50000\"}", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct drive drive = begin();
        drive_reply(&drive, table[i].http, table[i].body);
        expect_fail(&drive, table[i].err, table[i].spent);
        drive_finish(&drive, 1);
    }
}

static void test_sign_lost(void **state)
{
    static const struct {
        enum sca_transport transport;
        int err;
        enum sca_spent spent;
    } table[] = {{SCA_TRANSPORT_NOT_SENT, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING},
                 {SCA_TRANSPORT_TLS, SCA_E_TLS, SCA_SPENT_NOTHING},
                 {SCA_TRANSPORT_UNCERTAIN, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN}};

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct drive drive = begin();
        drive_transport(&drive, table[i].transport);
        expect_fail(&drive, table[i].err, table[i].spent);
        assert_false(drive.action.accepted);
        drive_finish(&drive, 1);
    }
}

/* A refused token is replaced for the next request; this one is not sent again. */
static void test_sign_stale(void **state)
{
    static const char *const tokens[] = {"token-2", NULL};

    (void)state;
    for (size_t i = 0; i < COUNT(tokens); i++) {
        struct drive drive = begin();
        drive_reply(&drive, 401, NO_TOKEN);
        expect_token(&drive, true);
        drive_secret(&drive, tokens[i]);
        expect_fail(&drive, SCA_E_REFUSED, SCA_SPENT_NOTHING);
        assert_string_equal(drive.action.detail, "token is over");
        drive_finish(&drive, 1);
    }
}

static void test_no_secret(void **state)
{
    struct drive drive = drive_sign("viettel-mysign", &drive_one);

    (void)state;
    drive_start(&drive);
    drive_secret(&drive, "geheim");
    expect_token(&drive, false);
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- polling --------------------------------------------------------------------------------- */

static void test_poll_ends(void **state)
{
    static const struct {
        const char *body;
        int err;
        enum sca_spent spent;
    } table[] = {
        {"{\"status\":\"4001\"}", SCA_E_EXPIRED, SCA_SPENT_NOTHING},
        {"{\"status\":4002}", SCA_E_REJECTED, SCA_SPENT_NOTHING},
        {"{\"status\":\"4004\"}", SCA_E_REFUSED, SCA_SPENT_NOTHING},
        {"{\"status\":\"4005\"}", SCA_E_QUOTA, SCA_SPENT_NOTHING},
        {"{\"status\":\"13004\"}", SCA_E_CERT, SCA_SPENT_NOTHING},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct drive drive = begin_opened();
        poll_with(&drive, 200, table[i].body);
        expect_fail(&drive, table[i].err, table[i].spent);
        drive_finish(&drive, 1);
    }
}

static void test_poll_strange(void **state)
{
    struct drive drive = begin_opened();

    (void)state;
    for (int i = 0; i < 3; i++)
        poll_with(&drive, 200, "{\"status\":\"50000\",\"message\":\"internal\"}");
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_UNKNOWN);
    assert_string_equal(drive.action.detail, "internal");
    drive_finish(&drive, 1);
}

static void test_poll_trouble(void **state)
{
    struct drive drive = begin_opened();

    (void)state;
    poll_with(&drive, 502, "<html>");
    poll_with(&drive, 200, "{\"status\":\"7777\"}");
    assert_true(drive.action.wait_ms > 2000);
    poll_with(&drive, 200, WAITING);
    assert_int_equal(drive.action.wait_ms, 2000); /* well again, but unhurried */
    poll_with(&drive, 200, FINISHED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* A status may be asked for again with a fresh token; a fresh one that is refused, too, is the end
 * of looking. */
static void test_poll_stale(void **state)
{
    struct drive drive = begin_opened();

    (void)state;
    poll_with(&drive, 401, NO_TOKEN);
    expect_token(&drive, true);
    drive_secret(&drive, "token-3");
    expect_send(&drive, POLL);
    assert_string_equal(drive.action.request.authorization, "Bearer token-3");
    drive_reply(&drive, 200, WAITING);
    expect_wait(&drive, true);
    poll_with(&drive, 401, NO_TOKEN);
    drive_secret(&drive, "token-4");
    drive_reply(&drive, 401, NO_TOKEN);
    expect_wait(&drive, true); /* not accepted either: after a while */
    poll_with(&drive, 200, FINISHED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* Without a token nobody can ask; the transaction lives on, and the person may log in meanwhile. */
static void test_poll_without_token(void **state)
{
    struct drive drive = begin_opened();

    (void)state;
    drive_timer(&drive);
    drive_secret(&drive, NULL);
    expect_wait(&drive, true);
    poll_with(&drive, 200, FINISHED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void test_last_chance(void **state)
{
    struct drive drive = begin_opened();

    (void)state;
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_token(&drive, false);
    drive_secret(&drive, "token-2");
    expect_send(&drive, POLL);
    drive_reply(&drive, 200, WAITING);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);

    drive = begin_opened();
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    drive_secret(&drive, "token-2");
    drive_reply(&drive, 200, FINISHED);
    expect_signed(&drive);
    drive_finish(&drive, 1);

    drive = begin(); /* while nobody knows an id */
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);

    drive = drive_sign("viettel-mysign", &drive_one);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- resumed --------------------------------------------------------------------------------- */

static void test_resumed(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    sign.accepted = true;
    sign.provider_txn = "t-9";
    struct drive drive = drive_sign("viettel-mysign", &sign);
    drive_start(&drive);
    expect_token(&drive, false);
    drive_secret(&drive, "token-1");
    expect_send(&drive, POLL);
    expect_body(&drive, "\"t-9\"", true);
    drive_reply(&drive, 200, FINISHED);
    expect_signed(&drive);
    drive_finish(&drive, 0);
}

static void test_resumed_without_id(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    struct drive drive = drive_sign("viettel-mysign", &sign);
    drive_start(&drive);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    assert_int_equal(drive.sends, 0);
    drive_finish(&drive, 0);
}

/* ---- what is refused before anything is sent ------------------------------------------------- */

static void test_not_made(void **state)
{
    const struct sca_provider *provider = sca_provider_find("viettel-mysign");
    struct sca_cloud_account account = drive_account;
    struct sca_cloud_sign sign = drive_one;
    struct sca_flow *flow = NULL;

    (void)state;
    sign.scheme = SCA_SCHEME_PSS;
    assert_int_equal(provider->sign(&account, &sign, &flow), SCA_E_UNSUPPORTED);
    sign = drive_one;
    sign.hash = SCA_HASH_SHA1;
    assert_int_equal(provider->sign(&account, &sign, &flow), SCA_E_UNSUPPORTED);
    sign = drive_one;
    sign.provider_id = "";
    assert_int_equal(provider->sign(&account, &sign, &flow), SCA_E_INVAL);
    account.client_id = NULL;
    assert_int_equal(provider->sign(&account, &drive_one, &flow), SCA_E_CONFIG);
    assert_int_equal(provider->list(&account, &flow), SCA_E_CONFIG);
    assert_int_equal(provider->login(&account, &(struct sca_cloud_login){0}, &flow), SCA_E_CONFIG);
    assert_null(flow);
}

/* ---- any order of anything ------------------------------------------------------------------- */

static void test_random(void **state)
{
    static const struct drive_canned replies[] = {
        {200, OPENED},
        {200, OPENED},
        {200, WAITING},
        {200, WAITING},
        {200, "{\"status\":\"0\"}"},
        {200, "{\"status\":6000,\"signatures\":[\"\"]}"},
        {200, FINISHED},
        {200, "{\"status\":\"1\",\"signatures\":[\"" SIG_1 "\",\"" SIG_2 "\"]}"},
        {200, "{\"status\":\"4002\"}"},
        {200, "{\"status\":\"50000\"}"},
        {200, "{\"status\":\"7777\"}"},
        {401, NO_TOKEN},
        {401, "{\"error\":\"59033\"}"},
        {400, "{\"error\":\"x\",\"error_description\":\"not found\"}"},
        {400, "{\"error\":\"13004\"}"},
        {502, "<html>"},
        {200, "{\"status"},
    };

    (void)state;
    drive_random("viettel-mysign", "t-1", replies, COUNT(replies));
    drive_random("viettel-mysign", NULL, replies, COUNT(replies));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login),
        cmocka_unit_test(test_login_ends),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_stale),
        cmocka_unit_test(test_list_ends),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_signed_at_once),
        cmocka_unit_test(test_sign_ends),
        cmocka_unit_test(test_sign_lost),
        cmocka_unit_test(test_sign_stale),
        cmocka_unit_test(test_no_secret),
        cmocka_unit_test(test_poll_ends),
        cmocka_unit_test(test_poll_strange),
        cmocka_unit_test(test_poll_trouble),
        cmocka_unit_test(test_poll_stale),
        cmocka_unit_test(test_poll_without_token),
        cmocka_unit_test(test_last_chance),
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_resumed_without_id),
        cmocka_unit_test(test_not_made),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
