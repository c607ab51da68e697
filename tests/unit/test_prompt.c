/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the person, with pinentries that behave well and badly (fake_pinentry.py): what reaches
 * them, what is taken from them, which are chosen, and that none is left behind.
 */
#include "harness.h"
#include <sys/stat.h>
#include "agent/argv.h"
#include "agent/assuan.h"
#include "agent/pinentry.h"
#include "agent/prompt.h"
#include "common/err.h"
#include "common/path.h"
#include "common/text.h"

#define LIMIT_MS  30000
#define TURN_MS   5
#define TURNS_MAX (60 * 1000 / TURN_MS)

/* A loop with prompts, a folder, and what the pinentries wrote. */
struct place {
    uv_loop_t loop;
    struct sca_prompts *prompts;
    char folder[64];
    char log[80];
};

/* What a call told. */
struct told {
    bool called;
    int err;
    char text[64];
};

static void on_secret(void *arg, int err, const struct sca_secret *secret)
{
    struct told *told = arg;

    assert_false(told->called);
    told->called = true;
    told->err = err;
    assert_int_equal(err != 0, secret == NULL);
    snprintf(told->text, sizeof told->text, "%s", sca_secret_text(secret));
}

static int open_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    scratch_make(place->folder);
    snprintf(place->log, sizeof place->log, "%s/log", place->folder);
    setenv("FAKE_PINENTRY_LOG", place->log, 1);
    setenv("FAKE_PINENTRY", "", 1);
    assert_int_equal(uv_loop_init(&place->loop), 0);
    assert_int_equal(sca_prompts_new(&place->loop, &place->prompts), 0);
    assert_int_equal(sca_prompts_configure(place->prompts, FAKE_PINENTRY), 0);
    *state = place;
    return 0;
}

/* Whatever was started is gone when the loop has nothing left to watch. */
static int close_place(void **state)
{
    struct place *place = *state;

    sca_prompts_free(place->prompts);
    uv_run(&place->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&place->loop), 0);
    scratch_remove(place->folder);
    free(place);
    return 0;
}

static bool yes_or_no; /* what is asked next */

static struct sca_prompt_call *ask(struct place *place, const struct sca_screen *screen,
                                   const char *description, uint32_t timeout_ms, struct told *told)
{
    struct sca_prompt_call *call = NULL;
    const struct sca_prompt prompt = {
        .title = "SmartCA: work",
        .description = description,
        .yes_or_no = yes_or_no,
        .label = "OTP:",
        .ok = "Đồng ý",
        .cancel = "Hủy",
        .language = "vi",
        .screen = screen,
        .timeout_ms = timeout_ms,
    };

    assert_int_equal(sca_prompt_ask(place->prompts, &prompt, on_secret, told, &call), 0);
    assert_false(told->called);
    return call;
}

static void on_turn(uv_timer_t *timer)
{
    (void)timer;
}

/* Turns the loop until @reached says so. */
static void turn_until(struct place *place, bool (*reached)(struct place *place, void *arg),
                       void *arg)
{
    uv_timer_t turn;
    int turns = 0;

    uv_timer_init(&place->loop, &turn);
    uv_timer_start(&turn, on_turn, TURN_MS, TURN_MS);
    while (!reached(place, arg) && turns++ < TURNS_MAX)
        uv_run(&place->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&turn, NULL);
    uv_run(&place->loop, UV_RUN_NOWAIT);
    assert_true(reached(place, arg));
}

static bool is_called(struct place *place, void *arg)
{
    (void)place;
    return ((struct told *)arg)->called;
}

static char *read_log(const struct place *place)
{
    SCA_BUF_AUTO content = {0};
    int err = sca_file_read(place->log, 100000, &content, NULL);

    assert_true(err == 0 || err == SCA_E_NOENT);
    assert_int_equal(sca_buf_add_u8(&content, 0), 0);
    char *text = strdup((const char *)content.data);
    assert_non_null(text);
    return text;
}

static bool log_has(struct place *place, void *arg)
{
    SCA_TEXT_AUTO text = read_log(place);

    return strstr(text, arg) != NULL;
}

