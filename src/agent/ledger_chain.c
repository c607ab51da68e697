/* SPDX-License-Identifier: Apache-2.0 */
/* Links of the ledger's lines, and the file that remembers the last one. */
#include "ledger_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cloud/json.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/text.h"
#include "ledger_file.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
/* "000000000012 LINK\n": always as long, so that one pwrite replaces the one before */
#define HEAD_SIZE (12 + 1 + SCA_LEDGER_LINK_SIZE - 1 + 1)

static void link_of(const char *line, size_t len, char ret_link[static SCA_LEDGER_LINK_SIZE])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256((const unsigned char *)line, len, digest);
    sca_hex_encode((struct sca_bytes){digest, sizeof digest}, ret_link);
}

/* ---- the remembered end ---------------------------------------------------------------------- */

struct head {
    bool known;
    size_t number;
    char link[SCA_LEDGER_LINK_SIZE];
};

static int open_head(const struct sca_paths *paths, int flags, int *ret_fd)
{
    SCA_TEXT_AUTO path = NULL;

    if (asprintf(&path, "%s/ledger.last", paths->state_dir) < 0) {
        path = NULL;
        return SCA_E_NOMEM;
    }
    *ret_fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (*ret_fd < 0)
        return errno == ENOENT ? SCA_E_NOENT : SCA_E_IO;
    return 0;
}

static bool is_link(const char *text)
{
    uint8_t bytes[SHA256_DIGEST_LENGTH];
    size_t len = 0;

    return sca_hex_decode(text, bytes, sizeof bytes, &len) == 0 && len == sizeof bytes;
}

/* What cannot be read for the moment is not unknown, or the next line would hide what is missing.
 */
static int read_head(const struct sca_paths *paths, struct head *ret_head)
{
    SCA_FD_AUTO fd = -1;
    char text[HEAD_SIZE + 1] = "";
    char *end = NULL;

    *ret_head = (struct head){.known = false};
    int err = open_head(paths, O_RDONLY, &fd);
    if (err != 0)
        return err == SCA_E_NOENT ? 0 : err;
    for (size_t len = 0; len < HEAD_SIZE;) {
        ssize_t got = read(fd, text + len, HEAD_SIZE - len);
        if (got < 0)
            return SCA_E_IO;
        if (got == 0)
            return 0;
        len += (size_t)got;
    }
    unsigned long long number = strtoull(text, &end, 10);
    if (end != text + 12 || *end != ' ' || text[HEAD_SIZE - 1] != '\n')
        return 0;
    text[HEAD_SIZE - 1] = '\0';
    if (!is_link(end + 1))
        return 0;
    ret_head->known = true;
    ret_head->number = (size_t)number;
    memcpy(ret_head->link, end + 1, sizeof ret_head->link);
    return 0;
}

void sca_ledger_chain_add(struct sca_ledger_end *end, const void *line, size_t len)
{
    link_of(line, len, end->prev);
    end->lines++;
}

int sca_ledger_chain_remember(const struct sca_paths *paths, const struct sca_ledger_end *end)
{
    SCA_FD_AUTO fd = -1;
    char text[HEAD_SIZE + 1];

    int err = open_head(paths, O_WRONLY | O_CREAT, &fd);
    if (err != 0)
        return err;
    snprintf(text, sizeof text, "%012zu %s\n", end->lines % 1000000000000u, end->prev);
    return pwrite(fd, text, HEAD_SIZE, 0) == HEAD_SIZE ? 0 : SCA_E_IO;
}

/* ---- reading the chain ----------------------------------------------------------------------- */

struct walk {
    const struct head *head;
    struct sca_ledger_check check;
    bool head_seen; /* the remembered line stands where it is remembered */
    int err;        /* a line could not be looked into */
};

/* True when the line does not say falsely what stands before it. */
static bool follows(struct walk *walk, const char *line, size_t len, bool whole)
{
    json_error_t error = {0};
    SCA_JSON_AUTO object = whole ? json_loadb(line, len, JSON_REJECT_DUPLICATES, &error) : NULL;
    const char *prev = json_string_value(json_object_get(object, "prev"));

    if (object == NULL && json_error_code(&error) == json_error_out_of_memory)
        walk->err = SCA_E_NOMEM;
    /* A line that was cut by a full disk says nothing; the next one vouches for what is there. */
    if (whole && object == NULL)
        return true;
    return prev != NULL && strcmp(prev, walk->check.last) == 0;
}

