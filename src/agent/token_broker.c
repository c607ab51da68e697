/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each account has an entry; each entry one timer, through which everything happens: it gives a
 * token that is there, takes the lock of the account, and starts the log-in. What the log-in brings
 * is stored first; as long as it is not, nobody gets it.
 *
 * A clock that never jumps stands still while the computer sleeps, so a token's life is measured by
 * both clocks and over with the first.
 */
#include "token_broker.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
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
#define LOCK_LIMIT_MS  60000

enum entry_state {
    ENTRY_IDLE,
    ENTRY_WANTED,  /* to be logged in as soon as the lock is ours */
    ENTRY_RUNNING, /* a log-in is under way */
};

/* What smartca login brings, copied. */
struct code_login {
    struct sca_secret *code;
    struct sca_secret *verifier;
    char *redirect_uri;
};

struct sca_token_wait {
    TAILQ_ENTRY(sca_token_wait) link;
    struct entry *entry;
    sca_flow_token_done *done;
    void *arg;
    bool due; /* being told */
};

/* One account under certain settings. */
struct entry {
    TAILQ_ENTRY(entry) link;
    struct sca_token_broker *broker;
    struct sca_config_account *account; /* as it was when the log-in began */
    struct sca_cloud_account cloud_account;
    enum entry_state state;
    TAILQ_HEAD(, sca_token_wait) waits;
    uv_timer_t timer;

    /* what is known */
    struct sca_secret *access;
    int64_t until_ms;
    int64_t until_utc;
    struct sca_secret *unstored; /* a refresh token that is not on disk yet */

    /* the log-in under way */
    int64_t lock_until_ms;
    int lock_fd;
    struct sca_flow_run *run;
    struct sca_typed typed;
    struct code_login code;
    struct sca_secret *tried; /* the password that was handed out */

    /* what was refused */
    struct sca_secret *refused;
    int64_t locked_until_ms;
    char detail[SCA_CLOUD_DETAIL_SIZE]; /* the service's words then */
};

struct sca_token_broker {
    struct sca_flow_run_env env;
    const struct sca_paths *paths;
    struct sca_flow_tokens door;
    TAILQ_HEAD(, entry) entries;
};

static void kick(struct entry *entry, uint64_t wait_ms);

static struct sca_token_wait *next_due(const struct entry *entry)
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
static void tell(struct entry *entry, int err, const struct sca_secret *access, const char *detail)
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

static bool good(const struct entry *entry)
{
    return entry->access != NULL && entry->unstored == NULL && sca_now_ms() < entry->until_ms &&
           sca_now_utc() < entry->until_utc;
}

static bool same(const struct sca_secret *a, const struct sca_secret *b)
{
    struct sca_bytes left = sca_secret_bytes(a);
    struct sca_bytes right = sca_secret_bytes(b);

    return a != NULL && b != NULL && left.len == right.len &&
           memcmp(left.data, right.data, left.len) == 0;
}

/* Nothing of a log-in is used before this is done. */
static int store(struct entry *entry)
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

static void clear_code(struct code_login *code)
{
    sca_secret_free(&code->code);
    sca_secret_free(&code->verifier);
    free(code->redirect_uri);
    *code = (struct code_login){0};
}

static void end_login(struct entry *entry)
{
    uv_timer_stop(&entry->timer);
    sca_flow_run_free(entry->run);
    entry->run = NULL;
    sca_fd_close(&entry->lock_fd);
    sca_typed_clear(&entry->typed);
    clear_code(&entry->code);
    sca_secret_free(&entry->tried);
    entry->state = ENTRY_IDLE;
}

static void fail(struct entry *entry, int err, const char *detail)
{
    sca_log(SCA_LOG_WARNING, "net", "account %s: not logged in (%s) %s", entry->account->name,
            sca_err_name(err), detail);
    end_login(entry);
    tell(entry, err, NULL, detail);
}

/* What must not be sent again, and the service's words about it. */
static void remember_refusal(struct entry *entry, int err, const char *detail)
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

static void set_life(struct entry *entry, uint32_t expires_in_s)
{
    uint32_t life_s = expires_in_s > 0 ? expires_in_s : LIFE_ASSUMED_S;

    if (life_s > LIFE_MAX_S)
        life_s = LIFE_MAX_S;
    life_s = life_s > MARGIN_S ? life_s - MARGIN_S : 0;
    entry->until_ms = sca_now_ms() + (int64_t)life_s * 1000;
    entry->until_utc = sca_now_utc() + life_s;
}

static int take_token(struct entry *entry, const struct sca_cloud_token *token)
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
    struct entry *entry = arg;
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
    end_login(entry);
    tell(entry, 0, entry->access, "");
}

/* ---- a log-in -------------------------------------------------------------------------------- */

static int on_secret(void *arg, enum sca_secret_kind kind, const struct sca_secret *secret)
{
    struct entry *entry = arg;

    if (kind != SCA_SECRET_PASSWORD)
        return 0;
    if (sca_now_ms() < entry->locked_until_ms)
        return SCA_E_USER_LOCKED;
    if (same(secret, entry->refused))
        return SCA_E_USER_AUTH;
    sca_secret_free(&entry->tried);
    return sca_secret_copy(secret, &entry->tried);
}

/*
 * The provider forgets a refresh token that is used, so it is used only where its successor can be
 * stored: writing it once more shows that.
 */
