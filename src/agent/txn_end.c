/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a transaction ends: with signatures, which are in the journal before anybody gets one
 * (sca_txn_settle_signed), without any, or open, because nobody can say.
 *
 * A host does not wait until its signature is durable. Should the computer lose its power within
 * these milliseconds, the host is gone as well; what is durable then is that the request was sent,
 * so that the transaction is looked up.
 */
#include "txn_core.h"

#include <stdlib.h>
#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "fault.h"
#include "verify.h"

static void release_budget(struct sca_txn *txn)
{
    const struct sca_journal_record *record = txn->record;

    for (size_t i = 0; i < record->doc_count; i++)
        (void)sca_budget_add(&txn->txns->budget, record->account, record->docs[i].program,
                             record->created_utc, -1, sca_now_utc());
}

/* To be decided about anew: what it joined turned out to be over before it came. */
void sca_txn_admit_again(struct sca_txn_wait *wait)
{
    wait->state = SCA_WAIT_NEW;
    wait->txn = NULL;
    wait->fresh = false;
    wait->late = false;
}

/* ---- the end without a signature ------------------------------------------------------------- */

/* Words like "nothing was sent" hold for the last request, not for the transaction. */
static int uncertain_err(int err)
{
    switch (err) {
    case SCA_E_UNREACHABLE:
    case SCA_E_TLS:
    case SCA_E_SERVER_KEY:
    case SCA_E_SERVER:
    case SCA_E_NOT_FOUND:
    case SCA_E_TIMEOUT:
    case SCA_E_NOMEM:
    case SCA_E_INVAL:
        return SCA_E_UNCERTAIN;
    default:
        return err;
    }
}

static void answer_failure(struct sca_txn *txn, int err, enum sca_spent spent, const char *detail)
{
    struct sca_txn_wait *wait = sca_txn_wait_next(txn, SIZE_MAX, NULL);
    struct sca_txn_answer answer = {
        .err = err,
        .txn = txn,
        .facts = {.detail = detail,
                  .tries = txn->tries,
                  .browser = txn->browser,
                  .unsent = !txn->journaled,
                  .unspent = spent == SCA_SPENT_NOTHING,
                  .locked = txn->locked,
                  .at_screen = txn->at_screen,
                  .session = spent == SCA_SPENT_NOTHING && txn->record->session[0] != '\0',
                  .open = txn->journaled && spent == SCA_SPENT_UNKNOWN}};

    while (wait != NULL) {
        struct sca_txn_wait *next = sca_txn_wait_next(txn, SIZE_MAX, wait);
        bool over_before = spent == SCA_SPENT_NOTHING && wait->fresh && !wait->sent;
        bool came_late =
            spent == SCA_SPENT_UNKNOWN && wait->late && wait->deadline_ms > sca_now_ms();

        if (over_before || came_late)
            sca_txn_admit_again(wait);
        else
            (void)sca_txn_wait_answer(wait, &answer);
        wait = next;
    }
}

/* Documents that nobody waits for any more get their line, too. */
static void log_unattended(struct sca_txn *txn, const char *outcome)
{
    sca_txn_ledger_begin(txn->txns);
    for (size_t i = 0; i < txn->record->doc_count; i++) {
        if (sca_txn_wait_next(txn, i, NULL) == NULL)
            sca_txn_ledger(txn->txns, txn, i, NULL, outcome, "");
    }
    sca_txn_ledger_end(txn->txns);
}

static void settle_ended(struct sca_txn *txn, int err)
{
    sca_txn_enter(txn, SCA_PHASE_SETTLED);
    txn->record->state = SCA_TXN_ENDED;
    txn->record->err = err;
    txn->ended_ms = sca_now_ms();
    sca_buf_clear(&txn->record->certificate);
}

/* Nothing of it is on disk. Who was asked and said no is remembered: see sca_txn_find_refused. */
static void fail_unsent(struct sca_txn *txn, int err, const char *detail)
{
    bool remember = sca_txn_person_refused(err) && sca_txn_wait_next(txn, SIZE_MAX, NULL) != NULL;

    answer_failure(txn, err, SCA_SPENT_UNKNOWN, detail);
    release_budget(txn);
    if (!remember) {
        sca_txn_free(txn);
        return;
    }
    settle_ended(txn, err);
    sca_txn_end_run(txn);
}

void sca_txn_failed(struct sca_txn *txn, int err, enum sca_spent spent, const char *detail)
{
    struct sca_txns *txns = txn->txns;

    sca_txns_kick(txns);
    sca_log(SCA_LOG_INFO, "txn", "%s: %s, %s %s", txn->record->txn_id, sca_err_name(err),
            spent == SCA_SPENT_NOTHING ? "nothing spent" : "fate unknown", detail);
    if (!txn->journaled) {
        fail_unsent(txn, err, detail);
        return;
    }
    if (spent == SCA_SPENT_NOTHING) {
        settle_ended(txn, err);
        (void)sca_txn_save(txn);
        log_unattended(txn, sca_err_name(err));
        release_budget(txn);
        answer_failure(txn, err, spent, detail);
        sca_txn_end_run(txn);
        return;
    }
    if (txn->dirty)
        (void)sca_txn_save(txn); /* accepted, and then nonsense: a look-up must know */
    answer_failure(txn, uncertain_err(err), spent, detail);
    sca_txn_end_run(txn);
    sca_txn_pause(txn);
}

/* ---- the end with signatures ----------------------------------------------------------------- */

/* Keeps what verifies, and says how many do. SCA_E_NOMEM: of some nobody can say, and none is kept.
 */
