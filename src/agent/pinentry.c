/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strictly one command, one answer. The commands are written beforehand, one line each; @at is the
 * one that is being answered. Only SETDESC, SETPROMPT and GETPIN (or CONFIRM) must succeed: without
 * the first two a person would type a secret without being told what for; the others are for the
 * looks, and older pinentries do not know them all. The child runs in a session of its own, so that
 * a terminal it draws on does not stop it as a background job.
 */
#include "pinentry.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "assuan.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"

#define SCRIPT_MAX 16384u
#define TYPED_MAX  2048u /* bytes; pinentries themselves stop there */
#define SLACK_MS   5000u /* for a pinentry to notice its own time limit */
#define GRACE_MS   1000u /* for a child to leave */

struct sca_pinentry {
    uv_process_t process;
    uv_pipe_t in; /* the child's */
    uv_pipe_t out;
    uv_timer_t timer; /* the failed start, the time limit, then the child's last moments */
    unsigned handles; /* not yet closed */
    sca_prompt_done *done;
    void *arg;
    struct sca_buf script;
    size_t at;
    size_t next;
    struct sca_assuan_reader reader;
    struct sca_buf typed;
    char chunk[1024];
    bool yes_or_no;
    bool spawned;
    bool exited;
    bool over;
    int err; /* what the timer's end means */
};

/* ---- the end ------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct sca_pinentry *pinentry = handle->data;

    if (--pinentry->handles > 0)
        return;
    sca_buf_clear(&pinentry->script);
    free(pinentry);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void on_time_up(uv_timer_t *timer);

/* On SIGINT pinentry-curses and pinentry-tty give the terminal back as it was; on SIGTERM the
 * latter leaves it without echo (1.2.1). */
static void release(struct sca_pinentry *pinentry, bool interrupt)
{
    uv_buf_t bye = uv_buf_init((char *)(uintptr_t) "BYE\n", 4);
    bool runs = pinentry->spawned && !pinentry->exited;

    pinentry->over = true;
    sca_buf_clear(&pinentry->typed);
    sca_assuan_wipe(&pinentry->reader);
    sca_wipe(pinentry->chunk, sizeof pinentry->chunk);
    if (runs && interrupt)
        (void)kill(-pinentry->process.pid, SIGINT);
    else if (runs)
        (void)uv_try_write((uv_stream_t *)&pinentry->in, &bye, 1);
    close_handle((uv_handle_t *)&pinentry->in);
    close_handle((uv_handle_t *)&pinentry->out);
    if (runs) {
        uv_timer_start(&pinentry->timer, on_time_up, GRACE_MS, 0);
        return;
    }
    close_handle((uv_handle_t *)&pinentry->timer);
    close_handle((uv_handle_t *)&pinentry->process);
}

static void finish(struct sca_pinentry *pinentry, int err, const struct sca_secret *secret)
{
    sca_prompt_done *done = pinentry->done;
    void *arg = pinentry->arg;

    if (pinentry->over)
        return;
    release(pinentry, err != 0);
    done(arg, err, err == 0 ? secret : NULL);
}

static void fail(struct sca_pinentry *pinentry, const char *why)
{
    sca_log(SCA_LOG_INFO, "prompt", "pinentry cannot ask: %s", why);
    finish(pinentry, SCA_E_NEED_AUTH, NULL);
}

static void on_time_up(uv_timer_t *timer)
{
    struct sca_pinentry *pinentry = timer->data;

    if (pinentry->over)
        (void)kill(-pinentry->process.pid, SIGKILL); /* on_exit_of closes */
    else
        finish(pinentry, pinentry->err, NULL);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal_number)
{
    struct sca_pinentry *pinentry = process->data;

    (void)status;
    (void)signal_number;
    pinentry->exited = true;
    if (pinentry->over) {
        close_handle((uv_handle_t *)&pinentry->timer);
        close_handle((uv_handle_t *)process);
        return;
    }
    /* What it wrote last is still to be read. */
    pinentry->err = SCA_E_NEED_AUTH;
    uv_timer_start(&pinentry->timer, on_time_up, GRACE_MS, 0);
}

/* ---- the conversation ---------------------------------------------------------------------- */

