/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of Flatpak and Snap load no library of the computer. A Flatpak has p11-kit-client.so in
 * its runtime, which speaks to p11-kit's server by a socket: so the program's profile is told of
 * that library, the socket is enabled for the person, and the Flatpak is allowed to see it (by
 * itself flatpak shows p11-kit's trust module only, not tokens). A Snap may see neither.
 * Sources: p11-kit, p11-kit/client.c; flatpak-override(1); flatpak, common/flatpak-run.c.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "build_config.h"
#include "common/err.h"
#include "common/text.h"
#include "host.h"
#include "setup_nss.h"

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

static const char *const snaps[] = {"firefox", "thunderbird", "chromium", "libreoffice"};

static const char *socket_unit(void)
{
    return access("/usr/lib/systemd/user/p11-kit-server.socket", F_OK) == 0
               ? "p11-kit-server.socket"
               : "p11-kit-smartca.socket";
}

static bool load_client(struct sca_target *target)
{
    char *client = strdup(SCA_P11_CLIENT);
    if (!client)
        return false;
    free(target->module);
    target->module = client;
    return true;
}

static bool app_here(const struct sca_setup *setup, const struct app *app)
{
    SCA_TEXT_AUTO folder = sca_text_format("%s/.var/app/%s/%s", setup->home, app->id, app->folder);
    return folder && access(folder, F_OK) == 0;
}

/* The profiles of one application. */
static void add_app(const struct sca_setup *setup, const struct app *app,
                    struct sca_targets *targets)
{
    char *folder = sca_text_format("%s/.var/app/%s/%s", setup->home, app->id, app->folder);
    size_t first = targets->count;
    if (app->database)
        sca_targets_add(targets, SCA_TARGET_NSS, setup, folder, NULL);
    else
        sca_profiles_add(setup, folder, false, targets);
    for (size_t i = first; i < targets->count; i++) {
        if (!load_client(&targets->items[i]))
            targets->err = SCA_E_NOMEM;
    }
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

static void add_socket(const struct sca_setup *setup, struct sca_targets *targets)
{
    const char *unit = socket_unit();
    const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
    if (!runtime || *runtime != '/') {
        sca_targets_problem(targets,
                            _("There is no runtime folder (XDG_RUNTIME_DIR), where the "
                              "socket for it would be."),
                            _("Log in at the desktop and run this again there."));
        return;
    }
    struct sca_target *target = sca_targets_add(
        targets, SCA_TARGET_TOOL, setup,
        sca_text_format("%s/systemd/user/sockets.target.wants/%s", setup->config_home, unit),
        strdup(unit));
    if (!target)
        return;
    const char *words[] = {"systemctl", "--user", "enable", "--now", target->content};
    const char *undo[] = {"systemctl", "--user", "disable", "--now", target->content};
    memcpy(target->tool, words, sizeof words);
    memcpy(target->undo, undo, sizeof undo);
}

/* The socket first: the client is loaded when it is added, and then looks for it. */
static void find_flatpak(const struct sca_setup *setup, struct sca_targets *targets)
{
    const char *last = "";
    for (size_t i = 0; i < sizeof apps / sizeof *apps; i++) {
        if (!app_here(setup, &apps[i]))
            continue;
        if (!*last)
            add_socket(setup, targets);
        if (!sca_streq(last, apps[i].id))
            add_permission(setup, apps[i].id, targets);
        last = apps[i].id;
        add_app(setup, &apps[i], targets);
    }
    if (*last && access(SCA_P11_CLIENT, R_OK) != 0)
        sca_targets_problem(targets, _("p11-kit-client.so is not installed."),
                            _("Install it and run this again: apt install p11-kit-modules"));
}

static void find_snap(const struct sca_setup *setup, struct sca_targets *targets)
{
    for (size_t i = 0; i < sizeof snaps / sizeof *snaps; i++) {
        SCA_TEXT_AUTO folder = sca_text_format("%s/snap/%s", setup->home, snaps[i]);
        SCA_TEXT_AUTO problem = sca_text_format(
            _("The Snap of %s is shut off from modules of this computer."), snaps[i]);
        if (folder && problem && access(folder, F_OK) == 0)
            sca_targets_problem(targets, problem,
                                _("Install the program as a package of the distribution or as a "
                                  "Flatpak, and run this again."));
    }
}

const struct sca_host sca_host_flatpak = {
    .name = "flatpak",
    .title = "Flatpak",
    .about = N_("p11-kit's client in the profiles of its programs, by p11-kit's server"),
    .find = find_flatpak,
};

const struct sca_host sca_host_snap = {
    .name = "snap",
    .title = "Snap",
    .about = N_("says which programs cannot be reached"),
    .find = find_snap,
};
