/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One host's request: its copy, its progress, and the one answer it gets. Every answer writes a
 * ledger line, a bad one also shows its sentence on the host's screen.
 */
#include "txn_core.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "common/mechs.h"
#include "i18n.h"
#include "ledger.h"

#define TICK_MS   1000
#define SOON_MS   100 /* what is over by then is not told of: each message wakes a program */
#define HOST_SIZE 256

int sca_txn_wait_new(struct sca_txns *txns, const struct sca_txn_request *request,
                     struct sca_txn_wait **ret_wait)
{
    if (request->digest.len == 0 || request->digest.len > SCA_HASH_MAX ||
        request->digest.len != sca_hash_len(request->hash) ||
        strlen(request->credential) >= SCA_CREDENTIAL_ID_SIZE)
        return SCA_E_INVAL;
    struct sca_txn_wait *wait = calloc(1, sizeof *wait);
    if (wait == NULL)
        return SCA_E_NOMEM;
    wait->txns = txns;
    wait->account = strdup(request->account);
    wait->program = strdup(request->program);
    wait->executable = strdup(request->executable);
    wait->pid = request->pid;
    wait->mechanism = request->mechanism;
    wait->key.scheme = request->scheme;
    wait->key.hash = request->hash;
    wait->key.digest_len = request->digest.len;
    memcpy(wait->key.digest, request->digest.data, request->digest.len);
    memcpy(wait->key.credential, request->credential, strlen(request->credential) + 1);
    sca_text_code(&request->digest, 1, wait->code);
    int err = wait->account != NULL && wait->program != NULL && wait->executable != NULL
                  ? 0
                  : SCA_E_NOMEM;
    if (err == 0)
        err = sca_screen_copy(request->screen, &wait->screen);
    if (err == 0 && request->pin != NULL)
        err = sca_secret_copy(request->pin, &wait->pin);
    if (err == 0 && request->otp != NULL)
        err = sca_secret_copy(request->otp, &wait->otp);
    if (err != 0) {
        sca_txn_wait_free(wait);
        return err;
    }
    *ret_wait = wait;
    return 0;
}

void sca_txn_wait_free(struct sca_txn_wait *wait)
{
    if (wait == NULL)
        return;
    if (wait->fetch != NULL)
        sca_listing_cancel(wait->fetch);
    sca_screen_clear(&wait->screen);
    sca_secret_free(&wait->pin);
    sca_secret_free(&wait->otp);
    free(wait->account);
    free(wait->program);
    free(wait->executable);
    free(wait);
}

void sca_txn_wait_join(struct sca_txn_wait *wait, struct sca_txn *txn, size_t doc)
{
    wait->state = SCA_WAIT_JOINED;
    wait->queued = NULL;
    wait->txn = txn;
    wait->doc = doc;
    wait->fresh = txn->phase != SCA_PHASE_SENDING && txn->phase != SCA_PHASE_ASKING;
    wait->late = txn->chance_given;
    sca_txn_wait_soon(wait);
    if (!txn->chance_given && txn->run != NULL && !sca_txn_old(txn) &&
        txn->deadline_ms < wait->deadline_ms)
        txn->deadline_ms = wait->deadline_ms;
}

struct sca_txn_wait *sca_txn_wait_next(const struct sca_txn *txn, size_t doc,
                                       const struct sca_txn_wait *after)
{
    struct sca_txn_wait *wait =
        after != NULL ? TAILQ_NEXT(after, link) : TAILQ_FIRST(&txn->txns->waits);

    while (wait != NULL && !(wait->state == SCA_WAIT_JOINED && wait->txn == txn &&
                             (doc == SIZE_MAX || wait->doc == doc)))
        wait = TAILQ_NEXT(wait, link);
    return wait;
}

/* ---- what people are told ------------------------------------------------------------------ */

static const char *holder_of(const struct sca_txns *txns, const char *account,
                             const char *credential)
{
    const struct sca_credential *found = sca_listing_find(txns->env.listing, account, credential);

    return found != NULL ? found->holder : "";
}

static bool has_screen(const struct sca_txn_wait *wait)
{
    return sca_screen_has_windows(&wait->screen) || wait->screen.tty != NULL;
}

int sca_txn_person(const struct sca_txn *txn, struct sca_person **ret_person)
{
    const struct sca_txns *txns = txn->txns;
    const struct sca_txn_wait *first = sca_txn_wait_next(txn, SIZE_MAX, NULL);
    const struct sca_txn_wait *wait = first;

    *ret_person = NULL;
    if (first == NULL || txns->env.prompts == NULL)
        return 0;
    while (wait != NULL && !has_screen(wait))
        wait = sca_txn_wait_next(txn, SIZE_MAX, wait);
    if (wait == NULL)
        wait = first; /* a pinentry of the person's own may need no screen */
    const struct sca_person person = {
        .prompts = txns->env.prompts,
        .screen = wait->screen,
        .language = txns->config->language,
        .holder = holder_of(txns, txn->record->account, txn->record->credential),
        .purpose = txn->record->description,
        .deadline_ms = wait->deadline_ms,
    };
    return sca_person_copy(&person, ret_person);
}

