/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every function with NULL pointers, absurd lengths and counts, wrong handles, in wrong states.
 * Each answer must be one that the standard lists for the function; where it leaves no choice, that
 * one. Whatever a function is given to read or fill ends where unreadable memory begins, so that a
 * step too far is a crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "arguments.h"
#include "functions.h"
#include "tests/module/signing_world.h"

enum { ANY = 0x7fffffff };

static const CK_ULONG absurd[] = {65537, 1ul << 40, ~0ul / 24 + 1, ~0ul};
static const CK_ULONG no_handles[] = {0, 0x7ffffff1, ~0ul};

static const CK_FUNCTION_LIST_3_0 *p11;
static struct subject subject;
static unsigned calls;

/* ---- calls --------------------------------------------------------------------------------- */

static bool in_list(const CK_RV *codes, size_t count, CK_RV rv)
{
    for (size_t i = 0; i < count; i++)
        if (codes[i] == rv)
            return true;
    return false;
}

static bool allowed(const struct function *function, CK_RV rv)
{
    static const CK_RV all[] = {CKR_OK, CKR_GENERAL_ERROR, CKR_HOST_MEMORY, CKR_FUNCTION_FAILED};
    static const CK_RV of_slot[] = {CKR_SLOT_ID_INVALID, CKR_DEVICE_ERROR, CKR_DEVICE_MEMORY,
                                    CKR_DEVICE_REMOVED, CKR_TOKEN_NOT_PRESENT};
    static const CK_RV of_session[] = {CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,
                                       CKR_DEVICE_ERROR, CKR_DEVICE_MEMORY, CKR_DEVICE_REMOVED};
    if (function->family != NONE && rv == CKR_CRYPTOKI_NOT_INITIALIZED)
        return true;
    if (function->family == STUB || function->family == LEGACY)
        return rv ==
               (function->family == STUB ? CKR_FUNCTION_NOT_SUPPORTED : CKR_FUNCTION_NOT_PARALLEL);
    if (in_list(all, 4, rv) || in_list(function->codes, CODES_MAX, rv))
        return true;
    if (function->family == SLOT)
        return in_list(of_slot, 5, rv);
    return function->family == SESSION && in_list(of_session, 5, rv);
}

/* Calls, and expects @expected or, with ANY, what the standard lists. */
static CK_RV try(const struct function *function, const union arg *args, CK_RV expected,
                 const char *what)
{
    const CK_RV rv = function->call(p11, args);
    calls++;
    if (!allowed(function, rv))
        fail_msg("%s, %s: 0x%lx is not listed for it", function->name, what, rv);
    if (expected != ANY && rv != expected)
        fail_msg("%s, %s: 0x%lx instead of 0x%lx", function->name, what, rv, expected);
    return rv;
}

/* What a function that the token lacks answers whatever it is given; else @otherwise. */
static CK_RV unless_stub(const struct function *function, CK_RV otherwise)
{
    if (function->family == STUB)
        return CKR_FUNCTION_NOT_SUPPORTED;
    return function->family == LEGACY ? CKR_FUNCTION_NOT_PARALLEL : otherwise;
}

static bool ends_the_library(const struct function *function)
{
    return strcmp(function->name, "C_Initialize") == 0 || strcmp(function->name, "C_Finalize") == 0;
}

/* @visit sees all functions but C_Initialize and C_Finalize. */
static void each(void (*visit)(const struct function *function))
{
    for (size_t i = 0; i < functions_count; i++)
        if (!ends_the_library(&functions[i]))
            visit(&functions[i]);
    for (size_t i = 0; i < function_stubs_count; i++)
        visit(&function_stubs[i]);
}

/* ---- states -------------------------------------------------------------------------------- */

static void begin_op(enum op op)
{
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0}, rsa = {CKM_RSA_PKCS, NULL, 0};
    CK_RV rv = CKR_OK;
    if (op == FIND)
        rv = p11->C_FindObjectsInit(subject.session, NULL, 0);
    else if (op == DIGEST)
        rv = p11->C_DigestInit(subject.session, &sha256);
    else if (op == SIGN)
        rv = p11->C_SignInit(subject.session, &rsa, subject.private_key);
    else if (op == VERIFY)
        rv = p11->C_VerifyInit(subject.session, &rsa, subject.public_key);
    assert_int_equal(rv, CKR_OK);
}

