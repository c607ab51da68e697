/* SPDX-License-Identifier: Apache-2.0 */
/* See store.h. */
#include "module/token/store.h"

#include <stdlib.h>

const struct sca_object *sca_store_object(const struct sca_store_entry *entry)
{
    return &entry->view->objects[0];
}

static CK_SLOT_ID slot_of(const struct sca_store_entry *entry)
{
    return entry->view->slots[0].id;
}

/* store->count when there is none. */
static size_t position(const struct sca_store *store, CK_OBJECT_HANDLE handle)
{
    size_t i = 0;
    while (i < store->count && sca_store_object(&store->list[i])->handle != handle)
        i++;
    return i;
}

const struct sca_store_entry *sca_store_find(const struct sca_store *store, CK_SLOT_ID slot,
                                             CK_OBJECT_HANDLE handle)
{
    const size_t i = position(store, handle);
    return i < store->count && slot_of(&store->list[i]) == slot ? &store->list[i] : NULL;
}

static size_t size_of(const struct sca_view *view)
{
    return sca_object_size(&view->objects[0]);
}

bool sca_store_could_hold(const struct sca_object *object)
{
    size_t left = SCA_STORE_BYTES_MAX;
    for (CK_ULONG i = 0; i < object->attr_count; i++) {
        if (object->attrs[i].ulValueLen > left)
            return false;
        left -= object->attrs[i].ulValueLen;
    }
    return true;
}

CK_RV sca_store_add(struct sca_store *store, CK_SESSION_HANDLE owner, struct sca_view *view)
{
    const size_t size = size_of(view);
    if (store->count == SCA_STORE_OBJECTS_MAX || size > SCA_STORE_BYTES_MAX - store->bytes)
        return CKR_DEVICE_MEMORY;
    struct sca_store_entry *list = reallocarray(store->list, store->count + 1, sizeof *list);
    if (!list)
        return CKR_HOST_MEMORY;
    store->list = list;
    list[store->count++] = (struct sca_store_entry){owner, view};
    store->bytes += size;
    return CKR_OK;
}

CK_RV sca_store_replace(struct sca_store *store, struct sca_view *view)
{
    const size_t i = position(store, view->objects[0].handle);
    if (i == store->count)
        return CKR_OBJECT_HANDLE_INVALID;
    const size_t others = store->bytes - size_of(store->list[i].view);
    if (size_of(view) > SCA_STORE_BYTES_MAX - others)
        return CKR_DEVICE_MEMORY;
    sca_view_put(store->list[i].view);
    store->list[i].view = view;
    store->bytes = others + size_of(view);
    return CKR_OK;
}

static void drop(struct sca_store *store, size_t i)
{
    store->bytes -= size_of(store->list[i].view);
    sca_view_put(store->list[i].view);
    store->list[i] = store->list[--store->count];
}

void sca_store_remove(struct sca_store *store, CK_OBJECT_HANDLE handle)
{
    const size_t i = position(store, handle);
    if (i < store->count)
        drop(store, i);
}

void sca_store_remove_owned(struct sca_store *store, CK_SESSION_HANDLE owner)
{
    for (size_t i = store->count; i-- > 0;)
        if (store->list[i].owner == owner)
            drop(store, i);
}

void sca_store_remove_private(struct sca_store *store, CK_SLOT_ID slot)
{
    for (size_t i = store->count; i-- > 0;)
        if (slot_of(&store->list[i]) == slot &&
            sca_object_bool(sca_store_object(&store->list[i]), CKA_PRIVATE))
            drop(store, i);
}

void sca_store_clear(struct sca_store *store)
{
    while (store->count > 0)
        drop(store, store->count - 1);
    free(store->list);
    *store = (struct sca_store){0};
}
