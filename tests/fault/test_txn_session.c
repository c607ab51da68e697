/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One confirmation for several signatures: how many, how long, by whom, and everything that ends
 * it. The clock is moved, the service is scripted; each signature is still a transaction of its
 * own.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "agent/ledger.h"
#include "agent/unasked.h"
#include "common/err.h"
#include "txn_world.h"

#define OTHER_PID 1 /* a process that is there for sure, and is not this one */

static int open_world(void **state)
{
    struct world *world = malloc(sizeof *world);

    if (world == NULL)
        return -1;
    world_open(world);
    world->session_max = 50;
    world->account.session_signatures = 5;
    world->account.session_minutes = 10;
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    free(*state);
    return 0;
}

static void sign_as(struct world *world, uint8_t number, const char *program, int64_t pid)
{
    struct asked asked;

    world_ask(world, &asked, number, program, pid);
    world_until_done(world, &asked);
    assert_int_equal(asked.err, 0);
    assert_true(asked.verifies);
    assert_false(asked.replayed);
}

static void sign(struct world *world, uint8_t number)
{
    sign_as(world, number, "soffice.bin", getpid());
}

static unsigned confirmations(const struct world *world)
{
    return world->sends - world->in_session;
}

static json_t *first_session(const struct world *world)
{
    json_t *sessions = sca_txns_sessions(world->txns);
    json_t *first = json_incref(json_array_get(sessions, 0));

    json_decref(sessions);
    return first;
}

static long long left(const struct world *world, const char *key)
{
    json_t *session = first_session(world);
    long long number = session != NULL ? json_integer_value(json_object_get(session, key)) : -1;

    json_decref(session);
    return number;
}

/* ---- how many -------------------------------------------------------------------------------- */

static void test_five_by_one(void **state)
{
    struct world *world = *state;

    sign(world, 1);
    assert_int_equal(world->asked_for, 5);
    assert_int_equal(left(world, "signatures_left"), 4);
    assert_in_range(left(world, "seconds_left"), 590, 600);
    assert_non_null(strstr(world->description, "4"));
    assert_non_null(strstr(world->description, "10"));
    for (uint8_t i = 2; i <= 5; i++)
        sign(world, i);
    assert_int_equal(confirmations(world), 1);
    assert_int_equal(world->sends, 5); /* a transaction each */
    assert_int_equal(left(world, "signatures_left"), -1);
    sign(world, 6);
    assert_int_equal(confirmations(world), 2);
    assert_int_equal(world_ledger(world, "signed"), 6);
}

static void test_off_by_default(void **state)
{
    struct world *world = *state;

    world->account.session_signatures = 0;
    sign(world, 1);
    sign(world, 2);
    assert_int_equal(confirmations(world), 2);
    assert_int_equal(world->asked_for, 0);
}

static void test_key_that_cannot(void **state)
{
    struct world *world = *state;

    world->session_max = 0;
    sign(world, 1);
    sign(world, 2);
    assert_int_equal(confirmations(world), 2);
    assert_int_equal(world->asked_for, 0);
}

static void test_key_that_can_less(void **state)
{
    struct world *world = *state;

    world->session_max = 3;
    for (uint8_t i = 1; i <= 4; i++)
        sign(world, i);
    assert_int_equal(confirmations(world), 2);
}

/* A batch takes of the session what is left; the rest is confirmed. */
static void test_batch_larger_than_rest(void **state)
{
    struct world *world = *state;
    struct asked asked[6];

    sign(world, 1);
    for (uint8_t i = 0; i < 6; i++)
        world_ask(world, &asked[i], (uint8_t)(i + 2), "soffice.bin", getpid());
    for (size_t i = 0; i < 6; i++) {
        world_until_done(world, &asked[i]);
        assert_true(asked[i].verifies);
    }
    assert_int_equal(world->sends, 3);
    assert_int_equal(confirmations(world), 2);
    assert_int_equal(world->last_docs, 2);
    assert_int_equal(left(world, "signatures_left"), 3);
}

static void test_budget_holds(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->account.max_per_day = 2;
    sign(world, 1);
    sign(world, 2);
    world_ask(world, &asked, 3, "soffice.bin", getpid());
    world_until_done(world, &asked);
    assert_int_equal(asked.err, SCA_E_BUDGET);
    assert_int_equal(world->sends, 2);
    assert_int_equal(left(world, "signatures_left"), 3);
}

