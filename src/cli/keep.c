/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three ways to keep a secret. What is put in is read back the way the agent will, by the words
 * that the configuration gets, before anything relies on it.
 * Source: secret-tool(1); systemd-creds(1), whose --user is for everybody but root (version 256).
 */
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "agent/account_file.h"
#include "agent/argv.h"
#include "agent/draft.h"
#include "agent/i18n.h"
#include "common/err.h"
#include "common/text.h"
#include "pipe_run.h"
#include "setup_nss.h"

#define LIMIT_MS      60000 /* the keyring may have to be unlocked by the person */
#define COMMAND       "command:"
#define TRIAL_ACCOUNT "trial"
#define TRIAL_SETTING "nothing"

static const char *const names[SCA_KEEP__COUNT] = {"secret-tool", "systemd-creds", "file",
                                                   "prompt"};

const char *sca_keep_name(enum sca_keep keep)
{
    return names[keep];
}

bool sca_keep_find(const char *name, enum sca_keep *ret_keep)
{
    for (size_t i = 0; i < SCA_KEEP__COUNT; i++) {
        if (sca_streq(names[i], name)) {
            *ret_keep = (enum sca_keep)i;
            return true;
        }
    }
    return false;
}

/* Beside the person's configuration file; absolute, because the agent has a folder of its own. */
static char *folder_of(const struct sca_paths *paths)
{
    const char *conf = paths->conf[1] ? paths->conf[1] : paths->conf[0];
    const char *slash = strrchr(conf, '/');
    SCA_TEXT_AUTO here = slash ? strndup(conf, (size_t)(slash - conf) + 1) : strdup(".");
    SCA_TEXT_AUTO real = here ? realpath(here, NULL) : NULL;
    if (!real && conf[0] == '/')
        return sca_text_format("%ssecrets", here ? here : ""); /* it is made later */
    return real ? sca_text_format("%s/secrets", real) : NULL;
}

static char *file_of(const struct sca_paths *paths, const char *account, const char *setting,
                     const char *suffix)
{
    SCA_TEXT_AUTO folder = folder_of(paths);
    SCA_TEXT_AUTO end = sca_text_format(".%s%s", setting, suffix);
    return folder && end ? sca_account_file(folder, "", account, end) : NULL;
}

char *sca_keep_words(const struct sca_paths *paths, enum sca_keep keep)
{
    SCA_TEXT_AUTO folder = folder_of(paths);
    switch (keep) {
    case SCA_KEEP_SECRET_TOOL:
        return strdup(_("in the desktop's keyring (secret-tool), unlocked when you log in"));
    case SCA_KEEP_SYSTEMD_CREDS:
        return strdup(_("encrypted in a file that only this computer can read (systemd-creds)"));
    case SCA_KEEP_FILE:
        return sca_text_format(
            _("in a plain file that only you can read, in %s; not encrypted: who gets hold of "
              "your files or of the disk can read it"),
            folder ? folder : "");
    case SCA_KEEP_PROMPT:
    case SCA_KEEP__COUNT:
        break;
    }
    return strdup(_("nowhere: you are asked each time it is needed"));
}

/* One word of a command line, in quotes; see agent/argv.h. */
static char *quoted(const char *text)
{
    SCA_BUF_AUTO out = {0};
    sca_buf_init(&out, 8192);
    sca_buf_add_u8(&out, '\'');
    for (; *text; text++)
        *text == '\'' ? sca_buf_add_text(&out, "'\\''") : sca_buf_add(&out, text, 1);
    sca_buf_add_u8(&out, '\'');
    return sca_buf_add_u8(&out, '\0') ? NULL : strdup((const char *)out.data);
}

/* A name that is no plain word comes from a file that was written by hand. */
static char *word_of(const char *account)
{
    return sca_draft_is_name(account) ? strdup(account) : quoted(account);
}

static const char *user_option(void)
{
    return geteuid() == 0 ? "" : " --user";
}

