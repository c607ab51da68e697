/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host may write into a session object: which attributes a class has, which of them are
 * needed, which may change later, and what they are when the host says nothing.
 * Source: PKCS#11 3.0 base specification, 4.1 (creating, modifying, copying), 4.4 to 4.8.
 */
#ifndef SCA_MODULE_TOKEN_TEMPLATE_H
#define SCA_MODULE_TOKEN_TEMPLATE_H

#include "cryptoki.h"
#include "module/token/object.h"

#define SCA_TEMPLATE_MAX 64 /* attributes of a session object */

/* Attributes of an object under construction: values borrowed, one of each type. */
struct sca_template {
    CK_ATTRIBUTE attrs[SCA_TEMPLATE_MAX];
    CK_ULONG count;
    CK_ULONG modulus_bits; /* what CKA_MODULUS_BITS borrows */
};

/*
 * A new object from a host's checked template (sca_template_check). Data, certificates (X.509) and
 * public keys (RSA, EC) can be made. CKR_TEMPLATE_INCOMPLETE, CKR_TEMPLATE_INCONSISTENT,
 * CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_VALUE_INVALID, CKR_ATTRIBUTE_READ_ONLY.
 */
CK_RV sca_template_create(const CK_ATTRIBUTE *attrs, CK_ULONG count,
                          struct sca_template *ret_template);

/*
 * A copy of @source with a host's changes. Errors as above; CKR_ACTION_PROHIBITED when the object
 * is of a class that cannot be made, or says that it may not be copied.
 */
CK_RV sca_template_copy(const struct sca_object *source, const CK_ATTRIBUTE *attrs, CK_ULONG count,
                        struct sca_template *ret_template);

/* @source with a host's changes; CKR_ACTION_PROHIBITED when it says that it may not be changed. */
CK_RV sca_template_modify(const struct sca_object *source, const CK_ATTRIBUTE *attrs,
                          CK_ULONG count, struct sca_template *ret_template);

/* A CK_BBOOL attribute; false when it is absent. */
bool sca_template_bool(const struct sca_template *template, CK_ATTRIBUTE_TYPE type);

/* Sets an attribute that the library decides itself. */
void sca_template_set(struct sca_template *template, CK_ATTRIBUTE_TYPE type, void *value,
                      CK_ULONG len);

#endif
