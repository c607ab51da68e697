/* SPDX-License-Identifier: Apache-2.0 */
/* One table from the fixed words of states and outcomes to what people read. */
#include "outcome.h"

#include <stddef.h>
#include "cli.h"
#include "common/err.h"
#include "common/text.h"

static const struct {
    const char *name;
    const char *words;
} outcomes[] = {
    {"sending", N_("on its way")},
    {"waiting", N_("waits for you")},
    {"looking-up", N_("is looked up")},
    {"over", N_("is over")},
    {"signed", N_("signed")},
    {"replayed", N_("signed before, nothing paid")},
    {"rejected", N_("rejected")},
    {"expired", N_("not confirmed in time")},
    {"cancelled", N_("cancelled")},
    {"budget", N_("your limit is used up")},
    {"uncertain", N_("is looked up")},
    {"quota", N_("no signatures left")},
    {"user-auth", N_("password or code not accepted")},
    {"user-locked", N_("account locked")},
    {"need-auth", N_("password or code needed")},
    {"sp-auth", N_("account not accepted")},
    {"certificate", N_("certificate cannot sign")},
    {"no-certificate", N_("no certificate")},
    {"unsupported", N_("not supported")},
    {"refused", N_("refused by the service")},
    {"no-screen", N_("nobody could be asked")},
    {"program", N_("program not allowed")},
    {"unreachable", N_("service not reached")},
    {"tls", N_("connection not safe")},
    {"server-key", N_("connection not safe")},
    {"server", N_("fault at the service")},
    {"not-found", N_("not known to the service")},
    {"bad-signature", N_("signature not valid")},
    {"timeout", N_("no answer in time")},
};

const char *sca_outcome_words(const char *name)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (sca_streq(outcomes[i].name, name))
            return _(outcomes[i].words);
    }
    /* The rest is of this computer; "format" is what an unknown word gives. */
    return sca_err_from_name(name) != SCA_E_FORMAT ? _("failed") : name;
}
