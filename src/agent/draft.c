/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drafts of accounts. For the judgement a section is made in memory and given to the reader of
 * files; a secret without a place takes part as "prompt" and is put in afterwards, so that no
 * secret is taken for "file:..." or the like.
 */
#include "draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "common/err.h"
#include "common/text.h"
#include "config_account.h"
#include "totp.h"

#define NAME_LEN_MAX 40
#define PREFIX       "account:"

bool sca_draft_is_name(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    return len > 0 && len <= NAME_LEN_MAX && name[len] == '\0';
}

bool sca_draft_is_setting(const char *key, bool *ret_secret)
{
    return sca_config_is_setting(key, ret_secret);
}

int sca_draft_new(const char *name, struct sca_draft *ret_draft)
{
    *ret_draft = (struct sca_draft){.name = strdup(name)};
    return ret_draft->name != NULL ? 0 : SCA_E_NOMEM;
}

static void free_text(char **text)
{
    if (*text != NULL)
        sca_wipe(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

void sca_draft_clear(struct sca_draft *draft)
{
    for (size_t i = 0; i < draft->count; i++) {
        struct sca_draft_setting *setting = &draft->settings[i];

        free(setting->key);
        free_text(&setting->value);
        free_text(&setting->was);
        sca_secret_free(&setting->secret);
    }
    free(draft->name);
    *draft = (struct sca_draft){0};
}

static struct sca_draft_setting *find(const struct sca_draft *draft, const char *key)
{
    for (size_t i = 0; i < draft->count; i++)
        if (strcasecmp(draft->settings[i].key, key) == 0)
            return (struct sca_draft_setting *)(uintptr_t)&draft->settings[i];
    return NULL;
}

static int find_or_add(struct sca_draft *draft, const char *key,
                       struct sca_draft_setting **ret_setting)
{
    *ret_setting = find(draft, key);
    if (*ret_setting != NULL)
        return 0;
    if (draft->count == SCA_DRAFT_SETTINGS_MAX)
        return SCA_E_LIMIT;
    char *copy = strdup(key);
    if (copy == NULL)
        return SCA_E_NOMEM;
    *ret_setting = &draft->settings[draft->count++];
    **ret_setting = (struct sca_draft_setting){.key = copy};
    return 0;
}

int sca_draft_set(struct sca_draft *draft, const char *key, const char *value)
{
    struct sca_draft_setting *setting = find(draft, key);
    char *copy = value != NULL ? strdup(value) : NULL;

    if (value != NULL && copy == NULL)
        return SCA_E_NOMEM;
    int err = setting != NULL || value == NULL ? 0 : find_or_add(draft, key, &setting);
    if (err != 0) {
        free_text(&copy);
        return err;
    }
    if (setting == NULL)
        return 0;
    free_text(&setting->value);
    sca_secret_free(&setting->secret);
    setting->value = copy;
    return 0;
}

int sca_draft_set_secret(struct sca_draft *draft, const char *key, const struct sca_secret *secret)
{
    struct sca_secret *copy = NULL;
    struct sca_draft_setting *setting = NULL;

    if (sca_secret_bytes(secret).len > SCA_DRAFT_SECRET_MAX)
        return SCA_E_LIMIT;
    int err = sca_secret_copy(secret, &copy);
    if (err == 0)
        err = find_or_add(draft, key, &setting);
    if (err != 0) {
        sca_secret_free(&copy);
        return err;
    }
    sca_secret_free(&setting->secret);
    free_text(&setting->value);
    setting->secret = copy;
    return 0;
}

const char *sca_draft_value(const struct sca_draft *draft, const char *key)
{
    const struct sca_draft_setting *setting = find(draft, key);

    return setting != NULL ? setting->value : NULL;
}

const struct sca_secret *sca_draft_secret(const struct sca_draft *draft, const char *key)
{
    const struct sca_draft_setting *setting = find(draft, key);

    return setting != NULL ? setting->secret : NULL;
}

/* ---- from the files -------------------------------------------------------------------------- */

static int take_entry(struct sca_draft *draft, const struct sca_ini_entry *entry, bool own)
{
    struct sca_draft_setting *setting = find(draft, entry->key);
    bool there = setting != NULL;

    int err = there ? 0 : find_or_add(draft, entry->key, &setting);
    if (err != 0)
        return err;
    setting->shared = !own;
    if (there)
        return 0;
    setting->value = strdup(entry->value);
    setting->was = strdup(entry->value);
    return setting->value != NULL && setting->was != NULL ? 0 : SCA_E_NOMEM;
}

static int take_file(struct sca_draft *draft, const char *path, const char *section, bool own)
{
    struct sca_config_faults faults = {0}; /* the configuration's own reading tells of them */
    struct sca_ini ini = {0};
    int err = sca_ini_read(path, &faults, &ini);
    const struct sca_ini_section *found = err == 0 ? sca_ini_section(&ini, section) : NULL;

    for (size_t i = 0; found != NULL && i < found->count && err == 0; i++)
        err = take_entry(draft, &found->entries[i], own);
    draft->own |= own && found != NULL;
    draft->shared |= !own && found != NULL;
    sca_ini_clear(&ini);
    sca_config_faults_free(faults.items, faults.count);
    return err;
}

int sca_draft_load(const struct sca_paths *paths, const char *name, struct sca_draft *ret_draft)
{
    SCA_TEXT_AUTO section = sca_text_format(PREFIX "%s", name);
    SCA_DRAFT_AUTO draft = {0};
    bool two = paths->conf[1] != NULL;

    int err = section != NULL ? sca_draft_new(name, &draft) : SCA_E_NOMEM;
    if (err == 0)
        err = take_file(&draft, paths->conf[two ? 1 : 0], section, true);
    if (err == 0 && two)
        err = take_file(&draft, paths->conf[0], section, false);
    if (err == 0 && !draft.own && !draft.shared)
        err = SCA_E_NOENT;
    if (err != 0)
        return err;
    *ret_draft = draft;
    draft = (struct sca_draft){0};
    return 0;
}

static bool holds(char **names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

static int take_names(const char *path, char ***names, size_t *count)
{
    struct sca_config_faults faults = {0};
    struct sca_ini ini = {0};
    int err = sca_ini_read(path, &faults, &ini);

    for (size_t i = 0; i < ini.count && err == 0; i++) {
        const char *name = ini.sections[i].name + strlen(PREFIX);

        if (strncasecmp(ini.sections[i].name, PREFIX, strlen(PREFIX)) != 0 || *name == '\0' ||
            holds(*names, *count, name))
            continue;
        char **more = reallocarray(*names, *count + 2, sizeof *more);
        char *copy = strdup(name);
        if (more != NULL)
            *names = more;
        if (more == NULL || copy == NULL) {
            free(copy);
            err = SCA_E_NOMEM;
            continue;
        }
        more[(*count)++] = copy;
        more[*count] = NULL;
    }
    sca_ini_clear(&ini);
    sca_config_faults_free(faults.items, faults.count);
    return err;
}

int sca_draft_names(const struct sca_paths *paths, char ***ret_names)
{
    char **names = calloc(1, sizeof *names);
    size_t count = 0;
    int err = names != NULL ? 0 : SCA_E_NOMEM;

    for (size_t i = 0; i < 2 && err == 0; i++)
        if (paths->conf[i] != NULL)
            err = take_names(paths->conf[i], &names, &count);
    if (err != 0) {
        sca_draft_names_free(names);
        return err;
    }
    *ret_names = names;
    return 0;
}

void sca_draft_names_free(char **names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        free(names[i]);
    free(names);
}

/* ---- judgement ------------------------------------------------------------------------------- */

static size_t entries_of(const struct sca_draft *draft,
                         struct sca_ini_entry ret_entries[static SCA_DRAFT_SETTINGS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < draft->count; i++) {
        const struct sca_draft_setting *setting = &draft->settings[i];

        if (setting->value == NULL && setting->secret == NULL)
            continue;
        ret_entries[count++] = (struct sca_ini_entry){
            .key = setting->key, .value = setting->secret != NULL ? "prompt" : setting->value};
    }
    return count;
}

/* The draft's own secrets in place of "prompt". */
static int put_secrets(const struct sca_draft *draft, struct sca_config_account *account)
{
    for (size_t i = 0; i < draft->count; i++) {
        const struct sca_draft_setting *setting = &draft->settings[i];
        struct sca_source *source =
            setting->secret != NULL ? sca_config_source(account, setting->key) : NULL;

        if (source == NULL || source->kind != SCA_SOURCE_PROMPT)
            continue;
        int err = sca_secret_copy(setting->secret, &source->literal);
        if (err != 0)
            return err;
        source->kind = SCA_SOURCE_LITERAL;
    }
    return 0;
}

int sca_draft_account(const struct sca_draft *draft, struct sca_config_faults *faults,
                      struct sca_config_account **ret_account)
{
    struct sca_ini_entry entries[SCA_DRAFT_SETTINGS_MAX];
    struct sca_ini_section section = {.name = draft->name, .entries = entries};
    const struct sca_config_place places[2] = {{"", &section}, {"", NULL}};
    struct sca_config_account *account = NULL;

    section.count = entries_of(draft, entries);
    int err = sca_config_account_build(draft->name, places, faults, &account);
    if (err == 0 && account != NULL)
        err = put_secrets(draft, account);
    if (err == 0 && faults->nomem)
        err = SCA_E_NOMEM;
    if (err != 0) {
        sca_config_account_free(account);
        return err;
    }
    *ret_account = account;
    return 0;
}

/* A key of one-time codes can be read wrong only by us: the file would be judged when it is used.
 */
static const char *judge_secret(const struct sca_draft *draft, const char *key)
{
    const struct sca_secret *secret = sca_draft_secret(draft, key);
    SCA_SECRET_AUTO bytes = NULL;

    if (secret == NULL || strcasecmp(key, "totp-secret") != 0)
        return NULL;
    return sca_totp_key(secret, &bytes) != 0 ? sca_config_expect(key) : NULL;
}

int sca_draft_judge(const struct sca_draft *draft, const char *key, char **ret_sentence)
{
    struct sca_config_faults faults = {0};
    struct sca_config_account *account = NULL;
    const char *sentence = judge_secret(draft, key);
    bool set = sca_draft_value(draft, key) != NULL || sca_draft_secret(draft, key) != NULL;

    int err = sca_draft_account(draft, &faults, &account);
    for (size_t i = 0; err == 0 && set && sentence == NULL && i < faults.count; i++)
        if (faults.items[i].key != NULL && strcasecmp(faults.items[i].key, key) == 0)
            sentence = faults.items[i].sentence;
    if (err == 0) {
        *ret_sentence = strdup(sentence != NULL ? sentence : "");
        err = *ret_sentence != NULL ? 0 : SCA_E_NOMEM;
    }
    sca_config_account_free(account);
    sca_config_faults_free(faults.items, faults.count);
    return err;
}

size_t sca_draft_changes(const struct sca_draft *draft,
                         struct sca_config_change ret_changes[static SCA_DRAFT_SETTINGS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < draft->count; i++) {
        const struct sca_draft_setting *setting = &draft->settings[i];

        if (setting->secret != NULL || sca_streq(setting->value, setting->was))
            continue;
        ret_changes[count] =
            (struct sca_config_change){.key = setting->key, .value = setting->value};
        if (setting->value == NULL && setting->shared)
            ret_changes[count].value = ""; /* an empty line hides the system's */
        count++;
    }
    return count;
}
