/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the ledger as JSON lines. Those that belong together go out with one write on a locked
 * descriptor opened with O_APPEND, so lines of two agents do not mix; a line that was cut by a full
 * disk or a crash is closed by a newline before the next one is added.
 */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "cloud/json.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/text.h"
#include "ledger_chain.h"
#include "ledger_file.h"

#define LOCK_TRIES    100
#define LOCK_PAUSE_MS 10
#define TEXT_MAX      (16u * 1024u * 1024u) /* bytes that are written together */

struct sca_ledger_lines {
    const struct sca_paths *paths;
    int fd;
    struct sca_ledger_end end; /* after those of @text */
    struct sca_buf text;
};

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* A key that stands only where it says something. */
static const char *text_or_null(const char *text)
{
    return text != NULL && *text != '\0' ? text : NULL;
}

static json_t *entry_json(const struct sca_ledger_entry *entry, const char *prev)
{
    return json_pack(
        "{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s*, s:s, s:s}",
        "prev", prev, "time", (json_int_t)entry->time_utc, "account", text_or_empty(entry->account),
        "credential", text_or_empty(entry->credential), "holder", text_or_empty(entry->holder),
        "serial", text_or_empty(entry->serial), "program", text_or_empty(entry->program), "pid",
        (json_int_t)entry->pid, "scheme", text_or_empty(entry->scheme), "hash",
        text_or_empty(entry->hash), "mechanism", text_or_empty(entry->mechanism), "digest",
        text_or_empty(entry->digest), "code", text_or_empty(entry->code), "txn",
        text_or_empty(entry->txn_id), "session", text_or_null(entry->session), "outcome",
        text_or_empty(entry->outcome), "sentence", text_or_empty(entry->sentence));
}

static int dump(const char *text, size_t len, void *arg)
{
    return sca_buf_add(arg, text, len);
}

static int make_line(const struct sca_ledger_entry *entry, const char *prev, struct sca_buf *line)
{
    SCA_JSON_AUTO object = entry_json(entry, prev);

    if (object == NULL) /* memory, or a text that is not UTF-8 */
        return SCA_E_NOMEM;
    if (json_dump_callback(object, dump, line, JSON_COMPACT) != 0)
        return line->err != 0 ? line->err : SCA_E_NOMEM;
    return 0;
}

static int open_for_append(const char *path, int *ret_fd)
{
    struct stat st;
    SCA_FD_AUTO fd =
        open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno == ELOOP ? SCA_E_PERM : SCA_E_IO;
    if (fstat(fd, &st) != 0)
        return SCA_E_IO;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 0077) != 0)
        return SCA_E_PERM;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* True unless the file is known to end with a whole line: an empty line too many harms nobody. */
static bool ends_cut(int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);
    char last = '\0';

    return end != 0 && (end < 0 || pread(fd, &last, 1, end - 1) != 1 || last != '\n');
}

/* Another agent, or one that just leaves, holds it for one line. Closing @fd gives it back. */
static int lock(int fd)
{
    for (int tries = 0; tries < LOCK_TRIES; tries++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return SCA_E_IO;
        poll(NULL, 0, LOCK_PAUSE_MS);
    }
    return SCA_E_IO;
}

/* The lines go out with one write, after a newline where the last one was cut. */
static int write_text(int fd, const struct sca_buf *text)
{
    struct iovec parts[] = {{(char[]){'\n'}, 1}, {text->data, text->len}};
    const struct iovec *first = ends_cut(fd) ? parts : parts + 1;
    int count = (int)(parts + 2 - first);
    ssize_t want = (ssize_t)text->len + count - 1;

    return writev(fd, first, count) == want ? 0 : SCA_E_IO;
}

static void lines_free(struct sca_ledger_lines *lines)
{
    if (lines->fd >= 0)
        close(lines->fd);
    sca_buf_clear(&lines->text);
    free(lines);
}

static int lines_open(struct sca_ledger_lines *lines)
{
    SCA_TEXT_AUTO path = sca_ledger_file_path(lines->paths);

    if (path == NULL)
        return SCA_E_NOMEM;
    int err = sca_dir_ensure(lines->paths->state_dir);
    if (err == 0)
        err = open_for_append(path, &lines->fd);
    if (err == 0)
        err = lock(lines->fd);
    if (err == 0)
        err = sca_ledger_chain_end(lines->paths, lines->fd, &lines->end);
    return err;
}

