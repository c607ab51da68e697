/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT SmartCA TH, sp769 v2: password and one-time code instead of the phone.
 *
 *     [the person's yes] -> secrets -> sign (once) -> confirm with the SAD -> signatures
 *
 * The yes is asked for where a session shall begin by it: with the key of the one-time codes in the
 * account nobody else asks. The service knows nothing of such a session.
 *
 * A reply without SAD means that the phone is asked after all; a lost one means that nobody has the
 * SAD: both are watched as in v1. A confirm that may be lost is repeated with the same SAD while it
 * lives, and where its repetition is refused the status tells what the first one did. Source: VNPT
 * SmartCA third-party integration document v4.0.0, sections on v2 sign and confirm.
 */
#include "cloud/sp769.h"

#include <string.h>
#include "cloud/sp769_flow.h"
#include "cloud/watch.h"

#define SECRETS                                                                                    \
    (SCA_BIT(SCA_SECRET_SP_PASSWORD) | SCA_BIT(SCA_SECRET_PASSWORD) | SCA_BIT(SCA_SECRET_OTP))

static void send_confirm(struct sca_sp769 *flow, struct sca_action *action)
{
    struct sca_base *base = &flow->base;
    struct sca_sp769_who who = sca_sp769_who(flow);

    flow->phase = SCA_SP769_CONFIRMING;
    base->unattended = true;
    sca_sp769_put_confirm(sca_base_body(base), &who,
                          sca_secret_bytes(base->secret[SCA_SECRET_PASSWORD]), base->sign.txn_id,
                          sca_secret_bytes(flow->sad));
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = "/v2/signatures/confirm",
                                          .timeout_ms = SCA_SP769_SIGN_TIMEOUT_MS,
                                          .acts = true});
}

static void send_sign(struct sca_sp769 *flow, struct sca_action *action)
{
    struct sca_secret **secret = flow->base.secret;
    struct sca_sp769_person person = {
        .password = sca_secret_bytes(secret[SCA_SECRET_PASSWORD]),
        .otp = sca_secret_bytes(secret[SCA_SECRET_OTP]),
    };

    sca_sp769_send_sign(flow, action, "/v2/signatures/sign", &person);
    sca_secret_free(&secret[SCA_SECRET_OTP]);
}

static bool begins_session(const struct sca_sp769 *flow)
{
    const struct sca_cloud_sign *sign = &flow->base.sign;

    return flow->permit.signatures == 0 && sign->session_signatures > sign->doc_count;
}

static uint32_t needs(const struct sca_sp769 *flow)
{
    return begins_session(flow) ? SECRETS | SCA_BIT(SCA_SECRET_CONSENT) : SECRETS;
}

/* The session's at the end of the flow. */
static void show_permit(struct sca_sp769 *flow)
{
    if (flow->permit.signatures == 0 && !flow->consented)
        return;
    if (flow->consented)
        flow->permit = (struct sca_cloud_permit){
            .signatures = flow->base.sign.session_signatures,
            .renewed = true,
        };
    flow->base.flow.permit = &flow->permit;
}

static void begin(struct sca_sp769 *flow, const struct sca_event *event, struct sca_action *action)
{
    if (flow->base.sign.resume)
        sca_sp769_look(flow, action);
    else if (sca_base_collect(&flow->base, needs(flow), event, action))
        send_sign(flow, action);
    flow->consented |= flow->base.secret[SCA_SECRET_CONSENT] != NULL;
}

static void take_sad(struct sca_sp769 *flow, const struct sca_event *event,
                     struct sca_answer *answer)
{
    struct sca_base *base = &flow->base;

    flow->sad = answer->sad;
    answer->sad = NULL;
    flow->sad_until_ms = event->now_ms + (int64_t)answer->sad_life_s * 1000;
    base->watch.known = true;
    memcpy(base->provider_txn, answer->provider_txn, sizeof base->provider_txn);
}

static void on_sign(struct sca_sp769 *flow, const struct sca_event *event,
                    struct sca_action *action)
{
    struct sca_answer answer = {0};

    sca_sp769_read_sign(event->reply, flow->base.docs, flow->base.sign.doc_count, &answer);
    if (answer.class == SCA_ANSWER_PENDING && answer.sad != NULL) {
        take_sad(flow, event, &answer);
        send_confirm(flow, action);
    } else {
        flow->no_phone = answer.class != SCA_ANSWER_PENDING; /* no SAD: the app is asked */
        sca_sp769_signed(flow, event, action, &answer);
    }
    sca_answer_clear(&answer);
}

/* What the confirm did not settle the status may. */
static void look_instead(struct sca_sp769 *flow, struct sca_action *action)
{
    sca_sp769_forget(flow);
    sca_sp769_look(flow, action);
}

