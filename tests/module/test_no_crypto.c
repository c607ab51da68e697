/* SPDX-License-Identifier: Apache-2.0 */
/* An installation without smartca-crypto.so: what needs it says so, the rest works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "signing_world.h"

static CK_BYTE message[] = "the message";
enum { MESSAGE_LEN = sizeof message - 1, ROOM = 1024 };

static void test_hashing_says_so(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_MECHANISM sign = {CKM_SHA256_RSA_PKCS, NULL, 0}, digest = {CKM_SHA256, NULL, 0};
    CK_MECHANISM bare = {CKM_RSA_PKCS, NULL, 0};
    const CK_OBJECT_HANDLE public_key = world_object(session, CKO_PUBLIC_KEY);
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(C_SignInit(session, &sign, world_object(session, CKO_PRIVATE_KEY)),
                     CKR_DEVICE_ERROR);
    assert_int_equal(C_DigestInit(session, &digest), CKR_DEVICE_ERROR);
    assert_int_equal(C_VerifyInit(session, &sign, public_key), CKR_DEVICE_ERROR);
    assert_int_equal(C_VerifyInit(session, &bare, public_key), CKR_DEVICE_ERROR);
    assert_int_equal(fake_agent_signs(world->agent), 0);
    C_CloseSession(session);
}

static void test_prepared_digest_is_signed(void **state)
{
    const struct world *world = *state;
    const CK_SESSION_HANDLE session = world_session(world, WORLD_VNPT);
    CK_MECHANISM bare = {CKM_RSA_PKCS, NULL, 0};
    CK_BYTE digest[32], info[SCA_DIGESTINFO_MAX], signature[ROOM];
    CK_ULONG len = sizeof signature;
    EVP_Digest(message, MESSAGE_LEN, digest, NULL, EVP_sha256(), NULL);
    const size_t info_len =
        sca_digestinfo_build(SCA_HASH_SHA256, (struct sca_bytes){digest, sizeof digest}, info);
    fake_agent_behave(world->agent, FAKE_SIGN, 0);
    assert_int_equal(C_SignInit(session, &bare, world_object(session, CKO_PRIVATE_KEY)), CKR_OK);
    assert_int_equal(C_Sign(session, info, info_len, signature, &len), CKR_OK);
    assert_true(world_verify(world, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, message, MESSAGE_LEN,
                             signature, len));
    C_CloseSession(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashing_says_so),
        cmocka_unit_test(test_prepared_digest_is_signed),
    };
    setenv("SMARTCA_CRYPTO", "/nonexistent/smartca-crypto.so", 1);
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
