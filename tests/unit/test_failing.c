/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is on disk survives every failure: each allocation, each system call and each transfer of
 * writing it fails once (tests/fail), and the next attempt succeeds.
 */
#include "harness.h"
#include <errno.h>
#include "agent/journal.h"
#include "agent/ledger.h"
#include "agent/ledger_chain.h"
#include "common/err.h"
#include "common/text.h"
#include "fail.h"

static const enum fail_kind kinds[] = {FAIL_MEMORY, FAIL_DRY, FAIL_CALL, FAIL_SHORT};
static const int errs[] = {EIO, EINTR, ENOSPC, EMFILE};

/* One attempt, and what must hold after it; @err is the attempt's. */
struct attempt {
    int (*run)(const struct sca_paths *paths);
    void (*check)(const struct sca_paths *paths, int err);
};

static void fail_each(const struct sca_paths *paths, const struct attempt *attempt,
                      struct fail_plan plan)
{
    unsigned count;

    plan.n = 0;
    do {
        plan.n++;
        fail_begin(&plan);
        int err = attempt->run(paths);
        struct fail_report report = fail_end();
        count = fail_count(&report, plan.kind);
        attempt->check(paths, err);
    } while (plan.n < count || fail_hit());
}

static void fail_all(const struct sca_paths *paths, const struct attempt *attempt)
{
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (size_t i = 0; i < sizeof errs / sizeof errs[0]; i++)
            if (i == 0 || kinds[kind] == FAIL_CALL)
                fail_each(paths, attempt, (struct fail_plan){.kind = kinds[kind], .err = errs[i]});
}

static void path_of(const struct sca_paths *paths, const char *name, char ret_path[static 128])
{
    snprintf(ret_path, 128, "%s/%s", paths->state_dir, name);
}

static int open_folder(void **state)
{
    struct sca_paths *paths = calloc(1, sizeof *paths);

    paths->state_dir = malloc(64);
    scratch_make(paths->state_dir);
    *state = paths;
    return 0;
}

static int drop_folder(void **state)
{
    struct sca_paths *paths = *state;

    scratch_remove(paths->state_dir);
    free(paths->state_dir);
    free(paths);
    return 0;
}

/* ---- ledger ---------------------------------------------------------------------------------- */

static bool count_one(void *arg, const struct sca_ledger_entry *entry)
{
    (void)entry;
    ++*(size_t *)arg;
    return true;
}

static size_t entries(const struct sca_paths *paths)
{
    size_t count = 0;
    size_t damaged = 0;
    int err = sca_ledger_read(paths, count_one, &count, &damaged);

    assert_true(err == 0 || err == SCA_E_NOENT);
    return count;
}

static const struct sca_ledger_entry entry = {.time_utc = 1, .outcome = "signed"};

