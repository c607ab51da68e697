/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of a listing as credentials, on disk and back.
 */
#include "harness.h"
#include <openssl/sha.h>
#include "agent/account_file.h"
#include "agent/journal.h"
#include "cloud/json.h"
#include "common/err.h"
#include "common/text.h"
#include "credential_world.h"

static void assert_bytes(struct sca_bytes bytes, struct sca_bytes expected)
{
    assert_int_equal(bytes.len, expected.len);
    assert_memory_equal(bytes.data, expected.data, expected.len);
}

static void test_parsing(void **state)
{
    const struct cert *chain[] = {&world.root, &world.issuing, &world.root, &world.rsa,
                                  NULL}; /* disordered, repeated */
    char serial[] = "005401ABCD";
    struct sca_config_account account = an_account();
    struct sca_cloud_cert cert = cloud_cert(&world.rsa, serial, chain);
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char id[SCA_CREDENTIAL_ID_SIZE];

    (void)state;
    cert.state = SCA_CERT_BLOCKED;
    struct sca_credentials *credentials = credentials_of(&account, &cert, 1);
    assert_int_equal(credentials->count, 1);
    assert_int_equal(credentials->fetched_utc, 1700000000);
    assert_true(sca_credentials_current(credentials, &account));
    const struct sca_credential *item = &credentials->items[0];
    SHA256(world.rsa.der, (size_t)world.rsa.der_len, digest);
    sca_hex_encode((struct sca_bytes){digest, sizeof digest}, id);
    assert_string_equal(item->id, id);
    assert_string_equal(item->account, "work");
    assert_string_equal(item->serial, "005401ABCD");
    assert_string_equal(item->holder, "Nguyễn Thị Mẫu");
    assert_string_equal(item->issuer, "Issuing CA");
    assert_true(item->blocked);
    assert_int_equal(item->not_before_utc, 1767323045);
    assert_int_equal(item->not_after_utc, 1864785906);
    assert_int_equal(item->key_type, SCA_KEY_RSA);
    assert_int_equal(item->key_bits, 2048);
    assert_bytes(item->der, certs_der(&world.rsa));
    assert_int_equal(item->chain_count, 2);
    assert_bytes(item->chain[0], certs_der(&world.issuing));
    assert_bytes(item->chain[1], certs_der(&world.root));
    sca_credentials_free(credentials);

    /* Other settings: what was fetched is somebody else's. */
    credentials = credentials_of(&account, &cert, 1);
    char other[] = "012345678902";
    account.user_id = other;
    assert_false(sca_credentials_current(credentials, &account));
    sca_credentials_free(credentials);
}

/* What is the same for many is in memory once, and what only looks alike is not. */
static void test_sharing(void **state)
{
    const struct cert *both[] = {&world.issuing, &world.root, NULL};
    const struct cert *upper[] = {&world.root, NULL};
    struct sca_config_account account = an_account();
    char serials[2][8] = {"1", "2"};
    struct sca_cloud_cert certs[] = {cloud_cert(&world.rsa, serials[0], both),
                                     cloud_cert(&world.ec, serials[1], both)};

    (void)state;
    struct sca_credentials *credentials = credentials_of(&account, certs, COUNT(certs));
    const struct sca_credential *a = &credentials->items[0], *b = &credentials->items[1];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(credentials->items[i].chain_count, 2);
        assert_bytes(credentials->items[i].chain[0], certs_der(&world.issuing));
        assert_bytes(credentials->items[i].chain[1], certs_der(&world.root));
    }
    assert_ptr_equal(a->chain[0].data, b->chain[0].data);
    assert_ptr_equal(a->chain[1].data, b->chain[1].data);
    assert_ptr_equal(a->issuer, b->issuer);
    assert_ptr_not_equal(a->der.data, b->der.data);
    sca_credentials_free(credentials);

    /* As many bytes, and one of them another: two certificates. */
    struct cert other = world.root;
    other.der = malloc((size_t)other.der_len);
    assert_non_null(other.der);
    memcpy(other.der, world.root.der, (size_t)other.der_len);
    other.der[other.der_len - 1] ^= 1; /* of the signature */
    certs[0] = cloud_cert(&world.rsa, serials[0], upper);
    upper[0] = &other;
    certs[1] = cloud_cert(&world.ec, serials[1], upper);
    credentials = credentials_of(&account, certs, COUNT(certs));
    assert_bytes(credentials->items[0].chain[0], certs_der(&world.root));
    assert_bytes(credentials->items[1].chain[0], certs_der(&other));
    sca_credentials_free(credentials);
    free(other.der);
}

