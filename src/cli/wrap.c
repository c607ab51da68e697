/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Breaks lines greedily; width is what wcwidth(3) says, so that Vietnamese letters of two or three
 * bytes count once.
 */
#include "wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include "common/text.h"

#define USUAL_COLUMNS  80
#define USUAL_LINES    24
#define FEWEST_COLUMNS 40 /* narrower is not broken any further */

bool sca_wrap_screen(size_t *ret_columns, size_t *ret_lines)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO))
        return false;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        size = (struct winsize){0};
    *ret_columns = size.ws_col != 0 ? size.ws_col : USUAL_COLUMNS;
    *ret_lines = size.ws_row != 0 ? size.ws_row : USUAL_LINES;
    return true;
}

size_t sca_wrap_columns(void)
{
    size_t columns;
    size_t lines;

    if (!sca_wrap_screen(&columns, &lines))
        return 0;
    return columns < FEWEST_COLUMNS ? FEWEST_COLUMNS : columns;
}

size_t sca_text_columns(const char *text)
{
    size_t length = mbstowcs(NULL, text, 0);
    if (length == (size_t)-1)
        return strlen(text);
    wchar_t *wide = calloc(length + 1, sizeof(*wide));
    if (!wide)
        return strlen(text);
    mbstowcs(wide, text, length + 1);
    int width = wcswidth(wide, length);
    free(wide);
    return width < 0 ? strlen(text) : (size_t)width;
}

void sca_text_cut(char *text, size_t columns)
{
    size_t len = strlen(text);

    while (len > 0 && sca_text_columns(text) > columns) {
        len = sca_utf8_prefix(text, len - 1);
        text[len] = '\0';
    }
}

/* A new line, indented. */
static void break_line(FILE *out, size_t indent)
{
    fprintf(out, "\n%*s", (int)indent, "");
}

void sca_wrap_print(FILE *out, const char *lead, const char *text, size_t columns)
{
    const size_t indent = sca_text_columns(lead);
    size_t at = indent;

    fputs(lead, out);
    while (*text) {
        const size_t len = strcspn(text, " \n");
        SCA_TEXT_AUTO word = strndup(text, len);
        const size_t width = word ? sca_text_columns(word) : len;

        if (columns && at > indent && at + 1 + width > columns) {
            break_line(out, indent);
            at = indent;
        } else if (at > indent) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", (int)len, text);
        at += width;
        text += len;
        text += strspn(text, " ");
        if (*text == '\n') {
            break_line(out, indent);
            at = indent;
            text++;
        }
    }
    fputc('\n', out);
}
