/* SPDX-License-Identifier: Apache-2.0 */
/* Reading attributes: see object.h. */
#include "module/token/object.h"

#include <string.h>

/* What a private key in the cloud never shows; asked for by name it is secret rather than unknown.
 */
static const CK_ATTRIBUTE_TYPE secret_parts[] = {
    CKA_VALUE,      CKA_PRIVATE_EXPONENT, CKA_PRIME_1,     CKA_PRIME_2,
    CKA_EXPONENT_1, CKA_EXPONENT_2,       CKA_COEFFICIENT,
};

const CK_ATTRIBUTE *sca_object_attr(const struct sca_object *object, CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < object->attr_count; i++)
        if (object->attrs[i].type == type)
            return &object->attrs[i];
    return NULL;
}

CK_ULONG sca_object_ulong(const struct sca_object *object, CK_ATTRIBUTE_TYPE type,
                          CK_ULONG fallback)
{
    const CK_ATTRIBUTE *attr = sca_object_attr(object, type);
    CK_ULONG value = fallback;
    if (attr && attr->ulValueLen == sizeof value)
        memcpy(&value, attr->pValue, sizeof value);
    return value;
}

bool sca_object_bool(const struct sca_object *object, CK_ATTRIBUTE_TYPE type)
{
    const CK_ATTRIBUTE *attr = sca_object_attr(object, type);
    return attr && attr->ulValueLen == sizeof(CK_BBOOL) && *(const CK_BBOOL *)attr->pValue;
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
        const CK_ATTRIBUTE *own = sca_object_attr(object, attrs[i].type);
        if (!own || own->ulValueLen != attrs[i].ulValueLen)
            return false;
        if (own->ulValueLen > 0 && memcmp(own->pValue, attrs[i].pValue, own->ulValueLen) != 0)
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
    const CK_ATTRIBUTE *own = sca_object_attr(object, attr->type);
    if (!own)
        return CKR_ATTRIBUTE_TYPE_INVALID;
    if (attr->pValue && room < own->ulValueLen)
        return CKR_BUFFER_TOO_SMALL;
    if (attr->pValue && own->ulValueLen > 0)
        memcpy(attr->pValue, own->pValue, own->ulValueLen);
    attr->ulValueLen = own->ulValueLen;
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
    CK_ULONG size = 0;
    for (CK_ULONG i = 0; i < object->attr_count; i++)
        size += sizeof object->attrs[i].type + sizeof object->attrs[i].ulValueLen +
                object->attrs[i].ulValueLen;
    return size;
}
