/* SPDX-License-Identifier: Apache-2.0 */
/* Hardening of a process with secrets. See harden.h. */
#include "harden.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include "common/log.h"
#include "common/wiping.h"

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return sca_wiping_realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    sca_wiping_free(block);
}

/* Keys and decrypted replies pass through libcrypto's memory. Too late once it has taken any. */
static void wipe_freed(void)
{
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1)
        sca_log(SCA_LOG_WARNING, "agent", "libcrypto will not wipe what it frees");
}

void sca_harden(void)
{
    struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* its leak check traces the process */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    wipe_freed();
}
