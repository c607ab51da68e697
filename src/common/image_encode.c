/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the token image. What is there already is pointed to: equal objects, equal values, and
 * values that stand within the longest of their slot, which is the certificate. Two tables say what
 * is there; where memory for them is out the encoding fails, so that equal images stay equal bytes.
 */
#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/image_format.h"

#define PLACE_SIZE 4u  /* bytes; a shorter value is not worth one */
#define PART_MIN   16u /* bytes of a value that is looked for within the certificate */
#define FIRST_CAP  64u

/* What was written, and where; a value, or with @object an object. */
struct written {
    uint64_t hash;
    const struct sca_image_object *object;
    struct sca_bytes value;
    uint32_t place;
};

/* Open addressing; a place of 0 is free, for the rest does not begin with a value. */
struct written_table {
    struct written *items;
    size_t count;
    size_t cap; /* a power of two, or 0 */
};

struct encoder {
    struct sca_buf *buf;
    struct written_table table;
    struct sca_bytes longest; /* value of this slot, */
    uint32_t longest_place;   /* and where it stands */
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

static bool equal_bytes(struct sca_bytes a, struct sca_bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool equal_objects(const struct sca_image_object *a, const struct sca_image_object *b)
{
    struct sca_image_walk walk_a = {.object = a}, walk_b = {.object = b};
    struct sca_image_attr x, y;

    if (a->attr_count != b->attr_count)
        return false;
    while (sca_image_next(&walk_a, &x) && sca_image_next(&walk_b, &y))
        if (x.type != y.type || x.kind != y.kind || !equal_bytes(x.value, y.value))
            return false;
    return true;
}

static bool same(const struct written *a, const struct written *b)
{
    if (a->hash != b->hash || (a->object == NULL) != (b->object == NULL))
        return false;
    return a->object != NULL ? equal_objects(a->object, b->object)
                             : equal_bytes(a->value, b->value);
}

/* The item that is the same, or the free one where it would go. The table has room. */
static struct written *find(const struct written_table *table, const struct written *wanted)
{
    size_t i = wanted->hash & (table->cap - 1);

    while (table->items[i].place != 0 && !same(&table->items[i], wanted))
        i = (i + 1) & (table->cap - 1);
    return &table->items[i];
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
            *find(&wider, &table->items[i]) = table->items[i];
    wider.count = table->count;
    free(table->items);
    *table = wider;
    return 0;
}

static uint32_t place_now(const struct encoder *encoder)
{
    return (uint32_t)(encoder->buf->len - SCA_IMAGE_HEAD);
}

/* Where the same was written before; 0 when it was not: it is noted as being written at @place. */
static uint32_t written_before(struct encoder *encoder, struct written what, uint32_t place)
{
    if (make_room(&encoder->table) != 0) {
        sca_buf_fail(encoder->buf, SCA_E_NOMEM);
        return 0;
    }
    struct written *item = find(&encoder->table, &what);
    if (item->place != 0)
        return item->place;
    *item = what;
    item->place = place;
    encoder->table.count++;
    return 0;
}

/* Where a value stands within the longest one; 0 when it does not. */
static uint32_t within_longest(const struct encoder *encoder, struct sca_bytes value)
{
    if (value.len < PART_MIN || value.len >= encoder->longest.len)
        return 0;
    const uint8_t *at = memmem(encoder->longest.data, encoder->longest.len, value.data, value.len);
    return at != NULL ? encoder->longest_place + (uint32_t)(at - encoder->longest.data) : 0;
}

static uint32_t place_of_value(struct encoder *encoder, const struct sca_image_attr *attr,
                               uint32_t place)
{
    const bool number = sca_image_is_number(attr->kind);
    const struct written what = {
        .hash = hash_more(number ? HASH_NUMBER : HASH_VALUE, attr->value.data, attr->value.len),
        .value = attr->value,
    };

    if (attr->value.len <= PLACE_SIZE)
        return 0;
    const uint32_t part = number ? 0 : within_longest(encoder, attr->value);
    return part != 0 ? part : written_before(encoder, what, place);
}

/* Lengths are below SCA_IMAGE_MAX: the buffer's maximum ends what is longer. */
static void write_attr(struct encoder *encoder, const struct sca_image_attr *attr)
{
    struct sca_buf *buf = encoder->buf;

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
    if (attr->kind == SCA_ATTR_BYTES && attr->value.len > encoder->longest.len) {
        encoder->longest = attr->value;
        encoder->longest_place = place != 0 ? place : value_place;
    }
}

static void write_object(struct encoder *encoder, const struct sca_image_object *object)
{
    struct sca_image_walk walk = {.object = object};
    const struct written what = {.hash = hash_of_object(object), .object = object};
    struct sca_image_attr attr;
    struct sca_buf *buf = encoder->buf;

    if (object->attr_count > SCA_IMAGE_ATTRS_MAX)
        sca_buf_fail(buf, SCA_E_LIMIT);
    if (buf->err != 0)
        return;
    const uint32_t place = written_before(encoder, what, place_now(encoder));
    sca_buf_add_u32(buf, place != 0 ? SCA_IMAGE_OBJECT_PLACE : (uint32_t)object->attr_count);
    if (place != 0)
        sca_buf_add_u32(buf, place);
    while (place == 0 && buf->err == 0 && sca_image_next(&walk, &attr))
        write_attr(encoder, &attr);
}

static void write_slot(struct encoder *encoder, struct sca_image_slot *slot)
{
    struct sca_buf *buf = encoder->buf;

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
    if (slot->object_count > SCA_IMAGE_OBJECTS_MAX)
        sca_buf_fail(buf, SCA_E_LIMIT);
    sca_buf_add_u32(buf, (uint32_t)slot->object_count);
    encoder->longest = (struct sca_bytes){0};
    for (size_t i = 0; buf->err == 0 && i < slot->object_count; i++)
        write_object(encoder, &slot->objects[i]);
}

static void write_stamp(struct sca_buf *buf, const struct sca_stamp *stamp)
{
    sca_buf_add_u64(buf, stamp->mtime_ns);
    sca_buf_add_u64(buf, stamp->size);
    sca_buf_add_u64(buf, stamp->inode);
}

int sca_image_encode(const struct sca_image *image, struct sca_buf *ret_content)
{
    struct sca_buf *buf = ret_content;
    struct encoder encoder = {.buf = buf};

    sca_buf_init(buf, SCA_IMAGE_MAX);
    sca_buf_add(buf, SCA_IMAGE_MAGIC, sizeof SCA_IMAGE_MAGIC);
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
        write_slot(&encoder, &image->slots[i]);
    free(encoder.table.items);
    if (buf->err != 0)
        return buf->err;

    struct sca_bytes rest = {buf->data + SCA_IMAGE_HEAD, buf->len - SCA_IMAGE_HEAD};
    sca_buf_put_u32(buf, SCA_IMAGE_HEAD - 8, (uint32_t)rest.len);
    return sca_buf_put_u32(buf, SCA_IMAGE_HEAD - 4, sca_image_crc(rest));
}
