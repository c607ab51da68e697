/* SPDX-License-Identifier: Apache-2.0 */
/* Reading attributes: see object.h. */
#include "module/token/object.h"

#include <stdint.h>
#include <string.h>

/* What a private key in the cloud never shows; asked for by name it is secret rather than unknown.
 */
static const CK_ATTRIBUTE_TYPE secret_parts[] = {
    CKA_VALUE,      CKA_PRIVATE_EXPONENT, CKA_PRIME_1,     CKA_PRIME_2,
    CKA_EXPONENT_1, CKA_EXPONENT_2,       CKA_COEFFICIENT,
};

struct sca_object_walk sca_object_walk(const struct sca_object *object)
{
    return (struct sca_object_walk){.object = object,
                                    .token = {.object = object->of_token ? object->image : NULL}};
}

/* CK_ATTRIBUTE serves both directions, so it cannot say const; nobody writes through ours. */
static CK_ATTRIBUTE shown(const struct sca_image_attr *attr)
{
    return (CK_ATTRIBUTE){(CK_ATTRIBUTE_TYPE)attr->type, (void *)(uintptr_t)attr->value.data,
                          (CK_ULONG)attr->value.len};
}

bool sca_object_next(struct sca_object_walk *walk, CK_ATTRIBUTE *ret_attr)
{
    const struct sca_object *object = walk->object;
    struct sca_image_attr attr;
    if (!object->of_token) {
        if (walk->index == object->attr_count)
            return false;
        *ret_attr = object->attrs[walk->index++];
        return true;
    }
    if (!sca_image_next(&walk->token, &attr))
        return false;
    *ret_attr = shown(&attr);
    return true;
}

bool sca_object_attr(const struct sca_object *object, CK_ATTRIBUTE_TYPE type,
                     CK_ATTRIBUTE *ret_attr)
{
    if (object->of_token) {
        struct sca_image_attr attr;
        if (!sca_image_find(object->image, type, &attr))
            return false;
        *ret_attr = shown(&attr);
        return true;
    }
    for (CK_ULONG i = 0; i < object->attr_count; i++) {
        if (object->attrs[i].type != type)
            continue;
        *ret_attr = object->attrs[i];
        return true;
    }
    return false;
}

bool sca_object_has(const struct sca_object *object, CK_ATTRIBUTE_TYPE type)
{
    CK_ATTRIBUTE attr;
    return sca_object_attr(object, type, &attr);
}

CK_ULONG sca_object_ulong(const struct sca_object *object, CK_ATTRIBUTE_TYPE type,
                          CK_ULONG fallback)
{
    CK_ATTRIBUTE attr;
    CK_ULONG value = fallback;
    if (sca_object_attr(object, type, &attr) && attr.ulValueLen == sizeof value)
        memcpy(&value, attr.pValue, sizeof value);
    return value;
}

bool sca_object_bool(const struct sca_object *object, CK_ATTRIBUTE_TYPE type)
{
    CK_ATTRIBUTE attr;
    return sca_object_attr(object, type, &attr) && attr.ulValueLen == sizeof(CK_BBOOL) &&
           *(const CK_BBOOL *)attr.pValue;
}

/* A count that no host means: following it would lead out of the host's memory. */
static bool readable(const CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    return count == 0 || (attrs && count <= SCA_ATTRS_MAX);
}

CK_RV sca_template_check(const CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    if (!readable(attrs, count))
        return CKR_ARGUMENTS_BAD;
    for (CK_ULONG i = 0; i < count; i++)
        if (!attrs[i].pValue && attrs[i].ulValueLen > 0)
            return CKR_ARGUMENTS_BAD;
    return CKR_OK;
}

bool sca_object_matches(const struct sca_object *object, const CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        CK_ATTRIBUTE own;
        if (!sca_object_attr(object, attrs[i].type, &own) || own.ulValueLen != attrs[i].ulValueLen)
            return false;
        if (own.ulValueLen > 0 && memcmp(own.pValue, attrs[i].pValue, own.ulValueLen) != 0)
            return false;
    }
    return true;
}

static bool is_secret(const struct sca_object *object, CK_ATTRIBUTE_TYPE type)
{
    if (sca_object_ulong(object, CKA_CLASS, CKO_DATA) != CKO_PRIVATE_KEY)
        return false;
    for (size_t i = 0; i < sizeof secret_parts / sizeof secret_parts[0]; i++)
        if (secret_parts[i] == type)
            return true;
    return false;
}

static CK_RV get_one(const struct sca_object *object, CK_ATTRIBUTE *attr)
{
    const CK_ULONG room = attr->ulValueLen;
    attr->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    if (is_secret(object, attr->type))
        return CKR_ATTRIBUTE_SENSITIVE;
    CK_ATTRIBUTE own;
    if (!sca_object_attr(object, attr->type, &own))
        return CKR_ATTRIBUTE_TYPE_INVALID;
    if (attr->pValue && room < own.ulValueLen)
        return CKR_BUFFER_TOO_SMALL;
    if (attr->pValue && own.ulValueLen > 0)
        memcpy(attr->pValue, own.pValue, own.ulValueLen);
    attr->ulValueLen = own.ulValueLen;
    return CKR_OK;
}

CK_RV sca_object_get(const struct sca_object *object, CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    if (!readable(attrs, count))
        return CKR_ARGUMENTS_BAD;
    CK_RV first = CKR_OK;
    for (CK_ULONG i = 0; i < count; i++) {
        const CK_RV rv = get_one(object, &attrs[i]);
        if (first == CKR_OK)
            first = rv;
    }
    return first;
}

CK_ULONG sca_object_size(const struct sca_object *object)
{
    struct sca_object_walk walk = sca_object_walk(object);
    CK_ATTRIBUTE attr;
    CK_ULONG size = 0;
    while (sca_object_next(&walk, &attr))
        size += sizeof attr.type + sizeof attr.ulValueLen + attr.ulValueLen;
    return size;
}
