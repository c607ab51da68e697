/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing rows come from common/mechs.h; here stand those for verification and digests only.
 *
 * A slot lists the mechanisms of its key's own schemes, the hashes it does not sign as verify only.
 * A scheme it does not sign with is not listed even for verification: NSS and GnuTLS look no
 * further than the list and would choose PSS in TLS for a key that only does PKCS#1 v1.5.
 */
#include "mech.h"

enum {
    RSA_MIN_BITS = 1024,
    RSA_MAX_BITS = 8192,
    EC_MIN_BITS = 256,
    EC_MAX_BITS = 521,
};

static const struct sca_mech local[] = {
    {CKM_SHA1_RSA_PKCS, SCA_KEY_RSA, SCA_SCHEME_PKCS1, SCA_HASH_SHA1, true, "CKM_SHA1_RSA_PKCS"},
    {CKM_SHA224_RSA_PKCS, SCA_KEY_RSA, SCA_SCHEME_PKCS1, SCA_HASH_SHA224, true,
     "CKM_SHA224_RSA_PKCS"},
    {CKM_SHA_1, SCA_KEY_NONE, SCA_SCHEME_NONE, SCA_HASH_SHA1, true, "CKM_SHA_1"},
    {CKM_SHA224, SCA_KEY_NONE, SCA_SCHEME_NONE, SCA_HASH_SHA224, true, "CKM_SHA224"},
    {CKM_SHA256, SCA_KEY_NONE, SCA_SCHEME_NONE, SCA_HASH_SHA256, true, "CKM_SHA256"},
    {CKM_SHA384, SCA_KEY_NONE, SCA_SCHEME_NONE, SCA_HASH_SHA384, true, "CKM_SHA384"},
    {CKM_SHA512, SCA_KEY_NONE, SCA_SCHEME_NONE, SCA_HASH_SHA512, true, "CKM_SHA512"},
};

static const size_t local_count = sizeof local / sizeof local[0];

/* The rows as one sequence; NULL behind the last. */
static const struct sca_mech *row(size_t i)
{
    const struct sca_mech *signing;
    const size_t signing_count = sca_mechs_signing(&signing);
    if (i < signing_count)
        return &signing[i];
    return i - signing_count < local_count ? &local[i - signing_count] : NULL;
}

const struct sca_mech *sca_mech_find(CK_MECHANISM_TYPE type)
{
    size_t i = 0;
    for (const struct sca_mech *mech = row(i); mech; mech = row(++i))
        if (mech->type == type)
            return mech;
    return NULL;
}

bool sca_mech_signs(const struct sca_mech *mech, const struct sca_image_slot *slot)
{
    return sca_mechs_offered(mech, slot->key_type, slot->schemes, slot->hashes);
}

bool sca_mech_listed(const struct sca_mech *mech, const struct sca_image_slot *slot)
{
    if (mech->key_type == SCA_KEY_NONE)
        return true;
    return mech->key_type == slot->key_type && (slot->schemes & SCA_BIT(mech->scheme));
}

CK_RV sca_mech_list(const struct sca_image_slot *slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
    if (!count)
        return CKR_ARGUMENTS_BAD;
    CK_ULONG needed = 0;
    size_t i = 0;
    for (const struct sca_mech *mech = row(i); mech; mech = row(++i)) {
        if (!sca_mech_listed(mech, slot))
            continue;
        if (list && needed < *count)
            list[needed] = mech->type;
        needed++;
    }
    const bool small = list && *count < needed;
    *count = needed;
    return small ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV sca_mech_info(const struct sca_image_slot *slot, CK_MECHANISM_TYPE type,
                    CK_MECHANISM_INFO *ret_info)
{
    if (!ret_info)
        return CKR_ARGUMENTS_BAD;
    const struct sca_mech *mech = sca_mech_find(type);
    if (!mech || !sca_mech_listed(mech, slot))
        return CKR_MECHANISM_INVALID;

    CK_MECHANISM_INFO info = {.flags = CKF_DIGEST};
    if (mech->key_type != SCA_KEY_NONE)
        info.flags = CKF_VERIFY | (sca_mech_signs(mech, slot) ? CKF_SIGN | CKF_HW : 0);
    if (mech->key_type == SCA_KEY_RSA) {
        info.ulMinKeySize = RSA_MIN_BITS;
        info.ulMaxKeySize = RSA_MAX_BITS;
    }
    if (mech->key_type == SCA_KEY_EC) {
        info.ulMinKeySize = EC_MIN_BITS;
        info.ulMaxKeySize = EC_MAX_BITS;
        info.flags |= CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS;
    }
    *ret_info = info;
    return CKR_OK;
}
