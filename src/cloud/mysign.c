/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Viettel MySign, "vtss": the person confirms in the app.
 *
 *     log in -> access token        list: token -> certificates
 *     sign: token -> signHash (once) -> status until it has ended, each time with a token
 *
 * The service chooses the transaction's id, so a sign request whose reply is lost cannot be looked
 * up by anybody: then, and when it is resumed without an id, the flow ends at once as uncertain. A
 * sign request is not repeated with a fresh token either; the fresh one is for the next.
 * Source: docs/protocol-mysign.md.
 */
#include "cloud/mysign.h"

#include <string.h>
#include "cloud/base.h"
#include "cloud/watch.h"
#include "cloud/wire_mysign.h"

#define BATCH           50u
#define LIST_TIMEOUT_MS 15000u
#define SIGN_TIMEOUT_MS 30000u
#define POLL_TIMEOUT_MS 15000u

struct mysign {
    struct sca_base base;
    bool renewed; /* a refused access token was replaced, once */
    bool signing; /* the reply to the sign request is to come */
    bool refused; /* the sign request's token was */
};

static struct mysign *mysign_of(struct sca_base *base)
{
    return (struct mysign *)(void *)((char *)base - offsetof(struct mysign, base));
}

static struct sca_mysign_who who_of(const struct sca_base *base)
{
    return (struct sca_mysign_who){
        .client_id = base->account.client_id,
        .client_secret = sca_secret_bytes(base->secret[SCA_SECRET_CLIENT_SECRET]),
        .profile_id = base->account.profile_id,
        .user_id = base->account.user_id,
    };
}

static bool incomplete(const struct sca_cloud_account *account)
{
    return sca_base_missing(account->client_id) || sca_base_missing(account->user_id);
}

/* ---- log-in ---------------------------------------------------------------------------------- */

static void send_login(struct sca_base *base, struct sca_action *action)
{
    struct sca_mysign_who who = who_of(base);

    sca_mysign_put_login(sca_base_body(base), &who);
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = "/vtss/service/ras/v1/login",
                                          .timeout_ms = LIST_TIMEOUT_MS});
}

static void on_login(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];

    int err = sca_mysign_read_login(event->reply, &base->token, detail);
    if (err != 0) {
        sca_base_break(base, action, err, detail);
        return;
    }
    base->flow.token = &base->token;
    sca_base_done(base, action);
}

static void login_step(struct sca_flow *flow, const struct sca_event *event,
                       struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (!sca_base_expects(base, event, action))
        return;
    if (event->kind == SCA_EVENT_LAST_CHANCE)
        sca_base_break(base, action, SCA_E_TIMEOUT, NULL);
    else if (event->kind == SCA_EVENT_REPLY)
        on_login(base, event, action);
    else if (sca_base_collect(base, SCA_BIT(SCA_SECRET_CLIENT_SECRET), event, action))
        send_login(base, action);
}

/* What was stored does not matter: nothing is known that takes a refresh token. */
static int login(const struct sca_cloud_account *account, const struct sca_cloud_login *stored,
                 struct sca_flow **ret_flow)
{
    struct sca_base *base = NULL;

    (void)stored;
    int err = incomplete(account) ? SCA_E_CONFIG
                                  : sca_base_new(account, sizeof(struct mysign), login_step, &base);
    if (err == 0)
        *ret_flow = &base->flow;
    return err;
}

/* ---- listing --------------------------------------------------------------------------------- */

static void send_list(struct sca_base *base, struct sca_action *action)
{
    struct sca_mysign_who who = who_of(base);

    sca_mysign_put_list(sca_base_body(base), &who);
    sca_base_bearer(base);
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = "/vtss/service/certificates/info",
                                          .timeout_ms = LIST_TIMEOUT_MS});
}

static void on_list(struct sca_base *base, const struct sca_event *event, struct sca_action *action)
{
    struct mysign *flow = mysign_of(base);
    char detail[SCA_CLOUD_DETAIL_SIZE];

    int err = sca_mysign_read_list(event->reply, &base->listing, detail);
    if (err == SCA_E_NEED_AUTH && !flow->renewed) {
        flow->renewed = true;
        sca_base_need_fresh_token(base, action);
        return;
    }
    if (err != 0) {
        sca_base_break(base, action, err, detail);
        return;
    }
    base->flow.listing = &base->listing;
    sca_base_done(base, action);
}

static void list_step(struct sca_flow *flow, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (!sca_base_expects(base, event, action))
        return;
    if (event->kind == SCA_EVENT_LAST_CHANCE)
        sca_base_break(base, action, SCA_E_TIMEOUT, NULL);
    else if (event->kind == SCA_EVENT_REPLY)
        on_list(base, event, action);
    else if (sca_base_collect(base,
                              SCA_BIT(SCA_SECRET_CLIENT_SECRET) | SCA_BIT(SCA_SECRET_ACCESS_TOKEN),
                              event, action))
        send_list(base, action);
}

static int list(const struct sca_cloud_account *account, struct sca_flow **ret_flow)
{
    struct sca_base *base = NULL;

    int err = incomplete(account) ? SCA_E_CONFIG
                                  : sca_base_new(account, sizeof(struct mysign), list_step, &base);
    if (err == 0)
        *ret_flow = &base->flow;
    return err;
}

/* ---- looking a transaction up ---------------------------------------------------------------- */

static void send_poll(struct sca_base *base, struct sca_action *action)
{
    sca_mysign_put_status(sca_base_body(base), base->provider_txn);
    sca_base_bearer(base);
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = "/vtss/service/requests/status",
                                          .timeout_ms = POLL_TIMEOUT_MS});
}

