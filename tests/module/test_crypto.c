/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca-crypto.so as a guest of a host that uses the same libcrypto: what it computes, and what
 * it leaves alone. Each case that needs a fresh process runs in a child.
 */
#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "common/err.h"
#include "module/crypto/crypto.h"

enum { THREADS = 8, ROUNDS = 100, SURVIVED = 7 };

static const uint8_t abc_sha256[] = {
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
    0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
};

static bool digest_works(const struct sca_crypto *crypto)
{
    struct sca_digest *digest = NULL;
    uint8_t value[SCA_HASH_MAX];
    const struct sca_bytes abc = {(const uint8_t *)"abc", 3};
    const bool ok = crypto->digest_new(SCA_HASH_SHA256, &digest) == 0 &&
                    crypto->digest_update(digest, abc) == 0 &&
                    crypto->digest_final(digest, value) == 0 &&
                    memcmp(value, abc_sha256, sizeof abc_sha256) == 0;
    crypto->digest_free(digest);
    return ok;
}

/* A key that is one in form only: the verification fails inside libcrypto. */
static int failing_verify(const struct sca_crypto *crypto)
{
    static const uint8_t modulus[256] = {0x80, [255] = 1};
    static const uint8_t exponent[] = {1, 0, 1};
    static const uint8_t signature[256] = {0x7f};
    const struct sca_public_key key = {
        .type = SCA_KEY_RSA,
        .modulus = {modulus, sizeof modulus},
        .exponent = {exponent, sizeof exponent},
    };
    return crypto->verify(&key, SCA_SCHEME_PKCS1, SCA_HASH_SHA256,
                          (struct sca_bytes){abc_sha256, sizeof abc_sha256},
                          (struct sca_bytes){signature, sizeof signature});
}

static void expect_in_child(int (*body)(void), int expected)
{
    int status = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        exit(body());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected);
}

static int load_missing(void)
{
    setenv("SMARTCA_CRYPTO", "/nonexistent/smartca-crypto.so", 1);
    return sca_crypto_get() ? 1 : 0;
}

static int load_relative(void)
{
    setenv("SMARTCA_CRYPTO", "smartca-crypto.so", 1);
    return sca_crypto_get() ? 1 : 0;
}

/* A library that is there but is not ours. */
static int load_foreign(void)
{
    setenv("SMARTCA_CRYPTO", "/lib/x86_64-linux-gnu/libc.so.6", 1);
    return sca_crypto_get() ? 1 : 0;
}

static void test_cannot_load(void **state)
{
    (void)state;
    expect_in_child(load_missing, 0);
    expect_in_child(load_relative, 0);
    expect_in_child(load_foreign, 0);
}

static void *load_and_digest(void *arg)
{
    const struct sca_crypto *crypto = sca_crypto_get();
    return crypto && digest_works(crypto) ? arg : NULL;
}

static pthread_barrier_t start;

/* As a copy of the module at another path does it, which shares nothing with ours but the file. */
static void *load_as_a_copy(void *arg)
{
    pthread_barrier_wait(&start);
    void *library = dlopen(getenv("SMARTCA_CRYPTO"), RTLD_NOW | RTLD_LOCAL);
    const struct sca_crypto *(*open_crypto)(void) = NULL;
    *(void **)&open_crypto = library ? dlsym(library, SCA_CRYPTO_SYMBOL) : NULL;
    const struct sca_crypto *crypto = open_crypto ? open_crypto() : NULL;
    return crypto && digest_works(crypto) ? arg : NULL;
}

static int all_at_once(void *(*load)(void *))
{
    pthread_t threads[THREADS];
    void *results[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, load, threads);
    int bad = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &results[i]);
        bad += !results[i];
    }
    return bad;
}

static int load_at_once(void)
{
    return all_at_once(load_and_digest);
}

static int load_copies_at_once(void)
{
    return all_at_once(load_as_a_copy);
}

static void test_first_use_from_many_threads(void **state)
{
    (void)state;
    expect_in_child(load_at_once, 0);
}

/* Without a lock one round in twenty fails. */
static void test_first_use_by_many_copies(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++)
        expect_in_child(load_copies_at_once, 0);
}

/* Writes a configuration that names an object of its own, as OPENSSL_CONF says. */
static bool write_openssl_conf(const char *path)
{
    static const char text[] = "openssl_conf = init\n[init]\noid_section = oids\n"
                               "[oids]\nsmartcaTest = 1.2.3.4.5.6\n";
    FILE *file = fopen(path, "we");
    const bool ok = file && fputs(text, file) >= 0;
    return (!file || fclose(file) == 0) && ok;
}

