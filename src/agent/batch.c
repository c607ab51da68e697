/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batch is a queue; what to do next follows from its length, the age of its oldest document and
 * what is on its way. The one thing that is remembered, how many were about, only ever hastens.
 */
#include "batch.h"

#include <stdlib.h>
#include <string.h>
#include "common/err.h"

#define TXNS_MAX 2u /* of one credential at a time: one is prepared while the other is signed */

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

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* More are about than one transaction takes, and nobody would be asked twice. */
static bool shared(const struct sca_batch *batch, const struct sca_batch_rules *rules,
                   const struct sca_batch_way *way)
{
    return way->quiet && batch->crowd > rules->max;
}

static bool busy(const struct sca_batch *batch, const struct sca_batch_rules *rules,
                 const struct sca_batch_way *way)
{
    return way->txns >= TXNS_MAX || (way->txns > 0 && !shared(batch, rules, way));
}

struct sca_batch_next sca_batch_next(struct sca_batch *batch, const struct sca_batch_rules *rules,
                                     const struct sca_batch_way *way, int64_t now_ms)
{
    const size_t about = batch->count + way->docs;

    if (about > batch->crowd)
        batch->crowd = about;
    if (batch->count == 0)
        return (struct sca_batch_next){.act = SCA_BATCH_EMPTY};

    const bool held = busy(batch, rules, way);
    const size_t share = smaller((batch->crowd + 1) / 2, rules->max);
    const size_t enough = shared(batch, rules, way) ? share : rules->max;
    const int64_t at_ms = batch->docs[0].came_ms + (held ? rules->hold_ms : rules->window_ms);
    const bool all = way->quiet && about >= batch->crowd;
    if (now_ms < at_ms && (held || (batch->count < enough && !all)))
        return (struct sca_batch_next){.act = SCA_BATCH_WAIT, .at_ms = at_ms};
    if (now_ms >= at_ms && !all)
        batch->crowd = about; /* who has not come by now does not come */
    return (struct sca_batch_next){
        .act = SCA_BATCH_SEND,
        .docs = smaller(batch->count, way->txns == 0 ? rules->max : enough),
    };
}
