/* SPDX-License-Identifier: Apache-2.0 */
/* The list of sessions. Who may use one is decided here, when is decided by the queue. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"

#define LOOK_MS         (30 * 1000) /* after a sleep of the computer the timers are late */
#define STAT_SIZE       1024
#define STAT_START_WORD 20 /* blanks after the name in brackets; proc(5): field 22 */

void sca_sessions_init(struct sca_sessions *sessions)
{
    TAILQ_INIT(&sessions->list);
    sessions->last_id = SCA_SESSION_NO_ID;
}

/* ---- owners ---------------------------------------------------------------------------------- */

/* When the process began, in ticks since boot; 0 where it is gone. */
static uint64_t started(int64_t pid)
{
    char path[64];
    char text[STAT_SIZE] = "";

    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    const char *at = strrchr(text, ')'); /* a name may hold brackets and blanks itself */
    for (int word = 0; at != NULL && word < STAT_START_WORD; word++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

static bool owns(const struct sca_session_owner *owner, enum sca_session_scope scope,
                 const char *program, int64_t pid)
{
    switch (scope) {
    case SCA_SESSION_PROCESS:
        return owner->pid == pid && owner->started == started(pid);
    case SCA_SESSION_PROGRAM:
        return sca_streq(owner->program, program);
    case SCA_SESSION_USER:
        return true;
    }
    return false;
}

static bool covers(const struct sca_session *session, const char *program, int64_t pid)
{
    for (size_t i = 0; i < session->owner_count; i++)
        if (owns(&session->owners[i], session->scope, program, pid))
            return true;
    return false;
}

static int take_owners(struct sca_session *session, const struct sca_journal_record *record)
{
    session->owners = calloc(record->doc_count, sizeof *session->owners);
    if (session->owners == NULL)
        return SCA_E_NOMEM;
    for (size_t i = 0; i < record->doc_count; i++) {
        const struct sca_journal_doc *doc = &record->docs[i];
        struct sca_session_owner *owner = &session->owners[session->owner_count];

        if (covers(session, doc->program, doc->pid))
            continue;
        owner->pid = doc->pid;
        owner->started = started(doc->pid);
        owner->program = strdup(doc->program);
        if (owner->program == NULL)
            return SCA_E_NOMEM;
        session->owner_count++;
    }
    return 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void free_session(struct sca_session *session)
{
    for (size_t i = 0; i < session->owner_count; i++)
        free(session->owners[i].program);
    free(session->owners);
    sca_secret_free(&session->permit.secret);
    free(session->account);
    free(session->holder);
    free(session);
}

void sca_session_end(struct sca_sessions *sessions, struct sca_session *session)
{
    sca_log(SCA_LOG_INFO, "session", "%s: over with %u signature(s) left, account %s",
            session->txn_id, session->left, session->account);
    TAILQ_REMOVE(&sessions->list, session, link);
    free_session(session);
}

size_t sca_sessions_end(struct sca_sessions *sessions, const char *account)
{
    struct sca_session *session = TAILQ_FIRST(&sessions->list);
    size_t ended = 0;

    while (session != NULL) {
        struct sca_session *next = TAILQ_NEXT(session, link);

        if (account == NULL || sca_streq(session->account, account)) {
            sca_session_end(sessions, session);
            ended++;
        }
        session = next;
    }
    return ended;
}

void sca_sessions_clear(struct sca_sessions *sessions)
{
    (void)sca_sessions_end(sessions, NULL);
}

/* ---- time ------------------------------------------------------------------------------------ */

static int64_t less(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Both clocks count: one stands still while the computer sleeps, the other can be set. */
static int64_t left_ms(const struct sca_session *session, int64_t now_ms, int64_t now_utc)
{
    int64_t left = less(session->until_ms - now_ms, (session->until_utc - now_utc) * 1000);

    if (session->permit.until_ms != 0)
        left = less(left, session->permit.until_ms - now_ms);
    return left > 0 ? left : 0;
}

static bool usable(const struct sca_session *session, int64_t now_ms, int64_t now_utc)
{
    return !session->lent && session->left > 0 && left_ms(session, now_ms, now_utc) > 0;
}

int64_t sca_sessions_work(struct sca_sessions *sessions, int64_t now_ms, int64_t now_utc)
{
    struct sca_session *session = TAILQ_FIRST(&sessions->list);
    int64_t again_ms = session != NULL ? now_ms + LOOK_MS : INT64_MAX;

    while (session != NULL) {
        struct sca_session *next = TAILQ_NEXT(session, link);

        if (usable(session, now_ms, now_utc))
            again_ms = less(again_ms, now_ms + left_ms(session, now_ms, now_utc));
        else if (!session->lent)
            sca_session_end(sessions, session);
        session = next;
    }
    return again_ms;
}

/* ---- use ------------------------------------------------------------------------------------- */

static int take_permit(struct sca_session *session, const struct sca_cloud_permit *permit)
{
    struct sca_secret *secret = NULL;
    int err = permit->secret != NULL ? sca_secret_copy(permit->secret, &secret) : 0;

    if (err != 0)
        return err;
    sca_secret_free(&session->permit.secret);
    session->permit = *permit;
    session->permit.secret = secret;
    return 0;
}

static int fill(struct sca_session *session, const struct sca_session_opening *opening,
                int64_t now_ms, int64_t now_utc)
{
    const struct sca_config_account *account = opening->account;
    const struct sca_journal_record *record = opening->record;

    memcpy(session->credential, record->credential, sizeof session->credential);
    memcpy(session->txn_id, record->txn_id, sizeof session->txn_id);
    session->scope = account->session_scope;
    session->left = opening->permit->signatures - (uint32_t)record->doc_count;
    session->until_ms = now_ms + (int64_t)account->session_minutes * 60 * 1000;
    session->until_utc = now_utc + (int64_t)account->session_minutes * 60;
    session->account = strdup(account->name);
    session->holder = strdup(opening->holder);
    if (session->account == NULL || session->holder == NULL)
        return SCA_E_NOMEM;
    int err = take_owners(session, record);
    return err == 0 ? take_permit(session, opening->permit) : err;
}

int sca_session_open(struct sca_sessions *sessions, const struct sca_session_opening *opening,
                     int64_t now_ms, int64_t now_utc)
{
    if (opening->permit->signatures <= opening->record->doc_count)
        return SCA_E_NOENT;
    if (sca_sessions_count(sessions) >= SCA_SESSIONS_MAX)
        return SCA_E_LIMIT;
    struct sca_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return SCA_E_NOMEM;
    int err = fill(session, opening, now_ms, now_utc);
    if (err != 0) {
        free_session(session);
        return err;
    }
    session->id = ++sessions->last_id;
    TAILQ_INSERT_TAIL(&sessions->list, session, link);
    sca_log(SCA_LOG_INFO, "session", "%s: %u more signature(s) for %u min, account %s",
            session->txn_id, session->left, opening->account->session_minutes, session->account);
    return 0;
}

struct sca_session *sca_session_find(const struct sca_sessions *sessions, const char *account,
                                     const char *credential, const char *program, int64_t pid,
                                     int64_t now_ms, int64_t now_utc)
{
    struct sca_session *session;

    TAILQ_FOREACH(session, &sessions->list, link)
    {
        if (sca_streq(session->account, account) && sca_streq(session->credential, credential) &&
            usable(session, now_ms, now_utc) && covers(session, program, pid))
            return session;
    }
    return NULL;
}

struct sca_session *sca_session_by_id(const struct sca_sessions *sessions, uint64_t id)
{
    struct sca_session *session;

    TAILQ_FOREACH(session, &sessions->list, link)
    {
        if (session->id == id)
            return session;
    }
    return NULL;
}

const struct sca_session *sca_session_by_txn(const struct sca_sessions *sessions,
                                             const char *txn_id)
{
    const struct sca_session *session;

    TAILQ_FOREACH(session, &sessions->list, link)
    {
        if (sca_streq(session->txn_id, txn_id))
            return session;
    }
    return NULL;
}

int64_t sca_session_seconds_left(const struct sca_session *session, int64_t now_ms, int64_t now_utc)
{
    return (left_ms(session, now_ms, now_utc) + 999) / 1000;
}

void sca_session_lend(struct sca_session *session, uint32_t docs)
{
    session->left -= docs < session->left ? docs : session->left;
    session->lent = true;
}

int sca_session_return(struct sca_sessions *sessions, struct sca_session *session,
                       const struct sca_cloud_permit *permit, uint32_t unused)
{
    int err = permit != NULL ? take_permit(session, permit) : 0;

    session->left += unused;
    session->lent = false;
    if (err != 0)
        sca_session_end(sessions, session);
    return err;
}

/* ---- status ---------------------------------------------------------------------------------- */

size_t sca_sessions_count(const struct sca_sessions *sessions)
{
    const struct sca_session *session;
    size_t count = 0;

    TAILQ_FOREACH(session, &sessions->list, link)
    count++;
    return count;
}

static const char *scope_name(enum sca_session_scope scope)
{
    switch (scope) {
    case SCA_SESSION_PROCESS:
        return "process";
    case SCA_SESSION_PROGRAM:
        return "program";
    case SCA_SESSION_USER:
        return "user";
    }
    return "";
}

json_t *sca_sessions_json(const struct sca_sessions *sessions, int64_t now_ms, int64_t now_utc)
{
    json_t *list = json_array();
    const struct sca_session *session;

    TAILQ_FOREACH(session, &sessions->list, link)
    {
        json_t *item = json_pack(
            "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "txn", session->txn_id, "account",
            session->account, "credential", session->credential, "holder", session->holder, "scope",
            scope_name(session->scope), "program", session->owners[0].program, "pid",
            (json_int_t)session->owners[0].pid, "signatures_left", (json_int_t)session->left,
            "seconds_left", (json_int_t)sca_session_seconds_left(session, now_ms, now_utc));
        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}
