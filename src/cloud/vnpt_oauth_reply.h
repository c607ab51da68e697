/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of VNPT's OAuth service ({code, codeDesc, message, content}, or OAuth's {error,
 * error_description}) and its codes. Private to the readers of wire_vnpt_oauth*.c.
 */
#ifndef SCA_CLOUD_VNPT_OAUTH_REPLY_H
#define SCA_CLOUD_VNPT_OAUTH_REPLY_H

#include "json.h"
#include "provider.h"
#include "words.h"

/* Codes that are not refusals alone. Source: document v1.1, table of error codes. */
enum {
    SCA_VNPT_OAUTH_TOKEN_OVER = 8, /* of VNPT's own programs; HTTP 401 says the same */
    SCA_VNPT_OAUTH_INTERNAL = 50000,
    SCA_VNPT_OAUTH_TXN_UNKNOWN = 62000,
    SCA_VNPT_OAUTH_TXN_EXPIRED = 62002,
    SCA_VNPT_OAUTH_EXISTS = 64002,
};

struct sca_vnpt_oauth_reply {
    int http;      /* 0 where no whole reply came */
    bool has_code; /* @code was there */
    int64_t code;
    bool success;                       /* HTTP 2xx and code 0, or 1 with content */
    bool stale;                         /* the access token is not accepted */
    json_t *root;                       /* an object, or NULL */
    const json_t *content;              /* borrowed from @root; NULL where absent or null */
    char words[SCA_WORDS_SIZE];         /* the message, folded */
    char detail[SCA_CLOUD_DETAIL_SIZE]; /* the message for people, or "HTTP 502" */
};

/* Caller clears. Never fails. */
void sca_vnpt_oauth_reply_open(const struct sca_http_reply *http,
                               struct sca_vnpt_oauth_reply *ret_reply);
void sca_vnpt_oauth_reply_clear(struct sca_vnpt_oauth_reply *reply);
#define SCA_VNPT_OAUTH_REPLY_AUTO                                                                  \
    __attribute__((cleanup(sca_vnpt_oauth_reply_clear))) struct sca_vnpt_oauth_reply

/*
 * The enum sca_err of a reply that is no success. SCA_E_NEED_AUTH: the access token is not
 * accepted; SCA_E_UNREACHABLE, SCA_E_TLS: it never arrived; SCA_E_SERVER: nothing is decided.
 */
int sca_vnpt_oauth_refusal(const struct sca_http_reply *http,
                           const struct sca_vnpt_oauth_reply *reply);

#endif
