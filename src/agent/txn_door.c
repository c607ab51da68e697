/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door of the transaction engine, the order in which a request is decided about, and its clock.
 * That order is the contract with the person's purse: a known signature, an unfinished transaction,
 * an early refusal, and only then the phone.
 */
#include "txn.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "executable.h"
#include "txn_core.h"

#define TIMEOUT_DEFAULT_S 300
#define GRACE_MS          (20 * 1000) /* for the last poll after the deadline */

/* ---- early refusal --------------------------------------------------------------------------- */

static int judge_certificate(const struct sca_credential *credential,
                             struct sca_sentence_facts *facts)
{
    int64_t now_utc = sca_now_utc();

    if (credential->blocked) {
        facts->detail = credential->status;
        return SCA_E_CERT;
    }
    if (now_utc > credential->not_after_utc) {
        facts->not_after_utc = credential->not_after_utc;
        return SCA_E_CERT;
    }
    return now_utc < credential->not_before_utc ? SCA_E_CERT : 0;
}

static int judge_pin(const struct sca_txn_wait *wait, const struct sca_config_account *account)
{
    struct sca_typed typed = {0};
    int err = sca_typed_from_pin(account, wait->pin, wait->otp, &typed);

    sca_typed_clear(&typed);
    return err;
}

/* Everything that can be said without asking the service. @account may be NULL. */
static int judge(const struct sca_txn_wait *wait, const struct sca_config_account *account,
                 const struct sca_credential *credential, struct sca_sentence_facts *facts)
{
    struct sca_txns *txns = wait->txns;

    facts->asked = wait->key.hash;
    if (account == NULL || account->provider == NULL)
        return SCA_E_CONFIG;
    if (credential == NULL)
        return SCA_E_NO_CERT;
    facts->offered = sca_credential_hashes(credential, account);
    int err = judge_certificate(credential, facts);
    if (err != 0)
        return err;
    if ((facts->offered & SCA_BIT(wait->key.hash)) == 0 ||
        (sca_credential_schemes(credential, account) & SCA_BIT(wait->key.scheme)) == 0)
        return SCA_E_UNSUPPORTED;
    err = judge_pin(wait, account);
    if (err != 0 || sca_txn_queue_has(txns, wait))
        return err;
    return sca_budget_check(&txns->budget, account, wait->program, sca_now_utc(), &facts->limit);
}

static void refuse(struct sca_txn_wait *wait, int err, const struct sca_sentence_facts *facts)
{
    struct sca_txn_answer answer = {.err = err};

    if (facts != NULL)
        answer.facts = *facts;
    answer.facts.unspent = !wait->sent;
    (void)sca_txn_wait_answer(wait, &answer);
}

/* ---- admission ------------------------------------------------------------------------------- */

static void on_fetched(void *arg, int err, const char *account, const char *detail)
{
    struct sca_txn_wait *wait = arg;

    (void)account;
    wait->fetch = NULL;
    if (wait->state == SCA_WAIT_GONE)
        return;
    wait->state = SCA_WAIT_NEW;
    if (err != 0)
        refuse(wait, err, &(struct sca_sentence_facts){.detail = detail});
    sca_txns_kick(wait->txns);
}

/* 1 when the account is being listed for the first time, for this request. SCA_E_NOMEM. */
static int fetch_first(struct sca_txn_wait *wait, const struct sca_config_account *account)
{
    struct sca_listing *listing = wait->txns->env.listing;
    const struct sca_credentials *known = sca_listing_account(listing, wait->account);

    if (account == NULL || wait->fetched || (known != NULL && known->fetched_utc != 0))
        return 0;
    wait->fetched = true;
    wait->state = SCA_WAIT_FETCHING;
    int err = sca_listing_refresh(listing, wait->account, true, on_fetched, wait, &wait->fetch);
    if (err == 0)
        return 1;
    wait->state = SCA_WAIT_NEW;
    return err;
}

