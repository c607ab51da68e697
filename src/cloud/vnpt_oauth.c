/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT SmartCA by OAuth: the person logs in once in the browser and confirms each signing in the
 * phone app.
 *
 *     list: token -> credentials/list -> credentials/info of each
 *     sign: token -> credentials/info -> signhash (once) -> gettraninfo until it has ended
 *
 * Asking for the key's state before signhash is what keeps a token that has just ended from
 * meeting the one request that must not be repeated.
 * Source: VNPT SmartCA OAuth integration document v1.1.
 */
#include "cloud/vnpt_oauth.h"

#include <stdlib.h>
#include "cloud/base.h"
#include "cloud/bearer.h"
#include "cloud/wire_vnpt_oauth.h"
#include "common/log.h"
#include "common/text.h"

#define LIST_TIMEOUT_MS 15000u
#define SIGN_TIMEOUT_MS 30000u
#define LOOK_TIMEOUT_MS 15000u

static void post(struct sca_base *base, struct sca_action *action, const char *path,
                 uint32_t timeout_ms, bool spends)
{
    sca_base_bearer(base);
    sca_base_post(
        base, action,
        &(struct sca_base_post){.path = path, .timeout_ms = timeout_ms, .spends = spends});
}

static void send_info(struct sca_base *base, struct sca_action *action, const char *credential_id,
                      const char *certificates)
{
    sca_vnpt_oauth_put_info(sca_base_body(base), credential_id, certificates);
    post(base, action, "/csc/credentials/info", LIST_TIMEOUT_MS, false);
}

/* ---- listing --------------------------------------------------------------------------------- */

struct listing {
    struct sca_base base;
    struct sca_vnpt_oauth_ids ids; /* empty until they are here */
    size_t asked;                  /* how many of them were asked for */
    bool renewed;                  /* a refused access token was replaced, once */
    int err;                       /* of the last key that could not be read */
};

static struct listing *listing_of(struct sca_base *base)
{
    return (struct listing *)(void *)((char *)base - offsetof(struct listing, base));
}

static void listing_clear(struct sca_base *base)
{
    sca_vnpt_oauth_ids_clear(&listing_of(base)->ids);
}

/* The request that comes next: the ids, or one of them. */
static void send_next(struct sca_base *base, struct sca_action *action)
{
    struct listing *listing = listing_of(base);

    if (listing->ids.count == 0) {
        sca_vnpt_oauth_put_list(sca_base_body(base));
        post(base, action, "/csc/credentials/list", LIST_TIMEOUT_MS, false);
    } else if (listing->asked < listing->ids.count) {
        send_info(base, action, listing->ids.items[listing->asked], "chain");
    } else if (base->listing.count > 0) {
        base->flow.listing = &base->listing;
        sca_base_done(base, action);
    } else {
        sca_base_break(base, action, listing->err, base->detail);
    }
}

static int read_ids(struct sca_base *base, const struct sca_http_reply *reply,
                    char detail[static SCA_CLOUD_DETAIL_SIZE])
{
    struct listing *listing = listing_of(base);

    int err = sca_vnpt_oauth_read_list(reply, &listing->ids, detail);
    if (err != 0)
        return err;
    base->listing.certs = calloc(listing->ids.count, sizeof *base->listing.certs);
    return base->listing.certs != NULL ? 0 : SCA_E_NOMEM;
}

/* One key that the service will not show never costs the person the others. */
static int read_key(struct sca_base *base, const struct sca_http_reply *reply,
                    char detail[static SCA_CLOUD_DETAIL_SIZE])
{
    struct listing *listing = listing_of(base);
    const char *id = listing->ids.items[listing->asked];

    int err =
        sca_vnpt_oauth_read_info(reply, id, &base->listing.certs[base->listing.count], detail);
    switch (err) {
    case 0:
        base->listing.count++;
        break;
    case SCA_E_NEED_AUTH:
    case SCA_E_UNREACHABLE:
    case SCA_E_TLS:
    case SCA_E_SERVER_KEY:
    case SCA_E_NOMEM:
        return err;
    default:
        sca_log(SCA_LOG_WARNING, "net", "key %zu of the listing cannot be read: %s (%s)",
                listing->asked + 1, sca_err_name(err), detail);
        sca_text_printable(detail, base->detail, sizeof base->detail);
        listing->err = err;
        break;
    }
    listing->asked++;
    return 0;
}

