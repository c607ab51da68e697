/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host of the benchmark: it does what programs do with a module and says how long it took.
 *
 *   bench_host list MODULE                  dlopen, all certificates, C_Finalize
 *   bench_host find MODULE ROUNDS           the key by CKA_ID, and ten attributes of it
 *   bench_host sessions MODULE COUNT        so many at once, opened and closed
 *   bench_host fill MODULE TARGET           copies MODULE's objects into TARGET's first token
 *   bench_host sign MODULE THREADS COUNT    COUNT signatures in each thread; waits for a line on
 *                                           stdin first, and prints the time of each return
 */
#include "bench_host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void bench_die(const char *what)
{
    fprintf(stderr, "bench_host: %s\n", what);
    exit(1);
}

void bench_must(const char *call, CK_RV rv)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "bench_host: %s: 0x%lx\n", call, rv);
    exit(1);
}

int64_t bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

long bench_resident_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");

    while (file && kib < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, "Rss:", 4) == 0)
            kib = strtol(line + 4, NULL, 10);
    if (!file || fclose(file) != 0 || kib < 0)
        bench_die("no /proc/self/smaps_rollup");
    return kib;
}

void bench_load(const char *path, struct bench_module *ret_module)
{
    CK_C_GetFunctionList get = NULL;

    ret_module->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (ret_module->handle)
        *(void **)&get = dlsym(ret_module->handle, "C_GetFunctionList");
    if (!get || get(&ret_module->p11) != CKR_OK)
        bench_die("the module does not load");
}

CK_ULONG bench_slots(const struct bench_module *module, CK_SLOT_ID slots[BENCH_SLOTS_MAX])
{
    CK_ULONG count = BENCH_SLOTS_MAX, used = 0;

    bench_must("C_GetSlotList", module->p11->C_GetSlotList(CK_TRUE, slots, &count));
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;

        bench_must("C_GetTokenInfo", module->p11->C_GetTokenInfo(slots[i], &info));
        if (info.flags & CKF_TOKEN_INITIALIZED) /* SoftHSM2 always has one more that is not */
            slots[used++] = slots[i];
    }
    return used;
}

CK_SESSION_HANDLE bench_open(const struct bench_module *module, CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    bench_must("C_OpenSession",
               module->p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session));
    return session;
}

CK_OBJECT_HANDLE bench_find(const struct bench_module *module, CK_SESSION_HANDLE session,
                            CK_ATTRIBUTE *wanted, CK_ULONG count)
{
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    CK_ULONG found = 0;

    bench_must("C_FindObjectsInit", module->p11->C_FindObjectsInit(session, wanted, count));
    bench_must("C_FindObjects", module->p11->C_FindObjects(session, &object, 1, &found));
    bench_must("C_FindObjectsFinal", module->p11->C_FindObjectsFinal(session));
    if (found != 1)
        bench_die("an object is not found");
    return object;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int words;
        int (*run)(int argc, char **argv);
    } commands[] = {
        {"list", 3, bench_cmd_list},         {"find", 4, bench_cmd_find},
        {"sessions", 4, bench_cmd_sessions}, {"fill", 4, bench_cmd_fill},
        {"sign", 5, bench_cmd_sign},
    };

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (argc == commands[i].words && strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc, argv);
    bench_die("usage: bench_host list|find|sessions|fill|sign MODULE ...");
}
