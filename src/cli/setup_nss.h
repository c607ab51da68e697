/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NSS databases: what stands in pkcs11.txt, and modutil, which writes it. Profiles of Mozilla
 * programs are such databases.
 */
#ifndef SCA_CLI_SETUP_NSS_H
#define SCA_CLI_SETUP_NSS_H

#include "setup.h"

/*
 * Whether a module is listed in the text of a pkcs11.txt: the same path, the same file by another
 * path, or another copy of smartca-pkcs11.so. @ret_path, @ret_name: as listed, borrowed from @text;
 * may be NULL. Source: NSS, lib/util/utilmod.c.
 */
bool sca_nss_lists(struct sca_bytes text, const char *module, struct sca_bytes *ret_path,
                   struct sca_bytes *ret_name);

/*
 * Runs modutil (and certutil -N first, for a new database). What it printed goes to @ret_said (the
 * caller frees; perhaps NULL). SCA_E_NOENT: it is not installed; SCA_E_IO: it failed.
 */
int sca_nss_add(const struct sca_target *target, char **ret_said);
int sca_nss_delete(const struct sca_target *target, const char *name, char **ret_said);

/*
 * Name of the program that has the folder's lock, as a title, or NULL. Knows the locks of Mozilla
 * programs (lock, .parentlock) and of Chromium (SingletonLock).
 */
bool sca_locked(const char *folder);

/*
 * Adds the profiles of a Mozilla program: those in profiles.ini and installs.ini of @folder. A
 * profile folder that does not exist is left out. @first_default: only the one that is marked as
 * default, else the first (as LibreOffice chooses). Takes @folder.
 */
void sca_profiles_add(const struct sca_setup *setup, char *folder, bool first_default,
                      struct sca_targets *targets);

/* Runs a program (found by PATH) with its output caught. SCA_E_NOENT, SCA_E_IO (failed). */
int sca_run(char *const argv[], char **ret_said);

/* True when a program of this name is on the PATH. */
bool sca_program_here(const char *name);

#endif
