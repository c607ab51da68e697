/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be asked of a credential. The token image, the early refusals and the queues ask here,
 * so that a host is offered what a request of it will get.
 */
#include "credential.h"
#include "journal.h"

static uint32_t fitting(enum sca_key_type type)
{
    switch (type) {
    case SCA_KEY_RSA:
        return SCA_BIT(SCA_SCHEME_PKCS1) | SCA_BIT(SCA_SCHEME_PSS);
    case SCA_KEY_EC:
        return SCA_BIT(SCA_SCHEME_ECDSA);
    case SCA_KEY_NONE:
        break;
    }
    return 0;
}

uint32_t sca_credential_schemes(const struct sca_credential *credential,
                                const struct sca_config_account *account)
{
    uint32_t said = credential->schemes != 0 ? credential->schemes : account->provider->schemes;

    return said & fitting(credential->key_type);
}

uint32_t sca_credential_hashes(const struct sca_credential *credential,
                               const struct sca_config_account *account)
{
    uint32_t said = credential->hashes != 0 ? credential->hashes : account->provider->hashes;

    return said | account->hashes;
}

size_t sca_credential_max_batch(const struct sca_credential *credential,
                                const struct sca_config_account *account)
{
    size_t max = account->provider->max_batch;

    if (credential != NULL && credential->max_batch != 0)
        max = credential->max_batch;
    if (account->max_batch != 0 && account->max_batch < max)
        max = account->max_batch;
    if (max > SCA_JOURNAL_DOCS_MAX)
        max = SCA_JOURNAL_DOCS_MAX;
    return max != 0 ? max : 1;
}

static bool is_kept(const struct sca_source *source)
{
    return source->kind != SCA_SOURCE_NONE && source->kind != SCA_SOURCE_PROMPT;
}

bool sca_credential_delegated(const struct sca_config_account *account)
{
    return (account->provider->caps & SCA_CAP_CONSENT) != 0 && is_kept(&account->totp_secret) &&
           is_kept(&account->password);
}

uint32_t sca_credential_session(const struct sca_credential *credential,
                                const struct sca_config_account *account)
{
    uint32_t wanted = account->session_signatures;

    if ((account->provider->caps & SCA_CAP_CONSENT) != 0)
        return sca_credential_delegated(account) ? wanted : 0;
    return wanted < credential->session_max ? wanted : credential->session_max;
}
