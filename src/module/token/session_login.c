/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Login as a session sees it. A slot of pin mode "none" needs no login; C_Login is accepted all the
 * same, because hosts that were told to log in give up otherwise.
 */
#include "common/err.h"
#include "module/token/session.h"
#include "module/token/sessions.h"

/* What C_GetTokenInfo says as well. */
static bool needs_pin(const struct sca_slot *slot)
{
    return slot->image->pin != SCA_PIN_NONE;
}

/* A one-time code is good for one signature. */
static bool is_spent_by_use(const struct sca_slot *slot)
{
    return slot->image->pin == SCA_PIN_OTP || slot->image->pin == SCA_PIN_PASSWORD_OTP;
}

static CK_RV take_pin(const struct sca_slot *slot, const void *pin, CK_ULONG len,
                      struct sca_secret **ret_pin)
{
    if (!pin && (len > 0 || needs_pin(slot)))
        return CKR_ARGUMENTS_BAD; /* there is no protected authentication path */
    if (!needs_pin(slot))
        return CKR_OK;
    if (len < SCA_PIN_LEN_MIN || len > SCA_PIN_LEN_MAX)
        return CKR_PIN_INCORRECT;
    return sca_secret_new(pin, len, ret_pin) < 0 ? CKR_HOST_MEMORY : CKR_OK;
}

CK_RV sca_session_login(struct sca_session *session, const void *pin, CK_ULONG len)
{
    SCA_VIEW_AUTO view = sca_view_get(session->library);
    SCA_SECRET_AUTO copy = NULL;
    const struct sca_slot *slot = sca_view_slot(view, session->slot);
    if (!slot)
        return CKR_DEVICE_REMOVED;
    CK_RV rv = take_pin(slot, pin, len, &copy);
    if (rv != CKR_OK)
        return rv;

    pthread_mutex_lock(&session->library->lock);
    if (__atomic_load_n(&session->closed, __ATOMIC_SEQ_CST))
        rv = CKR_SESSION_CLOSED; /* and the login would outlive the slot's last session */
    else
        rv = sca_login_add(&session->library->sessions->logins, session->slot, copy);
    if (rv == CKR_OK)
        copy = NULL;
    pthread_mutex_unlock(&session->library->lock);
    return rv;
}

CK_RV sca_session_logout(struct sca_session *session)
{
    struct sca_sessions *sessions = session->library->sessions;
    pthread_mutex_lock(&session->library->lock);
    const bool was_in = sca_login_remove(&sessions->logins, session->slot);
    if (was_in)
        sca_store_remove_private(&sessions->store, session->slot);
    pthread_mutex_unlock(&session->library->lock);
    return was_in ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

bool sca_session_logged_in(struct sca_session *session)
{
    pthread_mutex_lock(&session->library->lock);
    const bool yes = sca_login_find(&session->library->sessions->logins, session->slot);
    pthread_mutex_unlock(&session->library->lock);
    return yes;
}

bool sca_session_sees_private(struct sca_session *session, const struct sca_slot *slot)
{
    return !needs_pin(slot) || sca_session_logged_in(session);
}

int sca_session_pin(struct sca_session *session, struct sca_secret **ret_copy)
{
    struct sca_sessions *sessions = session->library->sessions;
    SCA_VIEW_AUTO view = sca_view_get(session->library);
    const struct sca_slot *slot = sca_view_slot(view, session->slot);
    struct sca_secret *copy = NULL;
    int err = SCA_E_NEED_AUTH;
    pthread_mutex_lock(&session->library->lock);
    const struct sca_login *login = sca_login_find(&sessions->logins, session->slot);
    if (login)
        err = login->pin ? sca_secret_copy(login->pin, &copy) : 0;
    if (err == 0 && slot && is_spent_by_use(slot))
        sca_login_remove(&sessions->logins, session->slot);
    pthread_mutex_unlock(&session->library->lock);
    if (err == 0)
        *ret_copy = copy;
    return err;
}
