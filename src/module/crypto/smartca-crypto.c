/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca-crypto.so: the table of crypto.h on top of libcrypto.
 *
 * Host and module may share one libcrypto, so nothing of the process may change: no call of
 * OPENSSL_init_crypto (after NO_LOAD_CONFIG the host's own configuration would never be read, after
 * NO_ATEXIT its clean-up not happen), and the thread's error queue is left as it was. Nothing is
 * freed at exit, for hosts call us even then.
 *
 * Digests use the plain functions of sha.h: EVP of OpenSSL 3 looks for the process's engines first
 * and for that loads its configuration, which may load this very module. Verification cannot avoid
 * it, and is for that reason called as foreign code.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include "common/err.h"

enum { KEY_PART_MAX = 2048 }; /* bytes of one part of a public key or signature */

struct sca_digest {
    enum sca_hash hash;
    union {
        SHA_CTX sha1;
        SHA256_CTX sha256; /* SHA-224 too */
        SHA512_CTX sha512; /* SHA-384 too */
    } state;
};

/* Copies of the module at several paths, each with a lock of its own, share this library. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool ready;
static OSSL_LIB_CTX *library;
static EVP_MD *hashes[SCA_HASH_SHA512 + 1];

static const char *const hash_names[] = {
    [SCA_HASH_SHA1] = "SHA1",     [SCA_HASH_SHA224] = "SHA224", [SCA_HASH_SHA256] = "SHA256",
    [SCA_HASH_SHA384] = "SHA384", [SCA_HASH_SHA512] = "SHA512",
};

static void free_bn(BIGNUM **number)
{
    BN_free(*number);
}
#define BN_AUTO __attribute__((cleanup(free_bn))) BIGNUM *

static void free_param_build(OSSL_PARAM_BLD **build)
{
    OSSL_PARAM_BLD_free(*build);
}
#define PARAM_BUILD_AUTO __attribute__((cleanup(free_param_build))) OSSL_PARAM_BLD *

static void free_params(OSSL_PARAM **params)
{
    OSSL_PARAM_free(*params);
}
#define PARAMS_AUTO __attribute__((cleanup(free_params))) OSSL_PARAM *

static void free_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}
#define CONTEXT_AUTO __attribute__((cleanup(free_context))) EVP_PKEY_CTX *

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}
#define KEY_AUTO __attribute__((cleanup(free_key))) EVP_PKEY *

static void free_object(ASN1_OBJECT **object)
{
    ASN1_OBJECT_free(*object);
}
#define OBJECT_AUTO __attribute__((cleanup(free_object))) ASN1_OBJECT *

static void free_ecdsa(ECDSA_SIG **signature)
{
    ECDSA_SIG_free(*signature);
}
#define ECDSA_AUTO __attribute__((cleanup(free_ecdsa))) ECDSA_SIG *

static const EVP_MD *hash_of(enum sca_hash hash)
{
    return hash > SCA_HASH_NONE && hash <= SCA_HASH_SHA512 ? hashes[hash] : NULL;
}

/* False for an unknown hash. */
static bool digest_start(struct sca_digest *digest)
{
    switch (digest->hash) {
    case SCA_HASH_SHA1:
        return SHA1_Init(&digest->state.sha1);
    case SCA_HASH_SHA224:
        return SHA224_Init(&digest->state.sha256);
    case SCA_HASH_SHA256:
        return SHA256_Init(&digest->state.sha256);
    case SCA_HASH_SHA384:
        return SHA384_Init(&digest->state.sha512);
    case SCA_HASH_SHA512:
        return SHA512_Init(&digest->state.sha512);
    case SCA_HASH_NONE:
        return false;
    }
    return false;
}

static int digest_new(enum sca_hash hash, struct sca_digest **ret_digest)
{
    struct sca_digest *digest = calloc(1, sizeof *digest);
    if (!digest)
        return SCA_E_NOMEM;
    digest->hash = hash;
    if (!digest_start(digest)) {
        free(digest);
        return SCA_E_UNSUPPORTED;
    }
    *ret_digest = digest;
    return 0;
}

