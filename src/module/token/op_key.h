/* SPDX-License-Identifier: Apache-2.0 */
/* The key that C_SignInit or C_VerifyInit names, checked against mechanism and use. */
#ifndef SCA_MODULE_TOKEN_OP_KEY_H
#define SCA_MODULE_TOKEN_OP_KEY_H

#include "cryptoki.h"
#include "mech.h"
#include "session.h"

struct sca_op_key {
    struct sca_view *view; /* keeps the rest alive; the caller puts it */
    const struct sca_slot *slot;
    const struct sca_object *object;
};

/*
 * @class and @usage: CKO_PRIVATE_KEY with CKA_SIGN, or CKO_PUBLIC_KEY with CKA_VERIFY.
 * CKR_KEY_HANDLE_INVALID (no such object, or not a key), CKR_KEY_TYPE_INCONSISTENT,
 * CKR_KEY_FUNCTION_NOT_PERMITTED.
 */
CK_RV sca_op_key_find(struct sca_session *session, CK_OBJECT_HANDLE handle,
                      const struct sca_mech *mech, CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE usage,
                      struct sca_op_key *ret_key);

static inline void sca_op_key_cleanup(struct sca_op_key *key)
{
    if (key->view)
        sca_view_put(key->view);
}
#define SCA_OP_KEY_AUTO __attribute__((cleanup(sca_op_key_cleanup))) struct sca_op_key

#endif