/* More than one chunk takes, and values larger than a chunk: all stay what and where they were. */
static void test_arena(void **state)
{
    enum { VALUES = 300, LARGE = 100000 };
    static uint8_t large[LARGE];
    struct sca_bytes kept[VALUES], again = {0}, big = {0};
    struct sca_arena arena = {0};

    (void)state;
    memset(large, 'x', sizeof large);
    for (size_t i = 0; i < VALUES; i++) {
        uint8_t value[1000];

        memset(value, (int)(i % 251), sizeof value);
        assert_int_equal(sca_arena_share(&arena, (struct sca_bytes){value, 700 + i}, &kept[i]), 0);
        if (i == VALUES / 2)
            assert_int_equal(sca_arena_copy(&arena, (struct sca_bytes){large, LARGE}, &big), 0);
    }
    for (size_t i = 0; i < VALUES; i++) {
        assert_int_equal(kept[i].len, 700 + i);
        for (size_t k = 0; k < kept[i].len; k++)
            assert_int_equal(kept[i].data[k], i % 251);
        assert_int_equal(kept[i].data[kept[i].len], 0);
        assert_int_equal(sca_arena_share(&arena, kept[i], &again), 0);
        assert_ptr_equal(again.data, kept[i].data);
    }
    assert_bytes(big, (struct sca_bytes){large, LARGE});
    assert_int_equal(sca_arena_copy(&arena, (struct sca_bytes){0}, &again), 0);
    assert_string_equal((const char *)again.data, "");
    sca_arena_clear(&arena);
    sca_arena_clear(&arena);
}

static void test_bad_certificates(void **state)
{
    static const uint8_t garbage[] = {0x30, 0x82, 0x01, 0x00, 0x02};
    struct sca_config_account account = an_account();
    char serials[5][8] = {"1", "2", "3", "4", "5"};
    struct cert longer = world.rsa;
    struct cert cut = world.rsa;
    struct cert junk = {.der = world.rsa.der, .der_len = 0};
    struct sca_cloud_cert certs[5];

    (void)state;
    longer.der = malloc((size_t)world.rsa.der_len + 1);
    assert_non_null(longer.der);
    memcpy(longer.der, world.rsa.der, (size_t)world.rsa.der_len);
    longer.der[world.rsa.der_len] = 0;
    longer.der_len++;
    cut.der_len--;
    certs[0] = cloud_cert(&longer, serials[0], NULL);
    certs[1] = cloud_cert(&cut, serials[1], NULL);
    certs[2] = cloud_cert(&junk, serials[2], NULL);
    certs[3] = cloud_cert(&world.edwards, serials[3], NULL);
    certs[4] = cloud_cert(&world.rsa, serials[4], NULL);
    certs[4].chain[0] = borrowed((struct sca_bytes){garbage, sizeof garbage});
    certs[4].chain[1] = borrowed(certs_der(&world.ec)); /* no CA */
    certs[4].chain_count = 3;                           /* the third is empty */
    struct sca_credentials *credentials = credentials_of(&account, certs, 5);
    assert_int_equal(credentials->count, 1);
    assert_string_equal(credentials->items[0].serial, "5");
    assert_int_equal(credentials->items[0].chain_count, 0);
    sca_credentials_free(credentials);
    free(longer.der);
}

static void test_order_and_filter(void **state)
{
    struct sca_config_account account = an_account();
    char first[] = "A1";
    char second[] = "0ff";
    char wanted[] = "a1";
    char own[] = "5401abcdef0123456789"; /* the RSA certificate's own number */
    char *by_spelling[] = {wanted, NULL};
    char *by_number[] = {own, NULL};
    struct sca_cloud_cert certs[] = {cloud_cert(&world.ec, second, NULL),
                                     cloud_cert(&world.rsa, first, NULL),
                                     cloud_cert(&world.rsa, first, NULL)};

    (void)state;
    struct sca_credentials *credentials = credentials_of(&account, certs, COUNT(certs));
    assert_int_equal(credentials->count, 2); /* the repeated one is one */
    assert_string_equal(credentials->items[0].serial, "A1");
    assert_string_equal(credentials->items[1].serial, "0ff");
    sca_credentials_free(credentials);

    account.serials = by_spelling;
    credentials = credentials_of(&account, certs, COUNT(certs));
    assert_int_equal(credentials->count, 1);
    assert_string_equal(credentials->items[0].serial, "A1");
    sca_credentials_free(credentials);

    account.serials = by_number;
    credentials = credentials_of(&account, certs, COUNT(certs));
    assert_int_equal(credentials->count, 1);
    assert_string_equal(credentials->items[0].serial, "A1");
    sca_credentials_free(credentials);
}

