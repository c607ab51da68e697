/* SPDX-License-Identifier: Apache-2.0 */
/* One account's settings out of its sections. For config*.c and draft.c only. */
#ifndef SCA_AGENT_CONFIG_ACCOUNT_H
#define SCA_AGENT_CONFIG_ACCOUNT_H

#include "config_ini.h"

/* Where a setting stands and what is wrong is collected. */
struct sca_config_place {
    const char *file;
    const struct sca_ini_section *section;
};

/*
 * Builds the account @name from @places: two, the winning one first; a section may be NULL, not
 * both. Returns 0 with NULL in @ret_account when the account has a fault that forbids its use.
 * SCA_E_NOMEM.
 */
int sca_config_account_build(const char *name, const struct sca_config_place places[2],
                             struct sca_config_faults *faults,
                             struct sca_config_account **ret_account);

/* True when @entry holds a secret itself, not a place to get it from. */
bool sca_config_holds_secret(const struct sca_ini_entry *entry);

/* True when an account can have such a setting; @ret_secret: it is a secret or where to get one. */
bool sca_config_is_setting(const char *key, bool *ret_secret);

/* What to write for a setting, in the current language; "" where there is none of that name. */
const char *sca_config_expect(const char *key);

/* Where @account keeps a secret; borrowed. NULL when @key is no secret's name. */
struct sca_source *sca_config_source(struct sca_config_account *account, const char *key);

/* Frees what the account points to, not the account itself: accounts stand in an array. */
void sca_config_account_clear(struct sca_config_account *account);

#endif
