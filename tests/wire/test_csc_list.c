/* SPDX-License-Identifier: Apache-2.0 */
/* CSC: finding the service, its credentials page by page, and the ways to log in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "csc_replies.h"
#include "drive.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define CERT "\"cert\":{\"status\":\"valid\",\"certificates\":[\"AQID\"]}"
#define ONE  "{" CSC_KEY "," CERT ",\"authMode\":\"implicit\"}"

static void in_order(struct drive *drive, const char *url)
{
    assert_int_equal(drive->action.step, SCA_STEP_SEND);
    assert_string_equal(drive->action.request.url, url);
}

static struct drive begin(struct sca_flow *flow)
{
    struct drive drive = {.flow = flow, .now_ms = 1000000, .now_utc = 1};

    drive_start(&drive);
    return drive;
}

static struct drive list_at(const char *url)
{
    struct sca_cloud_account account = drive_account;
    struct sca_flow *flow = NULL;

    account.url = url;
    assert_int_equal(sca_provider_find("csc")->list(&account, &flow), 0);
    return begin(flow);
}

/* ---- finding --------------------------------------------------------------------------------- */

static void the_address_may_be_of_the_service_or_of_its_calls(void **state)
{
    (void)state;
    struct drive drive = list_at("https://cloud.test/sign/");
    in_order(&drive, "https://cloud.test/sign/csc/v2/info");
    drive_reply(&drive, 404, "<html>");
    in_order(&drive, "https://cloud.test/sign/csc/v1/info");
    drive_reply(&drive, 501, "{}");
    in_order(&drive, "https://cloud.test/sign/info");
    drive_reply(&drive, 200, CSC_INFO_1);
    drive_secret(&drive, "token");
    in_order(&drive, "https://cloud.test/sign/credentials/list");
    drive_end(&drive);

    drive = list_at("https://cloud.test/sign/csc/v1");
    in_order(&drive, "https://cloud.test/sign/csc/v1/info");
    drive_reply(&drive, 404, "{}");
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_NOTHING);
    drive_end(&drive);

    drive = list_at("https://cloud.test/v0/");
    in_order(&drive, "https://cloud.test/v0/info");
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_fail(&drive, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
    drive_end(&drive);

    drive = list_at("https://v1"); /* a host, no version */
    in_order(&drive, "https://v1/csc/v2/info");
    drive_reply(&drive, 503, "");
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_NOTHING);
    drive_end(&drive);
}

/* ---- listing --------------------------------------------------------------------------------- */

static void version_1_asks_for_each_credential(void **state)
{
    struct drive drive = list_at("https://cloud.test/csc/v1");

    (void)state;
    drive_reply(&drive, 200, CSC_INFO_1);
    drive_secret(&drive, "token");
    in_order(&drive, "https://cloud.test/csc/v1/credentials/list");
    expect_body(&drive, "credentialInfo", false);
    expect_body(&drive, "userID", false);
    drive_reply(&drive, 200, "{\"credentialIDs\":[\"a\"],\"nextPageToken\":\"p 2\"}");
    in_order(&drive, "https://cloud.test/csc/v1/credentials/list");
    expect_body(&drive, "\"pageToken\":\"p 2\"", true);
    drive_reply(&drive, 200, "{\"credentialIDs\":[\"b\"],\"nextPageToken\":null}");
    in_order(&drive, "https://cloud.test/csc/v1/credentials/info");
    expect_body(&drive, "\"credentialID\":\"a\",\"certificates\":\"chain\"", true);
    drive_reply(&drive, 200, ONE);
    expect_body(&drive, "\"credentialID\":\"b\"", true);
    drive_reply(&drive, 401, CSC_STALE);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    assert_true(drive.action.stale);
    drive_secret(&drive, "token-2");
    expect_body(&drive, "\"credentialID\":\"b\"", true);
    drive_reply(&drive, 200, ONE);
    expect_done(&drive);
    assert_int_equal(sca_flow_listing(drive.flow)->count, 2);
    assert_string_equal(sca_flow_listing(drive.flow)->certs[1].provider_id, "b");
    drive_finish(&drive, 0);
}

