/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token image's codec. Decoding allocates one array per slot and object and leaves values
 * where they are; every count is checked against the bytes that are left before memory is taken
 * for it, so a small file cannot ask for much.
 */
#include "common/image.h"

#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/text.h"

#define MAGIC     "SCAIMG" /* with its NUL */
#define HEAD_SIZE 16       /* magic, version, length, CRC-32 */

#define TEXT_COUNT 7 /* of a slot */

/* Bytes of the smallest encoding of each item. */
#define ATTR_MIN   13
#define OBJECT_MIN 4
#define SLOT_MIN   (TEXT_COUNT * 4 + 7 * 4)

/* The texts of a slot in the order of the file. */
static char **slot_text(struct sca_image_slot *slot, size_t index)
{
    char **const texts[TEXT_COUNT] = {
        &slot->account,      &slot->credential, &slot->description, &slot->label,
        &slot->manufacturer, &slot->model,      &slot->serial,
    };

    return texts[index];
}

/*
 * CRC-32 of IEEE 802.3, eight bytes at a time (M. Kounavis, F. Berry: "slicing-by-8"). The tables
 * cost 2048 steps, nothing beside a listing, and so need neither a static state nor a lock.
 */
static uint32_t crc32_of(struct sca_bytes bytes)
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

/* A count of items that each take at least @item_min bytes of what is left. */
static int read_count(struct sca_reader *reader, size_t item_min, size_t max, size_t *ret_count)
{
    uint32_t count = sca_read_u32(reader);

    if (reader->failed || count > sca_reader_left(reader) / item_min)
        return SCA_E_FORMAT;
    if (count > max)
        return SCA_E_LIMIT;
    *ret_count = count;
    return 0;
}

/* calloc that takes no zero count for a failure. */
static void *new_items(size_t count, size_t size)
{
    return calloc(count > 0 ? count : 1, size);
}

static bool attr_fits(enum sca_attr_kind kind, struct sca_bytes value)
{
    switch (kind) {
    case SCA_ATTR_BYTES:
        return true;
    case SCA_ATTR_BOOL:
        return value.len == 1 && value.data[0] <= 1;
    case SCA_ATTR_ULONG:
        return value.len == 8;
    case SCA_ATTR_ULONGS:
        return value.len % 8 == 0;
    }
    return false;
}

static int read_attr(struct sca_reader *reader, struct sca_image_attr *attr)
{
    attr->type = sca_read_u64(reader);
    attr->kind = (enum sca_attr_kind)sca_read_u8(reader);
    attr->value = sca_read_bytes(reader, sca_read_u32(reader));
    return reader->failed || !attr_fits(attr->kind, attr->value) ? SCA_E_FORMAT : 0;
}

static int read_object(struct sca_reader *reader, struct sca_image_object *object)
{
    int err = read_count(reader, ATTR_MIN, SCA_IMAGE_ATTRS_MAX, &object->attr_count);

    object->borrows = true;
    if (err != 0)
        return err;
    object->attrs = new_items(object->attr_count, sizeof *object->attrs);
    if (object->attrs == NULL) {
        object->attr_count = 0;
        return SCA_E_NOMEM;
    }
    for (size_t i = 0; err == 0 && i < object->attr_count; i++)
        err = read_attr(reader, &object->attrs[i]);
    return err;
}

static int read_text(struct sca_reader *reader, char **ret_text)
{
    struct sca_bytes bytes = sca_read_bytes(reader, sca_read_u32(reader));

    if (reader->failed || !sca_utf8_valid(bytes) || memchr(bytes.data, '\0', bytes.len) != NULL)
        return SCA_E_FORMAT;
    *ret_text = strndup((const char *)bytes.data, bytes.len);
    return *ret_text == NULL ? SCA_E_NOMEM : 0;
}

