/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session at MySign, stepped by hand: what the service is told and when, what its answers are
 * believed to mean, and that nothing which it may not ask for is sent before the person said yes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/wire_mysign.h"
#include "csc_replies.h"
#include "drive.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define KEY          "{" CSC_KEY ",\"authMode\":\"implicit\",\"SCAL\":\"2\"}"
#define UNTIL_HOUR                                                                                 \
    "{\"user_id\":\"CMT_1\",\"app_id\":\"a\",\"expire_date\":\"2022-03-16T07:30:00.000+0000\"}"
#define ALREADY                                                                                    \
    "{\"error\":\"60110\",\"error_description\":\"The user ID is already registered for "          \
    "transaction extend\"}"

static const struct sca_cloud_sign session = {.session_signatures = 5, .session_minutes = 10};

static struct drive begin(const struct sca_cloud_sign *more)
{
    struct sca_cloud_account account = drive_account;
    struct sca_cloud_sign sign = drive_one;
    struct sca_flow *flow = NULL;

    account.profile_id = "adss:ras:profile:001";
    sign.session_signatures = more->session_signatures;
    sign.session_minutes = more->session_minutes;
    sign.permit = more->permit;
    sign.consent = more->consent;
    assert_int_equal(sca_provider_find("csc")->sign(&account, &sign, &flow), 0);
    struct drive drive = {.flow = flow, .now_ms = 1000000, .now_utc = drive_one.created_utc};
    drive_start(&drive);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "token-1");
    expect_send(&drive, "/credentials/info");
    drive_reply(&drive, 200, KEY);
    return drive;
}

static struct drive authorized(const struct sca_cloud_sign *more)
{
    struct drive drive = begin(more);

    expect_send(&drive, "/credentials/authorize");
    expect_body(&drive, "\"numSignatures\":1", true);
    expect_body(&drive, "\"hash\":[", true);
    assert_false(drive.action.request.unasked);
    drive_reply(&drive, 200, CSC_SAD);
    return drive;
}

static struct drive registering(void)
{
    struct drive drive = authorized(&session);

    expect_send(&drive, "/credentials/registerExtension");
    assert_true(drive.action.request.unasked);
    assert_true(drive.action.request.acts);
    assert_false(drive.action.request.spends);
    expect_body(&drive, "\"credential_id\":\"credential-1\"", true);
    expect_body(&drive, "\"SAD\":\"the-sad\"", true);
    expect_body(&drive, "\"duration\":10", true);
    return drive;
}

static void sign_by(struct drive *drive, const char *sad)
{
    if (drive->action.step == SCA_STEP_NEED) {
        expect_need(drive, SCA_SECRET_ACCESS_TOKEN);
        drive_secret(drive, "token-2");
    }
    expect_send(drive, "/signatures/signHash");
    expect_body(drive, sad, true);
    drive_reply(drive, 200, CSC_SIGNED);
    expect_signed(drive);
}

/* ---- the first ------------------------------------------------------------------------------- */

static void it_begins(void **state)
{
    struct drive drive = registering();

    (void)state;
    drive_reply(&drive, 200, UNTIL_HOUR);
    sign_by(&drive, "\"SAD\":\"the-sad\"");
    const struct sca_cloud_permit *permit = sca_flow_permit(drive.flow);
    assert_non_null(permit);
    assert_true(permit->renewed);
    assert_int_equal(permit->signatures, 5);
    assert_int_equal(permit->until_ms, drive.now_ms + 300 * 1000); /* of the SAD, which is less */
    assert_int_equal(sca_flow_unasked(drive.flow).state, SCA_UNASKED_UNTIL);
    assert_int_equal(sca_flow_unasked(drive.flow).until_utc, drive.now_utc + 3600);
    drive_finish(&drive, 1);
}

static void without_a_session_it_is_told_nothing(void **state)
{
    struct drive drive = authorized(&(struct sca_cloud_sign){0});

    (void)state;
    sign_by(&drive, "\"SAD\":\"the-sad\"");
    assert_null(sca_flow_permit(drive.flow));
    assert_int_equal(sca_flow_unasked(drive.flow).state, SCA_UNASKED_UNTRIED);
    drive_finish(&drive, 1);
}

