/* SPDX-License-Identifier: Apache-2.0 */
/* A host that forks, with and without exec, while a thread of it waits for the phone. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

enum { CHILDREN = 20 };

static bool child_ends_well(pid_t pid)
{
    int status = -1;

    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A child that only looks: it is not initialised, and may be. */
static void look(const struct guest *guest)
{
    CK_ULONG count = 0;

    guest_must(guest->p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_CRYPTOKI_NOT_INITIALIZED,
               "a child is not initialised");
    guest_must(guest->p11->C_Initialize(NULL) == CKR_OK, "C_Initialize in a child");
    guest_must(guest->p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK && count > 0,
               "a slot in a child");
    guest_must(guest->p11->C_Finalize(NULL) == CKR_OK, "C_Finalize in a child");
    _exit(0);
}

/* fork MODULE FILE FILE: the parent's thread signs the first, a child the second. */
int hazard_fork(int argc, char **argv)
{
    (void)argc;
    const struct guest guest = guest_start(argv[0]);
    struct signer signer;

    guest_sign_begin(&guest, argv[1], &signer);
    guest_await_shell(); /* the phone rings */
    for (int i = 0; i < CHILDREN; i++) {
        const pid_t pid = fork();
        if (pid == 0)
            look(&guest);
        guest_must(child_ends_well(pid), "a child");
    }
    const pid_t pid = fork();
    if (pid == 0) {
        guest_must(guest.p11->C_Initialize(NULL) == CKR_OK, "C_Initialize in the child");
        guest_must(guest_sign(&guest, argv[2]) == CKR_OK, "C_Sign in the child");
        _exit(guest.p11->C_Finalize(NULL) == CKR_OK ? 0 : 1);
    }
    puts("forked");
    fflush(stdout);
    guest_must(child_ends_well(pid), "the child that signs");
    guest_must(guest_sign_end(&signer) == CKR_OK, "C_Sign in the parent");
    return guest.p11->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

/* exec MODULE FILE: while a thread waits, another program is started and says what it inherited. */
int hazard_exec(int argc, char **argv)
{
    (void)argc;
    static char self[] = "/proc/self/exe", name[] = "hazard", command[] = "descriptors";
    (void)close_range(STDERR_FILENO + 1, ~0U, 0); /* what we inherited ourselves */
    const struct guest guest = guest_start(argv[0]);
    struct signer signer;

    guest_sign_begin(&guest, argv[1], &signer);
    guest_await_shell();
    const pid_t pid = fork();
    if (pid == 0) {
        char *const arguments[] = {name, command, argv[0], NULL};
        execv(self, arguments);
        _exit(1);
    }
    guest_must(child_ends_well(pid), "the other program");
    guest_must(guest_sign_end(&signer) == CKR_OK, "C_Sign");
    return guest.p11->C_Finalize(NULL) == CKR_OK ? 0 : 1;
}

/* descriptors: good when there are the three standard ones and this listing's own */
int hazard_descriptors(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    DIR *dir = opendir("/proc/self/fd");
    bool good = dir != NULL;

    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char *end = NULL;
        const long fd = strtol(entry->d_name, &end, 10);
        if (end == entry->d_name || fd <= STDERR_FILENO || fd == dirfd(dir))
            continue;
        printf("inherited: %ld\n", fd);
        good = false;
    }
    return good ? 0 : 1;
}
