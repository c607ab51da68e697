/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a journal record. What is accepted is written and read back as the same record; what
 * could not be written leaves the record that stood there before, or the new one, never another.
 */
#include "fuzz.h"

#include <string.h>
#include "agent/journal.h"

static bool same_text(const struct sca_buf *a, const struct sca_buf *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* As text; nothing of this is made to fail. */
static void read_back(const struct sca_paths *paths, const char *txn_id, struct sca_buf *ret_text)
{
    SCA_JOURNAL_RECORD_AUTO record = NULL;

    fail_pause(true);
    fuzz_check(sca_journal_read(paths, txn_id, &record) == 0);
    fuzz_check(sca_journal_encode(record, ret_text) == 0);
    fail_pause(false);
}

static void replace(struct sca_journal_record *record, const struct sca_buf *old)
{
    char state_dir[FUZZ_PATH_SIZE];
    struct sca_paths paths = {.state_dir = state_dir};
    SCA_BUF_AUTO text = {0};
    SCA_BUF_AUTO now = {0};

    fuzz_path(".", state_dir);
    fail_pause(true);
    fuzz_check(sca_journal_write(&paths, record) == 0);
    record->accepted = !record->accepted;
    fuzz_check(sca_journal_encode(record, &text) == 0);
    fail_pause(false);
    int err = sca_journal_write(&paths, record);
    read_back(&paths, record->txn_id, &now);
    fuzz_check(same_text(&now, &text) || (!fuzz_well(err == 0) && same_text(&now, old)));
    fail_pause(true);
    fuzz_check(sca_journal_remove(&paths, record->txn_id) == 0);
    fail_pause(false);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    SCA_JOURNAL_RECORD_AUTO record = NULL;
    SCA_JOURNAL_RECORD_AUTO again = NULL;
    SCA_BUF_AUTO text = {0};
    SCA_BUF_AUTO same = {0};

    if (sca_journal_decode((struct sca_bytes){data, size}, &record) != 0)
        return;
    if (!fuzz_well(sca_journal_encode(record, &text) == 0 &&
                   sca_journal_decode((struct sca_bytes){text.data, text.len}, &again) == 0 &&
                   sca_journal_encode(again, &same) == 0))
        return;
    fuzz_check(same_text(&text, &same));
    replace(record, &text);
}
