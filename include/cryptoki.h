/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cryptoki for this project: the system's pkcs11.h (p11-kit, its standard names), corrected where
 * it departs from the standard, and completed with what version 3.0 added. A newer p11-kit brings
 * those pieces itself: then only what is still missing is added here.
 * Source: PKCS#11 Cryptographic Token Interface Base Specification 3.0 (OASIS, 15 June 2020),
 * sections 3.1 to 3.7 and 5, and its header files; CKR_KEY_EXHAUSTED: version 3.1.
 */
#ifndef SCA_CRYPTOKI_H
#define SCA_CRYPTOKI_H

#include <stddef.h>

#undef CRYPTOKI_GNU
#define CK_DISABLE_TRUE_FALSE
#include <p11-kit/pkcs11.h>

/* p11-kit 0.24 translates these member names and forgets to stop: they must stay ours to use. */
#undef aad_len
#undef aad_ptr
#undef counter_bits
#undef data_params
#undef hash_alg
#undef iv_bits
#undef iv_len
#undef iv_ptr
#undef public_data
#undef public_data_len
#undef s_len
#undef shared_data
#undef shared_data_len
#undef source_data
#undef source_data_len
#undef string_data
#undef string_data_len
#undef tag_bits

/* Five return values that p11-kit before 0.25 numbers otherwise than the standard. */
#undef CKR_EXCEEDED_MAX_ITERATIONS
#undef CKR_FIPS_SELF_TEST_FAILED
#undef CKR_LIBRARY_LOAD_FAILED
#undef CKR_PIN_TOO_WEAK
#undef CKR_PUBLIC_KEY_INVALID
#define CKR_EXCEEDED_MAX_ITERATIONS 0x1B5UL
#define CKR_FIPS_SELF_TEST_FAILED   0x1B6UL
#define CKR_LIBRARY_LOAD_FAILED     0x1B7UL
#define CKR_PIN_TOO_WEAK            0x1B8UL
#define CKR_PUBLIC_KEY_INVALID      0x1B9UL

/* Return values. */
#ifndef CKR_TOKEN_RESOURCE_EXCEEDED
#define CKR_TOKEN_RESOURCE_EXCEEDED 0x201UL
#endif
#ifndef CKR_OPERATION_CANCEL_FAILED
#define CKR_OPERATION_CANCEL_FAILED 0x202UL
#endif
#ifndef CKR_KEY_EXHAUSTED
#define CKR_KEY_EXHAUSTED 0x203UL
#endif

/* Objects and attributes. */
#ifndef CKO_PROFILE
#define CKO_PROFILE 9UL
#endif
#ifndef CKA_UNIQUE_ID
#define CKA_UNIQUE_ID 4UL
#endif
#ifndef CKA_PUBLIC_KEY_INFO
#define CKA_PUBLIC_KEY_INFO 0x129UL
#endif
#ifndef CKA_PROFILE_ID
#define CKA_PROFILE_ID 0x601UL
#endif
#ifndef CKP_INVALID_ID
#define CKP_INVALID_ID 0UL
#endif
#ifndef CKP_BASELINE_PROVIDER
#define CKP_BASELINE_PROVIDER 1UL
#endif
#ifndef CKP_EXTENDED_PROVIDER
#define CKP_EXTENDED_PROVIDER 2UL
#endif
#ifndef CKP_AUTHENTICATION_TOKEN
#define CKP_AUTHENTICATION_TOKEN 3UL
#endif
#ifndef CKP_PUBLIC_CERTIFICATES_TOKEN
#define CKP_PUBLIC_CERTIFICATES_TOKEN 4UL
#endif
#ifndef CK_CERTIFICATE_CATEGORY_UNSPECIFIED
#define CK_CERTIFICATE_CATEGORY_UNSPECIFIED 0UL
#endif
#ifndef CK_CERTIFICATE_CATEGORY_TOKEN_USER
#define CK_CERTIFICATE_CATEGORY_TOKEN_USER 1UL
#endif
#ifndef CK_CERTIFICATE_CATEGORY_AUTHORITY
#define CK_CERTIFICATE_CATEGORY_AUTHORITY 2UL
#endif
#ifndef CK_CERTIFICATE_CATEGORY_OTHER_ENTITY
#define CK_CERTIFICATE_CATEGORY_OTHER_ENTITY 3UL
#endif

