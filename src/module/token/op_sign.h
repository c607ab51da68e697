/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in a session; what follows the Init is in op.h. The last call waits for the agent with no
 * lock held. It says CKR_DATA_INVALID or CKR_DATA_LEN_RANGE for what the cloud does not sign,
 * CKR_SESSION_CLOSED or CKR_FUNCTION_CANCELED when another thread ended it, else what rv.h says.
 *
 * While a call waits the operation is its own: C_SignInit in the same session says
 * CKR_OPERATION_ACTIVE; C_Sign, C_SignUpdate and C_SignFinal say CKR_OPERATION_NOT_INITIALIZED, the
 * only one of the two that the standard lists for them.
 * Source: PKCS#11 3.0 section 5.13.
 */
#ifndef SCA_MODULE_TOKEN_OP_SIGN_H
#define SCA_MODULE_TOKEN_OP_SIGN_H

#include "cryptoki.h"
#include "op.h"

/*
 * A NULL @mechanism cancels. CKR_OPERATION_ACTIVE, CKR_KEY_HANDLE_INVALID,
 * CKR_KEY_TYPE_INCONSISTENT, CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_INVALID,
 * CKR_MECHANISM_PARAM_INVALID, CKR_USER_NOT_LOGGED_IN, CKR_DEVICE_ERROR (no smartca-crypto.so).
 */
CK_RV sca_sign_op_init(struct sca_session *session, const CK_MECHANISM *mechanism,
                       CK_OBJECT_HANDLE handle);

/*
 * C_Login(CKU_CONTEXT_SPECIFIC): a one-time code for the active operation, copied; an empty one is
 * accepted and changes nothing. CKR_OPERATION_NOT_INITIALIZED, CKR_PIN_INCORRECT, CKR_HOST_MEMORY.
 */
CK_RV sca_sign_op_set_otp(struct sca_session *session, const void *pin, size_t len);

#endif
