/* SPDX-License-Identifier: Apache-2.0 */
/* Opens smartca-crypto.so once per process; crypto.h says how and why. */
#include "crypto.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include "build_config.h"
#include "common/log.h"
#include "module/token/library.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const struct sca_crypto *table;

/* The sanitizers' dlopen refuses RTLD_DEEPBIND; the host may be built with one even if we are not.
 */
static int deepbind(void)
{
    return dlsym(RTLD_DEFAULT, "__sanitizer_print_stack_trace") ? 0 : RTLD_DEEPBIND;
}

static const struct sca_crypto *open_table(const char *path)
{
    void *library = path[0] == '/' ? dlopen(path, RTLD_NOW | RTLD_LOCAL | deepbind()) : NULL;
    if (!library)
        return NULL;
    const struct sca_crypto *(*open_crypto)(void) = NULL;
    *(void **)&open_crypto = dlsym(library, SCA_CRYPTO_SYMBOL);
    const struct sca_crypto *found = open_crypto ? open_crypto() : NULL;
    return found && found->abi == SCA_CRYPTO_ABI ? found : NULL;
}

static void load(void)
{
    const char *path = secure_getenv("SMARTCA_CRYPTO");
    if (!path || !*path)
        path = SCA_CRYPTO_PATH;
    sca_library_call_out_begin();
    table = open_table(path);
    sca_library_call_out_end();
    if (!table)
        sca_log(SCA_LOG_ERROR, "module", "cannot load %s: no digests, no verification", path);
}

const struct sca_crypto *sca_crypto_get(void)
{
    pthread_once(&once, load);
    return table;
}
