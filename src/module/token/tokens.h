/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots and token objects as the host sees them: an immutable view made from one token image.
 * A renewed image makes a new view in which slot numbers and handles of unchanged slots and objects
 * stay; sessions, searches and operations keep the view they began with alive by a reference.
 */
#ifndef SCA_MODULE_TOKEN_TOKENS_H
#define SCA_MODULE_TOKEN_TOKENS_H

#include <stdbool.h>
#include "cryptoki.h"
#include "common/image.h"
#include "object.h"

struct sca_library;

/* One credential's slot. Constant for the life of its view. */
struct sca_slot {
    CK_SLOT_ID id;
    const struct sca_image_slot *image; /* texts, key facts, account, credential */
    struct sca_object *objects;         /* in image order */
    size_t object_count;
};

struct sca_view;

/* Born empty; the first refresh reads the image. NULL on memory exhaustion. NULL is fine to free.
 */
struct sca_tokens *sca_tokens_new(void);
void sca_tokens_free(struct sca_tokens *tokens);

/* The view now in force, with a reference of its own; put it back with sca_view_put. */
struct sca_view *sca_view_get(struct sca_library *library);
void sca_view_put(struct sca_view *view); /* NULL is fine */

static inline void sca_view_cleanup(struct sca_view **view)
{
    sca_view_put(*view);
}
#define SCA_VIEW_AUTO __attribute__((cleanup(sca_view_cleanup))) struct sca_view *

/* NULL when no such slot. Lives as long as the view. */
const struct sca_slot *sca_view_slot(const struct sca_view *view, CK_SLOT_ID id);
size_t sca_view_slots(const struct sca_view *view, const struct sca_slot **ret_first);

/*
 * Looks whether the image (and, when @listing, the configuration) changed: one stat each. With
 * @listing and an account that was never fetched, or a configuration newer than the image, asks the
 * agent, 5 s at the most; a failure is remembered for 60 s, across processes. Never fails: what is
 * known stays listed.
 */
void sca_tokens_refresh(struct sca_library *library, bool listing);

#endif
