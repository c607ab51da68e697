/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points at which a test lets the agent die as by kill -9. Only a build with -Dfault_points=true
 * has them: there the environment variable SMARTCA_FAULT_POINT names the one that strikes.
 */
#ifndef SCA_AGENT_FAULT_H
#define SCA_AGENT_FAULT_H

#ifdef SCA_FAULT_POINTS
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/text.h"

static inline void sca_fault_point(const char *name)
{
    if (sca_streq(secure_getenv("SMARTCA_FAULT_POINT"), name))
        kill(getpid(), SIGKILL);
}
#else
static inline void sca_fault_point(const char *name)
{
    (void)name;
}
#endif

#endif