static int digest_update(struct sca_digest *digest, struct sca_bytes data)
{
    int ok = 0;
    switch (digest->hash) {
    case SCA_HASH_SHA1:
        ok = SHA1_Update(&digest->state.sha1, data.data, data.len);
        break;
    case SCA_HASH_SHA224:
    case SCA_HASH_SHA256:
        ok = SHA256_Update(&digest->state.sha256, data.data, data.len);
        break;
    case SCA_HASH_SHA384:
    case SCA_HASH_SHA512:
        ok = SHA512_Update(&digest->state.sha512, data.data, data.len);
        break;
    case SCA_HASH_NONE:
        break;
    }
    return ok ? 0 : SCA_E_INVAL;
}

static int digest_final(struct sca_digest *digest, uint8_t *ret_value)
{
    int ok = 0;
    switch (digest->hash) {
    case SCA_HASH_SHA1:
        ok = SHA1_Final(ret_value, &digest->state.sha1);
        break;
    case SCA_HASH_SHA224:
    case SCA_HASH_SHA256:
        ok = SHA256_Final(ret_value, &digest->state.sha256);
        break;
    case SCA_HASH_SHA384:
    case SCA_HASH_SHA512:
        ok = SHA512_Final(ret_value, &digest->state.sha512);
        break;
    case SCA_HASH_NONE:
        break;
    }
    return ok ? 0 : SCA_E_INVAL;
}

static void digest_free(struct sca_digest *digest)
{
    if (!digest)
        return;
    OPENSSL_cleanse(digest, sizeof *digest);
    free(digest);
}

static BIGNUM *number(struct sca_bytes bytes)
{
    return bytes.len && bytes.len <= KEY_PART_MAX ? BN_bin2bn(bytes.data, (int)bytes.len, NULL)
                                                  : NULL;
}

/* Makes a key of what @build holds; NULL when it is not one. */
static EVP_PKEY *build_key(OSSL_PARAM_BLD *build, const char *type)
{
    PARAMS_AUTO params = OSSL_PARAM_BLD_to_param(build);
    CONTEXT_AUTO context = EVP_PKEY_CTX_new_from_name(library, type, NULL);
    EVP_PKEY *key = NULL;
    if (!params || !context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    return key;
}

static EVP_PKEY *rsa_key(const struct sca_public_key *key)
{
    BN_AUTO modulus = number(key->modulus);
    BN_AUTO exponent = number(key->exponent);
    PARAM_BUILD_AUTO build = OSSL_PARAM_BLD_new();
    if (!modulus || !exponent || !build ||
        !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) ||
        !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
        return NULL;
    return build_key(build, "RSA");
}

static EVP_PKEY *ec_key(const struct sca_public_key *key)
{
    if (key->params.len > KEY_PART_MAX || !key->point.len || key->point.len > KEY_PART_MAX)
        return NULL;
    const unsigned char *pos = key->params.data;
    OBJECT_AUTO curve = d2i_ASN1_OBJECT(NULL, &pos, (long)key->params.len);
    PARAM_BUILD_AUTO build = OSSL_PARAM_BLD_new();
    if (!curve || !build)
        return NULL;
    const char *name = OBJ_nid2sn(OBJ_obj2nid(curve));
    if (!name || !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, name, 0) ||
        !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, key->point.data,
                                          key->point.len))
        return NULL;
    return build_key(build, "EC");
}

static EVP_PKEY *public_key(const struct sca_public_key *key)
{
    switch (key->type) {
    case SCA_KEY_RSA:
        return rsa_key(key);
    case SCA_KEY_EC:
        return ec_key(key);
    case SCA_KEY_NONE:
        return NULL;
    }
    return NULL;
}

/* 0, or SCA_E_UNSUPPORTED when scheme, hash and key do not go together. */
static int set_scheme(EVP_PKEY_CTX *context, enum sca_scheme scheme, enum sca_hash hash)
{
    const EVP_MD *md = hash_of(hash);
    int ok = !md || EVP_PKEY_CTX_set_signature_md(context, md) == 1;
    switch (scheme) {
    case SCA_SCHEME_PKCS1:
        ok = ok && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
        break;
    case SCA_SCHEME_PSS:
        ok = ok && md && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
        break;
    case SCA_SCHEME_ECDSA:
        break;
    case SCA_SCHEME_NONE:
        ok = 0;
        break;
    }
    return ok ? 0 : SCA_E_UNSUPPORTED;
}

