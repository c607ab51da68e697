/* SPDX-License-Identifier: Apache-2.0 */
/* The doors of digesting. Source: PKCS#11 3.0 section 5.12. */
#include "cryptoki.h"
#include "module/token/op_digest.h"

CK_RV C_DigestInit(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_digest_op_init(session, mechanism) : rv;
}

CK_RV C_Digest(CK_SESSION_HANDLE handle, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *digest,
               CK_ULONG *digest_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    const struct sca_bytes bytes = {data, data_len};
    return rv == CKR_OK ? sca_op_finish(session, SCA_OP_DIGEST, &bytes, digest, digest_len) : rv;
}

CK_RV C_DigestUpdate(CK_SESSION_HANDLE handle, CK_BYTE *part, CK_ULONG part_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    const struct sca_bytes bytes = {part, part_len};
    return rv == CKR_OK ? sca_op_update(session, SCA_OP_DIGEST, bytes) : rv;
}

CK_RV C_DigestFinal(CK_SESSION_HANDLE handle, CK_BYTE *digest, CK_ULONG *digest_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_op_finish(session, SCA_OP_DIGEST, NULL, digest, digest_len) : rv;
}
