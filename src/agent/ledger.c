/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's file: state/ledger, one JSON object per line. Each line goes out with one write(2)
 * on a descriptor opened with O_APPEND, so lines of two agents do not mix; a line that was cut by a
 * full disk or a crash is closed by a newline before the next one is added.
 */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cloud/json.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/text.h"

#define LINE_MAX_LEN (16u * 1024u)

static char *ledger_path(const struct sca_paths *paths)
{
    char *path = NULL;

    return asprintf(&path, "%s/ledger", paths->state_dir) < 0 ? NULL : path;
}

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

static json_t *entry_json(const struct sca_ledger_entry *entry)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                     "time", (json_int_t)entry->time_utc, "account", text_or_empty(entry->account),
                     "credential", text_or_empty(entry->credential), "holder",
                     text_or_empty(entry->holder), "serial", text_or_empty(entry->serial),
                     "program", text_or_empty(entry->program), "pid", (json_int_t)entry->pid,
                     "scheme", text_or_empty(entry->scheme), "hash", text_or_empty(entry->hash),
                     "mechanism", text_or_empty(entry->mechanism), "digest",
                     text_or_empty(entry->digest), "code", text_or_empty(entry->code), "txn",
                     text_or_empty(entry->txn_id), "outcome", text_or_empty(entry->outcome),
                     "sentence", text_or_empty(entry->sentence));
}

static int dump(const char *text, size_t len, void *arg)
{
    return sca_buf_add(arg, text, len);
}

static int make_line(const struct sca_ledger_entry *entry, struct sca_buf *line)
{
    SCA_JSON_AUTO object = entry_json(entry);

    if (object == NULL) /* memory, or a text that is not UTF-8 */
        return SCA_E_NOMEM;
    if (json_dump_callback(object, dump, line, JSON_COMPACT) != 0)
        return line->err != 0 ? line->err : SCA_E_NOMEM;
    return sca_buf_add_text(line, "\n");
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

/* True when the file does not end with a whole line. */
static bool ends_cut(int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);
    char last = '\n';

    return end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
}

int sca_ledger_append(const struct sca_paths *paths, const struct sca_ledger_entry *entry)
{
    SCA_TEXT_AUTO path = ledger_path(paths);
    SCA_FD_AUTO fd = -1;
    SCA_BUF_AUTO line;

    sca_buf_init(&line, LINE_MAX_LEN);
    if (path == NULL)
        return SCA_E_NOMEM;
    int err = sca_dir_ensure(paths->state_dir);
    if (err == 0)
        err = open_for_append(path, &fd);
    if (err == 0 && ends_cut(fd))
        err = sca_buf_add_text(&line, "\n");
    if (err == 0)
        err = make_line(entry, &line);
    if (err != 0)
        return err;
    ssize_t done = write(fd, line.data, line.len);
    if (done != (ssize_t)line.len)
        return SCA_E_IO;
    return fsync(fd) == 0 ? 0 : SCA_E_IO;
}

/* ---- reading ------------------------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
    return text_or_empty(json_string_value(json_object_get(object, key)));
}

/* True when the line was understood; @ret_go_on is what @each said. */
static bool read_line(const char *line, size_t len, sca_ledger_each *each, void *arg,
                      bool *ret_go_on)
{
    SCA_JSON_AUTO object = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *time = json_object_get(object, "time");

    if (!json_is_integer(time) || !json_is_string(json_object_get(object, "outcome")))
        return false;
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
        .outcome = text_of(object, "outcome"),
        .sentence = text_of(object, "sentence"),
    };
    *ret_go_on = each(arg, &entry);
    return true;
}

/* A line in a buffer of fixed size; what is longer is skipped to its end and counts as damaged. */
static bool next_line(FILE *file, char line[static LINE_MAX_LEN], size_t *ret_len, bool *ret_whole)
{
    size_t len = 0;
    int letter = getc(file);

    *ret_whole = true;
    if (letter == EOF)
        return false;
    for (; letter != EOF && letter != '\n'; letter = getc(file)) {
        if (len < LINE_MAX_LEN)
            line[len++] = (char)letter;
        else
            *ret_whole = false;
    }
    *ret_len = len;
    return true;
}

int sca_ledger_read(const struct sca_paths *paths, sca_ledger_each *each, void *arg,
                    size_t *ret_damaged)
{
    SCA_TEXT_AUTO path = ledger_path(paths);
    SCA_TEXT_AUTO line = malloc(LINE_MAX_LEN);
    SCA_FD_AUTO fd = -1;
    size_t damaged = 0;
    size_t len = 0;
    bool go_on = true;
    bool whole = true;

    if (path == NULL || line == NULL)
        return SCA_E_NOMEM;
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? SCA_E_NOENT : errno == ELOOP ? SCA_E_PERM : SCA_E_IO;
    FILE *file = fdopen(fd, "r");
    if (file == NULL)
        return SCA_E_NOMEM;
    fd = -1;
    while (go_on && next_line(file, line, &len, &whole)) {
        if (len > 0 && (!whole || !read_line(line, len, each, arg, &go_on)))
            damaged++;
    }
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return SCA_E_IO;
    *ret_damaged = damaged;
    return 0;
}
