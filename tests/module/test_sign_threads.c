/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C_Sign while other threads do other things: cancel, close, finalise, and sign too. Nothing waits
 * for a phone that nobody waits for, and nobody waits for somebody else's phone.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "common/clock.h"
#include "signing_world.h"

enum { RSA_LEN = 256, ROOM = 1024, THREADS = 16, ROUNDS = 8 };

/* A fifth of a second where the computer is idle; to wait for the phone takes six times END_MS. */
enum { END_MS = 10000 };

static CK_BYTE message[] = "the message";
enum { MESSAGE_LEN = sizeof message - 1 };

struct signer {
    pthread_t thread;
    CK_SESSION_HANDLE session;
    CK_BYTE signature[ROOM];
    CK_ULONG len;
    CK_RV rv;
    int64_t end_ms;
};

static CK_RV sign_init(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    return C_SignInit(session, &mechanism, world_object(session, CKO_PRIVATE_KEY));
}

static void *sign(void *arg)
{
    struct signer *signer = arg;
    signer->len = sizeof signer->signature;
    signer->rv = C_Sign(signer->session, message, MESSAGE_LEN, signer->signature, &signer->len);
    signer->end_ms = sca_now_ms();
    return NULL;
}

/* Starts a C_Sign that hangs in the agent. */
static void start(const struct world *world, struct signer *signer, CK_SESSION_HANDLE session)
{
    fake_agent_behave(world->agent, FAKE_HOLD, 0);
    memset(signer, 0, sizeof *signer);
    signer->session = session;
    assert_int_equal(sign_init(session), CKR_OK);
    assert_int_equal(pthread_create(&signer->thread, NULL, sign, signer), 0);
    fake_agent_await(world->agent, 1);
}

static CK_RV finish(struct signer *signer)
{
    assert_int_equal(pthread_join(signer->thread, NULL), 0);
    return signer->rv;
}

