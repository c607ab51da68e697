/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session objects: what hosts insist on creating. They live in memory, in this library only, and go
 * with the session that made them. Number and bytes are bounded. An entry is a view of its own
 * (view.h), so whoever works on the object keeps it alive; changing one puts another in its place.
 * All functions are called under library->lock.
 */
#ifndef SCA_MODULE_TOKEN_STORE_H
#define SCA_MODULE_TOKEN_STORE_H

#include <stddef.h>
#include "cryptoki.h"
#include "module/token/view.h"

#define SCA_STORE_OBJECTS_MAX 1024
#define SCA_STORE_BYTES_MAX   (4u * 1024u * 1024u)

struct sca_store_entry {
    CK_SESSION_HANDLE owner;
    struct sca_view *view; /* referenced; one slot with one object */
};

/* Born zeroed. */
struct sca_store {
    struct sca_store_entry *list;
    size_t count;
    size_t bytes;
};

const struct sca_object *sca_store_object(const struct sca_store_entry *entry);

/*
 * Could an empty store hold it? A host's absurd length must not be followed to find out. Needs no
 * lock.
 */
bool sca_store_could_hold(const struct sca_object *object);

/* An object of the slot, or NULL. Valid until the store changes. */
const struct sca_store_entry *sca_store_find(const struct sca_store *store, CK_SLOT_ID slot,
                                             CK_OBJECT_HANDLE handle);

/* Takes @view over on success. CKR_DEVICE_MEMORY at a maximum, CKR_HOST_MEMORY. */
CK_RV sca_store_add(struct sca_store *store, CK_SESSION_HANDLE owner, struct sca_view *view);

/*
 * Takes @view over on success, in the place of the entry whose object has the same handle.
 * CKR_OBJECT_HANDLE_INVALID when that is gone, CKR_DEVICE_MEMORY.
 */
CK_RV sca_store_replace(struct sca_store *store, struct sca_view *view);

/* None is fine. */
void sca_store_remove(struct sca_store *store, CK_OBJECT_HANDLE handle);
void sca_store_remove_owned(struct sca_store *store, CK_SESSION_HANDLE owner);
void sca_store_remove_private(struct sca_store *store, CK_SLOT_ID slot);
void sca_store_clear(struct sca_store *store);

#endif
