/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals are the host's: what it does with each, which it blocks, its timer, and the children that
 * it reaps. Beside them the rest of a process that a library can spoil.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

enum { SIGNALS = 65, STORM_US = 1000 };

static volatile sig_atomic_t delivered[SIGNALS];

static void count_signal(int number)
{
    delivered[number]++;
}

static bool ours_to_set(int number)
{
    return number != SIGKILL && number != SIGSTOP && (number < 32 || number >= SIGRTMIN);
}

static void set_action(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART */

    sigemptyset(&action.sa_mask);
    guest_must(sigaction(number, &action, NULL) == 0, "sigaction");
}

/* A struct sigaction without what the kernel leaves unset. */
struct action {
    void (*handler)(int);
    int flags;
    unsigned char blocked[SIGNALS];
};

static void look_at_action(int number, struct action *ret_action)
{
    struct sigaction action;

    guest_must(sigaction(number, NULL, &action) == 0, "sigaction");
    ret_action->handler = action.sa_handler;
    ret_action->flags = action.sa_flags;
    for (int i = 1; i < SIGNALS; i++)
        ret_action->blocked[i] = sigismember(&action.sa_mask, i) == 1;
}

/* What belongs to the process and not to a library. */
struct process {
    struct action actions[SIGNALS];
    sigset_t mask;
    struct itimerval timer;
    struct rlimit files, core;
    mode_t umask;
    int dumpable, death_signal;
    char locale[256], folder[4096], environment[65536];
};

static struct process before, after;

static void look_at_environment(struct process *process)
{
    size_t used = 0;

    for (char **entry = environ; *entry != NULL; entry++) {
        const size_t len = strlen(*entry) + 1;
        guest_must(used + len <= sizeof process->environment, "a small environment");
        memcpy(process->environment + used, *entry, len);
        used += len;
    }
}

static void look(struct process *ret_process)
{
    memset(ret_process, 0, sizeof *ret_process);
    for (int i = 1; i < SIGNALS; i++)
        if (ours_to_set(i))
            look_at_action(i, &ret_process->actions[i]);
    guest_must(pthread_sigmask(SIG_BLOCK, NULL, &ret_process->mask) == 0, "pthread_sigmask");
    guest_must(getitimer(ITIMER_REAL, &ret_process->timer) == 0, "getitimer");
    guest_must(getrlimit(RLIMIT_NOFILE, &ret_process->files) == 0, "getrlimit");
    guest_must(getrlimit(RLIMIT_CORE, &ret_process->core) == 0, "getrlimit");
    ret_process->umask = umask(022);
    umask(ret_process->umask);
    ret_process->dumpable = prctl(PR_GET_DUMPABLE);
    prctl(PR_GET_PDEATHSIG, &ret_process->death_signal);
    snprintf(ret_process->locale, sizeof ret_process->locale, "%s", setlocale(LC_ALL, NULL));
    guest_must(getcwd(ret_process->folder, sizeof ret_process->folder) != NULL, "getcwd");
    look_at_environment(ret_process);
}

static void must_equal(const void *one, const void *other, size_t len, const char *what)
{
    guest_must(memcmp(one, other, len) == 0, what);
}

/* Everything of @member is as it was. */
#define MUST_KEEP(member)                                                                          \
    must_equal(&before.member, &after.member, sizeof before.member, "the host's " #member)

static void compare(void)
{
    MUST_KEEP(actions);
    MUST_KEEP(mask);
    MUST_KEEP(timer);
    MUST_KEEP(files);
    MUST_KEEP(core);
    MUST_KEEP(umask);
    MUST_KEEP(dumpable);
    MUST_KEEP(death_signal);
    MUST_KEEP(locale);
    MUST_KEEP(folder);
    MUST_KEEP(environment);
}

/* signals MODULE FILE */
int hazard_signals(int argc, char **argv)
{
    (void)argc;
    sigset_t blocked;

    for (int i = 1; i < SIGNALS; i++)
        if (ours_to_set(i))
            set_action(i, i == SIGHUP ? SIG_IGN : count_signal);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGWINCH);
    guest_must(pthread_sigmask(SIG_SETMASK, &blocked, NULL) == 0, "pthread_sigmask");
    umask(027);
    look(&before);
    const struct guest guest = guest_start(argv[0]);
    guest_must(guest_sign(&guest, argv[1]) == CKR_OK, "C_Sign");
    guest_must(guest.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize");
    look(&after);
    compare();
    for (int i = 1; i < SIGNALS; i++)
        if (delivered[i] != 0 && i != SIGCHLD) /* an agent was started, and that is a child */
            printf("signal %d came %d times\n", i, (int)delivered[i]);
    for (int i = 1; i < SIGNALS; i++)
        guest_must(delivered[i] == 0 || i == SIGCHLD, "no signal");
    guest_must(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "no child is left");
    return 0;
}

/* storm MODULE FILE: every wait is interrupted a thousand times a second. */
int hazard_storm(int argc, char **argv)
{
    (void)argc;
    const struct itimerval often = {{0, STORM_US}, {0, STORM_US}};
    const struct itimerval never = {0};

    set_action(SIGALRM, count_signal);
    guest_must(setitimer(ITIMER_REAL, &often, NULL) == 0, "setitimer");
    const struct guest guest = guest_start(argv[0]);
    const CK_RV rv = guest_sign(&guest, argv[1]);
    guest_must(setitimer(ITIMER_REAL, &never, NULL) == 0, "setitimer");
    guest_must(rv == CKR_OK, "C_Sign");
    guest_must(guest.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize");
    guest_must(delivered[SIGALRM] > 10, "a storm");
    return 0;
}

static void reap_all(int number)
{
    const int saved = errno;

    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
}

/* reaper MODULE FILE handler|ignore: a host that takes every child for its own. */
int hazard_reaper(int argc, char **argv)
{
    (void)argc;
    set_action(SIGCHLD, strcmp(argv[2], "ignore") == 0 ? SIG_IGN : reap_all);
    return hazard_sign(2, argv);
}

/* default-pipe MODULE FILE: a broken pipe kills it, and the agent breaks while it waits. */
int hazard_default_pipe(int argc, char **argv)
{
    set_action(SIGPIPE, SIG_DFL);
    return hazard_sign(argc, argv);
}
