/* SPDX-License-Identifier: Apache-2.0 */
/* Making and releasing views: see view.h. */
#include "module/token/view.h"

#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/text.h"
#include "module/token/library.h"

static bool same_attrs(const struct sca_object *a, const struct sca_object *b)
{
    if (a->attr_count != b->attr_count)
        return false;
    struct sca_object_walk walk_a = sca_object_walk(a), walk_b = sca_object_walk(b);
    CK_ATTRIBUTE x, y;
    while (sca_object_next(&walk_a, &x) && sca_object_next(&walk_b, &y)) {
        if (x.type != y.type || x.ulValueLen != y.ulValueLen)
            return false;
        if (x.ulValueLen > 0 && memcmp(x.pValue, y.pValue, x.ulValueLen) != 0)
            return false;
    }
    return true;
}

static bool handle_taken(const struct sca_slot *slot, size_t before, CK_OBJECT_HANDLE handle)
{
    for (size_t i = 0; i < before; i++)
        if (slot->objects[i].handle == handle)
            return true;
    return false;
}

/* An object is the same when all its attributes are. */
static CK_OBJECT_HANDLE object_handle(const struct sca_slot *old, const struct sca_slot *slot,
                                      size_t index)
{
    for (size_t i = 0; old && i < old->object_count; i++) {
        const struct sca_object *candidate = &old->objects[i];
        if (same_attrs(candidate, &slot->objects[index]) &&
            !handle_taken(slot, index, candidate->handle))
            return candidate->handle;
    }
    return sca_library_handle();
}

/* Returns where the next slot's objects go. */
static struct sca_object *fill_slot(struct sca_slot *slot, const struct sca_slot *old,
                                    struct sca_object *objects)
{
    slot->object_count = slot->image->object_count;
    slot->objects = objects;
    for (size_t i = 0; i < slot->object_count; i++) {
        const struct sca_image_object *from = &slot->image->objects[i];
        slot->objects[i] =
            (struct sca_object){.image = from, .attr_count = from->attr_count, .of_token = true};
        slot->objects[i].handle = object_handle(old, slot, i);
    }
    return objects + slot->object_count;
}

static bool id_taken(const struct sca_view *view, size_t before, CK_SLOT_ID id)
{
    for (size_t i = 0; i < before; i++)
        if (view->slots[i].id == id)
            return true;
    return false;
}

/* A slot is the same when account and credential are; most often it stands where it stood. */
static const struct sca_slot *same_slot(const struct sca_view *previous, size_t index,
                                        const struct sca_image_slot *slot)
{
    const size_t count = previous ? previous->slot_count : 0;
    for (size_t i = 0; i < count; i++) {
        const struct sca_slot *candidate = &previous->slots[(index + i) % count];
        if (sca_streq(candidate->image->credential, slot->credential) &&
            sca_streq(candidate->image->account, slot->account))
            return candidate;
    }
    return NULL;
}

static void fill(struct sca_view *view, const struct sca_view *previous, CK_SLOT_ID *next_slot)
{
    struct sca_object *objects = view->objects;
    for (size_t i = 0; i < view->slot_count; i++) {
        struct sca_slot *slot = &view->slots[i];
        slot->image = &view->image->slots[i];
        const struct sca_slot *old = same_slot(previous, i, slot->image);
        if (old && id_taken(view, i, old->id))
            old = NULL;
        slot->id = old ? old->id : (*next_slot)++;
        objects = fill_slot(slot, old, objects);
    }
}

/* calloc that makes a pointer for nothing, too, and checks the product. */
static void *array(size_t count, size_t size)
{
    return calloc(count > 0 ? count : 1, size);
}

static bool allocate(struct sca_view *view)
{
    size_t objects = 0;
    for (size_t i = 0; i < view->image->slot_count; i++)
        objects += view->image->slots[i].object_count;
    view->slot_count = view->image->slot_count;
    view->slots = array(view->slot_count, sizeof *view->slots);
    view->objects = array(objects, sizeof *view->objects);
    return view->slots && view->objects;
}

struct sca_view *sca_view_new(void)
{
    struct sca_view *view = calloc(1, sizeof *view);
    if (view)
        view->references = 1;
    return view;
}

int sca_view_from_image(struct sca_image *image, const struct sca_view *previous,
                        CK_SLOT_ID *next_slot, struct sca_view **ret_view)
{
    struct sca_view *view = sca_view_new();
    if (!view) {
        sca_image_free(image);
        return SCA_E_NOMEM;
    }
    view->image = image;
    if (!allocate(view)) {
        sca_view_put(view);
        return SCA_E_NOMEM;
    }
    fill(view, previous, next_slot);
    *ret_view = view;
    return 0;
}

int sca_view_from_attrs(struct sca_view *token_view, const struct sca_slot *slot,
                        CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *attrs, CK_ULONG attr_count,
                        struct sca_view **ret_view)
{
    size_t bytes = 0;
    for (CK_ULONG i = 0; i < attr_count; i++)
        if (__builtin_add_overflow(bytes, attrs[i].ulValueLen, &bytes))
            return SCA_E_NOMEM;

    struct sca_view *view = sca_view_new();
    if (!view)
        return SCA_E_NOMEM;
    view->slots = array(1, sizeof *view->slots);
    view->objects = array(1, sizeof *view->objects);
    view->attrs = array(attr_count, sizeof *view->attrs);
    view->values = array(bytes, 1);
    if (!view->slots || !view->objects || !view->attrs || !view->values) {
        sca_view_put(view);
        return SCA_E_NOMEM;
    }
    uint8_t *next = view->values;
    for (CK_ULONG i = 0; i < attr_count; i++) {
        view->attrs[i] = (CK_ATTRIBUTE){attrs[i].type, next, attrs[i].ulValueLen};
        if (attrs[i].ulValueLen > 0)
            memcpy(next, attrs[i].pValue, attrs[i].ulValueLen);
        next += attrs[i].ulValueLen;
    }
    view->objects[0] =
        (struct sca_object){.handle = handle, .attrs = view->attrs, .attr_count = attr_count};
    view->slots[0] = (struct sca_slot){slot->id, slot->image, view->objects, 1};
    view->slot_count = 1;
    view->token_view = sca_view_reference(token_view);
    *ret_view = view;
    return 0;
}

struct sca_view *sca_view_reference(struct sca_view *view)
{
    __atomic_add_fetch(&view->references, 1, __ATOMIC_RELAXED);
    return view;
}

struct sca_view *sca_view_of_token(struct sca_view *view)
{
    return view->token_view ? view->token_view : view;
}

void sca_view_put(struct sca_view *view)
{
    if (!view || __atomic_sub_fetch(&view->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    sca_view_put(view->token_view);
    sca_image_free(view->image);
    free(view->slots);
    free(view->objects);
    free(view->attrs);
    free(view->values);
    free(view);
}

const struct sca_slot *sca_view_slot(const struct sca_view *view, CK_SLOT_ID id)
{
    if (id < view->slot_count && view->slots[id].id == id)
        return &view->slots[id]; /* as numbered by the first image */
    for (size_t i = 0; i < view->slot_count; i++)
        if (view->slots[i].id == id)
            return &view->slots[i];
    return NULL;
}

size_t sca_view_slots(const struct sca_view *view, const struct sca_slot **ret_first)
{
    *ret_first = view->slots;
    return view->slot_count;
}
