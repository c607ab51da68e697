/* SPDX-License-Identifier: Apache-2.0 */
/* One question to the person and its answer, as prompt.h takes it and pinentry.h shows it. */
#ifndef SCA_AGENT_QUESTION_H
#define SCA_AGENT_QUESTION_H

#include <stdbool.h>
#include <stdint.h>
#include "common/secret.h"
#include "screen.h"

struct sca_prompt {
    const char *title;               /* "SmartCA: work" */
    const char *description;         /* what is asked for and what will be signed; several lines */
    bool yes_or_no;                  /* nothing is typed: the buttons are the answer */
    const char *label;               /* beside the entry: "PIN:", "OTP:" */
    const char *ok;                  /* on the buttons */
    const char *cancel;              /* ditto */
    const char *language;            /* of these texts: "vi" or "en" */
    const struct sca_screen *screen; /* where */
    uint32_t timeout_ms;
};

/*
 * @secret borrowed for the call, never empty ("yes" for a yes); NULL with @err: SCA_E_CANCELLED
 * (the person closed it or typed nothing), SCA_E_REJECTED (they were asked for yes or no, and did
 * either), SCA_E_NEED_AUTH (no way to ask: none installed, no screen, prompt = none, none that
 * works), SCA_E_TIMEOUT, SCA_E_NOMEM.
 */
typedef void sca_prompt_done(void *arg, int err, const struct sca_secret *secret);

#endif
