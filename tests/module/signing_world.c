/* SPDX-License-Identifier: Apache-2.0 */
/* See signing_world.h. */
#include "signing_world.h"

#include <ftw.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "common/image.h"
#include "common/path.h"

static const CK_BYTE p256_params[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

static void make_dir(const struct world *world, const char *name, const char *variable)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", world->root, name);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(setenv(variable, path, 1), 0);
}

static void make_home(struct world *world)
{
    static const char *const foreign[] = {"SMARTCA_CONF", "SMARTCA_DEBUG"};
    memcpy(world->root, "/tmp/sca-test-XXXXXX", sizeof "/tmp/sca-test-XXXXXX");
    assert_non_null(mkdtemp(world->root));
    make_dir(world, "home", "HOME");
    make_dir(world, "config", "XDG_CONFIG_HOME");
    make_dir(world, "cache", "XDG_CACHE_HOME");
    make_dir(world, "state", "XDG_STATE_HOME");
    make_dir(world, "run", "XDG_RUNTIME_DIR");
    setenv("SMARTCA_AGENT", "/nonexistent/smartca", 1);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        unsetenv(foreign[i]);
}

static struct sca_image_object *add_object(struct sca_image_slot *slot, CK_OBJECT_CLASS class,
                                           CK_KEY_TYPE type)
{
    static const uint8_t id[] = {1, 2, 3};
    struct sca_image_object *object = sca_image_add_object(slot);
    assert_non_null(object);
    sca_image_add_ulong(object, CKA_CLASS, class);
    sca_image_add_bool(object, CKA_TOKEN, true);
    sca_image_add_bool(object, CKA_PRIVATE, false);
    sca_image_add_bytes(object, CKA_ID, (struct sca_bytes){id, sizeof id});
    if (class != CKO_CERTIFICATE)
        sca_image_add_ulong(object, CKA_KEY_TYPE, type);
    return object;
}

static void add_number(struct sca_image_object *object, uint64_t type, EVP_PKEY *key,
                       const char *param)
{
    BIGNUM *number = NULL;
    uint8_t bytes[512];
    assert_int_equal(EVP_PKEY_get_bn_param(key, param, &number), 1);
    const size_t len = (size_t)BN_bn2bin(number, bytes);
    sca_image_add_bytes(object, type, (struct sca_bytes){bytes, len});
    BN_free(number);
}

static void add_public_numbers(struct sca_image_object *object, EVP_PKEY *key)
{
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
        add_number(object, CKA_MODULUS, key, OSSL_PKEY_PARAM_RSA_N);
        add_number(object, CKA_PUBLIC_EXPONENT, key, OSSL_PKEY_PARAM_RSA_E);
        return;
    }
    uint8_t point[2 + 65] = {0x04, 65};
    size_t len = 0;
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
                                                     point + 2, sizeof point - 2, &len),
                     1);
    assert_int_equal(len, 65);
    sca_image_add_bytes(object, CKA_EC_PARAMS, (struct sca_bytes){p256_params, sizeof p256_params});
    sca_image_add_bytes(object, CKA_EC_POINT, (struct sca_bytes){point, sizeof point});
}

static struct sca_image_slot *add_slot(struct sca_image *image, const char *name, EVP_PKEY *key,
                                       uint32_t schemes, uint32_t hashes)
{
    struct sca_image_slot *slot = sca_image_add_slot(image);
    const bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    const CK_KEY_TYPE type = rsa ? CKK_RSA : CKK_EC;
    assert_non_null(slot);
    slot->account = strdup(name);
    slot->credential = strdup(name);
    slot->description = strdup(name);
    slot->label = strdup(name);
    slot->manufacturer = strdup("test");
    slot->model = strdup("test");
    slot->serial = strdup(name);
    slot->key_type = rsa ? SCA_KEY_RSA : SCA_KEY_EC;
    slot->key_bits = (uint32_t)EVP_PKEY_get_bits(key);
    slot->schemes = schemes;
    slot->hashes = hashes;
    slot->timeout_s = 60;
    add_object(slot, CKO_CERTIFICATE, type);
    struct sca_image_object *public_key = add_object(slot, CKO_PUBLIC_KEY, type);
    sca_image_add_bool(public_key, CKA_VERIFY, true);
    add_public_numbers(public_key, key);
    struct sca_image_object *private_key = add_object(slot, CKO_PRIVATE_KEY, type);
    sca_image_add_bool(private_key, CKA_SIGN, true);
    add_public_numbers(private_key, key);
    return slot;
}

/* The module lists nothing without one, and asks the agent when the image is of another. */
static void write_configuration(const struct sca_paths *paths, struct sca_image *image)
{
    static const char text[] = "[smartca]\n";
    char folder[128];
    snprintf(folder, sizeof folder, "%s/smartca", secure_getenv("XDG_CONFIG_HOME"));
    assert_int_equal(sca_dir_ensure(folder), 0);
    const struct sca_bytes content = {(const uint8_t *)text, sizeof text - 1};
    assert_int_equal(sca_file_replace(paths->conf[1], content), 0);
    for (size_t i = 0; i < 2; i++)
        image->conf[i] = sca_path_stamp(paths->conf[i]);
}

