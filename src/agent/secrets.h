/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets from where the configuration says: literal, file (0600, owner), command (first line of
 * output, 10 s limit) or one-time codes from a TOTP key.
 */
#ifndef SCA_AGENT_SECRETS_H
#define SCA_AGENT_SECRETS_H

#include <uv.h>
#include "config.h"

struct sca_secrets; /* one per loop */
struct sca_secrets_call;

/* @secret is borrowed for the call, NULL with @err otherwise (SCA_E_NEED_AUTH: no way to get it;
 * SCA_E_CONFIG: the source is broken; SCA_E_PERM; SCA_E_TIMEOUT; SCA_E_IO). */
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
 * @typed: what the person typed into the host for this purpose (pin modes), copied and used instead
 * of the configured source; may be NULL. Borrows @account until done or cancelled. SCA_E_NOMEM.
 */
int sca_secrets_get(struct sca_secrets *secrets, const struct sca_config_account *account,
                    enum sca_secret_kind kind, const struct sca_secret *typed,
                    sca_secrets_done *done, void *arg, struct sca_secrets_call **ret_call);
void sca_secrets_cancel(struct sca_secrets_call *call); /* done is not called; NULL is fine */

/* What a person typed into the host, by purpose; NULL where nothing was typed. */
struct sca_typed {
    struct sca_secret *of[SCA_SECRET__COUNT];
};

/*
 * What C_Login (@pin) and C_Login(CKU_CONTEXT_SPECIFIC) (@otp) mean for an account with @mode;
 * either may be NULL. An empty text counts as nothing typed; with SCA_PIN_NONE nothing counts.
 * SCA_PIN_PASSWORD_OTP: the last six digits of @pin are the one-time code, unless @otp brings one.
 * Caller clears. SCA_E_USER_AUTH (password+otp without six digits at its end), SCA_E_NOMEM.
 */
int sca_typed_from_pin(enum sca_pin_mode mode, const struct sca_secret *pin,
                       const struct sca_secret *otp, struct sca_typed *ret_typed);
int sca_typed_copy(const struct sca_typed *typed, struct sca_typed *ret_copy);
void sca_typed_clear(struct sca_typed *typed);

#endif
