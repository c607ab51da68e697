/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of a CSC reply: a JSON object, or {error, error_description} with an HTTP status that is
 * none of 2xx. Many causes share one error and differ in the description, a fixed English sentence.
 * Private to the readers of wire_csc*.c.
 * Source: CSC API 2.0 section 10 (and 1.0.4.0 section 8), "Error handling".
 */
#ifndef SCA_CLOUD_CSC_REPLY_H
#define SCA_CLOUD_CSC_REPLY_H

#include "json.h"
#include "provider.h"
#include "words.h"

struct sca_csc_reply {
    int http;     /* 0 where no whole reply came */
    bool ok;      /* 2xx; @root may be NULL where there is no body */
    bool refused; /* in the API's own form, and decided: not 408, 425, 429, 5xx */
    json_t *root; /* or NULL */
    char error[64];
    char words[SCA_WORDS_SIZE];         /* the description, folded */
    char detail[SCA_CLOUD_DETAIL_SIZE]; /* for people */
};

/* Caller clears. Never fails. */
void sca_csc_reply_open(const struct sca_http_reply *http, struct sca_csc_reply *ret_reply);
void sca_csc_reply_clear(struct sca_csc_reply *reply);
#define SCA_CSC_REPLY_AUTO __attribute__((cleanup(sca_csc_reply_clear))) struct sca_csc_reply

/* The access token is not accepted: nothing was done. */
bool sca_csc_stale(const struct sca_csc_reply *reply);

/* Why a request was refused: an enum sca_err, never 0. */
int sca_csc_refusal(const struct sca_csc_reply *reply);

/* What came instead of a reply, or of one in the API's form. */
int sca_csc_trouble(const struct sca_http_reply *http, const struct sca_csc_reply *reply);

/*
 * How a person decided who was asked elsewhere: SCA_E_REJECTED, SCA_E_EXPIRED, or another refusal.
 * @typed: a PIN or code travelled with the request, so it may be that which was wrong.
 */
int sca_csc_verdict(const struct sca_csc_reply *reply, bool typed);

/* The work is accepted and not done yet: 202, or the words that some put into a 400. */
bool sca_csc_unfinished(const struct sca_csc_reply *reply);

#endif
