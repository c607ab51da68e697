/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests. */
#include "harness.h"
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "certs.h"

EVP_PKEY *certs_key(const char *kind)
{
    EVP_PKEY *key = NULL;

    if (strcmp(kind, "RSA") == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    else if (kind[0] == 'P')
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
    else
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    assert_non_null(key);
    return key;
}

static void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

struct cert certs_make(EVP_PKEY *key, const char *cn, const char *serial, bool ca,
                       const struct cert *issuer)
{
    struct cert cert = {.x509 = X509_new(), .key = key};
    X509_NAME *name = X509_NAME_new();
    BIGNUM *number = NULL;

    assert_non_null(cert.x509);
    assert_non_null(name);
    assert_int_equal(X509_set_version(cert.x509, X509_VERSION_3), 1);
    assert_true(BN_hex2bn(&number, serial) > 0);
    assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert.x509)));
    BN_free(number);
    assert_int_equal(
        X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)"VN", -1, -1, 0),
        1);
    assert_int_equal(
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0),
        1);
    assert_int_equal(X509_set_subject_name(cert.x509, name), 1);
    X509_NAME_free(name);
    X509 *above = issuer != NULL ? issuer->x509 : cert.x509;
    assert_int_equal(X509_set_issuer_name(cert.x509, X509_get_subject_name(above)), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(cert.x509), "20260102030405Z"), 1);
    assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(cert.x509), "20290203040506Z"), 1);
    assert_int_equal(X509_set_pubkey(cert.x509, key), 1);
    if (ca) {
        add_extension(cert.x509, above, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(cert.x509, above, NID_subject_key_identifier, "hash");
    }
    EVP_PKEY *signer = issuer != NULL ? issuer->key : key;
    const EVP_MD *md = EVP_PKEY_is_a(signer, "ED25519") ? NULL : EVP_sha256();
    assert_true(X509_sign(cert.x509, signer, md) > 0);
    cert.der_len = i2d_X509(cert.x509, &cert.der);
    assert_true(cert.der_len > 0);
    return cert;
}

void certs_free(struct cert *cert)
{
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
    OPENSSL_free(cert->der);
}
