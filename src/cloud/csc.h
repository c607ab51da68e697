/* SPDX-License-Identifier: Apache-2.0 */
/* The provider of services that speak the Cloud Signature Consortium's API. */
#ifndef SCA_CLOUD_CSC_H
#define SCA_CLOUD_CSC_H

#include "provider.h"

extern const struct sca_provider sca_provider_csc;

#endif