static void end_ops(void)
{
    assert_int_equal(p11->C_SessionCancel(subject.session,
                                          CKF_FIND_OBJECTS | CKF_DIGEST | CKF_SIGN | CKF_VERIFY),
                     CKR_OK);
}

static void open_session(void)
{
    assert_int_equal(
        p11->C_OpenSession(subject.slot, CKF_SERIAL_SESSION, NULL, NULL, &subject.session), CKR_OK);
    subject.object = world_object(subject.session, CKO_CERTIFICATE);
    subject.private_key = world_object(subject.session, CKO_PRIVATE_KEY);
    subject.public_key = world_object(subject.session, CKO_PUBLIC_KEY);
}

/* As the function wants it: a session, and the operation that it needs. */
static void prepare(const struct function *function)
{
    (void)p11->C_CloseAllSessions(subject.slot);
    open_session();
    if (!function->begins)
        begin_op(function->op);
    if (strcmp(function->name, "C_SignFinal") == 0) { /* nothing is no digest */
        union arg args[ARGS_MAX];
        good_args(function, &subject, args);
        assert_int_equal(p11->C_SignUpdate(subject.session, args_digestinfo(), ARGS_DATA_LEN),
                         CKR_OK);
    }
}

/* ---- cases --------------------------------------------------------------------------------- */

static void count_pointers(const void *list, size_t size, size_t expected)
{
    const size_t first = offsetof(CK_FUNCTION_LIST_3_0, C_Initialize);
    assert_int_equal((size - first) / sizeof(void *), expected);
    for (size_t at = first; at < size; at += sizeof(void *)) {
        void *entry;
        memcpy(&entry, (const CK_BYTE *)list + at, sizeof entry);
        assert_non_null(entry);
    }
}

static void test_no_pointer_is_missing(void **state)
{
    (void)state;
    CK_FUNCTION_LIST *list = NULL;
    assert_int_equal(C_GetFunctionList(&list), CKR_OK);
    count_pointers(list, sizeof *list, 68);
    count_pointers(p11, sizeof *p11, functions_count + function_stubs_count);
}

static void try_uninitialized(const struct function *function)
{
    union arg args[ARGS_MAX];
    good_args(function, &subject, args);
    try(function, args, function->family == NONE ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED,
        "not initialised");
}

static void test_not_initialized(void **state)
{
    union arg args[ARGS_MAX] = {{0}};
    (void)state;
    assert_int_equal(p11->C_Finalize(NULL), CKR_OK);
    each(try_uninitialized);
    assert_string_equal(functions[1].name, "C_Finalize");
    try(&functions[1], args, CKR_CRYPTOKI_NOT_INITIALIZED, "not initialised");
    assert_int_equal(p11->C_Initialize(NULL), CKR_OK);
    try(&functions[0], args, CKR_CRYPTOKI_ALREADY_INITIALIZED, "twice");
    open_session();
}

static void try_good(const struct function *function)
{
    union arg args[ARGS_MAX];
    prepare(function);
    good_args(function, &subject, args);
    try(function, args, unless_stub(function, ANY), "good arguments");
}

static void test_good_arguments(void **state)
{
    (void)state;
    each(try_good);
}

/* What a handle of this kind that does not exist is answered with; CKR_OK for other arguments. */
static CK_RV refusal_of_handle(char kind)
{
    switch (kind) {
    case 's':
        return CKR_SLOT_ID_INVALID;
    case 'h':
        return CKR_SESSION_HANDLE_INVALID;
    case 'o':
        return CKR_OBJECT_HANDLE_INVALID;
    case 'k':
    case 'p':
        return CKR_KEY_HANDLE_INVALID;
    default:
        return CKR_OK;
    }
}