static struct told asked(struct place *place, const char *mode, const struct sca_screen *screen)
{
    struct told told = {0};

    setenv("FAKE_PINENTRY", mode, 1);
    (void)ask(place, screen, "Mã OTP\nKý số bằng Nguyễn Thị Mẫu: 100%", LIMIT_MS, &told);
    turn_until(place, is_called, &told);
    return told;
}

/* ---- what is taken from a pinentry ---------------------------------------------------------- */

static void test_answers(void **state)
{
    static const struct {
        const char *mode;
        int err;
        const char *text;
    } answers[] = {
        {"good", 0, "geheim"},
        {"old", 0, "geheim"},
        {"slow", 0, "geheim"},
        {"crlf", 0, "geheim"},
        {"escapes", 0, "p%Aä \n"},
        {"parts", 0, "first second"},
        {"empty", SCA_E_CANCELLED, ""},
        {"cancel", SCA_E_CANCELLED, ""},
        {"fully-cancel", SCA_E_CANCELLED, ""},
        {"timeout", SCA_E_TIMEOUT, ""},
        {"no-screen", SCA_E_NEED_AUTH, ""},
        {"refuses-description", SCA_E_NEED_AUTH, ""},
        {"no-greeting", SCA_E_NEED_AUTH, ""},
        {"early-data", SCA_E_NEED_AUTH, ""},
        {"ahead", SCA_E_CANCELLED, ""},
        {"exits", SCA_E_NEED_AUTH, ""},
        {"dies", SCA_E_NEED_AUTH, ""},
        {"garbage", SCA_E_NEED_AUTH, ""},
        {"inquire", SCA_E_NEED_AUTH, ""},
        {"nul", SCA_E_NEED_AUTH, ""},
        {"nul-escape", SCA_E_NEED_AUTH, ""},
        {"half-escape", SCA_E_NEED_AUTH, ""},
        {"bad-escape", SCA_E_NEED_AUTH, ""},
        {"huge-line", SCA_E_NEED_AUTH, ""},
        {"endless-line", SCA_E_NEED_AUTH, ""},
        {"huge-secret", SCA_E_NEED_AUTH, ""},
    };
    const struct sca_screen screen = {0};

    for (size_t i = 0; i < COUNT(answers); i++) {
        struct told told = asked(*state, answers[i].mode, &screen);

        if (told.err != answers[i].err)
            print_error("%s: %s\n", answers[i].mode, sca_err_name(told.err));
        assert_int_equal(told.err, answers[i].err);
        assert_string_equal(told.text, answers[i].text);
    }
}

static void test_yes_or_no(void **state)
{
    static const struct {
        const char *mode;
        int err;
        const char *text;
    } answers[] = {
        {"confirmed", 0, "yes"},
        {"not-confirmed", SCA_E_REJECTED, ""},
        {"cancel", SCA_E_REJECTED, ""},
        {"fully-cancel", SCA_E_REJECTED, ""},
        {"timeout", SCA_E_TIMEOUT, ""},
        {"good", SCA_E_NEED_AUTH, ""}, /* something typed is no yes */
        {"exits", SCA_E_NEED_AUTH, ""},
        {"dies", SCA_E_NEED_AUTH, ""},
        {"garbage", SCA_E_NEED_AUTH, ""},
    };
    const struct sca_screen screen = {0};

    yes_or_no = true;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct told told = asked(*state, answers[i].mode, &screen);

        if (told.err != answers[i].err)
            print_error("%s: %s\n", answers[i].mode, sca_err_name(told.err));
        assert_int_equal(told.err, answers[i].err);
        assert_string_equal(told.text, answers[i].text);
    }
    yes_or_no = false;
    SCA_TEXT_AUTO text = read_log(*state);
    assert_non_null(strstr(text, "SETOK Đồng ý\nSETCANCEL Hủy\n"));
    assert_non_null(strstr(text, "\nCONFIRM\n"));
    assert_null(strstr(text, "GETPIN"));
    assert_null(strstr(text, "SETPROMPT"));
}

