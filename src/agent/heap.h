/* SPDX-License-Identifier: Apache-2.0 */
/* How the agent, which lives for days, keeps little of the memory that it needed for a moment. */
#ifndef SCA_AGENT_HEAP_H
#define SCA_AGENT_HEAP_H

/* At the start, before there are threads. */
void sca_heap_prepare(void);

/* Gives back what is free; for the loop, after something large. Takes a millisecond or so. */
void sca_heap_trim(void);

#endif
