/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain text tables for terminals: columns as wide as their widest cell, measured in screen
 * columns, so that Vietnamese letters line up. Where rows are wider than the terminal, the last
 * cell is broken; where that is not enough, each row is a block of lines, a cell beside its
 * heading, which the first row is then.
 */
#ifndef SCA_CLI_TABLE_H
#define SCA_CLI_TABLE_H

#include <stddef.h>

#define SCA_TABLE_COLUMNS_MAX 10

struct sca_table {
    size_t columns;
    size_t count; /* cells so far */
    size_t cap;
    char **cells; /* owned copies, row after row */
    int err;
};

void sca_table_init(struct sca_table *table, size_t columns);

/* Adds one cell (copied; NULL is empty). A row is full after @columns cells. Errors stick. */
void sca_table_add(struct sca_table *table, const char *text);
void sca_table_addf(struct sca_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints to stdout and frees. Returns the sticky error. */
int sca_table_print(struct sca_table *table);

#endif
