/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The promises of the transaction engine: what is sent, what is paid, who gets which answer,
 * through rejections, lost replies, deaths of host and agent, full disks and spent budgets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "common/err.h"
#include "txn_world.h"

static int open_world(void **state)
{
    struct world *world = malloc(sizeof *world);

    if (world == NULL)
        return -1;
    world_open(world);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    free(*state);
    return 0;
}

static void sign(struct world *world, struct asked *asked, uint8_t number)
{
    world_ask(world, asked, number, "soffice.bin", 100);
    world_until_done(world, asked);
}

/* ---- one document ---------------------------------------------------------------------------- */

static void test_happy(void **state)
{
    struct world *world = *state;
    struct asked asked;

    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_true(asked.verifies);
    assert_false(asked.replayed);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
    assert_int_equal(world_journal(world, SCA_TXN_SIGNED), 1);
    assert_non_null(strstr(world->description, "soffice.bin"));
    assert_non_null(strstr(world->description, asked.code));
}

/* Listed anew while the person looks at the phone: what was asked for is no longer there. */
static void test_certificate_gone_meanwhile(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_polls(world, 1);
    world->listed = false;
    world->verdict = APPROVED;
    world_until_done(world, &asked);
    assert_int_equal(asked.err, 0);
    assert_true(asked.verifies);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
}

static void test_asked_again_costs_nothing(void **state)
{
    struct world *world = *state;
    struct asked first, second;

    sign(world, &first, 1);
    sign(world, &second, 1);
    assert_int_equal(second.err, 0);
    assert_true(second.verifies);
    assert_true(second.replayed);
    assert_string_equal(second.txn, first.txn);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "replayed"), 1);

    world_restart(world);
    sign(world, &second, 1);
    assert_true(second.replayed);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
}

static void test_replay_ends(void **state)
{
    struct world *world = *state;
    struct asked asked;

    sign(world, &asked, 1);
    world_move_clock(world, 25 * 3600);
    sign(world, &asked, 1);
    assert_false(asked.replayed);
    assert_int_equal(world->sends, 2);

    world->account.replay_hours = 0;
    sign(world, &asked, 1);
    assert_false(asked.replayed);
    assert_int_equal(world->sends, 3);
}

static void test_sizing_probe_is_kept(void **state)
{
    struct world *world = *state;
    struct asked asked;

    sign(world, &asked, 1);
    world_ask(world, &asked, 1, "soffice.bin", 101); /* another process, the same digest */
    world_until_done(world, &asked);
    assert_true(asked.replayed);
    world_move_clock(world, 300L * 24 * 3600);
    world_turn(world);
    sign(world, &asked, 1);
    assert_true(asked.replayed);
    assert_int_equal(world->sends, 1);
}

static void test_undelivered_is_kept(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->account.replay_hours = 0;
    world->hosts_die = true;
    sign(world, &asked, 1);
    world->hosts_die = false;
    world_restart(world);
    sign(world, &asked, 1);
    assert_true(asked.replayed);
    assert_int_equal(world->sends, 1);
    sign(world, &asked, 1); /* now it was delivered, and replay is off */
    assert_false(asked.replayed);
    assert_int_equal(world->sends, 2);
}

static void test_rejected(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = REJECTED;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_REJECTED);
    assert_true(asked.sentence[0] != '\0');
    assert_int_equal(world_ledger(world, "rejected"), 1);
    assert_int_equal(world_journal(world, SCA_TXN_ENDED), 1);

    world->verdict = APPROVED;
    sign(world, &asked, 1); /* at once: pkcs11-tool does so by itself */
    assert_int_equal(asked.err, SCA_E_REJECTED);
    assert_int_equal(world->sends, 1);

    world_move_clock(world, 5); /* asking again is the person's decision */
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->sends, 2);
}

static void test_rejected_for_one_process(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = REJECTED;
    sign(world, &asked, 1);
    world->verdict = APPROVED;
    world_ask(world, &asked, 1, "pkcs11-tool", 101);
    world_until_done(world, &asked);
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->sends, 2);
}

static void test_not_sent(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->arrival = NOT_SENT;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_UNREACHABLE);
    assert_int_equal(world_journal(world, SCA_TXN_OPEN), 0);
    world->arrival = ARRIVES;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->prompts, 1);
}

static void test_forged(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = FORGED;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_BAD_SIGNATURE);
    assert_int_equal(world_ledger(world, "bad-signature"), 1);
    assert_int_equal(world_journal(world, SCA_TXN_ENDED), 1);
}

/* Nobody can say whether it is good: it is neither thrown away nor called bad. */
static void test_no_memory_to_verify(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->no_memory = true;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_UNCERTAIN);
    assert_int_equal(world_journal(world, SCA_TXN_OPEN), 1);
    assert_int_equal(world_ledger(world, "bad-signature"), 0);
    world->no_memory = false;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_true(asked.verifies);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);

    world->no_memory = true; /* nor is what was kept given up, and the document paid for again */
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_NOMEM);
    world->no_memory = false;
    sign(world, &asked, 1);
    assert_true(asked.replayed);
    assert_int_equal(world->sends, 1);
}

/* ---- not confirmed --------------------------------------------------------------------------- */

static void test_expiry_then_late_confirmation(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    world_move_clock(world, 301);
    world_until_done(world, &asked);
    assert_int_equal(asked.err, SCA_E_EXPIRED);
    assert_int_equal(world_journal(world, SCA_TXN_OPEN), 1);
    assert_true(sca_txns_active(world->txns) > 0);

    world->verdict = APPROVED; /* the slow look-up finds it, nobody waits */
    world_move_clock(world, 15);
    unsigned polls = world->polls;
    world_until_polls(world, polls + 1);
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
}

