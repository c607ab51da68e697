/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a signing with an access token. A look asks for the token anew each time: the agent
 * has a good one, and none is kept here while a person looks for the phone. Trouble with the token
 * is trouble with the look: the person may log in meanwhile.
 */
#include "cloud/bearer.h"

#include <string.h>
#include "cloud/watch.h"

enum phase {
    PHASE_CHECKING,
    PHASE_SIGNING,
    PHASE_REFUSED, /* the sign request's token was; a fresh one is being asked for */
    PHASE_LOOKING,
};

struct bearer {
    struct sca_base base;
    const struct sca_bearer_ops *ops;
    enum phase phase;
    bool renewed; /* the check met a stale token, once */
};

static struct bearer *bearer_of(struct sca_base *base)
{
    return (struct bearer *)(void *)((char *)base - offsetof(struct bearer, base));
}

/* ---- looking a transaction up ---------------------------------------------------------------- */

static void look(struct sca_base *base, struct sca_action *action)
{
    bearer_of(base)->phase = PHASE_LOOKING;
    if (base->provider_txn[0] != '\0')
        sca_base_need(base, SCA_SECRET_ACCESS_TOKEN, action);
    else
        sca_base_break(base, action, SCA_E_UNCERTAIN, base->detail);
}

static void on_token(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action)
{
    int err = sca_base_take(base, event);

    if (err == 0)
        bearer_of(base)->ops->send_look(base, action);
    else
        sca_watch_trouble(base, event, action, event->secret_detail);
}

static void on_look(struct sca_base *base, const struct sca_event *event, struct sca_action *action)
{
    struct sca_answer answer = {0};

    sca_base_forget(base);
    bearer_of(base)->ops->read_look(base, event->reply, &answer);
    sca_watch_judge(base, event, action, &answer);
    sca_answer_clear(&answer);
}

/* ---- signing --------------------------------------------------------------------------------- */

static void settle(struct sca_base *base, const struct sca_event *event, struct sca_action *action,
                   struct sca_answer *answer)
{
    switch (answer->class) {
    case SCA_ANSWER_DONE:
        sca_base_adopt(base, action, answer);
        return;
    case SCA_ANSWER_PENDING:
        memcpy(base->provider_txn, answer->provider_txn, sizeof base->provider_txn);
        base->watch.known = true;
        sca_watch_later(base, event, action);
        return;
    case SCA_ANSWER_REJECTED:
        sca_base_fail(base, action, SCA_E_REJECTED, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_EXPIRED:
        sca_base_fail(base, action, SCA_E_EXPIRED, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_REFUSED:
        sca_base_fail(base, action, answer->err, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_STALE:
        bearer_of(base)->phase = PHASE_REFUSED;
        memcpy(base->detail, answer->detail, sizeof base->detail);
        sca_base_need_fresh_token(base, action);
        return;
    case SCA_ANSWER_EXISTS:
    case SCA_ANSWER_NOT_FOUND:
    case SCA_ANSWER_STRANGE:
    case SCA_ANSWER_TROUBLE:
        sca_base_fail(base, action, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN, answer->detail);
        return;
    }
}

static void on_sign(struct sca_base *base, const struct sca_event *event, struct sca_action *action)
{
    struct sca_answer answer = {0};

    if (sca_base_never_left(base, event, action))
        return;
    sca_base_forget(base);
    bearer_of(base)->ops->read_sign(base, event->reply, &answer);
    settle(base, event, action, &answer);
    sca_answer_clear(&answer);
}

static void send_sign(struct sca_base *base, struct sca_action *action)
{
    bearer_of(base)->phase = PHASE_SIGNING;
    bearer_of(base)->ops->send_sign(base, action);
}

static void on_check(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action)
{
    struct bearer *bearer = bearer_of(base);
    char detail[SCA_CLOUD_DETAIL_SIZE];

    int err = bearer->ops->read_check(base, event->reply, detail);
    if (err == 0) {
        send_sign(base, action);
    } else if (err == SCA_E_NEED_AUTH && !bearer->renewed) {
        bearer->renewed = true;
        sca_base_need_fresh_token(base, action);
    } else {
        sca_base_break(base, action, err == SCA_E_NEED_AUTH ? SCA_E_REFUSED : err, detail);
    }
}

static uint32_t needs(struct sca_base *base)
{
    uint32_t secrets = bearer_of(base)->ops->needs | SCA_BIT(SCA_SECRET_ACCESS_TOKEN);

    return base->sign.consent ? secrets | SCA_BIT(SCA_SECRET_CONSENT) : secrets;
}

static void collect(struct sca_base *base, const struct sca_event *event, struct sca_action *action)
{
    struct bearer *bearer = bearer_of(base);

    if (!sca_base_collect(base, needs(base), event, action))
        return;
    if (bearer->ops->send_check == NULL) {
        send_sign(base, action);
        return;
    }
    bearer->phase = PHASE_CHECKING;
    bearer->ops->send_check(base, action);
}

/* ---- events ---------------------------------------------------------------------------------- */

/* The start, or a secret. */
static void begin(struct sca_base *base, const struct sca_event *event, struct sca_action *action)
{
    if (bearer_of(base)->phase == PHASE_REFUSED)
        sca_base_fail(base, action, SCA_E_REFUSED, SCA_SPENT_NOTHING, base->detail);
    else if (!base->sent)
        collect(base, event, action);
    else if (event->kind == SCA_EVENT_SECRET)
        on_token(base, event, action);
    else
        look(base, action);
}

static void on_reply(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action)
{
    switch (bearer_of(base)->phase) {
    case PHASE_CHECKING:
        on_check(base, event, action);
        return;
    case PHASE_SIGNING:
        on_sign(base, event, action);
        return;
    case PHASE_REFUSED:
    case PHASE_LOOKING:
        on_look(base, event, action);
        return;
    }
}

static void step(struct sca_flow *flow, const struct sca_event *event, struct sca_action *action)
{
    struct sca_base *base = sca_base_of(flow);

    if (sca_base_expects(base, event, action)) {
        switch (event->kind) {
        case SCA_EVENT_START:
        case SCA_EVENT_SECRET:
            begin(base, event, action);
            break;
        case SCA_EVENT_REPLY:
            on_reply(base, event, action);
            break;
        case SCA_EVENT_LISTENING: /* never asked for */
        case SCA_EVENT_BROWSED:
            break;
        case SCA_EVENT_TIMER:
            look(base, action);
            break;
        case SCA_EVENT_LAST_CHANCE:
            if (sca_watch_last(base, action))
                look(base, action);
            break;
        }
    }
    sca_base_tell(base, action);
}

int sca_bearer_new_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                        const struct sca_bearer_ops *ops, struct sca_flow **ret_flow)
{
    struct sca_base *base = NULL;

    if (!sign->resume && sca_base_missing(sign->provider_id))
        return SCA_E_INVAL;
    int err = sca_base_new_sign(account, sign, sizeof(struct bearer), step, &base);
    if (err != 0)
        return err;
    bearer_of(base)->ops = ops;
    *ret_flow = &base->flow;
    return 0;
}
