/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines: never negative, never more than poll(2) takes, whatever the number. */
#include "harness.h"
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include "common/clock.h"

static void time_left_is_bounded(void **state)
{
    int64_t now_ms = sca_now_ms();

    (void)state;
    assert_int_equal(sca_left_ms(now_ms), 0);
    assert_int_equal(sca_left_ms(now_ms - 1), 0);
    assert_int_equal(sca_left_ms(INT64_MIN), 0);
    assert_int_equal(sca_left_ms(INT64_MAX), INT_MAX);
    assert_in_range(sca_left_ms(now_ms + 3600000), 1, 3600000);
}

static void time_goes_on(void **state)
{
    int64_t now_ms = sca_now_ms();

    (void)state;
    assert_true(sca_now_ms() >= now_ms);
    assert_true(sca_now_utc() > 1700000000);
}

/* What people and scripts read: their own time, and which one that is. */
static void times_say_their_zone(void **state)
{
    char text[SCA_TIME_SIZE];

    (void)state;
    setenv("TZ", "<+07>-7", 1);
    tzset();
    sca_time_text(1772327730, text);
    assert_string_equal(text, "2026-03-01T08:15:30+07:00");
    sca_time_text(INT64_MAX, text);
    assert_string_equal(text, "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_left_is_bounded),
        cmocka_unit_test(time_goes_on),
        cmocka_unit_test(times_say_their_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
