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
#include "common/image.h"

#define SCA_ATTRS_MAX 4096 /* attributes of a host's template; the standard defines some 150 */

/* A host with a thousand certificates has nine thousand of them in memory. */
struct sca_object {
    CK_OBJECT_HANDLE handle;
    union {
        const CK_ATTRIBUTE *attrs;            /* of a session object: in Cryptoki's own form */
        const struct sca_image_object *image; /* of a token object: where they are instead */
    };
    uint32_t attr_count;
    bool of_token;
};

/* A walk over an object's attributes: begin with sca_object_walk. */
struct sca_object_walk {
    const struct sca_object *object;
    CK_ULONG index;
    struct sca_image_walk token;
};

struct sca_object_walk sca_object_walk(const struct sca_object *object);

/* The next attribute, its value borrowed and perhaps not aligned; false after the last. */
bool sca_object_next(struct sca_object_walk *walk, CK_ATTRIBUTE *ret_attr);

/* The same of one attribute; false when the object has none of this type. */
bool sca_object_attr(const struct sca_object *object, CK_ATTRIBUTE_TYPE type,
                     CK_ATTRIBUTE *ret_attr);
bool sca_object_has(const struct sca_object *object, CK_ATTRIBUTE_TYPE type);

/* CK_ULONG and CK_BBOOL attributes; @fallback when absent or of another size. */
CK_ULONG sca_object_ulong(const struct sca_object *object, CK_ATTRIBUTE_TYPE type,
                          CK_ULONG fallback);
bool sca_object_bool(const struct sca_object *object, CK_ATTRIBUTE_TYPE type);

/*
 * A host's template can be read at all: CKR_ARGUMENTS_BAD when a pointer is missing, or for more
 * than SCA_ATTRS_MAX.
 */
CK_RV sca_template_check(const CK_ATTRIBUTE *attrs, CK_ULONG count);

/* True when the object has every attribute of a checked template, bytes equal. */
bool sca_object_matches(const struct sca_object *object, const CK_ATTRIBUTE *attrs, CK_ULONG count);

/*
 * Fills in a host's template: every attribute that can be answered is, the others get the length
 * CK_UNAVAILABLE_INFORMATION and the first of their errors is returned: CKR_ATTRIBUTE_SENSITIVE,
 * CKR_ATTRIBUTE_TYPE_INVALID, CKR_BUFFER_TOO_SMALL. CKR_ARGUMENTS_BAD as sca_template_check, then
 * nothing is filled in.
 * Source: PKCS#11 3.0 base specification, 5.7.5 C_GetAttributeValue.
 */
CK_RV sca_object_get(const struct sca_object *object, CK_ATTRIBUTE *attrs, CK_ULONG count);

/* Bytes that the attributes take, types and lengths included. */
CK_ULONG sca_object_size(const struct sca_object *object);

#endif
