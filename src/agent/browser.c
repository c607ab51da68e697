/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that opens pages: it may hand the page over and be gone at once (xdg-open), or be the
 * browser itself and stay for days. The handle keeps no loop alive and lives until the program has
 * ended, so that no dead child is left behind.
 *
 * Under the systemd unit a child would have the unit's rules: Chromium and Firefox cannot build
 * their sandboxes where chroot is forbidden, and would end with the agent. So the user's systemd is
 * asked to start it (systemd-run), as a unit that lasts as long as any of its processes.
 */
#include "browser.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "program.h"

#define ARGS_MAX 16
#define APART    "systemd-run"

struct sca_browser {
    uv_process_t process;
    char *program;
    char *url;
    char **env;
    bool apart;               /* by systemd-run */
    sca_browser_ended *ended; /* NULL once nobody listens */
    void *arg;
};

static void browser_free(struct sca_browser *browser)
{
    free(browser->program);
    free(browser->url);
    sca_env_free(browser->env);
    free(browser);
}

static void on_closed(uv_handle_t *handle)
{
    browser_free(handle->data);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal);

/* ---- starting -------------------------------------------------------------------------------- */

/* True where we are what systemd started as a service, not something below it. */
static bool can_be_apart(void)
{
    const char *pid = secure_getenv("SYSTEMD_EXEC_PID");
    SCA_TEXT_AUTO found = NULL;

    if (pid != NULL && strtoll(pid, NULL, 10) == (long long)getpid())
        found = sca_program_find(APART);
    return found != NULL;
}

static bool has_variable(char **env, const char *name)
{
    const size_t len = strlen(name);

    for (; *env != NULL; env++) {
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return true;
    }
    return false;
}

/* The words before the program; values of variables come from systemd-run's environment. */
static size_t apart_args(const struct sca_browser *browser, const char **ret_args)
{
    static const struct {
        const char *word;
        const char *variable; /* only where there is one */
    } words[] = {
        {APART, NULL},
        {"--user", NULL},
        {"--quiet", NULL},
        {"--collect", NULL},
        {"--wait", NULL},
        {"--slice=app.slice", NULL},
        {"--property=ExitType=cgroup", NULL},
        {"--setenv=DISPLAY", "DISPLAY"},
        {"--setenv=WAYLAND_DISPLAY", "WAYLAND_DISPLAY"},
        {"--setenv=XAUTHORITY", "XAUTHORITY"},
        {"--setenv=DBUS_SESSION_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"},
        {"--", NULL},
    };
    size_t count = 0;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i].variable == NULL || has_variable(browser->env, words[i].variable))
            ret_args[count++] = words[i].word;
    }
    return count;
}

/* After a failure, too, the handle has to be closed. */
static int spawn(uv_loop_t *loop, struct sca_browser *browser)
{
    const char *args[ARGS_MAX];
    size_t count = browser->apart ? apart_args(browser, args) : 0;
    args[count++] = browser->program;
    args[count++] = browser->url;
    args[count] = NULL;
    uv_stdio_container_t nothing[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
    const uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = args[0],
        .args = (char **)(uintptr_t)args,
        .env = browser->env,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = nothing,
    };

    browser->process.data = browser;
    if (uv_spawn(loop, &browser->process, &options) != 0)
        return SCA_E_NO_SCREEN;
    uv_unref((uv_handle_t *)&browser->process);
    return 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Not by systemd, so by ourselves: a browser that runs already only needs to be told. */
static void on_closed_apart(uv_handle_t *handle)
{
    struct sca_browser *browser = handle->data;

    browser->apart = false;
    if (browser->ended == NULL) {
        browser_free(browser);
    } else if (spawn(handle->loop, browser) != 0) {
        browser->ended(browser->arg, true);
        uv_close(handle, on_closed);
    }
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    struct sca_browser *browser = process->data;
    bool failed = status != 0 && signal == 0; /* a window closed by force is no answer */
    bool again = failed && browser->apart && browser->ended != NULL;

    uv_close((uv_handle_t *)process, again ? on_closed_apart : on_closed);
    if (browser->ended == NULL)
        return;
    if (failed)
        sca_log(SCA_LOG_WARNING, "prompt", "the page was not shown%s: the program ended with %lld",
                again ? " by systemd-run" : "", (long long)status);
    if (!again)
        browser->ended(browser->arg, failed);
}

/* ---- the door -------------------------------------------------------------------------------- */

/* Lists, options and places for the address in BROWSER are left to xdg-open, which knows them. */
static char *program_name(void)
{
    const char *own = secure_getenv("BROWSER");
    bool ours = own != NULL && *own != '\0' &&
                (own[strcspn(own, ": \t%")] == '\0' || access(own, X_OK) == 0);

    return strdup(ours ? own : "xdg-open");
}

int sca_browser_open(uv_loop_t *loop, const struct sca_screen *screen, const char *url,
                     sca_browser_ended *ended, void *arg, struct sca_browser **ret_browser)
{
    struct sca_browser *browser = calloc(1, sizeof *browser);

    if (browser == NULL)
        return SCA_E_NOMEM;
    browser->env = sca_screen_env(screen, NULL, 0);
    browser->program = program_name();
    browser->url = strdup(url);
    if (browser->env == NULL || browser->program == NULL || browser->url == NULL) {
        browser_free(browser);
        return SCA_E_NOMEM;
    }
    browser->ended = ended;
    browser->arg = arg;
    browser->apart = can_be_apart();
    int err = spawn(loop, browser);
    if (err != 0) {
        sca_log(SCA_LOG_WARNING, "prompt", "the page could not be shown: %s cannot be run",
                browser->apart ? APART : browser->program);
        uv_close((uv_handle_t *)&browser->process, on_closed);
        return err;
    }
    *ret_browser = browser;
    return 0;
}

void sca_browser_forget(struct sca_browser *browser)
{
    if (browser != NULL)
        browser->ended = NULL;
}

static void leave(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (handle->type == UV_PROCESS && ((uv_process_t *)handle)->exit_cb == on_exit_of &&
        uv_is_closing(handle) == 0)
        uv_close(handle, on_closed);
}

void sca_browser_leave_all(uv_loop_t *loop)
{
    uv_walk(loop, leave, NULL);
}
