/* SPDX-License-Identifier: Apache-2.0 */
/* The doors of signing. Source: PKCS#11 3.0 section 5.13. */
#include "cryptoki.h"
#include "module/token/op_sign.h"

CK_RV C_SignInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_sign_op_init(session, mechanism, key) : rv;
}

CK_RV C_Sign(CK_SESSION_HANDLE handle, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature,
             CK_ULONG *signature_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    const struct sca_bytes bytes = {data, data_len};
    return rv == CKR_OK ? sca_op_finish(session, SCA_OP_SIGN, &bytes, signature, signature_len)
                        : rv;
}

CK_RV C_SignUpdate(CK_SESSION_HANDLE handle, CK_BYTE *part, CK_ULONG part_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    const struct sca_bytes bytes = {part, part_len};
    return rv == CKR_OK ? sca_op_update(session, SCA_OP_SIGN, bytes) : rv;
}

CK_RV C_SignFinal(CK_SESSION_HANDLE handle, CK_BYTE *signature, CK_ULONG *signature_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_op_finish(session, SCA_OP_SIGN, NULL, signature, signature_len) : rv;
}
