/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates made by OpenSSL while a test runs. */
#ifndef TESTS_UNIT_CERTS_H
#define TESTS_UNIT_CERTS_H

#include <stdbool.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "common/buf.h"

struct cert {
    X509 *x509;
    EVP_PKEY *key;
    unsigned char *der;
    int der_len;
};

/* @key: "RSA" (2048), "P-256", "P-384", "ED25519". */
EVP_PKEY *certs_key(const char *kind);

/*
 * Signed by @issuer, or by itself when NULL. Takes over @key. @cn: UTF-8; @serial: hex;
 * @ca: with basic constraints and subject key identifier.
 */
struct cert certs_make(EVP_PKEY *key, const char *cn, const char *serial, bool ca,
                       const struct cert *issuer);
void certs_free(struct cert *cert);

static inline struct sca_bytes certs_der(const struct cert *cert)
{
    return (struct sca_bytes){cert->der, (size_t)cert->der_len};
}

#endif
