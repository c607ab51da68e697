/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C_Sign and its family, against an agent that behaves and one that does not: right signatures,
 * right codes, never a request too many.
 */
#include <errno.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "common/clock.h"
#include "common/err.h"
#include "signing_world.h"

static CK_BYTE message[] = "the message";
enum { MESSAGE_LEN = sizeof message - 1, RSA_LEN = 256, ROOM = 1024 };

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type)
{
    CK_MECHANISM mechanism = {type, NULL, 0};
    return C_SignInit(session, &mechanism, world_object(session, CKO_PRIVATE_KEY));
}

static CK_RV sign_message(CK_SESSION_HANDLE session, CK_BYTE *signature)
{
    CK_ULONG len = ROOM;
    return C_Sign(session, message, MESSAGE_LEN, signature, &len);
}

static size_t digestinfo(enum sca_hash hash, CK_BYTE info[static SCA_DIGESTINFO_MAX])
{
    uint8_t digest[SCA_HASH_MAX];
    unsigned len = 0;
    EVP_Digest(message, MESSAGE_LEN, digest, &len, EVP_get_digestbyname(sca_hash_name(hash)), NULL);
    return sca_digestinfo_build(hash, (struct sca_bytes){digest, len}, info);
}

static CK_RSA_PKCS_PSS_PARAMS pss_params(enum sca_hash hash)
{
    if (hash == SCA_HASH_SHA256)
        return (CK_RSA_PKCS_PSS_PARAMS){CKM_SHA256, CKG_MGF1_SHA256, 32};
    if (hash == SCA_HASH_SHA384)
        return (CK_RSA_PKCS_PSS_PARAMS){CKM_SHA384, CKG_MGF1_SHA384, 48};
    if (hash == SCA_HASH_SHA512)
        return (CK_RSA_PKCS_PSS_PARAMS){CKM_SHA512, CKG_MGF1_SHA512, 64};
    return (CK_RSA_PKCS_PSS_PARAMS){CKM_SHA_1, CKG_MGF1_SHA1, 20};
}

/* Every mechanism that hashes: single-part and multi-part signatures verify with OpenSSL. */
static void test_hashing_mechanisms(void **state)
{
    static const struct {
        enum world_slot slot;
        CK_MECHANISM_TYPE type;
        enum sca_scheme scheme;
        enum sca_hash hash;
        CK_ULONG len;
    } cases[] = {
        {WORLD_VNPT, CKM_SHA256_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, RSA_LEN},
        {WORLD_RSA, CKM_SHA384_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA384, RSA_LEN},
        {WORLD_RSA, CKM_SHA512_RSA_PKCS, SCA_SCHEME_PKCS1, SCA_HASH_SHA512, RSA_LEN},
        {WORLD_RSA, CKM_SHA256_RSA_PKCS_PSS, SCA_SCHEME_PSS, SCA_HASH_SHA256, RSA_LEN},
        {WORLD_RSA, CKM_SHA384_RSA_PKCS_PSS, SCA_SCHEME_PSS, SCA_HASH_SHA384, RSA_LEN},
        {WORLD_RSA, CKM_SHA512_RSA_PKCS_PSS, SCA_SCHEME_PSS, SCA_HASH_SHA512, RSA_LEN},
        {WORLD_EC, CKM_ECDSA_SHA256, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, 64},
        {WORLD_EC, CKM_ECDSA_SHA384, SCA_SCHEME_ECDSA, SCA_HASH_SHA384, 64},
        {WORLD_EC, CKM_ECDSA_SHA512, SCA_SCHEME_ECDSA, SCA_HASH_SHA512, 64},
    };
    const struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const CK_SESSION_HANDLE session = world_session(world, cases[i].slot);
        const CK_OBJECT_HANDLE key = world_object(session, CKO_PRIVATE_KEY);
        CK_RSA_PKCS_PSS_PARAMS params = pss_params(cases[i].hash);
        CK_MECHANISM mechanism = {cases[i].type, NULL, 0};
        if (cases[i].scheme == SCA_SCHEME_PSS)
            mechanism = (CK_MECHANISM){cases[i].type, &params, sizeof params};
        CK_BYTE signature[ROOM];
        CK_ULONG len = sizeof signature;
        fake_agent_behave(world->agent, FAKE_SIGN, 0);

        assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
        assert_int_equal(C_Sign(session, message, MESSAGE_LEN, signature, &len), CKR_OK);
        assert_int_equal(len, cases[i].len);
        assert_true(world_verify(world, cases[i].scheme, cases[i].hash, message, MESSAGE_LEN,
                                 signature, len));

        memset(signature, 0, sizeof signature);
        len = sizeof signature;
        assert_int_equal(C_SignInit(session, &mechanism, key), CKR_OK);
        assert_int_equal(C_SignUpdate(session, message, 4), CKR_OK);
        assert_int_equal(C_SignUpdate(session, NULL, 0), CKR_OK);
        assert_int_equal(C_SignUpdate(session, message + 4, MESSAGE_LEN - 4), CKR_OK);
        assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
        assert_true(world_verify(world, cases[i].scheme, cases[i].hash, message, MESSAGE_LEN,
                                 signature, len));
        assert_int_equal(fake_agent_signs(world->agent), 2);
        assert_int_equal(C_CloseSession(session), CKR_OK);
    }
}

