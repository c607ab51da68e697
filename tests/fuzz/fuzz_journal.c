/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a journal record. What is accepted is written and read back as the same record. */
#include "fuzz.h"
#include <string.h>
#include "agent/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCA_JOURNAL_RECORD_AUTO record = NULL;
    SCA_JOURNAL_RECORD_AUTO again = NULL;
    SCA_BUF_AUTO text = {0};
    SCA_BUF_AUTO same = {0};

    if (sca_journal_decode((struct sca_bytes){data, size}, &record) != 0)
        return 0;
    fuzz_check(sca_journal_encode(record, &text) == 0);
    fuzz_check(sca_journal_decode((struct sca_bytes){text.data, text.len}, &again) == 0);
    fuzz_check(sca_journal_encode(again, &same) == 0);
    fuzz_check(text.len == same.len && memcmp(text.data, same.data, text.len) == 0);
    return 0;
}
