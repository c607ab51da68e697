/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading, replacing and telling apart files, and private folders (declared in path.h). What is
 * opened is checked on the descriptor, never by name first, so that nothing can be swapped between
 * the check and the use.
 */
#include "common/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "common/err.h"
#include "common/fd.h"
#include "common/text.h"

#define HALF_KEPT_S 60      /* a younger one may be being written */
#define HALF_MARK   ".sca-" /* beside a person's files it must be told from theirs */
#define HALF_RANDOM 6u      /* letters and digits of mkostemp(3) behind it */
#define SWEEP_MAX   4096    /* entries of a folder that are looked at */

static struct sca_stamp stamp_of(const struct stat *st)
{
    return (struct sca_stamp){
        .mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec,
        .size = (uint64_t)st->st_size,
        .inode = (uint64_t)st->st_ino,
    };
}

struct sca_stamp sca_path_stamp(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return (struct sca_stamp){0};
    return stamp_of(&st);
}

bool sca_stamp_equal(const struct sca_stamp *a, const struct sca_stamp *b)
{
    return a->mtime_ns == b->mtime_ns && a->size == b->size && a->inode == b->inode;
}

static int open_err(void)
{
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
        return SCA_E_NOENT;
    case ELOOP: /* a symbolic link */
    case ENXIO: /* a socket */
        return SCA_E_PERM;
    default:
        return SCA_E_IO;
    }
}

/* Opens and checks; the descriptor is the caller's. */
static int open_trusted(const char *path, int *ret_fd, struct stat *ret_st)
{
    struct stat st;
    SCA_FD_AUTO fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return open_err();
    if (fstat(fd, &st) != 0)
        return SCA_E_IO;
    if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return SCA_E_PERM;
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return SCA_E_PERM;
    *ret_fd = fd;
    *ret_st = st;
    fd = -1;
    return 0;
}

/* Reads to the end; one byte above @max is asked for, to notice a file that grows meanwhile. */
static int read_all(int fd, size_t max, size_t size, struct sca_buf *buf)
{
    for (;;) {
        size_t want = buf->len <= size ? size - buf->len + 1 : 4096;
        if (want > max + 1 - buf->len)
            want = max + 1 - buf->len;

        int err = sca_buf_reserve(buf, want);
        if (err != 0)
            return err;
        ssize_t got = read(fd, buf->data + buf->len, want);
        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR)
            return SCA_E_IO;
        if (got > 0)
            buf->len += (size_t)got;
        if (buf->len > max)
            return SCA_E_LIMIT;
    }
}

int sca_file_read(const char *path, size_t max, struct sca_buf *ret_content,
                  struct sca_stamp *ret_stamp)
{
    SCA_FD_AUTO fd = -1;
    struct stat st;

    sca_buf_init(ret_content, max);
    int err = open_trusted(path, &fd, &st);
    if (err != 0)
        return err;
    if (max == SIZE_MAX)
        return SCA_E_INVAL;
    if ((uint64_t)st.st_size > max)
        return SCA_E_LIMIT;

    sca_buf_init(ret_content, max + 1);
    err = read_all(fd, max, (size_t)st.st_size, ret_content);
    if (err != 0) {
        sca_buf_clear(ret_content);
        return err;
    }
    ret_content->max = max;
    if (ret_stamp != NULL)
        *ret_stamp = stamp_of(&st);
    return 0;
}

bool sca_file_holds(const char *path, struct sca_bytes content)
{
    SCA_FD_AUTO fd = -1;
    struct stat st;
    uint8_t block[4096];
    size_t seen = 0;

    if (open_trusted(path, &fd, &st) != 0 || (uint64_t)st.st_size != content.len)
        return false;
    while (seen < content.len) {
        ssize_t got = read(fd, block, sizeof block);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || (size_t)got > content.len - seen ||
            memcmp(block, content.data + seen, (size_t)got) != 0)
            return false;
        seen += (size_t)got;
    }
    return true;
}

