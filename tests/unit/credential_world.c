/* SPDX-License-Identifier: Apache-2.0 */
/* See credential_world.h. */
#include "harness.h"
#include "credential_world.h"

struct world world;

static const struct sca_provider everything = {
    .name = "test",
    .title = "VNPT SmartCA",
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1) | SCA_BIT(SCA_SCHEME_ECDSA),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
    .max_batch = 50,
};

static char account_name[] = "work";
static char account_url[] = "https://localhost";

struct sca_config_account an_account(void)
{
    return (struct sca_config_account){
        .name = account_name,
        .provider = &everything,
        .url = account_url,
        .hashes = SCA_BIT(SCA_HASH_SHA256),
        .confirm_timeout_s = 300,
        .pin = SCA_PIN_PASSWORD,
    };
}

struct sca_buf borrowed(struct sca_bytes bytes)
{
    union {
        const uint8_t *from;
        uint8_t *to;
    } data = {.from = bytes.data}; /* a listing only read from */

    return (struct sca_buf){.data = data.to, .len = bytes.len};
}

struct sca_cloud_cert cloud_cert(const struct cert *leaf, char *serial,
                                 const struct cert *const parts[])
{
    static char empty[] = "";
    struct sca_cloud_cert cert = {
        .serial = serial, .provider_id = empty, .service = empty, .status = empty};

    cert.der = borrowed(certs_der(leaf));
    for (size_t i = 0; parts != NULL && parts[i] != NULL; i++)
        cert.chain[cert.chain_count++] = borrowed(certs_der(parts[i]));
    return cert;
}

struct sca_credentials *credentials_of(const struct sca_config_account *account,
                                       struct sca_cloud_cert *certs, size_t count)
{
    struct sca_cloud_listing listing = {certs, count};
    struct sca_credentials *credentials = NULL;

    assert_int_equal(sca_credentials_from_listing(account, &listing, 1700000000, &credentials), 0);
    return credentials;
}

int world_make(void **state)
{
    (void)state;
    scratch_make(world.folder);
    snprintf(world.accounts_dir, sizeof world.accounts_dir, "%s/accounts", world.folder);
    snprintf(world.image_path, sizeof world.image_path, "%s/tokens", world.folder);
    world.paths = (struct sca_paths){.cache_dir = world.folder, .image = world.image_path};
    world.root = certs_make(certs_key("RSA"), "Root CA", "01", true, NULL);
    world.issuing = certs_make(certs_key("P-384"), "Issuing CA", "0FF0", true, &world.root);
    world.rsa = certs_make(certs_key("RSA"), "Nguyễn Thị Mẫu", "5401ABCDEF0123456789", false,
                           &world.issuing);
    world.ec = certs_make(certs_key("P-256"), "Công ty Mẫu", "F0", false, &world.issuing);
    world.renewed = certs_make(certs_key("P-256"), "Nguyễn Thị Mẫu", "5402", false, &world.issuing);
    world.edwards = certs_make(certs_key("ED25519"), "Ed", "77", false, &world.issuing);
    return 0;
}

int world_drop(void **state)
{
    struct cert *all[] = {&world.root, &world.issuing, &world.rsa,
                          &world.ec,   &world.renewed, &world.edwards};

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        certs_free(all[i]);
    scratch_remove(world.folder);
    return 0;
}
