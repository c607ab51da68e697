/* SPDX-License-Identifier: Apache-2.0 */
/* Reading /proc without being fooled by a process number that is used again. See executable.h. */
#include "executable.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "common/fd.h"
#include "common/text.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static const char deleted[] = " (deleted)";

/* The process itself rather than its number: the one that connected, where the kernel can say. */
static int hold_process(int fd, pid_t pid)
{
    int process = -1;
    socklen_t len = sizeof process;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &process, &len) == 0)
        return process;
    return pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0U) : -1;
}

void sca_executable_of(pid_t pid, char ret_path[static PATH_MAX])
{
    char link[64];

    snprintf(link, sizeof link, "/proc/%lld/exe", (long long)pid);
    ssize_t len = readlink(link, ret_path, PATH_MAX - 1);
    ret_path[len > 0 && len < PATH_MAX - 1 ? len : 0] = '\0';
    size_t end = strlen(ret_path);
    if (end > strlen(deleted) && strcmp(ret_path + end - strlen(deleted), deleted) == 0)
        ret_path[end - strlen(deleted)] = '\0';
    if (ret_path[0] != '/')
        ret_path[0] = '\0';
}

void sca_executable_of_peer(int fd, pid_t pid, char ret_path[static PATH_MAX])
{
    ret_path[0] = '\0';
    SCA_FD_AUTO process = hold_process(fd, pid);
    if (process < 0)
        return;
    sca_executable_of(pid, ret_path);
    /* It still lives, so the number was its own while /proc was read. */
    if (syscall(SYS_pidfd_send_signal, process, 0, NULL, 0U) != 0)
        ret_path[0] = '\0';
}

static bool is_entry(const char *entry, const char *path)
{
    SCA_TEXT_AUTO real = NULL;

    if (strcmp(entry, path) == 0)
        return true;
    real = realpath(entry, NULL);
    return real != NULL && strcmp(real, path) == 0;
}

bool sca_executable_allowed(char *const *list, const char *path)
{
    if (list == NULL)
        return true;
    if (*path == '\0')
        return false;
    while (*list != NULL && !is_entry(*list, path))
        list++;
    return *list != NULL;
}