/* What the configuration says where @setting is kept so. */
static char *value_of(const struct sca_paths *paths, enum sca_keep keep, const char *account,
                      const char *setting)
{
    SCA_TEXT_AUTO path =
        file_of(paths, account, setting, keep == SCA_KEEP_SYSTEMD_CREDS ? ".cred" : "");
    SCA_TEXT_AUTO word = path ? quoted(path) : NULL;
    SCA_TEXT_AUTO name = word_of(account);
    switch (keep) {
    case SCA_KEEP_SECRET_TOOL:
        return name ? sca_text_format(COMMAND "secret-tool lookup service smartca account %s "
                                              "setting %s",
                                      name, setting)
                    : NULL;
    case SCA_KEEP_SYSTEMD_CREDS:
        return word ? sca_text_format(COMMAND "systemd-creds%s decrypt --name=smartca %s -",
                                      user_option(), word)
                    : NULL;
    case SCA_KEEP_FILE:
        return path ? sca_text_format("file:%s", path) : NULL;
    case SCA_KEEP_PROMPT:
    case SCA_KEEP__COUNT:
        break;
    }
    return strdup("prompt");
}

/* Runs words like those of a configuration. */
static int run_words(const char *words, struct sca_bytes input, struct sca_buf *ret_output)
{
    SCA_ARGV_AUTO argv = NULL;
    int err = words ? sca_argv_split(words, &argv) : SCA_E_NOMEM;
    if (err && ret_output)
        sca_buf_init(ret_output, 0);
    return err ? err : sca_pipe_run(argv, input, LIMIT_MS, ret_output);
}

static int write_own(const struct sca_paths *paths, const char *path, struct sca_bytes content)
{
    SCA_TEXT_AUTO folder = folder_of(paths);
    if (!folder || !path)
        return SCA_E_NOMEM;
    int err = sca_dir_ensure(folder);
    return err ? err : sca_file_replace(path, content);
}

static int put_encrypted(const struct sca_paths *paths, const char *path, struct sca_bytes secret)
{
    SCA_BUF_AUTO output = {0};
    SCA_TEXT_AUTO words =
        sca_text_format("systemd-creds%s encrypt --name=smartca - -", user_option());
    int err = run_words(words, secret, &output);
    return err ? err : write_own(paths, path, (struct sca_bytes){output.data, output.len});
}

static int put(const struct sca_paths *paths, enum sca_keep keep, const char *account,
               const char *setting, struct sca_bytes secret)
{
    SCA_TEXT_AUTO path =
        file_of(paths, account, setting, keep == SCA_KEEP_SYSTEMD_CREDS ? ".cred" : "");
    if (keep == SCA_KEEP_FILE)
        return write_own(paths, path, secret);
    if (keep == SCA_KEEP_SYSTEMD_CREDS)
        return put_encrypted(paths, path, secret);
    SCA_TEXT_AUTO name = word_of(account);
    SCA_TEXT_AUTO words =
        name ? sca_text_format("secret-tool store --label='smartca '%s' %s' service smartca "
                               "account %s setting %s",
                               name, setting, name, setting)
             : NULL;
    return run_words(words, secret, NULL);
}

/* As the agent will get it: by the configuration's words. */
static int read_back(const char *value, struct sca_bytes secret)
{
    SCA_BUF_AUTO output = {0};
    int err = 0;
    if (strncmp(value, COMMAND, strlen(COMMAND)) == 0)
        err = run_words(value + strlen(COMMAND), (struct sca_bytes){0}, &output);
    else
        err = sca_file_read(value + strlen("file:"), SCA_PIPE_INPUT_MAX, &output, NULL);
    if (err)
        return err;
    if (output.len == secret.len + 1 && output.data[secret.len] == '\n')
        output.len--;
    return output.len == secret.len && memcmp(output.data, secret.data, secret.len) == 0
               ? 0
               : SCA_E_FORMAT;
}

