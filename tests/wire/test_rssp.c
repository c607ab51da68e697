/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RSSP flows, stepped by hand: each second factor, tokens that run out on the way, everything
 * that is refused before the person is asked, and a sign request whose fate nobody knows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "drive.h"

#define INFO(mode)                                                                                 \
    "{\"error\":0,\"authMode\":\"" mode "\",\"cert\":{\"status\":\"OPERATED\"},"                   \
    "\"remainingSigningCounter\":5}"
#define SAD     "{\"error\":0,\"SAD\":\"sad-1\",\"expiresIn\":300}"
#define GOOD    "{\"error\":0,\"signatures\":[\"" SIG_1 "\"],\"responseID\":\"resp-1\"}"
#define STALE   "{\"error\":3005,\"errorDescription\":\"Token has expired\"}"
#define REFUSAL "{\"error\":3018,\"errorDescription\":\"User rejected\"}"
#define WRONG                                                                                      \
    "{\"error\":3010,\"errorDescription\":\"Authorize code is invalid\",\"remainingCounter\":3,"   \
    "\"tempLockoutDuration\":0}"
#define LOCKED                                                                                     \
    "{\"error\":3011,\"errorDescription\":\"Credential is temporarily locked\","                   \
    "\"remainingCounter\":0,\"tempLockoutDuration\":300}"

static void expect_bearer(const struct drive *drive, const char *token)
{
    assert_non_null(drive->action.request.authorization);
    assert_string_equal(drive->action.request.authorization, token);
}

/* Up to the request that authorizes, with the access token "geheim". */
static struct drive to_authorize(const char *mode_info)
{
    struct drive drive = drive_sign("rssp", &drive_one);

    drive_start(&drive);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "geheim");
    expect_send(&drive, "/credentials/info");
    expect_bearer(&drive, "Bearer geheim");
    expect_body(&drive, "\"credentialID\":\"credential-1\"", true);
    drive_reply(&drive, 200, mode_info);
    return drive;
}

static struct drive to_sign(void)
{
    struct drive drive = to_authorize(INFO("EXPLICIT/PIN"));

    drive_secret(&drive, "135790");
    expect_send(&drive, "/credentials/authorize");
    drive_reply(&drive, 200, SAD);
    expect_send(&drive, "/signatures/signHash");
    assert_true(drive.action.request.spends);
    return drive;
}

static void test_passcode(void **state)
{
    struct drive drive = to_authorize(INFO("EXPLICIT/PIN"));

    (void)state;
    expect_need(&drive, SCA_SECRET_CREDENTIAL_PIN);
    drive_secret(&drive, "135790");
    expect_send(&drive, "/credentials/authorize");
    expect_body(&drive, "\"authorizeCode\":\"135790\"", true);
    assert_false(drive.action.waiting_for_person);
    assert_false(drive.action.request.spends);
    drive_reply(&drive, 200, SAD);
    expect_send(&drive, "/signatures/signHash");
    expect_body(&drive, "\"SAD\":\"sad-1\"", true);
    expect_body(&drive, "135790", false);
    assert_true(drive.action.request.spends);
    drive_reply(&drive, 200, GOOD);
    expect_signed(&drive);
    assert_string_equal(sca_flow_result(drive.flow)->provider_txn, "resp-1");
    drive_finish(&drive, 1);
}

static void test_sent_code(void **state)
{
    static const char *const modes[] = {INFO("EXPLICIT/OTP-SMS"), INFO("EXPLICIT/OTP-EMAIL")};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct drive drive = to_authorize(modes[i]);

        expect_send(&drive, "/credentials/sendOTP");
        drive_reply(&drive, 200, "{\"error\":0,\"responseID\":\"otp-1\"}");
        expect_need(&drive, SCA_SECRET_SENT_OTP);
        drive_secret(&drive, "123456");
        expect_send(&drive, "/credentials/authorize");
        expect_body(&drive, "\"authorizeCode\":\"123456\",\"requestID\":\"otp-1\"", true);
        drive_reply(&drive, 200, SAD);
        drive_reply(&drive, 200, GOOD);
        expect_signed(&drive);
        drive_finish(&drive, 1);
    }
}

