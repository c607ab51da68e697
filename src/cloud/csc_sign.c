/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in two steps, of which only the second can cost anything:
 *
 *     info -> token -> credentials/info -> permission (csc_permit.c, or csc_page.c on a web page)
 *          -> token [-> extendTransaction] -> signHash (spends, once) [-> signPolling]*
 *
 * Of a signHash without an answer nobody can tell what became of it, unless the service had already
 * given the id under which it can be asked for (asynchronous mode); that id is kept with the
 * transaction.
 *
 * A session's permission is shown to the caller at the end, and lent to the next flow, which then
 * asks nobody; where it turns out to be over before signHash the person is asked after all. Of
 * MySign's, which are made otherwise, csc_unasked.c tells.
 */
#include <string.h>
#include "cloud/csc_flow.h"
#include "cloud/watch.h"
#include "common/log.h"

#define CALL_TIMEOUT_MS 15000u
#define SIGN_TIMEOUT_MS 60000u

static const struct sca_csc_call credential_call;
static const struct sca_csc_call extend_call;
static const struct sca_csc_call sign_call;
static const struct sca_csc_call poll_call;

static void fail(struct sca_csc *csc, struct sca_action *action, int err, const char *detail)
{
    sca_base_break(&csc->base, action, err, detail);
}

/* ---- credentials/info ------------------------------------------------------------------------ */

/*
 * The token may have grown old while the person thought; the request to come is never repeated.
 * What a page permits in version 2 is an access token of its own, good for signHash alone.
 */
static bool is_token(const struct sca_csc *csc)
{
    return csc->by_page && csc->service.version >= 2;
}

static void permitted(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_secret **token = &csc->base.secret[SCA_SECRET_ACCESS_TOKEN];

    if (!is_token(csc)) {
        csc->call = &sign_call;
        sca_base_need(&csc->base, SCA_SECRET_ACCESS_TOKEN, action);
        return;
    }
    sca_secret_free(token);
    int err = sca_secret_copy(csc->sad, token);
    if (err != 0)
        fail(csc, action, err, NULL);
    else
        sca_csc_go(csc, action, &sign_call);
}

/* ---- the session ----------------------------------------------------------------------------- */

/* Asks for more than these documents where the key, and the way of asking, allow it. */
static void plan_session(struct sca_csc *csc)
{
    struct sca_cloud_sign *sign = &csc->base.sign;
    const uint32_t max = sca_csc_session_max(&csc->credential);
    const bool page = csc->credential.mode == SCA_CSC_BROWSER;

    if (csc->service.documents) { /* asked for these alone, and extended later */
        csc->wanted = sign->session_signatures > sign->doc_count ? sign->session_signatures : 0;
        sign->session_signatures = 0;
    }
    if (sign->session_signatures > max)
        sign->session_signatures = max;
    /* An authorization_details object always names the documents. */
    if (sign->session_signatures <= sign->doc_count || (page && csc->service.rar))
        sign->session_signatures = 0;
    csc->kept = sign->session_signatures != 0;
    csc->granted = sign->session_signatures;
}

static void authorized(struct sca_csc *csc, struct sca_action *action)
{
    if (csc->wanted != 0)
        sca_csc_register(csc, action, permitted);
    else
        permitted(csc, action);
}

static void ask_service(struct sca_csc *csc, struct sca_action *action)
{
    if (csc->credential.mode == SCA_CSC_BROWSER)
        sca_csc_ask_page(csc, action, permitted);
    else
        sca_csc_ask_permit(csc, action, authorized);
}

static void ask(struct sca_csc *csc, struct sca_action *action)
{
    sca_secret_free(&csc->sad);
    csc->lent = false;
    csc->by_page = false;
    plan_session(csc);
    if (csc->base.sign.consent && csc->service.documents)
        sca_csc_ask_consent(csc, action, ask_service);
    else
        ask_service(csc, action);
}

