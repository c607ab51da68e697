/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text without locale: the module lives in hosts of any locale, so letters are told apart by
 * their bytes and UTF-8 is decoded here.
 */
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "common/err.h"

#define CODE_LETTERS "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

/* Well-formed letters that are not ASCII, by their first byte. Source: The Unicode Standard, table
 * 3-7; RFC 3629. */
static const struct {
    uint8_t first_from, first_to;
    uint8_t second_from, second_to; /* shuts out overlong forms and surrogates */
    uint8_t size;
    uint8_t first_bits; /* of the first byte, those that belong to the letter */
} letters[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f}, {0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f},
    {0xe1, 0xec, 0x80, 0xbf, 3, 0x0f}, {0xed, 0xed, 0x80, 0x9f, 3, 0x0f},
    {0xee, 0xef, 0x80, 0xbf, 3, 0x0f}, {0xf0, 0xf0, 0x90, 0xbf, 4, 0x07},
    {0xf1, 0xf3, 0x80, 0xbf, 4, 0x07}, {0xf4, 0xf4, 0x80, 0x8f, 4, 0x07},
};
#define LETTERS_COUNT (sizeof letters / sizeof letters[0])

/* Decodes one letter. Returns its length in bytes, 0 when @len bytes begin with none. */
static size_t utf8_letter(const uint8_t *data, size_t len, uint32_t *ret_letter)
{
    size_t row = 0;

    if (data[0] < 0x80) {
        *ret_letter = data[0];
        return 1;
    }
    while (row < LETTERS_COUNT && data[0] > letters[row].first_to)
        row++;
    if (row == LETTERS_COUNT || data[0] < letters[row].first_from || len < letters[row].size)
        return 0;
    uint32_t letter = data[0] & letters[row].first_bits;
    for (size_t i = 1; i < letters[row].size; i++) {
        uint8_t from = i == 1 ? letters[row].second_from : 0x80;
        uint8_t to = i == 1 ? letters[row].second_to : 0xbf;

        if (data[i] < from || data[i] > to)
            return 0;
        letter = letter << 6 | (data[i] & 0x3f);
    }
    *ret_letter = letter;
    return letters[row].size;
}

/* Control characters, line separators, and what turns the direction of the text around it. */
static bool showable(uint32_t letter)
{
    if (letter < 0x20 || (letter >= 0x7f && letter <= 0x9f))
        return false;
    if (letter == 0x061c || letter == 0x200e || letter == 0x200f)
        return false;
    return !(letter >= 0x2028 && letter <= 0x202e) && !(letter >= 0x2066 && letter <= 0x2069);
}

void sca_hex_encode(struct sca_bytes bytes, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.len; i++) {
        ret_text[2 * i] = digits[bytes.data[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes.data[i] & 0x0f];
    }
    ret_text[2 * bytes.len] = '\0';
}

/* Of a letter that is a hexadecimal digit. */
static unsigned hex_value(char letter)
{
    if (letter <= '9')
        return (unsigned)(letter - '0');
    return (unsigned)((letter | 0x20) - 'a' + 10);
}

int sca_hex_decode(const char *text, uint8_t *ret_bytes, size_t size, size_t *ret_len)
{
    size_t len = strlen(text);

    if (len % 2 != 0 || strspn(text, "0123456789abcdefABCDEF") != len)
        return SCA_E_FORMAT;
    if (len / 2 > size)
        return SCA_E_LIMIT;
    for (size_t i = 0; i < len / 2; i++)
        ret_bytes[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    *ret_len = len / 2;
    return 0;
}

size_t sca_utf8_prefix(const char *text, size_t max)
{
    const uint8_t *data = (const uint8_t *)text;
    size_t left = strnlen(text, max < SIZE_MAX - 4 ? max + 4 : max);
    size_t len = 0;

    while (left > 0) {
        uint32_t letter;
        size_t size = utf8_letter(data + len, left, &letter);

        if (size == 0)
            size = 1; /* a malformed byte stands for itself */
        if (size > max - len)
            break;
        len += size;
        left -= size;
    }
    return len;
}

/* A word of ASCII at @data; what is left of a text is looked at letter by letter. */
static bool ascii_word(const uint8_t *data, size_t len)
{
    uint64_t word;

    if (len < sizeof word)
        return false;
    memcpy(&word, data, sizeof word);
    return (word & 0x8080808080808080u) == 0;
}

bool sca_utf8_valid(struct sca_bytes bytes)
{
    size_t pos = 0;

    while (pos < bytes.len) {
        uint32_t letter;

        if (ascii_word(bytes.data + pos, bytes.len - pos)) {
            pos += sizeof(uint64_t);
            continue;
        }
        size_t size = utf8_letter(bytes.data + pos, bytes.len - pos, &letter);

        if (size == 0)
            return false;
        pos += size;
    }
    return true;
}

void sca_text_printable(const char *text, char *ret_text, size_t size)
{
    const uint8_t *data = (const uint8_t *)(text != NULL ? text : "");
    size_t left = strlen((const char *)data);
    size_t used = 0;

    if (size == 0)
        return;
    while (left > 0) {
        uint32_t letter = 0;
        size_t len = utf8_letter(data, left, &letter);
        bool shown = len > 0 && showable(letter);
        size_t need = shown ? len : 1;

        if (need > size - 1 - used)
            break;
        if (shown)
            memcpy(ret_text + used, data, len);
        else
            ret_text[used] = '?';
        used += need;
        data += len > 0 ? len : 1;
        left -= len > 0 ? len : 1;
    }
    ret_text[used] = '\0';
}

void sca_text_pad(const char *text, uint8_t *ret_field, size_t size)
{
    size_t len = text != NULL ? sca_utf8_prefix(text, size) : 0;

    if (len > 0)
        memcpy(ret_field, text, len);
    memset(ret_field + len, ' ', size - len);
}

uint64_t sca_fnv1a(uint64_t state, struct sca_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        state = (state ^ bytes.data[i]) * 0x100000001b3u;
    return state;
}

void sca_text_code(const struct sca_bytes *digests, size_t count,
                   char ret_code[static SCA_CODE_SIZE])
{
    uint64_t state = SCA_FNV1A_START;

    for (size_t i = 0; i < count; i++) {
        uint8_t len = (uint8_t)digests[i].len; /* so that two short digests are not one long one */

        state = sca_fnv1a(state, (struct sca_bytes){&len, 1});
        state = sca_fnv1a(state, digests[i]);
    }
    state ^= state >> 32; /* the low bits alone mix poorly */
    for (size_t i = 0; i < SCA_CODE_SIZE - 1; i++) {
        if (i == 3) {
            ret_code[i] = '-';
            continue;
        }
        ret_code[i] = CODE_LETTERS[state % (sizeof CODE_LETTERS - 1)];
        state /= sizeof CODE_LETTERS - 1;
    }
    ret_code[SCA_CODE_SIZE - 1] = '\0';
}

bool sca_streq(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

char *sca_text_vformat(const char *format, va_list args)
{
    char *text = NULL;

    return vasprintf(&text, format, args) < 0 ? NULL : text;
}

char *sca_text_format(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = sca_text_vformat(format, args);
    va_end(args);
    return text;
}