static int take_signatures(struct sca_txn *txn, const struct sca_cloud_result *result,
                           size_t *ret_good)
{
    struct sca_journal_record *record = txn->record;
    struct evp_pkey_st *key = NULL;
    const int no_key = sca_verify_cached_key(
        &txn->txns->key, (struct sca_bytes){record->certificate.data, record->certificate.len},
        &key);
    bool no_memory = false;

    *ret_good = 0;
    for (size_t i = 0; i < record->doc_count; i++) {
        struct sca_journal_doc *doc = &record->docs[i];
        struct sca_bytes signature = {result->signatures[i].data, result->signatures[i].len};
        struct sca_bytes digest = {doc->digest, doc->digest_len};
        int err = no_key != 0
                      ? no_key
                      : sca_verify_by_key(key, record->scheme, record->hash, digest, signature);

        sca_buf_clear(&doc->signature);
        sca_buf_init(&doc->signature, SCA_JOURNAL_SIG_MAX);
        if (err == 0)
            err = sca_buf_add(&doc->signature, signature.data, signature.len);
        no_memory |= err == SCA_E_NOMEM;
        if (err == 0)
            (*ret_good)++;
        else
            sca_log(SCA_LOG_ERROR, "txn", "%s, document %s: what came back is refused (%s)",
                    record->txn_id, doc->id, sca_err_name(err));
    }
    for (size_t i = 0; no_memory && i < record->doc_count; i++)
        sca_buf_clear(&record->docs[i].signature);
    return no_memory ? SCA_E_NOMEM : 0;
}

/* Another agent on the same journal may have been faster; then the ledger has its lines. */
static bool settled_elsewhere(const struct sca_txn *txn)
{
    SCA_JOURNAL_RECORD_AUTO record = NULL;

    return sca_txn_written_elsewhere(txn) &&
           sca_journal_read(txn->txns->env.paths, txn->record->txn_id, &record) == 0 &&
           record->state == SCA_TXN_SIGNED;
}

static void log_signed(struct sca_txn *txn)
{
    sca_txn_ledger_begin(txn->txns);
    for (size_t i = 0; i < txn->record->doc_count; i++) {
        struct sca_journal_doc *doc = &txn->record->docs[i];

        if (doc->signature.len != 0)
            sca_txn_ledger(txn->txns, txn, i, sca_txn_wait_next(txn, i, NULL), "signed", "");
        else if (sca_txn_wait_next(txn, i, NULL) == NULL)
            sca_txn_ledger(txn->txns, txn, i, NULL, sca_err_name(SCA_E_BAD_SIGNATURE), "");
    }
    sca_txn_ledger_end(txn->txns);
}

/* The first who waits is the one that paid; the others get the same for nothing. */
static void answer_doc(struct sca_txn *txn, size_t index, bool elsewhere)
{
    struct sca_journal_doc *doc = &txn->record->docs[index];
    struct sca_txn_wait *wait = sca_txn_wait_next(txn, index, NULL);
    bool first = true;

    while (wait != NULL) {
        struct sca_txn_wait *next = sca_txn_wait_next(txn, index, wait);
        struct sca_txn_answer answer = {.err = SCA_E_BAD_SIGNATURE, .txn = txn};

        if (doc->signature.len != 0)
            answer = (struct sca_txn_answer){
                .signature = {doc->signature.data, doc->signature.len},
                .replayed = !first || elsewhere,
                .logged = first && !elsewhere,
                .txn = txn,
            };
        if (sca_txn_wait_answer(wait, &answer) && answer.err == 0) {
            doc->delivered = true;
            sca_txn_mark_dirty(txn);
        }
        first = false;
        wait = next;
    }
}

void sca_txn_settle_signed(struct sca_txn *txn, const struct sca_cloud_result *result)
{
    struct sca_journal_record *record = txn->record;

    if (result == NULL || result->count != record->doc_count) {
        sca_txn_failed(txn, SCA_E_SERVER, SCA_SPENT_UNKNOWN, "");
        return;
    }
    bool elsewhere = settled_elsewhere(txn);
    size_t good = 0;
    if (take_signatures(txn, result, &good) != 0) { /* what was paid for can be fetched again */
        sca_txn_failed(txn, SCA_E_NOMEM, SCA_SPENT_UNKNOWN, "");
        return;
    }
    sca_fault_point("verified");
    if (good != record->doc_count)
        (void)sca_sessions_end(&txn->txns->sessions, record->account);
    sca_txn_enter(txn, SCA_PHASE_SETTLED);
    record->state = good != 0 ? SCA_TXN_SIGNED : SCA_TXN_ENDED;
    record->err = good != record->doc_count ? SCA_E_BAD_SIGNATURE : 0;
    if (record->provider_txn == NULL && result->provider_txn != NULL)
        record->provider_txn = strdup(result->provider_txn);
    (void)sca_txn_save(txn); /* a full disk must not withhold what was paid for */
    sca_fault_point("before-ledger");
    if (!elsewhere)
        log_signed(txn);
    sca_log(SCA_LOG_INFO, "txn", "%s: %zu of %zu signed", record->txn_id, good, record->doc_count);
    const struct sca_txn_wait *wait = sca_txn_wait_next(txn, SIZE_MAX, NULL);
    if (good == record->doc_count && wait != NULL)
        sca_txn_notice_signed(txn, wait);
    for (size_t i = 0; i < record->doc_count; i++)
        answer_doc(txn, i, elsewhere);
    sca_txn_end_run(txn);
    sca_txns_kick(txn->txns);
}