static int read_slot(struct sca_reader *reader, struct sca_image_slot *slot)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < TEXT_COUNT; i++)
        err = read_text(reader, slot_text(slot, i));
    if (err != 0)
        return err;
    uint32_t pin = sca_read_u32(reader);
    uint32_t key_type = sca_read_u32(reader);
    if (pin > SCA_PIN_PASSWORD_OTP || key_type > SCA_KEY_EC)
        return SCA_E_FORMAT;
    slot->pin = (enum sca_pin_mode)pin;
    slot->key_type = (enum sca_key_type)key_type;
    slot->key_bits = sca_read_u32(reader);
    slot->schemes = sca_read_u32(reader);
    slot->hashes = sca_read_u32(reader);
    slot->timeout_s = sca_read_u32(reader);

    err = read_count(reader, OBJECT_MIN, SCA_IMAGE_OBJECTS_MAX, &slot->object_count);
    if (err != 0)
        return err;
    slot->objects = new_items(slot->object_count, sizeof *slot->objects);
    if (slot->objects == NULL) {
        slot->object_count = 0;
        return SCA_E_NOMEM;
    }
    for (size_t i = 0; err == 0 && i < slot->object_count; i++)
        err = read_object(reader, &slot->objects[i]);
    return err;
}

static struct sca_stamp read_stamp(struct sca_reader *reader)
{
    struct sca_stamp stamp;

    stamp.mtime_ns = sca_read_u64(reader);
    stamp.size = sca_read_u64(reader);
    stamp.inode = sca_read_u64(reader);
    return stamp;
}

static int read_rest(struct sca_reader *reader, struct sca_image *image)
{
    image->conf[0] = read_stamp(reader);
    image->conf[1] = read_stamp(reader);
    image->retry_after_utc = (int64_t)sca_read_u64(reader);
    int err = read_count(reader, SLOT_MIN, SCA_IMAGE_SLOTS_MAX, &image->slot_count);
    if (err != 0)
        return err;
    image->slots = new_items(image->slot_count, sizeof *image->slots);
    if (image->slots == NULL) {
        image->slot_count = 0;
        return SCA_E_NOMEM;
    }
    for (size_t i = 0; err == 0 && i < image->slot_count; i++)
        err = read_slot(reader, &image->slots[i]);
    if (err == 0 && sca_reader_left(reader) > 0)
        return SCA_E_FORMAT;
    return err;
}

static int read_head(struct sca_reader *reader)
{
    struct sca_bytes magic = sca_read_bytes(reader, sizeof MAGIC);
    uint8_t version = sca_read_u8(reader);

    if (reader->failed || memcmp(magic.data, MAGIC, sizeof MAGIC) != 0)
        return SCA_E_FORMAT;
    if (version > SCA_IMAGE_VERSION)
        return SCA_E_VERSION;
    uint32_t len = sca_read_u32(reader);
    uint32_t crc = sca_read_u32(reader);
    struct sca_bytes rest = {reader->pos, sca_reader_left(reader)};
    if (reader->failed || version != SCA_IMAGE_VERSION || len != rest.len || crc != crc32_of(rest))
        return SCA_E_FORMAT;
    return 0;
}

int sca_image_decode(struct sca_buf *content, struct sca_image **ret_image)
{
    SCA_BUF_AUTO bytes = *content;
    SCA_IMAGE_AUTO image = NULL;

    *content = (struct sca_buf){0};
    if (bytes.len > SCA_IMAGE_MAX)
        return SCA_E_LIMIT;
    struct sca_reader reader = sca_reader((struct sca_bytes){bytes.data, bytes.len});
    int err = read_head(&reader);
    if (err != 0)
        return err;
    image = sca_image_new();
    if (image == NULL)
        return SCA_E_NOMEM;
    image->bytes = bytes;
    bytes = (struct sca_buf){0};
    err = read_rest(&reader, image);
    if (err != 0)
        return err;
    *ret_image = image;
    image = NULL;
    return 0;
}

