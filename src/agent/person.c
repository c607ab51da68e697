/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a prompt says: which secret of which account, in whose name, and for which documents on
 * which program's wish, with the code that the phone and the notice show as well.
 */
#include "person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "i18n.h"
#include "sentence.h"

#define NAME_SIZE 256

static int copy_text(const char *text, const char **ret_copy)
{
    *ret_copy = text != NULL ? strdup(text) : NULL;
    return text != NULL && *ret_copy == NULL ? SCA_E_NOMEM : 0;
}

int sca_person_copy(const struct sca_person *person, struct sca_person **ret_copy)
{
    struct sca_person *copy = calloc(1, sizeof *copy);

    if (copy == NULL)
        return SCA_E_NOMEM;
    copy->prompts = person->prompts;
    copy->deadline_ms = person->deadline_ms;
    if (sca_screen_copy(&person->screen, &copy->screen) != 0 ||
        copy_text(person->language, &copy->language) != 0 ||
        copy_text(person->holder, &copy->holder) != 0 ||
        copy_text(person->purpose, &copy->purpose) != 0) {
        sca_person_free(copy);
        return SCA_E_NOMEM;
    }
    *ret_copy = copy;
    return 0;
}

void sca_person_free(struct sca_person *person)
{
    if (person == NULL)
        return;
    sca_screen_clear(&person->screen);
    free((char *)(uintptr_t)person->language);
    free((char *)(uintptr_t)person->holder);
    free((char *)(uintptr_t)person->purpose);
    free(person);
}

bool sca_person_has_browser(const struct sca_person *person)
{
    return sca_screen_has_windows(&person->screen) && person->prompts != NULL &&
           !sca_prompts_none(person->prompts);
}

/* ---- the texts ----------------------------------------------------------------------------- */

static const char *request_of(enum sca_secret_kind kind)
{
    switch (kind) {
    case SCA_SECRET_CONSENT:
        return _("Sign with account {account} ({service})? You are asked here because the service "
                 "itself may not ask you.");
    case SCA_SECRET_PASSWORD:
        return _("Your password for account {account} ({service})");
    case SCA_SECRET_OTP:
        return _("A one-time code (OTP) for account {account} ({service})");
    case SCA_SECRET_SENT_OTP:
        return _("The one-time code (OTP) that was sent to you for account {account} ({service})");
    case SCA_SECRET_CREDENTIAL_PIN:
        return _("The PIN of your signing key, account {account} ({service})");
    case SCA_SECRET_SP_PASSWORD:
        return _("The secret that belongs to sp-id, account {account} ({service})");
    case SCA_SECRET_CLIENT_SECRET:
        return _("The secret that belongs to client-id, account {account} ({service})");
    case SCA_SECRET_RP_PASSWORD:
        return _("The relying party's password, account {account} ({service})");
    case SCA_SECRET_RP_SIGNATURE:
        return _("The relying party's signature text, account {account} ({service})");
    case SCA_SECRET_RP_KEY_PASSWORD:
        return _("The password of the relying party's key, account {account} ({service})");
    case SCA_SECRET_RP_KEY:
    case SCA_SECRET_ACCESS_TOKEN:
    case SCA_SECRET__COUNT:
        break;
    }
    return NULL;
}

static const char *label_of(enum sca_secret_kind kind)
{
    if (kind == SCA_SECRET_OTP || kind == SCA_SECRET_SENT_OTP)
        return _("OTP:");
    return kind == SCA_SECRET_CREDENTIAL_PIN ? _("PIN:") : _("Password:");
}

int sca_person_ask(const struct sca_person *person, const struct sca_config_account *account,
                   enum sca_secret_kind kind, sca_prompt_done *done, void *arg,
                   struct sca_prompt_call **ret_call)
{
    const struct sca_sentence_facts facts = {.account = account->name,
                                             .service = account->provider->title};
    char description[SCA_SENTENCE_PROMPT_SIZE];
    char name[NAME_SIZE];
    char title[NAME_SIZE + 16];
    const bool consent = kind == SCA_SECRET_CONSENT;

    sca_i18n_use(person->language, person->screen.language);
    const char *request = request_of(kind);
    if (request == NULL)
        return SCA_E_INVAL;
    sca_sentence_prompt(request, &facts, person->holder, person->purpose, description);
    sca_text_printable(account->name, name, sizeof name);
    snprintf(title, sizeof title, "SmartCA: %s", name);
    const struct sca_prompt prompt = {
        .title = title,
        .description = description,
        .yes_or_no = consent,
        .label = label_of(kind),
        .ok = consent ? _("Sign") : _("OK"),
        .cancel = consent ? _("Do not sign") : _("Cancel"),
        .language = sca_i18n_language(),
        .screen = &person->screen,
        .timeout_ms = (uint32_t)sca_left_ms(person->deadline_ms),
    };
    return sca_prompt_ask(person->prompts, &prompt, done, arg, ret_call);
}
