/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificates. OpenSSL's error queue is emptied after each failure: nobody else reads it.
 */
#include "x509.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common/err.h"
#include "common/text.h"

/* What OpenSSL could not read is malformed, unless memory was out meanwhile. Empties its queue. */
static int read_err(void)
{
    int err = SCA_E_FORMAT;

    for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error())
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            err = SCA_E_NOMEM;
    return err;
}

int sca_x509_parse(struct sca_bytes der, X509 **ret_certificate)
{
    const unsigned char *pos = der.data;

    if (der.len == 0 || der.len > SCA_X509_DER_MAX)
        return SCA_E_FORMAT;
    ERR_clear_error();
    X509 *certificate = d2i_X509(NULL, &pos, (long)der.len);
    if (certificate != NULL && pos == der.data + der.len) {
        *ret_certificate = certificate;
        return 0;
    }
    X509_free(certificate);
    return read_err();
}

static bool find_name(const X509_NAME *name, int nid, char *ret_text)
{
    int last = -1;
    unsigned char *utf8 = NULL;

    for (int i = X509_NAME_get_index_by_NID(name, nid, -1); i >= 0;
         i = X509_NAME_get_index_by_NID(name, nid, i))
        last = i;
    if (last < 0)
        return false;
    int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
    if (len < 0) {
        ERR_clear_error();
        return false;
    }
    for (int i = 0; i < len; i++)
        if (utf8[i] == '\0') /* a name must not end where the issuer did not end it */
            utf8[i] = '?';
    sca_text_printable((const char *)utf8, ret_text, SCA_X509_TEXT_MAX);
    OPENSSL_free(utf8);
    return ret_text[0] != '\0';
}

void sca_x509_name(const X509_NAME *name, char ret_text[static SCA_X509_TEXT_MAX])
{
    if (!find_name(name, NID_commonName, ret_text) &&
        !find_name(name, NID_organizationName, ret_text))
        memcpy(ret_text, "?", 2);
}

static int to_utc(const ASN1_TIME *time, int64_t *ret_utc)
{
    struct tm tm = {0};

    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
        ERR_clear_error();
        return SCA_E_FORMAT;
    }
    *ret_utc = (int64_t)timegm(&tm);
    return 0;
}

int sca_x509_validity(const X509 *certificate, int64_t *ret_not_before, int64_t *ret_not_after)
{
    int64_t not_before = 0;
    int err = to_utc(X509_get0_notBefore(certificate), &not_before);

    if (err == 0)
        err = to_utc(X509_get0_notAfter(certificate), ret_not_after);
    if (err == 0)
        *ret_not_before = not_before;
    return err;
}

int sca_x509_key(const X509 *certificate, enum sca_key_type *ret_type, uint32_t *ret_bits)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
    char curve[64];
    size_t len = 0;
    int err = SCA_E_UNSUPPORTED;

    if (key == NULL) {
        /* an algorithm that OpenSSL does not know, or a malformed key */
    } else if (EVP_PKEY_is_a(key, "RSA") && bits >= 1024 && bits <= 16384) {
        *ret_type = SCA_KEY_RSA;
        err = 0;
    } else if (EVP_PKEY_is_a(key, "EC") &&
               EVP_PKEY_get_group_name(key, curve, sizeof curve, &len) == 1 && bits >= 160) {
        *ret_type = SCA_KEY_EC;
        err = 0;
    }
    ERR_clear_error();
    if (err == 0)
        *ret_bits = (uint32_t)bits;
    return err;
}

int sca_x509_serial(const X509 *certificate, char **ret_hex)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
    const uint8_t *data = ASN1_STRING_get0_data(serial);
    size_t len = (size_t)ASN1_STRING_length(serial);
    char *hex = malloc(2 * len + 1);

    if (hex == NULL)
        return SCA_E_NOMEM;
    sca_hex_encode((struct sca_bytes){data, len}, hex);
    size_t zeros = strspn(hex, "0");
    if (zeros == 2 * len && zeros > 0)
        zeros--;
    memmove(hex, hex + zeros, 2 * len - zeros + 1);
    *ret_hex = hex;
    return 0;
}
