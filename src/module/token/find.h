/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session sees, and its search: a snapshot of handles taken when the search begins.
 * Source: PKCS#11 3.0 base specification, 5.7.7 to 5.7.9.
 */
#ifndef SCA_MODULE_TOKEN_FIND_H
#define SCA_MODULE_TOKEN_FIND_H

#include "cryptoki.h"
#include "module/token/session.h"

/* CKR_ARGUMENTS_BAD, CKR_OPERATION_ACTIVE, CKR_DEVICE_REMOVED, CKR_SESSION_CLOSED, CKR_HOST_MEMORY.
 */
CK_RV sca_find_begin(struct sca_session *session, const CK_ATTRIBUTE *attrs, CK_ULONG count);

/* The next handles, at most @max; none at the end. CKR_OPERATION_NOT_INITIALIZED. */
CK_RV sca_find_next(struct sca_session *session, CK_OBJECT_HANDLE *handles, CK_ULONG max,
                    CK_ULONG *ret_count);

/* CKR_OPERATION_NOT_INITIALIZED when there was no search. */
CK_RV sca_find_end(struct sca_session *session);

#endif
