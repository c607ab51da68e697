/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that this token has: see functions.h. One adapter for each, so that a test can call
 * any of them with an array of arguments; the rows stand in the order of CK_FUNCTION_LIST_3_0.
 */
#include "functions.h"

static CK_RV initialize(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_Initialize(a[0].p);
}

static CK_RV finalize(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_Finalize(a[0].p);
}

static CK_RV get_info(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetInfo(a[0].p);
}

static CK_RV get_function_list(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetFunctionList(a[0].p);
}

static CK_RV get_slot_list(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetSlotList((CK_BBOOL)a[0].n, a[1].p, a[2].p);
}

static CK_RV get_slot_info(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetSlotInfo(a[0].n, a[1].p);
}

static CK_RV get_token_info(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetTokenInfo(a[0].n, a[1].p);
}

static CK_RV get_mechanism_list(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetMechanismList(a[0].n, a[1].p, a[2].p);
}

static CK_RV get_mechanism_info(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetMechanismInfo(a[0].n, a[1].n, a[2].p);
}

static CK_RV init_token(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_InitToken(a[0].n, a[1].p, a[2].n, a[3].p);
}

static CK_RV init_pin(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_InitPIN(a[0].n, a[1].p, a[2].n);
}

static CK_RV set_pin(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SetPIN(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n);
}

static CK_RV open_session(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_OpenSession(a[0].n, a[1].n, a[2].p, NULL, a[4].p);
}

static CK_RV close_session(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_CloseSession(a[0].n);
}

static CK_RV close_all_sessions(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_CloseAllSessions(a[0].n);
}

static CK_RV get_session_info(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetSessionInfo(a[0].n, a[1].p);
}

static CK_RV get_operation_state(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetOperationState(a[0].n, a[1].p, a[2].p);
}

static CK_RV set_operation_state(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SetOperationState(a[0].n, a[1].p, a[2].n, a[3].n, a[4].n);
}

static CK_RV login(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_Login(a[0].n, a[1].n, a[2].p, a[3].n);
}

static CK_RV logout(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_Logout(a[0].n);
}

static CK_RV create_object(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_CreateObject(a[0].n, a[1].p, a[2].n, a[3].p);
}

static CK_RV copy_object(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_CopyObject(a[0].n, a[1].n, a[2].p, a[3].n, a[4].p);
}

static CK_RV destroy_object(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DestroyObject(a[0].n, a[1].n);
}

static CK_RV get_object_size(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetObjectSize(a[0].n, a[1].n, a[2].p);
}

static CK_RV get_attribute_value(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetAttributeValue(a[0].n, a[1].n, a[2].p, a[3].n);
}

static CK_RV set_attribute_value(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SetAttributeValue(a[0].n, a[1].n, a[2].p, a[3].n);
}

static CK_RV find_objects_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_FindObjectsInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV find_objects(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_FindObjects(a[0].n, a[1].p, a[2].n, a[3].p);
}

static CK_RV find_objects_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_FindObjectsFinal(a[0].n);
}

static CK_RV digest_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DigestInit(a[0].n, a[1].p);
}

static CK_RV digest(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_Digest(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV digest_update(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DigestUpdate(a[0].n, a[1].p, a[2].n);
}

static CK_RV digest_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_DigestFinal(a[0].n, a[1].p, a[2].p);
}

static CK_RV sign_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SignInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV sign(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_Sign(a[0].n, a[1].p, a[2].n, a[3].p, a[4].p);
}

static CK_RV sign_update(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SignUpdate(a[0].n, a[1].p, a[2].n);
}

static CK_RV sign_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SignFinal(a[0].n, a[1].p, a[2].p);
}

static CK_RV verify_init(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_VerifyInit(a[0].n, a[1].p, a[2].n);
}

static CK_RV verify(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_Verify(a[0].n, a[1].p, a[2].n, a[3].p, a[4].n);
}

static CK_RV verify_update(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_VerifyUpdate(a[0].n, a[1].p, a[2].n);
}

static CK_RV verify_final(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_VerifyFinal(a[0].n, a[1].p, a[2].n);
}

static CK_RV seed_random(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SeedRandom(a[0].n, a[1].p, a[2].n);
}

static CK_RV generate_random(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GenerateRandom(a[0].n, a[1].p, a[2].n);
}

static CK_RV wait_for_slot_event(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_WaitForSlotEvent(a[0].n, a[1].p, a[2].p);
}

static CK_RV get_interface_list(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetInterfaceList(a[0].p, a[1].p);
}

