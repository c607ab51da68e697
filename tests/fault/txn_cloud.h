/* SPDX-License-Identifier: Apache-2.0 */
/* A cloud that obeys the script in struct world. Included after cmocka.h. */
#ifndef SCA_TESTS_FAULT_TXN_CLOUD_H
#define SCA_TESTS_FAULT_TXN_CLOUD_H

#include "txn_world.h"

extern const struct sca_provider cloud_provider;

/* Forgets every transaction and heeds the script of @world from now on. */
void cloud_open(struct world *world);

/* Of the one key; borrowed. */
struct sca_buf cloud_certificate(void);

#endif
