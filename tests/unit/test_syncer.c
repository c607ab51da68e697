/* SPDX-License-Identifier: Apache-2.0 */
/* What was started or left is synced and closed, with a thread and where none can be had. */
#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include "agent/syncer.h"
#include "common/err.h"

#define NOT_OPEN 100000 /* no descriptor: its sync fails */

/* ---- the disk and threads, watched ----------------------------------------------------------- */

static pthread_mutex_t watched = PTHREAD_MUTEX_INITIALIZER;
static unsigned syncs;
static pthread_t synced_by;
static bool no_threads;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
                          void *arg);

int __wrap_fsync(int fd)
{
    pthread_mutex_lock(&watched);
    syncs++;
    synced_by = pthread_self();
    pthread_mutex_unlock(&watched);
    return __real_fsync(fd);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
                          void *arg)
{
    return no_threads ? EAGAIN : __real_pthread_create(thread, attr, start, arg);
}

static unsigned synced(void)
{
    pthread_mutex_lock(&watched);
    unsigned count = syncs;
    pthread_mutex_unlock(&watched);
    return count;
}

static int open_scratch(void)
{
    char path[] = "/tmp/test-syncer.XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    return fd;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static struct sca_syncer *new_syncer(void **state)
{
    struct sca_syncer *syncer = NULL;

    no_threads = *state != NULL;
    syncs = 0;
    syncer = sca_syncer_new();
    assert_non_null(syncer);
    return syncer;
}

/* ---- tests, each with a thread and without --------------------------------------------------- */

static void what_is_waited_for_is_synced(void **state)
{
    struct sca_syncer *syncer = new_syncer(state);
    struct sca_sync sync = {.fds = {open_scratch(), open("/tmp", O_RDONLY | O_CLOEXEC)}};
    const int fds[] = {sync.fds[0], sync.fds[1]};

    sca_sync_start(syncer, &sync);
    assert_int_equal(sca_sync_wait(syncer, &sync), 0);
    assert_int_equal(synced(), 2);
    assert_int_equal(pthread_equal(synced_by, pthread_self()) != 0, no_threads);
    assert_false(is_open(fds[0]) || is_open(fds[1]));
    assert_int_equal(sca_sync_wait(syncer, &sync), 0); /* was waited for */
    sca_syncer_free(syncer);
}

static void nothing_started_is_nothing_to_wait_for(void **state)
{
    struct sca_syncer *syncer = new_syncer(state);
    struct sca_sync sync = {.fds = {-1, -1}};

    assert_int_equal(sca_sync_wait(syncer, &sync), 0);
    sca_sync_start(syncer, &sync);
    assert_int_equal(sca_sync_wait(syncer, &sync), 0);
    assert_int_equal(synced(), 0);
    sca_syncer_free(syncer);
}

/* And the other one of the two is closed none the less. */
static void a_failure_is_told(void **state)
{
    struct sca_syncer *syncer = new_syncer(state);
    struct sca_sync sync = {.fds = {NOT_OPEN, open_scratch()}};
    const int other = sync.fds[1];

    sca_sync_start(syncer, &sync);
    assert_int_equal(sca_sync_wait(syncer, &sync), SCA_E_IO);
    assert_false(is_open(other));
    sca_syncer_leave(syncer, NOT_OPEN);
    sca_syncer_flush(syncer); /* logged */
    sync = (struct sca_sync){.fds = {open_scratch(), -1}};
    sca_sync_start(syncer, &sync);
    assert_int_equal(sca_sync_wait(syncer, &sync), 0);
    sca_syncer_free(syncer);
}

/* More than it holds: the caller waits for the disk, and none is lost. */
static void what_is_left_is_synced(void **state)
{
    struct sca_syncer *syncer = new_syncer(state);
    int fds[300];

    for (size_t i = 0; i < 300; i++)
        fds[i] = open_scratch();
    for (size_t i = 0; i < 300; i++)
        sca_syncer_leave(syncer, fds[i]);
    sca_syncer_leave(syncer, -1);
    sca_syncer_flush(syncer);
    assert_int_equal(synced(), 300);
    for (size_t i = 0; i < 300; i++)
        assert_false(is_open(fds[i]));
    sca_syncer_free(syncer);
}

static void the_end_leaves_nothing(void **state)
{
    struct sca_syncer *syncer = new_syncer(state);
    int fds[20];

    for (size_t i = 0; i < 20; i++) {
        fds[i] = open_scratch();
        sca_syncer_leave(syncer, fds[i]);
    }
    sca_syncer_free(syncer);
    assert_int_equal(synced(), 20);
    for (size_t i = 0; i < 20; i++)
        assert_false(is_open(fds[i]));
    sca_syncer_free(NULL);
}

#define WITHOUT_THREAD(test)                                                                       \
    {                                                                                              \
#test " without a thread", test, NULL, NULL, (void *)1                                     \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_waited_for_is_synced),
        cmocka_unit_test(nothing_started_is_nothing_to_wait_for),
        cmocka_unit_test(a_failure_is_told),
        cmocka_unit_test(what_is_left_is_synced),
        cmocka_unit_test(the_end_leaves_nothing),
        WITHOUT_THREAD(what_is_waited_for_is_synced),
        WITHOUT_THREAD(nothing_started_is_nothing_to_wait_for),
        WITHOUT_THREAD(a_failure_is_told),
        WITHOUT_THREAD(what_is_left_is_synced),
        WITHOUT_THREAD(the_end_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
