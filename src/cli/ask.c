/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal stays in its line mode; only the echo is taken away for secrets, and given back
 * whatever happens. Signals are let in only while waiting for input, so that none is missed between
 * looking and waiting.
 */
#include "ask.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>
#include "agent/draft.h"
#include "agent/harden.h"
#include "agent/i18n.h"
#include "common/err.h"
#include "common/text.h"
#include "wrap.h"

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void our_signals(sigset_t *ret_set)
{
    sigemptyset(ret_set);
    sigaddset(ret_set, SIGINT);
    sigaddset(ret_set, SIGTERM);
    sigaddset(ret_set, SIGHUP);
}

void sca_ask_begin(void)
{
    static bool begun;
    if (begun)
        return;
    begun = true;
    sca_harden();
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waits end */
    our_signals(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

bool sca_ask_stopped(void)
{
    return stopped != 0;
}

bool sca_ask_can(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

/* ---- texts ----------------------------------------------------------------------------------- */

void sca_say_item(const char *first, const char *text)
{
    /* Programs read it as one line. */
    sca_wrap_print(stdout, first, text, isatty(STDOUT_FILENO) == 1 ? SCA_ASK_COLUMNS : 0);
    fflush(stdout);
}

void sca_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = sca_text_vformat(format, args);
    va_end(args);
    if (text)
        sca_say_item("", text);
    free(text);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Waits for input; the signals come through here only. False when it is over. */
static bool wait_input(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    sigset_t ours;
    sigset_t before;
    our_signals(&ours);
    sigprocmask(SIG_BLOCK, &ours, &before);
    int ready = stopped ? -1 : ppoll(&input, 1, NULL, &before);
    int failed = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (ready < 0 && failed != EINTR)
        stopped = 1;
    return !stopped;
}

/*
 * One line without its end into @ret_line, which is of @size bytes; what does not fit is read and
 * dropped. Returns its whole length, or -1.
 */
static ssize_t read_line(char *ret_line, size_t size)
{
    size_t len = 0;
    while (wait_input()) {
        char letter = 0;
        ssize_t got = read(STDIN_FILENO, &letter, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            break;
        if (letter == '\n') {
            ret_line[len < size ? len : size - 1] = '\0';
            return (ssize_t)len;
        }
        if (len < size)
            ret_line[len] = letter;
        len++;
        sca_wipe(&letter, 1);
    }
    stopped = 1;
    putchar('\n');
    fflush(stdout);
    return -1;
}

static char *trim(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]))
        text[--len] = '\0';
    return text + strspn(text, " \t\r");
}

static bool is_plain(const char *text)
{
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    }
    return sca_utf8_valid((struct sca_bytes){(const uint8_t *)text, strlen(text)});
}

static void ask(const char *question, const char *preset)
{
    if (preset && *preset)
        sca_say("%s [%s]", question, preset);
    else
        sca_say("%s", question);
    fputs("> ", stdout);
    fflush(stdout);
}

int sca_ask_line(const char *question, const char *preset, char **ret_answer)
{
    char line[SCA_ASK_ANSWER_MAX + 1];
    for (;;) {
        if (stopped)
            return SCA_E_CANCELLED;
        ask(question, preset);
        ssize_t len = read_line(line, sizeof line);
        if (len < 0)
            return SCA_E_CANCELLED;
        if ((size_t)len >= sizeof line || (size_t)len != strlen(line) || !is_plain(trim(line))) {
            sca_say("%s", _("This cannot be read as text. Please type it again."));
            continue;
        }
        const char *answer = trim(line);
        *ret_answer = strdup(*answer || !preset ? answer : preset);
        return *ret_answer ? 0 : SCA_E_NOMEM;
    }
}

/* True where the terminal's state can be given back. */
static bool set_echo(bool on, struct termios *kept)
{
    if (on)
        return tcsetattr(STDIN_FILENO, TCSANOW, kept) == 0;
    if (tcgetattr(STDIN_FILENO, kept) != 0)
        return false;
    struct termios quiet = *kept;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ICANON | ISIG;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
}

int sca_ask_secret(const char *question, struct sca_secret **ret_secret)
{
    char line[SCA_DRAFT_SECRET_MAX + 1];
    struct termios kept;
    *ret_secret = NULL;
    for (;;) {
        if (stopped)
            return SCA_E_CANCELLED;
        bool quiet = set_echo(false, &kept); /* first: what is typed after the question is hidden */
        ask(question, NULL);
        ssize_t len = read_line(line, sizeof line);
        if (quiet) {
            (void)set_echo(true, &kept);
            if (len >= 0)
                putchar('\n');
        }
        int err = len < 0 ? SCA_E_CANCELLED : 0;
        if (len > 0 && (size_t)len < sizeof line)
            err = sca_secret_new(line, (size_t)len, ret_secret);
        sca_wipe(line, sizeof line);
        if (err || (size_t)len < sizeof line)
            return err;
        sca_say("%s", _("This is too long. Please type it again."));
    }
}

/* Either language's word, whichever is shown. */
static bool is_word(const char *answer, const char *const *words)
{
    for (; *words; words++) {
        if (strcasecmp(answer, *words) == 0)
            return true;
    }
    return false;
}

int sca_ask_yes(const char *question, bool preset, bool *ret_yes)
{
    static const char *const yes[] = {"y", "yes", "c", "co", "có", "Có", "CÓ", NULL};
    static const char *const no[] = {"n", "no", "k", "khong", "không", "Không", "KHÔNG", NULL};
    for (;;) {
        SCA_TEXT_AUTO answer = NULL;
        int err = sca_ask_line(question, preset ? _("yes") : _("no"), &answer);
        if (err)
            return err;
        *ret_yes = is_word(answer, yes);
        if (*ret_yes || is_word(answer, no))
            return 0;
        sca_say("%s", _("Please answer yes or no."));
    }
}

static bool find_choice(const char *answer, const char *const *words, size_t count,
                        size_t *ret_choice)
{
    char *end = NULL;
    unsigned long number = strtoul(answer, &end, 10);
    if (*answer >= '0' && *answer <= '9' && *end == '\0' && number >= 1 && number <= count) {
        *ret_choice = number - 1;
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (words && strcasecmp(words[i], answer) == 0) {
            *ret_choice = i;
            return true;
        }
    }
    return false;
}

int sca_ask_choice(const char *question, const char *const *words, const char *const *texts,
                   size_t count, size_t preset, size_t *ret_choice)
{
    char usual[24];
    snprintf(usual, sizeof usual, "%zu", preset + 1);
    for (;;) {
        if (stopped)
            return SCA_E_CANCELLED;
        putchar('\n');
        for (size_t i = 0; i < count; i++) {
            char first[24];
            snprintf(first, sizeof first, "%3zu  ", i + 1);
            sca_say_item(first, texts[i]);
        }
        putchar('\n');
        SCA_TEXT_AUTO answer = NULL;
        int err = sca_ask_line(question, preset < count ? usual : NULL, &answer);
        if (err || find_choice(answer, words, count, ret_choice))
            return err;
        sca_say("%s", _("This is none of them. Please type one of the numbers."));
    }
}