static int borrow(struct sca_csc *csc, const struct sca_cloud_permit *permit)
{
    if (permit == NULL)
        return 0;
    csc->lent = csc->kept = true;
    csc->granted = permit->signatures;
    csc->sad_until_ms = permit->until_ms;
    csc->sad_life_ms = permit->life_ms;
    csc->by_page = permit->by_page;
    return sca_secret_copy(permit->secret, &csc->sad);
}

static int64_t permit_until_ms(const struct sca_csc *csc)
{
    const int64_t sad_ms = csc->sad_life_ms != 0 ? csc->sad_until_ms : 0;
    const int64_t unasked_ms = csc->unasked_until_ms;

    if (sad_ms == 0 || unasked_ms == 0)
        return sad_ms + unasked_ms;
    return sad_ms < unasked_ms ? sad_ms : unasked_ms;
}

/* What there is at the end of the flow. */
static void show_permit(struct sca_csc *csc)
{
    if (!csc->kept || csc->sad == NULL)
        return;
    csc->permit = (struct sca_cloud_permit){
        .secret = csc->sad,
        .signatures = csc->granted,
        .until_ms = permit_until_ms(csc),
        .life_ms = csc->sad_life_ms,
        .by_page = csc->by_page,
        .renewed = !csc->lent,
    };
    csc->base.flow.permit = &csc->permit;
}

static void send_credential(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_put_credential(sca_base_body(&csc->base), csc->base.sign.provider_id, false);
    sca_csc_look(csc, action, "/credentials/info", CALL_TIMEOUT_MS);
}

/* What would fail later fails before anybody is asked for anything. */
static int check_credential(struct sca_csc *csc)
{
    const struct sca_csc_credential *credential = &csc->credential;
    const struct sca_cloud_sign *sign = &csc->base.sign;

    csc->algo = sca_csc_sign_algo(&credential->algos, sign->scheme, sign->hash);
    if (credential->disabled)
        return SCA_E_CERT;
    if (csc->algo == NULL)
        return SCA_E_UNSUPPORTED;
    return sign->doc_count > credential->multisign ? SCA_E_REFUSED : 0;
}

static void read_credential(struct sca_csc *csc, const struct sca_event *event,
                            struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = sca_csc_read_credential(event->reply, &csc->credential, detail);

    if (err == SCA_CSC_STALE) {
        sca_csc_renew(csc, action, detail);
        return;
    }
    if (err == 0) {
        detail[0] = '\0';
        err = check_credential(csc);
    }
    if (err != 0)
        fail(csc, action, err, detail);
    else if (csc->lent && (csc->service.documents || !csc->credential.pinned))
        permitted(csc, action);
    else
        ask(csc, action);
}

static const struct sca_csc_call credential_call = {send_credential, read_credential, true};

/* ---- extendTransaction ----------------------------------------------------------------------- */

static void send_extend(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_put_extend(sca_base_body(&csc->base), &csc->service, &csc->base.sign, csc->algo,
                       sca_secret_bytes(csc->sad));
    sca_csc_post(csc, action,
                 &(struct sca_base_post){.path = "/credentials/extendTransaction",
                                         .timeout_ms = CALL_TIMEOUT_MS,
                                         .acts = true});
}

/* The old permission ends with the new one: where that is lost there is none any more, and the
 * person, who was not asked for these documents, is asked now. */
static void read_extend(struct sca_csc *csc, const struct sca_event *event,
                        struct sca_action *action)
{
    struct sca_csc_permit permit;

    sca_csc_read_permit(event->reply, false, false, &permit);
    if (permit.class == SCA_CSC_PERMIT_STALE) {
        sca_csc_renew(csc, action, permit.detail);
    } else if (permit.class == SCA_CSC_PERMIT_GIVEN) {
        sca_csc_take_sad(csc, &permit.sad, permit.life_s, event->now_ms);
        sca_csc_go(csc, action, &sign_call);
    } else if (csc->lent) {
        ask(csc, action);
    } else {
        fail(csc, action, permit.class == SCA_CSC_PERMIT_WAITING ? SCA_E_SERVER : permit.err,
             permit.detail);
    }
    sca_csc_permit_clear(&permit);
}

