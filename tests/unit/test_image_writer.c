/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials as token image: every attribute is compared with what OpenSSL itself says of the
 * certificate, and tokens keep names by which programs find them.
 */
#include "harness.h"
#include <openssl/core_names.h>
#include <openssl/sha.h>
#include "agent/image_writer.h"
#include "common/err.h"
#include "common/text.h"
#include "credential_world.h"
#include "cryptoki.h"

static struct sca_image *build(struct sca_config_account *accounts, size_t count,
                               const struct sca_credentials *const *credentials)
{
    struct sca_config config = {.accounts = accounts, .account_count = count};
    SCA_BUF_AUTO built = {0};
    struct sca_image *image = NULL;
    SCA_BUF_AUTO content = {0};

    config.stamps[0].size = 77;
    assert_int_equal(sca_image_writer_build(&config, credentials, &built), 0);
    assert_int_equal(
        sca_image_writer_write(&world.paths, (struct sca_bytes){built.data, built.len}), 0);
    assert_int_equal(sca_file_read(world.image_path, SCA_IMAGE_MAX, &content, NULL), 0);
    assert_int_equal(sca_image_decode(&content, &image), 0);
    content = (struct sca_buf){0};
    assert_int_equal(image->conf[0].size, 77);
    return image;
}

/* NULL when there is none; what it gives is valid until the next call. */
static const struct sca_image_attr *find(const struct sca_image_object *object, uint64_t type)
{
    static struct sca_image_attr found;
    const struct sca_image_attr *result = NULL;
    struct sca_image_walk walk = {.object = object};
    struct sca_image_attr attr;

    while (sca_image_next(&walk, &attr)) {
        if (attr.type != type)
            continue;
        assert_null(result); /* nothing stands twice */
        found = attr;
        result = &found;
    }
    return result;
}

static uint64_t number(const struct sca_image_object *object, uint64_t type)
{
    const struct sca_image_attr *attr = find(object, type);
    uint64_t value = 0;

    assert_non_null(attr);
    assert_int_equal(attr->kind, SCA_ATTR_ULONG);
    for (size_t i = 0; i < 8; i++)
        value |= (uint64_t)attr->value.data[i] << (8 * i);
    return value;
}

static bool flag(const struct sca_image_object *object, uint64_t type)
{
    const struct sca_image_attr *attr = find(object, type);

    assert_non_null(attr);
    assert_int_equal(attr->kind, SCA_ATTR_BOOL);
    return attr->value.data[0] != 0;
}

static void assert_attr(const struct sca_image_object *object, uint64_t type, const void *data,
                        size_t len)
{
    const struct sca_image_attr *attr = find(object, type);

    assert_non_null(attr);
    assert_int_equal(attr->kind, SCA_ATTR_BYTES);
    assert_int_equal(attr->value.len, len);
    assert_memory_equal(attr->value.data, data, len);
}

static void assert_text(const struct sca_image_object *object, uint64_t type, const char *text)
{
    assert_attr(object, type, text, strlen(text));
}

static void assert_flags(const struct sca_image_object *object, const uint64_t *types, size_t count,
                         bool value)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(flag(object, types[i]), value);
}

/* What an i2d function says. */
static void assert_der(const struct sca_image_object *object, uint64_t type, unsigned char *der,
                       int len)
{
    assert_true(len > 0);
    assert_attr(object, type, der, (size_t)len);
    OPENSSL_free(der);
}

static void assert_names(const struct sca_image_object *object, uint64_t type,
                         const X509_NAME *name)
{
    unsigned char *der = NULL;
    int len = i2d_X509_NAME(name, &der);

    assert_der(object, type, der, len);
}

static void assert_key_id(const struct sca_image_object *object, const struct cert *cert)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    assert_int_equal(X509_pubkey_digest(cert->x509, EVP_sha1(), digest, &len), 1);
    assert_attr(object, CKA_ID, digest, len);
}

static void assert_spki(const struct sca_image_object *object, const struct cert *cert)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(cert->key, &der);

    assert_der(object, CKA_PUBLIC_KEY_INFO, der, len);
}

