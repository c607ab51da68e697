/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts with threads: whatever they say of locks, and C_Finalize while sixteen of them wait. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "guest.h"

enum { THREADS_MAX = 64, NAME_SIZE = 256 };

/* Locks of the host's own that would deadlock if anybody believed in them. */
static CK_RV make_mutex(void **ret_mutex)
{
    *ret_mutex = NULL;
    return CKR_OK;
}

static CK_RV refuse_mutex(void *mutex)
{
    (void)mutex;
    return CKR_MUTEX_BAD;
}

static CK_C_INITIALIZE_ARGS own_mutexes = {make_mutex, refuse_mutex, refuse_mutex, refuse_mutex,
                                           0,          NULL};
static CK_C_INITIALIZE_ARGS own_or_system = {make_mutex,   refuse_mutex,      refuse_mutex,
                                             refuse_mutex, CKF_OS_LOCKING_OK, NULL};
static CK_C_INITIALIZE_ARGS system_locks = {.flags = CKF_OS_LOCKING_OK};
static CK_C_INITIALIZE_ARGS no_locks;
static CK_C_INITIALIZE_ARGS no_library_threads = {.flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS};

static const struct {
    const char *name;
    CK_C_INITIALIZE_ARGS *args;
} forms[] = {
    {"null", NULL},
    {"nothing", &no_locks},
    {"system", &system_locks},
    {"own", &own_mutexes},
    {"own-or-system", &own_or_system},
    {"no-library-threads", &no_library_threads},
};

static CK_C_INITIALIZE_ARGS *form(const char *name)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(forms[i].name, name) == 0)
            return forms[i].args;
    guest_must(false, name);
    return NULL;
}

struct crowd {
    long count;
    struct signer signers[THREADS_MAX];
    char files[THREADS_MAX][NAME_SIZE];
};

/* Threads that sign PREFIX-1, PREFIX-2 ... */
static void crowd_begin(const struct guest *guest, const char *count, const char *prefix,
                        struct crowd *ret_crowd)
{
    ret_crowd->count = strtol(count, NULL, 10);
    guest_must(ret_crowd->count > 0 && ret_crowd->count <= THREADS_MAX, "so many threads");
    for (long i = 0; i < ret_crowd->count; i++) {
        snprintf(ret_crowd->files[i], NAME_SIZE, "%s-%ld", prefix, i + 1);
        guest_sign_begin(guest, ret_crowd->files[i], &ret_crowd->signers[i]);
    }
}

/* locking MODULE FORM COUNT PREFIX */
int hazard_locking(int argc, char **argv)
{
    (void)argc;
    static struct crowd crowd;
    const struct guest guest = guest_load(argv[0], 0);

    guest_must(guest.p11->C_Initialize(form(argv[1])) == CKR_OK, "C_Initialize");
    crowd_begin(&guest, argv[2], argv[3], &crowd);
    for (long i = 0; i < crowd.count; i++)
        guest_must(guest_sign_end(&crowd.signers[i]) == CKR_OK, crowd.files[i]);
    guest_must(guest.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize");
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* finalize MODULE COUNT PREFIX: all wait for the phone, then the library is finalized. */
int hazard_finalize(int argc, char **argv)
{
    (void)argc;
    static struct crowd crowd;
    const struct guest guest = guest_start(argv[0]);

    crowd_begin(&guest, argv[1], argv[2], &crowd);
    guest_await_shell();
    const int64_t start_ms = now_ms();
    guest_must(guest.p11->C_Finalize(NULL) == CKR_OK, "C_Finalize");
    const int64_t finalized_ms = now_ms();
    for (long i = 0; i < crowd.count; i++)
        guest_must(guest_sign_end(&crowd.signers[i]) == CKR_FUNCTION_CANCELED, crowd.files[i]);
    printf("C_Finalize took %lld ms, all calls were back after %lld ms\n",
           (long long)(finalized_ms - start_ms), (long long)(now_ms() - start_ms));
    return 0;
}
