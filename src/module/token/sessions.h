/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all sessions of a library share, for the files that keep it; everything under library->lock.
 */
#ifndef SCA_MODULE_TOKEN_SESSIONS_H
#define SCA_MODULE_TOKEN_SESSIONS_H

#include <stddef.h>
#include "module/token/login.h"
#include "module/token/store.h"

struct sca_session;

struct sca_sessions {
    struct sca_session **list; /* referenced; handles only grow, so appending keeps it sorted */
    size_t count;
    size_t capacity;
    struct sca_logins logins;
    struct sca_store store;
};

/* Index of the first session whose handle is not below @handle. */
size_t sca_session_position(const struct sca_sessions *sessions, CK_SESSION_HANDLE handle);

/* NULL when the table has no such session. */
struct sca_session *sca_session_in(const struct sca_sessions *sessions, CK_SESSION_HANDLE handle);

/* The table's reference, without the library's. Any thread, no lock needed. */
void sca_session_unreference(struct sca_session *session);

#endif
