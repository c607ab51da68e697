/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT SmartCA TH, sp769 v2: password and one-time code instead of the phone.
 *
 *     secrets -> sign (once) -> confirm with the SAD -> signatures
 *
 * A reply without SAD means that the phone is asked after all; a lost one means that nobody has the
 * SAD: both are watched as in v1. A confirm that may be lost is repeated with the same SAD while it
 * lives, and where its repetition is refused the status tells what the first one did. Source: VNPT
 * SmartCA third-party integration document v4.0.0, sections on v2 sign and confirm.
 */
#include "cloud/sp769.h"
#include <string.h>
#include "cloud/sp769_flow.h"

#define SECRETS                                                                                    \
    (SCA_BIT(SCA_SECRET_SP_PASSWORD) | SCA_BIT(SCA_SECRET_PASSWORD) | SCA_BIT(SCA_SECRET_OTP))

static void send_confirm(struct sca_sp769 *flow, struct sca_action *action)
{
    struct sca_sp769_who who = sca_sp769_who(flow);

    flow->confirmed = true;
    sca_sp769_put_confirm(sca_sp769_body(flow), &who,
                          sca_secret_bytes(flow->secret[SCA_SECRET_PASSWORD]), flow->sign.txn_id,
                          sca_secret_bytes(flow->sad));
    sca_sp769_post(flow, action, SCA_SP769_CONFIRMING, "/v2/signatures/confirm");
}

static void send_sign(struct sca_sp769 *flow, struct sca_action *action)
{
    struct sca_sp769_person person = {
        .password = sca_secret_bytes(flow->secret[SCA_SECRET_PASSWORD]),
        .otp = sca_secret_bytes(flow->secret[SCA_SECRET_OTP]),
    };

    sca_sp769_send_sign(flow, action, "/v2/signatures/sign", &person);
    sca_secret_free(&flow->secret[SCA_SECRET_OTP]);
}

static void on_sign(struct sca_sp769 *flow, const struct sca_event *event,
                    struct sca_action *action)
{
    struct sca_sp769_answer answer = {0};

    sca_sp769_read_sign(event->reply, flow->docs, flow->sign.doc_count, &answer);
    if (answer.class == SCA_SP769_PENDING && answer.sad != NULL) {
        flow->sad = answer.sad;
        answer.sad = NULL;
        flow->sad_until_ms = event->now_ms + (int64_t)answer.sad_life_s * 1000;
        flow->watch.known = true;
        memcpy(flow->tran_code, answer.tran_code, sizeof flow->tran_code);
        send_confirm(flow, action);
    } else {
        flow->watch.no_phone = answer.class != SCA_SP769_PENDING; /* no SAD: the app is asked */
        sca_sp769_signed(flow, event, action, &answer);
    }
    sca_sp769_answer_clear(&answer);
}

/* No answer to rely on: the same SAD again after a while, or, when it is dead, the status. */
static void confirm_again(struct sca_sp769 *flow, const struct sca_event *event,
                          struct sca_action *action, const struct sca_sp769_answer *answer)
{
    uint32_t wait_ms =
        sca_sp769_backoff_ms(flow, flow->watch.troubles++, event->reply->retry_after_s);

    memcpy(flow->detail, answer->detail, sizeof flow->detail);
    if (flow->watch.last || event->now_ms + wait_ms >= flow->sad_until_ms) {
        sca_sp769_forget(flow);
        sca_sp769_poll(flow, action);
        return;
    }
    flow->phase = SCA_SP769_CONFIRM_WAIT;
    *action = (struct sca_action){.step = SCA_STEP_WAIT, .wait_ms = wait_ms};
}

static void on_confirm_answer(struct sca_sp769 *flow, const struct sca_event *event,
                              struct sca_action *action, struct sca_sp769_answer *answer)
{
    bool arrived = event->reply->transport == SCA_TRANSPORT_OK ||
                   event->reply->transport == SCA_TRANSPORT_UNCERTAIN;

    if (answer->class == SCA_SP769_DONE) {
        sca_sp769_adopt(flow, action, answer);
    } else if (answer->class == SCA_SP769_TROUBLE) {
        flow->confirm_arrived |= arrived;
        confirm_again(flow, event, action, answer);
    } else if (answer->class == SCA_SP769_REFUSED && !flow->confirm_arrived) {
        sca_sp769_fail(flow, action, answer->err, answer->spent, answer->detail);
    } else {
        sca_sp769_forget(flow);
        sca_sp769_poll(flow, action);
    }
}

static void on_confirm(struct sca_sp769 *flow, const struct sca_event *event,
                       struct sca_action *action)
{
    struct sca_sp769_answer answer = {0};

    sca_sp769_read_confirm(event->reply, flow->docs, flow->sign.doc_count, &answer);
    on_confirm_answer(flow, event, action, &answer);
    sca_sp769_answer_clear(&answer);
}

/* While the SAD lives the last try is one more confirm; what it does not settle the status may. */
static void last_chance(struct sca_sp769 *flow, const struct sca_event *event,
                        struct sca_action *action)
{
    bool confirming = flow->phase == SCA_SP769_CONFIRMING || flow->phase == SCA_SP769_CONFIRM_WAIT;

    if (!confirming || event->now_ms >= flow->sad_until_ms) {
        sca_sp769_last_chance(flow, action);
        return;
    }
    flow->confirm_arrived |= flow->phase == SCA_SP769_CONFIRMING;
    flow->watch.last = true;
    send_confirm(flow, action);
}

static void step(struct sca_flow *base, const struct sca_event *event, struct sca_action *action)
{
    struct sca_sp769 *flow = sca_sp769_of(base);
    bool collecting = sca_sp769_collecting(flow, event);

    if (flow->phase == SCA_SP769_ENDED)
        *action = flow->end;
    else if (event->kind == SCA_EVENT_LAST_CHANCE)
        last_chance(flow, event, action);
    else if (collecting && flow->sign.resume)
        sca_sp769_poll(flow, action);
    else if (flow->phase == SCA_SP769_SIGNING && event->kind == SCA_EVENT_REPLY)
        on_sign(flow, event, action);
    else if (flow->phase == SCA_SP769_CONFIRMING && event->kind == SCA_EVENT_REPLY)
        on_confirm(flow, event, action);
    else if (flow->phase == SCA_SP769_CONFIRM_WAIT && event->kind == SCA_EVENT_TIMER)
        send_confirm(flow, action);
    else if (!collecting)
        sca_sp769_watch_step(flow, event, action);
    else if (sca_sp769_collect(flow, SECRETS, event, action))
        send_sign(flow, action);
    sca_sp769_tell(flow, action);
}

static int sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                struct sca_flow **ret_flow)
{
    const int err = sca_sp769_new_sign(account, sign, step, ret_flow);

    if (err == 0)
        sca_sp769_of(*ret_flow)->watch.no_phone = true;
    return err;
}

const struct sca_provider sca_provider_vnpt_th = {
    .name = "vnpt-smartca-th",
    .title = "VNPT SmartCA TH",
    .url = "https://gwsca.vnpt.vn/sca/sp769",
    .caps = SCA_CAP_PHONE | SCA_CAP_PASSWORD | SCA_CAP_OTP,
    .needs = SCA_SET_SP_ID | SCA_SET_SP_PASSWORD | SCA_SET_USER_ID,
    .uses = SCA_SET_PASSWORD | SCA_SET_TOTP,
    .max_batch = SCA_SP769_BATCH,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
    .list = sca_sp769_list,
    .sign = sign,
};
