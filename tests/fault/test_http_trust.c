/* SPDX-License-Identifier: Apache-2.0 */
/* HTTPS against the simulator: whom we trust, and what of a TLS session lives on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "cloud/http_key.h"
#include "http_world.h"

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

/* What was read of it is kept only from the second on that follows its change. */
static void until_older(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    while (time(NULL) <= st.st_ctime)
        usleep(20000);
}

/*
 * Somebody mends the file while the agent runs: the next request must see it, and the next but one,
 * whose library has kept what it read before.
 */
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
    request.spends = true; /* a connection of its own, each time */
    copy_file(other, ca_file);
    until_older(ca_file);
    assert_int_equal(run(&request, ca_file).transport, SCA_TRANSPORT_TLS);
    copy_file(sim.ca_file, ca_file);
    assert_int_equal(run(&request, ca_file).transport, SCA_TRANSPORT_OK);
    sim_order(&sim, "/reset", "{}"); /* and no session that was begun before */
    until_older(ca_file);
    assert_int_equal(run(&request, ca_file).transport, SCA_TRANSPORT_OK);
    unlink(ca_file);
}

/* ---- sessions -------------------------------------------------------------------------------- */

/* Handshakes in which keys were exchanged and the server's certificate was checked. */
static int full_handshakes(void)
{
    return sim_count(&sim, "tls_handshakes") - sim_count(&sim, "tls_resumed");
}

/* Signature after signature costs one full handshake. */
static void expect_one_handshake(const char *version)
{
    char order[64];

    snprintf(order, sizeof order, "{\"tls_maximum\":\"%s\"}", version);
    sim_order(&sim, "/switch", order);
    for (int signature = 0; signature < 5; signature++) {
        assert_int_equal(get(8000, true).transport, SCA_TRANSPORT_OK);
        for (int look = 0; look < 4; look++)
            assert_int_equal(get(8000, false).transport, SCA_TRANSPORT_OK);
    }
    assert_int_equal(full_handshakes(), 1);
    assert_int_equal(sim_count(&sim, "connections"), 5); /* one for each that spends */
    assert_int_equal(sim_count(&sim, "reused_connections"), 20);
}

/* And where all lines are lost, a short one. */
static void test_one_handshake(void **state)
{
    (void)state;
    expect_one_handshake("1.3");
    sim_order(&sim, "/listen", "{\"on\":false}");
    sim_order(&sim, "/listen", "{\"on\":true}");
    assert_int_equal(get(8000, false).transport, SCA_TRANSPORT_OK);
    assert_int_equal(full_handshakes(), 1);
    assert_int_equal(sim_count(&sim, "connections"), 6);
}

/* TLS 1.2 forbids to go on with the session of a line that broke, so here none is broken. */
static void test_one_handshake_tls_1_2(void **state)
{
    (void)state;
    expect_one_handshake("1.2");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_handshake, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_one_handshake_tls_1_2, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_sessions_and_certificates, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_sessions_and_trust, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_tls, http_setup, http_teardown),
        cmocka_unit_test_setup_teardown(test_server_key, http_setup, http_teardown),
        cmocka_unit_test(test_pins),
        cmocka_unit_test_setup_teardown(test_ca_file_changes, http_setup, http_teardown),
    };
    return cmocka_run_group_tests(tests, http_setup_group, http_teardown_group);
}
