/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying in a session, here and never in the cloud. Every outcome of the last call ends the
 * operation. Source: PKCS#11 3.0 section 5.15.
 */
#ifndef SCA_MODULE_TOKEN_OP_VERIFY_H
#define SCA_MODULE_TOKEN_OP_VERIFY_H

#include "cryptoki.h"
#include "op.h"

/* A NULL @mechanism cancels. @handle is any public key the session sees; errors as C_SignInit. */
CK_RV sca_verify_op_init(struct sca_session *session, const CK_MECHANISM *mechanism,
                         CK_OBJECT_HANDLE handle);

/*
 * C_Verify with @data, C_VerifyFinal with NULL. CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE,
 * CKR_DATA_LEN_RANGE, CKR_OPERATION_NOT_INITIALIZED, CKR_DEVICE_ERROR (an unusable key).
 */
CK_RV sca_verify_op_finish(struct sca_session *session, const struct sca_bytes *data,
                           struct sca_bytes signature);

#endif
