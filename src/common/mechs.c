/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of the standard are written out: this room knows no Cryptoki header.
 * SHA-1 and SHA-224 are not here: no service signs them, they are for verification only.
 *
 * What hashes itself comes first: pkcs11-tool takes the first mechanism when it is not told which,
 * and would hand a whole file to CKM_RSA_PKCS.
 */
#include "mechs.h"

static const struct sca_mech signing[] = {
    {0x00000040, SCA_KEY_RSA, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, true, "CKM_SHA256_RSA_PKCS"},
    {0x00000041, SCA_KEY_RSA, SCA_SCHEME_PKCS1, SCA_HASH_SHA384, true, "CKM_SHA384_RSA_PKCS"},
    {0x00000042, SCA_KEY_RSA, SCA_SCHEME_PKCS1, SCA_HASH_SHA512, true, "CKM_SHA512_RSA_PKCS"},
    {0x00000001, SCA_KEY_RSA, SCA_SCHEME_PKCS1, SCA_HASH_NONE, false, "CKM_RSA_PKCS"},
    {0x0000000d, SCA_KEY_RSA, SCA_SCHEME_PSS, SCA_HASH_NONE, false, "CKM_RSA_PKCS_PSS"},
    {0x00000043, SCA_KEY_RSA, SCA_SCHEME_PSS, SCA_HASH_SHA256, true, "CKM_SHA256_RSA_PKCS_PSS"},
    {0x00000044, SCA_KEY_RSA, SCA_SCHEME_PSS, SCA_HASH_SHA384, true, "CKM_SHA384_RSA_PKCS_PSS"},
    {0x00000045, SCA_KEY_RSA, SCA_SCHEME_PSS, SCA_HASH_SHA512, true, "CKM_SHA512_RSA_PKCS_PSS"},
    {0x00001041, SCA_KEY_EC, SCA_SCHEME_ECDSA, SCA_HASH_NONE, false, "CKM_ECDSA"},
    {0x00001044, SCA_KEY_EC, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, true, "CKM_ECDSA_SHA256"},
    {0x00001045, SCA_KEY_EC, SCA_SCHEME_ECDSA, SCA_HASH_SHA384, true, "CKM_ECDSA_SHA384"},
    {0x00001046, SCA_KEY_EC, SCA_SCHEME_ECDSA, SCA_HASH_SHA512, true, "CKM_ECDSA_SHA512"},
};

static const size_t signing_count = sizeof signing / sizeof signing[0];

size_t sca_mechs_signing(const struct sca_mech **ret_first)
{
    *ret_first = signing;
    return signing_count;
}

const char *sca_mechs_name(uint64_t type)
{
    for (size_t i = 0; i < signing_count; i++)
        if (signing[i].type == type)
            return signing[i].name;
    return "";
}

static bool is_signing(const struct sca_mech *mech)
{
    for (size_t i = 0; i < signing_count; i++)
        if (mech == &signing[i])
            return true;
    return false;
}

bool sca_mechs_offered(const struct sca_mech *mech, enum sca_key_type key_type, uint32_t schemes,
                       uint32_t hashes)
{
    const uint32_t signed_hashes =
        SCA_BIT(SCA_HASH_SHA256) | SCA_BIT(SCA_HASH_SHA384) | SCA_BIT(SCA_HASH_SHA512);
    const uint32_t wanted = mech->hash == SCA_HASH_NONE ? signed_hashes : SCA_BIT(mech->hash);
    return is_signing(mech) && mech->key_type == key_type && (schemes & SCA_BIT(mech->scheme)) &&
           (hashes & wanted);
}
