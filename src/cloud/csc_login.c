/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging in: by the service's own auth/login (user name and password in an HTTP Basic header), or
 * by the OAuth server that info names (authorization code with PKCE, client credentials, refresh).
 *
 *     info [-> the server's metadata] -> [secrets] -> token
 *
 * A refused password or refresh token is not sent again.
 */
#include <stdlib.h>
#include <string.h>
#include "cloud/csc_flow.h"
#include "cloud/form.h"
#include "cloud/json.h"
#include "cloud/wire_mysign.h"
#include "common/text.h"

#define TIMEOUT_MS 20000u

static const struct sca_csc_call login_call;
static const struct sca_csc_call grant_call;

static void choose(struct sca_csc *csc, struct sca_action *action);

static void take_token(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_base *base = &csc->base;

    if (base->token.refresh == NULL && csc->refresh != NULL) {
        /* Not rotated: the one that was used is good for the next time. */
        base->token.refresh = csc->refresh;
        csc->refresh = NULL;
    }
    base->flow.token = &base->token;
    sca_base_done(base, action);
}

/* True where the refused refresh token has successors: the account's own secrets. */
static bool without_refresh(struct sca_csc *csc, int err)
{
    bool over = err == SCA_E_NEED_AUTH || err == SCA_E_USER_AUTH || err == SCA_E_REFUSED;

    if (!over || csc->refresh == NULL || sca_csc_choose_auth(csc) == SCA_CSC_AUTH_CODE)
        return false;
    sca_secret_free(&csc->refresh);
    return true;
}

static void read_token(struct sca_csc *csc, const struct sca_event *event,
                       struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = sca_csc_read_token(event->reply, &csc->base.token, detail);

    if (err == 0)
        take_token(csc, action);
    else if (without_refresh(csc, err))
        choose(csc, action);
    else
        sca_base_break(&csc->base, action,
                       err == SCA_E_REFUSED && csc->refresh != NULL ? SCA_E_NEED_AUTH : err,
                       detail);
}

/* ---- the service's own ----------------------------------------------------------------------- */

/* RFC 7617: base64 of name and password. */
static void put_basic(struct sca_base *base)
{
    struct sca_bytes password = sca_secret_bytes(base->secret[SCA_SECRET_PASSWORD]);
    SCA_BUF_AUTO pair;

    sca_buf_init(&pair, SCA_BASE_HEADER_MAX / 2);
    sca_buf_add_text(&pair, base->account.user_id);
    sca_buf_add_u8(&pair, ':');
    if (sca_buf_add(&pair, password.data, password.len) != 0) {
        sca_buf_fail(&base->authorization, pair.err);
        return;
    }
    sca_buf_add_text(&base->authorization, "Basic ");
    sca_json_add_base64(&base->authorization, (struct sca_bytes){pair.data, pair.len});
}

static void send_login(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_base *base = &csc->base;

    sca_csc_put_login(sca_base_body(base), sca_secret_bytes(csc->refresh));
    if (csc->refresh == NULL)
        put_basic(base);
    sca_csc_post(
        csc, action,
        &(struct sca_base_post){.path = "/auth/login", .timeout_ms = TIMEOUT_MS, .acts = true});
}

static const struct sca_csc_call login_call = {send_login, read_token, false};

/* ---- OAuth ----------------------------------------------------------------------------------- */

static const struct sca_csc_call grant_call = {sca_csc_send_grant, read_token, false};

/* ---- MySign's, for its CSC flavour ------------------------------------------------------------
 */

#define MYSIGN_CSC   "/csc/v1"
#define MYSIGN_LOGIN "/v1/login"

static void send_mysign(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_base *base = &csc->base;
    const struct sca_mysign_who who = {
        .client_id = base->account.client_id,
        .client_secret = sca_secret_bytes(base->secret[SCA_SECRET_CLIENT_SECRET]),
        .profile_id = base->account.profile_id,
        .user_id = base->account.user_id,
    };
    const char *api = (const char *)csc->api.data;
    size_t len = strlen(api);
    SCA_BUF_AUTO url;

    sca_mysign_put_login(sca_base_body(base), &who);
    if (len > strlen(MYSIGN_CSC) && sca_streq(api + len - strlen(MYSIGN_CSC), MYSIGN_CSC))
        len -= strlen(MYSIGN_CSC);
    sca_buf_init(&url, 2 * SCA_CSC_URL_SIZE);
    sca_buf_add(&url, api, len);
    sca_buf_add_text(&url, MYSIGN_LOGIN);
    if (sca_buf_add_u8(&url, '\0') != 0) {
        sca_base_break(base, action, url.err, NULL);
        return;
    }
    base->account.url = (const char *)url.data;
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = "", .timeout_ms = TIMEOUT_MS, .acts = true});
    base->account.url = api;
}

