/* SPDX-License-Identifier: Apache-2.0 */
/* See csc_oid.h. Services list identifiers that name the hash, ones that leave it open, or both. */
#include "cloud/csc_oid.h"

#include <stddef.h>
#include "common/text.h"

static const struct {
    const char *oid;
    enum sca_scheme scheme;
    enum sca_hash hash; /* SCA_HASH_NONE: said beside it */
} algos[] = {
    {"1.2.840.113549.1.1.1", SCA_SCHEME_PKCS1, SCA_HASH_NONE},
    {"1.2.840.113549.1.1.11", SCA_SCHEME_PKCS1, SCA_HASH_SHA256},
    {"1.2.840.113549.1.1.12", SCA_SCHEME_PKCS1, SCA_HASH_SHA384},
    {"1.2.840.113549.1.1.13", SCA_SCHEME_PKCS1, SCA_HASH_SHA512},
    {"1.2.840.113549.1.1.10", SCA_SCHEME_PSS, SCA_HASH_NONE},
    {"1.2.840.10045.2.1", SCA_SCHEME_ECDSA, SCA_HASH_NONE},
    {"1.2.840.10045.4.3.2", SCA_SCHEME_ECDSA, SCA_HASH_SHA256},
    {"1.2.840.10045.4.3.3", SCA_SCHEME_ECDSA, SCA_HASH_SHA384},
    {"1.2.840.10045.4.3.4", SCA_SCHEME_ECDSA, SCA_HASH_SHA512},
};

/* RSASSA-PSS-params: [0] hash, [1] MGF1 with the same hash, [2] salt length. RFC 8017 A.2.3. */
#define PSS_PARAMS(x, len)                                                                         \
    {                                                                                              \
        0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,  \
            0x02, (x), 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,     \
            0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,    \
            0x03, 0x04, 0x02, (x), 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, (len)                       \
    }
#define PSS_PARAMS_LEN 54u

static const struct {
    enum sca_hash hash;
    const char *oid;
    uint8_t pss[PSS_PARAMS_LEN];
} hashes[] = {
    {SCA_HASH_SHA256, "2.16.840.1.101.3.4.2.1", PSS_PARAMS(0x01, 32)},
    {SCA_HASH_SHA384, "2.16.840.1.101.3.4.2.2", PSS_PARAMS(0x02, 48)},
    {SCA_HASH_SHA512, "2.16.840.1.101.3.4.2.3", PSS_PARAMS(0x03, 64)},
};

#define ALGO_COUNT (sizeof algos / sizeof algos[0])
#define HASH_COUNT (sizeof hashes / sizeof hashes[0])
#define ALL_HASHES (SCA_BIT(SCA_HASH_SHA256) | SCA_BIT(SCA_HASH_SHA384) | SCA_BIT(SCA_HASH_SHA512))

void sca_csc_algos_add(struct sca_csc_algos *list, const char *oid)
{
    list->any = true;
    for (size_t i = 0; i < ALGO_COUNT; i++) {
        if (!sca_streq(algos[i].oid, oid))
            continue;
        if (algos[i].hash == SCA_HASH_NONE)
            list->open[algos[i].scheme] = true;
        else
            list->named[algos[i].scheme] |= SCA_BIT(algos[i].hash);
    }
}

static uint32_t hashes_of(const struct sca_csc_algos *list, enum sca_scheme scheme)
{
    if (list->open[scheme])
        return ALL_HASHES;
    if (!list->any && scheme != SCA_SCHEME_PSS)
        return SCA_BIT(SCA_HASH_SHA256);
    return list->named[scheme];
}

void sca_csc_offer(const struct sca_csc_algos *list, uint32_t service_hashes, uint32_t *ret_schemes,
                   uint32_t *ret_hashes)
{
    static const enum sca_scheme order[] = {SCA_SCHEME_PKCS1, SCA_SCHEME_ECDSA, SCA_SCHEME_PSS};
    uint32_t common = service_hashes != 0 ? service_hashes & ALL_HASHES : ALL_HASHES;
    uint32_t schemes = 0;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        uint32_t both = common & hashes_of(list, order[i]);
        if (both == 0)
            continue;
        schemes |= SCA_BIT(order[i]);
        common = both;
    }
    *ret_schemes = schemes;
    *ret_hashes = schemes != 0 ? common : 0;
}

static const char *algo_of(enum sca_scheme scheme, enum sca_hash hash)
{
    for (size_t i = 0; i < ALGO_COUNT; i++) {
        if (algos[i].scheme == scheme && algos[i].hash == hash)
            return algos[i].oid;
    }
    return NULL;
}

const char *sca_csc_sign_algo(const struct sca_csc_algos *list, enum sca_scheme scheme,
                              enum sca_hash hash)
{
    if ((size_t)scheme >= SCA_CSC_SCHEMES || (hashes_of(list, scheme) & SCA_BIT(hash)) == 0)
        return NULL;
    if ((list->named[scheme] & SCA_BIT(hash)) != 0)
        return algo_of(scheme, hash);
    /* Nothing is listed: the plain identifier of RSA is the oldest, ECDSA has none in 1.0. */
    return !list->any && scheme == SCA_SCHEME_ECDSA ? algo_of(scheme, hash)
                                                    : algo_of(scheme, SCA_HASH_NONE);
}

const char *sca_csc_hash_oid(enum sca_hash hash)
{
    for (size_t i = 0; i < HASH_COUNT; i++) {
        if (hashes[i].hash == hash)
            return hashes[i].oid;
    }
    return NULL;
}

enum sca_hash sca_csc_hash_of(const char *oid)
{
    for (size_t i = 0; i < HASH_COUNT; i++) {
        if (sca_streq(hashes[i].oid, oid))
            return hashes[i].hash;
    }
    return SCA_HASH_NONE;
}

struct sca_bytes sca_csc_pss_params(enum sca_hash hash)
{
    for (size_t i = 0; i < HASH_COUNT; i++) {
        if (hashes[i].hash == hash)
            return (struct sca_bytes){hashes[i].pss, PSS_PARAMS_LEN};
    }
    return (struct sca_bytes){0};
}