/* One line, and where @cut is true half of another, as a full disk leaves it. */
static void begin_ledger(const struct sca_paths *paths, bool cut)
{
    char path[128];

    path_of(paths, "ledger.last", path);
    remove(path);
    path_of(paths, "ledger", path);
    remove(path);
    assert_int_equal(sca_ledger_append(paths, &entry), 0);
    if (!cut)
        return;
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    assert_true(fputs("{\"time\":1795000000,\"prog", file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int append(const struct sca_paths *paths)
{
    return sca_ledger_append(paths, &entry);
}

/* What was there is there, what was added is, and so is the next. */
static void check_ledger(const struct sca_paths *paths, int err)
{
    struct sca_ledger_check check;
    size_t now = entries(paths);

    assert_true(now == 2 || (now == 1 && err != 0));
    assert_int_equal(sca_ledger_append(paths, &entry), 0);
    assert_int_equal(entries(paths), now + 1);
    assert_int_equal(sca_ledger_chain_check(paths, &check), 0);
    assert_int_equal(check.gaps, 0);
    assert_false(check.end_missing);
}

static void check_whole(const struct sca_paths *paths, int err)
{
    check_ledger(paths, err);
    begin_ledger(paths, false);
}

static void check_cut(const struct sca_paths *paths, int err)
{
    check_ledger(paths, err);
    begin_ledger(paths, true);
}

static void a_ledger_loses_no_line(void **state)
{
    static const struct attempt attempt = {append, check_whole};

    begin_ledger(*state, false);
    fail_all(*state, &attempt);
}

static void nor_after_a_cut_one(void **state)
{
    static const struct attempt attempt = {append, check_cut};

    begin_ledger(*state, true);
    fail_all(*state, &attempt);
}

/* ---- journal --------------------------------------------------------------------------------- */

static struct sca_journal_record *record;

static int write_record(const struct sca_paths *paths)
{
    record->created_utc++;
    return sca_journal_write(paths, record);
}

static void old_or_new(const struct sca_paths *paths, int err)
{
    SCA_JOURNAL_RECORD_AUTO now = NULL;

    assert_int_equal(sca_journal_read(paths, record->txn_id, &now), 0);
    assert_string_equal(now->provider_txn, record->provider_txn);
    if (err == 0)
        assert_int_equal(now->created_utc, record->created_utc);
    else
        assert_in_range(now->created_utc, record->created_utc - 1, record->created_utc);
    assert_int_equal(sca_journal_write(paths, record), 0);
}

static unsigned loaded;

static int take_record(void *arg, struct sca_journal_record *taken)
{
    (void)arg;
    loaded += sca_streq(taken->provider_txn, record->provider_txn) ? 1 : 0;
    sca_journal_record_free(taken);
    return 0;
}

static int load_records(const struct sca_paths *paths)
{
    loaded = 0;
    return sca_journal_load(paths, NULL, take_record, NULL);
}

/* A record that is only not readable now must not be passed over, nor set aside as damaged. */
static void all_or_an_error(const struct sca_paths *paths, int err)
{
    assert_int_equal(loaded, err == 0 ? 1 : 0);
    assert_int_equal(load_records(paths), 0);
    assert_int_equal(loaded, 1);
}

static void make_record(void)
{
    record = sca_journal_record_new(1);
    assert_non_null(record);
    snprintf(record->txn_id, sizeof record->txn_id, "3f2a0c1e-0000-4000-8000-000000000001");
    record->state = SCA_TXN_OPEN;
    record->account = strdup("work");
    record->provider = strdup("vnpt-smartca");
    record->serial = strdup("5401");
    record->description = strdup("one");
    record->scheme = SCA_SCHEME_PKCS1;
    record->hash = SCA_HASH_SHA256;
    record->created_utc = 1795000000;
    snprintf(record->credential, sizeof record->credential, "%064d", 7);
    snprintf(record->docs[0].id, sizeof record->docs[0].id, "doc-1");
    record->docs[0].digest_len = 32;
    record->docs[0].program = strdup("soffice.bin");
    record->provider_txn = strdup("the provider's own code");
}

static void a_record_is_the_old_or_the_new_one(void **state)
{
    static const struct attempt attempt = {write_record, old_or_new};

    make_record();
    assert_int_equal(sca_journal_write(*state, record), 0);
    fail_all(*state, &attempt);
    sca_journal_record_free(record);
}

static int append_record(const struct sca_paths *paths)
{
    int fd = -1;

    record->created_utc++;
    int err = sca_journal_append(paths, record, &fd);

    if (fd >= 0)
        close(fd);
    return err;
}

static void so_is_one_that_is_added(void **state)
{
    static const struct attempt attempt = {append_record, old_or_new};

    make_record();
    assert_int_equal(sca_journal_write(*state, record), 0);
    fail_all(*state, &attempt);
    sca_journal_record_free(record);
}

static void a_journal_is_loaded_whole_or_not_at_all(void **state)
{
    static const struct attempt attempt = {load_records, all_or_an_error};

    make_record();
    assert_int_equal(sca_journal_write(*state, record), 0);
    fail_all(*state, &attempt);
    sca_journal_record_free(record);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_ledger_loses_no_line, open_folder, drop_folder),
        cmocka_unit_test_setup_teardown(nor_after_a_cut_one, open_folder, drop_folder),
        cmocka_unit_test_setup_teardown(a_record_is_the_old_or_the_new_one, open_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(so_is_one_that_is_added, open_folder, drop_folder),
        cmocka_unit_test_setup_teardown(a_journal_is_loaded_whole_or_not_at_all, open_folder,
                                        drop_folder),
    };

    fail_start_json();
    fail_skip_fsync();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
