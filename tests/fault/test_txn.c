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
    assert_true(asked.progress > 0);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
    assert_int_equal(world_journal(world, SCA_TXN_SIGNED), 1);
    assert_non_null(strstr(world->description, "soffice.bin"));
    assert_non_null(strstr(world->description, asked.code));
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

    world->verdict = APPROVED; /* asking again is the person's decision */
    sign(world, &asked, 1);
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
    /* The old one is over: this request is a new one, and rejected in its turn. */
    world_until_done(world, &asked);
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

/* ---- many ------------------------------------------------------------------------------------ */

static void test_batch(void **state)
{
    struct world *world = *state;
    struct asked asked[8];

    for (uint8_t i = 0; i < 8; i++) {
        world_ask(world, &asked[i], (uint8_t)(i + 1), "pkcs11-tool", 200 + i);
    }
    for (size_t i = 0; i < 8; i++) {
        world_until_done(world, &asked[i]);
        assert_int_equal(asked[i].err, 0);
        assert_true(asked[i].verifies);
        assert_string_equal(asked[i].txn, asked[0].txn);
    }
    assert_int_equal(world->prompts, 1);
    assert_int_equal(world->last_docs, 8);
    assert_int_equal(world_ledger(world, "signed"), 8);
}

static void test_group_commit(void **state)
{
    struct world *world = *state;
    struct asked first, more[3];

    world->verdict = UNDECIDED;
    world_ask(world, &first, 1, "soffice.bin", 100);
    world_until_state(world, &first, SCA_PROGRESS_WAITING);
    for (uint8_t i = 0; i < 3; i++)
        world_ask(world, &more[i], (uint8_t)(i + 2), "soffice.bin", 100);
    world_until_polls(world, world->polls + 10); /* far beyond the batch window */
    assert_int_equal(world->sends, 1);
    world->verdict = APPROVED;
    for (size_t i = 0; i < 3; i++)
        world_until_done(world, &more[i]);
    assert_int_equal(world->sends, 2);
    assert_int_equal(world->last_docs, 3);
}

static void test_same_digest_joins(void **state)
{
    struct world *world = *state;
    struct asked asked[3];

    world->verdict = UNDECIDED;
    world_ask(world, &asked[0], 1, "soffice.bin", 100);
    world_ask(world, &asked[1], 1, "soffice.bin", 101); /* in the same batch */
    world_until_state(world, &asked[0], SCA_PROGRESS_WAITING);
    world_ask(world, &asked[2], 1, "soffice.bin", 102); /* on its way */
    world_until_state(world, &asked[2], SCA_PROGRESS_WAITING);
    world->verdict = APPROVED;
    unsigned paid = 0;
    for (size_t i = 0; i < 3; i++) {
        world_until_done(world, &asked[i]);
        assert_true(asked[i].verifies);
        paid += asked[i].replayed ? 0 : 1;
    }
    assert_int_equal(paid, 1);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world->last_docs, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
    assert_int_equal(world_ledger(world, "replayed"), 2);
}

static void test_leaving_before_sending(void **state)
{
    struct world *world = *state;
    struct asked stays, leaves, both[2];

    world_ask(world, &leaves, 1, "soffice.bin", 100);
    world_ask(world, &stays, 2, "soffice.bin", 100);
    world_ask(world, &both[0], 3, "soffice.bin", 100);
    world_ask(world, &both[1], 3, "soffice.bin", 101);
    world_turn(world);
    sca_txns_leave(leaves.wait);
    sca_txns_leave(both[0].wait);
    world_until_done(world, &stays);
    world_until_done(world, &both[1]);
    assert_int_equal(world->last_docs, 2);
    assert_int_equal(both[1].err, 0);

    world->sends = 0;
    world_ask(world, &leaves, 4, "soffice.bin", 100);
    sca_txns_leave(leaves.wait);
    sign(world, &stays, 2);
    assert_int_equal(world->sends, 0);
    assert_int_equal(sca_txns_active(world->txns), 0);
}

static void test_half_forged(void **state)
{
    struct world *world = *state;
    struct asked asked[2];

    world->verdict = HALF_FORGED;
    world_ask(world, &asked[0], 1, "soffice.bin", 100);
    world_ask(world, &asked[1], 2, "soffice.bin", 100);
    world_until_done(world, &asked[0]);
    world_until_done(world, &asked[1]);
    assert_int_equal(asked[0].err, SCA_E_BAD_SIGNATURE);
    assert_int_equal(asked[1].err, 0);
    assert_true(asked[1].verifies);
}

/* ---- refused early ------------------------------------------------------------------------------
 */