static void assert_certificate(const struct sca_image_object *object, const struct cert *cert,
                               uint64_t category)
{
    unsigned char *der = NULL;
    uint8_t digest[SHA_DIGEST_LENGTH];

    assert_int_equal(number(object, CKA_CLASS), CKO_CERTIFICATE);
    assert_int_equal(number(object, CKA_CERTIFICATE_TYPE), CKC_X_509);
    assert_int_equal(number(object, CKA_CERTIFICATE_CATEGORY), category);
    assert_false(flag(object, CKA_TRUSTED));
    assert_attr(object, CKA_VALUE, cert->der, (size_t)cert->der_len);
    assert_names(object, CKA_SUBJECT, X509_get_subject_name(cert->x509));
    assert_names(object, CKA_ISSUER, X509_get_issuer_name(cert->x509));
    int len = i2d_ASN1_INTEGER(X509_get_serialNumber(cert->x509), &der);
    assert_der(object, CKA_SERIAL_NUMBER, der, len);
    SHA1(cert->der, (size_t)cert->der_len, digest);
    assert_attr(object, CKA_CHECK_VALUE, digest, 3);
    assert_text(object, CKA_START_DATE, "20260102");
    assert_text(object, CKA_END_DATE, "20290203");
    assert_spki(object, cert);
}

static void assert_common(const struct sca_image_object *object)
{
    static const uint64_t off[] = {CKA_PRIVATE, CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE};

    assert_true(flag(object, CKA_TOKEN));
    assert_flags(object, off, COUNT(off), false);
    assert_non_null(find(object, CKA_UNIQUE_ID));
}

static void assert_bn(const struct sca_image_object *object, uint64_t type, const EVP_PKEY *key,
                      const char *name)
{
    BIGNUM *number = NULL;
    uint8_t bytes[512];

    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
    int len = BN_bn2bin(number, bytes);
    BN_free(number);
    assert_attr(object, type, bytes, (size_t)len);
}