/* ---- how long -------------------------------------------------------------------------------- */

static void test_time_over(void **state)
{
    struct world *world = *state;

    sign(world, 1);
    world_move_clock(world, 9 * 60);
    sign(world, 2);
    assert_int_equal(confirmations(world), 1);
    world_move_clock(world, 61);
    world_turn(world);
    assert_int_equal(left(world, "signatures_left"), -1);
    sign(world, 3);
    assert_int_equal(confirmations(world), 2);
}

static void test_not_longer_than_the_service(void **state)
{
    struct world *world = *state;

    world->permit_life_s = 120;
    sign(world, 1);
    assert_in_range(left(world, "seconds_left"), 110, 120);
    world_move_clock(world, 121);
    sign(world, 2);
    assert_int_equal(confirmations(world), 2);
}

/* The agent stays as long as there is a session, and no longer. */
static void test_keeps_the_agent(void **state)
{
    struct world *world = *state;

    sign(world, 1);
    assert_int_equal(sca_txns_running(world->txns), 0);
    assert_int_equal(sca_txns_active(world->txns), 1);
    world_move_clock(world, 601);
    world_until_idle(world);
}

/* ---- by whom --------------------------------------------------------------------------------- */

static void test_own_process_only(void **state)
{
    struct world *world = *state;

    sign(world, 1);
    sign_as(world, 2, "soffice.bin", OTHER_PID);
    assert_int_equal(confirmations(world), 2);
    sign(world, 3);
    sign_as(world, 4, "soffice.bin", OTHER_PID);
    assert_int_equal(confirmations(world), 2); /* each has a session of its own now */
}

/* The number of a process that has ended is nobody's permission. */
static void test_dead_process(void **state)
{
    struct world *world = *state;
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_true(child > 0);
    sign_as(world, 1, "soffice.bin", child);
    sign_as(world, 2, "soffice.bin", child);
    assert_int_equal(confirmations(world), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    sign_as(world, 3, "soffice.bin", child);
    assert_int_equal(confirmations(world), 2);
}

static void test_own_program_only(void **state)
{
    struct world *world = *state;

    world->account.session_scope = SCA_SESSION_PROGRAM;
    sign(world, 1);
    sign_as(world, 2, "soffice.bin", OTHER_PID);
    assert_int_equal(confirmations(world), 1);
    sign_as(world, 3, "pkcs11-tool", getpid());
    assert_int_equal(confirmations(world), 2);
}

static void test_whole_user(void **state)
{
    struct world *world = *state;

    world->account.session_scope = SCA_SESSION_USER;
    sign(world, 1);
    sign_as(world, 2, "pkcs11-tool", OTHER_PID);
    assert_int_equal(confirmations(world), 1);
}

/* Who needs no confirmation is not kept waiting by somebody else's. */
static void test_passes_the_waiting(void **state)
{
    struct world *world = *state;
    struct asked other;

    sign(world, 1);
    world->verdict = UNDECIDED;
    world_ask(world, &other, 2, "pkcs11-tool", OTHER_PID);
    world_until_state(world, &other, SCA_PROGRESS_WAITING);
    struct asked own;
    world_ask(world, &own, 3, "soffice.bin", getpid());
    world_until_polls(world, world->polls + 10);
    assert_int_equal(world->in_session, 1);
    world->verdict = APPROVED;
    world_until_done(world, &own);
    world_until_done(world, &other);
    assert_true(own.verifies && other.verifies);
}

/* ---- what ends it ---------------------------------------------------------------------------- */

static void test_lock(void **state)
{
    struct world *world = *state;

    assert_int_equal(sca_txns_lock(world->txns, NULL), 0);
    sign(world, 1);
    assert_int_equal(sca_txns_lock(world->txns, "another"), 0);
    assert_int_equal(sca_txns_lock(world->txns, "work"), 1);
    assert_int_equal(left(world, "signatures_left"), -1);
    sign(world, 2);
    assert_int_equal(confirmations(world), 2);
    assert_int_equal(sca_txns_lock(world->txns, NULL), 1);
    sign(world, 3);
    assert_int_equal(confirmations(world), 3);
}

/* A confirmation that was asked for before the lock begins no session after it. */
static void test_lock_while_asking(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", getpid());
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    assert_int_equal(sca_txns_lock(world->txns, NULL), 0);
    world->verdict = APPROVED;
    world_until_done(world, &asked);
    assert_int_equal(asked.err, 0);
    assert_int_equal(left(world, "signatures_left"), -1);
}

/* It was lent already, and its request is not written down yet: then it is never sent. */
static void test_lock_before_the_journal(void **state)
{
    struct world *world = *state;
    struct asked asked;

    sign(world, 1);
    world->hold = true;
    world_ask(world, &asked, 2, "soffice.bin", getpid());
    world_until_held(world);
    assert_int_equal(left(world, "signatures_left"), 3);
    assert_int_equal(sca_txns_lock(world->txns, NULL), 1);
    world->hold = false;
    world_until_done(world, &asked);
    assert_int_equal(asked.err, SCA_E_CANCELLED);
    assert_non_null(strstr(asked.sentence, "You ended the session. Nothing was signed."));
    world_turn(world);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world->prompts, 1); /* nothing more was paid */
    assert_int_equal(world_journal(world, SCA_TXN_OPEN), 0);
    assert_int_equal(world_journal(world, SCA_TXN_ENDED), 0);
    assert_int_equal(world_ledger(world, "signed"), 1);
    assert_int_equal(left(world, "signatures_left"), -1);
    world_move_clock(world, 60); /* a program that asks again at once by itself gets the same */
    sign(world, 2);
    assert_int_equal(world->sends, 2);
    assert_int_equal(left(world, "signatures_left"), 4); /* it was confirmed: a new one */
}

