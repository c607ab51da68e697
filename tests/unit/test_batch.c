/* SPDX-License-Identifier: Apache-2.0 */
/* When documents travel together, when they travel alone, and when they do not travel at all. */
#include "harness.h"
#include "agent/batch.h"

static const struct sca_batch_rules rules = {.window_ms = 50, .hold_ms = 1000, .max = 3};
static int owners[8];

static void add(struct sca_batch *batch, const char *digest, int64_t now_ms, int *owner)
{
    struct sca_bytes bytes = {(const uint8_t *)digest, strlen(digest)};

    assert_int_equal(sca_batch_add(batch, bytes, now_ms, owner), 0);
}

static const struct sca_batch_way free_way;
static const struct sca_batch_way busy_way = {.txns = 1, .docs = 1};

static void assert_wait(struct sca_batch *batch, bool busy, int64_t now_ms, int64_t at_ms)
{
    struct sca_batch_next next =
        sca_batch_next(batch, &rules, busy ? &busy_way : &free_way, now_ms);

    assert_int_equal(next.act, SCA_BATCH_WAIT);
    assert_int_equal(next.at_ms, at_ms);
}

static void assert_send(struct sca_batch *batch, bool busy, int64_t now_ms, size_t docs)
{
    struct sca_batch_next next =
        sca_batch_next(batch, &rules, busy ? &busy_way : &free_way, now_ms);

    assert_int_equal(next.act, SCA_BATCH_SEND);
    assert_int_equal(next.docs, docs);
}

static void first_waits_for_company(void **state)
{
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    assert_int_equal(sca_batch_next(&batch, &rules, &free_way, 0).act, SCA_BATCH_EMPTY);
    add(&batch, "a", 100, &owners[0]);
    assert_wait(&batch, false, 100, 150);
    add(&batch, "b", 140, &owners[1]);
    assert_wait(&batch, false, 149, 150); /* the first one's window, not a new one */
    assert_send(&batch, false, 150, 2);
    assert_ptr_equal(sca_batch_take(&batch), &owners[0]);
    assert_ptr_equal(sca_batch_take(&batch), &owners[1]);
    assert_null(sca_batch_take(&batch));
    sca_batch_clear(&batch);
}

static void full_goes_at_once(void **state)
{
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    for (int i = 0; i < 5; i++)
        add(&batch, &"abcde"[i], 100, &owners[i]); /* suffixes: five different digests */
    assert_send(&batch, false, 100, 3);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(sca_batch_take(&batch), &owners[i]);
    assert_wait(&batch, true, 101, 1100); /* the rest rides with the next one */
    assert_send(&batch, false, 150, 2);
    sca_batch_clear(&batch);
}

static void busy_collects(void **state)
{
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    add(&batch, "a", 100, &owners[0]);
    assert_wait(&batch, true, 500, 1100);
    add(&batch, "b", 600, &owners[1]);
    add(&batch, "c", 600, &owners[2]);
    assert_wait(&batch, true, 700, 1100); /* full, and still no second prompt */
    assert_send(&batch, false, 700, 3);   /* the earlier one ended */
    assert_send(&batch, true, 1100, 3);   /* or nobody answers it */
    sca_batch_clear(&batch);
}

static void same_digest_is_found(void **state)
{
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    add(&batch, "aa", 100, &owners[0]);
    add(&batch, "ab", 100, &owners[1]);
    assert_ptr_equal(sca_batch_find(&batch, LITERAL("ab")), &owners[1]);
    assert_null(sca_batch_find(&batch, LITERAL("a")));
    assert_null(sca_batch_find(&batch, LITERAL("ac")));
    sca_batch_clear(&batch);
}

static void leaving_empties(void **state)
{
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    for (int i = 0; i < 3; i++)
        add(&batch, &"abc"[i], 100 + i, &owners[i]);
    assert_true(sca_batch_remove(&batch, &owners[0]));
    assert_false(sca_batch_remove(&batch, &owners[0]));
    assert_wait(&batch, false, 103, 151); /* now the second is the oldest */
    assert_true(sca_batch_remove(&batch, &owners[2]));
    assert_ptr_equal(sca_batch_take(&batch), &owners[1]);
    assert_int_equal(sca_batch_next(&batch, &rules, &free_way, 9999).act, SCA_BATCH_EMPTY);
    sca_batch_clear(&batch);
}