/* The document was confirmed and is signed; nothing more comes of it. */
static void it_does_not_begin(void **state)
{
    static const struct {
        int http;
        const char *body;
        enum sca_unasked state;
    } replies[] = {
        {400, "{\"error\":\"58007\",\"error_description\":\"no\"}", SCA_UNASKED_REFUSED},
        {501, "{\"error\":\"invalid_request\"}", SCA_UNASKED_UNKNOWN},
        {502, "<html>", SCA_UNASKED_UNKNOWN},
        {404, "<html>", SCA_UNASKED_UNKNOWN},
        {200, "{}", SCA_UNASKED_UNKNOWN},
        {200, "{\"expire_date\":\"30/11/2026 10:00\"}", SCA_UNASKED_UNKNOWN},
        {200, "{\"expire_date\":\"2022-03-16T06:29:59Z\"}", SCA_UNASKED_UNKNOWN}, /* over */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        struct drive drive = registering();

        drive_reply(&drive, replies[i].http, replies[i].body);
        sign_by(&drive, "\"SAD\":\"the-sad\"");
        assert_null(sca_flow_permit(drive.flow));
        assert_int_equal(sca_flow_unasked(drive.flow).state, replies[i].state);
        drive_finish(&drive, 1);
    }
    struct drive drive = registering();
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    sign_by(&drive, "\"SAD\":\"the-sad\"");
    assert_null(sca_flow_permit(drive.flow));
    assert_int_equal(sca_flow_unasked(drive.flow).state, SCA_UNASKED_UNKNOWN);
    drive_finish(&drive, 1);
    drive = registering();
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    sign_by(&drive, "\"SAD\":\"the-sad\"");
    assert_int_equal(sca_flow_unasked(drive.flow).state, SCA_UNASKED_REFUSED);
    drive_finish(&drive, 1);
}

static void a_stale_token_is_replaced_once(void **state)
{
    struct drive drive = registering();

    (void)state;
    drive_reply(&drive, 401, CSC_STALE);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "token-3");
    expect_send(&drive, "/credentials/registerExtension");
    drive_reply(&drive, 401, CSC_STALE);
    sign_by(&drive, "\"SAD\":\"the-sad\"");
    assert_null(sca_flow_permit(drive.flow));
    drive_finish(&drive, 1);
}

