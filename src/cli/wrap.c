/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Breaks lines greedily; width is what wcwidth(3) says, so that Vietnamese letters of two or three
 * bytes count once.
 */
#include "wrap.h"

#include <stdbool.h>
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
#define EXPLAINED_FROM 12 /* a line of a help that is indented so far explains the one above */

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

void sca_text_cut(char *text, size_t size, size_t columns, const char *mark)
{
    size_t len = strlen(text);

    if (sca_text_columns(text) <= columns)
        return;
    if (sca_text_columns(mark) > columns || strlen(mark) >= size)
        mark = "";
    const size_t room = columns - sca_text_columns(mark);
    while (len > 0 && (sca_text_columns(text) > room || len + strlen(mark) >= size)) {
        len = sca_utf8_prefix(text, len - 1);
        text[len] = '\0';
    }
    snprintf(text + len, size - len, "%s", mark);
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

/* Bytes before what is explained: blanks, and a word or option with two blanks behind it. */
static size_t lead_length(const char *line, size_t len)
{
    const size_t blanks = strspn(line, " ");
    size_t lead = blanks;

    for (size_t i = blanks; blanks > 0 && i + 2 < len; i++) {
        if (line[i] == ' ' && line[i + 1] == ' ' && line[i + 2] != ' ') {
            lead = i + 2;
            break;
        }
    }
    return lead < len ? lead : len;
}

/* Whether the line behind this one belongs to the same paragraph or explanation. */
static bool goes_on(const char *line, size_t len, size_t lead_columns)
{
    const char *next = line + len + 1;

    if (len == 0 || line[len] == '\0' || *next == '\0' || *next == '\n')
        return false;
    const size_t blanks = strspn(next, " ");
    return blanks == lead_columns && (blanks == 0 || blanks >= EXPLAINED_FROM);
}

void sca_wrap_help(FILE *out, const char *text, size_t columns)
{
    while (columns && *text) {
        size_t len = strcspn(text, "\n");
        const size_t lead_len = lead_length(text, len);
        SCA_TEXT_AUTO lead = strndup(text, lead_len);
        const size_t lead_columns = lead ? sca_text_columns(lead) : lead_len;

        while (goes_on(text, len, lead_columns))
            len += 1 + strcspn(text + len + 1, "\n");
        SCA_TEXT_AUTO rest = strndup(text + lead_len, len - lead_len);
        for (size_t i = 0; rest && rest[i]; i++) {
            if (rest[i] == '\n')
                rest[i] = ' ';
        }
        sca_wrap_print(out, lead ? lead : "", rest ? rest : "", columns);
        text += len;
        text += *text == '\n';
    }
    if (!columns)
        fprintf(out, "%s\n", text);
}
