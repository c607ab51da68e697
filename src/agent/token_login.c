/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One log-in from its beginning to those who are told. Each entry has one timer, through which
 * everything happens: it gives a token that is there, takes the lock of the account, and starts the
 * log-in. What the log-in brings is stored first; as long as it is not, nobody gets it.
 *
 * A clock that never jumps stands still while the computer sleeps, so a token's life is measured by
 * both clocks and over with the first.
 */
#include "token_core.h"

#include <stdlib.h>
#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/log.h"
#include "common/text.h"
#include "token_store.h"

#define MARGIN_S       30
#define LIFE_ASSUMED_S 600 /* where the service does not say; a refused token is renewed anyway */
#define LIFE_MAX_S     (30u * 86400u)
#define LOCKED_S       300 /* how long the service is said to lock an account */
#define LOCK_RETRY_MS  100u

static struct sca_token_wait *next_due(const struct sca_token_entry *entry)
{
    struct sca_token_wait *wait = NULL;

    TAILQ_FOREACH(wait, &entry->waits, link)
    {
        if (wait->due)
            return wait;
    }
    return NULL;
}

/*
 * Each done may ask again, which is answered another time, and cancel others, so the list is looked
 * at anew for each. @access and @detail may go with the entry meanwhile.
 */
static void tell(struct sca_token_entry *entry, int err, const struct sca_secret *access,
                 const char *detail)
{
    struct sca_token_wait *wait = NULL;
    SCA_SECRET_AUTO given = NULL;
    char words[SCA_CLOUD_DETAIL_SIZE];

    if (err == 0)
        err = sca_secret_copy(access, &given);
    sca_text_printable(detail, words, sizeof words);
    TAILQ_FOREACH(wait, &entry->waits, link)
    {
        wait->due = true;
    }
    for (wait = next_due(entry); wait != NULL; wait = next_due(entry)) {
        sca_flow_token_done *done = wait->done;
        void *arg = wait->arg;

        TAILQ_REMOVE(&entry->waits, wait, link);
        free(wait);
        done(arg, err, given, words);
    }
}

/* ---- the token ------------------------------------------------------------------------------- */

bool sca_token_good(const struct sca_token_entry *entry)
{
    return entry->access != NULL && entry->unstored == NULL && sca_now_ms() < entry->until_ms &&
           sca_now_utc() < entry->until_utc;
}

bool sca_token_same(const struct sca_secret *a, const struct sca_secret *b)
{
    struct sca_bytes left = sca_secret_bytes(a);
    struct sca_bytes right = sca_secret_bytes(b);

    return a != NULL && b != NULL && left.len == right.len &&
           memcmp(left.data, right.data, left.len) == 0;
}

/* Nothing of a log-in is used before this is done. */
static int store(struct sca_token_entry *entry)
{
    int err = sca_token_store_save(entry->broker->paths, entry->account, entry->unstored);

    if (err != 0) {
        sca_log(SCA_LOG_ERROR, "config", "account %s: the new log-in could not be stored (%s)",
                entry->account->name, sca_err_name(err));
        return SCA_E_IO;
    }
    sca_secret_free(&entry->unstored);
    return 0;
}

/* ---- the end of a log-in --------------------------------------------------------------------- */

void sca_token_code_clear(struct sca_token_code *code)
{
    sca_secret_free(&code->code);
    sca_secret_free(&code->verifier);
    free(code->redirect_uri);
    *code = (struct sca_token_code){0};
}

void sca_token_end_login(struct sca_token_entry *entry)
{
    uv_timer_stop(&entry->timer);
    sca_flow_run_free(entry->run);
    entry->run = NULL;
    sca_fd_close(&entry->lock_fd);
    sca_typed_clear(&entry->typed);
    sca_token_code_clear(&entry->code);
    sca_secret_free(&entry->tried);
    entry->state = SCA_TOKEN_IDLE;
}

static void fail(struct sca_token_entry *entry, int err, const char *detail)
{
    sca_log(SCA_LOG_WARNING, "net", "account %s: not logged in (%s) %s", entry->account->name,
            sca_err_name(err), detail);
    sca_token_end_login(entry);
    tell(entry, err, NULL, detail);
}

/* What must not be sent again, and the service's words about it. */
static void remember_refusal(struct sca_token_entry *entry, int err, const char *detail)
{
    if (entry->tried == NULL || (err != SCA_E_USER_AUTH && err != SCA_E_USER_LOCKED))
        return;
    sca_text_printable(detail, entry->detail, sizeof entry->detail);
    if (err == SCA_E_USER_LOCKED) { /* the password may be right */
        entry->locked_until_ms = sca_now_ms() + (int64_t)LOCKED_S * 1000;
        return;
    }
    sca_secret_free(&entry->refused);
    entry->refused = entry->tried;
    entry->tried = NULL;
}

static void set_life(struct sca_token_entry *entry, uint32_t expires_in_s)
{
    uint32_t life_s = expires_in_s > 0 ? expires_in_s : LIFE_ASSUMED_S;

    if (life_s > LIFE_MAX_S)
        life_s = LIFE_MAX_S;
    life_s = life_s > MARGIN_S ? life_s - MARGIN_S : 0;
    entry->until_ms = sca_now_ms() + (int64_t)life_s * 1000;
    entry->until_utc = sca_now_utc() + life_s;
}

