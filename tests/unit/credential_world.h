/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of credentials and of the image share: certificates, an account, listings. */
#ifndef TESTS_UNIT_CREDENTIAL_WORLD_H
#define TESTS_UNIT_CREDENTIAL_WORLD_H

#include "agent/credential.h"
#include "certs.h"

struct world {
    char folder[64];
    char accounts_dir[80];
    char image_path[80];
    struct sca_paths paths;
    /* Root, issuing CA; RSA, EC, a renewal with the first one's name, and a key of no use. */
    struct cert root, issuing, rsa, ec, renewed, edwards;
};

extern struct world world;

/* Group set-up and tear-down. */
int world_make(void **state);
int world_drop(void **state);

struct sca_config_account an_account(void);

struct sca_buf borrowed(struct sca_bytes bytes);

/* @serial as the provider spells it; the chain is what @parts has until NULL. */
struct sca_cloud_cert cloud_cert(const struct cert *leaf, char *serial,
                                 const struct cert *const parts[]);

/* Fetched at 1700000000. */
struct sca_credentials *credentials_of(const struct sca_config_account *account,
                                       struct sca_cloud_cert *certs, size_t count);

#endif