static CK_RV get_interface(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_GetInterface(a[0].p, a[1].p, a[2].p, a[3].n);
}

static CK_RV login_user(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_LoginUser(a[0].n, a[1].n, a[2].p, a[3].n, a[4].p, a[5].n);
}

static CK_RV session_cancel(const CK_FUNCTION_LIST_3_0 *p11, const union arg *a)
{
    return p11->C_SessionCancel(a[0].n, a[1].n);
}

const struct function functions[] = {
    {"C_Initialize",
     initialize,
     "A",
     NONE,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_CANT_LOCK, CKR_CRYPTOKI_ALREADY_INITIALIZED,
      CKR_NEED_TO_CREATE_THREADS}},
    {"C_Finalize", finalize, "R", LIBRARY, NO_OP, false, {CKR_ARGUMENTS_BAD}},
    {"C_GetInfo", get_info, "I", LIBRARY, NO_OP, false, {CKR_ARGUMENTS_BAD}},
    {"C_GetFunctionList", get_function_list, "I", NONE, NO_OP, false, {CKR_ARGUMENTS_BAD}},
    {"C_GetSlotList",
     get_slot_list,
     "1OL",
     LIBRARY,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL}},
    {"C_GetSlotInfo",
     get_slot_info,
     "sI",
     LIBRARY,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_DEVICE_ERROR, CKR_SLOT_ID_INVALID}},
    {"C_GetTokenInfo",
     get_token_info,
     "sI",
     SLOT,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_TOKEN_NOT_RECOGNIZED}},
    {"C_GetMechanismList",
     get_mechanism_list,
     "sOL",
     SLOT,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_TOKEN_NOT_RECOGNIZED}},
    {"C_GetMechanismInfo",
     get_mechanism_info,
     "smI",
     SLOT,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_MECHANISM_INVALID, CKR_TOKEN_NOT_RECOGNIZED}},
    {"C_InitToken",
     init_token,
     "sDlI",
     SLOT,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_PIN_INCORRECT, CKR_PIN_LOCKED,
      CKR_SESSION_EXISTS, CKR_TOKEN_NOT_RECOGNIZED, CKR_TOKEN_WRITE_PROTECTED}},
    {"C_InitPIN",
     init_pin,
     "hDl",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE,
      CKR_SESSION_READ_ONLY, CKR_TOKEN_WRITE_PROTECTED, CKR_USER_NOT_LOGGED_IN}},
    {"C_SetPIN",
     set_pin,
     "hDlDl",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_PIN_INCORRECT, CKR_PIN_INVALID,
      CKR_PIN_LEN_RANGE, CKR_PIN_LOCKED, CKR_SESSION_READ_ONLY, CKR_TOKEN_WRITE_PROTECTED}},
    {"C_OpenSession",
     open_session,
     "s4XXI",
     SLOT,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_SESSION_COUNT, CKR_SESSION_PARALLEL_NOT_SUPPORTED,
      CKR_SESSION_READ_WRITE_SO_EXISTS, CKR_TOKEN_NOT_RECOGNIZED, CKR_TOKEN_WRITE_PROTECTED}},
    {"C_CloseSession", close_session, "h", SESSION, NO_OP, false, {CKR_OK}},
    {"C_CloseAllSessions", close_all_sessions, "s", SLOT, NO_OP, false, {CKR_OK}},
    {"C_GetSessionInfo", get_session_info, "hI", SESSION, NO_OP, false, {CKR_ARGUMENTS_BAD}},
    {"C_GetOperationState",
     get_operation_state,
     "hOL",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_OPERATION_NOT_INITIALIZED,
      CKR_STATE_UNSAVEABLE}},
    {"C_SetOperationState",
     set_operation_state,
     "hDl00",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_KEY_CHANGED, CKR_KEY_NEEDED, CKR_KEY_NOT_NEEDED,
      CKR_SAVED_STATE_INVALID}},
    {"C_Login",
     login,
     "h1Dl",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_OPERATION_NOT_INITIALIZED, CKR_PIN_INCORRECT,
      CKR_PIN_LOCKED, CKR_SESSION_READ_ONLY_EXISTS, CKR_USER_ALREADY_LOGGED_IN,
      CKR_USER_ANOTHER_ALREADY_LOGGED_IN, CKR_USER_PIN_NOT_INITIALIZED, CKR_USER_TOO_MANY_TYPES,
      CKR_USER_TYPE_INVALID}},
    {"C_Logout", logout, "h", SESSION, NO_OP, false, {CKR_USER_NOT_LOGGED_IN}},
    {"C_CreateObject",
     create_object,
     "hTcI",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_READ_ONLY, CKR_ATTRIBUTE_TYPE_INVALID,
      CKR_ATTRIBUTE_VALUE_INVALID, CKR_CURVE_NOT_SUPPORTED, CKR_DOMAIN_PARAMS_INVALID,
      CKR_PIN_EXPIRED, CKR_SESSION_READ_ONLY, CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT,
      CKR_TOKEN_WRITE_PROTECTED, CKR_USER_NOT_LOGGED_IN}},
    {"C_CopyObject",
     copy_object,
     "hoTcI",
     SESSION,
     NO_OP,
     false,
     {CKR_ACTION_PROHIBITED, CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_READ_ONLY, CKR_ATTRIBUTE_TYPE_INVALID,
      CKR_ATTRIBUTE_VALUE_INVALID, CKR_OBJECT_HANDLE_INVALID, CKR_PIN_EXPIRED,
      CKR_SESSION_READ_ONLY, CKR_TEMPLATE_INCONSISTENT, CKR_TOKEN_WRITE_PROTECTED,
      CKR_USER_NOT_LOGGED_IN}},
    {"C_DestroyObject",
     destroy_object,
     "ho",
     SESSION,
     NO_OP,
     false,
     {CKR_ACTION_PROHIBITED, CKR_OBJECT_HANDLE_INVALID, CKR_PIN_EXPIRED, CKR_SESSION_READ_ONLY,
      CKR_TOKEN_WRITE_PROTECTED}},
    {"C_GetObjectSize",
     get_object_size,
     "hoI",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_INFORMATION_SENSITIVE, CKR_OBJECT_HANDLE_INVALID}},
    {"C_GetAttributeValue",
     get_attribute_value,
     "hoTc",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_BUFFER_TOO_SMALL,
      CKR_OBJECT_HANDLE_INVALID}},
    {"C_SetAttributeValue",
     set_attribute_value,
     "hoTc",
     SESSION,
     NO_OP,
     false,
     {CKR_ACTION_PROHIBITED, CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_READ_ONLY, CKR_ATTRIBUTE_TYPE_INVALID,
      CKR_ATTRIBUTE_VALUE_INVALID, CKR_OBJECT_HANDLE_INVALID, CKR_SESSION_READ_ONLY,
      CKR_TEMPLATE_INCONSISTENT, CKR_TOKEN_WRITE_PROTECTED, CKR_USER_NOT_LOGGED_IN}},
    {"C_FindObjectsInit",
     find_objects_init,
     "hTc",
     SESSION,
     FIND,
     true,
     {CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID,
      CKR_OPERATION_ACTIVE, CKR_PIN_EXPIRED}},
    {"C_FindObjects",
     find_objects,
     "hF8I",
     SESSION,
     FIND,
     false,
     {CKR_ARGUMENTS_BAD, CKR_OPERATION_NOT_INITIALIZED}},
    {"C_FindObjectsFinal",
     find_objects_final,
     "h",
     SESSION,
     FIND,
     false,
     {CKR_OPERATION_NOT_INITIALIZED}},
    {"C_DigestInit",
     digest_init,
     "hH",
     SESSION,
     DIGEST,
     true,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID,
      CKR_OPERATION_ACTIVE, CKR_OPERATION_CANCEL_FAILED, CKR_PIN_EXPIRED, CKR_USER_NOT_LOGGED_IN}},
    {"C_Digest",
     digest,
     "hDrOL",
     SESSION,
     DIGEST,
     false,
     {CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_FUNCTION_CANCELED,
      CKR_OPERATION_NOT_INITIALIZED}},
    {"C_DigestUpdate",
     digest_update,
     "hDr",
     SESSION,
     DIGEST,
     false,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_OPERATION_NOT_INITIALIZED}},
    {"C_DigestFinal",
     digest_final,
     "hOL",
     SESSION,
     DIGEST,
     false,
     {CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_FUNCTION_CANCELED,
      CKR_OPERATION_NOT_INITIALIZED}},
    {"C_SignInit",
     sign_init,
     "hMk",
     SESSION,
     SIGN,
     true,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_KEY_FUNCTION_NOT_PERMITTED,
      CKR_KEY_HANDLE_INVALID, CKR_KEY_SIZE_RANGE, CKR_KEY_TYPE_INCONSISTENT, CKR_MECHANISM_INVALID,
      CKR_MECHANISM_PARAM_INVALID, CKR_OPERATION_ACTIVE, CKR_OPERATION_CANCEL_FAILED,
      CKR_PIN_EXPIRED, CKR_USER_NOT_LOGGED_IN}},
    {"C_Sign",
     sign,
     "hDlOL",
     SESSION,
     SIGN,
     false,
     {CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_DATA_INVALID, CKR_DATA_LEN_RANGE,
      CKR_FUNCTION_CANCELED, CKR_FUNCTION_REJECTED, CKR_OPERATION_NOT_INITIALIZED,
      CKR_USER_NOT_LOGGED_IN}},
    {"C_SignUpdate",
     sign_update,
     "hDl",
     SESSION,
     SIGN,
     false,
     {CKR_ARGUMENTS_BAD, CKR_DATA_LEN_RANGE, CKR_FUNCTION_CANCELED, CKR_OPERATION_NOT_INITIALIZED,
      CKR_USER_NOT_LOGGED_IN}},
    {"C_SignFinal",
     sign_final,
     "hOL",
     SESSION,
     SIGN,
     false,
     {CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_DATA_LEN_RANGE, CKR_FUNCTION_CANCELED,
      CKR_FUNCTION_REJECTED, CKR_OPERATION_NOT_INITIALIZED, CKR_USER_NOT_LOGGED_IN}},
    {"C_VerifyInit",
     verify_init,
     "hMp",
     SESSION,
     VERIFY,
     true,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_KEY_FUNCTION_NOT_PERMITTED,
      CKR_KEY_HANDLE_INVALID, CKR_KEY_SIZE_RANGE, CKR_KEY_TYPE_INCONSISTENT, CKR_MECHANISM_INVALID,
      CKR_MECHANISM_PARAM_INVALID, CKR_OPERATION_ACTIVE, CKR_OPERATION_CANCEL_FAILED,
      CKR_PIN_EXPIRED, CKR_USER_NOT_LOGGED_IN}},
    {"C_Verify",
     verify,
     "hDlSz",
     SESSION,
     VERIFY,
     false,
     {CKR_ARGUMENTS_BAD, CKR_DATA_INVALID, CKR_DATA_LEN_RANGE, CKR_FUNCTION_CANCELED,
      CKR_OPERATION_NOT_INITIALIZED, CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE}},
    {"C_VerifyUpdate",
     verify_update,
     "hDl",
     SESSION,
     VERIFY,
     false,
     {CKR_ARGUMENTS_BAD, CKR_DATA_LEN_RANGE, CKR_FUNCTION_CANCELED, CKR_OPERATION_NOT_INITIALIZED}},
    {"C_VerifyFinal",
     verify_final,
     "hSz",
     SESSION,
     VERIFY,
     false,
     {CKR_ARGUMENTS_BAD, CKR_DATA_LEN_RANGE, CKR_FUNCTION_CANCELED, CKR_OPERATION_NOT_INITIALIZED,
      CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE}},
    {"C_SeedRandom",
     seed_random,
     "hDl",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_OPERATION_ACTIVE, CKR_RANDOM_NO_RNG,
      CKR_RANDOM_SEED_NOT_SUPPORTED, CKR_USER_NOT_LOGGED_IN}},
    {"C_GenerateRandom",
     generate_random,
     "hWr",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_OPERATION_ACTIVE, CKR_RANDOM_NO_RNG,
      CKR_USER_NOT_LOGGED_IN}},
    {"C_WaitForSlotEvent",
     wait_for_slot_event,
     "1IR",
     LIBRARY,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_NO_EVENT}},
    {"C_GetInterfaceList",
     get_interface_list,
     "OL",
     NONE,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL}},
    {"C_GetInterface", get_interface, "XXI0", NONE, NO_OP, false, {CKR_ARGUMENTS_BAD}},
    {"C_LoginUser",
     login_user,
     "h1DlDl",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_FUNCTION_CANCELED, CKR_OPERATION_NOT_INITIALIZED, CKR_PIN_INCORRECT,
      CKR_PIN_LOCKED, CKR_SESSION_READ_ONLY_EXISTS, CKR_USER_ALREADY_LOGGED_IN,
      CKR_USER_ANOTHER_ALREADY_LOGGED_IN, CKR_USER_PIN_NOT_INITIALIZED, CKR_USER_TOO_MANY_TYPES,
      CKR_USER_TYPE_INVALID}},
    {"C_SessionCancel",
     session_cancel,
     "h0",
     SESSION,
     NO_OP,
     false,
     {CKR_ARGUMENTS_BAD, CKR_OPERATION_CANCEL_FAILED}},
};

const size_t functions_count = sizeof functions / sizeof functions[0];
