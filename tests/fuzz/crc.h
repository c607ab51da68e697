/* SPDX-License-Identifier: Apache-2.0 */
/* Length and checksum of a token image (common/image.h), which a fuzzer would never hit. */
#ifndef TESTS_FUZZ_CRC_H
#define TESTS_FUZZ_CRC_H

#include <stddef.h>
#include <stdint.h>
#include "common/buf.h"
#include "common/image.h"

static inline uint32_t crc32_of(const uint8_t *data, size_t len)
{
    uint32_t crc = 0xffffffffu;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
    }
    return ~crc;
}

/* The file whose body this is. Errors stick in the buffer. */
static inline void crc_frame(const uint8_t *body, size_t len, struct sca_buf *framed)
{
    (void)sca_buf_add(framed, "SCAIMG", 7);
    (void)sca_buf_add_u8(framed, SCA_IMAGE_VERSION);
    (void)sca_buf_add_u32(framed, (uint32_t)len);
    (void)sca_buf_add_u32(framed, crc32_of(body, len));
    (void)sca_buf_add(framed, body, len);
}

#endif
