/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes, schemes and DigestInfo from one table. The prefixes are those of RFC 8017 section 9.2
 * note 1; parsing is a comparison with them, so nothing but the exact encoding can pass.
 */
#include "common/alg.h"

#include <string.h>
#include "common/err.h"
#include "common/text.h"

/* A DER prefix ends where the digest begins. */
struct hash_info {
    const char *name;
    size_t len;
    size_t prefix_len;
    uint8_t prefix[19];
};

/* SEQUENCE { SEQUENCE { OBJECT IDENTIFIER 2.16.840.1.101.3.4.2.x, NULL }, OCTET STRING } */
#define SHA2_PREFIX(total, x, len)                                                                 \
    {                                                                                              \
        0x30, (total), 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,     \
            (x), 0x05, 0x00, 0x04, (len)                                                           \
    }

static const struct hash_info hashes[] = {
    [SCA_HASH_NONE] = {"none", 0, 0, {0}},
    [SCA_HASH_SHA1] = {"sha1",
                       20,
                       15,
                       {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05,
                        0x00, 0x04, 0x14}},
    [SCA_HASH_SHA224] = {"sha224", 28, 19, SHA2_PREFIX(0x2d, 0x04, 0x1c)},
    [SCA_HASH_SHA256] = {"sha256", 32, 19, SHA2_PREFIX(0x31, 0x01, 0x20)},
    [SCA_HASH_SHA384] = {"sha384", 48, 19, SHA2_PREFIX(0x41, 0x02, 0x30)},
    [SCA_HASH_SHA512] = {"sha512", 64, 19, SHA2_PREFIX(0x51, 0x03, 0x40)},
};

static const char *const schemes[] = {
    [SCA_SCHEME_NONE] = "none",
    [SCA_SCHEME_PKCS1] = "pkcs1",
    [SCA_SCHEME_PSS] = "pss",
    [SCA_SCHEME_ECDSA] = "ecdsa",
};

#define HASH_COUNT   (sizeof hashes / sizeof hashes[0])
#define SCHEME_COUNT (sizeof schemes / sizeof schemes[0])

/* The number may come from a file or a message. */
static const struct hash_info *hash_info(enum sca_hash hash)
{
    return (size_t)hash < HASH_COUNT ? &hashes[hash] : &hashes[SCA_HASH_NONE];
}

size_t sca_hash_len(enum sca_hash hash)
{
    return hash_info(hash)->len;
}

const char *sca_hash_name(enum sca_hash hash)
{
    return hash_info(hash)->name;
}

enum sca_hash sca_hash_from_name(const char *name)
{
    for (size_t i = 0; i < HASH_COUNT; i++) {
        if (sca_streq(hashes[i].name, name))
            return (enum sca_hash)i;
    }
    return SCA_HASH_NONE;
}

const char *sca_scheme_name(enum sca_scheme scheme)
{
    return schemes[(size_t)scheme < SCHEME_COUNT ? scheme : SCA_SCHEME_NONE];
}

int sca_digestinfo_parse(struct sca_bytes info, enum sca_hash *ret_hash,
                         struct sca_bytes *ret_digest)
{
    for (size_t i = SCA_HASH_SHA1; i < HASH_COUNT; i++) {
        const struct hash_info *known = &hashes[i];

        if (info.len != known->prefix_len + known->len ||
            memcmp(info.data, known->prefix, known->prefix_len) != 0)
            continue;
        *ret_hash = (enum sca_hash)i;
        *ret_digest = (struct sca_bytes){info.data + known->prefix_len, known->len};
        return 0;
    }
    return SCA_E_FORMAT;
}

size_t sca_digestinfo_build(enum sca_hash hash, struct sca_bytes digest,
                            uint8_t ret_info[static SCA_DIGESTINFO_MAX])
{
    const struct hash_info *known = hash_info(hash);

    if (known->len == 0 || digest.len != known->len)
        return 0;
    memcpy(ret_info, known->prefix, known->prefix_len);
    memcpy(ret_info + known->prefix_len, digest.data, digest.len);
    return known->prefix_len + known->len;
}