static void test_store(void **state)
{
    const struct cert *chain[] = {&world.issuing, &world.root, NULL};
    struct sca_config_account account = an_account();
    char serial[] = "5401";
    char name[] = "../x/y.z";
    struct sca_cloud_cert cert = cloud_cert(&world.rsa, serial, chain);
    struct sca_credentials *loaded = NULL;
    SCA_BUF_AUTO content = {0};

    (void)state;
    account.name = name;
    struct sca_credentials *credentials = credentials_of(&account, &cert, 1);
    credentials->failed_utc = 1700000005;
    credentials->failed_err = SCA_E_TLS;
    credentials->failed_detail = strdup("chi tiết \"x\"");
    assert_int_equal(sca_credentials_save(&world.paths, credentials), 0);

    SCA_TEXT_AUTO path = sca_account_file(world.accounts_dir, "", name, ".json");
    assert_non_null(path);
    assert_non_null(strstr(path, "/accounts/%2E%2E%2Fx%2Fy%2Ez.json"));
    assert_int_equal(sca_file_read(path, 1000000, &content, NULL), 0);
    assert_int_equal(sca_credentials_load(&world.paths, name, &loaded), 0);
    assert_true(sca_credentials_current(loaded, &account));
    assert_int_equal(loaded->fetched_utc, credentials->fetched_utc);
    assert_int_equal(loaded->failed_utc, 1700000005);
    assert_int_equal(loaded->failed_err, SCA_E_TLS);
    assert_string_equal(loaded->failed_detail, "chi tiết \"x\"");
    assert_int_equal(loaded->count, 1);
    assert_string_equal(loaded->items[0].id, credentials->items[0].id);
    assert_string_equal(loaded->items[0].serial, "5401");
    assert_int_equal(loaded->items[0].chain_count, 2);
    assert_bytes(loaded->items[0].chain[0], certs_der(&world.issuing));
    sca_credentials_free(loaded);
    sca_credentials_free(credentials);

    /* Cut anywhere it is as if it had never been fetched. */
    for (size_t len = 0; len < content.len; len += 61) {
        assert_int_equal(sca_file_replace(path, (struct sca_bytes){content.data, len}), 0);
        assert_int_equal(sca_credentials_load(&world.paths, name, &loaded), 0);
        assert_int_equal(loaded->fetched_utc, 0);
        assert_int_equal(loaded->count, 0);
        assert_string_equal(loaded->account, name);
        sca_credentials_free(loaded);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sca_credentials_load(&world.paths, name, &loaded), 0);
    assert_int_equal(loaded->fetched_utc, 0);
    sca_credentials_free(loaded);
}

/* What the provider says of a key is kept; files of before have none of it. */
static void test_facts_of_key(void **state)
{
    struct sca_config_account account = an_account();
    char serial[] = "5401";
    char provider_id[] = "credential 1";
    struct sca_cloud_cert cert = cloud_cert(&world.rsa, serial, NULL);
    struct sca_credentials *loaded = NULL;
    SCA_BUF_AUTO content = {0};

    (void)state;
    cert.provider_id = provider_id;
    cert.schemes = SCA_BIT(SCA_SCHEME_PSS);
    cert.hashes = SCA_BIT(SCA_HASH_SHA512);
    cert.max_batch = 4294967295u;
    struct sca_credentials *credentials = credentials_of(&account, &cert, 1);
    assert_int_equal(sca_credentials_save(&world.paths, credentials), 0);
    sca_credentials_free(credentials);
    assert_int_equal(sca_credentials_load(&world.paths, "work", &loaded), 0);
    assert_int_equal(loaded->count, 1);
    assert_string_equal(loaded->items[0].provider_id, "credential 1");
    assert_int_equal(loaded->items[0].schemes, SCA_BIT(SCA_SCHEME_PSS));
    assert_int_equal(loaded->items[0].hashes, SCA_BIT(SCA_HASH_SHA512));
    assert_int_equal(loaded->items[0].max_batch, 4294967295u);
    sca_credentials_free(loaded);

    SCA_TEXT_AUTO path = sca_account_file(world.accounts_dir, "", "work", ".json");
    SCA_JSON_AUTO object = NULL;
    assert_int_equal(sca_file_read(path, 1000000, &content, NULL), 0);
    assert_int_equal(sca_json_load((struct sca_bytes){content.data, content.len}, &object), 0);
    json_t *item = json_array_get(json_object_get(object, "items"), 0);
    assert_int_equal(json_object_del(item, "provider_id"), 0);
    assert_int_equal(json_object_del(item, "schemes"), 0);
    assert_int_equal(json_object_set_new(item, "hashes", json_string("many")), 0);
    assert_int_equal(json_object_del(item, "max_batch"), 0);
    SCA_TEXT_AUTO older = json_dumps(object, 0);
    assert_int_equal(
        sca_file_replace(path, (struct sca_bytes){(const uint8_t *)older, strlen(older)}), 0);
    assert_int_equal(sca_credentials_load(&world.paths, "work", &loaded), 0);
    assert_int_equal(loaded->count, 1);
    assert_string_equal(loaded->items[0].provider_id, "");
    assert_int_equal(loaded->items[0].schemes, 0);
    assert_int_equal(loaded->items[0].hashes, 0);
    assert_int_equal(loaded->items[0].max_batch, 0);
    sca_credentials_free(loaded);
}

