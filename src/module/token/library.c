/* SPDX-License-Identifier: Apache-2.0 */
/* Which library is current, who is inside it, and what fork and nested calls mean for it. */
#include "module/token/library.h"

#include <stdint.h>

static pthread_mutex_t current_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sca_library *current;
/* What a child abandons stays reachable, for leak checkers. */
static struct sca_library *inherited;
static CK_ULONG last_handle;
static pthread_once_t process_once = PTHREAD_ONCE_INIT;
/* This thread's calls out. A key, since __thread would make the loader a library that we need. */
static pthread_key_t calls_out;
#define NO_KEY ((pthread_key_t)-1)

/* The lock may have been held by a thread that stayed in the parent, so it is made anew. */
static void forget_in_child(void)
{
    current_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    inherited = current;
    current = NULL;
}

static void prepare_process(void)
{
    if (pthread_key_create(&calls_out, NULL) != 0)
        calls_out = NO_KEY;
    (void)pthread_atfork(NULL, NULL, forget_in_child);
}

static uintptr_t count_calls_out(void)
{
    (void)pthread_once(&process_once, prepare_process);
    return calls_out == NO_KEY ? 0 : (uintptr_t)pthread_getspecific(calls_out);
}

static void set_calls_out(uintptr_t count)
{
    if (calls_out != NO_KEY)
        (void)pthread_setspecific(calls_out, (void *)count);
}

CK_RV sca_library_get(struct sca_library **ret_library)
{
    pthread_mutex_lock(&current_lock);
    struct sca_library *library = current;
    if (library)
        __atomic_add_fetch(&library->references, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&current_lock);
    if (!library)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    *ret_library = library;
    return CKR_OK;
}

void sca_library_put(struct sca_library *library)
{
    if (__atomic_sub_fetch(&library->references, 1, __ATOMIC_ACQ_REL) == 0)
        library->release(library);
}

CK_RV sca_library_set_current(struct sca_library *library)
{
    (void)pthread_once(&process_once, prepare_process);
    pthread_mutex_lock(&current_lock);
    const bool first = !current;
    if (first)
        current = library;
    pthread_mutex_unlock(&current_lock);
    return first ? CKR_OK : CKR_CRYPTOKI_ALREADY_INITIALIZED;
}

struct sca_library *sca_library_take_current(void)
{
    pthread_mutex_lock(&current_lock);
    struct sca_library *library = current;
    current = NULL;
    pthread_mutex_unlock(&current_lock);
    return library;
}

CK_ULONG sca_library_handle(void)
{
    return __atomic_add_fetch(&last_handle, 1, __ATOMIC_RELAXED);
}

void sca_library_call_out_begin(void)
{
    set_calls_out(count_calls_out() + 1);
}

void sca_library_call_out_end(void)
{
    set_calls_out(count_calls_out() - 1);
}

bool sca_library_is_calling_out(void)
{
    return count_calls_out() > 0;
}