int sca_keep_put(const struct sca_paths *paths, enum sca_keep keep, const char *account,
                 const char *setting, const struct sca_secret *secret, char **ret_value)
{
    const struct sca_bytes bytes = sca_secret_bytes(secret);
    SCA_TEXT_AUTO value = value_of(paths, keep, account, setting);
    if (!value)
        return SCA_E_NOMEM;
    if (bytes.len == 0 || bytes.len >= SCA_PIPE_INPUT_MAX)
        return SCA_E_LIMIT;
    int err = keep == SCA_KEEP_PROMPT ? 0 : put(paths, keep, account, setting, bytes);
    if (!err && keep != SCA_KEEP_PROMPT)
        err = read_back(value, bytes);
    if (err)
        return err;
    *ret_value = value;
    value = NULL;
    return 0;
}

bool sca_keep_is_ours(const struct sca_paths *paths, const char *account, const char *setting,
                      const char *value, enum sca_keep *ret_keep)
{
    for (size_t i = 0; i < SCA_KEEP_PROMPT; i++) {
        SCA_TEXT_AUTO ours = value_of(paths, (enum sca_keep)i, account, setting);
        if (ours && sca_streq(ours, value)) {
            *ret_keep = (enum sca_keep)i;
            return true;
        }
    }
    return false;
}

int sca_keep_drop(const struct sca_paths *paths, enum sca_keep keep, const char *account,
                  const char *setting)
{
    SCA_TEXT_AUTO folder = folder_of(paths);
    SCA_TEXT_AUTO path =
        file_of(paths, account, setting, keep == SCA_KEEP_SYSTEMD_CREDS ? ".cred" : "");
    if (keep == SCA_KEEP_PROMPT)
        return 0;
    if (keep == SCA_KEEP_SECRET_TOOL) {
        SCA_TEXT_AUTO name = word_of(account);
        SCA_TEXT_AUTO words =
            name ? sca_text_format("secret-tool clear service smartca account %s setting %s", name,
                                   setting)
                 : NULL;
        int err = run_words(words, (struct sca_bytes){0}, NULL);
        return err == SCA_E_IO ? 0 : err; /* it fails where there is nothing */
    }
    if (!path || !folder)
        return SCA_E_NOMEM;
    if (unlink(path) != 0 && access(path, F_OK) == 0)
        return SCA_E_IO;
    (void)rmdir(folder); /* where it was the last one */
    return 0;
}

/* Cheap reasons why it cannot work. */
static bool is_here(enum sca_keep keep)
{
    const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
    SCA_TEXT_AUTO bus = sca_text_format("%s/bus", runtime ? runtime : "");
    if (keep == SCA_KEEP_SYSTEMD_CREDS)
        return sca_program_here("systemd-creds");
    return sca_program_here("secret-tool") &&
           (secure_getenv("DBUS_SESSION_BUS_ADDRESS") || (bus && access(bus, F_OK) == 0));
}

bool sca_keep_works(const struct sca_paths *paths, enum sca_keep keep)
{
    static const char word[] = "nothing secret";
    SCA_SECRET_AUTO secret = NULL;
    SCA_TEXT_AUTO value = NULL;
    SCA_BUF_AUTO output = {0};
    const struct sca_bytes bytes = {(const uint8_t *)word, strlen(word)};
    if (keep == SCA_KEEP_FILE || keep == SCA_KEEP_PROMPT)
        return true;
    if (!is_here(keep))
        return false;
    if (keep == SCA_KEEP_SYSTEMD_CREDS) { /* without a file */
        SCA_TEXT_AUTO words =
            sca_text_format("systemd-creds%s encrypt --name=smartca - -", user_option());
        return run_words(words, bytes, &output) == 0;
    }
    if (sca_secret_new(word, strlen(word), &secret) != 0)
        return false;
    int err = sca_keep_put(paths, keep, TRIAL_ACCOUNT, TRIAL_SETTING, secret, &value);
    (void)sca_keep_drop(paths, keep, TRIAL_ACCOUNT, TRIAL_SETTING);
    return err == 0;
}
