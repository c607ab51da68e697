/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that opens pages: it may hand the page over and be gone at once (xdg-open), or be the
 * browser itself and stay for days. The handle keeps no loop alive and lives until the program has
 * ended, so that no dead child is left behind.
 */
#include "browser.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"

struct sca_browser {
    uv_process_t process;
    sca_browser_ended *ended; /* NULL once nobody listens */
    void *arg;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    struct sca_browser *browser = process->data;
    bool failed = status != 0 && signal == 0; /* a window closed by force is no answer */

    uv_close((uv_handle_t *)process, on_closed);
    if (browser->ended == NULL)
        return;
    if (failed)
        sca_log(SCA_LOG_WARNING, "prompt", "the page was not shown: the program ended with %lld",
                (long long)status);
    browser->ended(browser->arg, failed);
}

/* Lists, options and places for the address in BROWSER are left to xdg-open, which knows them. */
static char *program_name(void)
{
    const char *own = secure_getenv("BROWSER");
    bool ours = own != NULL && *own != '\0' &&
                (own[strcspn(own, ": \t%")] == '\0' || access(own, X_OK) == 0);

    return strdup(ours ? own : "xdg-open");
}

static int spawn(uv_loop_t *loop, struct sca_browser *browser, char *program, char *url, char **env)
{
    char *args[] = {program, url, NULL};
    uv_stdio_container_t nothing[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
    const uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = program,
        .args = args,
        .env = env,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = nothing,
    };

    browser->process.data = browser;
    if (uv_spawn(loop, &browser->process, &options) != 0) {
        uv_close((uv_handle_t *)&browser->process, on_closed);
        return SCA_E_NO_SCREEN;
    }
    uv_unref((uv_handle_t *)&browser->process);
    return 0;
}

int sca_browser_open(uv_loop_t *loop, const struct sca_screen *screen, const char *url,
                     sca_browser_ended *ended, void *arg, struct sca_browser **ret_browser)
{
    SCA_ENV_AUTO env = sca_screen_env(screen, NULL, 0);
    SCA_TEXT_AUTO program = program_name();
    SCA_TEXT_AUTO page = strdup(url);
    struct sca_browser *browser = calloc(1, sizeof *browser);

    if (env == NULL || program == NULL || page == NULL || browser == NULL) {
        free(browser);
        return SCA_E_NOMEM;
    }
    browser->ended = ended;
    browser->arg = arg;
    int err = spawn(loop, browser, program, page, env);
    if (err != 0) {
        sca_log(SCA_LOG_WARNING, "prompt", "the page could not be shown: %s cannot be run",
                program);
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
