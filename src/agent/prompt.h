/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the person for a secret by pinentry (whichever is installed), on the screen or terminal of
 * the host that asked, in the person's language, with what will be signed. One prompt at a time:
 * others wait for their turn. What is typed goes through wiped memory into a struct sca_secret.
 */
#ifndef SCA_AGENT_PROMPT_H
#define SCA_AGENT_PROMPT_H

#include <uv.h>
#include "question.h"

struct sca_prompts; /* one per loop */
struct sca_prompt_call;

int sca_prompts_new(uv_loop_t *loop, struct sca_prompts **ret_prompts);

/* Takes what is shown from the screen; done is not called. */
void sca_prompts_free(struct sca_prompts *prompts);

/* The configuration's prompt setting: NULL for auto, "none", or a pinentry's path. Copied. */
int sca_prompts_configure(struct sca_prompts *prompts, const char *setting);

bool sca_prompts_none(const struct sca_prompts *prompts); /* nobody is asked: prompt = none */

/* Copies @prompt. @done comes from the loop, never from inside this call. SCA_E_NOMEM. */
int sca_prompt_ask(struct sca_prompts *prompts, const struct sca_prompt *prompt,
                   sca_prompt_done *done, void *arg, struct sca_prompt_call **ret_call);
void sca_prompt_cancel(struct sca_prompt_call *call); /* takes it from the screen; NULL is fine */

#endif
