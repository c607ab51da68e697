/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca watch: what waits for confirmation and what was signed, as it happens. Looks at the agent
 * once a second and at the ledger when it has changed; starts no agent.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "agent/ledger.h"
#include "agent/ledger_file.h"
#include "cli.h"
#include "common/err.h"
#include "common/path.h"
#include "common/text.h"
#include "log_forms.h"
#include "outcome.h"
#include "session_line.h"
#include "wrap.h"

#define LIMIT_MS    (5 * 1000)
#define RECENT      12 /* entries of the log on a screen, as many as have room */
#define LINE_SIZE   1024
#define SCREEN_SIZE (64 * 1024)
#define SCREEN_ON   "\033[?1049h\033[?25l"
#define SCREEN_OFF  "\033[?25h\033[?1049l"
#define SCREEN_HOME "\033[H"
#define LINE_END    "\033[K\n"
#define REST_CLEAR  "\033[J"

struct watch {
    const struct sca_cli *cli;
    bool as_json;
    bool on_screen;   /* else plain lines */
    size_t columns;   /* of the screen */
    size_t lines;     /* of the screen */
    size_t at;        /* lines drawn */
    bool running;     /* the agent */
    json_t *waiting;  /* as status has it */
    json_t *sessions; /* ditto */
    json_t *recent;   /* the last entries of the log, oldest first */
    size_t entries;   /* of the log */
    size_t seen;      /* of them told already */
    struct sca_stamp ledger;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* ---- looking ------------------------------------------------------------------------------- */

static json_t *list_of(const json_t *status, const char *key)
{
    json_t *list = json_incref(json_object_get(status, key));

    return list ? list : json_array();
}

static void ask_agent(struct watch *watch)
{
    SCA_BUF_AUTO frame;
    SCA_TEXT_AUTO text = NULL;

    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, SCA_MSG_STATUS);
    int err = sca_msg_end(&frame);
    if (!err)
        err = sca_cli_ask(watch->cli, &frame, false, LIMIT_MS, &text, NULL);
    json_t *status = !err && text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    watch->waiting = list_of(status, "waiting");
    watch->sessions = list_of(status, "sessions");
    watch->running = json_is_object(status);
    json_decref(status);
}

static bool collect(void *arg, const struct sca_ledger_entry *entry)
{
    struct watch *watch = arg;

    watch->entries++;
    json_array_append_new(watch->recent, sca_log_entry_to_json(entry));
    /* Nothing that was not told is dropped. */
    if (json_array_size(watch->recent) > RECENT &&
        watch->entries - json_array_size(watch->recent) < watch->seen)
        json_array_remove(watch->recent, 0);
    return true;
}

static void read_log(struct watch *watch)
{
    SCA_TEXT_AUTO path = sca_ledger_file_path(watch->cli->paths);
    const struct sca_stamp stamp = path ? sca_path_stamp(path) : watch->ledger;
    size_t damaged = 0;

    if (sca_stamp_equal(&stamp, &watch->ledger))
        return;
    watch->ledger = stamp;
    watch->entries = 0;
    json_array_clear(watch->recent);
    (void)sca_ledger_read(watch->cli->paths, collect, watch, &damaged);
}

/* ---- plain lines --------------------------------------------------------------------------- */

static void clock_text(char *ret_text, size_t size)
{
    const time_t now = time(NULL);
    struct tm local;

    if (!localtime_r(&now, &local) || strftime(ret_text, size, "%H:%M:%S", &local) == 0)
        snprintf(ret_text, size, "?");
}

static void waiting_line(const json_t *item, const char *state, const char *program, char *line)
{
    const long long documents = number_of(item, "documents");
    const long long left = number_of(item, "seconds_left");
    char rest[64] = "";

    if (left > 0 && !sca_streq(state, "over"))
        snprintf(rest, sizeof rest, _(", %lld:%02lld left"), left / 60, left % 60);
    snprintf(line, LINE_SIZE,
             ngettext("%s  %s  %s, %lld document%s", "%s  %s  %s, %lld documents%s",
                      (unsigned long)documents),
             text_of(item, "code"), sca_outcome_words(state), program, documents, rest);
}

