/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors: closing them on the way out, keeping them away from the host's standard ones, and
 * waiting for them with a deadline and a way to give up.
 */
#ifndef SCA_COMMON_FD_H
#define SCA_COMMON_FD_H

#include <stdbool.h>
#include <stdint.h>

/* Closes and sets to -1; keeps errno. -1 is fine. */
void sca_fd_close(int *fd);
#define SCA_FD_AUTO __attribute__((cleanup(sca_fd_close))) int

/*
 * Moves a descriptor of ours to @min or above, close-on-exec: a host without standard output must
 * not print into our socket. Takes over @fd; returns the new one, -1 with errno on failure.
 */
int sca_fd_lift(int fd, int min);

/* How long to wait, and whom to ask meanwhile (at least every 200 ms; NULL: nobody). */
struct sca_wait {
    int64_t deadline_ms; /* sca_now_ms */
    bool (*cancelled)(void *arg);
    void *arg;
};

/* True when the one who waits wants to give up. */
bool sca_wait_cancelled(const struct sca_wait *wait);

/* Blocks until @fd shows @events (poll(2)) or fails. SCA_E_TIMEOUT, SCA_E_CANCELLED, SCA_E_NOMEM.
 */
int sca_wait_fd(const struct sca_wait *wait, int fd, short events);

/* Blocks for @pause_ms. SCA_E_TIMEOUT when the deadline comes first, SCA_E_CANCELLED. */
int sca_wait_pause(const struct sca_wait *wait, int pause_ms);

#endif
