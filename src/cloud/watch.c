/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks one transaction up until it has ended. Trouble never ends it: the network may come back
 * until the agent says that the time is over (SCA_EVENT_LAST_CHANCE).
 *
 * When "not found" is believed: a lost sign request may still be on its way through the service,
 * so only after it was found nowhere for a grace time and several polls. If the service had never
 * shown that it knows the transaction, nothing was spent; if it had, nobody can say.
 */
#include "cloud/watch.h"

#include <string.h>
#include "cloud/pace.h"
#include "common/text.h"

#define INTERVAL_MS       2000u /* where the account says nothing */
#define BACKOFF_MAX_MS    30000u
#define RETRY_AFTER_MAX_S 3600u
#define NOT_FOUND_POLLS   3u
#define NOT_FOUND_MS      20000
#define SETTLED_S         60 /* a request that old (time-out and grace) is not on its way any more */
#define STRANGE_POLLS     3u /* unfit signatures in a row: a result in the making, or for good */

/* ---- when to look ---------------------------------------------------------------------------- */

static uint32_t interval_ms(const struct sca_base *base)
{
    return base->account.poll_interval_ms > 0 ? base->account.poll_interval_ms : INTERVAL_MS;
}

/* A transaction of an earlier life is as old as the calendar says. */
static uint64_t elapsed_ms(struct sca_base *base, const struct sca_event *event)
{
    struct sca_watch *watch = &base->watch;
    const int64_t age_s = base->sign.resume ? event->now_utc - base->sign.created_utc : 0;

    if (!watch->timed) {
        watch->timed = true;
        watch->since_ms = event->now_ms - (age_s > 0 ? age_s : 0) * 1000;
    }
    return event->now_ms > watch->since_ms ? (uint64_t)(event->now_ms - watch->since_ms) : 0;
}

static uint32_t quick_ms(struct sca_base *base, const struct sca_event *event)
{
    const uint64_t so_far_ms = elapsed_ms(base, event);

    if (base->sign.at_once && !base->sign.resume && base->watch.paced < 2)
        return sca_pace_soon_ms(interval_ms(base), base->account.confirm_timeout_ms,
                                base->watch.paced++ > 0);
    return sca_pace_ms(interval_ms(base), base->account.confirm_timeout_ms, so_far_ms);
}

/* An interval, or more where the looks are far apart already. */
static uint32_t calm_ms(struct sca_base *base, const struct sca_event *event)
{
    const uint32_t pace_ms = quick_ms(base, event);

    return pace_ms > interval_ms(base) ? pace_ms : interval_ms(base);
}

static uint32_t obey(const struct sca_event *event, uint32_t wait_ms)
{
    uint32_t asked_s = event->kind == SCA_EVENT_REPLY ? event->reply->retry_after_s : 0;

    if (asked_s > RETRY_AFTER_MAX_S)
        asked_s = RETRY_AFTER_MAX_S;
    return wait_ms > asked_s * 1000 ? wait_ms : asked_s * 1000;
}

uint32_t sca_watch_pace_ms(struct sca_base *base, const struct sca_event *event)
{
    return obey(event, base->watch.unhurried ? calm_ms(base, event) : quick_ms(base, event));
}

uint32_t sca_watch_backoff_ms(struct sca_base *base, const struct sca_event *event,
                              unsigned troubles)
{
    uint32_t wait_ms = calm_ms(base, event);

    if (event->kind == SCA_EVENT_REPLY && event->reply->transport == SCA_TRANSPORT_OK)
        base->watch.unhurried = true;
    for (unsigned i = 0; i < troubles && wait_ms < BACKOFF_MAX_MS; i++)
        wait_ms = wait_ms < BACKOFF_MAX_MS / 2 ? wait_ms * 2 : BACKOFF_MAX_MS;
    return obey(event, wait_ms);
}

void sca_watch_later(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action)
{
    sca_base_wait(base, action, sca_watch_pace_ms(base, event),
                  base->watch.known && !base->unattended);
}

/* ---- what a poll brought --------------------------------------------------------------------- */

