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

static void assert_wait(const struct sca_batch *batch, bool busy, int64_t now_ms, int64_t at_ms)
{
    struct sca_batch_next next = sca_batch_next(batch, &rules, busy, now_ms);

    assert_int_equal(next.act, SCA_BATCH_WAIT);
    assert_int_equal(next.at_ms, at_ms);
}

static void assert_send(const struct sca_batch *batch, bool busy, int64_t now_ms, size_t docs)
{
    struct sca_batch_next next = sca_batch_next(batch, &rules, busy, now_ms);

    assert_int_equal(next.act, SCA_BATCH_SEND);
    assert_int_equal(next.docs, docs);
}

static void first_waits_for_company(void **state)
{
    struct sca_batch batch;

    (void)state;
    sca_batch_init(&batch);
    assert_int_equal(sca_batch_next(&batch, &rules, false, 0).act, SCA_BATCH_EMPTY);
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
    assert_int_equal(sca_batch_next(&batch, &rules, false, 9999).act, SCA_BATCH_EMPTY);
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
    assert_int_equal(sca_batch_next(&batch, &single, false, 100).docs, 1);
    sca_batch_clear(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_waits_for_company), cmocka_unit_test(full_goes_at_once),
        cmocka_unit_test(busy_collects),           cmocka_unit_test(same_digest_is_found),
        cmocka_unit_test(leaving_empties),         cmocka_unit_test(one_by_one),
    };

    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
