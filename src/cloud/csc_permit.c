/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Permission to sign by what the person knows, has, or confirms in an app:
 *
 *     [PIN, code] -> authorize [-> authorizeCheck]* -> permission (SAD)
 *
 * A permission that is lost on its way is not asked for again: it may be on the person's phone.
 */
#include "cloud/csc_flow.h"
#include "cloud/watch.h"

#define CALL_TIMEOUT_MS 15000u
#define PERSON_TIMEOUT_MS                                                                          \
    3600000u /* answered when the person has decided; the agent ends it before */

static const struct sca_csc_call send_code_call;
static const struct sca_csc_call authorize_call;
static const struct sca_csc_call check_call;

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

void sca_csc_take_value(struct sca_csc *csc, const struct sca_event *event,
                        struct sca_action *action)
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
    sca_csc_post(
        csc, action,
        &(struct sca_base_post){.path = old ? "/credentials/sendOTP" : "/credentials/getChallenge",
                                .timeout_ms = CALL_TIMEOUT_MS,
                                .acts = true});
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
    sca_csc_put_authorize(sca_base_body(&csc->base), &csc->service, &csc->base.sign,
                          &csc->credential, values);
    sca_csc_post(csc, action,
                 &(struct sca_base_post){.path = "/credentials/authorize",
                                         .timeout_ms = person ? PERSON_TIMEOUT_MS : CALL_TIMEOUT_MS,
                                         .acts = true,
                                         .asks = csc->service.documents});
    if (action->step == SCA_STEP_SEND)
        action->waiting_for_person = person;
}

static void take_permit(struct sca_csc *csc, const struct sca_event *event,
                        struct sca_action *action, struct sca_csc_permit *permit)
{
    forget_values(csc);
    sca_csc_take_sad(csc, &permit->sad, permit->life_s, event->now_ms);
    csc->permitted(csc, action);
}

static void check_later(struct sca_csc *csc, struct sca_action *action, uint32_t wait_ms)
{
    csc->call = &check_call;
    csc->renewed = false;
    sca_base_wait(&csc->base, action, wait_ms, true);
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
    check_later(csc, action, sca_watch_pace_ms(&csc->base, event));
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
        take_permit(csc, event, action, permit);
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
        check_later(csc, action, sca_watch_backoff_ms(&csc->base, event, csc->troubles));
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
    sca_csc_look(csc, action, "/credentials/authorizeCheck", CALL_TIMEOUT_MS);
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

/* ---- the door -------------------------------------------------------------------------------- */

void sca_csc_ask_permit(struct sca_csc *csc, struct sca_action *action,
                        void (*permitted)(struct sca_csc *csc, struct sca_action *action))
{
    csc->permitted = permitted;
    next_factor(csc, action);
}
