/* SPDX-License-Identifier: Apache-2.0 */
/* curl compares; here is what it must not be given, and what to tell the person. */
#include "cloud/http_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define HASH_LEN   32
#define BASE64_LEN 44

static const char prefix[] = "sha256//";
static const char cert_field[] = "Cert:";

static bool valid_pin(const char *pin, size_t len)
{
    unsigned char hash[BASE64_LEN];

    return len == strlen(prefix) + BASE64_LEN && strncmp(pin, prefix, strlen(prefix)) == 0 &&
           pin[len - 1] == '=' && pin[len - 2] != '=' &&
           EVP_DecodeBlock(hash, (const unsigned char *)pin + strlen(prefix), BASE64_LEN) ==
               HASH_LEN + 1; /* it counts the padding */
}

bool sca_http_key_valid(const char *pins)
{
    while (true) {
        size_t len = strcspn(pins, ";");

        if (!valid_pin(pins, len))
            return false;
        if (pins[len] == '\0')
            return true;
        pins += len + 1;
    }
}

/* The server's own certificate, the first of the chain, as PEM. */
static const char *shown_pem(CURL *easy)
{
    struct curl_certinfo *chain = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL ||
        chain->num_of_certs < 1)
        return NULL;
    for (const struct curl_slist *field = chain->certinfo[0]; field != NULL; field = field->next)
        if (strncmp(field->data, cert_field, strlen(cert_field)) == 0)
            return field->data + strlen(cert_field);
    return NULL;
}

static X509 *read_certificate(const char *pem)
{
    BIO *bio = pem != NULL ? BIO_new_mem_buf(pem, -1) : NULL;
    X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    BIO_free(bio);
    ERR_clear_error();
    return certificate;
}

void sca_http_key_shown(CURL *easy, char ret_pin[static SCA_HTTP_KEY_SIZE])
{
    X509 *certificate = read_certificate(shown_pem(easy));
    unsigned char *der = NULL;
    unsigned char hash[EVP_MAX_MD_SIZE];
    char base64[BASE64_LEN + 1];
    size_t hash_len = 0;
    int len = certificate != NULL ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : -1;

    ret_pin[0] = '\0';
    if (len > 0 && EVP_Q_digest(NULL, "SHA256", NULL, der, (size_t)len, hash, &hash_len) == 1 &&
        hash_len == HASH_LEN) {
        EVP_EncodeBlock((unsigned char *)base64, hash, HASH_LEN);
        snprintf(ret_pin, SCA_HTTP_KEY_SIZE, "%s%s", prefix, base64);
    }
    OPENSSL_free(der);
    X509_free(certificate);
}
