/* SPDX-License-Identifier: Apache-2.0 */
/* The table of attributes, and the three ways in which a host writes them: see template.h. */
#include "module/token/template.h"

#include <string.h>

enum {
    DATA = 1,
    CERT = 2,
    RSA = 4,
    EC = 8,
    PUBLIC = RSA | EC,
    ALL = DATA | CERT | PUBLIC,
};

enum shape { BOOL, ULONG, DATE, BYTES, ULONGS };

/* What an attribute is that the host does not give. */
enum absent { MISSING, NONE, EMPTY, NO, YES, ZERO, UNKNOWN };

/* When a host may write it: never; at creation; when copying, too; when modifying, too. */
enum written { BY_US, ONCE, COPIED, CHANGES };

struct rule {
    CK_ATTRIBUTE_TYPE type;
    unsigned classes;
    enum shape shape;
    enum absent absent;
    enum written written;
};

static const struct rule rules[] = {
    {CKA_CLASS, ALL, ULONG, MISSING, ONCE},
    {CKA_TOKEN, ALL, BOOL, NO, COPIED},
    {CKA_PRIVATE, ALL, BOOL, NO, COPIED},
    {CKA_MODIFIABLE, ALL, BOOL, YES, COPIED},
    {CKA_COPYABLE, ALL, BOOL, YES, COPIED},
    {CKA_DESTROYABLE, ALL, BOOL, YES, COPIED},
    {CKA_LABEL, ALL, BYTES, EMPTY, CHANGES},
    {CKA_UNIQUE_ID, ALL, BYTES, NONE, BY_US},

    {CKA_APPLICATION, DATA, BYTES, EMPTY, CHANGES},
    {CKA_OBJECT_ID, DATA, BYTES, EMPTY, CHANGES},
    {CKA_VALUE, DATA, BYTES, EMPTY, CHANGES},

    {CKA_CERTIFICATE_TYPE, CERT, ULONG, MISSING, ONCE},
    /* Only a security officer may trust, and there is none. */
    {CKA_TRUSTED, CERT | PUBLIC, BOOL, NO, BY_US},
    {CKA_CERTIFICATE_CATEGORY, CERT, ULONG, ZERO, ONCE},
    {CKA_CHECK_VALUE, CERT, BYTES, NONE, ONCE},
    {CKA_START_DATE, CERT | PUBLIC, DATE, EMPTY, CHANGES},
    {CKA_END_DATE, CERT | PUBLIC, DATE, EMPTY, CHANGES},
    {CKA_PUBLIC_KEY_INFO, CERT | PUBLIC, BYTES, EMPTY, ONCE},
    {CKA_SUBJECT, CERT, BYTES, MISSING, ONCE},
    {CKA_ID, CERT | PUBLIC, BYTES, EMPTY, CHANGES},
    {CKA_ISSUER, CERT, BYTES, EMPTY, CHANGES},
    {CKA_SERIAL_NUMBER, CERT, BYTES, EMPTY, CHANGES},
    {CKA_VALUE, CERT, BYTES, MISSING, ONCE},
    {CKA_URL, CERT, BYTES, EMPTY, ONCE},
    {CKA_HASH_OF_SUBJECT_PUBLIC_KEY, CERT, BYTES, EMPTY, ONCE},
    {CKA_HASH_OF_ISSUER_PUBLIC_KEY, CERT, BYTES, EMPTY, ONCE},
    {CKA_JAVA_MIDP_SECURITY_DOMAIN, CERT, ULONG, ZERO, ONCE},
    {CKA_NAME_HASH_ALGORITHM, CERT, ULONG, NONE, ONCE},

    {CKA_KEY_TYPE, PUBLIC, ULONG, MISSING, ONCE},
    {CKA_SUBJECT, PUBLIC, BYTES, EMPTY, CHANGES},
    {CKA_DERIVE, PUBLIC, BOOL, NO, CHANGES},
    {CKA_LOCAL, PUBLIC, BOOL, NO, BY_US},
    {CKA_KEY_GEN_MECHANISM, PUBLIC, ULONG, UNKNOWN, BY_US},
    {CKA_ALLOWED_MECHANISMS, PUBLIC, ULONGS, NONE, ONCE},
    {CKA_ENCRYPT, PUBLIC, BOOL, NO, CHANGES},
    {CKA_VERIFY, PUBLIC, BOOL, YES, CHANGES},
    {CKA_VERIFY_RECOVER, PUBLIC, BOOL, NO, CHANGES},
    {CKA_WRAP, PUBLIC, BOOL, NO, CHANGES},
    {CKA_MODULUS, RSA, BYTES, MISSING, ONCE},
    {CKA_PUBLIC_EXPONENT, RSA, BYTES, MISSING, ONCE},
    {CKA_MODULUS_BITS, RSA, ULONG, NONE, BY_US},
    {CKA_EC_PARAMS, EC, BYTES, MISSING, ONCE},
    {CKA_EC_POINT, EC, BYTES, MISSING, ONCE},
};

