/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects: reading, searching, and the session objects that hosts make.
 * Source: PKCS#11 3.0 base specification, 5.7.
 */
#include "cryptoki.h"
#include "module/token/find.h"
#include "module/token/object.h"
#include "module/token/session.h"
#include "module/token/session_objects.h"

CK_RV C_CreateObject(CK_SESSION_HANDLE handle, CK_ATTRIBUTE_PTR attrs, CK_ULONG count,
                     CK_OBJECT_HANDLE_PTR object)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    return object ? sca_session_create_object(session, attrs, count, object) : CKR_ARGUMENTS_BAD;
}

CK_RV C_CopyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attrs,
                   CK_ULONG count, CK_OBJECT_HANDLE_PTR copy)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    return copy ? sca_session_copy_object(session, object, attrs, count, copy) : CKR_ARGUMENTS_BAD;
}

CK_RV C_DestroyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_session_destroy_object(session, object) : rv;
}

CK_RV C_GetObjectSize(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object, CK_ULONG_PTR size)
{
    SCA_SESSION_AUTO session = NULL;
    SCA_VIEW_AUTO view = NULL;
    const struct sca_slot *slot;
    const struct sca_object *found;
    CK_RV rv = sca_session_get(handle, &session);
    if (rv == CKR_OK)
        rv = sca_session_object(session, object, &view, &slot, &found);
    if (rv != CKR_OK)
        return rv;
    if (!size)
        return CKR_ARGUMENTS_BAD;
    *size = sca_object_size(found);
    return CKR_OK;
}

CK_RV C_GetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attrs,
                          CK_ULONG count)
{
    SCA_SESSION_AUTO session = NULL;
    SCA_VIEW_AUTO view = NULL;
    const struct sca_slot *slot;
    const struct sca_object *found;
    CK_RV rv = sca_session_get(handle, &session);
    if (rv == CKR_OK)
        rv = sca_session_object(session, object, &view, &slot, &found);
    if (rv != CKR_OK)
        return rv;
    return sca_object_get(found, attrs, count);
}

CK_RV C_SetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR attrs,
                          CK_ULONG count)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_session_set_attributes(session, object, attrs, count) : rv;
}

CK_RV C_FindObjectsInit(CK_SESSION_HANDLE handle, CK_ATTRIBUTE_PTR attrs, CK_ULONG count)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_find_begin(session, attrs, count) : rv;
}

CK_RV C_FindObjects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE_PTR objects, CK_ULONG max,
                    CK_ULONG_PTR count)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    if (!count || (!objects && max > 0))
        return CKR_ARGUMENTS_BAD;
    return sca_find_next(session, objects, max, count);
}

CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE handle)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_find_end(session) : rv;
}
