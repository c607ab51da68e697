/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the agent. The host may have closed any descriptor, ignore or reap SIGCHLD, and call
 * fork in other threads: hence descriptors close-on-exec from birth, posix_spawn, and a waitpid
 * that takes "no such child" for an answer.
 */
#include "common/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"

#define READY_FD     3
#define LINE_MAX_LEN 256
#define GRACE_MS     1000 /* between "ok" and the end of the direct child */

#define DEFAULT_PATH "PATH=/usr/local/bin:/usr/bin:/bin"

/* What the agent gets of the host's environment; a trailing '*' stands for any rest of the name. */
static const char *const env_names[] = {
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "SMARTCA_*",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_CURRENT_DESKTOP", /* these four say which browser is the person's */
    "XDG_CONFIG_DIRS",
    "XDG_DATA_DIRS",
    "BROWSER",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "ASAN_OPTIONS",
    "LSAN_OPTIONS",
    "TSAN_OPTIONS",
    "UBSAN_OPTIONS",
};

static bool env_wanted(const char *entry)
{
    size_t len = strcspn(entry, "=");

    for (size_t i = 0; i < sizeof env_names / sizeof env_names[0]; i++) {
        const char *name = env_names[i];
        size_t name_len = strlen(name);

        if (name[name_len - 1] == '*' && len >= name_len - 1 &&
            memcmp(entry, name, name_len - 1) == 0)
            return true;
        if (len == name_len && memcmp(entry, name, len) == 0)
            return true;
    }
    return false;
}

/*
 * The agent's environment: an array of borrowed texts, freed by the caller. @conf is an entry that
 * replaces the host's (whose value may be relative to a folder the agent does not work in), or
 * NULL. A set-id host's environment is not to be trusted.
 */
static char **make_env(char *conf)
{
    static char default_path[] = DEFAULT_PATH;
    char **host = getauxval(AT_SECURE) == 0 ? environ : NULL;
    size_t count = 0;
    size_t used = 0;
    bool has_path = false;

    while (host != NULL && host[count] != NULL)
        count++;
    char **env = calloc(count + 3, sizeof *env);
    if (env == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!env_wanted(host[i]) || strncmp(host[i], "SMARTCA_CONF=", 13) == 0)
            continue;
        has_path = has_path || strncmp(host[i], "PATH=", 5) == 0;
        env[used++] = host[i];
    }
    if (!has_path)
        env[used++] = default_path;
    if (conf != NULL)
        env[used++] = conf;
    return env;
}

/* The child's descriptors and folder; order matters: 3 may be in use here for something else. */
static int set_actions(posix_spawn_file_actions_t *actions, int pipe_fd)
{
    int failed = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDWR, 0);

    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(actions, 0, 1);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(actions, 0, 2);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(actions, pipe_fd, READY_FD);
    if (failed == 0)
        failed = posix_spawn_file_actions_addclosefrom_np(actions, READY_FD + 1);
    if (failed == 0)
        failed = posix_spawn_file_actions_addchdir_np(actions, "/");
    return failed;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all;
    sigset_t none;

    sigfillset(&all);
    sigemptyset(&none);
    int failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (failed == 0)
        failed = posix_spawnattr_setsigmask(attributes, &none);
    if (failed == 0)
        failed = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
                                                          POSIX_SPAWN_SETSIGMASK);
    return failed;
}

/* Returns 0 or an errno; @pipe_fd is at least 4. */
static int run(const char *program, char *const env[], int pipe_fd, pid_t *ret_pid)
{
    char name[] = "smartca", command[] = "agent", option[] = "--ready-fd", number[] = "3";
    char *const argv[] = {name, command, option, number, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    int failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return failed;
    }
    failed = set_actions(&actions, pipe_fd);
    if (failed == 0)
        failed = set_attributes(&attributes);
    if (failed == 0)
        failed = posix_spawn(ret_pid, program, &actions, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* Reads to the line's or the pipe's end; @ret_line without the newline. */
static int read_line(int fd, const struct sca_wait *wait, char ret_line[static LINE_MAX_LEN])
{
    size_t len = 0;

    while (len < LINE_MAX_LEN - 1) {
        int err = sca_wait_fd(wait, fd, POLLIN);
        if (err != 0)
            return err;
        ssize_t got = read(fd, ret_line + len, LINE_MAX_LEN - 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
        if (memchr(ret_line, '\n', len) != NULL)
            break;
    }
    ret_line[len] = '\0';
    ret_line[strcspn(ret_line, "\n")] = '\0';
    return 0;
}

/* True when the child is gone, reaped by us or by the host. */
static bool reaped(pid_t pid, int options)
{
    pid_t got;

    do {
        got = waitpid(pid, NULL, options);
    } while (got < 0 && errno == EINTR);
    return got != 0;
}

/*
 * Takes the direct child off the host's hands. The agent's own process is its grandchild by now; a
 * child that is still there a while after "ok" is an agent that does not detach, and is left alone.
 */
static void reap(pid_t pid, bool ready)
{
    int64_t end_ms = sca_now_ms() + GRACE_MS;

    while (ready && !reaped(pid, WNOHANG)) {
        if (sca_left_ms(end_ms) == 0) {
            sca_log(SCA_LOG_WARNING, "ipc", "the agent (process %ld) did not detach", (long)pid);
            return;
        }
        poll(NULL, 0, 5);
    }
    if (!ready && !reaped(pid, WNOHANG)) {
        kill(pid, SIGKILL);
        (void)reaped(pid, 0);
    }
}

static int make_pipe(int *ret_read, int *ret_write)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return SCA_E_AGENT;
    *ret_read = sca_fd_lift(ends[0], READY_FD + 1);
    *ret_write = sca_fd_lift(ends[1], READY_FD + 1);
    return *ret_read < 0 || *ret_write < 0 ? SCA_E_AGENT : 0;
}

/* Where one file replaces the usual two, the agent is told which. */
static int make_conf_entry(const struct sca_paths *paths, char **ret_entry)
{
    char *entry = NULL;

    if (paths->conf[1] == NULL && asprintf(&entry, "SMARTCA_CONF=%s", paths->conf[0]) < 0)
        return SCA_E_NOMEM;
    *ret_entry = entry;
    return 0;
}

int sca_launch_agent(const struct sca_paths *paths, const struct sca_wait *wait)
{
    SCA_FD_AUTO read_end = -1;
    SCA_FD_AUTO write_end = -1;
    SCA_TEXT_AUTO conf = NULL;
    char line[LINE_MAX_LEN];
    pid_t pid = -1;

    int err = make_conf_entry(paths, &conf);
    if (err == 0)
        err = make_pipe(&read_end, &write_end);
    if (err != 0)
        return err;
    char **env = make_env(conf);
    if (env == NULL)
        return SCA_E_NOMEM;
    int failed = run(paths->agent, env, write_end, &pid);
    free(env);
    if (failed != 0) {
        char why[80];
        sca_log(SCA_LOG_ERROR, "ipc", "cannot start %s: %s", paths->agent,
                strerror_r(failed, why, sizeof why));
        return SCA_E_AGENT;
    }
    sca_fd_close(&write_end); /* or its end would never be seen */
    err = read_line(read_end, wait, line);
    bool ready = err == 0 && strcmp(line, "ok") == 0;
    reap(pid, ready);
    if (err != 0 || ready)
        return err;
    sca_log(SCA_LOG_ERROR, "ipc", "%s did not start: %s", paths->agent,
            *line != '\0' ? line : "it ended without a word");
    return SCA_E_AGENT;
}
