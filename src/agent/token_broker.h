/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log-ins: one access token per account, shared by every flow of the agent and renewed once for
 * all of them. A new refresh token is on disk (token_store.h) before anything is used of the log-in
 * that brought it, because the provider has already forgotten the old one. Of several processes
 * (agent, smartca doctor, smartca login) one at a time logs in for an account.
 */
#ifndef SCA_AGENT_TOKEN_BROKER_H
#define SCA_AGENT_TOKEN_BROKER_H

#include "flow_run.h"

struct sca_token_broker;
struct sca_token_wait;

/* One per loop; borrows. Drives log-in flows by flow_run; those run without @env->tokens. */
int sca_token_broker_new(const struct sca_flow_run_env *env, const struct sca_paths *paths,
                         struct sca_token_broker **ret_broker);
/* Ends log-ins that are under way; done is not called. NULL is fine. */
void sca_token_broker_free(struct sca_token_broker *broker);

/* The door for runs, borrowed from the broker; its functions are the two below. */
const struct sca_flow_tokens *sca_token_broker_door(const struct sca_token_broker *broker);

/*
 * The account's access token: the one in memory while it is good for another 30 s, else by refresh
 * token, else by the account's own secrets (@typed, which may be NULL, before the configured ones).
 * @refused: a token given before, which the service did not accept; it is not given again.
 *
 * One log-in at a time per account; others wait for it. A refused password is never sent a second
 * time, wherever it comes from; a locked account gets none at all for five minutes.
 *
 * @done comes from the loop, never from inside this call, with SCA_E_NEED_AUTH (log in by browser
 * or configure a password), SCA_E_USER_AUTH and SCA_E_USER_LOCKED (refused), SCA_E_IO (the new
 * refresh token could not be stored; storing is tried again before the next use), SCA_E_TIMEOUT
 * (another process logs in and does not come to an end), or what the way there says.
 * Borrows @account for this call only. SCA_E_NOMEM, SCA_E_LIMIT, SCA_E_INVAL (a provider without
 * log-in).
 */
int sca_token_get(struct sca_token_broker *broker, const struct sca_config_account *account,
                  const struct sca_typed *typed, const struct sca_secret *refused,
                  sca_flow_token_done *done, void *arg, struct sca_token_wait **ret_wait);
void sca_token_cancel(struct sca_token_wait *wait); /* the log-in itself goes on; NULL is fine */

/*
 * Logs in by an authorization code (smartca login; copied) and stores the refresh token. As above;
 * SCA_E_INVAL also when a log-in of this account is under way in this process. The provider that
 * gives no refresh token has given nothing that lasts: SCA_E_REFUSED.
 */
int sca_token_login(struct sca_token_broker *broker, const struct sca_config_account *account,
                    const struct sca_cloud_login *login, sca_flow_token_done *done, void *arg,
                    struct sca_token_wait **ret_wait);

#endif
