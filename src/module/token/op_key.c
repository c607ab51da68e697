/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the checks is the standard's: a wrong type has priority over a forbidden use. */
#include "op_key.h"

static bool is_key(const struct sca_object *object)
{
    const CK_OBJECT_CLASS class = sca_object_ulong(object, CKA_CLASS, CKO_DATA);
    return class == CKO_PRIVATE_KEY || class == CKO_PUBLIC_KEY || class == CKO_SECRET_KEY;
}

static CK_RV check(const struct sca_object *object, const struct sca_mech *mech,
                   CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE usage)
{
    const CK_KEY_TYPE wanted = mech->key_type == SCA_KEY_RSA ? CKK_RSA : CKK_EC;
    if (!is_key(object))
        return CKR_KEY_HANDLE_INVALID;
    if (sca_object_ulong(object, CKA_KEY_TYPE, ~wanted) != wanted)
        return CKR_KEY_TYPE_INCONSISTENT;
    if (sca_object_ulong(object, CKA_CLASS, CKO_DATA) != class || !sca_object_bool(object, usage))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    return CKR_OK;
}

CK_RV sca_op_key_find(struct sca_session *session, CK_OBJECT_HANDLE handle,
                      const struct sca_mech *mech, CK_OBJECT_CLASS class, CK_ATTRIBUTE_TYPE usage,
                      struct sca_op_key *ret_key)
{
    SCA_OP_KEY_AUTO key = {0};
    CK_RV rv = sca_session_object(session, handle, &key.view, &key.slot, &key.object);
    if (rv == CKR_OBJECT_HANDLE_INVALID)
        return CKR_KEY_HANDLE_INVALID;
    if (rv == CKR_OK)
        rv = check(key.object, mech, class, usage);
    if (rv != CKR_OK)
        return rv;
    *ret_key = key;
    key.view = NULL;
    return CKR_OK;
}