static const size_t rule_count = sizeof rules / sizeof rules[0];

/* Defaults are borrowed by templates, and never written through. */
static CK_BBOOL no = CK_FALSE;
static CK_BBOOL yes = CK_TRUE;
static CK_ULONG zero = 0;
static CK_ULONG unknown = CK_UNAVAILABLE_INFORMATION;

static const struct rule *rule_of(CK_ATTRIBUTE_TYPE type, unsigned class)
{
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].type == type && (rules[i].classes & class))
            return &rules[i];
    return NULL;
}

static struct sca_object object_of(const struct sca_template *template)
{
    return (struct sca_object){.attrs = template->attrs, .attr_count = template->count};
}

static CK_ATTRIBUTE *find(struct sca_template *template, CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < template->count; i++)
        if (template->attrs[i].type == type)
            return &template->attrs[i];
    return NULL;
}

bool sca_template_bool(const struct sca_template *template, CK_ATTRIBUTE_TYPE type)
{
    const struct sca_object object = object_of(template);
    return sca_object_bool(&object, type);
}

void sca_template_set(struct sca_template *template, CK_ATTRIBUTE_TYPE type, void *value,
                      CK_ULONG len)
{
    CK_ATTRIBUTE *attr = find(template, type);
    if (!attr && template->count < SCA_TEMPLATE_MAX)
        attr = &template->attrs[template->count++];
    if (attr)
        *attr = (CK_ATTRIBUTE){type, value, len};
}

/* 0 for a class, certificate type or key type that cannot be made here. */
static unsigned class_of(const struct sca_object *object)
{
    const CK_ULONG nothing = CK_UNAVAILABLE_INFORMATION;
    const CK_ULONG class = sca_object_ulong(object, CKA_CLASS, nothing);
    const CK_ULONG key_type = sca_object_ulong(object, CKA_KEY_TYPE, nothing);
    if (class == CKO_DATA)
        return DATA;
    if (class == CKO_CERTIFICATE)
        return sca_object_ulong(object, CKA_CERTIFICATE_TYPE, CKC_X_509) == CKC_X_509 ? CERT : 0;
    if (class == CKO_PUBLIC_KEY)
        return key_type == CKK_RSA ? RSA : key_type == CKK_EC ? EC : 0;
    return 0;
}

static bool well_shaped(const struct rule *rule, const CK_ATTRIBUTE *attr)
{
    switch (rule->shape) {
    case BOOL:
        return attr->ulValueLen == sizeof(CK_BBOOL) && *(const CK_BBOOL *)attr->pValue <= CK_TRUE;
    case ULONG:
        return attr->ulValueLen == sizeof(CK_ULONG);
    case DATE:
        return attr->ulValueLen == 0 || attr->ulValueLen == sizeof(CK_DATE);
    case ULONGS:
        return attr->ulValueLen % sizeof(CK_ULONG) == 0;
    case BYTES:
        return rule->absent != MISSING || attr->ulValueLen > 0;
    }
    return false;
}

/* A host that spells out the value an attribute has anyway may. */
static bool harmless(const struct sca_template *template, const CK_ATTRIBUTE *attr)
{
    const struct sca_object object = object_of(template);
    return sca_object_matches(&object, attr, 1);
}

static bool repeats(const CK_ATTRIBUTE *attrs, CK_ULONG index)
{
    for (CK_ULONG i = 0; i < index; i++)
        if (attrs[i].type == attrs[index].type)
            return true;
    return false;
}

/* Lays a host's attributes over those there are; @when is ONCE, COPIED or CHANGES. */
static CK_RV overlay(struct sca_template *template, unsigned class, enum written when,
                     const CK_ATTRIBUTE *attrs, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        const struct rule *rule = rule_of(attrs[i].type, class);
        if (!rule)
            return CKR_ATTRIBUTE_TYPE_INVALID;
        if (repeats(attrs, i))
            return CKR_TEMPLATE_INCONSISTENT;
        if (!well_shaped(rule, &attrs[i]))
            return CKR_ATTRIBUTE_VALUE_INVALID;
        const bool writable = rule->written >= when;
        if (!writable && !harmless(template, &attrs[i]))
            return CKR_ATTRIBUTE_READ_ONLY;
        if (writable)
            sca_template_set(template, attrs[i].type, attrs[i].pValue, attrs[i].ulValueLen);
    }
    return CKR_OK;
}