/* NULL where the account is gone from the configuration. */
static const char *service_of(const struct sca_txns *txns, const char *account)
{
    const struct sca_config_account *found = sca_config_account(txns->config, account);

    return found != NULL && found->provider != NULL ? found->provider->title : NULL;
}

static const char *host_of(const struct sca_txns *txns, const char *account,
                           char ret_host[static HOST_SIZE])
{
    const struct sca_config_account *found = sca_config_account(txns->config, account);
    const char *start = found != NULL && found->url != NULL ? strstr(found->url, "://") : NULL;
    size_t len = start != NULL ? strcspn(start + 3, "/:?#") : 0;

    if (len == 0 || len >= HOST_SIZE)
        return NULL;
    memcpy(ret_host, start + 3, len);
    ret_host[len] = '\0';
    return ret_host;
}

void sca_txn_wait_line(const struct sca_txn_wait *wait, unsigned seconds,
                       char ret_line[static SCA_SENTENCE_SIZE])
{
    const struct sca_txns *txns = wait->txns;
    const char *service = service_of(txns, wait->account);

    sca_i18n_use(txns->config->language, wait->screen.language);
    (wait->txn->browser ? sca_sentence_browsing : sca_sentence_waiting)(
        holder_of(txns, wait->account, wait->key.credential), service != NULL ? service : "",
        wait->txn->record->doc_count, wait->txn->code, seconds, ret_line);
}

static enum sca_progress state_of(const struct sca_txn_wait *wait)
{
    if (wait->state != SCA_WAIT_JOINED)
        return SCA_PROGRESS_SENDING;
    switch (wait->txn->phase) {
    case SCA_PHASE_SENDING:
    case SCA_PHASE_SETTLED:
        return SCA_PROGRESS_SENDING;
    case SCA_PHASE_ASKING:
        return SCA_PROGRESS_WAITING;
    case SCA_PHASE_LOOKING:
    case SCA_PHASE_PAUSED:
        return SCA_PROGRESS_LOOKING_UP;
    }
    return SCA_PROGRESS_SENDING;
}

void sca_txn_wait_soon(struct sca_txn_wait *wait)
{
    const int64_t soon_ms = sca_now_ms() + SOON_MS;

    if (wait->tick_ms == 0 || wait->tick_ms > soon_ms)
        wait->tick_ms = soon_ms;
}

void sca_txn_wait_progress(struct sca_txn_wait *wait)
{
    char line[SCA_SENTENCE_SIZE];
    struct sca_txn_progress progress = {
        .state = state_of(wait),
        .code = wait->state == SCA_WAIT_JOINED ? wait->txn->code : wait->code,
        .seconds = (unsigned)(((int64_t)sca_left_ms(wait->deadline_ms) + 999) / 1000),
    };

    wait->tick_ms = sca_now_ms() + TICK_MS;
    if (progress.state == SCA_PROGRESS_WAITING &&
        sca_notify_tty(wait->txns->env.notify, &wait->screen)) {
        sca_txn_wait_line(wait, progress.seconds, line);
        progress.line = line;
    }
    wait->callbacks.progress(wait->arg, &progress);
    /* Telling may have met a host that is gone, and that has left. */
    if (progress.state == SCA_PROGRESS_WAITING && wait->txn != NULL)
        sca_txn_notice_again(wait->txn, wait);
}

/* ---- ledger -------------------------------------------------------------------------------- */

static void append(struct sca_txns *txns, const struct sca_ledger_entry *entry)
{
    const bool alone = !txns->gathering;
    int err = 0;

    if (txns->lines == NULL)
        err = sca_ledger_begin(txns->env.paths, &txns->lines);
    if (txns->lines != NULL)
        err = sca_ledger_add(txns->lines, entry);
    if (err != 0)
        sca_log(SCA_LOG_ERROR, "ledger", "a line for transaction \"%s\" is missing (%s)",
                entry->txn_id, sca_err_name(err));
    if (alone)
        sca_txn_ledger_end(txns);
}

static const char *session_of(const struct sca_txn *txn)
{
    return txn != NULL ? txn->record->session : "";
}

void sca_txn_ledger_begin(struct sca_txns *txns)
{
    txns->gathering = true;
}

void sca_txn_ledger_end(struct sca_txns *txns)
{
    int fd = -1;
    int err = txns->lines != NULL ? sca_ledger_commit(txns->lines, &fd) : 0;

    sca_syncer_leave(txns->syncer, fd);
    txns->gathering = false;
    txns->lines = NULL;
    if (err != 0)
        sca_log(SCA_LOG_ERROR, "ledger", "lines are missing (%s)", sca_err_name(err));
}

