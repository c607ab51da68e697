/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: see fd.h. */
#include "common/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/err.h"

#define SLICE_MS 200 /* longest time without asking whether to give up */

void sca_fd_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = saved;
}

int sca_fd_lift(int fd, int min)
{
    if (fd < 0 || fd >= min)
        return fd;
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, min);
    sca_fd_close(&fd);
    return lifted;
}

bool sca_wait_cancelled(const struct sca_wait *wait)
{
    return wait->cancelled != NULL && wait->cancelled(wait->arg);
}

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

int sca_wait_fd(const struct sca_wait *wait, int fd, short events)
{
    for (;;) {
        struct pollfd entry = {.fd = fd, .events = events};

        if (sca_wait_cancelled(wait))
            return SCA_E_CANCELLED;
        int left_ms = sca_left_ms(wait->deadline_ms);
        int count = poll(&entry, 1, min_int(left_ms, SLICE_MS));
        if (count > 0)
            return 0;
        if (count < 0 && errno != EINTR)
            return SCA_E_NOMEM;
        if (left_ms == 0)
            return SCA_E_TIMEOUT;
    }
}

int sca_wait_pause(const struct sca_wait *wait, int pause_ms)
{
    int64_t end_ms = sca_now_ms() + pause_ms;

    for (;;) {
        if (sca_wait_cancelled(wait))
            return SCA_E_CANCELLED;
        if (sca_left_ms(end_ms) == 0)
            return 0;
        int left_ms = sca_left_ms(wait->deadline_ms);
        if (left_ms == 0)
            return SCA_E_TIMEOUT;
        /* an interrupted poll only comes round sooner */
        poll(NULL, 0, min_int(min_int(left_ms, sca_left_ms(end_ms)), SLICE_MS));
    }
}
