/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How hosts find their way in: the three exported symbols, versions, every form of C_Initialize,
 * and the answer of every function before it and to calls with nothing but zeros.
 */
#include "host.h"

#include <dlfcn.h>

static CK_C_GetFunctionList get_function_list;
static CK_C_GetInterface get_interface;
static CK_C_GetInterfaceList get_interface_list;

static int find_symbols(void **state)
{
    (void)state;
    void *library = dlopen(SCA_TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
    *(void **)&get_function_list = dlsym(library, "C_GetFunctionList");
    *(void **)&get_interface = dlsym(library, "C_GetInterface");
    *(void **)&get_interface_list = dlsym(library, "C_GetInterfaceList");
    return get_function_list && get_interface && get_interface_list ? 0 : -1;
}

static CK_UTF8CHAR *name(const char *text)
{
    return (CK_UTF8CHAR *)(uintptr_t)text;
}

static void default_interface_is_3_0(void **state)
{
    (void)state;
    CK_INTERFACE *interface = NULL;
    assert_int_equal(get_interface(NULL, NULL, &interface, 0), CKR_OK);
    assert_string_equal((const char *)interface->pInterfaceName, "PKCS 11");
    assert_int_equal(interface->flags, 0);
    const CK_VERSION *version = interface->pFunctionList;
    assert_int_equal(version->major, 3);
    assert_int_equal(version->minor, 0);
    CK_INTERFACE *same = NULL;
    assert_int_equal(get_interface(name("PKCS 11"), NULL, &same, 0), CKR_OK);
    assert_ptr_equal(same, interface);
}

static void interface_by_version(void **state)
{
    (void)state;
    static const struct {
        CK_VERSION version;
        CK_RV expected;
    } cases[] = {
        {{2, 40}, CKR_OK},
        {{3, 0}, CKR_OK},
        {{3, 1}, CKR_FUNCTION_FAILED},
        {{3, 2}, CKR_FUNCTION_FAILED},
        {{2, 20}, CKR_FUNCTION_FAILED},
        {{0, 0}, CKR_FUNCTION_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CK_VERSION version = cases[i].version;
        CK_INTERFACE *interface = NULL;
        assert_int_equal(get_interface(name("PKCS 11"), &version, &interface, 0),
                         cases[i].expected);
        if (cases[i].expected == CKR_OK)
            assert_memory_equal(interface->pFunctionList, &version, sizeof version);
        else
            assert_null(interface);
    }
}

/* NSS asks for a fork-safe interface first and is content with another. */
static void refused_interfaces(void **state)
{
    (void)state;
    CK_INTERFACE *interface = NULL;
    assert_int_equal(get_interface(name("PKCS 11"), NULL, &interface, CKF_INTERFACE_FORK_SAFE),
                     CKR_FUNCTION_FAILED);
    assert_int_equal(get_interface(NULL, NULL, &interface, 0x80), CKR_FUNCTION_FAILED);
    assert_int_equal(get_interface(name("Vendor NSS Module Interface"), NULL, &interface, 0),
                     CKR_FUNCTION_FAILED);
    assert_int_equal(get_interface(name(""), NULL, &interface, 0), CKR_FUNCTION_FAILED);
    assert_null(interface);
    assert_int_equal(get_interface(NULL, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
    assert_int_equal(get_function_list(NULL), CKR_ARGUMENTS_BAD);
}

static void interface_list(void **state)
{
    (void)state;
    CK_ULONG count = 7;
    CK_INTERFACE list[3];
    assert_int_equal(get_interface_list(NULL, NULL), CKR_ARGUMENTS_BAD);
    assert_int_equal(get_interface_list(NULL, &count), CKR_OK);
    assert_int_equal(count, 2);
    count = 1;
    assert_int_equal(get_interface_list(list, &count), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(count, 2);
    count = 3;
    assert_int_equal(get_interface_list(list, &count), CKR_OK);
    assert_int_equal(count, 2);
    const CK_VERSION *version = list[1].pFunctionList;
    assert_int_equal(version->major, 2);
    assert_int_equal(version->minor, 40);
}

static void info_says_the_version_of_its_list(void **state)
{
    (void)state;
    CK_FUNCTION_LIST *old = NULL;
    CK_INFO info;
    assert_int_equal(get_function_list(&old), CKR_OK);
    assert_int_equal(old->version.major, 2);
    assert_int_equal(old->version.minor, 40);
    host_initialize();
    assert_int_equal(old->C_GetInfo(&info), CKR_OK);
    assert_int_equal(info.cryptokiVersion.major, 2);
    assert_int_equal(info.cryptokiVersion.minor, 40);
    assert_memory_equal(info.manufacturerID, "smartca-pkcs11                  ", 32);
    assert_int_equal(host->C_GetInfo(&info), CKR_OK);
    assert_int_equal(info.cryptokiVersion.major, 3);
    assert_int_equal(info.cryptokiVersion.minor, 0);
    assert_int_equal(info.flags, 0);
    assert_int_equal(host->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
}

/* The members of the list between two named ones, both included, seen as one kind of function. */
typedef CK_RV plain_function(CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG,
                             CK_ULONG, CK_ULONG);
enum { FUNCTIONS = (sizeof(CK_FUNCTION_LIST_3_0) - sizeof(void *)) / sizeof(void *) };

static plain_function *function(size_t index)
{
    plain_function *found;
    memcpy(&found, (const char *)host + (index + 1) * sizeof found, sizeof found);
    return found;
}

static bool is_one_of(size_t index, const size_t *offsets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((index + 1) * sizeof(void *) == offsets[i])
            return true;
    return false;
}

#define OF(name) offsetof(CK_FUNCTION_LIST_3_0, name)

static void before_initialize(void **state)
{
    (void)state;
    static const size_t exempt[] = {OF(C_Initialize), OF(C_GetFunctionList), OF(C_GetInterface),
                                    OF(C_GetInterfaceList)};
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (!is_one_of(i, exempt, sizeof exempt / sizeof exempt[0]))
            assert_int_equal(function(i)(0, 0, 0, 0, 0, 0, 0, 0, 0), CKR_CRYPTOKI_NOT_INITIALIZED);
}

/* A host that passes NULL everywhere gets an error, and goes on living. */
static void zeros_are_refused(void **state)
{
    (void)state;
    static const size_t exempt[] = {OF(C_Initialize), OF(C_Finalize), OF(C_CloseAllSessions)};
    host_initialize();
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (!is_one_of(i, exempt, sizeof exempt / sizeof exempt[0]))
            assert_int_not_equal(function(i)(0, 0, 0, 0, 0, 0, 0, 0, 0), CKR_OK);
}

/* The same with a session that exists, where hosts' mistakes are more dangerous. */
static void zeros_in_a_session_do_not_crash(void **state)
{
    (void)state;
    static const size_t exempt[] = {
        OF(C_Initialize),  OF(C_Finalize),     OF(C_GetInfo),          OF(C_GetFunctionList),
        OF(C_GetSlotList), OF(C_GetInterface), OF(C_GetInterfaceList), OF(C_WaitForSlotEvent)};
    host_initialize();
    const CK_SLOT_ID slot = host_slot(0);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        const CK_SESSION_HANDLE session = host_session(slot, 0);
        if (!is_one_of(i, exempt, sizeof exempt / sizeof exempt[0]))
            function(i)(session, 0, 0, 0, 0, 0, 0, 0, 0);
        host->C_CloseSession(session);
    }
}

static void unsupported_functions_say_so(void **state)
{
    (void)state;
    host_initialize();
    assert_int_equal(host->C_EncryptInit(0, NULL, 0), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host->C_GenerateKey(0, NULL, NULL, 0, NULL), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host->C_MessageSignInit(0, NULL, 0), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host->C_MessageVerifyFinal(0), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host->C_GetFunctionStatus(0), CKR_FUNCTION_NOT_PARALLEL);
    assert_int_equal(host->C_CancelFunction(0), CKR_FUNCTION_NOT_PARALLEL);
    CK_SLOT_ID slot;
    assert_int_equal(host->C_WaitForSlotEvent(0, &slot, NULL), CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
    assert_int_equal(host->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL), CKR_ARGUMENTS_BAD);
}

static CK_RV mutex_made(void **mutex)
{
    *mutex = mutex;
    return CKR_OK;
}

static CK_RV mutex_done(void *mutex)
{
    (void)mutex;
    return CKR_OK;
}

static void every_form_of_initialize(void **state)
{
    (void)state;
    static const CK_FLAGS flags[] = {0, CKF_LIBRARY_CANT_CREATE_OS_THREADS, CKF_OS_LOCKING_OK,
                                     CKF_LIBRARY_CANT_CREATE_OS_THREADS | CKF_OS_LOCKING_OK};
    host_initialize();
    assert_int_equal(host->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    assert_int_equal(host->C_Finalize(NULL), CKR_OK);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        CK_C_INITIALIZE_ARGS args = {.flags = flags[i]};
        assert_int_equal(host->C_Initialize(&args), CKR_OK);
        assert_int_equal(host->C_Initialize(&args), CKR_CRYPTOKI_ALREADY_INITIALIZED);
        assert_int_equal(host->C_Finalize(NULL), CKR_OK);
        args =
            (CK_C_INITIALIZE_ARGS){mutex_made, mutex_done, mutex_done, mutex_done, flags[i], NULL};
        assert_int_equal(host->C_Initialize(&args), CKR_OK);
        assert_int_equal(host->C_Finalize(NULL), CKR_OK);
    }
    CK_C_INITIALIZE_ARGS bad = {mutex_made, mutex_done, NULL, mutex_done, 0, NULL};
    assert_int_equal(host->C_Initialize(&bad), CKR_ARGUMENTS_BAD);
    bad = (CK_C_INITIALIZE_ARGS){.pReserved = &bad};
    assert_int_equal(host->C_Initialize(&bad), CKR_ARGUMENTS_BAD);
    host_initialize();
    assert_int_equal(host->C_Finalize(&bad), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_Finalize(NULL), CKR_OK);
    assert_int_equal(host->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(default_interface_is_3_0, host_set_up, host_tear_down),
        cmocka_unit_test_setup_teardown(interface_by_version, host_set_up, host_tear_down),
        cmocka_unit_test_setup_teardown(refused_interfaces, host_set_up, host_tear_down),
        cmocka_unit_test_setup_teardown(interface_list, host_set_up, host_tear_down),
        cmocka_unit_test_setup_teardown(info_says_the_version_of_its_list, host_set_up,
                                        host_tear_down),
        cmocka_unit_test_setup_teardown(before_initialize, host_set_up, host_tear_down),
        cmocka_unit_test_setup_teardown(zeros_are_refused, host_set_up, host_tear_down),
        cmocka_unit_test_setup_teardown(zeros_in_a_session_do_not_crash, host_set_up,
                                        host_tear_down),
        cmocka_unit_test_setup_teardown(unsupported_functions_say_so, host_set_up, host_tear_down),
        cmocka_unit_test_setup_teardown(every_form_of_initialize, host_set_up, host_tear_down),
    };
    return cmocka_run_group_tests(tests, find_symbols, NULL);
}
