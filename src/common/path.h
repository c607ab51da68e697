/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything of one person lives, decided from the environment and two configuration keys,
 * so that module, agent and tool always agree; and safe ways to read and write those files.
 */
#ifndef SCA_COMMON_PATH_H
#define SCA_COMMON_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "buf.h"

/*
 * Set in the environment of the agent and of what it runs to fetch a secret. The module lists
 * nothing there: an openssl.cnf that loads it into every program loads it into the agent, too,
 * which would wait for its own answer. Programs that the agent shows to the person do not get it.
 */
#define SCA_INSIDE_AGENT "SMARTCA_INSIDE_AGENT"

/*
 * All paths absolute. Read once (secure_getenv, so that a set-id host ignores the environment):
 *   configuration  SMARTCA_CONF alone, else /etc/smartca/smartca.conf, then
 *                  $XDG_CONFIG_HOME/smartca/smartca.conf (default ~/.config)
 *   cache          key cache-dir of [smartca], else $XDG_CACHE_HOME/smartca (default ~/.cache)
 *   state          key state-dir of [smartca], else $XDG_STATE_HOME/smartca (default
 * ~/.local/state) socket         $XDG_RUNTIME_DIR/smartca/agent.sock, else
 * /run/user/UID/smartca/agent.sock (both only where the folder is ours and 0700), else
 * /tmp/smartca-UID/agent.sock; where configuration, cache or state is not the default,
 * "smartca-HASH" of the three. agent          SMARTCA_AGENT, else the installed tool Without HOME
 * the home folder comes from the password database. SMARTCA_CONF and SMARTCA_AGENT may be relative
 * to the working folder of the moment. A folder key is absolute or begins with "~/"; empty means
 * the default, any other value is not heeded here.
 */
struct sca_paths {
    char *conf[2]; /* in reading order, the later one wins; conf[1] may be NULL */
    char *cache_dir;
    char *state_dir;
    char *image; /* cache_dir/tokens */
    char *socket_dir;
    char *socket;
    char *agent; /* the smartca program, run as "smartca agent" */
};

/*
 * Reads the environment and small local files (without HOME also the password database); does not
 * touch the folders. Caller frees with sca_paths_free. SCA_E_NOMEM, or SCA_E_NOENT when no home
 * can be found.
 */
int sca_paths_new(struct sca_paths **ret_paths);
void sca_paths_free(struct sca_paths *paths);
static inline void sca_paths_cleanup(struct sca_paths **paths)
{
    sca_paths_free(*paths);
}
#define SCA_PATHS_AUTO __attribute__((cleanup(sca_paths_cleanup))) struct sca_paths *

/* What tells one version of a file from another; all zero when it does not exist. */
struct sca_stamp {
    uint64_t mtime_ns;
    uint64_t size;
    uint64_t inode;
};

struct sca_stamp sca_path_stamp(const char *path);
bool sca_stamp_equal(const struct sca_stamp *a, const struct sca_stamp *b);

/*
 * Reads a whole regular file that belongs to this user or root and that others cannot write, at
 * most
 * @max bytes, into @ret_content (initialised here, empty after a failure; caller clears). Never
 * blocks on a FIFO, follows no final symbolic link. @ret_stamp: of what was opened; may be NULL.
 * SCA_E_NOENT, SCA_E_PERM, SCA_E_LIMIT, SCA_E_IO, SCA_E_NOMEM.
 */
int sca_file_read(const char *path, size_t max, struct sca_buf *ret_content,
                  struct sca_stamp *ret_stamp);

/* True when the file, opened with the same care, has just this content; it is not kept in memory.
 */
bool sca_file_holds(const char *path, struct sca_bytes content);

/*
 * Replaces a file as a whole: written beside it 0600, fsync, rename, fsync of the folder. After
 * a failure or a crash the old content is there, or, where only the folder's fsync failed, the
 * new; never a part. SCA_E_IO, SCA_E_NOMEM.
 */
int sca_file_replace(const char *path, struct sca_bytes content);

/*
 * Puts a new file, 0600, where no reader ever sees a part of it. It is durable when @ret_fd and
 * then @ret_dir_fd, the caller's, have been synced; a power cut before that leaves nothing, all, or
 * a part of it. SCA_E_IO, SCA_E_NOMEM.
 */
int sca_file_place(const char *path, struct sca_bytes content, int *ret_fd, int *ret_dir_fd);

/*
 * Adds @line, which ends with a newline, to a file of one's own; where that ends within a line,
 * after a newline. After a failure a part may stand there, without a newline. It is durable when
 * @ret_fd, the caller's, has been synced. SCA_E_NOENT, SCA_E_PERM, SCA_E_IO; SCA_E_LIMIT: the file
 * would have more than @max bytes, and has not changed.
 */
int sca_file_append_line(const char *path, struct sca_bytes line, size_t max, int *ret_fd);

/*
 * Removes what a writer of the above left in the folder @path when it was killed:
 * ".NAME.sca-XXXXXX", ours, 0600, older than a minute. @name: of this file only, for folders where
 * others keep theirs; NULL: of any. Failures are nobody's concern. Reads at most some thousand
 * entries.
 */
void sca_dir_sweep(const char *path, const char *name);

/*
 * Checks that a folder belongs to this user, is 0700 and no symbolic link.
 * SCA_E_NOENT, SCA_E_PERM, SCA_E_IO.
 */
int sca_dir_check(const char *path);

/*
 * Makes a folder 0700 with its parents (0700 too), or checks one that is there (SCA_E_PERM).
 * SCA_E_IO when it cannot be made.
 */
int sca_dir_ensure(const char *path);

#endif
