/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a file that anybody may have damaged, in a buffer of fixed size. */
#include "ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/err.h"
#include "common/fd.h"
#include "common/text.h"

char *sca_ledger_file_path(const struct sca_paths *paths)
{
    char *path = NULL;

    return asprintf(&path, "%s/ledger", paths->state_dir) < 0 ? NULL : path;
}

int sca_ledger_file_open(const struct sca_paths *paths, int *ret_fd)
{
    SCA_TEXT_AUTO path = sca_ledger_file_path(paths);

    if (path == NULL)
        return SCA_E_NOMEM;
    struct stat st;
    SCA_FD_AUTO fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? SCA_E_NOENT : errno == ELOOP ? SCA_E_PERM : SCA_E_IO;
    if (fstat(fd, &st) != 0)
        return SCA_E_IO;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return SCA_E_PERM;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* What is longer than the buffer is skipped to its end. */
static bool next_line(FILE *file, char line[static SCA_LEDGER_LINE_MAX], size_t *ret_len,
                      bool *ret_whole)
{
    size_t len = 0;
    int letter = getc(file);

    *ret_whole = true;
    if (letter == EOF)
        return false;
    for (; letter != EOF && letter != '\n'; letter = getc(file)) {
        if (len < SCA_LEDGER_LINE_MAX)
            line[len++] = (char)letter;
        else
            *ret_whole = false;
    }
    *ret_len = len;
    return true;
}

static int read_lines(FILE *file, sca_ledger_file_line *each, void *arg)
{
    SCA_TEXT_AUTO line = malloc(SCA_LEDGER_LINE_MAX);
    size_t len = 0;
    bool whole = true;
    bool go_on = true;

    if (line == NULL)
        return SCA_E_NOMEM;
    while (go_on && next_line(file, line, &len, &whole)) {
        if (len > 0)
            go_on = each(arg, line, len, whole);
    }
    return ferror(file) != 0 ? SCA_E_IO : 0;
}

int sca_ledger_file_each(int fd, sca_ledger_file_line *each, void *arg)
{
    FILE *file = fdopen(fd, "r");

    if (file == NULL) {
        close(fd);
        return SCA_E_NOMEM;
    }
    int err = read_lines(file, each, arg);
    fclose(file);
    return err;
}