static bool is_asking(const struct sca_pinentry *pinentry, const char *command)
{
    const char *line = (const char *)pinentry->script.data + pinentry->at;

    return pinentry->next > 0 && strncmp(line, command, strlen(command)) == 0;
}

/* The question itself, which comes last. */
static bool is_question(const struct sca_pinentry *pinentry)
{
    return is_asking(pinentry, pinentry->yes_or_no ? "CONFIRM" : "GETPIN");
}

/* All commands together are far less than what a pipe holds: one that blocks is not being read. */
static void send_next(struct sca_pinentry *pinentry)
{
    struct sca_buf *script = &pinentry->script;
    uint8_t *line = script->data + pinentry->next;
    uint8_t *end = memchr(line, '\n', script->len - pinentry->next);
    uv_buf_t bytes = uv_buf_init((char *)line, (unsigned)(end + 1 - line));

    pinentry->at = pinentry->next;
    pinentry->next += bytes.len;
    if (uv_try_write((uv_stream_t *)&pinentry->in, &bytes, 1) != (int)bytes.len)
        fail(pinentry, "it does not listen");
}

static void take_typed(struct sca_pinentry *pinentry)
{
    SCA_SECRET_AUTO secret = NULL;
    int err = SCA_E_CANCELLED;

    if (pinentry->yes_or_no)
        err = sca_secret_new("yes", strlen("yes"), &secret);
    else if (pinentry->typed.len > 0)
        err = sca_secret_new(pinentry->typed.data, pinentry->typed.len, &secret);
    finish(pinentry, err, secret);
}

static void on_error_line(struct sca_pinentry *pinentry, unsigned code)
{
    bool last = is_question(pinentry);

    if (last && (code == SCA_ASSUAN_CANCELED || code == SCA_ASSUAN_FULLY_CANCELED ||
                 code == SCA_ASSUAN_NOT_CONFIRMED))
        finish(pinentry, pinentry->yes_or_no ? SCA_E_REJECTED : SCA_E_CANCELLED, NULL);
    else if (last && code == SCA_ASSUAN_TIMEOUT)
        finish(pinentry, SCA_E_TIMEOUT, NULL);
    else if (last || pinentry->next == 0 || is_asking(pinentry, "SETDESC") ||
             is_asking(pinentry, "SETPROMPT"))
        fail(pinentry, "it refuses");
    else
        send_next(pinentry);
}

