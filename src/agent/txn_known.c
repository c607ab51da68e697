/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal in memory: which digests have a known signature, which transactions are open, what
 * can be forgotten. Another agent may write into the same folder (an older one that finishes its
 * work and leaves), so the folder's stamp is compared before every decision.
 */
#include "txn_core.h"

#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "ledger.h"
#include "verify.h"

#define FLUSH_MS      1000 /* how long a change that costs nothing to lose may wait */
#define PRUNE_MS      (3600 * 1000)
#define ENDED_KEPT_S  (30 * 24 * 3600)
#define UNDELIVERED_S (7 * 24 * 3600)
#define HOURS_DEFAULT 24
#define REFUSED_MS    (3 * 1000)  /* sooner than a person asks for the same again */
#define LOOKED_MS     (60 * 1000) /* how long "nothing came of it" holds */

static bool matches(const struct sca_journal_record *record, const struct sca_txn_key *key,
                    size_t doc)
{
    return record->scheme == key->scheme && record->hash == key->hash &&
           record->docs[doc].digest_len == key->digest_len &&
           memcmp(record->docs[doc].digest, key->digest, key->digest_len) == 0 &&
           sca_streq(record->credential, key->credential);
}

static bool find_doc(const struct sca_journal_record *record, const struct sca_txn_key *key,
                     size_t *ret_doc)
{
    for (size_t i = 0; i < record->doc_count; i++) {
        if (matches(record, key, i)) {
            *ret_doc = i;
            return true;
        }
    }
    return false;
}

static bool may_bring(const struct sca_txn *txn)
{
    switch (txn->record->state) {
    case SCA_TXN_OPEN:
        return true;
    case SCA_TXN_GIVEN_UP:
        return txn->looked_ms == 0 || sca_now_ms() - txn->looked_ms >= LOOKED_MS;
    case SCA_TXN_SIGNED:
    case SCA_TXN_ENDED:
        return false;
    }
    return false;
}

struct sca_txn *sca_txn_find_open(struct sca_txns *txns, const struct sca_txn_key *key,
                                  size_t *ret_doc)
{
    struct sca_txn *txn;

    TAILQ_FOREACH(txn, &txns->list, link)
    {
        if (may_bring(txn) && find_doc(txn->record, key, ret_doc))
            return txn;
    }
    return NULL;
}

bool sca_txn_person_refused(int err)
{
    return err == SCA_E_REJECTED || err == SCA_E_EXPIRED || err == SCA_E_CANCELLED ||
           err == SCA_E_USER_AUTH || err == SCA_E_USER_LOCKED;
}

/* A PIN or code that comes with the request may be another one than before. */
static bool brings_secret(const struct sca_txn_wait *wait)
{
    return sca_secret_bytes(wait->pin).len > 0 || sca_secret_bytes(wait->otp).len > 0;
}

/* pkcs11-tool 0.23 answers any error of C_Sign with C_SignInit, C_SignUpdate, C_SignFinal. */
static bool just_refused(const struct sca_txn *txn, const struct sca_txn_wait *wait, size_t doc)
{
    return txn->record->state == SCA_TXN_ENDED && txn->ended_ms != 0 &&
           sca_txn_person_refused(txn->record->err) && sca_now_ms() - txn->ended_ms < REFUSED_MS &&
           !brings_secret(wait) && txn->record->docs[doc].pid == wait->pid;
}

bool sca_txn_just_cancelled(const struct sca_txn *txn, const struct sca_txn_wait *wait, size_t doc)
{
    return txn->cancelled_ms != 0 && sca_now_ms() - txn->cancelled_ms < REFUSED_MS &&
           txn->record->docs[doc].pid == wait->pid;
}

/* It was paid for, perhaps, and what came back was no signature. */
static bool came_back_wrong(const struct sca_txn *txn, size_t doc)
{
    return txn->record->err == SCA_E_BAD_SIGNATURE && txn->record->state != SCA_TXN_OPEN &&
           txn->record->docs[doc].signature.len == 0 && !sca_txn_old(txn);
}

const struct sca_txn *sca_txn_find_refused(const struct sca_txn_wait *wait)
{
    const struct sca_txn *txn;
    size_t doc = 0;

    TAILQ_FOREACH(txn, &wait->txns->list, link)
    {
        if (find_doc(txn->record, &wait->key, &doc) &&
            (just_refused(txn, wait, doc) || came_back_wrong(txn, doc)))
            return txn;
    }
    return NULL;
}

