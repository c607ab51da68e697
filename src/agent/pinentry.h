/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One conversation with one pinentry: the child, its two pipes, the commands that make the dialogue
 * and the one answer. Whatever the child does, it ends within the prompt's time.
 */
#ifndef SCA_AGENT_PINENTRY_H
#define SCA_AGENT_PINENTRY_H

#include <uv.h>
#include "question.h"

struct sca_pinentry;

/*
 * Starts @program (a whole path) and asks; borrows nothing. @done comes once, from the loop, never
 * from inside this call, and @ret_pinentry is gone when it is called. It is told SCA_E_NEED_AUTH
 * where this pinentry could not ask (not started, no such screen, died, nonsense). SCA_E_NOMEM.
 */
int sca_pinentry_start(uv_loop_t *loop, const char *program, const struct sca_prompt *prompt,
                       sca_prompt_done *done, void *arg, struct sca_pinentry **ret_pinentry);

/* Takes it from the screen and leaves the terminal as it was; done is not called. NULL is fine. */
void sca_pinentry_cancel(struct sca_pinentry *pinentry);

/*
 * The pinentries worth trying for @setting (as for sca_prompts_configure) on @screen, in order:
 * windows where the screen has them, then its terminal; within each the system's choice
 * ("pinentry") first. @ret_programs: whole paths, NULL-terminated, perhaps none; sca_argv_free.
 * Looks into the folders of PATH. SCA_E_NOMEM.
 */
int sca_pinentry_find(const char *setting, const struct sca_screen *screen, char ***ret_programs);

#endif
