/* SPDX-License-Identifier: Apache-2.0 */
/* What a host is told about what happened: the table of docs/architecture.md, "Errors". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/err.h"
#include "module/cryptoki/rv.h"

static void each_error_has_its_code(void **state)
{
    (void)state;
    static const struct {
        int err;
        CK_RV rv;
    } cases[] = {
        {0, CKR_OK},
        {SCA_E_REJECTED, CKR_FUNCTION_REJECTED},
        {SCA_E_BUDGET, CKR_FUNCTION_REJECTED},
        {SCA_E_PROGRAM, CKR_FUNCTION_REJECTED},
        {SCA_E_QUOTA, CKR_FUNCTION_REJECTED},
        {SCA_E_EXPIRED, CKR_FUNCTION_CANCELED},
        {SCA_E_TIMEOUT, CKR_FUNCTION_CANCELED},
        {SCA_E_CANCELLED, CKR_FUNCTION_CANCELED},
        {SCA_E_USER_AUTH, CKR_PIN_INCORRECT},
        {SCA_E_USER_LOCKED, CKR_PIN_LOCKED},
        {SCA_E_NEED_AUTH, CKR_USER_NOT_LOGGED_IN},
        {SCA_E_NO_SCREEN, CKR_USER_NOT_LOGGED_IN},
        {SCA_E_CERT, CKR_KEY_FUNCTION_NOT_PERMITTED},
        {SCA_E_UNSUPPORTED, CKR_DATA_INVALID},
        {SCA_E_NOMEM, CKR_HOST_MEMORY},
        {SCA_E_AGENT, CKR_DEVICE_ERROR},
        {SCA_E_UNREACHABLE, CKR_DEVICE_ERROR},
        {SCA_E_SERVER, CKR_DEVICE_ERROR},
        {SCA_E_SP_AUTH, CKR_DEVICE_ERROR},
        {SCA_E_BAD_SIGNATURE, CKR_DEVICE_ERROR},
        {-9999, CKR_DEVICE_ERROR}, /* of a newer agent */
        {1, CKR_DEVICE_ERROR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(sca_rv_from_err(cases[i].err), cases[i].rv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_error_has_its_code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