/* Somebody told it before: authorize may not have rung, so the person is asked here. */
static void told_by_somebody_else(void **state)
{
    struct drive drive = registering();

    (void)state;
    drive_reply(&drive, 400, ALREADY);
    expect_need(&drive, SCA_SECRET_CONSENT);
    drive_secret(&drive, "yes");
    sign_by(&drive, "\"SAD\":\"the-sad\"");
    assert_int_equal(sca_flow_permit(drive.flow)->signatures, 5);
    assert_int_equal(sca_flow_unasked(drive.flow).state, SCA_UNASKED_EXISTS);
    drive_finish(&drive, 1);

    drive = registering();
    drive_reply(&drive, 400, ALREADY);
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- where it may not ask -------------------------------------------------------------------- */

static void the_person_is_asked_before_authorize(void **state)
{
    const struct sca_cloud_sign fenced = {.consent = true};
    struct drive drive = begin(&fenced);

    (void)state;
    expect_need(&drive, SCA_SECRET_CONSENT);
    drive_secret(&drive, "yes");
    expect_send(&drive, "/credentials/authorize");
    expect_body(&drive, "yes", false);
    drive_reply(&drive, 200, CSC_SAD);
    sign_by(&drive, "\"SAD\":\"the-sad\"");
    drive_finish(&drive, 1);

    drive = begin(&fenced);
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* Who said yes before authorize is not asked a second time. */
static void one_yes_is_enough(void **state)
{
    struct sca_cloud_sign fenced = session;

    (void)state;
    fenced.consent = true;
    struct drive drive = begin(&fenced);
    drive_secret(&drive, "yes");
    drive_reply(&drive, 200, CSC_SAD);
    expect_send(&drive, "/credentials/registerExtension");
    drive_reply(&drive, 400, ALREADY);
    sign_by(&drive, "\"SAD\":\"the-sad\"");
    assert_int_equal(sca_flow_permit(drive.flow)->signatures, 5);
    drive_finish(&drive, 1);
}

/* The other flavour of the same service, whose accounts may be the same person's. */
static void the_other_flavour_asks_too(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.consent = true;
    struct drive drive = drive_sign("viettel-mysign", &sign);
    drive_start(&drive);
    expect_need(&drive, SCA_SECRET_CONSENT);
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* ---- those that follow ----------------------------------------------------------------------- */

static struct sca_secret *kept;

static struct drive using(bool consent)
{
    struct sca_cloud_sign more = session;
    const struct sca_cloud_permit permit = {.secret = kept, .signatures = 5};

    more.permit = &permit;
    more.consent = consent;
    struct drive drive = begin(&more);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "token-2");
    return drive;
}

static int keep(void **state)
{
    (void)state;
    return sca_secret_new("kept", 4, &kept);
}

static int forget(void **state)
{
    (void)state;
    sca_secret_free(&kept);
    return 0;
}

static void the_permission_is_extended(void **state)
{
    struct drive drive = using(true);

    (void)state;
    expect_send(&drive, "/credentials/extendTransaction");
    expect_body(&drive, "\"SAD\":\"kept\"", true);
    expect_body(&drive, "\"numSignatures\":1", true);
    expect_body(&drive, "\"documents\":[", true);
    expect_body(&drive, "\"hash\":[", true);
    assert_false(drive.action.request.unasked);
    drive_reply(&drive, 200, "{\"SAD\":\"next\"}");
    sign_by(&drive, "\"SAD\":\"next\"");
    const struct sca_cloud_permit *permit = sca_flow_permit(drive.flow);
    assert_string_equal(sca_secret_text(permit->secret), "next");
    assert_false(permit->renewed);
    assert_int_equal(permit->signatures, 5);
    drive_finish(&drive, 1);
}

/* It is over at the service, or lost: the person is asked, at the screen and perhaps on the phone.
 */
static void one_that_cannot_be_extended(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct drive drive = using(true);

        if (lost)
            drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
        else
            drive_reply(&drive, 400, CSC_BAD("SAD expired"));
        expect_need(&drive, SCA_SECRET_CONSENT);
        drive_secret(&drive, "yes");
        expect_send(&drive, "/credentials/authorize");
        drive_reply(&drive, 200, CSC_SAD);
        expect_send(&drive, "/credentials/registerExtension");
        drive_reply(&drive, 200, UNTIL_HOUR);
        sign_by(&drive, "\"SAD\":\"the-sad\"");
        assert_true(sca_flow_permit(drive.flow)->renewed);
        drive_finish(&drive, 1);
    }
}

/* ---- dates ----------------------------------------------------------------------------------- */

static void dates_are_read(void **state)
{
    const int64_t now_utc = 1647412200; /* 2022-03-16 06:30:00 UTC */
    static const struct {
        const char *text;
        int64_t after_s; /* 0: not read */
    } dates[] = {
        {"\"2022-03-16T06:31:00Z\"", 60},
        {"\"2022-03-16T13:31:00+07:00\"", 60},
        {"\"2022-03-16T13:31:00.123+0700\"", 60},
        {"\"2022-03-16 06:31:00\"", 60}, /* without a zone: the later reading */
        {"1647412260", 60},
        {"1647412260000", 60},
        {"\"1647412260000\"", 60},
        {"\"2023-03-15T06:30:00Z\"", 364LL * 24 * 3600},
        {"\"2031-03-16T06:31:00Z\"", 0},
        {"\"2022-13-16T06:31:00Z\"", 0},
        {"\"2022-03-16\"", 0},
        {"\"16/03/2022 06:31:00\"", 0},
        {"\"2022-03-16T06:31:00+99:00\"", 0},
        {"\"2022-03-16T06:31:00 or so\"", 0},
        {"\"\"", 0},
        {"null", 0},
        {"-1", 0},
        {"99999999999999999", 0},
    };
    char body[128];

    (void)state;
    for (size_t i = 0; i < COUNT(dates); i++) {
        struct sca_cloud_unasked unasked;
        bool stale = true;

        snprintf(body, sizeof body, "{\"expire_date\":%s}", dates[i].text);
        const struct sca_http_reply reply = {
            .detail = "", .status = 200, .body = {(const uint8_t *)body, strlen(body)}};
        sca_mysign_read_unasked(&reply, now_utc, &unasked, &stale);
        if (unasked.state != (dates[i].after_s != 0 ? SCA_UNASKED_UNTIL : SCA_UNASKED_UNKNOWN))
            print_error("%s\n", body);
        assert_int_equal(unasked.state,
                         dates[i].after_s != 0 ? SCA_UNASKED_UNTIL : SCA_UNASKED_UNKNOWN);
        if (dates[i].after_s != 0)
            assert_int_equal(unasked.until_utc, now_utc + dates[i].after_s);
        assert_false(stale);
    }
}

int main(void)
{
#define KEPT(name) cmocka_unit_test_setup_teardown(name, keep, forget)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins),
        cmocka_unit_test(without_a_session_it_is_told_nothing),
        cmocka_unit_test(it_does_not_begin),
        cmocka_unit_test(a_stale_token_is_replaced_once),
        cmocka_unit_test(told_by_somebody_else),
        cmocka_unit_test(the_person_is_asked_before_authorize),
        cmocka_unit_test(one_yes_is_enough),
        cmocka_unit_test(the_other_flavour_asks_too),
        KEPT(the_permission_is_extended),
        KEPT(one_that_cannot_be_extended),
        cmocka_unit_test(dates_are_read),
    };

    return cmocka_run_group_tests_name("mysign-unasked", tests, NULL, NULL);
}
