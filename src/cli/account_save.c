/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing accounts. The file is changed under a lock on its folder, from what it says at that
 * moment, and replaced as a whole; a symbolic link of the person's stays one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "account.h"
#include "agent/leftovers.h"
#include "agent/token_store.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/text.h"
#include "setup.h"

#define CONF_MAX  (1024u * 1024u)
#define CHANGED   1 /* positive: somebody else has changed the section meanwhile */
#define KEEP_NONE SCA_KEEP__COUNT

const char *sca_account_conf(const struct sca_cli *cli)
{
    return cli->paths->conf[1] ? cli->paths->conf[1] : cli->paths->conf[0];
}

/* ---- the file -------------------------------------------------------------------------------- */

/* The configuration file while it is being changed. */
struct file {
    char *path; /* what is replaced: links are followed */
    int lock;
    struct sca_buf text;
};

static void close_file(struct file *file)
{
    sca_buf_clear(&file->text);
    sca_fd_close(&file->lock);
    free(file->path);
}
#define FILE_AUTO __attribute__((cleanup(close_file))) struct file

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");
}

/* Makes the folder where there is none; one that is there may be as open as the person likes. */
static int lock_folder(const char *folder, int *ret_lock)
{
    if (access(folder, F_OK) != 0 && errno == ENOENT) {
        SCA_TEXT_AUTO name = strndup(folder, strlen(folder) - 1);
        int err = name ? sca_dir_ensure(name) : SCA_E_NOMEM;
        if (err)
            return err;
    }
    SCA_FD_AUTO fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
        return SCA_E_IO;
    *ret_lock = fd;
    fd = -1;
    return 0;
}

/* Lines of ours would make nonsense of it. */
static bool is_utf16(const struct sca_buf *text)
{
    return text->len >= 2 &&
           (memcmp(text->data, "\xff\xfe", 2) == 0 || memcmp(text->data, "\xfe\xff", 2) == 0);
}

static int read_text(const char *path, struct sca_buf *ret_text)
{
    int err = sca_file_read(path, CONF_MAX, ret_text, NULL);
    if (err == SCA_E_NOENT)
        return 0;
    return err == 0 && is_utf16(ret_text) ? SCA_E_FORMAT : err;
}

static bool leads_nowhere(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && stat(path, &st) != 0;
}

static int open_file(const char *conf, struct file *ret_file)
{
    *ret_file = (struct file){.path = realpath(conf, NULL), .lock = -1};
    if (leads_nowhere(conf))
        return SCA_E_NOENT;
    if (!ret_file->path)
        ret_file->path = strdup(conf);
    SCA_TEXT_AUTO folder = ret_file->path ? folder_of(ret_file->path) : NULL;
    if (!folder)
        return SCA_E_NOMEM;
    int err = lock_folder(folder, &ret_file->lock);
    return err ? err : read_text(ret_file->path, &ret_file->text);
}

static struct sca_bytes text_of(const struct file *file)
{
    return (struct sca_bytes){file->text.data, file->text.len};
}

static char *section_of(const struct sca_draft *draft)
{
    return sca_text_format("account:%s", draft->name);
}

static bool was_so(const struct sca_draft *a, const struct sca_draft *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct sca_draft_setting *setting = &a->settings[i];
        size_t k = 0;
        while (k < b->count && !sca_streq(b->settings[k].key, setting->key))
            k++;
        if (setting->was && (k == b->count || !sca_streq(setting->was, b->settings[k].was)))
            return false;
    }
    return true;
}

/* 0 where the account is in the files as it was when the draft was made, or CHANGED. */
static int still_so(const struct sca_cli *cli, const struct sca_draft *draft)
{
    SCA_DRAFT_AUTO now = {0};
    int err = sca_draft_load(cli->paths, draft->name, &now);
    if (err && err != SCA_E_NOENT)
        return err;
    bool same = now.own == draft->own && was_so(draft, &now) && was_so(&now, draft);
    return same ? 0 : CHANGED;
}

/* From here to close_file nobody else changes accounts: neither the file nor the secrets. */
static int open_account(const struct sca_cli *cli, const struct sca_draft *draft,
                        struct file *ret_file)
{
    int err = open_file(sca_account_conf(cli), ret_file);
    sca_leftovers_remove(cli->paths);
    return err ? err : still_so(cli, draft);
}

/* The draft's changes into its section. */
static int change_file(const struct file *file, const struct sca_draft *draft,
                       const struct sca_config_change *changes, size_t count)
{
    SCA_BUF_AUTO text = {0};
    SCA_TEXT_AUTO section = section_of(draft);
    int err =
        section ? sca_config_change(text_of(file), section, changes, count, &text) : SCA_E_NOMEM;
    return err ? err : sca_file_replace(file->path, (struct sca_bytes){text.data, text.len});
}

