/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the sp769 flows. Secrets leave the flow as soon as no later request needs them: v1
 * forgets all once the sign request is answered, v2 keeps password and SAD until it is confirmed.
 */
#include "cloud/sp769_flow.h"

#include <string.h>
#include "cloud/watch.h"
#include "common/log.h"

/* ---- making ---------------------------------------------------------------------------------- */

struct sca_sp769 *sca_sp769_of(struct sca_flow *flow)
{
    return (struct sca_sp769 *)(void *)sca_base_of(flow);
}

static void clear(struct sca_base *base)
{
    sca_secret_free(&sca_sp769_of(&base->flow)->sad);
}

static bool incomplete(const struct sca_cloud_account *account)
{
    return sca_base_missing(account->sp_id) || sca_base_missing(account->user_id);
}

static void adopt(struct sca_base *base, struct sca_sp769 **ret_flow)
{
    base->clear = clear;
    *ret_flow = sca_sp769_of(&base->flow);
}

int sca_sp769_new(const struct sca_cloud_account *account, sca_base_step *step,
                  struct sca_sp769 **ret_flow)
{
    struct sca_base *base = NULL;

    if (incomplete(account))
        return SCA_E_CONFIG;
    int err = sca_base_new(account, sizeof(struct sca_sp769), step, &base);
    if (err == 0)
        adopt(base, ret_flow);
    return err;
}

int sca_sp769_new_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                       sca_base_step *step, struct sca_sp769 **ret_flow)
{
    struct sca_base *base = NULL;

    if (sign->scheme != SCA_SCHEME_PKCS1)
        return SCA_E_UNSUPPORTED;
    if (incomplete(account))
        return SCA_E_CONFIG;
    int err = sca_base_new_sign(account, sign, sizeof(struct sca_sp769), step, &base);
    if (err == 0)
        adopt(base, ret_flow);
    return err;
}

struct sca_sp769_who sca_sp769_who(const struct sca_sp769 *flow)
{
    return (struct sca_sp769_who){
        .sp_id = flow->base.account.sp_id,
        .sp_password = sca_secret_bytes(flow->base.secret[SCA_SECRET_SP_PASSWORD]),
        .user_id = flow->base.account.user_id,
    };
}

void sca_sp769_forget(struct sca_sp769 *flow)
{
    sca_base_forget(&flow->base);
    sca_secret_free(&flow->sad);
}

/* ---- the sign request ------------------------------------------------------------------------ */

void sca_sp769_send_sign(struct sca_sp769 *flow, struct sca_action *action, const char *path,
                         const struct sca_sp769_person *person)
{
    struct sca_sp769_who who = sca_sp769_who(flow);

    sca_sp769_put_sign(sca_base_body(&flow->base), &who, &flow->base.sign, person);
    sca_base_post(&flow->base, action,
                  &(struct sca_base_post){
                      .path = path, .timeout_ms = SCA_SP769_SIGN_TIMEOUT_MS, .spends = true});
}

void sca_sp769_signed(struct sca_sp769 *flow, const struct sca_event *event,
                      struct sca_action *action, struct sca_answer *answer)
{
    struct sca_base *base = &flow->base;

    if (sca_base_never_left(base, event, action))
        return;
    if (answer->class == SCA_ANSWER_DONE) {
        sca_base_adopt(base, action, answer);
        return;
    }
    if (answer->class == SCA_ANSWER_REFUSED) {
        sca_base_fail(base, action, answer->err, answer->spent, answer->detail);
        return;
    }

    /* From here on only the transaction's id counts. */
    sca_sp769_forget(flow);
    flow->phase = SCA_SP769_LOOKING;
    memcpy(base->provider_txn, answer->provider_txn, sizeof base->provider_txn);
    memcpy(base->detail, answer->detail, sizeof base->detail);
    base->watch.known = answer->class == SCA_ANSWER_PENDING || answer->class == SCA_ANSWER_EXISTS;
    base->watch.hint = answer->err;
    if (answer->class == SCA_ANSWER_TROUBLE) {
        sca_log(SCA_LOG_WARNING, "txn", "%s: the sign request may have arrived (%s); looking it up",
                base->sign.txn_id, answer->detail);
        sca_base_wait(base, action, sca_watch_backoff_ms(base, event, 0), false);
        return;
    }
    sca_watch_later(base, event, action);
}

/* ---- looks ----------------------------------------------------------------------------------- */

/* Percent-encoding of RFC 3986: everything but unreserved letters. */
static void add_encoded(struct sca_buf *path, const char *text)
{
    static const char *const plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL)
            sca_buf_add_u8(path, (uint8_t)*text);
        else
            sca_buf_addf(path, "%%%02X", (unsigned char)*text);
    }
}

void sca_sp769_look(struct sca_sp769 *flow, struct sca_action *action)
{
    struct sca_base *base = &flow->base;
    SCA_BUF_AUTO path;

    flow->phase = SCA_SP769_LOOKING;
    sca_buf_init(&path, 4 * SCA_ANSWER_ID_SIZE + 64);
    sca_buf_add_text(&path, "/v1/signatures/sign/");
    add_encoded(&path, flow->by_tran_code ? base->provider_txn : base->sign.txn_id);
    sca_buf_add_text(&path, "/status");
    if (sca_buf_add_u8(&path, '\0') != 0) {
        sca_base_break(base, action, path.err, NULL);
        return;
    }
    sca_buf_add_text(sca_base_body(base), "{}");
    sca_base_post(base, action,
                  &(struct sca_base_post){.path = (const char *)path.data,
                                          .timeout_ms = SCA_SP769_TIMEOUT_MS});
}

/* Where our id is not found the service's own is tried, once. */
static void judge(struct sca_sp769 *flow, const struct sca_event *event, struct sca_action *action,
                  struct sca_answer *answer)
{
    if (answer->class == SCA_ANSWER_NOT_FOUND) {
        flow->by_tran_code = flow->base.provider_txn[0] != '\0' && !flow->tried_tran_code;
        if (flow->by_tran_code) {
            flow->tried_tran_code = true;
            sca_sp769_look(flow, action);
            return;
        }
    }
    sca_watch_judge(&flow->base, event, action, answer);
}

void sca_sp769_on_look(struct sca_sp769 *flow, const struct sca_event *event,
                       struct sca_action *action)
{
    struct sca_answer answer = {0};

    sca_sp769_read_status(event->reply, flow->base.docs, flow->base.sign.doc_count, &answer);
    judge(flow, event, action, &answer);
    sca_answer_clear(&answer);
}

void sca_sp769_last_look(struct sca_sp769 *flow, struct sca_action *action)
{
    flow->base.unattended |= flow->no_phone; /* nobody is said to have been too slow */
    if (sca_watch_last(&flow->base, action))
        sca_sp769_look(flow, action);
}
