/* SPDX-License-Identifier: Apache-2.0 */
/* The places of a run and lists of targets. */
#include "setup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "agent/leftovers.h"
#include "build_config.h"
#include "common/err.h"
#include "common/text.h"

/* $NAME where it is absolute, else below the home. */
static char *xdg(const char *name, const char *home, const char *fallback)
{
    const char *value = secure_getenv(name);
    return value && *value == '/' ? strdup(value) : sca_text_format("%s/%s", home, fallback);
}

static char *absolute(const char *path)
{
    if (*path == '/')
        return strdup(path);
    SCA_TEXT_AUTO folder = getcwd(NULL, 0);
    return folder ? sca_text_format("%s/%s", folder, path) : NULL;
}

int sca_setup_init(struct sca_setup *setup, const struct sca_cli *cli, const char *module)
{
    *setup = (struct sca_setup){.cli = cli};
    const char *home = secure_getenv("HOME");
    if (!home || *home != '/')
        return SCA_E_NOENT;
    size_t len = strlen(home);
    while (len > 1 && home[len - 1] == '/')
        len--;
    setup->home = strndup(home, len);
    if (!setup->home)
        return SCA_E_NOMEM;
    setup->config_home = xdg("XDG_CONFIG_HOME", setup->home, ".config");
    setup->data_home = xdg("XDG_DATA_HOME", setup->home, ".local/share");
    sca_leftovers_remove(cli->paths);
    setup->records = sca_text_format("%s/setup", cli->paths->state_dir);
    setup->module = absolute(module ? module : SCA_MODULE_PATH);
    bool whole = setup->config_home && setup->data_home && setup->records && setup->module;
    return whole ? 0 : SCA_E_NOMEM;
}

void sca_setup_clear(struct sca_setup *setup)
{
    free(setup->home);
    free(setup->config_home);
    free(setup->data_home);
    free(setup->records);
    free(setup->module);
    *setup = (struct sca_setup){0};
}

struct sca_target *sca_targets_add(struct sca_targets *targets, enum sca_target_kind kind,
                                   const struct sca_setup *setup, char *path, char *content)
{
    struct sca_target *items = reallocarray(targets->items, targets->count + 1, sizeof *items);
    char *module = strdup(setup->module);
    if (items)
        targets->items = items;
    if (!items || !module || !path || (kind != SCA_TARGET_NSS && !content)) {
        free(path);
        free(content);
        free(module);
        targets->err = SCA_E_NOMEM;
        return NULL;
    }
    struct sca_target *target = &items[targets->count++];
    *target = (struct sca_target){.kind = kind, .path = path, .module = module, .content = content};
    return target;
}

void sca_targets_clear(struct sca_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        free(targets->items[i].path);
        free(targets->items[i].module);
        free(targets->items[i].content);
        free(targets->items[i].locks);
        free(targets->items[i].runtime);
    }
    free(targets->items);
    free(targets->problem);
    free(targets->remedy);
    *targets = (struct sca_targets){0};
}

void sca_targets_problem(struct sca_targets *targets, const char *problem, const char *remedy)
{
    if (targets->problem)
        return;
    targets->problem = strdup(problem);
    targets->remedy = strdup(remedy ? remedy : "");
    if (!targets->problem || !targets->remedy)
        targets->err = SCA_E_NOMEM;
}
