/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a program of the configuration for the first line of its output (secret-tool, pass and the
 * like). No shell; standard input and error are /dev/null; output goes through wiped memory only.
 */
#ifndef SCA_AGENT_COMMAND_H
#define SCA_AGENT_COMMAND_H

#include <uv.h>
#include "common/buf.h"

#define SCA_COMMAND_LINE_MAX 4096u /* bytes of the first line */

struct sca_command;

/*
 * @line: the first line without its end, borrowed for the call and wiped after it; empty with @err.
 * SCA_E_CONFIG: the program cannot be run, failed, or wrote no line (or a too long one, or a NUL);
 * SCA_E_TIMEOUT: it was killed with its children; SCA_E_NOMEM.
 */
typedef void sca_command_done(void *arg, int err, struct sca_bytes line);

/*
 * Starts the words of @text (see argv.h). @done comes once, from the loop, never from inside this
 * call; the command is gone when it returns. SCA_E_FORMAT, SCA_E_LIMIT (@text), SCA_E_NOMEM.
 */
int sca_command_run(uv_loop_t *loop, const char *text, uint32_t timeout_ms, sca_command_done *done,
                    void *arg, struct sca_command **ret_command);

/* Kills it; done is not called. NULL is fine. */
void sca_command_cancel(struct sca_command *command);

#endif
