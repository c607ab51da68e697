/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every flow is made of, for the flow files only: a provider's struct begins with struct
 * sca_flow and brings its own step and free.
 */
#ifndef SCA_CLOUD_FLOW_H
#define SCA_CLOUD_FLOW_H

#include "provider.h"

struct sca_flow {
    void (*step)(struct sca_flow *flow, const struct sca_event *event,
                 struct sca_action *ret_action);
    void (*free)(struct sca_flow *flow); /* frees the provider's part and the struct */
    const struct sca_cloud_listing *listing;
    const struct sca_cloud_result *result;
    const struct sca_cloud_token *token;
    const char *page;
    const struct sca_cloud_permit *permit;
    struct sca_cloud_unasked unasked;
};

#endif
