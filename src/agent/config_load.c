/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration from its two files: the [smartca] settings, the accounts in file order, and
 * what is done with a file that must not be used.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "common/err.h"
#include "common/text.h"
#include "config_account.h"
#include "config_value.h"
#include "i18n.h"

#define ACCOUNT_PREFIX "account:"

enum { SYSTEM, USER, FILES };

struct load {
    struct sca_config *config;
    struct sca_config_faults faults;
    struct sca_ini inis[FILES];
    const char *files[FILES];
};

static int apply_log_level(struct sca_config *config, const char *value)
{
    return sca_log_level_from_name(value, &config->log_level) ? 0 : SCA_E_CONFIG;
}

static int keep(const char *value, char **text)
{
    *text = strdup(value);
    return *text != NULL ? 0 : SCA_E_NOMEM;
}

static int apply_log_file(struct sca_config *config, const char *value)
{
    if (*value != '/' && strcmp(value, "syslog") != 0)
        return SCA_E_CONFIG;
    return keep(value, &config->log_file);
}

static int apply_notify(struct sca_config *config, const char *value)
{
    static const char *const words[] = {"auto", "desktop", "tty", "none"};
    static const char command[] = "command:";

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(value, words[i]) == 0) {
            config->notify = (enum sca_notify_kind)i;
            return 0;
        }
    }
    if (strncmp(value, command, strlen(command)) != 0 || value[strlen(command)] != '/')
        return SCA_E_CONFIG;
    config->notify = SCA_NOTIFY_COMMAND;
    return keep(value + strlen(command), &config->notify_command);
}

static int apply_prompt(struct sca_config *config, const char *value)
{
    static const char pinentry[] = "pinentry:";

    if (strcmp(value, "auto") == 0)
        return 0;
    if (strcmp(value, "none") == 0)
        return keep(value, &config->prompt);
    if (strncmp(value, pinentry, strlen(pinentry)) != 0 || value[strlen(pinentry)] != '/')
        return SCA_E_CONFIG;
    return keep(value + strlen(pinentry), &config->prompt);
}

static int apply_language(struct sca_config *config, const char *value)
{
    if (strcmp(value, "auto") == 0)
        return 0;
    return strcmp(value, "vi") == 0 || strcmp(value, "en") == 0 ? keep(value, &config->language)
                                                                : SCA_E_CONFIG;
}

static int apply_agent_idle(struct sca_config *config, const char *value)
{
    int64_t seconds = 0;
    int err = sca_value_number(value, 1, 604800, &seconds);

    if (err == 0)
        config->agent_idle_s = (uint32_t)seconds;
    return err;
}

/* Checked only: common/path.c reads these before anything else can be found. */
static int check_folder(struct sca_config *config, const char *value)
{
    (void)config;
    return *value == '/' || strncmp(value, "~/", 2) == 0 ? 0 : SCA_E_CONFIG;
}

static const struct {
    const char *key;
    int (*apply)(struct sca_config *config, const char *value);
    const char *expect;
} rules[] = {
    {"log-level", apply_log_level, N_("Write error, warning, info or debug.")},
    {"log-file", apply_log_file, N_("Write the whole path of a file, or syslog.")},
    {"notify", apply_notify, N_("Write auto, desktop, tty, none or command:/PATH.")},
    {"prompt", apply_prompt, N_("Write auto, none or pinentry:/PATH.")},
    {"language", apply_language, N_("Write auto, vi or en.")},
    {"agent-idle", apply_agent_idle, N_("Write a whole number of seconds from 1 to 604800.")},
    {"cache-dir", check_folder, N_("Write the whole path of a folder.")},
    {"state-dir", check_folder, N_("Write the whole path of a folder.")},
};

static int apply_general(struct load *load, const char *file, const struct sca_ini_entry *entry)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcasecmp(rules[i].key, entry->key) != 0)
            continue;
        int err = entry->value[0] != '\0' ? rules[i].apply(load->config, entry->value) : 0;
        if (err == SCA_E_CONFIG)
            sca_config_fault_add(&load->faults, file, entry->line, rules[i].key, false, "%s",
                                 _(rules[i].expect));
        return err == SCA_E_NOMEM ? err : 0;
    }
    sca_config_fault_add(&load->faults, file, entry->line, entry->key, false, "%s",
                         _("There is no such setting. Check its spelling or remove the line."));
    return 0;
}

/* A setting of the system's file counts where the person's file does not name it. */
static int load_general(struct load *load)
{
    const struct sca_ini_section *own = sca_ini_section(&load->inis[USER], "smartca");

    for (int i = 0; i < FILES; i++) {
        const struct sca_ini_section *section = sca_ini_section(&load->inis[i], "smartca");

        for (size_t k = 0; section != NULL && k < section->count; k++) {
            const struct sca_ini_entry *entry = &section->entries[k];

            if (i == SYSTEM && sca_ini_entry(own, entry->key) != NULL)
                continue;
            int err = apply_general(load, load->files[i], entry);
            if (err != 0)
                return err;
        }
    }
    return 0;
}

static int load_account(struct load *load, const char *section)
{
    struct sca_config *config = load->config;
    struct sca_config_account *account = NULL;
    const struct sca_config_place places[2] = {
        {load->files[USER], sca_ini_section(&load->inis[USER], section)},
        {load->files[SYSTEM], sca_ini_section(&load->inis[SYSTEM], section)},
    };
    int err =
        sca_config_account_build(section + strlen(ACCOUNT_PREFIX), places, &load->faults, &account);

    if (err != 0 || account == NULL)
        return err;
    struct sca_config_account *accounts =
        reallocarray(config->accounts, config->account_count + 1, sizeof *accounts);
    if (accounts == NULL) {
        sca_config_account_free(account);
        return SCA_E_NOMEM;
    }
    config->accounts = accounts;
    accounts[config->account_count++] = *account;
    free(account); /* its content moved */
    return 0;
}

