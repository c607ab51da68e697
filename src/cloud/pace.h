/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often a transaction is looked up while nothing is wrong. A person who is asked taps within
 * half a minute or looks for the phone first: looks are close together at the beginning and far
 * apart afterwards, and over the whole time to confirm there are not more of them than one every
 * interval would be, which is what services see from others.
 */
#ifndef SCA_CLOUD_PACE_H
#define SCA_CLOUD_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define SCA_PACE_FLOOR_MS  500u   /* looks are never closer together, unless the interval is */
#define SCA_PACE_SOON_MS   100u   /* to the first look, where nobody is asked */
#define SCA_PACE_WINDOW_MS 45000u /* how long they are close together at the most */

/*
 * Milliseconds from one look to the next (or to the first), where the wait for the transaction
 * began @elapsed_ms ago. Pure; never shrinks while @elapsed_ms grows; twice the interval at the
 * most. Within @timeout_ms there are never more looks than @interval_ms between them would give,
 * however long each takes. @timeout_ms 0 (not known), or one too short for that, gives
 * @interval_ms.
 */
uint32_t sca_pace_ms(uint32_t interval_ms, uint32_t timeout_ms, uint64_t elapsed_ms);

/*
 * The same to the first look (@second false) and from there to the second, where the last
 * transaction ended sooner than a person can confirm: the first is made very soon, the second and
 * all others when they would have been made.
 */
uint32_t sca_pace_soon_ms(uint32_t interval_ms, uint32_t timeout_ms, bool second);

#endif
