/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's files: state/journal/UUID, a line for each state of the record that was written
 * down, the last one at the end. A power cut may leave a part of the last line, or rubbish there:
 * then the line before it counts, which says at least that there is something to be looked up.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "journal.h"

/* A file is written anew rather than having more lines than these, or four. */
#define LINES_SIZE (64u * 1024u)

bool sca_journal_id_valid(const char *txn_id)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (strlen(txn_id) != sizeof shape - 1)
        return false;
    for (size_t i = 0; shape[i] != '\0'; i++) {
        bool dash = txn_id[i] == '-';
        bool hex = txn_id[i] != '\0' && strchr("0123456789abcdef", txn_id[i]) != NULL;

        if (shape[i] == '-' ? !dash : !hex)
            return false;
    }
    return true;
}

/* The folder, or with @name a file in it. Caller frees; NULL when memory is out. */
static char *journal_path(const struct sca_paths *paths, const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%s/journal%s%s", paths->state_dir, *name != '\0' ? "/" : "", name) < 0)
        return NULL;
    return path;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* @ret_text: to be cleared by the caller in any case. */
static int ready_to_write(const struct sca_paths *paths, const struct sca_journal_record *record,
                          struct sca_buf *ret_text, char **ret_path)
{
    SCA_TEXT_AUTO dir = journal_path(paths, "");

    int err = sca_journal_encode(record, ret_text);
    if (err != 0)
        return err;
    *ret_path = journal_path(paths, record->txn_id);
    if (dir == NULL || *ret_path == NULL)
        return SCA_E_NOMEM;
    err = sca_dir_ensure(paths->state_dir);
    return err != 0 ? err : sca_dir_ensure(dir);
}

int sca_journal_write(const struct sca_paths *paths, const struct sca_journal_record *record)
{
    SCA_BUF_AUTO text;
    SCA_TEXT_AUTO path = NULL;

    int err = ready_to_write(paths, record, &text, &path);
    return err != 0 ? err : sca_file_replace(path, (struct sca_bytes){text.data, text.len});
}

int sca_journal_place(const struct sca_paths *paths, const struct sca_journal_record *record,
                      int *ret_fd, int *ret_dir_fd)
{
    SCA_BUF_AUTO text;
    SCA_TEXT_AUTO path = NULL;

    int err = ready_to_write(paths, record, &text, &path);
    if (err != 0)
        return err;
    return sca_file_place(path, (struct sca_bytes){text.data, text.len}, ret_fd, ret_dir_fd);
}

int sca_journal_append(const struct sca_paths *paths, const struct sca_journal_record *record,
                       int *ret_fd)
{
    SCA_BUF_AUTO text;
    SCA_TEXT_AUTO path = journal_path(paths, record->txn_id);

    int err = sca_journal_encode(record, &text);
    if (err == 0 && path == NULL)
        err = SCA_E_NOMEM;
    if (err != 0)
        return err;
    return sca_file_append_line(path, (struct sca_bytes){text.data, text.len},
                                LINES_SIZE + 4 * text.len, ret_fd);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Where the last line begins. */
static size_t last_line(struct sca_bytes text)
{
    size_t begin = text.len > 0 ? text.len - 1 : 0; /* its own newline ends it */

    while (begin > 0 && text.data[begin - 1] != '\n')
        begin--;
    return begin;
}

/* The last line that can be read. */
static int decode_last(struct sca_bytes text, struct sca_journal_record **ret_record)
{
    int err = SCA_E_FORMAT;

    while (text.len > 0 && err == SCA_E_FORMAT) {
        size_t begin = last_line(text);

        err =
            sca_journal_decode((struct sca_bytes){text.data + begin, text.len - begin}, ret_record);
        text.len = begin;
    }
    return err;
}

int sca_journal_read(const struct sca_paths *paths, const char *txn_id,
                     struct sca_journal_record **ret_record)
{
    SCA_TEXT_AUTO path = journal_path(paths, txn_id);
    SCA_JOURNAL_RECORD_AUTO record = NULL;
    SCA_BUF_AUTO text;

    sca_buf_init(&text, 0);
    if (path == NULL)
        return SCA_E_NOMEM;
    int err = sca_file_read(path, SCA_JOURNAL_FILE_MAX, &text, NULL);
    if (err == 0)
        err = decode_last((struct sca_bytes){text.data, text.len}, &record);
    if (err != 0)
        return err;
    if (!sca_streq(record->txn_id, txn_id))
        return SCA_E_FORMAT;
    *ret_record = record;
    record = NULL;
    return 0;
}

int sca_journal_remove(const struct sca_paths *paths, const char *txn_id)
{
    SCA_TEXT_AUTO path = journal_path(paths, txn_id);

    if (path == NULL)
        return SCA_E_NOMEM;
    return unlink(path) == 0 || errno == ENOENT ? 0 : SCA_E_IO;
}

static void set_aside(const char *path, int err)
{
    SCA_TEXT_AUTO aside = NULL;

    sca_log(SCA_LOG_ERROR, "journal", "%s cannot be read (%s); kept as *.damaged", path,
            sca_err_name(err));
    if (asprintf(&aside, "%s.damaged", path) < 0)
        aside = NULL;
    if (aside == NULL || rename(path, aside) != 0)
        sca_log(SCA_LOG_ERROR, "journal", "%s cannot be renamed: %s", path, strerror(errno));
}

static int load_one(const struct sca_paths *paths, const char *name, sca_journal_each *each,
                    void *arg)
{
    SCA_TEXT_AUTO path = journal_path(paths, name);
    struct sca_journal_record *record = NULL;

    if (path == NULL)
        return SCA_E_NOMEM;
    int err = sca_journal_read(paths, name, &record);
    if (err == 0)
        return each(arg, record);
    if (err == SCA_E_FORMAT || err == SCA_E_LIMIT)
        set_aside(path, err);
    else
        sca_log(SCA_LOG_ERROR, "journal", "%s cannot be read (%s)", path, sca_err_name(err));
    /* What may be read the next time may not count as unknown: it might be paid for again. */
    return err == SCA_E_NOMEM || err == SCA_E_IO ? err : 0;
}

int sca_journal_load(const struct sca_paths *paths, sca_journal_wanted *wanted,
                     sca_journal_each *each, void *arg)
{
    SCA_TEXT_AUTO path = journal_path(paths, "");
    int err = 0;

    if (path == NULL)
        return SCA_E_NOMEM;
    err = sca_dir_check(paths->state_dir); /* who owns that one can swap the other */
    if (err == 0)
        err = sca_dir_check(path);
    if (err != 0)
        return err == SCA_E_NOENT ? 0 : err;
    sca_dir_sweep(path, NULL);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return SCA_E_IO;
    for (const struct dirent *entry = readdir(dir); entry != NULL && err == 0;
         entry = readdir(dir)) {
        if (sca_journal_id_valid(entry->d_name) && (wanted == NULL || wanted(arg, entry->d_name)))
            err = load_one(paths, entry->d_name, each, arg);
    }
    closedir(dir);
    return err;
}

static struct sca_stamp stamp_of(const char *path)
{
    struct sca_stamp none = {0};

    return path != NULL ? sca_path_stamp(path) : none;
}

struct sca_stamp sca_journal_stamp(const struct sca_paths *paths)
{
    SCA_TEXT_AUTO path = journal_path(paths, "");

    return stamp_of(path);
}

struct sca_stamp sca_journal_record_stamp(const struct sca_paths *paths, const char *txn_id)
{
    SCA_TEXT_AUTO path = journal_path(paths, txn_id);

    return stamp_of(path);
}
