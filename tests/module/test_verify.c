/* SPDX-License-Identifier: Apache-2.0 */
/* C_Verify, C_Digest and C_GenerateRandom against OpenSSL; nothing of it reaches the agent. */
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "signing_world.h"

static CK_BYTE message[] = "the message";
enum { MESSAGE_LEN = sizeof message - 1, ROOM = 1024 };

struct mech_case {
    enum world_slot slot;
    CK_MECHANISM_TYPE type;
    enum sca_scheme scheme;
    enum sca_hash hash;
    CK_RSA_PKCS_PSS_PARAMS pss;
};

static const struct mech_case cases[] = {
    {WORLD_VNPT, CKM_SHA1_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA1, {0}},
    {WORLD_VNPT, CKM_SHA224_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA224, {0}},
    {WORLD_VNPT, CKM_SHA256_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, {0}},
    {WORLD_VNPT, CKM_SHA384_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA384, {0}},
    {WORLD_VNPT, CKM_SHA512_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA512, {0}},
    {WORLD_RSA,
     CKM_SHA256_RSA_PKCS_PSS,
     SCA_SCHEME_PSS,
     SCA_HASH_SHA256,
     {CKM_SHA256, CKG_MGF1_SHA256, 32}},
    {WORLD_RSA,
     CKM_SHA512_RSA_PKCS_PSS,
     SCA_SCHEME_PSS,
     SCA_HASH_SHA512,
     {CKM_SHA512, CKG_MGF1_SHA512, 64}},
};

static CK_MECHANISM mechanism_of(const struct mech_case *mech, CK_RSA_PKCS_PSS_PARAMS *params)
{
    *params = mech->pss;
    if (mech->scheme == SCA_SCHEME_PSS)
        return (CK_MECHANISM){mech->type, params, sizeof *params};
    return (CK_MECHANISM){mech->type, NULL, 0};
}

/* Signed by OpenSSL alone. */
static CK_ULONG sign_outside(EVP_PKEY *key, const struct mech_case *mech, CK_BYTE *ret_signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    size_t len = ROOM;
    assert_int_equal(EVP_DigestSignInit(context, &key_context,
                                        EVP_get_digestbyname(sca_hash_name(mech->hash)), NULL, key),
                     1);
    if (mech->scheme == SCA_SCHEME_PSS) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST), 1);
    }
    assert_int_equal(EVP_DigestSign(context, ret_signature, &len, message, MESSAGE_LEN), 1);
    EVP_MD_CTX_free(context);
    return len;
}

static void test_rsa(void **state)
{
    const struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const CK_SESSION_HANDLE session = world_session(world, cases[i].slot);
        const CK_OBJECT_HANDLE key = world_object(session, CKO_PUBLIC_KEY);
        CK_RSA_PKCS_PSS_PARAMS params;
        CK_MECHANISM mechanism = mechanism_of(&cases[i], &params);
        CK_BYTE signature[ROOM];
        const CK_ULONG len = sign_outside(world->rsa, &cases[i], signature);
        assert_int_equal(C_VerifyInit(session, &mechanism, key), CKR_OK);
        assert_int_equal(C_Verify(session, message, MESSAGE_LEN, signature, len), CKR_OK);
        assert_int_equal(C_VerifyInit(session, &mechanism, key), CKR_OK);
        assert_int_equal(C_VerifyUpdate(session, message, 5), CKR_OK);
        assert_int_equal(C_VerifyUpdate(session, message + 5, MESSAGE_LEN - 5), CKR_OK);
        assert_int_equal(C_VerifyFinal(session, signature, len), CKR_OK);
        assert_int_equal(C_VerifyInit(session, &mechanism, key), CKR_OK);
        assert_int_equal(C_Verify(session, message, MESSAGE_LEN - 1, signature, len),
                         CKR_SIGNATURE_INVALID);
        signature[len / 2] ^= 1;
        assert_int_equal(C_VerifyInit(session, &mechanism, key), CKR_OK);
        assert_int_equal(C_Verify(session, message, MESSAGE_LEN, signature, len),
                         CKR_SIGNATURE_INVALID);
        assert_int_equal(C_VerifyInit(session, &mechanism, key), CKR_OK);
        assert_int_equal(C_Verify(session, message, MESSAGE_LEN, signature, len - 1),
                         CKR_SIGNATURE_LEN_RANGE);
        C_CloseSession(session);
    }
}

