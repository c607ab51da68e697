/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The person behind a request: where they can be asked for a secret, and what they are told about
 * what it is for.
 */
#ifndef SCA_AGENT_PERSON_H
#define SCA_AGENT_PERSON_H

#include "config.h"
#include "prompt.h"

struct sca_person {
    struct sca_prompts *prompts; /* borrowed */
    struct sca_screen screen;
    const char *language; /* the configuration's; NULL auto */
    const char *holder;   /* of the certificate; NULL or "" where unknown */
    const char *purpose;  /* what will be signed, as the phone shows it; NULL or "" for nothing */
    int64_t deadline_ms;  /* sca_now_ms: no answer is of use after it */
};

/* A deep copy, which owns its texts; caller frees. SCA_E_NOMEM. */
int sca_person_copy(const struct sca_person *person, struct sca_person **ret_copy);
void sca_person_free(struct sca_person *person); /* NULL is fine */

/* True where a page can be shown: a screen with windows, unless nobody shall be asked at all. */
bool sca_person_has_browser(const struct sca_person *person);

/* Asks for a secret of @account, or for the person's yes, as sca_prompt_ask does. Borrows nothing.
 */
int sca_person_ask(const struct sca_person *person, const struct sca_config_account *account,
                   enum sca_secret_kind kind, sca_prompt_done *done, void *arg,
                   struct sca_prompt_call **ret_call);

#endif
