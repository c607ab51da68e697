/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca reconcile: what the journal says of each transaction beside what its service says of the
 * same id. One after the other, by the flow that looks a transaction up, which cannot sign. None of
 * the services lists transactions, so only our own can be asked for.
 *
 * What is settled here is only compared; what is open, or was given up, is settled by the answer,
 * as if the agent had looked it up by itself.
 */
#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/log.h"
#include "txn_core.h"

#define COMPARED_MAX 1000u
#define BUSY_MS      500u /* until one that the agent is looking up by itself is met again */
#define BUSY_TRIES   60u
#define PATIENCE_MS  10000u /* for one transaction; then it is looked at for the last time */

struct sca_compare {
    struct sca_txns *txns;
    char (*ids)[SCA_TXN_ID_SIZE]; /* oldest first */
    size_t count;
    size_t next;
    unsigned tries; /* at the one that is next */
    json_t *lines;  /* of those that were asked for */
    uv_timer_t *timer;
    bool sent;   /* a question of the one under way left */
    bool silent; /* the account at hand does not answer: the rest of it is not asked for */
    char *silent_account;

    /* the one under way, lent to its flow */
    struct sca_config_account *account;
    struct sca_cloud_account cloud_account;
    struct sca_cloud_doc *docs;
    struct sca_cloud_sign sign;
    struct sca_flow_run *run;
};

static void start_next(struct sca_compare *compare);

static struct sca_txn *find_txn(const struct sca_txns *txns, const char *id)
{
    struct sca_txn *txn;

    TAILQ_FOREACH(txn, &txns->list, link)
    {
        if (sca_streq(txn->record->txn_id, id))
            return txn;
    }
    return NULL;
}

static const char *word_here(const struct sca_journal_record *record)
{
    switch (record->state) {
    case SCA_TXN_OPEN:
        return "open";
    case SCA_TXN_SIGNED:
        return "signed";
    case SCA_TXN_ENDED:
        return sca_err_name(record->err);
    case SCA_TXN_GIVEN_UP:
        return "given-up";
    }
    return "";
}

static bool unsettled(const struct sca_journal_record *record)
{
    return record->state == SCA_TXN_OPEN || record->state == SCA_TXN_GIVEN_UP;
}

static void add_line(struct sca_compare *compare, const struct sca_journal_record *record,
                     const char *here, const char *there, const char *verdict)
{
    json_t *line =
        json_pack("{s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:s}", "txn", record->txn_id, "account",
                  record->account, "time", (json_int_t)record->created_utc, "program",
                  record->docs[0].program, "documents", (json_int_t)record->doc_count, "here", here,
                  "there", there, "verdict", verdict);

    if (line == NULL || json_array_append_new(compare->lines, line) != 0)
        sca_log(SCA_LOG_ERROR, "txn", "out of memory: %s is missing in the comparison",
                record->txn_id);
}

static void end_look(struct sca_compare *compare)
{
    uv_timer_stop(compare->timer);
    sca_flow_run_free(compare->run);
    compare->run = NULL;
    sca_config_account_free(compare->account);
    compare->account = NULL;
    free(compare->docs);
    compare->docs = NULL;
}

/* ---- what the service says ------------------------------------------------------------------- */

static bool never_answered(int err)
{
    return err == SCA_E_UNREACHABLE || err == SCA_E_TLS || err == SCA_E_SERVER_KEY ||
           err == SCA_E_SERVER || err == SCA_E_UNCERTAIN || err == SCA_E_SP_AUTH ||
           err == SCA_E_USER_AUTH || err == SCA_E_NEED_AUTH || err == SCA_E_USER_LOCKED;
}

/* Signed there. */
static const char *judge_signed(struct sca_txn *txn, const struct sca_cloud_result *result)
{
    if (txn->record->state == SCA_TXN_SIGNED)
        return "agrees";
    if (txn->record->state == SCA_TXN_ENDED)
        return txn->record->err == SCA_E_BAD_SIGNATURE ? "agrees" : "differs";
    sca_txn_settle_signed(txn, result);
    return unsettled(txn->record) ? "open" : "settled";
}

