/* SPDX-License-Identifier: Apache-2.0 */
/* Plain write(2), no stdio: the host's buffers and locks are its own. Failure is of no interest. */
#include "waiting_line.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "common/text.h"

#define MARK_MAX 16 /* bytes around the text: its mark, and what moves the cursor */

static const char start[] = "\r";
static const char clear_to_end[] = "\033[K";
static const size_t usual_columns = 80;

struct shown {
    char bytes[SCA_WAITING_LINE_MAX + MARK_MAX];
    size_t len;
};

static void add(struct shown *shown, const char *text, size_t len)
{
    if (len > sizeof shown->bytes - shown->len)
        return;
    memcpy(shown->bytes + shown->len, text, len);
    shown->len += len;
}

/* A terminal that this process may write to: a background job would be stopped by SIGTTOU. */
static bool have_terminal(void)
{
    if (!isatty(STDERR_FILENO))
        return false;
    const pid_t foreground = tcgetpgrp(STDERR_FILENO);
    return foreground < 0 || foreground == getpgrp();
}

static void write_all(const char *text, size_t len)
{
    while (len > 0) {
        const ssize_t written = write(STDERR_FILENO, text, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text += written;
        len -= (size_t)written;
    }
}

/* One column less than there is, because the last one makes some terminals wrap. */
static size_t columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 2)
        return usual_columns - 1;
    return size.ws_col - 1u;
}

static size_t letters_of(const char *text)
{
    size_t letters = 0;
    for (; *text; text++)
        letters += ((unsigned char)*text & 0xc0) != 0x80;
    return letters;
}

/* Bytes of the first @max letters of valid UTF-8. */
static size_t letters_prefix(const char *text, size_t max)
{
    size_t len = 0;
    for (size_t letters = 0; text[len]; len++) {
        const bool starts_letter = ((unsigned char)text[len] & 0xc0) != 0x80;
        if (starts_letter && letters++ == max)
            break;
    }
    return len;
}

/*
 * Makes @text as short as the terminal is wide. It says who signs what, then ": " and what the
 * person compares: code and time stay, and the part before them is cut.
 */
static void fit(const char *text, const char *mark, struct shown *ret_shown)
{
    const size_t max = columns();
    const char *rest = NULL;
    if (letters_of(text) <= max) {
        add(ret_shown, text, strlen(text));
        return;
    }
    for (const char *at = strstr(text, ": "); at; at = strstr(at + 1, ": "))
        rest = at;
    if (letters_of(mark) > max)
        mark = "";
    const size_t room = max - letters_of(mark);
    if (!rest || letters_of(rest) >= room)
        rest = "";
    add(ret_shown, text, letters_prefix(text, room - letters_of(rest)));
    add(ret_shown, mark, strlen(mark));
    add(ret_shown, rest, strlen(rest));
}

void sca_waiting_line_show(struct sca_waiting_line *line, const char *text)
{
    if (!have_terminal())
        return;
    const int saved = errno;
    char printable[SCA_WAITING_LINE_MAX + 1];
    sca_text_printable(text, printable, sizeof printable);

    struct shown out = {.len = 0};
    add(&out, start, strlen(start));
    fit(printable, line->mark, &out);
    add(&out, clear_to_end, strlen(clear_to_end));
    write_all(out.bytes, out.len);
    line->shown = true;
    errno = saved;
}

void sca_waiting_line_erase(struct sca_waiting_line *line)
{
    static const char erase[] = "\r\033[K";
    if (line->shown && have_terminal())
        write_all(erase, sizeof erase - 1);
    line->shown = false;
}
