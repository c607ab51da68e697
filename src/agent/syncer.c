/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread has no memory of its own and calls nothing but fsync(2) and close(2), so it needs no
 * large stack, takes no lock of malloc's, and may be anywhere when the process forks or dies.
 */
#include "syncer.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "common/err.h"
#include "common/log.h"

#define LEFT_MAX   64u /* descriptors; the disk is far behind */
#define LEFT_MANY  (LEFT_MAX / 2)
#define LEFT_NS    50000000 /* how long what is left may rest */
#define STACK_SIZE ((size_t)PTHREAD_STACK_MIN + 64u * 1024u)

TAILQ_HEAD(sync_list, sca_sync);

struct sca_syncer {
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex;
    pthread_cond_t wanted; /* something to do, or the end */
    pthread_cond_t done;   /* something was done */
    struct sync_list started;
    int left[LEFT_MAX]; /* oldest first */
    unsigned left_count;
    struct timespec left_until; /* when the oldest has rested; by CLOCK_MONOTONIC */
    unsigned hurry;             /* callers who wait for what is left */
    bool working;               /* on what was left */
    bool failed;                /* of what was left: not told yet */
    bool ending;
};

/* Some file systems cannot sync a folder. */
static int sync_and_close(int fd)
{
    if (fd < 0)
        return 0;
    int err = fsync(fd) == 0 || errno == EINVAL ? 0 : SCA_E_IO;
    close(fd);
    return err;
}

static int sync_all(const struct sca_sync *sync)
{
    int err = 0;

    for (size_t i = 0; i < SCA_SYNC_FDS; i++) {
        int one = sync_and_close(sync->fds[i]);
        if (err == 0)
            err = one;
    }
    return err;
}

/* ---- the thread, which holds the mutex but where it waits ------------------------------------ */

static void do_started(struct sca_syncer *syncer)
{
    struct sca_sync *sync = TAILQ_FIRST(&syncer->started);

    TAILQ_REMOVE(&syncer->started, sync, link);
    pthread_mutex_unlock(&syncer->mutex);
    int err = sync_all(sync);
    pthread_mutex_lock(&syncer->mutex);
    sync->err = err;
    sync->over = true;
    pthread_cond_broadcast(&syncer->done);
}

static void do_left(struct sca_syncer *syncer)
{
    int fd = syncer->left[0];

    syncer->left_count--;
    memmove(syncer->left, syncer->left + 1, syncer->left_count * sizeof syncer->left[0]);
    syncer->working = true;
    pthread_mutex_unlock(&syncer->mutex);
    int err = sync_and_close(fd);
    pthread_mutex_lock(&syncer->mutex);
    syncer->working = false;
    syncer->failed |= err != 0;
    pthread_cond_broadcast(&syncer->done);
}

/* All of it, once the oldest has rested, and what came meanwhile. */
static void rest_or_do_left(struct sca_syncer *syncer)
{
    bool due = syncer->hurry > 0 || syncer->left_count >= LEFT_MANY;

    if (!due)
        due = pthread_cond_timedwait(&syncer->wanted, &syncer->mutex, &syncer->left_until) != 0;
    while (due && syncer->left_count > 0 && TAILQ_EMPTY(&syncer->started))
        do_left(syncer);
}

static void *work(void *arg)
{
    struct sca_syncer *syncer = arg;

    pthread_mutex_lock(&syncer->mutex);
    for (;;) {
        if (!TAILQ_EMPTY(&syncer->started))
            do_started(syncer);
        else if (syncer->left_count > 0)
            rest_or_do_left(syncer);
        else if (syncer->ending)
            break;
        else
            pthread_cond_wait(&syncer->wanted, &syncer->mutex);
    }
    pthread_mutex_unlock(&syncer->mutex);
    return NULL;
}

