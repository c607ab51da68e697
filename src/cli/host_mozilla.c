/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firefox and Thunderbird: every profile is an NSS database. Where profiles.ini may stand: the
 * classic folder, the XDG one (Firefox 147 and newer, where there is no ~/.mozilla), and those of
 * Snap and Flatpak, whose programs reach the module through p11-kit's server (host_sandbox.c).
 * Where a policy of the computer lists the module, the program puts it into its profiles itself.
 * Source: Mozilla, policy reference, SecurityDevices; nsXREDirProvider.cpp for the folders.
 */
#include <jansson.h>
#include <unistd.h>
#include "common/err.h"
#include "common/text.h"
#include "host.h"
#include "setup_file.h"
#include "setup_nss.h"

static const char *const firefox_policies[] = {"/etc/firefox/policies/policies.json",
                                               "/usr/lib/firefox-esr/distribution/policies.json",
                                               "/usr/lib/firefox/distribution/policies.json", NULL};
static const char *const thunderbird_policies[] = {
    "/etc/thunderbird/policies/policies.json", "/usr/lib/thunderbird/distribution/policies.json",
    NULL};

/* {"policies": {"SecurityDevices": {"Add": {NAME: PATH}}}}, or the older one without "Add". */
static bool policy_lists(json_t *policy, const char *module)
{
    json_t *devices = json_object_get(json_object_get(policy, "policies"), "SecurityDevices");
    json_t *added = json_object_get(devices, "Add");
    const char *name = NULL;
    json_t *path = NULL;
    json_object_foreach(added ? added : devices, name, path)
    {
        if (json_is_string(path) && sca_streq(json_string_value(path), module))
            return true;
    }
    return false;
}

static bool by_policy(const struct sca_setup *setup, const char *const files[])
{
    bool listed = false;
    for (size_t i = 0; files[i] && !listed; i++) {
        SCA_BUF_AUTO text = {0};
        if (sca_host_file_read(files[i], &text) != 0)
            continue;
        json_t *policy = json_loadb((const char *)text.data, text.len, 0, NULL);
        listed = policy_lists(policy, setup->module);
        json_decref(policy);
    }
    return listed;
}

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
    if (targets->count == 0 && program && !targets->ready)
        sca_targets_problem(targets, _("There is no profile yet."), remedy);
}

static void find_firefox(const struct sca_setup *setup, struct sca_targets *targets)
{
    sca_mozilla_firefox(setup, targets);
    targets->ready = by_policy(setup, firefox_policies);
    need_profile(targets, sca_program_here("firefox") || sca_program_here("firefox-esr"),
                 _("Start Firefox once, close it, and run this again."));
}

static void find_thunderbird(const struct sca_setup *setup, struct sca_targets *targets)
{
    sca_mozilla_thunderbird(setup, targets);
    targets->ready = by_policy(setup, thunderbird_policies);
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
