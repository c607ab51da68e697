/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in two steps, of which only the second can cost anything:
 *
 *     info -> token -> credentials/info -> [PIN, code] -> authorize [-> authorizeCheck]*
 *          -> token -> signHash (spends, once) [-> signPolling]*
 *
 * A permission that is lost on its way is not asked for again: it may be on the person's phone. Of
 * a signHash without an answer nobody can tell what became of it, unless the service had already
 * given the id under which it can be asked for (asynchronous mode); that id is kept with the
 * transaction.
 */
#include <string.h>
#include "cloud/csc_flow.h"
#include "cloud/watch.h"
#include "common/log.h"

#define CALL_TIMEOUT_MS 15000u
#define SIGN_TIMEOUT_MS 60000u
#define PERSON_TIMEOUT_MS                                                                          \
    3600000u /* answered when the person has decided; the agent ends it before */

static const struct sca_csc_call credential_call;
static const struct sca_csc_call send_code_call;
static const struct sca_csc_call authorize_call;
static const struct sca_csc_call check_call;
static const struct sca_csc_call sign_call;
static const struct sca_csc_call poll_call;

static void fail(struct sca_csc *csc, struct sca_action *action, int err, const char *detail)
{
    sca_base_break(&csc->base, action, err, detail);
}

/* ---- what the key asks for ------------------------------------------------------------------- */

/* The secret that an object stands for; false for one that is not ours to give. */
static bool secret_of(enum sca_csc_factor factor, enum sca_secret_kind *ret_kind)
{
    switch (factor) {
    case SCA_CSC_PIN:
        *ret_kind = SCA_SECRET_CREDENTIAL_PIN;
        return true;
    case SCA_CSC_OTP:
        *ret_kind = SCA_SECRET_OTP;
        return true;
    case SCA_CSC_SENT_OTP:
        *ret_kind = SCA_SECRET_SENT_OTP;
        return true;
    case SCA_CSC_APP:
        break;
    }
    return false;
}

/* Asks for the next value, or goes on to authorize when all are here. */
static void next_factor(struct sca_csc *csc, struct sca_action *action)
{
    enum sca_secret_kind kind = SCA_SECRET_CREDENTIAL_PIN;

    for (; csc->factor < csc->credential.object_count; csc->factor++) {
        enum sca_csc_factor factor = csc->credential.objects[csc->factor].factor;
        if (factor == SCA_CSC_SENT_OTP) {
            sca_csc_go(csc, action, &send_code_call);
            return;
        }
        if (secret_of(factor, &kind)) {
            sca_base_need(&csc->base, kind, action);
            return;
        }
    }
    sca_csc_go(csc, action, &authorize_call);
}

static void on_value(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action)
{
    struct sca_secret **secret = &csc->base.secret[csc->base.asked];
    int err = sca_base_take(&csc->base, event);

    if (err != 0) {
        fail(csc, action, err, event->secret_detail);
        return;
    }
    csc->values[csc->factor++] = *secret;
    *secret = NULL;
    next_factor(csc, action);
}

static void send_code(struct sca_csc *csc, struct sca_action *action)
{
    bool old = csc->service.version < 2;

    sca_csc_put_send_code(sca_base_body(&csc->base), csc->service.version,
                          csc->base.sign.provider_id, csc->credential.objects[csc->factor].id);
    sca_csc_post(csc, action, old ? "/credentials/sendOTP" : "/credentials/getChallenge",
                 CALL_TIMEOUT_MS, false);
}

static void read_code(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = sca_csc_read_done(event->reply, detail);

    if (err == SCA_CSC_STALE)
        sca_csc_renew(csc, action, detail);
    else if (err != 0)
        fail(csc, action, err, detail);
    else
        sca_base_need(&csc->base, SCA_SECRET_SENT_OTP, action);
}

static const struct sca_csc_call send_code_call = {send_code, read_code, true};

/* ---- credentials/info ------------------------------------------------------------------------ */

static void send_credential(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_put_credential(sca_base_body(&csc->base), csc->base.sign.provider_id, false);
    sca_csc_post(csc, action, "/credentials/info", CALL_TIMEOUT_MS, false);
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
    if (sign->doc_count > credential->multisign)
        return SCA_E_REFUSED;
    return credential->mode == SCA_CSC_BROWSER ? SCA_E_NEED_AUTH : 0;
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
    else
        next_factor(csc, action);
}

static const struct sca_csc_call credential_call = {send_credential, read_credential, true};

/* ---- permission ------------------------------------------------------------------------------ */

/* Somebody is asked elsewhere: on a phone, or in a way that the service does not tell. */
static bool asks_person(const struct sca_csc *csc)
{
    bool app = csc->credential.mode == SCA_CSC_IMPLICIT;

    for (size_t i = 0; i < csc->credential.object_count; i++)
        app |= csc->credential.objects[i].factor == SCA_CSC_APP;
    return app;
}

static bool typed(const struct sca_csc *csc)
{
    bool any = false;

    for (size_t i = 0; i < csc->credential.object_count; i++)
        any |= csc->values[i] != NULL;
    return any;
}

static void forget_values(struct sca_csc *csc)
{
    for (size_t i = 0; i < SCA_CSC_OBJECTS_MAX; i++)
        sca_secret_free(&csc->values[i]);
}

static void send_authorize(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_bytes values[SCA_CSC_OBJECTS_MAX];
    bool person = asks_person(csc);

    for (size_t i = 0; i < SCA_CSC_OBJECTS_MAX; i++)
        values[i] = sca_secret_bytes(csc->values[i]);
    sca_csc_put_authorize(sca_base_body(&csc->base), csc->service.version, &csc->base.sign,
                          &csc->credential, values);
    sca_csc_post(csc, action, "/credentials/authorize",
                 person ? PERSON_TIMEOUT_MS : CALL_TIMEOUT_MS, false);
    if (action->step == SCA_STEP_SEND)
        action->waiting_for_person = person;
}

