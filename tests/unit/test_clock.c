/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines: never negative, never more than poll(2) takes, whatever the number. */
#include "harness.h"
#include <limits.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_left_is_bounded),
        cmocka_unit_test(time_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
