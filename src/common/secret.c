/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in pages of their own. The handle stands apart from the pages: where the kernel wipes
 * them in a forked child, the child sees an empty secret there and can still free it.
 */
#include "common/secret.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "common/err.h"

/* Each secret is a mapping; a process has some 65000 of them for everything. */
#define COUNT_MAX 8192

/* What the pages hold. */
struct content {
    size_t len;
    uint8_t data[];
};

struct sca_secret {
    struct content *content;
    size_t map_len;
};

static atomic_int count;

/* Locking, and keeping out of core files and children, are best effort: limits and kernels differ.
 */
static void *map_pages(size_t len)
{
    void *pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        return NULL;
    (void)mlock(pages, len);
    (void)madvise(pages, len, MADV_DONTDUMP);
#ifdef MADV_WIPEONFORK
    (void)madvise(pages, len, MADV_WIPEONFORK);
#endif
    return pages;
}

static int make(const void *data, size_t len, struct sca_secret **ret_secret)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t need = sizeof(struct content) + len + 1;
    struct sca_secret *secret = malloc(sizeof *secret);

    if (secret == NULL)
        return SCA_E_NOMEM;
    secret->map_len = (need + page - 1) / page * page;
    secret->content = map_pages(secret->map_len);
    if (secret->content == NULL) {
        free(secret);
        return SCA_E_NOMEM;
    }
    if (len > 0)
        memcpy(secret->content->data, data, len); /* the NUL behind it is there: fresh pages */
    secret->content->len = len;
    *ret_secret = secret;
    return 0;
}

int sca_secret_new(const void *data, size_t len, struct sca_secret **ret_secret)
{
    if (len > SCA_SECRET_MAX)
        return SCA_E_LIMIT;

    int err = SCA_E_LIMIT;
    if (atomic_fetch_add(&count, 1) < COUNT_MAX)
        err = make(data, len, ret_secret);
    if (err != 0)
        atomic_fetch_sub(&count, 1);
    return err;
}

struct sca_bytes sca_secret_bytes(const struct sca_secret *secret)
{
    if (secret == NULL)
        return (struct sca_bytes){NULL, 0};
    return (struct sca_bytes){secret->content->data, secret->content->len};
}

const char *sca_secret_text(const struct sca_secret *secret)
{
    return secret == NULL ? "" : (const char *)secret->content->data;
}

int sca_secret_copy(const struct sca_secret *secret, struct sca_secret **ret_secret)
{
    struct sca_bytes bytes = sca_secret_bytes(secret);

    return sca_secret_new(bytes.data, bytes.len, ret_secret);
}

void sca_secret_free(struct sca_secret **secret)
{
    struct sca_secret *old = *secret;

    *secret = NULL;
    if (old == NULL)
        return;
    sca_wipe(old->content, old->map_len);
    munmap(old->content, old->map_len);
    free(old);
    atomic_fetch_sub(&count, 1);
}

void sca_wipe(void *data, size_t len)
{
    if (len > 0)
        explicit_bzero(data, len);
}
