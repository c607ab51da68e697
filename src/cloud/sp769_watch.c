/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks one transaction up until it has ended. Trouble never ends it: the network may come back
 * until the agent says that the time is over (SCA_EVENT_LAST_CHANCE).
 *
 * When "not found" is believed: a lost sign request may still be on its way through the service,
 * so only after it was found nowhere for a grace time and several polls. If the service had never
 * shown that it knows the transaction, nothing was spent; if it had, nobody can say.
 */
#include "cloud/sp769_flow.h"

#include <string.h>

#define INTERVAL_MS       2000u /* where the account says nothing */
#define BACKOFF_MAX_MS    30000u
#define RETRY_AFTER_MAX_S 3600u
#define NOT_FOUND_POLLS   3u
#define NOT_FOUND_MS      20000
#define SETTLED_S         60 /* a request that old (time-out and grace) is not on its way any more */
#define STRANGE_POLLS     3u /* unfit signatures in a row: a result in the making, or for good */

static uint32_t interval_ms(const struct sca_sp769 *flow)
{
    return flow->account.poll_interval_ms > 0 ? flow->account.poll_interval_ms : INTERVAL_MS;
}

uint32_t sca_sp769_backoff_ms(const struct sca_sp769 *flow, unsigned troubles,
                              uint32_t retry_after_s)
{
    uint32_t wait_ms = interval_ms(flow);
    uint32_t asked_s = retry_after_s < RETRY_AFTER_MAX_S ? retry_after_s : RETRY_AFTER_MAX_S;

    for (unsigned i = 0; i < troubles && wait_ms < BACKOFF_MAX_MS; i++)
        wait_ms = wait_ms < BACKOFF_MAX_MS / 2 ? wait_ms * 2 : BACKOFF_MAX_MS;
    return wait_ms > asked_s * 1000 ? wait_ms : asked_s * 1000;
}

static void wait_for(struct sca_sp769 *flow, struct sca_action *action, uint32_t wait_ms)
{
    flow->phase = SCA_SP769_POLL_WAIT;
    *action = (struct sca_action){
        .step = SCA_STEP_WAIT,
        .wait_ms = wait_ms,
        .waiting_for_person = flow->watch.known && !flow->confirmed,
    };
}

void sca_sp769_poll_later(struct sca_sp769 *flow, struct sca_action *action)
{
    wait_for(flow, action, interval_ms(flow));
}

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

void sca_sp769_poll(struct sca_sp769 *flow, struct sca_action *action)
{
    SCA_BUF_AUTO path;

    sca_buf_init(&path, 4 * SCA_SP769_ID_SIZE + 64);
    sca_buf_add_text(&path, "/v1/signatures/sign/");
    add_encoded(&path, flow->watch.by_tran_code ? flow->tran_code : flow->sign.txn_id);
    sca_buf_add_text(&path, "/status");
    if (sca_buf_add_u8(&path, '\0') != 0) {
        sca_sp769_fail(flow, action, path.err, SCA_SPENT_UNKNOWN, NULL);
        return;
    }
    sca_buf_add_text(sca_sp769_body(flow), "{}");
    sca_sp769_post(flow, action, SCA_SP769_POLLING, (const char *)path.data);
}

/* ---- what a poll brought --------------------------------------------------------------------- */

/* Goes on with the next poll, unless this was the last. */
static void go_on(struct sca_sp769 *flow, struct sca_action *action, uint32_t wait_ms)
{
    const bool asked = flow->watch.known && !flow->watch.no_phone;

    if (flow->watch.last)
        sca_sp769_fail(flow, action, asked ? SCA_E_EXPIRED : SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN,
                       flow->detail);
    else
        wait_for(flow, action, wait_ms);
}

static bool not_found_for_good(const struct sca_sp769 *flow, const struct sca_event *event)
{
    const struct sca_sp769_watch *watch = &flow->watch;
    bool settled = flow->sign.resume && event->now_utc - flow->sign.created_utc >= SETTLED_S;

    return watch->not_found >= NOT_FOUND_POLLS &&
           (settled || event->now_ms - watch->not_found_since_ms >= NOT_FOUND_MS);
}

