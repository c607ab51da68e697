/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages in Vietnamese and English through gettext; the English text is the key. The agent talks
 * to hosts of several languages from one thread, so the language is chosen per message.
 */
#ifndef SCA_AGENT_I18N_H
#define SCA_AGENT_I18N_H

#include <libintl.h>

#define _(text)  gettext(text)
#define N_(text) text

/* Once at start: UTF-8, text domain "smartca", folder SMARTCA_LOCALE_DIR or the installed one. */
void sca_i18n_init(void);

/*
 * Chooses the language of what follows: "vi...", or anything else for English. @setting is the
 * configuration's ("vi", "en", NULL for auto), @environment the host's (LANGUAGE or LANG form).
 */
void sca_i18n_use(const char *setting, const char *environment);

/* "vi" or "en": what sca_i18n_use decided last. */
const char *sca_i18n_language(void);

#endif
