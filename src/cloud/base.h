/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the flow of every provider is made of: the copy of what is to be signed, secrets, requests,
 * ends, and the order of events. A provider's struct begins with struct sca_base and adds what it
 * remembers; its step begins with sca_base_expects.
 *
 * The rule that a flow spends once stands here: a second request with @spends is refused.
 */
#ifndef SCA_CLOUD_BASE_H
#define SCA_CLOUD_BASE_H

#include "answer.h"
#include "flow.h"

#define SCA_BASE_DOCS_MAX   1000u           /* what the configuration may widen a batch to */
#define SCA_BASE_BODY_MAX   (1024u * 1024u) /* bytes of a request */
#define SCA_BASE_HEADER_MAX (12u * 1024u)   /* bytes of an Authorization header */

/* The event that comes next, unless the agent makes a mistake. */
enum sca_base_await {
    SCA_AWAIT_START,
    SCA_AWAIT_SECRET,
    SCA_AWAIT_REPLY,
    SCA_AWAIT_TIMER,
    SCA_AWAIT_LISTENING,
    SCA_AWAIT_BROWSED,
    SCA_AWAIT_NOTHING, /* the flow has ended: @end is said again */
};

/* What is remembered between looks at a transaction (watch.h). */
struct sca_watch {
    bool timed;        /* @since_ms is set */
    int64_t since_ms;  /* when the transaction, or its first wait, began */
    unsigned paced;    /* looks whose time sca_pace_soon_ms said */
    bool unhurried;    /* the service had trouble: quick looks are over */
    bool last;         /* the time to confirm is over */
    bool known;        /* the service has said that the transaction exists */
    unsigned troubles; /* in a row */
    unsigned stranges; /* in a row */
    unsigned stales;   /* in a row: access tokens that were not accepted */
    unsigned not_found;
    int64_t not_found_since_ms;
    int hint; /* what an undecided reply to the sign request hinted at, or 0 */
};

struct sca_base {
    struct sca_flow flow;
    struct sca_cloud_account account;     /* texts borrowed */
    void (*clear)(struct sca_base *base); /* the provider's own part; may be NULL */
    enum sca_base_await await;
    enum sca_secret_kind asked; /* SCA_AWAIT_SECRET */
    struct sca_secret *secret[SCA_SECRET__COUNT];
    struct sca_buf url;
    struct sca_buf authorization;
    struct sca_buf body;
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_action end;

    struct sca_cloud_listing listing;

    struct sca_cloud_sign sign; /* a copy; its pointers are owned */
    struct sca_cloud_doc *docs;
    bool sent;       /* the request that spends was handed out, now or in another life */
    bool unattended; /* nobody is asked to confirm: waits are not for a person */
    char provider_txn[SCA_ANSWER_ID_SIZE];
    struct sca_watch watch;
    struct sca_cloud_result result;

    struct sca_cloud_token token;
};

typedef void sca_base_step(struct sca_flow *flow, const struct sca_event *event,
                           struct sca_action *ret_action);

/* ---- making ---------------------------------------------------------------------------------- */

/*
 * @size: of the provider's struct, which begins with struct sca_base; all else in it is zero.
 * SCA_E_NOMEM, SCA_E_CONFIG (no URL).
 */
int sca_base_new(const struct sca_cloud_account *account, size_t size, sca_base_step *step,
                 struct sca_base **ret_base);

/*
 * Copies @sign. SCA_E_INVAL (an id is missing or stands twice, a digest of another length, no
 * documents), SCA_E_UNSUPPORTED (no hash), SCA_E_LIMIT, and as above.
 */
int sca_base_new_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                      size_t size, sca_base_step *step, struct sca_base **ret_base);
struct sca_base *sca_base_of(struct sca_flow *flow);

/* True for NULL and "". */
bool sca_base_missing(const char *text);

/* ---- events ---------------------------------------------------------------------------------- */

/*
 * True when @event is the one that is awaited, or SCA_EVENT_LAST_CHANCE. Otherwise @action is set:
 * an ended flow says its end again, any other event ends the flow.
 */
bool sca_base_expects(struct sca_base *base, const struct sca_event *event,
                      struct sca_action *action);

/* The same for a flow that spends nothing, which a last chance ends (SCA_E_TIMEOUT). */
bool sca_base_proceeds(struct sca_base *base, const struct sca_event *event,
                       struct sca_action *action);

/*
 * Collects the secrets of @needs (SCA_BIT(enum sca_secret_kind)) one after another: takes the one
 * that @event brings, asks for the next. True once all are there; otherwise @action is set. A
 * secret that cannot be had ends the flow.
 */
bool sca_base_collect(struct sca_base *base, uint32_t needs, const struct sca_event *event,
                      struct sca_action *action);

/* One secret: asks for it, and takes what @event brings. Returns why there is none; the flow goes
 * on. */
void sca_base_need(struct sca_base *base, enum sca_secret_kind kind, struct sca_action *action);
int sca_base_take(struct sca_base *base, const struct sca_event *event);

/* The access token that was refused is dropped and another one asked for. */
void sca_base_need_fresh_token(struct sca_base *base, struct sca_action *action);

/* The person decides on a web page: opens the way back, then shows the page (RFC 6749). @page is
 * borrowed until the next step. Their events are sca_base_expects' as all others. */
void sca_base_listen(struct sca_base *base, struct sca_action *action);
void sca_base_browse(struct sca_base *base, struct sca_action *action, const char *page);

/* Frees all secrets, header and body. */
void sca_base_forget(struct sca_base *base);

/* ---- requests -------------------------------------------------------------------------------- */

/* An empty body (a wiping buffer) for the next request, which has no Authorization yet. */
struct sca_buf *sca_base_body(struct sca_base *base);

/* "Bearer " and the access token, as the next request's Authorization. */
void sca_base_bearer(struct sca_base *base);

/* How the body travels. */
struct sca_base_post {
    const char *path;         /* after the account's URL */
    const char *content_type; /* NULL: application/json */
    uint32_t timeout_ms;
    bool spends;
    bool acts; /* as in sca_http_request */
    bool asks;
    bool unasked;
};

/* Sends base->body. Ends the flow where body, header or URL could not be made. */
void sca_base_post(struct sca_base *base, struct sca_action *action,
                   const struct sca_base_post *post);

void sca_base_wait(struct sca_base *base, struct sca_action *action, uint32_t wait_ms, bool person);

/* ---- ends ------------------------------------------------------------------------------------ */

/* @detail may be NULL. */
void sca_base_fail(struct sca_base *base, struct sca_action *action, int err, enum sca_spent spent,
                   const char *detail);

/* As above, with what can be said without looking: nothing was spent before the sign request left,
 * nobody knows afterwards. */
void sca_base_break(struct sca_base *base, struct sca_action *action, int err, const char *detail);

void sca_base_done(struct sca_base *base, struct sca_action *action);

/* Takes signatures and code out of @answer and ends the flow as done. */
void sca_base_adopt(struct sca_base *base, struct sca_action *action, struct sca_answer *answer);

/*
 * Where it is certain that a request never left the flow ends with nothing spent; true then.
 */
bool sca_base_never_left(struct sca_base *base, const struct sca_event *event,
                         struct sca_action *action);

/* What the agent should keep with the transaction, into any action of a sign flow. */
void sca_base_tell(const struct sca_base *base, struct sca_action *action);

/* ---- listings -------------------------------------------------------------------------------- */

void sca_base_cert_clear(struct sca_cloud_cert *cert);
void sca_base_listing_clear(struct sca_cloud_listing *listing);

#endif
