/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that were admitted and are not sent yet, and the step in which they become a
 * transaction. batch.c decides when; here the documents are kept and the journal's record is made
 * of them.
 */
#include "txn_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "i18n.h"

#define DESCRIPTION_SIZE 240
#define PROGRAMS_SIZE    64

/* ---- queues -------------------------------------------------------------------------------- */

static struct sca_queue *find_queue(struct sca_txns *txns, const struct sca_txn_wait *wait)
{
    struct sca_queue *queue;

    TAILQ_FOREACH(queue, &txns->queues, link)
    {
        if (sca_streq(queue->account, wait->account) &&
            sca_streq(queue->credential, wait->key.credential) &&
            queue->scheme == wait->key.scheme && queue->hash == wait->key.hash)
            return queue;
    }
    return NULL;
}

static struct sca_queue *new_queue(struct sca_txns *txns, const struct sca_txn_wait *wait)
{
    struct sca_queue *queue = calloc(1, sizeof *queue);

    if (queue == NULL)
        return NULL;
    queue->txns = txns;
    queue->account = strdup(wait->account);
    if (queue->account == NULL) {
        free(queue);
        return NULL;
    }
    memcpy(queue->credential, wait->key.credential, sizeof queue->credential);
    queue->scheme = wait->key.scheme;
    queue->hash = wait->key.hash;
    sca_batch_init(&queue->batch);
    TAILQ_INSERT_TAIL(&txns->queues, queue, link);
    return queue;
}

static void free_queue(struct sca_queue *queue)
{
    TAILQ_REMOVE(&queue->txns->queues, queue, link);
    sca_batch_clear(&queue->batch);
    free(queue->account);
    free(queue);
}

static void free_queued(struct sca_queued *queued)
{
    if (queued == NULL)
        return;
    free(queued->program);
    free(queued);
}

void sca_txn_queues_free(struct sca_txns *txns)
{
    while (!TAILQ_EMPTY(&txns->queues)) {
        struct sca_queue *queue = TAILQ_FIRST(&txns->queues);

        for (struct sca_queued *queued = sca_batch_take(&queue->batch); queued != NULL;
             queued = sca_batch_take(&queue->batch))
            free_queued(queued);
        free_queue(queue);
    }
}

/* ---- documents ----------------------------------------------------------------------------- */

static void charge(struct sca_txns *txns, const char *account, const struct sca_queued *queued,
                   int64_t docs)
{
    if (sca_budget_add(&txns->budget, account, queued->program, queued->charged_utc, docs,
                       sca_now_utc()) != 0)
        sca_log(SCA_LOG_ERROR, "txn", "out of memory: the budget of %s is not exact", account);
}

static struct sca_queued *new_queued(struct sca_queue *queue, const struct sca_txn_wait *wait)
{
    struct sca_queued *queued = calloc(1, sizeof *queued);

    if (queued == NULL)
        return NULL;
    queued->queue = queue;
    queued->program = strdup(wait->program);
    queued->pid = wait->pid;
    queued->charged_utc = sca_now_utc();
    queued->digest_len = wait->key.digest_len;
    memcpy(queued->digest, wait->key.digest, queued->digest_len);
    if (queued->program == NULL ||
        sca_batch_add(&queue->batch, (struct sca_bytes){queued->digest, queued->digest_len},
                      sca_now_ms(), queued) != 0) {
        free_queued(queued);
        return NULL;
    }
    charge(queue->txns, queue->account, queued, 1);
    return queued;
}

bool sca_txn_queue_has(struct sca_txns *txns, const struct sca_txn_wait *wait)
{
    const struct sca_queue *queue = find_queue(txns, wait);
    struct sca_bytes digest = {wait->key.digest, wait->key.digest_len};

    return queue != NULL && sca_batch_find(&queue->batch, digest) != NULL;
}

int sca_txn_queue_add(struct sca_txn_wait *wait)
{
    if (wait->sent)
        return SCA_E_UNCERTAIN;

    struct sca_queue *queue = find_queue(wait->txns, wait);
    struct sca_bytes digest = {wait->key.digest, wait->key.digest_len};

    if (queue == NULL)
        queue = new_queue(wait->txns, wait);
    if (queue == NULL)
        return SCA_E_NOMEM;
    struct sca_queued *queued = sca_batch_find(&queue->batch, digest);
    if (queued == NULL)
        queued = new_queued(queue, wait);
    if (queued == NULL)
        return SCA_E_NOMEM;
    wait->queued = queued;
    wait->state = SCA_WAIT_QUEUED;
    return 0;
}

