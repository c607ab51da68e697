/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what the host gave to what the cloud signs: a bare digest and its hash. The cloud puts the
 * DigestInfo round the digest itself, so only data that is exactly such a DigestInfo may pass: for
 * anything else the signature would be over other bytes than the host's.
 */
#ifndef SCA_MODULE_TOKEN_TO_SIGN_H
#define SCA_MODULE_TOKEN_TO_SIGN_H

#include "cryptoki.h"
#include "common/image.h"
#include "intake.h"

struct sca_to_sign {
    enum sca_scheme scheme;
    enum sca_hash hash;
    struct sca_bytes digest; /* borrows from the intake */
};

/*
 * @ret_what is filled with CKR_OK, and also with @ret_refused set: a well-formed digest of a hash
 * that the slot does not sign, and the code for that.
 * CKR_DATA_LEN_RANGE: no digest (DigestInfo) has this length. CKR_DATA_INVALID: not a DigestInfo.
 */
CK_RV sca_to_sign(const struct sca_intake *intake, struct sca_bytes content,
                  const struct sca_image_slot *slot, struct sca_to_sign *ret_what,
                  CK_RV *ret_refused);

#endif
