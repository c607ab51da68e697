/* SPDX-License-Identifier: Apache-2.0 */
/* Wiping what others leave behind. See wiping.h. */
#include "common/wiping.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "common/secret.h"

void sca_wiping_free(void *block)
{
    if (block != NULL)
        sca_wipe(block, malloc_usable_size(block));
    free(block);
}

void *sca_wiping_realloc(void *block, size_t size)
{
    if (block == NULL)
        return malloc(size);
    if (size == 0) {
        sca_wiping_free(block);
        return NULL;
    }
    void *moved = malloc(size);
    if (moved == NULL)
        return NULL;
    size_t old = malloc_usable_size(block);
    memcpy(moved, block, old < size ? old : size);
    sca_wiping_free(block);
    return moved;
}