/* The host's first use of OpenSSL comes after ours and finds its configuration, read or unread. */
static int host_configures_later(bool with_verify)
{
    char folder[] = "/tmp/sca-openssl-XXXXXX", path[64];
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/openssl.cnf", folder);
    setenv("OPENSSL_CONF", path, 1);
    if (with_verify && !write_openssl_conf(path))
        return 2;
    const struct sca_crypto *crypto = sca_crypto_get();
    if (!crypto || !digest_works(crypto) || (with_verify && failing_verify(crypto) == 0))
        return 3;
    if (!with_verify && !write_openssl_conf(path)) /* had we looked, it would have been missing */
        return 4;
    const bool configured = OBJ_sn2nid("smartcaTest") != NID_undef;
    unlink(path);
    rmdir(folder);
    return configured ? 0 : 5;
}

static int digest_before_host(void)
{
    return host_configures_later(false);
}

static int verify_before_host(void)
{
    return host_configures_later(true);
}

static void test_configuration_is_the_hosts(void **state)
{
    (void)state;
    expect_in_child(digest_before_host, 0);
    expect_in_child(verify_before_host, 0);
}

static struct sca_digest *unfinished;

/* As NSS does in pdfsig: our sessions are closed after OpenSSL has cleaned up. */
static void use_after_cleanup(void)
{
    const struct sca_crypto *crypto = sca_crypto_get();
    crypto->digest_free(unfinished);
    (void)digest_works(crypto);
    (void)failing_verify(crypto);
    _exit(SURVIVED);
}

static int exit_with_open_digest(void)
{
    atexit(use_after_cleanup); /* first in, last out */
    OPENSSL_init_crypto(0, NULL);
    const struct sca_crypto *crypto = sca_crypto_get();
    if (!crypto || crypto->digest_new(SCA_HASH_SHA256, &unfinished) < 0)
        return 1;
    return 0;
}

static void test_exit(void **state)
{
    (void)state;
    expect_in_child(exit_with_open_digest, SURVIVED);
}

/* The queue is the thread's, and so the host's: what stands there stays, nothing is added. */
static void test_error_queue_is_the_hosts(void **state)
{
    (void)state;
    const struct sca_crypto *crypto = sca_crypto_get();
    assert_non_null(crypto);
    assert_int_not_equal(failing_verify(crypto), 0);
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 77);
    assert_int_not_equal(failing_verify(crypto), 0);
    assert_true(digest_works(crypto));
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 77);
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_unusable_arguments(void **state)
{
    (void)state;
    const struct sca_crypto *crypto = sca_crypto_get();
    struct sca_digest *digest = NULL;
    static uint8_t bytes[70000];
    const struct sca_bytes some = {bytes, 32}, huge = {bytes, sizeof bytes}, none = {0};
    assert_int_equal(crypto->digest_new(SCA_HASH_NONE, &digest), SCA_E_UNSUPPORTED);
    assert_int_equal(crypto->digest_new((enum sca_hash)99, &digest), SCA_E_UNSUPPORTED);
    crypto->digest_free(NULL);

    struct sca_public_key key = {.type = SCA_KEY_RSA, .modulus = none, .exponent = none};
    assert_int_equal(crypto->verify(&key, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, some, some),
                     SCA_E_INVAL);
    key = (struct sca_public_key){.type = SCA_KEY_RSA, .modulus = huge, .exponent = some};
    assert_int_equal(crypto->verify(&key, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, some, some),
                     SCA_E_INVAL);
    assert_int_equal(crypto->verify(&key, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, some, some),
                     SCA_E_UNSUPPORTED);
    key = (struct sca_public_key){.type = SCA_KEY_EC, .params = some, .point = some};
    assert_int_equal(crypto->verify(&key, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, some, some),
                     SCA_E_INVAL);
    key = (struct sca_public_key){.type = SCA_KEY_EC, .params = none, .point = none};
    assert_int_equal(crypto->verify(&key, SCA_SCHEME_ECDSA, SCA_HASH_SHA256, some, some),
                     SCA_E_INVAL);
    key = (struct sca_public_key){.type = SCA_KEY_NONE};
    assert_int_equal(crypto->verify(&key, SCA_SCHEME_PKCS1, SCA_HASH_SHA256, some, some),
                     SCA_E_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* in children, while nothing is loaded here */
        cmocka_unit_test(test_cannot_load),
        cmocka_unit_test(test_first_use_from_many_threads),
        cmocka_unit_test(test_first_use_by_many_copies),
        cmocka_unit_test(test_configuration_is_the_hosts),
        cmocka_unit_test(test_exit),
        /* here */
        cmocka_unit_test(test_error_queue_is_the_hosts),
        cmocka_unit_test(test_unusable_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
