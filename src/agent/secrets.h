/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets from where the configuration says: literal, file (0600, owner), command (first line of
 * output, 10 s limit) or one-time codes from a TOTP key; else from the person, who typed them into
 * the host or is asked.
 */
#ifndef SCA_AGENT_SECRETS_H
#define SCA_AGENT_SECRETS_H

#include <uv.h>
#include "config.h"
#include "typed.h"

struct sca_secrets; /* one per loop */
struct sca_secrets_call;

/* @secret is borrowed for the call, NULL with @err otherwise (SCA_E_NEED_AUTH: no way to get it;
 * SCA_E_CANCELLED: the person did not want to say it; SCA_E_CONFIG: the source is broken;
 * SCA_E_PERM; SCA_E_TIMEOUT; SCA_E_IO). */
typedef void sca_secrets_done(void *arg, int err, const struct sca_secret *secret);

/* Borrows both. Which one-time codes were used is kept in the state folder (otp-ACCOUNT). */
int sca_secrets_new(uv_loop_t *loop, const struct sca_paths *paths,
                    struct sca_secrets **ret_secrets);
/* Cancels what is under way. Processes that were started are killed. */
void sca_secrets_free(struct sca_secrets *secrets);

/*
 * Looks up one secret of an account; @done comes from the loop, never from inside this call.
 * SCA_SECRET_OTP: computed from totp-secret (RFC 6238, SHA-1, 30 s, 6 digits), and never the same
 * code twice for an account, agent restarts included: the next step is awaited instead (at most
 * 30 s). The step is on disk before its code is handed out.
 * @typed: what the person typed into the host is used instead of the configured source, and the
 * person is asked where the source is "prompt" or where only they know a secret that has none
 * (password, code, PIN). May be NULL: nothing typed, nobody there. Borrows it for this call,
 * @account until done or cancelled. SCA_E_NOMEM.
 */
int sca_secrets_get(struct sca_secrets *secrets, const struct sca_config_account *account,
                    enum sca_secret_kind kind, const struct sca_typed *typed,
                    sca_secrets_done *done, void *arg, struct sca_secrets_call **ret_call);
void sca_secrets_cancel(struct sca_secrets_call *call); /* done is not called; NULL is fine */

#endif
