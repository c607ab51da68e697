/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Permission to sign on a page of the service's OAuth server (scope "credential"):
 *
 *     [metadata] -> client's secret -> way back -> page -> code -> token, which is the permission
 *
 * The page's address names the key and, but for a session, the very digests, so what the person
 * permits is what is signed. A page is opened once: where the code or the token is lost the person
 * is not asked again. Source: CSC API 2.0 sections 8.3 and 8.4, 2.1
 * (authorization_details), 1.0.4.0 section 8.3.
 */
#include <stdio.h>
#include <string.h>
#include "cloud/csc_flow.h"
#include "cloud/form.h"
#include "cloud/json.h"
#include "common/text.h"

#define ADDRESS_MAX 32768u

static const struct sca_csc_call token_call;

static void fail(struct sca_csc *csc, struct sca_action *action, int err, const char *detail)
{
    sca_base_break(&csc->base, action, err, detail);
}

/* ---- the address ----------------------------------------------------------------------------- */

static void put_digests(struct sca_buf *query, const struct sca_csc *csc)
{
    const struct sca_cloud_sign *sign = &csc->base.sign;
    const bool old = csc->service.version < 2;
    char number[24];
    SCA_BUF_AUTO hashes;

    sca_buf_init(&hashes, ADDRESS_MAX);
    for (size_t i = 0; i < sign->doc_count; i++) {
        if (i > 0)
            sca_buf_add_u8(&hashes, ',');
        sca_csc_add_base64url(&hashes, sign->docs[i].digest);
    }
    snprintf(number, sizeof number, "%zu", sca_csc_signatures(sign));
    sca_form_put_text(query, "scope", "credential");
    sca_form_put_text(query, "credentialID", sign->provider_id);
    sca_form_put_text(query, "numSignatures", number);
    if (hashes.err != 0)
        sca_buf_fail(query, hashes.err);
    if (sign->session_signatures != 0) /* what they will be is not known yet */
        return;
    sca_form_put(query, old ? "hash" : "hashes", (struct sca_bytes){hashes.data, hashes.len});
    if (!old)
        sca_form_put_text(query, "hashAlgorithmOID", sca_csc_hash_oid(sign->hash));
}

/* Rich authorization request: one object instead of the parameters above. */
static void put_details(struct sca_buf *query, const struct sca_csc *csc)
{
    SCA_BUF_AUTO details;

    sca_buf_init(&details, ADDRESS_MAX);
    sca_csc_put_details(&details, &csc->base.sign);
    if (details.err != 0)
        sca_buf_fail(query, details.err);
    sca_form_put(query, "authorization_details", (struct sca_bytes){details.data, details.len});
}

static int make_address(struct sca_csc *csc, const struct sca_cloud_back *back)
{
    const struct sca_cloud_account *account = &csc->base.account;
    struct sca_buf *visit = &csc->visit;
    SCA_BUF_AUTO query;

    sca_buf_init(&query, ADDRESS_MAX);
    sca_form_put_text(&query, "response_type", "code");
    sca_form_put_text(&query, "client_id", account->client_id);
    sca_form_put_text(&query, "redirect_uri", back->redirect_uri);
    if (csc->service.rar)
        put_details(&query, csc);
    else
        put_digests(&query, csc);
    if (!sca_base_missing(csc->base.sign.description))
        sca_form_put(&query, "description", sca_csc_description(csc->base.sign.description));
    sca_form_put_text(&query, "state", back->state);
    sca_form_put_text(&query, "code_challenge", back->challenge);
    sca_form_put_text(&query, "code_challenge_method", "S256");
    sca_buf_clear(visit);
    sca_buf_init(visit, ADDRESS_MAX);
    sca_buf_add_text(visit, csc->endpoints.authorize);
    sca_buf_add_text(visit, strchr(csc->endpoints.authorize, '?') != NULL ? "&" : "?");
    if (query.err != 0)
        return query.err;
    sca_buf_add(visit, query.data, query.len);
    return sca_buf_add_u8(visit, '\0');
}

/* ---- the visit ------------------------------------------------------------------------------- */

static void on_listening(struct sca_csc *csc, const struct sca_event *event,
                         struct sca_action *action)
{
    const struct sca_cloud_back *back = event->back;
    int err = event->secret_err;

    if (err == 0 && back == NULL)
        err = SCA_E_INVAL;
    if (err == 0)
        err = sca_secret_copy(back->verifier, &csc->verifier);
    if (err == 0) {
        csc->redirect_uri = strdup(back->redirect_uri);
        err = csc->redirect_uri != NULL ? make_address(csc, back) : SCA_E_NOMEM;
    }
    if (err != 0)
        fail(csc, action, err, event->secret_detail);
    else
        sca_base_browse(&csc->base, action, (const char *)csc->visit.data);
}

static void on_browsed(struct sca_csc *csc, const struct sca_event *event,
                       struct sca_action *action)
{
    int err = event->secret_err;

    if (err == 0)
        err = event->secret != NULL ? sca_secret_copy(event->secret, &csc->code) : SCA_E_INVAL;
    if (err != 0)
        fail(csc, action, err, event->secret_detail);
    else
        sca_csc_go(csc, action, &token_call);
}

static void on_client_secret(struct sca_csc *csc, const struct sca_event *event,
                             struct sca_action *action)
{
    int err = sca_base_take(&csc->base, event);

    if (err != 0 && err != SCA_E_NEED_AUTH) /* a public client has no secret */
        fail(csc, action, err, event->secret_detail);
    else
        sca_base_listen(&csc->base, action);
}

void sca_csc_page_step(struct sca_csc *csc, const struct sca_event *event,
                       struct sca_action *action)
{
    if (event->kind == SCA_EVENT_LISTENING)
        on_listening(csc, event, action);
    else if (event->kind == SCA_EVENT_BROWSED)
        on_browsed(csc, event, action);
    else
        on_client_secret(csc, event, action);
}

/* ---- the token ------------------------------------------------------------------------------- */

/* "Log in again" is no help here: the code was refused, and a new one is the person's to give. */
static void read_token(struct sca_csc *csc, const struct sca_event *event,
                       struct sca_action *action)
{
    struct sca_cloud_token token = {0};
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = sca_csc_read_token(event->reply, &token, detail);

    sca_secret_free(&csc->code);
    sca_secret_free(&csc->verifier);
    sca_secret_free(&token.refresh);
    if (err != 0) {
        fail(csc, action, err == SCA_E_NEED_AUTH ? SCA_E_REFUSED : err, detail);
        return;
    }
    csc->by_page = true;
    sca_csc_take_sad(csc, &token.access, token.expires_in_s, event->now_ms);
    csc->permitted(csc, action);
}

static const struct sca_csc_call token_call = {sca_csc_send_grant, read_token, false};

/* ---- the door -------------------------------------------------------------------------------- */

/* What can be missing is looked for before the person is shown anything. */
static void on_located(struct sca_csc *csc, struct sca_action *action)
{
    if (csc->endpoints.authorize[0] == '\0')
        fail(csc, action, SCA_E_SERVER, "the server names no page");
    else
        sca_base_need(&csc->base, SCA_SECRET_CLIENT_SECRET, action);
}

void sca_csc_ask_page(struct sca_csc *csc, struct sca_action *action,
                      void (*permitted)(struct sca_csc *csc, struct sca_action *action))
{
    csc->permitted = permitted;
    if (sca_base_missing(csc->base.account.client_id))
        fail(csc, action, SCA_E_CONFIG, "client-id");
    else
        sca_csc_locate(csc, action, on_located);
}