static int prepare(struct entry *entry, struct sca_cloud_login *login, struct sca_secret **refresh)
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

static int start(struct entry *entry)
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
        entry->state = ENTRY_RUNNING;
    return err;
}

/* Takes the lock and starts, or comes back for it. */
static void start_locked(struct entry *entry)
{
    int err = sca_token_store_lock(entry->broker->paths, entry->account->name, &entry->lock_fd);

    if (err > 0 && sca_now_ms() < entry->lock_until_ms) {
        kick(entry, LOCK_RETRY_MS);
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
static void log_in(struct entry *entry)
{
    int err = entry->unstored != NULL && entry->code.code == NULL ? store(entry) : 0;

    if (err != 0) {
        fail(entry, err, "");
    } else if (entry->code.code == NULL && good(entry)) {
        end_login(entry);
        tell(entry, 0, entry->access, "");
    } else {
        start_locked(entry);
    }
}

static void work(struct entry *entry)
{
    switch (entry->state) {
    case ENTRY_IDLE: /* those who wait were promised the token that is there */
        tell(entry, entry->access != NULL ? 0 : SCA_E_NOMEM, entry->access, "");
        return;
    case ENTRY_WANTED:
        log_in(entry);
        return;
    case ENTRY_RUNNING:
        return;
    }
}

static void on_timer(uv_timer_t *timer)
{
    work(timer->data);
}

static void kick(struct entry *entry, uint64_t wait_ms)
{
    uv_timer_start(&entry->timer, on_timer, wait_ms, 0);
}

/* ---- entries --------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void free_entry(struct entry *entry)
{
    while (!TAILQ_EMPTY(&entry->waits))
        sca_token_cancel(TAILQ_FIRST(&entry->waits));
    end_login(entry);
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
static struct entry *find(struct sca_token_broker *broker, const struct sca_config_account *account)
{
    struct entry *found = NULL;
    struct entry *entry = TAILQ_FIRST(&broker->entries);

    while (entry != NULL) {
        struct entry *next = TAILQ_NEXT(entry, link);

        if (!sca_streq(entry->account->name, account->name)) {
            entry = next;
            continue;
        }
        if (same_settings(entry->account, account))
            found = entry;
        else if (entry->state == ENTRY_IDLE && TAILQ_EMPTY(&entry->waits))
            free_entry(entry);
        entry = next;
    }
    return found;
}

static int new_entry(struct sca_token_broker *broker, const struct sca_config_account *account,
                     struct entry **ret_entry)
{
    struct entry *entry = calloc(1, sizeof *entry);

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
                    struct entry **ret_entry)
{
    struct entry *entry = find(broker, account);

    if (account->provider->login == NULL)
        return SCA_E_INVAL;
    if (entry == NULL)
        return new_entry(broker, account, ret_entry);
    *ret_entry = entry;
    return 0;
}

/* The log-in begins with the settings as they are now: a secret may have changed. */
static int want(struct entry *entry, const struct sca_config_account *account,
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
    entry->state = ENTRY_WANTED;
    entry->lock_until_ms = sca_now_ms() + LOCK_LIMIT_MS;
    return 0;
}

static int add_wait(struct entry *entry, sca_flow_token_done *done, void *arg,
                    struct sca_token_wait **ret_wait)
{
    struct sca_token_wait *wait = calloc(1, sizeof *wait);

    if (wait == NULL)
        return SCA_E_NOMEM;
    wait->entry = entry;
    wait->done = done;
    wait->arg = arg;
    TAILQ_INSERT_TAIL(&entry->waits, wait, link);
    if (entry->state != ENTRY_RUNNING)
        kick(entry, 0);
    *ret_wait = wait;
    return 0;
}

int sca_token_get(struct sca_token_broker *broker, const struct sca_config_account *account,
                  const struct sca_typed *typed, const struct sca_secret *refused,
                  sca_flow_token_done *done, void *arg, struct sca_token_wait **ret_wait)
{
    struct entry *entry = NULL;

    int err = entry_of(broker, account, &entry);
    if (err != 0)
        return err;
    if (same(refused, entry->access))
        sca_secret_free(&entry->access);
    if (entry->state == ENTRY_IDLE && !good(entry))
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

static int copy_code(const struct sca_cloud_login *login, struct code_login *ret_code)
{
    struct code_login code = {.redirect_uri = strdup(login->redirect_uri)};
    int err = code.redirect_uri == NULL ? SCA_E_NOMEM : 0;

    if (err == 0)
        err = sca_secret_new(login->code, strlen(login->code), &code.code);
    if (err == 0)
        err = sca_secret_new(login->verifier, strlen(login->verifier), &code.verifier);
    if (err != 0) {
        clear_code(&code);
        return err;
    }
    *ret_code = code;
    return 0;
}

int sca_token_login(struct sca_token_broker *broker, const struct sca_config_account *account,
                    const struct sca_cloud_login *login, sca_flow_token_done *done, void *arg,
                    struct sca_token_wait **ret_wait)
{
    struct entry *entry = NULL;

    int err = entry_of(broker, account, &entry);
    if (err == 0 && entry->state != ENTRY_IDLE)
        err = SCA_E_INVAL;
    if (err == 0)
        err = copy_code(login, &entry->code);
    if (err != 0)
        return err;
    err = want(entry, account, NULL);
    if (err == 0)
        err = add_wait(entry, done, arg, ret_wait);
    if (err != 0)
        end_login(entry);
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
