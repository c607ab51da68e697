/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the world answers, in whatever order: a sign flow hands out one request that can cost a
 * signature at the most, a resumed one none, and a failure before that request never claims to be
 * uncertain. The sequences come from fixed seeds, so a failure can be repeated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "drive.h"

#define ROUNDS 4000
#define STEPS  60

static const struct {
    int http;
    const char *body;
} replies[] = {
    {200, "{\"status_code\":200,\"message\":\"x\",\"data\":null}"},
    {200, "{\"status_code\":200,\"message\":\"x\",\"data\":{\"tran_code\":\"c-1\"}}"},
    {200,
     "{\"status_code\":200,\"message\":\"x\",\"data\":{\"tran_code\":\"c-1\",\"sad\":\"a.b.c\"}}"},
    {200, "{\"status_code\":200,\"message\":\"x\",\"data\":{\"sad\":\"a.b.c\",\"expired_in\":3}}"},
    {200, "{\"status_code\":200,\"message\":\"x\",\"data\":{\"signatures\":[{\"doc_id\":\"doc-7\","
          "\"signature_value\":\"AQID\"}]}}"},
    {404, "{\"status_code\":404,\"message\":\"transaction_not_exist\"}"},
    {404, "{\"status_code\":404,\"message\":\"transaction_not_exist\"}"},
    {409, ""},
    {429, ""},
    {502, "<html>"},
    {200, "{\"status_code\":200,"},
    {200, "{}"},
    {200, SIGNED},
    {400, "{\"status_code\":400,\"message\":\"transaction_id already exists\"}"},
    {400, "{\"status_code\":400,\"message\":\"sig_user_rejected\"}"},
    {401, "{\"status_code\":401,\"message\":\"SP_CREDENTIAL_INVALID\"}"},
    {400, "{\"status_code\":1003,\"message\":\"OTP\"}"},
};

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void any_reply(struct drive *drive, uint32_t *seed)
{
    size_t count = sizeof replies / sizeof replies[0];
    size_t pick = next(seed) % (count + 3);

    if (pick < count)
        drive_retry_after(drive, replies[pick].http, replies[pick].body, next(seed) % 3);
    else
        drive_transport(drive, pick == count       ? SCA_TRANSPORT_UNCERTAIN
                               : pick == count + 1 ? SCA_TRANSPORT_NOT_SENT
                                                   : SCA_TRANSPORT_TLS);
}

/* Mostly what a good agent does; now and then something that it never should. */
static void any_step(struct drive *drive, uint32_t *seed)
{
    uint32_t odd = next(seed) % 40;

    drive->now_ms += next(seed) % 5000;
    if (odd == 0)
        drive_event(drive, SCA_EVENT_LAST_CHANCE);
    else if (odd == 1)
        drive_event(drive, SCA_EVENT_TIMER);
    else if (odd == 2)
        drive_event(drive, SCA_EVENT_START);
    else if (odd == 3)
        drive_secret(drive, "x");
    else if (drive->action.step == SCA_STEP_NEED)
        drive_secret(drive, next(seed) % 20 == 0 ? NULL : "x");
    else if (drive->action.step == SCA_STEP_WAIT)
        drive_timer(drive);
    else
        any_reply(drive, seed);
}

static void run(const char *provider, bool resume, uint32_t seed)
{
    struct sca_cloud_sign sign = drive_one;
    sign.resume = resume;
    struct drive drive = drive_sign(provider, &sign);

    drive_start(&drive);
    for (int i = 0; i < STEPS; i++) {
        if (drive.action.step == SCA_STEP_DONE || drive.action.step == SCA_STEP_FAIL)
            break;
        any_step(&drive, &seed);
        assert_true(drive.spends <= (resume ? 0u : 1u));
    }
    if (drive.action.step == SCA_STEP_DONE) {
        assert_int_equal(sca_flow_result(drive.flow)->count, 1);
        assert_true(resume || drive.spends == 1);
    }
    if (drive.action.step == SCA_STEP_FAIL) {
        assert_true(drive.action.err < 0);
        if (!resume && drive.spends == 0)
            assert_int_equal(drive.action.spent, SCA_SPENT_NOTHING);
    }
    drive_end(&drive);
}

static void test_random(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        run("vnpt-smartca", false, seed);
        run("vnpt-smartca", true, seed);
        run("vnpt-smartca-th", false, seed);
        run("vnpt-smartca-th", true, seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
