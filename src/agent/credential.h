/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials: what the last listing of each account brought, kept in the cache folder (one file
 * per account) so that the token image can be written anew at any time without the network.
 */
#ifndef SCA_AGENT_CREDENTIAL_H
#define SCA_AGENT_CREDENTIAL_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "config.h"

#define SCA_CREDENTIAL_ID_SIZE 65 /* lower-case hex SHA-256 of the certificate, and NUL */

/*
 * One certificate with a key in the cloud, with what was read out of it. Texts and bytes borrow
 * from the struct sca_credentials that it is in.
 */
struct sca_credential {
    char id[SCA_CREDENTIAL_ID_SIZE];
    const char *account;
    const char *serial;      /* as the provider spells it */
    const char *provider_id; /* the provider's own id of it, "" where it has none */
    const char *holder;      /* CN, printable */
    const char *issuer;      /* issuer's CN, printable */
    const char *status;      /* provider's words */
    bool blocked;            /* the provider says it cannot sign */
    int64_t not_before_utc;
    int64_t not_after_utc;
    enum sca_key_type key_type;
    uint32_t key_bits;
    uint32_t schemes; /* as in struct sca_cloud_cert: what the provider says of this key; 0: as */
    uint32_t hashes;  /* the provider's; sca_credential_schemes and so on say what holds */
    uint32_t max_batch;
    uint32_t session_max; /* signatures that one confirmation may be for; 0: no sessions */
    bool has_signatures_left;
    uint32_t signatures_left; /* where the service counts, when it was listed */
    struct sca_bytes der;
    struct sca_bytes chain[4]; /* equal ones of an account are in memory once */
    size_t chain_count;
};

/*
 * What may be asked of a credential: what the listing says of its key, else what is proven with the
 * provider, as far as the key's type can do it; hashes widened by the account's setting.
 * @account must have a provider. Masks of SCA_BIT.
 */
uint32_t sca_credential_schemes(const struct sca_credential *credential,
                                const struct sca_config_account *account);
uint32_t sca_credential_hashes(const struct sca_credential *credential,
                               const struct sca_config_account *account);
/* Documents per transaction, 1 at least; NULL @credential: of the provider. */
size_t sca_credential_max_batch(const struct sca_credential *credential,
                                const struct sca_config_account *account);

/* Signatures that one confirmation may be asked for, or 0: as the account says and the key can. */
uint32_t sca_credential_session(const struct sca_credential *credential,
                                const struct sca_config_account *account);

/* True where sessions are the agent's own (SCA_CAP_CONSENT) and the account has all secrets. */
bool sca_credential_delegated(const struct sca_config_account *account);

/* All credentials of one account. */
struct sca_credentials {
    char *account;
    int64_t fetched_utc; /* 0: never */
    int64_t failed_utc;  /* last failed attempt; 0: none since the last success */
    int failed_err;
    char *failed_detail;
    uint64_t
        settings; /* sca_credentials_settings when it was fetched: another one = never fetched */
    struct sca_credential *items; /* by serial number */
    size_t count;
    struct sca_arena arena; /* what @items borrow from */
};

/* Fingerprint of what decides whose certificates are listed. */
uint64_t sca_credentials_settings(const struct sca_config_account *account);

/* True when @credentials were fetched, and for what @account says now; NULL is false. */
bool sca_credentials_current(const struct sca_credentials *credentials,
                             const struct sca_config_account *account);

/* An empty value, never fetched; NULL when memory is out. */
struct sca_credentials *sca_credentials_new(const char *account);

/*
 * From a provider's listing: parses the certificates (those that cannot be parsed are left out and
 * logged), applies the account's serial-number filter, sorts. SCA_E_NOMEM.
 */
int sca_credentials_from_listing(const struct sca_config_account *account,
                                 const struct sca_cloud_listing *listing, int64_t now_utc,
                                 struct sca_credentials **ret_credentials);

/* Loads what was stored; an empty value with fetched_utc 0 when there is nothing or it is damaged.
 */
int sca_credentials_load(const struct sca_paths *paths, const char *account,
                         struct sca_credentials **ret_credentials);
int sca_credentials_save(const struct sca_paths *paths, const struct sca_credentials *credentials);
void sca_credentials_free(struct sca_credentials *credentials);

#endif
