/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mechanism table: one row per mechanism, from which lists, CK_MECHANISM_INFO, signing,
 * verifying and digesting all follow.
 */
#ifndef SCA_MODULE_TOKEN_MECH_H
#define SCA_MODULE_TOKEN_MECH_H

#include <stdbool.h>
#include "cryptoki.h"
#include "common/alg.h"
#include "common/image.h"

struct sca_mech {
    CK_MECHANISM_TYPE type;
    enum sca_key_type key_type; /* SCA_KEY_NONE: a digest */
    enum sca_scheme scheme;
    enum sca_hash hash;  /* SCA_HASH_NONE: the host brings the hash (DigestInfo or PSS parameters) */
    bool hashes_itself;  /* the data is the message, hashed here; multi-part allowed */
};

/* NULL when the table has no such row. */
const struct sca_mech *sca_mech_find(CK_MECHANISM_TYPE type);

/* What a slot signs with follows from its key, schemes and hashes; verify and digests are always there. */
bool sca_mech_signs(const struct sca_mech *mech, const struct sca_image_slot *slot);

/* C_GetMechanismList and C_GetMechanismInfo for one slot. */
CK_RV sca_mech_list(const struct sca_image_slot *slot, CK_MECHANISM_TYPE *list, CK_ULONG *count);
CK_RV sca_mech_info(const struct sca_image_slot *slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *ret_info);

#endif
