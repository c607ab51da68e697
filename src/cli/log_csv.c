/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca log --export csv: the entries for a spreadsheet. RFC 4180, UTF-8. Names of programs and
 * texts of services come from strangers: what a spreadsheet would take for a formula is given as
 * text.
 */
#include "log_forms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli.h"

static const char *const columns[] = {"time",        "outcome", "account", "program", "pid",
                                      "holder",      "serial",  "hash",    "digest",  "code",
                                      "transaction", "session", "sentence"};

static void print_field(const char *text)
{
    putchar('"');
    if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL)
        putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_value(const json_t *value)
{
    if (json_is_integer(value))
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        print_field(json_is_string(value) ? json_string_value(value) : "");
}

int sca_log_print_csv(const json_t *entries)
{
    size_t i;
    const json_t *entry;

    for (size_t column = 0; column < sizeof columns / sizeof columns[0]; column++)
        printf("%s%s", column > 0 ? "," : "", columns[column]);
    printf("\r\n");
    json_array_foreach(entries, i, entry)
    {
        for (size_t column = 0; column < sizeof columns / sizeof columns[0]; column++) {
            if (column > 0)
                putchar(',');
            print_value(json_object_get(entry, columns[column]));
        }
        printf("\r\n");
    }
    return fflush(stdout) == 0 && !ferror(stdout)
               ? SCA_EXIT_OK
               : sca_cli_fail(_("The output could not be written. Free some space and try again."));
}
