/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTPS against the simulator: what counts as sent, whom we trust, and that no reply is too large,
 * too slow or too odd.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "cloud/http.h"
#include "cloud/http_key.h"
#include "common/clock.h"
#include "sim.h"

#define LIST "/v1/credentials/get_certificate"

static struct sim sim;
static uv_loop_t loop;
static struct sca_http *http;

/* What one exchange came to. */
struct outcome {
    int calls;
    enum sca_transport transport;
    int status;
    uint32_t retry_after_s;
    int64_t date_utc;
    size_t len;
    char detail[256];
    bool free_http; /* from inside done */
};

static void on_done(void *arg, const struct sca_http_reply *reply)
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

static int setup_group(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    sim_start(&sim);
    return 0;
}

static int teardown_group(void **state)
{
    (void)state;
    sim_stop(&sim);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    sim_reset(&sim);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_http_new(&loop, &http), 0);
    return 0;
}

/* Nothing may be left on the loop: the agent would never go idle. */
static int teardown(void **state)
{
    (void)state;
    sca_http_free(http);
    http = NULL;
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

static struct sca_http_request request_to(const char *url, char *ret_url, size_t size)
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

static struct outcome run_with(const struct sca_http_request *request, const char *ca_file,
                               const char *server_key)
{
    const struct sca_http_trust trust = {ca_file, server_key};
    struct outcome outcome = {0};
    struct sca_http_call *call = NULL;

    assert_int_equal(sca_http_send(http, request, &trust, on_done, &outcome, &call), 0);
    assert_int_equal(outcome.calls, 0); /* never from inside */
    while (outcome.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(outcome.calls, 1);
    return outcome;
}

static struct outcome run(const struct sca_http_request *request, const char *ca_file)
{
    return run_with(request, ca_file, NULL);
}

static struct outcome get(uint32_t timeout_ms, bool spends)
{
    char url[256];
    char text[256];

    snprintf(url, sizeof url, "%s" LIST, sim.url);
    struct sca_http_request request = request_to(url, text, sizeof text);
    request.timeout_ms = timeout_ms;
    request.spends = spends;
    return run(&request, sim.ca_file);
}

static void test_plain(void **state)
{
    struct outcome outcome = get(8000, false);

    (void)state;
    assert_int_equal(outcome.transport, SCA_TRANSPORT_OK);
    assert_int_equal(outcome.status, 400); /* the body above is no good request */
    assert_true(outcome.len > 0);
    assert_true(llabs(outcome.date_utc - sca_now_utc()) < 60);
    assert_int_equal(sim_count(&sim, "connections"), 1);
    get(8000, false);
    assert_int_equal(sim_count(&sim, "reused_connections"), 1); /* kept alive */
    get(8000, true);
    assert_int_equal(sim_count(&sim, "reused_connections"), 1); /* but not for what spends */
}

/* Handshakes in which keys were exchanged and the server's certificate was checked. */
static int full_handshakes(void)
{
    return sim_count(&sim, "tls_handshakes") - sim_count(&sim, "tls_resumed");
}

/* Signature after signature costs one full handshake; a lost line costs a short one. */
static void test_one_handshake(void **state)
{
    (void)state;
    for (int signature = 0; signature < 5; signature++) {
        assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
        for (int look = 0; look < 4; look++)
            assert_int_equal(get(8000, false).transport, SCA_TRANSPORT_OK);
    }
    assert_int_equal(full_handshakes(), 1);
    assert_int_equal(sim_count(&sim, "connections"), 5); /* one for each that spends */
    assert_int_equal(sim_count(&sim, "reused_connections"), 20);

    sim_order(&sim, "/listen", "{\"on\":false}");
    sim_order(&sim, "/listen", "{\"on\":true}");
    assert_int_equal(get(8000, false).transport, SCA_TRANSPORT_OK);
    assert_int_equal(full_handshakes(), 1);
    assert_int_equal(sim_count(&sim, "connections"), 6);
}

/* A service may forget sessions: then the whole handshake comes again, and the check with it. */
static void test_sessions_and_certificates(void **state)
{
    static const char *const wrong[] = {"wrong-host", "expired", "other-ca"};
    char order[64];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
        snprintf(order, sizeof order, "{\"tls_certificate\":\"%s\"}", wrong[i]);
        sim_order(&sim, "/switch", order);
        assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_TLS);
        sim_order(&sim, "/switch", "{\"tls_certificate\":\"good\"}");
    }
    assert_int_equal(sim_count(&sim, "requests_total"), 3);
}

