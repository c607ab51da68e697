/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message functions of 3.0: they serve ciphers with a parameter per message, and no mechanism
 * of this token is one of those.
 */
#include "module/cryptoki/unsupported.h"

/* The stubs take what the standard says they take, and look at none of it. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

CK_RV C_MessageEncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                           CK_OBJECT_HANDLE key)
{
    return sca_unsupported();
}

CK_RV C_EncryptMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                       CK_BYTE_PTR associated, CK_ULONG associated_len, CK_BYTE_PTR plain,
                       CK_ULONG plain_len, CK_BYTE_PTR cipher, CK_ULONG_PTR cipher_len)
{
    return sca_unsupported();
}

CK_RV C_EncryptMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter,
                            CK_ULONG parameter_len, CK_BYTE_PTR associated, CK_ULONG associated_len)
{
    return sca_unsupported();
}

CK_RV C_EncryptMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                           CK_BYTE_PTR plain, CK_ULONG plain_len, CK_BYTE_PTR cipher,
                           CK_ULONG_PTR cipher_len, CK_FLAGS flags)
{
    return sca_unsupported();
}

CK_RV C_MessageEncryptFinal(CK_SESSION_HANDLE session)
{
    return sca_unsupported();
}

CK_RV C_MessageDecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                           CK_OBJECT_HANDLE key)
{
    return sca_unsupported();
}

CK_RV C_DecryptMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                       CK_BYTE_PTR associated, CK_ULONG associated_len, CK_BYTE_PTR cipher,
                       CK_ULONG cipher_len, CK_BYTE_PTR plain, CK_ULONG_PTR plain_len)
{
    return sca_unsupported();
}

CK_RV C_DecryptMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter,
                            CK_ULONG parameter_len, CK_BYTE_PTR associated, CK_ULONG associated_len)
{
    return sca_unsupported();
}

CK_RV C_DecryptMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                           CK_BYTE_PTR cipher, CK_ULONG cipher_len, CK_BYTE_PTR plain,
                           CK_ULONG_PTR plain_len, CK_FLAGS flags)
{
    return sca_unsupported();
}

CK_RV C_MessageDecryptFinal(CK_SESSION_HANDLE session)
{
    return sca_unsupported();
}

CK_RV C_MessageSignInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    return sca_unsupported();
}

CK_RV C_SignMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                    CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
                    CK_ULONG_PTR signature_len)
{
    return sca_unsupported();
}

CK_RV C_SignMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len)
{
    return sca_unsupported();
}

CK_RV C_SignMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                        CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
                        CK_ULONG_PTR signature_len)
{
    return sca_unsupported();
}

CK_RV C_MessageSignFinal(CK_SESSION_HANDLE session)
{
    return sca_unsupported();
}

CK_RV C_MessageVerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                          CK_OBJECT_HANDLE key)
{
    return sca_unsupported();
}

CK_RV C_VerifyMessage(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                      CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
                      CK_ULONG signature_len)
{
    return sca_unsupported();
}

CK_RV C_VerifyMessageBegin(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len)
{
    return sca_unsupported();
}

CK_RV C_VerifyMessageNext(CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                          CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
                          CK_ULONG signature_len)
{
    return sca_unsupported();
}

CK_RV C_MessageVerifyFinal(CK_SESSION_HANDLE session)
{
    return sca_unsupported();
}
