/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services that were told not to ask the person for a while (sca_http_request, @unasked), kept on
 * disk: as long as that may last the agent asks at the screen itself, in its next life, too. A
 * service that keeps its silence longer than it said is beyond what can be known here.
 */
#ifndef SCA_AGENT_UNASKED_H
#define SCA_AGENT_UNASKED_H

#include <stdbool.h>
#include <stdint.h>
#include "common/path.h"
#include "config.h"

#define SCA_UNASKED_NEVER   0         /* it asks, as far as is known */
#define SCA_UNASKED_FOREVER INT64_MAX /* until when is not known */

/*
 * Until when the service may not ask for @account: by sca_now_utc, NEVER or FOREVER. It is the same
 * for all accounts of that client and person. What cannot be read counts as FOREVER.
 */
int64_t sca_unasked_until(const struct sca_paths *paths, const struct sca_config_account *account);

/* Durable when it returns. NEVER forgets it. SCA_E_IO and others of sca_file_replace, SCA_E_NOMEM.
 */
int sca_unasked_note(const struct sca_paths *paths, const struct sca_config_account *account,
                     int64_t until_utc);

/* True where it may not have ended: clocks are not exact, so a while longer than @until_utc. */
bool sca_unasked_holds(int64_t until_utc, int64_t now_utc);

#endif
