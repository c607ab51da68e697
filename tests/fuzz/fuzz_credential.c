/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a certificate of a cloud to the token image. The input changes bytes of a good certificate
 * (three bytes each: place, value), else it is the certificate itself; whatever is accepted as a
 * credential must be writable as an image that can be read back.
 */
#include "fuzz.h"
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include "agent/credential.h"
#include "agent/image_writer.h"

static uint8_t good[4096];
static size_t good_len;

static const struct sca_provider provider = {
    .name = "fuzz",
    .title = "Fuzz Service",
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1) | SCA_BIT(SCA_SCHEME_ECDSA),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
};

static void make_good(const char *kind)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
    X509 *x509 = X509_new();
    X509_NAME *name = X509_NAME_new();
    unsigned char *pos = good;

    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 0x5401);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"Mẫu", -1, -1, 0);
    X509_set_subject_name(x509, name);
    X509_set_issuer_name(x509, name);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
    X509_set_pubkey(x509, key);
    if (X509_sign(x509, key, EVP_sha256()) <= 0 || i2d_X509(x509, NULL) > (int)sizeof good)
        abort();
    good_len = (size_t)i2d_X509(x509, &pos);
    X509_NAME_free(name);
    X509_free(x509);
    EVP_PKEY_free(key);
}

static void write_image(const struct sca_config_account *account,
                        const struct sca_credentials *credentials)
{
    struct sca_config_account accounts[1] = {*account};
    struct sca_config config = {.accounts = accounts, .account_count = 1};
    SCA_IMAGE_AUTO decoded = NULL;
    SCA_BUF_AUTO content = {0};

    if (!fuzz_well(sca_image_writer_build(&config, &credentials, &content) == 0))
        return;
    int err = sca_image_decode(&content, &decoded);
    content = (struct sca_buf){0};
    if (fuzz_well(err == 0))
        fuzz_check(decoded->slot_count == credentials->count);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static char name[] = "a", url[] = "https://a", serial[] = "5401", empty[] = "";
    const struct sca_config_account account = {
        .name = name, .url = url, .provider = &provider, .hashes = provider.hashes};
    struct sca_credentials *credentials = NULL;
    struct sca_cloud_cert cert = {
        .serial = serial, .provider_id = empty, .service = empty, .status = empty};
    const struct sca_cloud_listing listing = {&cert, 1};
    uint8_t der[sizeof good];
    size_t len = size < sizeof der ? size : sizeof der;

    if (good_len == 0)
        make_good("P-256");
    if (size % 3 == 0) {
        len = good_len;
        memcpy(der, good, good_len);
        for (size_t i = 0; i + 2 < size; i += 3)
            der[(data[i] + 256u * data[i + 1]) % good_len] = data[i + 2];
    } else {
        memcpy(der, data, len);
    }
    cert.der = (struct sca_buf){.data = der, .len = len};
    cert.chain[0] = cert.der;
    cert.chain[1] = (struct sca_buf){.data = good, .len = good_len};
    cert.chain_count = 2;
    if (!fuzz_well(sca_credentials_from_listing(&account, &listing, 1, &credentials) == 0))
        return;
    write_image(&account, credentials);
    sca_credentials_free(credentials);
}
