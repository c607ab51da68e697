/* SPDX-License-Identifier: Apache-2.0 */
/* The table of providers, and the few calls that every flow answers. */
#include "cloud/provider.h"

#include <string.h>
#include "cloud/flow.h"
#include "cloud/sp769.h"
#include "common/text.h"

static const struct sca_provider *const providers[] = {
    &sca_provider_vnpt,
    &sca_provider_vnpt_th,
};

const struct sca_provider *sca_provider_at(size_t index)
{
    return index < sizeof providers / sizeof providers[0] ? providers[index] : NULL;
}

const struct sca_provider *sca_provider_find(const char *name)
{
    size_t i = 0;

    while (sca_provider_at(i) != NULL && !sca_streq(sca_provider_at(i)->name, name))
        i++;
    return sca_provider_at(i);
}

void sca_flow_step(struct sca_flow *flow, const struct sca_event *event,
                   struct sca_action *ret_action)
{
    flow->step(flow, event, ret_action);
    if (ret_action->detail == NULL)
        ret_action->detail = "";
}

const struct sca_cloud_listing *sca_flow_listing(const struct sca_flow *flow)
{
    return flow->listing;
}

const struct sca_cloud_result *sca_flow_result(const struct sca_flow *flow)
{
    return flow->result;
}

void sca_flow_free(struct sca_flow *flow)
{
    if (flow != NULL)
        flow->free(flow);
}
