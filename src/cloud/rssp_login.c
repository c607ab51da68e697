/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging in at RSSP: by refresh token, where that is refused or missing by the relying party's key
 * and the person's password. Each is sent once; a refused password ends the flow.
 */
#include "cloud/cause.h"
#include "cloud/rssp_flow.h"
#include "cloud/rssp_ssl2.h"

struct login {
    struct sca_base base;
    struct sca_secret *refresh; /* NULL: none, or refused */
};

bool sca_rssp_configured(const struct sca_cloud_account *account)
{
    return !sca_base_missing(account->user_id) && !sca_base_missing(account->relying_party) &&
           !sca_base_missing(account->relying_party_user);
}

int sca_rssp_prove(struct sca_base *base, int64_t now_utc)
{
    struct sca_rssp_party party = {
        .user = base->account.relying_party_user,
        .password = base->secret[SCA_SECRET_RP_PASSWORD],
        .signature = base->secret[SCA_SECRET_RP_SIGNATURE],
        .key = base->secret[SCA_SECRET_RP_KEY],
        .key_password = base->secret[SCA_SECRET_RP_KEY_PASSWORD],
    };

    return sca_rssp_add_party(&base->authorization, &party, now_utc * 1000);
}

void sca_rssp_refused(struct sca_base *base, struct sca_action *action,
                      const struct sca_rssp_reply *reply, int err)
{
    sca_base_fail(base, action, err, SCA_SPENT_NOTHING, reply->detail);
    action->tries = reply->tries;
    base->end.tries = reply->tries;
}

static void send_login(struct login *login, struct sca_action *action)
{
    static const struct sca_base_post post = {
        .path = "/auth/login", .timeout_ms = SCA_RSSP_TIMEOUT_MS, .acts = true};

    sca_base_post(&login->base, action, &post);
}

static void put_body(struct login *login)
{
    const struct sca_cloud_account *account = &login->base.account;

    sca_rssp_put_login(sca_base_body(&login->base), account->profile_id, account->relying_party);
}

static void send_refresh(struct login *login, struct sca_action *action)
{
    struct sca_bytes token = sca_secret_bytes(login->refresh);
    struct sca_buf *authorization = &login->base.authorization;

    put_body(login);
    sca_buf_add_text(authorization, "Bearer ");
    sca_buf_add(authorization, token.data, token.len);
    send_login(login, action);
}

static void send_password(struct login *login, const struct sca_event *event,
                          struct sca_action *action)
{
    struct sca_base *base = &login->base;

    if (!sca_base_collect(base, SCA_RSSP_PARTY | SCA_BIT(SCA_SECRET_PASSWORD), event, action))
        return;
    put_body(login);
    int err = sca_rssp_prove(base, event->now_utc);
    if (err == 0)
        err = sca_rssp_add_person(&base->authorization, base->account.user_id,
                                  base->secret[SCA_SECRET_PASSWORD]);
    if (err != 0)
        sca_base_fail(base, action, err, SCA_SPENT_NOTHING,
                      err == SCA_E_CONFIG ? "relying-party-key, its password, or user-id" : NULL);
    else
        send_login(login, action);
}

/* A log-in is refused because of the relying party or because of the person. */
static int login_refusal(const struct sca_rssp_reply *reply)
{
    int err = sca_rssp_refusal(reply);

    if (err == SCA_E_SERVER || err == SCA_E_USER_AUTH || err == SCA_E_USER_LOCKED ||
        err == SCA_E_SP_AUTH)
        return err;
    return sca_cause_person(reply->words) ? SCA_E_USER_AUTH : SCA_E_SP_AUTH;
}

/* A service that gives no new refresh token lets the old one live. */
static int keep_token(struct login *login, const struct sca_rssp_reply *reply)
{
    struct sca_cloud_token *token = &login->base.token;

    int err = sca_rssp_read_token(reply, token);
    if (err == 0 && token->refresh == NULL && login->refresh != NULL)
        err = sca_secret_copy(login->refresh, &token->refresh);
    return err;
}

static void on_reply(struct login *login, const struct sca_event *event, struct sca_action *action)
{
    struct sca_base *base = &login->base;
    SCA_RSSP_REPLY_AUTO reply;

    sca_rssp_open(event->reply, &reply);
    if (sca_base_never_left(base, event, action))
        return;
    if (!reply.success && login->refresh != NULL && sca_rssp_refusal(&reply) != SCA_E_SERVER) {
        sca_secret_free(&login->refresh);
        send_password(login, event, action);
        return;
    }
    int err = reply.success ? keep_token(login, &reply) : login_refusal(&reply);
    if (err != 0) {
        sca_rssp_refused(base, action, &reply, err);
        return;
    }
    base->flow.token = &base->token;
    sca_base_done(base, action);
}

static void login_step(struct sca_flow *flow, const struct sca_event *event,
                       struct sca_action *action)
{
    struct login *login = (struct login *)(void *)sca_base_of(flow);

    if (!sca_base_proceeds(&login->base, event, action))
        return;
    if (event->kind == SCA_EVENT_REPLY)
        on_reply(login, event, action);
    else if (login->refresh != NULL)
        send_refresh(login, action);
    else
        send_password(login, event, action);
}

static void clear(struct sca_base *base)
{
    struct login *login = (struct login *)(void *)base;

    sca_secret_free(&login->refresh);
}

int sca_rssp_login(const struct sca_cloud_account *account, const struct sca_cloud_login *how,
                   struct sca_flow **ret_flow)
{
    struct sca_base *base = NULL;

    if (!sca_rssp_configured(account))
        return SCA_E_CONFIG;
    int err = sca_base_new(account, sizeof(struct login), login_step, &base);
    if (err != 0)
        return err;
    struct login *login = (struct login *)(void *)base;
    base->clear = clear;
    err = how->refresh != NULL ? sca_secret_copy(how->refresh, &login->refresh) : 0;
    if (err != 0) {
        sca_flow_free(&base->flow);
        return err;
    }
    *ret_flow = &base->flow;
    return 0;
}
