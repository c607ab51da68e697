/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batch is a queue; what to do next follows from its length and the age of its oldest document
 * alone, so there is no state that could be wrong.
 */
#include "batch.h"

#include <stdlib.h>
#include <string.h>
#include "common/err.h"

void sca_batch_init(struct sca_batch *batch)
{
    *batch = (struct sca_batch){0};
}

void sca_batch_clear(struct sca_batch *batch)
{
    free(batch->docs);
    sca_batch_init(batch);
}

void *sca_batch_find(const struct sca_batch *batch, struct sca_bytes digest)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct sca_bytes *other = &batch->docs[i].digest;

        if (other->len == digest.len && memcmp(other->data, digest.data, digest.len) == 0)
            return batch->docs[i].owner;
    }
    return NULL;
}

int sca_batch_add(struct sca_batch *batch, struct sca_bytes digest, int64_t now_ms, void *owner)
{
    if (batch->count == batch->cap) {
        size_t cap = batch->cap != 0 ? batch->cap * 2 : 8;
        struct sca_batch_doc *docs = reallocarray(batch->docs, cap, sizeof *docs);

        if (docs == NULL)
            return SCA_E_NOMEM;
        batch->docs = docs;
        batch->cap = cap;
    }
    batch->docs[batch->count++] =
        (struct sca_batch_doc){.digest = digest, .came_ms = now_ms, .owner = owner};
    return 0;
}

static void *take_at(struct sca_batch *batch, size_t index)
{
    void *owner = batch->docs[index].owner;

    batch->count--;
    memmove(batch->docs + index, batch->docs + index + 1,
            (batch->count - index) * sizeof *batch->docs);
    return owner;
}

bool sca_batch_remove(struct sca_batch *batch, const void *owner)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->docs[i].owner == owner) {
            (void)take_at(batch, i);
            return true;
        }
    }
    return false;
}

void *sca_batch_take(struct sca_batch *batch)
{
    return batch->count != 0 ? take_at(batch, 0) : NULL;
}

struct sca_batch_next sca_batch_next(const struct sca_batch *batch,
                                     const struct sca_batch_rules *rules, bool busy, int64_t now_ms)
{
    if (batch->count == 0)
        return (struct sca_batch_next){.act = SCA_BATCH_EMPTY};

    size_t docs = batch->count < rules->max ? batch->count : rules->max;
    int64_t at_ms = batch->docs[0].came_ms + (busy ? rules->hold_ms : rules->window_ms);
    bool full = batch->count >= rules->max;
    if (now_ms >= at_ms || (full && !busy))
        return (struct sca_batch_next){.act = SCA_BATCH_SEND, .docs = docs};
    return (struct sca_batch_next){.act = SCA_BATCH_WAIT, .at_ms = at_ms};
}
