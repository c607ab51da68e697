/* SPDX-License-Identifier: Apache-2.0 */
/* JSON helpers: what is refused, what is tolerated, and that requests come out exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/json.h"
#include "common/err.h"

static struct sca_bytes bytes(const char *text)
{
    return (struct sca_bytes){(const uint8_t *)text, strlen(text)};
}

static int load(const char *text, json_t **ret_object)
{
    return sca_json_load(bytes(text), ret_object);
}

static void test_load_refuses(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "1",
        "null",
        "\"a\"",
        "{}x",
        "<",
        "{\"a\"}",
        "{'a':1}",
        "{\"a\":1,}",
        "\x00\xff{",
        "{\"a\":\"\xc3(\"}",
        "{\"a\":1,\"a\":2}", /* whose value would it be? */
        "{\"a\":\"\\u0000\"}",
        "{\"a\":1e999}",
        "\xef\xbb\xbf",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t *object = NULL;
        assert_int_equal(load(bad[i], &object), SCA_E_FORMAT);
        assert_null(object);
    }
}

static int load_nested(size_t depth, json_t **ret_object)
{
    SCA_BUF_AUTO text;

    sca_buf_init(&text, 1 << 20);
    sca_buf_add_text(&text, "{\"a\":");
    for (size_t i = 1; i < depth; i++)
        sca_buf_add_text(&text, "[");
    for (size_t i = 1; i < depth; i++)
        sca_buf_add_text(&text, "]");
    sca_buf_add_text(&text, depth == 1 ? "0}" : "}");
    return sca_json_load((struct sca_bytes){text.data, text.len}, ret_object);
}

static void test_load_depth(void **state)
{
    SCA_JSON_AUTO object = NULL;
    json_t *none = NULL;

    (void)state;
    assert_int_equal(load_nested(SCA_JSON_DEPTH_MAX, &object), 0);
    assert_int_equal(load_nested(SCA_JSON_DEPTH_MAX + 1, &none), SCA_E_LIMIT);
    assert_int_equal(load_nested(100000, &none), SCA_E_LIMIT);
    json_decref(object);
    object = NULL;
    /* Brackets and quotes inside a string do not count. */
    assert_int_equal(load("{\"a\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}", &object),
                     0);
}

