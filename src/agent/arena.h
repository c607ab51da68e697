/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed all at once. What is put here stays where it is until then, and many small
 * things lie close together: malloc would leave holes between them that the system never gets back.
 */
#ifndef SCA_AGENT_ARENA_H
#define SCA_AGENT_ARENA_H

#include "common/buf.h"

struct sca_arena_chunk;

/* Begins as {0}. Nothing secret: it is not wiped. */
struct sca_arena {
    struct sca_arena_chunk *chunks;
    uint8_t *next; /* free room of the first chunk, */
    size_t left;   /* and its bytes */
    struct sca_bytes *shared;
    size_t shared_count;
};

/* A copy, with a NUL behind it. @ret_copy borrows from @arena. SCA_E_NOMEM. */
int sca_arena_copy(struct sca_arena *arena, struct sca_bytes bytes, struct sca_bytes *ret_copy);

/*
 * The same for what comes again and again: equal bytes are one copy. Looks at each that was shared
 * before, so for some hundred different ones at most.
 */
int sca_arena_share(struct sca_arena *arena, struct sca_bytes bytes, struct sca_bytes *ret_copy);

void sca_arena_clear(struct sca_arena *arena);

#endif
