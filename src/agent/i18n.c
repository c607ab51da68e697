/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Switching gettext's language inside one thread, as its manual says (node "gettext grok"): the
 * LANGUAGE variable chooses, and the counter _nl_msg_cat_cntr makes gettext forget what it has
 * looked up. LANGUAGE only works where the locale is not "C", so C.UTF-8 is set first, which every
 * glibc has built in. For agent and tool only: a library must not do this to its host.
 */
#include "i18n.h"

#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "build_config.h"

extern int _nl_msg_cat_cntr;

static bool vietnamese;

void sca_i18n_init(void)
{
    const char *folder = secure_getenv("SMARTCA_LOCALE_DIR");

    setlocale(LC_CTYPE, "C.UTF-8");
    setlocale(LC_MESSAGES, "C.UTF-8");
    bindtextdomain("smartca", folder != NULL && *folder != '\0' ? folder : SCA_LOCALE_DIR);
    bind_textdomain_codeset("smartca", "UTF-8");
    textdomain("smartca");
    sca_i18n_use(NULL, NULL);
}

/* "vi", "vi_VN.UTF-8", "vi:en". */
static bool says_vietnamese(const char *language)
{
    return language != NULL && strncasecmp(language, "vi", 2) == 0 &&
           (language[2] == '\0' || strchr("_.:@-", language[2]) != NULL);
}

void sca_i18n_use(const char *setting, const char *environment)
{
    vietnamese = says_vietnamese(setting != NULL ? setting : environment);
    setenv("LANGUAGE", sca_i18n_language(), 1);
    _nl_msg_cat_cntr++;
}

const char *sca_i18n_language(void)
{
    return vietnamese ? "vi" : "en";
}