/* Lengths are below SCA_IMAGE_MAX: the buffer's maximum ends what is longer. */
static void write_bytes(struct sca_buf *buf, struct sca_bytes bytes)
{
    sca_buf_add_u32(buf, (uint32_t)bytes.len);
    sca_buf_add(buf, bytes.data, bytes.len);
}

static void write_stamp(struct sca_buf *buf, const struct sca_stamp *stamp)
{
    sca_buf_add_u64(buf, stamp->mtime_ns);
    sca_buf_add_u64(buf, stamp->size);
    sca_buf_add_u64(buf, stamp->inode);
}

static void write_object(struct sca_buf *buf, const struct sca_image_object *object)
{
    if (object->attr_count > SCA_IMAGE_ATTRS_MAX)
        sca_buf_fail(buf, SCA_E_LIMIT);
    sca_buf_add_u32(buf, (uint32_t)object->attr_count);
    for (size_t i = 0; buf->err == 0 && i < object->attr_count; i++) {
        sca_buf_add_u64(buf, object->attrs[i].type);
        sca_buf_add_u8(buf, (uint8_t)object->attrs[i].kind);
        write_bytes(buf, object->attrs[i].value);
    }
}

static void write_slot(struct sca_buf *buf, struct sca_image_slot *slot)
{
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        const char *text = *slot_text(slot, i) != NULL ? *slot_text(slot, i) : "";
        write_bytes(buf, (struct sca_bytes){(const uint8_t *)text, strlen(text)});
    }
    sca_buf_add_u32(buf, slot->pin);
    sca_buf_add_u32(buf, slot->key_type);
    sca_buf_add_u32(buf, slot->key_bits);
    sca_buf_add_u32(buf, slot->schemes);
    sca_buf_add_u32(buf, slot->hashes);
    sca_buf_add_u32(buf, slot->timeout_s);
    if (slot->object_count > SCA_IMAGE_OBJECTS_MAX)
        sca_buf_fail(buf, SCA_E_LIMIT);
    sca_buf_add_u32(buf, (uint32_t)slot->object_count);
    for (size_t i = 0; buf->err == 0 && i < slot->object_count; i++)
        write_object(buf, &slot->objects[i]);
}

int sca_image_encode(const struct sca_image *image, struct sca_buf *ret_content)
{
    struct sca_buf *buf = ret_content;

    sca_buf_init(buf, SCA_IMAGE_MAX);
    sca_buf_add(buf, MAGIC, sizeof MAGIC);
    sca_buf_add_u8(buf, SCA_IMAGE_VERSION);
    sca_buf_add_u32(buf, 0); /* length and CRC-32, known at the end */
    sca_buf_add_u32(buf, 0);
    write_stamp(buf, &image->conf[0]);
    write_stamp(buf, &image->conf[1]);
    sca_buf_add_u64(buf, (uint64_t)image->retry_after_utc);
    if (image->slot_count > SCA_IMAGE_SLOTS_MAX)
        sca_buf_fail(buf, SCA_E_LIMIT);
    sca_buf_add_u32(buf, (uint32_t)image->slot_count);
    for (size_t i = 0; buf->err == 0 && i < image->slot_count; i++)
        write_slot(buf, &image->slots[i]);
    if (buf->err != 0)
        return buf->err;

    struct sca_bytes rest = {buf->data + HEAD_SIZE, buf->len - HEAD_SIZE};
    sca_buf_put_u32(buf, HEAD_SIZE - 8, (uint32_t)rest.len);
    return sca_buf_put_u32(buf, HEAD_SIZE - 4, crc32_of(rest));
}

/* Room for one more item: doubles whenever @count is a power of two. NULL on failure. */
static void *grow(void *items, size_t count, size_t max, size_t item_size)
{
    if (count >= max)
        return NULL;
    if ((count & (count - 1)) != 0)
        return items;
    return reallocarray(items, count > 0 ? count * 2 : 1, item_size);
}

struct sca_image *sca_image_new(void)
{
    return calloc(1, sizeof(struct sca_image));
}

