/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is logged in: one entry per slot, with the PIN where the slot needs it for signing. All
 * functions are called under library->lock.
 */
#ifndef SCA_MODULE_TOKEN_LOGIN_H
#define SCA_MODULE_TOKEN_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include "cryptoki.h"
#include "common/secret.h"

struct sca_login {
    CK_SLOT_ID slot;
    struct sca_secret *pin; /* owned; NULL where none is kept */
};

/* Born zeroed. */
struct sca_logins {
    struct sca_login *list;
    size_t count;
};

/* NULL when nobody is logged in. Valid until the list changes. */
const struct sca_login *sca_login_find(const struct sca_logins *logins, CK_SLOT_ID slot);

/* Takes @pin (may be NULL) on success. CKR_USER_ALREADY_LOGGED_IN, CKR_HOST_MEMORY. */
CK_RV sca_login_add(struct sca_logins *logins, CK_SLOT_ID slot, struct sca_secret *pin);

/* Wipes the PIN. False when nobody was logged in. */
bool sca_login_remove(struct sca_logins *logins, CK_SLOT_ID slot);

/* Removes all. */
void sca_logins_clear(struct sca_logins *logins);

#endif