/* Sessions belong to one ca-file and one pin: others do not profit from them. */
static void test_sessions_and_trust(void **state)
{
    static const char pin[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    char url[256];
    char text[256];
    char other[512];

    (void)state;
    assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
    snprintf(url, sizeof url, "%s" LIST, sim.url);
    snprintf(other, sizeof other, "%s/root.pem", sim.dir); /* a CA, but not the server's */
    struct sca_http_request request = request_to(url, text, sizeof text);
    for (int spends = 0; spends < 2; spends++) {
        request.spends = spends == 1;
        assert_int_equal(run(&request, other).transport, SCA_TRANSPORT_TLS);
        assert_int_equal(run(&request, NULL).transport, SCA_TRANSPORT_TLS);
        assert_int_equal(run_with(&request, sim.ca_file, pin).transport, SCA_TRANSPORT_KEY);
    }
    assert_int_equal(sim_count(&sim, "requests_total"), 1);
}

static void test_bad_urls(void **state)
{
    static const char *const urls[] = {
        "http://127.0.0.1/",       "ftp://127.0.0.1/",       "127.0.0.1",         "", "https://",
        "https://user@127.0.0.1/", "https://u:p@127.0.0.1/", "file:///etc/passwd"};
    const struct sca_http_trust no_trust = {NULL, NULL};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        char text[256];
        struct outcome outcome = {0};
        struct sca_http_call *call = NULL;
        struct sca_http_request request = request_to(urls[i], text, sizeof text);
        assert_int_equal(sca_http_send(http, &request, &no_trust, on_done, &outcome, &call),
                         SCA_E_INVAL);
        assert_null(call);
    }
}

/* ---- what counts as sent --------------------------------------------------------------------- */

static void test_not_sent(void **state)
{
    static const char *const faults[] = {
        "{\"action\":\"refuse-connection\"}",
        "{\"action\":\"tls-garbage\"}",
        "{\"action\":\"tls-stall\",\"seconds\":5}",
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sim_order(&sim, "/fault", faults[i]);
        struct outcome outcome = get(i == 2 ? 300 : 8000, true);
        assert_int_equal(outcome.transport, SCA_TRANSPORT_NOT_SENT);
        assert_true(strlen(outcome.detail) > 0);
    }
    sim_order(&sim, "/listen", "{\"on\":false}");
    assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_NOT_SENT);
    sim_order(&sim, "/listen", "{\"on\":true}");

    char text[256];
    struct sca_http_request request = request_to("https://nowhere.invalid/", text, sizeof text);
    request.timeout_ms = 2000;
    assert_int_equal(run(&request, NULL).transport, SCA_TRANSPORT_NOT_SENT);
    assert_int_equal(sim_count(&sim, "requests_total"), 0);
}

static void test_uncertain(void **state)
{
    static const char *const faults[] = {
        "{\"action\":\"act-then-reset\"}", "{\"action\":\"act-then-close\"}",
        "{\"action\":\"truncate\"}",       "{\"action\":\"truncate\",\"size\":9}",
        "{\"action\":\"huge\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        sim_order(&sim, "/fault", faults[i]);
        struct outcome outcome = get(8000, true);
        assert_int_equal(outcome.transport, SCA_TRANSPORT_UNCERTAIN);
        assert_true(strlen(outcome.detail) > 0);
    }
}

/* The end comes before the body is read: whether a byte of it had left is a matter of luck. */
static void test_ended_before(void **state)
{
    (void)state;
    sim_order(&sim, "/fault", "{\"action\":\"reset-before\"}");
    assert_int_not_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
    sim_order(&sim, "/fault", "{\"action\":\"close-before\"}");
    assert_int_not_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
}