static void set_default(struct sca_template *template, const struct rule *rule)
{
    switch (rule->absent) {
    case NO:
        sca_template_set(template, rule->type, &no, sizeof no);
        break;
    case YES:
        sca_template_set(template, rule->type, &yes, sizeof yes);
        break;
    case ZERO:
        sca_template_set(template, rule->type, &zero, sizeof zero);
        break;
    case UNKNOWN:
        sca_template_set(template, rule->type, &unknown, sizeof unknown);
        break;
    case EMPTY:
        sca_template_set(template, rule->type, NULL, 0);
        break;
    case MISSING:
    case NONE:
        break;
    }
}

static bool complete(const struct sca_template *template, unsigned class)
{
    const struct sca_object object = object_of(template);
    for (size_t i = 0; i < rule_count; i++)
        if ((rules[i].classes & class) && rules[i].absent == MISSING &&
            !sca_object_has(&object, rules[i].type))
            return false;
    return true;
}

/* Source: 4.8, "RSA public key objects": never given by the host of C_CreateObject. */
static void set_modulus_bits(struct sca_template *template)
{
    const CK_ATTRIBUTE *modulus = find(template, CKA_MODULUS);
    if (!modulus)
        return;
    const CK_BYTE *byte = modulus->pValue;
    CK_ULONG left = modulus->ulValueLen;
    while (left > 0 && *byte == 0) {
        byte++;
        left--;
    }
    template->modulus_bits = left == 0 ? 0 : left * 8 - (CK_ULONG)__builtin_clz(*byte) + 24;
    sca_template_set(template, CKA_MODULUS_BITS, &template->modulus_bits,
                     sizeof template->modulus_bits);
}

CK_RV sca_template_create(const CK_ATTRIBUTE *attrs, CK_ULONG count,
                          struct sca_template *ret_template)
{
    const struct sca_object given = {.attrs = attrs, .attr_count = count};
    if (!sca_object_has(&given, CKA_CLASS))
        return CKR_TEMPLATE_INCOMPLETE;
    if (count > SCA_TEMPLATE_MAX)
        return CKR_TEMPLATE_INCONSISTENT;
    const unsigned class = class_of(&given);
    if (!class)
        return sca_object_ulong(&given, CKA_CLASS, 0) == CKO_PUBLIC_KEY &&
                       !sca_object_has(&given, CKA_KEY_TYPE)
                   ? CKR_TEMPLATE_INCOMPLETE
                   : CKR_ATTRIBUTE_VALUE_INVALID;

    *ret_template = (struct sca_template){0};
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i].classes & class)
            set_default(ret_template, &rules[i]);
    const CK_RV rv = overlay(ret_template, class, ONCE, attrs, count);
    if (rv != CKR_OK)
        return rv;
    if (!complete(ret_template, class))
        return CKR_TEMPLATE_INCOMPLETE;
    set_modulus_bits(ret_template);
    return CKR_OK;
}

/* @source with a host's attributes laid over it. */
static CK_RV derive(const struct sca_object *source, enum written when, const CK_ATTRIBUTE *attrs,
                    CK_ULONG count, struct sca_template *ret_template)
{
    const unsigned class = class_of(source);
    if (!class || source->attr_count > SCA_TEMPLATE_MAX)
        return CKR_ACTION_PROHIBITED;
    if (count > SCA_TEMPLATE_MAX)
        return CKR_TEMPLATE_INCONSISTENT;
    struct sca_object_walk walk = sca_object_walk(source);
    *ret_template = (struct sca_template){0};
    while (sca_object_next(&walk, &ret_template->attrs[ret_template->count]))
        ret_template->count++;
    return overlay(ret_template, class, when, attrs, count);
}

CK_RV sca_template_copy(const struct sca_object *source, const CK_ATTRIBUTE *attrs, CK_ULONG count,
                        struct sca_template *ret_template)
{
    if (sca_object_has(source, CKA_COPYABLE) && !sca_object_bool(source, CKA_COPYABLE))
        return CKR_ACTION_PROHIBITED;
    const CK_RV rv = derive(source, COPIED, attrs, count, ret_template);
    if (rv != CKR_OK)
        return rv;
    const bool published =
        sca_object_bool(source, CKA_PRIVATE) && !sca_template_bool(ret_template, CKA_PRIVATE);
    return published ? CKR_TEMPLATE_INCONSISTENT : CKR_OK;
}

CK_RV sca_template_modify(const struct sca_object *source, const CK_ATTRIBUTE *attrs,
                          CK_ULONG count, struct sca_template *ret_template)
{
    if (!sca_object_bool(source, CKA_MODIFIABLE))
        return CKR_ACTION_PROHIBITED;
    return derive(source, CHANGES, attrs, count, ret_template);
}
