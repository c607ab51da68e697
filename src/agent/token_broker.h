/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log-ins: one access token per account, shared by every flow of the agent and renewed once for
 * all of them. A new refresh token is on disk (state folder, token-ACCOUNT, 0600) before anything
 * is used of the log-in that brought it, because the provider has already forgotten the old one.
 */
#ifndef SCA_AGENT_TOKEN_BROKER_H
#define SCA_AGENT_TOKEN_BROKER_H

#include <stdbool.h>
#include "flow_run.h"

struct sca_token_broker;
struct sca_token_wait;

/* @access borrowed for the call; NULL with @err (SCA_E_NEED_AUTH: log in again by browser or
 * configure a password; SCA_E_USER_AUTH, SCA_E_USER_LOCKED: refused, not to be tried again by
 * itself; SCA_E_IO: the new refresh token could not be stored; or what the way there says). */
typedef void sca_token_done(void *arg, int err, const struct sca_secret *access,
                            const char *detail);

/* One per loop; borrows. Drives log-in flows by flow_run. */
int sca_token_broker_new(const struct sca_flow_run_env *env, const struct sca_paths *paths,
                         struct sca_token_broker **ret_broker);
void sca_token_broker_free(struct sca_token_broker *broker);

/*
 * The account's access token: the one in memory while it is good for another 30 s, else by refresh
 * token, else by the account's own secrets. @refused: the token given before, answered 401; ignored
 * when a newer one is there already. One log-in at a time per account; others wait for it. A
 * refused password is remembered until the configuration changes: never sent twice.
 * @done comes from the loop, never from inside this call.
 */
int sca_token_get(struct sca_token_broker *broker, const struct sca_config_account *account,
                  bool refused, sca_token_done *done, void *arg, struct sca_token_wait **ret_wait);
void sca_token_cancel(struct sca_token_wait *wait); /* the log-in itself goes on; NULL is fine */

/* Logs in by an authorization code (smartca login); stores the refresh token. */
int sca_token_login(struct sca_token_broker *broker, const struct sca_config_account *account,
                    const struct sca_cloud_login *login, sca_token_done *done, void *arg,
                    struct sca_token_wait **ret_wait);

#endif