void sca_txn_queue_leave(struct sca_txn_wait *wait)
{
    struct sca_queued *queued = wait->queued;
    const struct sca_txn_wait *other;

    wait->queued = NULL;
    if (queued == NULL)
        return;
    TAILQ_FOREACH(other, &wait->txns->waits, link)
    {
        if (other->queued == queued)
            return;
    }
    (void)sca_batch_remove(&queued->queue->batch, queued);
    charge(wait->txns, queued->queue->account, queued, -1);
    free_queued(queued);
}

/* ---- the transaction ----------------------------------------------------------------------- */

/* UUID version 4. Source: RFC 4122 section 4.4. */
static int make_id(char ret_id[static SCA_TXN_ID_SIZE])
{
    uint8_t noise[16];

    if (getrandom(noise, sizeof noise, 0) != (ssize_t)sizeof noise)
        return SCA_E_IO;
    noise[6] = (uint8_t)((noise[6] & 0x0f) | 0x40);
    noise[8] = (uint8_t)((noise[8] & 0x3f) | 0x80);
    char hex[2 * sizeof noise + 1];
    sca_hex_encode((struct sca_bytes){noise, sizeof noise}, hex);
    snprintf(ret_id, SCA_TXN_ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
             hex + 20);
    return 0;
}

/* "soffice.bin, pkcs11-tool": each program once, as many as fit. */
static void list_programs(const struct sca_journal_record *record, char *ret_text, size_t size)
{
    size_t used = 0;

    ret_text[0] = '\0';
    for (size_t i = 0; i < record->doc_count; i++) {
        const char *program = record->docs[i].program;
        bool known = false;

        for (size_t k = 0; k < i && !known; k++)
            known = sca_streq(record->docs[k].program, program);
        if (known || used + strlen(program) + 3 > size)
            continue;
        used +=
            (size_t)snprintf(ret_text + used, size - used, "%s%s", used != 0 ? ", " : "", program);
    }
    if (used == 0 && record->doc_count != 0)
        sca_text_printable(record->docs[0].program, ret_text, size);
}

static int describe(struct sca_txn *txn)
{
    struct sca_journal_record *record = txn->record;
    const struct sca_txn_wait *first = sca_txn_wait_next(txn, SIZE_MAX, NULL);
    char programs[PROGRAMS_SIZE];
    char text[DESCRIPTION_SIZE];

    list_programs(record, programs, sizeof programs);
    sca_i18n_use(txn->txns->config->language, first != NULL ? first->screen.language : NULL);
    const struct sca_config_account *account =
        sca_config_account(txn->txns->config, record->account);
    const struct sca_sentence_request request = {
        .program = programs,
        .computer = txn->txns->computer,
        .documents = record->doc_count,
        .code = txn->code,
        .session_signatures = txn->session_signatures,
        .session_minutes = account != NULL ? account->session_minutes : 0,
    };
    sca_sentence_phone(&request, text, sizeof text);
    record->description = strdup(text);
    return record->description != NULL ? 0 : SCA_E_NOMEM;
}

/* Moves the oldest documents of the queue into the record; programs are taken over. */
static void fill_docs(struct sca_journal_record *record, struct sca_queued **docs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sca_journal_doc *doc = &record->docs[i];
        char code[SCA_CODE_SIZE];

        doc->digest_len = docs[i]->digest_len;
        memcpy(doc->digest, docs[i]->digest, doc->digest_len);
        doc->program = docs[i]->program;
        docs[i]->program = NULL;
        doc->pid = docs[i]->pid;
        doc->last_asked_utc = docs[i]->charged_utc;
        sca_text_code(&(struct sca_bytes){doc->digest, doc->digest_len}, 1, code);
        snprintf(doc->id, sizeof doc->id, "%zu-%s", i + 1, code);
    }
}

static int fill_record(struct sca_journal_record *record, const struct sca_queue *queue,
                       const struct sca_config_account *account,
                       const struct sca_credential *credential)
{
    record->state = SCA_TXN_OPEN;
    record->account = strdup(account->name);
    record->provider = strdup(account->provider->name);
    record->serial = strdup(credential->serial);
    record->provider_id = strdup(credential->provider_id);
    memcpy(record->credential, queue->credential, sizeof record->credential);
    record->scheme = queue->scheme;
    record->hash = queue->hash;
    record->key_type = credential->key_type;
    record->key_bits = credential->key_bits;
    record->created_utc = sca_now_utc();
    record->not_after_utc = credential->not_after_utc;
    if (record->account == NULL || record->provider == NULL || record->serial == NULL ||
        record->provider_id == NULL)
        return SCA_E_NOMEM;
    int err = sca_buf_add(&record->certificate, credential->der.data, credential->der.len);
    return err != 0 ? err : make_id(record->txn_id);
}

