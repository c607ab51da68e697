/* SPDX-License-Identifier: Apache-2.0 */
/* Text as people and hosts see it: Vietnamese letters stay whole, hostile ones do no harm. */
#include "harness.h"
#include "common/err.h"
#include "common/text.h"

static void hex_both_ways(void **state)
{
    uint8_t bytes[4];
    char text[9];
    size_t len = 99;

    (void)state;
    sca_hex_encode(LITERAL("\x00\x9f\xAB\x10"), text);
    assert_string_equal(text, "009fab10");
    assert_int_equal(sca_hex_decode("009FaB10", bytes, sizeof bytes, &len), 0);
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "\x00\x9f\xAB\x10", 4);
    assert_int_equal(sca_hex_decode("", bytes, sizeof bytes, &len), 0);
    assert_int_equal(len, 0);
    assert_int_equal(sca_hex_decode("0", bytes, sizeof bytes, &len), SCA_E_FORMAT);
    assert_int_equal(sca_hex_decode("0g", bytes, sizeof bytes, &len), SCA_E_FORMAT);
    assert_int_equal(sca_hex_decode(" 00", bytes, sizeof bytes, &len), SCA_E_FORMAT);
    assert_int_equal(sca_hex_decode("0011223344", bytes, sizeof bytes, &len), SCA_E_LIMIT);
}

static void knows_utf8(void **state)
{
    static const char *const bad[] = {
        "\x80",             /* a tail alone */
        "\xc0\xaf",         /* overlong '/' */
        "\xe0\x80\xaf",     /* overlong in three */
        "\xf0\x80\x80\xaf", /* overlong in four */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* beyond U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xff",
        "a\xe1\xbb",
        "\xe1\xbb\xc3",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(sca_utf8_valid((struct sca_bytes){(const uint8_t *)bad[i], strlen(bad[i])}));
    assert_true(sca_utf8_valid(LITERAL("Nguyễn Văn Đức €\xf0\x9f\x94\x91\xf4\x8f\xbf\xbf")));
    assert_true(sca_utf8_valid(LITERAL("\xed\x9f\xbf\xee\x80\x80\xc2\x80\xe0\xa0\x80")));
    assert_true(sca_utf8_valid((struct sca_bytes){NULL, 0}));
}

/* ASCII is passed by in words: what is wrong or longer is seen at each place of one. */
static void letters_are_seen_at_each_place(void **state)
{
    (void)state;
    for (size_t at = 0; at < 24; at++) {
        uint8_t text[26];

        memset(text, 'a', sizeof text);
        text[at] = 0xff;
        assert_false(sca_utf8_valid((struct sca_bytes){text, sizeof text}));
        text[at] = 0xc3;
        assert_false(sca_utf8_valid((struct sca_bytes){text, sizeof text}));
        assert_false(sca_utf8_valid((struct sca_bytes){text, at + 1}));
        text[at + 1] = 0xa0;
        assert_true(sca_utf8_valid((struct sca_bytes){text, sizeof text}));
    }
}

static void cuts_between_letters(void **state)
{
    (void)state;
    assert_int_equal(sca_utf8_prefix("Nguyễn", 100), 8);
    assert_int_equal(sca_utf8_prefix("Nguyễn", 7), 7);
    assert_int_equal(sca_utf8_prefix("Nguyễn", 6), 4);
    assert_int_equal(sca_utf8_prefix("Nguyễn", 4), 4);
    assert_int_equal(sca_utf8_prefix("\xf0\x9f\x94\x91", 3), 0);
    assert_int_equal(sca_utf8_prefix("a", 0), 0);
    assert_int_equal(sca_utf8_prefix("", SIZE_MAX), 0);
    assert_int_equal(sca_utf8_prefix("abc", SIZE_MAX), 3);
}

static void shows_no_control_characters(void **state)
{
    char shown[32];

    (void)state;
    sca_text_printable("a\x1b[2J\nb\x7f\xc2\x9b", shown, sizeof shown);
    assert_string_equal(shown, "a?[2J?b??");
    sca_text_printable("x\xe2\x80\xae"
                       "fdp.exe\xe2\x81\xa6\xd8\x9c",
                       shown, sizeof shown);
    assert_string_equal(shown, "x?fdp.exe??");
    sca_text_printable("\xc3(\xff", shown, sizeof shown);
    assert_string_equal(shown, "?(?");
    sca_text_printable("Hoá đơn.pdf", shown, sizeof shown);
    assert_string_equal(shown, "Hoá đơn.pdf");
    sca_text_printable(NULL, shown, sizeof shown);
    assert_string_equal(shown, "");
}

static void shown_text_fits(void **state)
{
    char shown[8];

    (void)state;
    memset(shown, 'x', sizeof shown);
    sca_text_printable("Nguyễn", shown, 7);
    assert_string_equal(shown, "Nguy"); /* the letter of three bytes does not fit with the NUL */
    assert_int_equal(shown[7], 'x');
    sca_text_printable("ab", shown, 1);
    assert_string_equal(shown, "");
    shown[0] = 'y';
    sca_text_printable("ab", shown, 0);
    assert_int_equal(shown[0], 'y');
}

static void pads_with_blanks(void **state)
{
    uint8_t field[9] = "????????";

    (void)state;
    sca_text_pad("VNPT", field, 8);
    assert_memory_equal(field, "VNPT    ", 8);
    sca_text_pad("Nguyễn Văn", field, 6);
    assert_memory_equal(field, "Nguy    ", 8);
    sca_text_pad(NULL, field, 8);
    assert_memory_equal(field, "        ", 8);
    sca_text_pad("123456789", field, 8);
    assert_memory_equal(field, "12345678", 9);
}

static void code_is_stable_and_readable(void **state)
{
    struct sca_bytes one[] = {LITERAL("0123456789abcdef0123456789abcdef")};
    struct sca_bytes other[] = {LITERAL("0123456789abcdef0123456789abcdeg")};
    struct sca_bytes pair[] = {one[0], other[0]};
    struct sca_bytes swapped[] = {other[0], one[0]};
    struct sca_bytes glued[] = {LITERAL("ab"), LITERAL("c")};
    struct sca_bytes cut[] = {LITERAL("a"), LITERAL("bc")};
    char code[SCA_CODE_SIZE];
    char again[SCA_CODE_SIZE];

    (void)state;
    sca_text_code(one, 1, code);
    assert_int_equal(strlen(code), 7);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(code[i] == '-', i == 3);
        assert_null(strchr("0O1IL", code[i]));
    }
    assert_string_equal(code, "XTS-7QV"); /* people may compare notes with another version */
    sca_text_code(one, 1, again);
    assert_string_equal(code, again);
    sca_text_code(other, 1, again);
    assert_string_not_equal(code, again);
    sca_text_code(pair, 2, code);
    sca_text_code(swapped, 2, again);
    assert_string_not_equal(code, again);
    sca_text_code(glued, 2, code);
    sca_text_code(cut, 2, again);
    assert_string_not_equal(code, again);
}

