/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one notice of a transaction on the person's desktop: it waits, is brought up to date, has a
 * button to cancel, and becomes how it ended.
 */
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "i18n.h"
#include "txn_core.h"

#define AGAIN_MS (30 * 1000) /* seldom enough for desktops that draw attention to each change */

void sca_txn_notice_waiting(struct sca_txn *txn, const struct sca_txn_wait *wait)
{
    const unsigned seconds = (unsigned)(sca_left_ms(wait->deadline_ms) / 1000);
    char sentence[SCA_SENTENCE_SIZE];

    txn->noticed_ms = sca_now_ms();
    sca_txn_wait_line(wait, seconds, sentence);
    if (txn->account != NULL && txn->session_signatures > txn->record->doc_count)
        sca_sentence_add_session(sentence, false, txn->session_signatures - txn->record->doc_count,
                                 txn->account->session_minutes);
    sca_notify_show(txn->txns->env.notify, &wait->screen,
                    &(struct sca_notice){.event = SCA_NOTIFY_WAITING,
                                         .subject = txn->record->txn_id,
                                         .code = txn->code,
                                         .sentence = sentence,
                                         .seconds = seconds,
                                         .cancel = _("Cancel")});
}

void sca_txn_notice_again(struct sca_txn *txn, const struct sca_txn_wait *wait)
{
    if (txn->noticed && wait == sca_txn_wait_next(txn, SIZE_MAX, NULL) &&
        sca_notify_updates(txn->txns->env.notify) && sca_now_ms() - txn->noticed_ms >= AGAIN_MS)
        sca_txn_notice_waiting(txn, wait);
}

/* What is left of the session that it began. */
static void add_session(const struct sca_txn *txn, char sentence[static SCA_SENTENCE_SIZE])
{
    const struct sca_session *session =
        sca_session_by_txn(&txn->txns->sessions, txn->record->txn_id);

    if (session != NULL)
        sca_sentence_add_session(
            sentence, true, session->left,
            (unsigned)((sca_session_seconds_left(session, sca_now_ms(), sca_now_utc()) + 59) / 60));
}

static void over(const struct sca_txn *txn, const struct sca_txn_wait *wait, int err, bool passing)
{
    const struct sca_sentence_facts facts = {.txn_id = txn->record->txn_id};
    char sentence[SCA_SENTENCE_SIZE];

    sca_i18n_use(txn->txns->config->language, wait->screen.language);
    sca_sentence(err, &facts, sentence);
    if (err == SCA_OK)
        add_session(txn, sentence);
    sca_notify_over(txn->txns->env.notify, &wait->screen, txn->record->txn_id, sentence, passing);
}

void sca_txn_notice_signed(const struct sca_txn *txn, const struct sca_txn_wait *wait)
{
    over(txn, wait, SCA_OK, true);
}

void sca_txn_notice_left(const struct sca_txn *txn, const struct sca_txn_wait *wait)
{
    over(txn, wait, SCA_E_CANCELLED, false);
}

static struct sca_txn *find(struct sca_txns *txns, const char *txn_id)
{
    struct sca_txn *txn;

    TAILQ_FOREACH(txn, &txns->unsettled, unsettled)
    {
        if (sca_streq(txn->record->txn_id, txn_id))
            return txn;
    }
    return NULL;
}

void sca_txn_notice_cancelled(void *arg, const char *txn_id)
{
    struct sca_txn *txn = find(arg, txn_id);
    struct sca_txn_wait *wait;

    if (txn == NULL)
        return;
    sca_log(SCA_LOG_INFO, "txn", "%s: cancelled by the person at the notice", txn_id);
    txn->cancelled_ms = sca_now_ms();
    const struct sca_txn_answer answer = {
        .err = SCA_E_CANCELLED, .txn = txn, .facts = {.at_notice = true}};
    while ((wait = sca_txn_wait_next(txn, SIZE_MAX, NULL)) != NULL)
        (void)sca_txn_wait_answer(wait, &answer);
}
