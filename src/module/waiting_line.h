/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one line a waiting call may write: to stderr, if that is a terminal, when the agent sends
 * one. It is written over itself and gone at the end.
 */
#ifndef SCA_MODULE_WAITING_LINE_H
#define SCA_MODULE_WAITING_LINE_H

#include <stdbool.h>

#define SCA_WAITING_LINE_MAX 1024 /* bytes of text looked at */

struct sca_waiting_line {
    const char *mark; /* stands where something was cut out */
    bool shown;
};

/*
 * Shows foreign text (made printable, cut to the terminal's width where something before its last
 * ": " can be missed, else at its end; the mark says so) in place of the last one.
 */
void sca_waiting_line_show(struct sca_waiting_line *line, const char *text);

/* Erases it, if one was shown. */
void sca_waiting_line_erase(struct sca_waiting_line *line);

#endif
