/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For programs in which memory runs out on order (tests/fail). libcurl 7.88 frees a name twice
 * where memory was out while it kept a TLS session (Curl_ssl_addsessionid): that is left to it. The
 * linker turns the call in cloud/http_exchange.c to what follows.
 */
#include <openssl/ssl.h>
#include "fail.h"

static int (*keeps)(SSL *ssl, SSL_SESSION *session); /* libcurl's */

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    fail_pause(true);
    const int kept = keeps(ssl, session);
    fail_pause(false);
    return kept;
}

uint64_t __real_SSL_CTX_set_options(SSL_CTX *context, uint64_t options);
uint64_t __wrap_SSL_CTX_set_options(SSL_CTX *context, uint64_t options);

uint64_t __wrap_SSL_CTX_set_options(SSL_CTX *context, uint64_t options)
{
    keeps = SSL_CTX_sess_get_new_cb(context);
    if (keeps != NULL)
        SSL_CTX_sess_set_new_cb(context, keep_session);
    return __real_SSL_CTX_set_options(context, options);
}
