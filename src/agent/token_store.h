/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refresh tokens on disk: state folder, token-ACCOUNT, 0600. What is stored belongs to the settings
 * under which it was got (provider, url, client-id, user-id): under others it is not there, so that
 * it never travels to another service. Small local file operations only.
 */
#ifndef SCA_AGENT_TOKEN_STORE_H
#define SCA_AGENT_TOKEN_STORE_H

#include "config.h"

/*
 * Keeps other processes of this person from logging in for the account: they would spend the same
 * refresh token. Never waits: 1 when another one is at it. @ret_fd: closing it lets go.
 * SCA_E_IO, SCA_E_PERM, SCA_E_NOMEM.
 */
int sca_token_store_lock(const struct sca_paths *paths, const char *account, int *ret_fd);

/*
 * @ret_refresh: NULL where nothing is stored for these settings, or it cannot be read. Caller
 * frees. SCA_E_NOMEM.
 */
int sca_token_store_load(const struct sca_paths *paths, const struct sca_config_account *account,
                         struct sca_secret **ret_refresh);

/* Durable when it returns 0. SCA_E_IO, SCA_E_PERM, SCA_E_NOMEM, SCA_E_FORMAT (not UTF-8). */
int sca_token_store_save(const struct sca_paths *paths, const struct sca_config_account *account,
                         const struct sca_secret *refresh);

/* SCA_E_IO, SCA_E_NOMEM; nothing stored is fine. */
int sca_token_store_forget(const struct sca_paths *paths, const char *account);

/*
 * Pure: reads the file's text. SCA_E_NOENT for other settings, SCA_E_FORMAT, SCA_E_LIMIT,
 * SCA_E_NOMEM.
 */
int sca_token_store_decode(struct sca_bytes text, const struct sca_config_account *account,
                           struct sca_secret **ret_refresh);

#endif
