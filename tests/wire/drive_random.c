/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences of events from fixed seeds, so that a failure can be repeated. See drive.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "drive.h"

#define ROUNDS 4000
#define STEPS  60

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void any_reply(struct drive *drive, const struct drive_canned *replies, size_t count,
                      uint32_t *seed)
{
    size_t pick = next(seed) % (count + 3);

    if (pick < count)
        drive_retry_after(drive, replies[pick].http, replies[pick].body, next(seed) % 3);
    else
        drive_transport(drive, pick == count       ? SCA_TRANSPORT_UNCERTAIN
                               : pick == count + 1 ? SCA_TRANSPORT_NOT_SENT
                                                   : SCA_TRANSPORT_TLS);
}

/* Mostly what a good agent does; now and then something that it never should. */
static void any_step(struct drive *drive, const struct drive_canned *replies, size_t count,
                     uint32_t *seed)
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
    else if (drive->action.step == SCA_STEP_LISTEN)
        drive_listening(drive, next(seed) % 20 == 0 ? SCA_E_NO_SCREEN : 0);
    else if (drive->action.step == SCA_STEP_BROWSE && next(seed) % 10 == 0)
        drive_browsed(drive, NULL, SCA_E_REJECTED, "");
    else if (drive->action.step == SCA_STEP_BROWSE)
        drive_browsed(drive, "code", 0, "");
    else if (drive->action.step == SCA_STEP_WAIT)
        drive_timer(drive);
    else
        any_reply(drive, replies, count, seed);
}

static void run(const char *provider, const struct sca_cloud_sign *sign,
                const struct drive_canned *replies, size_t count, uint32_t seed)
{
    bool resume = sign->resume;
    struct drive drive = drive_sign(provider, sign);

    drive_start(&drive);
    for (int i = 0; i < STEPS; i++) {
        if (drive.action.step == SCA_STEP_DONE || drive.action.step == SCA_STEP_FAIL)
            break;
        any_step(&drive, replies, count, &seed);
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

void drive_random(const char *provider, const char *provider_txn,
                  const struct drive_canned *replies, size_t count)
{
    struct sca_cloud_sign sign = drive_one;
    struct sca_cloud_sign resumed = drive_one;

    resumed.resume = true;
    resumed.provider_txn = provider_txn;
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        run(provider, &sign, replies, count, seed);
        run(provider, &resumed, replies, count, seed);
    }
}
