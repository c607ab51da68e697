/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a session and letting go of it; session_open.c fills the table. */
#include "module/token/session.h"

#include <stdlib.h>
#include "module/token/sessions.h"

size_t sca_session_position(const struct sca_sessions *sessions, CK_SESSION_HANDLE handle)
{
    size_t low = 0, high = sessions->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (sessions->list[middle]->handle < handle)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct sca_session *sca_session_in(const struct sca_sessions *sessions, CK_SESSION_HANDLE handle)
{
    const size_t i = sca_session_position(sessions, handle);
    return i < sessions->count && sessions->list[i]->handle == handle ? sessions->list[i] : NULL;
}

void sca_session_unreference(struct sca_session *session)
{
    if (__atomic_sub_fetch(&session->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    pthread_mutex_destroy(&session->lock);
    free(session);
}

CK_RV sca_session_get(CK_SESSION_HANDLE handle, struct sca_session **ret_session)
{
    struct sca_library *library;
    const CK_RV rv = sca_library_get(&library);
    if (rv != CKR_OK)
        return rv;
    pthread_mutex_lock(&library->lock);
    struct sca_session *session = sca_session_in(library->sessions, handle);
    if (session)
        __atomic_add_fetch(&session->references, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&library->lock);
    if (!session) {
        sca_library_put(library);
        return CKR_SESSION_HANDLE_INVALID;
    }
    *ret_session = session;
    return CKR_OK;
}

void sca_session_put(struct sca_session *session)
{
    struct sca_library *library = session->library;
    sca_session_unreference(session);
    sca_library_put(library);
}

bool sca_session_wait_over(const struct sca_session *session, unsigned sign_cancels)
{
    return __atomic_load_n(&session->closed, __ATOMIC_SEQ_CST) ||
           __atomic_load_n(&session->sign_cancels, __ATOMIC_SEQ_CST) != sign_cancels ||
           __atomic_load_n(&session->library->finalizing, __ATOMIC_SEQ_CST);
}
