/* SPDX-License-Identifier: Apache-2.0 */
/* What a process does that will hold secrets: the agent, and the tool while it asks for them. */
#ifndef SCA_AGENT_HARDEN_H
#define SCA_AGENT_HARDEN_H

/*
 * No core file, no tracing by other processes of the person, and libcrypto wipes what it frees. To
 * be called before libcrypto has taken any memory. Never fails: what cannot be had is logged.
 */
void sca_harden(void);

#endif
