/* SPDX-License-Identifier: Apache-2.0 */
/* The hosts, one file each. */
#ifndef SCA_CLI_HOST_H
#define SCA_CLI_HOST_H

#include "setup.h"

/* All hosts, in the order of --list; ends with NULL. */
extern const struct sca_host *const sca_hosts[];
const struct sca_host *sca_host_find(const char *name);

/*
 * How it is with a host here, in words of the current language. @ret_open: it is here, and setting
 * it up would change something. @ret_problem: why it cannot be set up, and what to do; NULL where
 * it can; caller frees. Reads files only.
 */
const char *sca_host_state(const struct sca_setup *setup, const struct sca_host *host,
                           bool *ret_open, char **ret_problem);

/* Does what `smartca setup NAME` does, with lines for the person. Returns enum sca_exit. */
int sca_host_set_up(const struct sca_setup *setup, const struct sca_host *host);

extern const struct sca_host sca_host_p11kit;
extern const struct sca_host sca_host_firefox;
extern const struct sca_host sca_host_thunderbird;
extern const struct sca_host sca_host_libreoffice;
extern const struct sca_host sca_host_chromium;
extern const struct sca_host sca_host_java;
extern const struct sca_host sca_host_openssl;
extern const struct sca_host sca_host_openssh;
extern const struct sca_host sca_host_gnupg;
extern const struct sca_host sca_host_flatpak;
extern const struct sca_host sca_host_snap;
extern const struct sca_host sca_host_nss; /* "nss:FOLDER"; not in the table */

/* The one target of sca_host_nss. */
void sca_host_nss_folder(const struct sca_setup *setup, const char *folder,
                         struct sca_targets *targets);

/* Mozilla programs' folders with profiles.ini, for LibreOffice as well; see host_mozilla.c. */
void sca_mozilla_firefox(const struct sca_setup *setup, struct sca_targets *targets);
void sca_mozilla_thunderbird(const struct sca_setup *setup, struct sca_targets *targets);

#endif
