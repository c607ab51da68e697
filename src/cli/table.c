/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables: cells are kept until all are known, then printed with each column padded to its widest.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "table.h"
#include "wrap.h"

void sca_table_init(struct sca_table *table, size_t columns)
{
    *table = (struct sca_table){.columns = columns};
}

static void add_taken(struct sca_table *table, char *text)
{
    if (!text || table->err) {
        free(text);
        table->err = table->err ? table->err : SCA_E_NOMEM;
        return;
    }
    if (table->count == table->cap) {
        size_t cap = table->cap ? table->cap * 2 : 64;
        char **cells = reallocarray(table->cells, cap, sizeof(*cells));
        if (!cells) {
            free(text);
            table->err = SCA_E_NOMEM;
            return;
        }
        table->cells = cells;
        table->cap = cap;
    }
    table->cells[table->count++] = text;
}

void sca_table_add(struct sca_table *table, const char *text)
{
    add_taken(table, strdup(text ? text : ""));
}

void sca_table_addf(struct sca_table *table, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    add_taken(table, text);
}

static size_t column_width(const struct sca_table *table, size_t column)
{
    size_t widest = 0;
    for (size_t i = column; i < table->count; i += table->columns) {
        size_t width = sca_text_columns(table->cells[i]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void print_cells(const struct sca_table *table)
{
    if (table->columns == 0)
        return;
    size_t widths[SCA_TABLE_COLUMNS_MAX] = {0};
    for (size_t column = 0; column < table->columns; column++)
        widths[column] = column_width(table, column);
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->columns;
        fputs(table->cells[i], stdout);
        if (column + 1 == table->columns)
            fputc('\n', stdout);
        else
            printf("%*s", (int)(widths[column] - sca_text_columns(table->cells[i]) + 2), "");
    }
}

int sca_table_print(struct sca_table *table)
{
    if (!table->err)
        print_cells(table);
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    int err = table->err;
    *table = (struct sca_table){0};
    return err;
}