static int load_section(struct load *load, int file, const struct sca_ini_section *section)
{
    size_t prefix = strlen(ACCOUNT_PREFIX);

    if (strcasecmp(section->name, "smartca") == 0)
        return 0;
    if (strncasecmp(section->name, ACCOUNT_PREFIX, prefix) != 0 || section->name[prefix] == '\0') {
        sca_config_fault_add(&load->faults, load->files[file], section->line, NULL, false,
                             _("There is no section [%s]: sections are [smartca] and "
                               "[account:NAME]. Its lines are not used."),
                             section->name);
        return 0;
    }
    if (file == USER && sca_ini_section(&load->inis[SYSTEM], section->name) != NULL)
        return 0; /* built with the system's */
    return load_account(load, section->name);
}

static int load_sections(struct load *load)
{
    for (int i = 0; i < FILES; i++) {
        for (size_t k = 0; k < load->inis[i].count; k++) {
            int err = load_section(load, i, &load->inis[i].sections[k]);
            if (err != 0)
                return err;
        }
    }
    return 0;
}

static bool holds_secret(const struct sca_ini *ini)
{
    for (size_t i = 0; i < ini->count; i++)
        for (size_t k = 0; k < ini->sections[i].count; k++)
            if (sca_config_holds_secret(&ini->sections[i].entries[k]))
                return true;
    return false;
}

/* A file's stamp with what chmod and chown change; never 0 for a file that is there. */
static uint64_t look_of(const char *path)
{
    struct sca_stamp stamp = sca_path_stamp(path);
    struct stat st = {0};
    uint64_t state = SCA_FNV1A_START;

    if (stat(path, &st) != 0)
        return errno == ENOENT ? 0 : 1;
    const uint64_t parts[] = {stamp.mtime_ns, stamp.size, stamp.inode, st.st_mode, st.st_uid};
    return sca_fnv1a(state, (struct sca_bytes){(const uint8_t *)parts, sizeof parts}) | 1;
}

static int load_file(struct load *load, int i, const char *path)
{
    struct sca_ini *ini = &load->inis[i];

    load->files[i] = path;
    int err = sca_ini_read(path, &load->faults, ini);
    if (err != 0)
        return err;
    load->config->present |= ini->present;
    if (ini->others_can_read && holds_secret(ini)) {
        sca_config_fault_add(&load->faults, path, 0, NULL, true,
                             _("The file is not used: it holds a secret and others can read it. "
                               "Run: chmod 600 %s"),
                             path);
        sca_ini_clear(ini);
        ini->present = true;
    }
    load->config->stamps[i] = ini->stamp;
    const struct sca_stamp none = {0};
    if (ini->present && sca_stamp_equal(&ini->stamp, &none))
        load->config->refused[i] = look_of(path);
    return 0;
}

static int load_all(struct load *load, const struct sca_paths *paths)
{
    /* With one file alone (SMARTCA_CONF) it is the first. */
    for (int i = 0; i < FILES; i++) {
        int err = paths->conf[i] != NULL ? load_file(load, i, paths->conf[i]) : 0;
        if (err != 0)
            return err;
    }
    int err = load_general(load);
    if (err == 0)
        err = load_sections(load);
    if (err == 0 && load->faults.nomem)
        err = SCA_E_NOMEM;
    return err;
}

int sca_config_load(const struct sca_paths *paths, struct sca_config **ret_config)
{
    SCA_CONFIG_AUTO config = calloc(1, sizeof *config);
    struct load load = {.config = config};

    if (config == NULL)
        return SCA_E_NOMEM;
    config->log_level = SCA_LOG_WARNING;
    config->agent_idle_s = 600;
    int err = load_all(&load, paths);
    for (int i = 0; i < FILES; i++)
        sca_ini_clear(&load.inis[i]);
    config->faults = load.faults.items;
    config->fault_count = load.faults.count;
    if (err != 0)
        return err;
    *ret_config = config;
    config = NULL;
    return 0;
}

void sca_config_free(struct sca_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->account_count; i++)
        sca_config_account_clear(&config->accounts[i]);
    free(config->accounts);
    sca_config_faults_free(config->faults, config->fault_count);
    free(config->log_file);
    free(config->notify_command);
    free(config->prompt);
    free(config->language);
    free(config);
}

bool sca_config_changed(const struct sca_config *config, const struct sca_paths *paths)
{
    for (int i = 0; i < FILES; i++) {
        struct sca_stamp now = {0};

        if (paths->conf[i] == NULL)
            continue;
        /* The mode may be what is repaired, and that leaves no trace in a stamp. */
        if (config->refused[i] != 0 && look_of(paths->conf[i]) == config->refused[i])
            continue;
        now = sca_path_stamp(paths->conf[i]);
        if (!sca_stamp_equal(&now, &config->stamps[i]))
            return true;
    }
    return false;
}

const struct sca_config_account *sca_config_account(const struct sca_config *config,
                                                    const char *name)
{
    for (size_t i = 0; i < config->account_count; i++)
        if (strcmp(config->accounts[i].name, name) == 0)
            return &config->accounts[i];
    return NULL;
}
