/* SPDX-License-Identifier: Apache-2.0 */
/* The few calls that every flow answers, whatever its provider. */
#include "cloud/flow.h"

#include <stddef.h>

void sca_flow_step(struct sca_flow *flow, const struct sca_event *event,
                   struct sca_action *ret_action)
{
    flow->step(flow, event, ret_action);
    if (ret_action->detail == NULL)
        ret_action->detail = "";
    if (ret_action->provider_txn == NULL)
        ret_action->provider_txn = "";
}

const struct sca_cloud_listing *sca_flow_listing(const struct sca_flow *flow)
{
    return flow->listing;
}

const struct sca_cloud_result *sca_flow_result(const struct sca_flow *flow)
{
    return flow->result;
}

const struct sca_cloud_token *sca_flow_token(const struct sca_flow *flow)
{
    return flow->token;
}

const char *sca_flow_page(const struct sca_flow *flow)
{
    return flow->page;
}

const struct sca_cloud_permit *sca_flow_permit(const struct sca_flow *flow)
{
    return flow->permit;
}

struct sca_cloud_unasked sca_flow_unasked(const struct sca_flow *flow)
{
    return flow->unasked;
}

void sca_flow_free(struct sca_flow *flow)
{
    if (flow != NULL)
        flow->free(flow);
}
