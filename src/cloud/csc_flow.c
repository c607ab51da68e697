/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the service and sending calls. What the configuration gives may be the address of the
 * calls (".../csc/v1") or of the service above it; info is asked for where it may be, newest
 * version first, and is free of charge and of a log-in.
 */
#include "cloud/csc_flow.h"

#include <stdlib.h>
#include <string.h>
#include "cloud/csc.h"
#include "common/text.h"

#define URL_MAX    2048u
#define TIMEOUT_MS 15000u
#define MAX_BATCH  50u /* where a credential does not say it */

#define PLACE_MYSIGN 1u
static const char *const places[] = {"/csc/v2", [PLACE_MYSIGN] = "/csc/v1", ""};
#define PLACE_COUNT (sizeof places / sizeof places[0])

/* ---- making ---------------------------------------------------------------------------------- */

static void clear(struct sca_base *base)
{
    struct sca_csc *csc = (struct sca_csc *)(void *)base;

    sca_buf_clear(&csc->api);
    sca_csc_page_clear(&csc->page);
    for (size_t i = 0; i < SCA_CSC_OBJECTS_MAX; i++)
        sca_secret_free(&csc->values[i]);
    sca_secret_free(&csc->sad);
    sca_secret_free(&csc->handle);
    sca_secret_free(&csc->refresh);
    sca_secret_free(&csc->code);
    sca_secret_free(&csc->verifier);
    sca_buf_clear(&csc->visit);
    free(csc->redirect_uri);
}

struct sca_csc *sca_csc_of(struct sca_flow *flow)
{
    return (struct sca_csc *)(void *)sca_base_of(flow);
}

int sca_csc_new(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                sca_base_step *step, struct sca_csc **ret_csc)
{
    struct sca_base *base = NULL;

    int err = sign != NULL ? sca_base_new_sign(account, sign, sizeof(struct sca_csc), step, &base)
                           : sca_base_new(account, sizeof(struct sca_csc), step, &base);
    if (err != 0)
        return err;
    base->clear = clear;
    *ret_csc = sca_csc_of(&base->flow);
    return 0;
}

void sca_csc_take_sad(struct sca_csc *csc, struct sca_secret **sad, uint32_t life_s, int64_t now_ms)
{
    sca_secret_free(&csc->sad);
    csc->sad = *sad;
    *sad = NULL;
    csc->sad_life_ms = (int64_t)life_s * 1000;
    csc->sad_until_ms = now_ms + csc->sad_life_ms;
}

/* ---- calls ----------------------------------------------------------------------------------- */

void sca_csc_go(struct sca_csc *csc, struct sca_action *action, const struct sca_csc_call *call)
{
    csc->call = call;
    csc->renewed = false;
    if (call->bearer && csc->base.secret[SCA_SECRET_ACCESS_TOKEN] == NULL)
        sca_base_need(&csc->base, SCA_SECRET_ACCESS_TOKEN, action);
    else
        call->send(csc, action);
}

void sca_csc_step(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action)
{
    if (event->kind == SCA_EVENT_REPLY) {
        csc->call->read(csc, event, action);
        return;
    }
    if (event->kind == SCA_EVENT_SECRET) {
        int err = sca_base_take(&csc->base, event);
        if (err != 0) {
            sca_base_break(&csc->base, action, err, event->secret_detail);
            return;
        }
    }
    csc->call->send(csc, action);
}

void sca_csc_renew(struct sca_csc *csc, struct sca_action *action, const char *detail)
{
    if (csc->renewed) {
        sca_base_break(&csc->base, action, SCA_E_NEED_AUTH, detail);
        return;
    }
    csc->renewed = true;
    sca_base_need_fresh_token(&csc->base, action);
}

void sca_csc_post(struct sca_csc *csc, struct sca_action *action, const struct sca_base_post *post)
{
    if (csc->call->bearer)
        sca_base_bearer(&csc->base);
    sca_base_post(&csc->base, action, post);
}

void sca_csc_look(struct sca_csc *csc, struct sca_action *action, const char *path,
                  uint32_t timeout_ms)
{
    sca_csc_post(csc, action, &(struct sca_base_post){.path = path, .timeout_ms = timeout_ms});
}

/* ---- finding the service --------------------------------------------------------------------- */

/* "https://host/path/v1": the address of the calls itself. */
static bool names_version(const char *url, size_t len)
{
    size_t digits = 0;

    while (digits < len && url[len - 1 - digits] >= '0' && url[len - 1 - digits] <= '9')
        digits++;
    len -= digits;
    return digits > 0 && len > 3 && memcmp(url + len - 2, "/v", 2) == 0 && url[len - 3] != '/';
}

static void send_info(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_put_empty(sca_base_body(&csc->base));
    sca_csc_look(csc, action, "/info", TIMEOUT_MS);
}

