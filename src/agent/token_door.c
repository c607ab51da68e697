/* SPDX-License-Identifier: Apache-2.0 */
/* Each account has an entry, under certain settings; those who want its token wait there. */
#include "token_broker.h"

#include <stdlib.h>
#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "token_core.h"

#define LOCK_LIMIT_MS 60000

/* ---- entries --------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void free_entry(struct sca_token_entry *entry)
{
    while (!TAILQ_EMPTY(&entry->waits))
        sca_token_cancel(TAILQ_FIRST(&entry->waits));
    sca_token_end_login(entry);
    TAILQ_REMOVE(&entry->broker->entries, entry, link);
    sca_secret_free(&entry->access);
    sca_secret_free(&entry->unstored);
    sca_secret_free(&entry->refused);
    sca_config_account_free(entry->account);
    uv_close((uv_handle_t *)&entry->timer, on_closed);
}

static bool same_settings(const struct sca_config_account *a, const struct sca_config_account *b)
{
    return a->provider == b->provider && sca_streq(a->url, b->url) &&
           sca_streq(a->client_id, b->client_id) && sca_streq(a->user_id, b->user_id);
}

/* Those of other settings go as soon as nobody waits for them. */
static struct sca_token_entry *find(struct sca_token_broker *broker,
                                    const struct sca_config_account *account)
{
    struct sca_token_entry *found = NULL;
    struct sca_token_entry *entry = TAILQ_FIRST(&broker->entries);

    while (entry != NULL) {
        struct sca_token_entry *next = TAILQ_NEXT(entry, link);

        if (!sca_streq(entry->account->name, account->name)) {
            entry = next;
            continue;
        }
        if (same_settings(entry->account, account))
            found = entry;
        else if (entry->state == SCA_TOKEN_IDLE && TAILQ_EMPTY(&entry->waits))
            free_entry(entry);
        entry = next;
    }
    return found;
}

static int new_entry(struct sca_token_broker *broker, const struct sca_config_account *account,
                     struct sca_token_entry **ret_entry)
{
    struct sca_token_entry *entry = calloc(1, sizeof *entry);

    if (entry == NULL)
        return SCA_E_NOMEM;
    int err = sca_config_account_copy(account, &entry->account);
    if (err != 0) {
        free(entry);
        return err;
    }
    entry->broker = broker;
    entry->lock_fd = -1;
    TAILQ_INIT(&entry->waits);
    TAILQ_INSERT_TAIL(&broker->entries, entry, link);
    uv_timer_init(broker->env.loop, &entry->timer);
    entry->timer.data = entry;
    *ret_entry = entry;
    return 0;
}

static int entry_of(struct sca_token_broker *broker, const struct sca_config_account *account,
                    struct sca_token_entry **ret_entry)
{
    struct sca_token_entry *entry = find(broker, account);

    if (account->provider->login == NULL)
        return SCA_E_INVAL;
    if (entry == NULL)
        return new_entry(broker, account, ret_entry);
    *ret_entry = entry;
    return 0;
}

/* The log-in begins with the settings as they are now: a secret may have changed. */
static int want(struct sca_token_entry *entry, const struct sca_config_account *account,
                const struct sca_typed *typed)
{
    struct sca_config_account *copy = NULL;

    int err = sca_config_account_copy(account, &copy);
    if (err == 0 && typed != NULL)
        err = sca_typed_copy(typed, &entry->typed);
    if (err != 0) {
        sca_config_account_free(copy);
        return err;
    }
    sca_config_account_free(entry->account);
    entry->account = copy;
    entry->state = SCA_TOKEN_WANTED;
    entry->lock_until_ms = sca_now_ms() + LOCK_LIMIT_MS;
    return 0;
}

static int add_wait(struct sca_token_entry *entry, sca_flow_token_done *done, void *arg,
                    struct sca_token_wait **ret_wait)
{
    struct sca_token_wait *wait = calloc(1, sizeof *wait);

