/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the remembered end (up to a NUL) and the ledger (after it). Readers count what they
 * see; a line can always be added, follows the last one, and takes none away - also after an
 * attempt to add it has failed anywhere.
 */
#include "fuzz.h"

#include <string.h>
#include "agent/ledger.h"
#include "agent/ledger_chain.h"
#include "common/err.h"

struct seen {
    size_t entries;
    size_t damaged;
    bool sample_last;
};

static const struct sca_ledger_entry sample = {.time_utc = 1795000000,
                                               .account = "work",
                                               .program = "sca-fuzz",
                                               .outcome = "signed",
                                               .sentence = "He said \"no\".\n"};

static bool see(void *arg, const struct sca_ledger_entry *entry)
{
    struct seen *seen = arg;

    fuzz_check(entry->outcome != NULL && entry->program != NULL && entry->sentence != NULL);
    seen->entries++;
    seen->sample_last = strcmp(entry->program, sample.program) == 0;
    return true;
}

/* The file is there, so only what fails on purpose can keep it from being read. */
static bool look(const struct sca_paths *paths, struct seen *ret_seen,
                 struct sca_ledger_check *ret_check)
{
    *ret_seen = (struct seen){0};
    return fuzz_well(sca_ledger_read(paths, see, ret_seen, &ret_seen->damaged) == 0) &&
           fuzz_well(sca_ledger_chain_check(paths, ret_check) == 0);
}

static void add(const struct sca_paths *paths, const struct seen *before,
                const struct sca_ledger_check *chain)
{
    struct seen after;
    struct sca_ledger_check now;

    if (!fuzz_well(sca_ledger_append(paths, &sample) == 0))
        return;
    fail_pause(true);
    fuzz_check(look(paths, &after, &now));
    fail_pause(false);
    fuzz_check(after.entries >= before->entries + 1 && after.sample_last);
    fuzz_check(now.lines >= chain->lines + 1);
    fuzz_well(!now.end_missing); /* that it is remembered is not promised */
    /* Where the end is gone, that stays visible for ever. */
    fuzz_check(chain->end_missing ? now.gaps > chain->gaps : now.gaps == chain->gaps);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char state_dir[FUZZ_PATH_SIZE];
    char path[FUZZ_PATH_SIZE];
    struct sca_paths paths = {.state_dir = state_dir};
    const uint8_t *nul = memchr(data, '\0', size);
    size_t head_len = nul != NULL ? (size_t)(nul - data) : 0;
    size_t skip = nul != NULL ? head_len + 1 : 0;
    struct seen before;
    struct sca_ledger_check chain;

    fuzz_path("ledger.last", path);
    fuzz_write(path, data, head_len);
    fuzz_path("ledger", path);
    fuzz_write(path, data + skip, size - skip);
    fuzz_path(".", state_dir);
    if (!look(&paths, &before, &chain))
        return;
    fuzz_check(chain.lines >= before.entries && chain.gaps <= chain.lines);
    fuzz_check((chain.gaps == 0) == (chain.first_gap == 0));
    add(&paths, &before, &chain);
}
