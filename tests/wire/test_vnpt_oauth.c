/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VNPT OAuth flows, stepped: log-ins that never send twice what was refused, a listing key by
 * key, and a sign flow that tries its token on a request that costs nothing, spends once, and ends
 * as uncertain where nobody can ask for the transaction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "drive.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define PROVIDER     "vnpt-smartca-oauth"

#define TOKEN  "/auth/token"
#define LIST   "/csc/credentials/list"
#define KEY    "/csc/credentials/info"
#define SIGN   "/csc/signature/signhash"
#define LOOK   "/csc/credentials/gettraninfo"
#define USABLE "{\"key\":{\"status\":\"ENABLED\"},\"cert\":{\"status\":\"VALID\"}}"
#define OPENED "{\"code\":0,\"content\":{\"tranId\":\"t-1\"}}"
#define OPEN   "{\"code\":0,\"content\":{\"tranStatus\":4000,\"documents\":null}}"
#define FINISHED                                                                                   \
    "{\"code\":0,\"content\":{\"tranStatus\":1,\"documents\":[{\"name\":\"doc-1\",\"sig\":"        \
    "\"" SIG_1 "\"}]}}"
#define GRANTED                                                                                    \
    "{\"access_token\":\"a-1\",\"refresh_token\":\"r-2\",\"token_type\":\"bearer\",\"expires_"     \
    "in\":"                                                                                        \
    "3600}"
#define WRONG "{\"error\":\"invalid_grant\",\"error_description\":\"4 attempts left\"}"

static void expect_token(const struct drive *drive, bool stale)
{
    expect_need(drive, SCA_SECRET_ACCESS_TOKEN);
    assert_int_equal(drive->action.stale, stale);
}

/* ---- log-in ---------------------------------------------------------------------------------- */

/* Up to the first request. */
static struct drive begin_login(const struct sca_cloud_login *login)
{
    struct drive drive = {.now_ms = 1000};

    assert_int_equal(sca_provider_find(PROVIDER)->login(&drive_account, login, &drive.flow), 0);
    drive_start(&drive);
    if (login->refresh != NULL || login->code != NULL) {
        expect_need(&drive, SCA_SECRET_CLIENT_SECRET);
        drive_secret(&drive, "geheim");
    }
    return drive;
}

static void give_password(struct drive *drive, const char *password)
{
    expect_need(drive, SCA_SECRET_PASSWORD);
    drive_secret(drive, password);
    expect_need(drive, SCA_SECRET_CLIENT_SECRET);
    drive_secret(drive, "geheim");
}

static struct drive begin_refresh(void)
{
    SCA_SECRET_AUTO refresh = NULL;

    assert_int_equal(sca_secret_new("r-1", 3, &refresh), 0);
    struct drive drive = begin_login(&(struct sca_cloud_login){.refresh = refresh});
    expect_send(&drive, TOKEN);
    expect_body(&drive, "grant_type=refresh_token", true);
    expect_body(&drive, "refresh_token=r-1", true);
    assert_string_equal(drive.action.request.content_type, "application/x-www-form-urlencoded");
    assert_null(drive.action.request.authorization);
    return drive;
}

static void expect_granted(struct drive *drive)
{
    expect_done(drive);
    const struct sca_cloud_token *token = sca_flow_token(drive->flow);
    assert_string_equal(sca_secret_text(token->access), "a-1");
    assert_string_equal(sca_secret_text(token->refresh), "r-2");
    assert_int_equal(token->expires_in_s, 3600);
    drive_finish(drive, 0);
}

static void test_login_by_refresh(void **state)
{
    struct drive drive = begin_refresh();

    (void)state;
    drive_reply(&drive, 200, GRANTED);
    assert_false(sca_flow_token(drive.flow)->refresh_over);
    expect_granted(&drive);
}