static int write_all(int fd, struct sca_bytes content)
{
    while (content.len > 0) {
        ssize_t done = write(fd, content.data, content.len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return SCA_E_IO;
        content.data += done;
        content.len -= (size_t)done;
    }
    return 0;
}

/* Where a file goes, and under which name it is written first. */
struct place {
    char *dir; /* with a slash */
    char *temp;
};

static void place_clear(struct place *place)
{
    free(place->dir);
    free(place->temp);
}
#define PLACE_AUTO __attribute__((cleanup(place_clear))) struct place

/* Writes a file of its own, 0600, beside @path. */
static int write_beside(const char *path, struct sca_bytes content, struct place *ret_place,
                        int *ret_fd)
{
    const char *slash = strrchr(path, '/');

    ret_place->dir = slash == NULL ? strdup("./") : strndup(path, (size_t)(slash - path) + 1);
    if (ret_place->dir == NULL)
        return SCA_E_NOMEM;
    if (asprintf(&ret_place->temp, "%s.%s" HALF_MARK "XXXXXX", ret_place->dir,
                 slash == NULL ? path : slash + 1) < 0) {
        ret_place->temp = NULL;
        return SCA_E_NOMEM;
    }
    *ret_fd = mkostemp(ret_place->temp, O_CLOEXEC);
    if (*ret_fd < 0)
        return SCA_E_IO;
    if (write_all(*ret_fd, content) == 0)
        return 0;
    unlink(ret_place->temp);
    return SCA_E_IO;
}

static int rename_or_remove(const struct place *place, const char *path)
{
    if (rename(place->temp, path) == 0)
        return 0;
    unlink(place->temp);
    return SCA_E_IO;
}

int sca_file_replace(const char *path, struct sca_bytes content)
{
    PLACE_AUTO place = {0};
    SCA_FD_AUTO fd = -1;

    int err = write_beside(path, content, &place, &fd);
    if (err != 0)
        return err;
    if (fsync(fd) != 0) {
        unlink(place.temp);
        return SCA_E_IO;
    }
    err = rename_or_remove(&place, path);
    if (err != 0)
        return err;
    SCA_FD_AUTO dir_fd = open(place.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0)
        return SCA_E_IO;
    /* The rename is durable when the folder is; some file systems cannot sync a folder. */
    return fsync(dir_fd) == 0 || errno == EINVAL ? 0 : SCA_E_IO;
}

int sca_file_place(const char *path, struct sca_bytes content, int *ret_fd, int *ret_dir_fd)
{
    PLACE_AUTO place = {0};
    SCA_FD_AUTO fd = -1;

    int err = write_beside(path, content, &place, &fd);
    if (err != 0)
        return err;
    SCA_FD_AUTO dir_fd = open(place.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        unlink(place.temp);
        return SCA_E_IO;
    }
    err = rename_or_remove(&place, path);
    if (err != 0)
        return err;
    *ret_fd = fd;
    *ret_dir_fd = dir_fd;
    fd = -1;
    dir_fd = -1;
    return 0;
}

int sca_file_append_line(const char *path, struct sca_bytes line, size_t max, int *ret_fd)
{
    char last = '\n';
    struct stat st;
    SCA_FD_AUTO fd = open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return open_err();
    if (fstat(fd, &st) != 0)
        return SCA_E_IO;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return SCA_E_PERM;
    if (line.len >= max || (uint64_t)st.st_size > max - line.len - 1)
        return SCA_E_LIMIT;
    if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1)
        return SCA_E_IO;
    if (last != '\n' && write_all(fd, (struct sca_bytes){(const uint8_t *)"\n", 1}) != 0)
        return SCA_E_IO;
    int err = write_all(fd, line);
    if (err != 0)
        return err;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static bool is_half(const char *entry, const char *name)
{
    static const char random[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const size_t end_len = sizeof HALF_MARK - 1 + HALF_RANDOM;
    const size_t len = strlen(entry);

    if (entry[0] != '.' || len < 2 + end_len ||
        memcmp(entry + len - end_len, HALF_MARK, sizeof HALF_MARK - 1) != 0 ||
        strspn(entry + len - HALF_RANDOM, random) != HALF_RANDOM)
        return false;
    return name == NULL ||
           (strlen(name) == len - end_len - 1 && memcmp(entry + 1, name, strlen(name)) == 0);
}

void sca_dir_sweep(const char *path, const char *name)
{
    SCA_FD_AUTO fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry = NULL;
    const time_t young = time(NULL) - HALF_KEPT_S;

    if (dir == NULL)
        return;
    for (size_t i = 0; i < SWEEP_MAX && (entry = readdir(dir)) != NULL; i++) {
        struct stat st;

        if (is_half(entry->d_name, name) &&
            fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
            st.st_uid == geteuid() && (st.st_mode & 07777) == 0600 && st.st_mtime < young)
            (void)unlinkat(fd, entry->d_name, 0);
    }
    closedir(dir);
    fd = -1; /* went with it */
}

int sca_dir_check(const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return errno == ENOENT ? SCA_E_NOENT : SCA_E_IO;
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 0777) != 0700)
        return SCA_E_PERM;
    return 0;
}

int sca_dir_ensure(const char *path)
{
    const int there = sca_dir_check(path);
    SCA_TEXT_AUTO part = NULL;

    if (there != SCA_E_NOENT)
        return there; /* nearly always: it is asked for before each file */
    part = strdup(path);
    if (part == NULL)
        return SCA_E_NOMEM;
    for (char *pos = part; *pos != '\0'; pos++) {
        if (*pos != '/' || pos == part)
            continue;
        *pos = '\0';
        if (mkdir(part, 0700) != 0 && access(part, F_OK) != 0)
            return SCA_E_IO;
        *pos = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return SCA_E_IO;
    return sca_dir_check(path);
}
