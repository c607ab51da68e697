/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provider of Mobile-ID's RSSP services (experimental: docs/protocol-rssp.md), for the table of
 * providers.
 */
#ifndef SCA_CLOUD_RSSP_H
#define SCA_CLOUD_RSSP_H

#include "provider.h"

extern const struct sca_provider sca_provider_rssp;

#endif