    if (wait == NULL)
        return SCA_E_NOMEM;
    wait->entry = entry;
    wait->done = done;
    wait->arg = arg;
    TAILQ_INSERT_TAIL(&entry->waits, wait, link);
    if (entry->state != SCA_TOKEN_RUNNING)
        sca_token_kick(entry, 0);
    *ret_wait = wait;
    return 0;
}

int sca_token_get(struct sca_token_broker *broker, const struct sca_config_account *account,
                  const struct sca_typed *typed, const struct sca_secret *refused,
                  sca_flow_token_done *done, void *arg, struct sca_token_wait **ret_wait)
{
    struct sca_token_entry *entry = NULL;

    int err = entry_of(broker, account, &entry);
    if (err != 0)
        return err;
    if (sca_token_same(refused, entry->access))
        sca_secret_free(&entry->access);
    if (entry->state == SCA_TOKEN_IDLE && !sca_token_good(entry))
        err = want(entry, account, typed);
    return err == 0 ? add_wait(entry, done, arg, ret_wait) : err;
}

void sca_token_cancel(struct sca_token_wait *wait)
{
    if (wait == NULL)
        return;
    TAILQ_REMOVE(&wait->entry->waits, wait, link);
    free(wait);
}

static int copy_code(const struct sca_cloud_login *login, struct sca_token_code *ret_code)
{
    struct sca_token_code code = {.redirect_uri = strdup(login->redirect_uri)};
    int err = code.redirect_uri == NULL ? SCA_E_NOMEM : 0;

    if (err == 0)
        err = sca_secret_new(login->code, strlen(login->code), &code.code);
    if (err == 0)
        err = sca_secret_new(login->verifier, strlen(login->verifier), &code.verifier);
    if (err != 0) {
        sca_token_code_clear(&code);
        return err;
    }
    *ret_code = code;
    return 0;
}

int sca_token_login(struct sca_token_broker *broker, const struct sca_config_account *account,
                    const struct sca_cloud_login *login, sca_flow_token_done *done, void *arg,
                    struct sca_token_wait **ret_wait)
{
    struct sca_token_entry *entry = NULL;

    int err = entry_of(broker, account, &entry);
    if (err == 0 && entry->state != SCA_TOKEN_IDLE)
        err = SCA_E_INVAL;
    if (err == 0)
        err = copy_code(login, &entry->code);
    if (err != 0)
        return err;
    err = want(entry, account, NULL);
    if (err == 0)
        err = add_wait(entry, done, arg, ret_wait);
    if (err != 0)
        sca_token_end_login(entry);
    return err;
}

static int door_get(void *arg, const struct sca_config_account *account,
                    const struct sca_typed *typed, const struct sca_secret *refused,
                    sca_flow_token_done *done, void *done_arg, void **ret_wait)
{
    struct sca_token_wait *wait = NULL;

    int err = sca_token_get(arg, account, typed, refused, done, done_arg, &wait);
    if (err == 0)
        *ret_wait = wait;
    return err;
}

static void door_cancel(void *wait)
{
    sca_token_cancel(wait);
}

const struct sca_flow_tokens *sca_token_broker_door(const struct sca_token_broker *broker)
{
    return &broker->door;
}

int sca_token_broker_new(const struct sca_flow_run_env *env, const struct sca_paths *paths,
                         struct sca_token_broker **ret_broker)
{
    struct sca_token_broker *broker = calloc(1, sizeof *broker);

    if (broker == NULL)
        return SCA_E_NOMEM;
    broker->env = *env;
    broker->env.tokens = NULL;
    broker->paths = paths;
    broker->door = (struct sca_flow_tokens){.arg = broker, .get = door_get, .cancel = door_cancel};
    TAILQ_INIT(&broker->entries);
    *ret_broker = broker;
    return 0;
}

void sca_token_broker_free(struct sca_token_broker *broker)
{
    if (broker == NULL)
        return;
    while (!TAILQ_EMPTY(&broker->entries))
        free_entry(TAILQ_FIRST(&broker->entries));
    free(broker);
}
