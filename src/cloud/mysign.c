/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Viettel MySign, "vtss": the person confirms in the app.
 *
 *     log in -> access token        list: token -> certificates
 *     sign: token -> signHash (once) -> requests/status until it has ended (bearer.h)
 *
 * Source: docs/protocol-mysign.md.
 */
#include "cloud/mysign.h"

#include "cloud/base.h"
#include "cloud/bearer.h"
#include "cloud/wire_mysign.h"

#define BATCH           50u
#define LIST_TIMEOUT_MS 15000u
#define SIGN_TIMEOUT_MS 30000u
#define POLL_TIMEOUT_MS 15000u

struct mysign {
    struct sca_base base;
    bool renewed; /* a refused access token was replaced, once */
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
                                          .timeout_ms = LIST_TIMEOUT_MS,
                                          .acts = true});
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

    if (!sca_base_proceeds(base, event, action))
        return;
    if (event->kind == SCA_EVENT_REPLY)
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

    if (!sca_base_proceeds(base, event, action))
        return;
    if (event->kind == SCA_EVENT_REPLY)
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

/* ---- signing --------------------------------------------------------------------------------- */

static void send_sign(struct sca_base *base, struct sca_action *action)
{
    struct sca_mysign_who who = who_of(base);

    sca_mysign_put_sign(sca_base_body(base), &who, &base->sign);
    sca_base_bearer(base);
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = "/vtss/service/signHash",
                                          .timeout_ms = SIGN_TIMEOUT_MS,
                                          .spends = true,
                                          .asks = true});
}

static void read_sign(const struct sca_base *base, const struct sca_http_reply *reply,
                      struct sca_answer *ret_answer)
{
    sca_mysign_read_sign(reply, base->sign.doc_count, ret_answer);
}

static void send_look(struct sca_base *base, struct sca_action *action)
{
    sca_mysign_put_status(sca_base_body(base), base->provider_txn);
    sca_base_bearer(base);
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = "/vtss/service/requests/status",
                                          .timeout_ms = POLL_TIMEOUT_MS});
}

static void read_look(const struct sca_base *base, const struct sca_http_reply *reply,
                      struct sca_answer *ret_answer)
{
    sca_mysign_read_status(reply, base->sign.doc_count, ret_answer);
}

static int sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                struct sca_flow **ret_flow)
{
    static const struct sca_bearer_ops ops = {
        .needs = SCA_BIT(SCA_SECRET_CLIENT_SECRET),
        .send_sign = send_sign,
        .read_sign = read_sign,
        .send_look = send_look,
        .read_look = read_look,
    };

    if (incomplete(account))
        return SCA_E_CONFIG;
    if (sign->scheme != SCA_SCHEME_PKCS1 || sca_mysign_hash_oid(sign->hash) == NULL)
        return SCA_E_UNSUPPORTED;
    return sca_bearer_new_sign(account, sign, &ops, ret_flow);
}

const struct sca_provider sca_provider_mysign = {
    .name = "viettel-mysign",
    .title = "Viettel MySign",
    .url = "https://remotesigning.viettel.vn",
    .caps = SCA_CAP_PHONE | SCA_CAP_BLIND,
    .needs = SCA_SET_CLIENT_ID | SCA_SET_CLIENT_SECRET | SCA_SET_USER_ID,
    .uses = SCA_SET_PROFILE_ID,
    .max_batch = BATCH,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
    .list = list,
    .sign = sign,
    .login = login,
};
