/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operation is fed: mechanism and parameters checked once, data hashed as it comes or
 * collected. The same for signing, verifying and digesting.
 */
#ifndef SCA_MODULE_TOKEN_INTAKE_H
#define SCA_MODULE_TOKEN_INTAKE_H

#include <stdbool.h>
#include <stdint.h>
#include "cryptoki.h"
#include "common/buf.h"
#include "module/crypto/crypto.h"
#include "mech.h"

#define SCA_INTAKE_MAX 1024 /* bytes: the content of an RSA signature of 8192 bits */

struct sca_intake {
    const struct sca_mech *mech;
    enum sca_hash hash;           /* SCA_HASH_NONE: the data will tell */
    struct sca_digest *digest;    /* running, where the mechanism hashes */
    bool fed;                     /* an Update came: the operation is multi-part */
    uint8_t data[SCA_INTAKE_MAX]; /* collected, or the finished digest */
    size_t len;
};

/*
 * Checks the parameters and starts. CKM_RSA_PKCS_PSS: hash, MGF1 with it, salt as long as it.
 * CKR_MECHANISM_PARAM_INVALID; CKR_DEVICE_ERROR when smartca-crypto.so cannot be loaded;
 * CKR_HOST_MEMORY.
 * Source: PKCS#11 3.0 current mechanisms, 2.1.7 and 2.1.8.
 */
CK_RV sca_intake_start(struct sca_intake *intake, const struct sca_mech *mech,
                       const CK_MECHANISM *mechanism);

/*
 * Takes a part of any size. CKR_ARGUMENTS_BAD for NULL with a length; CKR_DATA_LEN_RANGE when a
 * mechanism that does not hash is given more than the largest key could sign.
 */
CK_RV sca_intake_add(struct sca_intake *intake, struct sca_bytes part);

/* Ends: the digest, or what was collected; borrowed from the intake. */
CK_RV sca_intake_finish(struct sca_intake *intake, struct sca_bytes *ret_content);

/* Wipes and releases; a zeroed one is fine. */
void sca_intake_clear(struct sca_intake *intake);

#endif
