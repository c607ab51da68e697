/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where secrets of accounts are kept: the desktop's keyring (secret-tool of libsecret), a file that
 * only this computer can read (systemd-creds), or a plain file of the person's own, 0600. The
 * configuration then names the place.
 */
#ifndef SCA_CLI_KEEP_H
#define SCA_CLI_KEEP_H

#include <stdbool.h>
#include "common/path.h"
#include "common/secret.h"

enum sca_keep {
    SCA_KEEP_SECRET_TOOL,
    SCA_KEEP_SYSTEMD_CREDS,
    SCA_KEEP_FILE,
    SCA_KEEP_PROMPT, /* nowhere: asked for each time */
    SCA_KEEP__COUNT
};

/* "secret-tool", "systemd-creds", "file", "prompt". */
const char *sca_keep_name(enum sca_keep keep);
bool sca_keep_find(const char *name, enum sca_keep *ret_keep);

/* What it means for the person, in the current language; with the place it has here. */
char *sca_keep_words(const struct sca_paths *paths, enum sca_keep keep);

/*
 * True when it works here: a secret that means nothing is put in, got back and taken out. May show
 * the keyring's own dialog; blocks up to a minute.
 */
bool sca_keep_works(const struct sca_paths *paths, enum sca_keep keep);

/*
 * Puts a secret away and reads it back. @ret_value: what the configuration says then; caller frees.
 * SCA_E_IO, SCA_E_NOENT (the program is not here), SCA_E_FORMAT (it gives back something else),
 * SCA_E_TIMEOUT, SCA_E_LIMIT, SCA_E_NOMEM.
 */
int sca_keep_put(const struct sca_paths *paths, enum sca_keep keep, const char *account,
                 const char *setting, const struct sca_secret *secret, char **ret_value);

/*
 * True when a configuration's @value names a place where sca_keep_put has put that setting; not for
 * SCA_KEEP_PROMPT.
 */
bool sca_keep_is_ours(const struct sca_paths *paths, const char *account, const char *setting,
                      const char *value, enum sca_keep *ret_keep);

/* Takes it out. Nothing there is fine. SCA_E_IO, SCA_E_NOENT, SCA_E_TIMEOUT, SCA_E_NOMEM. */
int sca_keep_drop(const struct sca_paths *paths, enum sca_keep keep, const char *account,
                  const char *setting);

#endif