static void log_line(const json_t *entry, char *line)
{
    const char *sentence = text_of(entry, "sentence");

    snprintf(line, LINE_SIZE, "%s  %s  %s%s%s", text_of(entry, "code"),
             sca_outcome_words(text_of(entry, "outcome")), text_of(entry, "program"),
             *sentence ? "  " : "", sentence);
}

static void tell_json(const char *event, const json_t *object, const char *state)
{
    json_t *told = json_pack("{s:s}", "event", event);

    json_object_update(told, (json_t *)(uintptr_t)object);
    if (state)
        json_object_set_new(told, "state", json_string(state));
    json_dumpf(told, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(told);
}

enum told { TOLD_WAITING, TOLD_SESSION, TOLD_LOG };

static void tell(const struct watch *watch, enum told what, const json_t *object, const char *state)
{
    static const char *const events[] = {"waiting", "session", "log"};
    char line[LINE_SIZE];
    char now[16];

    if (watch->as_json) {
        tell_json(events[what], object, state);
        return;
    }
    clock_text(now, sizeof now);
    if (what == TOLD_WAITING)
        waiting_line(object, state, text_of(object, "program"), line);
    else if (what == TOLD_SESSION)
        sca_session_line(object, line);
    else
        log_line(object, line);
    printf("%s  %s\n", now, line);
}

static const json_t *find(const json_t *list, const char *txn)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        if (sca_streq(text_of(item, "txn"), txn))
            return item;
    }
    return NULL;
}

/* What is new since the last look. */
static void tell_changes(struct watch *watch, const json_t *before, const json_t *sessions_before)
{
    size_t i;
    json_t *item;

    json_array_foreach(watch->waiting, i, item)
    {
        const json_t *old = find(before, text_of(item, "txn"));
        if (!old || !sca_streq(text_of(old, "state"), text_of(item, "state")))
            tell(watch, TOLD_WAITING, item, text_of(item, "state"));
    }
    json_array_foreach(before, i, item)
    {
        if (!find(watch->waiting, text_of(item, "txn")))
            tell(watch, TOLD_WAITING, item, "over");
    }
    json_array_foreach(watch->recent, i, item)
    {
        if (watch->entries - json_array_size(watch->recent) + i >= watch->seen)
            tell(watch, TOLD_LOG, item, NULL);
    }
    json_array_foreach(watch->sessions, i, item)
    {
        const json_t *old = find(sessions_before, text_of(item, "txn"));
        if (!old || number_of(old, "signatures_left") != number_of(item, "signatures_left"))
            tell(watch, TOLD_SESSION, item, NULL);
    }
    fflush(stdout);
}

/* ---- the screen ---------------------------------------------------------------------------- */

/*
 * One line, cut to the width. The last column stays empty: there terminals differ in where the
 * cursor is afterwards. The last line, too, so that the screen does not move.
 */
static void put_line(struct watch *watch, const char *text)
{
    char line[LINE_SIZE];

    if (watch->at + 1 >= watch->lines)
        return;
    watch->at++;
    snprintf(line, sizeof line, "%s", text);
    line[sca_utf8_prefix(line, strlen(line))] = '\0';
    sca_text_cut(line, sizeof line, watch->columns - 1, watch->cli->self.ellipsis);
    printf("%s" LINE_END, line);
}

/* Where it is too long the program's name gives way, so that the time left is seen. */
static void put_waiting(struct watch *watch, const json_t *item)
{
    char line[LINE_SIZE];
    char program[LINE_SIZE];

    snprintf(program, sizeof program, "%s", text_of(item, "program"));
    waiting_line(item, text_of(item, "state"), program, line);
    const size_t width = sca_text_columns(line);
    const size_t name = sca_text_columns(program);
    if (width >= watch->columns) {
        const size_t excess = width - watch->columns + 1;
        sca_text_cut(program, sizeof program, name > excess ? name - excess : 0,
                     watch->cli->self.ellipsis);
        waiting_line(item, text_of(item, "state"), program, line);
    }
    put_line(watch, line);
}

