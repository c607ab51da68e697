/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log-in: by the code that the browser brought, else by the stored refresh token, else by the
 * person's password. A refresh token that is refused is over; what is refused is never sent again.
 */
#include <stdlib.h>
#include <string.h>
#include "cloud/base.h"
#include "cloud/form.h"
#include "cloud/vnpt_oauth.h"
#include "cloud/wire_vnpt_oauth.h"

#define TIMEOUT_MS 15000u
#define QUERY_MAX  4096u

enum grant {
    GRANT_CODE,
    GRANT_REFRESH,
    GRANT_PASSWORD,
};

struct login {
    struct sca_base base;
    enum grant grant; /* the one that is tried now */
    struct sca_secret *refresh;
    struct sca_secret *code;
    struct sca_secret *verifier;
    char *redirect_uri;
};

static struct login *login_of(struct sca_base *base)
{
    return (struct login *)(void *)((char *)base - offsetof(struct login, base));
}

static void login_clear(struct sca_base *base)
{
    struct login *login = login_of(base);

    sca_secret_free(&login->refresh);
    sca_secret_free(&login->code);
    sca_secret_free(&login->verifier);
    free(login->redirect_uri);
}

static void send_grant(struct sca_base *base, struct sca_action *action)
{
    struct login *login = login_of(base);
    const struct sca_vnpt_oauth_client client = {
        .id = base->account.client_id,
        .secret = sca_secret_bytes(base->secret[SCA_SECRET_CLIENT_SECRET]),
    };
    struct sca_buf *body = sca_base_body(base);

    switch (login->grant) {
    case GRANT_CODE:
        sca_vnpt_oauth_put_code(body, &client, sca_secret_bytes(login->code), login->redirect_uri,
                                sca_secret_bytes(login->verifier));
        break;
    case GRANT_REFRESH:
        sca_vnpt_oauth_put_refresh(body, &client, sca_secret_bytes(login->refresh));
        break;
    case GRANT_PASSWORD:
        sca_vnpt_oauth_put_password(body, &client, base->account.user_id,
                                    sca_secret_bytes(base->secret[SCA_SECRET_PASSWORD]));
        break;
    }
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = "/auth/token",
                                          .content_type = SCA_FORM_TYPE,
                                          .timeout_ms = TIMEOUT_MS,
                                          .acts = true});
}

/* The start, or a secret that was asked for. */
static void go_on(struct sca_base *base, const struct sca_event *event, struct sca_action *action)
{
    bool by_password = login_of(base)->grant == GRANT_PASSWORD;
    uint32_t needs = SCA_BIT(SCA_SECRET_CLIENT_SECRET);

    if (by_password && sca_base_missing(base->account.user_id))
        sca_base_break(base, action, SCA_E_NEED_AUTH, base->detail);
    else if (sca_base_collect(base, by_password ? needs | SCA_BIT(SCA_SECRET_PASSWORD) : needs,
                              event, action))
        send_grant(base, action);
}

static void on_reply(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action)
{
    struct login *login = login_of(base);
    struct sca_cloud_token token = {0};
    char detail[SCA_CLOUD_DETAIL_SIZE];

    int err = sca_vnpt_oauth_read_token(event->reply, &token, detail);
    if (err == 0) {
        token.refresh_over = base->token.refresh_over;
        base->token = token;
        sca_base_done(base, action);
    } else if (err == SCA_E_USER_AUTH && login->grant == GRANT_REFRESH) {
        base->token.refresh_over = true;
        memcpy(base->detail, detail, sizeof base->detail);
        login->grant = GRANT_PASSWORD;
        go_on(base, &(struct sca_event){.kind = SCA_EVENT_START}, action);
    } else if (err == SCA_E_USER_AUTH && login->grant == GRANT_CODE) {
        sca_base_break(base, action, SCA_E_REFUSED, detail);
    } else {
        sca_base_break(base, action, err, detail);
    }
}

static void step(struct sca_flow *flow, const struct sca_event *event, struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (!sca_base_proceeds(base, event, action))
        return;
    if (event->kind == SCA_EVENT_REPLY)
        on_reply(base, event, action);
    else
        go_on(base, event, action);
}

static int copy_text(const char *text, struct sca_secret **ret_secret)
{
    return text != NULL ? sca_secret_new(text, strlen(text), ret_secret) : 0;
}

static int copy_login(const struct sca_cloud_login *from, struct login *to)
{
    int err = from->refresh != NULL ? sca_secret_copy(from->refresh, &to->refresh) : 0;

    to->grant = from->code != NULL      ? GRANT_CODE
                : from->refresh != NULL ? GRANT_REFRESH
                                        : GRANT_PASSWORD;
    if (err == 0)
        err = copy_text(from->code, &to->code);
    if (err == 0)
        err = copy_text(from->verifier, &to->verifier);
    if (err == 0 && from->redirect_uri != NULL) {
        to->redirect_uri = strdup(from->redirect_uri);
        err = to->redirect_uri != NULL ? 0 : SCA_E_NOMEM;
    }
    return err;
}

int sca_vnpt_oauth_login(const struct sca_cloud_account *account,
                         const struct sca_cloud_login *login, struct sca_flow **ret_flow)
{
    struct sca_base *base = NULL;

    if (sca_base_missing(account->client_id))
        return SCA_E_CONFIG;
    int err = sca_base_new(account, sizeof(struct login), step, &base);
    if (err != 0)
        return err;
    SCA_FLOW_AUTO flow = &base->flow;
    base->clear = login_clear;
    base->flow.token = &base->token;
    err = copy_login(login, login_of(base));
    if (err != 0)
        return err;
    *ret_flow = flow;
    flow = NULL;
    return 0;
}

int sca_vnpt_oauth_login_url(const struct sca_cloud_account *account, const char *redirect_uri,
                             const char *state, const char *challenge, struct sca_buf *ret_url)
{
    SCA_BUF_AUTO query;

    sca_buf_init(&query, QUERY_MAX);
    if (sca_base_missing(account->client_id))
        return SCA_E_CONFIG;
    sca_form_put_text(&query, "response_type", "code");
    sca_form_put_text(&query, "client_id", account->client_id);
    sca_form_put_text(&query, "redirect_uri", redirect_uri);
    sca_form_put_text(&query, "scope", "sign offline_access");
    sca_form_put_text(&query, "state", state);
    sca_form_put_text(&query, "code_challenge", challenge);
    sca_form_put_text(&query, "code_challenge_method", "S256");
    if (query.err != 0)
        return query.err;
    sca_buf_add_text(ret_url, account->url);
    sca_buf_add_text(ret_url, "/auth/authorize?");
    return sca_buf_add(ret_url, query.data, query.len);
}
