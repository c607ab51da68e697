/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open batch of one credential, scheme and hash: documents that wait for the next transaction.
 * Pure: time and arrivals go in, "wait this long" or "send this many" comes out.
 *
 * Group commit: the first document waits batch-window for company; what arrives while a transaction
 * of the credential is on its way waits for its end and then travels together, but for no longer
 * than hold_ms, because a prompt that nobody answers must not block other programs.
 *
 * Where nobody is asked (a company's seal) waiting saves no confirmation. As long as more documents
 * are about than one transaction takes, a second one then follows while the first is on its way,
 * and the two share them evenly; and nobody waits for company when all who were there are there.
 */
#ifndef SCA_AGENT_BATCH_H
#define SCA_AGENT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/buf.h"

/* One document; several hosts may wait for it. */
struct sca_batch_doc {
    struct sca_bytes digest; /* borrowed from the owner */
    int64_t came_ms;
    void *owner;
};

struct sca_batch {
    struct sca_batch_doc *docs; /* in order of arrival */
    size_t count;
    size_t cap;
    size_t crowd; /* that were about at a time, waiting or on their way: as many may come again */
};

/* Settings may change while documents wait. */
struct sca_batch_rules {
    uint32_t window_ms;
    uint32_t hold_ms;
    size_t max; /* documents of one transaction, at least 1 */
};

/* What is on its way. */
struct sca_batch_way {
    size_t txns; /* transactions of this credential */
    size_t docs; /* their documents, of this batch's scheme and hash */
    bool quiet;  /* the last ones got their permission without anybody being asked, and those that
                    are on their way have it: another one would disturb nobody */
};

enum sca_batch_act {
    SCA_BATCH_EMPTY, /* nothing to do until a document comes */
    SCA_BATCH_WAIT,  /* ask again at @at_ms, or when what is on its way changes */
    SCA_BATCH_SEND,  /* take @docs now */
};

struct sca_batch_next {
    enum sca_batch_act act;
    int64_t at_ms;
    size_t docs;
};

void sca_batch_init(struct sca_batch *batch);
void sca_batch_clear(struct sca_batch *batch); /* owners are not touched */

/* The owner of the waiting document with that digest, or NULL. */
void *sca_batch_find(const struct sca_batch *batch, struct sca_bytes digest);

/* SCA_E_NOMEM. The digest must not be in the batch. */
int sca_batch_add(struct sca_batch *batch, struct sca_bytes digest, int64_t now_ms, void *owner);

/* Takes one document out; false when it is not there. */
bool sca_batch_remove(struct sca_batch *batch, const void *owner);

/* Takes the oldest out; NULL when empty. */
void *sca_batch_take(struct sca_batch *batch);

/* What to do now. Remembers how many documents are about. */
struct sca_batch_next sca_batch_next(struct sca_batch *batch, const struct sca_batch_rules *rules,
                                     const struct sca_batch_way *way, int64_t now_ms);

#endif
