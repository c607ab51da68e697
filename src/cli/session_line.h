/* SPDX-License-Identifier: Apache-2.0 */
/* An open session as status and watch show it. */
#ifndef SCA_CLI_SESSION_LINE_H
#define SCA_CLI_SESSION_LINE_H

#include <jansson.h>

#define SCA_SESSION_LINE_SIZE 512

/* @session: an item of "sessions" in the agent's status. */
void sca_session_line(const json_t *session, char ret_line[static SCA_SESSION_LINE_SIZE]);

#endif