/* The same for one that begins a session: the person has not been asked yet, and will be. */
static void test_lock_before_the_first(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->hold = true;
    world_ask(world, &asked, 1, "soffice.bin", getpid());
    world_until_held(world);
    assert_int_equal(sca_txns_lock(world->txns, NULL), 0);
    world->hold = false;
    world_until_done(world, &asked);
    assert_int_equal(asked.err, 0);
    assert_int_equal(left(world, "signatures_left"), -1);
}

static void test_restart(void **state)
{
    struct world *world = *state;

    sign(world, 1);
    world_restart(world);
    assert_int_equal(left(world, "signatures_left"), -1);
    sign(world, 2);
    assert_int_equal(confirmations(world), 2);
}

static void test_new_configuration(void **state)
{
    struct world *world = *state;
    struct sca_config other = world->config;

    sign(world, 1);
    sca_txns_configure(world->txns, &other);
    assert_int_equal(left(world, "signatures_left"), -1);
    sca_txns_configure(world->txns, &world->config);
    sign(world, 2);
    assert_int_equal(confirmations(world), 2);
}

/* The service does not accept it any more: nothing is sent a second time, the next is confirmed. */
static void test_service_refuses(void **state)
{
    struct world *world = *state;
    struct asked asked;

    sign(world, 1);
    world->verdict = REFUSED;
    world_ask(world, &asked, 2, "soffice.bin", getpid());
    world_until_done(world, &asked);
    assert_int_equal(asked.err, SCA_E_REFUSED);
    assert_non_null(strstr(asked.sentence, "session"));
    assert_int_equal(world->sends, 2);
    assert_int_equal(left(world, "signatures_left"), -1);
    world->verdict = APPROVED;
    sign(world, 2);
    assert_int_equal(confirmations(world), 2);
}

/* What is known to be over before anything was sent is asked for anew, for the same document. */
static void test_over_before_sending(void **state)
{
    struct world *world = *state;

    sign(world, 1);
    world->permit_over = true;
    sign(world, 2);
    assert_int_equal(world->sends, 2);
    assert_int_equal(confirmations(world), 2);
    assert_int_equal(left(world, "signatures_left"), 4);
}

static void test_lost_reply(void **state)
{
    struct world *world = *state;
    struct asked asked;

    sign(world, 1);
    world->arrival = REPLY_LOST;
    world_ask(world, &asked, 2, "soffice.bin", getpid());
    world_until_done(world, &asked);
    assert_true(asked.verifies); /* this service can be asked what became of it */
    assert_int_equal(world->sends, 2);
    assert_int_equal(world_ledger(world, "signed"), 2);
}

