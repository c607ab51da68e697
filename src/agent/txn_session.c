/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions in the life of a transaction: one that is confirmed may begin a session, later ones use
 * it instead of asking. Each is a transaction of its own all the same, with its record before its
 * request and its line in the ledger. What cannot be told apart ends the session: then the person
 * is asked once too often, never once too little.
 */
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "txn_core.h"

#include <string.h>

struct sca_session *sca_txn_session_of(const struct sca_queued *queued)
{
    const struct sca_queue *queue = queued->queue;
    const struct sca_txns *txns = queue->txns;

    return sca_session_find(&txns->sessions, queue->account, queue->credential, queued->program,
                            queued->pid, sca_now_ms(), sca_now_utc());
}

void sca_txn_session_plan(struct sca_txn *txn, const struct sca_config_account *account,
                          const struct sca_credential *credential, struct sca_session *session)
{
    struct sca_journal_record *record = txn->record;
    const uint32_t max = sca_credential_session(credential, account);

    txn->session_signatures = max > record->doc_count ? max : 0;
    if (session == NULL)
        return;
    sca_session_lend(session, (uint32_t)record->doc_count);
    txn->session_id = session->id;
    memcpy(record->session, session->txn_id, sizeof record->session);
}

static void begin(struct sca_txn *txn, const struct sca_cloud_permit *permit)
{
    struct sca_txns *txns = txn->txns;
    struct sca_journal_record *record = txn->record;
    const struct sca_credential *credential =
        sca_listing_find(txns->env.listing, record->account, record->credential);
    const struct sca_session_opening opening = {
        .account = txn->account,
        .holder = credential != NULL ? credential->holder : "",
        .record = record,
        .permit = permit,
    };

    int err = sca_session_open(&txns->sessions, &opening, sca_now_ms(), sca_now_utc());
    if (err == 0)
        memcpy(record->session, record->txn_id, sizeof record->session);
    else if (err != SCA_E_NOENT)
        sca_log(SCA_LOG_WARNING, "session", "%s begins no session (%s)", record->txn_id,
                sca_err_name(err));
}

void sca_txn_session_settle(struct sca_txn *txn, const struct sca_flow_end *end)
{
    struct sca_sessions *sessions = &txn->txns->sessions;
    struct sca_session *session = sca_session_by_id(sessions, txn->session_id);
    const struct sca_cloud_permit *permit = end->permit;
    const bool used = txn->session_id != SCA_SESSION_NO_ID;

    txn->session_id = SCA_SESSION_NO_ID;
    if (session != NULL && permit != NULL && !permit->renewed &&
        (end->err == 0 || !txn->journaled)) {
        uint32_t unused = txn->journaled ? 0 : (uint32_t)txn->record->doc_count;

        (void)sca_session_return(sessions, session, permit, unused);
        return;
    }
    if (session != NULL)
        sca_session_end(sessions, session);
    if (permit == NULL || !permit->renewed)
        return;
    if (used) /* its session was over: the person was asked after all */
        txn->record->session[0] = '\0';
    if (end->err == 0 && !txn->session_barred)
        begin(txn, permit);
}

void sca_txn_session_drop(struct sca_txn *txn, bool ran)
{
    struct sca_sessions *sessions = &txn->txns->sessions;
    struct sca_session *session = sca_session_by_id(sessions, txn->session_id);

    txn->session_id = SCA_SESSION_NO_ID;
    if (session == NULL)
        return;
    if (ran) /* its permission may have been renewed, or used */
        sca_session_end(sessions, session);
    else
        (void)sca_session_return(sessions, session, NULL, (uint32_t)txn->record->doc_count);
}

/* ---- services that do not ask ---------------------------------------------------------------- */

bool sca_txn_unasked(const struct sca_txn *txn)
{
    return sca_unasked_holds(sca_unasked_until(txn->txns->env.paths, txn->account), sca_now_utc());
}

/* Sent again with a fresh token it is written already. */
static int note_telling(struct sca_txn *txn)
{
    const struct sca_paths *paths = txn->txns->env.paths;

    if (txn->unasked_told)
        return 0;
    txn->unasked_told = true;
    txn->unasked_utc = sca_unasked_until(paths, txn->account);
    return sca_unasked_note(paths, txn->account, SCA_UNASKED_FOREVER);
}

int sca_txn_unasked_before(struct sca_txn *txn, const struct sca_http_request *request)
{
    if (request->unasked)
        return note_telling(txn);
    txn->unasked_late |= request->asks && !txn->sign.consent && sca_txn_unasked(txn);
    return txn->unasked_late ? SCA_E_TIMEOUT : 0;
}

/* What is not certain stays as it was written before: until nobody knows when. */
void sca_txn_unasked_settle(struct sca_txn *txn, const struct sca_cloud_unasked *unasked)
{
    int64_t until_utc = SCA_UNASKED_FOREVER;

    switch (unasked->state) {
    case SCA_UNASKED_UNTRIED:
    case SCA_UNASKED_UNKNOWN:
        return;
    case SCA_UNASKED_REFUSED:
        until_utc = txn->unasked_utc;
        break;
    case SCA_UNASKED_EXISTS: /* told by us, or by nobody knows whom */
        if (sca_unasked_holds(txn->unasked_utc, sca_now_utc()))
            until_utc = txn->unasked_utc;
        break;
    case SCA_UNASKED_UNTIL:
        until_utc = unasked->until_utc;
        break;
    }
    int err = sca_unasked_note(txn->txns->env.paths, txn->account, until_utc);
    if (err != 0)
        sca_log(SCA_LOG_WARNING, "session", "%s: until when is not written (%s)",
                txn->record->txn_id, sca_err_name(err));
}

/* ---- smartca lock ---------------------------------------------------------------------------- */

static bool concerns(const struct sca_txn *txn, const char *account)
{
    return txn->run != NULL && txn->first &&
           (account == NULL || sca_streq(txn->record->account, account));
}

void sca_txn_session_bar(struct sca_txns *txns, const char *account)
{
    struct sca_txn *txn;

    TAILQ_FOREACH(txn, &txns->unsettled, unsettled)
    txn->session_barred |= concerns(txn, account);
}

/* Where the service can be told, it is; the permission itself is wiped before that is answered. */
static void revoke_all(struct sca_txns *txns, const char *account)
{
    const struct sca_session *session;

    TAILQ_FOREACH(session, &txns->sessions.list, link)
    {
        if (account == NULL || sca_streq(session->account, account))
            sca_session_revoke(&txns->revocations, &txns->env.runs,
                               sca_config_account(txns->config, session->account),
                               &session->permit);
    }
}

size_t sca_txns_lock(struct sca_txns *txns, const char *account)
{
    struct sca_txn *txn = TAILQ_FIRST(&txns->unsettled);

    sca_txn_session_bar(txns, account);
    revoke_all(txns, account);
    size_t ended = sca_sessions_end(&txns->sessions, account);
    while (txn != NULL) {
        struct sca_txn *next = TAILQ_NEXT(txn, unsettled);

        if (concerns(txn, account) && txn->session_id != SCA_SESSION_NO_ID && !txn->journaled) {
            txn->locked = true;
            sca_txn_failed(txn, SCA_E_CANCELLED, SCA_SPENT_NOTHING, "");
        }
        txn = next;
    }
    return ended;
}
