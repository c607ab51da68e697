/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One transaction on its way. The order that keeps promise 2 stands here: the record is written
 * before the request that spends is begun (before_send), and durable before it leaves (on_leaving).
 * A run that cannot say how it ended leaves the record open; from then on it is only looked up, by
 * its id.
 */
#include "txn_core.h"

#include <stdlib.h>
#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "fault.h"
#include "i18n.h"

#define LOOK_LIMIT_MS   (45 * 1000) /* a look-up that nobody waits for; "not found" takes 20 s */
#define LOOK_GAP_MIN_S  10
#define LOOK_GAP_MAX_S  60
#define STALE_LISTING_S (24 * 3600)
#define PERSON_MS       1000 /* nobody sees a question and answers it in less */

struct sca_txn *sca_txn_new(struct sca_txns *txns, struct sca_journal_record *record)
{
    struct sca_txn *txn = calloc(1, sizeof *txn);

    if (txn == NULL)
        return NULL;
    txn->txns = txns;
    txn->record = record;
    txn->phase = SCA_PHASE_SETTLED;
    txn->deadline_ms = SCA_TXN_NEVER_MS;
    txn->look_ms = SCA_TXN_NEVER_MS;
    txn->taken_up_ms = sca_now_ms();
    TAILQ_INSERT_TAIL(&txns->list, txn, link);
    return txn;
}

void sca_txn_enter(struct sca_txn *txn, enum sca_txn_phase phase)
{
    const bool was_settled = txn->phase == SCA_PHASE_SETTLED;
    const bool is_settled = phase == SCA_PHASE_SETTLED;

    txn->phase = phase;
    if (was_settled && !is_settled)
        TAILQ_INSERT_TAIL(&txn->txns->unsettled, txn, unsettled);
    else if (!was_settled && is_settled)
        TAILQ_REMOVE(&txn->txns->unsettled, txn, unsettled);
}

/* Frees the run and what it borrowed. */
void sca_txn_end_run(struct sca_txn *txn)
{
    sca_txn_session_drop(txn, txn->run != NULL);
    sca_flow_run_free(txn->run);
    (void)sca_sync_wait(txn->txns->syncer, &txn->sync);
    txn->run = NULL;
    sca_config_account_free(txn->account);
    txn->account = NULL;
    free(txn->docs);
    txn->docs = NULL;
    txn->first = false;
    txn->chance_given = false;
    txn->deadline_ms = SCA_TXN_NEVER_MS;
}

void sca_txn_free(struct sca_txn *txn)
{
    sca_txn_end_run(txn);
    sca_txn_enter(txn, SCA_PHASE_SETTLED);
    TAILQ_REMOVE(&txn->txns->list, txn, link);
    sca_journal_record_free(txn->record);
    free(txn);
}

struct sca_batch_way sca_txn_way(const struct sca_queue *queue)
{
    struct sca_batch_way way = {.quiet = queue->quiet};
    const struct sca_txn *txn;

    TAILQ_FOREACH(txn, &queue->txns->unsettled, unsettled)
    {
        const struct sca_journal_record *record = txn->record;

        if (txn->run == NULL || !txn->first || !sca_streq(record->credential, queue->credential))
            continue;
        way.quiet = txn->quick && (way.txns == 0 || way.quiet);
        way.txns++;
        if (record->scheme == queue->scheme && record->hash == queue->hash)
            way.docs += record->doc_count;
    }
    return way;
}

bool sca_txn_old(const struct sca_txn *txn)
{
    int64_t age_s = sca_now_utc() - txn->record->created_utc;
    int64_t here_s =
        (sca_now_ms() - txn->taken_up_ms) / 1000; /* the clock may have been set back */

    return (age_s > here_s ? age_s : here_s) >= SCA_TXN_GIVE_UP_S;
}

/* ---- ways to rest -------------------------------------------------------------------------- */

static void give_up(struct sca_txn *txn)
{
    sca_txn_enter(txn, SCA_PHASE_SETTLED);
    txn->look_ms = SCA_TXN_NEVER_MS;
    if (txn->record->state == SCA_TXN_GIVEN_UP)
        return;
    txn->record->state = SCA_TXN_GIVEN_UP;
    sca_log(SCA_LOG_WARNING, "txn", "%s: never answered, given up", txn->record->txn_id);
    (void)sca_txn_save(txn);
}

