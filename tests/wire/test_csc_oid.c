/* SPDX-License-Identifier: Apache-2.0 */
/* CSC: what a key's object identifiers allow, and which of them a request names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "cloud/csc_oid.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define S256  SCA_BIT(SCA_HASH_SHA256)
#define S384  SCA_BIT(SCA_HASH_SHA384)
#define S512  SCA_BIT(SCA_HASH_SHA512)
#define S_ALL (S256 | S384 | S512)
#define PKCS1 SCA_BIT(SCA_SCHEME_PKCS1)
#define PSS   SCA_BIT(SCA_SCHEME_PSS)
#define ECDSA SCA_BIT(SCA_SCHEME_ECDSA)

static void only_what_a_key_lists_is_offered(void **state)
{
    static const struct {
        const char *oids[4];
        uint32_t service;
        uint32_t schemes;
        uint32_t hashes;
    } rows[] = {
        {{"1.2.840.113549.1.1.1"}, 0, PKCS1, S_ALL},
        {{"1.2.840.113549.1.1.1"}, S256, PKCS1, S256},
        {{"1.2.840.113549.1.1.11"}, 0, PKCS1, S256},
        {{"1.2.840.113549.1.1.11", "1.2.840.113549.1.1.13"}, 0, PKCS1, S256 | S512},
        {{"1.2.840.113549.1.1.10"}, 0, PSS, S_ALL},
        /* every offered hash goes with every offered scheme */
        {{"1.2.840.113549.1.1.11", "1.2.840.113549.1.1.10"}, 0, PKCS1 | PSS, S256},
        {{"1.2.840.10045.4.3.3"}, 0, ECDSA, S384},
        {{"1.2.840.10045.4.3.3"}, S256, 0, 0},
        {{"1.2.840.10045.2.1"}, 0, ECDSA, S_ALL},
        /* listed, but nothing that is known: SHA-1, Ed25519 */
        {{"1.2.840.113549.1.1.5", "1.3.101.112"}, 0, 0, 0},
        /* nothing is listed */
        {{NULL}, 0, PKCS1 | ECDSA, S256},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sca_csc_algos algos = {0};
        uint32_t schemes = 1;
        uint32_t hashes = 1;
        for (size_t k = 0; k < 4 && rows[i].oids[k] != NULL; k++)
            sca_csc_algos_add(&algos, rows[i].oids[k]);
        sca_csc_offer(&algos, rows[i].service, &schemes, &hashes);
        assert_int_equal(schemes, rows[i].schemes);
        assert_int_equal(hashes, rows[i].hashes);
        /* whatever is offered can be asked for */
        for (enum sca_scheme s = SCA_SCHEME_PKCS1; s <= SCA_SCHEME_ECDSA; s++) {
            for (enum sca_hash h = SCA_HASH_SHA1; h <= SCA_HASH_SHA512; h++) {
                if ((schemes & SCA_BIT(s)) != 0 && (hashes & SCA_BIT(h)) != 0)
                    assert_non_null(sca_csc_sign_algo(&algos, s, h));
            }
        }
    }
}

static void the_identifier_that_names_the_hash_is_preferred(void **state)
{
    struct sca_csc_algos algos = {0};

    (void)state;
    assert_string_equal(sca_csc_sign_algo(&algos, SCA_SCHEME_PKCS1, SCA_HASH_SHA256),
                        "1.2.840.113549.1.1.1");
    assert_string_equal(sca_csc_sign_algo(&algos, SCA_SCHEME_ECDSA, SCA_HASH_SHA256),
                        "1.2.840.10045.4.3.2");
    assert_null(sca_csc_sign_algo(&algos, SCA_SCHEME_PSS, SCA_HASH_SHA256));
    sca_csc_algos_add(&algos, "1.2.840.113549.1.1.1");
    sca_csc_algos_add(&algos, "1.2.840.113549.1.1.12");
    assert_string_equal(sca_csc_sign_algo(&algos, SCA_SCHEME_PKCS1, SCA_HASH_SHA384),
                        "1.2.840.113549.1.1.12");
    assert_string_equal(sca_csc_sign_algo(&algos, SCA_SCHEME_PKCS1, SCA_HASH_SHA512),
                        "1.2.840.113549.1.1.1");
    assert_null(sca_csc_sign_algo(&algos, SCA_SCHEME_PKCS1, SCA_HASH_SHA1));
    assert_null(sca_csc_sign_algo(&algos, SCA_SCHEME_ECDSA, SCA_HASH_SHA256));
    assert_int_equal(sca_csc_hash_of(sca_csc_hash_oid(SCA_HASH_SHA384)), SCA_HASH_SHA384);
    assert_null(sca_csc_hash_oid(SCA_HASH_SHA1));
}

/* As OpenSSL reads them: the same hash twice, a salt as long. */
static void pss_parameters_are_right(void **state)
{
    static const struct {
        enum sca_hash hash;
        int nid;
        long salt;
    } rows[] = {
        {SCA_HASH_SHA256, NID_sha256, 32},
        {SCA_HASH_SHA384, NID_sha384, 48},
        {SCA_HASH_SHA512, NID_sha512, 64},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sca_bytes der = sca_csc_pss_params(rows[i].hash);
        const unsigned char *pos = der.data;
        RSA_PSS_PARAMS *params = d2i_RSA_PSS_PARAMS(NULL, &pos, (long)der.len);
        assert_non_null(params);
        assert_ptr_equal(pos, der.data + der.len);
        assert_int_equal(OBJ_obj2nid(params->hashAlgorithm->algorithm), rows[i].nid);
        assert_int_equal(OBJ_obj2nid(params->maskGenAlgorithm->algorithm), NID_mgf1);
        assert_int_equal(ASN1_INTEGER_get(params->saltLength), rows[i].salt);
        assert_null(params->trailerField);
        X509_ALGOR *mask = X509_ALGOR_new();
        const unsigned char *mask_pos = params->maskGenAlgorithm->parameter->value.sequence->data;
        assert_non_null(d2i_X509_ALGOR(
            &mask, &mask_pos, params->maskGenAlgorithm->parameter->value.sequence->length));
        assert_int_equal(OBJ_obj2nid(mask->algorithm), rows[i].nid);
        X509_ALGOR_free(mask);
        RSA_PSS_PARAMS_free(params);
    }
    assert_int_equal(sca_csc_pss_params(SCA_HASH_SHA1).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_a_key_lists_is_offered),
        cmocka_unit_test(the_identifier_that_names_the_hash_is_preferred),
        cmocka_unit_test(pss_parameters_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
