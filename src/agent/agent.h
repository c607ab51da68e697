/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's life: one process per socket folder, started by whoever needs it first, gone when
 * nothing is left to do.
 */
#ifndef SCA_AGENT_AGENT_H
#define SCA_AGENT_AGENT_H

#include <stdbool.h>

struct sca_agent_options {
    int ready_fd; /* "ok\n" when somebody listens on the socket, else one line why not; -1 none */
    bool foreground; /* do not detach, log to stderr where no log-file is configured */
    int listen_fd;   /* a listening socket from systemd; -1: make one */
};

/*
 * Runs the agent; without @foreground the caller's process ends in here and a detached one goes on.
 * Changes the process for good (limits, signals, working folder), so call it in a process of its
 * own, before anything else was started. When another agent serves the socket already, that is as
 * good: says "ok" and returns 0. Returns 0 or enum sca_err.
 */
int sca_agent_main(const struct sca_agent_options *options);

#endif
