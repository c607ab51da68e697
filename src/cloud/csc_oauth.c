/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OAuth server that info names: where it is, and the requests for its tokens and for their end.
 * Serves log-ins and permissions that the person gives on a page.
 */
#include <stdio.h>
#include <string.h>
#include "cloud/csc_flow.h"
#include "cloud/form.h"

#define TIMEOUT_MS 20000u

/* ---- tokens ---------------------------------------------------------------------------------- */

static void put_grant(struct sca_csc *csc, struct sca_buf *form)
{
    if (csc->code != NULL) {
        sca_form_put_text(form, "grant_type", "authorization_code");
        sca_form_put(form, "code", sca_secret_bytes(csc->code));
        sca_form_put_text(form, "redirect_uri", csc->redirect_uri);
        if (csc->verifier != NULL)
            sca_form_put(form, "code_verifier", sca_secret_bytes(csc->verifier));
    } else if (csc->refresh != NULL) {
        sca_form_put_text(form, "grant_type", "refresh_token");
        sca_form_put(form, "refresh_token", sca_secret_bytes(csc->refresh));
    } else {
        sca_form_put_text(form, "grant_type", "client_credentials");
        sca_form_put_text(form, "scope", "service");
    }
}

/* The form with who we are, to an address of the server's. */
static void post_form(struct sca_csc *csc, struct sca_action *action, struct sca_buf *form,
                      const char *url)
{
    struct sca_base *base = &csc->base;
    struct sca_bytes secret = sca_secret_bytes(base->secret[SCA_SECRET_CLIENT_SECRET]);

    sca_form_put_text(form, "client_id", base->account.client_id);
    if (secret.len > 0)
        sca_form_put(form, "client_secret", secret);
    base->account.url = url;
    sca_base_post(
        base, action,
        &(struct sca_base_post){
            .path = "", .content_type = SCA_FORM_TYPE, .timeout_ms = TIMEOUT_MS, .acts = true});
    base->account.url = (const char *)csc->api.data;
}

void sca_csc_send_grant(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_buf *form = sca_base_body(&csc->base);

    put_grant(csc, form);
    post_form(csc, action, form, csc->endpoints.token);
}

void sca_csc_send_revoke(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_buf *form = sca_base_body(&csc->base);

    sca_form_put(form, "token", sca_secret_bytes(csc->sad));
    sca_form_put_text(form, "token_type_hint", "access_token");
    post_form(csc, action, form, csc->endpoints.revoke);
}

/* ---- the server's metadata ------------------------------------------------------------------- */

/* RFC 8414 section 3.1: between the host and the path of the issuer. */
static int metadata_address(const char *issuer, struct sca_buf *ret_url)
{
    const char *path = strchr(issuer + strlen("https://"), '/');
    size_t host_len = path != NULL ? (size_t)(path - issuer) : strlen(issuer);
    size_t path_len = path != NULL ? strlen(path) : 0;

    while (path_len > 0 && path[path_len - 1] == '/')
        path_len--;
    sca_buf_init(ret_url, 2 * SCA_CSC_URL_SIZE);
    sca_buf_add(ret_url, issuer, host_len);
    sca_buf_add_text(ret_url, "/.well-known/oauth-authorization-server");
    sca_buf_add(ret_url, path, path_len);
    return sca_buf_add_u8(ret_url, '\0');
}

static void send_metadata(struct sca_csc *csc, struct sca_action *action)
{
    SCA_BUF_AUTO url;

    if (metadata_address(csc->service.issuer, &url) != 0) {
        sca_base_break(&csc->base, action, url.err, NULL);
        return;
    }
    (void)sca_base_body(&csc->base); /* stays empty: it is fetched, not posted to */
    csc->base.account.url = (const char *)url.data;
    sca_base_post(&csc->base, action,
                  &(struct sca_base_post){.path = "", .timeout_ms = TIMEOUT_MS});
    csc->base.account.url = (const char *)csc->api.data;
}

static void read_metadata(struct sca_csc *csc, const struct sca_event *event,
                          struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = sca_csc_read_metadata(event->reply, &csc->endpoints, detail);

    if (err != 0)
        sca_base_break(&csc->base, action, err, detail);
    else
        csc->located(csc, action);
}

static const struct sca_csc_call metadata_call = {send_metadata, read_metadata, false};

static bool join(const char *base, const char *path, char ret_url[static SCA_CSC_URL_SIZE])
{
    size_t len = strlen(base);

    while (len > 0 && base[len - 1] == '/')
        len--;
    int written = snprintf(ret_url, SCA_CSC_URL_SIZE, "%.*s%s", (int)len, base, path);
    return written >= 0 && written < SCA_CSC_URL_SIZE;
}

void sca_csc_locate(struct sca_csc *csc, struct sca_action *action,
                    void (*located)(struct sca_csc *csc, struct sca_action *action))
{
    struct sca_csc_endpoints *endpoints = &csc->endpoints;
    const char *oauth2 = csc->service.oauth2;

    csc->located = located;
    if (oauth2[0] == '\0' && csc->service.issuer[0] != '\0')
        sca_csc_go(csc, action, &metadata_call);
    else if (oauth2[0] != '\0' && join(oauth2, "/oauth2/authorize", endpoints->authorize) &&
             join(oauth2, "/oauth2/token", endpoints->token) &&
             join(oauth2, "/oauth2/revoke", endpoints->revoke))
        located(csc, action);
    else
        sca_base_break(&csc->base, action, SCA_E_SERVER, "info names no authorization server");
}