static void test_request_says_who_and_what(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_BYTE signature[ROOM];
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256(message, MESSAGE_LEN, digest);
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_OK);
    const struct fake_request last = fake_agent_last(world->agent);
    assert_string_equal(last.account, "vnpt");
    assert_string_equal(last.credential, "vnpt");
    assert_int_equal(last.scheme, SCA_SCHEME_PKCS1);
    assert_int_equal(last.hash, SCA_HASH_SHA256);
    assert_memory_equal(last.digest, digest, sizeof digest);
    assert_false(last.has_pin);
    assert_false(last.has_otp);
    C_CloseSession(session);
}

/* CKM_RSA_PKCS takes exactly a DigestInfo, whole or in parts. */
static void test_digestinfo(void **state)
{
    static const enum sca_hash hashes[] = {SCA_HASH_SHA256, SCA_HASH_SHA384, SCA_HASH_SHA512};
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_RSA);
    CK_BYTE info[SCA_DIGESTINFO_MAX], signature[ROOM];
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        const size_t info_len = digestinfo(hashes[i], info);
        CK_ULONG len = sizeof signature;
        assert_int_equal(sign_init(session, CKM_RSA_PKCS), CKR_OK);
        assert_int_equal(C_Sign(session, info, info_len, signature, &len), CKR_OK);
        assert_true(
            world_verify(world, SCA_SCHEME_PKCS1, hashes[i], message, MESSAGE_LEN, signature, len));
        len = sizeof signature;
        assert_int_equal(sign_init(session, CKM_RSA_PKCS), CKR_OK);
        assert_int_equal(C_SignUpdate(session, info, 10), CKR_OK);
        assert_int_equal(C_SignUpdate(session, info + 10, info_len - 10), CKR_OK);
        assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
        assert_true(
            world_verify(world, SCA_SCHEME_PKCS1, hashes[i], message, MESSAGE_LEN, signature, len));
    }
    C_CloseSession(session);
}

static CK_RV sign_bare(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len)
{
    CK_BYTE signature[ROOM];
    CK_ULONG len = sizeof signature;
    assert_int_equal(sign_init(session, CKM_RSA_PKCS), CKR_OK);
    const CK_RV rv = C_Sign(session, data, data_len, signature, &len);
    len = sizeof signature; /* the operation is over, whatever went wrong */
    assert_int_equal(C_Sign(session, data, data_len, signature, &len),
                     CKR_OPERATION_NOT_INITIALIZED);
    return rv;
}

