/* SPDX-License-Identifier: Apache-2.0 */
/* Building and freeing the token image: see image.h. */
#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/image_format.h"

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
    if (object->encoded != NULL)
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
    if (object->encoded != NULL)
        return;
    for (size_t i = 0; i < object->attr_count; i++)
        free((void *)(uintptr_t)object->attrs[i].value.data);
    free(object->attrs);
}

void sca_image_free(struct sca_image *image)
{
    if (image == NULL)
        return;
    for (size_t i = 0; i < image->slot_count; i++) {
        struct sca_image_slot *slot = &image->slots[i];

        for (size_t j = 0; image->bytes.data == NULL && j < SCA_IMAGE_TEXTS; j++)
            free(*sca_image_text(slot, j));
        for (size_t j = 0; j < slot->object_count; j++)
            object_clear(&slot->objects[j]);
        free(slot->objects);
    }
    free(image->slots);
    free(image->bytes.data); /* megabytes, and nothing secret: not wiped */
    free(image);
}