static void write_image(const struct world *world)
{
    const uint32_t sha2 =
        SCA_BIT(SCA_HASH_SHA256) | SCA_BIT(SCA_HASH_SHA384) | SCA_BIT(SCA_HASH_SHA512);
    const uint32_t pkcs1 = SCA_BIT(SCA_SCHEME_PKCS1), pss = SCA_BIT(SCA_SCHEME_PSS);
    const uint32_t sha256 = SCA_BIT(SCA_HASH_SHA256);
    SCA_IMAGE_AUTO image = sca_image_new();
    SCA_PATHS_AUTO paths = NULL;
    SCA_BUF_AUTO content = {0};
    assert_non_null(image);
    add_slot(image, "vnpt", world->rsa, pkcs1, sha256);
    add_slot(image, "rsa", world->rsa, pkcs1 | pss, sha2);
    add_slot(image, "ec", world->ec, SCA_BIT(SCA_SCHEME_ECDSA), sha2);
    add_slot(image, "password", world->rsa, pkcs1, sha256)->pin = SCA_PIN_PASSWORD;
    add_slot(image, "impatient", world->rsa, pkcs1, sha256)->timeout_s = 1;
    assert_int_equal(sca_paths_new(&paths), 0);
    write_configuration(paths, image);
    assert_int_equal(sca_image_encode(image, &content), 0);
    assert_int_equal(sca_dir_ensure(paths->cache_dir), 0);
    assert_int_equal(sca_file_replace(paths->image, (struct sca_bytes){content.data, content.len}),
                     0);
}

static void find_socket(struct world *world)
{
    SCA_PATHS_AUTO paths = NULL;
    assert_int_equal(sca_paths_new(&paths), 0);
    assert_int_equal(sca_dir_ensure(paths->socket_dir), 0);
    assert_true(strlen(paths->socket) < sizeof world->agent_socket);
    memcpy(world->agent_socket, paths->socket, strlen(paths->socket) + 1);
}

int world_set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    make_home(world);
    world->rsa = EVP_RSA_gen(2048);
    world->ec = EVP_EC_gen("P-256");
    assert_non_null(world->rsa);
    assert_non_null(world->ec);
    write_image(world);
    find_socket(world);
    world->agent = fake_agent_start(world->agent_socket, world->rsa, world->ec);
    assert_int_equal(C_Initialize(NULL), CKR_OK);
    CK_ULONG count = WORLD_SLOTS;
    assert_int_equal(C_GetSlotList(CK_TRUE, world->slots, &count), CKR_OK);
    assert_int_equal(count, WORLD_SLOTS);
    *state = world;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int world_tear_down(void **state)
{
    struct world *world = *state;
    assert_int_equal(C_Finalize(NULL), CKR_OK);
    fake_agent_stop(world->agent);
    assert_int_equal(nftw(world->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    EVP_PKEY_free(world->rsa);
    EVP_PKEY_free(world->ec);
    free(world);
    return 0;
}

CK_SESSION_HANDLE world_session(const struct world *world, enum world_slot slot)
{
    CK_SESSION_HANDLE session = 0;
    assert_int_equal(C_OpenSession(world->slots[slot], CKF_SERIAL_SESSION, NULL, NULL, &session),
                     CKR_OK);
    return session;
}

CK_OBJECT_HANDLE world_object(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof class};
    CK_OBJECT_HANDLE object = 0;
    CK_ULONG count = 0;
    assert_int_equal(C_FindObjectsInit(session, &template, 1), CKR_OK);
    assert_int_equal(C_FindObjects(session, &object, 1, &count), CKR_OK);
    assert_int_equal(C_FindObjectsFinal(session), CKR_OK);
    assert_int_equal(count, 1);
    return object;
}

/* DER of r||s, for OpenSSL. */
static size_t der_of(const CK_BYTE *raw, CK_ULONG len, unsigned char **ret_der)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    const int half = (int)len / 2;
    assert_int_equal(
        ECDSA_SIG_set0(pair, BN_bin2bn(raw, half, NULL), BN_bin2bn(raw + half, half, NULL)), 1);
    const int der_len = i2d_ECDSA_SIG(pair, ret_der);
    assert_true(der_len > 0);
    ECDSA_SIG_free(pair);
    return (size_t)der_len;
}

bool world_verify(const struct world *world, enum sca_scheme scheme, enum sca_hash hash,
                  const void *message, size_t message_len, const CK_BYTE *signature,
                  CK_ULONG signature_len)
{
    const bool ecdsa = scheme == SCA_SCHEME_ECDSA;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    unsigned char *der = NULL;
    const size_t len = ecdsa ? der_of(signature, signature_len, &der) : signature_len;
    bool ok = EVP_DigestVerifyInit(context, &key_context, EVP_get_digestbyname(sca_hash_name(hash)),
                                   NULL, ecdsa ? world->ec : world->rsa) == 1;
    if (scheme == SCA_SCHEME_PSS)
        ok = ok && EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1;
    ok = ok && EVP_DigestVerify(context, ecdsa ? der : signature, len, message, message_len) == 1;
    OPENSSL_free(der);
    EVP_MD_CTX_free(context);
    return ok;
}
