/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The initialised library: born in C_Initialize, detached in C_Finalize, freed when the last call
 * that is still inside lets go. A child after fork sees no library and may initialise its own; what
 * it inherited is abandoned: memory is left alone, for a lock in it may be held by a thread that
 * the child does not have; secrets are in pages that the kernel wipes (common/secret.h).
 *
 * Locks, in the order they may be taken; none is held while waiting, calling out, or loading code:
 *   1 library.c's own (which library is current)   2 library->lock   3 session->lock
 */
#ifndef SCA_MODULE_TOKEN_LIBRARY_H
#define SCA_MODULE_TOKEN_LIBRARY_H

#include <pthread.h>
#include <stdbool.h>
#include "cryptoki.h"
#include "common/path.h"
#include "common/conn.h"

struct sca_tokens;   /* tokens.h: slots and objects from the image */
struct sca_sessions; /* session.h: handle table */

struct sca_library {
    int references; /* atomic: one for being current, one per call inside */
    void (*release)(struct sca_library *library); /* when nobody is inside any more */
    bool finalizing;                              /* atomic: waits end */
    bool listed;               /* atomic: C_GetSlotList has looked at the configuration once */
    pthread_mutex_t lock;      /* what tokens and sessions point to */
    struct sca_paths *paths;   /* constant; NULL without a home, or in the agent: then no slot */
    struct sca_conn_self self; /* constant; the texts are the library's own */
    struct sca_tokens *tokens;
    struct sca_sessions *sessions;
};

/*
 * A reference to the current library. CKR_CRYPTOKI_NOT_INITIALIZED when there is none (or only the
 * parent's). Every C_* but C_GetFunctionList, C_GetInterface(List) and C_Initialize begins here.
 */
CK_RV sca_library_get(struct sca_library **ret_library);
void sca_library_put(struct sca_library *library);

static inline void sca_library_cleanup(struct sca_library **library)
{
    if (*library)
        sca_library_put(*library);
}
#define SCA_LIBRARY_AUTO __attribute__((cleanup(sca_library_cleanup))) struct sca_library *

/* CKR_CRYPTOKI_ALREADY_INITIALIZED; then the library stays the caller's. */
CK_RV sca_library_set_current(struct sca_library *library);

/* Takes the current library out, with its reference. NULL when there is none. */
struct sca_library *sca_library_take_current(void);

/* A handle for a session or object: never 0, never given twice in the life of the process. */
CK_ULONG sca_library_handle(void);

/*
 * Marks this thread as being inside foreign code that we called (dlopen of libcrypto may run a
 * host's configuration that loads this very module): a C_Initialize or C_Finalize that arrives
 * meanwhile on the same thread is answered CKR_OK at once, without effect.
 */
void sca_library_call_out_begin(void);
void sca_library_call_out_end(void);
bool sca_library_is_calling_out(void);

#endif
