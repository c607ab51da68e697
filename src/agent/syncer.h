/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes files durable beside the loop: a thread that does nothing but wait for the disk. What must
 * be durable before something else may happen is started and waited for (sca_sync). What only
 * should be durable soon is left to it, and rests some hundredths of a second, so that a burst
 * costs the disk little more than one write.
 *
 * For one thread, the agent's. Where no thread can be had, the caller's waits for the disk.
 */
#ifndef SCA_AGENT_SYNCER_H
#define SCA_AGENT_SYNCER_H

#include <stdbool.h>
#include <sys/queue.h>

#define SCA_SYNC_FDS 2

struct sca_syncer;

/* A file and the folder that got it, say. Filled by the caller, who also owns its memory. */
struct sca_sync {
    int fds[SCA_SYNC_FDS]; /* synced in this order, then closed; -1: none */
    /* the syncer's: */
    TAILQ_ENTRY(sca_sync) link;
    bool started;
    bool over;
    int err;
};

/* NULL when memory is out. */
struct sca_syncer *sca_syncer_new(void);
/* Waits until all that was left to it is durable. NULL is fine. */
void sca_syncer_free(struct sca_syncer *syncer);

/* Takes over the descriptors, and borrows @sync until sca_sync_wait. Never blocks on the disk. */
void sca_sync_start(struct sca_syncer *syncer, struct sca_sync *sync);
/* Blocks until it is durable; at once for one that was never started, or waited for before. 0, or
 * SCA_E_IO: it may not be. */
int sca_sync_wait(struct sca_syncer *syncer, struct sca_sync *sync);

/*
 * Takes over @fd, to be synced and closed soon; -1 is fine. Blocks only where the disk has fallen
 * far behind, or memory is out. What goes wrong is logged with the next call.
 */
void sca_syncer_leave(struct sca_syncer *syncer, int fd);

/* Blocks until all that was left to it is durable. */
void sca_syncer_flush(struct sca_syncer *syncer);

#endif
