/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each notice is one child process with a time limit. notify-send prints the id of what it shows
 * (-p), so that the notice of a transaction can be replaced (-r) by how it ended. With a button
 * (-A) it runs until the button is pressed or the notice closed, and prints all only then: so the
 * notice is shown without it first, for its id.
 * Versions before 0.8 have no -A, before 0.7.10 no -p and -r: found out by its exit status.
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

#define CHILDREN_MAX  16
#define PASSING_TEXT  "3000" /* milliseconds */
#define CANCEL        "cancel"
#define LABEL_SIZE    64
#define LINE_SIZE     32
#define ARGS_MAX      16
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

/* What the notify-send of this computer can do. */
enum skill { SKILL_PLAIN, SKILL_IDS, SKILL_BUTTONS };

/* How long a notice stays. */
enum stay {
    STAY_USUAL,
    STAY_WAITING, /* until it is replaced; with a button, if there are any */
    STAY_PASSING, /* a moment */
};

/* One notice as it is to be shown. */
struct notice {
    enum stay stay;
    unsigned seconds;
    char body[BODY_SIZE];
    char subject[SUBJECT_SIZE];
    char label[LABEL_SIZE]; /* "cancel=TEXT", or "" */
};

struct sca_notify {
    uv_loop_t *loop;
    sca_notify_cancelled *cancelled;
    void *cancelled_arg;
    enum sca_notify_kind kind;
    char *command;
    enum skill skill; /* lowered where an option is not known */
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
    enum skill skill; /* that it was started with */
    struct notice notice;
    struct notice *next_notice; /* to replace it as soon as its id is known; or NULL */
    bool replaced;
    bool first; /* shows it without its button, to know the id: notify-send -A keeps that to itself
                 */
    bool exited;
    bool read; /* to the end of what it printed */
    int status;
    char line[LINE_SIZE]; /* what it is printing */
    size_t line_len;
    char id[ID_SIZE];
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

static int start_child(struct sca_notify *notify, const struct notice *notice, enum skill skill,
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
    free(child->next_notice);
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

    if (child->notice.subject[0] == '\0')
        return;
    for (size_t i = 0; i < SUBJECTS_KEPT; i++) {
        if (sca_streq(notify->shown[i].subject, child->notice.subject))
            shown = &notify->shown[i];
    }
    if (shown == &notify->shown[notify->shown_next])
        notify->shown_next = (notify->shown_next + 1) % SUBJECTS_KEPT;
    memcpy(shown->subject, child->notice.subject, sizeof shown->subject);
    memcpy(shown->id, child->id, sizeof shown->id);
}

/* What is to be shown after this one has ended, if anything; its screen is passed on. */
static void go_on(struct child *child)
{
    struct sca_notify *notify = child->notify;
    const bool failed = child->status != 0 && child->skill != SKILL_PLAIN;
    const struct notice *notice = child->next_notice != NULL ? child->next_notice : &child->notice;
    char **env = child->env;

    const bool more = child->first && (child->id[0] != '\0' || child->next_notice != NULL);
    if (child->replaced || (!failed && !more))
        return;
    child->env = NULL;
    /* One that failed may not know the options: once more with fewer. */
    (void)start_child(notify, notice, failed ? child->skill - 1 : notify->skill, env);
}

/* It has ended, and all that it printed is read. */
static void finish(struct child *child)
{
    struct sca_notify *notify = child->notify;

    if (!child->exited || !child->read)
        return;
    if (notify != NULL) {
        if (child->status == 0 && !child->first && child->skill < notify->skill)
            notify->skill = child->skill; /* this much works */
        go_on(child);
    }
    close_child(child);
}

static void on_exit_status(uv_process_t *process, int64_t status, int signal_number)
{
    struct child *child = process->data;

    if (status != 0 || signal_number != 0)
        sca_log(SCA_LOG_DEBUG, "notify", "the notifier ended with status %lld, signal %d",
                (long long)status, signal_number);
    child->exited = true;
    child->status = (int)status;
    finish(child);
}

static void on_timeout(uv_timer_t *timer)
{
    struct child *child = timer->data;

    child->read = true; /* another process may hold the pipe for ever */
    if (child->exited)
        finish(child);
    else
        (void)uv_process_kill(&child->process, SIGKILL); /* on_exit_status goes on */
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char scratch[64];

    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(scratch, sizeof scratch);
}

/* The notice that @child shows gives way to @notice, which inherits its screen. */
static void replace_child(struct child *child, const struct notice *notice)
{
    char **env = child->env;

    child->env = NULL;
    child->replaced = true;
    (void)start_child(child->notify, notice, child->notify->skill, env);
    (void)uv_process_kill(&child->process, SIGTERM); /* on_exit_status closes */
}

static void on_line(struct child *child)
{
    struct sca_notify *notify = child->notify;
    const size_t digits = strspn(child->line, "0123456789");

    if (notify == NULL || child->replaced)
        return;
    if (digits > 0 && digits < ID_SIZE && child->line[digits] == '\0') {
        memcpy(child->id, child->line, digits + 1);
        remember(notify, child);
    } else if (sca_streq(child->line, CANCEL) && notify->cancelled != NULL) {
        notify->cancelled(notify->cancelled_arg, child->notice.subject);
    }
}

static void on_output(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct child *child = stream->data;

    for (ssize_t i = 0; i < len; i++) {
        if (buf->base[i] == '\n') {
            child->line[child->line_len] = '\0';
            child->line_len = 0;
            on_line(child);
        } else if (child->line_len < LINE_SIZE - 1) {
            child->line[child->line_len++] = buf->base[i];
        }
    }
    if (len < 0) {
        (void)uv_read_stop(stream);
        child->read = true;
        finish(child);
    }
}

static const char *id_of(const struct sca_notify *notify, const char *subject)
{
    for (size_t i = 0; i < SUBJECTS_KEPT; i++) {
        if (*subject != '\0' && sca_streq(notify->shown[i].subject, subject))
            return notify->shown[i].id;
    }
    return NULL;
}

/* The child whose notice of this subject waits on the screen. */
static struct child *waiting_child(const struct sca_notify *notify, const char *subject)
{
    struct child *child = notify->children;

