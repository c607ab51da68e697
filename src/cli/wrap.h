/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people on a screen of limited width: lines are broken between words. Where the output
 * is no terminal, a paragraph stays one line, for those who search in it.
 */
#ifndef SCA_CLI_WRAP_H
#define SCA_CLI_WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Size of the terminal on stdout, 80 by 24 where it does not say. False where it is none. */
bool sca_wrap_screen(size_t *ret_columns, size_t *ret_lines);

/* The width at which lines are broken: the terminal's, 40 at the least; 0 where it is none. */
size_t sca_wrap_columns(void);

/* Screen columns of a text; its bytes where the locale cannot read it. */
size_t sca_text_columns(const char *text);

/*
 * Where @text takes more than @columns of the screen it is cut between letters, and @mark put at
 * its end, within the width; narrower than the mark, without one. @text has @size bytes.
 */
void sca_text_cut(char *text, size_t size, size_t columns, const char *mark);

/*
 * Prints @lead and @text and ends the line. Later lines, those that @text itself begins included,
 * are indented as wide as @lead. A word that is wider than @columns is left whole; 0 columns: as
 * long as they are.
 */
void sca_wrap_print(FILE *out, const char *lead, const char *text, size_t columns);

/*
 * Prints a command's help: paragraphs, which begin at the left, are joined and broken anew, other
 * lines broken and indented as what they explain. 0 columns: as it is.
 */
void sca_wrap_help(FILE *out, const char *text, size_t columns);

#endif
