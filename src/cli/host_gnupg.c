/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GnuPG for S/MIME (gpgsm) by gnupg-pkcs11-scd in place of scdaemon. Source: gpg-agent(1),
 * gnupg-pkcs11-scd(1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/text.h"
#include "host.h"
#include "setup_nss.h"

static const char *const daemons[] = {"/usr/bin/gnupg-pkcs11-scd",
                                      "/usr/local/bin/gnupg-pkcs11-scd"};

static const char *daemon_path(void)
{
    for (size_t i = 0; i < sizeof daemons / sizeof *daemons; i++) {
        if (access(daemons[i], X_OK) == 0)
            return daemons[i];
    }
    return NULL;
}

static char *gnupg_home(const struct sca_setup *setup)
{
    const char *told = secure_getenv("GNUPGHOME");
    return told && *told == '/' ? strdup(told) : sca_text_format("%s/.gnupg", setup->home);
}

static void add(const struct sca_setup *setup, const char *home, const char *file, char *content,
                const char *rival, struct sca_targets *targets)
{
    struct sca_target *target = sca_targets_add(targets, SCA_TARGET_BLOCK, setup,
                                                sca_text_format("%s/%s", home, file), content);
    if (target)
        target->rival = rival;
}

static void find(const struct sca_setup *setup, struct sca_targets *targets)
{
    const char *daemon = daemon_path();
    if (!sca_program_here("gpgsm"))
        return;
    if (!daemon) {
        sca_targets_problem(targets, _("GnuPG needs gnupg-pkcs11-scd, which is not installed."),
                            _("Install it and run this again: apt install gnupg-pkcs11-scd"));
        return;
    }
    SCA_TEXT_AUTO home = gnupg_home(setup);
    if (!home)
        return;
    add(setup, home, "gnupg-pkcs11-scd.conf",
        sca_text_format("providers smartca\nprovider-smartca-library %s\n", setup->module),
        "providers", targets);
    add(setup, home, "gpg-agent.conf", sca_text_format("scdaemon-program %s\n", daemon),
        "scdaemon-program", targets);
}

static void explain(const struct sca_setup *setup, const struct sca_targets *targets)
{
    (void)setup;
    (void)targets;
    printf(_("  From the next start of its agent on: gpgconf --kill gpg-agent; then gpgsm "
             "--learn-card\n"));
}

const struct sca_host sca_host_gnupg = {
    .name = "gnupg",
    .title = "GnuPG",
    .about = N_("gnupg-pkcs11-scd in gpg-agent.conf and the module in its own configuration"),
    .find = find,
    .explain = explain,
};
