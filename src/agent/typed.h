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
