/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all sessions of a library share, for the files that keep it; everything under library->lock.
 */
#ifndef SCA_MODULE_TOKEN_SESSIONS_H
#define SCA_MODULE_TOKEN_SESSIONS_H

#include <stddef.h>
#include "login.h"
#include "store.h"

struct sca_session;

struct sca_sessions {
    struct sca_session **list; /* referenced; handles only grow, so appending keeps it sorted */
    size_t count;
    size_t capacity;
    struct sca_logins logins;
    struct sca_store store;
};

#endif