static const struct sca_csc_call extend_call = {send_extend, read_extend, true};

/* ---- signHash -------------------------------------------------------------------------------- */

static void send_sign(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_put_sign(sca_base_body(&csc->base), &csc->service, &csc->base.sign, csc->algo,
                     sca_secret_bytes(is_token(csc) ? NULL : csc->sad));
    if (!csc->kept)
        sca_secret_free(&csc->sad);
    sca_csc_post(csc, action,
                 &(struct sca_base_post){.path = "/signatures/signHash",
                                         .timeout_ms = SIGN_TIMEOUT_MS,
                                         .spends = true});
}

static void poll_later(struct sca_csc *csc, const struct sca_event *event,
                       struct sca_action *action, const struct sca_answer *answer)
{
    struct sca_base *base = &csc->base;

    memcpy(base->provider_txn, answer->provider_txn, sizeof base->provider_txn);
    base->watch.known = true;
    base->unattended = true;
    if (csc->by_page) /* what was given there is no token for other calls */
        sca_secret_free(&base->secret[SCA_SECRET_ACCESS_TOKEN]);
    csc->call = &poll_call;
    sca_watch_later(base, event, action);
}

static void on_signed(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action,
                      struct sca_answer *answer)
{
    struct sca_base *base = &csc->base;

    switch (answer->class) {
    case SCA_ANSWER_DONE:
        sca_base_adopt(base, action, answer);
        return;
    case SCA_ANSWER_PENDING:
        poll_later(csc, event, action, answer);
        return;
    case SCA_ANSWER_REFUSED:
        sca_base_fail(base, action, answer->err, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_STALE: /* refused at the door; a second request is not made all the same */
        sca_base_fail(base, action, SCA_E_REFUSED, SCA_SPENT_NOTHING, answer->detail);
        return;
    case SCA_ANSWER_STRANGE:
        sca_base_fail(base, action, SCA_E_SERVER, SCA_SPENT_UNKNOWN, answer->detail);
        return;
    case SCA_ANSWER_TROUBLE:
    case SCA_ANSWER_EXISTS:
    case SCA_ANSWER_REJECTED:
    case SCA_ANSWER_EXPIRED:
    case SCA_ANSWER_NOT_FOUND:
        break;
    }
    if (!sca_base_never_left(base, event, action)) {
        sca_log(SCA_LOG_WARNING, "txn", "%s: no answer to signHash (%s); it cannot be looked up",
                base->sign.txn_id, answer->detail);
        sca_base_fail(base, action, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN, answer->detail);
    }
}

static void read_sign(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action)
{
    struct sca_answer answer;

    sca_csc_read_sign(event->reply, &csc->base.sign, &answer);
    on_signed(csc, event, action, &answer);
    sca_answer_clear(&answer);
}

static const struct sca_csc_call sign_call = {send_sign, read_sign, true};

/*
 * The access token for signHash is here. Getting it may have taken long: a permission that is over
 * is not tried, one of which more than half is gone is renewed first where the service can.
 */
static void on_sign_token(struct sca_csc *csc, const struct sca_event *event,
                          struct sca_action *action)
{
    int64_t left_ms = csc->sad_until_ms - event->now_ms;
    int err = sca_base_take(&csc->base, event);