static void try_handles(const struct function *function)
{
    union arg args[ARGS_MAX];
    for (size_t i = 0; function->args[i]; i++) {
        const CK_RV refusal = refusal_of_handle(function->args[i]);
        for (size_t k = 0; refusal != CKR_OK && k < sizeof no_handles / sizeof no_handles[0]; k++) {
            prepare(function);
            good_args(function, &subject, args);
            args[i].n = no_handles[k] == 0 && function->args[i] == 's' ? 77 : no_handles[k];
            try(function, args, unless_stub(function, refusal), "a handle that there is not");
        }
        if (refusal == CKR_OK || function->args[i] == 's')
            continue;
        prepare(function);
        good_args(function, &subject,
                  args); /* handles are never given twice: one of another kind */
        args[i].n = function->args[i] == 'h' ? subject.object : subject.session;
        try(function, args, unless_stub(function, refusal), "a handle of another kind");
    }
}

static void test_wrong_handles(void **state)
{
    (void)state;
    each(try_handles);
}

static void try_closed(const struct function *function)
{
    union arg args[ARGS_MAX];
    if (function->args[0] != 'h')
        return;
    prepare(function);
    good_args(function, &subject, args);
    assert_int_equal(p11->C_CloseSession(subject.session), CKR_OK);
    try(function, args, unless_stub(function, CKR_SESSION_HANDLE_INVALID), "a session that was");
}

static void test_closed_session(void **state)
{
    (void)state;
    each(try_closed);
}

/* What NULL in this place is answered with; ANY where that depends. */
static CK_RV answer_to_null(char kind)
{
    switch (kind) {
    case 'I':
    case 'L':
    case 'D':
    case 'S':
    case 'T':
    case 'F':
    case 'W':
        return CKR_ARGUMENTS_BAD;
    case 'M':
    case 'H':
        return CKR_OK; /* ends the operation, of which there is none */
    default:
        return ANY;
    }
}

/* The token takes no seed and no state, whatever they are. */
static bool looks_at_nothing(const struct function *function)
{
    return strcmp(function->name, "C_SeedRandom") == 0;
}

static void try_null(const struct function *function)
{
    union arg args[ARGS_MAX];
    for (size_t i = 0; function->args[i]; i++) {
        const char kind = function->args[i];
        if (!strchr("ILDSTFWMHO", kind))
            continue;
        prepare(function);
        good_args(function, &subject, args);
        args[i].p = NULL;
        const CK_RV answer = looks_at_nothing(function) ? ANY : answer_to_null(kind);
        try(function, args, unless_stub(function, answer), "a NULL pointer");
    }
    prepare(function);
    memset(args, 0, sizeof args);
    if (function->args[0] == 's')
        args[0].n = subject.slot;
    if (function->args[0] == 'h')
        args[0].n = subject.session;
    try(function, args, unless_stub(function, ANY), "nothing but NULL and 0");
}

static void test_null_pointers(void **state)
{
    (void)state;
    each(try_null);
}

static void try_reserved(const struct function *function)
{
    union arg args[ARGS_MAX];
    const char *reserved = strchr(function->args, 'R');
    if (!reserved)
        return;
    good_args(function, &subject, args);
    args[reserved - function->args].p = &args_room;
    try(function, args, CKR_ARGUMENTS_BAD, "something reserved");
}

static void test_reserved_pointers(void **state)
{
    (void)state;
    each(try_reserved);
    try_reserved(&functions[1]);
}

static void try_absurd(const struct function *function)
{
    union arg args[ARGS_MAX];
    for (size_t i = 0; function->args[i]; i++)
        for (size_t k = 0; k < sizeof absurd / sizeof absurd[0]; k++) {
            const char kind = function->args[i];
            if (!strchr("clz", kind))
                continue;
            prepare(function);
            good_args(function, &subject, args);
            args[i].n = absurd[k];
            try(function, args, unless_stub(function, kind == 'c' ? CKR_ARGUMENTS_BAD : ANY),
                "an absurd length");
        }
}