/* What would come back as a signature over other bytes never reaches the agent. */
static void test_data_that_is_no_digestinfo(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_BYTE info[SCA_DIGESTINFO_MAX + 1], big[2000] = {0};
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    const size_t info_len = digestinfo(SCA_HASH_SHA256, info);
    static const CK_ULONG lengths[] = {0, 1, 20, 32, 36, 48, 50, 52, 64, 245, 256, sizeof big};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        assert_int_equal(sign_bare(session, big, lengths[i]), CKR_DATA_LEN_RANGE);
    assert_int_equal(sign_bare(session, info, info_len - 1), CKR_DATA_LEN_RANGE);
    assert_int_equal(sign_bare(session, info, info_len + 1), CKR_DATA_LEN_RANGE);
    assert_int_equal(sign_bare(session, big, info_len), CKR_DATA_INVALID);
    info[15] ^= 1;
    assert_int_equal(sign_bare(session, info, info_len), CKR_DATA_INVALID);
    assert_int_equal(sign_init(session, CKM_RSA_PKCS), CKR_OK);
    assert_int_equal(C_SignUpdate(session, big, 1000), CKR_OK);
    assert_int_equal(C_SignUpdate(session, big, 1000), CKR_DATA_LEN_RANGE);
    assert_int_equal(C_SignUpdate(session, big, 1), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(fake_agent_signs(world->agent), 0);
    C_CloseSession(session);
}

/* The agent tells the person; the host gets CKR_DATA_INVALID whatever the agent says. */
static void test_digest_the_service_does_not_sign(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    static const enum sca_hash hashes[] = {SCA_HASH_SHA1, SCA_HASH_SHA512};
    static const int errors[] = {SCA_E_UNSUPPORTED, SCA_E_SERVER};
    CK_BYTE info[SCA_DIGESTINFO_MAX];
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        const size_t len = digestinfo(hashes[i], info);
        fake_agent_behave(world->agent, FAKE_ERROR, errors[i]);
        assert_int_equal(sign_bare(session, info, len), CKR_DATA_INVALID);
        assert_int_equal(fake_agent_signs(world->agent), 1);
        assert_int_equal(fake_agent_last(world->agent).hash, hashes[i]);
        fake_agent_behave(world->agent, FAKE_SIGN, 0);
        assert_int_equal(sign_bare(session, info, len), CKR_DATA_INVALID);
        fake_agent_behave(world->agent, FAKE_DIE, 0);
        assert_int_equal(sign_bare(session, info, len), CKR_DATA_INVALID);
    }
    C_CloseSession(session);
}

static CK_RV pss_init(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, void *params, CK_ULONG len)
{
    CK_MECHANISM mechanism = {type, params, len};
    return C_SignInit(session, &mechanism, world_object(session, CKO_PRIVATE_KEY));
}

static void test_pss_of_prepared_digest(void **state)
{
    static const enum sca_hash hashes[] = {SCA_HASH_SHA256, SCA_HASH_SHA384, SCA_HASH_SHA512};
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_RSA);
    CK_BYTE digest[SCA_HASH_MAX], signature[ROOM];
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        unsigned digest_len = 0;
        CK_ULONG len = sizeof signature;
        CK_RSA_PKCS_PSS_PARAMS params = pss_params(hashes[i]);
        EVP_Digest(message, MESSAGE_LEN, digest, &digest_len,
                   EVP_get_digestbyname(sca_hash_name(hashes[i])), NULL);
        fake_agent_behave(world->agent, FAKE_SIGN, 0);
        assert_int_equal(pss_init(session, CKM_RSA_PKCS_PSS, &params, sizeof params), CKR_OK);
        assert_int_equal(C_Sign(session, digest, digest_len, signature, &len), CKR_OK);
        assert_true(
            world_verify(world, SCA_SCHEME_PSS, hashes[i], message, MESSAGE_LEN, signature, len));
        assert_int_equal(pss_init(session, CKM_RSA_PKCS_PSS, &params, sizeof params), CKR_OK);
        len = sizeof signature;
        assert_int_equal(C_Sign(session, digest, digest_len - 1, signature, &len),
                         CKR_DATA_LEN_RANGE);
        assert_int_equal(fake_agent_signs(world->agent), 1);
    }
    C_CloseSession(session);
}

