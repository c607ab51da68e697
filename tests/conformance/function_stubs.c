/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that this token does not have, as functions.c has the others. */
#include "functions.h"

static CK_RV encrypt_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_EncryptInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV encrypt(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_Encrypt(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV encrypt_update(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_EncryptUpdate(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV encrypt_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_EncryptFinal(a[0].n, a[1].p, a[2].p);
}

static CK_RV decrypt_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DecryptInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV decrypt(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_Decrypt(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV decrypt_update(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DecryptUpdate(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV decrypt_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DecryptFinal(a[0].n, a[1].p, a[2].p);
}

static CK_RV digest_key(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DigestKey(a[0].n, a[1].n);
}

static CK_RV sign_recover_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SignRecoverInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV sign_recover(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SignRecover(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV verify_recover_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_VerifyRecoverInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV verify_recover(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_VerifyRecover(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV digest_encrypt_update(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DigestEncryptUpdate(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV decrypt_digest_update(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DecryptDigestUpdate(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV sign_encrypt_update(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SignEncryptUpdate(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV decrypt_verify_update(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DecryptVerifyUpdate(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV generate_key(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GenerateKey(a[0].n, a[1].p, a[2].p, a[3].n, a[4].p);
}

static CK_RV generate_key_pair(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GenerateKeyPair(a[0].n, a[1].p, a[2].p, a[3].n, a[4].p, a[5].n, a[6].p, a[7].p);
}

static CK_RV wrap_key(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_WrapKey(a[0].n, a[1].p, a[2].n, a[3].n, a[4].p, a[5].p);
}

static CK_RV unwrap_key(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_UnwrapKey(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p, a[6].n, a[7].p);
}

static CK_RV derive_key(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DeriveKey(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p);
}

static CK_RV get_function_status(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetFunctionStatus(a[0].n);
}

static CK_RV cancel_function(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_CancelFunction(a[0].n);
}

static CK_RV message_encrypt_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_MessageEncryptInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV encrypt_message(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_EncryptMessage(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p, a[6].n, a[7].p,
                                 a[8].p);
}

static CK_RV encrypt_message_begin(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_EncryptMessageBegin(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n);
}

static CK_RV encrypt_message_next(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_EncryptMessageNext(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p, a[6].p,
                                     a[7].n);
}

static CK_RV message_encrypt_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_MessageEncryptFinal(a[0].n);
}

static CK_RV message_decrypt_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_MessageDecryptInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV decrypt_message(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DecryptMessage(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p, a[6].n, a[7].p,
                                 a[8].p);
}

static CK_RV decrypt_message_begin(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DecryptMessageBegin(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n);
}

static CK_RV decrypt_message_next(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DecryptMessageNext(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p, a[6].p,
                                     a[7].n);
}

static CK_RV message_decrypt_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_MessageDecryptFinal(a[0].n);
}

static CK_RV message_sign_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_MessageSignInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV sign_message(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SignMessage(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p, a[6].p);
}

static CK_RV sign_message_begin(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SignMessageBegin(a[0].n, a[1].p, a[2].n);
}

static CK_RV sign_message_next(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SignMessageNext(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p, a[6].p);
}

static CK_RV message_sign_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_MessageSignFinal(a[0].n);
}

static CK_RV message_verify_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_MessageVerifyInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV verify_message(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_VerifyMessage(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p, a[6].n);
}

static CK_RV verify_message_begin(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_VerifyMessageBegin(a[0].n, a[1].p, a[2].n);
}

static CK_RV verify_message_next(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_VerifyMessageNext(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n, a[5].p, a[6].n);
}

static CK_RV message_verify_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_MessageVerifyFinal(a[0].n);
}

const struct function function_stubs[] = {
    {"C_EncryptInit", encrypt_init, "hMk", STUB, NO_OP, false, {CKR_OK}},
    {"C_Encrypt", encrypt, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_EncryptUpdate", encrypt_update, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_EncryptFinal", encrypt_final, "hOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_DecryptInit", decrypt_init, "hMk", STUB, NO_OP, false, {CKR_OK}},
    {"C_Decrypt", decrypt, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_DecryptUpdate", decrypt_update, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_DecryptFinal", decrypt_final, "hOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_DigestKey", digest_key, "hk", STUB, NO_OP, false, {CKR_OK}},
    {"C_SignRecoverInit", sign_recover_init, "hMk", STUB, NO_OP, false, {CKR_OK}},
    {"C_SignRecover", sign_recover, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_VerifyRecoverInit", verify_recover_init, "hMk", STUB, NO_OP, false, {CKR_OK}},
    {"C_VerifyRecover", verify_recover, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_DigestEncryptUpdate", digest_encrypt_update, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_DecryptDigestUpdate", decrypt_digest_update, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_SignEncryptUpdate", sign_encrypt_update, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_DecryptVerifyUpdate", decrypt_verify_update, "hDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_GenerateKey", generate_key, "hMTcI", STUB, NO_OP, false, {CKR_OK}},
    {"C_GenerateKeyPair", generate_key_pair, "hMTcTcII", STUB, NO_OP, false, {CKR_OK}},
    {"C_WrapKey", wrap_key, "hMkkOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_UnwrapKey", unwrap_key, "hMkDlTcI", STUB, NO_OP, false, {CKR_OK}},
    {"C_DeriveKey", derive_key, "hMkTcI", STUB, NO_OP, false, {CKR_OK}},
    {"C_GetFunctionStatus", get_function_status, "h", LEGACY, NO_OP, false, {CKR_OK}},
    {"C_CancelFunction", cancel_function, "h", LEGACY, NO_OP, false, {CKR_OK}},
    {"C_MessageEncryptInit", message_encrypt_init, "hMk", STUB, NO_OP, false, {CKR_OK}},
    {"C_EncryptMessage", encrypt_message, "hDlDlDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_EncryptMessageBegin", encrypt_message_begin, "hDlDl", STUB, NO_OP, false, {CKR_OK}},
    {"C_EncryptMessageNext", encrypt_message_next, "hDlDlOL0", STUB, NO_OP, false, {CKR_OK}},
    {"C_MessageEncryptFinal", message_encrypt_final, "h", STUB, NO_OP, false, {CKR_OK}},
    {"C_MessageDecryptInit", message_decrypt_init, "hMk", STUB, NO_OP, false, {CKR_OK}},
    {"C_DecryptMessage", decrypt_message, "hDlDlDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_DecryptMessageBegin", decrypt_message_begin, "hDlDl", STUB, NO_OP, false, {CKR_OK}},
    {"C_DecryptMessageNext", decrypt_message_next, "hDlDlOL0", STUB, NO_OP, false, {CKR_OK}},
    {"C_MessageDecryptFinal", message_decrypt_final, "h", STUB, NO_OP, false, {CKR_OK}},
    {"C_MessageSignInit", message_sign_init, "hMk", STUB, NO_OP, false, {CKR_OK}},
    {"C_SignMessage", sign_message, "hDlDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_SignMessageBegin", sign_message_begin, "hDl", STUB, NO_OP, false, {CKR_OK}},
    {"C_SignMessageNext", sign_message_next, "hDlDlOL", STUB, NO_OP, false, {CKR_OK}},
    {"C_MessageSignFinal", message_sign_final, "h", STUB, NO_OP, false, {CKR_OK}},
    {"C_MessageVerifyInit", message_verify_init, "hMp", STUB, NO_OP, false, {CKR_OK}},
    {"C_VerifyMessage", verify_message, "hDlDlSz", STUB, NO_OP, false, {CKR_OK}},
    {"C_VerifyMessageBegin", verify_message_begin, "hDl", STUB, NO_OP, false, {CKR_OK}},
    {"C_VerifyMessageNext", verify_message_next, "hDlDlSz", STUB, NO_OP, false, {CKR_OK}},
    {"C_MessageVerifyFinal", message_verify_final, "h", STUB, NO_OP, false, {CKR_OK}},
};

const size_t function_stubs_count = sizeof function_stubs / sizeof function_stubs[0];
