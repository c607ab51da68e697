/* SPDX-License-Identifier: Apache-2.0 */
/* Building credentials from certificates, for listing and loading. For credential*.c only. */
#ifndef SCA_AGENT_CREDENTIAL_BUILD_H
#define SCA_AGENT_CREDENTIAL_BUILD_H

#include "credential.h"

#define SCA_CREDENTIALS_MAX       256u /* per account */
#define SCA_CREDENTIAL_SERIAL_MAX 256u /* letters as the provider spells it */

/* What a certificate came with; borrowed. */
struct sca_credential_source {
    const char *account;
    const char *serial;      /* as the provider spells it; NULL or "": the certificate's own */
    const char *provider_id; /* NULL counts as "" */
    const char *status;
    bool blocked;
    uint32_t schemes; /* 0: as the provider's; so with the next two */
    uint32_t hashes;
    uint32_t max_batch;
    uint32_t session_max;
    bool has_signatures_left;
    uint32_t signatures_left;
    struct sca_bytes der;
    struct sca_bytes chain[4];
    size_t chain_count;
};

/*
 * Adds one, read out of its certificate; one that is here already is left out. What is malformed in
 * the chain is left out and logged. SCA_E_FORMAT, SCA_E_UNSUPPORTED (the certificate itself),
 * SCA_E_LIMIT, SCA_E_NOMEM.
 */
int sca_credentials_add(struct sca_credentials *credentials,
                        const struct sca_credential_source *source);

/* By serial number, then by identity. */
void sca_credentials_sort(struct sca_credentials *credentials);

#endif
