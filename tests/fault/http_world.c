/* SPDX-License-Identifier: Apache-2.0 */
/* See http_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "http_world.h"

struct sim sim;
uv_loop_t loop;
struct sca_http *http;

void http_on_done(void *arg, const struct sca_http_reply *reply)
{
    struct outcome *outcome = arg;

    outcome->calls++;
    outcome->transport = reply->transport;
    outcome->status = reply->status;
    outcome->retry_after_s = reply->retry_after_s;
    outcome->date_utc = reply->date_utc;
    outcome->len = reply->body.len;
    snprintf(outcome->detail, sizeof outcome->detail, "%s", reply->detail);
    if (outcome->free_http) {
        sca_http_free(http);
        http = NULL;
    }
}

int http_setup_group(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    sim_start(&sim);
    return 0;
}

int http_teardown_group(void **state)
{
    (void)state;
    sim_stop(&sim);
    return 0;
}

int http_setup(void **state)
{
    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_http_new(&loop, &http), 0);
    sim_reset(&sim); /* only now: who comes first says how curl allocates */
    return 0;
}

/* Nothing may be left on the loop: the agent would never go idle. */
int http_teardown(void **state)
{
    (void)state;
    sca_http_free(http);
    http = NULL;
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

struct sca_http_request request_to(const char *url, char *ret_url, size_t size)
{
    static const char body[] = "{\"sp_id\":\"x\"}";

    snprintf(ret_url, size, "%s", url);
    return (struct sca_http_request){
        .url = ret_url,
        .content_type = "application/json",
        .body = {(const uint8_t *)body, sizeof body - 1},
        .timeout_ms = 8000,
    };
}

struct outcome run_with(const struct sca_http_request *request, const char *ca_file,
                        const char *server_key)
{
    const struct sca_http_trust trust = {ca_file, server_key};
    struct outcome outcome = {0};
    struct sca_http_call *call = NULL;

    assert_int_equal(sca_http_send(http, request, &trust, http_on_done, &outcome, &call), 0);
    assert_int_equal(outcome.calls, 0); /* never from inside */
    while (outcome.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(outcome.calls, 1);
    return outcome;
}

struct outcome run(const struct sca_http_request *request, const char *ca_file)
{
    return run_with(request, ca_file, NULL);
}

struct outcome get(uint32_t timeout_ms, bool spends)
{
    char url[256];
    char text[256];

    snprintf(url, sizeof url, "%s" LIST, sim.url);
    struct sca_http_request request = request_to(url, text, sizeof text);
    request.timeout_ms = timeout_ms;
    request.spends = spends;
    return run(&request, sim.ca_file);
}

struct sca_http_call *start(struct outcome *outcome, uint32_t timeout_ms)
{
    const struct sca_http_trust trust = {sim.ca_file, NULL};
    static char text[256];
    char url[256];
    struct sca_http_call *call = NULL;

    snprintf(url, sizeof url, "%s" LIST, sim.url);
    struct sca_http_request request = request_to(url, text, sizeof text);
    request.timeout_ms = timeout_ms;
    assert_int_equal(sca_http_send(http, &request, &trust, http_on_done, outcome, &call), 0);
    return call;
}
