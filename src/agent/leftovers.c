/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One place that knows every folder where files are replaced. Beside the configuration lie files of
 * the person's own, so only halves of the configuration itself go there.
 */
#include "leftovers.h"

#include <stdlib.h>
#include <string.h>
#include "common/text.h"

static void sweep_own(const char *folder, const char *below)
{
    SCA_TEXT_AUTO path = sca_text_format("%s%s", folder, below);

    if (path != NULL && sca_dir_check(path) == 0)
        sca_dir_sweep(path, NULL);
}

/* Links are followed, as where it is replaced. */
static void sweep_beside(const char *file)
{
    SCA_TEXT_AUTO real = realpath(file, NULL);
    char *slash = real != NULL ? strrchr(real, '/') : NULL;

    if (slash == NULL)
        return;
    *slash = '\0';
    sca_dir_sweep(slash == real ? "/" : real, slash + 1);
}

static void sweep_secrets(const char *file)
{
    const char *slash = strrchr(file, '/');
    SCA_TEXT_AUTO folder = slash != NULL ? strndup(file, (size_t)(slash - file)) : strdup(".");

    if (folder != NULL)
        sweep_own(folder, "/secrets");
}

void sca_leftovers_remove(const struct sca_paths *paths)
{
    const char *conf = paths->conf[1] != NULL ? paths->conf[1] : paths->conf[0];

    sweep_own(paths->cache_dir, "");
    sweep_own(paths->cache_dir, "/accounts");
    sweep_own(paths->state_dir, "");
    sweep_own(paths->state_dir, "/setup");
    sweep_beside(conf);
    sweep_secrets(conf);
}
