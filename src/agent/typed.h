/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes from the person with a request: what they typed into the host, taken apart as the
 * account's pin mode says, and where they can be asked for the rest.
 */
#ifndef SCA_AGENT_TYPED_H
#define SCA_AGENT_TYPED_H

#include "config.h"
#include "person.h"

/* All owned; NULL where nothing was typed, where nobody can be asked. */
struct sca_typed {
    struct sca_secret *of[SCA_SECRET__COUNT];
    struct sca_person *person;
};

/*
 * What C_Login (@pin) and C_Login(CKU_CONTEXT_SPECIFIC) (@otp) mean by the pin mode of @account;
 * either may be NULL. An empty text counts as nothing typed; with SCA_PIN_NONE nothing counts.
 * "Password" is what a signature needs: the signing key's PIN where the provider's keys have one,
 * else the person's password. SCA_PIN_PASSWORD_OTP: the last six digits of @pin are the one-time
 * code, unless @otp brings one; they are taken off in any case.
 * Caller clears. SCA_E_USER_AUTH (password+otp without six digits at its end), SCA_E_NOMEM.
 */
int sca_typed_from_pin(const struct sca_config_account *account, const struct sca_secret *pin,
                       const struct sca_secret *otp, struct sca_typed *ret_typed);
int sca_typed_copy(const struct sca_typed *typed, struct sca_typed *ret_copy);
void sca_typed_clear(struct sca_typed *typed);

#endif
