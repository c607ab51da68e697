/* SPDX-License-Identifier: Apache-2.0 */
/* The MySign provider, for the table of providers.c. */
#ifndef SCA_CLOUD_MYSIGN_H
#define SCA_CLOUD_MYSIGN_H

#include "provider.h"

extern const struct sca_provider sca_provider_mysign; /* viettel-mysign */

#endif
