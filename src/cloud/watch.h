/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking one transaction up until it has ended. A provider sends the look (a status request) and
 * reads its reply; what is made of the answer is the same for all and stands here. Trouble never
 * ends it: the network may come back until the agent says that the time is over.
 */
#ifndef SCA_CLOUD_WATCH_H
#define SCA_CLOUD_WATCH_H

#include "base.h"

/* Waits as long as sca_watch_pace_ms says; the look comes with SCA_EVENT_TIMER. */
void sca_watch_later(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action);

/*
 * Milliseconds until the next look at something that is under way (pace.h). Where @event is a
 * reply, its Retry-After is obeyed.
 */
uint32_t sca_watch_pace_ms(struct sca_base *base, const struct sca_event *event);

/*
 * The same after @troubles in a row: an interval, doubled for each. Where it was the service that
 * said so (429, 5xx, nonsense), the looks to come are unhurried, too.
 */
uint32_t sca_watch_backoff_ms(struct sca_base *base, const struct sca_event *event,
                              unsigned troubles);

/*
 * What a look brought: ends the flow, waits for the next one, or asks for a fresh access token
 * (SCA_ANSWER_STALE; the look comes with SCA_EVENT_SECRET). @answer's signatures move into the
 * flow.
 */
void sca_watch_judge(struct sca_base *base, const struct sca_event *event,
                     struct sca_action *action, struct sca_answer *answer);

/* A look could not be sent: goes on as after a reply that says nothing. @detail may be NULL. */
void sca_watch_trouble(struct sca_base *base, const struct sca_event *event,
                       struct sca_action *action, const char *detail);

/*
 * SCA_EVENT_LAST_CHANCE. True when the provider should look for the last time; otherwise nothing
 * was sent yet, and the flow has ended.
 */
bool sca_watch_last(struct sca_base *base, struct sca_action *action);

#endif
