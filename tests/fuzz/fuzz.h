/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every fuzz target shares. With libFuzzer (-Dfuzz=true) it brings main; without it
 * (-DFUZZ_MAIN) the target runs once over each file named as argument, to replay a finding.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the code under test; unlike assert(3) it holds in every build. */
static inline void fuzz_check(bool holds)
{
    if (!holds)
        abort();
}

#ifdef FUZZ_MAIN
#define FUZZ_INPUT_MAX (1u << 20)

int main(int argc, char **argv)
{
    static uint8_t input[FUZZ_INPUT_MAX];

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

#endif
