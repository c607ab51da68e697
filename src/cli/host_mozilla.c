/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firefox and Thunderbird: every profile is an NSS database. Where profiles.ini may stand: the
 * classic folder, the XDG one (Firefox 147 and newer, where there is no ~/.mozilla), and those of
 * Snap and Flatpak, whose programs reach the module through p11-kit's server (host_sandbox.c).
 */
#include <unistd.h>
#include "common/text.h"
#include "host.h"
#include "setup_nss.h"

void sca_mozilla_firefox(const struct sca_setup *setup, struct sca_targets *targets)
{
    sca_profiles_add(setup, sca_text_format("%s/.mozilla/firefox", setup->home), false, targets);
    sca_profiles_add(setup, sca_text_format("%s/mozilla/firefox", setup->config_home), false,
                     targets);
}

void sca_mozilla_thunderbird(const struct sca_setup *setup, struct sca_targets *targets)
{
    sca_profiles_add(setup, sca_text_format("%s/.thunderbird", setup->home), false, targets);
    sca_profiles_add(setup, sca_text_format("%s/thunderbird", setup->config_home), false, targets);
}

static void need_profile(struct sca_targets *targets, bool program, const char *remedy)
{
    if (targets->count == 0 && program)
        sca_targets_problem(targets, _("There is no profile yet."), remedy);
}

static void find_firefox(const struct sca_setup *setup, struct sca_targets *targets)
{
    sca_mozilla_firefox(setup, targets);
    need_profile(targets, sca_program_here("firefox") || sca_program_here("firefox-esr"),
                 _("Start Firefox once, close it, and run this again."));
}

static void find_thunderbird(const struct sca_setup *setup, struct sca_targets *targets)
{
    sca_mozilla_thunderbird(setup, targets);
    need_profile(targets, sca_program_here("thunderbird"),
                 _("Start Thunderbird once, close it, and run this again."));
}

const struct sca_host sca_host_firefox = {
    .name = "firefox",
    .title = "Firefox",
    .about = N_("the module in every profile, by modutil"),
    .find = find_firefox,
};

const struct sca_host sca_host_thunderbird = {
    .name = "thunderbird",
    .title = "Thunderbird",
    .about = N_("the module in every profile, by modutil"),
    .find = find_thunderbird,
};
