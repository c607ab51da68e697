/* SPDX-License-Identifier: Apache-2.0 */
/* CSC signing, stepped by hand: what is asked of whom, what is sent, and what a failure costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "csc_replies.h"
#include "drive.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Up to the reply of credentials/info; the service is of @info, found at its first address. */
static struct drive begin(const struct sca_cloud_sign *sign, const char *info,
                          const char *credential)
{
    struct drive drive = drive_sign("csc", sign);

    drive_start(&drive);
    expect_send(&drive, "/csc/v2/info");
    assert_null(drive.action.request.authorization);
    drive_reply(&drive, 200, info);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "token-1");
    expect_send(&drive, "/credentials/info");
    assert_string_equal(drive.action.request.authorization, "Bearer token-1");
    expect_body(&drive, "\"credentialID\":\"credential-1\"", true);
    expect_body(&drive, "\"certificates\":\"none\"", true);
    drive_reply(&drive, 200, credential);
    return drive;
}

/* From the permission to signHash. */
static void expect_sign(struct drive *drive)
{
    expect_need(drive, SCA_SECRET_ACCESS_TOKEN);
    assert_false(drive->action.stale);
    drive_secret(drive, "token-2");
    expect_send(drive, "/signatures/signHash");
    assert_true(drive->action.request.spends);
    assert_string_equal(drive->action.request.authorization, "Bearer token-2");
    expect_body(drive, "\"SAD\":\"the-sad\"", true);
}

/* Up to signHash, with a key that asks for nothing but the phone. */
static struct drive begin_sign(const char *info)
{
    struct drive drive = begin(&drive_one, info, CSC_IMPLICIT);

    expect_send(&drive, "/credentials/authorize");
    assert_false(drive.action.request.spends);
    drive_reply(&drive, 200, CSC_SAD);
    expect_sign(&drive);
    return drive;
}

/* ---- the way of a signature ------------------------------------------------------------------ */

static void version_1_with_pin_and_sent_code(void **state)
{
    struct drive drive = begin(&drive_two, CSC_INFO_1, CSC_PIN_OTP_1);

    (void)state;
    expect_need(&drive, SCA_SECRET_CREDENTIAL_PIN);
    drive_secret(&drive, "2468");
    expect_send(&drive, "/credentials/sendOTP");
    expect_body(&drive, "authObjectID", false);
    drive_reply(&drive, 200, "{}");
    expect_need(&drive, SCA_SECRET_SENT_OTP);
    drive_secret(&drive, "135791");
    expect_send(&drive, "/credentials/authorize");
    assert_false(drive.action.waiting_for_person);
    expect_body(&drive, "\"PIN\":\"2468\",\"OTP\":\"135791\"", true);
    expect_body(&drive, "\"numSignatures\":2", true);
    expect_body(&drive, "\"hash\":[\"q80P", true);
    expect_body(&drive, "hashAlgorithmOID", false);
    expect_body(&drive, "\"description\":\"pkcs11-tool\"", true);
    drive_reply(&drive, 200, CSC_SAD);
    expect_sign(&drive);
    expect_body(&drive, "\"hash\":[\"q80P", true);
    expect_body(&drive, "\"hashAlgo\":\"2.16.840.1.101.3.4.2.1\"", true);
    expect_body(&drive, "\"signAlgo\":\"1.2.840.113549.1.1.1\"", true);
    expect_body(&drive, "2468", false);
    expect_body(&drive, "operationMode", false);
    drive_reply(&drive, 200, CSC_TWO);
    expect_done(&drive);
    const struct sca_cloud_result *result = sca_flow_result(drive.flow);
    assert_int_equal(result->count, 2);
    assert_memory_equal(result->signatures[0].data, "\x01\x02\x03", 3);
    assert_memory_equal(result->signatures[1].data, "\x04\x05\x06", 3);
    drive_finish(&drive, 1);
}

