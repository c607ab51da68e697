/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Snap sees of the person's files ~/snap/NAME and, as its XDG_RUNTIME_DIR,
 * /run/user/UID/snap.NAME; it may load libraries from the first and use sockets in the second. So
 * p11-kit-client.so is copied there, and p11-kit's server listens there.
 * Source: snapd, interfaces/apparmor/template.go (the rules on @{HOME}/snap and /run/user).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "build_config.h"
#include "common/err.h"
#include "common/text.h"
#include "host.h"
#include "host_sandbox.h"

/* Where below ~/snap/NAME they keep profiles.ini, or their database and the lock of it. */
static const struct snap {
    const char *name;
    const char *folder;
    const char *locks; /* of a database */
    bool database;
} snaps[] = {
    {"firefox", "common/.mozilla/firefox", NULL, false},
    {"thunderbird", "common/.thunderbird", NULL, false},
    {"chromium", "current/.pki/nssdb", "common/chromium", true},
};

static void add_client(const struct sca_setup *setup, const char *client,
                       struct sca_targets *targets)
{
    struct sca_target *target =
        sca_targets_add(targets, SCA_TARGET_TOOL, setup, strdup(client), strdup(client));
    if (!target)
        return;
    const char *words[] = {"install", "-m", "755", SCA_P11_CLIENT, target->content};
    memcpy(target->tool, words, sizeof words);
}

/* Takes @folder. */
static void add_snap(const struct sca_setup *setup, const struct snap *snap, char *folder,
                     struct sca_targets *targets)
{
    const char *home = setup->home;
    SCA_TEXT_AUTO client =
        sca_text_format("%s/snap/%s/common/smartca/p11-kit-client.so", home, snap->name);
    SCA_TEXT_AUTO runtime =
        sca_text_format("%s/snap.%s", secure_getenv("XDG_RUNTIME_DIR"), snap->name);
    SCA_TEXT_AUTO unit = sca_text_format("p11-kit-smartca-snap@%s.socket", snap->name);
    SCA_TEXT_AUTO locks =
        sca_text_format("%s/snap/%s/%s", home, snap->name, snap->locks ? snap->locks : "");
    const struct sca_sandboxed program = {.folder = folder,
                                          .database = snap->database,
                                          .client = client,
                                          .runtime = runtime,
                                          .locks = locks};
    if (!client || !runtime || !unit || !locks) {
        free(folder);
        targets->err = SCA_E_NOMEM;
        return;
    }
    sca_sandbox_socket(setup, unit, targets);
    add_client(setup, client, targets);
    sca_sandbox_databases(setup, &program, targets);
}

static bool here(const struct sca_setup *setup, const char *name)
{
    SCA_TEXT_AUTO folder = sca_text_format("%s/snap/%s", setup->home, name);
    return folder && access(folder, F_OK) == 0;
}

static void find_snap(const struct sca_setup *setup, struct sca_targets *targets)
{
    for (size_t i = 0; i < sizeof snaps / sizeof *snaps; i++) {
        char *folder =
            sca_text_format("%s/snap/%s/%s", setup->home, snaps[i].name, snaps[i].folder);
        if (folder && access(folder, F_OK) == 0 && sca_sandbox_possible(targets))
            add_snap(setup, &snaps[i], folder, targets);
        else
            free(folder);
    }
    if (here(setup, "libreoffice"))
        sca_targets_problem(targets,
                            _("The Snap of LibreOffice sees no certificates of this computer."),
                            _("Install LibreOffice as a package of the distribution, and run "
                              "\"smartca setup libreoffice\"."));
}

const struct sca_host sca_host_snap = {
    .name = "snap",
    .title = "Snap",
    .about = N_("p11-kit's client in the profiles of its programs, by p11-kit's server"),
    .find = find_snap,
};
