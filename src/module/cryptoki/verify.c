/* SPDX-License-Identifier: Apache-2.0 */
/* The doors of verifying. Source: PKCS#11 3.0 section 5.15. */
#include "cryptoki.h"
#include "module/token/op_verify.h"

CK_RV C_VerifyInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_verify_op_init(session, mechanism, key) : rv;
}

CK_RV C_Verify(CK_SESSION_HANDLE handle, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature,
               CK_ULONG signature_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    const struct sca_bytes bytes = {data, data_len};
    const struct sca_bytes signed_bytes = {signature, signature_len};
    return rv == CKR_OK ? sca_verify_op_finish(session, &bytes, signed_bytes) : rv;
}

CK_RV C_VerifyUpdate(CK_SESSION_HANDLE handle, CK_BYTE *part, CK_ULONG part_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    const struct sca_bytes bytes = {part, part_len};
    return rv == CKR_OK ? sca_op_update(session, SCA_OP_VERIFY, bytes) : rv;
}

CK_RV C_VerifyFinal(CK_SESSION_HANDLE handle, CK_BYTE *signature, CK_ULONG signature_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    const struct sca_bytes signed_bytes = {signature, signature_len};
    return rv == CKR_OK ? sca_verify_op_finish(session, NULL, signed_bytes) : rv;
}
