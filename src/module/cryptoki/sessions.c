/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions, login, and what belongs to a session as a whole.
 * Source: PKCS#11 3.0 base specification, 5.6; C_InitPIN and C_SetPIN 5.5.8, 5.5.9.
 */
#include "cryptoki.h"
#include "module/token/find.h"
#include "module/token/library.h"
#include "module/token/op.h"
#include "module/token/op_sign.h"
#include "module/token/session.h"
#include "module/token/session_open.h"

/* Read-write sessions are opened though nothing can be written: OpenSSH opens no other. */
CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify,
                    CK_SESSION_HANDLE_PTR session)
{
    (void)application;
    (void)notify; /* nothing to notify of */
    SCA_LIBRARY_AUTO library = NULL;
    const CK_RV rv = sca_library_get(&library);
    if (rv != CKR_OK)
        return rv;
    if (!session)
        return CKR_ARGUMENTS_BAD;
    if (!(flags & CKF_SERIAL_SESSION))
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    return sca_session_open(library, slot, flags, session);
}

CK_RV C_CloseSession(CK_SESSION_HANDLE handle)
{
    SCA_LIBRARY_AUTO library = NULL;
    const CK_RV rv = sca_library_get(&library);
    return rv == CKR_OK ? sca_session_close(library, handle) : rv;
}

/* Sessions may be left of a slot whose credential is gone. */
CK_RV C_CloseAllSessions(CK_SLOT_ID slot)
{
    SCA_LIBRARY_AUTO library = NULL;
    const CK_RV rv = sca_library_get(&library);
    if (rv != CKR_OK)
        return rv;
    sca_session_close_slot(library, slot);
    SCA_VIEW_AUTO view = sca_view_get(library);
    return sca_view_slot(view, slot) ? CKR_OK : CKR_SLOT_ID_INVALID;
}

CK_RV C_GetSessionInfo(CK_SESSION_HANDLE handle, CK_SESSION_INFO_PTR info)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    if (!info)
        return CKR_ARGUMENTS_BAD;
    const bool user = sca_session_logged_in(session);
    *info = (CK_SESSION_INFO){.slotID = session->slot, .flags = session->flags};
    if (session->flags & CKF_RW_SESSION)
        info->state = user ? CKS_RW_USER_FUNCTIONS : CKS_RW_PUBLIC_SESSION;
    else
        info->state = user ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION;
    return CKR_OK;
}

static CK_RV login(struct sca_session *session, CK_USER_TYPE user_type, const void *pin,
                   CK_ULONG pin_len)
{
    if (!pin && pin_len > 0)
        return CKR_ARGUMENTS_BAD;
    if (user_type == CKU_CONTEXT_SPECIFIC)
        return sca_sign_op_set_otp(session, pin, pin_len);
    return user_type == CKU_USER ? sca_session_login(session, pin, pin_len) : CKR_USER_TYPE_INVALID;
}

CK_RV C_Login(CK_SESSION_HANDLE handle, CK_USER_TYPE user_type, CK_UTF8CHAR_PTR pin,
              CK_ULONG pin_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? login(session, user_type, pin, pin_len) : rv;
}

/* The token has one user, whatever its name. */
CK_RV C_LoginUser(CK_SESSION_HANDLE handle, CK_USER_TYPE user_type, CK_UTF8CHAR_PTR pin,
                  CK_ULONG pin_len, CK_UTF8CHAR_PTR user, CK_ULONG user_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    return !user && user_len > 0 ? CKR_ARGUMENTS_BAD : login(session, user_type, pin, pin_len);
}

CK_RV C_Logout(CK_SESSION_HANDLE handle)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    return rv == CKR_OK ? sca_session_logout(session) : rv;
}

/* Of the operations that the flags can name only these are ever active. */
CK_RV C_SessionCancel(CK_SESSION_HANDLE handle, CK_FLAGS flags)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    if (flags & CKF_FIND_OBJECTS)
        (void)sca_find_end(session);
    if (flags & CKF_SIGN)
        sca_op_cancel(session, SCA_OP_SIGN);
    if (flags & CKF_VERIFY)
        sca_op_cancel(session, SCA_OP_VERIFY);
    if (flags & CKF_DIGEST)
        sca_op_cancel(session, SCA_OP_DIGEST);
    return CKR_OK;
}

CK_RV C_GetOperationState(CK_SESSION_HANDLE handle, CK_BYTE_PTR state, CK_ULONG_PTR state_len)
{
    (void)state;
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    if (!state_len)
        return CKR_ARGUMENTS_BAD;
    for (enum sca_op_kind kind = 0; kind < SCA_OP_COUNT; kind++)
        if (sca_op_check_free(session, kind) != CKR_OK)
            return CKR_STATE_UNSAVEABLE;
    return CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV C_SetOperationState(CK_SESSION_HANDLE handle, CK_BYTE_PTR state, CK_ULONG state_len,
                          CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key)
{
    (void)state_len;
    (void)encryption_key;
    (void)authentication_key;
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    return state ? CKR_SAVED_STATE_INVALID : CKR_ARGUMENTS_BAD; /* none was ever given out */
}

/* Only a security officer may, and there is none: the provider sets passwords, not the token. */
CK_RV C_InitPIN(CK_SESSION_HANDLE handle, CK_UTF8CHAR_PTR pin, CK_ULONG pin_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    return !pin && pin_len > 0 ? CKR_ARGUMENTS_BAD : CKR_USER_NOT_LOGGED_IN;
}

CK_RV C_SetPIN(CK_SESSION_HANDLE handle, CK_UTF8CHAR_PTR old_pin, CK_ULONG old_len,
               CK_UTF8CHAR_PTR new_pin, CK_ULONG new_len)
{
    SCA_SESSION_AUTO session = NULL;
    const CK_RV rv = sca_session_get(handle, &session);
    if (rv != CKR_OK)
        return rv;
    if ((!old_pin && old_len > 0) || (!new_pin && new_len > 0))
        return CKR_ARGUMENTS_BAD;
    return session->flags & CKF_RW_SESSION ? CKR_TOKEN_WRITE_PROTECTED : CKR_SESSION_READ_ONLY;
}
