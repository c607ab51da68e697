/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows a page in the person's own browser, on the screen of the program that asked. The browser is
 * theirs: it is started apart from us, never waited for, and never killed.
 */
#ifndef SCA_AGENT_BROWSER_H
#define SCA_AGENT_BROWSER_H

#include <stdbool.h>
#include <uv.h>
#include "screen.h"

struct sca_browser;

/*
 * The program has ended, and the browser is gone as far as we know it. @failed: the page was not
 * shown (it said so by its exit status; no browser is installed).
 */
typedef void sca_browser_ended(void *arg, bool failed);

/*
 * Opens @url by the program that BROWSER (our own environment) names where that is one name or
 * path, else by xdg-open. Where we are a service of the user's systemd (SYSTEMD_EXEC_PID is our
 * number), systemd-run starts it outside of our unit; should that fail it is started by us after
 * all. Source: systemd.exec(5), systemd-run(1). @ended comes from the loop, once at the most, never
 * from inside this call. SCA_E_NO_SCREEN (no such program, or it cannot be run), SCA_E_NOMEM.
 */
int sca_browser_open(uv_loop_t *loop, const struct sca_screen *screen, const char *url,
                     sca_browser_ended *ended, void *arg, struct sca_browser **ret_browser);

/* The caller listens no more; the browser goes on. NULL is fine. */
void sca_browser_forget(struct sca_browser *browser);

/*
 * Before @loop is closed, and when nobody is called back any more: browsers that are still there
 * are not looked after from now on. The loop has to run once more then.
 */
void sca_browser_leave_all(uv_loop_t *loop);

#endif