static int drop_section(const struct file *file, const struct sca_draft *draft)
{
    SCA_BUF_AUTO text = {0};
    SCA_TEXT_AUTO section = section_of(draft);
    int err = section ? sca_config_drop(text_of(file), section, &text) : SCA_E_NOMEM;
    return err ? err : sca_file_replace(file->path, (struct sca_bytes){text.data, text.len});
}

static int tell_file(const char *conf, int err)
{
    if (err == CHANGED)
        return sca_cli_fail(_("Another program has changed the account in %s meanwhile. Nothing "
                              "was changed; try again."),
                            conf);
    if (err == SCA_E_PERM)
        return sca_cli_fail(_("%s belongs to another user or others can change it. Nothing was "
                              "changed. Run: chown \"$USER\" %s; chmod 600 %s"),
                            conf, conf, conf);
    if (err == SCA_E_NOENT)
        return sca_cli_fail(_("%s is a link that leads nowhere. Nothing was changed. Remove the "
                              "link, or make the file that it leads to."),
                            conf);
    if (err == SCA_E_FORMAT)
        return sca_cli_fail(_("%s is UTF-16 text. Nothing was changed. Save it as UTF-8."), conf);
    return sca_cli_fail(_("%s cannot be written (%s). Nothing was changed. Check the free disk "
                          "space and the folder's permissions."),
                        conf, sca_err_name(err));
}

/* The folder that is there, of those on the way to @path, can be written to. */
static bool has_room(const char *path)
{
    SCA_TEXT_AUTO part = folder_of(path);
    while (part && access(part, F_OK) != 0) {
        size_t len = strlen(part);
        while (len > 1 && part[len - 1] == '/')
            part[--len] = '\0';
        char *slash = strrchr(part, '/');
        if (!slash)
            return access(".", W_OK) == 0;
        slash[1] = '\0';
    }
    return part && access(part, W_OK) == 0;
}

int sca_account_ready(const struct sca_cli *cli)
{
    const char *conf = sca_account_conf(cli);
    SCA_BUF_AUTO text = {0};
    SCA_TEXT_AUTO real = realpath(conf, NULL);
    int err = real ? read_text(real, &text) : leads_nowhere(conf) ? SCA_E_NOENT : 0;
    if (!err && !has_room(real ? real : conf))
        err = SCA_E_IO;
    return err ? tell_file(conf, err) : SCA_EXIT_OK;
}

/* ---- the secrets ----------------------------------------------------------------------------- */

/* What is put away for one save; values by the draft's settings, NULL where there is no secret. */
struct kept {
    char *values[SCA_DRAFT_SETTINGS_MAX];
};

static void free_kept(struct kept *kept)
{
    for (size_t i = 0; i < SCA_DRAFT_SETTINGS_MAX; i++)
        free(kept->values[i]);
}

/* Its secret replaces the one that the file relies on, at the same place. */
static bool in_place(const struct sca_cli *cli, const struct sca_draft *draft,
                     const struct sca_draft_setting *setting, enum sca_keep keep)
{
    enum sca_keep old = KEEP_NONE;
    return setting->secret && setting->was &&
           sca_keep_is_ours(cli->paths, draft->name, setting->key, setting->was, &old) &&
           old == keep;
}

static void take_back(const struct sca_cli *cli, const struct sca_draft *draft, enum sca_keep keep,
                      const struct kept *kept)
{
    for (size_t i = 0; i < draft->count; i++) {
        if (kept->values[i])
            (void)sca_keep_drop(cli->paths, keep, draft->name, draft->settings[i].key);
    }
}

/* The secrets that get a place, or those that keep theirs. Returns which it failed for, or NULL. */
static const char *put_away(const struct sca_cli *cli, const struct sca_draft *draft,
                            enum sca_keep keep, bool same_place, struct kept *kept, int *ret_err)
{
    for (size_t i = 0; i < draft->count; i++) {
        const struct sca_draft_setting *setting = &draft->settings[i];
        if (!setting->secret || in_place(cli, draft, setting, keep) != same_place)
            continue;
        *ret_err = sca_keep_put(cli->paths, keep, draft->name, setting->key, setting->secret,
                                &kept->values[i]);
        if (*ret_err && !same_place)
            (void)sca_keep_drop(cli->paths, keep, draft->name, setting->key);
        if (*ret_err)
            return setting->key;
    }
    return NULL;
}