static void on_list_reply(struct sca_base *base, const struct sca_event *event,
                          struct sca_action *action)
{
    struct listing *listing = listing_of(base);
    char detail[SCA_CLOUD_DETAIL_SIZE];

    int err = listing->ids.count == 0 ? read_ids(base, event->reply, detail)
                                      : read_key(base, event->reply, detail);
    if (err == 0) {
        send_next(base, action);
    } else if (err == SCA_E_NEED_AUTH && !listing->renewed) {
        listing->renewed = true;
        sca_base_need_fresh_token(base, action);
    } else {
        sca_base_break(base, action, err == SCA_E_NEED_AUTH ? SCA_E_REFUSED : err, detail);
    }
}

static void list_step(struct sca_flow *flow, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (!sca_base_proceeds(base, event, action))
        return;
    if (event->kind == SCA_EVENT_REPLY)
        on_list_reply(base, event, action);
    else if (sca_base_collect(base, SCA_BIT(SCA_SECRET_ACCESS_TOKEN), event, action))
        send_next(base, action);
}

static int list(const struct sca_cloud_account *account, struct sca_flow **ret_flow)
{
    struct sca_base *base = NULL;

    int err = sca_base_new(account, sizeof(struct listing), list_step, &base);
    if (err != 0)
        return err;
    base->clear = listing_clear;
    *ret_flow = &base->flow;
    return 0;
}

/* ---- signing --------------------------------------------------------------------------------- */

static void send_check(struct sca_base *base, struct sca_action *action)
{
    send_info(base, action, base->sign.provider_id, "none");
}

static int read_check(const struct sca_base *base, const struct sca_http_reply *reply,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE])
{
    (void)base;
    return sca_vnpt_oauth_read_usable(reply, ret_detail);
}

static void send_sign(struct sca_base *base, struct sca_action *action)
{
    sca_vnpt_oauth_put_sign(sca_base_body(base), &base->sign);
    post(base, action, "/csc/signature/signhash", SIGN_TIMEOUT_MS, true);
}

static void read_sign(const struct sca_base *base, const struct sca_http_reply *reply,
                      struct sca_answer *ret_answer)
{
    (void)base;
    sca_vnpt_oauth_read_sign(reply, ret_answer);
}

static void send_look(struct sca_base *base, struct sca_action *action)
{
    sca_vnpt_oauth_put_look(sca_base_body(base), base->provider_txn);
    post(base, action, "/csc/credentials/gettraninfo", LOOK_TIMEOUT_MS, false);
}

static void read_look(const struct sca_base *base, const struct sca_http_reply *reply,
                      struct sca_answer *ret_answer)
{
    sca_vnpt_oauth_read_look(reply, base->docs, base->sign.doc_count, ret_answer);
}

static int sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                struct sca_flow **ret_flow)
{
    static const struct sca_bearer_ops ops = {
        .send_check = send_check,
        .read_check = read_check,
        .send_sign = send_sign,
        .read_sign = read_sign,
        .send_look = send_look,
        .read_look = read_look,
    };

    if (sign->scheme != SCA_SCHEME_PKCS1)
        return SCA_E_UNSUPPORTED;
    return sca_bearer_new_sign(account, sign, &ops, ret_flow);
}

const struct sca_provider sca_provider_vnpt_oauth = {
    .name = "vnpt-smartca-oauth",
    .title = "VNPT SmartCA",
    .url = "https://gwsca.vnpt.vn",
    .caps = SCA_CAP_PHONE | SCA_CAP_BLIND,
    .needs = SCA_SET_CLIENT_ID | SCA_SET_CLIENT_SECRET,
    .uses = SCA_SET_USER_ID | SCA_SET_PASSWORD | SCA_SET_REDIRECT_URI,
    .max_batch = SCA_VNPT_OAUTH_BATCH,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
    .list = list,
    .sign = sign,
    .login = sca_vnpt_oauth_login,
    .login_url = sca_vnpt_oauth_login_url,
};