/* ---- what reaches it ------------------------------------------------------------------------ */

/* It is there, and says a moment that the test cannot know. */
static void drop_line(char *text, const char *begin)
{
    char *line = strstr(text, begin);

    assert_non_null(line);
    assert_true(strtoul(line + strlen(begin), NULL, 10) > 0);
    const char *rest = strchr(line, '\n') + 1;
    memmove(line, rest, strlen(rest) + 1);
}

static void test_commands(void **state)
{
    struct place *place = *state;
    char display[] = ":7", wayland[] = "wayland-3", dbus[] = "unix:path=/x", term[] = "xterm";
    char tty[] = "/dev/pts/77";
    const struct sca_screen screen = {
        .display = display, .wayland = wayland, .dbus = dbus, .tty = tty, .term = term};

    assert_int_equal(asked(place, "good", &screen).err, 0);
    char bye[] = "\nbye\n";
    turn_until(place, log_has, bye);
    SCA_TEXT_AUTO text = read_log(place);
    drop_line(text, "SETTIMEOUT ");
    assert_string_equal(text, "DISPLAY=:7 WAYLAND_DISPLAY=wayland-3 "
                              "DBUS_SESSION_BUS_ADDRESS=unix:path=/x TERM=xterm\n"
                              "OPTION no-grab\n"
                              "OPTION display=:7\n"
                              "OPTION ttyname=/dev/pts/77\n"
                              "OPTION ttytype=xterm\n"
                              "OPTION lc-ctype=C.UTF-8\n"
                              "OPTION lc-messages=vi_VN.UTF-8\n"
                              "SETKEYINFO --clear\n"
                              "SETTITLE SmartCA: work\n"
                              "SETDESC Mã OTP%0AKý số bằng Nguyễn Thị Mẫu: 100%25\n"
                              "SETPROMPT OTP:\n"
                              "SETOK Đồng ý\n"
                              "SETCANCEL Hủy\n"
                              "GETPIN\n"
                              "asking\n"
                              "BYE\n"
                              "bye\n");
}

/* A host's words cannot become commands, nor the screen of whoever started the agent the host's. */
static void test_hostile_screen(void **state)
{
    struct place *place = *state;
    char tty[] = "/dev/pts/1\nSETDESC mine";
    const struct sca_screen screen = {.tty = tty};

    setenv("DISPLAY", ":66", 1);
    assert_int_equal(asked(place, "good", &screen).err, 0);
    unsetenv("DISPLAY");
    SCA_TEXT_AUTO text = read_log(place);
    assert_null(strstr(text, "mine"));
    assert_null(strstr(text, "ttyname"));
    assert_non_null(strstr(text, "DISPLAY=None"));
}

/* A long description is cut between letters and leaves a line within the protocol's limit. */
static void test_long_description(void **state)
{
    struct place *place = *state;
    char description[4001] = "";
    struct told told = {0};
    const struct sca_screen screen = {0};

    for (size_t i = 0; i < 1000; i++)
        memcpy(description + 3 * i, "ễ", 3);
    (void)ask(place, &screen, description, LIMIT_MS, &told);
    turn_until(place, is_called, &told);
    assert_int_equal(told.err, 0);
    SCA_TEXT_AUTO text = read_log(place);
    const char *line = strstr(text, "SETDESC ");
    assert_non_null(line);
    size_t len = strcspn(line, "\n") + 1;
    assert_true(len <= SCA_ASSUAN_LINE_MAX && len > SCA_ASSUAN_LINE_MAX - 3);
    assert_true(sca_utf8_valid((struct sca_bytes){(const uint8_t *)line, len}));
}

/* ---- one at a time, and none left behind ----------------------------------------------------- */

