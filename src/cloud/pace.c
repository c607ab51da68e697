/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two gaps. The quick one is 3/8 of the interval: 0.75 s for the usual 2 s, so that a tap is seen
 * within 0.71 s nineteen times in twenty. It is used for a fifth of the time to confirm at the
 * most, which costs about half of all looks; the slow gap spreads what is left over the rest.
 */
#include "cloud/pace.h"

#define SPARE_LOOKS 2u /* not made: looks take time, which can push one more into the rest */

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint32_t sca_pace_ms(uint32_t interval_ms, uint32_t timeout_ms, uint64_t elapsed_ms)
{
    const uint64_t quick_ms = larger((uint64_t)interval_ms * 3 / 8, SCA_PACE_FLOOR_MS);
    const uint64_t quick_looks = smaller(timeout_ms / 5, SCA_PACE_WINDOW_MS) / quick_ms;
    const uint64_t quick_end_ms = quick_looks * quick_ms;

    if (quick_ms >= interval_ms || timeout_ms / interval_ms <= quick_looks + SPARE_LOOKS)
        return interval_ms;

    /* The smallest gap of which not one more than the looks that are left fits into the rest. */
    const uint64_t looks_left = timeout_ms / interval_ms - quick_looks - SPARE_LOOKS;
    const uint64_t slow_ms =
        larger((timeout_ms - quick_end_ms) / (looks_left + 1) + 1, interval_ms);

    if (slow_ms > 2 * (uint64_t)interval_ms)
        return interval_ms;
    return (uint32_t)(elapsed_ms < quick_end_ms ? quick_ms : slow_ms);
}

uint32_t sca_pace_soon_ms(uint32_t interval_ms, uint32_t timeout_ms, bool second)
{
    const uint32_t gap_ms = sca_pace_ms(interval_ms, timeout_ms, 0);

    if (gap_ms >= interval_ms) /* even, and perhaps wanted to be very close, or far apart */
        return gap_ms;
    return second ? 2 * gap_ms - SCA_PACE_SOON_MS : SCA_PACE_SOON_MS;
}
