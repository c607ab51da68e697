/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of an sp769 reply ({status_code, message, data}) and what its words mean. Private to
 * the readers of wire_sp769*.c.
 */
#ifndef SCA_CLOUD_SP769_REPLY_H
#define SCA_CLOUD_SP769_REPLY_H

#include "json.h"
#include "provider.h"
#include "words.h"

struct sca_sp769_reply {
    int http;                   /* 0 where no whole reply came */
    bool ours;                  /* a JSON object that says how it went: @code is set */
    int64_t code;               /* status_code, or the HTTP status of a 4xx that has only words */
    bool success;               /* HTTP 2xx and status_code 200 (0 in test doubles) */
    json_t *root;               /* or NULL */
    const json_t *data;         /* borrowed from @root; NULL where it is not an object */
    char words[SCA_WORDS_SIZE]; /* the message, folded */
    char detail[SCA_CLOUD_DETAIL_SIZE]; /* the message for people, or "HTTP 502" */
};

/* Caller clears. Never fails. */
void sca_sp769_reply_open(const struct sca_http_reply *http, struct sca_sp769_reply *ret_reply);
void sca_sp769_reply_clear(struct sca_sp769_reply *reply);
#define SCA_SP769_REPLY_AUTO __attribute__((cleanup(sca_sp769_reply_clear))) struct sca_sp769_reply

/* HTTP, or the service's own code, says that nothing is decided: 408, 425, 429, 5xx. */
bool sca_sp769_http_undecided(const struct sca_sp769_reply *reply);
bool sca_sp769_code_undecided(const struct sca_sp769_reply *reply);

/* The enum sca_err of a refusal of list, sign or confirm: from its words first, then its code. */
int sca_sp769_refusal(const struct sca_sp769_reply *reply);

/* What a message says about the fate of a transaction. */
enum sca_sp769_fate {
    SCA_SP769_FATE_NONE,
    SCA_SP769_FATE_WAITING,
    SCA_SP769_FATE_REJECTED,
    SCA_SP769_FATE_EXPIRED,
    SCA_SP769_FATE_TIMEOUT, /* of what, is not said */
    SCA_SP769_FATE_UNKNOWN, /* no such transaction */
};
enum sca_sp769_fate sca_sp769_fate(const struct sca_sp769_reply *reply);

/* "duplicate", "already exists": the service has a transaction of this id. */
bool sca_sp769_says_exists(const struct sca_sp769_reply *reply);

/* "already confirmed": an answer to a confirm that came before. */
bool sca_sp769_says_confirmed(const struct sca_sp769_reply *reply);

/* Clear words that a certificate cannot be used (any status field of a listing). */
bool sca_sp769_says_blocked(const char *status);

#endif
