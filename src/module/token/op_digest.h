/* SPDX-License-Identifier: Apache-2.0 */
/* Digesting in a session; what follows the Init is in op.h. Source: PKCS#11 3.0 section 5.12. */
#ifndef SCA_MODULE_TOKEN_OP_DIGEST_H
#define SCA_MODULE_TOKEN_OP_DIGEST_H

#include "cryptoki.h"
#include "op.h"

/*
 * A NULL @mechanism cancels. CKR_OPERATION_ACTIVE, CKR_MECHANISM_INVALID,
 * CKR_MECHANISM_PARAM_INVALID, CKR_DEVICE_ERROR (no smartca-crypto.so).
 */
CK_RV sca_digest_op_init(struct sca_session *session, const CK_MECHANISM *mechanism);

#endif