static void put_log(struct watch *watch)
{
    const size_t count = json_array_size(watch->recent);
    const size_t room = watch->lines > watch->at + 1 ? watch->lines - watch->at - 1 : 0;
    size_t shown = count < RECENT ? count : RECENT;

    shown = shown < room ? shown : room;
    for (size_t i = count - shown; i < count; i++) {
        const json_t *entry = json_array_get(watch->recent, i);
        const char *time_text = text_of(entry, "time");
        char rest[LINE_SIZE];
        char line[LINE_SIZE + 16];
        log_line(entry, rest);
        /* Date and zone are in smartca log; the time of day is enough here. */
        snprintf(line, sizeof line, "%.5s  %s", strlen(time_text) > 16 ? time_text + 11 : "", rest);
        put_line(watch, line);
    }
}

static void draw(struct watch *watch)
{
    char line[LINE_SIZE];
    size_t i;
    json_t *item;

    watch->at = 0;
    fputs(SCREEN_HOME, stdout);
    put_line(watch, _("Waiting for your confirmation (Ctrl-C ends this view)"));
    put_line(watch, "");
    json_array_foreach(watch->waiting, i, item)
    {
        put_waiting(watch, item);
    }
    if (!watch->running)
        put_line(watch, _("The agent is not running. It starts by itself when a program signs."));
    else if (json_array_size(watch->waiting) == 0)
        put_line(watch, _("Nothing is waiting for confirmation."));
    json_array_foreach(watch->sessions, i, item)
    {
        sca_session_line(item, line);
        put_line(watch, line);
    }
    put_line(watch, "");
    put_line(watch, _("Last in the log"));
    put_line(watch, "");
    put_log(watch);
    fputs(REST_CLEAR, stdout);
    fflush(stdout);
}

/* ---- the command --------------------------------------------------------------------------- */

static void catch_signals(bool on_screen)
{
    /* A screen is drawn to its end; who reads lines from a pipe may have stopped reading. */
    struct sigaction action = {.sa_handler = stop, .sa_flags = on_screen ? SA_RESTART : 0};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

static void look(struct watch *watch)
{
    json_t *before = watch->waiting;
    json_t *sessions_before = watch->sessions;

    ask_agent(watch);
    read_log(watch);
    if (watch->on_screen) {
        (void)sca_wrap_screen(&watch->columns, &watch->lines);
        draw(watch);
    } else {
        tell_changes(watch, before, sessions_before);
    }
    watch->seen = watch->entries;
    json_decref(before);
    json_decref(sessions_before);
}

static int go_on(struct watch *watch)
{
    const struct timespec second = {.tv_sec = 1};
    static char screen[SCREEN_SIZE];

    catch_signals(watch->on_screen);
    watch->waiting = json_array();
    watch->sessions = json_array();
    watch->recent = json_array();
    read_log(watch);
    watch->seen = watch->entries;
    if (watch->on_screen) {
        (void)setvbuf(stdout, screen, _IOFBF, sizeof screen); /* drawn at once, not line by line */
        fputs(SCREEN_ON, stdout);
    }
    while (!stopped && !ferror(stdout)) {
        look(watch);
        nanosleep(&second, NULL);
    }
    if (watch->on_screen)
        fputs(SCREEN_OFF, stdout);
    fflush(stdout);
    json_decref(watch->waiting);
    json_decref(watch->sessions);
    json_decref(watch->recent);
    return SCA_EXIT_OK;
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'}, {0}};
    struct watch watch = {.cli = cli};
    watch.on_screen = sca_wrap_screen(&watch.columns, &watch.lines);
    for (int option; (option = sca_cli_option(&sca_command_watch, argc, argv, options)) != -1;) {
        if (option != 'j')
            return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
        watch.as_json = true;
        watch.on_screen = false;
    }
    if (optind != argc)
        return sca_cli_usage(&sca_command_watch, _("\"%s\" is too much."), argv[optind]);
    return go_on(&watch);
}

const struct sca_command sca_command_watch = {
    .name = "watch",
    .summary = N_("what waits and what was signed, as it happens"),
    .help = N_("Usage: smartca watch [--json]\n"
               "\n"
               "Shows what waits for your confirmation, with code and time left, and what was "
               "signed, until\n"
               "Ctrl-C. In a terminal the screen is drawn anew every second; elsewhere each change "
               "is a line.\n"
               "Starts nothing and asks no service.\n"
               "\n"
               "      --json   each change as a line of JSON\n"
               "  -h, --help   this text"),
    .run = run,
};