static int take_token(struct sca_token_entry *entry, const struct sca_cloud_token *token)
{
    if (token == NULL || sca_secret_bytes(token->access).len == 0)
        return SCA_E_SERVER;
    if (entry->code.code != NULL && sca_secret_bytes(token->refresh).len == 0)
        return SCA_E_REFUSED;
    sca_secret_free(&entry->access);
    sca_secret_free(&entry->unstored);
    int err = sca_secret_copy(token->access, &entry->access);
    if (err == 0 && sca_secret_bytes(token->refresh).len > 0)
        err = sca_secret_copy(token->refresh, &entry->unstored);
    if (err != 0)
        return err;
    set_life(entry, token->expires_in_s);
    return entry->unstored != NULL ? store(entry) : 0;
}

static void on_done(void *arg, const struct sca_flow_end *end)
{
    struct sca_token_entry *entry = arg;
    bool over = end->token != NULL && end->token->refresh_over;
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = end->err;

    sca_text_printable(end->detail, detail, sizeof detail);
    if (over && sca_token_store_forget(entry->broker->paths, entry->account->name) != 0)
        sca_log(SCA_LOG_WARNING, "config", "account %s: a log-in that is over could not be removed",
                entry->account->name);
    if (err == 0) {
        err = take_token(entry, end->token);
    } else {
        remember_refusal(entry, err, detail);
        if (detail[0] == '\0' && (err == SCA_E_USER_AUTH || err == SCA_E_USER_LOCKED))
            memcpy(detail, entry->detail, sizeof detail);
    }
    if (err != 0) {
        fail(entry, err, detail);
        return;
    }
    sca_token_end_login(entry);
    tell(entry, 0, entry->access, "");
}

/* ---- a log-in -------------------------------------------------------------------------------- */

static int on_secret(void *arg, enum sca_secret_kind kind, const struct sca_secret *secret)
{
    struct sca_token_entry *entry = arg;

    if (kind != SCA_SECRET_PASSWORD)
        return 0;
    if (sca_now_ms() < entry->locked_until_ms)
        return SCA_E_USER_LOCKED;
    if (sca_token_same(secret, entry->refused))
        return SCA_E_USER_AUTH;
    sca_secret_free(&entry->tried);
    return sca_secret_copy(secret, &entry->tried);
}

/*
 * The provider forgets a refresh token that is used, so it is used only where its successor can be
 * stored: writing it once more shows that.
 */
static int prepare(struct sca_token_entry *entry, struct sca_cloud_login *login,
                   struct sca_secret **refresh)
{
    if (entry->code.code != NULL) {
        *login = (struct sca_cloud_login){
            .code = sca_secret_text(entry->code.code),
            .redirect_uri = entry->code.redirect_uri,
            .verifier = sca_secret_text(entry->code.verifier),
        };
        return 0;
    }
    int err = sca_token_store_load(entry->broker->paths, entry->account, refresh);
    if (err != 0 || *refresh == NULL)
        return err;
    login->refresh = *refresh;
    return sca_token_store_save(entry->broker->paths, entry->account, *refresh) == 0 ? 0 : SCA_E_IO;
}

static int start(struct sca_token_entry *entry)
{
    const struct sca_flow_run_callbacks callbacks = {
        .arg = entry, .secret = on_secret, .done = on_done};
    struct sca_cloud_login login = {0};
    SCA_SECRET_AUTO refresh = NULL;
    struct sca_flow *flow = NULL;

    entry->cloud_account = sca_config_cloud_account(entry->account);
    int err = prepare(entry, &login, &refresh);
    if (err == 0)
        err = entry->account->provider->login(&entry->cloud_account, &login, &flow);
    if (err == 0)
        err = sca_flow_run_new(&entry->broker->env, entry->account, flow, &entry->typed, &callbacks,
                               &entry->run);
    if (err == 0)
        entry->state = SCA_TOKEN_RUNNING;
    return err;
}

/* Takes the lock and starts, or comes back for it. */
static void start_locked(struct sca_token_entry *entry)
{
    int err = sca_token_store_lock(entry->broker->paths, entry->account->name, &entry->lock_fd);

    if (err > 0 && sca_now_ms() < entry->lock_until_ms) {
        sca_token_kick(entry, LOCK_RETRY_MS);
        return;
    }
    if (err > 0)
        err = SCA_E_TIMEOUT;
    if (err == 0)
        err = start(entry);
    if (err != 0)
        fail(entry, err, "");
}

/* A log-in is wanted; perhaps an earlier one only has to be stored. */
static void log_in(struct sca_token_entry *entry)
{
    int err = entry->unstored != NULL && entry->code.code == NULL ? store(entry) : 0;

    if (err != 0) {
        fail(entry, err, "");
    } else if (entry->code.code == NULL && sca_token_good(entry)) {
        sca_token_end_login(entry);
        tell(entry, 0, entry->access, "");
    } else {
        start_locked(entry);
    }
}

static void work(struct sca_token_entry *entry)
{
    switch (entry->state) {
    case SCA_TOKEN_IDLE: /* those who wait were promised the token that is there */
        tell(entry, entry->access != NULL ? 0 : SCA_E_NOMEM, entry->access, "");
        return;
    case SCA_TOKEN_WANTED:
        log_in(entry);
        return;
    case SCA_TOKEN_RUNNING:
        return;
    }
}

static void on_timer(uv_timer_t *timer)
{
    work(timer->data);
}

void sca_token_kick(struct sca_token_entry *entry, uint64_t wait_ms)
{
    uv_timer_start(&entry->timer, on_timer, wait_ms, 0);
}
