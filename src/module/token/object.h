/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object is an attribute array with a handle; getting and matching are written once, for
 * token objects (borrowed from the image) and session objects (owned) alike.
 */
#ifndef SCA_MODULE_TOKEN_OBJECT_H
#define SCA_MODULE_TOKEN_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include "cryptoki.h"

struct sca_object {
    CK_OBJECT_HANDLE handle;
    CK_ATTRIBUTE *attrs; /* values in Cryptoki's own form, never changed for token objects */
    CK_ULONG attr_count;
};

/* NULL when the object has no such attribute. */
const CK_ATTRIBUTE *sca_object_attr(const struct sca_object *object, CK_ATTRIBUTE_TYPE type);

/* CK_ULONG and CK_BBOOL attributes; @fallback when absent or of another size. */
CK_ULONG sca_object_ulong(const struct sca_object *object, CK_ATTRIBUTE_TYPE type, CK_ULONG fallback);
bool sca_object_bool(const struct sca_object *object, CK_ATTRIBUTE_TYPE type);

#endif
