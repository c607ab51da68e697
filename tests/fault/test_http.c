/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTPS against the simulator: what counts as sent, and that no reply is too large, too slow or too
 * odd.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "common/clock.h"
#include "fail.h"
#include "http_world.h"

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

/* What curl could repeat must not be more than a question. */
static void test_once_with_a_body(void **state)
{
    const struct sca_http_trust trust = {sim.ca_file, NULL};
    struct outcome outcome = {0};
    struct sca_http_call *call = NULL;

    (void)state;
    for (int spends = 0; spends < 2; spends++) {
        char text[256];
        struct sca_http_request request = request_to("https://127.0.0.1/", text, sizeof text);
        request.body.len = 0;
        request.spends = spends == 1;
        request.acts = spends == 0;
        assert_int_equal(sca_http_send(http, &request, &trust, http_on_done, &outcome, &call),
                         SCA_E_INVAL);
    }
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
        assert_int_equal(sca_http_send(http, &request, &no_trust, http_on_done, &outcome, &call),
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
    /* On a line that is up, for what has not left when the time is over was not sent. */
    get(8000, false);
    sim_order(&sim, "/fault", "{\"action\":\"stall\",\"seconds\":60,\"connection\":\"reused\"}");
    assert_int_equal(get(500, false).transport, SCA_TRANSPORT_UNCERTAIN);
    get(8000, false);
    sim_order(&sim, "/fault", "{\"action\":\"drip\",\"seconds\":60,\"connection\":\"reused\"}");
    assert_int_equal(get(500, false).transport, SCA_TRANSPORT_UNCERTAIN);
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

/* ---- holding --------------------------------------------------------------------------------- */

struct gate {
    int verdict;
    int asked;
    int connections; /* that the service saw until then */
    int requests;
};

static int on_leaving(void *arg)
{
    struct gate *gate = arg;

    gate->asked++;
    gate->connections = sim_count(&sim, "connections");
    gate->requests = sim_count(&sim, "requests_total");
    return gate->verdict;
}

static struct outcome get_through(struct gate *gate)
{
    struct outcome outcome = {0};

    sca_http_hold(start(&outcome, 8000), on_leaving, gate);
    while (outcome.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    return outcome;
}

/* Asked with the line up and before anything is sent; what is held never arrives. */
static void test_hold(void **state)
{
    struct gate gate = {.verdict = SCA_E_IO};

    (void)state;
    assert_int_equal(get_through(&gate).transport, SCA_TRANSPORT_NOT_SENT);
    assert_int_equal(gate.asked, 1);
    assert_int_equal(gate.connections, 1);
    assert_int_equal(gate.requests, 0);
    gate = (struct gate){.verdict = 0};
    assert_int_equal(get_through(&gate).transport, SCA_TRANSPORT_OK);
    assert_int_equal(gate.asked, 1);
    assert_int_equal(gate.requests, 0);
    assert_int_equal(sim_count(&sim, "requests_total"), 1);
    gate = (struct gate){.verdict = 0};
    sim_order(&sim, "/listen",
              "{\"on\":false}"); /* no line, and the kept one is gone: nobody is asked */
    assert_int_equal(get_through(&gate).transport, SCA_TRANSPORT_NOT_SENT);
    assert_int_equal(gate.asked, 0);
    sim_order(&sim, "/listen", "{\"on\":true}");
}

/* ---- want of memory -------------------------------------------------------------------------- */

#define ENDED_MS 30000 /* far more than anything here takes */

static bool no_watches;

int __real_uv_poll_init_socket(uv_loop_t *of, uv_poll_t *poll, uv_os_sock_t socket);
int __wrap_uv_poll_init_socket(uv_loop_t *of, uv_poll_t *poll, uv_os_sock_t socket);

int __wrap_uv_poll_init_socket(uv_loop_t *of, uv_poll_t *poll, uv_os_sock_t socket)
{
    return no_watches ? UV_ENOMEM : __real_uv_poll_init_socket(of, poll, socket);
}

/* Told at once, not when the time is over; and afterwards it works as before. */
static void test_nothing_to_watch_with(void **state)
{
    (void)state;
    int64_t begin_ms = sca_now_ms();
    for (int i = 0; i < 3; i++) {
        no_watches = true;
        assert_int_equal(get(60000, true).transport, SCA_TRANSPORT_NOT_SENT);
        no_watches = false;
        assert_int_equal(get(60000, true).transport, SCA_TRANSPORT_OK);
    }
    assert_true(sca_now_ms() - begin_ms < 60000);
}

static void on_turn(uv_timer_t *timer)
{
    (void)timer;
}

/* True when something failed. What has begun comes to an end, before its time is over. */
static bool allocation_fails(unsigned n, bool spends)
{
    const struct fail_plan plan = {.kind = FAIL_MEMORY, .n = n};
    const struct sca_http_trust trust = {sim.ca_file, NULL};
    struct outcome outcome = {0};
    struct sca_http_call *call = NULL;
    char url[256];
    char text[256];
    uv_timer_t turn; /* the loop must not sleep until a time that nobody waits for */

    snprintf(url, sizeof url, "%s" LIST, sim.url);
    struct sca_http_request request = request_to(url, text, sizeof text);
    request.timeout_ms = 2 * ENDED_MS;
    request.spends = spends;
    uv_timer_init(&loop, &turn);
    uv_timer_start(&turn, on_turn, 5, 5);
    const int64_t end_ms = sca_now_ms() + ENDED_MS;
    fail_begin(&plan);
    int err = sca_http_send(http, &request, &trust, http_on_done, &outcome, &call);
    while (err == 0 && outcome.calls == 0 && sca_left_ms(end_ms) > 0)
        uv_run(&loop, UV_RUN_ONCE);
    bool failed = fail_end().where != NULL;
    uv_close((uv_handle_t *)&turn, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    if (err == 0 && outcome.calls == 0)
        fail_msg("allocation %u%s: the call hangs", n, spends ? ", on a line of its own" : "");
    assert_true(failed || (err == 0 && outcome.transport == SCA_TRANSPORT_OK));
    return failed;
}

/* curl's own as well: whatever it cannot have, what has begun comes to an end. */
static void test_any_allocation(void **state)
{
    (void)state;
    for (int spends = 0; spends < 2; spends++) {
        get(60000, false); /* the line that is kept */
        for (unsigned n = 1; allocation_fails(n, spends == 1); n++)
            ;
    }
    assert_int_equal(get(60000, true).transport, SCA_TRANSPORT_OK);
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static void test_cancel(void **state)
{
    struct outcome outcome = {0};

    (void)state;
    sca_http_cancel(NULL);
    sca_http_cancel(start(&outcome, 8000)); /* before anything happened */
    sim_order(&sim, "/fault", "{\"action\":\"act-then-stall\",\"seconds\":60}");
    struct sca_http_call *call = start(&outcome, 60000);
    while (outcome.calls == 0 && sim_count(&sim, "faults_used") == 0)
        uv_run(&loop, UV_RUN_NOWAIT); /* it may have left already: then nothing more comes */
    assert_int_equal(outcome.calls, 0);
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
        cmocka_unit_test_setup_teardown(test_plain, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_once_with_a_body, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_bad_urls, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_not_sent, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_uncertain, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_ended_before, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_timeouts, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_dropped_reuse, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_dropped_resumption, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_redirect, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_retry_after, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_date, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_hold, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_watch_with, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_any_allocation, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_cancel, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_free_under_way, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_free_in_done, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_many, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_never_blocks, http_setup, http_teardown),
    };
    return cmocka_run_group_tests(tests, http_setup_group, http_teardown_group);
}
