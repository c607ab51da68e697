/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares hex texts of any length digit by digit, so nothing needs a big number: the provider
 * prints serials with and without leading zeros, people paste them with colons.
 */
#include "cloud/serial.h"

#include <stddef.h>
#include <string.h>

/* True for a hex number; @ret_digits is the first digit that counts (or the end, for zero). */
static bool number(const char *text, const char **ret_digits)
{
    if (text == NULL || text[strcspn(text, "0123456789abcdefABCDEF")] == '\0')
        return false;
    if (text[strspn(text, "0123456789abcdefABCDEF: ")] != '\0')
        return false;
    *ret_digits = text + strspn(text, "0: ");
    return true;
}

static char next_digit(const char **pos)
{
    *pos += strspn(*pos, ": ");
    char digit = **pos;
    if (digit != '\0')
        (*pos)++;
    if (digit >= 'A' && digit <= 'F')
        digit = "abcdef"[digit - 'A'];
    return digit;
}

bool sca_serial_equal(const char *a, const char *b)
{
    const char *a_pos = NULL;
    const char *b_pos = NULL;
    char digit = '\0';

    if (!number(a, &a_pos) || !number(b, &b_pos))
        return false;
    do {
        digit = next_digit(&a_pos);
        if (digit != next_digit(&b_pos))
            return false;
    } while (digit != '\0');
    return true;
}
