/* SPDX-License-Identifier: Apache-2.0 */
/* PSS parameters, and the one difference between mechanisms that hash and those that do not. */
#include "intake.h"

#include <string.h>
#include "common/secret.h"

/* What a PSS parameter may say, per hash. */
static const struct {
    enum sca_hash hash;
    CK_MECHANISM_TYPE mechanism;
    CK_RSA_PKCS_MGF_TYPE mgf;
} pss_hashes[] = {
    {SCA_HASH_SHA1, CKM_SHA_1, CKG_MGF1_SHA1},      {SCA_HASH_SHA224, CKM_SHA224, CKG_MGF1_SHA224},
    {SCA_HASH_SHA256, CKM_SHA256, CKG_MGF1_SHA256}, {SCA_HASH_SHA384, CKM_SHA384, CKG_MGF1_SHA384},
    {SCA_HASH_SHA512, CKM_SHA512, CKG_MGF1_SHA512},
};

static enum sca_hash pss_hash(const CK_MECHANISM *mechanism)
{
    CK_RSA_PKCS_PSS_PARAMS params;
    if (!mechanism->pParameter || mechanism->ulParameterLen != sizeof params)
        return SCA_HASH_NONE;
    memcpy(&params, mechanism->pParameter, sizeof params);
    for (size_t i = 0; i < sizeof pss_hashes / sizeof pss_hashes[0]; i++)
        if (params.hashAlg == pss_hashes[i].mechanism && params.mgf == pss_hashes[i].mgf &&
            params.sLen == sca_hash_len(pss_hashes[i].hash))
            return pss_hashes[i].hash;
    return SCA_HASH_NONE;
}

/* Sets @ret_hash from row and parameters. */
static CK_RV check_params(const struct sca_mech *mech, const CK_MECHANISM *mechanism,
                          enum sca_hash *ret_hash)
{
    if (mech->scheme != SCA_SCHEME_PSS) {
        /* A length without a pointer is what some hosts leave in an unused field. */
        if (mechanism->pParameter && mechanism->ulParameterLen)
            return CKR_MECHANISM_PARAM_INVALID;
        *ret_hash = mech->hash;
        return CKR_OK;
    }
    const enum sca_hash hash = pss_hash(mechanism);
    if (hash == SCA_HASH_NONE || (mech->hash != SCA_HASH_NONE && mech->hash != hash))
        return CKR_MECHANISM_PARAM_INVALID;
    *ret_hash = hash;
    return CKR_OK;
}

CK_RV sca_intake_start(struct sca_intake *intake, const struct sca_mech *mech,
                       const CK_MECHANISM *mechanism)
{
    *intake = (struct sca_intake){.mech = mech};
    const CK_RV rv = check_params(mech, mechanism, &intake->hash);
    if (rv != CKR_OK || !mech->hashes_itself)
        return rv;
    const struct sca_crypto *crypto = sca_crypto_get();
    if (!crypto)
        return CKR_DEVICE_ERROR;
    return crypto->digest_new(intake->hash, &intake->digest) < 0 ? CKR_HOST_MEMORY : CKR_OK;
}

CK_RV sca_intake_add(struct sca_intake *intake, struct sca_bytes part)
{
    if (!part.data && part.len)
        return CKR_ARGUMENTS_BAD;
    if (intake->digest)
        return sca_crypto_get()->digest_update(intake->digest, part) < 0 ? CKR_DEVICE_ERROR
                                                                         : CKR_OK;
    if (part.len > sizeof intake->data - intake->len)
        return CKR_DATA_LEN_RANGE;
    if (part.len)
        memcpy(intake->data + intake->len, part.data, part.len);
    intake->len += part.len;
    return CKR_OK;
}

CK_RV sca_intake_finish(struct sca_intake *intake, struct sca_bytes *ret_content)
{
    if (intake->digest) {
        if (sca_crypto_get()->digest_final(intake->digest, intake->data) < 0)
            return CKR_DEVICE_ERROR;
        intake->len = sca_hash_len(intake->hash);
    }
    *ret_content = (struct sca_bytes){intake->data, intake->len};
    return CKR_OK;
}

void sca_intake_clear(struct sca_intake *intake)
{
    if (intake->digest)
        sca_crypto_get()->digest_free(intake->digest);
    sca_wipe(intake, sizeof *intake);
}
