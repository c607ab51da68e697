/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built module as a host loads it, in a process that uses OpenSSL itself: one signature, its
 * verification, and an exit in the middle of operations.
 */
#include <dlfcn.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "signing_world.h"

enum { ROOM = 1024, SURVIVED = 7 };

static CK_BYTE message[] = "the message";
enum { MESSAGE_LEN = sizeof message - 1 };

static CK_FUNCTION_LIST *functions;

static CK_FUNCTION_LIST *load(void)
{
    void *module = dlopen(SCA_TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get_list = NULL;
    CK_FUNCTION_LIST *list = NULL;
    assert_non_null(module);
    *(void **)&get_list = dlsym(module, "C_GetFunctionList");
    assert_non_null(get_list);
    assert_int_equal(get_list(&list), CKR_OK);
    return list;
}

static CK_OBJECT_HANDLE object(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE found = 0;
    CK_ULONG count = 0;
    assert_int_equal(functions->C_FindObjectsInit(session, &template, 1), CKR_OK);
    assert_int_equal(functions->C_FindObjects(session, &found, 1, &count), CKR_OK);
    assert_int_equal(functions->C_FindObjectsFinal(session), CKR_OK);
    assert_int_equal(count, 1);
    return found;
}

static CK_SESSION_HANDLE open_session(void)
{
    CK_SLOT_ID slots[WORLD_SLOTS];
    CK_ULONG count = WORLD_SLOTS;
    CK_SESSION_HANDLE session = 0;
    assert_int_equal(functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_int_equal(
        functions->C_OpenSession(slots[WORLD_VNPT], CKF_SERIAL_SESSION, NULL, NULL, &session),
        CKR_OK);
    return session;
}

static void test_sign_and_verify(void **state)
{
    const struct world *world = *state;
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_BYTE signature[ROOM];
    CK_ULONG len = sizeof signature;
    functions = load();
    assert_int_equal(functions->C_Initialize(NULL), CKR_OK);
    const CK_SESSION_HANDLE session = open_session();
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(functions->C_SignInit(session, &mechanism, object(session, CKO_PRIVATE_KEY)),
                     CKR_OK);
    assert_int_equal(functions->C_Sign(session, message, MESSAGE_LEN, signature, &len), CKR_OK);
    assert_true(world_verify(world, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, message, MESSAGE_LEN,
                             signature, len));
    assert_int_equal(functions->C_VerifyInit(session, &mechanism, object(session, CKO_PUBLIC_KEY)),
                     CKR_OK);
    assert_int_equal(functions->C_Verify(session, message, MESSAGE_LEN, signature, len), CKR_OK);
    assert_int_equal(functions->C_Finalize(NULL), CKR_OK);
}

static CK_SESSION_HANDLE left_open;

/* The last handler to run: OpenSSL's and everybody's are through. */
static void use_at_exit(void)
{
    CK_MECHANISM digest = {CKM_SHA256, NULL, 0};
    (void)functions->C_DigestUpdate(left_open, message, MESSAGE_LEN);
    (void)functions->C_CloseSession(left_open);
    const CK_SESSION_HANDLE session = open_session();
    (void)functions->C_DigestInit(session, &digest);
    _exit(functions->C_Finalize(NULL) == CKR_OK ? SURVIVED : 1);
}

static int leave_in_the_middle(void)
{
    CK_MECHANISM digest = {CKM_SHA256, NULL, 0}, sign = {CKM_SHA256_RSA_PKCS, NULL, 0};
    atexit(use_at_exit);
    OPENSSL_init_crypto(0, NULL);
    functions = load();
    if (functions->C_Initialize(NULL) != CKR_OK)
        return 1;
    left_open = open_session();
    if (functions->C_DigestInit(left_open, &digest) != CKR_OK ||
        functions->C_DigestUpdate(left_open, message, MESSAGE_LEN) != CKR_OK ||
        functions->C_SignInit(left_open, &sign, object(left_open, CKO_PRIVATE_KEY)) != CKR_OK ||
        functions->C_VerifyInit(left_open, &sign, object(left_open, CKO_PUBLIC_KEY)) != CKR_OK)
        return 2;
    return 0;
}

static void test_exit(void **state)
{
    (void)state;
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        exit(leave_in_the_middle());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), SURVIVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_and_verify),
        cmocka_unit_test(test_exit),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