static void test_one_at_a_time(void **state)
{
    struct place *place = *state;
    struct told told[3] = {0};
    const struct sca_screen screen = {0};
    const char *pos = NULL;

    setenv("FAKE_PINENTRY", "slow", 1);
    for (size_t i = 0; i < COUNT(told); i++)
        (void)ask(place, &screen, "x", LIMIT_MS, &told[i]);
    for (size_t i = 0; i < COUNT(told); i++) {
        turn_until(place, is_called, &told[i]);
        assert_string_equal(told[i].text, "geheim");
        assert_true(i + 1 == COUNT(told) || !told[i + 1].called);
    }
    char third[] = "bye\n";
    turn_until(place, log_has, third);
    SCA_TEXT_AUTO text = read_log(place);
    pos = text;
    for (size_t i = 0; i < COUNT(told); i++) {
        pos = strstr(pos, "asking\n");
        assert_non_null(pos);
        pos++;
    }
    assert_null(strstr(pos, "asking\n"));
}

/* The second waits for its turn no longer than its own time. */
static void test_waits_too_long(void **state)
{
    struct place *place = *state;
    struct told first = {0}, second = {0};
    const struct sca_screen screen = {0};

    setenv("FAKE_PINENTRY", "hangs", 1);
    struct sca_prompt_call *shown = ask(place, &screen, "x", LIMIT_MS, &first);
    (void)ask(place, &screen, "x", 50, &second);
    turn_until(place, is_called, &second);
    assert_int_equal(second.err, SCA_E_TIMEOUT);
    assert_false(first.called);
    sca_prompt_cancel(shown);
}

/* Cancelled on the screen, it is interrupted, and the next one gets its turn. */
static void test_cancel(void **state)
{
    struct place *place = *state;
    struct told first = {0}, second = {0}, third = {0};
    const struct sca_screen screen = {0};
    char asking[] = "asking\n", interrupted[] = "interrupted\n";

    setenv("FAKE_PINENTRY", "hangs", 1);
    struct sca_prompt_call *shown = ask(place, &screen, "x", LIMIT_MS, &first);
    struct sca_prompt_call *waiting = ask(place, &screen, "y", LIMIT_MS, &second);
    (void)ask(place, &screen, "z", LIMIT_MS, &third);
    turn_until(place, log_has, asking);
    sca_prompt_cancel(waiting);
    setenv("FAKE_PINENTRY", "good", 1);
    sca_prompt_cancel(shown);
    turn_until(place, is_called, &third);
    turn_until(place, log_has, interrupted);
    assert_int_equal(third.err, 0);
    assert_false(first.called || second.called);
    SCA_TEXT_AUTO text = read_log(place);
    assert_null(strstr(text, "SETDESC y"));
}

/* One that ignores interrupts is killed: close_place waits for its end. */
static void test_deaf(void **state)
{
    struct place *place = *state;
    struct told told = {0};
    const struct sca_screen screen = {0};
    char asking[] = "asking\n";

    setenv("FAKE_PINENTRY", "deaf", 1);
    (void)ask(place, &screen, "x", LIMIT_MS, &told);
    turn_until(place, log_has, asking);
    sca_prompts_free(place->prompts);
    place->prompts = NULL;
    uv_run(&place->loop, UV_RUN_DEFAULT);
    assert_false(told.called);
}

/* Neither silence nor chatter keeps anybody waiting longer than the prompt's time and a little. */
static void test_time_limit(void **state)
{
    static const char *const modes[] = {"hangs", "chatters"};
    const struct sca_screen screen = {0};

    for (size_t i = 0; i < COUNT(modes); i++) {
        struct told told = {0};

        setenv("FAKE_PINENTRY", modes[i], 1);
        (void)ask(*state, &screen, "x", 500, &told);
        turn_until(*state, is_called, &told);
        assert_int_equal(told.err, SCA_E_TIMEOUT);
    }
}

/* ---- which one ------------------------------------------------------------------------------ */