/* A value that is said to be longer than memory. */
static void try_absurd_value(const struct function *function)
{
    union arg args[ARGS_MAX];
    const char *template = strchr(function->args, 'T');
    for (size_t k = 1; template && k < sizeof absurd / sizeof absurd[0]; k++) {
        CK_OBJECT_CLASS class = CKO_DATA;
        prepare(function);
        good_args(function, &subject, args);
        CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof class},
                                {CKA_LABEL, args_at_wall("four", 4), absurd[k]}};
        args[template - function->args].p = attrs;
        args[template - function->args + 1].n = 2;
        if (strcmp(function->name, "C_GetAttributeValue") == 0)
            attrs[1] = (CK_ATTRIBUTE){CKA_TOKEN, args_at_wall(NULL, 1), absurd[k]};
        const bool creates = strcmp(function->name, "C_CreateObject") == 0 && absurd[k] > 1ul << 32;
        try(function, args, unless_stub(function, creates ? CKR_DEVICE_MEMORY : ANY),
            "a value of absurd length");
    }
}

static void test_absurd_values(void **state)
{
    (void)state;
    each(try_absurd_value);
}

/* Mechanisms that there are not, and parameters that nobody should follow. */
static void try_mechanism(const struct function *function)
{
    static const CK_MECHANISM_TYPE of_keys[] = {CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS_PSS,
                                                CKM_SHA256_RSA_PKCS_PSS, ~0ul};
    static const CK_MECHANISM_TYPE of_digests[] = {CKM_SHA256, CKM_SHA512, CKM_SHA_1, CKM_SHA384,
                                                   ~0ul};
    union arg args[ARGS_MAX];
    const char *place = strpbrk(function->args, "MH");
    const CK_MECHANISM_TYPE *types = place && *place == 'H' ? of_digests : of_keys;
    for (size_t i = 0; place && i < 5; i++)
        for (size_t k = 0; k < sizeof absurd / sizeof absurd[0]; k++) {
            prepare(function);
            good_args(function, &subject, args);
            CK_MECHANISM mechanism = {types[i], args_at_wall("p", 1), absurd[k]};
            args[place - function->args].p = &mechanism;
            const CK_RV refusal =
                types[i] == ~0ul ? CKR_MECHANISM_INVALID : CKR_MECHANISM_PARAM_INVALID;
            try(function, args, unless_stub(function, refusal), "an absurd parameter");
        }
}

/* In a slot that has them all. */
static void test_absurd_mechanisms(void **state)
{
    const struct world *world = *state;
    subject.slot = world->slots[WORLD_RSA];
    each(try_mechanism);
    (void)p11->C_CloseAllSessions(subject.slot);
    subject.slot = world->slots[WORLD_VNPT];
}

static void test_absurd_lengths(void **state)
{
    (void)state;
    each(try_absurd);
}

/* The size is told, one less is too little, and the exact room is enough, whatever is promised. */
static void try_output(const struct function *function)
{
    union arg args[ARGS_MAX];
    const char *output = strchr(function->args, 'O');
    if (!output || function->family == STUB || strcmp(function->name, "C_GetOperationState") == 0)
        return;
    const size_t i = (size_t)(output - function->args);
    prepare(function);
    good_args(function, &subject, args);
    args[i].p = NULL;
    args_room = ~0ul;
    try(function, args, CKR_OK, "asked for the size");
    const CK_ULONG size = args_room;
    assert_true(size > 0 && size * args_entry_size(function) <= ARGS_ROOM);
    args[i].p = args_at_wall(NULL, (size - 1) * args_entry_size(function));
    args_room = size - 1;
    try(function, args, CKR_BUFFER_TOO_SMALL, "one less than needed");
    assert_int_equal(args_room, size);
    args[i].p = args_at_wall(NULL, size * args_entry_size(function));
    args_room = ~0ul;
    try(function, args, CKR_OK, "room without end");
    assert_int_equal(args_room, size);
}

static void test_output(void **state)
{
    (void)state;
    each(try_output);
}