/* No answer to rely on: the same SAD again after a while, or, when it is dead, the status. */
static void confirm_again(struct sca_sp769 *flow, const struct sca_event *event,
                          struct sca_action *action, const struct sca_answer *answer)
{
    struct sca_base *base = &flow->base;
    uint32_t wait_ms = sca_watch_backoff_ms(base, event, base->watch.troubles++);

    memcpy(base->detail, answer->detail, sizeof base->detail);
    if (base->watch.last || event->now_ms + wait_ms >= flow->sad_until_ms)
        look_instead(flow, action);
    else
        sca_base_wait(base, action, wait_ms, false);
}

static void on_confirm_answer(struct sca_sp769 *flow, const struct sca_event *event,
                              struct sca_action *action, struct sca_answer *answer)
{
    bool arrived = event->reply->transport == SCA_TRANSPORT_OK ||
                   event->reply->transport == SCA_TRANSPORT_UNCERTAIN;

    if (answer->class == SCA_ANSWER_DONE) {
        sca_base_adopt(&flow->base, action, answer);
    } else if (answer->class == SCA_ANSWER_TROUBLE) {
        flow->confirm_arrived |= arrived;
        confirm_again(flow, event, action, answer);
    } else if (answer->class == SCA_ANSWER_REFUSED && !flow->confirm_arrived) {
        sca_base_fail(&flow->base, action, answer->err, answer->spent, answer->detail);
    } else {
        look_instead(flow, action);
    }
}

static void on_confirm(struct sca_sp769 *flow, const struct sca_event *event,
                       struct sca_action *action)
{
    struct sca_answer answer = {0};

    sca_sp769_read_confirm(event->reply, flow->base.docs, flow->base.sign.doc_count, &answer);
    on_confirm_answer(flow, event, action, &answer);
    sca_answer_clear(&answer);
}

/* While the SAD lives the last try is one more confirm. */
static void last_chance(struct sca_sp769 *flow, const struct sca_event *event,
                        struct sca_action *action)
{
    if (flow->phase != SCA_SP769_CONFIRMING || event->now_ms >= flow->sad_until_ms) {
        sca_sp769_last_look(flow, action);
        return;
    }
    flow->confirm_arrived |= flow->base.await == SCA_AWAIT_REPLY;
    flow->base.watch.last = true;
    send_confirm(flow, action);
}

static void on_reply(struct sca_sp769 *flow, const struct sca_event *event,
                     struct sca_action *action)
{
    switch (flow->phase) {
    case SCA_SP769_SIGNING:
        on_sign(flow, event, action);
        return;
    case SCA_SP769_CONFIRMING:
        on_confirm(flow, event, action);
        return;
    case SCA_SP769_LOOKING:
        sca_sp769_on_look(flow, event, action);
        return;
    }
}

static void on_event(struct sca_sp769 *flow, const struct sca_event *event,
                     struct sca_action *action)
{
    if (event->kind == SCA_EVENT_LAST_CHANCE)
        last_chance(flow, event, action);
    else if (event->kind == SCA_EVENT_REPLY)
        on_reply(flow, event, action);
    else if (event->kind != SCA_EVENT_TIMER)
        begin(flow, event, action);
    else if (flow->phase == SCA_SP769_CONFIRMING)
        send_confirm(flow, action);
    else
        sca_sp769_look(flow, action);
}

static void step(struct sca_flow *flow, const struct sca_event *event, struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (sca_base_expects(base, event, action))
        on_event(sca_sp769_of(flow), event, action);
    sca_base_tell(base, action);
    if (action->step == SCA_STEP_DONE || action->step == SCA_STEP_FAIL)
        show_permit(sca_sp769_of(flow));
}

static int sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                struct sca_flow **ret_flow)
{
    struct sca_sp769 *flow = NULL;

    int err = sca_sp769_new_sign(account, sign, step, &flow);
    if (err != 0)
        return err;
    flow->no_phone = true;
    if (sign->permit != NULL)
        flow->permit = (struct sca_cloud_permit){.signatures = sign->permit->signatures};
    *ret_flow = &flow->base.flow;
    return 0;
}

const struct sca_provider sca_provider_vnpt_th = {
    .name = "vnpt-smartca-th",
    .title = "VNPT SmartCA TH",
    .url = "https://gwsca.vnpt.vn/sca/sp769",
    .caps = SCA_CAP_PHONE | SCA_CAP_PASSWORD | SCA_CAP_OTP | SCA_CAP_CONSENT,
    .needs = SCA_SET_SP_ID | SCA_SET_SP_PASSWORD | SCA_SET_USER_ID,
    .uses = SCA_SET_PASSWORD | SCA_SET_TOTP | SCA_SET_SESSION,
    .max_batch = SCA_SP769_BATCH,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
    .list = sca_sp769_list,
    .sign = sign,
};
