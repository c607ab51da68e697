/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the token image. Everything is checked once, here; objects and values stay where they
 * are, so a walk over attributes afterwards need not check again. Every count is checked against
 * the bytes that are left before memory is taken for it, so a small file cannot ask for much.
 */
#include "common/image.h"

#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/image_format.h"
#include "common/text.h"

/* Bytes of the smallest encoding of each item. */
#define ATTR_HEAD  9
#define OBJECT_MIN 4
#define SLOT_MIN   (SCA_IMAGE_TEXTS * 5 + 7 * 4)

/* A number in the file is what the host reads: then nothing is to be done. */
#if __SIZEOF_LONG__ == 8 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_NUMBERS true
#else
#define NATIVE_NUMBERS false
#endif

/* ---- walking --------------------------------------------------------------------------------- */

static size_t value_len(enum sca_attr_kind kind, size_t len)
{
    return sca_image_is_number(kind) ? len / 8 * sizeof(unsigned long) : len;
}

/* What begins at @head, which has been checked. */
static struct sca_image_attr attr_at(const struct sca_image_object *object, const uint8_t *head)
{
    const enum sca_attr_kind kind = (enum sca_attr_kind)(head[4] & ~SCA_IMAGE_KIND_PLACE);
    const uint8_t *value = head + ATTR_HEAD;

    if (head[4] & SCA_IMAGE_KIND_PLACE)
        value = object->base + sca_image_u32(value);
    return (struct sca_image_attr){
        sca_image_u32(head), kind, {value, value_len(kind, sca_image_u32(head + 5))}};
}

/* Where the next attribute begins. */
static const uint8_t *behind(const uint8_t *head)
{
    return head + ATTR_HEAD + (head[4] & SCA_IMAGE_KIND_PLACE ? 4 : sca_image_u32(head + 5));
}

bool sca_image_next(struct sca_image_walk *walk, struct sca_image_attr *ret_attr)
{
    const struct sca_image_object *object = walk->object;

    if (walk->index == object->attr_count)
        return false;
    if (object->encoded == NULL) {
        *ret_attr = object->attrs[walk->index++];
        return true;
    }
    const uint8_t *head = walk->index++ > 0 ? walk->pos : object->encoded;
    walk->pos = behind(head);
    *ret_attr = attr_at(object, head);
    return true;
}

bool sca_image_find(const struct sca_image_object *object, uint64_t type,
                    struct sca_image_attr *ret_attr)
{
    const uint8_t *head = object->encoded;

    for (size_t i = 0; i < object->attr_count; i++) {
        if (head == NULL) {
            if (object->attrs[i].type == type) {
                *ret_attr = object->attrs[i];
                return true;
            }
            continue;
        }
        if (sca_image_u32(head) == type) {
            *ret_attr = attr_at(object, head);
            return true;
        }
        head = behind(head);
    }
    return false;
}

/* ---- reading --------------------------------------------------------------------------------- */

#define SHARED_KEPT 32

/* An object that was found whole at an earlier place; 0: none. */
struct shared {
    uint32_t place;
    struct sca_image_object object;
};

struct decoder {
    struct sca_reader reader;
    const uint8_t *base; /* of places */
    struct shared shared[SHARED_KEPT];
};

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

/* Makes the numbers of a value what this machine calls unsigned long, where they stand. */
static void make_native(struct sca_bytes value)
{
    struct sca_reader reader = sca_reader(value);
    uint8_t *out = (uint8_t *)(uintptr_t)value.data;

    for (size_t i = 0; i < value.len / 8; i++) {
        const unsigned long number = (unsigned long)sca_read_u64(&reader);
        memcpy(out, &number, sizeof number);
        out += sizeof number;
    }
}

/*
 * One attribute at @pos, whose places count from @base. Returns what follows it, or NULL when it is
 * malformed. The hottest loop of a listing, so it reads bytes by itself.
 */
static const uint8_t *check_attr(const uint8_t *pos, const uint8_t *end, const uint8_t *base,
                                 bool again)
{
    if ((size_t)(end - pos) < ATTR_HEAD)
        return NULL;
    const uint8_t *value = pos + ATTR_HEAD, *next = value;
    const enum sca_attr_kind kind = (enum sca_attr_kind)(pos[4] & ~SCA_IMAGE_KIND_PLACE);
    const size_t len = sca_image_u32(pos + 5);
    const size_t left = (size_t)(end - value), before = (size_t)(pos - base);
    const bool placed = (pos[4] & SCA_IMAGE_KIND_PLACE) != 0;
    if (placed) {
        if (left < 4)
            return NULL;
        const size_t place = sca_image_u32(value);
        if (place > before || len > before - place)
            return NULL;
        value = base + place;
        next += 4;
    } else {
        if (len > left)
            return NULL;
        next += len;
    }
    if (!attr_fits(kind, (struct sca_bytes){value, len}))
        return NULL;
    if (!NATIVE_NUMBERS && !again && !placed && sca_image_is_number(kind))
        make_native((struct sca_bytes){value, len});
    return next;
}