static bool walk_line(void *arg, const char *line, size_t len, bool whole)
{
    struct walk *walk = arg;
    struct sca_ledger_check *check = &walk->check;

    check->lines++;
    if (!follows(walk, line, len, whole)) {
        check->gaps++;
        if (check->first_gap == 0)
            check->first_gap = check->lines;
    }
    link_of(line, len, check->last);
    if (walk->head->known && walk->head->number == check->lines)
        walk->head_seen = strcmp(walk->head->link, check->last) == 0;
    return walk->err == 0;
}

/* Takes over @fd. */
static int walk_all(const struct head *head, int fd, struct walk *ret_walk)
{
    *ret_walk = (struct walk){.head = head, .check.last = ZEROS};
    int err = sca_ledger_file_each(fd, walk_line, ret_walk);
    if (err == 0)
        err = ret_walk->err;

    /* The last line is the remembered one, though its number be another: as in chain_end. */
    bool at_end = head->known && strcmp(head->link, ret_walk->check.last) == 0;
    ret_walk->check.end_unknown = !head->known && ret_walk->check.lines > 0;
    ret_walk->check.end_missing = head->known && !ret_walk->head_seen && !at_end;
    return err;
}

int sca_ledger_chain_check(const struct sca_paths *paths, struct sca_ledger_check *ret_check)
{
    struct head head;
    struct walk walk;
    int fd = -1;

    /* The head first: lines that come meanwhile are only more than it remembers. */
    int err = read_head(paths, &head);
    if (err == 0)
        err = sca_ledger_file_open(paths, &fd);
    if (err == 0)
        err = walk_all(&head, fd, &walk);
    if (err == 0)
        *ret_check = walk.check;
    return err;
}

/* ---- the end, to append to ------------------------------------------------------------------- */

/* The link of the last line, without reading those before it; false where it is no line of ours. */
static bool last_link(int fd, char ret_link[static SCA_LEDGER_LINK_SIZE])
{
    SCA_TEXT_AUTO tail = malloc(SCA_LEDGER_LINE_MAX + 2);
    off_t size = lseek(fd, 0, SEEK_END);
    size_t want = size > SCA_LEDGER_LINE_MAX + 2 ? SCA_LEDGER_LINE_MAX + 2 : (size_t)size;

    if (tail == NULL || size <= 0 || pread(fd, tail, want, size - (off_t)want) != (ssize_t)want)
        return false;
    size_t end = want;
    while (end > 0 && tail[end - 1] == '\n')
        end--;
    size_t start = end;
    while (start > 0 && tail[start - 1] != '\n')
        start--;
    if (end == start || (start == 0 && (off_t)want != size))
        return false;
    link_of(tail + start, end - start, ret_link);
    return true;
}

int sca_ledger_chain_end(const struct sca_paths *paths, int fd, struct sca_ledger_end *ret_end)
{
    struct head head;
    struct walk walk;
    char last[SCA_LEDGER_LINK_SIZE] = ZEROS;

    int err = read_head(paths, &head);
    if (err != 0)
        return err;
    if (head.known && last_link(fd, last) && strcmp(last, head.link) == 0) {
        ret_end->lines = head.number;
        memcpy(ret_end->prev, last, sizeof ret_end->prev);
        return 0;
    }
    /* The first line, or a crash came between a line and its being remembered, or worse. */
    int copy = -1;
    if (lseek(fd, 0, SEEK_SET) != 0 || (copy = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
        return SCA_E_IO;
    err = walk_all(&head, copy, &walk);
    if (err != 0)
        return err;
    ret_end->lines = walk.check.lines;
    memcpy(ret_end->prev, walk.check.end_missing ? head.link : walk.check.last,
           sizeof ret_end->prev);
    if (walk.check.end_missing)
        sca_log(SCA_LOG_ERROR, "ledger", "lines were removed or changed at its end");
    return 0;
}
