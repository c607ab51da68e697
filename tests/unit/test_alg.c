/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DigestInfo: what is let through here is signed by the cloud over the very same bytes, so every
 * neighbour of a right encoding has to be refused.
 */
#include "harness.h"
#include "common/alg.h"
#include "common/err.h"
#include "common/text.h"

/* Prefixes as printed in RFC 8017, section 9.2, note 1. */
static const struct {
    enum sca_hash hash;
    const char *name;
    size_t len;
    const char *prefix;
} known[] = {
    {SCA_HASH_SHA1, "sha1", 20, "3021300906052b0e03021a05000414"},
    {SCA_HASH_SHA224, "sha224", 28, "302d300d06096086480165030402040500041c"},
    {SCA_HASH_SHA256, "sha256", 32, "3031300d060960864801650304020105000420"},
    {SCA_HASH_SHA384, "sha384", 48, "3041300d060960864801650304020205000430"},
    {SCA_HASH_SHA512, "sha512", 64, "3051300d060960864801650304020305000440"},
};

static size_t encode(size_t index, uint8_t info[static SCA_DIGESTINFO_MAX])
{
    size_t prefix_len;

    assert_int_equal(sca_hex_decode(known[index].prefix, info, SCA_DIGESTINFO_MAX, &prefix_len), 0);
    for (size_t i = 0; i < known[index].len; i++)
        info[prefix_len + i] = (uint8_t)(i + 1);
    return prefix_len + known[index].len;
}

static void takes_the_exact_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        uint8_t info[SCA_DIGESTINFO_MAX];
        uint8_t built[SCA_DIGESTINFO_MAX];
        size_t len = encode(i, info);
        enum sca_hash hash = SCA_HASH_NONE;
        struct sca_bytes digest = {0};

        assert_int_equal(sca_digestinfo_parse((struct sca_bytes){info, len}, &hash, &digest), 0);
        assert_int_equal(hash, known[i].hash);
        assert_int_equal(digest.len, known[i].len);
        assert_ptr_equal(digest.data, info + len - digest.len);
        assert_int_equal(sca_digestinfo_build(hash, digest, built), len);
        assert_memory_equal(built, info, len);
    }
}

static void refuses_every_other_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        uint8_t info[SCA_DIGESTINFO_MAX + 1] = {0};
        size_t len = encode(i, info);
        enum sca_hash hash = SCA_HASH_NONE;
        struct sca_bytes digest = {0};

        for (size_t cut = 0; cut <= len + 1; cut++) {
            if (cut != len)
                assert_int_equal(
                    sca_digestinfo_parse((struct sca_bytes){info, cut}, &hash, &digest),
                    SCA_E_FORMAT);
        }
        for (size_t byte = 0; byte < len - known[i].len; byte++) {
            for (int bit = 0; bit < 8; bit++) {
                info[byte] ^= (uint8_t)(1 << bit);
                assert_int_equal(
                    sca_digestinfo_parse((struct sca_bytes){info, len}, &hash, &digest),
                    SCA_E_FORMAT);
                info[byte] ^= (uint8_t)(1 << bit);
            }
        }
    }
}

/* Legal DER that others accept: no parameters at all. The cloud would add the NULL. */
static void refuses_absent_parameters(void **state)
{
    uint8_t info[SCA_DIGESTINFO_MAX] = {0};
    size_t len;
    enum sca_hash hash;
    struct sca_bytes digest;

    (void)state;
    assert_int_equal(
        sca_hex_decode("302f300b0609608648016503040201042000", info, sizeof info, &len), 0);
    assert_int_equal(sca_digestinfo_parse((struct sca_bytes){info, 49}, &hash, &digest),
                     SCA_E_FORMAT);
}

static void refuses_a_bare_digest(void **state)
{
    uint8_t bare[SCA_HASH_MAX] = {0};
    enum sca_hash hash;
    struct sca_bytes digest;

    (void)state;
    assert_int_equal(sca_digestinfo_parse((struct sca_bytes){bare, 32}, &hash, &digest),
                     SCA_E_FORMAT);
    assert_int_equal(sca_digestinfo_parse((struct sca_bytes){NULL, 0}, &hash, &digest),
                     SCA_E_FORMAT);
}

static void builds_only_whole_digests(void **state)
{
    uint8_t digest[SCA_HASH_MAX] = {0};
    uint8_t info[SCA_DIGESTINFO_MAX];

    (void)state;
    assert_int_equal(sca_digestinfo_build(SCA_HASH_SHA256, (struct sca_bytes){digest, 31}, info),
                     0);
    assert_int_equal(sca_digestinfo_build(SCA_HASH_NONE, (struct sca_bytes){digest, 0}, info), 0);
    assert_int_equal(sca_digestinfo_build((enum sca_hash)77, (struct sca_bytes){digest, 32}, info),
                     0);
}

static void names_and_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        assert_int_equal(sca_hash_len(known[i].hash), known[i].len);
        assert_string_equal(sca_hash_name(known[i].hash), known[i].name);
        assert_int_equal(sca_hash_from_name(known[i].name), known[i].hash);
    }
    assert_string_equal(sca_scheme_name(SCA_SCHEME_PSS), "pss");
    assert_int_equal(sca_hash_from_name("SHA256"), SCA_HASH_NONE);
    assert_int_equal(sca_hash_from_name(NULL), SCA_HASH_NONE);
    assert_int_equal(sca_hash_len((enum sca_hash)6), 0);
    assert_string_equal(sca_hash_name((enum sca_hash) - 1), "none");
    assert_string_equal(sca_scheme_name((enum sca_scheme)99), "none");
}

/* The words stand in ledgers: each error has one, and it leads back. */
static void errors_have_words(void **state)
{
    int found = 0;

    (void)state;
    for (int err = 0; err > -100; err--) {
        const char *name = sca_err_name(err);

        if (strcmp(name, "unknown") == 0)
            continue;
        assert_int_equal(sca_err_from_name(name), err);
        found++;
    }
    assert_int_equal(found, 34);
    assert_string_equal(sca_err_name(SCA_E_BAD_SIGNATURE), "bad-signature");
    assert_string_equal(sca_err_name(7), "unknown");
    assert_int_equal(sca_err_from_name("no such word"), SCA_E_FORMAT);
    assert_int_equal(sca_err_from_name("unknown"), SCA_E_FORMAT);
    assert_int_equal(sca_err_from_name(NULL), SCA_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_exact_encoding),  cmocka_unit_test(refuses_every_other_encoding),
        cmocka_unit_test(refuses_absent_parameters), cmocka_unit_test(refuses_a_bare_digest),
        cmocka_unit_test(builds_only_whole_digests), cmocka_unit_test(names_and_lengths),
        cmocka_unit_test(errors_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
