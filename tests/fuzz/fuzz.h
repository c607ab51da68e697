/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every fuzz target shares. A target brings fuzz_one; fuzz_main.c runs it twice on each input:
 * as it is, and with one allocation or system call failing (tests/fail), which one follows from the
 * input, so that a finding repeats. With libFuzzer (-Dfuzz=true, clang) that is a fuzzer; without
 * it (-DFUZZ_MAIN) the target runs over each file named as argument, to replay a finding.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "fail.h"

/* The target. May be called with the same input again and must then do the same. */
void fuzz_one(const uint8_t *data, size_t size);

/* A promise of the code under test, whatever fails; unlike assert(3) it holds in every build. */
static inline void fuzz_check(bool holds)
{
    if (!holds)
        abort();
}

/* What may only be missed because something was made to fail. Returns @holds. */
static inline bool fuzz_well(bool holds)
{
    fuzz_check(holds || fail_hit());
    return holds;
}

/* A folder of the target's own, 0700, removed at the end. */
const char *fuzz_folder(void);

/* Fills @ret_path with a file of that name in there. */
#define FUZZ_PATH_SIZE 128
void fuzz_path(const char *name, char ret_path[static FUZZ_PATH_SIZE]);

/* Replaces the file, 0600; nothing of this is made to fail. */
void fuzz_write(const char *path, const void *data, size_t len);

#endif
