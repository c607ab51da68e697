/* SPDX-License-Identifier: Apache-2.0 */
/* A sign flow in a second life: it looks the transaction up and never sends a request that spends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "drive.h"

static struct drive begin_resumed(int64_t age_s)
{
    struct sca_cloud_sign sign = drive_one;

    sign.resume = true;
    struct drive drive = drive_sign("vnpt-smartca", &sign);
    drive.now_utc += age_s;
    drive_start(&drive);
    expect_send(&drive, STATUS);
    return drive;
}

static void test_resume(void **state)
{
    struct drive drive = begin_resumed(5);

    (void)state;
    drive_reply(&drive, 200, PENDING);
    expect_wait(&drive, true);
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 0);
}

static void test_resume_not_found(void **state)
{
    struct drive drive = begin_resumed(5); /* may still be on its way */

    (void)state;
    int64_t first_ms = drive.now_ms;
    drive_reply(&drive, 404, UNKNOWN);
    while (drive.action.step == SCA_STEP_WAIT)
        drive_poll(&drive, 404, UNKNOWN);
    expect_fail(&drive, SCA_E_NOT_FOUND, SCA_SPENT_NOTHING);
    assert_true(drive.now_ms - first_ms >= 20000);
    drive_finish(&drive, 0);
}

static void test_resume_not_found_old(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    sign.created_utc -= 3600; /* cannot be on its way any more: a few polls will do */
    struct drive drive = drive_sign("vnpt-smartca", &sign);
    int64_t first_ms = drive.now_ms;
    drive_start(&drive);
    drive_reply(&drive, 404, UNKNOWN);
    while (drive.action.step == SCA_STEP_WAIT)
        drive_poll(&drive, 404, UNKNOWN);
    expect_fail(&drive, SCA_E_NOT_FOUND, SCA_SPENT_NOTHING);
    assert_int_equal(drive.sends, 3);
    assert_true(drive.now_ms - first_ms < 20000);
    drive_finish(&drive, 0);
}

/* The person was asked in an earlier life: the looks go on where they were, or as often. */
static void test_resume_pace(void **state)
{
    (void)state;
    for (int64_t age_s = -3600; age_s <= 3600; age_s += 10) {
        struct drive drive = begin_resumed(age_s);
        drive_reply(&drive, 200, PENDING);
        expect_wait(&drive, true);
        if (age_s < 40)
            assert_true(drive.action.wait_ms < 1000);
        else if (age_s > 50)
            assert_in_range(drive.action.wait_ms, 2000, 4000);
        drive_end(&drive);
    }
}

/* What an earlier life knew is used: the service's own id, and that it had the transaction. */
static void test_resume_accepted(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.resume = true;
    sign.created_utc -= 3600;
    sign.accepted = true;
    sign.provider_txn = "c/1 ê";
    struct drive drive = drive_sign("vnpt-smartca", &sign);
    drive_start(&drive);
    expect_send(&drive, STATUS);
    drive_reply(&drive, 404, UNKNOWN);
    expect_send(&drive, STATUS_BY_CODE);
    drive_reply(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 0);

    drive = drive_sign("vnpt-smartca", &sign);
    drive_start(&drive);
    while (drive.action.step != SCA_STEP_FAIL) {
        if (drive.action.step == SCA_STEP_WAIT)
            drive_timer(&drive);
        drive_reply(&drive, 404, UNKNOWN);
    }
    expect_fail(&drive, SCA_E_NOT_FOUND, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 0);
}

static void test_resume_offline(void **state)
{
    struct drive drive = begin_resumed(5);

    (void)state;
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_wait(&drive, false);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_resume_not_found),
        cmocka_unit_test(test_resume_not_found_old),
        cmocka_unit_test(test_resume_pace),
        cmocka_unit_test(test_resume_accepted),
        cmocka_unit_test(test_resume_offline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
