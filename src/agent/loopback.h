/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener on this computer alone, to which the browser comes back after a log-in. It answers
 * everything with a page of one sentence; only the request that carries our state ends the wait.
 * On a libuv loop; never blocks.
 */
#ifndef SCA_AGENT_LOOPBACK_H
#define SCA_AGENT_LOOPBACK_H

#include <uv.h>
#include "redirect.h"

struct sca_loopback;

/*
 * The browser is back: @err as sca_redirect_read says (0, SCA_E_REJECTED, SCA_E_REFUSED,
 * SCA_E_NOMEM), @code and @words borrowed for the call. Once. It waits for a page then:
 * sca_loopback_answer.
 */
typedef void sca_loopback_done(void *arg, int err, const struct sca_secret *code,
                               const char *words);

/*
 * Listens on the redirect's host and port. Copies @state. SCA_E_IO (the port is taken, no loopback
 * interface), SCA_E_NOMEM.
 */
int sca_loopback_new(uv_loop_t *loop, const struct sca_redirect *redirect, const char *state,
                     sca_loopback_done *done, void *arg, struct sca_loopback **ret_loopback);

/* The address with the port that was taken; borrowed. */
const char *sca_loopback_uri(const struct sca_loopback *loopback);

/* The page for the browser that is back: one sentence, plain text. */
void sca_loopback_answer(struct sca_loopback *loopback, const char *sentence);

/* Closes what is open; a page under way is still sent when the loop runs on. NULL is fine. */
void sca_loopback_free(struct sca_loopback *loopback);

#endif