static int make_typed(const struct sca_txn *txn, const struct sca_config_account *account,
                      struct sca_typed *ret_typed)
{
    struct sca_txn_wait *wait = sca_txn_wait_next(txn, SIZE_MAX, NULL);
    int err = 0;

    while (wait != NULL && wait->pin == NULL && wait->otp == NULL)
        wait = sca_txn_wait_next(txn, SIZE_MAX, wait);
    if (wait != NULL)
        err = sca_typed_from_pin(account, wait->pin, wait->otp, ret_typed);
    return err == 0 ? sca_txn_person(txn, &ret_typed->person) : err;
}

static void join_all(struct sca_txn *txn, struct sca_queued **docs, size_t count)
{
    struct sca_txn_wait *wait;

    TAILQ_FOREACH(wait, &txn->txns->waits, link)
    {
        for (size_t i = 0; wait->state == SCA_WAIT_QUEUED && i < count; i++) {
            if (wait->queued == docs[i]) {
                wait->sent = true;
                sca_txn_wait_join(wait, txn, i);
            }
        }
    }
}

static int start(struct sca_txn *txn, const struct sca_config_account *account)
{
    struct sca_typed typed = {0};

    int err = describe(txn);
    if (err == 0)
        err = make_typed(txn, account, &typed);
    if (err == 0)
        err = sca_txn_send(txn, account, &typed);
    sca_typed_clear(&typed);
    return err;
}

/* What stands in the queue was admitted under an older configuration or listing, perhaps. */
static int still_good(const struct sca_queue *queue, const struct sca_config_account **ret_account,
                      const struct sca_credential **ret_credential)
{
    *ret_account = sca_config_account(queue->txns->config, queue->account);
    *ret_credential = sca_listing_find(queue->txns->env.listing, queue->account, queue->credential);
    if (*ret_account == NULL)
        return SCA_E_CONFIG;
    return *ret_credential != NULL ? 0 : SCA_E_NO_CERT;
}

static void refuse(struct sca_queue *queue, const struct sca_queued *queued, int err)
{
    struct sca_txn_wait *wait;

    TAILQ_FOREACH(wait, &queue->txns->waits, link)
    {
        if (wait->state == SCA_WAIT_QUEUED && wait->queued == queued) {
            wait->queued = NULL;
            (void)sca_txn_wait_answer(wait, &(struct sca_txn_answer){.err = err});
        }
    }
}

/* The documents are out of the batch; whatever happens, they end here. */
static void send_docs(struct sca_queue *queue, struct sca_queued **docs, size_t count,
                      struct sca_session *session)
{
    const struct sca_config_account *account = NULL;
    const struct sca_credential *credential = NULL;
    struct sca_bytes digests[SCA_JOURNAL_DOCS_MAX];
    struct sca_txn *txn = NULL;

    int err = still_good(queue, &account, &credential);
    SCA_JOURNAL_RECORD_AUTO record = err == 0 ? sca_journal_record_new(count) : NULL;
    if (err == 0)
        err = record != NULL ? fill_record(record, queue, account, credential) : SCA_E_NOMEM;
    if (err != 0) {
        for (size_t i = 0; i < count; i++) {
            charge(queue->txns, queue->account, docs[i], -1);
            refuse(queue, docs[i], err);
        }
        return;
    }
    for (size_t i = 0; i < count; i++)
        digests[i] = (struct sca_bytes){docs[i]->digest, docs[i]->digest_len};
    fill_docs(record, docs, count);
    txn = sca_txn_new(queue->txns, record);
    if (txn == NULL) {
        for (size_t i = 0; i < count; i++)
            refuse(queue, docs[i], SCA_E_NOMEM);
        return;
    }
    record = NULL;
    sca_txn_enter(txn, SCA_PHASE_SENDING);
    sca_text_code(digests, count, txn->code);
    sca_txn_session_plan(txn, account, credential, session);
    join_all(txn, docs, count);
    err = start(txn, account);
    if (err != 0)
        sca_txn_failed(txn, err, SCA_SPENT_NOTHING, "");
}

/* The first session that one of the waiting documents may use, or NULL. */
static struct sca_session *usable_session(const struct sca_queue *queue)
{
    struct sca_session *session = NULL;

    for (size_t i = 0; session == NULL && i < queue->batch.count; i++)
        session = sca_txn_session_of(queue->batch.docs[i].owner);
    return session;
}

