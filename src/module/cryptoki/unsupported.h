/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of functions that this token does not have. */
#ifndef SCA_MODULE_CRYPTOKI_UNSUPPORTED_H
#define SCA_MODULE_CRYPTOKI_UNSUPPORTED_H

#include "cryptoki.h"

/* CKR_CRYPTOKI_NOT_INITIALIZED before C_Initialize, else CKR_FUNCTION_NOT_SUPPORTED. */
CK_RV sca_unsupported(void);

#endif
