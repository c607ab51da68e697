/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each notice is one child process with a time limit. notify-send prints the id of what it shows
 * (-p), so that the notice of a transaction can be replaced (-r) by how it ended; versions before
 * 0.7.10 do not know these options, which is found out once by its exit status.
 */
#include "notify.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"

#define CHILDREN_MAX  8
#define LIMIT_MS      (10 * 1000)
#define SAME_MS       2000
#define BODY_SIZE     2048
#define ID_SIZE       16
#define SUBJECTS_KEPT 16
#define SUBJECT_SIZE  40
#define PROGRAM       "notify-send"

/* Which notice on the screen belongs to which transaction. */
struct shown {
    char subject[SUBJECT_SIZE];
    char id[ID_SIZE];
};

struct sca_notify {
    uv_loop_t *loop;
    enum sca_notify_kind kind;
    char *command;
    bool no_ids; /* this notify-send knows neither -p nor -r */
    struct child *children;
    size_t child_count;
    struct shown shown[SUBJECTS_KEPT];
    size_t shown_next;
    char last[BODY_SIZE];
    int64_t last_ms;
};

struct child {
    struct sca_notify *notify; /* NULL once the agent has let go */
    struct child *next;
    struct child **at;
    uv_process_t process;
    uv_pipe_t out;
    uv_timer_t timer;
    unsigned handles; /* open ones */
    bool with_ids;
    char body[BODY_SIZE];
    char subject[SUBJECT_SIZE];
    char id[ID_SIZE]; /* what it printed */
    size_t id_len;
    char **env;
};

/* ---- the child's environment --------------------------------------------------------------- */

static const char *event_word(enum sca_notify_event event)
{
    switch (event) {
    case SCA_NOTIFY_WAITING:
        return "waiting";
    case SCA_NOTIFY_REFUSED:
        return "refused";
    case SCA_NOTIFY_ENDED:
        return "ended";
    }
    return "";
}

static char **make_env(const struct sca_screen *screen, const struct sca_notice *notice)
{
    const struct sca_variable own[] = {
        {"SMARTCA_CODE", notice->code},
        {"SMARTCA_TRANSACTION", notice->subject},
        {"SMARTCA_EVENT", event_word(notice->event)},
    };

    return sca_screen_env(screen, own, sizeof own / sizeof own[0]);
}

/* ---- one child ----------------------------------------------------------------------------- */

static int start_child(struct sca_notify *notify, const char *body, const char *subject,
                       char **env_taken);

static void unlink_child(struct child *child)
{
    if (child->notify == NULL)
        return;
    *child->at = child->next;
    if (child->next != NULL)
        child->next->at = child->at;
    child->notify->child_count--;
    child->notify = NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;

    if (--child->handles > 0)
        return;
    sca_env_free(child->env);
    free(child);
}

static void close_child(struct child *child)
{
    unlink_child(child);
    uv_close((uv_handle_t *)&child->process, on_closed);
    uv_close((uv_handle_t *)&child->out, on_closed);
    uv_close((uv_handle_t *)&child->timer, on_closed);
}

static void remember(struct sca_notify *notify, const struct child *child)
{
    struct shown *shown = &notify->shown[notify->shown_next];

    if (child->id_len == 0 || child->subject[0] == '\0')
        return;
    for (size_t i = 0; i < SUBJECTS_KEPT; i++) {
        if (sca_streq(notify->shown[i].subject, child->subject))
            shown = &notify->shown[i];
    }
    if (shown == &notify->shown[notify->shown_next])
        notify->shown_next = (notify->shown_next + 1) % SUBJECTS_KEPT;
    memcpy(shown->subject, child->subject, sizeof shown->subject);
    memcpy(shown->id, child->id, sizeof shown->id);
}

static void on_exit_status(uv_process_t *process, int64_t status, int signal_number)
{
    struct child *child = process->data;
    struct sca_notify *notify = child->notify;

    if (status != 0 || signal_number != 0)
        sca_log(SCA_LOG_DEBUG, "notify", "the notifier ended with status %lld, signal %d",
                (long long)status, signal_number);
    if (notify != NULL && status != 0 && child->with_ids && !notify->no_ids) {
        notify->no_ids = true;
        char **env = child->env;
        child->env = NULL;
        (void)start_child(notify, child->body, child->subject, env);
    } else if (notify != NULL) {
        remember(notify, child);
    }
    close_child(child);
}

static void on_timeout(uv_timer_t *timer)
{
    struct child *child = timer->data;

    (void)uv_process_kill(&child->process, SIGKILL); /* on_exit_status closes */
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char scratch[64];

    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(scratch, sizeof scratch);
}

static void on_output(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct child *child = stream->data;

    for (ssize_t i = 0; i < len; i++) {
        if (buf->base[i] >= '0' && buf->base[i] <= '9' && child->id_len < ID_SIZE - 1)
            child->id[child->id_len++] = buf->base[i];
    }
    if (len < 0)
        (void)uv_read_stop(stream);
}

static const char *id_of(const struct sca_notify *notify, const char *subject)
{
    for (size_t i = 0; i < SUBJECTS_KEPT; i++) {
        if (*subject != '\0' && sca_streq(notify->shown[i].subject, subject))
            return notify->shown[i].id;
    }
    return NULL;
}

static struct child *new_child(struct sca_notify *notify, const char *body, const char *subject)
{
    struct child *child = calloc(1, sizeof *child);