/* The request is open while the phone rings: the person is told, and there is time. */
static void test_phone(void **state)
{
    struct drive drive = to_authorize(INFO("IMPLICIT/TSE"));

    (void)state;
    expect_send(&drive, "/credentials/authorize");
    assert_true(drive.action.waiting_for_person);
    assert_true(drive.action.request.timeout_ms >= 3600 * 1000);
    expect_body(&drive, "\"message\":\"soffice trên may-tinh-1\"", true);
    expect_body(&drive, "authorizeCode", false);
    drive_reply(&drive, 200, SAD);
    assert_false(drive.action.waiting_for_person);
    drive_reply(&drive, 200, GOOD);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void test_phone_ends(void **state)
{
    struct drive drive = to_authorize(INFO("IMPLICIT/TSE"));

    (void)state;
    drive_reply(&drive, 200, REFUSAL);
    expect_fail(&drive, SCA_E_REJECTED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);

    drive = to_authorize(INFO("IMPLICIT/TSE"));
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);

    drive = to_authorize(INFO("IMPLICIT/TSE"));
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN); /* without a SAD nothing can come of it */
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* Where info does not say how, the service is asked with the relying party's own log-in. */
static void test_two_factor(void **state)
{
    struct drive drive = to_authorize(INFO("EXPLICIT/JWT"));

    (void)state;
    expect_need(&drive, SCA_SECRET_RP_PASSWORD);
    drive_secret(&drive, "p");
    expect_need(&drive, SCA_SECRET_RP_SIGNATURE);
    drive_secret(&drive, "s");
    expect_need(&drive, SCA_SECRET_RP_KEY);
    drive_secret(&drive, "no key");
    expect_need(&drive, SCA_SECRET_RP_KEY_PASSWORD);
    drive_secret(&drive, "x");
    expect_fail(&drive, SCA_E_CONFIG, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void test_refused_early(void **state)
{
    static const struct {
        const char *info;
        int err;
    } rows[] = {
        {"{\"error\":0,\"authMode\":\"IMPLICIT/TSE\",\"cert\":{\"status\":\"SUSPENDED\"}}",
         SCA_E_CERT},
        {"{\"error\":0,\"authMode\":\"IMPLICIT/TSE\",\"key\":{\"status\":\"disabled\"}}",
         SCA_E_CERT},
        {"{\"error\":0,\"authMode\":\"IMPLICIT/TSE\",\"remainingSigningCounter\":\"0\"}",
         SCA_E_QUOTA},
        {"{\"error\":3008,\"errorDescription\":\"Credential does not exist\"}", SCA_E_NO_CERT},
        {"<html>", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct drive drive = to_authorize(rows[i].info);

        expect_fail(&drive, rows[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
    }
}

/* No limit is no number below what is asked for. */
static void test_no_counter(void **state)
{
    struct drive drive =
        to_authorize("{\"error\":0,\"authMode\":\"IMPLICIT/TSE\",\"remainingSigningCounter\":-1}");

    (void)state;
    expect_send(&drive, "/credentials/authorize");
    drive_end(&drive);
}

static void test_wrong_code(void **state)
{
    struct drive drive = to_authorize(INFO("PASSCODE"));

    (void)state;
    drive_secret(&drive, "000000");
    drive_reply(&drive, 200, WRONG);
    expect_fail(&drive, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
    assert_true(drive.action.tries.known);
    assert_int_equal(drive.action.tries.left, 3);
    drive_finish(&drive, 0);
    assert_int_equal(drive.sends, 2); /* never guessed again */

    drive = to_authorize(INFO("PASSCODE"));
    drive_secret(&drive, "000000");
    drive_reply(&drive, 200, LOCKED);
    expect_fail(&drive, SCA_E_USER_LOCKED, SCA_SPENT_NOTHING);
    assert_int_equal(drive.action.tries.locked_s, 300);
    drive_finish(&drive, 0);
}

static void test_no_code(void **state)
{
    struct drive drive = to_authorize(INFO("PASSCODE"));

    (void)state;
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* The same request again with another token, the passcode not asked for again; a second refusal of
 * the token ends it. */
static void test_stale(void **state)
{
    struct drive drive = to_authorize(STALE);

    (void)state;
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    assert_true(drive.action.stale);
    drive_secret(&drive, "new");
    expect_send(&drive, "/credentials/info");
    expect_bearer(&drive, "Bearer new");
    drive_reply(&drive, 200, INFO("PASSCODE"));
    drive_secret(&drive, "135790");
    drive_reply(&drive, 200, STALE);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    assert_true(drive.action.stale);
    drive_secret(&drive, "newer");
    expect_send(&drive, "/credentials/authorize");
    expect_bearer(&drive, "Bearer newer");
    expect_body(&drive, "\"authorizeCode\":\"135790\"", true);
    drive_reply(&drive, 200, STALE);
    expect_fail(&drive, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- signHash -------------------------------------------------------------------------------- */

static void test_sign_ends(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
        enum sca_spent spent;
    } rows[] = {
        {200, STALE, SCA_E_REFUSED, SCA_SPENT_NOTHING}, /* never sent a second time */
        {200, "{\"error\":3013,\"errorDescription\":\"SAD has expired\"}", SCA_E_REFUSED,
         SCA_SPENT_NOTHING},
        {200, "{\"error\":3017,\"errorDescription\":\"No signing counter remains\"}", SCA_E_QUOTA,
         SCA_SPENT_NOTHING},
        {200, "{\"error\":0,\"signatures\":[]}", SCA_E_SERVER, SCA_SPENT_UNKNOWN},
        {200, "{\"error\":0,\"signatures\":[\"AQID\",\"AQID\"]}", SCA_E_SERVER, SCA_SPENT_UNKNOWN},
        {200, "{\"error\":5000,\"errorDescription\":\"Internal error\"}", SCA_E_UNCERTAIN,
         SCA_SPENT_UNKNOWN},
        {503, "", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {200, "{\"error\":0,\"signat", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct drive drive = to_sign();

        drive_reply(&drive, rows[i].http, rows[i].body);
        expect_fail(&drive, rows[i].err, rows[i].spent);
        drive_finish(&drive, 1);
    }
}

static void test_sign_lost(void **state)
{
    static const struct {
        enum sca_transport transport;
        int err;
        enum sca_spent spent;
    } rows[] = {
        {SCA_TRANSPORT_NOT_SENT, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING},
        {SCA_TRANSPORT_TLS, SCA_E_TLS, SCA_SPENT_NOTHING},
        {SCA_TRANSPORT_UNCERTAIN, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct drive drive = to_sign();

        drive_transport(&drive, rows[i].transport);
        expect_fail(&drive, rows[i].err, rows[i].spent);
        drive_finish(&drive, 1);
    }
    struct drive drive = to_sign();
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);
}

/* There is nothing to look up with, so nothing is sent and nothing is claimed. */
static void test_resumed(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    struct drive drive = drive_sign("rssp", &sign);
    drive_start(&drive);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 0);
    assert_int_equal(drive.sends, 0);
}

static void test_refused_at_birth(void **state)
{
    const struct sca_provider *rssp = sca_provider_find("rssp");
    struct sca_cloud_sign sign = drive_one;
    struct sca_cloud_account account = drive_account;
    struct sca_flow *flow = NULL;

    (void)state;
    sign.scheme = SCA_SCHEME_PSS;
    assert_int_equal(rssp->sign(&drive_account, &sign, &flow), SCA_E_UNSUPPORTED);
    sign.scheme = SCA_SCHEME_PKCS1;
    sign.provider_id = "";
    assert_int_equal(rssp->sign(&drive_account, &sign, &flow), SCA_E_NO_CERT);
    account.relying_party = "";
    assert_int_equal(rssp->sign(&account, &drive_one, &flow), SCA_E_CONFIG);
    assert_null(flow);
}

/* ---- listing --------------------------------------------------------------------------------- */

static void test_list(void **state)
{
    struct drive drive = drive_list("rssp");

    (void)state;
    drive_start(&drive);
    drive_secret(&drive, "geheim");
    expect_send(&drive, "/credentials/list");
    drive_reply(&drive, 200, STALE);
    drive_secret(&drive, "new");
    expect_send(&drive, "/credentials/list");
    drive_reply(
        &drive, 200,
        "{\"error\":0,\"certs\":[{\"credentialID\":\"c-1\",\"certificates\":[\"AQID\"]},"
        "{\"credentialID\":\"c-2\"},{\"credentialID\":\"c-3\"},{\"credentialID\":\"c-4\"}]}");
    expect_send(&drive, "/credentials/info");
    expect_body(&drive, "\"c-2\"", true);
    drive_reply(&drive, 200,
                "{\"error\":0,\"multisign\":3,\"remainingSigningCounter\":9,\"cert\":{"
                "\"serialNumber\":\"77\",\"certificates\":[\"BAUG\",\"AQID\"]}}");
    expect_body(&drive, "\"c-3\"", true);
    drive_reply(&drive, 200, "{\"error\":3008,\"errorDescription\":\"Credential does not exist\"}");
    expect_body(&drive, "\"c-4\"", true);
    drive_reply(&drive, 200, "{\"error\":0,\"cert\":null}");
    expect_done(&drive);
    const struct sca_cloud_listing *listing = sca_flow_listing(drive.flow);
    assert_int_equal(listing->count, 2);              /* one bad entry does not cost the others */
    assert_int_equal(listing->certs[0].max_batch, 1); /* where the service does not say */
    assert_string_equal(listing->certs[1].provider_id, "c-2");
    assert_string_equal(listing->certs[1].serial, "77");
    assert_int_equal(listing->certs[1].max_batch, 3);
    assert_int_equal(listing->certs[1].signatures_left, 9);
    assert_int_equal(listing->certs[1].der.data[0], 4);
    assert_int_equal(listing->certs[1].chain_count, 1);
    drive_finish(&drive, 0);
}

static void test_list_ends(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } rows[] = {
        {200, "{\"error\":0,\"certs\":[]}", SCA_E_NO_CERT},
        {200, "{\"error\":3002,\"errorDescription\":\"User is locked\"}", SCA_E_USER_LOCKED},
        {500, "", SCA_E_SERVER},
    };
    struct drive drive;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        drive = drive_list("rssp");
        drive_start(&drive);
        drive_secret(&drive, "geheim");
        drive_reply(&drive, rows[i].http, rows[i].body);
        expect_fail(&drive, rows[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
    }
    drive = drive_list("rssp");
    drive_start(&drive);
    drive_secret(&drive, "geheim");
    drive_reply(&drive, 200, "{\"error\":0,\"certs\":[{\"credentialID\":\"c-1\"}]}");
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_fail(&drive, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- whatever comes -------------------------------------------------------------------------- */

static const struct drive_canned replies[] = {
    {200, INFO("EXPLICIT/PIN")},
    {200, INFO("EXPLICIT/OTP-SMS")},
    {200, INFO("IMPLICIT/TSE")},
    {200, INFO("EXPLICIT/PIN")},
    {200, INFO("?")},
    {200, "{\"error\":0,\"twoFactorMethod\":\"TSE\"}"},
    {200, "{\"error\":0,\"responseID\":\"otp-1\"}"},
    {200, SAD},
    {200, SAD},
    {200, GOOD},
    {200, GOOD},
    {200, STALE},
    {200, WRONG},
    {200, REFUSAL},
    {200, "{\"error\":5000,\"errorDescription\":\"Internal error\"}"},
    {200, "{\"error\":0}"},
    {429, ""},
    {502, "<html>"},
    {200, "{\"error\":0,"},
};

static void test_random(void **state)
{
    (void)state;
    drive_random("rssp", NULL, replies, sizeof replies / sizeof replies[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passcode),   cmocka_unit_test(test_sent_code),
        cmocka_unit_test(test_phone),      cmocka_unit_test(test_phone_ends),
        cmocka_unit_test(test_two_factor), cmocka_unit_test(test_refused_early),
        cmocka_unit_test(test_no_counter), cmocka_unit_test(test_wrong_code),
        cmocka_unit_test(test_no_code),    cmocka_unit_test(test_stale),
        cmocka_unit_test(test_sign_ends),  cmocka_unit_test(test_sign_lost),
        cmocka_unit_test(test_resumed),    cmocka_unit_test(test_refused_at_birth),
        cmocka_unit_test(test_list),       cmocka_unit_test(test_list_ends),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