/* The address of the calls for the place that is tried now. */
static int take_place(struct sca_csc *csc, const char *url)
{
    size_t len = strlen(url);
    SCA_BUF_AUTO api;

    while (len > 0 && url[len - 1] == '/')
        len--;
    if (names_version(url, len))
        csc->place = PLACE_COUNT - 1;
    else if (sca_csc_is_mysign(csc))
        csc->place = PLACE_MYSIGN;
    sca_buf_init(&api, URL_MAX);
    sca_buf_add(&api, url, len);
    sca_buf_add_text(&api, places[csc->place]);
    if (sca_buf_add_u8(&api, '\0') != 0)
        return api.err;
    sca_buf_clear(&csc->api);
    csc->api = api;
    sca_buf_init(&api, 0);
    return 0;
}

static void read_info(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = sca_csc_read_info(event->reply, &csc->service, detail);

    if (err == SCA_E_NOT_FOUND && csc->place + 1 < PLACE_COUNT) {
        size_t len = strlen(csc->base.account.url) - strlen(places[csc->place]);
        SCA_TEXT_AUTO url = strndup(csc->base.account.url, len);
        csc->place++;
        err = url != NULL ? take_place(csc, url) : SCA_E_NOMEM;
        if (err == 0) {
            csc->base.account.url = (const char *)csc->api.data;
            send_info(csc, action);
            return;
        }
    }
    if (err != 0) {
        sca_base_break(&csc->base, action, err == SCA_E_NOT_FOUND ? SCA_E_SERVER : err, detail);
        return;
    }
    if (csc->service.version == 0)
        csc->service.version = strstr(csc->base.account.url, "/v1") != NULL ? 1 : 2;
    csc->found(csc, action);
}

static const struct sca_csc_call info_call = {send_info, read_info, false};

void sca_csc_find(struct sca_csc *csc, struct sca_action *action,
                  void (*found)(struct sca_csc *csc, struct sca_action *action))
{
    int err = take_place(csc, csc->base.account.url);

    if (err != 0) {
        sca_base_break(&csc->base, action, err, NULL);
        return;
    }
    csc->base.account.url = (const char *)csc->api.data;
    csc->found = found;
    if (!sca_csc_is_mysign(csc)) {
        sca_csc_go(csc, action, &info_call);
        return;
    }
    /* Nobody has seen its info: what is known of the flavour is taken for granted. */
    csc->service = (struct sca_csc_service){.version = 1, .extends = true, .documents = true};
    found(csc, action);
}

/* ---- how to log in --------------------------------------------------------------------------- */

bool sca_csc_is_mysign(const struct sca_csc *csc)
{
    const char *profile = csc->base.account.profile_id;

    return profile != NULL && strncmp(profile, "adss:", 5) == 0;
}

static enum sca_csc_auth wanted(const char *profile)
{
    return sca_streq(profile, "basic")          ? SCA_CSC_AUTH_BASIC
           : sca_streq(profile, "oauth2code")   ? SCA_CSC_AUTH_CODE
           : sca_streq(profile, "oauth2client") ? SCA_CSC_AUTH_CLIENT
                                                : 0;
}

enum sca_csc_auth sca_csc_choose_auth(const struct sca_csc *csc)
{
    const uint32_t said = csc->service.auth;
    const enum sca_csc_auth asked = wanted(csc->base.account.profile_id);

    if (sca_csc_is_mysign(csc))
        return SCA_CSC_AUTH_MYSIGN;
    if (asked != 0)
        return asked;
    if (sca_base_missing(csc->base.account.client_id))
        return said == 0 || (said & SCA_CSC_AUTH_BASIC) != 0 ? SCA_CSC_AUTH_BASIC : 0;
    /* A person's log-in goes before a machine's: it shows only that person's keys. */
    if (said == 0 || (said & SCA_CSC_AUTH_CODE) != 0)
        return SCA_CSC_AUTH_CODE;
    return (said & SCA_CSC_AUTH_CLIENT) != 0 ? SCA_CSC_AUTH_CLIENT : said & SCA_CSC_AUTH_BASIC;
}

/* ---- the table ------------------------------------------------------------------------------- */

const struct sca_provider sca_provider_csc = {
    .name = "csc",
    .title = "Cloud Signature Consortium",
    .caps = SCA_CAP_PHONE | SCA_CAP_BLIND | SCA_CAP_PERMIT,
    .uses = SCA_SET_USER_ID | SCA_SET_PASSWORD | SCA_SET_TOTP | SCA_SET_CLIENT_ID |
            SCA_SET_CLIENT_SECRET | SCA_SET_PROFILE_ID | SCA_SET_CREDENTIAL_PIN |
            SCA_SET_REDIRECT_URI | SCA_SET_SESSION,
    .max_batch = MAX_BATCH,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1) | SCA_BIT(SCA_SCHEME_ECDSA) | SCA_BIT(SCA_SCHEME_PSS),
    .hashes = SCA_BIT(SCA_HASH_SHA256) | SCA_BIT(SCA_HASH_SHA384) | SCA_BIT(SCA_HASH_SHA512),
    .list = sca_csc_list,
    .sign = sca_csc_sign,
    .revoke = sca_csc_revoke,
    .login = sca_csc_login,
    .find_page = sca_csc_find_page,
    .login_url = sca_csc_login_url,
};
