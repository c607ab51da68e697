/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creating, copying, changing and destroying objects on behalf of a session. Token objects are the
 * cloud's: CKR_SESSION_READ_ONLY or, in a read-write session, CKR_TOKEN_WRITE_PROTECTED.
 * Source: PKCS#11 3.0 base specification, 5.7.1 to 5.7.6.
 */
#ifndef SCA_MODULE_TOKEN_SESSION_OBJECTS_H
#define SCA_MODULE_TOKEN_SESSION_OBJECTS_H

#include "cryptoki.h"
#include "module/token/session.h"

/* Errors of sca_template_create, sca_store_add; CKR_USER_NOT_LOGGED_IN, CKR_DEVICE_REMOVED. */
CK_RV sca_session_create_object(struct sca_session *session, const CK_ATTRIBUTE *attrs,
                                CK_ULONG count, CK_OBJECT_HANDLE *ret_handle);

/* The same, and CKR_OBJECT_HANDLE_INVALID, CKR_ACTION_PROHIBITED. */
CK_RV sca_session_copy_object(struct sca_session *session, CK_OBJECT_HANDLE handle,
                              const CK_ATTRIBUTE *attrs, CK_ULONG count,
                              CK_OBJECT_HANDLE *ret_handle);
CK_RV sca_session_set_attributes(struct sca_session *session, CK_OBJECT_HANDLE handle,
                                 const CK_ATTRIBUTE *attrs, CK_ULONG count);

/* CKR_OBJECT_HANDLE_INVALID, CKR_ACTION_PROHIBITED. */
CK_RV sca_session_destroy_object(struct sca_session *session, CK_OBJECT_HANDLE handle);

#endif