static void test_forged(void **state)
{
    struct world *world = *state;
    struct asked asked;

    sign(world, 1);
    world->verdict = FORGED;
    world_ask(world, &asked, 2, "soffice.bin", getpid());
    world_until_done(world, &asked);
    assert_int_equal(asked.err, SCA_E_BAD_SIGNATURE);
    assert_int_equal(left(world, "signatures_left"), -1);
}

/* ---- a service that was told not to ask -------------------------------------------------------
 */

/* The next flow is told to ask the person itself, in the agent's next life, too; until it is over.
 */
static void test_told_outlives_the_agent(void **state)
{
    struct world *world = *state;

    world->account.session_signatures = 0;
    world->tells = true;
    sign(world, 1);
    assert_int_equal(world->told, 1);
    assert_int_equal(world->fenced, 0);
    world->tells = false;
    sign(world, 2);
    assert_int_equal(world->fenced, 1);
    world_restart(world);
    sign(world, 3);
    assert_int_equal(world->fenced, 2);
    world_move_clock(world, 1200 + 10 * 60); /* the slack of the clocks */
    sign(world, 4);
    assert_int_equal(world->fenced, 3);
    world_move_clock(world, 6 * 60);
    sign(world, 5);
    assert_int_equal(world->fenced, 3);
}

/* Told by another transaction since this one began: it would not have rung, so it is not sent. */
static void test_told_meanwhile(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->account.session_signatures = 0;
    world->hold = true;
    world_ask(world, &asked, 1, "soffice.bin", getpid());
    world_until_held(world);
    assert_int_equal(sca_unasked_note(&world->paths, &world->account, SCA_UNASKED_FOREVER), 0);
    world->hold = false;
    world_until_done(world, &asked);
    assert_int_equal(asked.err, SCA_E_TIMEOUT);
    assert_non_null(strstr(asked.sentence, "screen"));
    assert_int_equal(world->sends, 0);
    sign(world, 1);
    assert_int_equal(world->fenced, 1);
}

/* ---- the ledger ------------------------------------------------------------------------------ */

struct marks {
    char first[64];
    unsigned count;
};

static bool count_mark(void *arg, const struct sca_ledger_entry *entry)
{
    struct marks *marks = arg;

    if (*entry->session == '\0')
        return true;
    if (marks->count == 0)
        snprintf(marks->first, sizeof marks->first, "%s", entry->txn_id);
    assert_string_equal(entry->session, marks->first);
    marks->count++;
    return true;
}

static void test_marked_in_the_ledger(void **state)
{
    struct world *world = *state;
    struct marks marks = {0};
    size_t damaged = 0;

    for (uint8_t i = 1; i <= 3; i++)
        sign(world, i);
    (void)sca_txns_lock(world->txns, NULL);
    world->account.session_signatures = 0;
    sign(world, 4);
    assert_int_equal(sca_ledger_read(&world->paths, count_mark, &marks, &damaged), 0);
    assert_int_equal(marks.count, 3); /* the one that was confirmed is the first of them */
    assert_int_equal(damaged, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_five_by_one),
        TEST(test_off_by_default),
        TEST(test_key_that_cannot),
        TEST(test_key_that_can_less),
        TEST(test_batch_larger_than_rest),
        TEST(test_budget_holds),
        TEST(test_time_over),
        TEST(test_not_longer_than_the_service),
        TEST(test_keeps_the_agent),
        TEST(test_own_process_only),
        TEST(test_dead_process),
        TEST(test_own_program_only),
        TEST(test_whole_user),
        TEST(test_passes_the_waiting),
        TEST(test_lock),
        TEST(test_lock_while_asking),
        TEST(test_lock_before_the_journal),
        TEST(test_lock_before_the_first),
        TEST(test_restart),
        TEST(test_new_configuration),
        TEST(test_service_refuses),
        TEST(test_over_before_sending),
        TEST(test_lost_reply),
        TEST(test_forged),
        TEST(test_told_outlives_the_agent),
        TEST(test_told_meanwhile),
        TEST(test_marked_in_the_ledger),
    };

    return cmocka_run_group_tests_name("txn-session", tests, NULL, NULL);
}
