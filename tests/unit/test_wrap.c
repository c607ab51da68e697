/* SPDX-License-Identifier: Apache-2.0 */
/* Text on a screen that is too narrow for it. */
#include <locale.h>
#include "cli/wrap.h"
#include "harness.h"

static void cut_is(const char *text, size_t columns, const char *mark, const char *wanted)
{
    char line[64];
    snprintf(line, sizeof line, "%s", text);
    sca_text_cut(line, sizeof line, columns, mark);
    assert_string_equal(line, wanted);
    assert_true(sca_text_columns(line) <= columns);
}

static void what_fits_stays(void **state)
{
    (void)state;
    cut_is("pkcs11-tool", 11, "…", "pkcs11-tool");
    cut_is("phần mềm", 8, "…", "phần mềm");
    cut_is("署名", 4, "...", "署名");
    cut_is("", 0, "…", "");
}

static void what_was_cut_ends_in_the_mark(void **state)
{
    (void)state;
    cut_is("pkcs11-tool", 10, "…", "pkcs11-to…");
    cut_is("pkcs11-tool", 10, "...", "pkcs11-...");
    cut_is("phần mềm", 7, "…", "phần m…");
    cut_is("phần mềm", 1, "…", "…");
}

/* Half of a wide letter is none; a letter and its accents stay together. */
static void letters_are_not_taken_apart(void **state)
{
    (void)state;
    cut_is("署名署名", 6, "…", "署名…");
    cut_is("署名署名", 5, "…", "署名…");
    cut_is("署名署名", 6, "...", "署...");
    cut_is("me\u0302\u0300m", 2, "…", "m…");
    cut_is("me\u0302\u0300ms", 3, "…", "me\u0302\u0300…");
}

static void narrower_than_the_mark(void **state)
{
    (void)state;
    cut_is("pkcs11-tool", 2, "...", "pk");
    cut_is("pkcs11-tool", 0, "…", "");
}

/* The mark may take more bytes than the letter it stands for. */
static void stays_in_its_bytes(void **state)
{
    struct {
        char line[10];
        char beyond[8];
    } place = {"123456789", "beyond"};

    (void)state;
    sca_text_cut(place.line, sizeof place.line, 8, "…");
    assert_string_equal(place.line, "123456…");
    assert_string_equal(place.beyond, "beyond");
}

static int set_up(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_stays),
        cmocka_unit_test(what_was_cut_ends_in_the_mark),
        cmocka_unit_test(letters_are_not_taken_apart),
        cmocka_unit_test(narrower_than_the_mark),
        cmocka_unit_test(stays_in_its_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
