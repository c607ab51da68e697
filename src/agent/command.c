/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program runs in a session of its own, so that it can be killed with everything it started and
 * never touches the terminal of whoever started the agent. It is over when it has exited and its
 * first line is complete: a background child may keep the pipe open for as long as it likes.
 */
#include "command.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "argv.h"
#include "common/err.h"
#include "common/secret.h"

struct sca_command {
    uv_timer_t timer; /* the failed start, then the time limit */
    uv_process_t process;
    uv_pipe_t output;
    unsigned handles; /* not yet closed */
    sca_command_done *done;
    void *arg;
    struct sca_buf line;
    char chunk[4096];
    bool have_line; /* @line is complete */
    bool exited;
    bool over;
    int err; /* known already */
};

static void on_closed(uv_handle_t *handle)
{
    struct sca_command *command = handle->data;

    if (--command->handles == 0)
        free(command);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void release(struct sca_command *command)
{
    command->over = true;
    sca_buf_clear(&command->line);
    sca_wipe(command->chunk, sizeof command->chunk);
    close_handle((uv_handle_t *)&command->timer);
    close_handle((uv_handle_t *)&command->output);
    /* A child that still runs was killed; its handle stays until it is reaped. */
    if (command->process.data != NULL && (command->exited || command->process.pid == 0))
        close_handle((uv_handle_t *)&command->process);
}

static void kill_all(struct sca_command *command)
{
    if (command->process.pid > 0 && !command->exited)
        kill(-command->process.pid, SIGKILL);
}

static void finish(struct sca_command *command, int err)
{
    struct sca_bytes line = {0};

    if (command->over)
        return;
    if (err == 0 && (command->line.len == 0 || command->line.err != 0 ||
                     memchr(command->line.data, '\0', command->line.len) != NULL))
        err = SCA_E_CONFIG;
    if (err == 0)
        line = (struct sca_bytes){command->line.data, command->line.len};
    command->over = true; /* done may not cancel, but must not be called twice either */
    command->done(command->arg, err, line);
    release(command);
}

static void on_time_up(uv_timer_t *timer)
{
    struct sca_command *command = timer->data;

    kill_all(command);
    finish(command, command->err != 0 ? command->err : SCA_E_TIMEOUT);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    struct sca_command *command = process->data;

    command->exited = true;
    if (command->over)
        close_handle((uv_handle_t *)process);
    else if (status != 0 || signal != 0)
        finish(command, SCA_E_CONFIG);
    else if (command->have_line)
        finish(command, 0);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct sca_command *command = handle->data;

    (void)suggested;
    *buf = uv_buf_init(command->chunk, sizeof command->chunk);
}

/* The first line is here, or nothing more will come. */
static void complete(struct sca_command *command)
{
    struct sca_buf *line = &command->line;

    command->have_line = true;
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        line->len--;
}

static void take(struct sca_command *command, const char *data, size_t len)
{
    const char *end = memchr(data, '\n', len);

    if (command->have_line)
        return; /* read and dropped, so that the program is not stopped by a full pipe */
    if (end != NULL)
        len = (size_t)(end - data);
    /* A line that is too long shows as the buffer's error in finish(). */
    if (sca_buf_add(&command->line, data, len) != 0 || end != NULL)
        complete(command);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct sca_command *command = stream->data;

    if (command->over)
        return;
    if (got > 0)
        take(command, buf->base, (size_t)got);
    sca_wipe(command->chunk, sizeof command->chunk);
    if (got < 0) {
        uv_read_stop(stream);
        if (!command->have_line)
            complete(command);
    }
    if (command->have_line && command->exited)
        finish(command, 0);
}

static int spawn(struct sca_command *command, char **argv)
{
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&command->output},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = argv[0],
        .args = argv,
        .flags = UV_PROCESS_DETACHED,
        .stdio = stdio,
        .stdio_count = 3,
    };

    /* The handle is in use from here on, also when it fails. */
    command->process.data = command;
    command->handles++;
    if (uv_spawn(command->timer.loop, &command->process, &options) != 0)
        return SCA_E_CONFIG;
    return uv_read_start((uv_stream_t *)&command->output, on_alloc, on_read) == 0 ? 0 : SCA_E_NOMEM;
}

int sca_command_run(uv_loop_t *loop, const char *text, uint32_t timeout_ms, sca_command_done *done,
                    void *arg, struct sca_command **ret_command)
{
    SCA_ARGV_AUTO argv = NULL;
    int err = sca_argv_split(text, &argv);

    if (err != 0)
        return err;
    struct sca_command *command = calloc(1, sizeof *command);
    if (command == NULL)
        return SCA_E_NOMEM;
    command->done = done;
    command->arg = arg;
    sca_buf_init(&command->line, SCA_COMMAND_LINE_MAX);
    uv_timer_init(loop, &command->timer);
    uv_pipe_init(loop, &command->output, 0);
    command->timer.data = command;
    command->output.data = command;
    command->handles = 2;
    command->err = spawn(command, argv);
    if (command->err != 0)
        timeout_ms = 0; /* told from the loop */
    uv_timer_start(&command->timer, on_time_up, timeout_ms, 0);
    *ret_command = command;
    return 0;
}

void sca_command_cancel(struct sca_command *command)
{
    if (command == NULL)
        return;
    kill_all(command);
    release(command);
}