static void test_ecdsa_of_prepared_digest(void **state)
{
    static const enum sca_hash hashes[] = {SCA_HASH_SHA256, SCA_HASH_SHA384, SCA_HASH_SHA512};
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_EC);
    CK_BYTE digest[SCA_HASH_MAX], signature[ROOM];
    CK_ULONG len = sizeof signature;
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        unsigned digest_len = 0;
        len = sizeof signature;
        EVP_Digest(message, MESSAGE_LEN, digest, &digest_len,
                   EVP_get_digestbyname(sca_hash_name(hashes[i])), NULL);
        assert_int_equal(sign_init(session, CKM_ECDSA), CKR_OK);
        assert_int_equal(C_Sign(session, digest, digest_len, signature, &len), CKR_OK);
        assert_int_equal(len, 64);
        assert_true(
            world_verify(world, SCA_SCHEME_ECDSA, hashes[i], message, MESSAGE_LEN, signature, len));
    }
    len = sizeof signature;
    assert_int_equal(sign_init(session, CKM_ECDSA), CKR_OK);
    assert_int_equal(C_Sign(session, digest, 33, signature, &len), CKR_DATA_LEN_RANGE);
    len = sizeof signature;
    assert_int_equal(sign_init(session, CKM_ECDSA), CKR_OK);
    assert_int_equal(C_Sign(session, digest, 20, signature, &len), CKR_DATA_LEN_RANGE);
    C_CloseSession(session);
}

/* Parameters that say something the service would not do are refused at the Init. */
static void test_mechanism_parameters(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_RSA);
    const CK_RSA_PKCS_PSS_PARAMS right = pss_params(SCA_HASH_SHA256);
    CK_RSA_PKCS_PSS_PARAMS wrong[4] = {right, right, right, pss_params(SCA_HASH_SHA1)};
    wrong[0].sLen = 20;
    wrong[1].mgf = CKG_MGF1_SHA1;
    wrong[2].hashAlg = CKM_SHA512;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pss_init(session, CKM_RSA_PKCS_PSS, &wrong[i], sizeof wrong[i]),
                         CKR_MECHANISM_PARAM_INVALID);
        assert_int_equal(pss_init(session, CKM_SHA256_RSA_PKCS_PSS, &wrong[i], sizeof wrong[i]),
                         CKR_MECHANISM_PARAM_INVALID);
    }
    CK_RSA_PKCS_PSS_PARAMS other = pss_params(SCA_HASH_SHA512);
    assert_int_equal(pss_init(session, CKM_SHA256_RSA_PKCS_PSS, &other, sizeof other),
                     CKR_MECHANISM_PARAM_INVALID);
    assert_int_equal(pss_init(session, CKM_RSA_PKCS_PSS, NULL, 0), CKR_MECHANISM_PARAM_INVALID);
    assert_int_equal(pss_init(session, CKM_RSA_PKCS_PSS, &other, sizeof other - 1),
                     CKR_MECHANISM_PARAM_INVALID);
    assert_int_equal(pss_init(session, CKM_SHA256_RSA_PKCS, &other, sizeof other),
                     CKR_MECHANISM_PARAM_INVALID);
    assert_int_equal(pss_init(session, CKM_SHA256_RSA_PKCS, NULL, 99), CKR_OK);
    C_CloseSession(session);
}

static CK_RV init_with(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM mechanism = {type, NULL, 0};
    return C_SignInit(session, &mechanism, key);
}