/* Every letter of the alphabet turns up at every place: no digest leads to a lopsided code. */
static void code_uses_its_whole_alphabet(void **state)
{
    bool seen[6][128] = {{false}};
    size_t count = 0;

    (void)state;
    for (uint32_t i = 0; i < 4000; i++) {
        uint8_t digest[32] = {(uint8_t)i, (uint8_t)(i >> 8)};
        struct sca_bytes bytes = {digest, sizeof digest};
        char code[SCA_CODE_SIZE];

        sca_text_code(&bytes, 1, code);
        for (size_t place = 0; place < 6; place++)
            seen[place][(uint8_t)code[place < 3 ? place : place + 1]] = true;
    }
    for (size_t i = 0; i < 6 * 128; i++)
        count += seen[i / 128][i % 128] ? 1 : 0;
    assert_int_equal(count, 6 * 31);
}

static void compares_absent_texts(void **state)
{
    (void)state;
    assert_true(sca_streq("a", "a"));
    assert_false(sca_streq("a", "b"));
    assert_false(sca_streq(NULL, ""));
    assert_false(sca_streq("", NULL));
    assert_true(sca_streq(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_both_ways),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(letters_are_seen_at_each_place),
        cmocka_unit_test(cuts_between_letters),
        cmocka_unit_test(shows_no_control_characters),
        cmocka_unit_test(shown_text_fits),
        cmocka_unit_test(pads_with_blanks),
        cmocka_unit_test(code_is_stable_and_readable),
        cmocka_unit_test(code_uses_its_whole_alphabet),
        cmocka_unit_test(compares_absent_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
