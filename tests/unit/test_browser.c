/* SPDX-License-Identifier: Apache-2.0 */
/* The program that shows pages: what its end says, and a browser that outlives us. */
#include "agent/browser.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include "harness.h"

static char folder[64];
static uv_loop_t loop;

struct told {
    unsigned calls;
    bool failed;
};

static void on_ended(void *arg, bool failed)
{
    struct told *told = arg;

    told->calls++;
    told->failed = failed;
}

/* A browser that does what @text says, as BROWSER. */
static void browser_is(const char *text)
{
    char path[96];

    snprintf(path, sizeof path, "%s/browser", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", text) > 0);
    assert_int_equal(fchmod(fileno(file), 0700), 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(setenv("BROWSER", path, 1), 0);
}

static struct sca_browser *open_page(struct told *told)
{
    struct sca_browser *browser = NULL;
    const struct sca_screen screen = {0};

    assert_int_equal(
        sca_browser_open(&loop, &screen, "https://127.0.0.1/", on_ended, told, &browser), 0);
    return browser;
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static struct told end_of(const char *text)
{
    struct told told = {0};
    uv_timer_t keeps_on; /* the loop, which a browser does not */

    browser_is(text);
    (void)open_page(&told);
    uv_timer_init(&loop, &keeps_on);
    uv_timer_start(&keeps_on, on_tick, 10, 10);
    while (told.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&keeps_on, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(told.calls, 1);
    return told;
}

static void its_end_is_told(void **state)
{
    (void)state;
    assert_false(end_of("exit 0").failed);
    assert_true(end_of("exit 3").failed);
    assert_false(end_of("kill -KILL $$").failed);
}

static pid_t pid_of_browser(void)
{
    char path[96];
    int pid = 0;

    snprintf(path, sizeof path, "%s/pid", folder);
    while (pid == 0) {
        FILE *file = fopen(path, "r");

        if (file != NULL && fscanf(file, "%d", &pid) != 1)
            pid = 0;
        if (file != NULL)
            fclose(file);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return pid;
}

/* libuv's own handler must not go on to know a loop that is gone when the browser is closed. */
static void a_loop_ends_before_its_browser(void **state)
{
    struct told told = {0};
    char text[256];

    (void)state;
    snprintf(text, sizeof text, "echo $$ >'%s/pid.new'; mv '%s/pid.new' '%s/pid'; exec sleep 600",
             folder, folder, folder);
    browser_is(text);
    sca_browser_forget(open_page(&told));
    pid_t pid = pid_of_browser();
    sca_browser_leave_all(&loop);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(kill(pid, SIGKILL), 0); /* it had gone on */
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(told.calls, 0);
    assert_int_equal(uv_loop_init(&loop), 0);
}

static int before_each(void **state)
{
    (void)state;
    scratch_make(folder);
    return uv_loop_init(&loop);
}

static int after_each(void **state)
{
    (void)state;
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    scratch_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(its_end_is_told, before_each, after_each),
        cmocka_unit_test_setup_teardown(a_loop_ends_before_its_browser, before_each, after_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
