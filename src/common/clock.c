/* SPDX-License-Identifier: Apache-2.0 */
/* The two clocks; neither call can fail on Linux with these clock numbers. */
#include "common/clock.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t sca_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t sca_now_utc(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int sca_left_ms(int64_t deadline_ms)
{
    int64_t now_ms = sca_now_ms();

    if (deadline_ms <= now_ms)
        return 0;
    /* now is positive, so the difference of a later deadline cannot overflow */
    return deadline_ms - now_ms > INT_MAX ? INT_MAX : (int)(deadline_ms - now_ms);
}

void sca_time_text(int64_t utc, char ret_text[static SCA_TIME_SIZE])
{
    time_t seconds = (time_t)utc;
    struct tm local;
    char offset[8] = ""; /* "+0700" */

    if (localtime_r(&seconds, &local) == NULL ||
        strftime(ret_text, SCA_TIME_SIZE, "%FT%T", &local) == 0 ||
        strftime(offset, sizeof offset, "%z", &local) == 0) {
        snprintf(ret_text, SCA_TIME_SIZE, "-");
        return;
    }
    size_t used = strlen(ret_text);
    snprintf(ret_text + used, SCA_TIME_SIZE - used, "%.3s:%.2s", offset, offset + 3);
}
