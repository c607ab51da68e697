/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NSS databases by modutil, with -force: it asks whether the browser is closed, which was looked
 * up before. modutil writes pkcs11.txt only; in a folder without a database it would make one
 * whose password nobody was asked for, so certutil makes it, with the empty password.
 */
#include "setup_nss.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/err.h"
#include "common/text.h"

#define MODULE_FILE "smartca-pkcs11.so"

/* The value of a line "key=value", or false. */
static bool value_of(struct sca_bytes line, const char *key, struct sca_bytes *ret_value)
{
    size_t len = strlen(key);
    if (line.len < len || memcmp(line.data, key, len) != 0)
        return false;
    *ret_value = (struct sca_bytes){line.data + len, line.len - len};
    return true;
}

static bool same_module(struct sca_bytes listed, const char *module)
{
    SCA_TEXT_AUTO path = strndup((const char *)listed.data, listed.len);
    if (!path)
        return false;
    const char *base = strrchr(path, '/');
    if (sca_streq(path, module) || sca_streq(base ? base + 1 : path, MODULE_FILE))
        return true;
    SCA_TEXT_AUTO one = realpath(path, NULL);
    SCA_TEXT_AUTO other = realpath(module, NULL);
    return one && sca_streq(one, other);
}

static struct sca_bytes next_line(struct sca_bytes *text)
{
    const uint8_t *end = memchr(text->data, '\n', text->len);
    size_t len = end ? (size_t)(end - text->data) : text->len;
    struct sca_bytes line = {text->data, len};
    len += end ? 1 : 0;
    text->data += len;
    text->len -= len;
    return line;
}

bool sca_nss_lists(struct sca_bytes text, const char *module, struct sca_bytes *ret_path,
                   struct sca_bytes *ret_name)
{
    struct sca_bytes path = {0};
    struct sca_bytes name = {0};
    while (text.len > 0) {
        struct sca_bytes line = next_line(&text);
        (void)value_of(line, "library=", &path);
        (void)value_of(line, "name=", &name);
        if (line.len > 0 && text.len > 0)
            continue;
        if (path.len > 0 && same_module(path, module)) {
            if (ret_path)
                *ret_path = path;
            if (ret_name)
                *ret_name = name;
            return true;
        }
        path = (struct sca_bytes){0};
        name = (struct sca_bytes){0};
    }
    return false;
}

static char *empty_text(void)
{
    return strdup("");
}

/* argv of execvp is char *const[] for history's sake; nothing is written to. */
static char *word(const char *text)
{
    return (char *)(uintptr_t)text;
}

static int make_database(const char *folder, char **ret_said)
{
    SCA_TEXT_AUTO file = sca_text_format("%s/cert9.db", folder + strlen("sql:"));
    if (!file)
        return SCA_E_NOMEM;
    if (access(file, F_OK) == 0) {
        *ret_said = empty_text();
        return 0;
    }
    return sca_run((char *const[]){word("certutil"), word("-N"), word("-d"), word(folder),
                                   word("--empty-password"), NULL},
                   ret_said);
}

int sca_nss_add(const struct sca_target *target, char **ret_said)
{
    SCA_TEXT_AUTO folder = sca_text_format("sql:%s", target->path);
    if (!folder)
        return SCA_E_NOMEM;
    int err = make_database(folder, ret_said);
    if (err)
        return err;
    free(*ret_said);
    *ret_said = NULL;
    /* modutil loads the module, as the program will. */
    SCA_TEXT_AUTO runtime =
        target->runtime ? sca_text_format("XDG_RUNTIME_DIR=%s", target->runtime) : strdup("-");
    if (!runtime)
        return SCA_E_NOMEM;
    char *const argv[] = {
        word("env"),  runtime,      word("modutil"), word("-force"),   word("-dbdir"),
        word(folder), word("-add"), word("smartca"), word("-libfile"), word(target->module),
        NULL};
    return sca_run(target->runtime ? argv : argv + 2, ret_said);
}

int sca_nss_delete(const struct sca_target *target, const char *name, char **ret_said)
{
    SCA_TEXT_AUTO folder = sca_text_format("sql:%s", target->path);
    if (!folder)
        return SCA_E_NOMEM;
    return sca_run((char *const[]){word("modutil"), word("-force"), word("-dbdir"), word(folder),
                                   word("-delete"), word(name), NULL},
                   ret_said);
}
