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
    unsigned seconds;   /* WAITING: left to confirm; the notice stays as long */
    const char *cancel; /* WAITING: text of a button that cancels, or NULL */
};

struct sca_notify;

int sca_notify_new(uv_loop_t *loop, struct sca_notify **ret_notify);

/* Copies what it needs of the configuration. SCA_E_NOMEM: then nothing is shown. */
int sca_notify_configure(struct sca_notify *notify, const struct sca_config *config);

/* May the waiting line go to the terminal of that host? */
bool sca_notify_tty(const struct sca_notify *notify, const struct sca_screen *screen);

/*
 * Who hears of the button: @cancelled is called from the loop with the notice's subject. Where the
 * desktop or its notify-send has no buttons there is none.
 */
typedef void sca_notify_cancelled(void *arg, const char *subject);
void sca_notify_on_cancel(struct sca_notify *notify, sca_notify_cancelled *cancelled, void *arg);

/*
 * What @subject waited for is over: where its notice is still on the desktop it becomes @sentence,
 * and with @passing goes away by itself a moment later. Otherwise nothing happens.
 */
void sca_notify_over(struct sca_notify *notify, const struct sca_screen *screen,
                     const char *subject, const char *sentence, bool passing);

/* Is a notice brought up to date, or would a second one of the same subject be one more? */
bool sca_notify_updates(const struct sca_notify *notify);

/* All borrowed for the call. The same sentence twice within two seconds is shown once. */
void sca_notify_show(struct sca_notify *notify, const struct sca_screen *screen,
                     const struct sca_notice *told);

/* Programs that were started are left to end by themselves, but for those that wait for a button.
 */
void sca_notify_free(struct sca_notify *notify);

#endif