/* The oldest that may use @session (NULL: the oldest, none of which has one); how many. */
static size_t take_docs(struct sca_queue *queue, struct sca_queued **docs, size_t count,
                        const struct sca_session *session)
{
    size_t taken = 0;
    size_t at = 0;

    if (session != NULL && session->left < count)
        count = session->left;
    while (taken < count && at < queue->batch.count) {
        struct sca_queued *queued = queue->batch.docs[at].owner;

        if (session != NULL && sca_txn_session_of(queued) != session) {
            at++;
            continue;
        }
        (void)sca_batch_remove(&queue->batch, queued);
        docs[taken++] = queued;
    }
    return taken;
}

static void send_batch(struct sca_queue *queue, size_t count, struct sca_session *session)
{
    struct sca_queued *docs[SCA_JOURNAL_DOCS_MAX];
    size_t taken = take_docs(queue, docs, count, session);

    /* Another scheme's documents come first the next time. */
    TAILQ_REMOVE(&queue->txns->queues, queue, link);
    TAILQ_INSERT_TAIL(&queue->txns->queues, queue, link);
    send_docs(queue, docs, taken, session);
    for (size_t i = 0; i < taken; i++)
        free_queued(docs[i]);
}

/* A one-time code that was typed does not keep while an earlier transaction is on its way. */
static bool has_typed_code(const struct sca_queue *queue)
{
    const struct sca_txn_wait *wait;

    TAILQ_FOREACH(wait, &queue->txns->waits, link)
    {
        if (wait->state == SCA_WAIT_QUEUED && wait->queued->queue == queue && wait->otp != NULL)
            return true;
    }
    return false;
}

static struct sca_batch_rules rules_of(const struct sca_queue *queue)
{
    const struct sca_config_account *account =
        sca_config_account(queue->txns->config, queue->account);

    if (account == NULL) /* sent at once, that is: refused */
        return (struct sca_batch_rules){.max = 1};
    const struct sca_credential *credential =
        sca_listing_find(queue->txns->env.listing, queue->account, queue->credential);
    return (struct sca_batch_rules){
        .window_ms = account->batch_window_ms,
        .hold_ms = has_typed_code(queue) ? account->batch_window_ms
                                         : account->confirm_timeout_s * 1000 / 2,
        .max = sca_credential_max_batch(credential, account),
    };
}

/* The service may give its permission without asking anybody, and no session is wanted, in which
 * one permission would serve for what follows. */
static bool may_be_quiet(const struct sca_queue *queue)
{
    const struct sca_config_account *account =
        sca_config_account(queue->txns->config, queue->account);

    return account != NULL && (account->provider->caps & SCA_CAP_PERMIT) != 0 &&
           account->session_signatures == 0 && !has_typed_code(queue);
}

/* What is on its way, as far as this queue has to heed it. */
static struct sca_batch_way way_of(struct sca_queue *queue, const struct sca_session *session)
{
    struct sca_batch_way way = {0};

    if (session == NULL) /* who needs no confirmation does not wait for that of others */
        way = sca_txn_way(queue);
    way.quiet = way.quiet && may_be_quiet(queue);
    queue->quiet = way.quiet;
    return way;
}

/* Empty: what it remembers is of use until those who have their signatures would have come again.
 * Returns when that is over; now, where there is nothing to remember. */
static int64_t keep(struct sca_queue *queue, const struct sca_batch_way *way, uint32_t window_ms,
                    int64_t now_ms)
{
    if (way->docs != 0)
        return SCA_TXN_NEVER_MS;
    if (queue->until_ms == 0)
        queue->until_ms = queue->quiet ? now_ms + window_ms : now_ms;
    return queue->until_ms;
}

/* Returns when to look again; not later than now when the queue has served. */
static int64_t work_queue(struct sca_queue *queue, int64_t now_ms)
{
    for (;;) {
        struct sca_batch_rules rules = rules_of(queue);
        struct sca_session *session = usable_session(queue);
        const struct sca_batch_way way = way_of(queue, session);
        struct sca_batch_next next = sca_batch_next(&queue->batch, &rules, &way, now_ms);

        if (next.act == SCA_BATCH_EMPTY)
            return keep(queue, &way, rules.window_ms, now_ms);
        queue->until_ms = 0;
        if (next.act == SCA_BATCH_WAIT)
            return next.at_ms;
        send_batch(queue, next.docs, session);
    }
}

int64_t sca_txn_queue_work(struct sca_txns *txns, int64_t now_ms)
{
    struct sca_queue *queue = TAILQ_FIRST(&txns->queues);
    int64_t again_ms = SCA_TXN_NEVER_MS;

    while (queue != NULL) {
        struct sca_queue *next = TAILQ_NEXT(queue, link);
        int64_t at_ms = work_queue(queue, now_ms);

        if (queue->batch.count == 0 && at_ms <= now_ms)
            free_queue(queue);
        else if (at_ms < again_ms)
            again_ms = at_ms;
        queue = next;
    }
    return again_ms;
}
