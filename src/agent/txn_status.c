/* SPDX-License-Identifier: Apache-2.0 */
/* What `smartca status` shows of transactions and budgets. */
#include "common/clock.h"
#include "txn_core.h"

static unsigned seconds_left(const struct sca_txn *txn)
{
    int64_t deadline_ms = 0;

    for (const struct sca_txn_wait *wait = sca_txn_wait_next(txn, SIZE_MAX, NULL); wait != NULL;
         wait = sca_txn_wait_next(txn, SIZE_MAX, wait)) {
        if (wait->deadline_ms > deadline_ms)
            deadline_ms = wait->deadline_ms;
    }
    return deadline_ms != 0 ? (unsigned)(sca_left_ms(deadline_ms) / 1000) : 0;
}

static const char *state_word(const struct sca_txn *txn)
{
    switch (txn->phase) {
    case SCA_PHASE_SENDING:
        return "sending";
    case SCA_PHASE_ASKING:
        return "waiting";
    case SCA_PHASE_LOOKING:
    case SCA_PHASE_PAUSED:
        return "looking-up";
    case SCA_PHASE_SETTLED:
        return "settled";
    }
    return "";
}

json_t *sca_txns_waiting(const struct sca_txns *txns)
{
    json_t *list = json_array();
    const struct sca_txn *txn;

    TAILQ_FOREACH(txn, &txns->unsettled, unsettled)
    {
        const struct sca_journal_record *record = txn->record;

        if (json_array_append_new(
                list,
                json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "txn", record->txn_id, "account",
                          record->account, "code", txn->code, "program", record->docs[0].program,
                          "state", state_word(txn), "documents", (json_int_t)record->doc_count,
                          "seconds_left", (json_int_t)seconds_left(txn))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *sca_txns_sessions(const struct sca_txns *txns)
{
    return sca_sessions_json(&txns->sessions, sca_now_ms(), sca_now_utc());
}

static int add_budget(json_t *list, const struct sca_txns *txns, const char *account,
                      const char *program, int64_t limit)
{
    int64_t used = sca_budget_used(&txns->budget, account, program, sca_now_utc());

    return json_array_append_new(list, json_pack("{s:s, s:s*, s:I, s:I}", "account", account,
                                                 "program", program, "used", (json_int_t)used,
                                                 "limit", (json_int_t)limit));
}

json_t *sca_txns_budgets(const struct sca_txns *txns)
{
    json_t *list = json_array();
    int failed = list == NULL;

    for (size_t i = 0; i < txns->config->account_count; i++) {
        const struct sca_config_account *account = &txns->config->accounts[i];

        if (account->max_per_day >= 0)
            failed |= add_budget(list, txns, account->name, NULL, account->max_per_day);
        for (size_t k = 0; k < account->program_limit_count; k++)
            failed |= add_budget(list, txns, account->name, account->program_limits[k].program,
                                 account->program_limits[k].per_day);
    }
    if (failed == 0)
        return list;
    json_decref(list);
    return NULL;
}
