/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session at MySign, whose permissions are bound to their documents: the person confirms the
 * first as ever, then the service is told not to ask for a while, and permissions for other
 * documents are made of the last one by extendTransaction:
 *
 *     authorize -> registerExtension -> signHash;   later: extendTransaction -> signHash
 *
 * The permission is all that such a session consists of: forgotten, there is none. Only whether
 * authorize itself rings as long as the registration lasts nobody has said; so the agent asks at
 * the screen before it (sign.consent). Source: docs/protocol-csc.md, "MySign's CSC flavour".
 */
#include "cloud/csc_flow.h"
#include "cloud/wire_mysign.h"
#include "common/log.h"

#define CALL_TIMEOUT_MS 15000u

static const struct sca_csc_call register_call;

/* ---- the person's yes ------------------------------------------------------------------------ */

void sca_csc_ask_consent(struct sca_csc *csc, struct sca_action *action,
                         void (*consented)(struct sca_csc *csc, struct sca_action *action))
{
    csc->on_consent = consented;
    if (csc->consented)
        consented(csc, action);
    else
        sca_base_need(&csc->base, SCA_SECRET_CONSENT, action);
}

void sca_csc_take_consent(struct sca_csc *csc, const struct sca_event *event,
                          struct sca_action *action)
{
    int err = sca_base_take(&csc->base, event);

    sca_secret_free(&csc->base.secret[SCA_SECRET_CONSENT]);
    if (err != 0) {
        sca_base_break(&csc->base, action, err, event->secret_detail);
        return;
    }
    csc->consented = true;
    csc->on_consent(csc, action);
}

/* ---- registerExtension ----------------------------------------------------------------------- */

static void send_register(struct sca_csc *csc, struct sca_action *action)
{
    sca_mysign_put_unasked(sca_base_body(&csc->base), csc->base.sign.provider_id,
                           sca_secret_bytes(csc->sad), csc->base.sign.session_minutes);
    sca_csc_post(csc, action,
                 &(struct sca_base_post){.path = "/credentials/registerExtension",
                                         .timeout_ms = CALL_TIMEOUT_MS,
                                         .acts = true,
                                         .unasked = true});
}

/*
 * Whatever came of it, this document is permitted and is signed; a session begins where the service
 * is known to have been told. Where it had been told before, by whomever, authorize may not have
 * rung: then the person is asked now.
 */
static void read_register(struct sca_csc *csc, const struct sca_event *event,
                          struct sca_action *action)
{
    struct sca_cloud_unasked *unasked = &csc->base.flow.unasked;
    bool stale = false;

    sca_mysign_read_unasked(event->reply, event->now_utc, unasked, &stale);
    if (stale && !csc->renewed) {
        sca_csc_renew(csc, action, NULL);
        return;
    }
    csc->kept = unasked->state == SCA_UNASKED_UNTIL || unasked->state == SCA_UNASKED_EXISTS;
    csc->granted = csc->kept ? csc->wanted : 0;
    if (unasked->state == SCA_UNASKED_UNTIL)
        csc->unasked_until_ms = event->now_ms + (unasked->until_utc - event->now_utc) * 1000;
    if (!csc->kept)
        sca_log(SCA_LOG_INFO, "session", "%s: the service goes on asking, or does not say",
                csc->base.sign.txn_id);
    if (unasked->state == SCA_UNASKED_EXISTS)
        sca_csc_ask_consent(csc, action, csc->registered);
    else
        csc->registered(csc, action);
}

static const struct sca_csc_call register_call = {send_register, read_register, true};

void sca_csc_register(struct sca_csc *csc, struct sca_action *action,
                      void (*registered)(struct sca_csc *csc, struct sca_action *action))
{
    csc->registered = registered;
    sca_csc_go(csc, action, &register_call);
}
