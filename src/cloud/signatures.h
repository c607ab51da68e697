/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures that come without a document's id, and the form of ECDSA signatures. Services send
 * DER or r||s; hosts of PKCS#11 get r||s (3.0 current mechanisms, section 2.3.1).
 */
#ifndef SCA_CLOUD_SIGNATURES_H
#define SCA_CLOUD_SIGNATURES_H

#include <jansson.h>
#include "provider.h"

#define SCA_SIGNATURE_MAX 1024u /* bytes: RSA of 8192 bits */

/*
 * Reads @items, an array of base64 texts, as the signatures of @count documents in their order.
 * SCA_E_SERVER where it is anything else: no array, another number, an empty or unreadable one.
 * Caller frees with sca_signatures_free. SCA_E_NOMEM.
 */
int sca_signatures_read(const json_t *items, size_t count, struct sca_buf **ret_signatures);
void sca_signatures_free(struct sca_buf *signatures, size_t count); /* NULL is fine */

/*
 * Turns an ECDSA signature of a key of @key_bits into r||s, each as long as the order; one that has
 * that length is left as it is. SCA_E_SERVER where it is neither, then it is left as it is, too.
 */
int sca_signature_plain(struct sca_buf *signature, uint32_t key_bits);

#endif