/* Not signed there: @end says what came of it. May free @txn. */
static const char *judge_unsigned(struct sca_txn *txn, const struct sca_flow_end *end, bool sent)
{
    if (end->err == SCA_E_UNCERTAIN && !sent) /* the service has no way to ask */
        return "unasked";
    if (never_answered(end->err))
        return "unanswered";
    if (txn->record->state == SCA_TXN_SIGNED)
        return "differs";
    if (txn->record->state == SCA_TXN_ENDED)
        return "agrees";
    if (end->spent != SCA_SPENT_NOTHING)
        return "open";
    sca_txn_failed(txn, end->err, end->spent, end->detail);
    return "settled";
}

static void on_done(void *arg, const struct sca_flow_end *end)
{
    struct sca_compare *compare = arg;
    struct sca_txn *txn = find_txn(compare->txns, compare->ids[compare->next - 1]);

    if (txn != NULL && txn->run != NULL && unsettled(txn->record)) {
        add_line(compare, txn->record, word_here(txn->record), "", "open"); /* being looked up */
    } else if (txn != NULL) {
        const char *here = word_here(txn->record);
        const char *there = end->err == 0 ? "signed" : sca_err_name(end->err);
        const char *verdict = end->err == 0 ? judge_signed(txn, end->result)
                                            : judge_unsigned(txn, end, compare->sent);

        compare->silent = sca_streq(verdict, "unanswered");
        txn = find_txn(compare->txns, compare->ids[compare->next - 1]);
        if (txn != NULL)
            add_line(compare, txn->record, here, there, verdict);
    }
    end_look(compare);
    start_next(compare);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int before_send(void *arg, const struct sca_http_request *request)
{
    struct sca_compare *compare = arg;

    compare->sent = true;
    return request->spends ? SCA_E_INVAL : 0;
}

static void on_patience(uv_timer_t *timer)
{
    struct sca_compare *compare = timer->data;

    if (compare->run != NULL) {
        sca_flow_run_last_chance(compare->run);
        return;
    }
    compare->next--; /* it was busy */
    start_next(compare);
}

/* Found, and still waiting for the person: nothing more will be known today. */
static void on_waiting(void *arg, bool person)
{
    struct sca_compare *compare = arg;
    const struct sca_txn *txn = find_txn(compare->txns, compare->ids[compare->next - 1]);

    if (!person)
        return;
    if (txn != NULL)
        add_line(compare, txn->record, word_here(txn->record), "waiting",
                 unsettled(txn->record) ? "open" : "differs");
    end_look(compare);
    start_next(compare);
}

static int start_look(struct sca_compare *compare, const struct sca_journal_record *record)
{
    const struct sca_flow_run_callbacks callbacks = {
        .arg = compare, .before_send = before_send, .waiting = on_waiting, .done = on_done};
    const struct sca_config_account *account =
        sca_config_account(compare->txns->config, record->account);
    struct sca_flow *flow = NULL;

    int err = sca_config_account_copy(account, &compare->account);
    if (err != 0)
        return err;
    compare->docs = calloc(record->doc_count, sizeof *compare->docs);
    if (compare->docs == NULL)
        return SCA_E_NOMEM;
    compare->cloud_account = sca_config_cloud_account(compare->account);
    sca_txn_describe(record, compare->docs, &compare->sign);
    compare->sign.resume = true;
    compare->sign.accepted = false;
    if (!unsettled(record)) /* long ago: "not found" need not be asked about for long */
        compare->sign.created_utc = 0;
    err = compare->account->provider->sign(&compare->cloud_account, &compare->sign, &flow);
    if (err == 0)
        err = sca_flow_run_new(&compare->txns->env.runs, compare->account, flow, NULL, &callbacks,
                               &compare->run);
    return err;
}

/* True where there is something that can be asked for now. */
static bool can_ask(const struct sca_compare *compare, const struct sca_txn *txn)
{
    const struct sca_config_account *account =
        sca_config_account(compare->txns->config, txn->record->account);

    return account != NULL && sca_streq(account->provider->name, txn->record->provider) &&
           ((account->provider->caps & SCA_CAP_BLIND) == 0 || txn->record->provider_txn != NULL);
}

/* True when a look is under way. */
static bool ask_about(struct sca_compare *compare, const struct sca_txn *txn)
{
    const struct sca_journal_record *record = txn->record;

    if (!can_ask(compare, txn)) {
        add_line(compare, record, word_here(record), "", "unasked");
        return false;
    }
    if (txn->run != NULL && compare->tries++ < BUSY_TRIES) {
        uv_timer_start(compare->timer, on_patience, BUSY_MS, 0);
        return true;
    }
    compare->tries = 0;
    if (txn->run != NULL) {
        add_line(compare, record, word_here(record), "", "open");
        return false;
    }
    if (compare->silent && sca_streq(compare->silent_account, record->account)) {
        add_line(compare, record, word_here(record), "", "unanswered");
        return false;
    }
    compare->sent = false;
    compare->silent = false;
    free(compare->silent_account);
    compare->silent_account = strdup(record->account);
    int err = start_look(compare, record);
    if (err != 0) {
        add_line(compare, record, word_here(record), sca_err_name(err), "unanswered");
        end_look(compare);
        return false;
    }
    uv_timer_start(compare->timer, on_patience, PATIENCE_MS, 0);
    return true;
}

static void start_next(struct sca_compare *compare)
{
    while (compare->next < compare->count) {
        const struct sca_txn *txn = find_txn(compare->txns, compare->ids[compare->next++]);

        if (txn != NULL && ask_about(compare, txn))
            return;
    }
}

/* ---- the door -------------------------------------------------------------------------------- */

static bool over(const struct sca_compare *compare)
{
    return compare->run == NULL && compare->next == compare->count &&
           !uv_is_active((uv_handle_t *)compare->timer);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void sca_compare_free(struct sca_compare *compare)
{
    if (compare == NULL)
        return;
    end_look(compare);
    uv_close((uv_handle_t *)compare->timer, on_closed);
    json_decref(compare->lines);
    free(compare->silent_account);
    free(compare->ids);
    free(compare);
}

static void collect(struct sca_compare *compare, const char *account)
{
    const struct sca_txn *txn;

    TAILQ_FOREACH(txn, &compare->txns->list, link)
    {
        if (txn->journaled && compare->count < COMPARED_MAX &&
            (account == NULL || sca_streq(txn->record->account, account)))
            memcpy(compare->ids[compare->count++], txn->record->txn_id, SCA_TXN_ID_SIZE);
    }
}

static struct sca_compare *new_compare(struct sca_txns *txns)
{
    struct sca_compare *compare = calloc(1, sizeof *compare);

    if (compare == NULL)
        return NULL;
    compare->txns = txns;
    compare->ids = calloc(COMPARED_MAX, sizeof *compare->ids);
    compare->lines = json_array();
    compare->timer = calloc(1, sizeof *compare->timer);
    if (compare->ids == NULL || compare->lines == NULL || compare->timer == NULL) {
        json_decref(compare->lines);
        free(compare->timer);
        free(compare->ids);
        free(compare);
        return NULL;
    }
    uv_timer_init(txns->env.runs.loop, compare->timer);
    compare->timer->data = compare;
    return compare;
}

json_t *sca_txns_compare(struct sca_txns *txns, const char *account)
{
    if (txns->compare != NULL && !over(txns->compare))
        return json_pack("{s:b}", "busy", 1);
    struct sca_compare *compare = sca_txn_catch_up(txns) == 0 ? new_compare(txns) : NULL;
    if (compare == NULL)
        return NULL;
    sca_compare_free(txns->compare);
    txns->compare = compare;
    collect(compare, account);
    start_next(compare);
    return json_pack("{s:b, s:I}", "busy", 0, "count", (json_int_t)compare->count);
}

json_t *sca_txns_compared(const struct sca_txns *txns)
{
    const struct sca_compare *compare = txns->compare;

    if (compare == NULL)
        return json_null();
    return json_pack("{s:b, s:O}", "over", over(compare), "lines", compare->lines);
}

bool sca_txns_comparing(const struct sca_txns *txns)
{
    return txns->compare != NULL && !over(txns->compare);
}
