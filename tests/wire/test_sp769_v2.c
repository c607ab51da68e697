/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The v2 sign flow (password and one-time code): every branch, one sign request and one code in
 * each, and a confirm that is repeated only with the SAD it had.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "drive.h"

#define CONFIRM "/v2/signatures/confirm"
#define WITH_SAD                                                                                   \
    "{\"status_code\":200,\"message\":\"sig_wait_for_user_confirm\",\"data\":{\"tran_code\":\"c-"  \
    "1\","                                                                                         \
    "\"sad\":\"h.p.s\",\"expired_in\":100}}"
#define WITHOUT_SAD                                                                                \
    "{\"status_code\":200,\"message\":\"sig_wait_for_user_confirm\",\"data\":{\"tran_code\":\"c-"  \
    "1\"}}"
#define CONFIRMED                                                                                  \
    "{\"status_code\":200,\"message\":\"Success\",\"data\":{\"expired_in\":9,\"signatures\":[{"    \
    "\"doc_id\":\"doc-1\",\"signature_value\":\"" SIG_1 "\"}]}}"
#define REFUSED "{\"status_code\":400,\"message\":\"BAD_REQUEST\"}"

static struct drive begin(void)
{
    struct drive drive = drive_sign("vnpt-smartca-th", &drive_one);

    drive_to_sign(&drive);
    return drive;
}

static struct drive begin_confirm(void)
{
    struct drive drive = begin();

    drive_reply(&drive, 200, WITH_SAD);
    expect_send(&drive, CONFIRM);
    return drive;
}

static void expect_signed_v2(const struct drive *drive)
{
    expect_signed(drive);
    assert_string_equal(sca_flow_result(drive->flow)->provider_txn, "c-1");
}

static void test_happy(void **state)
{
    struct drive drive = drive_sign("vnpt-smartca-th", &drive_one);

    (void)state;
    drive_start(&drive);
    expect_need(&drive, SCA_SECRET_SP_PASSWORD);
    drive_secret(&drive, "geheim");
    expect_need(&drive, SCA_SECRET_PASSWORD);
    drive_secret(&drive, "mat khau");
    expect_need(&drive, SCA_SECRET_OTP); /* last, so that the code is fresh */
    drive_secret(&drive, "012345");
    expect_send(&drive, "/v2/signatures/sign");
    assert_true(drive.action.request.spends);
    expect_body(&drive, "\"password\":\"mat khau\",\"otp\":\"012345\"", true);
    expect_body(&drive, "\"serial_number\":\"0540100aB\"", true);
    drive_reply(&drive, 200, WITH_SAD);
    expect_send(&drive, CONFIRM); /* at once, nobody is asked */
    assert_false(drive.action.request.spends);
    expect_body(&drive, "\"sad\":\"h.p.s\"", true);
    expect_body(&drive, "\"password\":\"mat khau\"", true);
    expect_body(&drive, "\"transaction_id\":\"3f2a0c1e-0000-4000-8000-000000000001\"", true);
    expect_body(&drive, "012345\"}", false);
    expect_body(&drive, "\"otp\"", false);
    drive_reply(&drive, 200, CONFIRMED);
    expect_signed_v2(&drive);
    drive_finish(&drive, 1);
}

/* ---- a session: the person's yes at the screen ----------------------------------------------- */

static struct drive begin_session(const struct sca_cloud_permit *permit)
{
    struct sca_cloud_sign sign = drive_one;

    sign.session_signatures = 5;
    sign.permit = permit;
    struct drive drive = drive_sign("vnpt-smartca-th", &sign);
    drive_start(&drive);
    return drive;
}

static void finish_session(struct drive *drive)
{
    expect_need(drive, SCA_SECRET_SP_PASSWORD);
    drive_secret(drive, "geheim");
    drive_secret(drive, "mat khau");
    drive_secret(drive, "012345");
    expect_body(drive, "yes", false);
    drive_reply(drive, 200, WITH_SAD);
    drive_reply(drive, 200, CONFIRMED);
    expect_signed_v2(drive);
}

static void test_session_begins(void **state)
{
    struct drive drive = begin_session(NULL);

    (void)state;
    expect_need(&drive, SCA_SECRET_CONSENT); /* before anything else is asked for */
    assert_null(sca_flow_permit(drive.flow));
    drive_secret(&drive, "yes");
    finish_session(&drive);
    const struct sca_cloud_permit *permit = sca_flow_permit(drive.flow);
    assert_non_null(permit);
    assert_null(permit->secret);
    assert_int_equal(permit->signatures, 5);
    assert_true(permit->renewed);
    drive_finish(&drive, 1);
}