static void try_wrong_op(const struct function *function)
{
    union arg args[ARGS_MAX];
    if (function->op == NO_OP)
        return;
    prepare(function);
    end_ops();
    if (function->begins)
        begin_op(function->op);
    good_args(function, &subject, args);
    try(function, args, function->begins ? CKR_OPERATION_ACTIVE : CKR_OPERATION_NOT_INITIALIZED,
        "the operation in the wrong state");
}

static void test_operations(void **state)
{
    (void)state;
    each(try_wrong_op);
}

/* Operations of all kinds at once disturb nobody. */
static void try_busy(const struct function *function)
{
    union arg args[ARGS_MAX];
    prepare(function);
    end_ops();
    for (enum op op = FIND; op <= VERIFY; op++)
        if (op != function->op || !function->begins)
            begin_op(op);
    good_args(function, &subject, args);
    try(function, args, unless_stub(function, function->begins ? CKR_OK : ANY), "all at once");
}

static void test_all_operations_at_once(void **state)
{
    (void)state;
    each(try_busy);
}

/* A slot that wants a PIN, and nobody gave one. */
static void test_not_logged_in(void **state)
{
    const struct world *world = *state;
    subject.slot = world->slots[WORLD_PASSWORD];
    for (size_t i = 0; i < functions_count; i++) {
        union arg args[ARGS_MAX];
        const struct function *function = &functions[i];
        if (ends_the_library(function) || (function->op == SIGN && !function->begins))
            continue;
        (void)p11->C_CloseAllSessions(subject.slot);
        open_session();
        if (!function->begins)
            begin_op(function->op);
        good_args(function, &subject, args);
        try(function, args, function->op == SIGN ? CKR_USER_NOT_LOGGED_IN : ANY, "not logged in");
    }
    (void)p11->C_CloseAllSessions(subject.slot);
    subject.slot = world->slots[WORLD_VNPT];
}

/* PINs of absurd lengths, where a PIN is wanted and where a code is. */
static void test_absurd_pins(void **state)
{
    const struct world *world = *state;
    union arg args[ARGS_MAX];
    const struct function *login = NULL;
    for (size_t i = 0; i < functions_count; i++)
        if (strcmp(functions[i].name, "C_Login") == 0)
            login = &functions[i];
    assert_non_null(login);
    for (size_t k = 0; k < sizeof absurd / sizeof absurd[0]; k++) {
        subject.slot = world->slots[WORLD_PASSWORD];
        open_session();
        good_args(login, &subject, args);
        args[3].n = absurd[k];
        try(login, args, CKR_PIN_INCORRECT, "an absurd PIN");
        subject.slot = world->slots[WORLD_VNPT];
        open_session();
        begin_op(SIGN);
        good_args(login, &subject, args);
        args[1].n = CKU_CONTEXT_SPECIFIC;
        args[3].n = absurd[k];
        try(login, args, CKR_PIN_INCORRECT, "an absurd one-time code");
        (void)p11->C_CloseAllSessions(subject.slot);
    }
}

static int set_up(void **state)
{
    CK_INTERFACE *interface = NULL;
    if (world_set_up(state) != 0)
        return -1;
    const struct world *world = *state;
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    args_build_walls();
    subject.slot = world->slots[WORLD_VNPT];
    assert_int_equal(C_GetInterface(NULL, NULL, &interface, 0), CKR_OK);
    p11 = interface->pFunctionList;
    open_session();
    return 0;
}

static int tear_down(void **state)
{
    print_message("%u calls\n", calls);
    return world_tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_pointer_is_missing),
        cmocka_unit_test(test_not_initialized),
        cmocka_unit_test(test_good_arguments),
        cmocka_unit_test(test_wrong_handles),
        cmocka_unit_test(test_closed_session),
        cmocka_unit_test(test_null_pointers),
        cmocka_unit_test(test_reserved_pointers),
        cmocka_unit_test(test_absurd_mechanisms),
        cmocka_unit_test(test_absurd_lengths),
        cmocka_unit_test(test_absurd_values),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_all_operations_at_once),
        cmocka_unit_test(test_not_logged_in),
        cmocka_unit_test(test_absurd_pins),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
