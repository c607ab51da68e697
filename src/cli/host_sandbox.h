/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs in a sandbox load no library of the computer: p11-kit-client.so in it speaks to
 * p11-kit's server outside, by a socket of the person. Source: p11-kit, p11-kit/client.c:
 * without P11_KIT_SERVER_ADDRESS the socket is $XDG_RUNTIME_DIR/p11-kit/pkcs11.
 */
#ifndef SCA_CLI_HOST_SANDBOX_H
#define SCA_CLI_HOST_SANDBOX_H

#include "setup.h"

/* Where a program of a sandbox keeps its NSS databases. */
struct sca_sandboxed {
    char *folder;        /* of profiles.ini, or the database itself; taken */
    bool database;       /* the folder is the database */
    const char *client;  /* path of p11-kit-client.so as the program sees it; copied */
    const char *runtime; /* what XDG_RUNTIME_DIR is for the program; copied; NULL: as outside */
    const char *locks; /* database: folder whose lock says that the program runs; copied; or NULL */
};

/*
 * False, with the problem said in @targets, where there is no runtime folder or no
 * p11-kit-client.so outside. Reads only.
 */
bool sca_sandbox_possible(struct sca_targets *targets);

/* Enables the person's socket @unit; add it before the databases: adding loads the client. */
void sca_sandbox_socket(const struct sca_setup *setup, const char *unit,
                        struct sca_targets *targets);

/* The databases of one program. */
void sca_sandbox_databases(const struct sca_setup *setup, const struct sca_sandboxed *program,
                           struct sca_targets *targets);

#endif