static void assert_key(const struct sca_image_object *object, const struct cert *cert,
                       const uint64_t *mechs, size_t count)
{
    assert_key_id(object, cert);
    assert_spki(object, cert);
    assert_names(object, CKA_SUBJECT, X509_get_subject_name(cert->x509));
    assert_false(flag(object, CKA_DERIVE));
    assert_int_equal(number(object, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
    const struct sca_image_attr *allowed = find(object, CKA_ALLOWED_MECHANISMS);
    assert_non_null(allowed);
    assert_int_equal(allowed->kind, SCA_ATTR_ULONGS);
    assert_int_equal(allowed->value.len, 8 * count);
    for (size_t i = 0; i < count; i++) {
        bool there = false;

        for (size_t k = 0; k < count; k++)
            there |= allowed->value.data[8 * k] + 256u * allowed->value.data[8 * k + 1] == mechs[i];
        assert_true(there);
    }
}

static void assert_private_key(const struct sca_image_object *object)
{
    static const uint64_t on[] = {CKA_SENSITIVE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE,
                                  CKA_SIGN};
    static const uint64_t off[] = {CKA_EXTRACTABLE,      CKA_DECRYPT, CKA_SIGN_RECOVER,
                                   CKA_UNWRAP,           CKA_LOCAL,   CKA_ALWAYS_AUTHENTICATE,
                                   CKA_WRAP_WITH_TRUSTED};

    assert_flags(object, on, COUNT(on), true);
    assert_flags(object, off, COUNT(off), false);
}

static void assert_public_key(const struct sca_image_object *object)
{
    static const uint64_t off[] = {CKA_ENCRYPT, CKA_WRAP, CKA_VERIFY_RECOVER, CKA_LOCAL,
                                   CKA_TRUSTED};

    assert_true(flag(object, CKA_VERIFY));
    assert_flags(object, off, COUNT(off), false);
}

/* CKA_ID of a CA certificate is its subject key identifier; here the two are made alike. */
static void assert_slot(const struct sca_image_slot *slot, const struct cert *leaf)
{
    static const uint64_t rsa_mechs[] = {CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS};
    static const uint64_t ec_mechs[] = {CKM_ECDSA, 0x1044};
    bool is_rsa = slot->key_type == SCA_KEY_RSA;

    assert_int_equal(slot->object_count, 9);
    for (size_t i = 0; i < slot->object_count; i++)
        assert_common(&slot->objects[i]);
    assert_certificate(&slot->objects[0], leaf, CK_CERTIFICATE_CATEGORY_TOKEN_USER);
    assert_key_id(&slot->objects[0], leaf);
    assert_int_equal(number(&slot->objects[1], CKA_CLASS), CKO_PUBLIC_KEY);
    assert_public_key(&slot->objects[1]);
    assert_int_equal(number(&slot->objects[2], CKA_CLASS), CKO_PRIVATE_KEY);
    assert_private_key(&slot->objects[2]);
    for (size_t i = 1; i <= 2; i++) {
        assert_key(&slot->objects[i], leaf, is_rsa ? rsa_mechs : ec_mechs, 2);
        assert_int_equal(number(&slot->objects[i], CKA_KEY_TYPE), is_rsa ? CKK_RSA : CKK_EC);
    }
    assert_certificate(&slot->objects[3], &world.issuing, CK_CERTIFICATE_CATEGORY_AUTHORITY);
    assert_text(&slot->objects[3], CKA_LABEL, "Issuing CA");
    assert_key_id(&slot->objects[3], &world.issuing);
    assert_certificate(&slot->objects[4], &world.root, CK_CERTIFICATE_CATEGORY_AUTHORITY);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(number(&slot->objects[5 + i], CKA_CLASS), CKO_PROFILE);
        assert_int_equal(number(&slot->objects[5 + i], CKA_PROFILE_ID), i + 1);
    }
}

static void assert_labels(const struct sca_image_slot *slot, const char *label)
{
    for (size_t i = 0; i < 3; i++)
        assert_text(&slot->objects[i], CKA_LABEL, label);
}

static void test_image(void **state)
{
    const struct cert *chain[] = {&world.issuing, &world.root, NULL};
    struct sca_config_account account = an_account();
    char first[] = "5401";
    char second[] = "5402";
    struct sca_cloud_cert certs[] = {cloud_cert(&world.ec, second, chain),
                                     cloud_cert(&world.rsa, first, chain)};
    struct sca_credentials *credentials = credentials_of(&account, certs, 2);
    const struct sca_credentials *all[] = {credentials};
    static const uint8_t p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    uint8_t point[2 + 65] = {0x04, 65};
    size_t len = 0;

    (void)state;
    SCA_IMAGE_AUTO image = build(&account, 1, all);
    assert_int_equal(image->retry_after_utc, 0);
    assert_int_equal(image->slot_count, 2);
    const struct sca_image_slot *slot = &image->slots[0];
    assert_string_equal(slot->account, "work");
    assert_string_equal(slot->credential, credentials->items[0].id);
    assert_string_equal(slot->description, "VNPT SmartCA: Nguyễn Thị Mẫu (work)");
    assert_string_equal(slot->label, "Nguyễn Thị Mẫu");
    assert_string_equal(slot->manufacturer, "VNPT");
    assert_string_equal(slot->model, "VNPT SmartCA");
    assert_string_equal(slot->serial, "abcdef0123456789");
    assert_int_equal(slot->pin, SCA_PIN_PASSWORD);
    assert_int_equal(slot->key_bits, 2048);
    assert_int_equal(slot->schemes, SCA_BIT(SCA_SCHEME_PKCS1));
    assert_int_equal(slot->hashes, SCA_BIT(SCA_HASH_SHA256));
    assert_int_equal(slot->timeout_s, 330);
    assert_slot(slot, &world.rsa);
    assert_labels(slot, "Nguyễn Thị Mẫu");
    for (size_t i = 1; i <= 2; i++) {
        assert_bn(&slot->objects[i], CKA_MODULUS, world.rsa.key, OSSL_PKEY_PARAM_RSA_N);
        assert_bn(&slot->objects[i], CKA_PUBLIC_EXPONENT, world.rsa.key, OSSL_PKEY_PARAM_RSA_E);
        assert_int_equal(number(&slot->objects[i], CKA_MODULUS_BITS), 2048);
    }
    slot = &image->slots[1];
    assert_int_equal(slot->key_type, SCA_KEY_EC);
    assert_int_equal(slot->key_bits, 256);
    assert_int_equal(slot->schemes, SCA_BIT(SCA_SCHEME_ECDSA));
    assert_slot(slot, &world.ec);
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(world.ec.key, OSSL_PKEY_PARAM_PUB_KEY, point + 2, 65, &len),
        1);
    for (size_t i = 1; i <= 2; i++) {
        assert_attr(&slot->objects[i], CKA_EC_PARAMS, p256, sizeof p256);
        assert_attr(&slot->objects[i], CKA_EC_POINT, point, sizeof point);
    }
    sca_credentials_free(credentials);
}