/* ---- replay -------------------------------------------------------------------------------- */

/* Without the account nobody says how long: then only what was paid for and never got. */
static int64_t replay_s(const struct sca_txns *txns, const char *account)
{
    const struct sca_config_account *found = sca_config_account(txns->config, account);

    return found != NULL ? (int64_t)found->replay_hours * 3600 : 0;
}

static bool replayable(const struct sca_txns *txns, const struct sca_journal_record *record,
                       const struct sca_journal_doc *doc, const char *account)
{
    int64_t limit_s = replay_s(txns, account);

    if (record->state != SCA_TXN_SIGNED || doc->signature.len == 0)
        return false;
    if (!doc->delivered)
        return true;
    return limit_s > 0 && (doc->repeats || sca_now_utc() - doc->last_asked_utc <= limit_s);
}

/* SCA_E_NOMEM: nobody can say. Any other error: it is damaged, and gone. */
static int verify(struct sca_txn *txn, struct sca_journal_doc *doc)
{
    const struct sca_journal_record *record = txn->record;
    int err = sca_verify_signature(
        (struct sca_bytes){record->certificate.data, record->certificate.len}, record->scheme,
        record->hash, (struct sca_bytes){doc->digest, doc->digest_len},
        (struct sca_bytes){doc->signature.data, doc->signature.len});

    if (err == 0 || err == SCA_E_NOMEM)
        return err;
    sca_log(SCA_LOG_ERROR, "journal", "%s, document %s: the kept signature is damaged (%s)",
            record->txn_id, doc->id, sca_err_name(err));
    sca_buf_clear(&doc->signature);
    return err;
}

static void answer_from(struct sca_txn_wait *wait, struct sca_txn *txn, struct sca_journal_doc *doc)
{
    struct sca_txn_answer answer = {
        .signature = {doc->signature.data, doc->signature.len}, .replayed = true, .txn = txn};

    if (doc->delivered && wait->pid != doc->pid)
        doc->repeats = true;
    doc->last_asked_utc = sca_now_utc();
    if (sca_txn_wait_answer(wait, &answer))
        doc->delivered = true;
    sca_txn_mark_dirty(txn);
}

bool sca_txn_replay(struct sca_txn_wait *wait)
{
    struct sca_txn *txn;
    size_t doc = 0;

    TAILQ_FOREACH(txn, &wait->txns->list, link)
    {
        if (txn->record->state != SCA_TXN_SIGNED || !find_doc(txn->record, &wait->key, &doc) ||
            !replayable(wait->txns, txn->record, &txn->record->docs[doc], wait->account))
            continue;
        int err = verify(txn, &txn->record->docs[doc]);
        if (err == 0)
            answer_from(wait, txn, &txn->record->docs[doc]);
        else if (err == SCA_E_NOMEM) /* never paid for again on that account */
            (void)sca_txn_wait_answer(wait, &(struct sca_txn_answer){.err = err, .txn = txn});
        if (err == 0 || err == SCA_E_NOMEM)
            return true;
    }
    return false;
}

/* ---- disk ---------------------------------------------------------------------------------- */

static int write_down(struct sca_txn *txn)
{
    struct sca_txns *txns = txn->txns;
    int fd = -1;

    int err = sca_journal_append(txns->env.paths, txn->record, &fd);
    if (err == SCA_E_NOENT || err == SCA_E_LIMIT) {
        err = sca_journal_write(txns->env.paths, txn->record);
        txns->journal_stamp = sca_journal_stamp(txns->env.paths);
    }
    sca_syncer_leave(txns->syncer, fd);
    return err;
}

int sca_txn_save(struct sca_txn *txn)
{
    struct sca_txns *txns = txn->txns;
    int err = write_down(txn);

    txn->dirty = err != 0;
    if (err != 0) {
        sca_log(SCA_LOG_ERROR, "journal", "%s cannot be written (%s)", txn->record->txn_id,
                sca_err_name(err));
        sca_txn_mark_dirty(txn);
        return err;
    }
    txn->written = sca_journal_record_stamp(txns->env.paths, txn->record->txn_id);
    return 0;
}

