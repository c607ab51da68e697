/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test begins with: cmocka and its needs, bytes from literals, a folder of its own.
 */
#ifndef TESTS_UNIT_HARNESS_H
#define TESTS_UNIT_HARNESS_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "common/buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The bytes of a string literal, NULs inside included, the last one not. */
#define LITERAL(text) ((struct sca_bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* A new empty folder, 0700; the name goes to @ret_path. */
static inline void scratch_make(char ret_path[static 64])
{
    snprintf(ret_path, 64, "/tmp/sca-test-XXXXXX");
    assert_non_null(mkdtemp(ret_path));
}

static inline int scratch_drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void scratch_remove(const char *path)
{
    nftw(path, scratch_drop, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
