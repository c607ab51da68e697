/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all MySign replies have in common: a number and words for how it went. Private to the
 * readers of wire_mysign*.c.
 */
#ifndef SCA_CLOUD_MYSIGN_REPLY_H
#define SCA_CLOUD_MYSIGN_REPLY_H

#include "json.h"
#include "provider.h"
#include "words.h"

/* States of a transaction; those from SCA_MYSIGN_EXPIRED on also come as errors. */
enum sca_mysign_number {
    SCA_MYSIGN_PENDING = 0, /* in older clients */
    SCA_MYSIGN_DONE = 1,
    SCA_MYSIGN_WAITING = 4000,
    SCA_MYSIGN_SIGNING = 6000, /* confirmed, not signed yet */
    SCA_MYSIGN_EXPIRED = 4001,
    SCA_MYSIGN_REJECTED = 4002,
    SCA_MYSIGN_FAILED = 4004,
    SCA_MYSIGN_QUOTA = 4005,
    SCA_MYSIGN_BAD_CERT = 13004,
    SCA_MYSIGN_INTERNAL = 50000,
};

struct sca_mysign_reply {
    int http;        /* 0 where no whole reply came */
    bool success;    /* 2xx with JSON in it */
    json_t *root;    /* object or array, or NULL */
    bool has_number; /* its "status", or of a refusal its "error" */
    int64_t number;
    char words[SCA_WORDS_SIZE];         /* the message, folded */
    char detail[SCA_CLOUD_DETAIL_SIZE]; /* the message for people, or "HTTP 502" */
};

/* Caller clears. Never fails. */
void sca_mysign_reply_open(const struct sca_http_reply *http, struct sca_mysign_reply *ret_reply);
void sca_mysign_reply_clear(struct sca_mysign_reply *reply);
#define SCA_MYSIGN_REPLY_AUTO                                                                      \
    __attribute__((cleanup(sca_mysign_reply_clear))) struct sca_mysign_reply

/*
 * Why there is no success: an enum sca_err, never 0. SCA_E_NEED_AUTH: the access token is not
 * accepted; SCA_E_SERVER: nothing is decided.
 */
int sca_mysign_refusal(const struct sca_http_reply *http, const struct sca_mysign_reply *reply);

#endif
