/* SPDX-License-Identifier: Apache-2.0 */
/* The session table: see session_open.h. */
#include "module/token/session_open.h"

#include <stdlib.h>
#include <string.h>
#include "module/token/find.h"
#include "module/token/op.h"
#include "module/token/sessions.h"

struct sca_sessions *sca_sessions_new(void)
{
    return calloc(1, sizeof(struct sca_sessions));
}

void sca_sessions_free(struct sca_sessions *sessions)
{
    if (!sessions)
        return;
    sca_logins_clear(&sessions->logins);
    sca_store_clear(&sessions->store);
    free(sessions->list);
    free(sessions);
}

static bool append(struct sca_sessions *sessions, struct sca_session *session)
{
    if (sessions->count == sessions->capacity) {
        const size_t capacity = sessions->capacity * 2 + 16;
        struct sca_session **list = reallocarray(sessions->list, capacity, sizeof *list);
        if (!list)
            return false;
        sessions->list = list;
        sessions->capacity = capacity;
    }
    sessions->list[sessions->count++] = session;
    return true;
}

CK_RV sca_session_open(struct sca_library *library, CK_SLOT_ID slot, CK_FLAGS flags,
                       CK_SESSION_HANDLE *ret_handle)
{
    SCA_VIEW_AUTO view = sca_view_get(library);
    if (!sca_view_slot(view, slot))
        return CKR_SLOT_ID_INVALID;
    struct sca_session *session = calloc(1, sizeof *session);
    if (!session)
        return CKR_HOST_MEMORY;
    session->library = library;
    session->slot = slot;
    session->flags = flags;
    session->references = 1;
    pthread_mutex_init(&session->lock, NULL);

    CK_RV rv = CKR_OK;
    pthread_mutex_lock(&library->lock);
    session->handle = sca_library_handle();
    const CK_SESSION_HANDLE handle = session->handle;
    if (__atomic_load_n(&library->finalizing, __ATOMIC_SEQ_CST))
        rv = CKR_CRYPTOKI_NOT_INITIALIZED;
    else if (!append(library->sessions, session))
        rv = CKR_HOST_MEMORY;
    pthread_mutex_unlock(&library->lock);
    if (rv != CKR_OK) {
        sca_session_unreference(session);
        return rv;
    }
    *ret_handle = handle;
    return CKR_OK;
}

static bool slot_in_use(const struct sca_sessions *sessions, CK_SLOT_ID slot)
{
    for (size_t i = 0; i < sessions->count; i++)
        if (sessions->list[i]->slot == slot)
            return true;
    return false;
}

/* A session that has left the table: outside of library->lock, for ending operations calls out. */
static void end(struct sca_session *session)
{
    sca_op_cancel_all(session);
    (void)sca_find_end(session);
    sca_session_unreference(session);
}

CK_RV sca_session_close(struct sca_library *library, CK_SESSION_HANDLE handle)
{
    struct sca_sessions *sessions = library->sessions;
    pthread_mutex_lock(&library->lock);
    struct sca_session *session = sca_session_in(sessions, handle);
    if (session) {
        const size_t i = sca_session_position(sessions, handle);
        __atomic_store_n(&session->closed, true, __ATOMIC_SEQ_CST);
        memmove(&sessions->list[i], &sessions->list[i + 1],
                (sessions->count - i - 1) * sizeof(struct sca_session *));
        sessions->count--;
        sca_store_remove_owned(&sessions->store, handle);
        if (sca_login_find(&sessions->logins, session->slot) &&
            !slot_in_use(sessions, session->slot))
            sca_login_remove(&sessions->logins, session->slot);
    }
    pthread_mutex_unlock(&library->lock);
    if (!session)
        return CKR_SESSION_HANDLE_INVALID;
    end(session);
    return CKR_OK;
}

/* Closes, newest first, the sessions of one slot, or with @slot NULL all. */
static void close_matching(struct sca_library *library, const CK_SLOT_ID *slot)
{
    CK_SESSION_HANDLE bound = ~(CK_SESSION_HANDLE)0;
    while (bound != CK_INVALID_HANDLE) {
        pthread_mutex_lock(&library->lock);
        const struct sca_sessions *sessions = library->sessions;
        size_t i = sca_session_position(sessions, bound);
        while (i > 0 && slot && sessions->list[i - 1]->slot != *slot)
            i--;
        bound = i > 0 ? sessions->list[i - 1]->handle : CK_INVALID_HANDLE;
        pthread_mutex_unlock(&library->lock);
        if (bound != CK_INVALID_HANDLE)
            (void)sca_session_close(library, bound);
    }
}

void sca_session_close_slot(struct sca_library *library, CK_SLOT_ID slot)
{
    close_matching(library, &slot);
}

void sca_session_close_all(struct sca_library *library)
{
    close_matching(library, NULL);
}

void sca_session_count(struct sca_library *library, CK_SLOT_ID slot, CK_ULONG *ret_all,
                       CK_ULONG *ret_rw)
{
    CK_ULONG all = 0, rw = 0;
    pthread_mutex_lock(&library->lock);
    for (size_t i = 0; i < library->sessions->count; i++) {
        const struct sca_session *session = library->sessions->list[i];
        all += session->slot == slot;
        rw += session->slot == slot && (session->flags & CKF_RW_SESSION);
    }
    pthread_mutex_unlock(&library->lock);
    *ret_all = all;
    *ret_rw = rw;
}