static void test_budget(void **state)
{
    struct world *world = *state;
    struct asked asked[4];

    world->account.max_per_day = 3;
    for (uint8_t i = 0; i < 4; i++)
        world_ask(world, &asked[i], (uint8_t)(i + 1), "soffice.bin", 100);
    unsigned refused = 0;
    for (size_t i = 0; i < 4; i++) {
        world_until_done(world, &asked[i]);
        refused += asked[i].err == SCA_E_BUDGET ? 1 : 0;
    }
    assert_int_equal(refused, 1);
    assert_int_equal(world->last_docs, 3);
    world_restart(world); /* counted from the ledger */
    sign(world, &asked[0], 9);
    assert_int_equal(asked[0].err, SCA_E_BUDGET);
    sign(world, &asked[0], 1); /* what was paid for stays free */
    assert_int_equal(asked[0].err, 0);
    world_move_clock(world, 24 * 3600);
    sign(world, &asked[0], 9);
    assert_int_equal(asked[0].err, 0);
}

static void test_rejected_frees_the_budget(void **state)
{
    struct world *world = *state;
    struct sca_program_limit limit = {.program = (char *)(uintptr_t) "soffice.bin", .per_day = 1};
    struct asked asked;

    world->account.program_limits = &limit;
    world->account.program_limit_count = 1;
    world->verdict = REJECTED;
    sign(world, &asked, 1);
    world->verdict = APPROVED;
    sign(world, &asked, 2);
    assert_int_equal(asked.err, 0);
    sign(world, &asked, 3);
    assert_int_equal(asked.err, SCA_E_BUDGET);
    world_ask(world, &asked, 4, "pkcs11-tool", 100);
    world_until_done(world, &asked);
    assert_int_equal(asked.err, 0);
}

static void test_expired_certificate(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world_move_clock(world, 366L * 24 * 3600);
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_CERT);
    assert_int_equal(world->sends, 0);
    assert_int_equal(world_ledger(world, sca_err_name(SCA_E_CERT)), 1);
}

static void test_first_listing(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->listed = false;
    world->list_err = SCA_E_UNREACHABLE;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_UNREACHABLE);
    assert_int_equal(world->listings, 1);
    world->list_err = 0;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->listings, 2);
}

static void test_account_gone(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->config.account_count = 0;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_CONFIG);
    assert_int_equal(world->sends, 0);
}

/* ---- the disk ----------------------------------------------------------------------------------
 */

static void test_journal_not_writable(void **state)
{
    struct world *world = *state;
    struct asked asked;
    char path[128];

    snprintf(path, sizeof path, "%s/journal", world->folder);
    FILE *file = fopen(path, "w"); /* a file where the folder should be, as good as a full disk */
    assert_non_null(file);
    fclose(file);
    sign(world, &asked, 1);
    assert_int_not_equal(asked.err, 0);
    assert_int_equal(world->sends, 0);
    assert_int_equal(unlink(path), 0);
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
}

static void test_disk_full_after_sending(void **state)
{
    struct world *world = *state;
    struct asked asked;
    char path[128], aside[128];

    world->verdict = UNDECIDED;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    snprintf(path, sizeof path, "%s/journal", world->folder);
    snprintf(aside, sizeof aside, "%s/aside", world->folder);
    assert_int_equal(rename(path, aside), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    world->verdict = APPROVED;
    world_until_done(world, &asked);
    assert_int_equal(asked.err, 0); /* what was paid for is not withheld */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(aside, path), 0);
    world_restart(world); /* the kept record is written when that is possible again */
    assert_int_equal(world_journal(world, SCA_TXN_SIGNED), 1);
}

static void test_other_agents_record_is_seen(void **state)
{
    struct world *world = *state;
    struct sca_txns *leaving = world->txns;
    const struct sca_txns_env env = {
        .loop = &world->loop, .paths = &world->paths, .notify = world->notify};
    struct asked asked, again;

    /* A second agent on the same folders, as while an older one finishes its work. */
    assert_int_equal(sca_txns_new(&env, &world->txns), 0);
    sca_txns_configure(world->txns, &world->config);
    assert_int_equal(sca_txns_resume(world->txns), 0);
    struct sca_txns *newer = world->txns;

    world->verdict = UNDECIDED;
    world->txns = leaving;
    world_ask(world, &asked, 1, "soffice.bin", 100);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    world->txns = newer;
    world_ask(world, &again, 1, "soffice.bin", 101);
    world_until_state(world, &again, SCA_PROGRESS_WAITING);
    world->verdict = APPROVED;
    world_until_done(world, &asked);
    world_until_done(world, &again);
    assert_true(asked.verifies && again.verifies);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
    sca_txns_free(leaving);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_happy),
        TEST(test_asked_again_costs_nothing),
        TEST(test_replay_ends),
        TEST(test_sizing_probe_is_kept),
        TEST(test_undelivered_is_kept),
        TEST(test_rejected),
        TEST(test_not_sent),
        TEST(test_forged),
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
        TEST(test_batch),
        TEST(test_group_commit),
        TEST(test_same_digest_joins),
        TEST(test_leaving_before_sending),
        TEST(test_half_forged),
        TEST(test_budget),
        TEST(test_rejected_frees_the_budget),
        TEST(test_expired_certificate),
        TEST(test_first_listing),
        TEST(test_account_gone),
        TEST(test_journal_not_writable),
        TEST(test_disk_full_after_sending),
        TEST(test_other_agents_record_is_seen),
    };

    return cmocka_run_group_tests_name("txn", tests, NULL, NULL);
}
