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

#define SLICES 16
#define VALUES 256 /* of a byte */

/* The part of four bytes, of which the first is the lowest, by the four slices of their places. */
static inline uint32_t four(const uint32_t *slices, uint32_t bytes)
{
    return slices[3 * VALUES + (bytes & 0xff)] ^ slices[2 * VALUES + (bytes >> 8 & 0xff)] ^
           slices[VALUES + (bytes >> 16 & 0xff)] ^ slices[bytes >> 24];
}

/*
 * CRC-32 of IEEE 802.3, sixteen bytes at a time (M. Kounavis, F. Berry: "slicing-by-8"). The tables
 * cost 4096 steps, nothing beside a listing, and so need neither a static state nor a lock.
 */
uint32_t sca_image_crc(struct sca_bytes bytes)
{
    uint32_t table[SLICES * VALUES];
    uint32_t crc = 0xffffffffu;
    const uint8_t *p = bytes.data;
    size_t left = bytes.len;

    for (uint32_t i = 0; i < VALUES; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value >> 1 ^ ((value & 1) != 0 ? 0xedb88320u : 0);
        table[i] = value;
    }
    for (size_t i = VALUES; i < SLICES * VALUES; i++)
        table[i] = table[i - VALUES] >> 8 ^ table[table[i - VALUES] & 0xff];
    for (; left >= SLICES; left -= SLICES, p += SLICES)
        crc = four(table + 12 * VALUES, crc ^ sca_image_u32(p)) ^
              four(table + 8 * VALUES, sca_image_u32(p + 4)) ^
              four(table + 4 * VALUES, sca_image_u32(p + 8)) ^ four(table, sca_image_u32(p + 12));
    for (; left > 0; left--, p++)
        crc = crc >> 8 ^ table[(crc ^ *p) & 0xff];
    return ~crc;
}
