/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many hosts at once, and those who are refused before the phone rings: batches, joining, leaving,
 * budgets, certificates, disks that cannot be written, a second agent on the same folders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

    world->account.batch_window_ms = 60 * 1000; /* however busy the computer is */
    world_ask(world, &leaves, 1, "soffice.bin", 100);
    world_ask(world, &stays, 2, "soffice.bin", 100);
    world_ask(world, &both[0], 3, "soffice.bin", 100);
    world_ask(world, &both[1], 3, "soffice.bin", 101);
    world_turn(world);
    sca_txns_leave(leaves.wait);
    sca_txns_leave(both[0].wait);
    world_move_clock(world, 60);
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

/* A connection may take ten seconds; a program that has gone meanwhile wants nothing any more. */
static void test_leaving_while_connecting(void **state)
{
    struct world *world = *state;
    struct asked leaves, stays;

    world->account.max_per_day = 2;
    world->connecting = true;
    world_ask(world, &leaves, 1, "soffice.bin", 100);
    while (world_journal(world, SCA_TXN_OPEN) == 0)
        uv_run(&world->loop, UV_RUN_ONCE);
    sca_txns_leave(leaves.wait);
    world->connecting = false;
    while (sca_txns_active(world->txns) != 0)
        uv_run(&world->loop, UV_RUN_ONCE);
    assert_int_equal(world->sends, 0);
    assert_int_equal(world_journal(world, SCA_TXN_OPEN), 0);

    world->connecting = true; /* one of two leaves: the other has its signature */
    world_ask(world, &leaves, 2, "soffice.bin", 100);
    world_ask(world, &stays, 3, "soffice.bin", 100);
    while (world_journal(world, SCA_TXN_OPEN) == 0)
        uv_run(&world->loop, UV_RUN_ONCE);
    sca_txns_leave(leaves.wait);
    world->connecting = false;
    world_until_done(world, &stays);
    assert_int_equal(stays.err, 0);
    assert_int_equal(world->sends, 1); /* the limit had not counted the first */
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

/* Who is not in the account's list gets nothing, not even what others have paid for. */
static void test_programs(void **state)
{
    struct world *world = *state;
    char listed[] = "/usr/bin/listed";
    char *programs[] = {listed, NULL};
    struct asked asked;

    world->account.programs = programs;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_PROGRAM);
    assert_non_null(strstr(asked.sentence, "/usr/bin/host"));
    assert_int_equal(world->sends, 0);
    assert_int_equal(world_ledger(world, "program"), 1);
    world->executable = "/usr/bin/listed";
    sign(world, &asked, 1);
    assert_int_equal(asked.err, 0);
    world->executable = "/usr/bin/listed too";
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_PROGRAM);
    world->executable = "";
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_PROGRAM);
    assert_non_null(strstr(asked.sentence, "does not say"));
    assert_int_equal(world->sends, 1);
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

/* Written, but not sure to outlive a power cut: it is not sent, and nothing of it is taken up. */
static void test_journal_not_durable(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->account.max_per_day = 1;
    world->not_durable = true;
    sign(world, &asked, 1);
    assert_int_equal(asked.err, SCA_E_IO);
    assert_int_equal(world->sends, 0);
    assert_int_equal(world_journal(world, SCA_TXN_OPEN), 0);
    world->not_durable = false;
    world_restart(world);
    sign(world, &asked, 1); /* the limit has not counted it */
    assert_int_equal(asked.err, 0);
    assert_int_equal(world->sends, 1);
    assert_int_equal(world_ledger(world, "signed"), 1);
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
        .runs = {.loop = &world->loop}, .paths = &world->paths, .notify = world->notify};
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
        TEST(test_batch),
        TEST(test_group_commit),
        TEST(test_same_digest_joins),
        TEST(test_leaving_before_sending),
        TEST(test_leaving_while_connecting),
        TEST(test_half_forged),
        TEST(test_budget),
        TEST(test_rejected_frees_the_budget),
        TEST(test_programs),
        TEST(test_expired_certificate),
        TEST(test_first_listing),
        TEST(test_account_gone),
        TEST(test_journal_not_writable),
        TEST(test_journal_not_durable),
        TEST(test_disk_full_after_sending),
        TEST(test_other_agents_record_is_seen),
    };

    return cmocka_run_group_tests_name("txn-many", tests, NULL, NULL);
}
