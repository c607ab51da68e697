/* SPDX-License-Identifier: Apache-2.0 */
/* The two clocks: one for waiting, one for what people read. */
#ifndef SCA_COMMON_CLOCK_H
#define SCA_COMMON_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that never jumps; for deadlines. */
int64_t sca_now_ms(void);

/* Seconds since 1970, UTC; for expiry dates and records. */
int64_t sca_now_utc(void);

#define SCA_TIME_SIZE 40

/* Local time with its offset, ISO 8601: "2026-03-01T08:15:30+07:00". "-" when it cannot be told. */
void sca_time_text(int64_t utc, char ret_text[static SCA_TIME_SIZE]);

/* Milliseconds left until @deadline_ms, never negative, at most INT_MAX (for poll(2)). */
int sca_left_ms(int64_t deadline_ms);

#endif
