/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One agent per socket folder. The lock is an flock(2) on agent.lock there, so it ends with the
 * process, however that dies; only its holder touches the socket's name.
 */
#ifndef SCA_AGENT_LOCKFILE_H
#define SCA_AGENT_LOCKFILE_H

#include <stdbool.h>
#include "common/path.h"

/*
 * Makes the folder, takes the lock, and binds and listens on the socket, in place of a stale one.
 * When another agent holds the lock: waits until it listens (returns 1), or until it lets go of the
 * lock and the place is ours. Blocks up to ten seconds (SCA_E_TIMEOUT).
 * @ret_lock_fd, @ret_listen_fd: the caller's, close-on-exec. SCA_E_PERM, SCA_E_IO,
 * SCA_E_LIMIT (the socket's path is too long), SCA_E_NOMEM.
 */
int sca_lockfile_claim(const struct sca_paths *paths, int *ret_lock_fd, int *ret_listen_fd);

/* For a socket that systemd made: only the lock, if it is free; -1 if not. */
int sca_lockfile_try(const struct sca_paths *paths);

/* Removes the socket's name and lets go, in this order: a successor finds a free place. */
void sca_lockfile_release(const struct sca_paths *paths, bool own_socket, int *lock_fd);

#endif
