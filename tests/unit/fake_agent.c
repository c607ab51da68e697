/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for "smartca agent" where the client's side of starting it is tested: writes what it
 * was given (arguments, environment, descriptors, folder, signals) to SMARTCA_FAKE_REPORT, then
 * does as SMARTCA_FAKE says: good (detach, say ok, answer one connection), refuse, silent, hang.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/ipc.h"

static void report_descriptors(FILE *report)
{
    DIR *dir = opendir("/proc/self/fd");

    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        char path[64];
        char target[256] = "";

        if (entry->d_name[0] == '.' || fd == dirfd(dir) || fd == fileno(report))
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(path, target, sizeof target - 1);
        (void)len;
        fprintf(report, "fd %d %.4s\n", fd, target);
    }
    closedir(dir);
}

static void report_signals(FILE *report)
{
    sigset_t mask;

    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < 32; number++) {
        struct sigaction action;

        if (sigismember(&mask, number))
            fprintf(report, "blocked %d\n", number);
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            fprintf(report, "ignored %d\n", number);
    }
}

static void write_report(char **argv)
{
    const char *path = getenv("SMARTCA_FAKE_REPORT");
    FILE *report = path != NULL ? fopen(path, "we") : NULL;
    char folder[256] = "";

    if (report == NULL)
        return;
    for (; *argv != NULL; argv++)
        fprintf(report, "arg %s\n", *argv);
    for (char **entry = environ; *entry != NULL; entry++)
        fprintf(report, "env %s\n", *entry);
    fprintf(report, "cwd %s\n", getcwd(folder, sizeof folder));
    fprintf(report, "leader %d\n", getsid(0) == getpid());
    report_descriptors(report);
    report_signals(report);
    fclose(report);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path));
    umask(0077);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 5) != 0)
        _exit(3);
    return fd;
}

static void answer_one(int listener, const char *path)
{
    SCA_BUF_AUTO hello = {.max = 1000};
    char request[4096];
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    sca_msg_begin(&hello, SCA_MSG_HELLO);
    sca_msg_add_u32(&hello, SCA_F_VERSION, SCA_IPC_VERSION);
    sca_msg_end(&hello);
    unlink(path);
    if (read(fd, request, sizeof request) > 0 && write(fd, hello.data, hello.len) > 0) {
        while (read(fd, request, sizeof request) > 0)
            ;
    }
}

static void say(const char *line)
{
    if (write(3, line, strlen(line)) < 0)
        _exit(4);
    close(3);
}

int main(int argc, char **argv)
{
    const char *mode = getenv("SMARTCA_FAKE");
    const char *path = getenv("SMARTCA_FAKE_SOCKET");

    (void)argc;
    write_report(argv);
    alarm(60); /* whatever happens to the test, nothing stays behind */
    if (mode == NULL || path == NULL)
        return 1;
    if (strcmp(mode, "refuse") == 0) {
        say("no such luck\n");
        return 1;
    }
    if (strcmp(mode, "hang") == 0)
        pause();
    if (strcmp(mode, "silent") == 0)
        return 1;
    int listener = listen_at(path);
    if (strcmp(mode, "good") == 0) {
        for (int i = 0; i < 2; i++) {
            if (fork() != 0)
                _exit(0);
        }
        alarm(60);
    }
    say("ok\n");
    answer_one(listener, path);
    return 0;
}