static void read_mysign(struct sca_csc *csc, const struct sca_event *event,
                        struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = sca_mysign_read_login(event->reply, &csc->base.token, detail);

    if (err == 0)
        take_token(csc, action);
    else
        sca_base_break(&csc->base, action, err, detail);
}

static const struct sca_csc_call mysign_call = {send_mysign, read_mysign, false};

/* ---- the choice ------------------------------------------------------------------------------ */

static void on_located(struct sca_csc *csc, struct sca_action *action)
{
    sca_base_need(&csc->base, SCA_SECRET_CLIENT_SECRET, action);
}

/* What was stored does not matter: nothing is known that takes a refresh token. */
static void choose_mysign(struct sca_csc *csc, struct sca_action *action)
{
    sca_secret_free(&csc->refresh);
    if (sca_base_missing(csc->base.account.user_id))
        sca_base_break(&csc->base, action, SCA_E_CONFIG, NULL);
    else
        sca_base_need(&csc->base, SCA_SECRET_CLIENT_SECRET, action);
}

static void choose(struct sca_csc *csc, struct sca_action *action)
{
    const struct sca_cloud_account *account = &csc->base.account;
    enum sca_csc_auth auth = sca_csc_choose_auth(csc);
    bool basic = auth == SCA_CSC_AUTH_BASIC && csc->code == NULL;

    if (auth == 0 || sca_base_missing(basic ? account->user_id : account->client_id))
        sca_base_break(&csc->base, action, SCA_E_CONFIG, NULL);
    else if (auth == SCA_CSC_AUTH_MYSIGN)
        choose_mysign(csc, action);
    else if (basic && csc->refresh != NULL)
        sca_csc_go(csc, action, &login_call);
    else if (basic)
        sca_base_need(&csc->base, SCA_SECRET_PASSWORD, action);
    else if (auth == SCA_CSC_AUTH_CODE && csc->code == NULL && csc->refresh == NULL)
        sca_base_break(&csc->base, action, SCA_E_NEED_AUTH, NULL);
    else
        sca_csc_locate(csc, action, on_located);
}

static void on_secret(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action)
{
    bool password = csc->base.asked == SCA_SECRET_PASSWORD;
    int err = sca_base_take(&csc->base, event);

    if (err == SCA_E_NEED_AUTH && !password)
        err = 0; /* a public client has no secret */
    if (err != 0)
        sca_base_break(&csc->base, action, err, event->secret_detail);
    else
        sca_csc_go(csc, action,
                   password                 ? &login_call
                   : sca_csc_is_mysign(csc) ? &mysign_call
                                            : &grant_call);
}

static void login_step(struct sca_flow *flow, const struct sca_event *event,
                       struct sca_action *action)
{
    struct sca_csc *csc = sca_csc_of(flow);

    if (!sca_base_proceeds(&csc->base, event, action))
        return;
    if (event->kind == SCA_EVENT_START)
        sca_csc_find(csc, action, choose);
    else if (event->kind == SCA_EVENT_SECRET)
        on_secret(csc, event, action);
    else
        sca_csc_step(csc, event, action);
}