/* r||s becomes the DER form that libcrypto reads; *ret_der is freed with OPENSSL_free. */
static int ecdsa_der(struct sca_bytes signature, unsigned char **ret_der, size_t *ret_len)
{
    const size_t half = signature.len / 2;
    if (!half || signature.len % 2)
        return SCA_E_BAD_SIGNATURE;
    BIGNUM *r = number((struct sca_bytes){signature.data, half});
    BIGNUM *s = number((struct sca_bytes){signature.data + half, half});
    ECDSA_AUTO pair = ECDSA_SIG_new();
    if (!r || !s || !pair || !ECDSA_SIG_set0(pair, r, s)) {
        BN_free(r);
        BN_free(s);
        return SCA_E_BAD_SIGNATURE;
    }
    unsigned char *der = NULL;
    const int len = i2d_ECDSA_SIG(pair, &der);
    if (len <= 0)
        return SCA_E_NOMEM;
    *ret_der = der;
    *ret_len = (size_t)len;
    return 0;
}

static int verify_prepared(EVP_PKEY_CTX *context, enum sca_scheme scheme, struct sca_bytes digest,
                           struct sca_bytes signature)
{
    if (scheme != SCA_SCHEME_ECDSA)
        return EVP_PKEY_verify(context, signature.data, signature.len, digest.data, digest.len) == 1
                   ? 0
                   : SCA_E_BAD_SIGNATURE;
    unsigned char *der = NULL;
    size_t len = 0;
    const int err = ecdsa_der(signature, &der, &len);
    if (err < 0)
        return err;
    const int valid = EVP_PKEY_verify(context, der, len, digest.data, digest.len);
    OPENSSL_free(der);
    return valid == 1 ? 0 : SCA_E_BAD_SIGNATURE;
}

static int verify_with(const struct sca_public_key *key, enum sca_scheme scheme, enum sca_hash hash,
                       struct sca_bytes digest, struct sca_bytes signature)
{
    if ((scheme == SCA_SCHEME_ECDSA) != (key->type == SCA_KEY_EC))
        return SCA_E_UNSUPPORTED;
    KEY_AUTO pkey = public_key(key);
    if (!pkey)
        return SCA_E_INVAL;
    CONTEXT_AUTO context = EVP_PKEY_CTX_new_from_pkey(library, pkey, NULL);
    if (!context)
        return SCA_E_NOMEM;
    if (EVP_PKEY_verify_init(context) != 1)
        return SCA_E_UNSUPPORTED;
    const int err = set_scheme(context, scheme, hash);
    return err < 0 ? err : verify_prepared(context, scheme, digest, signature);
}

static int verify(const struct sca_public_key *key, enum sca_scheme scheme, enum sca_hash hash,
                  struct sca_bytes digest, struct sca_bytes signature)
{
    ERR_set_mark();
    const int err = verify_with(key, scheme, hash, digest, signature);
    ERR_pop_to_mark();
    return err;
}

static const struct sca_crypto table = {
    .abi = SCA_CRYPTO_ABI,
    .digest_new = digest_new,
    .digest_update = digest_update,
    .digest_final = digest_final,
    .digest_free = digest_free,
    .verify = verify,
};

static bool fetch_all(void)
{
    library = OSSL_LIB_CTX_new();
    if (!library || !OSSL_PROVIDER_load(library, "default"))
        return false;
    for (enum sca_hash hash = SCA_HASH_SHA1; hash <= SCA_HASH_SHA512; hash++) {
        hashes[hash] = EVP_MD_fetch(library, hash_names[hash], NULL);
        if (!hashes[hash])
            return false;
    }
    return true;
}

static void set_up(void)
{
    ERR_set_mark();
    ready = fetch_all();
    ERR_pop_to_mark();
}

__attribute__((visibility("default"))) const struct sca_crypto *smartca_crypto_open(void)
{
    pthread_once(&once, set_up);
    return ready ? &table : NULL;
}
