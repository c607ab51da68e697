/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a DigestInfo: what is accepted is exactly what building it gives. */
#include "fuzz.h"
#include <string.h>
#include "common/alg.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    enum sca_hash hash = SCA_HASH_NONE;
    struct sca_bytes digest = {0};
    uint8_t info[SCA_DIGESTINFO_MAX];

    if (sca_digestinfo_parse((struct sca_bytes){data, size}, &hash, &digest) != 0)
        return;
    fuzz_check(digest.len == sca_hash_len(hash));
    fuzz_check(sca_digestinfo_build(hash, digest, info) == size);
    fuzz_check(memcmp(info, data, size) == 0);
}