int sca_ledger_begin(const struct sca_paths *paths, struct sca_ledger_lines **ret_lines)
{
    struct sca_ledger_lines *lines = calloc(1, sizeof *lines);

    if (lines == NULL)
        return SCA_E_NOMEM;
    lines->paths = paths;
    lines->fd = -1;
    sca_buf_init(&lines->text, TEXT_MAX);
    int err = lines_open(lines);
    if (err != 0) {
        lines_free(lines);
        return err;
    }
    *ret_lines = lines;
    return 0;
}

int sca_ledger_add(struct sca_ledger_lines *lines, const struct sca_ledger_entry *entry)
{
    SCA_BUF_AUTO line;

    sca_buf_init(&line, SCA_LEDGER_LINE_MAX + 1);
    int err = make_line(entry, lines->end.prev, &line);
    if (err == 0 && line.len > SCA_LEDGER_LINE_MAX)
        err = SCA_E_LIMIT;
    if (err == 0)
        err = sca_buf_add_u8(&line, '\n');
    if (err == 0 && line.len > TEXT_MAX - lines->text.len)
        err = SCA_E_LIMIT;
    if (err == 0)
        err = sca_buf_add(&lines->text, line.data, line.len);
    if (err == 0)
        sca_ledger_chain_add(&lines->end, line.data, line.len - 1);
    return err;
}

int sca_ledger_commit(struct sca_ledger_lines *lines, int *ret_fd)
{
    int err = lines->text.err;

    *ret_fd = -1;
    if (lines->text.len > 0) {
        err = write_text(lines->fd, &lines->text);
        if (err == 0 && sca_ledger_chain_remember(lines->paths, &lines->end) != 0)
            sca_log(SCA_LOG_WARNING, "ledger", "its last line could not be remembered");
        if (err == 0) {
            (void)flock(lines->fd, LOCK_UN); /* others need not wait for the disk */
            *ret_fd = lines->fd;
            lines->fd = -1;
        }
    }
    lines_free(lines);
    return err;
}

int sca_ledger_append(const struct sca_paths *paths, const struct sca_ledger_entry *entry)
{
    struct sca_ledger_lines *lines = NULL;
    SCA_FD_AUTO fd = -1;

    int err = sca_ledger_begin(paths, &lines);
    if (err != 0)
        return err;
    err = sca_ledger_add(lines, entry);
    int commit_err = sca_ledger_commit(lines, &fd);
    if (commit_err == 0 && fd >= 0 && fsync(fd) != 0)
        commit_err = SCA_E_IO;
    return err != 0 ? err : commit_err;
}

/* ---- reading ------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    return text_or_empty(json_string_value(json_object_get(object, key)));
}

struct reading {
    sca_ledger_each *each;
    void *arg;
    size_t damaged;
    int err;
};

/* True when more is wanted. */
static bool read_line(struct reading *reading, const char *line, size_t len)
{
    json_error_t error = {0};
    SCA_JSON_AUTO object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    const json_t *time = json_object_get(object, "time");

    if (object == NULL && json_error_code(&error) == json_error_out_of_memory) {
        reading->err = SCA_E_NOMEM;
        return false;
    }
    if (!json_is_integer(time) || !json_is_string(json_object_get(object, "outcome"))) {
        reading->damaged++;
        return true;
    }
    struct sca_ledger_entry entry = {
        .time_utc = json_integer_value(time),
        .account = text_of(object, "account"),
        .credential = text_of(object, "credential"),
        .holder = text_of(object, "holder"),
        .serial = text_of(object, "serial"),
        .program = text_of(object, "program"),
        .pid = json_integer_value(json_object_get(object, "pid")),
        .scheme = text_of(object, "scheme"),
        .hash = text_of(object, "hash"),
        .mechanism = text_of(object, "mechanism"),
        .digest = text_of(object, "digest"),
        .code = text_of(object, "code"),
        .txn_id = text_of(object, "txn"),
        .session = text_of(object, "session"),
        .outcome = text_of(object, "outcome"),
        .sentence = text_of(object, "sentence"),
    };
    return reading->each(reading->arg, &entry);
}

static bool on_line(void *arg, const char *line, size_t len, bool whole)
{
    struct reading *reading = arg;

    if (whole)
        return read_line(reading, line, len);
    reading->damaged++;
    return true;
}

int sca_ledger_read(const struct sca_paths *paths, sca_ledger_each *each, void *arg,
                    size_t *ret_damaged)
{
    struct reading reading = {.each = each, .arg = arg};
    int fd = -1;

    int err = sca_ledger_file_open(paths, &fd);
    if (err == 0)
        err = sca_ledger_file_each(fd, on_line, &reading);
    if (err == 0)
        err = reading.err;
    if (err == 0)
        *ret_damaged = reading.damaged;
    return err;
}