static void test_login_by_password(void **state)
{
    struct drive drive = begin_login(&(struct sca_cloud_login){0});

    (void)state;
    give_password(&drive, "mật@&khẩu");
    expect_send(&drive, TOKEN);
    expect_body(&drive, "grant_type=password", true);
    expect_body(&drive, "username=012345678901&password=m%E1%BA%ADt%40%26kh%E1%BA%A9u", true);
    drive_reply(&drive, 200, GRANTED);
    expect_granted(&drive);
}

static void test_login_by_code(void **state)
{
    const struct sca_cloud_login login = {
        .code = "c-1", .redirect_uri = "http://127.0.0.1:9/a", .verifier = "v-1"};
    struct drive drive = begin_login(&login);

    (void)state;
    expect_send(&drive, TOKEN);
    expect_body(&drive, "code=c-1&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fa&code_verifier=v-1",
                true);
    drive_reply(&drive, 200, GRANTED);
    expect_granted(&drive);
    /* A code that is over ends it: there is no second thing to try. */
    drive = begin_login(&login);
    drive_reply(&drive, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}");
    expect_fail(&drive, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    assert_string_equal(drive.action.detail, "expired");
    assert_int_equal(drive.sends, 1);
    drive_finish(&drive, 0);
}

/* A refresh token that is over is told, and not sent again; the password comes after it. */
static void test_refresh_over(void **state)
{
    struct drive drive = begin_refresh();

    (void)state;
    drive_reply(&drive, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"over\"}");
    expect_need(&drive, SCA_SECRET_PASSWORD);
    drive_secret(&drive, "geheim");
    expect_body(&drive, "grant_type=password", true);
    drive_reply(&drive, 200, GRANTED);
    assert_true(sca_flow_token(drive.flow)->refresh_over);
    assert_int_equal(drive.sends, 2);
    expect_granted(&drive);

    drive = begin_refresh();
    drive_reply(&drive, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"over\"}");
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    assert_true(sca_flow_token(drive.flow)->refresh_over);
    assert_int_equal(drive.sends, 1);
    drive_finish(&drive, 0);
}

/* Anything else than "it is over" leaves the refresh token for another day. */
static void test_refresh_stays(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } table[] = {
        {503, "", SCA_E_SERVER},
        {400, "<html>", SCA_E_SERVER},
        {400, "{\"error\":\"invalid_client\"}", SCA_E_SP_AUTH},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"account_locked\"}",
         SCA_E_USER_LOCKED},
        {400, "{\"error\":\"unauthorized_client\"}", SCA_E_NEED_AUTH},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct drive drive = begin_refresh();
        drive_reply(&drive, table[i].http, table[i].body);
        expect_fail(&drive, table[i].err, SCA_SPENT_NOTHING);
        assert_false(sca_flow_token(drive.flow)->refresh_over);
        drive_finish(&drive, 0);
    }
    struct drive drive = begin_refresh();
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_NOTHING);
    assert_false(sca_flow_token(drive.flow)->refresh_over);
    drive_finish(&drive, 0);
    drive = begin_refresh();
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_TIMEOUT, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void test_password_refused(void **state)
{
    struct drive drive = begin_login(&(struct sca_cloud_login){0});

    (void)state;
    give_password(&drive, "falsch");
    drive_reply(&drive, 400, WRONG);
    expect_fail(&drive, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
    assert_string_equal(drive.action.detail, "4 attempts left");
    assert_int_equal(drive.sends, 1);
    drive_finish(&drive, 0);
}

static void test_login_not_made(void **state)
{
    struct sca_cloud_account account = drive_account;
    struct drive drive = {.now_ms = 1000};
    const struct sca_provider *provider = sca_provider_find(PROVIDER);

    (void)state;
    account.client_id = "";
    assert_int_equal(provider->login(&account, &(struct sca_cloud_login){0}, &drive.flow),
                     SCA_E_CONFIG);
    /* Without an identity number a password cannot be used. */
    account = drive_account;
    account.user_id = NULL;
    assert_int_equal(provider->login(&account, &(struct sca_cloud_login){0}, &drive.flow), 0);
    drive_start(&drive);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void test_login_url(void **state)
{
    SCA_BUF_AUTO url;

    (void)state;
    sca_buf_init(&url, 4096);
    assert_int_equal(sca_provider_find(PROVIDER)->login_url(&drive_account, "http://127.0.0.1:9/a",
                                                            "st&ate", "chal-lenge", &url),
                     0);
    assert_int_equal(sca_buf_add_u8(&url, 0), 0);
    assert_string_equal((char *)url.data,
                        "https://cloud.test/sca/sp769/auth/authorize?response_type=code&client_id="
                        "client-1&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fa&scope=sign%20"
                        "offline_access&state=st%26ate&code_challenge=chal-lenge&"
                        "code_challenge_method=S256");
}

/* ---- listing --------------------------------------------------------------------------------- */

#define IDS "{\"code\":0,\"content\":[\"c-1\",\"c-2\"]}"
#define CERT                                                                                       \
    "{\"key\":{\"status\":\"ENABLED\"},\"cert\":{\"status\":\"VALID\",\"serialNumber\":\"54\","    \
    "\"certificates\":[\"AQID\"]}}"

static struct drive begin_list(void)
{
    struct drive drive = drive_list(PROVIDER);

    drive_start(&drive);
    expect_token(&drive, false);
    drive_secret(&drive, "a-1");
    expect_send(&drive, LIST);
    assert_string_equal(drive.action.request.authorization, "Bearer a-1");
    return drive;
}

static void test_list(void **state)
{
    struct drive drive = begin_list();

    (void)state;
    drive_reply(&drive, 200, IDS);
    expect_send(&drive, KEY);
    expect_body(&drive, "\"credentialId\":\"c-1\",\"certificates\":\"chain\"", true);
    drive_reply(&drive, 200, CERT);
    expect_send(&drive, KEY);
    expect_body(&drive, "\"credentialId\":\"c-2\"", true);
    assert_string_equal(drive.action.request.authorization, "Bearer a-1");
    drive_reply(&drive, 200, CERT);
    expect_done(&drive);
    const struct sca_cloud_listing *listing = sca_flow_listing(drive.flow);
    assert_int_equal(listing->count, 2);
    assert_string_equal(listing->certs[1].provider_id, "c-2");
    drive_finish(&drive, 0);
}

/* One key that cannot be shown does not cost the others; all of them do. */
static void test_list_partly(void **state)
{
    struct drive drive = begin_list();

    (void)state;
    drive_reply(&drive, 200, IDS);
    drive_reply(&drive, 400, "{\"code\":60003,\"message\":\"bad\"}");
    drive_reply(&drive, 200, CERT);
    expect_done(&drive);
    assert_int_equal(sca_flow_listing(drive.flow)->count, 1);
    drive_finish(&drive, 0);

    drive = begin_list();
    drive_reply(&drive, 200, IDS);
    drive_reply(&drive, 200, "{}");
    drive_reply(&drive, 400, "{\"code\":60003,\"message\":\"bad\"}");
    expect_fail(&drive, SCA_E_CERT, SCA_SPENT_NOTHING);
    assert_string_equal(drive.action.detail, "bad");
    drive_finish(&drive, 0);
}

/* A stale token in the middle is replaced once, and the same question asked again. */
static void test_list_stale(void **state)
{
    struct drive drive = begin_list();

    (void)state;
    drive_reply(&drive, 200, IDS);
    drive_reply(&drive, 200, CERT);
    drive_reply(&drive, 401, "");
    expect_token(&drive, true);
    drive_secret(&drive, "a-2");
    expect_send(&drive, KEY);
    expect_body(&drive, "\"credentialId\":\"c-2\"", true);
    assert_string_equal(drive.action.request.authorization, "Bearer a-2");
    drive_reply(&drive, 401, "");
    expect_fail(&drive, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void test_list_ends(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } table[] = {
        {200, "{\"code\":0,\"content\":[]}", SCA_E_NO_CERT},
        {400, "{\"code\":60000}", SCA_E_NO_CERT},
        {502, "", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct drive drive = begin_list();
        drive_reply(&drive, table[i].http, table[i].body);
        expect_fail(&drive, table[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
    }
    struct drive drive = begin_list();
    drive_reply(&drive, 200, IDS);
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_fail(&drive, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
    drive = drive_list(PROVIDER);
    drive_start(&drive);
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- signing --------------------------------------------------------------------------------- */

static struct drive begin_check(void)
{
    struct drive drive = drive_sign(PROVIDER, &drive_one);

    drive_start(&drive);
    expect_token(&drive, false);
    drive_secret(&drive, "a-1");
    expect_send(&drive, KEY);
    expect_body(&drive, "\"credentialId\":\"credential-1\",\"certificates\":\"none\"", true);
    assert_false(drive.action.request.spends);
    return drive;
}

static struct drive begin_sign(void)
{
    struct drive drive = begin_check();

    drive_reply(&drive, 200, USABLE);
    expect_send(&drive, SIGN);
    assert_true(drive.action.request.spends);
    assert_string_equal(drive.action.request.authorization, "Bearer a-1");
    expect_body(&drive, "\"refTranId\":\"3f2a0c1e-0000-4000-8000-000000000001\"", true);
    return drive;
}

static struct drive begin_opened(void)
{
    struct drive drive = begin_sign();

    drive_reply(&drive, 200, OPENED);
    expect_wait(&drive, true);
    assert_true(drive.action.accepted);
    assert_string_equal(drive.action.provider_txn, "t-1");
    return drive;
}

/* The wait, the token, and the look. */
static void look(struct drive *drive, int http, const char *body)
{
    drive_timer(drive);
    expect_token(drive, false);
    drive_secret(drive, "a-2");
    expect_send(drive, LOOK);
    expect_body(drive, "{\"tranId\":\"t-1\"}", true);
    assert_string_equal(drive->action.request.authorization, "Bearer a-2");
    assert_false(drive->action.request.spends);
    drive_reply(drive, http, body);
}

static void test_sign(void **state)
{
    struct drive drive = begin_opened();

    (void)state;
    look(&drive, 200, OPEN);
    expect_wait(&drive, true);
    look(&drive, 200, FINISHED);
    expect_signed(&drive);
    assert_string_equal(sca_flow_result(drive.flow)->provider_txn, "t-1");
    drive_finish(&drive, 1);
}

/* A token that has ended meets the request that costs nothing. */
static void test_check_stale(void **state)
{
    struct drive drive = begin_check();

    (void)state;
    drive_reply(&drive, 401, "");
    expect_token(&drive, true);
    drive_secret(&drive, "a-2");
    expect_send(&drive, KEY);
    drive_reply(&drive, 200, USABLE);
    expect_send(&drive, SIGN);
    assert_string_equal(drive.action.request.authorization, "Bearer a-2");
    drive_finish(&drive, 1);

    drive = begin_check();
    drive_reply(&drive, 401, "");
    drive_secret(&drive, "a-2");
    drive_reply(&drive, 401, "");
    expect_fail(&drive, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* What the service says before anything was asked of it. */
static void test_check_ends(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } table[] = {
        {200, "{\"key\":{\"status\":\"DISABLED\"},\"cert\":{\"status\":\"VALID\"}}", SCA_E_CERT},
        {200, "{\"cert\":{\"status\":\"REVOKED\"}}", SCA_E_CERT},
        {400, "{\"code\":60000}", SCA_E_NO_CERT},
        {400, "{\"code\":60003}", SCA_E_CERT},
        {502, "", SCA_E_SERVER},
        {404, "", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct drive drive = begin_check();
        drive_reply(&drive, table[i].http, table[i].body);
        expect_fail(&drive, table[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
    }
    struct drive drive = begin_check();
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
    drive = begin_check();
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void test_sign_ends(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
        enum sca_spent spent;
    } table[] = {
        {400, "{\"code\":65000}", SCA_E_QUOTA, SCA_SPENT_NOTHING},
        {400, "{\"code\":60003}", SCA_E_CERT, SCA_SPENT_NOTHING},
        {400, "{\"code\":62010}", SCA_E_REFUSED, SCA_SPENT_NOTHING},
        /* lost: the transaction's id is in none of these, and our own is no key */
        {400, "{\"code\":50000}", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {400, "{\"code\":64002}", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {200, "{\"code\":0,\"content\":null}", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {200, "{\"code\":0,", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {502, "", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {429, "", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
    };
    static const struct {
        enum sca_transport transport;
        int err;
        enum sca_spent spent;
    } lines[] = {{SCA_TRANSPORT_NOT_SENT, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING},
                 {SCA_TRANSPORT_TLS, SCA_E_TLS, SCA_SPENT_NOTHING},
                 {SCA_TRANSPORT_UNCERTAIN, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN}};

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct drive drive = begin_sign();
        drive_reply(&drive, table[i].http, table[i].body);
        expect_fail(&drive, table[i].err, table[i].spent);
        assert_false(drive.action.accepted);
        drive_finish(&drive, 1);
    }
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct drive drive = begin_sign();
        drive_transport(&drive, lines[i].transport);
        expect_fail(&drive, lines[i].err, lines[i].spent);
        drive_finish(&drive, 1);
    }
}

/* The sign request is not sent again, not even where its token alone was refused. */
static void test_sign_stale(void **state)
{
    struct drive drive = begin_sign();

    (void)state;
    drive_reply(&drive, 401, "");
    expect_token(&drive, true);
    drive_secret(&drive, "a-2");
    expect_fail(&drive, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 1);
}

static void test_look_ends(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } table[] = {
        {200, "{\"code\":0,\"content\":{\"tranStatus\":4001}}", SCA_E_EXPIRED},
        {200, "{\"code\":0,\"content\":{\"tranStatus\":\"4002\"}}", SCA_E_REJECTED},
        {200, "{\"code\":0,\"content\":{\"tranStatus\":4003}}", SCA_E_REFUSED},
        {200, "{\"code\":0,\"content\":{\"tranStatus\":4004}}", SCA_E_REFUSED},
        {400, "{\"code\":62002}", SCA_E_EXPIRED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct drive drive = begin_opened();
        look(&drive, table[i].http, table[i].body);
        expect_fail(&drive, table[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 1);
    }
}

/* Nothing but the time ends the looking, whatever goes wrong on the way. */
static void test_look_trouble(void **state)
{
    static const struct {
        int http;
        const char *body;
    } table[] = {
        {502, ""},
        {429, ""},
        {200, "{\"code\":0,\"content\":{\"tranStatus\":7777}}"},
        {400, "{\"code\":62001}"},
        {400, "{\"code\":50000}"},
        {400, "{\"code\":62000}"},
        {200, "<html>"},
    };
    struct drive drive = begin_opened();

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        look(&drive, table[i].http, table[i].body);
        expect_wait(&drive, true);
    }
    drive_timer(&drive);
    drive_secret(&drive, NULL); /* not logged in any more: the person may do that meanwhile */
    expect_wait(&drive, true);
    drive_timer(&drive);
    drive_secret(&drive, "a-2");
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    expect_wait(&drive, true);
    look(&drive, 200, FINISHED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void test_look_stale(void **state)
{
    struct drive drive = begin_opened();

    (void)state;
    look(&drive, 401, "");
    expect_token(&drive, true);
    drive_secret(&drive, "a-3");
    expect_send(&drive, LOOK);
    assert_string_equal(drive.action.request.authorization, "Bearer a-3");
    drive_reply(&drive, 401, ""); /* this one neither: not at once again */
    expect_wait(&drive, true);
    look(&drive, 200, FINISHED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* Signatures that do not fit are looked at again, and then given up; they are never taken. */
static void test_look_strange(void **state)
{
    struct drive drive = begin_opened();
    const char *strange = "{\"code\":0,\"content\":{\"tranStatus\":1,\"documents\":[{\"name\":"
                          "\"doc-9\",\"sig\":\"" SIG_1 "\"}]}}";

    (void)state;
    for (int i = 0; i < 2; i++) {
        look(&drive, 200, strange);
        expect_wait(&drive, true);
    }
    look(&drive, 200, strange);
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);
}

static void test_not_found(void **state)
{
    struct drive drive = begin_opened();

    (void)state;
    for (int i = 0; drive.action.step == SCA_STEP_WAIT && i < 50; i++)
        look(&drive, 400, "{\"code\":62000}");
    expect_fail(&drive, SCA_E_NOT_FOUND, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);
}

static void test_last_chance(void **state)
{
    struct drive drive = begin_opened();

    (void)state;
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_token(&drive, false);
    drive_secret(&drive, "a-2");
    expect_send(&drive, LOOK);
    drive_reply(&drive, 200, OPEN);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);

    drive = begin_opened();
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    drive_secret(&drive, "a-2");
    drive_reply(&drive, 200, FINISHED);
    expect_signed(&drive);
    drive_finish(&drive, 1);

    drive = begin_sign(); /* the reply with the id is under way */
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);
}

static void test_resumed(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    sign.accepted = true;
    sign.provider_txn = "t-1";
    sign.provider_id = "";
    struct drive drive = drive_sign(PROVIDER, &sign);
    drive_start(&drive);
    expect_token(&drive, false);
    drive_secret(&drive, "a-2");
    expect_send(&drive, LOOK);
    drive_reply(&drive, 200, FINISHED);
    expect_signed(&drive);
    drive_finish(&drive, 0);

    /* Without the service's id nobody can ask: at once, and without a request. */
    sign.provider_txn = NULL;
    drive = drive_sign(PROVIDER, &sign);
    drive_start(&drive);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    assert_int_equal(drive.sends, 0);
    drive_finish(&drive, 0);
}

static void test_not_made(void **state)
{
    const struct sca_provider *provider = sca_provider_find(PROVIDER);
    struct sca_cloud_sign sign = drive_one;
    struct sca_flow *flow = NULL;

    (void)state;
    sign.scheme = SCA_SCHEME_PSS;
    assert_int_equal(provider->sign(&drive_account, &sign, &flow), SCA_E_UNSUPPORTED);
    sign = drive_one;
    sign.provider_id = "";
    assert_int_equal(provider->sign(&drive_account, &sign, &flow), SCA_E_INVAL);
    assert_null(flow);
}

/* ---- any order of anything ------------------------------------------------------------------- */

static void test_random(void **state)
{
    static const struct drive_canned replies[] = {
        {200, USABLE},
        {200, USABLE},
        {200, OPENED},
        {200, OPENED},
        {200, OPEN},
        {200, FINISHED},
        {200, "{\"code\":0,\"content\":{\"tranStatus\":4002}}"},
        {200, "{\"code\":0,\"content\":{\"tranStatus\":1}}"},
        {400, "{\"code\":65000}"},
        {400, "{\"code\":62000}"},
        {400, "{\"code\":8}"},
        {401, ""},
        {401, ""},
        {502, "<html>"},
        {200, "{\"code"},
    };

    (void)state;
    drive_random(PROVIDER, "t-1", replies, COUNT(replies));
    drive_random(PROVIDER, NULL, replies, COUNT(replies));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login_by_refresh),
        cmocka_unit_test(test_login_by_password),
        cmocka_unit_test(test_login_by_code),
        cmocka_unit_test(test_refresh_over),
        cmocka_unit_test(test_refresh_stays),
        cmocka_unit_test(test_password_refused),
        cmocka_unit_test(test_login_not_made),
        cmocka_unit_test(test_login_url),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_partly),
        cmocka_unit_test(test_list_stale),
        cmocka_unit_test(test_list_ends),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_check_stale),
        cmocka_unit_test(test_check_ends),
        cmocka_unit_test(test_sign_ends),
        cmocka_unit_test(test_sign_stale),
        cmocka_unit_test(test_look_ends),
        cmocka_unit_test(test_look_trouble),
        cmocka_unit_test(test_look_stale),
        cmocka_unit_test(test_look_strange),
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_last_chance),
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_not_made),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