/* Open, and nobody knows: to be looked up later, until it is too old. */
void sca_txn_pause(struct sca_txn *txn)
{
    if (sca_txn_old(txn)) {
        give_up(txn);
        return;
    }
    txn->look_gap_s = txn->look_gap_s == 0 ? LOOK_GAP_MIN_S : txn->look_gap_s * 2;
    if (txn->look_gap_s > LOOK_GAP_MAX_S)
        txn->look_gap_s = LOOK_GAP_MAX_S;
    sca_txn_enter(txn, SCA_PHASE_PAUSED);
    txn->look_ms = sca_now_ms() + (int64_t)txn->look_gap_s * 1000;
}

/* ---- what the flow says ---------------------------------------------------------------------- */

static bool wanted_still(const struct sca_txn *txn)
{
    const struct sca_txn_wait *wait = sca_txn_wait_next(txn, SIZE_MAX, NULL);

    while (wait != NULL && wait->deadline_ms <= sca_now_ms())
        wait = sca_txn_wait_next(txn, SIZE_MAX, wait);
    return wait != NULL;
}

/* No person can have been asked and have answered since it began. */
static bool too_soon(const struct sca_txn *txn)
{
    return sca_now_ms() - txn->taken_up_ms < PERSON_MS;
}

static int before_send(void *arg, const struct sca_http_request *request)
{
    struct sca_txn *txn = arg;

    int unasked = sca_txn_unasked_before(txn, request);
    if (unasked != 0)
        return unasked;
    if (!request->spends)
        return 0;
    if (!txn->first || txn->journaled) /* a flow that spends twice: never, whatever it believes */
        return SCA_E_INVAL;
    if (!wanted_still(txn))
        return SCA_E_CANCELLED;
    txn->quick = too_soon(txn);
    sca_fault_point("before-journal");
    txn->record->created_utc = sca_now_utc();
    int err =
        sca_journal_place(txn->txns->env.paths, txn->record, &txn->sync.fds[0], &txn->sync.fds[1]);
    if (err != 0) {
        sca_log(SCA_LOG_ERROR, "journal", "%s cannot be written (%s)", txn->record->txn_id,
                sca_err_name(err));
        return err;
    }
    txn->journaled = true;
    sca_sync_start(txn->txns->syncer, &txn->sync);
    txn->written = sca_journal_record_stamp(txn->txns->env.paths, txn->record->txn_id);
    txn->txns->journal_stamp = sca_journal_stamp(txn->txns->env.paths);
    sca_txns_kick(txn->txns); /* where nobody was asked, the next one may follow */
    sca_log(SCA_LOG_INFO, "txn", "%s: %zu document(s), code %s, account %s", txn->record->txn_id,
            txn->record->doc_count, txn->code, txn->record->account);
    return 0;
}

/* The line is up, and nothing has left: meanwhile the disk had time, and hosts may have gone. */
static int on_leaving(void *arg)
{
    struct sca_txn *txn = arg;
    int err = sca_sync_wait(txn->txns->syncer, &txn->sync);

    if (err != 0)
        sca_log(SCA_LOG_ERROR, "journal", "%s is not durable (%s)", txn->record->txn_id,
                sca_err_name(err));
    else if (!wanted_still(txn))
        err = SCA_E_CANCELLED;
    if (err != 0) {
        (void)sca_journal_remove(txn->txns->env.paths, txn->record->txn_id);
        txn->journaled = false;
        return err;
    }
    sca_fault_point("journaled");
    return 0;
}

static void on_refreshed(void *arg, int err, const char *account, const char *detail)
{
    (void)arg;
    (void)err;
    (void)account;
    (void)detail;
}

/* While the person looks for the phone there is time to look for renewed certificates. */
static void refresh_stale_listing(const struct sca_txn *txn)
{
    struct sca_listing *listing = txn->txns->env.listing;
    const struct sca_credentials *known = sca_listing_account(listing, txn->record->account);
    struct sca_listing_wait *wait = NULL;

    if (known != NULL && known->fetched_utc + STALE_LISTING_S < sca_now_utc())
        (void)sca_listing_refresh(listing, txn->record->account, true, on_refreshed, NULL, &wait);
}

static void tell_person(struct sca_txn *txn)
{
    const struct sca_txn_wait *wait = sca_txn_wait_next(txn, SIZE_MAX, NULL);

    if (txn->noticed || wait == NULL)
        return;
    txn->noticed = true;
    sca_txn_notice_waiting(txn, wait);
    refresh_stale_listing(txn);
}

