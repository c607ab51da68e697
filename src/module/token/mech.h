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
#include "common/mechs.h"

/* NULL when the table has no such row. */
const struct sca_mech *sca_mech_find(CK_MECHANISM_TYPE type);

/* What a slot signs with follows from its key, schemes and hashes (common/mechs.h). */
bool sca_mech_signs(const struct sca_mech *mech, const struct sca_image_slot *slot);

/* True when C_GetMechanismList of the slot has it: what may be verified or digested there. */
bool sca_mech_listed(const struct sca_mech *mech, const struct sca_image_slot *slot);

/* C_GetMechanismList and C_GetMechanismInfo for one slot. */
CK_RV sca_mech_list(const struct sca_image_slot *slot, CK_MECHANISM_TYPE *list, CK_ULONG *count);
CK_RV sca_mech_info(const struct sca_image_slot *slot, CK_MECHANISM_TYPE type,
                    CK_MECHANISM_INFO *ret_info);

#endif