/* Flags: interfaces, message functions, mechanisms, and C_SessionCancel, which takes the mechanism
 * flags. */
#ifndef CKF_ERROR_STATE
#define CKF_ERROR_STATE 0x1000000UL
#endif
#ifndef CKF_INTERFACE_FORK_SAFE
#define CKF_INTERFACE_FORK_SAFE 1UL
#endif
#ifndef CKF_END_OF_MESSAGE
#define CKF_END_OF_MESSAGE 1UL
#endif
#ifndef CKF_MESSAGE_ENCRYPT
#define CKF_MESSAGE_ENCRYPT 0x2UL
#endif
#ifndef CKF_MESSAGE_DECRYPT
#define CKF_MESSAGE_DECRYPT 0x4UL
#endif
#ifndef CKF_MESSAGE_SIGN
#define CKF_MESSAGE_SIGN 0x8UL
#endif
#ifndef CKF_MESSAGE_VERIFY
#define CKF_MESSAGE_VERIFY 0x10UL
#endif
#ifndef CKF_MULTI_MESSAGE
#define CKF_MULTI_MESSAGE 0x20UL
#endif
#ifndef CKF_FIND_OBJECTS
#define CKF_FIND_OBJECTS 0x40UL
#endif

_Static_assert(sizeof(CK_ULONG) == sizeof(void *), "an unsigned long is as wide as a pointer here");
_Static_assert(sizeof(CK_FUNCTION_LIST) == 69 * sizeof(void *), "2.40 has 68 functions");

#if CRYPTOKI_VERSION_MAJOR < 3

typedef struct ck_interface {
    CK_CHAR *pInterfaceName;
    CK_VOID_PTR pFunctionList;
    CK_FLAGS flags;
} CK_INTERFACE;
typedef CK_INTERFACE *CK_INTERFACE_PTR;
typedef CK_INTERFACE_PTR *CK_INTERFACE_PTR_PTR;

#define SCA_CK_FUNCTION(name, arguments)                                                           \
    typedef CK_RV(*CK_##name) arguments;                                                           \
    CK_RV name arguments

SCA_CK_FUNCTION(C_GetInterfaceList, (CK_INTERFACE_PTR list, CK_ULONG_PTR count));
SCA_CK_FUNCTION(C_GetInterface, (CK_UTF8CHAR_PTR name, CK_VERSION_PTR version,
                                 CK_INTERFACE_PTR_PTR interface, CK_FLAGS flags));
SCA_CK_FUNCTION(C_LoginUser,
                (CK_SESSION_HANDLE session, CK_USER_TYPE user_type, CK_UTF8CHAR_PTR pin,
                 CK_ULONG pin_len, CK_UTF8CHAR_PTR user, CK_ULONG user_len));
SCA_CK_FUNCTION(C_SessionCancel, (CK_SESSION_HANDLE session, CK_FLAGS flags));
SCA_CK_FUNCTION(C_MessageEncryptInit,
                (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key));
SCA_CK_FUNCTION(C_EncryptMessage,
                (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                 CK_BYTE_PTR associated, CK_ULONG associated_len, CK_BYTE_PTR plain,
                 CK_ULONG plain_len, CK_BYTE_PTR cipher, CK_ULONG_PTR cipher_len));
SCA_CK_FUNCTION(C_EncryptMessageBegin,
                (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                 CK_BYTE_PTR associated, CK_ULONG associated_len));
SCA_CK_FUNCTION(C_EncryptMessageNext,
                (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                 CK_BYTE_PTR plain, CK_ULONG plain_len, CK_BYTE_PTR cipher, CK_ULONG_PTR cipher_len,
                 CK_FLAGS flags));
SCA_CK_FUNCTION(C_MessageEncryptFinal, (CK_SESSION_HANDLE session));
SCA_CK_FUNCTION(C_MessageDecryptInit,
                (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key));
SCA_CK_FUNCTION(C_DecryptMessage,
                (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                 CK_BYTE_PTR associated, CK_ULONG associated_len, CK_BYTE_PTR cipher,
                 CK_ULONG cipher_len, CK_BYTE_PTR plain, CK_ULONG_PTR plain_len));
SCA_CK_FUNCTION(C_DecryptMessageBegin,
                (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                 CK_BYTE_PTR associated, CK_ULONG associated_len));
SCA_CK_FUNCTION(C_DecryptMessageNext,
                (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len,
                 CK_BYTE_PTR cipher, CK_ULONG cipher_len, CK_BYTE_PTR plain, CK_ULONG_PTR plain_len,
                 CK_FLAGS flags));
SCA_CK_FUNCTION(C_MessageDecryptFinal, (CK_SESSION_HANDLE session));
SCA_CK_FUNCTION(C_MessageSignInit,
                (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key));
SCA_CK_FUNCTION(C_SignMessage, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter,
                                CK_ULONG parameter_len, CK_BYTE_PTR data, CK_ULONG data_len,
                                CK_BYTE_PTR signature, CK_ULONG_PTR signature_len));