static void version_2_brings_all_in_one_reply(void **state)
{
    struct drive drive = list_at("https://cloud.test/csc/v2");

    (void)state;
    drive_reply(&drive, 200, CSC_INFO_2);
    drive_secret(&drive, "token");
    expect_body(&drive, "\"credentialInfo\":true,\"certificates\":\"chain\"", true);
    drive_reply(&drive, 200,
                "{\"credentialIDs\":[\"a\"],\"credentialInfos\":[{\"credentialID\":\"a\"," CSC_KEY
                "," CERT "}]}");
    expect_done(&drive);
    assert_int_equal(sca_flow_listing(drive.flow)->count, 1);
    drive_finish(&drive, 0);
}

static void nothing_there_is_said_so(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } rows[] = {
        {200, "{\"credentialIDs\":[]}", SCA_E_NO_CERT},
        {200, "{}", SCA_E_SERVER},
        {200, "[]", SCA_E_SERVER},
        {400, CSC_BAD("Invalid parameter userID"), SCA_E_NO_CERT},
        {500, "{}", SCA_E_SERVER},
        {401, "<html>", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct drive drive = list_at("https://cloud.test/csc/v2");
        drive_reply(&drive, 200, CSC_INFO_2);
        drive_secret(&drive, "token");
        drive_reply(&drive, rows[i].http, rows[i].body);
        expect_fail(&drive, rows[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
    }
}

/* A service that always promises another page must not be asked for ever. */
static void pages_come_to_an_end(void **state)
{
    struct drive drive = list_at("https://cloud.test/csc/v2");
    char body[128];

    (void)state;
    drive_reply(&drive, 200, CSC_INFO_2);
    drive_secret(&drive, "token");
    for (int i = 0; i < 200 && drive.action.step == SCA_STEP_SEND; i++) {
        (void)snprintf(body, sizeof body, "{\"credentialIDs\":[],\"nextPageToken\":\"%d\"}", i);
        drive_reply(&drive, 200, body);
    }
    expect_fail(&drive, SCA_E_NO_CERT, SCA_SPENT_NOTHING);
    assert_true(drive.sends < 100);
    drive_finish(&drive, 0);
}

/* ---- logging in ------------------------------------------------------------------------------ */

static struct drive login_as(const char *client_id, const char *profile,
                             const struct sca_cloud_login *login)
{
    struct sca_cloud_account account = drive_account;
    struct sca_flow *flow = NULL;

    account.url = "https://cloud.test/csc/v1";
    account.user_id = "0123:4";
    account.client_id = client_id;
    account.profile_id = profile;
    assert_int_equal(sca_provider_find("csc")->login(&account, login, &flow), 0);
    struct drive drive = begin(flow);
    in_order(&drive, "https://cloud.test/csc/v1/info");
    return drive;
}

#define INFO_ALL                                                                                   \
    "{\"specs\":\"1.0.4.0\",\"authType\":[\"basic\",\"oauth2code\",\"oauth2client\"],"             \
    "\"oauth2\":\"https://auth.test/as/\"}"
#define TOKEN "{\"access_token\":\"at\",\"refresh_token\":\"rt\",\"expires_in\":3600}"

static void expect_token(struct drive *drive, const char *refresh)
{
    expect_done(drive);
    const struct sca_cloud_token *token = sca_flow_token(drive->flow);
    assert_non_null(token);
    assert_string_equal(sca_secret_text(token->access), "at");
    assert_string_equal(sca_secret_text(token->refresh), refresh);
    drive_end(drive);
}

static void by_user_name_and_password(void **state)
{
    struct drive drive = login_as("", NULL, &(struct sca_cloud_login){0});

    (void)state;
    drive_reply(&drive, 200, INFO_ALL);
    expect_need(&drive, SCA_SECRET_PASSWORD);
    drive_secret(&drive, "mật khẩu");
    in_order(&drive, "https://cloud.test/csc/v1/auth/login");
    assert_string_equal(drive.action.request.authorization, "Basic MDEyMzo0Om3huq10IGto4bqpdQ==");
    expect_body(&drive, "{\"rememberMe\":true}", true);
    drive_reply(&drive, 200, TOKEN);
    expect_token(&drive, "rt");

    drive = login_as("", NULL, &(struct sca_cloud_login){0});
    drive_reply(&drive, 200, INFO_ALL);
    drive_secret(&drive, "wrong");
    drive_reply(&drive, 400, "{\"error\":\"authentication_error\"}");
    expect_fail(&drive, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
    drive_end(&drive);
}

static void a_dead_refresh_token_gives_way_to_the_password(void **state)
{
    SCA_SECRET_AUTO refresh = NULL;

    (void)state;
    assert_int_equal(sca_secret_new("old", 3, &refresh), 0);
    struct drive drive = login_as("", NULL, &(struct sca_cloud_login){.refresh = refresh});
    drive_reply(&drive, 200, INFO_ALL);
    in_order(&drive, "https://cloud.test/csc/v1/auth/login");
    assert_null(drive.action.request.authorization);
    expect_body(&drive, "\"refresh_token\":\"old\"", true);
    drive_reply(&drive, 400, CSC_BAD("Invalid refresh_token"));
    expect_need(&drive, SCA_SECRET_PASSWORD);
    drive_secret(&drive, "pw");
    expect_body(&drive, "old", false);
    drive_reply(&drive, 200, TOKEN);
    expect_token(&drive, "rt");

    /* a service that is down says nothing about the token */
    drive = login_as("", NULL, &(struct sca_cloud_login){.refresh = refresh});
    drive_reply(&drive, 200, INFO_ALL);
    drive_reply(&drive, 502, "<html>");
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_NOTHING);
    drive_end(&drive);
}

static void by_a_code_from_the_browser(void **state)
{
    const struct sca_cloud_login login = {
        .code = "c/1", .redirect_uri = "http://127.0.0.1:1/", .verifier = "v"};
    struct drive drive = login_as("client-1", NULL, &login);

    (void)state;
    drive_reply(&drive, 200, INFO_ALL);
    expect_need(&drive, SCA_SECRET_CLIENT_SECRET);
    drive_secret(&drive, "s & =+%");
    in_order(&drive, "https://auth.test/as/oauth2/token");
    assert_string_equal(drive.action.request.content_type, "application/x-www-form-urlencoded");
    expect_body(&drive,
                "grant_type=authorization_code&code=c%2F1&redirect_uri=http%3A%2F%2F127.0.0.1%3A1"
                "%2F&code_verifier=v&client_id=client-1&client_secret=s%20%26%20%3D%2B%25",
                true);
    drive_reply(&drive, 200, TOKEN);
    expect_token(&drive, "rt");

    drive = login_as("public", NULL, &login);
    drive_reply(&drive, 200, INFO_ALL);
    drive_secret(&drive, NULL); /* a public client has no secret */
    expect_body(&drive, "client_secret", false);
    drive_reply(&drive, 400, "{\"error\":\"invalid_grant\"}");
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_end(&drive);
}

static void without_a_code_the_person_is_asked_to_log_in(void **state)
{
    SCA_SECRET_AUTO refresh = NULL;
    struct drive drive = login_as("client-1", NULL, &(struct sca_cloud_login){0});

    (void)state;
    drive_reply(&drive, 200, INFO_ALL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_end(&drive);

    assert_int_equal(sca_secret_new("r", 1, &refresh), 0);
    drive = login_as("client-1", NULL, &(struct sca_cloud_login){.refresh = refresh});
    drive_reply(&drive, 200, INFO_ALL);
    drive_secret(&drive, NULL);
    expect_body(&drive, "grant_type=refresh_token&refresh_token=r&client_id=client-1", true);
    drive_reply(&drive, 200, "{\"access_token\":\"at\"}"); /* not rotated: the old one stays good */
    expect_token(&drive, "r");

    drive = login_as("client-1", NULL, &(struct sca_cloud_login){.refresh = refresh});
    drive_reply(&drive, 200, INFO_ALL);
    drive_secret(&drive, NULL);
    drive_reply(&drive, 400, "{\"error\":\"invalid_grant\"}");
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_end(&drive);
}

static void as_a_machine(void **state)
{
    struct drive drive = login_as("client-1", "oauth2client", &(struct sca_cloud_login){0});

    (void)state;
    drive_reply(&drive, 200, INFO_ALL);
    drive_secret(&drive, "s");
    expect_body(&drive, "grant_type=client_credentials&scope=service&client_id=client-1", true);
    drive_reply(&drive, 401, "{\"error\":\"invalid_client\"}");
    expect_fail(&drive, SCA_E_SP_AUTH, SCA_SPENT_NOTHING);
    drive_end(&drive);
}

static void the_issuers_metadata_name_the_server(void **state)
{
    struct drive drive = login_as("client-1", "oauth2client", &(struct sca_cloud_login){0});

    (void)state;
    drive_reply(&drive, 200, "{\"specs\":\"2.0.0.2\",\"oauth2Issuer\":\"https://auth.test/as/\"}");
    in_order(&drive, "https://auth.test/.well-known/oauth-authorization-server/as");
    assert_int_equal(drive.action.request.body.len, 0);
    drive_reply(&drive, 200, "{\"token_endpoint\":\"https://auth.test/t\"}");
    drive_secret(&drive, "s");
    in_order(&drive, "https://auth.test/t");
    drive_end(&drive);
}

static void the_page_is_the_one_that_the_service_names(void **state)
{
    const struct sca_provider *csc = sca_provider_find("csc");
    struct sca_cloud_account account = drive_account;
    struct sca_flow *flow = NULL;
    SCA_BUF_AUTO url;

    (void)state;
    sca_buf_init(&url, 4096);
    account.url = "https://cloud.test/csc/v1";
    assert_int_equal(csc->login_url(&account, "http://127.0.0.1:1/", "st", "ch", &url),
                     SCA_E_CONFIG);
    assert_int_equal(csc->find_page(&account, &flow), 0);
    struct drive drive = begin(flow);
    drive_reply(&drive, 200, INFO_ALL);
    expect_done(&drive);
    assert_string_equal(sca_flow_page(flow), "https://auth.test/as/oauth2/authorize");
    account.login_page = sca_flow_page(flow);
    assert_int_equal(csc->login_url(&account, "http://127.0.0.1:1/", "st", "ch", &url), 0);
    assert_int_equal(sca_buf_add_u8(&url, 0), 0);
    assert_string_equal(
        (const char *)url.data,
        "https://auth.test/as/oauth2/authorize?response_type=code&client_id=client-1&redirect_uri="
        "http%3A%2F%2F127.0.0.1%3A1%2F&scope=service&state=st&code_challenge=ch&"
        "code_challenge_method=S256");
    drive_end(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_address_may_be_of_the_service_or_of_its_calls),
        cmocka_unit_test(version_1_asks_for_each_credential),
        cmocka_unit_test(version_2_brings_all_in_one_reply),
        cmocka_unit_test(nothing_there_is_said_so),
        cmocka_unit_test(pages_come_to_an_end),
        cmocka_unit_test(by_user_name_and_password),
        cmocka_unit_test(a_dead_refresh_token_gives_way_to_the_password),
        cmocka_unit_test(by_a_code_from_the_browser),
        cmocka_unit_test(without_a_code_the_person_is_asked_to_log_in),
        cmocka_unit_test(as_a_machine),
        cmocka_unit_test(the_issuers_metadata_name_the_server),
        cmocka_unit_test(the_page_is_the_one_that_the_service_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
