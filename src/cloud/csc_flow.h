/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the CSC flows share. Each begins by finding the service (info says its version and how to
 * log in) and goes on as a row of calls; a call that meets a stale access token is sent again once,
 * with a fresh one. Private to csc_*.c.
 */
#ifndef SCA_CLOUD_CSC_FLOW_H
#define SCA_CLOUD_CSC_FLOW_H

#include "base.h"
#include "wire_csc.h"

struct sca_csc;

/* One request and what is made of its reply. */
struct sca_csc_call {
    void (*send)(struct sca_csc *csc, struct sca_action *action);
    void (*read)(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action);
    bool bearer; /* needs the access token */
};

struct sca_csc {
    struct sca_base base; /* its account's URL is that of the calls once the service is found */
    struct sca_buf api;
    unsigned place; /* which of the usual addresses is being tried */
    struct sca_csc_service service;
    const struct sca_csc_call *call; /* the one under way */
    bool renewed;                    /* its token is a fresh one */
    void (*found)(struct sca_csc *csc, struct sca_action *action);

    struct sca_csc_page page; /* listing */
    unsigned pages;
    size_t asked; /* ids of @page that are done */

    struct sca_csc_credential credential; /* signing */
    struct sca_secret *values[SCA_CSC_OBJECTS_MAX];
    size_t factor; /* objects whose value is here */
    const char *algo;
    struct sca_secret *sad;
    int64_t sad_until_ms;
    int64_t sad_life_ms;      /* 0: not said */
    bool by_page;             /* the permission was given on a page */
    bool lent;                /* it was given before this flow */
    bool kept;                /* it is good for more than these documents */
    uint32_t granted;         /* signatures that it was given for, where it is */
    uint32_t wanted;          /* MySign: that it shall be good for */
    int64_t unasked_until_ms; /* MySign: as it said; 0: not said */
    bool consented;           /* the person said yes at the screen */
    void (*on_consent)(struct sca_csc *csc, struct sca_action *action);
    void (*registered)(struct sca_csc *csc, struct sca_action *action);
    struct sca_cloud_permit permit; /* what the caller is shown of it; borrows @sad */
    struct sca_secret *handle;
    unsigned troubles;
    struct sca_buf visit; /* address of that page */
    void (*permitted)(struct sca_csc *csc, struct sca_action *action);

    struct sca_secret *refresh; /* log-in; the rest also for the page */
    struct sca_secret *code;
    struct sca_secret *verifier;
    char *redirect_uri;
    struct sca_csc_endpoints endpoints;
    void (*located)(struct sca_csc *csc, struct sca_action *action);
};

struct sca_csc *sca_csc_of(struct sca_flow *flow);

/* @sign NULL: a flow without one. As sca_base_new and sca_base_new_sign. */
int sca_csc_new(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                sca_base_step *step, struct sca_csc **ret_csc);

/* Asks for info; @found goes on. */
void sca_csc_find(struct sca_csc *csc, struct sca_action *action,
                  void (*found)(struct sca_csc *csc, struct sca_action *action));

/* Sends @call, after a look for the access token where it needs one that is not here. */
void sca_csc_go(struct sca_csc *csc, struct sca_action *action, const struct sca_csc_call *call);

/* SCA_EVENT_REPLY, SCA_EVENT_TIMER, and SCA_EVENT_SECRET with an access token: reads the reply or
 * sends the call. */
void sca_csc_step(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action);

/* The call met a stale token: once more with a fresh one, but only once. */
void sca_csc_renew(struct sca_csc *csc, struct sca_action *action, const char *detail);

/* Posts base->body to a path of the API, with the token where the call needs it. */
void sca_csc_post(struct sca_csc *csc, struct sca_action *action, const struct sca_base_post *post);
/* The same for a call that neither acts nor spends. */
void sca_csc_look(struct sca_csc *csc, struct sca_action *action, const char *path,
                  uint32_t timeout_ms);

/* MySign's CSC flavour: the profile-id is one of that service ("adss:ras:profile:001"). */
bool sca_csc_is_mysign(const struct sca_csc *csc);
#define SCA_CSC_UNASKED_MAX 500u /* signatures of a session there; ours, it names no limit */

/* How this account proves who it is, as far as the service takes it; 0 where there is no way. */
enum sca_csc_auth sca_csc_choose_auth(const struct sca_csc *csc);

/* ---- OAuth (csc_oauth.c) --------------------------------------------------------------------- */

/* Finds the server's endpoints; @located goes on. */
void sca_csc_locate(struct sca_csc *csc, struct sca_action *action,
                    void (*located)(struct sca_csc *csc, struct sca_action *action));

/* The send of a call: asks for a token by code, else by refresh token, else as a client alone. */
void sca_csc_send_grant(struct sca_csc *csc, struct sca_action *action);

/* The send of a call: ends the token in @csc->sad. Source: RFC 7009, CSC API 2.0 section 8.4. */
void sca_csc_send_revoke(struct sca_csc *csc, struct sca_action *action);

/* ---- permission ------------------------------------------------------------------------------ */

/* Each ends the flow, or leaves the permission in @csc->sad and calls @permitted. */
void sca_csc_ask_permit(struct sca_csc *csc, struct sca_action *action,
                        void (*permitted)(struct sca_csc *csc, struct sca_action *action));
void sca_csc_ask_page(struct sca_csc *csc, struct sca_action *action,
                      void (*permitted)(struct sca_csc *csc, struct sca_action *action));

/* Their events: a secret that a factor stands for; SCA_EVENT_LISTENING, SCA_EVENT_BROWSED and the
 * client's secret. */
void sca_csc_take_value(struct sca_csc *csc, const struct sca_event *event,
                        struct sca_action *action);
void sca_csc_page_step(struct sca_csc *csc, const struct sca_event *event,
                       struct sca_action *action);

/* MySign's sessions (csc_unasked.c). Each goes on with its function, or ends the flow. */
void sca_csc_ask_consent(struct sca_csc *csc, struct sca_action *action,
                         void (*consented)(struct sca_csc *csc, struct sca_action *action));
void sca_csc_take_consent(struct sca_csc *csc, const struct sca_event *event,
                          struct sca_action *action);
/* Tells the service not to ask for a while, with the permission that is here. */
void sca_csc_register(struct sca_csc *csc, struct sca_action *action,
                      void (*registered)(struct sca_csc *csc, struct sca_action *action));

/* Takes @sad over, good for @life_s seconds from @now_ms on; 0: not said. */
void sca_csc_take_sad(struct sca_csc *csc, struct sca_secret **sad, uint32_t life_s,
                      int64_t now_ms);

/* ---- the flows ------------------------------------------------------------------------------- */

int sca_csc_list(const struct sca_cloud_account *account, struct sca_flow **ret_flow);
int sca_csc_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                 struct sca_flow **ret_flow);
int sca_csc_revoke(const struct sca_cloud_account *account, const struct sca_cloud_permit *permit,
                   struct sca_flow **ret_flow);
int sca_csc_login(const struct sca_cloud_account *account, const struct sca_cloud_login *login,
                  struct sca_flow **ret_flow);
int sca_csc_find_page(const struct sca_cloud_account *account, struct sca_flow **ret_flow);
int sca_csc_login_url(const struct sca_cloud_account *account, const char *redirect_uri,
                      const char *state, const char *challenge, struct sca_buf *ret_url);

#endif