int sca_txn_save_durably(struct sca_txn *txn)
{
    int err = sca_txn_save(txn);

    sca_syncer_flush(txn->txns->syncer);
    return err;
}

bool sca_txn_written_elsewhere(const struct sca_txn *txn)
{
    struct sca_stamp now = sca_journal_record_stamp(txn->txns->env.paths, txn->record->txn_id);

    return !sca_stamp_equal(&now, &txn->written);
}

void sca_txn_mark_dirty(struct sca_txn *txn)
{
    txn->dirty = true;
    if (txn->txns->flush_ms == SCA_TXN_NEVER_MS)
        txn->txns->flush_ms = sca_now_ms() + FLUSH_MS;
}

void sca_txn_flush(struct sca_txns *txns)
{
    struct sca_txn *txn;

    txns->flush_ms = SCA_TXN_NEVER_MS;
    TAILQ_FOREACH(txn, &txns->list, link)
    {
        if (txn->dirty)
            (void)sca_txn_save(txn);
    }
}

static bool is_unknown(void *arg, const char *txn_id)
{
    const struct sca_txns *txns = arg;
    const struct sca_txn *txn;

    TAILQ_FOREACH(txn, &txns->list, link)
    {
        if (sca_streq(txn->record->txn_id, txn_id))
            return false;
    }
    return true;
}

static int take_record(void *arg, struct sca_journal_record *record)
{
    struct sca_txns *txns = arg;
    struct sca_bytes digests[SCA_JOURNAL_DOCS_MAX];
    struct sca_txn *txn = sca_txn_new(txns, record);

    if (txn == NULL) {
        sca_journal_record_free(record);
        return SCA_E_NOMEM;
    }
    for (size_t i = 0; i < record->doc_count; i++)
        digests[i] = (struct sca_bytes){record->docs[i].digest, record->docs[i].digest_len};
    sca_text_code(digests, record->doc_count, txn->code);
    txn->journaled = true;
    if (record->state == SCA_TXN_OPEN) {
        sca_txn_enter(txn, SCA_PHASE_PAUSED);
        txn->look_ms = sca_now_ms();
    }
    return 0;
}

int sca_txn_catch_up(struct sca_txns *txns)
{
    struct sca_stamp stamp = sca_journal_stamp(txns->env.paths);

    if (txns->loaded && sca_stamp_equal(&stamp, &txns->journal_stamp))
        return 0;
    int err = sca_journal_load(txns->env.paths, is_unknown, take_record, txns);
    if (err != 0) {
        sca_log(SCA_LOG_ERROR, "journal", "the journal cannot be read (%s)", sca_err_name(err));
        return err;
    }
    txns->journal_stamp = stamp;
    txns->loaded = true;
    sca_txns_kick(txns);
    return 0;
}

/* ---- budgets and forgotten lines ------------------------------------------------------------- */

static void count_docs(struct sca_txns *txns, const char *account, const char *program,
                       int64_t time_utc)
{
    if (sca_budget_add(&txns->budget, account, program, time_utc, 1, sca_now_utc()) != 0)
        sca_log(SCA_LOG_ERROR, "txn", "out of memory: the budget of %s is not exact", account);
}

static void mark_in_ledger(struct sca_txns *txns, const struct sca_ledger_entry *entry)
{
    uint8_t digest[SCA_HASH_MAX];
    size_t len = 0;
    struct sca_txn *txn;

    if (sca_hex_decode(entry->digest, digest, sizeof digest, &len) != 0)
        return;
    TAILQ_FOREACH(txn, &txns->list, link)
    {
        if (!sca_streq(txn->record->txn_id, entry->txn_id))
            continue;
        for (size_t i = 0; i < txn->record->doc_count; i++) {
            struct sca_journal_doc *doc = &txn->record->docs[i];

            if (doc->digest_len == len && memcmp(doc->digest, digest, len) == 0)
                doc->in_ledger = true;
        }
        return;
    }
}

static bool read_entry(void *arg, const struct sca_ledger_entry *entry)
{
    struct sca_txns *txns = arg;
    bool is_signed = sca_streq(entry->outcome, "signed");

    if (is_signed || sca_streq(entry->outcome, sca_err_name(SCA_E_BAD_SIGNATURE)))
        count_docs(txns, entry->account, entry->program, entry->time_utc);
    if (is_signed)
        mark_in_ledger(txns, entry);
    return true;
}

