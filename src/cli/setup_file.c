/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing hosts' files, and marked blocks. A block stands at the beginning: taking it
 * out again leaves every other byte where it was, an unfinished last line included.
 */
#include "setup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/err.h"
#include "common/fd.h"
#include "common/path.h"
#include "common/text.h"

#define BLOCK_BEGIN "# >>> smartca setup >>> "
#define BLOCK_END   "# <<< smartca setup <<<\n"

int sca_host_file_read(const char *path, struct sca_buf *ret_content)
{
    sca_buf_init(ret_content, SCA_HOST_FILE_MAX);
    SCA_FD_AUTO fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? SCA_E_NOENT : SCA_E_IO;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return SCA_E_IO;
    for (;;) {
        int err = sca_buf_reserve(ret_content, 65536);
        if (err)
            return err;
        ssize_t got = read(fd, ret_content->data + ret_content->len, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return sca_buf_fail(ret_content, SCA_E_IO);
        if (got == 0)
            return 0;
        ret_content->len += (size_t)got;
    }
}

/* What was left beside it when an earlier one was killed. */
static void sweep(const char *path)
{
    const char *slash = strrchr(path, '/');
    SCA_TEXT_AUTO folder = slash ? strndup(path, (size_t)(slash - path) + 1) : NULL;
    if (folder)
        sca_dir_sweep(folder, slash + 1);
}

int sca_host_file_write(const char *path, struct sca_bytes content, unsigned mode)
{
    SCA_TEXT_AUTO real = realpath(path, NULL);
    struct stat st;
    if (real && stat(real, &st) == 0)
        mode = st.st_mode & 07777;
    const char *target = real ? real : path;
    sweep(target);
    int err = sca_file_replace(target, content);
    if (!err && chmod(target, mode) != 0)
        err = SCA_E_IO;
    return err;
}

/* Where @needle begins in @text at or behind @from, or SIZE_MAX. */
static size_t find(struct sca_bytes text, size_t from, const char *needle)
{
    if (!text.len || from > text.len)
        return SIZE_MAX;
    const uint8_t *at = memmem(text.data + from, text.len - from, needle, strlen(needle));
    return at ? (size_t)(at - text.data) : SIZE_MAX;
}

bool sca_block_find(struct sca_bytes text, size_t *ret_begin, size_t *ret_end)
{
    size_t begin = find(text, 0, BLOCK_BEGIN);
    if (begin == SIZE_MAX || (begin > 0 && text.data[begin - 1] != '\n'))
        return false;
    size_t end = find(text, begin, BLOCK_END);
    if (end == SIZE_MAX)
        return false;
    *ret_begin = begin;
    *ret_end = end + strlen(BLOCK_END);
    return true;
}

int sca_block_drop(struct sca_bytes text, struct sca_buf *ret_text)
{
    size_t begin = 0;
    size_t end = 0;
    sca_buf_init(ret_text, SCA_HOST_FILE_MAX);
    if (!sca_block_find(text, &begin, &end))
        return sca_buf_add(ret_text, text.data, text.len);
    sca_buf_add(ret_text, text.data, begin);
    return sca_buf_add(ret_text, text.data + end, text.len - end);
}

int sca_block_put(struct sca_bytes text, const char *host, const char *lines,
                  struct sca_buf *ret_text)
{
    SCA_BUF_AUTO rest = {0};
    int err = sca_block_drop(text, &rest);
    sca_buf_init(ret_text, SCA_HOST_FILE_MAX);
    if (err)
        return sca_buf_fail(ret_text, err);
    sca_buf_addf(ret_text, BLOCK_BEGIN "\"smartca unsetup %s\" takes it out again\n", host);
    sca_buf_add_text(ret_text, lines);
    sca_buf_add_text(ret_text, BLOCK_END);
    return sca_buf_add(ret_text, rest.data, rest.len);
}

static bool line_begins(struct sca_bytes line, const char *word)
{
    size_t len = strlen(word);
    while (line.len > 0 && (*line.data == ' ' || *line.data == '\t')) {
        line.data++;
        line.len--;
    }
    if (line.len < len || strncasecmp((const char *)line.data, word, len) != 0)
        return false;
    return line.len == len || strchr(" \t=\r", line.data[len]) != NULL;
}

bool sca_block_rival(struct sca_bytes text, const char *word, struct sca_bytes *ret_line)
{
    size_t begin = SIZE_MAX;
    size_t end = 0;
    (void)sca_block_find(text, &begin, &end);
    for (size_t at = 0; at < text.len;) {
        if (at == begin) {
            at = end;
            continue;
        }
        size_t stop = find(text, at, "\n");
        stop = stop == SIZE_MAX ? text.len : stop;
        *ret_line = (struct sca_bytes){text.data + at, stop - at};
        if (line_begins(*ret_line, word))
            return true;
        at = stop + 1;
    }
    return false;
}
