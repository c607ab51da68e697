/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the agent from inside a host: the part of conn.c that makes a process. */
#ifndef SCA_COMMON_LAUNCH_H
#define SCA_COMMON_LAUNCH_H

#include "fd.h"
#include "path.h"

/*
 * Runs "smartca agent --ready-fd 3" in a session of its own, with default signals, / as working
 * folder, /dev/null as standard descriptors, no other descriptor but the pipe's end 3, and of the
 * host's environment only what the agent needs, since it outlives the host.
 * Blocks until the agent writes "ok" to the pipe. Any other line, or its end, is SCA_E_AGENT and
 * logged. A child that has not said "ok" does not outlive this call.
 * SCA_E_AGENT, SCA_E_TIMEOUT, SCA_E_CANCELLED, SCA_E_NOMEM.
 */
int sca_launch_agent(const struct sca_paths *paths, const struct sca_wait *wait);

#endif