/* The codes for calls that meet a C_Sign which is still waiting. */
static void test_busy_session(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    struct signer signer;
    CK_BYTE signature[ROOM], code[] = "123456";
    CK_ULONG len = sizeof signature;
    start(world, &signer, session);
    assert_int_equal(sign_init(session), CKR_OPERATION_ACTIVE);
    assert_int_equal(C_Sign(session, message, MESSAGE_LEN, signature, &len),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_Sign(session, message, MESSAGE_LEN, NULL, &len),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_SignUpdate(session, message, 1), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_SignFinal(session, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_Login(session, CKU_CONTEXT_SPECIFIC, code, 6),
                     CKR_OPERATION_NOT_INITIALIZED);
    fake_agent_release(world->agent);
    assert_int_equal(finish(&signer), CKR_OK);
    assert_true(world_verify(world, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, message, MESSAGE_LEN,
                             signer.signature, signer.len));
    assert_int_equal(fake_agent_signs(world->agent), 1);
    C_CloseSession(session);
}

/* No lock is held: everything else works on, in the same session and in others. */
static void test_others_work_meanwhile(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    struct signer signer;
    CK_BYTE out[ROOM];
    CK_ULONG len = sizeof out;
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
    CK_TOKEN_INFO info;
    start(world, &signer, session);
    assert_int_equal(C_GetTokenInfo(world->slots[WORLD_VNPT], &info), CKR_OK);
    assert_int_equal(C_DigestInit(session, &sha256), CKR_OK);
    assert_int_equal(C_Digest(session, message, MESSAGE_LEN, out, &len), CKR_OK);
    assert_int_equal(C_GenerateRandom(session, out, 16), CKR_OK);
    const CK_SESSION_HANDLE other = world_session(world, WORLD_VNPT);
    assert_int_equal(sign_init(other), CKR_OK);
    assert_int_equal(C_CloseSession(other), CKR_OK);
    fake_agent_release(world->agent);
    assert_int_equal(finish(&signer), CKR_OK);
    C_CloseSession(session);
}

static void test_session_cancel(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    struct signer signer;
    start(world, &signer, session);
    const int64_t cancel_ms = sca_now_ms();
    assert_int_equal(C_SessionCancel(session, CKF_SIGN), CKR_OK);
    assert_int_equal(sign_init(session), CKR_OK); /* the session is free at once */
    assert_int_equal(finish(&signer), CKR_FUNCTION_CANCELED);
    assert_true(signer.end_ms - cancel_ms < END_MS);
    fake_agent_await_hangup(world->agent); /* the agent was told */

    /* and the operation begun meanwhile is untouched */
    CK_ULONG len = sizeof signer.signature;
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(C_Sign(session, message, MESSAGE_LEN, signer.signature, &len), CKR_OK);
    C_CloseSession(session);
}

/* A child of the host's has our socket as well, and may live long: the agent is told all the same.
 */
static void test_cancel_while_a_child_lives(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    struct signer signer;
    int alive[2];
    char letter;
    assert_int_equal(pipe(alive), 0);
    start(world, &signer, session);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(alive[1]);
        _exit((int)read(alive[0], &letter, 1)); /* until the parent lets go */
    }
    assert_int_equal(C_CloseSession(session), CKR_OK);
    assert_int_equal(finish(&signer), CKR_SESSION_CLOSED);
    fake_agent_await_hangup(world->agent);
    int status = -1;
    close(alive[0]);
    close(alive[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Cancelling something else, or in another session, leaves the wait alone. */
static void test_cancel_of_others(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    const CK_SESSION_HANDLE other = world_session(world, WORLD_VNPT);
    struct signer signer;
    start(world, &signer, session);
    assert_int_equal(C_SessionCancel(session, CKF_DIGEST | CKF_VERIFY | CKF_FIND_OBJECTS), CKR_OK);
    assert_int_equal(C_SessionCancel(other, CKF_SIGN), CKR_OK);
    assert_int_equal(C_CloseSession(other), CKR_OK);
    assert_int_equal(C_CloseAllSessions(world->slots[WORLD_EC]), CKR_OK);
    fake_agent_release(world->agent);
    assert_int_equal(finish(&signer), CKR_OK);
    C_CloseSession(session);
}

static void test_init_with_null_cancels(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    struct signer signer;
    start(world, &signer, session);
    assert_int_equal(C_SignInit(session, NULL, 0), CKR_OK);
    assert_int_equal(finish(&signer), CKR_FUNCTION_CANCELED);
    C_CloseSession(session);
}

static void test_close_session(void **state)
{
    const struct world *world = *state;
    struct signer signer;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    start(world, &signer, session);
    int64_t close_ms = sca_now_ms();
    assert_int_equal(C_CloseSession(session), CKR_OK);
    assert_int_equal(finish(&signer), CKR_SESSION_CLOSED);
    assert_true(signer.end_ms - close_ms < END_MS);

    start(world, &signer, world_session(world, WORLD_VNPT));
    close_ms = sca_now_ms();
    assert_int_equal(C_CloseAllSessions(world->slots[WORLD_VNPT]), CKR_OK);
    assert_int_equal(finish(&signer), CKR_SESSION_CLOSED);
    assert_true(signer.end_ms - close_ms < END_MS);
}

static void test_finalize(void **state)
{
    const struct world *world = *state;
    struct signer signer;
    start(world, &signer, world_session(world, WORLD_VNPT));
    const int64_t finalize_ms = sca_now_ms();
    assert_int_equal(C_Finalize(NULL), CKR_OK);
    assert_int_equal(C_Initialize(NULL), CKR_OK); /* need not wait for the old one to end */
    assert_int_equal(finish(&signer), CKR_FUNCTION_CANCELED);
    assert_true(signer.end_ms - finalize_ms < END_MS);
    CK_ULONG count = WORLD_SLOTS;
    struct world *again = *state;
    assert_int_equal(C_GetSlotList(CK_TRUE, again->slots, &count), CKR_OK);
}

/* Between one agent and the next: still ended at once. */
static void test_cancel_while_agent_dies(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    struct signer signer = {.session = session};
    fake_agent_behave(world->agent, FAKE_DIE, 0);
    assert_int_equal(sign_init(session), CKR_OK);
    assert_int_equal(pthread_create(&signer.thread, NULL, sign, &signer), 0);
    fake_agent_await(world->agent, 1);
    const int64_t close_ms = sca_now_ms();
    assert_int_equal(C_CloseSession(session), CKR_OK);
    assert_int_equal(finish(&signer), CKR_SESSION_CLOSED);
    assert_true(signer.end_ms - close_ms < END_MS);
}

/* The agent leaves for good in mid-wait, and none can be started. */
static void test_agent_gone(void **state)
{
    struct world *world = *state;
    struct signer signer;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    start(world, &signer, session);
    fake_agent_stop(world->agent);
    assert_int_equal(finish(&signer), CKR_DEVICE_ERROR);
    assert_int_equal(sign_init(session), CKR_OK);
    sign(&signer);
    assert_int_equal(signer.rv, CKR_DEVICE_ERROR);
    world->agent = fake_agent_start(world->agent_socket, world->rsa, world->ec);
    assert_int_equal(sign_init(session), CKR_OK);
    sign(&signer);
    assert_int_equal(signer.rv, CKR_OK);
    C_CloseSession(session);
}

static void *sign_often(void *arg)
{
    struct signer *signer = arg;
    for (int i = 0; i < ROUNDS && signer->rv == CKR_OK; i++) {
        signer->rv = sign_init(signer->session);
        signer->len = sizeof signer->signature;
        if (signer->rv == CKR_OK)
            signer->rv =
                C_Sign(signer->session, message, MESSAGE_LEN, signer->signature, &signer->len);
    }
    return NULL;
}

static void test_parallel(void **state)
{
    const struct world *world = *state;
    static struct signer signers[THREADS];
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    for (int i = 0; i < THREADS; i++) {
        signers[i] =
            (struct signer){.session = world_session(world, i % 2 ? WORLD_VNPT : WORLD_RSA)};
        assert_int_equal(pthread_create(&signers[i].thread, NULL, sign_often, &signers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(finish(&signers[i]), CKR_OK);
        assert_true(world_verify(world, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, message, MESSAGE_LEN,
                                 signers[i].signature, signers[i].len));
        C_CloseSession(signers[i].session);
    }
    assert_int_equal(fake_agent_signs(world->agent), THREADS * ROUNDS);
}

static void *cancel_often(void *arg)
{
    const struct signer *signer = arg;
    for (int i = 0; i < ROUNDS * 4; i++)
        (void)C_SessionCancel(signer->session, CKF_SIGN);
    return NULL;
}

/* Two threads in one session, and a third that cancels: any code is fair, no crash, no leak. */
static void test_quarrel(void **state)
{
    const struct world *world = *state;
    struct signer signers[3] = {0};
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    for (int i = 0; i < 3; i++) {
        signers[i].session = session;
        assert_int_equal(pthread_create(&signers[i].thread, NULL, i < 2 ? sign_often : cancel_often,
                                        &signers[i]),
                         0);
    }
    for (int i = 0; i < 3; i++)
        (void)finish(&signers[i]);
    (void)C_SessionCancel(session, CKF_SIGN);
    assert_int_equal(sign_init(session), CKR_OK);
    CK_BYTE signature[ROOM];
    CK_ULONG len = sizeof signature;
    assert_int_equal(C_Sign(session, message, MESSAGE_LEN, signature, &len), CKR_OK);
    C_CloseSession(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_busy_session),
        cmocka_unit_test(test_others_work_meanwhile),
        cmocka_unit_test(test_session_cancel),
        cmocka_unit_test(test_cancel_while_a_child_lives),
        cmocka_unit_test(test_cancel_of_others),
        cmocka_unit_test(test_init_with_null_cancels),
        cmocka_unit_test(test_close_session),
        cmocka_unit_test(test_finalize),
        cmocka_unit_test(test_cancel_while_agent_dies),
        cmocka_unit_test(test_agent_gone),
        cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_quarrel),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
