/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Object identifiers of the Cloud Signature Consortium's API: what a key can do, and how a request
 * says what it wants. Pure tables.
 * Source: CSC API 2.0 section 11.5 (key/algo) and 11.11 (signHash); RFC 8017 appendix A; RFC 5758.
 */
#ifndef SCA_CLOUD_CSC_OID_H
#define SCA_CLOUD_CSC_OID_H

#include <stdbool.h>
#include "common/alg.h"

#define SCA_CSC_SCHEMES 4 /* enum sca_scheme, with its zero */

/* What a credential's key/algo lists. All zero: it lists nothing that is known here. */
struct sca_csc_algos {
    uint32_t named[SCA_CSC_SCHEMES]; /* by scheme: hashes with an identifier of their own */
    bool open[SCA_CSC_SCHEMES];      /* by scheme: the hash may be said beside it */
    bool any;                        /* something was listed, known or not */
};

/* NULL and unknown identifiers count as listed and are otherwise ignored. */
void sca_csc_algos_add(struct sca_csc_algos *list, const char *oid);

/*
 * What to offer of such a key: masks of SCA_BIT. Every offered hash goes with every offered scheme;
 * where that cannot be said, schemes are left out. @service_hashes: those that the service says it
 * takes, 0 where it says nothing. A key that lists nothing is offered with the oldest of its kind,
 * PKCS#1 v1.5 or ECDSA, with SHA-256.
 */
void sca_csc_offer(const struct sca_csc_algos *list, uint32_t service_hashes, uint32_t *ret_schemes,
                   uint32_t *ret_hashes);

/* signAlgo for a request; NULL when the key does not sign so. */
const char *sca_csc_sign_algo(const struct sca_csc_algos *list, enum sca_scheme scheme,
                              enum sca_hash hash);

/* hashAlgo; NULL for hashes that no service may take (SHA-1, SHA-224). */
const char *sca_csc_hash_oid(enum sca_hash hash);
enum sca_hash sca_csc_hash_of(const char *oid); /* SCA_HASH_NONE for others */

/*
 * signAlgoParams of PSS: DER of RSASSA-PSS-params with this hash for the message and for MGF1, and
 * a salt as long as it. Empty for other hashes.
 */
struct sca_bytes sca_csc_pss_params(enum sca_hash hash);

#endif
