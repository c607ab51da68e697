/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program that takes or gives a secret: by pipes, never by arguments or files. */
#ifndef SCA_CLI_PIPE_RUN_H
#define SCA_CLI_PIPE_RUN_H

#include "common/buf.h"

#define SCA_PIPE_INPUT_MAX 4096 /* bytes: fit into a pipe, so that writing never blocks */

/*
 * Runs @argv (found by PATH; no shell) with @input on its standard input and nothing on its
 * standard error. Blocks up to @limit_ms, then kills it. @ret_output: what it printed, 4096 bytes
 * at most, in a wiping buffer that is initialised here; NULL where it does not matter.
 * SCA_E_NOENT (no such program), SCA_E_IO (it failed), SCA_E_TIMEOUT, SCA_E_LIMIT, SCA_E_NOMEM.
 */
int sca_pipe_run(char *const argv[], struct sca_bytes input, int limit_ms,
                 struct sca_buf *ret_output);

#endif
