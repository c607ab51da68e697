/* SPDX-License-Identifier: Apache-2.0 */
/* The sp769 providers, for the table of provider.c. */
#ifndef SCA_CLOUD_SP769_H
#define SCA_CLOUD_SP769_H

#include "provider.h"

extern const struct sca_provider sca_provider_vnpt;    /* v1: vnpt-smartca */
extern const struct sca_provider sca_provider_vnpt_th; /* v2: vnpt-smartca-th */

/* The listing of both. */
int sca_sp769_list(const struct sca_cloud_account *account, struct sca_flow **ret_flow);

#endif
