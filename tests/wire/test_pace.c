/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a transaction is looked at, over every time to confirm and interval that can be configured:
 * never more often in all than at even intervals, and soon after a tap that comes when taps do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "cloud/pace.h"

#define DEFAULT_INTERVAL_MS 2000u
#define DEFAULT_TIMEOUT_MS  300000u

typedef uint32_t gap_fn(uint32_t interval_ms, uint32_t timeout_ms, uint64_t elapsed_ms);

static uint32_t even(uint32_t interval_ms, uint32_t timeout_ms, uint64_t elapsed_ms)
{
    (void)timeout_ms;
    (void)elapsed_ms;
    return interval_ms;
}

/* Looks that begin within the time to confirm, each of which lasts @look_ms. */
static unsigned looks(gap_fn *gap, uint32_t interval_ms, uint32_t timeout_ms, uint32_t look_ms)
{
    uint64_t now_ms = gap(interval_ms, timeout_ms, 0);
    unsigned count = 0;

    while (now_ms <= timeout_ms) {
        count++;
        now_ms += look_ms;
        now_ms += gap(interval_ms, timeout_ms, now_ms);
    }
    return count;
}

static void expect_no_more(uint32_t interval_ms, uint32_t timeout_ms, uint32_t look_ms)
{
    assert_true(looks(sca_pace_ms, interval_ms, timeout_ms, look_ms) <=
                looks(even, interval_ms, timeout_ms, look_ms));
}

static void test_no_more_looks(void **state)
{
    (void)state;
    for (uint32_t interval_s = 1; interval_s <= 60; interval_s++) {
        for (uint32_t timeout_s = 10; timeout_s <= 3600; timeout_s += timeout_s < 700 ? 1 : 53)
            expect_no_more(interval_s * 1000, timeout_s * 1000, 0);
    }
}

/* Looks take time; intervals and times that nobody can configure are no excuse. */
static void test_no_more_looks_odd(void **state)
{
    (void)state;
    for (uint32_t interval_ms = 1; interval_ms < 5000; interval_ms += 37) {
        for (uint32_t timeout_ms = 0; timeout_ms < 90000; timeout_ms += 1709) {
            for (uint32_t look_ms = 0; look_ms < 2500; look_ms += 333)
                expect_no_more(interval_ms, timeout_ms, look_ms);
        }
    }
}

/* Each look lasts as long as it pleases, which moves every later one. */
static void test_no_more_looks_uneven(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 3000; round++) {
        const uint32_t interval_ms = 1000u * (1u + (uint32_t)rand() % 60);
        const uint32_t timeout_ms = 1000u * (10u + (uint32_t)rand() % 900);
        uint64_t now_ms = 0;
        unsigned count = 0;

        while ((now_ms += sca_pace_ms(interval_ms, timeout_ms, now_ms)) <= timeout_ms) {
            count++;
            now_ms += (uint64_t)rand() % 700;
        }
        assert_true(count <= timeout_ms / interval_ms);
    }
}

/* Never closer than the floor or the interval, never much further apart, and never faster again. */
static void test_bounds(void **state)
{
    (void)state;
    for (uint32_t interval_s = 1; interval_s <= 60; interval_s++) {
        for (uint32_t timeout_s = 10; timeout_s <= 3600; timeout_s += 10) {
            const uint32_t interval_ms = interval_s * 1000;
            uint32_t before_ms = SCA_PACE_FLOOR_MS;

            for (uint64_t now_ms = 0; now_ms < 2 * timeout_s * 1000; now_ms += 4999) {
                uint32_t gap_ms = sca_pace_ms(interval_ms, timeout_s * 1000, now_ms);
                assert_in_range(gap_ms, before_ms, 2 * interval_ms);
                before_ms = gap_ms;
            }
            assert_true(before_ms >= interval_ms);
        }
    }
}

static void test_even_where_it_must(void **state)
{
    (void)state;
    assert_int_equal(sca_pace_ms(2000, 0, 0), 2000);       /* nobody knows for how long */
    assert_int_equal(sca_pace_ms(60000, 10000, 0), 60000); /* not even one look */
    assert_int_equal(sca_pace_ms(30, 60000, 0), 30);       /* closer than the floor: asked for */
    assert_int_equal(sca_pace_ms(2000, 300000, UINT64_MAX), sca_pace_ms(2000, 300000, 300000));
    assert_int_equal(sca_pace_ms(UINT32_MAX, UINT32_MAX, 0), UINT32_MAX);
}

/* A first look that comes soon moves no other one, so there are as many as ever. */
static void test_first_look_soon(void **state)
{
    (void)state;
    assert_int_equal(sca_pace_soon_ms(2000, 300000, false), SCA_PACE_SOON_MS);
    assert_int_equal(sca_pace_soon_ms(2000, 0, false), 2000);
    assert_int_equal(sca_pace_soon_ms(30, 60000, false), 30);
    for (uint32_t interval_s = 1; interval_s <= 60; interval_s++) {
        for (uint32_t timeout_s = 10; timeout_s <= 3600; timeout_s += 7) {
            const uint32_t interval_ms = interval_s * 1000, timeout_ms = timeout_s * 1000;
            const uint32_t gap_ms = sca_pace_ms(interval_ms, timeout_ms, 0);

            assert_int_equal(sca_pace_soon_ms(interval_ms, timeout_ms, false) +
                                 sca_pace_soon_ms(interval_ms, timeout_ms, true),
                             2 * gap_ms);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* From the tap to the end of the look that sees it, for taps at every tenth of a second. */
static uint64_t tap_to_return_p95(gap_fn *gap, uint32_t first_ms, uint32_t last_ms,
                                  uint32_t look_ms)
{
    uint64_t delay_ms[4096];
    size_t count = 0;

    for (uint32_t tap_ms = first_ms; tap_ms <= last_ms; tap_ms += 100) {
        uint64_t now_ms = gap(DEFAULT_INTERVAL_MS, DEFAULT_TIMEOUT_MS, 0);

        while (now_ms < tap_ms) {
            now_ms += look_ms;
            now_ms += gap(DEFAULT_INTERVAL_MS, DEFAULT_TIMEOUT_MS, now_ms);
        }
        assert_true(count < sizeof delay_ms / sizeof delay_ms[0]);
        delay_ms[count++] = now_ms + look_ms - tap_ms;
    }
    qsort(delay_ms, count, sizeof delay_ms[0], by_size);
    return delay_ms[count * 95 / 100];
}

static void test_soon_after_the_tap(void **state)
{
    (void)state;
    for (uint32_t look_ms = 10; look_ms <= 120; look_ms += 10) {
        assert_true(tap_to_return_p95(sca_pace_ms, 4000, 30000, look_ms) <= 1000);
        assert_true(tap_to_return_p95(even, 4000, 30000, look_ms) > 1800);
    }
    assert_true(tap_to_return_p95(sca_pace_ms, 60000, 290000, 100) <= 3000); /* late, not lost */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_more_looks),        cmocka_unit_test(test_no_more_looks_odd),
        cmocka_unit_test(test_no_more_looks_uneven), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_even_where_it_must),   cmocka_unit_test(test_first_look_soon),
        cmocka_unit_test(test_soon_after_the_tap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
