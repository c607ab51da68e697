/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions: a handle table, and per session the operations that are active in it. A handle is a
 * number that is never used again, not a pointer. Whoever works on a session holds a reference, so
 * C_CloseSession from another thread ends waits and frees nothing under anybody's feet.
 */
#ifndef SCA_MODULE_TOKEN_SESSION_H
#define SCA_MODULE_TOKEN_SESSION_H

#include <pthread.h>
#include <stdbool.h>
#include "cryptoki.h"
#include "common/secret.h"
#include "module/token/library.h"
#include "module/token/tokens.h"

struct sca_op;      /* op.h */
struct sca_find_op; /* find.h */

enum sca_op_kind { SCA_OP_SIGN, SCA_OP_VERIFY, SCA_OP_DIGEST, SCA_OP_COUNT };

/* Bytes of a PIN that a slot of another mode than "none" takes; C_GetTokenInfo says so. */
#define SCA_PIN_LEN_MIN 1
#define SCA_PIN_LEN_MAX 255

struct sca_session {
    CK_SESSION_HANDLE handle;
    struct sca_library *library; /* referenced */
    CK_SLOT_ID slot;
    CK_FLAGS flags;
    int references;        /* atomic */
    bool closed;           /* atomic: no longer in the table, waits end */
    unsigned sign_cancels; /* atomic: counts C_SessionCancel of signing; a wait that sees it
                              change ends */
    pthread_mutex_t lock;  /* the operations; never held while waiting */
    struct sca_op *ops[SCA_OP_COUNT]; /* op.h: signing, verifying, digesting */
    struct sca_find_op *find;
};

/*
 * Finds a session of the current library. CKR_CRYPTOKI_NOT_INITIALIZED,
 * CKR_SESSION_HANDLE_INVALID. The reference (and the library's) goes with sca_session_put.
 */
CK_RV sca_session_get(CK_SESSION_HANDLE handle, struct sca_session **ret_session);
void sca_session_put(struct sca_session *session);

static inline void sca_session_cleanup(struct sca_session **session)
{
    if (*session)
        sca_session_put(*session);
}
#define SCA_SESSION_AUTO __attribute__((cleanup(sca_session_cleanup))) struct sca_session *

/*
 * The object behind a handle as this session sees it (token objects of its slot, session objects of
 * the library), with the view that keeps it alive. CKR_OBJECT_HANDLE_INVALID. Caller puts the view.
 */
CK_RV sca_session_object(struct sca_session *session, CK_OBJECT_HANDLE handle,
                         struct sca_view **ret_view, const struct sca_slot **ret_slot,
                         const struct sca_object **ret_object);

/*
 * A copy of what C_Login was given for the session's slot, for one signature; NULL in @ret_copy
 * when the slot keeps none. Where the PIN is or holds a one-time code this ends the login: hosts
 * ask for the next code then. Caller frees. SCA_E_NEED_AUTH when nobody is logged in, SCA_E_NOMEM.
 */
int sca_session_pin(struct sca_session *session, struct sca_secret **ret_copy);

/*
 * C_Login and C_Logout for the session's slot; neither touches network or files. A slot that needs
 * no login accepts any PIN, and forgets it at once.
 * CKR_ARGUMENTS_BAD, CKR_PIN_INCORRECT, CKR_USER_ALREADY_LOGGED_IN, CKR_DEVICE_REMOVED,
 * CKR_HOST_MEMORY; CKR_USER_NOT_LOGGED_IN for the logout.
 */
CK_RV sca_session_login(struct sca_session *session, const void *pin, CK_ULONG len);
CK_RV sca_session_logout(struct sca_session *session);
bool sca_session_logged_in(struct sca_session *session);

/* Objects with CKA_PRIVATE are there: the slot needs no login, or somebody logged in. */
bool sca_session_sees_private(struct sca_session *session, const struct sca_slot *slot);

/* True when whoever waits on behalf of @session should stop; @sign_cancels as seen at the start. */
bool sca_session_wait_over(const struct sca_session *session, unsigned sign_cancels);

#endif