/* Each look asks for a token anew: the agent has a good one, and none is kept here. */
static void look(struct sca_base *base, struct sca_action *action)
{
    if (base->provider_txn[0] != '\0')
        sca_base_need(base, SCA_SECRET_ACCESS_TOKEN, action);
    else
        sca_base_break(base, action, SCA_E_UNCERTAIN, base->detail);
}

static bool passing(int err)
{
    return err == SCA_E_UNREACHABLE || err == SCA_E_TLS || err == SCA_E_SERVER ||
           err == SCA_E_TIMEOUT;
}

static void on_token(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action)
{
    int err = sca_base_take(base, event);

    if (err == 0)
        send_poll(base, action);
    else if (passing(err))
        sca_watch_trouble(base, action, 0, event->secret_detail);
    else
        sca_base_break(base, action, err, event->secret_detail);
}

static void on_status(struct sca_base *base, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_answer answer = {0};

    sca_base_forget(base);
    sca_mysign_read_status(event->reply, base->sign.doc_count, &answer);
    sca_watch_judge(base, event, action, &answer);
    sca_answer_clear(&answer);
}

/* ---- signing --------------------------------------------------------------------------------- */

static void send_sign(struct sca_base *base, struct sca_action *action)
{
    struct sca_mysign_who who = who_of(base);

    mysign_of(base)->signing = true;
    sca_mysign_put_sign(sca_base_body(base), &who, &base->sign);
    sca_base_bearer(base);
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = "/vtss/service/signHash",
                                          .timeout_ms = SIGN_TIMEOUT_MS,
                                          .spends = true});
}

static void settle(struct sca_base *base, struct sca_action *action, struct sca_answer *answer)
{
    switch (answer->class) {
    case SCA_ANSWER_DONE:
        sca_base_adopt(base, action, answer);
        return;
    case SCA_ANSWER_PENDING:
        memcpy(base->provider_txn, answer->provider_txn, sizeof base->provider_txn);
        base->watch.known = true;
        sca_watch_later(base, action);
        return;
    case SCA_ANSWER_REJECTED:
        sca_base_fail(base, action, SCA_E_REJECTED, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_EXPIRED:
        sca_base_fail(base, action, SCA_E_EXPIRED, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_REFUSED:
        sca_base_fail(base, action, answer->err, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_STALE:
        mysign_of(base)->refused = true;
        memcpy(base->detail, answer->detail, sizeof base->detail);
        sca_base_need_fresh_token(base, action);
        return;
    case SCA_ANSWER_EXISTS:
    case SCA_ANSWER_NOT_FOUND:
    case SCA_ANSWER_STRANGE:
    case SCA_ANSWER_TROUBLE:
        sca_base_fail(base, action, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN, answer->detail);
        return;
    }
}

static void on_sign(struct sca_base *base, const struct sca_event *event, struct sca_action *action)
{
    struct sca_answer answer = {0};

    mysign_of(base)->signing = false;
    if (sca_base_never_left(base, event, action))
        return;
    sca_base_forget(base);
    sca_mysign_read_sign(event->reply, base->sign.doc_count, &answer);
    settle(base, action, &answer);
    sca_answer_clear(&answer);
}

/* The start, or a secret. */
static void collect(struct sca_base *base, const struct sca_event *event, struct sca_action *action)
{
    if (mysign_of(base)->refused)
        sca_base_fail(base, action, SCA_E_REFUSED, SCA_SPENT_NOTHING, base->detail);
    else if (!base->sent) {
        if (sca_base_collect(base,
                             SCA_BIT(SCA_SECRET_CLIENT_SECRET) | SCA_BIT(SCA_SECRET_ACCESS_TOKEN),
                             event, action))
            send_sign(base, action);
    } else if (event->kind == SCA_EVENT_SECRET) {
        on_token(base, event, action);
    } else {
        look(base, action);
    }
}

static void sign_step(struct sca_flow *flow, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (sca_base_expects(base, event, action)) {
        switch (event->kind) {
        case SCA_EVENT_START:
        case SCA_EVENT_SECRET:
            collect(base, event, action);
            break;
        case SCA_EVENT_TIMER:
            look(base, action);
            break;
        case SCA_EVENT_REPLY:
            if (mysign_of(base)->signing)
                on_sign(base, event, action);
            else
                on_status(base, event, action);
            break;
        case SCA_EVENT_LAST_CHANCE:
            if (sca_watch_last(base, action))
                look(base, action);
            break;
        }
    }
    sca_base_tell(base, action);
}

static int sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                struct sca_flow **ret_flow)
{
    struct sca_base *base = NULL;

    if (incomplete(account))
        return SCA_E_CONFIG;
    if (sign->scheme != SCA_SCHEME_PKCS1 || sca_mysign_hash_oid(sign->hash) == NULL)
        return SCA_E_UNSUPPORTED;
    if (!sign->resume && sca_base_missing(sign->provider_id))
        return SCA_E_INVAL;
    int err = sca_base_new_sign(account, sign, sizeof(struct mysign), sign_step, &base);
    if (err == 0)
        *ret_flow = &base->flow;
    return err;
}

const struct sca_provider sca_provider_mysign = {
    .name = "viettel-mysign",
    .title = "Viettel MySign",
    .url = "https://remotesigning.viettel.vn",
    .caps = SCA_CAP_PHONE,
    .needs = SCA_SET_CLIENT_ID | SCA_SET_CLIENT_SECRET | SCA_SET_USER_ID,
    .uses = SCA_SET_PROFILE_ID,
    .max_batch = BATCH,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
    .list = list,
    .sign = sign,
    .login = login,
};