    while (child != NULL &&
           (*subject == '\0' || child->replaced || child->notice.stay != STAY_WAITING ||
            !sca_streq(child->notice.subject, subject)))
        child = child->next;
    return child;
}

static struct child *new_child(struct sca_notify *notify, const struct notice *notice)
{
    struct child *child = calloc(1, sizeof *child);

    if (child == NULL)
        return NULL;
    child->notify = notify;
    child->process.data = child->out.data = child->timer.data = child;
    child->notice = *notice;
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

/* Arguments borrow from @child, @notify and @time. */
static void make_args(struct child *child, struct sca_notify *notify, char time[static 16],
                      const char *args[static ARGS_MAX])
{
    const struct notice *notice = &child->notice;
    const char *id = id_of(notify, notice->subject);
    size_t count = 0;

    if (notify->kind == SCA_NOTIFY_COMMAND) {
        args[count++] = notify->command;
        args[count++] = notice->body;
        args[count] = NULL;
        return;
    }
    args[count++] = PROGRAM;
    args[count++] = "--app-name=SmartCA";
    if (child->skill >= SKILL_IDS)
        args[count++] = "-p";
    if (child->skill >= SKILL_IDS && id != NULL) {
        args[count++] = "-r";
        args[count++] = id;
    }
    if (notice->stay != STAY_USUAL && child->skill >= SKILL_IDS) { /* else it could not be ended */
        args[count++] = "-t";
        args[count++] = notice->stay == STAY_PASSING ? PASSING_TEXT : time;
    }
    if (notice->stay == STAY_WAITING)
        snprintf(time, 16, "%u000", notice->seconds);
    if (child->skill >= SKILL_BUTTONS && notice->label[0] != '\0') {
        args[count++] = "-A";
        args[count++] = notice->label;
    }
    args[count++] = "--";
    args[count++] = "SmartCA";
    args[count++] = notice->body;
    args[count] = NULL;
}

static int spawn(struct sca_notify *notify, struct child *child)
{
    const char *args[ARGS_MAX];
    char time[16] = "";

    make_args(child, notify, time, args);
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
    if (failed != 0)
        sca_log(SCA_LOG_DEBUG, "notify", "%s: %s", args[0], uv_strerror(failed));
    return failed;
}

static int start_child(struct sca_notify *notify, const struct notice *notice, enum skill skill,
                       char **env_taken)
{
    struct child *child = new_child(notify, notice);

    if (child == NULL) {
        sca_env_free(env_taken);
        return SCA_E_NOMEM;
    }
    child->env = env_taken;
    child->skill = notify->kind == SCA_NOTIFY_COMMAND ? SKILL_PLAIN : skill;
    if (child->skill == SKILL_BUTTONS && notice->label[0] != '\0' &&
        id_of(notify, notice->subject) == NULL) {
        child->skill = SKILL_IDS;
        child->first = true;
    }
    if (spawn(notify, child) != 0) {
        close_child(child);
        return SCA_E_NOENT;
    }
    (void)uv_read_start((uv_stream_t *)&child->out, on_buffer, on_output);
    uv_timer_start(&child->timer, on_timeout, LIMIT_MS + (uint64_t)notice->seconds * 1000, 0);
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
    notify->skill = SKILL_BUTTONS;
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

static void put_body(const struct sca_notify *notify, const char *sentence, struct notice *notice)
{
    if (notify->kind == SCA_NOTIFY_COMMAND)
        sca_text_printable(sentence, notice->body, sizeof notice->body);
    else
        escape(sentence, notice->body, sizeof notice->body);
}

/* Takes the place of what waits on the screen; its id has to be known first. */
static void take_over(struct child *waiting, const struct notice *notice)
{
    if (!waiting->first && !waiting->exited) {
        replace_child(waiting, notice);
        return;
    }
    waiting->first = true; /* it goes on with the new one */
    if (waiting->next_notice == NULL)
        waiting->next_notice = malloc(sizeof *waiting->next_notice);
    if (waiting->next_notice != NULL)
        *waiting->next_notice = *notice;
}

void sca_notify_show(struct sca_notify *notify, const struct sca_screen *screen,
                     const struct sca_notice *told)
{
    struct notice notice = {.stay = STAY_USUAL};
    int64_t now_ms = sca_now_ms();

    if (!wanted(notify, screen) || notify->child_count >= CHILDREN_MAX)
        return;
    put_body(notify, told->sentence, &notice);
    if (sca_streq(notice.body, notify->last) && now_ms - notify->last_ms < SAME_MS)
        return;
    memcpy(notify->last, notice.body, sizeof notice.body);
    notify->last_ms = now_ms;
    snprintf(notice.subject, sizeof notice.subject, "%s", told->subject);
    if (told->event == SCA_NOTIFY_WAITING && notify->kind != SCA_NOTIFY_COMMAND) {
        notice.stay = STAY_WAITING;
        notice.seconds = told->seconds;
        if (told->cancel != NULL)
            snprintf(notice.label, sizeof notice.label, CANCEL "=%s", told->cancel);
    }
    struct child *waiting = waiting_child(notify, notice.subject);
    if (waiting != NULL) {
        take_over(waiting, &notice);
        return;
    }
    char **env = make_env(screen, told);
    if (env != NULL)
        (void)start_child(notify, &notice, notify->skill, env);
}

bool sca_notify_updates(const struct sca_notify *notify)
{
    return (notify->kind == SCA_NOTIFY_AUTO || notify->kind == SCA_NOTIFY_DESKTOP) &&
           notify->skill >= SKILL_IDS;
}

void sca_notify_on_cancel(struct sca_notify *notify, sca_notify_cancelled *cancelled, void *arg)
{
    notify->cancelled = cancelled;
    notify->cancelled_arg = arg;
}

void sca_notify_over(struct sca_notify *notify, const struct sca_screen *screen,
                     const char *subject, const char *sentence, bool passing)
{
    struct child *waiting = waiting_child(notify, subject);
    struct notice notice = {.stay = passing ? STAY_PASSING : STAY_USUAL};

    put_body(notify, sentence, &notice);
    snprintf(notice.subject, sizeof notice.subject, "%s", subject);
    if (waiting != NULL) {
        take_over(waiting, &notice);
    } else if (notify->skill == SKILL_IDS && id_of(notify, subject) != NULL) {
        /* Without buttons nobody says whether it is still there. */
        char **env = sca_screen_env(screen, NULL, 0);
        if (env != NULL)
            (void)start_child(notify, &notice, notify->skill, env);
    }
}

static void let_go(struct child *child)
{
    if (child->notice.stay == STAY_WAITING)
        (void)uv_process_kill(&child->process, SIGTERM);
    close_child(child);
}

void sca_notify_free(struct sca_notify *notify)
{
    if (notify == NULL)
        return;
    while (notify->children != NULL)
        let_go(notify->children);
    free(notify->command);
    free(notify);
}
