/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The credentials of an account:
 *
 *     info -> access token -> credentials/list, page by page [-> credentials/info for each]
 *
 * Version 2 brings everything with the pages where the service can; what it leaves out is asked for
 * one by one, as in version 1.
 */
#include <string.h>
#include "cloud/csc_flow.h"
#include "common/text.h"

#define PAGES_MAX  64u
#define TIMEOUT_MS 15000u

static const struct sca_csc_call list_call;
static const struct sca_csc_call credential_call;

/* Permissions are bound to their documents there, but can be extended to others. */
static void note_sessions(struct sca_csc *csc)
{
    struct sca_cloud_listing *listing = &csc->base.listing;

    for (size_t i = 0; sca_csc_is_mysign(csc) && i < listing->count; i++)
        listing->certs[i].session_max = SCA_CSC_UNASKED_MAX;
}

static void finish(struct sca_csc *csc, struct sca_action *action)
{
    struct sca_base *base = &csc->base;

    if (base->listing.count == 0) {
        sca_base_break(base, action, csc->page.count == 0 ? SCA_E_NO_CERT : SCA_E_SERVER, NULL);
        return;
    }
    note_sessions(csc);
    base->flow.listing = &base->listing;
    sca_base_done(base, action);
}

static void next_credential(struct sca_csc *csc, struct sca_action *action)
{
    if (csc->asked < csc->page.count)
        sca_csc_go(csc, action, &credential_call);
    else
        finish(csc, action);
}

/* ---- credentials/list ------------------------------------------------------------------------ */

static void send_list(struct sca_csc *csc, struct sca_action *action)
{
    /* Only who logs in as a machine says whose credentials are meant; MySign is always told. */
    bool machine = sca_csc_choose_auth(csc) == SCA_CSC_AUTH_CLIENT || sca_csc_is_mysign(csc);
    const char *user_id = machine ? csc->base.account.user_id : NULL;

    sca_csc_put_list(sca_base_body(&csc->base), csc->service.version, user_id, csc->page.next);
    sca_csc_look(csc, action, "/credentials/list", TIMEOUT_MS);
}

static void read_list(struct sca_csc *csc, const struct sca_event *event, struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    SCA_TEXT_AUTO before = csc->page.next != NULL ? strdup(csc->page.next) : NULL;
    int err = sca_csc_read_list(event->reply, csc->service.hashes, &csc->base.listing, &csc->page,
                                detail);

    if (err == SCA_CSC_STALE)
        sca_csc_renew(csc, action, detail);
    else if (err != 0)
        sca_base_break(&csc->base, action, err, detail);
    else if (csc->page.next != NULL && ++csc->pages < PAGES_MAX &&
             !sca_streq(csc->page.next, before))
        sca_csc_go(csc, action, &list_call);
    else
        next_credential(csc, action);
}

static const struct sca_csc_call list_call = {send_list, read_list, true};

/* ---- credentials/info ------------------------------------------------------------------------ */

static void send_credential(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_put_credential(sca_base_body(&csc->base), csc->page.ids[csc->asked], true);
    sca_csc_look(csc, action, "/credentials/info", TIMEOUT_MS);
}

static void read_credential(struct sca_csc *csc, const struct sca_event *event,
                            struct sca_action *action)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    int err = sca_csc_read_cert(event->reply, csc->page.ids[csc->asked], csc->service.hashes,
                                &csc->base.listing, detail);

    if (err == SCA_CSC_STALE) {
        sca_csc_renew(csc, action, detail);
        return;
    }
    if (err != 0) {
        sca_base_break(&csc->base, action, err, detail);
        return;
    }
    csc->asked++;
    next_credential(csc, action);
}

static const struct sca_csc_call credential_call = {send_credential, read_credential, true};

/* ---- the flow -------------------------------------------------------------------------------- */

static void on_found(struct sca_csc *csc, struct sca_action *action)
{
    sca_csc_go(csc, action, &list_call);
}

static void step(struct sca_flow *flow, const struct sca_event *event, struct sca_action *action)
{
    struct sca_csc *csc = sca_csc_of(flow);

    if (!sca_base_proceeds(&csc->base, event, action))
        return;
    if (event->kind == SCA_EVENT_START)
        sca_csc_find(csc, action, on_found);
    else
        sca_csc_step(csc, event, action);
}

int sca_csc_list(const struct sca_cloud_account *account, struct sca_flow **ret_flow)
{
    struct sca_csc *csc = NULL;

    int err = sca_csc_new(account, NULL, step, &csc);
    if (err == 0)
        *ret_flow = &csc->base.flow;
    return err;
}
