/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the body of a token image; length and checksum are made right first, or the fuzzer
 * would never get past them. What is accepted encodes to the very same bytes.
 */
#include "fuzz.h"
#include <string.h>
#include "common/image.h"

static uint32_t crc32_of(const uint8_t *data, size_t len)
{
    uint32_t crc = 0xffffffffu;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void decode(struct sca_buf *content)
{
    SCA_IMAGE_AUTO image = NULL;
    SCA_BUF_AUTO again = {0};

    if (sca_image_decode(content, &image) != 0)
        return;
    fuzz_check(sca_image_encode(image, &again) == 0);
    fuzz_check(again.len == image->bytes.len);
    fuzz_check(memcmp(again.data, image->bytes.data, again.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCA_BUF_AUTO raw = {.max = SCA_IMAGE_MAX};
    SCA_BUF_AUTO framed = {.max = SCA_IMAGE_MAX};

    if (sca_buf_add(&raw, data, size) == 0)
        decode(&raw);
    sca_buf_add(&framed, "SCAIMG\0\x01", 8);
    sca_buf_add_u32(&framed, (uint32_t)size);
    sca_buf_add_u32(&framed, crc32_of(data, size));
    if (sca_buf_add(&framed, data, size) == 0)
        decode(&framed);
    return 0;
}