/* What is new: listed first where it has to be, refused, or on its way. */
static void begin(struct sca_txn_wait *wait, const struct sca_config_account *account)
{
    struct sca_sentence_facts facts = {0};
    const struct sca_credential *credential =
        sca_listing_find(wait->txns->env.listing, wait->account, wait->key.credential);
    int err = credential == NULL ? fetch_first(wait, account) : 0;

    if (err > 0)
        return;
    if (err == 0)
        err = judge(wait, account, credential, &facts);
    if (err == 0)
        err = sca_txn_queue_add(wait);
    if (err != 0)
        refuse(wait, err, &facts);
    else
        sca_txn_wait_soon(wait);
}

static void join(struct sca_txn_wait *wait, struct sca_txn *txn, size_t doc)
{
    int err = 0;

    sca_txn_wait_join(wait, txn, doc);
    if (txn->run == NULL)
        err = sca_txn_look_up(txn);
    if (err != 0) {
        struct sca_txn_answer answer = {.err = err, .txn = txn};
        (void)sca_txn_wait_answer(wait, &answer);
    }
}

static void admit(struct sca_txn_wait *wait)
{
    struct sca_txns *txns = wait->txns;
    const struct sca_config_account *account = sca_config_account(txns->config, wait->account);
    size_t doc = 0;

    if (wait->deadline_ms == 0)
        wait->deadline_ms =
            sca_now_ms() +
            1000 * (int64_t)(account != NULL ? account->confirm_timeout_s : TIMEOUT_DEFAULT_S);
    if (account != NULL && !sca_executable_allowed(account->programs, wait->executable)) {
        refuse(wait, SCA_E_PROGRAM, NULL); /* it gets no known signature either */
        return;
    }
    int err = sca_txn_catch_up(txns);
    if (err != 0) { /* without the journal a signature might be paid twice */
        refuse(wait, err, NULL);
        return;
    }
    if (sca_txn_replay(wait))
        return;
    struct sca_txn *txn = sca_txn_find_open(txns, &wait->key, &doc);
    if (txn != NULL && sca_txn_just_cancelled(txn, wait, doc)) {
        const struct sca_txn_answer answer = {
            .err = SCA_E_CANCELLED, .txn = txn, .facts = {.at_notice = true}};
        (void)sca_txn_wait_answer(wait, &answer);
        return;
    }
    if (txn != NULL) {
        join(wait, txn, doc);
        return;
    }
    const struct sca_txn *refused = sca_txn_find_refused(wait);
    if (refused != NULL) {
        struct sca_txn_answer answer = {
            .err = refused->record->err,
            .txn = refused,
            .facts = {.browser = refused->browser, .at_screen = refused->at_screen}};
        (void)sca_txn_wait_answer(wait, &answer);
        return;
    }
    begin(wait, account);
}

/* ---- the clock ------------------------------------------------------------------------------- */

/* Takes out those who left or have their answer. */
static void sweep(struct sca_txns *txns)
{
    struct sca_txn_wait *wait = TAILQ_FIRST(&txns->waits);

    while (wait != NULL) {
        struct sca_txn_wait *next = TAILQ_NEXT(wait, link);

        if (wait->state == SCA_WAIT_GONE) {
            sca_txn_queue_leave(wait);
            TAILQ_REMOVE(&txns->waits, wait, link);
            sca_txn_wait_free(wait);
        }
        wait = next;
    }
}

/* When a wait that is joined ends by itself: others of its transaction may wait longer. */
static int64_t end_of(const struct sca_txn_wait *wait)
{
    bool last = wait->state == SCA_WAIT_JOINED && wait->txn->run != NULL &&
                wait->txn->deadline_ms <= wait->deadline_ms;

    return last ? wait->deadline_ms + GRACE_MS : wait->deadline_ms;
}