static int copy_secret(const char *text, struct sca_secret **ret_secret)
{
    return text == NULL ? 0 : sca_secret_new(text, strlen(text), ret_secret);
}

static int take_login(struct sca_csc *csc, const struct sca_cloud_login *login)
{
    int err = login->refresh != NULL && login->code == NULL
                  ? sca_secret_copy(login->refresh, &csc->refresh)
                  : 0;

    if (err == 0)
        err = copy_secret(login->code, &csc->code);
    if (err == 0)
        err = copy_secret(login->verifier, &csc->verifier);
    if (err != 0 || login->code == NULL)
        return err;
    csc->redirect_uri = strdup(login->redirect_uri != NULL ? login->redirect_uri : "");
    return csc->redirect_uri != NULL ? 0 : SCA_E_NOMEM;
}

int sca_csc_login(const struct sca_cloud_account *account, const struct sca_cloud_login *login,
                  struct sca_flow **ret_flow)
{
    struct sca_csc *csc = NULL;

    int err = sca_csc_new(account, NULL, login_step, &csc);
    if (err != 0)
        return err;
    err = take_login(csc, login);
    if (err != 0) {
        sca_flow_free(&csc->base.flow);
        return err;
    }
    *ret_flow = &csc->base.flow;
    return 0;
}

/* ---- the page -------------------------------------------------------------------------------- */

static void on_page_located(struct sca_csc *csc, struct sca_action *action)
{
    if (csc->endpoints.authorize[0] == '\0') {
        sca_base_break(&csc->base, action, SCA_E_SERVER, "the server names no page");
        return;
    }
    csc->base.flow.page = csc->endpoints.authorize;
    sca_base_done(&csc->base, action);
}

static void on_page_found(struct sca_csc *csc, struct sca_action *action)
{
    if (sca_csc_choose_auth(csc) == SCA_CSC_AUTH_CODE)
        sca_csc_locate(csc, action, on_page_located);
    else
        sca_base_break(&csc->base, action, SCA_E_CONFIG, NULL);
}

static void page_step(struct sca_flow *flow, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_csc *csc = sca_csc_of(flow);

    if (!sca_base_proceeds(&csc->base, event, action))
        return;
    if (event->kind == SCA_EVENT_START)
        sca_csc_find(csc, action, on_page_found);
    else
        sca_csc_step(csc, event, action);
}

int sca_csc_find_page(const struct sca_cloud_account *account, struct sca_flow **ret_flow)
{
    struct sca_csc *csc = NULL;

    int err = sca_csc_new(account, NULL, page_step, &csc);
    if (err == 0)
        *ret_flow = &csc->base.flow;
    return err;
}

int sca_csc_login_url(const struct sca_cloud_account *account, const char *redirect_uri,
                      const char *state, const char *challenge, struct sca_buf *ret_url)
{
    SCA_BUF_AUTO query;

    sca_buf_init(&query, ret_url->max);
    if (sca_base_missing(account->login_page) || sca_base_missing(account->client_id))
        return SCA_E_CONFIG;
    sca_form_put_text(&query, "response_type", "code");
    sca_form_put_text(&query, "client_id", account->client_id);
    sca_form_put_text(&query, "redirect_uri", redirect_uri);
    sca_form_put_text(&query, "scope", "service");
    sca_form_put_text(&query, "state", state);
    sca_form_put_text(&query, "code_challenge", challenge);
    sca_form_put_text(&query, "code_challenge_method", "S256");
    sca_buf_add_text(ret_url, account->login_page);
    sca_buf_add_text(ret_url, strchr(account->login_page, '?') != NULL ? "&" : "?");
    int err = query.err != 0 ? query.err : sca_buf_add(ret_url, query.data, query.len);
    return err;
}
