/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSSP: listing and signing.
 *
 *     token -> info -> (passcode | sent code | phone) -> authorize -> SAD -> signHash (once)
 *
 * Only signHash can cost a signature, and there is no way to ask what became of one: where its
 * answer is lost the flow ends as uncertain, and a resumed flow ends so at once. The SAD of an
 * authorize that was lost is with nobody, so nothing can come of it.
 */
#include "cloud/rssp.h"
#include "cloud/rssp_flow.h"
#include "common/log.h"

#define PHONE_TIMEOUT_MS (3600u * 1000u) /* the agent ends it when the time to confirm is over */
#define SIGN_TIMEOUT_MS  60000u

enum phase {
    /* listing */
    LIST,
    DETAILS, /* of a certificate that the list did not bring */
    /* signing */
    INFO,
    TWO_FACTOR, /* where info does not say how the person authorizes */
    SEND_OTP,
    AUTHORIZE,
    SIGN,
};

struct rssp {
    struct sca_base base;
    enum phase phase;
    bool renewed; /* this request was sent with a second access token */
    size_t next;  /* DETAILS: index of the certificate */
    enum sca_rssp_mode mode;
    char otp_request[SCA_ANSWER_ID_SIZE];
    struct sca_secret *sad;
};

static struct rssp *rssp_of(struct sca_base *base)
{
    return (struct rssp *)(void *)base;
}

static void clear(struct sca_base *base)
{
    sca_secret_free(&rssp_of(base)->sad);
}

/* ---- requests -------------------------------------------------------------------------------- */

static enum sca_secret_kind code_kind(const struct rssp *rssp)
{
    return rssp->mode == SCA_RSSP_OTP ? SCA_SECRET_SENT_OTP : SCA_SECRET_CREDENTIAL_PIN;
}

static uint32_t needs_of(const struct rssp *rssp)
{
    uint32_t token = SCA_BIT(SCA_SECRET_ACCESS_TOKEN);

    if (rssp->phase == TWO_FACTOR)
        return SCA_RSSP_PARTY;
    if (rssp->phase == AUTHORIZE && rssp->mode != SCA_RSSP_TSE)
        return token | SCA_BIT(code_kind(rssp));
    return token;
}

static void put_authorize(struct rssp *rssp, struct sca_buf *body)
{
    struct sca_base *base = &rssp->base;
    struct sca_rssp_factor factor = {.request_id = rssp->otp_request};

    if (rssp->mode == SCA_RSSP_TSE) {
        factor.description = base->sign.description;
        factor.asker = base->account.relying_party;
    } else {
        factor.code = sca_secret_bytes(base->secret[code_kind(rssp)]);
    }
    sca_rssp_put_authorize(body, base->account.profile_id, &base->sign, &factor);
}

static void put_body(struct rssp *rssp)
{
    struct sca_base *base = &rssp->base;
    const struct sca_cloud_account *account = &base->account;
    const char *profile = account->profile_id;
    struct sca_buf *body = sca_base_body(base);

    switch (rssp->phase) {
    case LIST:
        sca_rssp_put_list(body, profile);
        return;
    case DETAILS:
        sca_rssp_put_info(body, profile, base->listing.certs[rssp->next].provider_id, true);
        return;
    case INFO:
        sca_rssp_put_info(body, profile, base->sign.provider_id, false);
        return;
    case TWO_FACTOR:
        sca_rssp_put_two_factor(body, profile, account->relying_party, account->user_id);
        return;
    case SEND_OTP:
        sca_rssp_put_send_otp(body, profile, base->sign.provider_id);
        return;
    case AUTHORIZE:
        put_authorize(rssp, body);
        return;
    case SIGN:
        sca_rssp_put_sign(body, profile, &base->sign, sca_secret_bytes(rssp->sad));
        return;
    }
}