/* @again: these bytes have been an object before. */
static int read_attrs(struct sca_reader *reader, const uint8_t *base, bool again,
                      struct sca_image_object *object)
{
    int err = read_count(reader, ATTR_HEAD, SCA_IMAGE_ATTRS_MAX, &object->attr_count);
    const uint8_t *pos = reader->pos;

    if (err != 0)
        return err;
    object->base = base;
    object->encoded = pos;
    for (size_t i = 0; pos != NULL && i < object->attr_count; i++)
        pos = check_attr(pos, reader->end, base, again);
    if (pos == NULL)
        return SCA_E_FORMAT;
    reader->pos = pos;
    return 0;
}

/* What an object at an earlier place is. Slots share few of them: the last ones are remembered. */
static int read_shared(struct decoder *decoder, uint32_t place, const uint8_t *here,
                       struct sca_image_object *object)
{
    struct shared *shared = &decoder->shared[place / OBJECT_MIN % SHARED_KEPT];
    struct sca_reader earlier = {.pos = decoder->base + place, .end = here};

    if (shared->place != place) {
        const int err = read_attrs(&earlier, decoder->base, true, object);
        if (err != 0)
            return err;
        *shared = (struct shared){place, *object};
    }
    *object = shared->object;
    return 0;
}

static int read_object(struct decoder *decoder, struct sca_image_object *object)
{
    struct sca_reader *reader = &decoder->reader;
    const uint8_t *here = reader->pos;

    if (sca_reader_left(reader) < 4 || sca_image_u32(here) != SCA_IMAGE_OBJECT_PLACE)
        return read_attrs(reader, decoder->base, false, object);
    (void)sca_read_u32(reader);
    const uint32_t place = sca_read_u32(reader);
    if (reader->failed || place == 0 || place >= (size_t)(here - decoder->base))
        return SCA_E_FORMAT;
    return read_shared(decoder, place, here, object);
}

/* Stays where it is, with the NUL that follows it. A thousand slots have seven thousand of them. */
static int read_text(struct sca_reader *reader, char **ret_text)
{
    const size_t left = sca_reader_left(reader);

    if (reader->failed || left < 4 || sca_image_u32(reader->pos) >= left - 4)
        return SCA_E_FORMAT;
    const struct sca_bytes text = {reader->pos + 4, sca_image_u32(reader->pos)};
    if (memchr(text.data, '\0', text.len + 1) != text.data + text.len || !sca_utf8_valid(text))
        return SCA_E_FORMAT;
    *ret_text = (char *)(uintptr_t)text.data;
    reader->pos = text.data + text.len + 1;
    return 0;
}

static int read_slot(struct decoder *decoder, struct sca_image_slot *slot)
{
    struct sca_reader *reader = &decoder->reader;
    int err = 0;

    for (size_t i = 0; err == 0 && i < SCA_IMAGE_TEXTS; i++)
        err = read_text(reader, sca_image_text(slot, i));
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
    for (size_t i = 0; i < slot->object_count; i++)
        slot->objects[i].encoded = decoder->base; /* should reading end early */
    for (size_t i = 0; err == 0 && i < slot->object_count; i++)
        err = read_object(decoder, &slot->objects[i]);
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

static int read_rest(struct sca_reader *start, struct sca_image *image)
{
    struct decoder decoder = {.reader = *start, .base = start->pos};
    struct sca_reader *reader = &decoder.reader;

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
        err = read_slot(&decoder, &image->slots[i]);
    if (err == 0 && sca_reader_left(reader) > 0)
        return SCA_E_FORMAT;
    return err;
}

static int read_head(struct sca_reader *reader)
{
    struct sca_bytes magic = sca_read_bytes(reader, sizeof SCA_IMAGE_MAGIC);
    uint8_t version = sca_read_u8(reader);

    if (reader->failed || memcmp(magic.data, SCA_IMAGE_MAGIC, sizeof SCA_IMAGE_MAGIC) != 0)
        return SCA_E_FORMAT;
    if (version > SCA_IMAGE_VERSION)
        return SCA_E_VERSION;
    uint32_t len = sca_read_u32(reader);
    uint32_t crc = sca_read_u32(reader);
    struct sca_bytes rest = {reader->pos, sca_reader_left(reader)};
    if (reader->failed || version != SCA_IMAGE_VERSION || len != rest.len ||
        crc != sca_image_crc(rest))
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