/* A look-up found it still waiting for the person. Returns false when the look-up is over. */
static bool go_on_looking(struct sca_txn *txn)
{
    struct sca_txn_wait *wait = sca_txn_wait_next(txn, SIZE_MAX, NULL);

    if (!sca_txn_old(txn) && wait != NULL) {
        for (; wait != NULL; wait = sca_txn_wait_next(txn, SIZE_MAX, wait))
            wait->fresh = false;
        return true;
    }
    sca_txn_end_run(txn);
    sca_txn_pause(txn);
    if (wait != NULL)
        txn->looked_ms = sca_now_ms(); /* nothing came of it, and nothing will */
    for (; wait != NULL; wait = sca_txn_wait_next(txn, SIZE_MAX, NULL))
        sca_txn_admit_again(wait);
    sca_txns_kick(txn->txns);
    return false;
}

static void on_waiting(void *arg, bool person)
{
    struct sca_txn *txn = arg;

    sca_fault_point("waiting");
    if (!person || (txn->phase == SCA_PHASE_LOOKING && !go_on_looking(txn)))
        return;
    bool news = txn->phase != SCA_PHASE_ASKING;
    sca_txn_enter(txn, SCA_PHASE_ASKING);
    if (!news)
        return;
    tell_person(txn);
    for (struct sca_txn_wait *wait = sca_txn_wait_next(txn, SIZE_MAX, NULL); wait != NULL;
         wait = sca_txn_wait_next(txn, SIZE_MAX, wait))
        sca_txn_wait_soon(wait);
    sca_txns_kick(txn->txns);
}

static void on_browsing(void *arg)
{
    struct sca_txn *txn = arg;

    txn->browser = true;
    on_waiting(txn, true);
}

/*
 * From here on "not found" proves nothing, and the service may know the transaction only by its own
 * code: a look-up after a crash needs both. Where the signature came at once, the end that follows
 * saves them with it.
 */
static void on_accepted(void *arg, const char *provider_txn, bool ends)
{
    struct sca_txn *txn = arg;
    struct sca_journal_record *record = txn->record;

    if (record->accepted && (record->provider_txn != NULL || *provider_txn == '\0'))
        return;
    record->accepted = true;
    if (record->provider_txn == NULL && *provider_txn != '\0')
        record->provider_txn = strdup(provider_txn);
    if (ends)
        sca_txn_mark_dirty(txn);
    else
        (void)sca_txn_save_durably(txn);
    sca_fault_point("accepted");
}

static void on_done(void *arg, const struct sca_flow_end *end)
{
    struct sca_txn *txn = arg;

    txn->tries = end->tries;
    txn->at_once = end->err == 0 && txn->first && too_soon(txn);
    txn->at_screen = end->at_screen || txn->unasked_late;
    sca_txn_unasked_settle(txn, &end->unasked);
    sca_txn_session_settle(txn, end);
    if (end->err == 0)
        sca_txn_settle_signed(txn, end->result);
    else
        sca_txn_failed(txn, end->err, end->spent, end->detail);
}

/* ---- starting -------------------------------------------------------------------------------- */

void sca_txn_describe(const struct sca_journal_record *record, struct sca_cloud_doc *docs,
                      struct sca_cloud_sign *ret_sign)
{
    for (size_t i = 0; i < record->doc_count; i++)
        docs[i] = (struct sca_cloud_doc){
            .id = record->docs[i].id,
            .digest = {record->docs[i].digest, record->docs[i].digest_len},
        };
    *ret_sign = (struct sca_cloud_sign){
        .txn_id = record->txn_id,
        .serial = record->serial,
        .provider_id = record->provider_id != NULL ? record->provider_id : "",
        .key_type = record->key_type,
        .key_bits = record->key_bits,
        .description = record->description,
        .scheme = record->scheme,
        .hash = record->hash,
        .created_utc = record->created_utc,
        .docs = docs,
        .doc_count = record->doc_count,
        .accepted = record->accepted,
        .provider_txn = record->provider_txn,
    };
}

/* The last one of the credential that this process saw sent and ended. */
static bool last_at_once(const struct sca_txn *txn)
{
    const struct sca_txn *other = TAILQ_PREV(txn, sca_txn_list, link);

    while (other != NULL &&
           (other->run != NULL || !sca_streq(other->record->credential, txn->record->credential)))
        other = TAILQ_PREV(other, sca_txn_list, link);
    return other != NULL && other->at_once;
}