static void test_timeouts(void **state)
{
    (void)state;
    sim_order(&sim, "/fault", "{\"action\":\"stall\",\"seconds\":5}");
    assert_int_equal(get(300, true).transport, SCA_TRANSPORT_UNCERTAIN);
    sim_order(&sim, "/fault", "{\"action\":\"drip\",\"seconds\":20}");
    assert_int_equal(get(500, true).transport, SCA_TRANSPORT_UNCERTAIN);
    sim_order(&sim, "/fault", "{\"action\":\"drip\",\"seconds\":0.2,\"size\":7}");
    assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
    sim_order(&sim, "/fault", "{\"action\":\"chunked\"}");
    assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
}

/*
 * A server acts, then drops the kept-alive connection: curl must not send the request again, be it
 * one that spends (it has a connection of its own) or not (its caller must know that it may have
 * arrived).
 */
static void test_dropped_reuse(void **state)
{
    static const char *const drops[] = {
        "{\"action\":\"act-then-close\",\"connection\":\"reused\"}",
        "{\"action\":\"act-then-reset\",\"connection\":\"reused\"}",
    };
    int requests = 0;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        get(8000, false);
        sim_order(&sim, "/fault", drops[i]);
        assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
        assert_int_equal(sim_count(&sim, "faults_used"), (int)i);
        assert_int_equal(get(8000, false).transport, SCA_TRANSPORT_UNCERTAIN);
        assert_int_equal(sim_count(&sim, "faults_used"), (int)i + 1);
        requests += 3;
        assert_int_equal(sim_count(&sim, "requests:" LIST), requests);
    }
}

/* The same on the fresh connection of a request that spends, which goes on with an old session. */
static void test_dropped_resumption(void **state)
{
    static const char *const drops[] = {
        "{\"action\":\"act-then-close\"}",
        "{\"action\":\"act-then-reset\"}",
        "{\"action\":\"close-before\"}",
        "{\"action\":\"reset-before\"}",
    };

    (void)state;
    for (int i = 0; i < 4; i++) {
        sim_order(&sim, "/reset", "{}");
        get(8000, false);
        sim_order(&sim, "/fault", drops[i]);
        enum sca_transport transport = get(8000, true).transport;
        if (i < 2)
            assert_int_equal(transport, SCA_TRANSPORT_UNCERTAIN);
        else
            assert_int_not_equal(transport, SCA_TRANSPORT_OK);
        assert_int_equal(sim_count(&sim, "faults_used"), 1);
        assert_int_equal(sim_count(&sim, "requests_total"), 2);
        assert_true(sim_count(&sim, "tls_resumed") >= 1);
    }
}

/* ---- whom we trust --------------------------------------------------------------------------- */

static void test_tls(void **state)
{
    static const char *const wrong[] = {
        "{\"tls_certificate\":\"wrong-host\"}",
        "{\"tls_certificate\":\"expired\"}",
        "{\"tls_certificate\":\"other-ca\"}",
    };
    char url[256];
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        sim_order(&sim, "/switch", wrong[i]);
        struct outcome outcome = get(8000, true);
        assert_int_equal(outcome.transport, SCA_TRANSPORT_TLS);
        assert_true(strlen(outcome.detail) > 0);
    }
    sim_order(&sim, "/switch", "{\"tls_certificate\":\"good\"}");
    snprintf(url, sizeof url, "%s" LIST, sim.url);
    struct sca_http_request request = request_to(url, text, sizeof text);
    assert_int_equal(run(&request, NULL).transport, SCA_TRANSPORT_TLS); /* the system's CAs only */
    assert_int_equal(run(&request, "/nonexistent/ca.pem").transport, SCA_TRANSPORT_TLS);
    assert_int_equal(sim_count(&sim, "requests_total"), 0);
    assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
}

