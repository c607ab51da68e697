/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the Assuan protocol as a client of pinentry needs them: commands with escaped texts out,
 * whole lines in. Pure: no descriptor, no child, no clock. What comes in is hostile until it was
 * read here: a line that is too long, a NUL or a bad escape ends the conversation.
 * Source: "Developing with Assuan" (libassuan manual), chapter 2; pinentry manual, chapter 4.
 */
#ifndef SCA_AGENT_ASSUAN_H
#define SCA_AGENT_ASSUAN_H

#include <stdbool.h>
#include <stdint.h>
#include "common/buf.h"

#define SCA_ASSUAN_LINE_MAX 1000u /* bytes, the line feed included */

/* The last 16 bits of an error number: what happened. Source: libgpg-error, err-codes.h. */
enum {
    SCA_ASSUAN_TIMEOUT = 62,
    SCA_ASSUAN_CANCELED = 99,
    SCA_ASSUAN_NOT_CONFIRMED = 114,
    SCA_ASSUAN_FULLY_CANCELED = 198,
};

enum sca_assuan_kind {
    SCA_ASSUAN_OK,
    SCA_ASSUAN_ERR,  /* @code */
    SCA_ASSUAN_DATA, /* @data, still escaped */
    SCA_ASSUAN_NOTE, /* a status line or a comment: nothing to do */
};

struct sca_assuan_line {
    enum sca_assuan_kind kind;
    unsigned code;
    struct sca_bytes data; /* borrowed from the reader until it is fed again */
};

/* Born zeroed; may hold what a person typed, so sca_assuan_wipe when done. */
struct sca_assuan_reader {
    uint8_t line[SCA_ASSUAN_LINE_MAX];
    size_t len;
    bool whole; /* @line was given out */
};

/*
 * Takes from the front of @bytes. 1: a line is in @ret_line, call again for what is left; 0: all
 * taken, no whole line yet; SCA_E_LIMIT (line too long); SCA_E_FORMAT (a NUL, or none of the lines
 * above: a pinentry has nothing to INQUIRE).
 */
int sca_assuan_feed(struct sca_assuan_reader *reader, struct sca_bytes *bytes,
                    struct sca_assuan_line *ret_line);
void sca_assuan_wipe(struct sca_assuan_reader *reader);

/* Appends what @escaped stands for. SCA_E_FORMAT (bad escape, or a NUL), or the buffer's error. */
int sca_assuan_unescape(struct sca_bytes escaped, struct sca_buf *buf);

/*
 * Appends one line: @command, a blank and @text, escaped and cut between letters so that the line
 * keeps to its limit. NULL @text: the command alone. Returns 0 or the buffer's error.
 */
int sca_assuan_add_command(struct sca_buf *buf, const char *command, const char *text);

/*
 * Appends "OPTION name=value". Values cannot be escaped: one that holds a control character or is
 * too long adds nothing, and so does NULL. Returns 0 or the buffer's error.
 */
int sca_assuan_add_option(struct sca_buf *buf, const char *name, const char *value);

#endif
