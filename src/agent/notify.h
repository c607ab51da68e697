/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the person on the screen of the program that asked: notify-send, a command of their own, or
 * nothing. Never blocks, never fails loudly, never holds a secret: what is shown is one sentence.
 */
#ifndef SCA_AGENT_NOTIFY_H
#define SCA_AGENT_NOTIFY_H

#include <stdbool.h>
#include <uv.h>
#include "config.h"
#include "screen.h"

enum sca_notify_event {
    SCA_NOTIFY_WAITING, /* the phone is being asked */
    SCA_NOTIFY_REFUSED, /* before the phone rang */
    SCA_NOTIFY_ENDED,   /* asked, and no signature came */
};

struct sca_notice {
    enum sca_notify_event event;
    const char *subject; /* transaction id, or "": a later notice replaces an earlier one of it */
    const char *code;    /* comparison code or "" */
    const char *sentence;
};

struct sca_notify;

int sca_notify_new(uv_loop_t *loop, struct sca_notify **ret_notify);

/* Copies what it needs of the configuration. SCA_E_NOMEM: then nothing is shown. */
int sca_notify_configure(struct sca_notify *notify, const struct sca_config *config);

/* May the waiting line go to the terminal of that host? */
bool sca_notify_tty(const struct sca_notify *notify, const struct sca_screen *screen);

/* All borrowed for the call. The same sentence twice within two seconds is shown once. */
void sca_notify_show(struct sca_notify *notify, const struct sca_screen *screen,
                     const struct sca_notice *notice);

/* Programs that were started are left to end by themselves. */
void sca_notify_free(struct sca_notify *notify);

#endif