static void post(struct rssp *rssp, struct sca_action *action)
{
    static const char *const paths[] = {
        [LIST] = "/credentials/list",        [DETAILS] = "/credentials/info",
        [INFO] = "/credentials/info",        [TWO_FACTOR] = "/auth/getTwoFactorMethod",
        [SEND_OTP] = "/credentials/sendOTP", [AUTHORIZE] = "/credentials/authorize",
        [SIGN] = "/signatures/signHash",
    };
    bool phone = rssp->phase == AUTHORIZE && rssp->mode == SCA_RSSP_TSE;
    const struct sca_base_post how = {
        .path = paths[rssp->phase],
        .timeout_ms = phone                 ? PHONE_TIMEOUT_MS
                      : rssp->phase == SIGN ? SIGN_TIMEOUT_MS
                                            : SCA_RSSP_TIMEOUT_MS,
        .spends = rssp->phase == SIGN,
        .acts = rssp->phase == SEND_OTP || rssp->phase == AUTHORIZE,
    };

    sca_base_post(&rssp->base, action, &how);
    action->waiting_for_person = phone && action->step == SCA_STEP_SEND;
}

/* Sends the request of this phase as soon as its secrets are there. */
static void go(struct rssp *rssp, const struct sca_event *event, struct sca_action *action)
{
    struct sca_base *base = &rssp->base;

    if (!sca_base_collect(base, needs_of(rssp), event, action))
        return;
    put_body(rssp);
    int err = 0;
    if (rssp->phase == TWO_FACTOR)
        err = sca_rssp_prove(base, event->now_utc);
    else
        sca_base_bearer(base);
    if (err != 0)
        sca_base_break(base, action, err, err == SCA_E_CONFIG ? "relying-party-key" : NULL);
    else
        post(rssp, action);
}

static void go_on(struct rssp *rssp, enum phase next, const struct sca_event *event,
                  struct sca_action *action)
{
    rssp->phase = next;
    rssp->renewed = false;
    go(rssp, event, action);
}

/*
 * Replies of requests that cannot cost anything. True for a success; otherwise the flow has ended
 * or asks for another access token, once for each request.
 */
static bool succeeded(struct rssp *rssp, const struct sca_event *event, struct sca_action *action,
                      const struct sca_rssp_reply *reply)
{
    struct sca_base *base = &rssp->base;

    if (reply->success)
        return true;
    if (sca_base_never_left(base, event, action))
        return false;
    if (reply->stale && !rssp->renewed && rssp->phase != TWO_FACTOR) {
        rssp->renewed = true;
        sca_base_need_fresh_token(base, action);
    } else {
        sca_rssp_refused(base, action, reply, sca_rssp_refusal(reply));
    }
    return false;
}

static int begin(struct sca_base *base, enum phase phase, struct sca_flow **ret_flow)
{
    base->clear = clear;
    rssp_of(base)->phase = phase;
    *ret_flow = &base->flow;
    return 0;
}

/* ---- listing --------------------------------------------------------------------------------- */

/*
 * Those whose certificate could not be had are left out. Where a credential does not say how many
 * signatures one permission is good for, it is one.
 */
static void end_list(struct sca_base *base, struct sca_action *action)
{
    struct sca_cloud_listing *listing = &base->listing;
    size_t kept = 0;

    for (size_t i = 0; i < listing->count; i++) {
        if (listing->certs[i].der.len > 0) {
            struct sca_cloud_cert cert = listing->certs[i];
            listing->certs[i] = (struct sca_cloud_cert){0};
            if (cert.max_batch == 0)
                cert.max_batch = 1;
            listing->certs[kept++] = cert;
        } else {
            sca_log(SCA_LOG_WARNING, "net", "account %s: a credential has no readable certificate",
                    base->account.name);
            sca_base_cert_clear(&listing->certs[i]);
        }
    }
    listing->count = kept;
    if (kept == 0) {
        sca_base_fail(base, action, SCA_E_NO_CERT, SCA_SPENT_NOTHING, NULL);
        return;
    }
    base->flow.listing = listing;
    sca_base_done(base, action);
}

