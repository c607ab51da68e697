/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that exports an OpenSSL of its own, as Node.js does: here every function of it that
 * smartca-crypto.so uses ends the program. Usage: openssl_host MODULE FILE
 */
#include <unistd.h>
#include "guest.h"

#define TRAP(name)                                                                                 \
    __attribute__((visibility("default"))) void name(void);                                        \
    void name(void)                                                                                \
    {                                                                                              \
        guest_must(false, "the host's own " #name " was called");                                  \
    }

TRAP(ASN1_OBJECT_free)
TRAP(BN_bin2bn)
TRAP(BN_free)
TRAP(CRYPTO_free)
TRAP(ECDSA_SIG_free)
TRAP(ECDSA_SIG_new)
TRAP(ECDSA_SIG_set0)
TRAP(ERR_pop_to_mark)
TRAP(ERR_set_mark)
TRAP(EVP_MD_fetch)
TRAP(EVP_PKEY_CTX_free)
TRAP(EVP_PKEY_CTX_new_from_name)
TRAP(EVP_PKEY_CTX_new_from_pkey)
TRAP(EVP_PKEY_CTX_set_rsa_mgf1_md)
TRAP(EVP_PKEY_CTX_set_rsa_padding)
TRAP(EVP_PKEY_CTX_set_rsa_pss_saltlen)
TRAP(EVP_PKEY_CTX_set_signature_md)
TRAP(EVP_PKEY_free)
TRAP(EVP_PKEY_fromdata)
TRAP(EVP_PKEY_fromdata_init)
TRAP(EVP_PKEY_verify)
TRAP(EVP_PKEY_verify_init)
TRAP(OBJ_nid2sn)
TRAP(OBJ_obj2nid)
TRAP(OPENSSL_cleanse)
TRAP(OSSL_LIB_CTX_new)
TRAP(OSSL_PARAM_BLD_free)
TRAP(OSSL_PARAM_BLD_new)
TRAP(OSSL_PARAM_BLD_push_BN)
TRAP(OSSL_PARAM_BLD_push_octet_string)
TRAP(OSSL_PARAM_BLD_push_utf8_string)
TRAP(OSSL_PARAM_BLD_to_param)
TRAP(OSSL_PARAM_free)
TRAP(OSSL_PROVIDER_load)
TRAP(SHA1_Final)
TRAP(SHA1_Init)
TRAP(SHA1_Update)
TRAP(SHA224_Init)
TRAP(SHA256_Final)
TRAP(SHA256_Init)
TRAP(SHA256_Update)
TRAP(SHA384_Init)
TRAP(SHA512_Final)
TRAP(SHA512_Init)
TRAP(SHA512_Update)
TRAP(d2i_ASN1_OBJECT)
TRAP(i2d_ECDSA_SIG)

static CK_OBJECT_HANDLE public_key(const struct guest *guest, CK_SESSION_HANDLE session)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_ULONG found = 0;

    guest_must(guest->p11->C_FindObjectsInit(session, &wanted, 1) == CKR_OK, "C_FindObjectsInit");
    guest_must(guest->p11->C_FindObjects(session, &key, 1, &found) == CKR_OK && found == 1,
               "C_FindObjects");
    guest_must(guest->p11->C_FindObjectsFinal(session) == CKR_OK, "C_FindObjectsFinal");
    return key;
}

int main(int argc, char **argv)
{
    static CK_BYTE text[] = "abc", nonsense[256];
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};

    if (argc < 3)
        return 2;
    const struct guest guest = guest_start(argv[1]);
    guest_must(guest_sign(&guest, argv[2]) == CKR_OK, "C_Sign");
    const CK_SESSION_HANDLE session = guest_session(&guest);
    guest_must(guest.p11->C_VerifyInit(session, &mechanism, public_key(&guest, session)) == CKR_OK,
               "C_VerifyInit");
    guest_must(guest.p11->C_Verify(session, text, 3, nonsense, sizeof nonsense) ==
                   CKR_SIGNATURE_INVALID,
               "C_Verify");
    guest_must(guest.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize");
    return 0;
}