SCA_CK_FUNCTION(C_SignMessageBegin,
                (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len));
SCA_CK_FUNCTION(C_SignMessageNext, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter,
                                    CK_ULONG parameter_len, CK_BYTE_PTR data, CK_ULONG data_len,
                                    CK_BYTE_PTR signature, CK_ULONG_PTR signature_len));
SCA_CK_FUNCTION(C_MessageSignFinal, (CK_SESSION_HANDLE session));
SCA_CK_FUNCTION(C_MessageVerifyInit,
                (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key));
SCA_CK_FUNCTION(C_VerifyMessage, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter,
                                  CK_ULONG parameter_len, CK_BYTE_PTR data, CK_ULONG data_len,
                                  CK_BYTE_PTR signature, CK_ULONG signature_len));
SCA_CK_FUNCTION(C_VerifyMessageBegin,
                (CK_SESSION_HANDLE session, CK_VOID_PTR parameter, CK_ULONG parameter_len));
SCA_CK_FUNCTION(C_VerifyMessageNext, (CK_SESSION_HANDLE session, CK_VOID_PTR parameter,
                                      CK_ULONG parameter_len, CK_BYTE_PTR data, CK_ULONG data_len,
                                      CK_BYTE_PTR signature, CK_ULONG signature_len));
SCA_CK_FUNCTION(C_MessageVerifyFinal, (CK_SESSION_HANDLE session));

#undef SCA_CK_FUNCTION

