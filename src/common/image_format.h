/* SPDX-License-Identifier: Apache-2.0 */
/* What reader, writer and builder of the token image (image.h) share; for these files only. */
#ifndef SCA_COMMON_IMAGE_FORMAT_H
#define SCA_COMMON_IMAGE_FORMAT_H

#include "common/image.h"

#define SCA_IMAGE_MAGIC "SCAIMG" /* with its NUL */
#define SCA_IMAGE_HEAD  16       /* bytes: magic, version, length, CRC-32 */
#define SCA_IMAGE_TEXTS 7        /* of a slot */

/* Marks of what stands at an earlier place. */
#define SCA_IMAGE_KIND_PLACE   0x80u       /* in the kind of an attribute */
#define SCA_IMAGE_OBJECT_PLACE 0x80000000u /* instead of an object's count */

/* The texts of a slot in the order of the file. */
char **sca_image_text(struct sca_image_slot *slot, size_t index);

/* CRC-32 of IEEE 802.3. */
uint32_t sca_image_crc(struct sca_bytes bytes);

/* Four bytes that are there, little-endian. */
static inline uint32_t sca_image_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline bool sca_image_is_number(enum sca_attr_kind kind)
{
    return kind == SCA_ATTR_ULONG || kind == SCA_ATTR_ULONGS;
}

#endif
