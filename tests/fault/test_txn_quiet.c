/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service that asks nobody: a second transaction of the credential follows while the first is on
 * its way. What holds with one holds with two: once each, whoever dies, within the budget.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "common/err.h"
#include "txn_world.h"

#define TAKEN 8u /* documents of a transaction */
#define ASKED 12u

static struct sca_provider seal;

static int open_world(void **state)
{
    struct world *world = malloc(sizeof *world);

    if (world == NULL)
        return -1;
    world_open(world);
    seal = *world->account.provider;
    seal.caps |= SCA_CAP_PERMIT;
    world->account.provider = &seal;
    world->verdict = UNDECIDED; /* it takes its time */
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    free(*state);
    return 0;
}

static void ask_all(struct world *world, struct asked asked[static ASKED])
{
    for (uint8_t i = 0; i < ASKED; i++)
        world_ask(world, &asked[i], (uint8_t)(i + 1), "pkcs11-tool", 200 + i);
}

static void until_sent(struct world *world, struct asked asked[static ASKED])
{
    ask_all(world, asked);
    world_until_state(world, &asked[ASKED - 1], SCA_PROGRESS_WAITING);
    assert_int_equal(world->sends, 2);
    assert_int_equal(world->last_docs, ASKED - TAKEN);
}

static void assert_signed(struct world *world, struct asked *asked, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        world_until_done(world, &asked[i]);
        assert_int_equal(asked[i].err, 0);
        assert_true(asked[i].verifies);
    }
}

static void two_at_a_time(void **state)
{
    struct world *world = *state;
    struct asked asked[ASKED], more[3];

    until_sent(world, asked);
    for (uint8_t i = 0; i < 3; i++)
        world_ask(world, &more[i], (uint8_t)(i + 100), "pkcs11-tool", 300);
    world_until_polls(world, world->polls + 20); /* far beyond the batch window */
    assert_int_equal(world->sends, 2);           /* never three */
    world->verdict = APPROVED;
    assert_signed(world, asked, ASKED);
    assert_signed(world, more, 3);
    assert_int_equal(world->sends, 3);
    assert_int_equal(world->prompts, 3);
    assert_int_equal(world_ledger(world, "signed"), ASKED + 3);
    assert_int_equal(world_journal(world, SCA_TXN_SIGNED), 3);
    assert_string_equal(asked[0].txn, asked[TAKEN - 1].txn); /* in order of arrival */
    assert_string_equal(asked[TAKEN].txn, asked[ASKED - 1].txn);
}

/* Where the person may be asked after the request, or one permission is to serve for more. */
static void one_where_a_person_may_be_asked(void **state)
{
    struct world *world = *state;
    struct asked asked[ASKED], other[ASKED];

    seal.caps &= ~(uint32_t)SCA_CAP_PERMIT;
    ask_all(world, asked);
    world_until_polls(world, 20);
    assert_int_equal(world->sends, 1);
    world->verdict = APPROVED;
    assert_signed(world, asked, ASKED);

    seal.caps |= SCA_CAP_PERMIT;
    seal.uses |= SCA_SET_SESSION;
    world->account.session_signatures = 50;
    world->session_max = 50;
    world->verdict = UNDECIDED;
    world->sends = 0;
    for (uint8_t i = 0; i < ASKED; i++)
        world_ask(world, &other[i], (uint8_t)(i + 50), "pkcs11-tool", 200 + i);
    world_until_polls(world, world->polls + 20);
    assert_int_equal(world->sends, 1);
    world->verdict = APPROVED;
    assert_signed(world, other, ASKED);
}

static void hosts_that_die_take_nothing_along(void **state)
{
    struct world *world = *state;
    struct asked asked[ASKED], again;

    until_sent(world, asked);
    for (size_t i = 0; i < ASKED; i += 2) /* of both */
        sca_txns_leave(asked[i].wait);
    world_turn(world);
    world->verdict = APPROVED;
    for (size_t i = 1; i < ASKED; i += 2)
        assert_signed(world, &asked[i], 1);
    world_until_idle(world);
    for (uint8_t i = 0; i < ASKED; i += 2) { /* paid for, so it is there */
        world_ask(world, &again, (uint8_t)(i + 1), "pkcs11-tool", 400 + i);
        assert_signed(world, &again, 1);
        assert_true(again.replayed);
    }
    assert_int_equal(world->sends, 2);
    assert_int_equal(world_ledger(world, "signed"), ASKED);
}

static void agent_that_dies_leaves_two_records(void **state)
{
    struct world *world = *state;
    struct asked asked[ASKED], again[ASKED];

    until_sent(world, asked);
    world_restart(world);
    assert_int_equal(world_journal(world, SCA_TXN_OPEN), 2);
    ask_all(world, again);
    world_until_state(world, &again[ASKED - 1], SCA_PROGRESS_WAITING);
    world->verdict = APPROVED;
    assert_signed(world, again, ASKED);
    assert_int_equal(world->sends, 2);
    assert_int_equal(world_ledger(world, "signed"), ASKED);
    assert_int_equal(world_journal(world, SCA_TXN_SIGNED), 2);
}

/* Counted at the door: two on their way never take more than one could. */
static void budget_holds(void **state)
{
    struct world *world = *state;
    struct asked asked[ASKED], late;
    size_t refused = 0;

    world->account.max_per_day = ASKED - 2;
    ask_all(world, asked);
    world_until_state(world, &asked[ASKED - 3], SCA_PROGRESS_WAITING);
    assert_int_equal(world->sends, 2);
    world_ask(world, &late, 99, "soffice.bin", 100);
    world_until_done(world, &late);
    assert_int_equal(late.err, SCA_E_BUDGET);
    world->verdict = APPROVED;
    for (size_t i = 0; i < ASKED; i++) {
        world_until_done(world, &asked[i]);
        refused += asked[i].err == SCA_E_BUDGET ? 1 : 0;
    }
    assert_int_equal(refused, 2);
    assert_int_equal(world_ledger(world, "signed"), ASKED - 2);
    world_restart(world);
    world_ask(world, &late, 98, "soffice.bin", 100);
    world_until_done(world, &late);
    assert_int_equal(late.err, SCA_E_BUDGET);
}

/* Told to the next one, as long as it stays so. */
static void ends_at_once(void **state)
{
    struct world *world = *state;
    struct asked asked;

    world->verdict = APPROVED;
    for (uint8_t i = 1; i < 10 && !world->at_once; i++) { /* again where the computer was busy */
        world_ask(world, &asked, i, "pkcs11-tool", 200);
        assert_signed(world, &asked, 1);
        assert_true(i > 1 || !world->at_once);
    }
    assert_true(world->at_once);

    world->verdict = UNDECIDED; /* a person, after all */
    world_ask(world, &asked, 20, "pkcs11-tool", 200);
    world_until_state(world, &asked, SCA_PROGRESS_WAITING);
    world_move_clock(world, 2);
    world->verdict = APPROVED;
    assert_signed(world, &asked, 1);
    world_ask(world, &asked, 21, "pkcs11-tool", 200);
    assert_signed(world, &asked, 1);
    assert_false(world->at_once);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_at_a_time),
        TEST(one_where_a_person_may_be_asked),
        TEST(hosts_that_die_take_nothing_along),
        TEST(agent_that_dies_leaves_two_records),
        TEST(budget_holds),
        TEST(ends_at_once),
    };

    return cmocka_run_group_tests_name("txn-quiet", tests, NULL, NULL);
}
