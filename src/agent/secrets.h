/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets from where the configuration says: literal, file (0600, owner), command (first line of
 * output, 10 s limit) or one-time codes from a TOTP key.
 */
#ifndef SCA_AGENT_SECRETS_H
#define SCA_AGENT_SECRETS_H

#include <uv.h>
#include "config.h"

struct sca_secrets;      /* one per loop; remembers which one-time codes were used */
struct sca_secrets_call;

/* @secret is borrowed for the call, NULL with @err otherwise (SCA_E_NEED_AUTH: no way to get it;
 * SCA_E_CONFIG: the source is broken; SCA_E_PERM; SCA_E_TIMEOUT; SCA_E_IO). */
typedef void sca_secrets_done(void *arg, int err, const struct sca_secret *secret);

int sca_secrets_new(uv_loop_t *loop, struct sca_secrets **ret_secrets);
void sca_secrets_free(struct sca_secrets *secrets);

/*
 * Looks up one secret of an account; @done comes from the loop, never from inside this call.
 * SCA_SECRET_OTP: computed from totp-secret (RFC 6238, SHA-1, 30 s, 6 digits), and never the same
 * code twice for an account: the next step is awaited instead (at most 30 s).
 * @typed: what the person typed into the host for this purpose (pin modes), used instead of the
 * configured source; may be NULL. Borrows @account until done or cancelled.
 */
int sca_secrets_get(struct sca_secrets *secrets, const struct sca_config_account *account,
                    enum sca_secret_kind kind, const struct sca_secret *typed,
                    sca_secrets_done *done, void *arg, struct sca_secrets_call **ret_call);
void sca_secrets_cancel(struct sca_secrets_call *call);

#endif