/* The key must be one of those given, beside all other checks; the one that was shown is told. */
static void test_server_key(void **state)
{
    static const char other[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    char url[256];
    char text[256];
    char both[512];

    (void)state;
    snprintf(url, sizeof url, "%s" LIST, sim.url);
    struct sca_http_request request = request_to(url, text, sizeof text);
    struct outcome outcome = run_with(&request, sim.ca_file, other);
    assert_int_equal(outcome.transport, SCA_TRANSPORT_KEY);
    assert_true(sca_http_key_valid(outcome.detail));
    assert_int_equal(sim_count(&sim, "requests_total"), 0);
    snprintf(both, sizeof both, "%s;%s", other, outcome.detail);
    assert_int_equal(run_with(&request, sim.ca_file, both).transport, SCA_TRANSPORT_OK);
    assert_int_equal(run_with(&request, sim.ca_file, outcome.detail).transport, SCA_TRANSPORT_OK);
    /* a connection that is kept alive was made without that pin */
    assert_int_equal(run_with(&request, sim.ca_file, other).transport, SCA_TRANSPORT_KEY);
    assert_int_equal(run_with(&request, NULL, outcome.detail).transport, SCA_TRANSPORT_TLS);
    sim_order(&sim, "/switch", "{\"tls_certificate\":\"wrong-host\"}");
    sim_order(&sim, "/listen", "{\"on\":false}");
    sim_order(&sim, "/listen", "{\"on\":true}");
    request.spends = true;
    assert_int_equal(run_with(&request, sim.ca_file, outcome.detail).transport, SCA_TRANSPORT_TLS);
}

static void test_pins(void **state)
{
    static const char good[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    static const char *const bad[] = {
        "",
        "/etc/key.pem",
        "sha256//",
        "sha256//AAAA",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "sha256//AAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAA=",
        "sha1//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;",
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;/etc/key.pem",
    };
    char both[256];

    (void)state;
    assert_true(sca_http_key_valid(good));
    snprintf(both, sizeof both, "%s;%s", good, good);
    assert_true(sca_http_key_valid(both));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(sca_http_key_valid(bad[i]));
}

static void copy_file(const char *from, const char *to)
{
    char content[16384];
    FILE *in = fopen(from, "r");
    FILE *out = fopen(to, "w");

    assert_true(in != NULL && out != NULL);
    size_t len = fread(content, 1, sizeof content, in);
    assert_true(len > 0 && len < sizeof content);
    assert_int_equal(fwrite(content, 1, len, out), len);
    assert_int_equal(fclose(in) | fclose(out), 0);
}

/* Somebody mends the file while the agent runs: the next request must see it. */
static void test_ca_file_changes(void **state)
{
    char ca_file[] = "/tmp/test-http-ca.XXXXXX";
    char other[512];
    char url[256];
    char text[256];
    int fd = mkstemp(ca_file);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    snprintf(other, sizeof other, "%s/root.pem", sim.dir); /* a CA, but not the server's */
    snprintf(url, sizeof url, "%s" LIST, sim.url);
    struct sca_http_request request = request_to(url, text, sizeof text);
    copy_file(other, ca_file);
    assert_int_equal(run(&request, ca_file).transport, SCA_TRANSPORT_TLS);
    copy_file(sim.ca_file, ca_file);
    assert_int_equal(run(&request, ca_file).transport, SCA_TRANSPORT_OK);
    unlink(ca_file);
}

static void test_redirect(void **state)
{
    char order[512];

    (void)state;
    snprintf(order, sizeof order, "{\"action\":\"redirect\",\"location\":\"%s" LIST "\"}", sim.url);
    sim_order(&sim, "/fault", order);
    struct outcome outcome = get(8000, false);
    assert_int_equal(outcome.transport, SCA_TRANSPORT_OK);
    assert_int_equal(outcome.status, 307);
    assert_int_equal(sim_count(&sim, "requests_total"), 1);
}

/* ---- headers --------------------------------------------------------------------------------- */

static uint32_t retry_after(const char *value)
{
    char order[256];

    snprintf(order, sizeof order,
             "{\"action\":\"status\",\"status\":503,\"headers\":{\"Retry-After\":\"%s\"}}", value);
    sim_order(&sim, "/fault", order);
    struct outcome outcome = get(8000, false);
    assert_int_equal(outcome.transport, SCA_TRANSPORT_OK);
    assert_int_equal(outcome.status, 503);
    return outcome.retry_after_s;
}

static void test_retry_after(void **state)
{
    char date[64];
    time_t later = (time_t)sca_now_utc() + 100;
    struct tm parts;

    (void)state;
    assert_int_equal(retry_after("7"), 7);
    assert_int_equal(retry_after("99999999999999999999"), 86400);
    assert_int_equal(retry_after("soon"), 0);
    assert_int_equal(retry_after("-5"), 0);
    assert_int_equal(retry_after(""), 0);
    assert_int_equal(retry_after("Fri, 01 Jan 1999 00:00:00 GMT"), 0);
    assert_non_null(gmtime_r(&later, &parts));
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    uint32_t seconds = retry_after(date);
    assert_true(seconds >= 60 && seconds <= 100);
}

static void test_date(void **state)
{
    (void)state;
    sim_order(&sim, "/fault", "{\"action\":\"bad-date\",\"seconds\":-86400}");
    struct outcome outcome = get(8000, false);
    assert_true(llabs(outcome.date_utc - (sca_now_utc() - 86400)) < 60);
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static struct sca_http_call *start(struct outcome *outcome, uint32_t timeout_ms)
{
    const struct sca_http_trust trust = {sim.ca_file, NULL};
    static char text[256];
    char url[256];
    struct sca_http_call *call = NULL;

    snprintf(url, sizeof url, "%s" LIST, sim.url);
    struct sca_http_request request = request_to(url, text, sizeof text);
    request.timeout_ms = timeout_ms;
    assert_int_equal(sca_http_send(http, &request, &trust, on_done, outcome, &call), 0);
    return call;
}

static void test_cancel(void **state)
{
    struct outcome outcome = {0};

    (void)state;
    sca_http_cancel(NULL);
    sca_http_cancel(start(&outcome, 8000)); /* before anything happened */
    sim_order(&sim, "/fault", "{\"action\":\"act-then-stall\",\"seconds\":5}");
    struct sca_http_call *call = start(&outcome, 8000);
    for (int i = 0; i < 20 && sim_count(&sim, "faults_used") == 0; i++)
        uv_run(&loop, UV_RUN_ONCE);
    sca_http_cancel(call); /* in the middle */
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(outcome.calls, 0);
    assert_int_equal(get(8000, false).transport, SCA_TRANSPORT_OK);
}

static void test_free_under_way(void **state)
{
    struct outcome outcome = {0};

    (void)state;
    start(&outcome, 8000);
    start(&outcome, 8000);
    uv_run(&loop, UV_RUN_ONCE);
    sca_http_free(http);
    http = NULL;
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(outcome.calls, 0);
}

static void test_free_in_done(void **state)
{
    struct outcome outcome = {.free_http = true};

    (void)state;
    start(&outcome, 8000);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(outcome.calls, 1);
    assert_int_equal(outcome.transport, SCA_TRANSPORT_OK);
}

static void test_many(void **state)
{
    struct outcome outcome = {0};

    (void)state;
    for (int i = 0; i < 12; i++)
        start(&outcome, 8000);
    while (outcome.calls < 12)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(outcome.transport, SCA_TRANSPORT_OK);
}

/* The loop goes on while a server says nothing. */
static void on_tick(uv_timer_t *timer)
{
    int *ticks = timer->data;
    (*ticks)++;
}

static void test_never_blocks(void **state)
{
    struct outcome outcome = {0};
    uv_timer_t timer;
    int ticks = 0;

    (void)state;
    sim_order(&sim, "/fault", "{\"action\":\"tls-stall\",\"seconds\":3}");
    uv_timer_init(&loop, &timer);
    timer.data = &ticks;
    uv_timer_start(&timer, on_tick, 10, 10);
    start(&outcome, 600);
    while (outcome.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(ticks >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_handshake, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sessions_and_certificates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sessions_and_trust, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_urls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uncertain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ended_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_timeouts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dropped_reuse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dropped_resumption, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_server_key, setup, teardown),
        cmocka_unit_test(test_pins),
        cmocka_unit_test_setup_teardown(test_ca_file_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_redirect, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retry_after, setup, teardown),
        cmocka_unit_test_setup_teardown(test_date, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_free_under_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_free_in_done, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_blocks, setup, teardown),
    };
    return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
