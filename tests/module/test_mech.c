/* SPDX-License-Identifier: Apache-2.0 */
/* What a slot lists, with which flags, and what the module makes of data to be signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "module/token/mech.h"
#include "module/token/to_sign.h"

enum { LIST_MAX = 64 };

static const struct sca_image_slot vnpt = {
    .key_type = SCA_KEY_RSA,
    .key_bits = 2048,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
};
static const struct sca_image_slot full = {
    .key_type = SCA_KEY_RSA,
    .key_bits = 2048,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1) | SCA_BIT(SCA_SCHEME_PSS),
    .hashes = SCA_BIT(SCA_HASH_SHA256) | SCA_BIT(SCA_HASH_SHA384) | SCA_BIT(SCA_HASH_SHA512),
};
static const struct sca_image_slot ec = {
    .key_type = SCA_KEY_EC,
    .key_bits = 256,
    .schemes = SCA_BIT(SCA_SCHEME_ECDSA),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
};

static CK_FLAGS flags(const struct sca_image_slot *slot, CK_MECHANISM_TYPE type)
{
    CK_MECHANISM_INFO info;
    const CK_RV rv = sca_mech_info(slot, type, &info);
    if (rv == CKR_MECHANISM_INVALID)
        return 0;
    assert_int_equal(rv, CKR_OK);
    return info.flags;
}

static void test_flags(void **state)
{
    (void)state;
    const CK_FLAGS sign = CKF_SIGN | CKF_HW | CKF_VERIFY;
    assert_int_equal(flags(&vnpt, CKM_RSA_PKCS), sign);
    assert_int_equal(flags(&vnpt, CKM_SHA256_RSA_PKCS), sign);
    assert_int_equal(flags(&vnpt, CKM_SHA1_RSA_PKCS), CKF_VERIFY);
    assert_int_equal(flags(&vnpt, CKM_SHA224_RSA_PKCS), CKF_VERIFY);
    assert_int_equal(flags(&vnpt, CKM_SHA384_RSA_PKCS), CKF_VERIFY);
    assert_int_equal(flags(&vnpt, CKM_SHA512_RSA_PKCS), CKF_VERIFY);
    assert_int_equal(flags(&vnpt, CKM_SHA256), CKF_DIGEST);
    /* hosts that see it choose it in TLS, whatever its flags say */
    assert_int_equal(flags(&vnpt, CKM_RSA_PKCS_PSS), 0);
    assert_int_equal(flags(&vnpt, CKM_SHA256_RSA_PKCS_PSS), 0);
    assert_int_equal(flags(&vnpt, CKM_ECDSA), 0);
    assert_int_equal(flags(&vnpt, CKM_RSA_X_509), 0);

    assert_int_equal(flags(&full, CKM_RSA_PKCS_PSS), sign);
    assert_int_equal(flags(&full, CKM_SHA512_RSA_PKCS_PSS), sign);
    assert_int_equal(flags(&full, CKM_SHA512_RSA_PKCS), sign);
    assert_int_equal(flags(&full, CKM_SHA1_RSA_PKCS), CKF_VERIFY);

    const CK_FLAGS curve = CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS;
    assert_int_equal(flags(&ec, CKM_ECDSA), sign | curve);
    assert_int_equal(flags(&ec, CKM_ECDSA_SHA256), sign | curve);
    assert_int_equal(flags(&ec, CKM_ECDSA_SHA512), CKF_VERIFY | curve);
    assert_int_equal(flags(&ec, CKM_RSA_PKCS), 0);
}

/* A key whose service signs nothing we know offers no signing, and SHA-1 is never signed. */
static void test_nothing_offered(void **state)
{
    (void)state;
    struct sca_image_slot slot = vnpt;
    slot.hashes = SCA_BIT(SCA_HASH_SHA1) | SCA_BIT(SCA_HASH_SHA224);
    assert_int_equal(flags(&slot, CKM_RSA_PKCS), CKF_VERIFY);
    assert_int_equal(flags(&slot, CKM_SHA1_RSA_PKCS), CKF_VERIFY);
    slot.schemes = 0;
    assert_int_equal(flags(&slot, CKM_RSA_PKCS), 0);
    assert_int_equal(flags(&slot, CKM_SHA256), CKF_DIGEST);
}