struct sca_image_slot *sca_image_add_slot(struct sca_image *image)
{
    if (image->bytes.data != NULL)
        return NULL;
    struct sca_image_slot *slots =
        grow(image->slots, image->slot_count, SCA_IMAGE_SLOTS_MAX, sizeof *slots);
    if (slots == NULL)
        return NULL;
    image->slots = slots;
    struct sca_image_slot *slot = &slots[image->slot_count++];
    *slot = (struct sca_image_slot){0};
    return slot;
}

struct sca_image_object *sca_image_add_object(struct sca_image_slot *slot)
{
    struct sca_image_object *objects =
        grow(slot->objects, slot->object_count, SCA_IMAGE_OBJECTS_MAX, sizeof *objects);

    if (objects == NULL)
        return NULL;
    slot->objects = objects;
    struct sca_image_object *object = &objects[slot->object_count++];
    *object = (struct sca_image_object){0};
    return object;
}

static int add_attr(struct sca_image_object *object, uint64_t type, enum sca_attr_kind kind,
                    struct sca_bytes value)
{
    if (object->borrows)
        return SCA_E_INVAL;
    if (object->attr_count >= SCA_IMAGE_ATTRS_MAX || value.len > SCA_IMAGE_MAX)
        return SCA_E_LIMIT;
    struct sca_image_attr *attrs =
        grow(object->attrs, object->attr_count, SCA_IMAGE_ATTRS_MAX, sizeof *attrs);
    if (attrs == NULL)
        return SCA_E_NOMEM;
    object->attrs = attrs;
    uint8_t *copy = malloc(value.len + 1);
    if (copy == NULL)
        return SCA_E_NOMEM;
    if (value.len > 0)
        memcpy(copy, value.data, value.len);
    attrs[object->attr_count++] = (struct sca_image_attr){type, kind, {copy, value.len}};
    return 0;
}

int sca_image_add_bytes(struct sca_image_object *object, uint64_t type, struct sca_bytes value)
{
    return add_attr(object, type, SCA_ATTR_BYTES, value);
}

int sca_image_add_bool(struct sca_image_object *object, uint64_t type, bool value)
{
    uint8_t byte = value ? 1 : 0;

    return add_attr(object, type, SCA_ATTR_BOOL, (struct sca_bytes){&byte, 1});
}

static int add_numbers(struct sca_image_object *object, uint64_t type, enum sca_attr_kind kind,
                       const uint64_t *values, size_t count)
{
    SCA_BUF_AUTO buf = {.max = SCA_IMAGE_MAX};

    for (size_t i = 0; i < count; i++)
        sca_buf_add_u64(&buf, values[i]);
    if (buf.err != 0)
        return buf.err;
    return add_attr(object, type, kind, (struct sca_bytes){buf.data, buf.len});
}

int sca_image_add_ulong(struct sca_image_object *object, uint64_t type, uint64_t value)
{
    return add_numbers(object, type, SCA_ATTR_ULONG, &value, 1);
}

int sca_image_add_ulongs(struct sca_image_object *object, uint64_t type, const uint64_t *values,
                         size_t count)
{
    return add_numbers(object, type, SCA_ATTR_ULONGS, values, count);
}

static void object_clear(struct sca_image_object *object)
{
    for (size_t i = 0; !object->borrows && i < object->attr_count; i++)
        free((void *)(uintptr_t)object->attrs[i].value.data);
    free(object->attrs);
}

void sca_image_free(struct sca_image *image)
{
    if (image == NULL)
        return;
    for (size_t i = 0; i < image->slot_count; i++) {
        struct sca_image_slot *slot = &image->slots[i];

        for (size_t j = 0; j < TEXT_COUNT; j++)
            free(*slot_text(slot, j));
        for (size_t j = 0; j < slot->object_count; j++)
            object_clear(&slot->objects[j]);
        free(slot->objects);
    }
    free(image->slots);
    sca_buf_clear(&image->bytes);
    free(image);
}
