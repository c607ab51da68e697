/* SPDX-License-Identifier: Apache-2.0 */
/* One input: as it is, then with a failure. See fuzz.h. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/sca-fuzz-XXXXXX";
static bool folder_made;
static unsigned long failures;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void at_end(void)
{
    fprintf(stderr, "stat::failures_simulated: %lu\n", failures);
    if (folder_made)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
    if (!folder_made && mkdtemp(folder) == NULL)
        abort();
    folder_made = true;
    return folder;
}

void fuzz_path(const char *name, char ret_path[static FUZZ_PATH_SIZE])
{
    snprintf(ret_path, FUZZ_PATH_SIZE, "%s/%s", fuzz_folder(), name);
}

void fuzz_write(const char *path, const void *data, size_t len)
{
    fail_pause(true);
    FILE *file = fopen(path, "we");

    if (file == NULL || fwrite(data, 1, len, file) != len || fclose(file) != 0 ||
        chmod(path, 0600) != 0)
        abort();
    fail_pause(false);
}

/* FNV-1a. */
static uint32_t hash_of(const uint8_t *data, size_t size)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ data[i]) * 16777619u;
    return hash;
}

/* Which of all that was counted is to fail, and how. */
static struct fail_plan choose(const struct fail_report *report, uint32_t hash)
{
    static const enum fail_kind kinds[] = {FAIL_MEMORY, FAIL_CALL, FAIL_SHORT, FAIL_DRY};
    static const int errs[] = {EIO, ENOMEM, EMFILE, EINTR, EACCES, ENOSPC};
    struct fail_plan plan = {.kind = FAIL_NONE};

    for (unsigned i = 0; i < 4 && plan.kind == FAIL_NONE; i++) {
        enum fail_kind kind = kinds[(hash + i) % 4];
        unsigned count = fail_count(report, kind);

        if (count > 0)
            plan = (struct fail_plan){
                .kind = kind, .n = 1 + (hash >> 8) % count, .err = errs[(hash >> 4) % 6]};
    }
    return plan;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fail_start_json();
    fail_skip_fsync();
    atexit(at_end);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fail_plan plan = {.kind = FAIL_NONE};

    fail_begin(&plan);
    fuzz_one(data, size);
    struct fail_report report = fail_end();
    plan = choose(&report, hash_of(data, size));
    if (plan.kind == FAIL_NONE)
        return 0;
    fail_begin(&plan);
    fuzz_one(data, size);
    fail_end();
    failures += fail_hit() ? 1 : 0;
    return 0;
}

#ifdef FUZZ_MAIN
#define FUZZ_INPUT_MAX (1u << 20)

int main(int argc, char **argv)
{
    static uint8_t input[FUZZ_INPUT_MAX];

    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rbe");

        if (file == NULL) {
            perror(argv[i]);
            return 1;
        }
        size_t size = fread(input, 1, sizeof input, file);
        fclose(file);
        LLVMFuzzerTestOneInput(input, size);
    }
    return 0;
}
#endif