/* Goes on with the next poll, unless this was the last: only a person can have been too slow. */
static void go_on(struct sca_base *base, struct sca_action *action, uint32_t wait_ms)
{
    const bool person = base->watch.known && !base->unattended;

    if (base->watch.last)
        sca_base_fail(base, action, person ? SCA_E_EXPIRED : SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN,
                      base->detail);
    else
        sca_base_wait(base, action, wait_ms, person);
}

static bool not_found_for_good(const struct sca_base *base, const struct sca_event *event)
{
    const struct sca_watch *watch = &base->watch;
    bool settled = base->sign.resume && event->now_utc - base->sign.created_utc >= SETTLED_S;

    return watch->not_found >= NOT_FOUND_POLLS &&
           (settled || event->now_ms - watch->not_found_since_ms >= NOT_FOUND_MS);
}

static void on_not_found(struct sca_base *base, const struct sca_event *event,
                         struct sca_action *action)
{
    struct sca_watch *watch = &base->watch;

    if (watch->not_found++ == 0)
        watch->not_found_since_ms = event->now_ms;
    if (not_found_for_good(base, event))
        sca_base_fail(base, action, watch->hint != 0 ? watch->hint : SCA_E_NOT_FOUND,
                      watch->known ? SCA_SPENT_UNKNOWN : SCA_SPENT_NOTHING, base->detail);
    else
        go_on(base, action, calm_ms(base, event));
}

static void on_strange(struct sca_base *base, const struct sca_event *event,
                       struct sca_action *action, const struct sca_answer *answer)
{
    base->watch.known = true;
    base->watch.stranges++;
    if (base->watch.last || base->watch.stranges >= STRANGE_POLLS)
        sca_base_fail(base, action, SCA_E_SERVER, SCA_SPENT_UNKNOWN, answer->detail);
    else
        go_on(base, action, calm_ms(base, event));
}

void sca_watch_trouble(struct sca_base *base, const struct sca_event *event,
                       struct sca_action *action, const char *detail)
{
    if (detail != base->detail)
        sca_text_printable(detail, base->detail, sizeof base->detail);
    base->watch.troubles++;
    go_on(base, action, sca_watch_backoff_ms(base, event, base->watch.troubles));
}

/* One fresh token at once; where that one is not accepted either, the next after a while. */
static void on_stale(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action, const struct sca_answer *answer)
{
    if (base->watch.stales++ % 2 == 0)
        sca_base_need_fresh_token(base, action);
    else
        sca_watch_trouble(base, event, action, answer->detail);
}

void sca_watch_judge(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action, struct sca_answer *answer)
{
    struct sca_watch *watch = &base->watch;

    if (answer->class != SCA_ANSWER_TROUBLE && answer->class != SCA_ANSWER_STALE)
        watch->troubles = 0;
    if (answer->class != SCA_ANSWER_STRANGE)
        watch->stranges = 0;
    if (answer->class != SCA_ANSWER_STALE)
        watch->stales = 0;
    switch (answer->class) {
    case SCA_ANSWER_DONE:
        sca_base_adopt(base, action, answer);
        return;
    case SCA_ANSWER_PENDING:
    case SCA_ANSWER_EXISTS:
        watch->known = true;
        watch->not_found = 0;
        go_on(base, action, sca_watch_pace_ms(base, event));
        return;
    case SCA_ANSWER_REJECTED:
        sca_base_fail(base, action, SCA_E_REJECTED, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_EXPIRED:
        sca_base_fail(base, action, SCA_E_EXPIRED, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_NOT_FOUND:
        on_not_found(base, event, action);
        return;
    case SCA_ANSWER_REFUSED:
        sca_base_fail(base, action, answer->err, answer->spent, answer->detail);
        return;
    case SCA_ANSWER_STALE:
        on_stale(base, event, action, answer);
        return;
    case SCA_ANSWER_STRANGE:
        on_strange(base, event, action, answer);
        return;
    case SCA_ANSWER_TROUBLE:
        sca_watch_trouble(base, event, action, answer->detail);
        return;
    }
}

bool sca_watch_last(struct sca_base *base, struct sca_action *action)
{
    if (!base->sent) {
        sca_base_fail(base, action, SCA_E_EXPIRED, SCA_SPENT_NOTHING, NULL);
        return false;
    }
    base->watch.last = true;
    return true;
}
