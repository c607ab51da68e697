/* SPDX-License-Identifier: Apache-2.0 */
/* Which library is current, who is inside it, and what fork and nested calls mean for it. */
#include "library.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/log.h"
#include "session.h"
#include "tokens.h"

static pthread_mutex_t current_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sca_library *current;
static struct sca_library
    *inherited; /* keeps what the child abandons reachable for leak checkers */
static CK_ULONG last_handle;

/* Counts this thread's calls out. A key rather than __thread, which would make the dynamic loader a
 * library that we need. */
static pthread_key_t calls_out;
#define NO_KEY ((pthread_key_t)-1)

static pthread_once_t process_once = PTHREAD_ONCE_INIT;

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

/* The file that runs, for argv[0] is the host's to change; the text is the caller's. */
static char *program_name(void)
{
    char path[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0)
        return strdup(program_invocation_short_name ? program_invocation_short_name : "");
    path[len] = '\0';
    const char *slash = strrchr(path, '/');
    return strdup(slash ? slash + 1 : path);
}

/* The environment belongs to the host, which may change it. A text that does not fit is unknown. */
static void own(const char **text)
{
    if (*text)
        *text = strdup(*text);
}

static void disown(const char **text)
{
    free((void *)(uintptr_t)*text);
}

static void for_each_text(struct sca_conn_self *self, void (*each)(const char **text))
{
    const char **texts[] = {&self->program, &self->language,   &self->display, &self->wayland,
                            &self->dbus,    &self->xauthority, &self->tty,     &self->term};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        each(texts[i]);
}

static void library_free(struct sca_library *library)
{
    sca_sessions_free(library->sessions);
    sca_tokens_free(library->tokens);
    sca_paths_free(library->paths);
    for_each_text(&library->self, disown);
    pthread_mutex_destroy(&library->lock);
    free(library);
}

static struct sca_library *library_new(void)
{
    struct sca_library *library = calloc(1, sizeof *library);
    if (!library)
        return NULL;
    library->references = 1;
    pthread_mutex_init(&library->lock, NULL);
    char *program = program_name();
    sca_conn_self_from_env(program, &library->self);
    for_each_text(&library->self, own);
    free(program);
    if (sca_paths_new(&library->paths) < 0)
        library->paths = NULL;
    library->tokens = sca_tokens_new();
    library->sessions = sca_sessions_new();
    if (!library->tokens || !library->sessions) {
        library_free(library);
        return NULL;
    }
    return library;
}

static bool initialized(void)
{
    pthread_mutex_lock(&current_lock);
    const bool yes = current;
    pthread_mutex_unlock(&current_lock);
    return yes;
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
        library_free(library);
}

CK_RV sca_library_initialize(void)
{
    if (count_calls_out() > 0)
        return CKR_OK;
    if (initialized())
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    /* Who asks for debugging by name wants to see it; otherwise nothing is ever written. */
    const char *debug = secure_getenv("SMARTCA_DEBUG");
    if (debug)
        sca_log_setup("stderr", SCA_LOG_WARNING, debug);

    struct sca_library *library = library_new();
    if (!library)
        return CKR_HOST_MEMORY;
    sca_tokens_refresh(library, false);
    pthread_mutex_lock(&current_lock);
    const bool first = !current;
    if (first)
        current = library;
    pthread_mutex_unlock(&current_lock);
    if (first)
        return CKR_OK;
    sca_library_put(library);
    return CKR_CRYPTOKI_ALREADY_INITIALIZED;
}

CK_RV sca_library_finalize(void)
{
    if (count_calls_out() > 0)
        return CKR_OK;
    pthread_mutex_lock(&current_lock);
    struct sca_library *library = current;
    current = NULL;
    pthread_mutex_unlock(&current_lock);
    if (!library)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    __atomic_store_n(&library->finalizing, true, __ATOMIC_SEQ_CST);
    sca_session_close_all(library);
    sca_library_put(library);
    return CKR_OK;
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
