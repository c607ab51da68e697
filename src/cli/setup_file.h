/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the person and of other programs: read whole, replaced whole with mode kept, and marked
 * blocks in them.
 */
#ifndef SCA_CLI_SETUP_FILE_H
#define SCA_CLI_SETUP_FILE_H

#include <stdbool.h>
#include "common/buf.h"

#define SCA_HOST_FILE_MAX (64u * 1024u * 1024u) /* bytes; databases too */

/*
 * Reads a regular file, symbolic links followed, whoever owns it. @ret_content is initialised here;
 * the caller clears. SCA_E_NOENT, SCA_E_IO, SCA_E_LIMIT, SCA_E_NOMEM.
 */
int sca_host_file_read(const char *path, struct sca_buf *ret_content);

/*
 * Replaces a file as a whole, through symbolic links, and keeps its mode; a new one gets @mode.
 * SCA_E_IO, SCA_E_NOMEM.
 */
int sca_host_file_write(const char *path, struct sca_bytes content, unsigned mode);

/* True when @text has a marked block. @ret_begin, @ret_end: its bytes, marks included. */
bool sca_block_find(struct sca_bytes text, size_t *ret_begin, size_t *ret_end);

/*
 * @ret_text: @text with the block of @host at its beginning, in place of one that is there. @lines:
 * each with its end. The buffer is initialised here; its sticky error is returned.
 */
int sca_block_put(struct sca_bytes text, const char *host, const char *lines,
                  struct sca_buf *ret_text);

/* @ret_text: @text without the block. */
int sca_block_drop(struct sca_bytes text, struct sca_buf *ret_text);

/*
 * The first line outside the block that begins with @word (letters of either case, blanks before
 * it are skipped, a blank, '=' or the end behind it). False when there is none.
 */
bool sca_block_rival(struct sca_bytes text, const char *word, struct sca_bytes *ret_line);

#endif
