/* SPDX-License-Identifier: Apache-2.0 */
/* See image_format.h. */
#include "common/image_format.h"

/* The texts of a slot in the order of the file. */
char **sca_image_text(struct sca_image_slot *slot, size_t index)
{
    char **const texts[SCA_IMAGE_TEXTS] = {
        &slot->account,      &slot->credential, &slot->description, &slot->label,
        &slot->manufacturer, &slot->model,      &slot->serial,
    };

    return texts[index];
}

/*
 * CRC-32 of IEEE 802.3, eight bytes at a time (M. Kounavis, F. Berry: "slicing-by-8"). The tables
 * cost 2048 steps, nothing beside a listing, and so need neither a static state nor a lock.
 */
uint32_t sca_image_crc(struct sca_bytes bytes)
{
    uint32_t table[8][256];
    uint32_t crc = 0xffffffffu;
    const uint8_t *p = bytes.data;
    size_t left = bytes.len;

    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ ((value & 1) != 0 ? 0xedb88320u : 0);
        table[0][i] = value;
    }
    for (size_t slice = 1; slice < 8; slice++) {
        for (size_t i = 0; i < 256; i++) {
            uint32_t value = table[slice - 1][i];
            table[slice][i] = value >> 8 ^ table[0][value & 0xff];
        }
    }
    for (; left >= 8; left -= 8, p += 8) {
        crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        crc = table[7][crc & 0xff] ^ table[6][crc >> 8 & 0xff] ^ table[5][crc >> 16 & 0xff] ^
              table[4][crc >> 24] ^ table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^
              table[0][p[7]];
    }
    for (; left > 0; left--, p++)
        crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];
    return ~crc;
}
