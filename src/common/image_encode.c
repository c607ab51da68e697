/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the token image, slot by slot. What is there already is pointed to: equal objects, equal
 * values, and values that stand within the longest of their slot, which is the certificate. A table
 * says what is there; where memory for it is out the encoding fails, so that equal images stay
 * equal bytes. The table knows places only: what was added may be gone by then.
 */
#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/image_format.h"

#define PLACE_SIZE 4u  /* bytes; a shorter value is not worth one */
#define PART_MIN   16u /* bytes of a value that is looked for within the certificate */
#define FIRST_CAP  64u

/* What was written, and where: a value, or with @object an object. */
struct written {
    uint64_t hash;
    uint32_t place;
    uint32_t len; /* of a value */
    bool object;
};

/* Open addressing; a place of 0 is free, for the rest does not begin with a value. */
struct written_table {
    struct written *items;
    size_t count;
    size_t cap; /* a power of two, or 0 */
};

struct sca_image_encoder {
    struct sca_buf buf;
    struct written_table table;
    uint32_t longest_place; /* where the longest value of this slot stands, */
    size_t longest_len;     /* and its length */
    size_t count_offset;    /* where the count of slots is written in the end */
    uint32_t slot_count;
};

/* What is to be written: a value, or an object where it is not NULL. */
struct wanted {
    uint64_t hash;
    struct sca_bytes value;
    const struct sca_image_object *object;
};