static int start_flow(struct sca_txn *txn, const struct sca_typed *typed)
{
    const struct sca_journal_record *record = txn->record;
    const struct sca_flow_run_callbacks callbacks = {
        .arg = txn,
        .before_send = before_send,
        .leaving = on_leaving,
        .accepted = on_accepted,
        .waiting = on_waiting,
        .browsing = on_browsing,
        .done = on_done,
    };
    const struct sca_session *session = sca_session_by_id(&txn->txns->sessions, txn->session_id);
    struct sca_flow *flow = NULL;

    txn->cloud_account = sca_config_cloud_account(txn->account);
    txn->docs = calloc(record->doc_count, sizeof *txn->docs);
    if (txn->docs == NULL)
        return SCA_E_NOMEM;
    sca_txn_describe(record, txn->docs, &txn->sign);
    txn->sign.resume = !txn->first;
    txn->sign.at_once = last_at_once(txn);
    txn->sign.session_signatures = txn->first ? txn->session_signatures : 0;
    txn->sign.session_minutes = txn->account->session_minutes;
    txn->sign.consent = txn->first && sca_txn_unasked(txn);
    txn->sign.permit = session != NULL ? &session->permit : NULL;
    int err = txn->account->provider->sign(&txn->cloud_account, &txn->sign, &flow);
    if (err != 0)
        return err;
    return sca_flow_run_new(&txn->txns->env.runs, txn->account, flow, typed, &callbacks, &txn->run);
}

/* The latest deadline of those who wait; @none when nobody does. */
static int64_t latest_deadline(const struct sca_txn *txn, int64_t none)
{
    const struct sca_txn_wait *wait = sca_txn_wait_next(txn, SIZE_MAX, NULL);
    int64_t latest_ms = wait != NULL ? wait->deadline_ms : none;

    for (; wait != NULL; wait = sca_txn_wait_next(txn, SIZE_MAX, wait)) {
        if (wait->deadline_ms > latest_ms)
            latest_ms = wait->deadline_ms;
    }
    return latest_ms;
}

static int begin(struct sca_txn *txn, const struct sca_config_account *account, bool first,
                 const struct sca_typed *typed)
{
    int err = sca_config_account_copy(account, &txn->account);

    if (err != 0)
        return err;
    txn->first = first;
    err = start_flow(txn, typed);
    if (err != 0)
        sca_txn_end_run(txn);
    return err;
}

int sca_txn_send(struct sca_txn *txn, const struct sca_config_account *account,
                 const struct sca_typed *typed)
{
    int err = begin(txn, account, true, typed);

    if (err != 0)
        return err;
    txn->deadline_ms = latest_deadline(txn, sca_now_ms());
    sca_txns_kick(txn->txns);
    return 0;
}

int sca_txn_look_up(struct sca_txn *txn)
{
    const struct sca_config_account *account =
        sca_config_account(txn->txns->config, txn->record->account);
    int64_t limit_ms = sca_now_ms() + LOOK_LIMIT_MS;

    if (txn->run != NULL)
        return 0;
    if (account == NULL || !sca_streq(account->provider->name, txn->record->provider))
        return SCA_E_CONFIG;
    struct sca_typed typed = {0};
    int err = sca_txn_person(txn, &typed.person);
    if (err == 0)
        err = begin(txn, account, false, &typed);
    sca_typed_clear(&typed);
    if (err != 0)
        return err;
    sca_txn_enter(txn, SCA_PHASE_LOOKING);
    txn->look_ms = SCA_TXN_NEVER_MS;
    txn->deadline_ms = sca_txn_old(txn) ? limit_ms : latest_deadline(txn, limit_ms);
    sca_txns_kick(txn->txns);
    return 0;
}

int64_t sca_txn_run_work(struct sca_txn *txn, int64_t now_ms)
{
    if (txn->first && !txn->journaled && sca_txn_wait_next(txn, SIZE_MAX, NULL) == NULL) {
        sca_txn_failed(txn, SCA_E_CANCELLED, SCA_SPENT_NOTHING, ""); /* no prompt stays behind */
        return SCA_TXN_NEVER_MS;
    }
    if (txn->run != NULL && !txn->chance_given && txn->deadline_ms <= now_ms) {
        txn->chance_given = true;
        sca_flow_run_last_chance(txn->run);
    }
    if (txn->phase == SCA_PHASE_PAUSED && txn->look_ms <= now_ms) {
        int err = sca_txn_look_up(txn);

        if (err != 0) {
            sca_log(SCA_LOG_WARNING, "txn", "%s cannot be looked up (%s)", txn->record->txn_id,
                    sca_err_name(err));
            sca_txn_pause(txn);
        }
    }
    if (txn->run != NULL)
        return txn->chance_given ? SCA_TXN_NEVER_MS : txn->deadline_ms;
    return txn->phase == SCA_PHASE_PAUSED ? txn->look_ms : SCA_TXN_NEVER_MS;
}
