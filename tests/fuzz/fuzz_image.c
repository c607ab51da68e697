/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the body of a token image; length and checksum are made right first, or the fuzzer
 * would never get past them. What is accepted encodes to the very same bytes.
 */
#include "fuzz.h"
#include <string.h>
#include "common/image.h"
#include "crc.h"

static void decode(struct sca_buf *content)
{
    SCA_IMAGE_AUTO image = NULL;
    SCA_IMAGE_AUTO back = NULL;
    SCA_BUF_AUTO first = {0};
    SCA_BUF_AUTO copy = {.max = SCA_IMAGE_MAX};
    SCA_BUF_AUTO again = {0};

    if (sca_image_decode(content, &image) != 0)
        return;
    if (!fuzz_well(sca_image_encode(image, &first) == 0) ||
        !fuzz_well(sca_buf_add(&copy, first.data, first.len) == 0) ||
        !fuzz_well(sca_image_decode(&copy, &back) == 0) ||
        !fuzz_well(sca_image_encode(back, &again) == 0))
        return;
    fuzz_check(again.len == first.len);
    fuzz_check(memcmp(again.data, first.data, again.len) == 0);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    SCA_BUF_AUTO raw = {.max = SCA_IMAGE_MAX};
    SCA_BUF_AUTO framed = {.max = SCA_IMAGE_MAX};

    if (sca_buf_add(&raw, data, size) == 0)
        decode(&raw);
    crc_frame(data, size, &framed);
    if (framed.err == 0)
        decode(&framed);
}
