/* SPDX-License-Identifier: Apache-2.0 */
/* Pure: bytes in, bytes out. */
#include "to_sign.h"

/* The hash whose digest is @len bytes; SCA_HASH_NONE when there is none. */
static enum sca_hash hash_of_len(size_t len)
{
    for (enum sca_hash hash = SCA_HASH_SHA1; hash <= SCA_HASH_SHA512; hash++)
        if (sca_hash_len(hash) == len)
            return hash;
    return SCA_HASH_NONE;
}

static bool is_digestinfo_len(size_t len)
{
    static const uint8_t digest[SCA_HASH_MAX];
    uint8_t info[SCA_DIGESTINFO_MAX];
    for (enum sca_hash hash = SCA_HASH_SHA1; hash <= SCA_HASH_SHA512; hash++)
        if (sca_digestinfo_build(hash, (struct sca_bytes){digest, sca_hash_len(hash)}, info) == len)
            return true;
    return false;
}

/* CKM_RSA_PKCS; the code says what to look for when a host meets it. */
static CK_RV from_digestinfo(struct sca_bytes content, struct sca_to_sign *what)
{
    if (!is_digestinfo_len(content.len))
        return CKR_DATA_LEN_RANGE;
    return sca_digestinfo_parse(content, &what->hash, &what->digest) < 0 ? CKR_DATA_INVALID
                                                                         : CKR_OK;
}

CK_RV sca_to_sign(const struct sca_intake *intake, struct sca_bytes content,
                  const struct sca_image_slot *slot, struct sca_to_sign *ret_what,
                  CK_RV *ret_refused)
{
    struct sca_to_sign what = {intake->mech->scheme, intake->hash, content};
    CK_RV refused = CKR_DATA_LEN_RANGE; /* a bare digest is told by its length */
    CK_RV rv = CKR_OK;
    if (what.hash == SCA_HASH_NONE && what.scheme == SCA_SCHEME_PKCS1) {
        rv = from_digestinfo(content, &what);
        refused = CKR_DATA_INVALID;
    } else if (what.hash == SCA_HASH_NONE) {
        what.hash = hash_of_len(content.len);
    }
    if (rv == CKR_OK && (what.hash == SCA_HASH_NONE || what.digest.len != sca_hash_len(what.hash)))
        rv = CKR_DATA_LEN_RANGE;
    if (rv != CKR_OK)
        return rv;
    *ret_what = what;
    *ret_refused = slot->hashes & SCA_BIT(what.hash) ? CKR_OK : refused;
    return CKR_OK;
}
