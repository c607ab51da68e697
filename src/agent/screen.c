/* SPDX-License-Identifier: Apache-2.0 */
/* Screens as values, and environments made of them. See screen.h. */
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/err.h"
#include "common/path.h"

#define MORE_MAX 8

void sca_screen_clear(struct sca_screen *screen)
{
    free(screen->language);
    free(screen->display);
    free(screen->wayland);
    free(screen->dbus);
    free(screen->xauthority);
    free(screen->tty);
    free(screen->term);
    *screen = (struct sca_screen){0};
}

static int copy_text(const char *text, char **ret_copy)
{
    if (text == NULL)
        return 0;
    *ret_copy = strdup(text);
    return *ret_copy != NULL ? 0 : SCA_E_NOMEM;
}

int sca_screen_copy(const struct sca_screen *screen, struct sca_screen *ret_copy)
{
    *ret_copy = (struct sca_screen){0};
    if (copy_text(screen->language, &ret_copy->language) != 0 ||
        copy_text(screen->display, &ret_copy->display) != 0 ||
        copy_text(screen->wayland, &ret_copy->wayland) != 0 ||
        copy_text(screen->dbus, &ret_copy->dbus) != 0 ||
        copy_text(screen->xauthority, &ret_copy->xauthority) != 0 ||
        copy_text(screen->tty, &ret_copy->tty) != 0 ||
        copy_text(screen->term, &ret_copy->term) != 0) {
        sca_screen_clear(ret_copy);
        return SCA_E_NOMEM;
    }
    return 0;
}

bool sca_screen_has_windows(const struct sca_screen *screen)
{
    return screen->display != NULL || screen->wayland != NULL;
}

/* ---- environments -------------------------------------------------------------------------- */

void sca_env_free(char **env)
{
    for (char **entry = env; entry != NULL && *entry != NULL; entry++)
        free(*entry);
    free(env);
}

static bool overrides(const struct sca_variable *own, size_t count, const char *entry)
{
    size_t len = strcspn(entry, "=");

    for (size_t i = 0; i < count; i++) {
        if (strlen(own[i].name) == len && memcmp(own[i].name, entry, len) == 0)
            return true;
    }
    return false;
}

static char **make_env(const struct sca_variable *own, size_t own_count)
{
    size_t count = 0;
    size_t used = 0;

    while (environ[count] != NULL)
        count++;
    SCA_ENV_AUTO env = calloc(count + own_count + 1, sizeof *env);
    for (size_t i = 0; env != NULL && i < count; i++) {
        if (overrides(own, own_count, environ[i]))
            continue;
        env[used] = strdup(environ[i]);
        if (env[used++] == NULL)
            return NULL;
    }
    for (size_t i = 0; env != NULL && i < own_count; i++) {
        if (own[i].value == NULL)
            continue;
        if (asprintf(&env[used], "%s=%s", own[i].name, own[i].value) < 0) {
            env[used] = NULL;
            return NULL;
        }
        used++;
    }
    char **made = env;
    env = NULL;
    return made;
}

char **sca_screen_env(const struct sca_screen *screen, const struct sca_variable *more,
                      size_t count)
{
    const struct sca_variable base[] = {
        {"DISPLAY", screen->display},
        {"WAYLAND_DISPLAY", screen->wayland},
        {"DBUS_SESSION_BUS_ADDRESS", screen->dbus},
        {"XAUTHORITY", screen->xauthority},
        {"TERM", screen->term},
        {"SMARTCA_FAULT_POINT", NULL},
        {"SMARTCA_DEBUG", NULL},
        {SCA_INSIDE_AGENT, NULL}, /* what the person is shown may use the token itself */
    };
    size_t base_count = sizeof base / sizeof base[0];
    struct sca_variable own[sizeof base / sizeof base[0] + MORE_MAX];

    if (count > MORE_MAX)
        return NULL;
    memcpy(own, base, sizeof base);
    for (size_t i = 0; i < count; i++)
        own[base_count + i] = more[i];
    return make_env(own, base_count + count);
}