/* The place that a setting had in the file and does not have any more. */
static void drop_old(const struct sca_cli *cli, const struct sca_draft *draft, enum sca_keep keep,
                     const struct kept *kept)
{
    for (size_t i = 0; i < draft->count; i++) {
        const struct sca_draft_setting *setting = &draft->settings[i];
        const char *now = kept->values[i] ? kept->values[i] : setting->value;
        enum sca_keep old = KEEP_NONE;
        if (setting->was && !sca_streq(setting->was, now) && !in_place(cli, draft, setting, keep) &&
            sca_keep_is_ours(cli->paths, draft->name, setting->key, setting->was, &old))
            (void)sca_keep_drop(cli->paths, old, draft->name, setting->key);
    }
}

static size_t add_kept(const struct sca_draft *draft, const struct kept *kept,
                       struct sca_config_change *changes, size_t count)
{
    for (size_t i = 0; i < draft->count; i++) {
        if (kept->values[i] && !sca_streq(kept->values[i], draft->settings[i].was))
            changes[count++] =
                (struct sca_config_change){.key = draft->settings[i].key, .value = kept->values[i]};
    }
    return count;
}

static int tell_secret(enum sca_keep keep, const char *key, int err, bool others_changed)
{
    if (others_changed)
        return sca_cli_fail(_("The secret %s cannot be kept by %s (%s) and is the old one; the "
                              "other settings are changed. Choose another place: --store"),
                            key, sca_keep_name(keep), sca_err_name(err));
    return sca_cli_fail(_("The secret %s cannot be kept by %s (%s). Nothing was changed. "
                          "Choose another place: --store"),
                        key, sca_keep_name(keep), sca_err_name(err));
}

/* New secrets, the file, and what replaces the secrets that it relies on: each step can fail. */
static int save(const struct sca_cli *cli, const struct file *file, const struct sca_draft *draft,
                enum sca_keep keep, struct kept *kept)
{
    struct sca_config_change changes[SCA_DRAFT_SETTINGS_MAX];
    int err = 0;
    const char *key = put_away(cli, draft, keep, false, kept, &err);
    size_t count = add_kept(draft, kept, changes, sca_draft_changes(draft, changes));
    if (!err && (count > 0 || !draft->own))
        err = change_file(file, draft, changes, count);
    if (err) {
        take_back(cli, draft, keep, kept);
        return key ? tell_secret(keep, key, err, false) : tell_file(sca_account_conf(cli), err);
    }
    drop_old(cli, draft, keep, kept);
    key = put_away(cli, draft, keep, true, kept, &err);
    return key ? tell_secret(keep, key, err, count > 0) : SCA_EXIT_OK;
}

int sca_account_save(const struct sca_cli *cli, const struct sca_draft *draft, enum sca_keep keep)
{
    FILE_AUTO file = {.lock = -1};
    struct kept kept = {0};
    int err = open_account(cli, draft, &file);
    int status = err ? tell_file(sca_account_conf(cli), err) : save(cli, &file, draft, keep, &kept);
    free_kept(&kept);
    return status;
}

size_t sca_account_secrets(const struct sca_cli *cli, const struct sca_draft *draft)
{
    size_t count = 0;
    enum sca_keep keep = KEEP_NONE;
    for (size_t i = 0; i < draft->count; i++) {
        const struct sca_draft_setting *setting = &draft->settings[i];
        count += setting->value &&
                 sca_keep_is_ours(cli->paths, draft->name, setting->key, setting->value, &keep);
    }
    return count;
}

int sca_account_drop(const struct sca_cli *cli, const struct sca_draft *draft, bool secrets)
{
    FILE_AUTO file = {.lock = -1};
    int status = SCA_EXIT_OK;
    int err = open_account(cli, draft, &file);
    if (!err)
        err = drop_section(&file, draft);
    if (err)
        return tell_file(sca_account_conf(cli), err);
    for (size_t i = 0; secrets && i < draft->count; i++) {
        const struct sca_draft_setting *setting = &draft->settings[i];
        enum sca_keep keep = KEEP_NONE;
        if (!setting->value ||
            !sca_keep_is_ours(cli->paths, draft->name, setting->key, setting->value, &keep))
            continue;
        err = sca_keep_drop(cli->paths, keep, draft->name, setting->key);
        if (err)
            status = sca_cli_fail(_("The secret %s cannot be taken out of %s (%s)."), setting->key,
                                  sca_keep_name(keep), sca_err_name(err));
    }
    if (secrets && sca_token_store_forget(cli->paths, draft->name))
        status = sca_cli_fail(_("The stored log-in cannot be deleted."));
    return status;
}

enum sca_keep sca_account_keep(const struct sca_cli *cli)
{
    enum sca_keep keep = SCA_KEEP_SECRET_TOOL;
    while (!sca_keep_works(cli->paths, keep)) /* a file always does */
        keep++;
    return keep;
}
