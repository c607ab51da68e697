/* SPDX-License-Identifier: Apache-2.0 */
/* One table: what happened, and what the host is told. */
#include "module/cryptoki/rv.h"

#include "common/err.h"

CK_RV sca_rv_from_err(int err)
{
    switch ((enum sca_err)err) {
    case SCA_OK:
        return CKR_OK;
    case SCA_E_NOMEM:
        return CKR_HOST_MEMORY;
    case SCA_E_REJECTED:
    case SCA_E_BUDGET:
    case SCA_E_QUOTA:
    case SCA_E_PROGRAM:
        return CKR_FUNCTION_REJECTED;
    case SCA_E_TIMEOUT:
    case SCA_E_CANCELLED:
    case SCA_E_EXPIRED:
        return CKR_FUNCTION_CANCELED;
    case SCA_E_USER_AUTH:
        return CKR_PIN_INCORRECT;
    case SCA_E_USER_LOCKED:
        return CKR_PIN_LOCKED;
    case SCA_E_NEED_AUTH:
    case SCA_E_NO_SCREEN:
        return CKR_USER_NOT_LOGGED_IN;
    case SCA_E_CERT:
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    case SCA_E_UNSUPPORTED:
        return CKR_DATA_INVALID;
    case SCA_E_INVAL:
    case SCA_E_IO:
    case SCA_E_PERM:
    case SCA_E_FORMAT:
    case SCA_E_LIMIT:
    case SCA_E_NOENT:
    case SCA_E_CONFIG:
    case SCA_E_AGENT:
    case SCA_E_VERSION:
    case SCA_E_SP_AUTH:
    case SCA_E_NO_CERT:
    case SCA_E_REFUSED:
    case SCA_E_UNREACHABLE:
    case SCA_E_TLS:
    case SCA_E_UNCERTAIN:
    case SCA_E_SERVER:
    case SCA_E_NOT_FOUND:
    case SCA_E_BAD_SIGNATURE:
    case SCA_E_SERVER_KEY:
        return CKR_DEVICE_ERROR;
    }
    return CKR_DEVICE_ERROR;
}