/* What is offered: the key's own facts, else the provider's, and what the account adds. */
static void test_offer(void **state)
{
    static const struct sca_provider provider = {
        .name = "test",
        .schemes = SCA_BIT(SCA_SCHEME_PKCS1) | SCA_BIT(SCA_SCHEME_ECDSA),
        .hashes = SCA_BIT(SCA_HASH_SHA256),
        .max_batch = 50,
    };
    struct sca_config_account account = {.provider = &provider};
    struct sca_credential key = {.key_type = SCA_KEY_RSA};

    (void)state;
    assert_int_equal(sca_credential_schemes(&key, &account), SCA_BIT(SCA_SCHEME_PKCS1));
    assert_int_equal(sca_credential_hashes(&key, &account), SCA_BIT(SCA_HASH_SHA256));
    assert_int_equal(sca_credential_max_batch(&key, &account), 50);
    assert_int_equal(sca_credential_max_batch(NULL, &account), 50);

    key.schemes = SCA_BIT(SCA_SCHEME_PSS) | SCA_BIT(SCA_SCHEME_ECDSA);
    key.hashes = SCA_BIT(SCA_HASH_SHA384);
    key.max_batch = 7;
    assert_int_equal(sca_credential_schemes(&key, &account), SCA_BIT(SCA_SCHEME_PSS));
    assert_int_equal(sca_credential_hashes(&key, &account), SCA_BIT(SCA_HASH_SHA384));
    assert_int_equal(sca_credential_max_batch(&key, &account), 7);

    account.hashes = SCA_BIT(SCA_HASH_SHA512);
    account.max_batch = 5;
    assert_int_equal(sca_credential_hashes(&key, &account),
                     SCA_BIT(SCA_HASH_SHA384) | SCA_BIT(SCA_HASH_SHA512));
    assert_int_equal(sca_credential_max_batch(&key, &account), 5);
    account.max_batch = 9;
    assert_int_equal(sca_credential_max_batch(&key, &account), 7);

    key.max_batch = 2147483647;
    account.max_batch = 0;
    assert_int_equal(sca_credential_max_batch(&key, &account), SCA_JOURNAL_DOCS_MAX);
    key = (struct sca_credential){.key_type = SCA_KEY_EC};
    assert_int_equal(sca_credential_schemes(&key, &account), SCA_BIT(SCA_SCHEME_ECDSA));
}

/* Another client or person of the same service is another listing. */
static void test_settings(void **state)
{
    struct sca_config_account account = an_account();
    char one[] = "1";
    char two[] = "2";
    uint64_t seen[5];

    (void)state;
    seen[0] = sca_credentials_settings(&account);
    account.client_id = one;
    seen[1] = sca_credentials_settings(&account);
    account.client_id = two;
    seen[2] = sca_credentials_settings(&account);
    account.client_id = NULL;
    account.profile_id = one;
    seen[3] = sca_credentials_settings(&account);
    account.profile_id = NULL;
    account.relying_party = one;
    seen[4] = sca_credentials_settings(&account);
    for (size_t i = 0; i < COUNT(seen); i++)
        for (size_t k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parsing),
        cmocka_unit_test(test_bad_certificates),
        cmocka_unit_test(test_order_and_filter),
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_facts_of_key),
        cmocka_unit_test(test_offer),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_arena),
    };

    return cmocka_run_group_tests(tests, world_make, world_drop);
}
