/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Flatpak has p11-kit-client.so in its runtime: the program's profile is told of that library,
 * the socket is enabled for the person, and the Flatpak is allowed to see it (by itself flatpak
 * shows p11-kit's trust module only, not tokens).
 * Sources: flatpak-override(1); flatpak, common/flatpak-run.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "build_config.h"
#include "common/text.h"
#include "host.h"
#include "host_sandbox.h"

#define SEE_SOCKET "--filesystem=xdg-run/p11-kit/pkcs11"

/* Applications and where below ~/.var/app/ID they keep profiles.ini, or their database. */
static const struct app {
    const char *id;
    const char *folder;
    bool database;
} apps[] = {
    {"org.mozilla.firefox", ".mozilla/firefox", false},
    {"org.mozilla.firefox", "config/mozilla/firefox", false},
    {"org.mozilla.Thunderbird", ".thunderbird", false},
    {"org.mozilla.thunderbird", ".thunderbird", false},
    {"org.chromium.Chromium", ".pki/nssdb", true},
    {"com.google.Chrome", ".pki/nssdb", true},
    {"com.brave.Browser", ".pki/nssdb", true},
    {"com.microsoft.Edge", ".pki/nssdb", true},
};

static const char *socket_unit(void)
{
    return access("/usr/lib/systemd/user/p11-kit-server.socket", F_OK) == 0
               ? "p11-kit-server.socket"
               : "p11-kit-smartca.socket";
}

static void add_permission(const struct sca_setup *setup, const char *id,
                           struct sca_targets *targets)
{
    struct sca_target *target = sca_targets_add(
        targets, SCA_TARGET_TOOL, setup,
        sca_text_format("%s/flatpak/overrides/%s", setup->data_home, id), strdup(id));
    if (!target)
        return;
    target->shows = "xdg-run/p11-kit";
    const char *words[] = {"flatpak", "override", "--user", SEE_SOCKET, target->content};
    memcpy(target->tool, words, sizeof words);
}

static void find_flatpak(const struct sca_setup *setup, struct sca_targets *targets)
{
    const char *last = "";
    for (size_t i = 0; i < sizeof apps / sizeof *apps; i++) {
        char *folder =
            sca_text_format("%s/.var/app/%s/%s", setup->home, apps[i].id, apps[i].folder);
        if (!folder || access(folder, F_OK) != 0 || (!*last && !sca_sandbox_possible(targets))) {
            free(folder);
            continue;
        }
        if (!*last)
            sca_sandbox_socket(setup, socket_unit(), targets);
        if (!sca_streq(last, apps[i].id))
            add_permission(setup, apps[i].id, targets);
        last = apps[i].id;
        const struct sca_sandboxed program = {
            .folder = folder, .database = apps[i].database, .client = SCA_P11_CLIENT};
        sca_sandbox_databases(setup, &program, targets);
    }
}

const struct sca_host sca_host_flatpak = {
    .name = "flatpak",
    .title = "Flatpak",
    .about = N_("p11-kit's client in the profiles of its programs, by p11-kit's server"),
    .find = find_flatpak,
};
