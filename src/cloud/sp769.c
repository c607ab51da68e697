/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT SmartCA, sp769 v1: the person confirms in the phone app. The listing serves both versions.
 *
 *     secret -> sign (once) -> [wait -> status]* -> signatures
 *
 * Source: VNPT SmartCA third-party integration document v4.0.0, sections 3.1 to 3.4.
 */
#include "cloud/sp769.h"

#include <string.h>
#include <sys/random.h>
#include "cloud/sp769_flow.h"
#include "common/text.h"

/* ---- listing --------------------------------------------------------------------------------- */

static void send_list(struct sca_sp769 *flow, struct sca_action *action)
{
    struct sca_sp769_who who = sca_sp769_who(flow);
    char txn_id[33] = "smartca-pkcs11";
    uint8_t noise[16];

    /* The service asks for an id and, as far as anyone has seen, compares it with nothing. */
    if (getrandom(noise, sizeof noise, GRND_NONBLOCK) == (ssize_t)sizeof noise)
        sca_hex_encode((struct sca_bytes){noise, sizeof noise}, txn_id);
    sca_sp769_put_list(sca_base_body(&flow->base), &who, txn_id);
    sca_base_post(&flow->base, action,
                  &(struct sca_base_post){.path = "/v1/credentials/get_certificate",
                                          .timeout_ms = SCA_SP769_TIMEOUT_MS});
}

static void on_list(struct sca_base *base, const struct sca_event *event, struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];

    int err = sca_sp769_read_list(event->reply, &base->listing, detail);
    if (err != 0) {
        sca_base_break(base, action, err, detail);
        return;
    }
    base->flow.listing = &base->listing;
    sca_base_done(base, action);
}

static void list_step(struct sca_flow *flow, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (!sca_base_proceeds(base, event, action))
        return;
    if (event->kind == SCA_EVENT_REPLY)
        on_list(base, event, action);
    else if (sca_base_collect(base, SCA_BIT(SCA_SECRET_SP_PASSWORD), event, action))
        send_list(sca_sp769_of(flow), action);
}

int sca_sp769_list(const struct sca_cloud_account *account, struct sca_flow **ret_flow)
{
    struct sca_sp769 *flow = NULL;

    int err = sca_sp769_new(account, list_step, &flow);
    if (err == 0)
        *ret_flow = &flow->base.flow;
    return err;
}

/* ---- signing --------------------------------------------------------------------------------- */

static void begin(struct sca_sp769 *flow, const struct sca_event *event, struct sca_action *action)
{
    if (flow->base.sign.resume)
        sca_sp769_look(flow, action);
    else if (sca_base_collect(&flow->base, SCA_BIT(SCA_SECRET_SP_PASSWORD), event, action))
        sca_sp769_send_sign(flow, action, "/v1/signatures/sign", NULL);
}

static void on_sign(struct sca_sp769 *flow, const struct sca_event *event,
                    struct sca_action *action)
{
    struct sca_answer answer = {0};

    sca_sp769_read_sign(event->reply, flow->base.docs, flow->base.sign.doc_count, &answer);
    sca_sp769_signed(flow, event, action, &answer);
    sca_answer_clear(&answer);
}

static void on_event(struct sca_sp769 *flow, const struct sca_event *event,
                     struct sca_action *action)
{
    if (event->kind == SCA_EVENT_LAST_CHANCE)
        sca_sp769_last_look(flow, action);
    else if (event->kind == SCA_EVENT_TIMER)
        sca_sp769_look(flow, action);
    else if (event->kind != SCA_EVENT_REPLY)
        begin(flow, event, action);
    else if (flow->phase == SCA_SP769_SIGNING)
        on_sign(flow, event, action);
    else
        sca_sp769_on_look(flow, event, action);
}

static void sign_step(struct sca_flow *flow, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (sca_base_expects(base, event, action))
        on_event(sca_sp769_of(flow), event, action);
    sca_base_tell(base, action);
}

static int sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                struct sca_flow **ret_flow)
{
    struct sca_sp769 *flow = NULL;

    int err = sca_sp769_new_sign(account, sign, sign_step, &flow);
    if (err == 0)
        *ret_flow = &flow->base.flow;
    return err;
}

const struct sca_provider sca_provider_vnpt = {
    .name = "vnpt-smartca",
    .title = "VNPT SmartCA",
    .url = "https://gwsca.vnpt.vn/sca/sp769",
    .caps = SCA_CAP_PHONE,
    .needs = SCA_SET_SP_ID | SCA_SET_SP_PASSWORD | SCA_SET_USER_ID,
    .max_batch = SCA_SP769_BATCH,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
    .list = sca_sp769_list,
    .sign = sign,
};
