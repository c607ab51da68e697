/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger keeps every line, whatever happened to the one before, and whoever else writes. */
#include "harness.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "agent/ledger.h"
#include "agent/ledger_chain.h"
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
    .session = "1b7c",
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
    assert_string_equal(entry->session, sample.session);
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

static void commit(struct sca_ledger_lines *lines)
{
    int fd = -1;

    assert_int_equal(sca_ledger_commit(lines, &fd), 0);
    if (fd >= 0)
        assert_int_equal(close(fd), 0);
}

/* One write for all, and the chain as if they had come one by one. */
static void lines_that_are_written_together(void **state)
{
    const struct sca_paths *paths = *state;
    struct sca_ledger_lines *lines = NULL;
    struct sca_ledger_check check;
    struct seen seen = {0};
    size_t damaged = 9;

    append_raw(paths, "");
    char path[128];
    path_of(paths, path);
    assert_int_equal(chmod(path, 0600), 0);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(sca_ledger_append(paths, &sample), 0);
        assert_int_equal(sca_ledger_begin(paths, &lines), 0);
        for (int i = 0; i < 50; i++) {
            struct sca_ledger_entry entry = sample;
            entry.pid = i;
            assert_int_equal(sca_ledger_add(lines, &entry), 0);
        }
        commit(lines);
    }
    assert_int_equal(sca_ledger_read(paths, see, &seen, &damaged), 0);
    assert_int_equal(seen.count, 153);
    assert_int_equal(damaged, 0);
    assert_int_equal(sca_ledger_chain_check(paths, &check), 0);
    assert_int_equal(check.lines, 153);
    assert_true(check.gaps == 0 && !check.end_missing && !check.end_unknown);

    assert_int_equal(sca_ledger_begin(paths, &lines), 0); /* none: nothing changes */
    commit(lines);
    assert_int_equal(sca_ledger_chain_check(paths, &check), 0);
    assert_int_equal(check.lines, 153);
}

/* A line that cannot be written costs only itself. */
static void a_bad_line_among_others(void **state)
{
    const struct sca_paths *paths = *state;
    struct sca_ledger_lines *lines = NULL;
    struct sca_ledger_check check;
    struct sca_ledger_entry odd = sample;
    char *much = calloc(1, 64 * 1024);

    assert_non_null(much);
    memset(much, 'x', 64 * 1024 - 1);
    assert_int_equal(sca_ledger_begin(paths, &lines), 0);
    assert_int_equal(sca_ledger_add(lines, &sample), 0);
    odd.program = "\xff";
    assert_int_not_equal(sca_ledger_add(lines, &odd), 0);
    odd.program = much;
    assert_int_equal(sca_ledger_add(lines, &odd), SCA_E_LIMIT);
    assert_int_equal(sca_ledger_add(lines, &sample), 0);
    commit(lines);
    free(much);
    assert_int_equal(sca_ledger_chain_check(paths, &check), 0);
    assert_int_equal(check.lines, 2);
    assert_true(check.gaps == 0 && !check.end_missing);
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

/* ---- the chain ------------------------------------------------------------------------------- */

/* A ledger of @lines lines that differ, and its whole text. Caller frees. */
static char *chain_of(const struct sca_paths *paths, int lines)
{
    char path[128];
    char *text = calloc(1, 64 * 1024);

    for (int i = 0; i < lines; i++) {
        struct sca_ledger_entry entry = sample;

        entry.pid = i;
        assert_int_equal(sca_ledger_append(paths, &entry), 0);
    }
    path_of(paths, path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, 64 * 1024 - 1, file) > 0);
    fclose(file);
    return text;
}

