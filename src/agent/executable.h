/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program file a peer runs, by the kernel's word, and whether an account's list of programs
 * (programs =) has it.
 *
 * A fence, not a wall: a script is its interpreter, what comes through p11-kit's server is that
 * server's child, and a program of the same person can make another do its work.
 */
#ifndef SCA_AGENT_EXECUTABLE_H
#define SCA_AGENT_EXECUTABLE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * The whole path of the program that process @pid runs; "" where it cannot be known (another name
 * space, no /proc, the process is gone). A program that was replaced on disk while it runs keeps
 * its path. For showing: the number may come to mean another process at any time.
 * Source: proc(5), /proc/pid/exe.
 */
void sca_executable_of(pid_t pid, char ret_path[static PATH_MAX]);

/*
 * The same of the process at the other end of socket @fd, which is held meanwhile, so that its
 * number cannot come to mean another one.
 * Source: unix(7), SO_PEERCRED; pidfd_open(2). SO_PEERPIDFD: Linux 6.5.
 */
void sca_executable_of_peer(int fd, pid_t pid, char ret_path[static PATH_MAX]);

/*
 * May the program at @path use an account with this list (NULL-terminated; NULL: no list)? Entries
 * that are symbolic links mean what they point to. Blocking look at local files only.
 */
bool sca_executable_allowed(char *const *list, const char *path);

#endif