/* CKM_RSA_PKCS verifies any content, a DigestInfo or not; CKM_RSA_PKCS_PSS a prepared digest. */
static void test_rsa_prepared(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_RSA);
    const CK_OBJECT_HANDLE key = world_object(session, CKO_PUBLIC_KEY);
    CK_MECHANISM bare = {CKM_RSA_PKCS, NULL, 0};
    CK_BYTE signature[ROOM], content[256] = "any content";
    size_t len = sizeof signature;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(world->rsa, NULL);
    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_sign(context, signature, &len, content, 11), 1);
    EVP_PKEY_CTX_free(context);
    assert_int_equal(C_VerifyInit(session, &bare, key), CKR_OK);
    assert_int_equal(C_Verify(session, content, 11, signature, len), CKR_OK);
    assert_int_equal(C_VerifyInit(session, &bare, key), CKR_OK);
    assert_int_equal(C_Verify(session, content, 12, signature, len), CKR_SIGNATURE_INVALID);
    assert_int_equal(C_VerifyInit(session, &bare, key), CKR_OK);
    assert_int_equal(C_Verify(session, content, 246, signature, len), CKR_DATA_LEN_RANGE);

    const struct mech_case *pss = &cases[5];
    CK_RSA_PKCS_PSS_PARAMS params = pss->pss;
    CK_MECHANISM prepared = {CKM_RSA_PKCS_PSS, &params, sizeof params};
    CK_BYTE digest[32];
    EVP_Digest(message, MESSAGE_LEN, digest, NULL, EVP_sha256(), NULL);
    len = sign_outside(world->rsa, pss, signature);
    assert_int_equal(C_VerifyInit(session, &prepared, key), CKR_OK);
    assert_int_equal(C_Verify(session, digest, 32, signature, len), CKR_OK);
    assert_int_equal(C_VerifyInit(session, &prepared, key), CKR_OK);
    assert_int_equal(C_Verify(session, digest, 31, signature, len), CKR_DATA_LEN_RANGE);
    C_CloseSession(session);
}

/* Signed by the agent, verified by us. */
static void test_ecdsa(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_EC);
    CK_MECHANISM mechanism = {CKM_ECDSA_SHA256, NULL, 0}, bare = {CKM_ECDSA, NULL, 0};
    CK_BYTE signature[ROOM], digest[32];
    CK_ULONG len = sizeof signature;
    const CK_OBJECT_HANDLE key = world_object(session, CKO_PUBLIC_KEY);
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(C_SignInit(session, &mechanism, world_object(session, CKO_PRIVATE_KEY)),
                     CKR_OK);
    assert_int_equal(C_Sign(session, message, MESSAGE_LEN, signature, &len), CKR_OK);
    assert_int_equal(C_VerifyInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(C_Verify(session, message, MESSAGE_LEN, signature, len), CKR_OK);
    EVP_Digest(message, MESSAGE_LEN, digest, NULL, EVP_sha256(), NULL);
    assert_int_equal(C_VerifyInit(session, &bare, key), CKR_OK);
    assert_int_equal(C_Verify(session, digest, 32, signature, len), CKR_OK);
    assert_int_equal(C_VerifyInit(session, &bare, key), CKR_OK);
    assert_int_equal(C_Verify(session, digest, 31, signature, len), CKR_SIGNATURE_INVALID);
    assert_int_equal(C_VerifyInit(session, &bare, key), CKR_OK);
    assert_int_equal(C_Verify(session, digest, 32, signature, len - 2), CKR_SIGNATURE_LEN_RANGE);
    memset(signature, 0, sizeof signature);
    assert_int_equal(C_VerifyInit(session, &bare, key), CKR_OK);
    assert_int_equal(C_Verify(session, digest, 32, signature, len), CKR_SIGNATURE_INVALID);
    assert_int_equal(fake_agent_signs(world->agent), 1);
    C_CloseSession(session);
}

static CK_RV verify_init(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM mechanism = {type, NULL, 0};
    return C_VerifyInit(session, &mechanism, key);
}

