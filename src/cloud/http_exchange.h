/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTPS request and its reply as a curl easy handle; for http.c, which runs it on the loop. */
#ifndef SCA_CLOUD_HTTP_EXCHANGE_H
#define SCA_CLOUD_HTTP_EXCHANGE_H

#include <curl/curl.h>
#include "common/buf.h"
#include "http_key.h"
#include "http_trust.h"
#include "provider.h"

struct sca_http_exchange {
    CURL *easy;
    struct curl_slist *headers;
    struct sca_buf body;
    bool left;                 /* has a body that was let go: the service may have acted on it */
    int (*leaving)(void *arg); /* asked before that; NULL: nobody is */
    void *leaving_arg;
    struct sca_buf reply;
    char *retry_after;
    int64_t date_utc;
    char error[CURL_ERROR_SIZE];
    char shown_key[SCA_HTTP_KEY_SIZE]; /* where it was not the one expected */
};

/*
 * Sets up @exchange (zeroed, and not moved from here on) for @request; copies all of it. Clear it
 * also after a failure. SCA_E_INVAL (not https, no host, credentials in the URL, no time-out,
 * no body though it spends or acts, line break in a header), SCA_E_LIMIT, SCA_E_NOMEM.
 */
int sca_http_exchange_init(struct sca_http_exchange *exchange,
                           const struct sca_http_request *request,
                           const struct sca_http_trust *trust);

/* What came of it, when curl has ended it with @code. Borrows from @exchange. */
void sca_http_exchange_reply(struct sca_http_exchange *exchange, CURLcode code,
                             struct sca_http_reply *ret_reply);

/* Wipes and frees. */
void sca_http_exchange_clear(struct sca_http_exchange *exchange);

#endif