static void put_program(const struct place *place, const char *name, const char *mode)
{
    SCA_TEXT_AUTO path = NULL;

    assert_true(asprintf(&path, "%s/%s", place->folder, name) > 0);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\nFAKE_PINENTRY=%s exec %s\n", mode, FAKE_PINENTRY);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

/* The names of those found, in order. */
static void assert_found(const struct place *place, const char *setting,
                         const struct sca_screen *screen, const char *expected)
{
    SCA_TEXT_AUTO path = strdup(secure_getenv("PATH"));
    SCA_ARGV_AUTO found = NULL;
    char names[256] = "";

    setenv("PATH", place->folder, 1);
    assert_int_equal(sca_pinentry_find(setting, screen, &found), 0);
    setenv("PATH", path, 1);
    for (size_t i = 0; found[i] != NULL; i++) {
        size_t used = strlen(names);

        snprintf(names + used, sizeof names - used, "%s ", strrchr(found[i], '/') + 1);
    }
    assert_string_equal(names, expected);
}

static void test_choice(void **state)
{
    struct place *place = *state;
    char text[] = "x";
    const struct sca_screen nothing = {.dbus = text};
    const struct sca_screen windows = {.display = text};
    const struct sca_screen wayland = {.wayland = text};
    const struct sca_screen terminal = {.tty = text};
    const struct sca_screen both = {.display = text, .tty = text};
    SCA_TEXT_AUTO link = NULL;

    assert_found(place, NULL, &both, "");
    put_program(place, "pinentry-gtk-2", "good");
    put_program(place, "pinentry-curses", "good");
    put_program(place, "pinentry-tty", "good");
    assert_found(place, NULL, &nothing, "");
    assert_found(place, NULL, &windows, "pinentry-gtk-2 ");
    assert_found(place, NULL, &wayland, "pinentry-gtk-2 ");
    assert_found(place, NULL, &terminal, "pinentry-curses pinentry-tty ");
    assert_found(place, NULL, &both, "pinentry-gtk-2 pinentry-curses pinentry-tty ");

    /* The system's choice for terminals does not take the terminal of a program with windows. */
    assert_true(asprintf(&link, "%s/pinentry", place->folder) > 0);
    assert_int_equal(symlink("pinentry-tty", link), 0);
    assert_found(place, NULL, &windows, "pinentry-gtk-2 ");
    assert_found(place, NULL, &terminal, "pinentry pinentry-curses pinentry-tty ");
    assert_found(place, NULL, &both, "pinentry-gtk-2 pinentry pinentry-curses pinentry-tty ");

    assert_int_equal(unlink(link), 0);
    put_program(place, "pinentry-qt", "good");
    assert_int_equal(symlink("pinentry-gtk-2", link), 0);
    assert_found(place, NULL, &windows, "pinentry pinentry-qt pinentry-gtk-2 ");

    assert_found(place, "none", &both, "");
    assert_found(place, "/somewhere/mine", &nothing, "mine ");
}

/* One that cannot ask is followed by the next; with nobody left there is no way to ask. */
static void test_next_one(void **state)
{
    struct place *place = *state;
    char text[] = "x";
    const struct sca_screen both = {.display = text, .tty = text};
    SCA_TEXT_AUTO path = strdup(secure_getenv("PATH"));
    SCA_TEXT_AUTO longer = NULL;

    put_program(place, "pinentry-gtk-2", "no-screen");
    put_program(place, "pinentry-curses", "good");
    assert_true(asprintf(&longer, "%s:/usr/bin:/bin", place->folder) > 0);
    assert_int_equal(sca_prompts_configure(place->prompts, NULL), 0);
    setenv("PATH", longer, 1);
    struct told told = asked(place, "", &both);
    assert_int_equal(told.err, 0);

    assert_int_equal(sca_prompts_configure(place->prompts, "none"), 0);
    told = asked(place, "", &both);
    assert_int_equal(told.err, SCA_E_NEED_AUTH);
    assert_int_equal(sca_prompts_configure(place->prompts, "/nowhere/pinentry"), 0);
    told = asked(place, "", &both);
    assert_int_equal(told.err, SCA_E_NEED_AUTH);
    setenv("PATH", path, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)
    const struct CMUnitTest tests[] = {
        TEST(test_answers),        TEST(test_yes_or_no),        TEST(test_commands),
        TEST(test_hostile_screen), TEST(test_long_description), TEST(test_one_at_a_time),
        TEST(test_waits_too_long), TEST(test_cancel),           TEST(test_deaf),
        TEST(test_time_limit),     TEST(test_choice),           TEST(test_next_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
