/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Permissions that the person ended are ended at the service too, where it has a call for that. The
 * agent has forgotten them by then: whether the call succeeds changes nothing here, and is logged.
 */
#ifndef SCA_AGENT_SESSION_REVOKE_H
#define SCA_AGENT_SESSION_REVOKE_H

#include <sys/queue.h>
#include "flow_run.h"

struct sca_revocation;
TAILQ_HEAD(sca_revocation_list, sca_revocation);

/* Borrows @env for the life of the call; copies the rest. Asks nobody for a secret. */
void sca_session_revoke(struct sca_revocation_list *list, const struct sca_flow_run_env *env,
                        const struct sca_config_account *account,
                        const struct sca_cloud_permit *permit);

size_t sca_session_revoke_count(const struct sca_revocation_list *list);

/* Drops what is under way. */
void sca_session_revoke_clear(struct sca_revocation_list *list);

#endif
