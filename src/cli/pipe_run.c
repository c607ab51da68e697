/* SPDX-License-Identifier: Apache-2.0 */
/* Spawn, write, read, reap. Signals of the person reach the program as well: same process group. */
#include "pipe_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/fd.h"

#define OUTPUT_MAX 4096

static int spawn(char *const argv[], int input, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    int failed = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (!failed)
        failed = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* Until the program closes its output. */
static int take(int fd, int64_t deadline_ms, struct sca_buf *output)
{
    const struct sca_wait wait = {.deadline_ms = deadline_ms};
    for (;;) {
        int err = sca_wait_fd(&wait, fd, POLLIN);
        if (!err)
            err = sca_buf_reserve(output, 512);
        if (err)
            return err;
        ssize_t got = read(fd, output->data + output->len, 512);
        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return SCA_E_IO;
        output->len += got > 0 ? (size_t)got : 0;
    }
}

static int reap(pid_t pid, int err)
{
    int status = 0;
    if (err)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return SCA_E_IO;
    }
    if (err)
        return err;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : SCA_E_IO;
}

static int run(char *const argv[], struct sca_bytes input, int limit_ms, struct sca_buf *output)
{
    int to[2] = {-1, -1};
    int from[2] = {-1, -1};
    pid_t pid = 0;
    if (input.len > SCA_PIPE_INPUT_MAX)
        return SCA_E_LIMIT;
    if (pipe2(to, O_CLOEXEC) != 0)
        return SCA_E_IO;
    SCA_FD_AUTO to_read = to[0];
    SCA_FD_AUTO to_write = to[1];
    if (pipe2(from, O_CLOEXEC) != 0)
        return SCA_E_IO;
    SCA_FD_AUTO from_read = from[0];
    SCA_FD_AUTO from_write = from[1];
    if (input.len > 0 && write(to_write, input.data, input.len) != (ssize_t)input.len)
        return SCA_E_IO;
    int failed = spawn(argv, to_read, from_write, &pid);
    if (failed)
        return failed == ENOENT ? SCA_E_NOENT : SCA_E_IO;
    sca_fd_close(&to_read);
    sca_fd_close(&to_write);
    sca_fd_close(&from_write);
    return reap(pid, take(from_read, sca_now_ms() + limit_ms, output));
}

int sca_pipe_run(char *const argv[], struct sca_bytes input, int limit_ms,
                 struct sca_buf *ret_output)
{
    SCA_BUF_AUTO own = {0};
    struct sca_buf *output = ret_output ? ret_output : &own;
    sca_buf_init(output, OUTPUT_MAX + 512);
    int err = run(argv, input, limit_ms, output);
    if (!err && output->len > OUTPUT_MAX)
        err = SCA_E_LIMIT;
    return err ? sca_buf_fail(output, err) : 0;
}