static void version_2_with_pin_and_code(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.scheme = SCA_SCHEME_PSS;
    struct drive drive = begin(&sign, CSC_INFO_2, CSC_PIN_OTP_2);
    expect_need(&drive, SCA_SECRET_CREDENTIAL_PIN);
    drive_secret(&drive, "2468");
    expect_need(&drive, SCA_SECRET_OTP);
    drive_secret(&drive, "135791");
    expect_send(&drive, "/credentials/authorize");
    expect_body(&drive,
                "\"authData\":[{\"id\":\"PIN\",\"value\":\"2468\"},{\"id\":\"code\",\"value\":"
                "\"135791\"}]",
                true);
    expect_body(&drive, "\"hashAlgorithmOID\":\"2.16.840.1.101.3.4.2.1\"", true);
    drive_reply(&drive, 200, CSC_SAD);
    expect_sign(&drive);
    expect_body(&drive, "\"signAlgo\":\"1.2.840.113549.1.1.10\"", true);
    expect_body(&drive, "\"signAlgoParams\":\"MDSgDzANBglghkgBZQMEAgEFAKEc", true);
    expect_body(&drive, "\"hashes\":[\"q80P", true);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void the_phone_by_handle(void **state)
{
    struct drive drive = begin(&drive_one, CSC_INFO_2, CSC_APP);

    (void)state;
    expect_send(&drive, "/credentials/authorize");
    assert_true(drive.action.waiting_for_person);
    expect_body(&drive, "\"authData\":[{\"id\":\"mobile\"}]", true);
    drive_reply(&drive, 202, CSC_HANDLE);
    for (int i = 0; i < 3; i++) {
        expect_wait(&drive, true);
        assert_false(drive.action.accepted);
        drive_timer(&drive);
        expect_send(&drive, "/credentials/authorizeCheck");
        expect_body(&drive, "\"handle\":\"the-handle\"", true);
        if (i == 0)
            drive_reply(&drive, 202, CSC_HANDLE);
        else if (i == 1) /* asking how it stands may be repeated */
            drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    }
    drive_reply(&drive, 200, CSC_SAD);
    expect_sign(&drive);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void the_phone_by_a_call_that_blocks(void **state)
{
    struct drive drive = begin(&drive_one, CSC_INFO_1, CSC_IMPLICIT);

    (void)state;
    expect_send(&drive, "/credentials/authorize");
    assert_true(drive.action.waiting_for_person);
    assert_true(drive.action.request.timeout_ms >= 120000);
    drive_reply(&drive, 400, CSC_BAD("The user rejected the authorization"));
    expect_fail(&drive, SCA_E_REJECTED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void a_signature_that_is_fetched_later(void **state)
{
    struct drive drive = begin_sign(CSC_INFO_ASYNC);

    (void)state;
    expect_body(&drive, "\"operationMode\":\"A\"", true);
    assert_false(drive.action.accepted);
    drive_reply(&drive, 200, CSC_LATER);
    expect_wait(&drive, false);
    assert_true(drive.action.accepted);
    assert_string_equal(drive.action.provider_txn, "r-1");
    static const struct {
        int http;
        const char *body;
    } pending[] = {
        {202, CSC_WAIT},
        {202, ""},
        {400, CSC_BAD("The previous asynchronous signature request has not been completed yet")},
        {502, "<html>"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(pending); i++) {
        drive_timer(&drive);
        expect_send(&drive, "/signatures/signPolling");
        assert_false(drive.action.request.spends);
        expect_body(&drive, "{\"requestID\":\"r-1\"}", true);
        drive_reply(&drive, pending[i].http, pending[i].body);
        expect_wait(&drive, false);
    }
    drive_timer(&drive);
    drive_reply(&drive, 401, CSC_STALE);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    assert_true(drive.action.stale);
    drive_secret(&drive, "token-3");
    expect_send(&drive, "/signatures/signPolling");
    assert_string_equal(drive.action.request.authorization, "Bearer token-3");
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    assert_string_equal(sca_flow_result(drive.flow)->provider_txn, "r-1");
    drive_finish(&drive, 1);
}

/* A service that answers at once although it was asked to take its time. */
static void an_asynchronous_request_may_be_answered_at_once(void **state)
{
    struct drive drive = begin_sign(CSC_INFO_ASYNC);

    (void)state;
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* ---- stale tokens ---------------------------------------------------------------------------- */

static void a_stale_token_is_renewed_once_for_each_call(void **state)
{
    struct drive drive = drive_sign("csc", &drive_one);

    (void)state;
    drive_start(&drive);
    drive_reply(&drive, 200, CSC_INFO_2);
    drive_secret(&drive, "old");
    drive_reply(&drive, 401, CSC_STALE);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    assert_true(drive.action.stale);
    drive_secret(&drive, "new");
    expect_send(&drive, "/credentials/info");
    assert_string_equal(drive.action.request.authorization, "Bearer new");
    drive_reply(&drive, 200, CSC_IMPLICIT);
    expect_send(&drive, "/credentials/authorize"); /* refused at the door: nobody was asked yet */
    drive_reply(&drive, 401, CSC_STALE);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "newer");
    expect_send(&drive, "/credentials/authorize");
    drive_reply(&drive, 401, CSC_STALE);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void a_stale_token_at_sign_hash_ends_it(void **state)
{
    struct drive drive = begin_sign(CSC_INFO_2);

    (void)state;
    drive_reply(&drive, 401, CSC_STALE);
    expect_fail(&drive, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 1);
}

/* ---- before anybody is asked ----------------------------------------------------------------- */

static void what_cannot_work_asks_nobody(void **state)
{
    static const struct {
        const char *credential;
        enum sca_scheme scheme;
        size_t docs;
        int err;
    } rows[] = {
        {"{\"key\":{\"status\":\"disabled\",\"algo\":[\"1.2.840.113549.1.1.1\"]},\"authMode\":"
         "\"implicit\",\"multisign\":9}",
         SCA_SCHEME_PKCS1, 1, SCA_E_CERT},
        {"{\"key\":{\"algo\":[\"1.2.840.113549.1.1.1\"]},\"authMode\":\"implicit\"}",
         SCA_SCHEME_PSS, 1, SCA_E_UNSUPPORTED},
        {"{\"key\":{\"algo\":[\"1.2.840.113549.1.1.1\"]},\"authMode\":\"implicit\"}",
         SCA_SCHEME_PKCS1, 2, SCA_E_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sca_cloud_sign sign = rows[i].docs == 2 ? drive_two : drive_one;
        sign.scheme = rows[i].scheme;
        struct drive drive = begin(&sign, CSC_INFO_2, rows[i].credential);
        expect_fail(&drive, rows[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
    }
}

static void no_way_to_ask_ends_it_at_no_cost(void **state)
{
    struct drive drive = begin(&drive_one, CSC_INFO_1, CSC_PIN);

    (void)state;
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void a_wrong_pin_is_never_sent_twice(void **state)
{
    struct drive drive = begin(&drive_one, CSC_INFO_1, CSC_PIN);

    (void)state;
    drive_secret(&drive, "0000");
    drive_reply(&drive, 400, "{\"error\":\"invalid_pin\"}");
    expect_fail(&drive, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void a_lost_permission_is_not_asked_for_again(void **state)
{
    static const struct {
        int http; /* 0: the connection broke */
        int err;
    } rows[] = {{0, SCA_E_EXPIRED}, {503, SCA_E_EXPIRED}, {500, SCA_E_SERVER}, {200, SCA_E_SERVER}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct drive drive = begin(&drive_one, CSC_INFO_1, CSC_IMPLICIT);
        if (rows[i].http == 0)
            drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
        else
            drive_reply(&drive, rows[i].http, "{}");
        expect_fail(&drive, rows[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
    }
}

static void time_is_over_before_anything_was_signed(void **state)
{
    struct drive drive = begin(&drive_one, CSC_INFO_2, CSC_APP);

    (void)state;
    drive_reply(&drive, 202, CSC_HANDLE);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- after signHash -------------------------------------------------------------------------- */

static void what_an_answer_to_sign_hash_costs(void **state)
{
    static const struct {
        int http; /* 0: the connection broke; -1: nothing left; -2: TLS */
        const char *body;
        int err;
        enum sca_spent spent;
    } rows[] = {
        {0, "", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {-1, "", SCA_E_UNREACHABLE, SCA_SPENT_NOTHING},
        {-2, "", SCA_E_TLS, SCA_SPENT_NOTHING},
        {500, "{\"error\":\"server_error\"}", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {502, "<html>", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {429, "", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {403, "<html>", SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN},
        {200, "{}", SCA_E_SERVER, SCA_SPENT_UNKNOWN},
        {200, "{\"signatures\":[\"AQ", SCA_E_SERVER, SCA_SPENT_UNKNOWN},
        {200, CSC_TWO, SCA_E_SERVER, SCA_SPENT_UNKNOWN},
        {400, CSC_BAD("SAD expired"), SCA_E_EXPIRED, SCA_SPENT_NOTHING},
        {400, CSC_BAD("Hash is not authorized by the SAD"), SCA_E_REFUSED, SCA_SPENT_NOTHING},
        {403, "{\"error\":\"access_denied\",\"error_description\":\"No signatures are left\"}",
         SCA_E_QUOTA, SCA_SPENT_NOTHING},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct drive drive = begin_sign(CSC_INFO_2);
        if (rows[i].http <= 0)
            drive_transport(&drive, rows[i].http == 0    ? SCA_TRANSPORT_UNCERTAIN
                                    : rows[i].http == -1 ? SCA_TRANSPORT_NOT_SENT
                                                         : SCA_TRANSPORT_TLS);
        else
            drive_reply(&drive, rows[i].http, rows[i].body);
        expect_fail(&drive, rows[i].err, rows[i].spent);
        drive_finish(&drive, 1);
    }
}

/* ---- extendTransaction ----------------------------------------------------------------------- */

/* Permitted for 300 s; the access token comes after @ms. */
static struct drive permitted_before(const char *info, int64_t ms)
{
    struct drive drive = begin(&drive_two, info, CSC_IMPLICIT);

    expect_send(&drive, "/credentials/authorize");
    drive_reply(&drive, 200, CSC_SAD);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive.now_ms += ms;
    drive_secret(&drive, "token-2");
    return drive;
}

static void a_permission_that_grows_old_is_extended(void **state)
{
    static const char *const infos[] = {CSC_INFO_EXTENDS_1, CSC_INFO_EXTENDS_2};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(infos); i++) {
        struct drive drive = permitted_before(infos[i], 200000);
        expect_send(&drive, "/credentials/extendTransaction");
        assert_false(drive.action.request.spends);
        assert_string_equal(drive.action.request.authorization, "Bearer token-2");
        expect_body(&drive, "\"SAD\":\"the-sad\"", true);
        expect_body(&drive, i == 0 ? "\"hash\":[\"q80P" : "\"hashes\":[\"q80P", true);
        expect_body(&drive, "hashAlgorithmOID", i == 1);
        drive_reply(&drive, 200, "{\"SAD\":\"the-next-sad\"}");
        expect_send(&drive, "/signatures/signHash");
        expect_body(&drive, "\"SAD\":\"the-next-sad\"", true);
        drive_reply(&drive, 200, CSC_TWO);
        expect_done(&drive);
        drive_finish(&drive, 1);
    }
}

static void a_permission_is_extended_only_where_it_helps(void **state)
{
    (void)state;
    struct drive fresh = permitted_before(CSC_INFO_EXTENDS_2, 1000);
    expect_send(&fresh, "/signatures/signHash");
    drive_finish(&fresh, 1);
    struct drive unable = permitted_before(CSC_INFO_2, 299000);
    expect_send(&unable, "/signatures/signHash");
    drive_finish(&unable, 1);
    struct drive over = permitted_before(CSC_INFO_EXTENDS_2, 300000);
    expect_fail(&over, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    drive_finish(&over, 0);
}

/* The old permission may be gone with the new one: nothing is tried with it, and nothing spent. */
static void a_lost_extension_ends_it(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } rows[] = {
        {0, "", SCA_E_SERVER},
        {200, "{}", SCA_E_SERVER},
        {200, "{\"SAD\":null}", SCA_E_SERVER},
        {400, CSC_BAD("SAD expired"), SCA_E_EXPIRED},
        {400, CSC_BAD("Hash is not authorized by the SAD"), SCA_E_REFUSED},
        {503, "<html>", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct drive drive = permitted_before(CSC_INFO_EXTENDS_2, 200000);
        if (rows[i].http == 0)
            drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
        else
            drive_reply(&drive, rows[i].http, rows[i].body);
        expect_fail(&drive, rows[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
    }
}

/* ---- the end --------------------------------------------------------------------------------- */

static void the_last_look_decides(void **state)
{
    struct drive drive = begin_sign(CSC_INFO_ASYNC);

    (void)state;
    drive_reply(&drive, 200, CSC_LATER);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_send(&drive, "/signatures/signPolling");
    drive_reply(&drive, 202, CSC_WAIT);
    assert_int_equal(drive.action.step, SCA_STEP_FAIL);
    assert_int_equal(drive.action.spent, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);
}

/* ---- resumed --------------------------------------------------------------------------------- */

static void a_resumed_one_without_an_id_ends_at_once(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    struct drive drive = drive_sign("csc", &sign);
    drive_start(&drive);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    assert_int_equal(drive.sends, 0);
    drive_finish(&drive, 0);
}

static void a_resumed_one_with_an_id_fetches_the_signature(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    sign.accepted = true;
    sign.provider_txn = "r-1";
    struct drive drive = drive_sign("csc", &sign);
    drive_start(&drive);
    expect_send(&drive, "/info");
    drive_reply(&drive, 200, CSC_INFO_ASYNC);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "token");
    expect_send(&drive, "/signatures/signPolling");
    expect_body(&drive, "\"requestID\":\"r-1\"", true);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 0);
}

static void a_resumed_one_stays_open_in_trouble(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    sign.accepted = true;
    sign.provider_txn = "r-1";
    struct drive drive = drive_sign("csc", &sign);
    drive_start(&drive);
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_fail(&drive, SCA_E_UNREACHABLE, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1_with_pin_and_sent_code),
        cmocka_unit_test(version_2_with_pin_and_code),
        cmocka_unit_test(the_phone_by_handle),
        cmocka_unit_test(the_phone_by_a_call_that_blocks),
        cmocka_unit_test(a_signature_that_is_fetched_later),
        cmocka_unit_test(an_asynchronous_request_may_be_answered_at_once),
        cmocka_unit_test(a_stale_token_is_renewed_once_for_each_call),
        cmocka_unit_test(a_stale_token_at_sign_hash_ends_it),
        cmocka_unit_test(what_cannot_work_asks_nobody),
        cmocka_unit_test(no_way_to_ask_ends_it_at_no_cost),
        cmocka_unit_test(a_wrong_pin_is_never_sent_twice),
        cmocka_unit_test(a_lost_permission_is_not_asked_for_again),
        cmocka_unit_test(time_is_over_before_anything_was_signed),
        cmocka_unit_test(what_an_answer_to_sign_hash_costs),
        cmocka_unit_test(a_permission_that_grows_old_is_extended),
        cmocka_unit_test(a_permission_is_extended_only_where_it_helps),
        cmocka_unit_test(a_lost_extension_ends_it),
        cmocka_unit_test(the_last_look_decides),
        cmocka_unit_test(a_resumed_one_without_an_id_ends_at_once),
        cmocka_unit_test(a_resumed_one_with_an_id_fetches_the_signature),
        cmocka_unit_test(a_resumed_one_stays_open_in_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
