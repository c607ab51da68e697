/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a permission that was given on a page, which is a token of the service's OAuth server:
 *
 *     info -> [metadata] -> client's secret -> revoke
 *
 * For one that credentials/authorize gave there is no such call: it ends by its time.
 */
#include "cloud/csc_flow.h"

static void read_revoke(struct sca_csc *csc, const struct sca_event *event,
                        struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = sca_csc_read_done(event->reply, detail);

    if (err != 0)
        sca_base_break(&csc->base, action, err == SCA_CSC_STALE ? SCA_E_REFUSED : err, detail);
    else
        sca_base_done(&csc->base, action);
}

static const struct sca_csc_call revoke_call = {sca_csc_send_revoke, read_revoke, false};

static void on_located(struct sca_csc *csc, struct sca_action *action)
{
    if (csc->endpoints.revoke[0] == '\0')
        sca_base_break(&csc->base, action, SCA_E_UNSUPPORTED, "the server ends no tokens");
    else
        sca_base_need(&csc->base, SCA_SECRET_CLIENT_SECRET, action);
}

static void on_found(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_locate(csc, action, on_located);
}

static void on_client_secret(struct sca_csc *csc, const struct sca_event *event,
                             struct sca_action *action)
{
    int err = sca_base_take(&csc->base, event);

    if (err != 0 && err != SCA_E_NEED_AUTH) /* a public client has no secret */
        sca_base_break(&csc->base, action, err, event->secret_detail);
    else
        sca_csc_go(csc, action, &revoke_call);
}

static void step(struct sca_flow *flow, const struct sca_event *event, struct sca_action *action)
{
    struct sca_csc *csc = sca_csc_of(flow);

    if (!sca_base_expects(&csc->base, event, action))
        return;
    if (event->kind == SCA_EVENT_LAST_CHANCE)
        sca_base_break(&csc->base, action, SCA_E_TIMEOUT, NULL);
    else if (event->kind == SCA_EVENT_START)
        sca_csc_find(csc, action, on_found);
    else if (event->kind == SCA_EVENT_SECRET)
        on_client_secret(csc, event, action);
    else
        sca_csc_step(csc, event, action);
}

int sca_csc_revoke(const struct sca_cloud_account *account, const struct sca_cloud_permit *permit,
                   struct sca_flow **ret_flow)
{
    struct sca_csc *csc = NULL;

    if (!permit->by_page || sca_base_missing(account->client_id))
        return SCA_E_UNSUPPORTED;
    int err = sca_csc_new(account, NULL, step, &csc);
    if (err != 0)
        return err;
    err = sca_secret_copy(permit->secret, &csc->sad);
    if (err != 0)
        sca_flow_free(&csc->base.flow);
    else
        *ret_flow = &csc->base.flow;
    return err;
}
