/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding by code point. The table covers what Vietnamese is written with: Latin-1 letters with
 * marks, the letters of Latin Extended-A/B that it uses, and Latin Extended Additional.
 * Source: Unicode 15, blocks U+0080, U+0100, U+0180, U+0300, U+1E00.
 */
#include "cloud/words.h"

#include <stdint.h>
#include <string.h>

#define MARK '\0' /* a combining mark: dropped */

struct fold {
    uint32_t first;
    uint32_t last;
    char letter;
};

static const struct fold folds[] = {
    {0x00c0, 0x00c5, 'a'}, {0x00c8, 0x00cb, 'e'}, {0x00cc, 0x00cf, 'i'},  {0x00d2, 0x00d6, 'o'},
    {0x00d9, 0x00dc, 'u'}, {0x00dd, 0x00dd, 'y'}, {0x00e0, 0x00e5, 'a'},  {0x00e8, 0x00eb, 'e'},
    {0x00ec, 0x00ef, 'i'}, {0x00f2, 0x00f6, 'o'}, {0x00f9, 0x00fc, 'u'},  {0x00fd, 0x00fd, 'y'},
    {0x0102, 0x0103, 'a'}, {0x0110, 0x0111, 'd'}, {0x0128, 0x0129, 'i'},  {0x0168, 0x0169, 'u'},
    {0x01a0, 0x01a1, 'o'}, {0x01af, 0x01b0, 'u'}, {0x0300, 0x036f, MARK}, {0x1ea0, 0x1eb7, 'a'},
    {0x1eb8, 0x1ec7, 'e'}, {0x1ec8, 0x1ecb, 'i'}, {0x1ecc, 0x1ee3, 'o'},  {0x1ee4, 0x1ef1, 'u'},
    {0x1ef2, 0x1ef9, 'y'},
};

/* One code point; a malformed byte stands for itself, as a separator. */
static uint32_t next_point(const uint8_t **pos)
{
    const uint8_t *text = *pos;
    size_t more = text[0] >= 0xf0 ? 3 : text[0] >= 0xe0 ? 2 : text[0] >= 0xc0 ? 1 : 0;
    uint32_t point = more == 0 ? text[0] : text[0] & (0x3fu >> more);

    for (size_t i = 1; i <= more; i++) {
        if ((text[i] & 0xc0) != 0x80) { /* NUL ends here, too */
            *pos = text + 1;
            return ' ';
        }
        point = point << 6 | (text[i] & 0x3f);
    }
    *pos = text + more + 1;
    return point;
}

static char fold_point(uint32_t point)
{
    if (point >= 'A' && point <= 'Z')
        return (char)(point - 'A' + 'a');
    if ((point >= 'a' && point <= 'z') || (point >= '0' && point <= '9'))
        return (char)point;
    for (size_t i = 0; i < sizeof folds / sizeof folds[0]; i++) {
        if (point >= folds[i].first && point <= folds[i].last)
            return folds[i].letter;
    }
    return ' ';
}

void sca_words_fold(const char *text, char ret_folded[static SCA_WORDS_SIZE])
{
    const uint8_t *pos = (const uint8_t *)(text == NULL ? "" : text);
    size_t len = 0;
    bool lower = false; /* the letter before was a small ASCII letter */

    ret_folded[len++] = ' ';
    while (*pos != '\0' && len < SCA_WORDS_SIZE - 3) {
        uint32_t point = next_point(&pos);
        char letter = fold_point(point);
        bool upper = point >= 'A' && point <= 'Z';
        if (letter == MARK)
            continue;
        if (lower && upper)
            ret_folded[len++] = ' ';
        if (letter != ' ' || ret_folded[len - 1] != ' ')
            ret_folded[len++] = letter;
        lower = point >= 'a' && point <= 'z';
    }
    if (ret_folded[len - 1] != ' ')
        ret_folded[len++] = ' ';
    ret_folded[len] = '\0';
}

bool sca_words_any(const char *folded, const char *const *patterns)
{
    for (; *patterns != NULL; patterns++) {
        if (strstr(folded, *patterns) != NULL)
            return true;
    }
    return false;
}
