/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that arrive while we are inside foreign code on the same thread: OpenSSL, loaded by us, may
 * read a host's configuration that loads this very module. Linked with the module's own library,
 * for the door is not one of the three symbols.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>

#include "cryptoki.h"
#include "module/token/library.h"

static void *initialize_elsewhere(void *ret_rv)
{
    *(CK_RV *)ret_rv = C_Initialize(NULL);
    return NULL;
}

static void nested_calls_have_no_effect(void **state)
{
    (void)state;
    CK_INFO info;
    CK_RV elsewhere = CKR_OK;
    pthread_t thread;
    assert_int_equal(C_Initialize(NULL), CKR_OK);
    sca_library_call_out_begin();
    sca_library_call_out_begin();
    assert_int_equal(C_Initialize(NULL), CKR_OK);
    assert_int_equal(C_Finalize(NULL), CKR_OK);
    sca_library_call_out_end();
    assert_int_equal(C_Finalize(NULL), CKR_OK);
    assert_int_equal(C_GetInfo(&info), CKR_OK);

    /* Another thread is not nested. */
    assert_int_equal(pthread_create(&thread, NULL, initialize_elsewhere, &elsewhere), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(elsewhere, CKR_CRYPTOKI_ALREADY_INITIALIZED);

    sca_library_call_out_end();
    assert_int_equal(C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    assert_int_equal(C_Finalize(NULL), CKR_OK);
    assert_int_equal(C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nested_calls_have_no_effect)};
    setenv("SMARTCA_CONF", "/nonexistent/smartca.conf", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