static void test_init_refusals(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE vnpt = world_session(world, WORLD_VNPT);
    const CK_SESSION_HANDLE ec = world_session(world, WORLD_EC);
    const CK_OBJECT_HANDLE key = world_object(vnpt, CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    assert_int_equal(C_SignInit(0xdead, &mechanism, key), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(init_with(vnpt, CKM_RSA_X_509, key), CKR_MECHANISM_INVALID);
    assert_int_equal(init_with(vnpt, CKM_SHA1_RSA_PKCS, key), CKR_MECHANISM_INVALID);
    assert_int_equal(init_with(vnpt, CKM_SHA512_RSA_PKCS, key), CKR_MECHANISM_INVALID);
    assert_int_equal(init_with(vnpt, CKM_RSA_PKCS_PSS, key), CKR_MECHANISM_INVALID);
    assert_int_equal(init_with(vnpt, CKM_SHA256, key), CKR_MECHANISM_INVALID);
    assert_int_equal(init_with(vnpt, CKM_ECDSA, key), CKR_KEY_TYPE_INCONSISTENT);
    assert_int_equal(init_with(ec, CKM_RSA_PKCS, world_object(ec, CKO_PRIVATE_KEY)),
                     CKR_KEY_TYPE_INCONSISTENT);
    assert_int_equal(init_with(vnpt, CKM_RSA_PKCS, 0xdead), CKR_KEY_HANDLE_INVALID);
    assert_int_equal(init_with(vnpt, CKM_RSA_PKCS, world_object(vnpt, CKO_CERTIFICATE)),
                     CKR_KEY_HANDLE_INVALID);
    assert_int_equal(init_with(vnpt, CKM_RSA_PKCS, world_object(vnpt, CKO_PUBLIC_KEY)),
                     CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_int_equal(init_with(ec, CKM_RSA_PKCS, key), CKR_KEY_HANDLE_INVALID);
    C_CloseSession(vnpt);
    C_CloseSession(ec);
}

/* A length query and a small buffer ask nobody and change nothing, as often as they come. */
static void test_lengths(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_BYTE signature[ROOM];
    CK_ULONG len = 0;
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    for (int i = 0; i < 3; i++) {
        len = 0;
        assert_int_equal(C_Sign(session, message, MESSAGE_LEN, NULL, &len), CKR_OK);
        assert_int_equal(len, RSA_LEN);
        len = RSA_LEN - 1;
        assert_int_equal(C_Sign(session, message, MESSAGE_LEN, signature, &len),
                         CKR_BUFFER_TOO_SMALL);
        assert_int_equal(len, RSA_LEN);
    }
    assert_int_equal(fake_agent_signs(world->agent), 0);
    assert_int_equal(C_Sign(session, message, MESSAGE_LEN, signature, &len), CKR_OK);
    assert_int_equal(fake_agent_signs(world->agent), 1);
    assert_true(world_verify(world, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, message, MESSAGE_LEN,
                             signature, len));

    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(C_SignUpdate(session, message, 3), CKR_OK);
    len = 0;
    assert_int_equal(C_SignFinal(session, NULL, &len), CKR_OK);
    assert_int_equal(C_SignUpdate(session, message + 3, MESSAGE_LEN - 3), CKR_OK);
    len = 1;
    assert_int_equal(C_SignFinal(session, signature, &len), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(len, RSA_LEN);
    assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
    assert_true(world_verify(world, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, message, MESSAGE_LEN,
                             signature, len));
    C_CloseSession(session);
}

static void test_order_of_calls(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_BYTE signature[ROOM];
    CK_ULONG len = sizeof signature;
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(sign_message(session, signature), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_SignUpdate(session, message, 1), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_SignFinal(session, signature, &len), CKR_OPERATION_NOT_INITIALIZED);

    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OPERATION_ACTIVE);
    assert_int_equal(C_SignInit(session, NULL, 0), CKR_OK);
    assert_int_equal(C_SignInit(session, NULL, 0), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_OPERATION_NOT_INITIALIZED);

    /* C_Sign cannot end what C_SignUpdate began, and ends the operation by trying. */
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(C_SignUpdate(session, message, 1), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_SignFinal(session, signature, &len), CKR_OPERATION_NOT_INITIALIZED);

    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(C_Sign(session, message, MESSAGE_LEN, signature, NULL), CKR_ARGUMENTS_BAD);
    assert_int_equal(sign_message(session, signature), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    len = sizeof signature;
    assert_int_equal(C_Sign(session, NULL, 5, signature, &len), CKR_ARGUMENTS_BAD);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(C_SignUpdate(session, NULL, 5), CKR_ARGUMENTS_BAD);
    assert_int_equal(C_SignFinal(session, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(fake_agent_signs(world->agent), 0);

    /* nothing at all is a message too */
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    len = sizeof signature;
    assert_int_equal(C_SignFinal(session, signature, &len), CKR_OK);
    assert_true(world_verify(world, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, "", 0, signature, len));
    C_CloseSession(session);
}

/* The table of return values, as the agent's errors reach the host. */
static void test_errors_of_the_agent(void **state)
{
    static const struct {
        int err;
        CK_RV rv;
    } table[] = {
        {SCA_E_REJECTED, CKR_FUNCTION_REJECTED},
        {SCA_E_BUDGET, CKR_FUNCTION_REJECTED},
        {SCA_E_QUOTA, CKR_FUNCTION_REJECTED},
        {SCA_E_EXPIRED, CKR_FUNCTION_CANCELED},
        {SCA_E_CANCELLED, CKR_FUNCTION_CANCELED},
        {SCA_E_TIMEOUT, CKR_FUNCTION_CANCELED},
        {SCA_E_USER_AUTH, CKR_PIN_INCORRECT},
        {SCA_E_USER_LOCKED, CKR_PIN_LOCKED},
        {SCA_E_NEED_AUTH, CKR_USER_NOT_LOGGED_IN},
        {SCA_E_CERT, CKR_KEY_FUNCTION_NOT_PERMITTED},
        {SCA_E_UNREACHABLE, CKR_DEVICE_ERROR},
        {SCA_E_AGENT, CKR_DEVICE_ERROR},
        {SCA_E_TLS, CKR_DEVICE_ERROR},
        {SCA_E_SERVER_KEY, CKR_DEVICE_ERROR},
        {SCA_E_SERVER, CKR_DEVICE_ERROR},
        {SCA_E_UNCERTAIN, CKR_DEVICE_ERROR},
        {SCA_E_BAD_SIGNATURE, CKR_DEVICE_ERROR},
        {SCA_E_SP_AUTH, CKR_DEVICE_ERROR},
        {-12345, CKR_DEVICE_ERROR},
        {0, CKR_DEVICE_ERROR},
        {INT32_MIN, CKR_DEVICE_ERROR},
    };
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_BYTE signature[ROOM];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        fake_agent_behave(world->agent, FAKE_ERROR, table[i].err);
        assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
        assert_int_equal(sign_message(session, signature), table[i].rv);
        assert_int_equal(fake_agent_signs(world->agent), 1);
        assert_int_equal(sign_message(session, signature), CKR_OPERATION_NOT_INITIALIZED);
    }
    C_CloseSession(session);
}

static void test_agent_that_lies(void **state)
{
    static const enum fake_behaviour lies[] = {
        FAKE_SHORT,        FAKE_LONG,  FAKE_EMPTY, FAKE_WRONG_TYPE,
        FAKE_UNKNOWN_TYPE, FAKE_TWICE, FAKE_HUGE,
    };
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        CK_BYTE signature[ROOM], untouched[ROOM];
        CK_ULONG len = sizeof signature;
        memset(signature, 0xa5, sizeof signature);
        memset(untouched, 0xa5, sizeof untouched);
        fake_agent_behave(world->agent, lies[i], 0);
        assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
        assert_int_equal(C_Sign(session, message, MESSAGE_LEN, signature, &len), CKR_DEVICE_ERROR);
        assert_memory_equal(signature, untouched, sizeof signature);
        assert_int_equal(fake_agent_signs(world->agent), 1);
    }
    C_CloseSession(session);
}

/* The same request again, to whichever agent comes: the journal makes that safe. */
static void test_agent_that_dies(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_BYTE signature[ROOM];
    fake_agent_behave(world->agent, FAKE_DIE_ONCE, 0);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_OK);
    assert_int_equal(fake_agent_signs(world->agent), 2);
    assert_true(world_verify(world, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, message, MESSAGE_LEN,
                             signature, RSA_LEN));
    static const enum fake_behaviour deaths[] = {FAKE_DIE, FAKE_CUT};
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++) {
        fake_agent_behave(world->agent, deaths[i], 0);
        assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
        assert_int_equal(sign_message(session, signature), CKR_DEVICE_ERROR);
        assert_int_equal(fake_agent_signs(world->agent), 4);
    }
    C_CloseSession(session);
}

/* Silence and endless progress end at the slot's limit. */
static void test_limit(void **state)
{
    static const enum fake_behaviour silences[] = {FAKE_HOLD, FAKE_FLOOD};
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_IMPATIENT);
    CK_BYTE signature[ROOM];
    for (size_t i = 0; i < sizeof silences / sizeof silences[0]; i++) {
        fake_agent_behave(world->agent, silences[i], 0);
        const int64_t start_ms = sca_now_ms();
        assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
        assert_int_equal(sign_message(session, signature), CKR_FUNCTION_CANCELED);
        assert_true(sca_now_ms() - start_ms >= 1000);
    }
    C_CloseSession(session);
}

static void test_login(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_PASSWORD);
    CK_BYTE signature[ROOM], password[] = "secret-word", code[] = "123456";
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(C_Login(session, CKU_CONTEXT_SPECIFIC, code, 6),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(C_Login(session, CKU_USER, password, 11), CKR_OK);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_OK);
    struct fake_request last = fake_agent_last(world->agent);
    assert_true(last.has_pin);
    assert_string_equal(last.pin, "secret-word");
    assert_false(last.has_otp);

    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(C_Login(session, CKU_CONTEXT_SPECIFIC, code, 6), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_OK);
    last = fake_agent_last(world->agent);
    assert_string_equal(last.pin, "secret-word");
    assert_string_equal(last.otp, "123456");

    /* the code was for one signature */
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_OK);
    assert_false(fake_agent_last(world->agent).has_otp);

    /* a wrong password is not sent twice: each time counts towards a locked account */
    fake_agent_behave(world->agent, FAKE_ERROR, SCA_E_USER_AUTH);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_PIN_INCORRECT);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(C_Login(session, CKU_USER, password, 11), CKR_OK);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(C_Logout(session), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_USER_NOT_LOGGED_IN);
    assert_int_equal(fake_agent_signs(world->agent), 1);
    C_CloseSession(session);
}

/* A PIN typed where none is wanted goes nowhere. */
static void test_pin_mode_none(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_BYTE signature[ROOM], pin[] = "12345678";
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(C_Login(session, CKU_USER, pin, 8), CKR_OK);
    assert_int_equal(sign_init(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    assert_int_equal(sign_message(session, signature), CKR_OK);
    assert_false(fake_agent_last(world->agent).has_pin);
    C_CloseSession(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashing_mechanisms),
        cmocka_unit_test(test_request_says_who_and_what),
        cmocka_unit_test(test_digestinfo),
        cmocka_unit_test(test_data_that_is_no_digestinfo),
        cmocka_unit_test(test_digest_the_service_does_not_sign),
        cmocka_unit_test(test_pss_of_prepared_digest),
        cmocka_unit_test(test_ecdsa_of_prepared_digest),
        cmocka_unit_test(test_mechanism_parameters),
        cmocka_unit_test(test_init_refusals),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_order_of_calls),
        cmocka_unit_test(test_errors_of_the_agent),
        cmocka_unit_test(test_agent_that_lies),
        cmocka_unit_test(test_agent_that_dies),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_login),
        cmocka_unit_test(test_pin_mode_none),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