static void test_getters(void **state)
{
    SCA_JSON_AUTO object = NULL;
    int64_t number = -1;
    bool flag = false;

    (void)state;
    assert_int_equal(
        load("\xef\xbb\xbf{\"n\":200,\"s\":\" 200 \",\"neg\":\"-3\",\"r\":1.5,\"x\":\"2x\","
             "\"e\":\"\",\"null\":null,\"big\":123456789012345678901234567890,"
             "\"t\":true,\"ts\":\"TRUE\",\"one\":\"1\",\"o\":{},\"two\":2}",
             &object),
        0);
    assert_true(sca_json_int(object, "n", &number) && number == 200);
    assert_true(sca_json_int(object, "s", &number) && number == 200);
    assert_true(sca_json_int(object, "neg", &number) && number == -3);
    static const char *const none[] = {"r", "x", "e", "null", "big", "t", "o", "absent"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(sca_json_int(object, none[i], &number));
    assert_int_equal(number, -3);
    assert_false(sca_json_int(NULL, "n", &number));

    assert_true(sca_json_bool(object, "t", &flag) && flag);
    flag = false;
    assert_true(sca_json_bool(object, "ts", &flag) && flag);
    flag = false;
    assert_true(sca_json_bool(object, "one", &flag) && flag);
    assert_false(sca_json_bool(object, "two", &flag));
    assert_false(sca_json_bool(object, "null", &flag));

    assert_string_equal(sca_json_text(object, "s"), " 200 ");
    assert_null(sca_json_text(object, "n"));
    assert_null(sca_json_text(object, "null"));
    assert_null(sca_json_text(NULL, "s"));
}

static void test_base64(void **state)
{
    static const struct {
        const char *text;
        const char *value;
        int err;
    } table[] = {
        {"AQID", "\x01\x02\x03", 0},
        {"AQI=", "\x01\x02", 0},
        {"AQ==", "\x01", 0},
        {" A\r\nQ\tID\r\n", "\x01\x02\x03", 0},
        {"", NULL, SCA_E_FORMAT},
        {" \r\n", NULL, SCA_E_FORMAT},
        {"AQI", NULL, SCA_E_FORMAT},
        {"AQ=D", NULL, SCA_E_FORMAT},
        {"A===", NULL, SCA_E_FORMAT},
        {"=AQI", NULL, SCA_E_FORMAT},
        {"*** not base64 ***", NULL, SCA_E_FORMAT},
        {"AQ-_", NULL, SCA_E_FORMAT},
        {"AQIDBAUG", NULL, SCA_E_LIMIT},
        {"AQIDBA==", NULL, SCA_E_LIMIT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        SCA_BUF_AUTO value = {0};
        assert_int_equal(sca_json_base64(table[i].text, 3, &value), table[i].err);
        if (table[i].err == 0) {
            assert_int_equal(value.len, strlen(table[i].value));
            assert_memory_equal(value.data, table[i].value, value.len);
        }
    }
}

static void test_write(void **state)
{
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, 1024);
    sca_json_open(&out, NULL, '{');
    sca_json_put_text(&out, "a", "x\"\\\n\t\x01\x7f/Nguyễn");
    sca_json_put_text(&out, "none", NULL);
    sca_json_put(&out, "nul", (struct sca_bytes){(const uint8_t *)"p\0q", 3});
    sca_json_open(&out, "list", '[');
    sca_json_open(&out, NULL, '{');
    sca_json_close(&out, '}');
    sca_json_put_text(&out, NULL, "b");
    sca_json_close(&out, ']');
    sca_json_put_text(&out, "last", "");
    sca_json_close(&out, '}');
    assert_int_equal(out.err, 0);
    sca_buf_add_u8(&out, 0);
    assert_string_equal(
        (char *)out.data,
        "{\"a\":\"x\\\"\\\\\\u000a\\u0009\\u0001\\u007f/Nguyễn\",\"nul\":\"p\\u0000q\","
        "\"list\":[{},\"b\"],\"last\":\"\"}");
}

/* A text that ends in a bracket or comma must not be taken for structure. */
static void test_write_separators(void **state)
{
    SCA_BUF_AUTO out;
    SCA_JSON_AUTO back = NULL;
    static const char *const odd[] = {"{", "[", ":", ",", "\\", "\""};

    (void)state;
    sca_buf_init(&out, 1024);
    sca_json_open(&out, NULL, '{');
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        char key[2] = {(char)('a' + i), 0};
        sca_json_put_text(&out, key, odd[i]);
    }
    sca_json_close(&out, '}');
    assert_int_equal(sca_json_load((struct sca_bytes){out.data, out.len}, &back), 0);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        char key[2] = {(char)('a' + i), 0};
        assert_string_equal(sca_json_text(back, key), odd[i]);
    }
}

static void test_write_not_utf8(void **state)
{
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, 1024);
    sca_json_open(&out, NULL, '{');
    sca_json_put_text(&out, "a", "M\xe3u");
    sca_json_close(&out, '}');
    assert_int_equal(out.err, SCA_E_FORMAT);
}

static void test_write_values(void **state)
{
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, 1024);
    sca_json_open(&out, NULL, '{');
    sca_json_put_int(&out, "n", -7);
    sca_json_put_bool(&out, "yes", true);
    sca_json_put_bool(&out, "no", false);
    sca_json_open(&out, "list", '[');
    sca_json_put_base64(&out, NULL, (struct sca_bytes){(const uint8_t *)"\xff", 1});
    sca_json_put_base64(&out, NULL, (struct sca_bytes){(const uint8_t *)"abc", 3});
    sca_json_put_base64(&out, NULL, (struct sca_bytes){NULL, 0});
    sca_json_close(&out, ']');
    sca_json_close(&out, '}');
    assert_int_equal(out.err, 0);
    sca_buf_add_u8(&out, 0);
    assert_string_equal((char *)out.data,
                        "{\"n\":-7,\"yes\":true,\"no\":false,\"list\":[\"/w==\",\"YWJj\",\"\"]}");
}

/* What fits to the byte is written, what does not leaves nothing behind. */
static void test_base64_room(void **state)
{
    SCA_BUF_AUTO exact;
    SCA_BUF_AUTO small;

    (void)state;
    sca_buf_init(&exact, 4);
    sca_json_add_base64(&exact, (struct sca_bytes){(const uint8_t *)"abc", 3});
    assert_int_equal(exact.err, 0);
    assert_memory_equal(exact.data, "YWJj", 4);
    sca_buf_init(&small, 3);
    sca_json_add_base64(&small, (struct sca_bytes){(const uint8_t *)"abc", 3});
    assert_int_equal(small.err, SCA_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_refuses),   cmocka_unit_test(test_load_depth),
        cmocka_unit_test(test_getters),        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_write),          cmocka_unit_test(test_write_separators),
        cmocka_unit_test(test_write_not_utf8), cmocka_unit_test(test_write_values),
        cmocka_unit_test(test_base64_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
