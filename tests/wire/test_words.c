/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of messages, and serial numbers as people and clouds write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/serial.h"
#include "cloud/words.h"

static void test_fold(void **state)
{
    static const struct {
        const char *text;
        const char *folded;
    } table[] = {
        {NULL, " "},
        {"", " "},
        {"  --- ", " "},
        {"SUCCESS", " success "},
        {" sig_user_rejected ", " sig user rejected "},
        {"sigUserRejected", " sig user rejected "},
        {"Bị TỪ CHỐI!", " bi tu choi "},
        {"từ chối", " tu choi "},                         /* composed */
        {"tu\u031b\u0300 cho\u0302\u0301i", " tu choi "}, /* decomposed */
        {"Hết hạn, đã HỦY/huỷ", " het han da huy huy "},
        {"Đang chờ xác nhận", " dang cho xac nhan "},
        {"khóa khoá KHÓA", " khoa khoa khoa "},
        {"ẠỆỊỢỰỴ ÝÀÂĨŨĂƯƠ", " aeiouy yaaiuauo "},
        {"a\xff\xc3(b\xe1\xba", " a b "}, /* malformed, cut short */
        {"用户 200", " 200 "},
    };
    char folded[SCA_WORDS_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        sca_words_fold(table[i].text, folded);
        assert_string_equal(folded, table[i].folded);
    }
}

static void test_fold_long(void **state)
{
    char text[4096];
    char folded[SCA_WORDS_SIZE];

    (void)state;
    for (size_t i = 0; i + 1 < sizeof text; i++)
        text[i] = i % 2 == 0 ? 'a' : 'B';
    text[sizeof text - 1] = '\0';
    sca_words_fold(text, folded);
    assert_true(strlen(folded) < SCA_WORDS_SIZE);
    assert_int_equal(folded[strlen(folded) - 1], ' ');
}

static void test_any(void **state)
{
    static const char *const words[] = {" huy ", "reject", NULL};

    (void)state;
    assert_true(sca_words_any(" user rejected ", words));
    assert_true(sca_words_any(" da huy ", words));
    assert_false(sca_words_any(" huynh van ba ", words));
    assert_false(sca_words_any(" ", words));
}

static void test_serial(void **state)
{
    (void)state;
    assert_true(sca_serial_equal("5401ab", "005401AB"));
    assert_true(sca_serial_equal("54:01:AB", "5401ab"));
    assert_true(sca_serial_equal(" 54 01 ab ", "5401aB"));
    assert_true(sca_serial_equal("00:00", "0"));
    assert_true(sca_serial_equal("0:054", "54"));
    assert_false(sca_serial_equal("5401ab", "5401ac"));
    assert_false(sca_serial_equal("5401ab", "5401ab0"));
    assert_false(sca_serial_equal("5401ab0", "5401ab"));
    assert_false(sca_serial_equal("", ""));
    assert_false(sca_serial_equal(NULL, NULL));
    assert_false(sca_serial_equal("54g1", "54g1"));
    assert_false(sca_serial_equal(":", ":"));
    assert_false(sca_serial_equal("0", "1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_long),
        cmocka_unit_test(test_any),
        cmocka_unit_test(test_serial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
