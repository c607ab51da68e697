/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a host's person looks, and the environment of a child process that shall appear there:
 * notices and prompts belong on the screen of the program that asked, not on the one that the agent
 * was started on.
 */
#ifndef SCA_AGENT_SCREEN_H
#define SCA_AGENT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* As in a host's HELLO. Texts may be NULL; all are the host's words. */
struct sca_screen {
    char *language;
    char *display;
    char *wayland;
    char *dbus;
    char *xauthority;
    char *tty;
    char *term;
};

/* SCA_E_NOMEM; then @ret_copy is empty. */
int sca_screen_copy(const struct sca_screen *screen, struct sca_screen *ret_copy);
void sca_screen_clear(struct sca_screen *screen);

/* True when windows can be shown there. */
bool sca_screen_has_windows(const struct sca_screen *screen);

/* One variable of a child's environment; taken out where @value is NULL. */
struct sca_variable {
    const char *name;
    const char *value;
};

/*
 * The agent's own environment with the screen's variables and @count of @more in their place, and
 * without those that are meant for the agent alone. NULL-terminated; sca_env_free. NULL when memory
 * is out or @count is more than 8.
 */
char **sca_screen_env(const struct sca_screen *screen, const struct sca_variable *more,
                      size_t count);
void sca_env_free(char **env);

static inline void sca_env_cleanup(char ***env)
{
    sca_env_free(*env);
}
#define SCA_ENV_AUTO __attribute__((cleanup(sca_env_cleanup))) char **

#endif
