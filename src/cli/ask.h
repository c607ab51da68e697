/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the person at the terminal, and texts that fit an 80-column screen. Answers are read
 * from standard input, past stdio. Ctrl-C, SIGTERM, a closed terminal and the end of input all end
 * the question with SCA_E_CANCELLED, and every later one, so that callers unwind in order.
 */
#ifndef SCA_CLI_ASK_H
#define SCA_CLI_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include "common/secret.h"

#define SCA_ASK_COLUMNS    79   /* of a text */
#define SCA_ASK_ANSWER_MAX 1024 /* bytes of an answer that is shown */

/*
 * From now on the signals above are remembered instead of ending the program, and the process is
 * one that holds secrets (agent/harden.h). Again is fine.
 */
void sca_ask_begin(void);

/* True when one of them came, or the input ended. */
bool sca_ask_stopped(void);

/* True when questions can be asked: standard input and output are a terminal. */
bool sca_ask_can(void);

/* Prints a text, wrapped between words where the output is a terminal. */
void sca_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same; the first line begins with @first, the others are indented as far. */
void sca_say_item(const char *first, const char *text);

/*
 * One line. @preset: what no answer means, shown in brackets; NULL: an empty answer is returned.
 * @ret_answer: trimmed, valid UTF-8 without control characters (else it is asked again); caller
 * frees. SCA_E_CANCELLED, SCA_E_NOMEM.
 */
int sca_ask_line(const char *question, const char *preset, char **ret_answer);

/*
 * One line that is not shown. @ret_secret: NULL for no answer; caller frees. Too long a line is
 * asked for again. SCA_E_CANCELLED, SCA_E_NOMEM.
 */
int sca_ask_secret(const char *question, struct sca_secret **ret_secret);

/* Yes or no, in both languages. SCA_E_CANCELLED, SCA_E_NOMEM. */
int sca_ask_yes(const char *question, bool preset, bool *ret_yes);

/*
 * One of @count things, by number or by its word. @words: one for each, not translated; @texts:
 * what it is. @ret_choice: index. SCA_E_CANCELLED, SCA_E_NOMEM.
 */
int sca_ask_choice(const char *question, const char *const *words, const char *const *texts,
                   size_t count, size_t preset, size_t *ret_choice);

#endif
