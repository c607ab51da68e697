/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claiming the socket. Whoever has the lock may unlink, bind and listen; whoever has not may only
 * look whether somebody listens. The loser asks both questions in turn, so it ends up either with a
 * working agent or with the lock, in whatever moment the other one lives or dies.
 */
#include "lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/text.h"

#define LIMIT_MS 10000
#define PAUSE_MS 20
#define BACKLOG  128

static int address_of(const struct sca_paths *paths, struct sockaddr_un *ret_address)
{
    size_t len = strlen(paths->socket);

    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len >= sizeof ret_address->sun_path)
        return SCA_E_LIMIT;
    memcpy(ret_address->sun_path, paths->socket, len);
    return 0;
}

static int open_lock(const struct sca_paths *paths, int *ret_fd)
{
    SCA_TEXT_AUTO path = sca_text_format("%s/agent.lock", paths->socket_dir);
    struct stat st;

    int err = path != NULL ? sca_dir_ensure(paths->socket_dir) : SCA_E_NOMEM;
    if (err != 0)
        return err;
    SCA_FD_AUTO fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return errno == ELOOP ? SCA_E_PERM : SCA_E_IO;
    if (fstat(fd, &st) != 0)
        return SCA_E_IO;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return SCA_E_PERM;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static int listen_on(const struct sockaddr_un *address, int *ret_fd)
{
    SCA_FD_AUTO fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return SCA_E_IO;
    if (unlink(address->sun_path) != 0 && errno != ENOENT)
        return SCA_E_IO;
    mode_t mask = umask(0177);
    int failed = bind(fd, (const struct sockaddr *)address, sizeof *address);
    umask(mask);
    if (failed != 0 || listen(fd, BACKLOG) != 0)
        return SCA_E_IO;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static bool somebody_listens(const struct sockaddr_un *address)
{
    SCA_FD_AUTO fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd >= 0 &&
           (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
}

int sca_lockfile_claim(const struct sca_paths *paths, int *ret_lock_fd, int *ret_listen_fd)
{
    struct sockaddr_un address;
    SCA_FD_AUTO fd = -1;
    int64_t deadline_ms = sca_now_ms() + LIMIT_MS;

    int err = address_of(paths, &address);
    if (err == 0)
        err = open_lock(paths, &fd);
    while (err == 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return SCA_E_IO;
        if (somebody_listens(&address))
            return 1;
        if (sca_now_ms() > deadline_ms)
            return SCA_E_TIMEOUT;
        (void)poll(NULL, 0, PAUSE_MS);
    }
    if (err == 0)
        err = listen_on(&address, ret_listen_fd);
    if (err != 0)
        return err;
    *ret_lock_fd = fd;
    fd = -1;
    return 0;
}

int sca_lockfile_try(const struct sca_paths *paths)
{
    SCA_FD_AUTO fd = -1;
    int taken = -1;

    if (open_lock(paths, &fd) != 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        sca_log(SCA_LOG_WARNING, "agent", "another agent holds the lock of %s", paths->socket_dir);
        return -1;
    }
    taken = fd;
    fd = -1;
    return taken;
}

void sca_lockfile_release(const struct sca_paths *paths, bool own_socket, int *lock_fd)
{
    if (*lock_fd < 0)
        return;
    if (own_socket)
        (void)unlink(paths->socket);
    sca_fd_close(lock_fd);
}