static void test_session_is_used(void **state)
{
    const struct sca_cloud_permit lent = {.signatures = 5};
    struct drive drive = begin_session(&lent);

    (void)state;
    finish_session(&drive); /* no yes was asked for */
    const struct sca_cloud_permit *permit = sca_flow_permit(drive.flow);
    assert_non_null(permit);
    assert_int_equal(permit->signatures, 5);
    assert_false(permit->renewed);
    drive_finish(&drive, 1);
}

static void test_session_refused(void **state)
{
    struct drive drive = begin_session(NULL);

    (void)state;
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    assert_null(sca_flow_permit(drive.flow));
    drive_finish(&drive, 0);
}

static void test_no_session_asks_nobody(void **state)
{
    struct drive drive = begin();

    (void)state; /* drive_to_sign answers whatever is asked: what it was is in test_happy */
    drive_reply(&drive, 200, WITH_SAD);
    drive_reply(&drive, 200, CONFIRMED);
    expect_signed_v2(&drive);
    assert_null(sca_flow_permit(drive.flow));
    drive_finish(&drive, 1);
}

static void test_missing_secrets(void **state)
{
    (void)state;
    for (int given = 0; given < 3; given++) {
        struct drive drive = drive_sign("vnpt-smartca-th", &drive_one);
        drive_start(&drive);
        for (int i = 0; i < given; i++)
            drive_secret(&drive, "x");
        drive_secret(&drive, given == 1 ? "" : NULL);
        expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
        assert_int_equal(drive.sends, 0);
        drive_finish(&drive, 0);
    }
}

/* Refused at the sign request: the end, without a second guess. */
static void test_refused(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } table[] = {
        {400, "{\"status_code\":1003,\"message\":\"OTP must be verified\"}", SCA_E_USER_AUTH},
        {401, "{\"status_code\":401,\"message\":\"user_password_invalid\"}", SCA_E_USER_AUTH},
        {401, "{\"status_code\":401,\"message\":\"account_locked\"}", SCA_E_USER_LOCKED},
        {401, "{\"status_code\":401,\"message\":\"SP_CREDENTIAL_INVALID\"}", SCA_E_SP_AUTH},
        {403, "{\"status_code\":403,\"message\":\"account_does_not_support_otp\"}", SCA_E_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct drive drive = begin();
        drive_reply(&drive, table[i].http, table[i].body);
        expect_fail(&drive, table[i].err, SCA_SPENT_NOTHING);
        assert_int_equal(drive.sends, 1);
        drive_finish(&drive, 1);
    }
}

static void test_no_sad(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_reply(&drive, 200, WITHOUT_SAD);
    expect_wait(&drive, true); /* the phone is asked after all */
    drive_timer(&drive);
    expect_send(&drive, STATUS);
    expect_body(&drive, "mat", false);
    drive_reply(&drive, 200, CONFIRMED);
    expect_signed_v2(&drive);
    drive_finish(&drive, 1);
}

static void test_signed_at_once(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_reply(
        &drive, 200,
        "{\"status_code\":200,\"data\":{\"tran_code\":\"c-1\",\"sad\":\"h.p.s\",\"signatures\":[{"
        "\"doc_id\":\"doc-1\",\"signature_value\":\"" SIG_1 "\"}]}}");
    expect_signed_v2(&drive);
    drive_finish(&drive, 1);
}

/* The SAD is lost with the reply: nobody can confirm, the phone may still have been asked. */
static void test_sign_lost(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    expect_wait(&drive, false);
    drive_timer(&drive);
    expect_send(&drive, STATUS);
    drive_reply(&drive, 200, PENDING);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_send(&drive, STATUS);
    drive_reply(&drive, 200, PENDING);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);

    drive = begin();
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_fail(&drive, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
    drive_finish(&drive, 1);
}

/* ---- confirm --------------------------------------------------------------------------------- */

static void lose_confirm(struct drive *drive, int how)
{
    if (how == 0)
        drive_transport(drive, SCA_TRANSPORT_UNCERTAIN);
    else if (how == 1)
        drive_transport(drive, SCA_TRANSPORT_NOT_SENT);
    else if (how == 2)
        drive_reply(drive, 502, "<html>");
    else
        drive_reply(drive, 200, "{\"status_code\":200,\"da");
}

static void test_confirm_lost(void **state)
{
    (void)state;
    for (int how = 0; how < 4; how++) {
        struct drive drive = begin_confirm();
        lose_confirm(&drive, how);
        expect_wait(&drive, false);
        drive_timer(&drive);
        expect_send(&drive, CONFIRM);
        assert_false(drive.action.request.spends);
        expect_body(&drive, "\"sad\":\"h.p.s\"", true);
        drive_reply(&drive, 200, CONFIRMED);
        expect_signed_v2(&drive);
        drive_finish(&drive, 1);
    }
}

