/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service's reply to a sign, status or confirm request means, in the terms of every
 * provider. The readers of wire_*.c fill it, the flows act on it.
 */
#ifndef SCA_CLOUD_ANSWER_H
#define SCA_CLOUD_ANSWER_H

#include "json.h"
#include "provider.h"

#define SCA_ANSWER_ID_SIZE 128 /* of a service's own transaction id, NUL included */

enum sca_answer_class {
    SCA_ANSWER_DONE,      /* a usable signature for every document */
    SCA_ANSWER_PENDING,   /* the transaction exists, nothing is signed yet */
    SCA_ANSWER_EXISTS,    /* sign: the service had this transaction before */
    SCA_ANSWER_REJECTED,  /* by the person */
    SCA_ANSWER_EXPIRED,   /* not confirmed in time */
    SCA_ANSWER_NOT_FOUND, /* status: no such transaction */
    SCA_ANSWER_REFUSED,   /* for the reason in @err */
    SCA_ANSWER_STALE,     /* the access token is over; certain that nothing was done */
    SCA_ANSWER_STRANGE, /* signatures that do not fit the documents: missing, doubled, unreadable */
    SCA_ANSWER_TROUBLE, /* nothing to rely on: transport, 429, 5xx, not the service's own words */
};

struct sca_answer {
    enum sca_answer_class class;
    int err;              /* REFUSED: why; TROUBLE: what the words hint at, or 0 */
    enum sca_spent spent; /* REJECTED, EXPIRED, REFUSED: whether the words make it certain */
    char detail[SCA_CLOUD_DETAIL_SIZE];    /* printable */
    char provider_txn[SCA_ANSWER_ID_SIZE]; /* the service's own id, or "" */
    struct sca_secret *sad;                /* signature activation data, or NULL */
    uint32_t sad_life_s;
    struct sca_buf *signatures; /* DONE: @count of them, in the order of the documents; else NULL */
    size_t count;
};

void sca_answer_clear(struct sca_answer *answer);
void sca_answer_refuse(struct sca_answer *answer, int err, enum sca_spent spent);

/* Keeps the service's own transaction id, unless it is absent or too long. */
void sca_answer_take_txn(struct sca_answer *answer, const char *provider_txn);

enum sca_match {
    SCA_MATCH_NONE,     /* nothing is signed yet */
    SCA_MATCH_COMPLETE, /* each document once; the signatures are in the answer */
    SCA_MATCH_STRANGE,
};

/*
 * Takes an array of base64 texts as the signatures of @count documents, by position. Absent, null,
 * empty or all of it empty texts is SCA_MATCH_NONE; another number of them, or one that cannot be
 * read, SCA_MATCH_STRANGE. Memory trouble is SCA_MATCH_NONE: the next look will see.
 */
enum sca_match sca_answer_positional(const json_t *items, size_t count, struct sca_answer *answer);

/* Where an item of a list of results says what. */
struct sca_match_keys {
    const char *id;
    const char *values[2]; /* base64; the first that is not empty. The second may be NULL */
    const char *digest;    /* base64 of the document's digest, where the item brings it; or NULL */
};

/*
 * Finds the signature of each document by its id in @items, an array of objects. Absent, null, or
 * with documents whose signature is still empty is SCA_MATCH_NONE, as is memory trouble. A doubled
 * id, another digest than the document's, a signature that cannot be read, or a document that is
 * left out is SCA_MATCH_STRANGE; items of nobody's document do no harm beside all the others.
 */
enum sca_match sca_answer_named(const json_t *items, const struct sca_match_keys *keys,
                                const struct sca_cloud_doc *docs, size_t count,
                                struct sca_answer *answer);

/* HTTP statuses after which nothing is decided: 408, 425, 429, 5xx. */
bool sca_http_undecided(int64_t status);

/* Why there is no reply: SCA_E_UNREACHABLE, SCA_E_TLS, SCA_E_SERVER_KEY: nothing was sent;
 * SCA_E_SERVER: it may have arrived. 0 where there is one. */
int sca_transport_err(enum sca_transport transport);

#endif
