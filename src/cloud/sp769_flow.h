/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sp769 flows share beside base.h and watch.h: their requests, what both versions make of
 * the reply to the sign request, and the look at a transaction, which the service may know by its
 * own id only. Private to sp769*.c.
 */
#ifndef SCA_CLOUD_SP769_FLOW_H
#define SCA_CLOUD_SP769_FLOW_H

#include "base.h"
#include "wire_sp769.h"

#define SCA_SP769_BATCH 50u /* documents per transaction; sp769 does not say, its sibling does */

#define SCA_SP769_TIMEOUT_MS      15000u /* of a request that only asks */
#define SCA_SP769_SIGN_TIMEOUT_MS 30000u

enum sca_sp769_phase {
    SCA_SP769_SIGNING,    /* the sign request has not been answered */
    SCA_SP769_CONFIRMING, /* v2: the SAD is under way, or waits to be sent again */
    SCA_SP769_LOOKING,
};

struct sca_sp769 {
    struct sca_base base;
    enum sca_sp769_phase phase;
    bool by_tran_code; /* this look asks by the service's id */
    bool tried_tran_code;

    bool consented;                 /* v2: the person said yes, for a session */
    struct sca_cloud_permit permit; /* v2: the one that was lent, or began; signatures 0: none */

    bool no_phone; /* v2, and nothing says that the app is asked instead */
    struct sca_secret *sad;
    int64_t sad_until_ms;
    bool confirm_arrived; /* the service may have acted on a confirm */
};

/* SCA_E_NOMEM, SCA_E_CONFIG (no URL, sp-id or user-id). */
int sca_sp769_new(const struct sca_cloud_account *account, sca_base_step *step,
                  struct sca_sp769 **ret_flow);
/* As sca_base_new_sign; SCA_E_UNSUPPORTED also for anything but PKCS#1 v1.5. */
int sca_sp769_new_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                       sca_base_step *step, struct sca_sp769 **ret_flow);
struct sca_sp769 *sca_sp769_of(struct sca_flow *flow);

struct sca_sp769_who sca_sp769_who(const struct sca_sp769 *flow);

/* Frees all secrets, the SAD too. */
void sca_sp769_forget(struct sca_sp769 *flow);

/* The one sign request (@person NULL for v1). */
void sca_sp769_send_sign(struct sca_sp769 *flow, struct sca_action *action, const char *path,
                         const struct sca_sp769_person *person);

/* What both versions make of its reply; @answer's signatures move into the flow. */
void sca_sp769_signed(struct sca_sp769 *flow, const struct sca_event *event,
                      struct sca_action *action, struct sca_answer *answer);

/* Asks for the transaction's fate, and what is made of the answer. */
void sca_sp769_look(struct sca_sp769 *flow, struct sca_action *action);
void sca_sp769_on_look(struct sca_sp769 *flow, const struct sca_event *event,
                       struct sca_action *action);
/* SCA_EVENT_LAST_CHANCE: the last look, or the end where nothing was sent. */
void sca_sp769_last_look(struct sca_sp769 *flow, struct sca_action *action);

#endif
