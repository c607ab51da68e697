/* SPDX-License-Identifier: Apache-2.0 */
/* A library whose destructor closes a session and finalizes, when everything else is gone. */
#ifndef SCA_TESTS_LATE_LIB_H
#define SCA_TESTS_LATE_LIB_H

#include "cryptoki.h"

/* What the destructor shall close. It writes "late: finalized" to stdout, or ends with status 1. */
__attribute__((visibility("default"))) void late_lib_finish(CK_FUNCTION_LIST *p11,
                                                            CK_SESSION_HANDLE session);

#endif
