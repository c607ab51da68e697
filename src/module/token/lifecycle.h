/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What C_Initialize and C_Finalize do once their arguments are checked. Both return at once, and
 * neither asks the agent: calls that wait on other threads are told to end, none is waited for.
 */
#ifndef SCA_MODULE_TOKEN_LIFECYCLE_H
#define SCA_MODULE_TOKEN_LIFECYCLE_H

#include "cryptoki.h"

/* CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_HOST_MEMORY. */
CK_RV sca_lifecycle_initialize(void);

/* CKR_CRYPTOKI_NOT_INITIALIZED. */
CK_RV sca_lifecycle_finalize(void);

#endif