static void on_line(struct sca_pinentry *pinentry, const struct sca_assuan_line *line)
{
    switch (line->kind) {
    case SCA_ASSUAN_OK:
        if (is_question(pinentry))
            take_typed(pinentry);
        else
            send_next(pinentry);
        return;
    case SCA_ASSUAN_ERR:
        on_error_line(pinentry, line->code);
        return;
    case SCA_ASSUAN_DATA:
        if (pinentry->yes_or_no || !is_question(pinentry) ||
            sca_assuan_unescape(line->data, &pinentry->typed) != 0)
            fail(pinentry, "it talks nonsense");
        return;
    case SCA_ASSUAN_NOTE:
        return;
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct sca_pinentry *pinentry = handle->data;

    (void)suggested;
    *buf = uv_buf_init(pinentry->chunk, sizeof pinentry->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct sca_pinentry *pinentry = stream->data;
    struct sca_bytes bytes = {(const uint8_t *)buf->base, got > 0 ? (size_t)got : 0};
    struct sca_assuan_line line;
    int more = 1;

    while (!pinentry->over && bytes.len > 0 && more == 1) {
        more = sca_assuan_feed(&pinentry->reader, &bytes, &line);
        if (more == 1)
            on_line(pinentry, &line);
    }
    sca_wipe(pinentry->chunk, sizeof pinentry->chunk);
    if (pinentry->over)
        return;
    if (more < 0)
        fail(pinentry, "it talks nonsense");
    else if (got < 0)
        fail(pinentry, "it ended");
}

/* ---- the start ----------------------------------------------------------------------------- */

/* The question comes last. C.UTF-8 is in every C library, whatever locales are installed. */
static int write_script(struct sca_buf *script, const struct sca_prompt *prompt)
{
    const struct sca_screen *screen = prompt->screen;
    char seconds[16];

    snprintf(seconds, sizeof seconds, "%u", (unsigned)(prompt->timeout_ms / 1000) + 1);
    sca_buf_init(script, SCRIPT_MAX);
    /* Codes come from other windows: the keyboard is not for this one alone. */
    sca_assuan_add_command(script, "OPTION no-grab", NULL);
    sca_assuan_add_option(script, "display", screen->display);
    sca_assuan_add_option(script, "ttyname", screen->tty);
    sca_assuan_add_option(script, "ttytype", screen->tty != NULL ? screen->term : NULL);
    sca_assuan_add_option(script, "lc-ctype", "C.UTF-8");
    sca_assuan_add_option(script, "lc-messages",
                          sca_streq(prompt->language, "vi") ? "vi_VN.UTF-8" : "C.UTF-8");
    /* No name under which a password manager could keep it. */
    sca_assuan_add_command(script, "SETKEYINFO", "--clear");
    sca_assuan_add_command(script, "SETTITLE", prompt->title);
    sca_assuan_add_command(script, "SETDESC", prompt->description);
    if (!prompt->yes_or_no)
        sca_assuan_add_command(script, "SETPROMPT", prompt->label);
    sca_assuan_add_command(script, "SETOK", prompt->ok);
    sca_assuan_add_command(script, "SETCANCEL", prompt->cancel);
    sca_assuan_add_command(script, "SETTIMEOUT", seconds);
    return sca_assuan_add_command(script, prompt->yes_or_no ? "CONFIRM" : "GETPIN", NULL);
}

static int spawn(struct sca_pinentry *pinentry, const char *program, char **env)
{
    const char *const args[] = {program, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&pinentry->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&pinentry->out},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = program,
        .args = (char **)(uintptr_t)args,
        .env = env,
        .cwd = "/",
        .flags = UV_PROCESS_DETACHED,
        .stdio = stdio,
        .stdio_count = 3,
    };

    int failed = uv_spawn(pinentry->timer.loop, &pinentry->process, &options);
    if (failed != 0) {
        sca_log(SCA_LOG_INFO, "prompt", "%s: %s", program, uv_strerror(failed));
        return SCA_E_NEED_AUTH;
    }
    pinentry->spawned = true;
    return uv_read_start((uv_stream_t *)&pinentry->out, on_alloc, on_read) == 0 ? 0 : SCA_E_NOMEM;
}

int sca_pinentry_start(uv_loop_t *loop, const char *program, const struct sca_prompt *prompt,
                       sca_prompt_done *done, void *arg, struct sca_pinentry **ret_pinentry)
{
    SCA_ENV_AUTO env = sca_screen_env(prompt->screen, NULL, 0);
    struct sca_pinentry *pinentry = env != NULL ? calloc(1, sizeof *pinentry) : NULL;
    uint64_t limit_ms = (uint64_t)prompt->timeout_ms + SLACK_MS;

    if (pinentry == NULL)
        return SCA_E_NOMEM;
    pinentry->done = done;
    pinentry->arg = arg;
    pinentry->yes_or_no = prompt->yes_or_no;
    sca_buf_init(&pinentry->typed, TYPED_MAX);
    if (write_script(&pinentry->script, prompt) != 0 ||
        sca_buf_reserve(&pinentry->typed, TYPED_MAX) != 0) {
        sca_buf_clear(&pinentry->typed);
        sca_buf_clear(&pinentry->script);
        free(pinentry);
        return SCA_E_NOMEM;
    }
    uv_timer_init(loop, &pinentry->timer);
    uv_pipe_init(loop, &pinentry->in, 0);
    uv_pipe_init(loop, &pinentry->out, 0);
    pinentry->handles = 4;
    pinentry->process.data = pinentry->timer.data = pinentry;
    pinentry->in.data = pinentry->out.data = pinentry;
    int err = spawn(pinentry, program, env);
    pinentry->err = err != 0 ? err : SCA_E_TIMEOUT;
    uv_update_time(loop);
    uv_timer_start(&pinentry->timer, on_time_up, err != 0 ? 0 : limit_ms, 0);
    *ret_pinentry = pinentry;
    return 0;
}

void sca_pinentry_cancel(struct sca_pinentry *pinentry)
{
    if (pinentry != NULL)
        release(pinentry, true);
}
