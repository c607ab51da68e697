/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the browser comes back after a log-in: an address on this computer alone, and what the
 * browser's request there says. Pure functions; what a browser sends may come from any page that it
 * shows. Source: RFC 6749 section 4.1.2, RFC 8252 section 7.3.
 */
#ifndef SCA_AGENT_REDIRECT_H
#define SCA_AGENT_REDIRECT_H

#include <stdint.h>
#include "common/secret.h"

#define SCA_REDIRECT_HEAD_MAX  16384u /* bytes of a request's head */
#define SCA_REDIRECT_WORDS_MAX 256u

struct sca_redirect {
    char host[16];  /* "127.0.0.1", "localhost" or "[::1]" */
    uint16_t port;  /* 0: any that is free */
    char path[200]; /* begins with a slash */
};

/*
 * "http://127.0.0.1[:PORT]/PATH", the same with localhost and [::1]; the path of letters, digits
 * and "-._~/" alone. SCA_E_FORMAT, SCA_E_LIMIT.
 */
int sca_redirect_parse(const char *text, struct sca_redirect *ret_redirect);

/* The address with @port, as the service is told it. */
#define SCA_REDIRECT_URI_SIZE 256
void sca_redirect_uri(const struct sca_redirect *redirect, uint16_t port,
                      char ret_uri[static SCA_REDIRECT_URI_SIZE]);

/*
 * Reads the head of a request ("GET /path?code=...&state=... HTTP/1.1", up to the empty line).
 * 0: @ret_code, which the caller frees.
 * SCA_E_NOENT: not the request that is waited for (another path, method or @state): to be answered
 * 404, the wait goes on.
 * SCA_E_REJECTED: the person refused. SCA_E_REFUSED: the service did, @ret_words says why.
 * SCA_E_NOMEM.
 */
int sca_redirect_read(struct sca_bytes head, const char *path, const char *state,
                      struct sca_secret **ret_code, char ret_words[static SCA_REDIRECT_WORDS_MAX]);

#endif