static void one_by_one(void **state)
{
    const struct sca_batch_rules single = {.window_ms = 0, .hold_ms = 1000, .max = 1};
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    add(&batch, "a", 100, &owners[0]);
    add(&batch, "b", 100, &owners[1]);
    assert_int_equal(sca_batch_next(&batch, &single, &free_way, 100).docs, 1);
    sca_batch_clear(&batch);
}

/* ---- where nobody is asked ------------------------------------------------------------------- */

static struct sca_batch_next next_of(struct sca_batch *batch, size_t txns, size_t docs,
                                     int64_t now_ms)
{
    const struct sca_batch_way way = {.txns = txns, .docs = docs, .quiet = true};

    return sca_batch_next(batch, &rules, &way, now_ms);
}

static void assert_taken(struct sca_batch *batch, struct sca_batch_next next, size_t docs)
{
    assert_int_equal(next.act, SCA_BATCH_SEND);
    assert_int_equal(next.docs, docs);
    for (size_t i = 0; i < docs; i++)
        assert_non_null(sca_batch_take(batch));
}

/* Four who sign again and again, three to a transaction: two at a time, and evenly. */
static void quiet_ones_share_two(void **state)
{
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    for (int i = 0; i < 4; i++)
        add(&batch, &"abcd"[i], 100, &owners[i]);
    assert_taken(&batch, sca_batch_next(&batch, &rules, &free_way, 100), 3);
    assert_wait(&batch, true, 101, 1100);                /* nobody knows yet whether one is asked */
    assert_taken(&batch, next_of(&batch, 1, 3, 102), 1); /* nobody was, and all are there */
    for (int i = 0; i < 3; i++) {
        add(&batch, &"efg"[i], 110, &owners[i]);
        if (i == 0)
            assert_int_equal(next_of(&batch, 1, 1, 110).act, SCA_BATCH_WAIT); /* not its half */
    }
    assert_taken(&batch, next_of(&batch, 1, 1, 110), 2);
    assert_int_equal(next_of(&batch, 2, 3, 111).act, SCA_BATCH_WAIT); /* never three at a time */
    assert_int_equal(next_of(&batch, 1, 2, 112).act, SCA_BATCH_WAIT); /* the fourth comes, too */
    add(&batch, "h", 113, &owners[3]);
    assert_taken(&batch, next_of(&batch, 1, 2, 113), 2);
    sca_batch_clear(&batch);
}

/* What fits into one transaction travels in one; who was there before is waited for, no longer. */
static void quiet_ones_that_fit_stay_together(void **state)
{
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    add(&batch, "a", 100, &owners[0]);
    add(&batch, "b", 100, &owners[1]);
    assert_taken(&batch, next_of(&batch, 0, 0, 100), 2);
    assert_int_equal(next_of(&batch, 1, 2, 101).act, SCA_BATCH_EMPTY);
    add(&batch, "c", 110, &owners[0]);
    assert_int_equal(next_of(&batch, 1, 2, 110).act, SCA_BATCH_WAIT); /* a third; all three fit */
    add(&batch, "d", 110, &owners[1]);
    assert_int_equal(next_of(&batch, 0, 0, 110).act, SCA_BATCH_WAIT);
    add(&batch, "e", 111, &owners[2]);
    assert_taken(&batch, next_of(&batch, 0, 0, 111), 3);
    sca_batch_clear(&batch);
}

/* Who does not come again is waited for once. */
static void crowds_disperse(void **state)
{
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    for (int i = 0; i < 4; i++)
        add(&batch, &"abcd"[i], 100, &owners[i]);
    assert_taken(&batch, next_of(&batch, 0, 0, 100), 3);
    assert_taken(&batch, next_of(&batch, 1, 3, 100), 1);
    add(&batch, "e", 200, &owners[0]);
    assert_int_equal(next_of(&batch, 0, 0, 249).act, SCA_BATCH_WAIT);
    assert_taken(&batch, next_of(&batch, 0, 0, 250), 1);
    add(&batch, "f", 300, &owners[0]);
    assert_taken(&batch, next_of(&batch, 0, 0, 300), 1);
    sca_batch_clear(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_waits_for_company),
        cmocka_unit_test(full_goes_at_once),
        cmocka_unit_test(busy_collects),
        cmocka_unit_test(same_digest_is_found),
        cmocka_unit_test(leaving_empties),
        cmocka_unit_test(one_by_one),
        cmocka_unit_test(quiet_ones_share_two),
        cmocka_unit_test(quiet_ones_that_fit_stay_together),
        cmocka_unit_test(crowds_disperse),
    };

    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