typedef struct ck_function_list_3_0 {
    CK_VERSION version;
    CK_C_Initialize C_Initialize;
    CK_C_Finalize C_Finalize;
    CK_C_GetInfo C_GetInfo;
    CK_C_GetFunctionList C_GetFunctionList;
    CK_C_GetSlotList C_GetSlotList;
    CK_C_GetSlotInfo C_GetSlotInfo;
    CK_C_GetTokenInfo C_GetTokenInfo;
    CK_C_GetMechanismList C_GetMechanismList;
    CK_C_GetMechanismInfo C_GetMechanismInfo;
    CK_C_InitToken C_InitToken;
    CK_C_InitPIN C_InitPIN;
    CK_C_SetPIN C_SetPIN;
    CK_C_OpenSession C_OpenSession;
    CK_C_CloseSession C_CloseSession;
    CK_C_CloseAllSessions C_CloseAllSessions;
    CK_C_GetSessionInfo C_GetSessionInfo;
    CK_C_GetOperationState C_GetOperationState;
    CK_C_SetOperationState C_SetOperationState;
    CK_C_Login C_Login;
    CK_C_Logout C_Logout;
    CK_C_CreateObject C_CreateObject;
    CK_C_CopyObject C_CopyObject;
    CK_C_DestroyObject C_DestroyObject;
    CK_C_GetObjectSize C_GetObjectSize;
    CK_C_GetAttributeValue C_GetAttributeValue;
    CK_C_SetAttributeValue C_SetAttributeValue;
    CK_C_FindObjectsInit C_FindObjectsInit;
    CK_C_FindObjects C_FindObjects;
    CK_C_FindObjectsFinal C_FindObjectsFinal;
    CK_C_EncryptInit C_EncryptInit;
    CK_C_Encrypt C_Encrypt;
    CK_C_EncryptUpdate C_EncryptUpdate;
    CK_C_EncryptFinal C_EncryptFinal;
    CK_C_DecryptInit C_DecryptInit;
    CK_C_Decrypt C_Decrypt;
    CK_C_DecryptUpdate C_DecryptUpdate;
    CK_C_DecryptFinal C_DecryptFinal;
    CK_C_DigestInit C_DigestInit;
    CK_C_Digest C_Digest;
    CK_C_DigestUpdate C_DigestUpdate;
    CK_C_DigestKey C_DigestKey;
    CK_C_DigestFinal C_DigestFinal;
    CK_C_SignInit C_SignInit;
    CK_C_Sign C_Sign;
    CK_C_SignUpdate C_SignUpdate;
    CK_C_SignFinal C_SignFinal;
    CK_C_SignRecoverInit C_SignRecoverInit;
    CK_C_SignRecover C_SignRecover;
    CK_C_VerifyInit C_VerifyInit;
    CK_C_Verify C_Verify;
    CK_C_VerifyUpdate C_VerifyUpdate;
    CK_C_VerifyFinal C_VerifyFinal;
    CK_C_VerifyRecoverInit C_VerifyRecoverInit;
    CK_C_VerifyRecover C_VerifyRecover;
    CK_C_DigestEncryptUpdate C_DigestEncryptUpdate;
    CK_C_DecryptDigestUpdate C_DecryptDigestUpdate;
    CK_C_SignEncryptUpdate C_SignEncryptUpdate;
    CK_C_DecryptVerifyUpdate C_DecryptVerifyUpdate;
    CK_C_GenerateKey C_GenerateKey;
    CK_C_GenerateKeyPair C_GenerateKeyPair;
    CK_C_WrapKey C_WrapKey;
    CK_C_UnwrapKey C_UnwrapKey;
    CK_C_DeriveKey C_DeriveKey;
    CK_C_SeedRandom C_SeedRandom;
    CK_C_GenerateRandom C_GenerateRandom;
    CK_C_GetFunctionStatus C_GetFunctionStatus;
    CK_C_CancelFunction C_CancelFunction;
    CK_C_WaitForSlotEvent C_WaitForSlotEvent;
    CK_C_GetInterfaceList C_GetInterfaceList;
    CK_C_GetInterface C_GetInterface;
    CK_C_LoginUser C_LoginUser;
    CK_C_SessionCancel C_SessionCancel;
    CK_C_MessageEncryptInit C_MessageEncryptInit;
    CK_C_EncryptMessage C_EncryptMessage;
    CK_C_EncryptMessageBegin C_EncryptMessageBegin;
    CK_C_EncryptMessageNext C_EncryptMessageNext;
    CK_C_MessageEncryptFinal C_MessageEncryptFinal;
    CK_C_MessageDecryptInit C_MessageDecryptInit;
    CK_C_DecryptMessage C_DecryptMessage;
    CK_C_DecryptMessageBegin C_DecryptMessageBegin;
    CK_C_DecryptMessageNext C_DecryptMessageNext;
    CK_C_MessageDecryptFinal C_MessageDecryptFinal;
    CK_C_MessageSignInit C_MessageSignInit;
    CK_C_SignMessage C_SignMessage;
    CK_C_SignMessageBegin C_SignMessageBegin;
    CK_C_SignMessageNext C_SignMessageNext;
    CK_C_MessageSignFinal C_MessageSignFinal;
    CK_C_MessageVerifyInit C_MessageVerifyInit;
    CK_C_VerifyMessage C_VerifyMessage;
    CK_C_VerifyMessageBegin C_VerifyMessageBegin;
    CK_C_VerifyMessageNext C_VerifyMessageNext;
    CK_C_MessageVerifyFinal C_MessageVerifyFinal;
} CK_FUNCTION_LIST_3_0;
typedef CK_FUNCTION_LIST_3_0 *CK_FUNCTION_LIST_3_0_PTR;
typedef CK_FUNCTION_LIST_3_0_PTR *CK_FUNCTION_LIST_3_0_PTR_PTR;

#endif

_Static_assert(sizeof(CK_FUNCTION_LIST_3_0) == 93 * sizeof(void *), "3.0 has 92 functions");
#ifdef __LP64__
_Static_assert(sizeof(CK_FUNCTION_LIST) == 552, "as in the standard's headers");
_Static_assert(sizeof(CK_FUNCTION_LIST_3_0) == 744, "as in the standard's headers");
#endif

#endif