    if (child == NULL)
        return NULL;
    child->notify = notify;
    child->process.data = child->out.data = child->timer.data = child;
    snprintf(child->body, sizeof child->body, "%s", body);
    snprintf(child->subject, sizeof child->subject, "%s", subject);
    child->at = &notify->children;
    child->next = notify->children;
    if (child->next != NULL)
        child->next->at = &child->next;
    notify->children = child;
    notify->child_count++;
    uv_pipe_init(notify->loop, &child->out, 0);
    uv_timer_init(notify->loop, &child->timer);
    child->handles = 3;
    return child;
}

/* Arguments borrow from @child and @notify; at most eight with the NULL. */
static void make_args(struct child *child, struct sca_notify *notify, const char *args[static 10])
{
    const char *id = id_of(notify, child->subject);
    size_t count = 0;

    if (notify->kind == SCA_NOTIFY_COMMAND) {
        args[count++] = notify->command;
        args[count++] = child->body;
    } else {
        args[count++] = PROGRAM;
        args[count++] = "--app-name=SmartCA";
        child->with_ids = !notify->no_ids;
        if (child->with_ids)
            args[count++] = "-p";
        if (child->with_ids && id != NULL) {
            args[count++] = "-r";
            args[count++] = id;
        }
        args[count++] = "--";
        args[count++] = "SmartCA";
        args[count++] = child->body;
    }
    args[count] = NULL;
}

static int start_child(struct sca_notify *notify, const char *body, const char *subject,
                       char **env_taken)
{
    struct child *child = new_child(notify, body, subject);
    const char *args[10];

    if (child == NULL) {
        sca_env_free(env_taken);
        return SCA_E_NOMEM;
    }
    child->env = env_taken;
    make_args(child, notify, args);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->out},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_status,
        .file = args[0],
        .args = (char **)(uintptr_t)args,
        .env = child->env,
        .stdio = stdio,
        .stdio_count = 3,
        .cwd = "/",
    };
    int failed = uv_spawn(notify->loop, &child->process, &options);
    if (failed != 0) {
        sca_log(SCA_LOG_DEBUG, "notify", "%s: %s", args[0], uv_strerror(failed));
        close_child(child);
        return SCA_E_NOENT;
    }
    (void)uv_read_start((uv_stream_t *)&child->out, on_buffer, on_output);
    uv_timer_start(&child->timer, on_timeout, LIMIT_MS, 0);
    return 0;
}

/* ---- the door ------------------------------------------------------------------------------ */

int sca_notify_new(uv_loop_t *loop, struct sca_notify **ret_notify)
{
    struct sca_notify *notify = calloc(1, sizeof *notify);

    if (notify == NULL)
        return SCA_E_NOMEM;
    notify->loop = loop;
    notify->kind = SCA_NOTIFY_NONE;
    *ret_notify = notify;
    return 0;
}

int sca_notify_configure(struct sca_notify *notify, const struct sca_config *config)
{
    const char *text = config->notify_command;
    char *command = text != NULL ? strdup(text) : NULL;

    if (text != NULL && command == NULL) {
        notify->kind = SCA_NOTIFY_NONE;
        return SCA_E_NOMEM;
    }
    free(notify->command);
    notify->command = command;
    notify->kind = config->notify;
    if (notify->kind == SCA_NOTIFY_COMMAND && command == NULL)
        notify->kind = SCA_NOTIFY_NONE;
    return 0;
}

bool sca_notify_tty(const struct sca_notify *notify, const struct sca_screen *screen)
{
    return (notify->kind == SCA_NOTIFY_AUTO || notify->kind == SCA_NOTIFY_TTY) &&
           screen->tty != NULL;
}

static bool has_desktop(const struct sca_screen *screen)
{
    return screen->dbus != NULL || sca_screen_has_windows(screen);
}

static bool wanted(const struct sca_notify *notify, const struct sca_screen *screen)
{
    switch (notify->kind) {
    case SCA_NOTIFY_AUTO:
    case SCA_NOTIFY_DESKTOP:
        return has_desktop(screen);
    case SCA_NOTIFY_COMMAND:
        return true;
    case SCA_NOTIFY_TTY:
    case SCA_NOTIFY_NONE:
        return false;
    }
    return false;
}

/* The body of a desktop notification is markup. */
static void escape(const char *text, char *ret_text, size_t size)
{
    size_t used = 0;

    for (; *text != '\0'; text++) {
        const char *part = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : NULL;
        char letter[2] = {*text, '\0'};
        size_t len = strlen(part != NULL ? part : letter);

        if (used + len >= size)
            break;
        memcpy(ret_text + used, part != NULL ? part : letter, len);
        used += len;
    }
    ret_text[used] = '\0';
    ret_text[sca_utf8_prefix(ret_text, used)] = '\0';
}

void sca_notify_show(struct sca_notify *notify, const struct sca_screen *screen,
                     const struct sca_notice *notice)
{
    char body[BODY_SIZE];
    int64_t now_ms = sca_now_ms();

    if (!wanted(notify, screen) || notify->child_count >= CHILDREN_MAX)
        return;
    if (notify->kind == SCA_NOTIFY_COMMAND)
        sca_text_printable(notice->sentence, body, sizeof body);
    else
        escape(notice->sentence, body, sizeof body);
    if (sca_streq(body, notify->last) && now_ms - notify->last_ms < SAME_MS)
        return;
    memcpy(notify->last, body, sizeof body);
    notify->last_ms = now_ms;
    char **env = make_env(screen, notice);
    if (env != NULL)
        (void)start_child(notify, body, notice->subject, env);
}

void sca_notify_free(struct sca_notify *notify)
{
    if (notify == NULL)
        return;
    while (notify->children != NULL)
        close_child(notify->children);
    free(notify->command);
    free(notify);
}