static void reconcile_txn(struct sca_txn *txn)
{
    const struct sca_journal_record *record = txn->record;

    sca_txn_ledger_begin(txn->txns);
    for (size_t i = 0; i < record->doc_count; i++) {
        const struct sca_journal_doc *doc = &record->docs[i];
        bool left_out =
            record->state == SCA_TXN_SIGNED && doc->signature.len != 0 && !doc->in_ledger;

        if (left_out)
            sca_txn_ledger(txn->txns, txn, i, NULL, "signed", "");
        if (left_out || record->state == SCA_TXN_OPEN || record->state == SCA_TXN_GIVEN_UP)
            count_docs(txn->txns, record->account, doc->program, record->created_utc);
    }
    sca_txn_ledger_end(txn->txns);
}

int sca_txn_reconcile(struct sca_txns *txns)
{
    size_t damaged = 0;
    struct sca_txn *txn;

    int err = sca_ledger_read(txns->env.paths, read_entry, txns, &damaged);
    if (err != 0 && err != SCA_E_NOENT) {
        sca_log(SCA_LOG_ERROR, "ledger", "the ledger cannot be read (%s): budgets are not exact",
                sca_err_name(err));
        return err;
    }
    if (damaged != 0)
        sca_log(SCA_LOG_WARNING, "ledger", "%zu damaged line(s)", damaged);
    TAILQ_FOREACH(txn, &txns->list, link)
    reconcile_txn(txn);
    return 0;
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static bool doc_kept(const struct sca_txns *txns, const struct sca_journal_record *record,
                     const struct sca_journal_doc *doc, int64_t now_utc)
{
    int64_t limit_s = replay_s(txns, record->account);

    if (doc->signature.len == 0)
        return false;
    if (!doc->delivered)
        return now_utc - doc->last_asked_utc < UNDELIVERED_S;
    if (sca_config_account(txns->config, record->account) == NULL)
        limit_s = HOURS_DEFAULT * 3600; /* it may come back: a configuration being edited */
    return now_utc - doc->last_asked_utc <= limit_s ||
           (doc->repeats && limit_s > 0 && now_utc < record->not_after_utc);
}

static bool record_kept(const struct sca_txns *txns, const struct sca_journal_record *record,
                        int64_t now_utc)
{
    switch (record->state) {
    case SCA_TXN_OPEN:
        return true;
    case SCA_TXN_SIGNED:
        for (size_t i = 0; i < record->doc_count; i++) {
            if (doc_kept(txns, record, &record->docs[i], now_utc))
                return true;
        }
        return false;
    case SCA_TXN_ENDED:
    case SCA_TXN_GIVEN_UP:
        return now_utc - record->created_utc < ENDED_KEPT_S;
    }
    return true;
}

static void prune(struct sca_txns *txns)
{
    struct sca_txn *txn = TAILQ_FIRST(&txns->list);
    int64_t now_utc = sca_now_utc();

    while (txn != NULL) {
        struct sca_txn *next = TAILQ_NEXT(txn, link);

        if (txn->phase == SCA_PHASE_SETTLED && !txn->dirty &&
            !record_kept(txns, txn->record, now_utc) &&
            sca_journal_remove(txns->env.paths, txn->record->txn_id) == 0)
            sca_txn_free(txn);
        txn = next;
    }
    txns->journal_stamp = sca_journal_stamp(txns->env.paths);
}

int64_t sca_txn_known_work(struct sca_txns *txns, int64_t now_ms)
{
    if (txns->flush_ms <= now_ms)
        sca_txn_flush(txns);
    if (!txns->loaded) /* it cannot be read; each request tries again */
        return txns->flush_ms;
    if (txns->prune_ms <= now_ms) {
        txns->prune_ms = now_ms + PRUNE_MS;
        prune(txns);
    }
    /* Not loaded, the journal being unreadable: nothing to prune, and nothing to be woken for. */
    int64_t prune_ms = txns->loaded ? txns->prune_ms : SCA_TXN_NEVER_MS;
    return txns->flush_ms < prune_ms ? txns->flush_ms : prune_ms;
}
