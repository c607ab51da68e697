/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table from enum sca_err to CK_RV.
 * Source: docs/architecture.md, "Errors"; only codes that the standard lists for C_Sign.
 */
#ifndef SCA_MODULE_CRYPTOKI_RV_H
#define SCA_MODULE_CRYPTOKI_RV_H

#include "cryptoki.h"

/* CKR_OK for 0; an unknown number gives CKR_DEVICE_ERROR. */
CK_RV sca_rv_from_err(int err);

#endif
