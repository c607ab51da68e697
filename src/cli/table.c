/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables: cells are kept until all are known, then printed with each column padded to its widest.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/err.h"
#include "common/text.h"
#include "table.h"
#include "wrap.h"

#define GAP        2  /* screen columns between cells */
#define LAST_LEAST 20 /* screen columns that a broken last cell needs */
#define LEAD_MAX   4096

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
    va_list args;
    va_start(args, format);
    char *text = sca_text_vformat(format, args);
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

/* The last cell is broken into lines of its column where it does not fit @screen; 0: never. */
static void print_rows(const struct sca_table *table, const size_t *widths, size_t screen)
{
    SCA_BUF_AUTO lead;
    sca_buf_init(&lead, LEAD_MAX);
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->columns;
        const char *cell = table->cells[i];
        if (column + 1 < table->columns) {
            (void)sca_buf_addf(&lead, "%s%*s", cell,
                               (int)(widths[column] - sca_text_columns(cell) + GAP), "");
            continue;
        }
        if (sca_buf_add_u8(&lead, 0) == 0)
            sca_wrap_print(stdout, (const char *)lead.data, cell, screen);
        sca_buf_clear(&lead);
        sca_buf_init(&lead, LEAD_MAX);
    }
}

/* A line for each cell, beside its heading; the rows apart. */
static void print_blocks(const struct sca_table *table)
{
    size_t widest = 0;
    for (size_t i = 0; i < table->columns; i++) {
        size_t width = sca_text_columns(table->cells[i]);
        widest = width > widest ? width : widest;
    }
    for (size_t i = table->columns; i < table->count; i++) {
        if (i % table->columns == 0 && i > table->columns)
            putchar('\n');
        const char *heading = table->cells[i % table->columns];
        printf("%s%*s%s\n", heading, (int)(widest - sca_text_columns(heading) + GAP), "",
               table->cells[i]);
    }
}

static void print_cells(const struct sca_table *table)
{
    if (table->columns == 0)
        return;
    const size_t screen = sca_wrap_columns();
    size_t widths[SCA_TABLE_COLUMNS_MAX] = {0};
    size_t whole = (table->columns - 1) * GAP;
    for (size_t column = 0; column < table->columns; column++) {
        widths[column] = column_width(table, column);
        whole += widths[column];
    }
    if (screen && whole > screen && whole - widths[table->columns - 1] + LAST_LEAST > screen)
        print_blocks(table);
    else
        print_rows(table, widths, screen);
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
