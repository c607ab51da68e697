/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address to which a browser comes back, and what it may say there: only the request that
 * carries our state ends a log-in, whatever else pages make a browser send.
 */
#include "harness.h"
#include "agent/redirect.h"
#include "common/err.h"

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: refused */
        uint16_t port;
        const char *path;
    } table[] = {
        {"http://127.0.0.1/smartca", "127.0.0.1", 0, "/smartca"},
        {"http://127.0.0.1:53682/", "127.0.0.1", 53682, "/"},
        {"http://localhost:1/a/b.c-d_e~f", "localhost", 1, "/a/b.c-d_e~f"},
        {"http://[::1]:65535/x", "[::1]", 65535, "/x"},
        {"https://127.0.0.1/x", NULL, 0, NULL},
        {"http://127.0.0.1", NULL, 0, NULL},
        {"http://127.0.0.1:/x", NULL, 0, NULL},
        {"http://127.0.0.1:0/x", NULL, 0, NULL},
        {"http://127.0.0.1:65536/x", NULL, 0, NULL},
        {"http://127.0.0.1:123456/x", NULL, 0, NULL},
        {"http://127.0.0.1:80x/x", NULL, 0, NULL},
        {"http://127.0.0.10/x", NULL, 0, NULL},
        {"http://localhost.example.com/x", NULL, 0, NULL},
        {"http://127.0.0.1@example.com/x", NULL, 0, NULL},
        {"http://example.com/x", NULL, 0, NULL},
        {"http://127.0.0.1/x?y", NULL, 0, NULL},
        {"http://127.0.0.1/x y", NULL, 0, NULL},
        {"http://127.0.0.1/x\r\ny", NULL, 0, NULL},
        {"http://", NULL, 0, NULL},
        {"", NULL, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_redirect redirect;
        int err = sca_redirect_parse(table[i].text, &redirect);

        assert_int_equal(err, table[i].host != NULL ? 0 : SCA_E_FORMAT);
        if (err != 0)
            continue;
        assert_string_equal(redirect.host, table[i].host);
        assert_int_equal(redirect.port, table[i].port);
        assert_string_equal(redirect.path, table[i].path);
    }
}

static void test_parse_long(void **state)
{
    char text[512];
    struct sca_redirect redirect;

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text, "http://127.0.0.1/", 17);
    assert_int_equal(sca_redirect_parse(text, &redirect), SCA_E_LIMIT);
}

static void test_uri(void **state)
{
    struct sca_redirect redirect;
    char uri[SCA_REDIRECT_URI_SIZE];

    (void)state;
    assert_int_equal(sca_redirect_parse("http://[::1]/a", &redirect), 0);
    sca_redirect_uri(&redirect, 8080, uri);
    assert_string_equal(uri, "http://[::1]:8080/a");
}

#define END " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

static const struct request {
    const char *head;
    int err;
    const char *text; /* the code, or the words */
} requests[] = {
    {"GET /cb?code=abc&state=st-1" END, 0, "abc"},
    {"GET /cb?state=st-1&session=7&code=a%2Fb%20c+d" END, 0, "a/b c d"},
    {"GET /cb?state=st%2D1&code=abc HTTP/1.0\r\n\r\n", 0, "abc"},
    {"GET /cb?state=st-1&code=abc&code=def" END, 0, "abc"},
    {"GET /cb?error=access_denied&state=st-1" END, SCA_E_REJECTED, ""},
    {"GET /cb?error=invalid_scope&state=st-1" END, SCA_E_REFUSED, "invalid_scope"},
    {"GET /cb?error=x&error_description=b%E1%BB%8B+l%E1%BB%97i%0A&state=st-1" END, SCA_E_REFUSED,
     "bị lỗi?"},
    /* without our state nothing counts, an error neither */
    {"GET /cb?code=abc" END, SCA_E_NOENT, ""},
    {"GET /cb?code=abc&state=st-2" END, SCA_E_NOENT, ""},
    {"GET /cb?code=abc&state=" END, SCA_E_NOENT, ""},
    {"GET /cb?code=abc&state=st-11" END, SCA_E_NOENT, ""},
    {"GET /cb?code=abc&xstate=st-1" END, SCA_E_NOENT, ""},
    {"GET /cb?error=access_denied" END, SCA_E_NOENT, ""},
    {"GET /cb?state=st-2&state=st-1&code=abc" END, SCA_E_NOENT, ""},
    /* nor what is no such request */
    {"GET /favicon.ico" END, SCA_E_NOENT, ""},
    {"GET /cb" END, SCA_E_NOENT, ""},
    {"GET /cbx?code=abc&state=st-1" END, SCA_E_NOENT, ""},
    {"GET /?code=abc&state=st-1" END, SCA_E_NOENT, ""},
    {"POST /cb?code=abc&state=st-1" END, SCA_E_NOENT, ""},
    {"HEAD /cb?code=abc&state=st-1" END, SCA_E_NOENT, ""},
    {"GET /cb?code=abc&state=st-1\r\n\r\n", SCA_E_NOENT, ""},
    {"GET /cb?code=abc&state=st-1 FTP/1.1\r\n\r\n", SCA_E_NOENT, ""},
    {"GET /cb?code=abc&state=st-1", SCA_E_NOENT, ""},
    {"GET /cb?state=st-1" END, SCA_E_NOENT, ""},
    {"GET /cb?state=st-1&code=" END, SCA_E_NOENT, ""},
    {"GET /cb?state=st-1&code=%" END, SCA_E_NOENT, ""},
    {"GET /cb?state=st-1&code=%4" END, SCA_E_NOENT, ""},
    {"GET /cb?state=st-1&code=%4x" END, SCA_E_NOENT, ""},
    {"GET /cb?state=st-1&code=a%00b" END, SCA_E_NOENT, ""},
    {"", SCA_E_NOENT, ""},
    {"\r\n\r\n", SCA_E_NOENT, ""},
};

static void test_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        const struct sca_bytes head = {(const uint8_t *)requests[i].head, strlen(requests[i].head)};
        char words[SCA_REDIRECT_WORDS_MAX] = "";
        SCA_SECRET_AUTO code = NULL;
        int err = sca_redirect_read(head, "/cb", "st-1", &code, words);

        if (err != requests[i].err)
            fail_msg("%s: %s", requests[i].head, sca_err_name(err));
        assert_string_equal(sca_secret_text(code), err == 0 ? requests[i].text : "");
        assert_string_equal(words, err == SCA_E_REFUSED ? requests[i].text : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_long),
        cmocka_unit_test(test_uri),
        cmocka_unit_test(test_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