/* List and info agree, nothing stands twice, and the list is short: Java asks once for each. */
static void test_list(void **state)
{
    (void)state;
    static const struct sca_image_slot *const slots[] = {&vnpt, &full, &ec};
    for (size_t i = 0; i < 3; i++) {
        CK_MECHANISM_TYPE list[LIST_MAX];
        CK_ULONG count = 0, needed = 0;
        assert_int_equal(sca_mech_list(slots[i], NULL, &needed), CKR_OK);
        assert_in_range(needed, 5, 20);
        count = needed - 1;
        assert_int_equal(sca_mech_list(slots[i], list, &count), CKR_BUFFER_TOO_SMALL);
        assert_int_equal(count, needed);
        count = LIST_MAX;
        assert_int_equal(sca_mech_list(slots[i], list, &count), CKR_OK);
        assert_int_equal(count, needed);
        for (CK_ULONG a = 0; a < count; a++) {
            assert_int_not_equal(flags(slots[i], list[a]), 0);
            for (CK_ULONG b = 0; b < a; b++)
                assert_int_not_equal(list[a], list[b]);
        }
    }
    assert_int_equal(sca_mech_list(&vnpt, NULL, NULL), CKR_ARGUMENTS_BAD);
    assert_int_equal(sca_mech_info(&vnpt, CKM_RSA_PKCS, NULL), CKR_ARGUMENTS_BAD);
}

/* The shared table is written in plain numbers. */
static void test_numbers_are_the_standards(void **state)
{
    (void)state;
    static const struct {
        CK_MECHANISM_TYPE type;
        enum sca_scheme scheme;
        enum sca_hash hash;
        const char *name;
    } rows[] = {
        {CKM_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_NONE, "CKM_RSA_PKCS"},
        {CKM_SHA256_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, "CKM_SHA256_RSA_PKCS"},
        {CKM_SHA384_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA384, "CKM_SHA384_RSA_PKCS"},
        {CKM_SHA512_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA512, "CKM_SHA512_RSA_PKCS"},
        {CKM_RSA_PKCS_PSS, SCA_SCHEME_PSS, SCA_HASH_NONE, "CKM_RSA_PKCS_PSS"},
        {CKM_SHA256_RSA_PKCS_PSS, SCA_SCHEME_PSS, SCA_HASH_SHA256, "CKM_SHA256_RSA_PKCS_PSS"},
        {CKM_SHA384_RSA_PKCS_PSS, SCA_SCHEME_PSS, SCA_HASH_SHA384, "CKM_SHA384_RSA_PKCS_PSS"},
        {CKM_SHA512_RSA_PKCS_PSS, SCA_SCHEME_PSS, SCA_HASH_SHA512, "CKM_SHA512_RSA_PKCS_PSS"},
        {CKM_ECDSA, SCA_SCHEME_ECDSA, SCA_HASH_NONE, "CKM_ECDSA"},
        {CKM_ECDSA_SHA256, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, "CKM_ECDSA_SHA256"},
        {CKM_ECDSA_SHA384, SCA_SCHEME_ECDSA, SCA_HASH_SHA384, "CKM_ECDSA_SHA384"},
        {CKM_ECDSA_SHA512, SCA_SCHEME_ECDSA, SCA_HASH_SHA512, "CKM_ECDSA_SHA512"},
    };
    const struct sca_mech *first;
    assert_int_equal(sca_mechs_signing(&first), sizeof rows / sizeof rows[0]);
    assert_true(first[0].hashes_itself); /* pkcs11-tool without -m takes the first */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sca_mech *mech = sca_mech_find(rows[i].type);
        assert_non_null(mech);
        assert_int_equal(mech->scheme, rows[i].scheme);
        assert_int_equal(mech->hash, rows[i].hash);
        assert_int_equal(mech->hashes_itself, rows[i].hash != SCA_HASH_NONE);
        assert_string_equal(sca_mechs_name(rows[i].type), rows[i].name);
    }
    assert_string_equal(sca_mechs_name(CKM_SHA256), "");
}

