/* SPDX-License-Identifier: Apache-2.0 */
/* See session_objects.h; what may be written is decided in template.c, the bounds are store.c's. */
#include "module/token/session_objects.h"

#include <stdio.h>
#include <string.h>
#include "module/token/sessions.h"
#include "module/token/template.h"

/* Token objects cannot be written, in whatever session. */
static CK_RV write_refusal(const struct sca_session *session)
{
    return session->flags & CKF_RW_SESSION ? CKR_TOKEN_WRITE_PROTECTED : CKR_SESSION_READ_ONLY;
}

static CK_RV check_place(struct sca_session *session, const struct sca_slot *slot,
                         const struct sca_template *template)
{
    if (sca_template_bool(template, CKA_TOKEN))
        return write_refusal(session);
    if (sca_template_bool(template, CKA_PRIVATE) && !sca_session_sees_private(session, slot))
        return CKR_USER_NOT_LOGGED_IN;
    return CKR_OK;
}

static bool is_token_object(struct sca_view *view)
{
    return sca_view_of_token(view) == view;
}

/* Puts the object into the store: a new one, or (@replaces) a changed one. */
static CK_RV store(struct sca_session *session, struct sca_view *token_view,
                   const struct sca_slot *slot, CK_OBJECT_HANDLE handle, bool replaces,
                   const struct sca_template *template)
{
    const struct sca_object object = {
        .handle = handle, .attrs = template->attrs, .attr_count = template->count};
    struct sca_view *view;
    if (!sca_store_could_hold(&object))
        return CKR_DEVICE_MEMORY;
    if (sca_view_from_attrs(token_view, slot, handle, template->attrs, template->count, &view) < 0)
        return CKR_HOST_MEMORY;
    struct sca_store *objects = &session->library->sessions->store;
    CK_RV rv;
    pthread_mutex_lock(&session->library->lock);
    if (__atomic_load_n(&session->closed, __ATOMIC_SEQ_CST))
        rv = CKR_SESSION_CLOSED; /* and the object would outlive its session */
    else if (replaces)
        rv = sca_store_replace(objects, view);
    else
        rv = sca_store_add(objects, session->handle, view);
    pthread_mutex_unlock(&session->library->lock);
    if (rv != CKR_OK)
        sca_view_put(view);
    return rv;
}

/* A new object: with a handle, and a name, of its own. */
static CK_RV add(struct sca_session *session, struct sca_view *token_view,
                 const struct sca_slot *slot, struct sca_template *template,
                 CK_OBJECT_HANDLE *ret_handle)
{
    CK_RV rv = check_place(session, slot, template);
    if (rv != CKR_OK)
        return rv;
    const CK_OBJECT_HANDLE handle = sca_library_handle();
    char unique[32];
    snprintf(unique, sizeof unique, "session-%lx", handle);
    sca_template_set(template, CKA_UNIQUE_ID, unique, strlen(unique));
    rv = store(session, token_view, slot, handle, false, template);
    if (rv == CKR_OK)
        *ret_handle = handle;
    return rv;
}

CK_RV sca_session_create_object(struct sca_session *session, const CK_ATTRIBUTE *attrs,
                                CK_ULONG count, CK_OBJECT_HANDLE *ret_handle)
{
    struct sca_template template;
    SCA_VIEW_AUTO view = sca_view_get(session->library);
    const struct sca_slot *slot = sca_view_slot(view, session->slot);
    if (!slot)
        return CKR_DEVICE_REMOVED;
    CK_RV rv = sca_template_check(attrs, count);
    if (rv == CKR_OK)
        rv = sca_template_create(attrs, count, &template);
    return rv == CKR_OK ? add(session, view, slot, &template, ret_handle) : rv;
}

CK_RV sca_session_copy_object(struct sca_session *session, CK_OBJECT_HANDLE handle,
                              const CK_ATTRIBUTE *attrs, CK_ULONG count,
                              CK_OBJECT_HANDLE *ret_handle)
{
    struct sca_template template;
    SCA_VIEW_AUTO view = NULL;
    const struct sca_slot *slot;
    const struct sca_object *object;
    CK_RV rv = sca_session_object(session, handle, &view, &slot, &object);
    if (rv == CKR_OK)
        rv = sca_template_check(attrs, count);
    if (rv == CKR_OK)
        rv = sca_template_copy(object, attrs, count, &template);
    return rv == CKR_OK ? add(session, sca_view_of_token(view), slot, &template, ret_handle) : rv;
}

CK_RV sca_session_set_attributes(struct sca_session *session, CK_OBJECT_HANDLE handle,
                                 const CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    struct sca_template template;
    SCA_VIEW_AUTO view = NULL;
    const struct sca_slot *slot;
    const struct sca_object *object;
    CK_RV rv = sca_session_object(session, handle, &view, &slot, &object);
    if (rv == CKR_OK)
        rv = sca_template_check(attrs, count);
    if (rv != CKR_OK)
        return rv;
    if (is_token_object(view))
        return write_refusal(session);
    rv = sca_template_modify(object, attrs, count, &template);
    if (rv != CKR_OK)
        return rv;
    return store(session, sca_view_of_token(view), slot, handle, true, &template);
}

CK_RV sca_session_destroy_object(struct sca_session *session, CK_OBJECT_HANDLE handle)
{
    SCA_VIEW_AUTO view = NULL;
    const struct sca_slot *slot;
    const struct sca_object *object;
    const CK_RV rv = sca_session_object(session, handle, &view, &slot, &object);
    if (rv != CKR_OK)
        return rv;
    if (is_token_object(view))
        return write_refusal(session);
    if (!sca_object_bool(object, CKA_DESTROYABLE))
        return CKR_ACTION_PROHIBITED;
    pthread_mutex_lock(&session->library->lock);
    sca_store_remove(&session->library->sessions->store, handle);
    pthread_mutex_unlock(&session->library->lock);
    return CKR_OK;
}
