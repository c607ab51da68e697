/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mechanisms a token signs with, once for both who tell the host: the module's mechanism list
 * and the image writer's CKA_ALLOWED_MECHANISMS. Both follow from key, schemes and hashes alone.
 * Source: PKCS#11 3.0 current mechanisms, sections 2.1.6, 2.1.9 to 2.1.12 (RSA) and 2.3 (ECDSA).
 */
#ifndef SCA_COMMON_MECHS_H
#define SCA_COMMON_MECHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alg.h"

struct sca_mech {
    uint64_t type;              /* CKM_* */
    enum sca_key_type key_type; /* SCA_KEY_NONE: a digest */
    enum sca_scheme scheme;
    enum sca_hash
        hash; /* SCA_HASH_NONE: the host brings the hash (DigestInfo, PSS parameters, bare) */
    bool hashes_itself; /* the data is the message, hashed by us */
    const char *name;   /* "CKM_RSA_PKCS" and the like */
};

/* The rows for signing, in the order in which they are listed. Returns their number. */
size_t sca_mechs_signing(const struct sca_mech **ret_first);

/* The name of one of those rows; "" for any other type. */
const char *sca_mechs_name(uint64_t type);

/*
 * True when a key signs with one of those rows. @schemes and @hashes: masks of SCA_BIT, as in
 * struct sca_image_slot. False for a row that is not for signing.
 */
bool sca_mechs_offered(const struct sca_mech *mech, enum sca_key_type key_type, uint32_t schemes,
                       uint32_t hashes);

#endif
