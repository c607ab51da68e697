/* SPDX-License-Identifier: Apache-2.0 */
/* See heap.h. Both are the C library's own ways, so only where that is glibc. */
#include "heap.h"

#include <malloc.h>

#define LARGE_SIZE (128 * 1024) /* bytes; glibc's first idea, too */

/*
 * A reply, a listing's text or an image gets a mapping of its own, which is gone when it is freed.
 * Left alone, glibc takes the first freed one (up to 32 MiB) for the new size from which that is
 * so, and puts all later ones between what stays.
 */
void sca_heap_prepare(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_SIZE);
#endif
}

void sca_heap_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}
