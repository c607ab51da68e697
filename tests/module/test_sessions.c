/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions and login: states, handles that never come back, thousands of sessions, tokens that need
 * no PIN and tokens that do.
 */
#include "host.h"

#include <stdlib.h>

enum { MANY = 10000 };

static CK_UTF8CHAR pin[] = "123456";

static int set_up(void **state)
{
    static size_t two = 2;
    *state = &two;
    if (host_set_up(state) != 0)
        return -1;
    struct sca_image *image = host_image(2);
    image->slots[1].pin = SCA_PIN_PASSWORD;
    struct sca_image_object *object = sca_image_add_object(&image->slots[1]);
    sca_image_add_ulong(object, CKA_CLASS, CKO_DATA);
    sca_image_add_bool(object, CKA_TOKEN, true);
    sca_image_add_bool(object, CKA_PRIVATE, true);
    host_write_image(image);
    host_initialize();
    return 0;
}

static CK_STATE state_of(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;
    assert_int_equal(host->C_GetSessionInfo(session, &info), CKR_OK);
    return info.state;
}

static void opening(void **state)
{
    (void)state;
    const CK_SLOT_ID slot = host_slot(0);
    CK_SESSION_HANDLE session;
    CK_SESSION_INFO info;
    assert_int_equal(host->C_OpenSession(slot, 0, NULL, NULL, &session),
                     CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    assert_int_equal(host->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, NULL),
                     CKR_ARGUMENTS_BAD);
    session = host_session(slot, CKF_RW_SESSION);
    assert_int_equal(host->C_GetSessionInfo(session, &info), CKR_OK);
    assert_int_equal(info.slotID, slot);
    assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
    assert_int_equal(info.flags, CKF_SERIAL_SESSION | CKF_RW_SESSION);
    assert_int_equal(host->C_GetSessionInfo(session, NULL), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_CloseSession(session), CKR_OK);
    assert_int_equal(host->C_CloseSession(session), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(host->C_GetSessionInfo(session, &info), CKR_SESSION_HANDLE_INVALID);
    assert_true(host_session(slot, 0) > session);
}

/* A handle of before C_Finalize is not that of a session after it. */
static void handles_never_come_back(void **state)
{
    (void)state;
    const CK_SESSION_HANDLE old = host_session(host_slot(0), 0);
    const CK_OBJECT_HANDLE key = host_object(old, CKO_PRIVATE_KEY);
    assert_int_equal(host->C_Finalize(NULL), CKR_OK);
    host_initialize();
    const CK_SESSION_HANDLE session = host_session(host_slot(0), 0);
    assert_int_not_equal(session, old);
    assert_int_not_equal(host_object(session, CKO_PRIVATE_KEY), key);
    assert_int_equal(host->C_CloseSession(old), CKR_SESSION_HANDLE_INVALID);
}

static void ten_thousand_sessions(void **state)
{
    (void)state;
    static CK_SESSION_HANDLE sessions[MANY];
    const CK_SLOT_ID slots[] = {host_slot(0), host_slot(1)};
    for (size_t i = 0; i < MANY; i++)
        sessions[i] = host_session(slots[i % 2], 0);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(state_of(sessions[i]), CKS_RO_PUBLIC_SESSION);
    for (size_t i = 0; i < MANY / 2; i++) /* the oldest first */
        assert_int_equal(host->C_CloseSession(sessions[i]), CKR_OK);
    assert_int_equal(host->C_CloseAllSessions(slots[0]), CKR_OK);
    for (size_t i = MANY / 2; i < MANY; i++)
        assert_int_equal(host->C_CloseSession(sessions[i]),
                         i % 2 ? CKR_OK : CKR_SESSION_HANDLE_INVALID);
}

/* pkcs11-tool --login takes "already logged in" for a failure, so the first login succeeds. */
static void login_where_none_is_needed(void **state)
{
    (void)state;
    const CK_SLOT_ID slot = host_slot(0);
    const CK_SESSION_HANDLE one = host_session(slot, 0), two = host_session(slot, CKF_RW_SESSION);
    const CK_SESSION_HANDLE other = host_session(host_slot(1), 0);
    assert_int_not_equal(host_object(one, CKO_PRIVATE_KEY), CK_INVALID_HANDLE);
    assert_int_equal(host->C_Logout(one), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host->C_Login(one, CKU_USER, pin, 6), CKR_OK);
    assert_int_equal(host->C_Login(two, CKU_USER, pin, 6), CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(state_of(one), CKS_RO_USER_FUNCTIONS);
    assert_int_equal(state_of(two), CKS_RW_USER_FUNCTIONS);
    assert_int_equal(state_of(other), CKS_RO_PUBLIC_SESSION);
    assert_int_equal(host->C_Logout(two), CKR_OK);
    assert_int_equal(state_of(one), CKS_RO_PUBLIC_SESSION);

    assert_int_equal(host->C_Login(one, CKU_USER, NULL, 0), CKR_OK);
    assert_int_equal(host->C_Logout(one), CKR_OK);
    assert_int_equal(host->C_Login(one, CKU_USER, pin, 0), CKR_OK);
    assert_int_equal(host->C_Logout(one), CKR_OK);
    assert_int_equal(host->C_LoginUser(one, CKU_USER, pin, 6, pin, 6), CKR_OK);

    /* The login ends with the slot's last session. */
    assert_int_equal(host->C_CloseSession(one), CKR_OK);
    assert_int_equal(state_of(two), CKS_RW_USER_FUNCTIONS);
    assert_int_equal(host->C_CloseAllSessions(slot), CKR_OK);
    assert_int_equal(state_of(host_session(slot, 0)), CKS_RO_PUBLIC_SESSION);
}

static void login_with_a_pin(void **state)
{
    (void)state;
    const CK_SLOT_ID slot = host_slot(1);
    const CK_SESSION_HANDLE session = host_session(slot, 0);
    CK_TOKEN_INFO token;
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_ATTRIBUTE attr = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE found[2];
    static CK_UTF8CHAR long_pin[300];
    assert_int_equal(host->C_GetTokenInfo(slot, &token), CKR_OK);
    assert_true(token.flags & CKF_LOGIN_REQUIRED);
    assert_true(token.flags & CKF_USER_PIN_INITIALIZED);
    assert_int_equal(token.ulMinPinLen, 1);
    assert_int_equal(host_find(session, &attr, 1, found, 2), 0); /* the private object */

    assert_int_equal(host->C_Login(session, CKU_USER, NULL, 0), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_Login(session, CKU_USER, pin, 0), CKR_PIN_INCORRECT);
    assert_int_equal(host->C_Login(session, CKU_USER, long_pin, token.ulMaxPinLen + 1),
                     CKR_PIN_INCORRECT);
    assert_int_equal(host->C_Login(session, CKU_USER, pin, 6), CKR_OK);
    assert_int_equal(host->C_Login(session, CKU_USER, pin, 6), CKR_USER_ALREADY_LOGGED_IN);
    assert_int_equal(host_find(session, &attr, 1, found, 2), 1);

    /* Logging out hides private objects, and destroys the session's own. */
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE own[] = {attr, {CKA_PRIVATE, &yes, sizeof yes}};
    CK_ULONG size;
    assert_int_equal(host->C_CreateObject(session, own, 2, &found[1]), CKR_OK);
    assert_int_equal(host->C_GetObjectSize(session, found[1], &size), CKR_OK);
    assert_int_equal(host->C_Logout(session), CKR_OK);
    assert_int_equal(host->C_GetObjectSize(session, found[0], &size), CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(host->C_CreateObject(session, own, 2, &found[1]), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host->C_Login(session, CKU_USER, pin, 6), CKR_OK);
    assert_int_equal(host->C_GetObjectSize(session, found[0], &size), CKR_OK);
    assert_int_equal(host->C_GetObjectSize(session, found[1], &size), CKR_OBJECT_HANDLE_INVALID);
}

static void other_users_and_pins(void **state)
{
    (void)state;
    const CK_SESSION_HANDLE session = host_session(host_slot(0), 0);
    const CK_SESSION_HANDLE writing = host_session(host_slot(0), CKF_RW_SESSION);
    assert_int_equal(host->C_Login(session, CKU_SO, pin, 6), CKR_USER_TYPE_INVALID);
    assert_int_equal(host->C_Login(session, 77, pin, 6), CKR_USER_TYPE_INVALID);
    assert_int_equal(host->C_Login(session, CKU_USER, NULL, 6), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_LoginUser(session, CKU_USER, pin, 6, NULL, 6), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_Login(session, CKU_CONTEXT_SPECIFIC, pin, 6),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host->C_InitPIN(writing, pin, 6), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(host->C_SetPIN(session, pin, 6, pin, 6), CKR_SESSION_READ_ONLY);
    assert_int_equal(host->C_SetPIN(writing, pin, 6, pin, 6), CKR_TOKEN_WRITE_PROTECTED);
    assert_int_equal(host->C_SetPIN(writing, NULL, 6, pin, 6), CKR_ARGUMENTS_BAD);
}

static void operation_state_and_cancel(void **state)
{
    (void)state;
    const CK_SESSION_HANDLE session = host_session(host_slot(0), 0);
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
    CK_ULONG len = 0;
    CK_OBJECT_HANDLE object;
    assert_int_equal(host->C_GetOperationState(session, NULL, &len), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host->C_GetOperationState(session, NULL, NULL), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_SetOperationState(session, pin, 6, 0, 0), CKR_SAVED_STATE_INVALID);
    assert_int_equal(host->C_DigestInit(session, &sha256), CKR_OK);
    assert_int_equal(host->C_GetOperationState(session, NULL, &len), CKR_STATE_UNSAVEABLE);
    assert_int_equal(host->C_FindObjectsInit(session, NULL, 0), CKR_OK);

    assert_int_equal(host->C_SessionCancel(session, CKF_SIGN | CKF_ENCRYPT), CKR_OK);
    assert_int_equal(host->C_FindObjects(session, &object, 1, &len), CKR_OK);
    assert_int_equal(host->C_SessionCancel(session, CKF_FIND_OBJECTS | CKF_DIGEST), CKR_OK);
    assert_int_equal(host->C_FindObjects(session, &object, 1, &len), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host->C_DigestUpdate(session, pin, 6), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host->C_SessionCancel(0, CKF_FIND_OBJECTS), CKR_SESSION_HANDLE_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, host_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opening),
        TEST(handles_never_come_back),
        TEST(ten_thousand_sessions),
        TEST(login_where_none_is_needed),
        TEST(login_with_a_pin),
        TEST(other_users_and_pins),
        TEST(operation_state_and_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
