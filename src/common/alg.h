/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes, signature schemes and the DigestInfo between them.
 * Source: RFC 8017 section 9.2 and appendix B.1 (the encoded prefixes), FIPS 180-4 (lengths).
 */
#ifndef SCA_COMMON_ALG_H
#define SCA_COMMON_ALG_H

#include <stddef.h>
#include <stdint.h>
#include "buf.h"

/* Numbers stand in the image, the journal and messages: only add. */
enum sca_hash {
    SCA_HASH_NONE = 0,
    SCA_HASH_SHA1 = 1,
    SCA_HASH_SHA224 = 2,
    SCA_HASH_SHA256 = 3,
    SCA_HASH_SHA384 = 4,
    SCA_HASH_SHA512 = 5,
};

enum sca_scheme {
    SCA_SCHEME_NONE = 0,
    SCA_SCHEME_PKCS1 = 1, /* RSASSA-PKCS1-v1_5 */
    SCA_SCHEME_PSS = 2,   /* RSASSA-PSS, MGF1 with the same hash, salt as long as the hash */
    SCA_SCHEME_ECDSA = 3,
};

enum sca_key_type {
    SCA_KEY_NONE = 0,
    SCA_KEY_RSA = 1,
    SCA_KEY_EC = 2,
};

#define SCA_HASH_MAX       64                  /* bytes of the longest digest */
#define SCA_DIGESTINFO_MAX (19 + SCA_HASH_MAX) /* bytes of the longest DigestInfo */
#define SCA_BIT(number)    (1u << (number))    /* for masks of hashes or schemes */

/* Bytes of a digest: 20 to 64; 0 for SCA_HASH_NONE or an unknown number. */
size_t sca_hash_len(enum sca_hash hash);

/* "sha256" and the like, as written in the configuration; "none" for an unknown number. */
const char *sca_hash_name(enum sca_hash hash);
enum sca_hash sca_hash_from_name(const char *name);

/* "pkcs1", "pss", "ecdsa". */
const char *sca_scheme_name(enum sca_scheme scheme);

/*
 * Takes a DER DigestInfo apart. Only the exact encoding of RFC 8017 (NULL parameters present, no
 * byte more or less) is accepted, because the service builds its own: any other form would come
 * back as a signature over different bytes.
 * @ret_digest borrows from @info. Returns 0, or SCA_E_FORMAT.
 */
int sca_digestinfo_parse(struct sca_bytes info, enum sca_hash *ret_hash,
                         struct sca_bytes *ret_digest);

/* Builds one; @digest must be sca_hash_len(hash) bytes. Returns its length, 0 on a bad argument. */
size_t sca_digestinfo_build(enum sca_hash hash, struct sca_bytes digest,
                            uint8_t ret_info[static SCA_DIGESTINFO_MAX]);

#endif
