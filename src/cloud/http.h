/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTPS for the agent's loop: libcurl's multi interface on libuv. Single-threaded, never blocks.
 * TLS 1.2 at least and always verified, no redirects, bounded replies, no cookies, no credentials
 * in URLs, proxies as curl's users expect from the environment.
 *
 * No request that has a body is ever repeated below the caller: curl silently sends a POST again
 * when a kept-alive connection dies before the first answer byte. It asks before anything leaves on
 * a connection (CURLOPT_PREREQFUNCTION), and is told no the second time, which is reported as
 * SCA_TRANSPORT_UNCERTAIN. A request that spends or acts also gets a connection of its own. All
 * others travel on kept-alive connections, and every new connection resumes the TLS session of an
 * earlier one where the server lets it: the server's certificate was checked when that one began.
 *
 * The process must ignore SIGPIPE.
 */
#ifndef SCA_CLOUD_HTTP_H
#define SCA_CLOUD_HTTP_H

#include <uv.h>
#include "http_trust.h"
#include "provider.h"

struct sca_http;
struct sca_http_call;

/* @reply is borrowed for the length of the call; the call object is gone when it returns. */
typedef void sca_http_done(void *arg, const struct sca_http_reply *reply);

/* One per loop. Sets up libcurl (OpenSSL flavour required: SCA_E_CONFIG otherwise). */
int sca_http_new(uv_loop_t *loop, struct sca_http **ret_http);

/* Cancels what is under way (done is not called) and frees when the loop lets go. */
void sca_http_free(struct sca_http *http);

/*
 * Starts one exchange; copies URL, headers, body (wiping buffers) and what is trusted.
 * @done is called once from the loop, never from inside this function.
 * SCA_E_NOMEM, SCA_E_LIMIT, SCA_E_INVAL (not an https URL, credentials in it, no time-out,
 * no body though it spends or acts).
 */
int sca_http_send(struct sca_http *http, const struct sca_http_request *request,
                  const struct sca_http_trust *trust, sca_http_done *done, void *arg,
                  struct sca_http_call **ret_call);

/*
 * To be asked once, when the connection is there and nothing of the request, which has a body, has
 * left: anything but 0 keeps it from leaving, which is reported as SCA_TRANSPORT_NOT_SENT. May
 * block for as long as the loop may, and must not cancel. Right after sca_http_send.
 */
typedef int sca_http_leaving(void *arg);
void sca_http_hold(struct sca_http_call *call, sca_http_leaving *leaving, void *arg);

/* Ends one exchange; done is not called. NULL is fine. */
void sca_http_cancel(struct sca_http_call *call);

#endif