static void write_text(const struct sca_paths *paths, const char *text)
{
    char path[128];

    path_of(paths, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct sca_ledger_check checked(const struct sca_paths *paths)
{
    struct sca_ledger_check check;

    assert_int_equal(sca_ledger_chain_check(paths, &check), 0);
    return check;
}

static char *line_at(char *text, int number)
{
    for (int i = 1; i < number; i++)
        text = strchr(text, '\n') + 1;
    return text;
}

static void an_untouched_chain_holds(void **state)
{
    const struct sca_paths *paths = *state;
    struct sca_ledger_check check;

    assert_int_equal(sca_ledger_chain_check(paths, &check), SCA_E_NOENT);
    free(chain_of(paths, 5));
    check = checked(paths);
    assert_int_equal(check.lines, 5);
    assert_int_equal(check.gaps, 0);
    assert_false(check.end_missing);
    assert_false(check.end_unknown);
}

static void a_cut_line_breaks_no_chain(void **state)
{
    const struct sca_paths *paths = *state;

    free(chain_of(paths, 2));
    append_raw(paths, "{\"prev\":\"12"); /* the disk was full */
    free(chain_of(paths, 2));
    assert_int_equal(checked(paths).lines, 5);
    assert_int_equal(checked(paths).gaps, 0);
    assert_false(checked(paths).end_missing);
}

static void a_changed_line_is_found(void **state)
{
    const struct sca_paths *paths = *state;
    char *text = chain_of(paths, 5);

    line_at(text, 3)[80] ^= 1;
    write_text(paths, text);
    assert_int_equal(checked(paths).first_gap, 4); /* it does not follow what stands there now */
    free(text);
}

static void a_removed_line_is_found(void **state)
{
    const struct sca_paths *paths = *state;
    char *text = chain_of(paths, 5);
    char *third = line_at(text, 3);

    memmove(third, line_at(text, 4), strlen(line_at(text, 4)) + 1);
    write_text(paths, text);
    assert_int_equal(checked(paths).first_gap, 3);
    assert_int_equal(checked(paths).gaps, 1);
    free(text);
}

static void the_first_line_removed_is_found(void **state)
{
    const struct sca_paths *paths = *state;
    char *text = chain_of(paths, 3);

    write_text(paths, line_at(text, 2));
    assert_int_equal(checked(paths).first_gap, 1);
    free(text);
}

static void moved_lines_are_found(void **state)
{
    const struct sca_paths *paths = *state;
    char *text = chain_of(paths, 4);
    char moved[64 * 1024];
    char *second = line_at(text, 2);
    char *third = line_at(text, 3);
    char *fourth = line_at(text, 4);

    snprintf(moved, sizeof moved, "%.*s%.*s%.*s%s", (int)(second - text), text,
             (int)(fourth - third), third, (int)(third - second), second, fourth);
    write_text(paths, moved);
    assert_int_equal(checked(paths).first_gap, 2);
    assert_int_equal(checked(paths).gaps, 3);
    free(text);
}

static void lines_taken_off_the_end_are_found(void **state)
{
    const struct sca_paths *paths = *state;
    char *text = chain_of(paths, 5);

    *line_at(text, 4) = '\0';
    write_text(paths, text);
    assert_int_equal(checked(paths).gaps, 0);
    assert_true(checked(paths).end_missing);

    assert_int_equal(sca_ledger_append(paths, &sample), 0); /* it does not cover that up */
    assert_int_equal(checked(paths).lines, 4);
    assert_int_equal(checked(paths).first_gap, 4);
    free(text);
}

static void an_inserted_line_is_found(void **state)
{
    const struct sca_paths *paths = *state;

    free(chain_of(paths, 2));
    append_raw(paths, "{\"time\":1795000000,\"outcome\":\"signed\"}\n");
    assert_int_equal(checked(paths).first_gap, 3);
}

/* What tells the end is the link. A line can be added behind it, and then nothing is missing
 * either. */
static void a_number_remembered_falsely_hides_nothing(void **state)
{
    const struct sca_paths *paths = *state;
    char path[128];

    free(chain_of(paths, 2));
    snprintf(path, sizeof path, "%s/ledger.last", paths->state_dir);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_true(fputs("000000000001", file) >= 0);
    fclose(file);
    assert_false(checked(paths).end_missing);
    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    assert_int_equal(checked(paths).gaps, 0);
    assert_false(checked(paths).end_missing);
}

static void a_crash_between_line_and_memory_is_no_gap(void **state)
{
    const struct sca_paths *paths = *state;
    char path[128];
    char kept[128] = "";

    free(chain_of(paths, 2));
    snprintf(path, sizeof path, "%s/ledger.last", paths->state_dir);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_true(fread(kept, 1, sizeof kept - 1, file) > 0);
    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    rewind(file);
    assert_true(fputs(kept, file) >= 0); /* as if the agent had died in between */
    fclose(file);
    assert_false(checked(paths).end_missing);
    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    assert_int_equal(checked(paths).gaps, 0);
    assert_int_equal(checked(paths).lines, 4);
}

static void a_lost_memory_is_said(void **state)
{
    const struct sca_paths *paths = *state;
    char path[128];

    free(chain_of(paths, 2));
    snprintf(path, sizeof path, "%s/ledger.last", paths->state_dir);
    assert_int_equal(unlink(path), 0);
    assert_true(checked(paths).end_unknown);
    assert_int_equal(sca_ledger_append(paths, &sample), 0);
    assert_false(checked(paths).end_unknown);
    assert_int_equal(checked(paths).gaps, 0);
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
        TEST(lines_that_are_written_together),
        TEST(a_bad_line_among_others),
        TEST(foreign_files_are_refused),
        TEST(an_untouched_chain_holds),
        TEST(a_cut_line_breaks_no_chain),
        TEST(a_changed_line_is_found),
        TEST(a_removed_line_is_found),
        TEST(the_first_line_removed_is_found),
        TEST(moved_lines_are_found),
        TEST(lines_taken_off_the_end_are_found),
        TEST(an_inserted_line_is_found),
        TEST(a_number_remembered_falsely_hides_nothing),
        TEST(a_crash_between_line_and_memory_is_no_gap),
        TEST(a_lost_memory_is_said),
    };

    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
