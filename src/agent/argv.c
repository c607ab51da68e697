/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting a command line into words. */
#include "argv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "common/err.h"

#define WORDS_MAX 256u
#define TEXT_MAX  16384u

static bool blank(char letter)
{
    return letter == ' ' || letter == '\t';
}

/* Copies a quoted part; NULL when it is not closed. Returns what stands behind it. */
static const char *take_quoted(const char *pos, char **out)
{
    char quote = *pos++;

    while (*pos != '\0' && *pos != quote) {
        if (quote == '"' && *pos == '\\' && pos[1] != '\0' && strchr("\"\\$`", pos[1]) != NULL)
            pos++;
        *(*out)++ = *pos++;
    }
    return *pos == quote ? pos + 1 : NULL;
}

/* Writes one word with its NUL to *@out. Returns what stands behind it; NULL when malformed. */
static const char *take_word(const char *pos, char **out)
{
    while (pos != NULL && *pos != '\0' && !blank(*pos)) {
        if (*pos == '\'' || *pos == '"') {
            pos = take_quoted(pos, out);
            continue;
        }
        if (*pos == '\\' && *++pos == '\0')
            return NULL;
        *(*out)++ = *pos++;
    }
    *(*out)++ = '\0';
    return pos;
}

static int add_word(char ***argv, size_t count, const char *word)
{
    if (count >= WORDS_MAX)
        return SCA_E_LIMIT;

    char **more = reallocarray(*argv, count + 2, sizeof *more);
    if (more == NULL)
        return SCA_E_NOMEM;
    *argv = more;
    more[count] = strdup(word);
    more[count + 1] = NULL;
    return more[count] == NULL ? SCA_E_NOMEM : 0;
}

int sca_argv_split(const char *text, char ***ret_argv)
{
    SCA_ARGV_AUTO argv = NULL;
    size_t count = 0;

    if (strlen(text) > TEXT_MAX)
        return SCA_E_LIMIT;
    char *space = malloc(strlen(text) + 1); /* no word is longer than the text */
    if (space == NULL)
        return SCA_E_NOMEM;
    int err = 0;
    while (err == 0) {
        char *out = space;

        while (blank(*text))
            text++;
        if (*text == '\0')
            break;
        text = take_word(text, &out);
        err = text != NULL ? add_word(&argv, count, space) : SCA_E_FORMAT;
        count++;
    }
    free(space);
    if (err == 0 && argv == NULL)
        err = SCA_E_FORMAT;
    if (err != 0)
        return err;
    *ret_argv = argv;
    argv = NULL;
    return 0;
}

void sca_argv_free(char **argv)
{
    for (size_t i = 0; argv != NULL && argv[i] != NULL; i++)
        free(argv[i]);
    free(argv);
}
