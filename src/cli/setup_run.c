/* SPDX-License-Identifier: Apache-2.0 */
/* Running the hosts' own tools: no shell, nothing on their standard input, output caught. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/err.h"
#include "common/fd.h"
#include "common/text.h"
#include "setup_nss.h"

#define SAID_MAX 4096 /* bytes of output that are kept */

bool sca_program_here(const char *name)
{
    const char *list = secure_getenv("PATH");
    while (list && *list) {
        size_t len = strcspn(list, ":");
        SCA_TEXT_AUTO path = sca_text_format("%.*s/%s", (int)len, list, name);
        if (path && access(path, X_OK) == 0)
            return true;
        list += len + (list[len] == ':' ? 1 : 0);
    }
    return false;
}

static char *read_said(int fd)
{
    char *said = calloc(1, SAID_MAX + 1);
    ssize_t got = said ? pread(fd, said, SAID_MAX, 0) : -1;
    while (got > 0 && (said[got - 1] == '\n' || said[got - 1] == ' '))
        said[--got] = '\0';
    return said;
}

static int spawn(char *const argv[], int said, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    int failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, said, 1);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, said, 2);
    if (!failed)
        failed = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

int sca_run(char *const argv[], char **ret_said)
{
    *ret_said = NULL;
    SCA_FD_AUTO said = memfd_create("said", MFD_CLOEXEC);
    if (said < 0)
        return SCA_E_NOMEM;
    pid_t pid = 0;
    int failed = spawn(argv, said, &pid);
    if (failed)
        return failed == ENOENT ? SCA_E_NOENT : SCA_E_IO;
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return SCA_E_IO;
    }
    *ret_said = read_said(said);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : SCA_E_IO;
}
