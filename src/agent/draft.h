/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An account that is being written or changed: its settings as they will stand in the configuration
 * file, and secrets that have no place of their own yet. Judged by the same table as a file is.
 */
#ifndef SCA_AGENT_DRAFT_H
#define SCA_AGENT_DRAFT_H

#include "config.h"
#include "config_edit.h"
#include "config_fault.h"

#define SCA_DRAFT_SETTINGS_MAX 40
#define SCA_DRAFT_SECRET_MAX   4095 /* bytes: what a file: or command: source can say */

struct sca_draft_setting {
    char *key;
    char *value;               /* as it shall stand there; NULL: taken out */
    char *was;                 /* as the files have it; NULL: they have not */
    bool shared;               /* the system's file has it, too */
    struct sca_secret *secret; /* stands for @value, which is to come; or NULL */
};

struct sca_draft {
    char *name;
    struct sca_draft_setting settings[SCA_DRAFT_SETTINGS_MAX];
    size_t count;
    bool own;    /* the person's file has the section */
    bool shared; /* the system's file has it */
};

/* An account that is not there yet. SCA_E_NOMEM. */
int sca_draft_new(const char *name, struct sca_draft *ret_draft);

/*
 * The account @name as its files have it, the person's before the system's. SCA_E_NOENT (no such
 * section, whether usable or not), SCA_E_NOMEM. Reads local files only.
 */
int sca_draft_load(const struct sca_paths *paths, const char *name, struct sca_draft *ret_draft);

/*
 * The names of all accounts in the files, usable or not, in file order; NULL-terminated, freed with
 * sca_draft_names_free. SCA_E_NOMEM. Reads local files only.
 */
int sca_draft_names(const struct sca_paths *paths, char ***ret_names);
void sca_draft_names_free(char **names);

/* Wipes and frees. */
void sca_draft_clear(struct sca_draft *draft);

/* Copies @value; NULL takes the setting out. SCA_E_LIMIT, SCA_E_NOMEM. */
int sca_draft_set(struct sca_draft *draft, const char *key, const char *value);
/* Copies @secret. SCA_E_LIMIT, SCA_E_NOMEM. */
int sca_draft_set_secret(struct sca_draft *draft, const char *key, const struct sca_secret *secret);

/* Borrowed; NULL where it is not set, or taken out. */
const char *sca_draft_value(const struct sca_draft *draft, const char *key);
const struct sca_secret *sca_draft_secret(const struct sca_draft *draft, const char *key);

/*
 * The account as it would be read from the file, with the draft's secrets in place. @ret_account:
 * NULL where a fault forbids its use; caller frees. @faults: zeroed by the caller, who frees them.
 * SCA_E_NOMEM.
 */
int sca_draft_account(const struct sca_draft *draft, struct sca_config_faults *faults,
                      struct sca_config_account **ret_account);

/*
 * What is wrong with the setting @key as it is in the draft, in the current language: an empty text
 * when nothing is, or it is not set. SCA_E_NOMEM.
 */
int sca_draft_judge(const struct sca_draft *draft, const char *key, char **ret_sentence);

/* What is to be changed in the person's file, borrowed from @draft. Returns how many. */
size_t sca_draft_changes(const struct sca_draft *draft,
                         struct sca_config_change ret_changes[static SCA_DRAFT_SETTINGS_MAX]);

/* True when there is such a setting; @ret_secret: it holds a secret or where to get one. */
bool sca_draft_is_setting(const char *key, bool *ret_secret);

/* Names of accounts: letters A to Z, digits, ".", "_", "-"; 40 at most. */
bool sca_draft_is_name(const char *name);

static inline void sca_draft_cleanup(struct sca_draft *draft)
{
    sca_draft_clear(draft);
}
#define SCA_DRAFT_AUTO __attribute__((cleanup(sca_draft_cleanup))) struct sca_draft

#endif
