/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pinentries there are. "pinentry" is the system's or the person's choice among them; what it
 * stands for is told by the file at the end of its links, because one for terminals must not take
 * the terminal from which a program with windows was started as long as there is one for windows.
 */
#include "pinentry.h"

#include <stdlib.h>
#include <string.h>
#include "argv.h"
#include "common/err.h"
#include "common/text.h"
#include "program.h"

/* Those for windows fall back to a terminal by themselves. */
static const char *const for_windows[] = {"pinentry-gnome3", "pinentry-qt", "pinentry-gtk-2", NULL};
static const char *const for_terminals[] = {"pinentry-curses", "pinentry-tty", NULL};

struct found {
    char **programs;
    size_t count;
};

static int add(struct found *found, const char *path)
{
    char **more = reallocarray(found->programs, found->count + 2, sizeof *more);

    if (more == NULL)
        return SCA_E_NOMEM;
    found->programs = more;
    more[found->count] = strdup(path);
    more[found->count + 1] = NULL;
    return more[found->count++] != NULL ? 0 : SCA_E_NOMEM;
}

static int add_names(struct found *found, const char *const *names)
{
    for (; *names != NULL; names++) {
        SCA_TEXT_AUTO path = sca_program_find(*names);
        int err = path != NULL ? add(found, path) : 0;

        if (err != 0)
            return err;
    }
    return 0;
}

static bool is_for_terminals(const char *path)
{
    SCA_TEXT_AUTO real = realpath(path, NULL);
    const char *name = real != NULL ? strrchr(real, '/') + 1 : path;

    for (size_t i = 0; for_terminals[i] != NULL; i++)
        if (strcmp(name, for_terminals[i]) == 0)
            return true;
    return false;
}

static int find(const struct sca_screen *screen, struct found *found)
{
    SCA_TEXT_AUTO chosen = sca_program_find("pinentry");
    bool windows = sca_screen_has_windows(screen);
    bool chosen_later = chosen != NULL && (!windows || is_for_terminals(chosen));
    int err = 0;

    if (windows && chosen != NULL && !chosen_later)
        err = add(found, chosen);
    if (err == 0 && windows)
        err = add_names(found, for_windows);
    if (screen->tty == NULL)
        return err;
    if (err == 0 && chosen_later)
        err = add(found, chosen);
    return err == 0 ? add_names(found, for_terminals) : err;
}

int sca_pinentry_find(const char *setting, const struct sca_screen *screen, char ***ret_programs)
{
    struct found found = {.programs = calloc(1, sizeof *found.programs)};
    int err = found.programs != NULL ? 0 : SCA_E_NOMEM;

    if (err == 0 && setting == NULL)
        err = find(screen, &found);
    else if (err == 0 && strcmp(setting, "none") != 0)
        err = add(&found, setting);
    if (err != 0) {
        sca_argv_free(found.programs);
        return err;
    }
    *ret_programs = found.programs;
    return 0;
}
