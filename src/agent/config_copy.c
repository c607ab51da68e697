/* SPDX-License-Identifier: Apache-2.0 */
/* An account's life as a value: copied whole for those who outlive the configuration, and freed. */
#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "argv.h"
#include "config_account.h"
#include "config_value.h"

static int copy_text(const char *text, char **ret_copy)
{
    *ret_copy = text != NULL ? strdup(text) : NULL;
    return text != NULL && *ret_copy == NULL ? SCA_E_NOMEM : 0;
}

/* NULL-terminated lists. */
static int copy_list(char **list, char ***ret_copy)
{
    size_t count = 0;

    while (list != NULL && list[count] != NULL)
        count++;
    if (list == NULL)
        return 0;
    *ret_copy = calloc(count + 1, sizeof **ret_copy);
    if (*ret_copy == NULL)
        return SCA_E_NOMEM;
    int err = 0;
    for (size_t i = 0; err == 0 && i < count; i++)
        err = copy_text(list[i], &(*ret_copy)[i]);
    return err;
}

static int copy_limits(const struct sca_config_account *from, struct sca_config_account *to)
{
    if (from->program_limit_count == 0)
        return 0;
    to->program_limits = calloc(from->program_limit_count, sizeof *to->program_limits);
    if (to->program_limits == NULL)
        return SCA_E_NOMEM;
    to->program_limit_count = from->program_limit_count;
    int err = 0;
    for (size_t i = 0; err == 0 && i < from->program_limit_count; i++) {
        to->program_limits[i].per_day = from->program_limits[i].per_day;
        err = copy_text(from->program_limits[i].program, &to->program_limits[i].program);
    }
    return err;
}

static int copy_pointers(const struct sca_config_account *from, struct sca_config_account *to)
{
    const struct {
        const char *from;
        char **to;
    } texts[] = {
        {from->name, &to->name},
        {from->url, &to->url},
        {from->ca_file, &to->ca_file},
        {from->server_key, &to->server_key},
        {from->sp_id, &to->sp_id},
        {from->user_id, &to->user_id},
        {from->client_id, &to->client_id},
        {from->profile_id, &to->profile_id},
        {from->relying_party, &to->relying_party},
        {from->relying_party_user, &to->relying_party_user},
        {from->relying_party_key, &to->relying_party_key},
        {from->redirect_uri, &to->redirect_uri},
        {from->label, &to->label},
    };
    const struct {
        const struct sca_source *from;
        struct sca_source *to;
    } sources[] = {
        {&from->sp_password, &to->sp_password},
        {&from->password, &to->password},
        {&from->totp_secret, &to->totp_secret},
        {&from->client_secret, &to->client_secret},
        {&from->credential_pin, &to->credential_pin},
        {&from->relying_party_password, &to->relying_party_password},
        {&from->relying_party_signature, &to->relying_party_signature},
        {&from->relying_party_key_password, &to->relying_party_key_password},
    };
    int err = copy_list(from->serials, &to->serials);

    if (err == 0)
        err = copy_list(from->programs, &to->programs);
    for (size_t i = 0; err == 0 && i < sizeof texts / sizeof texts[0]; i++)
        err = copy_text(texts[i].from, texts[i].to);
    for (size_t i = 0; err == 0 && i < sizeof sources / sizeof sources[0]; i++)
        err = sca_value_source_copy(sources[i].from, sources[i].to);
    return err == 0 ? copy_limits(from, to) : err;
}

void sca_config_account_clear(struct sca_config_account *account)
{
    free(account->name);
    free(account->url);
    free(account->ca_file);
    free(account->server_key);
    free(account->sp_id);
    free(account->user_id);
    free(account->client_id);
    free(account->profile_id);
    free(account->relying_party);
    free(account->relying_party_user);
    free(account->relying_party_key);
    free(account->redirect_uri);
    free(account->label);
    sca_value_serials_free(account->serials);
    sca_argv_free(account->programs);
    sca_value_source_clear(&account->sp_password);
    sca_value_source_clear(&account->password);
    sca_value_source_clear(&account->totp_secret);
    sca_value_source_clear(&account->client_secret);
    sca_value_source_clear(&account->credential_pin);
    sca_value_source_clear(&account->relying_party_password);
    sca_value_source_clear(&account->relying_party_signature);
    sca_value_source_clear(&account->relying_party_key_password);
    sca_value_limits_free(account->program_limits, account->program_limit_count);
}

void sca_config_account_free(struct sca_config_account *account)
{
    if (account == NULL)
        return;
    sca_config_account_clear(account);
    free(account);
}

int sca_config_account_copy(const struct sca_config_account *account,
                            struct sca_config_account **ret_copy)
{
    struct sca_config_account *copy = malloc(sizeof *copy);

    if (copy == NULL)
        return SCA_E_NOMEM;
    *copy = (struct sca_config_account){
        .provider = account->provider,
        .pin = account->pin,
        .hashes = account->hashes,
        .confirm_timeout_s = account->confirm_timeout_s,
        .poll_interval_ms = account->poll_interval_ms,
        .batch_window_ms = account->batch_window_ms,
        .max_batch = account->max_batch,
        .max_per_day = account->max_per_day,
        .replay_hours = account->replay_hours,
        .session_signatures = account->session_signatures,
        .session_minutes = account->session_minutes,
        .session_scope = account->session_scope,
        .line = account->line,
    };
    int err = copy_pointers(account, copy);
    if (err != 0) {
        sca_config_account_free(copy);
        return err;
    }
    *ret_copy = copy;
    return 0;
}

struct sca_cloud_account sca_config_cloud_account(const struct sca_config_account *account)
{
    return (struct sca_cloud_account){
        .name = account->name,
        .url = account->url,
        .sp_id = account->sp_id,
        .user_id = account->user_id,
        .client_id = account->client_id,
        .profile_id = account->profile_id,
        .relying_party = account->relying_party,
        .relying_party_user = account->relying_party_user,
        .poll_interval_ms = account->poll_interval_ms,
        .confirm_timeout_ms = account->confirm_timeout_s * 1000,
    };
}
