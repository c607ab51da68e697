/* SPDX-License-Identifier: Apache-2.0 */
/* Making and unmaking the library: see lifecycle.h. */
#include "module/token/lifecycle.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/log.h"
#include "module/token/library.h"
#include "module/token/session_open.h"
#include "module/token/tokens.h"

/* The file that runs, for argv[0] is the host's to change. Caller frees; NULL where unknown. */
static char *program_name(void)
{
    static const char deleted[] = " (deleted)"; /* by an upgrade, while it runs */
    char path[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0)
        return program_invocation_short_name ? strdup(program_invocation_short_name) : NULL;
    path[len] = '\0';
    const char *slash = strrchr(path, '/');
    char *name = strdup(slash ? slash + 1 : path);
    char *tail = name ? strstr(name, deleted) : NULL;
    if (tail && tail[sizeof deleted - 1] == '\0')
        *tail = '\0';
    return name;
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

static void release(struct sca_library *library)
{
    sca_sessions_free(library->sessions);
    sca_tokens_free(library->tokens);
    sca_paths_free(library->paths);
    for_each_text(&library->self, disown);
    pthread_mutex_destroy(&library->lock);
    free(library);
}

static struct sca_library *make(void)
{
    struct sca_library *library = calloc(1, sizeof *library);
    if (!library)
        return NULL;
    library->references = 1;
    library->release = release;
    pthread_mutex_init(&library->lock, NULL);
    char *program = program_name();
    sca_conn_self_from_env(program, &library->self);
    for_each_text(&library->self, own);
    free(program);
    if (secure_getenv(SCA_INSIDE_AGENT) || sca_paths_new(&library->paths) < 0)
        library->paths = NULL;
    library->tokens = sca_tokens_new();
    library->sessions = sca_sessions_new();
    if (library->tokens && library->sessions)
        return library;
    release(library);
    return NULL;
}

static bool initialized(void)
{
    SCA_LIBRARY_AUTO library = NULL;
    return sca_library_get(&library) == CKR_OK;
}

CK_RV sca_lifecycle_initialize(void)
{
    if (sca_library_is_calling_out())
        return CKR_OK;
    if (initialized())
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    /* Who asks for debugging by name wants to see it; otherwise nothing is ever written. */
    const char *debug = secure_getenv("SMARTCA_DEBUG");
    if (debug)
        sca_log_setup("stderr", SCA_LOG_WARNING, debug);

    struct sca_library *library = make();
    if (!library)
        return CKR_HOST_MEMORY;
    sca_tokens_refresh(library, false);
    const CK_RV rv = sca_library_set_current(library);
    if (rv != CKR_OK)
        sca_library_put(library);
    return rv;
}

CK_RV sca_lifecycle_finalize(void)
{
    if (sca_library_is_calling_out())
        return CKR_OK;
    struct sca_library *library = sca_library_take_current();
    if (!library)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    __atomic_store_n(&library->finalizing, true, __ATOMIC_SEQ_CST);
    sca_session_close_all(library);
    sca_library_put(library);
    return CKR_OK;
}
