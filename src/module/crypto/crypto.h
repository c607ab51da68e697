/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to smartca-crypto.so, which holds libcrypto: digests and verification. It is opened on
 * first use, by absolute path (SCA_CRYPTO_PATH; SMARTCA_CRYPTO overrides it outside set-id hosts),
 * with RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND (no DEEPBIND under AddressSanitizer), and never
 * closed. Inside, libcrypto works in an OSSL_LIB_CTX of its own that reads no configuration file,
 * so a host's OpenSSL settings and providers are not met. One exception, see smartca-crypto.c: the
 * first verification may make a libcrypto that the host uses as well load the host's configuration,
 * as any other use of it would.
 */
#ifndef SCA_MODULE_CRYPTO_CRYPTO_H
#define SCA_MODULE_CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include "common/alg.h"
#include "common/buf.h"

#define SCA_CRYPTO_ABI    1u
#define SCA_CRYPTO_SYMBOL "smartca_crypto_open"

struct sca_digest; /* a running digest */

/* Public key for verification; integers big-endian, unsigned. */
struct sca_public_key {
    enum sca_key_type type;
    struct sca_bytes modulus;  /* RSA */
    struct sca_bytes exponent; /* RSA */
    struct sca_bytes params;   /* EC: DER of the named curve */
    struct sca_bytes point;    /* EC: uncompressed point, without the OCTET STRING around it */
};

/* What smartca-crypto.so offers; one table so that one symbol is looked up. */
struct sca_crypto {
    unsigned abi; /* SCA_CRYPTO_ABI */
    /* 0, SCA_E_NOMEM, SCA_E_UNSUPPORTED */
    int (*digest_new)(enum sca_hash hash, struct sca_digest **ret_digest);
    int (*digest_update)(struct sca_digest *digest, struct sca_bytes data);
    /* @ret_value: sca_hash_len(hash) bytes; the digest cannot be used afterwards but for free */
    int (*digest_final)(struct sca_digest *digest, uint8_t *ret_value);
    void (*digest_free)(struct sca_digest *digest);
    /*
     * Verifies @signature (ECDSA: r||s) over @digest. With SCA_HASH_NONE @digest is for PKCS1 the
     * whole padded content (CKM_RSA_PKCS verifies any data), for ECDSA a digest of any length.
     * Called as foreign code: between sca_library_call_out_begin and _end.
     * 0 valid; SCA_E_BAD_SIGNATURE; SCA_E_UNSUPPORTED; SCA_E_INVAL for an unusable key.
     */
    int (*verify)(const struct sca_public_key *key, enum sca_scheme scheme, enum sca_hash hash,
                  struct sca_bytes digest, struct sca_bytes signature);
};

/*
 * What SCA_CRYPTO_SYMBOL names: sets libcrypto up at the first call; NULL when that failed.
 * Thread-safe, for a host may hold several copies of the module, and each calls this once.
 */
const struct sca_crypto *smartca_crypto_open(void);

/* The table, loading it at first use; NULL when it cannot be loaded (logged once). Thread-safe. */
const struct sca_crypto *sca_crypto_get(void);

#endif
