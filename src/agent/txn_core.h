/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the transaction engine share, and nobody else: txn_door.c (door, order of
 * decisions, clock), txn_wait.c (one host's request), txn_queue.c (what is not sent yet), txn_run.c
 * (one transaction from its request on), txn_end.c (how it ends), txn_notice.c (what the
 * desktop shows of it), txn_known.c (what the journal
 * knows), txn_session.c (confirmations that are good for more).
 *
 * There is one timer. Whatever changes calls sca_txns_kick; then work() in txn_door.c looks at
 * everything that is due and sets the timer for the next. So nothing is freed under a caller's
 * feet: a wait that is left, a run that has ended are only marked, and swept there.
 */
#ifndef SCA_AGENT_TXN_CORE_H
#define SCA_AGENT_TXN_CORE_H

#include <sys/queue.h>
#include "batch.h"
#include "budget.h"
#include "common/text.h"
#include "flow_run.h"
#include "journal.h"
#include "sentence.h"
#include "session.h"
#include "session_revoke.h"
#include "syncer.h"
#include "txn.h"
#include "unasked.h"
#include "verify.h"

#define SCA_TXN_NEVER_MS INT64_MAX
#define SCA_TXN_GIVE_UP_S                                                                          \
    (15 * 60) /* a transaction that is older will not be confirmed any more                        \
               */

/* Whose signature of what: two requests with the same key want the same signature. */
struct sca_txn_key {
    char credential[SCA_CREDENTIAL_ID_SIZE];
    enum sca_scheme scheme;
    enum sca_hash hash;
    uint8_t digest[SCA_HASH_MAX];
    size_t digest_len;
};

enum sca_txn_phase {
    SCA_PHASE_SETTLED, /* nothing more happens to it */
    SCA_PHASE_SENDING, /* the first run: before the person is asked */
    SCA_PHASE_ASKING,  /* the first run, or an attended look-up: the person is being asked */
    SCA_PHASE_LOOKING, /* a look-up is under way */
    SCA_PHASE_PAUSED,  /* open, to be looked up later */
};

/* One transaction: a journal record, and its flow while one runs. */
struct sca_txn {
    TAILQ_ENTRY(sca_txn) link;
    TAILQ_ENTRY(sca_txn) unsettled; /* while it is not settled */
    struct sca_txns *txns;
    struct sca_journal_record *record;
    char code[SCA_CODE_SIZE];
    enum sca_txn_phase phase; /* set by sca_txn_enter */
    struct sca_sync sync;     /* of its file, before the request leaves */
    struct sca_stamp written; /* its file, as we left it */

    bool first;           /* this run may send the request that spends */
    bool journaled;       /* it has a file, so it may have been sent */
    bool quick;           /* it was permitted so soon that nobody can have been asked */
    bool at_once;         /* it was signed so soon */
    bool noticed;         /* the person was told */
    int64_t noticed_ms;   /* when, the last time */
    int64_t cancelled_ms; /* when the person cancelled it at the notice; 0 never */
    bool browser;         /* the person is asked on a web page */
    bool chance_given;    /* the flow was told to poll for the last time */
    bool dirty;           /* memory is ahead of the disk */
    int64_t deadline_ms;  /* when to give the last chance */
    int64_t look_ms;      /* when to look up next */
    int64_t taken_up_ms;  /* when this process met it */
    int64_t looked_ms;    /* GIVEN_UP: the service just confirmed that nothing came of it */
    unsigned look_gap_s;
    int64_t ended_ms;            /* when this process saw it end without a signature; else 0 */
    struct sca_tries tries;      /* that were left then, as the service said */
    uint32_t session_signatures; /* asked for, where the person is asked */
    uint64_t session_id;         /* the session that it uses; SCA_SESSION_NO_ID */
    bool session_barred;         /* the person ended sessions: none begins by this one */
    bool locked;                 /* it was ended with its session */
    bool at_screen;              /* sca_flow_end */
    bool unasked_told;           /* this run told its service not to ask, or is about to */
    bool unasked_late;           /* another one told it since this run began */
    int64_t unasked_utc;         /* what was known of the service before that */

    /* lent to the flow */
    struct sca_config_account *account;
    struct sca_cloud_account cloud_account;
    struct sca_cloud_doc *docs;
    struct sca_cloud_sign sign;
    struct sca_flow_run *run;
};

/* One document in the queue, and what its journal entry will say. */
struct sca_queued {
    struct sca_queue *queue;
    uint8_t digest[SCA_HASH_MAX];
    size_t digest_len;
    char *program;
    int64_t pid;
    int64_t charged_utc; /* when the budget was charged */
};

/* What is not sent yet for one credential, scheme and hash. */
struct sca_queue {
    TAILQ_ENTRY(sca_queue) link;
    struct sca_txns *txns;
    char *account;
    char credential[SCA_CREDENTIAL_ID_SIZE];
    enum sca_scheme scheme;
    enum sca_hash hash;
    struct sca_batch batch; /* owners are struct sca_queued */
    bool quiet;             /* the last transaction got its permission without a person */
    int64_t until_ms;       /* empty: how long it is kept, for what it remembers; 0: not decided */
};

enum sca_wait_state {
    SCA_WAIT_NEW,      /* to be decided about */
    SCA_WAIT_FETCHING, /* the account is being listed for the first time */
    SCA_WAIT_QUEUED,
    SCA_WAIT_JOINED,
    SCA_WAIT_GONE, /* the host left, or has its answer: to be swept */
};

/* One host's request. */
struct sca_txn_wait {
    TAILQ_ENTRY(sca_txn_wait) link;
    struct sca_txns *txns;
    struct sca_txn_callbacks callbacks;
    void *arg;
    enum sca_wait_state state;
    char *account;
    struct sca_txn_key key;
    uint32_t mechanism;
    char *program;
    char *executable;
    int64_t pid;
    struct sca_screen screen;
    struct sca_secret *pin;
    struct sca_secret *otp;
    char code[SCA_CODE_SIZE]; /* of its document */
    int64_t deadline_ms;      /* 0 until its account is known */
    int64_t tick_ms;          /* next progress message */
    bool fetched;             /* its account was fetched for it once */
    bool sent;                /* a transaction was made for it: there will be no second one */
    bool fresh;               /* joined a look-up whose first answer is awaited */
    bool late;                /* joined after the last chance was given */
    struct sca_listing_wait *fetch;
    struct sca_queued *queued;
    struct sca_txn *txn;
    size_t doc;
};

TAILQ_HEAD(sca_txn_list, sca_txn);
TAILQ_HEAD(sca_queue_list, sca_queue);
TAILQ_HEAD(sca_wait_list, sca_txn_wait);

struct sca_compare;

struct sca_txns {
    struct sca_txns_env env;
    const struct sca_config *config;
    uv_timer_t *timer;
    struct sca_syncer *syncer;
    struct sca_verify_cache key;    /* that came last */
    bool gathering;                 /* ledger lines: sca_txn_ledger_begin */
    struct sca_ledger_lines *lines; /* NULL before the first */
    bool kicked;                    /* something changed: look at everything, now */
    struct sca_txn_list list;       /* oldest first */
    struct sca_txn_list unsettled;  /* of those: a few, among thousands that are only known */
    struct sca_queue_list queues;
    struct sca_wait_list waits; /* in order of arrival */
    struct sca_budget budget;
    struct sca_sessions sessions;
    struct sca_revocation_list revocations;
    bool loaded;                    /* the journal was read */
    struct sca_stamp journal_stamp; /* of its folder, after our own last write */
    int64_t flush_ms;
    int64_t prune_ms;
    char computer[65];
    struct sca_compare *compare; /* the latest comparison, or NULL */
};

/* How a request ended. */
struct sca_txn_answer {
    int err;
    struct sca_bytes signature;
    bool replayed;
    bool logged;                     /* the ledger has its line already */
    const struct sca_txn *txn;       /* may be NULL */
    struct sca_sentence_facts facts; /* beyond account, service, host and transaction */
};

/* ---- txn_door.c
 * ---------------------------------------------------------------------------------- */

void sca_txns_kick(struct sca_txns *txns);

/* ---- txn_wait.c ----------------------------------------------------------------------------- */

int sca_txn_wait_new(struct sca_txns *txns, const struct sca_txn_request *request,
                     struct sca_txn_wait **ret_wait);
void sca_txn_wait_free(struct sca_txn_wait *wait);

/* Ledger, notice, done; then the wait is GONE. Returns what done returned. */
bool sca_txn_wait_answer(struct sca_txn_wait *wait, const struct sca_txn_answer *answer);
/* Tells the host how it stands, and again every second. */
void sca_txn_wait_progress(struct sca_txn_wait *wait);
/* The same in a moment, if it has no answer by then: something has changed. */
void sca_txn_wait_soon(struct sca_txn_wait *wait);
/* What the person is asked to do, for one who is joined. */
void sca_txn_wait_line(const struct sca_txn_wait *wait, unsigned seconds,
                       char ret_line[static SCA_SENTENCE_SIZE]);

/* Makes it part of a transaction, its digest is document @doc. */
void sca_txn_wait_join(struct sca_txn_wait *wait, struct sca_txn *txn, size_t doc);

/* Where one of those who wait for @txn can be asked, and about what; NULL in @ret_person where
 * nobody waits. Caller frees. SCA_E_NOMEM. */
int sca_txn_person(const struct sca_txn *txn, struct sca_person **ret_person);

/* The next wait joined to @txn (document @doc, or any with SIZE_MAX) after @after (NULL: first). */
struct sca_txn_wait *sca_txn_wait_next(const struct sca_txn *txn, size_t doc,
                                       const struct sca_txn_wait *after);

/* One ledger line; trouble is logged only. @wait NULL: from the record's document. */
void sca_txn_ledger(struct sca_txns *txns, const struct sca_txn *txn, size_t doc,
                    const struct sca_txn_wait *wait, const char *outcome, const char *sentence);

/* Lines between these two are written together. */
void sca_txn_ledger_begin(struct sca_txns *txns);
void sca_txn_ledger_end(struct sca_txns *txns);

/* ---- txn_notice.c --------------------------------------------------------------------------- */

/* Tells the person on the screen of @wait, which is joined to @txn, that they are being asked. */
void sca_txn_notice_waiting(struct sca_txn *txn, const struct sca_txn_wait *wait);
/* The same with the time that is left now, where some has passed. */
void sca_txn_notice_again(struct sca_txn *txn, const struct sca_txn_wait *wait);
/* What the notice becomes when all is signed, or when nobody waits any more. */
void sca_txn_notice_signed(const struct sca_txn *txn, const struct sca_txn_wait *wait);
void sca_txn_notice_left(const struct sca_txn *txn, const struct sca_txn_wait *wait);
/* The button: all who wait for that transaction are told; it is looked up as ever. A
 * sca_notify_cancelled, @arg is struct sca_txns. */
void sca_txn_notice_cancelled(void *arg, const char *txn_id);

/* ---- txn_queue.c ---------------------------------------------------------------------------- */

/* Queues an admitted request and charges the budget; joins a document that waits. SCA_E_NOMEM;
 * SCA_E_UNCERTAIN for one that was sent before: it never is a second time. */
int sca_txn_queue_add(struct sca_txn_wait *wait);
/* The request leaves its document; the document leaves with its last request. */
void sca_txn_queue_leave(struct sca_txn_wait *wait);
/* True when its document waits already. */
bool sca_txn_queue_has(struct sca_txns *txns, const struct sca_txn_wait *wait);
/* Sends what is due. Returns when to look again, SCA_TXN_NEVER_MS for never. */
int64_t sca_txn_queue_work(struct sca_txns *txns, int64_t now_ms);
void sca_txn_queues_free(struct sca_txns *txns);

/* ---- txn_run.c ------------------------------------------------------------------------------ */

/* Takes over @record. NULL when memory is out. */
struct sca_txn *sca_txn_new(struct sca_txns *txns, struct sca_journal_record *record);
void sca_txn_free(struct sca_txn *txn);
void sca_txn_enter(struct sca_txn *txn, enum sca_txn_phase phase);

/* Starts the run that sends; @typed may be NULL. An error means that nothing was sent. */
int sca_txn_send(struct sca_txn *txn, const struct sca_config_account *account,
                 const struct sca_typed *typed);
/* Starts a look-up of an open or given-up transaction, unless one is under way. */
int sca_txn_look_up(struct sca_txn *txn);
/* Frees the run and what it borrowed. */
void sca_txn_end_run(struct sca_txn *txn);
/* Open, and nobody knows: to be looked up later, until it is too old. */
void sca_txn_pause(struct sca_txn *txn);
/* Deadlines and look-ups that are due. Returns when to look again. */
int64_t sca_txn_run_work(struct sca_txn *txn, int64_t now_ms);
/* The transactions of the queue's credential whose first run is under way. */
struct sca_batch_way sca_txn_way(const struct sca_queue *queue);
/* True when nobody can confirm it any more. */
bool sca_txn_old(const struct sca_txn *txn);

/* What a flow is told of a transaction; @docs: room for all documents. All is borrowed. */
void sca_txn_describe(const struct sca_journal_record *record, struct sca_cloud_doc *docs,
                      struct sca_cloud_sign *ret_sign);

/* ---- txn_compare.c -------------------------------------------------------------------------- */

/* True while a comparison is under way. */
bool sca_txns_comparing(const struct sca_txns *txns);
/* NULL is fine. */
void sca_compare_free(struct sca_compare *compare);

/* ---- txn_end.c ------------------------------------------------------------------------------ */

/* The flow failed, or a run could not begin or is not wanted. May free @txn. */
void sca_txn_failed(struct sca_txn *txn, int err, enum sca_spent spent, const char *detail);
/* The flow brought signatures: they are verified, kept and given to all who wait. */
void sca_txn_settle_signed(struct sca_txn *txn, const struct sca_cloud_result *result);
/* The wait is decided about anew. */
void sca_txn_admit_again(struct sca_txn_wait *wait);

/* ---- txn_session.c -------------------------------------------------------------------------- */

/* The session that this document may use, or NULL. */
struct sca_session *sca_txn_session_of(const struct sca_queued *queued);
/* Before the run: what it uses (@session, or NULL), and what may be asked for. */
void sca_txn_session_plan(struct sca_txn *txn, const struct sca_config_account *account,
                          const struct sca_credential *credential, struct sca_session *session);
/* After the flow's end, before anything is written: begins, continues or ends a session. */
void sca_txn_session_settle(struct sca_txn *txn, const struct sca_flow_end *end);
/* A run is dropped: gives back what was lent for it and not sent. @ran: its flow had begun. */
void sca_txn_session_drop(struct sca_txn *txn, bool ran);
/* Whether the service may not ask, so that the agent has to (unasked.h). */
bool sca_txn_unasked(const struct sca_txn *txn);
/*
 * Before each request: what must be on disk first is. SCA_E_TIMEOUT: the service would have been
 * relied upon to ask, and was told not to by another transaction meanwhile.
 */
int sca_txn_unasked_before(struct sca_txn *txn, const struct sca_http_request *request);
/* When it is known what came of telling it. */
void sca_txn_unasked_settle(struct sca_txn *txn, const struct sca_cloud_unasked *unasked);
/* None begins by what is under way. @account NULL: of all. */
void sca_txn_session_bar(struct sca_txns *txns, const char *account);

/* ---- txn_known.c ---------------------------------------------------------------------------- */

/* A transaction that may still bring this signature; NULL when there is none. */
struct sca_txn *sca_txn_find_open(struct sca_txns *txns, const struct sca_txn_key *key,
                                  size_t *ret_doc);
/* True for ends that are the person's answer, or follow from it. */
bool sca_txn_person_refused(int err);
/*
 * A transaction because of which a request is refused: the person refused it a moment ago for this
 * very process, whose program asks again by itself; or what came back for the document was no
 * signature, and may have been paid for, less than SCA_TXN_GIVE_UP_S ago. NULL when there is none.
 */
const struct sca_txn *sca_txn_find_refused(const struct sca_txn_wait *wait);
/* True where the person cancelled it at the notice a moment ago, and the program of document @doc
 * asks again by itself. */
bool sca_txn_just_cancelled(const struct sca_txn *txn, const struct sca_txn_wait *wait, size_t doc);
/* Answers from a known signature; false when there is none that may be used. */
bool sca_txn_replay(struct sca_txn_wait *wait);
/*
 * The record as it is now is there for a successor of this process when it returns 0, and durable
 * soon after. Keeps it dirty when that fails.
 */
int sca_txn_save(struct sca_txn *txn);
/* The same, durable when it returns 0. */
int sca_txn_save_durably(struct sca_txn *txn);
/* True when another agent has written to its file since. */
bool sca_txn_written_elsewhere(const struct sca_txn *txn);
/* Reads what another agent wrote since, or with the first call everything. */
int sca_txn_catch_up(struct sca_txns *txns);
/* Counts budgets and writes "signed" lines that a crash left out. */
int sca_txn_reconcile(struct sca_txns *txns);
void sca_txn_mark_dirty(struct sca_txn *txn);
/* Dirty records that are due, old ones. Returns when to look again. */
int64_t sca_txn_known_work(struct sca_txns *txns, int64_t now_ms);
/* Writes all dirty records now. */
void sca_txn_flush(struct sca_txns *txns);

#endif