    if (err != 0)
        fail(csc, action, err, event->secret_detail);
    else if (csc->sad_life_ms != 0 && left_ms <= 0 && csc->lent)
        ask(csc, action);
    else if (csc->sad_life_ms != 0 && left_ms <= 0)
        fail(csc, action, SCA_E_EXPIRED, NULL);
    else if (csc->lent && csc->service.documents)
        sca_csc_go(csc, action, &extend_call);
    else if (csc->sad_life_ms != 0 && left_ms * 2 < csc->sad_life_ms && csc->service.extends)
        sca_csc_go(csc, action, &extend_call);
    else
        send_sign(csc, action);
}

/* ---- signPolling ----------------------------------------------------------------------------- */

static void send_poll(struct sca_csc *csc, struct sca_action *action)
{
    if (csc->base.secret[SCA_SECRET_ACCESS_TOKEN] == NULL) {
        sca_base_need(&csc->base, SCA_SECRET_ACCESS_TOKEN, action);
        return;
    }
    sca_csc_put_poll(sca_base_body(&csc->base), csc->base.provider_txn);
    sca_csc_look(csc, action, "/signatures/signPolling", CALL_TIMEOUT_MS);
}

static void read_poll(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action)
{
    struct sca_answer answer;

    sca_csc_read_poll(event->reply, &csc->base.sign, &answer);
    sca_watch_judge(&csc->base, event, action, &answer);
    sca_answer_clear(&answer);
}

static const struct sca_csc_call poll_call = {send_poll, read_poll, true};

/* ---- the flow -------------------------------------------------------------------------------- */

static void on_found(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_go(csc, action, csc->base.sign.resume ? &poll_call : &credential_call);
}

static void start(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_base *base = &csc->base;

    base->unattended = base->sign.resume;
    if (base->sign.resume && base->provider_txn[0] == '\0')
        sca_base_fail(base, action, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN, NULL);
    else
        sca_csc_find(csc, action, on_found);
}

static void last_chance(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_base *base = &csc->base;

    if (!sca_watch_last(base, action))
        return;
    if (csc->call == &poll_call)
        sca_csc_go(csc, action, &poll_call);
    else
        sca_base_fail(base, action, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN, NULL);
}

static void other_event(struct sca_csc *csc, const struct sca_event *event,
                        struct sca_action *action)
{
    const bool secret = event->kind == SCA_EVENT_SECRET;
    const enum sca_secret_kind asked = csc->base.asked;

    if (event->kind == SCA_EVENT_LISTENING || event->kind == SCA_EVENT_BROWSED ||
        (secret && asked == SCA_SECRET_CLIENT_SECRET))
        sca_csc_page_step(csc, event, action);
    else if (secret && asked == SCA_SECRET_CONSENT)
        sca_csc_take_consent(csc, event, action);
    else if (secret && asked != SCA_SECRET_ACCESS_TOKEN)
        sca_csc_take_value(csc, event, action);
    else if (secret && csc->call == &sign_call)
        on_sign_token(csc, event, action);
    else
        sca_csc_step(csc, event, action);
}

static void step(struct sca_flow *flow, const struct sca_event *event, struct sca_action *action)
{
    struct sca_csc *csc = sca_csc_of(flow);
    struct sca_base *base = &csc->base;

    if (sca_base_expects(base, event, action)) {
        if (event->kind == SCA_EVENT_LAST_CHANCE)
            last_chance(csc, action);
        else if (event->kind == SCA_EVENT_START)
            start(csc, action);
        else
            other_event(csc, event, action);
    }
    sca_base_tell(base, action);
    if (action->step == SCA_STEP_DONE || action->step == SCA_STEP_FAIL)
        show_permit(csc);
}

int sca_csc_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                 struct sca_flow **ret_flow)
{
    struct sca_csc *csc = NULL;

    if (sca_base_missing(sign->provider_id))
        return SCA_E_NO_CERT;
    if (sca_csc_hash_oid(sign->hash) == NULL || (size_t)sign->scheme >= SCA_CSC_SCHEMES)
        return SCA_E_UNSUPPORTED;
    int err = sca_csc_new(account, sign, step, &csc);
    if (err != 0)
        return err;
    err = borrow(csc, sign->permit);
    if (err != 0)
        sca_flow_free(&csc->base.flow);
    else
        *ret_flow = &csc->base.flow;
    return err;
}