static void time_out(struct sca_txn_wait *wait)
{
    struct sca_txn_answer answer = {.err = SCA_E_TIMEOUT};

    if (wait->state == SCA_WAIT_JOINED) {
        answer.err = SCA_E_EXPIRED;
        answer.txn = wait->txn;
        answer.facts.open = true;
    }
    (void)sca_txn_wait_answer(wait, &answer);
}

static int64_t work_wait(struct sca_txn_wait *wait, int64_t now_ms)
{
    if (wait->state == SCA_WAIT_NEW)
        admit(wait);
    if (wait->state == SCA_WAIT_GONE)
        return now_ms;
    if (end_of(wait) <= now_ms) {
        time_out(wait);
        return now_ms;
    }
    if (wait->tick_ms <= now_ms)
        sca_txn_wait_progress(wait);
    return wait->tick_ms < end_of(wait) ? wait->tick_ms : end_of(wait);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

static void on_timer(uv_timer_t *timer);

static void set_timer(struct sca_txns *txns, int64_t at_ms)
{
    uv_update_time(txns->env.runs.loop);
    if (at_ms == SCA_TXN_NEVER_MS)
        uv_timer_stop(txns->timer);
    else
        uv_timer_start(txns->timer, on_timer, (uint64_t)sca_left_ms(at_ms), 0);
}

/*
 * Transactions before waits, so that a last chance is given before its wait would end; the queue
 * last, so that what was admitted now is seen.
 */
static void work(struct sca_txns *txns)
{
    int64_t now_ms = sca_now_ms();
    int64_t again_ms = SCA_TXN_NEVER_MS;
    struct sca_txn *txn = TAILQ_FIRST(&txns->unsettled);
    struct sca_txn_wait *wait;

    sweep(txns);
    while (txn != NULL) {
        struct sca_txn *next = TAILQ_NEXT(txn, unsettled);

        again_ms = earlier(again_ms, sca_txn_run_work(txn, now_ms));
        txn = next;
    }
    TAILQ_FOREACH(wait, &txns->waits, link)
    again_ms = earlier(again_ms, work_wait(wait, now_ms));
    again_ms = earlier(again_ms, sca_txn_queue_work(txns, now_ms));
    again_ms = earlier(again_ms, sca_txn_known_work(txns, now_ms));
    again_ms = earlier(again_ms, sca_sessions_work(&txns->sessions, now_ms, sca_now_utc()));
    set_timer(txns, txns->kicked ? now_ms : again_ms);
}

static void on_timer(uv_timer_t *timer)
{
    struct sca_txns *txns = timer->data;

    txns->kicked = false;
    work(txns);
}

void sca_txns_kick(struct sca_txns *txns)
{
    txns->kicked = true;
    uv_timer_start(txns->timer, on_timer, 0, 0);
}

/* ---- the door -------------------------------------------------------------------------------- */

int sca_txns_new(const struct sca_txns_env *env, struct sca_txns **ret_txns)
{
    struct sca_txns *txns = calloc(1, sizeof *txns);

    if (txns == NULL)
        return SCA_E_NOMEM;
    txns->timer = calloc(1, sizeof *txns->timer);
    txns->syncer = sca_syncer_new();
    if (txns->timer == NULL || txns->syncer == NULL) {
        sca_syncer_free(txns->syncer);
        free(txns->timer);
        free(txns);
        return SCA_E_NOMEM;
    }
    uv_timer_init(env->runs.loop, txns->timer);
    txns->timer->data = txns;
    txns->env = *env;
    txns->flush_ms = SCA_TXN_NEVER_MS;
    TAILQ_INIT(&txns->list);
    TAILQ_INIT(&txns->unsettled);
    TAILQ_INIT(&txns->queues);
    TAILQ_INIT(&txns->waits);
    sca_budget_init(&txns->budget);
    sca_sessions_init(&txns->sessions);
    TAILQ_INIT(&txns->revocations);
    char name[HOST_NAME_MAX + 1] = "";
    if (gethostname(name, sizeof name - 1) != 0)
        name[0] = '\0';
    sca_text_printable(name, txns->computer, sizeof txns->computer);
    sca_notify_on_cancel(env->notify, sca_txn_notice_cancelled, txns);
    *ret_txns = txns;
    return 0;
}

void sca_txns_configure(struct sca_txns *txns, const struct sca_config *config)
{
    if (txns->config != config) { /* what was confirmed was confirmed under the old one */
        sca_txn_session_bar(txns, NULL);
        (void)sca_sessions_end(&txns->sessions, NULL);
    }
    txns->config = config;
    sca_txns_kick(txns);
}

int sca_txns_resume(struct sca_txns *txns)
{
    int err = sca_txn_catch_up(txns);

    if (err != 0)
        return err;
    (void)sca_txn_reconcile(txns);
    return 0;
}

int sca_txns_ask(struct sca_txns *txns, const struct sca_txn_request *request,
                 const struct sca_txn_callbacks *callbacks, void *arg,
                 struct sca_txn_wait **ret_wait)
{
    struct sca_txn_wait *wait = NULL;
    int err = sca_txn_wait_new(txns, request, &wait);

    if (err != 0)
        return err;
    wait->callbacks = *callbacks;
    wait->arg = arg;
    TAILQ_INSERT_TAIL(&txns->waits, wait, link);
    sca_txns_kick(txns);
    *ret_wait = wait;
    return 0;
}

void sca_txns_leave(struct sca_txn_wait *wait)
{
    const struct sca_txn *txn = wait->state == SCA_WAIT_JOINED ? wait->txn : NULL;

    if (wait->state == SCA_WAIT_GONE)
        return;
    sca_txn_ledger(wait->txns, txn, wait->doc, wait, sca_err_name(SCA_E_CANCELLED), "");
    wait->state = SCA_WAIT_GONE;
    wait->txn = NULL;
    if (txn != NULL && txn->phase != SCA_PHASE_SETTLED &&
        sca_txn_wait_next(txn, SIZE_MAX, NULL) == NULL)
        sca_txn_notice_left(txn, wait);
    sca_txns_kick(wait->txns);
}

size_t sca_txns_running(const struct sca_txns *txns)
{
    const struct sca_txn_wait *wait;
    const struct sca_txn *txn;
    size_t running = sca_session_revoke_count(&txns->revocations);

    TAILQ_FOREACH(wait, &txns->waits, link)
    running += wait->state != SCA_WAIT_GONE ? 1 : 0;
    TAILQ_FOREACH(txn, &txns->unsettled, unsettled)
    running += txn->run != NULL ? 1 : 0;
    return running + (sca_txns_comparing(txns) ? 1 : 0);
}

size_t sca_txns_active(const struct sca_txns *txns)
{
    const struct sca_txn *txn;
    size_t active = sca_txns_running(txns) + sca_sessions_count(&txns->sessions);

    TAILQ_FOREACH(txn, &txns->unsettled, unsettled)
    active += txn->phase == SCA_PHASE_PAUSED ? 1 : 0;
    return active;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void sca_txns_free(struct sca_txns *txns)
{
    if (txns == NULL)
        return;
    sca_txn_flush(txns);
    sca_compare_free(txns->compare);
    while (!TAILQ_EMPTY(&txns->waits)) {
        struct sca_txn_wait *wait = TAILQ_FIRST(&txns->waits);

        TAILQ_REMOVE(&txns->waits, wait, link);
        sca_txn_wait_free(wait);
    }
    sca_txn_queues_free(txns);
    while (!TAILQ_EMPTY(&txns->list))
        sca_txn_free(TAILQ_FIRST(&txns->list));
    sca_budget_clear(&txns->budget);
    sca_sessions_clear(&txns->sessions);
    sca_session_revoke_clear(&txns->revocations);
    sca_verify_cache_clear(&txns->key);
    sca_syncer_free(txns->syncer);
    uv_close((uv_handle_t *)txns->timer, on_closed);
    free(txns);
}