static void test_never_answered_is_given_up(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    world_move_clock(world, 301);
    world_until_done(world, &asked);
    unsigned polls = world->polls;
    world_move_clock(world, 16 * 60);
    world_until_polls(world, polls + 1);
    world_until_idle(world);
    assert_int_equal(world_journal(world, SCA_TXN_GIVEN_UP), 1);

    /* Looked up once more; still nothing: a new transaction, by the person's decision. */
    polls = world->polls;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    assert_true(world->polls > polls);
    assert_int_equal(world->sends, 2);
    sca_txns_leave(asked.wait);
}

static void test_given_up_but_signed(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    sca_txns_leave(asked.wait);
    world_turn(world);
    world_move_clock(world, 20 * 60);
    world_until_idle(world);
    world->verdict = APPROVED;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_true(asked.verifies);
    assert_int_equal(world->sends, 1);
}

static void test_given_up_and_unreachable(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    sca_txns_leave(asked.wait);
    world_move_clock(world, 20 * 60);
    world_until_idle(world);

    world->unreachable = true; /* nobody can say that it was not signed */
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_LOOKING_UP);
    world_move_clock(world, 60);
    world_until_done(world, &asked);
    assert_int_equal(asked.err, SCA_E_UNCERTAIN);
    assert_int_equal(world->sends, 1);
}

/* ---- lost replies and deaths -------------------------------------------------------------------
 */

static void test_reply_lost(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->arrival = REPLY_LOST;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->sends, 1);
}

static void test_request_lost(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->arrival = LOST;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_NOT_FOUND);
    assert_int_equal(world->sends, 1); /* never again by itself */
    world->arrival = ARRIVES;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->prompts, 1);
}

static void test_cable_out_while_waiting(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    world->unreachable = true;
    world_move_clock(world, 301);
    world_until_done(world, &asked);
    world->unreachable = false;
    world->verdict = APPROVED;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
}

static void test_host_dies(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    sca_txns_leave(asked.wait);
    world->verdict = APPROVED;
    world_until_idle(world);
    assert_int_equal(world_ledger(world, "signed"), 1);
    assert_int_equal(world_ledger(world, "cancelled"), 1);
    sign(world, &asked, 1);
    assert_true(asked.replayed);
    assert_int_equal(world->sends, 1);
}

static void test_agent_dies(void **state)
{
    struct world *world = *state;
    struct asked asked, again;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    world_restart(world);
    world_ask(world, &again, 1, "soffice.bin", 100);
    world_until_state(world, &again, SCA_PROGRESS_WAITING);
    world->verdict = APPROVED;
    world_until_done(world, &again);
    assert_int_equal(again.err, 0);
    assert_true(again.verifies);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
}

static void test_agent_dies_and_nobody_asks(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    world->verdict = APPROVED;
    world_restart(world);
    world_until_idle(world);
    assert_int_equal(world_journal(world, SCA_TXN_SIGNED), 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
}

static void test_rejected_while_the_agent_was_dead(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    world->verdict = REJECTED;
    world_restart(world);
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_done(world, &asked); /* the process that was refused: the phone stays quiet */
    assert_int_equal(asked.err, SCA_E_REJECTED);
    assert_int_equal(world->sends, 1);
    world_ask(world, &asked, 1, "soffice.bin", 101);
    world_until_done(world, &asked); /* another one: a new request, rejected in its turn */
    assert_int_equal(asked.err, SCA_E_REJECTED);
    assert_int_equal(world->sends, 2);
}

static void test_ledger_line_left_out(void **state)
{
    struct world *world = *state;
    struct asked asked;
    char path[128];

    sign(world, &asked, 1);
    snprintf(path, sizeof path, "%s/ledger", world->folder);
    assert_int_equal(unlink(path), 0); /* as if the agent had died between journal and ledger */
    world_restart(world);
    assert_int_equal(world_ledger(world, "signed"), 1);
    world_restart(world);
    assert_int_equal(world_ledger(world, "signed"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

/* An agent that starts on a folder that is not safe refuses at once, and works again when it is. */
static void test_unsafe_folder(void **state)
{
    struct world *world = *state;
    struct asked asked;

    sign(world, &asked, 1);
    assert_int_equal(chmod(world->folder, 0755), 0);
    world_restart(world);
    sign(world, &asked, 2);
    assert_int_equal(asked.err, SCA_E_PERM);
    assert_int_equal(world->sends, 1);
    assert_int_equal(chmod(world->folder, 0700), 0);
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_true(asked.replayed);
    sign(world, &asked, 2);
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->sends, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_happy),
        TEST(test_certificate_gone_meanwhile),
        TEST(test_asked_again_costs_nothing),
        TEST(test_replay_ends),
        TEST(test_sizing_probe_is_kept),
        TEST(test_undelivered_is_kept),
        TEST(test_rejected),
        TEST(test_rejected_for_one_process),
        TEST(test_not_sent),
        TEST(test_forged),
        TEST(test_no_memory_to_verify),
        TEST(test_expiry_then_late_confirmation),
        TEST(test_never_answered_is_given_up),
        TEST(test_given_up_but_signed),
        TEST(test_given_up_and_unreachable),
        TEST(test_reply_lost),
        TEST(test_request_lost),
        TEST(test_cable_out_while_waiting),
        TEST(test_host_dies),
        TEST(test_agent_dies),
        TEST(test_agent_dies_and_nobody_asks),
        TEST(test_rejected_while_the_agent_was_dead),
        TEST(test_ledger_line_left_out),
        TEST(test_unsafe_folder),
    };

    return cmocka_run_group_tests_name("txn", tests, NULL, NULL);
}