static void test_verify_refusals(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    const CK_OBJECT_HANDLE key = world_object(session, CKO_PUBLIC_KEY);
    CK_BYTE signature[256] = {0};
    assert_int_equal(C_Verify(session, message, 1, signature, 256), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_VerifyUpdate(session, message, 1), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_VerifyFinal(session, signature, 256), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(verify_init(session, CKM_RSA_X_509, key), CKR_MECHANISM_INVALID);
    assert_int_equal(verify_init(session, CKM_SHA256, key), CKR_MECHANISM_INVALID);
    assert_int_equal(verify_init(session, CKM_RSA_PKCS_PSS, key), CKR_MECHANISM_INVALID);
    assert_int_equal(verify_init(session, CKM_ECDSA, key), CKR_KEY_TYPE_INCONSISTENT);
    assert_int_equal(verify_init(session, CKM_RSA_PKCS, 0xdead), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(verify_init(session, CKM_RSA_PKCS, world_object(session, CKO_PRIVATE_KEY)),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(verify_init(session, CKM_RSA_PKCS, key), CKR_OK);
    assert_int_equal(verify_init(session, CKM_RSA_PKCS, key), CKR_OPERATION_ACTIVE);
    assert_int_equal(C_VerifyInit(session, NULL, 0), CKR_OK);
    assert_int_equal(verify_init(session, CKM_SHA256_RSA_PKCS, key), CKR_OK);
    assert_int_equal(C_VerifyUpdate(session, message, 1), CKR_OK);
    assert_int_equal(C_Verify(session, message, 1, signature, 256), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(verify_init(session, CKM_SHA256_RSA_PKCS, key), CKR_OK);
    assert_int_equal(C_Verify(session, message, 1, NULL, 256), CKR_ARGUMENTS_BAD);
    assert_int_equal(verify_init(session, CKM_SHA256_RSA_PKCS, key), CKR_OK);
    assert_int_equal(C_SessionCancel(session, CKF_VERIFY), CKR_OK);
    assert_int_equal(C_VerifyFinal(session, signature, 256), CKR_OPERATION_NOT_INITIALIZED);
    C_CloseSession(session);
}

static void test_digests(void **state)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        const char *name;
        CK_ULONG len;
    } digests[] = {
        {CKM_SHA_1, "sha1", 20},    {CKM_SHA224, "sha224", 28}, {CKM_SHA256, "sha256", 32},
        {CKM_SHA384, "sha384", 48}, {CKM_SHA512, "sha512", 64},
    };
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_EC);
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        CK_MECHANISM mechanism = {digests[i].type, NULL, 0};
        CK_BYTE expected[64], value[64];
        CK_ULONG len = 0;
        EVP_Digest(message, MESSAGE_LEN, expected, NULL, EVP_get_digestbyname(digests[i].name),
                   NULL);
        assert_int_equal(C_DigestInit(session, &mechanism), CKR_OK);
        assert_int_equal(C_DigestInit(session, &mechanism), CKR_OPERATION_ACTIVE);
        assert_int_equal(C_Digest(session, message, MESSAGE_LEN, NULL, &len), CKR_OK);
        assert_int_equal(len, digests[i].len);
        len--;
        assert_int_equal(C_Digest(session, message, MESSAGE_LEN, value, &len),
                         CKR_BUFFER_TOO_SMALL);
        assert_int_equal(C_Digest(session, message, MESSAGE_LEN, value, &len), CKR_OK);
        assert_int_equal(len, digests[i].len);
        assert_memory_equal(value, expected, len);

        assert_int_equal(C_DigestInit(session, &mechanism), CKR_OK);
        assert_int_equal(C_DigestUpdate(session, message, 1), CKR_OK);
        assert_int_equal(C_DigestUpdate(session, message + 1, MESSAGE_LEN - 1), CKR_OK);
        len = 1;
        assert_int_equal(C_DigestFinal(session, value, &len), CKR_BUFFER_TOO_SMALL);
        memset(value, 0, sizeof value);
        assert_int_equal(C_DigestFinal(session, value, &len), CKR_OK);
        assert_memory_equal(value, expected, len);
    }
    CK_MECHANISM sign = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_BYTE value[64];
    CK_ULONG len = sizeof value;
    assert_int_equal(C_DigestInit(session, &sign), CKR_MECHANISM_INVALID);
    assert_int_equal(C_Digest(session, message, 1, value, &len), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_DigestUpdate(session, message, 1), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_DigestFinal(session, value, &len), CKR_OPERATION_NOT_INITIALIZED);
    C_CloseSession(session);
}

/* NIST's one million times "a": many parts, a known answer. */
static void test_known_answer(void **state)
{
    static const CK_BYTE expected[] = {
        0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92, 0x81, 0xa1, 0xc7,
        0xe2, 0x84, 0xd7, 0x3e, 0x67, 0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97,
        0x20, 0x0e, 0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0,
    };
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_MECHANISM mechanism = {CKM_SHA256, NULL, 0};
    CK_BYTE part[1000], value[32];
    CK_ULONG len = sizeof value;
    memset(part, 'a', sizeof part);
    assert_int_equal(C_DigestInit(session, &mechanism), CKR_OK);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(C_DigestUpdate(session, part, sizeof part), CKR_OK);
    assert_int_equal(C_DigestFinal(session, value, &len), CKR_OK);
    assert_memory_equal(value, expected, sizeof expected);
    C_CloseSession(session);
}

static void test_random(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    static CK_BYTE first[100000], second[100000];
    assert_int_equal(C_GenerateRandom(session, first, sizeof first), CKR_OK);
    assert_int_equal(C_GenerateRandom(session, second, sizeof second), CKR_OK);
    assert_memory_not_equal(first, second, sizeof first);
    assert_memory_not_equal(first + sizeof first - 32, second + sizeof second - 32, 32);
    assert_int_equal(C_GenerateRandom(session, first, 0), CKR_OK);
    assert_int_equal(C_GenerateRandom(session, NULL, 1), CKR_ARGUMENTS_BAD);
    assert_int_equal(C_SeedRandom(session, first, 8), CKR_RANDOM_SEED_NOT_SUPPORTED);
    C_CloseSession(session);
    assert_int_equal(C_GenerateRandom(session, first, 8), CKR_SESSION_HANDLE_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rsa),     cmocka_unit_test(test_rsa_prepared),
        cmocka_unit_test(test_ecdsa),   cmocka_unit_test(test_verify_refusals),
        cmocka_unit_test(test_digests), cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