static CK_RV to_sign(CK_MECHANISM_TYPE type, enum sca_hash hash, const void *data, size_t len,
                     struct sca_to_sign *ret_what, CK_RV *ret_refused)
{
    const struct sca_intake intake = {.mech = sca_mech_find(type), .hash = hash};
    return sca_to_sign(&intake, (struct sca_bytes){data, len}, type == CKM_ECDSA ? &ec : &vnpt,
                       ret_what, ret_refused);
}

/* The digest is taken out of an exact DigestInfo; a hash not offered is told apart from nonsense.
 */
static void test_digestinfo(void **state)
{
    (void)state;
    uint8_t digest[SCA_HASH_MAX], info[SCA_DIGESTINFO_MAX];
    struct sca_to_sign what = {0};
    CK_RV refused = CKR_OK;
    for (size_t i = 0; i < sizeof digest; i++)
        digest[i] = (uint8_t)i;
    for (enum sca_hash hash = SCA_HASH_SHA1; hash <= SCA_HASH_SHA512; hash++) {
        const struct sca_bytes bytes = {digest, sca_hash_len(hash)};
        const size_t len = sca_digestinfo_build(hash, bytes, info);
        assert_int_equal(to_sign(CKM_RSA_PKCS, SCA_HASH_NONE, info, len, &what, &refused), CKR_OK);
        assert_int_equal(what.scheme, SCA_SCHEME_PKCS1);
        assert_int_equal(what.hash, hash);
        assert_int_equal(what.digest.len, bytes.len);
        assert_memory_equal(what.digest.data, digest, bytes.len);
        assert_int_equal(refused, hash == SCA_HASH_SHA256 ? CKR_OK : CKR_DATA_INVALID);
        for (size_t at = 0; at < len - bytes.len; at++) {
            info[at] ^= 0x80;
            assert_int_equal(to_sign(CKM_RSA_PKCS, SCA_HASH_NONE, info, len, &what, &refused),
                             CKR_DATA_INVALID);
            info[at] ^= 0x80;
        }
        assert_int_equal(to_sign(CKM_RSA_PKCS, SCA_HASH_NONE, digest, bytes.len, &what, &refused),
                         CKR_DATA_LEN_RANGE);
    }
    assert_int_equal(to_sign(CKM_RSA_PKCS, SCA_HASH_NONE, digest, 36, &what, &refused),
                     CKR_DATA_LEN_RANGE);
}

static void test_bare_digests(void **state)
{
    (void)state;
    uint8_t digest[SCA_HASH_MAX] = {0};
    struct sca_to_sign what = {0};
    CK_RV refused = CKR_OK;
    assert_int_equal(to_sign(CKM_ECDSA, SCA_HASH_NONE, digest, 32, &what, &refused), CKR_OK);
    assert_int_equal(what.hash, SCA_HASH_SHA256);
    assert_int_equal(refused, CKR_OK);
    assert_int_equal(to_sign(CKM_ECDSA, SCA_HASH_NONE, digest, 20, &what, &refused), CKR_OK);
    assert_int_equal(refused, CKR_DATA_LEN_RANGE);
    assert_int_equal(to_sign(CKM_ECDSA, SCA_HASH_NONE, digest, 31, &what, &refused),
                     CKR_DATA_LEN_RANGE);
    assert_int_equal(to_sign(CKM_RSA_PKCS_PSS, SCA_HASH_SHA256, digest, 32, &what, &refused),
                     CKR_OK);
    assert_int_equal(what.hash, SCA_HASH_SHA256);
    assert_int_equal(to_sign(CKM_RSA_PKCS_PSS, SCA_HASH_SHA256, digest, 33, &what, &refused),
                     CKR_DATA_LEN_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags),      cmocka_unit_test(test_nothing_offered),
        cmocka_unit_test(test_list),       cmocka_unit_test(test_numbers_are_the_standards),
        cmocka_unit_test(test_digestinfo), cmocka_unit_test(test_bare_digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
