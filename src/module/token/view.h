/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots and objects as the host sees them, immutable. A renewed image makes a new view in which
 * slot numbers and handles of unchanged slots and objects stay; sessions, searches and operations
 * keep the view they began with alive by a reference.
 *
 * There are two kinds of views: of a token image, with all its slots; and of one session object,
 * with one slot that holds it.
 */
#ifndef SCA_MODULE_TOKEN_VIEW_H
#define SCA_MODULE_TOKEN_VIEW_H

#include "cryptoki.h"
#include "common/image.h"
#include "module/token/object.h"

/* One credential's slot. */
struct sca_slot {
    CK_SLOT_ID id;
    const struct sca_image_slot *image; /* texts, key facts, account, credential */
    struct sca_object *objects;         /* in image order */
    size_t object_count;
};

struct sca_view {
    int references; /* atomic */
    struct sca_slot *slots;
    size_t slot_count;
    struct sca_image *image;     /* of a token image: owned, what attributes borrow from */
    struct sca_object *objects;  /* one block for all slots */
    CK_ATTRIBUTE *attrs;         /* of a session object */
    struct sca_view *token_view; /* of a session object: referenced, what its slot borrows from */
    uint8_t *values;             /* of a session object: one block for all values */
};

/* A view without slots, and without image. NULL on memory exhaustion. */
struct sca_view *sca_view_new(void);

/*
 * The view of @image, which it takes over, also on failure. Slots and objects that @previous has as
 * well keep their numbers; other slots are numbered from *@next_slot on. SCA_E_NOMEM.
 */
int sca_view_from_image(struct sca_image *image, const struct sca_view *previous,
                        CK_SLOT_ID *next_slot, struct sca_view **ret_view);

/*
 * The view of one session object: copies the attributes, references @token_view, whose @slot it
 * belongs to. SCA_E_NOMEM.
 */
int sca_view_from_attrs(struct sca_view *token_view, const struct sca_slot *slot,
                        CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *attrs, CK_ULONG attr_count,
                        struct sca_view **ret_view);

struct sca_view *sca_view_reference(struct sca_view *view);
void sca_view_put(struct sca_view *view); /* NULL is fine */

static inline void sca_view_cleanup(struct sca_view **view)
{
    sca_view_put(*view);
}
#define SCA_VIEW_AUTO __attribute__((cleanup(sca_view_cleanup))) struct sca_view *

/* NULL when no such slot. Lives as long as the view. */
const struct sca_slot *sca_view_slot(const struct sca_view *view, CK_SLOT_ID id);
size_t sca_view_slots(const struct sca_view *view, const struct sca_slot **ret_first);

/* The token's view behind that of a session object, or the view itself. Borrowed from it. */
struct sca_view *sca_view_of_token(struct sca_view *view);

#endif
