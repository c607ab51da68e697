/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One JSON object per account. A file that is damaged or of other settings counts as none: the
 * person logs in again, and it is replaced.
 */
#include "token_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "account_file.h"
#include "cloud/json.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/text.h"

#define VERSION  1
#define FILE_MAX (2u * SCA_SECRET_MAX)

/* ---- the file's text ------------------------------------------------------------------------- */

/* What the token belongs to. */
struct owner {
    const char *key;
    const char *value;
};

#define OWNER_KEYS 4

static void owner_of(const struct sca_config_account *account, struct owner ret_owner[OWNER_KEYS])
{
    ret_owner[0] = (struct owner){"provider", account->provider->name};
    ret_owner[1] = (struct owner){"url", account->url};
    ret_owner[2] = (struct owner){"client", account->client_id};
    ret_owner[3] = (struct owner){"user", account->user_id};
    for (size_t i = 0; i < OWNER_KEYS; i++) {
        if (ret_owner[i].value == NULL)
            ret_owner[i].value = "";
    }
}

static int encode(const struct sca_config_account *account, const struct sca_secret *refresh,
                  struct sca_buf *out)
{
    struct owner owner[OWNER_KEYS];

    owner_of(account, owner);
    sca_json_open(out, NULL, '{');
    sca_json_put_int(out, "version", VERSION);
    for (size_t i = 0; i < OWNER_KEYS; i++)
        sca_json_put_text(out, owner[i].key, owner[i].value);
    sca_json_put(out, "refresh", sca_secret_bytes(refresh));
    sca_json_close(out, '}');
    return sca_buf_add_text(out, "\n");
}

int sca_token_store_decode(struct sca_bytes text, const struct sca_config_account *account,
                           struct sca_secret **ret_refresh)
{
    SCA_JSON_AUTO root = NULL;
    struct owner owner[OWNER_KEYS];
    int64_t version = 0;
    int err = sca_json_load(text, &root);

    if (err != 0)
        return err;
    const char *refresh = sca_json_text(root, "refresh");
    if (!sca_json_int(root, "version", &version) || version != VERSION || refresh == NULL ||
        *refresh == '\0')
        return SCA_E_FORMAT;
    owner_of(account, owner);
    for (size_t i = 0; i < OWNER_KEYS; i++) {
        if (!sca_streq(sca_json_text(root, owner[i].key), owner[i].value))
            return SCA_E_NOENT;
    }
    return sca_secret_new(refresh, strlen(refresh), ret_refresh);
}

/* ---- files ----------------------------------------------------------------------------------- */

static char *file_of(const struct sca_paths *paths, const char *account, const char *suffix)
{
    return sca_account_file(paths->state_dir, "token-", account, suffix);
}

int sca_token_store_lock(const struct sca_paths *paths, const char *account, int *ret_fd)
{
    SCA_TEXT_AUTO path = file_of(paths, account, ".lock");
    int err = path == NULL ? SCA_E_NOMEM : sca_dir_ensure(paths->state_dir);

    if (err != 0)
        return err;
    SCA_FD_AUTO fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    if (fd < 0)
        return errno == ELOOP ? SCA_E_PERM : SCA_E_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? 1 : SCA_E_IO;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int sca_token_store_load(const struct sca_paths *paths, const struct sca_config_account *account,
                         struct sca_secret **ret_refresh)
{
    SCA_TEXT_AUTO path = file_of(paths, account->name, "");
    SCA_BUF_AUTO content = {0};
    struct sca_secret *refresh = NULL;
    int err = path == NULL ? SCA_E_NOMEM : sca_file_read(path, FILE_MAX, &content, NULL);

    if (err == 0)
        err = sca_token_store_decode((struct sca_bytes){content.data, content.len}, account,
                                     &refresh);
    if (err == SCA_E_NOMEM)
        return err;
    if (err != 0 && err != SCA_E_NOENT)
        sca_log(SCA_LOG_WARNING, "config", "%s: not a stored log-in (%s)", path, sca_err_name(err));
    *ret_refresh = refresh;
    return 0;
}

int sca_token_store_save(const struct sca_paths *paths, const struct sca_config_account *account,
                         const struct sca_secret *refresh)
{
    SCA_TEXT_AUTO path = file_of(paths, account->name, "");
    SCA_BUF_AUTO content = {0};
    int err = path == NULL ? SCA_E_NOMEM : sca_dir_ensure(paths->state_dir);

    sca_buf_init(&content, FILE_MAX);
    if (err == 0)
        err = encode(account, refresh, &content);
    if (err == 0)
        err = sca_file_replace(path, (struct sca_bytes){content.data, content.len});
    return err;
}

int sca_token_store_forget(const struct sca_paths *paths, const char *account)
{
    SCA_TEXT_AUTO path = file_of(paths, account, "");

    if (path == NULL)
        return SCA_E_NOMEM;
    return unlink(path) == 0 || errno == ENOENT ? 0 : SCA_E_IO;
}