static void on_not_found(struct sca_sp769 *flow, const struct sca_event *event,
                         struct sca_action *action)
{
    struct sca_sp769_watch *watch = &flow->watch;

    if (flow->tran_code[0] != '\0' && !watch->tried_tran_code) {
        watch->tried_tran_code = true;
        watch->by_tran_code = true;
        sca_sp769_poll(flow, action);
        return;
    }
    watch->by_tran_code = false;
    if (watch->not_found++ == 0)
        watch->not_found_since_ms = event->now_ms;
    if (not_found_for_good(flow, event))
        sca_sp769_fail(flow, action, watch->hint != 0 ? watch->hint : SCA_E_NOT_FOUND,
                       watch->known ? SCA_SPENT_UNKNOWN : SCA_SPENT_NOTHING, flow->detail);
    else
        go_on(flow, action, interval_ms(flow));
}

static void on_strange(struct sca_sp769 *flow, struct sca_action *action,
                       const struct sca_sp769_answer *answer)
{
    flow->watch.known = true;
    flow->watch.stranges++;
    if (flow->watch.last || flow->watch.stranges >= STRANGE_POLLS)
        sca_sp769_fail(flow, action, SCA_E_SERVER, SCA_SPENT_UNKNOWN, answer->detail);
    else
        go_on(flow, action, interval_ms(flow));
}

static void on_answer(struct sca_sp769 *flow, const struct sca_event *event,
                      struct sca_action *action, struct sca_sp769_answer *answer)
{
    struct sca_sp769_watch *watch = &flow->watch;

    watch->troubles = answer->class == SCA_SP769_TROUBLE ? watch->troubles + 1 : 0;
    if (answer->class != SCA_SP769_STRANGE)
        watch->stranges = 0;
    switch (answer->class) {
    case SCA_SP769_DONE:
        sca_sp769_adopt(flow, action, answer);
        return;
    case SCA_SP769_PENDING:
    case SCA_SP769_EXISTS:
        watch->known = true;
        watch->not_found = 0;
        go_on(flow, action, sca_sp769_backoff_ms(flow, 0, event->reply->retry_after_s));
        return;
    case SCA_SP769_REJECTED:
        sca_sp769_fail(flow, action, SCA_E_REJECTED, answer->spent, answer->detail);
        return;
    case SCA_SP769_EXPIRED:
        sca_sp769_fail(flow, action, SCA_E_EXPIRED, answer->spent, answer->detail);
        return;
    case SCA_SP769_NOT_FOUND:
        on_not_found(flow, event, action);
        return;
    case SCA_SP769_REFUSED:
        sca_sp769_fail(flow, action, answer->err, answer->spent, answer->detail);
        return;
    case SCA_SP769_STRANGE:
        on_strange(flow, action, answer);
        return;
    case SCA_SP769_TROUBLE:
        memcpy(flow->detail, answer->detail, sizeof flow->detail);
        go_on(flow, action,
              sca_sp769_backoff_ms(flow, watch->troubles, event->reply->retry_after_s));
        return;
    }
}

void sca_sp769_watch_step(struct sca_sp769 *flow, const struct sca_event *event,
                          struct sca_action *action)
{
    struct sca_sp769_answer answer = {0};

    if (flow->phase == SCA_SP769_POLL_WAIT && event->kind == SCA_EVENT_TIMER) {
        sca_sp769_poll(flow, action);
        return;
    }
    if (flow->phase != SCA_SP769_POLLING || event->kind != SCA_EVENT_REPLY) {
        sca_sp769_fail(flow, action, SCA_E_INVAL,
                       flow->sent ? SCA_SPENT_UNKNOWN : SCA_SPENT_NOTHING, NULL);
        return;
    }
    sca_sp769_read_status(event->reply, flow->docs, flow->sign.doc_count, &answer);
    on_answer(flow, event, action, &answer);
    sca_sp769_answer_clear(&answer);
}

void sca_sp769_last_chance(struct sca_sp769 *flow, struct sca_action *action)
{
    if (!flow->sent) {
        sca_sp769_fail(flow, action, SCA_E_EXPIRED, SCA_SPENT_NOTHING, NULL);
        return;
    }
    flow->watch.last = true;
    sca_sp769_poll(flow, action);
}
