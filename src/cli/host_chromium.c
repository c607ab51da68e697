/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chromium, Chrome and their kin share one NSS database: ~/.pki/nssdb where it exists, else
 * $XDG_DATA_HOME/pki/nssdb (Chromium 146 and newer) or ~/.pki/nssdb (older). Both are set up where
 * both are there; where none is, the old place is made, which every version reads.
 * Source: Chromium, crypto/nss_util.cc.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/text.h"
#include "host.h"
#include "setup_nss.h"

/* Names of programs, and their folders below the configuration home. */
static const char *const programs[] = {"chromium",      "google-chrome",  "chromium-browser",
                                       "brave-browser", "microsoft-edge", "vivaldi"};
static const char *const lock_folders[] = {"chromium",           "google-chrome",
                                           "google-chrome-beta", "BraveSoftware/Brave-Browser",
                                           "microsoft-edge",     "vivaldi"};

static char *locks_folder(const struct sca_setup *setup)
{
    for (size_t i = 0; i < sizeof lock_folders / sizeof *lock_folders; i++) {
        char *folder = sca_text_format("%s/%s", setup->config_home, lock_folders[i]);
        if (folder && sca_locked(folder))
            return folder;
        free(folder);
    }
    return NULL;
}

static bool installed(void)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (sca_program_here(programs[i]))
            return true;
    }
    return false;
}

static void add(const struct sca_setup *setup, char *folder, struct sca_targets *targets)
{
    struct sca_target *target = sca_targets_add(targets, SCA_TARGET_NSS, setup, folder, NULL);
    if (target) {
        target->make = true;
        target->locks = locks_folder(setup);
    }
}

static void find(const struct sca_setup *setup, struct sca_targets *targets)
{
    char *classic = sca_text_format("%s/.pki/nssdb", setup->home);
    char *xdg = sca_text_format("%s/pki/nssdb", setup->data_home);
    bool has_xdg = xdg && access(xdg, F_OK) == 0;
    bool has_classic = classic && access(classic, F_OK) == 0;
    if (has_classic || (!has_xdg && installed()))
        add(setup, classic, targets);
    else
        free(classic);
    if (has_xdg)
        add(setup, xdg, targets);
    else
        free(xdg);
}

const struct sca_host sca_host_chromium = {
    .name = "chromium",
    .title = "Chromium, Chrome",
    .about = N_("the module in the NSS database that they share, by modutil"),
    .find = find,
};
