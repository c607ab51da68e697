/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger keeps every line, whatever happened to the one before, and whoever else writes. */
#include "harness.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "agent/ledger.h"
#include "common/err.h"

#define WRITERS 4
#define LINES   25

static const struct sca_ledger_entry sample = {
    .time_utc = 1795000000,
    .account = "work",
    .credential = "abcd",
    .holder = "Nguyễn Thị Mẫu",
    .serial = "5401",
    .program = "soffice.bin",
    .pid = 4242,
    .scheme = "pkcs1",
    .hash = "sha256",
    .digest = "00ff",
    .code = "7QF-29K",
    .txn_id = "3f2a",
    .mechanism = "CKM_RSA_PKCS",
    .outcome = "rejected",
    .sentence = "He said \"no\".\nTwice.",
};

struct seen {
    size_t count;
    size_t stop_after;
    char programs[8][64];
};

static bool see(void *arg, const struct sca_ledger_entry *entry)
{
    struct seen *seen = arg;

    if (seen->count < 8)
        snprintf(seen->programs[seen->count], 64, "%s", entry->program);
    seen->count++;
    return seen->stop_after == 0 || seen->count < seen->stop_after;
}

static bool is_sample(void *arg, const struct sca_ledger_entry *entry)
{
    *(size_t *)arg += 1;
    assert_int_equal(entry->time_utc, sample.time_utc);
    assert_int_equal(entry->pid, sample.pid);
    assert_string_equal(entry->holder, sample.holder);
    assert_string_equal(entry->mechanism, sample.mechanism);
    assert_string_equal(entry->code, sample.code);
    assert_string_equal(entry->outcome, sample.outcome);
    assert_string_equal(entry->sentence, sample.sentence);
    return true;
}

static void path_of(const struct sca_paths *paths, char ret_path[static 128])
{
    snprintf(ret_path, 128, "%s/ledger", paths->state_dir);
}

static void append_raw(const struct sca_paths *paths, const char *text)
{
    char path[128];

    path_of(paths, path);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
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

static void both_ways(void **state)
{
    const struct sca_paths *paths = *state;
    size_t count = 0;
    size_t damaged = 9;
    struct stat st;
    char path[128];

    assert_int_equal(sca_ledger_read(paths, is_sample, &count, &damaged), SCA_E_NOENT);
    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    assert_int_equal(sca_ledger_read(paths, is_sample, &count, &damaged), 0);
    assert_int_equal(count, 2);
    assert_int_equal(damaged, 0);
    path_of(paths, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_cut_line_costs_only_itself(void **state)
{
    const struct sca_paths *paths = *state;
    struct seen seen = {0};
    size_t damaged = 0;

    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    append_raw(paths, "{\"time\":1795000000,\"prog"); /* the disk was full */
    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    assert_int_equal(sca_ledger_read(paths, see, &seen, &damaged), 0);
    assert_int_equal(seen.count, 3);
    assert_int_equal(damaged, 1);
}

static void nonsense_is_counted(void **state)
{
    const struct sca_paths *paths = *state;
    struct seen seen = {0};
    size_t damaged = 0;

    append_raw(paths, "\n\nhello\n[]\n{}\n{\"time\":\"x\",\"outcome\":\"signed\"}\n\xff\xfe\n");
    for (int i = 0; i < 20000; i++)
        append_raw(paths, "a line that does not end ");
    append_raw(paths, "\n");
    char path[128];
    path_of(paths, path);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    assert_int_equal(sca_ledger_read(paths, see, &seen, &damaged), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(damaged, 6);
}

static void reading_can_be_ended(void **state)
{
    const struct sca_paths *paths = *state;
    struct seen seen = {.stop_after = 2};
    size_t damaged = 0;

    for (int i = 0; i < 4; i++)
        assert_int_equal(sca_ledger_append(paths, &sample), 0);
    assert_int_equal(sca_ledger_read(paths, see, &seen, &damaged), 0);
    assert_int_equal(seen.count, 2);
}

static void missing_texts_are_empty(void **state)
{
    const struct sca_paths *paths = *state;
    struct sca_ledger_entry bare = {.time_utc = 1, .outcome = "signed"};
    struct seen seen = {0};
    size_t damaged = 0;

    assert_int_equal(sca_ledger_append(paths, &bare), 0);
    assert_int_equal(sca_ledger_read(paths, see, &seen, &damaged), 0);
    assert_string_equal(seen.programs[0], "");
}

static void writers_do_not_mix(void **state)
{
    const struct sca_paths *paths = *state;
    struct seen seen = {0};
    size_t damaged = 0;

    for (int i = 0; i < WRITERS; i++) {
        pid_t child = fork();

        if (child == 0) {
            int err = 0;

            for (int line = 0; line < LINES && err == 0; line++)
                err = sca_ledger_append(paths, &sample);
            _exit(err == 0 ? 0 : 1);
        }
        assert_true(child > 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = -1;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(sca_ledger_read(paths, see, &seen, &damaged), 0);
    assert_int_equal(seen.count, WRITERS * LINES);
    assert_int_equal(damaged, 0);
}

static void foreign_files_are_refused(void **state)
{
    const struct sca_paths *paths = *state;
    char path[128];

    path_of(paths, path);
    assert_int_equal(symlink("/tmp/elsewhere", path), 0);
    assert_int_equal(sca_ledger_append(paths, &sample), SCA_E_PERM);
    assert_int_equal(unlink(path), 0);
    append_raw(paths, "");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(sca_ledger_append(paths, &sample), SCA_E_PERM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_ways),
        TEST(a_cut_line_costs_only_itself),
        TEST(nonsense_is_counted),
        TEST(reading_can_be_ended),
        TEST(missing_texts_are_empty),
        TEST(writers_do_not_mix),
        TEST(foreign_files_are_refused),
    };

    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
