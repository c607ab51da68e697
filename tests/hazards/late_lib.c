/* SPDX-License-Identifier: Apache-2.0 */
/* See late_lib.h. */
#include "late_lib.h"

#include <stdio.h>
#include <unistd.h>

static CK_FUNCTION_LIST *late_p11;
static CK_SESSION_HANDLE late_session;

void late_lib_finish(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session)
{
    late_p11 = p11;
    late_session = session;
}

__attribute__((destructor)) static void finish(void)
{
    if (late_p11 == NULL)
        return;
    if (late_p11->C_CloseSession(late_session) != CKR_OK || late_p11->C_Finalize(NULL) != CKR_OK ||
        late_p11->C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
        _exit(1);
    dprintf(STDOUT_FILENO, "late: finalized\n");
}