/* The token may have grown old while the person thought; the request to come is never repeated. */
static void permitted(struct sca_csc *csc, struct sca_action *action, struct sca_csc_permit *permit)
{
    forget_values(csc);
    csc->sad = permit->sad;
    permit->sad = NULL;
    csc->call = &sign_call;
    sca_base_need(&csc->base, SCA_SECRET_ACCESS_TOKEN, action);
}

static void check_later(struct sca_csc *csc, struct sca_action *action, uint32_t retry_after_s)
{
    csc->call = &check_call;
    csc->renewed = false;
    sca_base_wait(&csc->base, action,
                  sca_watch_backoff_ms(&csc->base, csc->troubles, retry_after_s), true);
}

static void wait_for_person(struct sca_csc *csc, const struct sca_event *event,
                            struct sca_action *action, struct sca_csc_permit *permit)
{
    forget_values(csc);
    if (permit->handle != NULL) {
        sca_secret_free(&csc->handle);
        csc->handle = permit->handle;
        permit->handle = NULL;
    }
    if (csc->handle == NULL) {
        fail(csc, action, SCA_E_SERVER, permit->detail);
        return;
    }
    csc->troubles = 0;
    check_later(csc, action, event->reply->retry_after_s);
}

/* Nobody knows whether the person was asked, but nothing can be signed by it. */
static void lost_permit(struct sca_csc *csc, const struct sca_event *event,
                        struct sca_action *action, const struct sca_csc_permit *permit)
{
    if (sca_base_never_left(&csc->base, event, action))
        return;
    bool late = asks_person(csc) &&
                (event->reply->transport != SCA_TRANSPORT_OK || event->reply->status == 408 ||
                 event->reply->status == 503 || event->reply->status == 504);
    fail(csc, action, late ? SCA_E_EXPIRED : permit->err, permit->detail);
}

static void on_permit(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action,
                      struct sca_csc_permit *permit)
{
    switch (permit->class) {
    case SCA_CSC_PERMIT_GIVEN:
        permitted(csc, action, permit);
        return;
    case SCA_CSC_PERMIT_WAITING:
        wait_for_person(csc, event, action, permit);
        return;
    case SCA_CSC_PERMIT_REFUSED:
        fail(csc, action, permit->err, permit->detail);
        return;
    case SCA_CSC_PERMIT_STALE:
        sca_csc_renew(csc, action, permit->detail);
        return;
    case SCA_CSC_PERMIT_TROUBLE:
        if (csc->handle == NULL) {
            lost_permit(csc, event, action, permit);
            return;
        }
        csc->troubles++; /* asking how it stands may be repeated as often as need be */
        check_later(csc, action, event->reply->retry_after_s);
        return;
    }
}

static void read_authorize(struct sca_csc *csc, const struct sca_event *event,
                           struct sca_action *action)
{
    struct sca_csc_permit permit;

    sca_csc_read_permit(event->reply, asks_person(csc), typed(csc), &permit);
    on_permit(csc, event, action, &permit);
    sca_csc_permit_clear(&permit);
}

static const struct sca_csc_call authorize_call = {send_authorize, read_authorize, true};

static void send_check(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_put_check(sca_base_body(&csc->base), sca_secret_bytes(csc->handle));
    sca_csc_post(csc, action, "/credentials/authorizeCheck", CALL_TIMEOUT_MS, false);
}

static void read_check(struct sca_csc *csc, const struct sca_event *event,
                       struct sca_action *action)
{
    struct sca_csc_permit permit;

    sca_csc_read_permit(event->reply, true, false, &permit);
    on_permit(csc, event, action, &permit);
    sca_csc_permit_clear(&permit);
}

static const struct sca_csc_call check_call = {send_check, read_check, true};

/* ---- signHash -------------------------------------------------------------------------------- */

static void send_sign(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_put_sign(sca_base_body(&csc->base), csc->service.version, &csc->base.sign, csc->algo,
                     sca_secret_bytes(csc->sad), csc->service.asynchronous);
    sca_secret_free(&csc->sad);
    sca_csc_post(csc, action, "/signatures/signHash", SIGN_TIMEOUT_MS, true);
}

static void poll_later(struct sca_csc *csc, struct sca_action *action,
                       const struct sca_answer *answer)
{
    struct sca_base *base = &csc->base;

    memcpy(base->provider_txn, answer->provider_txn, sizeof base->provider_txn);
    base->watch.known = true;
    base->unattended = true;
    csc->call = &poll_call;
    sca_watch_later(base, action);
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
        poll_later(csc, action, answer);
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

/* ---- signPolling ----------------------------------------------------------------------------- */

static void send_poll(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_put_poll(sca_base_body(&csc->base), csc->base.provider_txn);
    sca_csc_post(csc, action, "/signatures/signPolling", CALL_TIMEOUT_MS, false);
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

static void step(struct sca_flow *flow, const struct sca_event *event, struct sca_action *action)
{
    struct sca_csc *csc = sca_csc_of(flow);
    struct sca_base *base = &csc->base;

    if (sca_base_expects(base, event, action)) {
        if (event->kind == SCA_EVENT_LAST_CHANCE)
            last_chance(csc, action);
        else if (event->kind == SCA_EVENT_START)
            start(csc, action);
        else if (event->kind == SCA_EVENT_SECRET && base->asked != SCA_SECRET_ACCESS_TOKEN)
            on_value(csc, event, action);
        else
            sca_csc_step(csc, event, action);
    }
    sca_base_tell(base, action);
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
    if (err == 0)
        *ret_flow = &csc->base.flow;
    return err;
}
