/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in pages of their own. The handle stands apart from the pages: where the kernel wipes
 * them in a forked child, the child sees an empty secret there and can still free it.
 */
#include "common/secret.h"

#include <stdatomic.h>
#include <stdbool.h>
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

/* A page that waits for the next secret: all zeros behind this. */
#define SPARE_MAX  8
#define SPARE_MARK UINT64_C(0x7261706573796d79)

static atomic_int count;
static _Atomic(void *) spare[SPARE_MAX];

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

/* ---- pages that are used again: most secrets are small, and live for one request --------------
 */

/* Wiped pages. False when there are enough. */
static bool keep_spare(void *page)
{
    *(uint64_t *)page = SPARE_MARK;
    for (size_t i = 0; i < SPARE_MAX; i++) {
        void *none = NULL;

        if (atomic_compare_exchange_strong(&spare[i], &none, page))
            return true;
    }
    return false;
}

/* The kernel has wiped the mark in a forked child: there the page is not locked, and no use. */
static void *take_spare(size_t len)
{
    for (size_t i = 0; i < SPARE_MAX; i++) {
        uint64_t *page = atomic_exchange(&spare[i], NULL);

        if (page != NULL && *page == SPARE_MARK) {
            *page = 0;
            return page;
        }
        if (page != NULL)
            munmap(page, len);
    }
    return NULL;
}

static void *get_pages(size_t len, size_t page)
{
    void *pages = len == page ? take_spare(len) : NULL;

    return pages != NULL ? pages : map_pages(len);
}

static void give_pages(struct content *content, size_t len, size_t page)
{
    const bool inherited = content->len == 0; /* perhaps: then it is not locked */

    sca_wipe(content, len);
    if (len != page || inherited || !keep_spare(content))
        munmap(content, len);
}

/* ---- secrets --------------------------------------------------------------------------------- */

static int make(const void *data, size_t len, struct sca_secret **ret_secret)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t need = sizeof(struct content) + len + 1;
    struct sca_secret *secret = malloc(sizeof *secret);

    if (secret == NULL)
        return SCA_E_NOMEM;
    secret->map_len = (need + page - 1) / page * page;
    secret->content = get_pages(secret->map_len, page);
    if (secret->content == NULL) {
        free(secret);
        return SCA_E_NOMEM;
    }
    if (len > 0)
        memcpy(secret->content->data, data, len); /* the NUL behind it is there: all zeros */
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
    give_pages(old->content, old->map_len, (size_t)sysconf(_SC_PAGESIZE));
    free(old);
    atomic_fetch_sub(&count, 1);
}

void sca_wipe(void *data, size_t len)
{
    if (len > 0)
        explicit_bzero(data, len);
}