void sca_txn_ledger(struct sca_txns *txns, const struct sca_txn *txn, size_t doc,
                    const struct sca_txn_wait *wait, const char *outcome, const char *sentence)
{
    const struct sca_journal_record *record = txn != NULL ? txn->record : NULL;
    const char *account = wait != NULL ? wait->account : record->account;
    const char *credential = wait != NULL ? wait->key.credential : record->credential;
    const struct sca_credential *known = sca_listing_find(txns->env.listing, account, credential);
    struct sca_bytes digest =
        wait != NULL ? (struct sca_bytes){wait->key.digest, wait->key.digest_len}
                     : (struct sca_bytes){record->docs[doc].digest, record->docs[doc].digest_len};
    char hex[2 * SCA_HASH_MAX + 1];

    sca_hex_encode(digest, hex);
    append(txns, &(struct sca_ledger_entry){
                     .time_utc = sca_now_utc(),
                     .account = account,
                     .credential = credential,
                     .holder = known != NULL ? known->holder : "",
                     .serial = record != NULL  ? record->serial
                               : known != NULL ? known->serial
                                               : "",
                     .program = wait != NULL ? wait->program : record->docs[doc].program,
                     .pid = wait != NULL ? wait->pid : record->docs[doc].pid,
                     .scheme = sca_scheme_name(wait != NULL ? wait->key.scheme : record->scheme),
                     .hash = sca_hash_name(wait != NULL ? wait->key.hash : record->hash),
                     .mechanism = wait != NULL ? sca_mechs_name(wait->mechanism) : "",
                     .digest = hex,
                     .code = txn != NULL ? txn->code : "",
                     .txn_id = record != NULL ? record->txn_id : "",
                     .session = session_of(txn),
                     .outcome = outcome,
                     .sentence = sentence,
                 });
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void show(const struct sca_txn_wait *wait, const struct sca_txn *txn, const char *sentence)
{
    struct sca_notice notice = {
        .event = txn != NULL ? SCA_NOTIFY_ENDED : SCA_NOTIFY_REFUSED,
        .subject = txn != NULL ? txn->record->txn_id : "",
        .code = txn != NULL ? txn->code : wait->code,
        .sentence = sentence,
    };

    sca_notify_show(wait->txns->env.notify, &wait->screen, &notice);
}

/* What is known of every request, beside what its end brought. */
static void add_facts(const struct sca_txn_wait *wait, const struct sca_txn *txn,
                      char ret_host[static HOST_SIZE], struct sca_sentence_facts *facts)
{
    const struct sca_txns *txns = wait->txns;
    const struct sca_config_account *account = sca_config_account(txns->config, wait->account);
    const struct sca_provider *provider = account != NULL ? account->provider : NULL;

    facts->account = wait->account;
    facts->program = wait->program;
    facts->executable = wait->executable;
    facts->service = service_of(txns, wait->account);
    facts->host = host_of(txns, wait->account, ret_host);
    facts->server_key = account != NULL ? account->server_key : NULL;
    facts->txn_id = txn != NULL ? txn->record->txn_id : NULL;
    facts->settings = provider != NULL ? provider->needs | provider->uses : 0;
    facts->blind = provider != NULL && (provider->caps & SCA_CAP_BLIND) != 0 && txn != NULL &&
                   txn->record->provider_txn == NULL;
}

bool sca_txn_wait_answer(struct sca_txn_wait *wait, const struct sca_txn_answer *answer)
{
    struct sca_txns *txns = wait->txns;
    const struct sca_txn *txn = answer->txn;
    char sentence[SCA_SENTENCE_SIZE] = "";
    char host[HOST_SIZE];
    const char *outcome = answer->err != 0   ? sca_err_name(answer->err)
                          : answer->replayed ? "replayed"
                                             : "signed";

    if (answer->err != 0) {
        struct sca_sentence_facts facts = answer->facts;

        add_facts(wait, txn, host, &facts);
        sca_i18n_use(txns->config->language, wait->screen.language);
        sca_sentence(answer->err, &facts, sentence);
        sca_log(SCA_LOG_WARNING, "txn", "%s (%lld), account %s, transaction %s: %s (%s)",
                wait->program, (long long)wait->pid, wait->account,
                txn != NULL ? txn->record->txn_id : "none", outcome, sentence);
        if (answer->err != SCA_E_CANCELLED || facts.at_notice)
            show(wait, txn, sentence);
    }
    if (!answer->logged)
        sca_txn_ledger(txns, txn, wait->doc, wait, outcome, sentence);

    struct sca_txn_outcome told = {
        .err = answer->err,
        .signature = answer->signature,
        .replayed = answer->replayed,
        .txn_id = txn != NULL ? txn->record->txn_id : "",
        .code = txn != NULL ? txn->code : wait->code,
        .sentence = sentence,
    };
    wait->state = SCA_WAIT_GONE;
    wait->txn = NULL;
    sca_txns_kick(txns);
    return wait->callbacks.done(wait->arg, &told);
}