/* Signals are the loop's. */
static bool start_thread(struct sca_syncer *syncer)
{
    pthread_attr_t attr;
    sigset_t all;
    sigset_t before;

    if (pthread_attr_init(&attr) != 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_attr_setstacksize(&attr, STACK_SIZE) == 0 &&
              pthread_create(&syncer->thread, &attr, work, syncer) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return ok;
}

/* ---- the caller's side ----------------------------------------------------------------------- */

struct sca_syncer *sca_syncer_new(void)
{
    struct sca_syncer *syncer = calloc(1, sizeof *syncer);
    pthread_condattr_t by_clock;

    if (syncer == NULL)
        return NULL;
    TAILQ_INIT(&syncer->started);
    pthread_mutex_init(&syncer->mutex, NULL);
    pthread_condattr_init(&by_clock);
    pthread_condattr_setclock(&by_clock, CLOCK_MONOTONIC);
    pthread_cond_init(&syncer->wanted, &by_clock);
    pthread_condattr_destroy(&by_clock);
    pthread_cond_init(&syncer->done, NULL);
    syncer->has_thread = start_thread(syncer);
    if (!syncer->has_thread)
        sca_log(SCA_LOG_WARNING, "disk", "no thread for it: signing waits for the disk");
    return syncer;
}

void sca_syncer_free(struct sca_syncer *syncer)
{
    if (syncer == NULL)
        return;
    sca_syncer_flush(syncer);
    if (syncer->has_thread) {
        pthread_mutex_lock(&syncer->mutex);
        syncer->ending = true;
        pthread_cond_signal(&syncer->wanted);
        pthread_mutex_unlock(&syncer->mutex);
        pthread_join(syncer->thread, NULL);
    }
    pthread_cond_destroy(&syncer->done);
    pthread_cond_destroy(&syncer->wanted);
    pthread_mutex_destroy(&syncer->mutex);
    free(syncer);
}

void sca_sync_start(struct sca_syncer *syncer, struct sca_sync *sync)
{
    sync->started = true;
    sync->over = false;
    sync->err = 0;
    if (!syncer->has_thread) {
        sync->err = sync_all(sync);
        sync->over = true;
        return;
    }
    pthread_mutex_lock(&syncer->mutex);
    TAILQ_INSERT_TAIL(&syncer->started, sync, link);
    pthread_cond_signal(&syncer->wanted);
    pthread_mutex_unlock(&syncer->mutex);
}

int sca_sync_wait(struct sca_syncer *syncer, struct sca_sync *sync)
{
    if (!sync->started)
        return 0;
    pthread_mutex_lock(&syncer->mutex);
    while (!sync->over)
        pthread_cond_wait(&syncer->done, &syncer->mutex);
    pthread_mutex_unlock(&syncer->mutex);
    sync->started = false;
    return sync->err;
}

static void tell_failure(struct sca_syncer *syncer)
{
    if (syncer->failed)
        sca_log(SCA_LOG_ERROR, "disk",
                "what was written may not outlive a power cut: the disk reports an error");
    syncer->failed = false;
}

static void set_rest(struct timespec *ret_until)
{
    clock_gettime(CLOCK_MONOTONIC, ret_until);
    ret_until->tv_nsec += LEFT_NS;
    if (ret_until->tv_nsec >= 1000000000) {
        ret_until->tv_nsec -= 1000000000;
        ret_until->tv_sec++;
    }
}

void sca_syncer_leave(struct sca_syncer *syncer, int fd)
{
    if (fd < 0)
        return;
    pthread_mutex_lock(&syncer->mutex);
    const bool full = !syncer->has_thread || syncer->left_count == LEFT_MAX;
    if (syncer->left_count == 0)
        set_rest(&syncer->left_until);
    if (!full)
        syncer->left[syncer->left_count++] = fd;
    tell_failure(syncer);
    if (syncer->left_count == 1 || syncer->left_count == LEFT_MANY) /* else it knows */
        pthread_cond_signal(&syncer->wanted);
    pthread_mutex_unlock(&syncer->mutex);
    if (full && sync_and_close(fd) != 0)
        syncer->failed = true;
}

void sca_syncer_flush(struct sca_syncer *syncer)
{
    pthread_mutex_lock(&syncer->mutex);
    syncer->hurry++;
    pthread_cond_signal(&syncer->wanted);
    while (syncer->left_count > 0 || syncer->working)
        pthread_cond_wait(&syncer->done, &syncer->mutex);
    syncer->hurry--;
    tell_failure(syncer);
    pthread_mutex_unlock(&syncer->mutex);
}
