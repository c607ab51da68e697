/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sp769 flows share: one struct for listing, v1 and v2, its requests, and the watch that
 * looks a transaction up until it has ended. Private to sp769*.c.
 */
#ifndef SCA_CLOUD_SP769_FLOW_H
#define SCA_CLOUD_SP769_FLOW_H

#include "flow.h"
#include "wire_sp769.h"

#define SCA_SP769_BATCH    50u /* documents per transaction; sp769 does not say, its sibling does */
#define SCA_SP769_DOCS_MAX 1000u /* what the configuration may widen it to */

enum sca_sp769_phase {
    SCA_SP769_NEW,
    SCA_SP769_SECRETS, /* waiting for account secrets */
    SCA_SP769_LISTING,
    SCA_SP769_SIGNING,      /* the one request that can cost a signature is under way */
    SCA_SP769_CONFIRMING,   /* v2: the SAD is under way */
    SCA_SP769_CONFIRM_WAIT, /* v2: before the same SAD is sent again */
    SCA_SP769_POLLING,      /* a status request is under way */
    SCA_SP769_POLL_WAIT,
    SCA_SP769_ENDED,
};

/* What the watch remembers between polls. */
struct sca_sp769_watch {
    bool last;         /* the time to confirm is over */
    bool known;        /* the service has said that the transaction exists */
    bool no_phone;     /* v2, and nothing says that the app is asked instead */
    bool by_tran_code; /* this poll asks by the service's id */
    bool tried_tran_code;
    unsigned troubles; /* in a row */
    unsigned stranges; /* in a row */
    unsigned not_found;
    int64_t not_found_since_ms;
    int hint; /* what an undecided reply to the sign request hinted at, or 0 */
};

struct sca_sp769 {
    struct sca_flow flow;
    struct sca_cloud_account account; /* texts borrowed */
    enum sca_sp769_phase phase;
    struct sca_secret *secret[SCA_SECRET__COUNT];
    struct sca_buf url;
    struct sca_buf body;
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_action end; /* once SCA_SP769_ENDED */

    struct sca_cloud_listing listing;

    struct sca_cloud_sign sign; /* a copy; its pointers are owned */
    struct sca_cloud_doc *docs;
    bool sent; /* the sign request was handed out, now or in another life */
    struct sca_secret *sad;
    int64_t sad_until_ms;
    bool confirmed;       /* a confirm was handed out: no phone is asked */
    bool confirm_arrived; /* the service may have acted on one */
    char tran_code[SCA_SP769_ID_SIZE];
    struct sca_sp769_watch watch;
    struct sca_cloud_result result;
};

typedef void sca_sp769_step(struct sca_flow *flow, const struct sca_event *event,
                            struct sca_action *ret_action);

/* ---- making (sp769_flow.c) ------------------------------------------------------------------- */

/* SCA_E_NOMEM, SCA_E_CONFIG (no URL, sp-id or user-id). */
int sca_sp769_new(const struct sca_cloud_account *account, sca_sp769_step *step,
                  struct sca_sp769 **ret_flow);
/* Copies @sign. SCA_E_INVAL, SCA_E_UNSUPPORTED (not PKCS#1 v1.5), SCA_E_LIMIT, and as above. */
int sca_sp769_new_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                       sca_sp769_step *step, struct sca_flow **ret_flow);
struct sca_sp769 *sca_sp769_of(struct sca_flow *flow);

/* ---- actions (sp769_flow.c) ------------------------------------------------------------------ */

/* Ends the flow; @detail may be NULL. */
void sca_sp769_fail(struct sca_sp769 *flow, struct sca_action *action, int err,
                    enum sca_spent spent, const char *detail);
void sca_sp769_done(struct sca_sp769 *flow, struct sca_action *action);

/*
 * Collects the secrets of @needs (SCA_BIT(enum sca_secret_kind)) one after another: takes the one
 * that
 * @event brings, asks for the next. True once all are there; otherwise @action is set.
 */
bool sca_sp769_collect(struct sca_sp769 *flow, uint32_t needs, const struct sca_event *event,
                       struct sca_action *action);
/* True where @event is the start, or a secret that was asked for. */
bool sca_sp769_collecting(const struct sca_sp769 *flow, const struct sca_event *event);
struct sca_sp769_who sca_sp769_who(const struct sca_sp769 *flow);
void sca_sp769_forget(struct sca_sp769 *flow); /* frees all secrets, the SAD and the body */

/* What the agent should keep with the transaction, into any action of a sign flow. */
void sca_sp769_tell(const struct sca_sp769 *flow, struct sca_action *action);

/* An empty body for the next request. */
struct sca_buf *sca_sp769_body(struct sca_sp769 *flow);

/* Sends flow->body to base URL + @path. Fails the flow where the body or URL could not be made. */
void sca_sp769_post(struct sca_sp769 *flow, struct sca_action *action, enum sca_sp769_phase next,
                    const char *path);

/* The one sign request (@person NULL for v1); a second one is refused here. */
void sca_sp769_send_sign(struct sca_sp769 *flow, struct sca_action *action, const char *path,
                         const struct sca_sp769_person *person);

/* What both versions make of its reply; @answer's signatures move into the flow. */
void sca_sp769_signed(struct sca_sp769 *flow, const struct sca_event *event,
                      struct sca_action *action, struct sca_sp769_answer *answer);

/* Takes signatures and id out of @answer and ends the flow as done. */
void sca_sp769_adopt(struct sca_sp769 *flow, struct sca_action *action,
                     struct sca_sp769_answer *answer);

/* ---- the watch (sp769_watch.c) --------------------------------------------------------------- */

/* Polls now. */
void sca_sp769_poll(struct sca_sp769 *flow, struct sca_action *action);
/* Waits one interval, then polls. */
void sca_sp769_poll_later(struct sca_sp769 *flow, struct sca_action *action);
/* Milliseconds until the next try after @troubles in a row; Retry-After is obeyed. */
uint32_t sca_sp769_backoff_ms(const struct sca_sp769 *flow, unsigned troubles,
                              uint32_t retry_after_s);
/* Steps of SCA_SP769_POLLING and SCA_SP769_POLL_WAIT. */
void sca_sp769_watch_step(struct sca_sp769 *flow, const struct sca_event *event,
                          struct sca_action *action);
/* SCA_EVENT_LAST_CHANCE in any phase. */
void sca_sp769_last_chance(struct sca_sp769 *flow, struct sca_action *action);

#endif
