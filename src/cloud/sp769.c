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
    sca_sp769_put_list(sca_sp769_body(flow), &who, txn_id);
    sca_sp769_post(flow, action, SCA_SP769_LISTING, "/v1/credentials/get_certificate");
}

static void on_list(struct sca_sp769 *flow, const struct sca_event *event,
                    struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];

    int err = sca_sp769_read_list(event->reply, &flow->listing, detail);
    if (err != 0) {
        sca_sp769_fail(flow, action, err, SCA_SPENT_NOTHING, detail);
        return;
    }
    flow->flow.listing = &flow->listing;
    sca_sp769_done(flow, action);
}

static void list_step(struct sca_flow *base, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_sp769 *flow = sca_sp769_of(base);
    bool collecting = sca_sp769_collecting(flow, event);

    if (flow->phase == SCA_SP769_ENDED)
        *action = flow->end;
    else if (event->kind == SCA_EVENT_LAST_CHANCE)
        sca_sp769_fail(flow, action, SCA_E_TIMEOUT, SCA_SPENT_NOTHING, NULL);
    else if (flow->phase == SCA_SP769_LISTING && event->kind == SCA_EVENT_REPLY)
        on_list(flow, event, action);
    else if (!collecting)
        sca_sp769_fail(flow, action, SCA_E_INVAL, SCA_SPENT_NOTHING, NULL);
    else if (sca_sp769_collect(flow, SCA_BIT(SCA_SECRET_SP_PASSWORD), event, action))
        send_list(flow, action);
}

int sca_sp769_list(const struct sca_cloud_account *account, struct sca_flow **ret_flow)
{
    struct sca_sp769 *flow = NULL;

    int err = sca_sp769_new(account, list_step, &flow);
    if (err == 0)
        *ret_flow = &flow->flow;
    return err;
}

/* ---- signing --------------------------------------------------------------------------------- */

static void on_sign(struct sca_sp769 *flow, const struct sca_event *event,
                    struct sca_action *action)
{
    struct sca_sp769_answer answer = {0};

    sca_sp769_read_sign(event->reply, flow->docs, flow->sign.doc_count, &answer);
    sca_sp769_signed(flow, event, action, &answer);
    sca_sp769_answer_clear(&answer);
}

static void sign_step(struct sca_flow *base, const struct sca_event *event,
                      struct sca_action *action)
{
    struct sca_sp769 *flow = sca_sp769_of(base);
    bool collecting = sca_sp769_collecting(flow, event);

    if (flow->phase == SCA_SP769_ENDED)
        *action = flow->end;
    else if (event->kind == SCA_EVENT_LAST_CHANCE)
        sca_sp769_last_chance(flow, action);
    else if (collecting && flow->sign.resume)
        sca_sp769_poll(flow, action);
    else if (flow->phase == SCA_SP769_SIGNING && event->kind == SCA_EVENT_REPLY)
        on_sign(flow, event, action);
    else if (!collecting)
        sca_sp769_watch_step(flow, event, action);
    else if (sca_sp769_collect(flow, SCA_BIT(SCA_SECRET_SP_PASSWORD), event, action))
        sca_sp769_send_sign(flow, action, "/v1/signatures/sign", NULL);
    sca_sp769_tell(flow, action);
}

static int sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                struct sca_flow **ret_flow)
{
    return sca_sp769_new_sign(account, sign, sign_step, ret_flow);
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
