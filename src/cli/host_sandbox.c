/* SPDX-License-Identifier: Apache-2.0 */
/* What Flatpak and Snap share. */
#include "host_sandbox.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "build_config.h"
#include "common/err.h"
#include "setup_nss.h"
#include "common/text.h"

bool sca_sandbox_possible(struct sca_targets *targets)
{
    const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
    if (!runtime || *runtime != '/')
        sca_targets_problem(targets,
                            _("There is no runtime folder (XDG_RUNTIME_DIR), where the "
                              "socket for it would be."),
                            _("Log in at the desktop and run this again there."));
    else if (access(SCA_P11_CLIENT, R_OK) != 0)
        sca_targets_problem(targets, _("p11-kit-client.so is not installed."),
                            _("Install it and run this again: apt install p11-kit-modules"));
    else
        return true;
    return false;
}

void sca_sandbox_socket(const struct sca_setup *setup, const char *unit,
                        struct sca_targets *targets)
{
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

/* Replaces @place by a copy of @text; false when memory is out. */
static bool put_text(char **place, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return false;
    free(*place);
    *place = copy;
    return true;
}

static bool complete(struct sca_target *target, const struct sca_sandboxed *program)
{
    return put_text(&target->module, program->client) &&
           (!program->runtime || put_text(&target->runtime, program->runtime)) &&
           (!program->database || !program->locks || put_text(&target->locks, program->locks));
}

void sca_sandbox_databases(const struct sca_setup *setup, const struct sca_sandboxed *program,
                           struct sca_targets *targets)
{
    size_t first = targets->count;
    if (program->database)
        sca_targets_add(targets, SCA_TARGET_NSS, setup, program->folder, NULL);
    else
        sca_profiles_add(setup, program->folder, false, targets);
    for (size_t i = first; i < targets->count; i++) {
        if (!complete(&targets->items[i], program))
            targets->err = SCA_E_NOMEM;
    }
}
