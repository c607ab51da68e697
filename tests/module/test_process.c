/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module as a guest in a process that forks, unloads, runs threads, and finalizes while calls
 * are still inside.
 */
#include "host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 60 };

static size_t two = 2;

/* What a child sees; its exit status is the number of the first thing that is wrong. */
static int child(CK_SESSION_HANDLE inherited)
{
    CK_SESSION_INFO info;
    CK_SESSION_HANDLE session;
    CK_ULONG count = 0;
    if (host->C_GetSlotList(CK_TRUE, NULL, &count) != CKR_CRYPTOKI_NOT_INITIALIZED)
        return 1;
    if (host->C_GetSessionInfo(inherited, &info) != CKR_CRYPTOKI_NOT_INITIALIZED)
        return 2;
    if (host->C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
        return 3;
    if (host->C_Initialize(NULL) != CKR_OK)
        return 4;
    if (host->C_GetSlotList(CK_TRUE, NULL, &count) != CKR_OK || count != 2)
        return 5;
    if (host->C_GetSessionInfo(inherited, &info) != CKR_SESSION_HANDLE_INVALID)
        return 6;
    if (host->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
        return 7;
    return host->C_Finalize(NULL) == CKR_OK ? 0 : 8;
}

static void fork_and_check(CK_SESSION_HANDLE session)
{
    int status = -1;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(child(session));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_child_starts_anew(void **state)
{
    (void)state;
    CK_SESSION_INFO info;
    host_initialize();
    const CK_SESSION_HANDLE session = host_session(host_slot(0), 0);
    fork_and_check(session);
    assert_int_equal(host->C_GetSessionInfo(session, &info), CKR_OK);
}

static void unloading_does_not_unmap(void **state)
{
    (void)state;
    void *library = dlopen(SCA_TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    host_initialize();
    assert_int_equal(dlclose(library), 0);
    assert_int_equal(dlclose(library), 0); /* and the fixture's own */
    fork_and_check(host_session(0, 0));    /* fork handlers are ours */
    assert_int_equal(host_slot_count(), 2);
}

/* What one thread of a busy host does; anything may be answered, nothing may break. */
static void *busy(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        CK_SLOT_ID slots[8];
        CK_ULONG count = 8, found = 0;
        CK_SESSION_HANDLE session;
        CK_OBJECT_HANDLE objects[4];
        CK_BYTE label[64];
        CK_ATTRIBUTE attr = {CKA_LABEL, label, sizeof label};
        CK_OBJECT_CLASS class = CKO_DATA;
        CK_ATTRIBUTE data = {CKA_CLASS, &class, sizeof class};
        if (host->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK || count == 0)
            continue;
        if (host->C_OpenSession(slots[i % count], CKF_SERIAL_SESSION, NULL, NULL, &session) !=
            CKR_OK)
            continue;
        host->C_CreateObject(session, &data, 1, &objects[0]);
        host->C_SetAttributeValue(session, objects[0], &attr, 1);
        host->C_Login(session, CKU_USER, label, 4);
        if (host->C_FindObjectsInit(session, NULL, 0) == CKR_OK) {
            host->C_FindObjects(session, objects, 4, &found);
            host->C_FindObjectsFinal(session);
        }
        for (CK_ULONG k = 0; k < found; k++) {
            attr.ulValueLen = sizeof label;
            host->C_GetAttributeValue(session, objects[k], &attr, 1);
        }
        host->C_Logout(session);
        if (i % 7 == 0)
            host->C_CloseAllSessions(slots[0]);
        host->C_CloseSession(session);
    }
    return NULL;
}

static void run_busy_threads(void (*meanwhile)(int round))
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, busy, NULL), 0);
    for (int i = 0; i < ROUNDS / 4; i++)
        meanwhile(i);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void renew(int round)
{
    host_write_image(host_image(1 + (size_t)round % 3));
}

static void threads_while_the_image_changes(void **state)
{
    (void)state;
    host_initialize();
    run_busy_threads(renew);
    host_write_image(host_image(2));
    assert_int_equal(host_slot_count(), 2);
}

static void restart(int round)
{
    (void)round;
    host->C_Finalize(NULL);
    host->C_Initialize(NULL);
}

static void threads_while_the_library_restarts(void **state)
{
    (void)state;
    host_initialize();
    run_busy_threads(restart);
    assert_int_equal(host_slot_count(), 2);
}

/* Threads may hold any of our locks at this moment. */
static void fork_beside_threads(int round)
{
    if (round % 5 == 0)
        fork_and_check(CK_INVALID_HANDLE);
}

static void threads_while_the_host_forks(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("SKIP %s: ThreadSanitizer's own locks do not survive it\n", __func__);
    skip();
#endif
    host_initialize();
    run_busy_threads(fork_beside_threads);
    assert_int_equal(host_slot_count(), 2);
}

static void *list(void *ret_rv)
{
    CK_ULONG count = 0;
    *(CK_RV *)ret_rv = host->C_GetSlotList(CK_TRUE, NULL, &count);
    return NULL;
}

/* The listing that waits for the agent ends, and that it was cut short is no failure to remember.
 */
static void finalize_ends_a_wait(void **state)
{
    (void)state;
    CK_RV rv = CKR_GENERAL_ERROR;
    pthread_t thread;
    char failure[256];
    snprintf(failure, sizeof failure, "%s/listing-failed", host_paths()->cache_dir);
    assert_int_equal(unlink(host_paths()->image), 0);
    const int listening = host_listen(); /* an agent that accepts and never answers */
    host_initialize();
    assert_int_equal(pthread_create(&thread, NULL, list, &rv), 0);
    const int connection = accept(listening, NULL, NULL); /* the thread is inside now */
    assert_true(connection >= 0);
    assert_int_equal(host->C_Finalize(NULL), CKR_OK);
    assert_int_equal(host->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(rv, CKR_OK);
    assert_int_not_equal(access(failure, F_OK), 0);
    close(connection);
    close(listening);
}

/* Hosts finalize from exit handlers, after everything else is gone, or not at all. */
static void finalize_at_exit(void)
{
    host->C_CloseAllSessions(0);
    host->C_Finalize(NULL);
}

static void late_finalize(void **state)
{
    (void)state;
    int status = -1;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        CK_SESSION_HANDLE session;
        atexit(finalize_at_exit);
        host->C_Initialize(NULL);
        host->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session);
        host->C_FindObjectsInit(session, NULL, 0);
        exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(name)                                                                                 \
    {                                                                                              \
#name, name, host_set_up, host_tear_down, &two                                             \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_child_starts_anew),
        TEST(unloading_does_not_unmap),
        TEST(threads_while_the_image_changes),
        TEST(threads_while_the_library_restarts),
        TEST(threads_while_the_host_forks),
        TEST(finalize_ends_a_wait),
        TEST(late_finalize),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