/* FNV-1a of 64 bits. */
static uint64_t hash_more(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

#define HASH_VALUE 0xcbf29ce484222325u
#define HASH_NUMBER                                                                                \
    (HASH_VALUE + 1) /* numbers and bytes are kept apart: readers change numbers                   \
                      */
#define HASH_OBJECT (HASH_VALUE + 2)

static uint64_t hash_of_object(const struct sca_image_object *object)
{
    struct sca_image_walk walk = {.object = object};
    struct sca_image_attr attr;
    uint64_t hash = HASH_OBJECT;

    while (sca_image_next(&walk, &attr)) {
        hash = hash_more(hash, &attr.type, sizeof attr.type);
        hash = hash_more(hash, attr.value.data, attr.value.len);
    }
    return hash;
}

/* What places count from. */
static const uint8_t *base_of(const struct sca_image_encoder *encoder)
{
    return encoder->buf.data + SCA_IMAGE_HEAD;
}

/* Reads one attribute of what was written. */
static bool attr_equals(struct sca_reader *reader, const uint8_t *base,
                        const struct sca_image_attr *attr)
{
    const uint32_t type = sca_read_u32(reader);
    const uint8_t kind = sca_read_u8(reader);
    struct sca_bytes value = {.len = sca_read_u32(reader)};

    if (kind & SCA_IMAGE_KIND_PLACE)
        value.data = base + sca_read_u32(reader);
    else
        value = sca_read_bytes(reader, value.len);
    return type == attr->type && (kind & ~SCA_IMAGE_KIND_PLACE) == attr->kind &&
           sca_bytes_equal(value, attr->value);
}

static bool object_equals(const struct sca_image_encoder *encoder, uint32_t place,
                          const struct sca_image_object *object)
{
    const uint8_t *base = base_of(encoder);
    struct sca_reader reader = {.pos = base + place, .end = encoder->buf.data + encoder->buf.len};
    struct sca_image_walk walk = {.object = object};
    struct sca_image_attr attr;

    if (sca_read_u32(&reader) != object->attr_count)
        return false;
    while (sca_image_next(&walk, &attr))
        if (!attr_equals(&reader, base, &attr))
            return false;
    return true;
}

static bool same(const struct sca_image_encoder *encoder, const struct written *written,
                 const struct wanted *wanted)
{
    if (written->hash != wanted->hash || written->object != (wanted->object != NULL))
        return false;
    if (written->object)
        return object_equals(encoder, written->place, wanted->object);
    return sca_bytes_equal((struct sca_bytes){base_of(encoder) + written->place, written->len},
                           wanted->value);
}

/* The item that is the same, or the free one where it would go. The table has room. */
static struct written *find(const struct sca_image_encoder *encoder, const struct wanted *wanted)
{
    const struct written_table *table = &encoder->table;
    size_t i = wanted->hash & (table->cap - 1);

    while (table->items[i].place != 0 && !same(encoder, &table->items[i], wanted))
        i = (i + 1) & (table->cap - 1);
    return &table->items[i];
}

/* No two of them are the same. */
static void move(struct written_table *to, const struct written *item)
{
    size_t i = item->hash & (to->cap - 1);

    while (to->items[i].place != 0)
        i = (i + 1) & (to->cap - 1);
    to->items[i] = *item;
    to->count++;
}

/* Room for one more, at most half full. */
static int make_room(struct written_table *table)
{
    if (table->cap > 0 && table->count < table->cap / 2)
        return 0;
    struct written_table wider = {.cap = table->cap > 0 ? table->cap * 2 : FIRST_CAP};
    wider.items = calloc(wider.cap, sizeof *wider.items);
    if (wider.items == NULL)
        return SCA_E_NOMEM;
    for (size_t i = 0; i < table->cap; i++)
        if (table->items[i].place != 0)
            move(&wider, &table->items[i]);
    free(table->items);
    *table = wider;
    return 0;
}

static uint32_t place_now(const struct sca_image_encoder *encoder)
{
    return (uint32_t)(encoder->buf.len - SCA_IMAGE_HEAD);
}

/* Where the same was written before; 0 when it was not: it is noted as being written at @place. */
static uint32_t written_before(struct sca_image_encoder *encoder, const struct wanted *wanted,
                               uint32_t place)
{
    if (make_room(&encoder->table) != 0) {
        sca_buf_fail(&encoder->buf, SCA_E_NOMEM);
        return 0;
    }
    struct written *item = find(encoder, wanted);
    if (item->place != 0)
        return item->place;
    *item = (struct written){.hash = wanted->hash,
                             .place = place,
                             .len = (uint32_t)wanted->value.len,
                             .object = wanted->object != NULL};
    encoder->table.count++;
    return 0;
}

/* Where a value stands within the longest one; 0 when it does not. */
static uint32_t within_longest(const struct sca_image_encoder *encoder, struct sca_bytes value)
{
    if (value.len < PART_MIN || value.len >= encoder->longest_len)
        return 0;
    const uint8_t *longest = base_of(encoder) + encoder->longest_place;
    const uint8_t *at = memmem(longest, encoder->longest_len, value.data, value.len);
    return at != NULL ? encoder->longest_place + (uint32_t)(at - longest) : 0;
}

static uint32_t place_of_value(struct sca_image_encoder *encoder, const struct sca_image_attr *attr,
                               uint32_t place)
{
    const bool number = sca_image_is_number(attr->kind);
    const struct wanted wanted = {
        .hash = hash_more(number ? HASH_NUMBER : HASH_VALUE, attr->value.data, attr->value.len),
        .value = attr->value,
    };

    if (attr->value.len <= PLACE_SIZE)
        return 0;
    const uint32_t part = number ? 0 : within_longest(encoder, attr->value);
    return part != 0 ? part : written_before(encoder, &wanted, place);
}

/* Lengths are below SCA_IMAGE_MAX: the buffer's maximum ends what is longer. */
static void write_attr(struct sca_image_encoder *encoder, const struct sca_image_attr *attr)
{
    struct sca_buf *buf = &encoder->buf;

    if (attr->type > UINT32_MAX)
        sca_buf_fail(buf, SCA_E_LIMIT);
    sca_buf_add_u32(buf, (uint32_t)attr->type);
    if (buf->err != 0)
        return;
    const uint32_t value_place = place_now(encoder) + 1 + 4;
    const uint32_t place = place_of_value(encoder, attr, value_place);
    sca_buf_add_u8(buf, (uint8_t)(attr->kind | (place != 0 ? SCA_IMAGE_KIND_PLACE : 0)));
    sca_buf_add_u32(buf, (uint32_t)attr->value.len);
    if (place != 0)
        sca_buf_add_u32(buf, place);
    else
        sca_buf_add(buf, attr->value.data, attr->value.len);
    if (attr->kind == SCA_ATTR_BYTES && attr->value.len > encoder->longest_len) {
        encoder->longest_len = attr->value.len;
        encoder->longest_place = place != 0 ? place : value_place;
    }
}

static void write_object(struct sca_image_encoder *encoder, const struct sca_image_object *object)
{
    struct sca_image_walk walk = {.object = object};
    const struct wanted wanted = {.hash = hash_of_object(object), .object = object};
    struct sca_image_attr attr;
    struct sca_buf *buf = &encoder->buf;

    if (object->attr_count > SCA_IMAGE_ATTRS_MAX)
        sca_buf_fail(buf, SCA_E_LIMIT);
    if (buf->err != 0)
        return;
    const uint32_t place = written_before(encoder, &wanted, place_now(encoder));
    sca_buf_add_u32(buf, place != 0 ? SCA_IMAGE_OBJECT_PLACE : (uint32_t)object->attr_count);
    if (place != 0)
        sca_buf_add_u32(buf, place);
    while (place == 0 && buf->err == 0 && sca_image_next(&walk, &attr))
        write_attr(encoder, &attr);
}

int sca_image_encoder_add(struct sca_image_encoder *encoder, struct sca_image_slot *slot)
{
    struct sca_buf *buf = &encoder->buf;

    if (encoder->slot_count >= SCA_IMAGE_SLOTS_MAX || slot->object_count > SCA_IMAGE_OBJECTS_MAX)
        sca_buf_fail(buf, SCA_E_LIMIT);
    for (size_t i = 0; i < SCA_IMAGE_TEXTS; i++) {
        const char *text = *sca_image_text(slot, i) != NULL ? *sca_image_text(slot, i) : "";
        sca_buf_add_u32(buf, (uint32_t)strlen(text));
        sca_buf_add(buf, text, strlen(text) + 1);
    }
    sca_buf_add_u32(buf, slot->pin);
    sca_buf_add_u32(buf, slot->key_type);
    sca_buf_add_u32(buf, slot->key_bits);
    sca_buf_add_u32(buf, slot->schemes);
    sca_buf_add_u32(buf, slot->hashes);
    sca_buf_add_u32(buf, slot->timeout_s);
    sca_buf_add_u32(buf, (uint32_t)slot->object_count);
    encoder->longest_len = 0;
    for (size_t i = 0; buf->err == 0 && i < slot->object_count; i++)
        write_object(encoder, &slot->objects[i]);
    encoder->slot_count++;
    return buf->err;
}

static void write_stamp(struct sca_buf *buf, const struct sca_stamp *stamp)
{
    sca_buf_add_u64(buf, stamp->mtime_ns);
    sca_buf_add_u64(buf, stamp->size);
    sca_buf_add_u64(buf, stamp->inode);
}

struct sca_image_encoder *sca_image_encoder_new(const struct sca_image *head)
{
    struct sca_image_encoder *encoder = calloc(1, sizeof *encoder);

    if (encoder == NULL)
        return NULL;
    struct sca_buf *buf = &encoder->buf;
    sca_buf_init(buf, SCA_IMAGE_MAX);
    sca_buf_add(buf, SCA_IMAGE_MAGIC, sizeof SCA_IMAGE_MAGIC);
    sca_buf_add_u8(buf, SCA_IMAGE_VERSION);
    sca_buf_add_u32(buf, 0); /* length and CRC-32, known at the end */
    sca_buf_add_u32(buf, 0);
    write_stamp(buf, &head->conf[0]);
    write_stamp(buf, &head->conf[1]);
    sca_buf_add_u64(buf, (uint64_t)head->retry_after_utc);
    encoder->count_offset = buf->len;
    sca_buf_add_u32(buf, 0);
    return encoder;
}

int sca_image_encoder_end(struct sca_image_encoder *encoder, struct sca_buf *ret_content)
{
    struct sca_buf *buf = &encoder->buf;

    *ret_content = (struct sca_buf){0};
    if (buf->err != 0)
        return buf->err;
    sca_buf_put_u32(buf, encoder->count_offset, encoder->slot_count);
    const struct sca_bytes rest = {base_of(encoder), buf->len - SCA_IMAGE_HEAD};
    sca_buf_put_u32(buf, SCA_IMAGE_HEAD - 8, (uint32_t)rest.len);
    sca_buf_put_u32(buf, SCA_IMAGE_HEAD - 4, sca_image_crc(rest));
    *ret_content = *buf;
    *buf = (struct sca_buf){0};
    return 0;
}

void sca_image_encoder_free(struct sca_image_encoder *encoder)
{
    if (encoder == NULL)
        return;
    free(encoder->table.items);
    sca_buf_clear(&encoder->buf);
    free(encoder);
}

int sca_image_encode(const struct sca_image *image, struct sca_buf *ret_content)
{
    SCA_IMAGE_ENCODER_AUTO encoder = sca_image_encoder_new(image);
    int err = encoder != NULL ? 0 : SCA_E_NOMEM;

    *ret_content = (struct sca_buf){0};
    for (size_t i = 0; err == 0 && i < image->slot_count; i++)
        err = sca_image_encoder_add(encoder, &image->slots[i]);
    return err == 0 ? sca_image_encoder_end(encoder, ret_content) : err;
}
