/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing sessions, and the table that holds them. */
#ifndef SCA_MODULE_TOKEN_SESSION_OPEN_H
#define SCA_MODULE_TOKEN_SESSION_OPEN_H

#include "cryptoki.h"
#include "module/token/session.h"

/* CKR_SLOT_ID_INVALID, CKR_HOST_MEMORY. @flags as checked by C_OpenSession. */
CK_RV sca_session_open(struct sca_library *library, CK_SLOT_ID slot, CK_FLAGS flags,
                       CK_SESSION_HANDLE *ret_handle);

/*
 * Takes a session out of the table: its waits end, its operations and session objects go. The last
 * session of a slot takes the login along. CKR_SESSION_HANDLE_INVALID.
 */
CK_RV sca_session_close(struct sca_library *library, CK_SESSION_HANDLE handle);

/* The same for all of a slot, or for all there are. */
void sca_session_close_slot(struct sca_library *library, CK_SLOT_ID slot);
void sca_session_close_all(struct sca_library *library);

/* How many sessions a slot has, and how many of them are read-write. */
void sca_session_count(struct sca_library *library, CK_SLOT_ID slot, CK_ULONG *ret_all,
                       CK_ULONG *ret_rw);

/* The table; empty when made. NULL on memory exhaustion. Free it when all sessions are closed. */
struct sca_sessions *sca_sessions_new(void);
void sca_sessions_free(struct sca_sessions *sessions);

#endif