static void next_details(struct rssp *rssp, const struct sca_event *event,
                         struct sca_action *action)
{
    const struct sca_cloud_listing *listing = &rssp->base.listing;

    while (rssp->next < listing->count && listing->certs[rssp->next].der.len > 0)
        rssp->next++;
    if (rssp->next < listing->count)
        go_on(rssp, DETAILS, event, action);
    else
        end_list(&rssp->base, action);
}

static void on_list(struct rssp *rssp, const struct sca_event *event, struct sca_action *action)
{
    struct sca_base *base = &rssp->base;
    SCA_RSSP_REPLY_AUTO reply;
    int err = 0;

    sca_rssp_open(event->reply, &reply);
    if (rssp->phase == DETAILS && reply.ours && !reply.success && !reply.stale) {
        rssp->next++; /* one credential that cannot be read does not hide the others */
        next_details(rssp, event, action);
        return;
    }
    if (!succeeded(rssp, event, action, &reply))
        return;
    if (rssp->phase == LIST)
        err = sca_rssp_read_list(&reply, &base->listing);
    else if (sca_rssp_read_cert(&reply, &base->listing.certs[rssp->next++]) == SCA_E_NOMEM)
        err = SCA_E_NOMEM;
    if (err != 0)
        sca_base_fail(base, action, err, SCA_SPENT_NOTHING, NULL);
    else
        next_details(rssp, event, action);
}

static void list_step(struct sca_flow *flow, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (!sca_base_proceeds(base, event, action))
        return;
    if (event->kind == SCA_EVENT_REPLY)
        on_list(rssp_of(base), event, action);
    else
        go(rssp_of(base), event, action);
}

static int list(const struct sca_cloud_account *account, struct sca_flow **ret_flow)
{
    struct sca_base *base = NULL;

    int err = sca_base_new(account, sizeof(struct rssp), list_step, &base);
    return err == 0 ? begin(base, LIST, ret_flow) : err;
}

/* ---- signing --------------------------------------------------------------------------------- */

static void on_mode(struct rssp *rssp, const struct sca_event *event, struct sca_action *action)
{
    switch (rssp->mode) {
    case SCA_RSSP_OTP:
        go_on(rssp, SEND_OTP, event, action);
        return;
    case SCA_RSSP_PASSCODE:
    case SCA_RSSP_TSE:
        go_on(rssp, AUTHORIZE, event, action);
        return;
    case SCA_RSSP_UNKNOWN:
        break;
    }
    if (rssp->phase == INFO)
        go_on(rssp, TWO_FACTOR, event, action);
    else
        sca_base_fail(&rssp->base, action, SCA_E_REFUSED, SCA_SPENT_NOTHING,
                      "unknown second factor");
}

/* What would fail anyway fails before anybody is asked. */
static void on_info(struct rssp *rssp, const struct sca_event *event, struct sca_action *action,
                    const struct sca_rssp_reply *reply)
{
    struct sca_base *base = &rssp->base;
    struct sca_rssp_info info;

    sca_rssp_read_info(reply, &info);
    rssp->mode = info.mode;
    if (info.blocked)
        sca_base_fail(base, action, SCA_E_CERT, SCA_SPENT_NOTHING, NULL);
    else if (info.has_left && info.left < base->sign.doc_count)
        sca_base_fail(base, action, SCA_E_QUOTA, SCA_SPENT_NOTHING, NULL);
    else
        on_mode(rssp, event, action);
}

