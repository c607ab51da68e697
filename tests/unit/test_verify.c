/* SPDX-License-Identifier: Apache-2.0 */
/* Only the right signature of the right digest by the right key is a yes, for each scheme. */
#include "harness.h"
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "agent/verify.h"
#include "common/err.h"

struct signer {
    EVP_PKEY *key;
    struct sca_buf der;
};

static struct signer rsa, other_rsa, ec;
static const uint8_t digest_bytes[64] = {1, 2, 3};

static void make_signer(struct signer *signer, EVP_PKEY *key)
{
    X509 *x509 = X509_new();
    unsigned char *der = NULL;

    assert_non_null(key);
    signer->key = key;
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, key);
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    int len = i2d_X509(x509, &der);
    sca_buf_init(&signer->der, 65536);
    assert_int_equal(sca_buf_add(&signer->der, der, (size_t)len), 0);
    OPENSSL_free(der);
    X509_free(x509);
}

static void drop_signer(struct signer *signer)
{
    EVP_PKEY_free(signer->key);
    sca_buf_clear(&signer->der);
}

static int make_signers(void **state)
{
    (void)state;
    make_signer(&rsa, EVP_RSA_gen(2048));
    make_signer(&other_rsa, EVP_RSA_gen(2048));
    make_signer(&ec, EVP_EC_gen("P-256"));
    return 0;
}

static int drop_signers(void **state)
{
    (void)state;
    drop_signer(&rsa);
    drop_signer(&other_rsa);
    drop_signer(&ec);
    return 0;
}

/* With a padding for RSA, 0 for EC. Returns the length. */
static size_t sign(const struct signer *signer, int padding, const EVP_MD *md,
                   uint8_t ret_signature[static 512])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(signer->key, NULL);
    size_t len = 512;

    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_signature_md(context, md), 1);
    if (padding != 0)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, padding), 1);
    if (padding == RSA_PKCS1_PSS_PADDING)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST), 1);
    assert_int_equal(
        EVP_PKEY_sign(context, ret_signature, &len, digest_bytes, (size_t)EVP_MD_get_size(md)), 1);
    EVP_PKEY_CTX_free(context);
    return len;
}

static int verify(const struct signer *signer, enum sca_scheme scheme, enum sca_hash hash,
                  struct sca_bytes signature)
{
    return sca_verify_signature((struct sca_bytes){signer->der.data, signer->der.len}, scheme, hash,
                                (struct sca_bytes){digest_bytes, sca_hash_len(hash)}, signature);
}

static void pkcs1(void **state)
{
    uint8_t bytes[512];
    size_t len = sign(&rsa, RSA_PKCS1_PADDING, EVP_sha256(), bytes);
    struct sca_bytes signature = {bytes, len};

    (void)state;
    assert_int_equal(verify(&rsa, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, signature), 0);
    assert_int_equal(verify(&other_rsa, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, signature),
                     SCA_E_BAD_SIGNATURE);
    assert_int_equal(verify(&rsa, SCA_SCHEME_PSS, SCA_HASH_SHA256, signature), SCA_E_BAD_SIGNATURE);
    assert_int_equal(verify(&rsa, SCA_SCHEME_PKCS1, SCA_HASH_SHA384, signature),
                     SCA_E_BAD_SIGNATURE);
    assert_int_equal(verify(&ec, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, signature),
                     SCA_E_BAD_SIGNATURE);
    for (size_t i = 0; i < len; i += 17) {
        bytes[i] ^= 1;
        assert_int_equal(verify(&rsa, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, signature),
                         SCA_E_BAD_SIGNATURE);
        bytes[i] ^= 1;
    }
    assert_int_equal(verify(&rsa, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, signature), 0);
}

static void lengths(void **state)
{
    uint8_t bytes[512] = {0};
    size_t len = sign(&rsa, RSA_PKCS1_PADDING, EVP_sha256(), bytes);

    (void)state;
    for (size_t cut = 0; cut < len; cut += 15)
        assert_int_equal(
            verify(&rsa, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, (struct sca_bytes){bytes, cut}),
            SCA_E_BAD_SIGNATURE);
    assert_int_equal(
        verify(&rsa, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, (struct sca_bytes){bytes, len + 1}),
        SCA_E_BAD_SIGNATURE);
}

static void pss(void **state)
{
    uint8_t bytes[512];
    size_t len = sign(&rsa, RSA_PKCS1_PSS_PADDING, EVP_sha512(), bytes);

    (void)state;
    assert_int_equal(verify(&rsa, SCA_SCHEME_PSS, SCA_HASH_SHA512, (struct sca_bytes){bytes, len}),
                     0);
    assert_int_equal(
        verify(&rsa, SCA_SCHEME_PKCS1, SCA_HASH_SHA512, (struct sca_bytes){bytes, len}),
        SCA_E_BAD_SIGNATURE);
}

static void ecdsa(void **state)
{
    uint8_t der[512], raw[64] = {0};
    size_t der_len = sign(&ec, 0, EVP_sha256(), der);
    const unsigned char *pos = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &pos, (long)der_len);

    (void)state;
    assert_non_null(pair);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32), 32);
    ECDSA_SIG_free(pair);
    assert_int_equal(verify(&ec, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, (struct sca_bytes){raw, 64}),
                     0);
    assert_int_equal(verify(&ec, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, (struct sca_bytes){raw, 63}),
                     SCA_E_BAD_SIGNATURE);
    assert_int_equal(
        verify(&ec, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, (struct sca_bytes){der, der_len}),
        SCA_E_BAD_SIGNATURE); /* DER is not what a host gets */
    raw[40] ^= 1;
    assert_int_equal(verify(&ec, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, (struct sca_bytes){raw, 64}),
                     SCA_E_BAD_SIGNATURE);
    assert_int_equal(verify(&rsa, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, (struct sca_bytes){raw, 64}),
                     SCA_E_BAD_SIGNATURE);
}

static void nonsense(void **state)
{
    uint8_t bytes[512];
    struct sca_bytes signature = {bytes, sign(&rsa, RSA_PKCS1_PADDING, EVP_sha256(), bytes)};
    struct sca_bytes digest = {digest_bytes, 32};
    struct sca_bytes whole = {rsa.der.data, rsa.der.len};

    (void)state;
    for (size_t cut = 0; cut < whole.len; cut += 31)
        assert_int_equal(sca_verify_signature((struct sca_bytes){whole.data, cut}, SCA_SCHEME_PKCS1,
                                              SCA_HASH_SHA256, digest, signature),
                         SCA_E_FORMAT);
    assert_int_equal(
        sca_verify_signature(whole, SCA_SCHEME_NONE, SCA_HASH_SHA256, digest, signature),
        SCA_E_INVAL);
    assert_int_equal(
        sca_verify_signature(whole, SCA_SCHEME_PKCS1, SCA_HASH_SHA1, digest, signature),
        SCA_E_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pkcs1), cmocka_unit_test(lengths),  cmocka_unit_test(pss),
        cmocka_unit_test(ecdsa), cmocka_unit_test(nonsense),
    };

    return cmocka_run_group_tests_name("verify", tests, make_signers, drop_signers);
}
