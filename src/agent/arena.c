/* SPDX-License-Identifier: Apache-2.0 */
/* See arena.h. */
#include "arena.h"

#include <stdlib.h>
#include <string.h>
#include "common/err.h"

#define CHUNK_SIZE (64u * 1024u)

struct sca_arena_chunk {
    struct sca_arena_chunk *next;
    uint8_t bytes[];
};

/* What is left of the chunk before is given up: with values of a kilobyte that is little. */
static int make_room(struct sca_arena *arena, size_t size)
{
    const size_t room = CHUNK_SIZE - sizeof(struct sca_arena_chunk);
    const size_t wanted = size > room ? size : room;

    if (size <= arena->left)
        return 0;
    struct sca_arena_chunk *chunk = malloc(sizeof *chunk + wanted);
    if (chunk == NULL)
        return SCA_E_NOMEM;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->next = chunk->bytes;
    arena->left = wanted;
    return 0;
}

int sca_arena_copy(struct sca_arena *arena, struct sca_bytes bytes, struct sca_bytes *ret_copy)
{
    uint8_t *copy = NULL;

    if (bytes.len == SIZE_MAX || make_room(arena, bytes.len + 1) != 0)
        return SCA_E_NOMEM;
    copy = arena->next;
    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len] = '\0';
    arena->next += bytes.len + 1;
    arena->left -= bytes.len + 1;
    *ret_copy = (struct sca_bytes){copy, bytes.len};
    return 0;
}

int sca_arena_share(struct sca_arena *arena, struct sca_bytes bytes, struct sca_bytes *ret_copy)
{
    for (size_t i = 0; i < arena->shared_count; i++) {
        if (sca_bytes_equal(arena->shared[i], bytes)) {
            *ret_copy = arena->shared[i];
            return 0;
        }
    }
    struct sca_bytes *shared =
        reallocarray(arena->shared, arena->shared_count + 1, sizeof *arena->shared);
    if (shared == NULL)
        return SCA_E_NOMEM;
    arena->shared = shared;
    int err = sca_arena_copy(arena, bytes, &shared[arena->shared_count]);
    if (err == 0)
        *ret_copy = shared[arena->shared_count++];
    return err;
}

void sca_arena_clear(struct sca_arena *arena)
{
    while (arena->chunks != NULL) {
        struct sca_arena_chunk *next = arena->chunks->next;

        free(arena->chunks);
        arena->chunks = next;
    }
    free(arena->shared);
    *arena = (struct sca_arena){0};
}
