/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent reads out of X.509 certificates, through OpenSSL. Certificates come from clouds
 * and from disk: every size is bounded before OpenSSL sees it.
 * Source: RFC 5280.
 */
#ifndef SCA_AGENT_X509_H
#define SCA_AGENT_X509_H

#include <openssl/x509.h>
#include <stdint.h>
#include "common/alg.h"
#include "common/buf.h"

#define SCA_X509_DER_MAX  65536u
#define SCA_X509_TEXT_MAX 256u /* bytes of a shown name */

/*
 * Exactly one certificate, nothing behind it. SCA_E_FORMAT, SCA_E_NOMEM. Caller frees.
 */
int sca_x509_parse(struct sca_bytes der, X509 **ret_certificate);

/* The common name (else organisation, else "?") as printable UTF-8. */
void sca_x509_name(const X509_NAME *name, char ret_text[static SCA_X509_TEXT_MAX]);

/* Both in seconds since 1970. SCA_E_FORMAT. */
int sca_x509_validity(const X509 *certificate, int64_t *ret_not_before, int64_t *ret_not_after);

/* SCA_E_UNSUPPORTED for keys that are neither RSA (1024 to 16384 bits) nor EC on a named curve. */
int sca_x509_key(const X509 *certificate, enum sca_key_type *ret_type, uint32_t *ret_bits);

/* Serial number as lower-case hex without leading zeros. SCA_E_NOMEM. Caller frees. */
int sca_x509_serial(const X509 *certificate, char **ret_hex);

static inline void sca_x509_cleanup(X509 **certificate)
{
    X509_free(*certificate);
}
#define SCA_X509_AUTO __attribute__((cleanup(sca_x509_cleanup))) X509 *

#endif