/* Two tokens with one name are told apart, and a renewal alone has its predecessor's name. */
static void test_labels(void **state)
{
    struct sca_config_account account = an_account();
    char first[] = "5401";
    char second[] = "5402";
    char label[] = "Công ty Trách nhiệm Hữu hạn Mẫu Thử Nghiệm";
    struct sca_cloud_cert certs[] = {cloud_cert(&world.rsa, first, NULL),
                                     cloud_cert(&world.renewed, second, NULL)};
    struct sca_credentials *both = credentials_of(&account, certs, 2);
    struct sca_credentials *later = credentials_of(&account, certs + 1, 1);
    const struct sca_credentials *with_both[] = {both};
    const struct sca_credentials *with_later[] = {later};

    (void)state;
    {
        SCA_IMAGE_AUTO image = build(&account, 1, with_both);
        assert_string_equal(image->slots[0].label, "Nguyễn Thị Mẫu");
        assert_string_equal(image->slots[1].label, "Nguyễn Thị Mẫu (5402)");
        assert_labels(&image->slots[1], "Nguyễn Thị Mẫu (5402)");
    }
    {
        SCA_IMAGE_AUTO image = build(&account, 1, with_later);
        assert_string_equal(image->slots[0].label, "Nguyễn Thị Mẫu");
    }
    account.label = label;
    SCA_IMAGE_AUTO image = build(&account, 1, with_both);
    assert_true(strlen(image->slots[0].label) <= 32);
    assert_true(strlen(image->slots[1].label) <= 32);
    assert_true(sca_utf8_valid(
        (struct sca_bytes){(const uint8_t *)image->slots[1].label, strlen(image->slots[1].label)}));
    assert_non_null(strstr(image->slots[1].label, " (5402)"));
    assert_labels(&image->slots[0], label);
    sca_credentials_free(both);
    sca_credentials_free(later);
}

static void test_retry(void **state)
{
    struct sca_config_account accounts[] = {an_account(), an_account()};
    struct sca_credentials *never = sca_credentials_new("work");
    struct sca_credentials *failed = sca_credentials_new("work");
    const struct sca_credentials *mixed[] = {failed, never};
    const struct sca_credentials *both[] = {failed, failed};
    const struct sca_credentials *nothing[] = {NULL, failed};

    (void)state;
    failed->failed_utc = 1700000000;
    failed->settings = sca_credentials_settings(&accounts[0]);
    SCA_IMAGE_AUTO image = build(accounts, 2, mixed);
    assert_int_equal(image->slot_count, 0);
    assert_int_equal(image->retry_after_utc, 1); /* at once */
    SCA_IMAGE_AUTO later = build(accounts, 2, both);
    assert_int_equal(later->retry_after_utc, 1700000060);
    SCA_IMAGE_AUTO unknown = build(accounts, 2, nothing);
    assert_int_equal(unknown->retry_after_utc, 1);
    SCA_IMAGE_AUTO none = build(accounts, 0, NULL);
    assert_int_equal(none->retry_after_utc, 0);
    sca_credentials_free(never);
    sca_credentials_free(failed);
}

/* Hosts watch the file: it is only replaced when something is different. */
static void test_same_content_is_kept(void **state)
{
    struct sca_config_account account = an_account();
    char serial[] = "5401";
    struct sca_cloud_cert cert = cloud_cert(&world.rsa, serial, NULL);
    struct sca_credentials *credentials = credentials_of(&account, &cert, 1);
    const struct sca_credentials *all[] = {credentials};

    (void)state;
    sca_image_free(build(&account, 1, all));
    struct sca_stamp first = sca_path_stamp(world.image_path);
    sca_image_free(build(&account, 1, all));
    struct sca_stamp second = sca_path_stamp(world.image_path);
    assert_true(sca_stamp_equal(&first, &second));
    account.confirm_timeout_s++;
    sca_image_free(build(&account, 1, all));
    second = sca_path_stamp(world.image_path);
    assert_false(sca_stamp_equal(&first, &second));
    sca_credentials_free(credentials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_same_content_is_kept),
    };

    return cmocka_run_group_tests(tests, world_make, world_drop);
}