/* The first confirm acted, its repetition is refused: the status has the signatures. */
static void test_confirm_repeat_refused(void **state)
{
    struct drive drive = begin_confirm();

    (void)state;
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    drive_timer(&drive);
    drive_reply(&drive, 400, REFUSED);
    expect_send(&drive, STATUS);
    drive_reply(&drive, 200, CONFIRMED);
    expect_signed_v2(&drive);
    drive_finish(&drive, 1);

    drive = begin_confirm(); /* the first never left: this refusal is the first answer */
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    drive_timer(&drive);
    drive_reply(&drive, 400, REFUSED);
    expect_fail(&drive, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 1);
}

static void test_confirm_refused(void **state)
{
    static const struct {
        const char *body;
        int err;
    } table[] = {
        {"{\"status_code\":401,\"message\":\"SAD expired\"}", SCA_E_EXPIRED},
        {"{\"status_code\":401,\"message\":\"user_password_invalid\"}", SCA_E_USER_AUTH},
        {"{\"status_code\":401,\"message\":\"account_locked\"}", SCA_E_USER_LOCKED},
        {"{\"status_code\":400,\"message\":\"x\"}", SCA_E_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct drive drive = begin_confirm();
        drive_reply(&drive, 400, table[i].body);
        expect_fail(&drive, table[i].err, SCA_SPENT_NOTHING);
        assert_int_equal(drive.sends, 2);
        drive_finish(&drive, 1);
    }
}

static void test_confirm_without_signatures(void **state)
{
    struct drive drive = begin_confirm();

    (void)state;
    drive_reply(&drive, 200, PENDING);
    expect_send(&drive, STATUS);
    expect_body(&drive, "sad", false);
    drive_reply(&drive, 200, PENDING);
    expect_wait(&drive, false); /* no phone is asked in this flow */
    drive_timer(&drive);
    drive_reply(&drive, 200, CONFIRMED);
    expect_signed_v2(&drive);
    drive_finish(&drive, 1);
}

/* The SAD is repeated only while it lives (100 s here). */
static void test_sad_dies(void **state)
{
    struct drive drive = begin_confirm();
    int64_t dead_ms = drive.now_ms + 100000;
    unsigned confirms = 0;

    (void)state;
    while (strstr(drive.action.request.url, CONFIRM) != NULL) {
        assert_true(drive.now_ms < dead_ms);
        confirms++;
        drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
        if (drive.action.step == SCA_STEP_WAIT)
            drive_timer(&drive);
    }
    assert_true(confirms >= 3);
    expect_send(&drive, STATUS);
    drive_reply(&drive, 200, CONFIRMED);
    expect_signed_v2(&drive);
    drive_finish(&drive, 1);
}

/* ---- the last chance and resuming ------------------------------------------------------------ */

static void test_last_chance(void **state)
{
    struct drive drive = begin_confirm();

    (void)state;
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_send(&drive, CONFIRM);
    drive_reply(&drive, 200, CONFIRMED);
    expect_signed_v2(&drive);
    drive_finish(&drive, 1);

    drive = begin_confirm();
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    expect_send(&drive, STATUS);
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);

    drive = begin_confirm(); /* dropped under way, dead by then */
    drive.now_ms += 100000;
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_send(&drive, STATUS);
    drive_reply(&drive, 200, CONFIRMED);
    expect_signed_v2(&drive);
    drive_finish(&drive, 1);

    drive = drive_sign("vnpt-smartca-th", &drive_one);
    drive_start(&drive);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void test_resume(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    struct drive drive = drive_sign("vnpt-smartca-th", &sign);
    drive_start(&drive);
    expect_send(&drive, STATUS); /* asks for no secret */
    drive_reply(&drive, 200, PENDING);
    drive_timer(&drive);
    drive_reply(&drive, 200, CONFIRMED);
    expect_done(&drive);
    drive_finish(&drive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_happy),
        cmocka_unit_test(test_session_begins),
        cmocka_unit_test(test_session_is_used),
        cmocka_unit_test(test_session_refused),
        cmocka_unit_test(test_no_session_asks_nobody),
        cmocka_unit_test(test_missing_secrets),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_sad),
        cmocka_unit_test(test_signed_at_once),
        cmocka_unit_test(test_sign_lost),
        cmocka_unit_test(test_confirm_lost),
        cmocka_unit_test(test_confirm_repeat_refused),
        cmocka_unit_test(test_confirm_refused),
        cmocka_unit_test(test_confirm_without_signatures),
        cmocka_unit_test(test_sad_dies),
        cmocka_unit_test(test_last_chance),
        cmocka_unit_test(test_resume),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
