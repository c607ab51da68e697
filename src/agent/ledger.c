/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the ledger as JSON lines. Each goes out with one write on a locked descriptor opened
 * with O_APPEND, so lines of two agents do not mix; a line that was cut by a full disk or a crash
 * is closed by a newline before the next one is added.
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

/* The line goes out with one write, after a newline where the last one was cut. */
static int write_line(int fd, const struct sca_buf *line)
{
    struct iovec parts[] = {{(char[]){'\n'}, 1}, {line->data, line->len}, {(char[]){'\n'}, 1}};
    const struct iovec *first = ends_cut(fd) ? parts : parts + 1;
    int count = (int)(parts + 3 - first);
    ssize_t want = (ssize_t)line->len + count - 1;

    return writev(fd, first, count) == want && fsync(fd) == 0 ? 0 : SCA_E_IO;
}

int sca_ledger_append(const struct sca_paths *paths, const struct sca_ledger_entry *entry)
{
    SCA_TEXT_AUTO path = sca_ledger_file_path(paths);
    SCA_FD_AUTO fd = -1;
    SCA_BUF_AUTO line;
    struct sca_ledger_end end;

    sca_buf_init(&line, SCA_LEDGER_LINE_MAX);
    if (path == NULL)
        return SCA_E_NOMEM;
    int err = sca_dir_ensure(paths->state_dir);
    if (err == 0)
        err = open_for_append(path, &fd);
    if (err == 0)
        err = lock(fd);
    if (err == 0)
        err = sca_ledger_chain_end(paths, fd, &end);
    if (err == 0)
        err = make_line(entry, end.prev, &line);
    if (err == 0)
        err = write_line(fd, &line);
    if (err == 0 &&
        sca_ledger_chain_remember(paths, (const char *)line.data, line.len, end.lines + 1) != 0)
        sca_log(SCA_LOG_WARNING, "ledger", "its last line could not be remembered");
    return err;
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
