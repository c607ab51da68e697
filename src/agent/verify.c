/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verification with OpenSSL's EVP interface. OpenSSL's error queue is emptied afterwards: it
 * belongs to the thread, and libcurl reads it too.
 */
#include "verify.h"

#include <limits.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>
#include "common/err.h"

static void free_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static const EVP_MD *digest_of(enum sca_hash hash)
{
    switch (hash) {
    case SCA_HASH_NONE:
        return NULL;
    case SCA_HASH_SHA1:
        return EVP_sha1();
    case SCA_HASH_SHA224:
        return EVP_sha224();
    case SCA_HASH_SHA256:
        return EVP_sha256();
    case SCA_HASH_SHA384:
        return EVP_sha384();
    case SCA_HASH_SHA512:
        return EVP_sha512();
    }
    return NULL;
}

static int key_of(struct sca_bytes certificate, EVP_PKEY **ret_key)
{
    const unsigned char *pos = certificate.data;

    if (certificate.len == 0 || certificate.len > LONG_MAX)
        return SCA_E_FORMAT;
    X509 *x509 = d2i_X509(NULL, &pos, (long)certificate.len);
    EVP_PKEY *key = x509 != NULL ? X509_get_pubkey(x509) : NULL;
    X509_free(x509);
    if (key == NULL)
        return SCA_E_FORMAT;
    *ret_key = key;
    return 0;
}

/* r||s as OpenSSL wants it: DER. */
static int ecdsa_to_der(EVP_PKEY *key, struct sca_bytes raw, unsigned char **ret_der,
                        size_t *ret_len)
{
    size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;

    if (half == 0 || raw.len != 2 * half)
        return SCA_E_BAD_SIGNATURE;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.data, (int)half, NULL);
    BIGNUM *s = BN_bin2bn(raw.data + half, (int)half, NULL);
    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        ECDSA_SIG_free(pair);
        BN_free(r);
        BN_free(s);
        return SCA_E_NOMEM;
    }
    int len = i2d_ECDSA_SIG(pair, ret_der);
    ECDSA_SIG_free(pair);
    if (len <= 0)
        return SCA_E_NOMEM;
    *ret_len = (size_t)len;
    return 0;
}

static int verify_with(EVP_PKEY *key, enum sca_scheme scheme, const EVP_MD *md,
                       struct sca_bytes digest, struct sca_bytes signature)
{
    __attribute__((cleanup(free_context))) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

    if (context == NULL)
        return SCA_E_NOMEM;
    int ok = EVP_PKEY_verify_init(context);
    if (ok == 1)
        ok = EVP_PKEY_CTX_set_signature_md(context, md);
    if (ok == 1 && scheme == SCA_SCHEME_PKCS1)
        ok = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
    if (ok == 1 && scheme == SCA_SCHEME_PSS) {
        ok = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING);
        if (ok == 1)
            ok = EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST);
    }
    if (ok == 1)
        ok = EVP_PKEY_verify(context, signature.data, signature.len, digest.data, digest.len);
    return ok == 1 ? 0 : SCA_E_BAD_SIGNATURE;
}

static int verify_key(EVP_PKEY *key, enum sca_scheme scheme, const EVP_MD *md,
                      struct sca_bytes digest, struct sca_bytes signature)
{
    unsigned char *der = NULL;
    size_t der_len = 0;

    if (scheme != SCA_SCHEME_ECDSA) {
        if (!EVP_PKEY_is_a(key, "RSA") || signature.len != (size_t)EVP_PKEY_get_size(key))
            return SCA_E_BAD_SIGNATURE;
        return verify_with(key, scheme, md, digest, signature);
    }
    if (!EVP_PKEY_is_a(key, "EC"))
        return SCA_E_BAD_SIGNATURE;
    int err = ecdsa_to_der(key, signature, &der, &der_len);
    if (err == 0)
        err = verify_with(key, scheme, md, digest, (struct sca_bytes){der, der_len});
    OPENSSL_free(der);
    return err;
}

int sca_verify_key_new(struct sca_bytes certificate, struct evp_pkey_st **ret_key)
{
    int err = key_of(certificate, ret_key);

    ERR_clear_error();
    return err;
}

void sca_verify_key_free(struct evp_pkey_st *key)
{
    EVP_PKEY_free(key);
}

void sca_verify_cache_clear(struct sca_verify_cache *cache)
{
    sca_buf_clear(&cache->certificate);
    EVP_PKEY_free(cache->key);
    cache->key = NULL;
}

int sca_verify_cached_key(struct sca_verify_cache *cache, struct sca_bytes certificate,
                          struct evp_pkey_st **ret_key)
{
    const struct sca_buf *known = &cache->certificate;

    if (cache->key == NULL || known->len != certificate.len ||
        memcmp(known->data, certificate.data, certificate.len) != 0) {
        sca_verify_cache_clear(cache);
        sca_buf_init(&cache->certificate, certificate.len);
        int err = sca_buf_add(&cache->certificate, certificate.data, certificate.len);
        if (err == 0)
            err = sca_verify_key_new(certificate, &cache->key);
        if (err != 0)
            return err;
    }
    *ret_key = cache->key;
    return 0;
}

static int check_request(enum sca_scheme scheme, enum sca_hash hash, struct sca_bytes digest,
                         struct sca_bytes signature)
{
    if (digest_of(hash) == NULL || scheme == SCA_SCHEME_NONE || digest.len != sca_hash_len(hash))
        return SCA_E_INVAL;
    return signature.len == 0 ? SCA_E_BAD_SIGNATURE : 0;
}

int sca_verify_by_key(struct evp_pkey_st *key, enum sca_scheme scheme, enum sca_hash hash,
                      struct sca_bytes digest, struct sca_bytes signature)
{
    int err = check_request(scheme, hash, digest, signature);

    if (err == 0)
        err = verify_key(key, scheme, digest_of(hash), digest, signature);
    ERR_clear_error();
    return err;
}

int sca_verify_signature(struct sca_bytes certificate, enum sca_scheme scheme, enum sca_hash hash,
                         struct sca_bytes digest, struct sca_bytes signature)
{
    SCA_VERIFY_KEY_AUTO key = NULL;
    int err = check_request(scheme, hash, digest, signature);

    if (err == 0)
        err = sca_verify_key_new(certificate, &key);
    return err == 0 ? sca_verify_by_key(key, scheme, hash, digest, signature) : err;
}