static void on_signed(struct rssp *rssp, const struct sca_event *event, struct sca_action *action,
                      const struct sca_rssp_reply *reply)
{
    struct sca_base *base = &rssp->base;
    struct sca_answer answer = {0};

    if (sca_base_never_left(base, event, action))
        return;
    sca_rssp_read_sign(reply, &base->sign, &answer);
    if (answer.class == SCA_ANSWER_DONE)
        sca_base_adopt(base, action, &answer);
    else if (answer.class == SCA_ANSWER_REFUSED)
        sca_rssp_refused(base, action, reply, answer.err);
    else
        sca_base_fail(base, action,
                      answer.class == SCA_ANSWER_STRANGE ? answer.err : SCA_E_UNCERTAIN,
                      SCA_SPENT_UNKNOWN, reply->detail);
    sca_answer_clear(&answer);
}

static void on_sad(struct rssp *rssp, const struct sca_event *event, struct sca_action *action,
                   const struct sca_rssp_reply *reply)
{
    int err = sca_rssp_read_sad(reply, &rssp->sad);

    if (err != 0)
        sca_base_fail(&rssp->base, action, err, SCA_SPENT_NOTHING, reply->detail);
    else
        go_on(rssp, SIGN, event, action);
}

static void on_sign_reply(struct rssp *rssp, const struct sca_event *event,
                          struct sca_action *action)
{
    SCA_RSSP_REPLY_AUTO reply;

    sca_rssp_open(event->reply, &reply);
    if (rssp->phase == SIGN) {
        on_signed(rssp, event, action, &reply);
        return;
    }
    if (!succeeded(rssp, event, action, &reply))
        return;
    switch (rssp->phase) {
    case INFO:
        on_info(rssp, event, action, &reply);
        return;
    case TWO_FACTOR:
        rssp->mode = sca_rssp_read_two_factor(&reply);
        on_mode(rssp, event, action);
        return;
    case SEND_OTP:
        sca_rssp_read_sent(&reply, rssp->otp_request);
        go_on(rssp, AUTHORIZE, event, action);
        return;
    case AUTHORIZE:
        on_sad(rssp, event, action, &reply);
        return;
    case LIST:
    case DETAILS:
    case SIGN:
        break;
    }
}

static void sign_step(struct sca_flow *flow, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);
    struct rssp *rssp = rssp_of(base);

    if (!sca_base_expects(base, event, action))
        return;
    if (base->sent && event->kind != SCA_EVENT_REPLY) /* resumed, or out of time: nobody can say */
        sca_base_fail(base, action, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN, NULL);
    else if (event->kind == SCA_EVENT_LAST_CHANCE)
        sca_base_fail(base, action, SCA_E_EXPIRED, SCA_SPENT_NOTHING, NULL);
    else if (event->kind == SCA_EVENT_REPLY)
        on_sign_reply(rssp, event, action);
    else
        go(rssp, event, action);
}

static int sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                struct sca_flow **ret_flow)
{
    struct sca_base *base = NULL;

    if (sign->scheme != SCA_SCHEME_PKCS1 && sign->scheme != SCA_SCHEME_ECDSA)
        return SCA_E_UNSUPPORTED;
    if (sca_base_missing(sign->provider_id))
        return SCA_E_NO_CERT;
    if (!sca_rssp_configured(account))
        return SCA_E_CONFIG;
    int err = sca_base_new_sign(account, sign, sizeof(struct rssp), sign_step, &base);
    return err == 0 ? begin(base, INFO, ret_flow) : err;
}

const struct sca_provider sca_provider_rssp = {
    .name = "rssp",
    .title = "RSSP",
    .caps = SCA_CAP_PHONE | SCA_CAP_BLIND,
    .needs = SCA_SET_USER_ID | SCA_SET_PASSWORD | SCA_SET_RELYING_PARTY,
    .uses = SCA_SET_CREDENTIAL_PIN | SCA_SET_PROFILE_ID,
    .max_batch = 50, /* a credential says how many it takes */
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1) | SCA_BIT(SCA_SCHEME_ECDSA),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
    .list = list,
    .sign = sign,
    .login = sca_rssp_login,
};
