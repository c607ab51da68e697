/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this the signature of that digest by that certificate's key? Nothing that comes from a cloud
 * or from disk reaches a host without a yes. Source: RFC 8017 sections 8.1.2 and 8.2.2; FIPS 186-4
 * section 6 (ECDSA); PKCS#11 3.0 current mechanisms section 2.3.1 (r||s).
 */
#ifndef SCA_AGENT_VERIFY_H
#define SCA_AGENT_VERIFY_H

#include "common/alg.h"
#include "common/buf.h"

/*
 * @certificate: DER. @digest: sca_hash_len(hash) bytes. @signature: RSA as long as the modulus,
 * ECDSA r||s of twice the order's length.
 * 0; SCA_E_BAD_SIGNATURE: it is not, or has another length, or the key is of another kind;
 * SCA_E_FORMAT: the certificate cannot be parsed; SCA_E_INVAL; SCA_E_NOMEM.
 */
int sca_verify_signature(struct sca_bytes certificate, enum sca_scheme scheme, enum sca_hash hash,
                         struct sca_bytes digest, struct sca_bytes signature);

/*
 * The same in two steps, for many signatures by one key: reading a key out of a certificate takes
 * OpenSSL longer than verifying with it. @ret_key: OpenSSL's EVP_PKEY; the caller frees. Errors as
 * above.
 */
struct evp_pkey_st;
int sca_verify_key_new(struct sca_bytes certificate, struct evp_pkey_st **ret_key);
void sca_verify_key_free(struct evp_pkey_st *key); /* NULL is fine */
int sca_verify_by_key(struct evp_pkey_st *key, enum sca_scheme scheme, enum sca_hash hash,
                      struct sca_bytes digest, struct sca_bytes signature);

static inline void sca_verify_key_cleanup(struct evp_pkey_st **key)
{
    sca_verify_key_free(*key);
}
#define SCA_VERIFY_KEY_AUTO __attribute__((cleanup(sca_verify_key_cleanup))) struct evp_pkey_st *

/* The key of the certificate that came last; zeroed at first. */
struct sca_verify_cache {
    struct sca_buf certificate;
    struct evp_pkey_st *key;
};

/* As sca_verify_key_new, for many signatures by one key over time. @ret_key: the cache's, until the
 * next call. */
int sca_verify_cached_key(struct sca_verify_cache *cache, struct sca_bytes certificate,
                          struct evp_pkey_st **ret_key);
void sca_verify_cache_clear(struct sca_verify_cache *cache);

#endif
