/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slot has few objects, so a search walks them all; the host that searches for thousands of
 * unknown things (NSS) costs one comparison of the class each.
 */
#include "module/token/find.h"

#include <stdlib.h>
#include "module/token/sessions.h"

struct sca_find_op {
    size_t count;
    size_t next;
    CK_OBJECT_HANDLE handles[];
};

static bool visible(const struct sca_object *object, bool sees_private)
{
    return sees_private || !sca_object_bool(object, CKA_PRIVATE);
}

static struct sca_find_op *snapshot(struct sca_session *session, const struct sca_slot *slot,
                                    const CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    const bool sees_private = sca_session_sees_private(session, slot);
    const struct sca_store *store = &session->library->sessions->store;
    pthread_mutex_lock(&session->library->lock);
    const size_t most = slot->object_count + store->count;
    struct sca_find_op *op = malloc(sizeof *op + most * sizeof op->handles[0]);
    if (op) {
        *op = (struct sca_find_op){0};
        for (size_t i = 0; i < slot->object_count; i++) {
            const struct sca_object *object = &slot->objects[i];
            if (visible(object, sees_private) && sca_object_matches(object, attrs, count))
                op->handles[op->count++] = object->handle;
        }
        for (size_t i = 0; i < store->count; i++) {
            const struct sca_object *object = sca_store_object(&store->list[i]);
            if (sca_store_find(store, slot->id, object->handle) && visible(object, sees_private) &&
                sca_object_matches(object, attrs, count))
                op->handles[op->count++] = object->handle;
        }
    }
    pthread_mutex_unlock(&session->library->lock);
    return op;
}

/* Makes @op the session's search. */
static CK_RV install(struct sca_session *session, struct sca_find_op *op)
{
    CK_RV rv = CKR_OK;
    pthread_mutex_lock(&session->lock);
    if (__atomic_load_n(&session->closed, __ATOMIC_SEQ_CST))
        rv = CKR_SESSION_CLOSED;
    else if (session->find)
        rv = CKR_OPERATION_ACTIVE;
    else
        session->find = op;
    pthread_mutex_unlock(&session->lock);
    if (rv != CKR_OK)
        free(op);
    return rv;
}

CK_RV sca_find_begin(struct sca_session *session, const CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    const CK_RV rv = sca_template_check(attrs, count);
    if (rv != CKR_OK)
        return rv;
    sca_tokens_refresh(session->library, false);
    SCA_VIEW_AUTO view = sca_view_get(session->library);
    const struct sca_slot *slot = sca_view_slot(view, session->slot);
    if (!slot)
        return CKR_DEVICE_REMOVED;
    struct sca_find_op *op = snapshot(session, slot, attrs, count);
    return op ? install(session, op) : CKR_HOST_MEMORY;
}

CK_RV sca_find_next(struct sca_session *session, CK_OBJECT_HANDLE *handles, CK_ULONG max,
                    CK_ULONG *ret_count)
{
    pthread_mutex_lock(&session->lock);
    struct sca_find_op *op = session->find;
    CK_ULONG given = 0;
    while (op && given < max && op->next < op->count)
        handles[given++] = op->handles[op->next++];
    pthread_mutex_unlock(&session->lock);
    if (!op)
        return CKR_OPERATION_NOT_INITIALIZED;
    *ret_count = given;
    return CKR_OK;
}

CK_RV sca_find_end(struct sca_session *session)
{
    pthread_mutex_lock(&session->lock);
    struct sca_find_op *op = session->find;
    session->find = NULL;
    pthread_mutex_unlock(&session->lock);
    free(op);
    return op ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
}

/* The view of a session object, referenced; NULL when there is none. */
static struct sca_view *session_object_view(struct sca_session *session, CK_OBJECT_HANDLE handle)
{
    pthread_mutex_lock(&session->library->lock);
    const struct sca_store_entry *entry =
        sca_store_find(&session->library->sessions->store, session->slot, handle);
    struct sca_view *view = entry ? sca_view_reference(entry->view) : NULL;
    pthread_mutex_unlock(&session->library->lock);
    return view;
}

static const struct sca_object *object_of(const struct sca_slot *slot, CK_OBJECT_HANDLE handle)
{
    for (size_t i = 0; slot && i < slot->object_count; i++)
        if (slot->objects[i].handle == handle)
            return &slot->objects[i];
    return NULL;
}

CK_RV sca_session_object(struct sca_session *session, CK_OBJECT_HANDLE handle,
                         struct sca_view **ret_view, const struct sca_slot **ret_slot,
                         const struct sca_object **ret_object)
{
    struct sca_view *view = sca_view_get(session->library);
    const struct sca_slot *slot = sca_view_slot(view, session->slot);
    const struct sca_object *object = object_of(slot, handle);
    if (!object) {
        sca_view_put(view);
        view = session_object_view(session, handle);
        if (!view)
            return CKR_OBJECT_HANDLE_INVALID;
        slot = sca_view_slot(sca_view_of_token(view), session->slot);
        object = &view->objects[0];
    }
    if (!visible(object, sca_session_sees_private(session, slot))) {
        sca_view_put(view);
        return CKR_OBJECT_HANDLE_INVALID;
    }
    *ret_view = view;
    *ret_slot = slot;
    *ret_object = object;
    return CKR_OK;
}
