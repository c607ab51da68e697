/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of token objects. What is the same for several objects is one table or one function;
 * adding stops at the first error, which sticks in struct maker and is asked once per object.
 */
#include "image_objects.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "common/err.h"
#include "common/mechs.h"
#include "cryptoki.h"
#include "x509.h"

#define MECHS_MAX   32u
#define CHECK_BYTES 3u /* of CKA_CHECK_VALUE */

struct maker {
    struct sca_image_slot *slot;
    const struct sca_credential *credential;
    struct sca_image_object *object; /* the one being filled */
    int err;
};

struct flag {
    CK_ATTRIBUTE_TYPE type;
    bool value;
};

/* What every token object of ours says; CKA_PRIVATE is looked at in each search. */
static const struct flag first_flags[] = {{CKA_PRIVATE, false}, {CKA_TOKEN, true}};
static const struct flag last_flags[] = {
    {CKA_MODIFIABLE, false}, {CKA_COPYABLE, false}, {CKA_DESTROYABLE, false}};

static const struct flag public_key_flags[] = {
    {CKA_DERIVE, false}, {CKA_LOCAL, false},          {CKA_ENCRYPT, false}, {CKA_VERIFY, true},
    {CKA_WRAP, false},   {CKA_VERIFY_RECOVER, false}, {CKA_TRUSTED, false},
};

/* The key never leaves the provider's HSM; who made it there we cannot know: CKA_LOCAL is false. */
static const struct flag private_key_flags[] = {
    {CKA_DERIVE, false},
    {CKA_LOCAL, false},
    {CKA_SENSITIVE, true},
    {CKA_ALWAYS_SENSITIVE, true},
    {CKA_EXTRACTABLE, false},
    {CKA_NEVER_EXTRACTABLE, true},
    {CKA_DECRYPT, false},
    {CKA_SIGN, true},
    {CKA_SIGN_RECOVER, false},
    {CKA_UNWRAP, false},
    {CKA_WRAP_WITH_TRUSTED, false},
    {CKA_ALWAYS_AUTHENTICATE, false},
};

static void add_bytes(struct maker *maker, CK_ATTRIBUTE_TYPE type, const void *data, size_t len)
{
    if (maker->err == 0)
        maker->err = sca_image_add_bytes(maker->object, type, (struct sca_bytes){data, len});
}

static void add_text(struct maker *maker, CK_ATTRIBUTE_TYPE type, const char *text)
{
    add_bytes(maker, type, text, strlen(text));
}

static void add_ulong(struct maker *maker, CK_ATTRIBUTE_TYPE type, uint64_t value)
{
    if (maker->err == 0)
        maker->err = sca_image_add_ulong(maker->object, type, value);
}

static void add_flags(struct maker *maker, const struct flag *flags, size_t count)
{
    for (size_t i = 0; maker->err == 0 && i < count; i++)
        maker->err = sca_image_add_bool(maker->object, flags[i].type, flags[i].value);
}

/* Takes what an i2d function made; its result is the length or an error. */
static void add_der(struct maker *maker, CK_ATTRIBUTE_TYPE type, unsigned char *der, int len)
{
    if (len <= 0 && maker->err == 0)
        maker->err = SCA_E_FORMAT;
    else
        add_bytes(maker, type, der, (size_t)len);
    OPENSSL_free(der);
}

/*
 * A new object. Attributes are found by walking, so what hosts ask for most comes first: class,
 * label, identifier, then what the object is for.
 */
static void begin(struct maker *maker, CK_OBJECT_CLASS class)
{
    if (maker->err != 0)
        return;
    maker->object = sca_image_add_object(maker->slot);
    if (maker->object == NULL) {
        maker->err = SCA_E_NOMEM;
        return;
    }
    add_ulong(maker, CKA_CLASS, class);
    add_flags(maker, first_flags, sizeof first_flags / sizeof first_flags[0]);
}

/*
 * @unique is its CKA_UNIQUE_ID, which tells the objects of one token apart: what several tokens
 * have (CA certificates, profiles) is called the same in all of them, so that the image holds it
 * once.
 */
static void end(struct maker *maker, const char *unique)
{
    add_flags(maker, last_flags, sizeof last_flags / sizeof last_flags[0]);
    add_text(maker, CKA_UNIQUE_ID, unique);
}

/* One of the credential's own. */
static void end_own(struct maker *maker, const char *part)
{
    char unique[SCA_CREDENTIAL_ID_SIZE + 64];

    snprintf(unique, sizeof unique, "%.32s-%s", maker->credential->id, part);
    end(maker, unique);
}

/* ---- from certificates --------------------------------------------------------------------------
 */

static void add_date(struct maker *maker, CK_ATTRIBUTE_TYPE type, int64_t utc)
{
    time_t time = (time_t)utc;
    struct tm tm;
    char date[16] = "";

    if (gmtime_r(&time, &tm) != NULL && strftime(date, sizeof date, "%Y%m%d", &tm) == 8)
        add_bytes(maker, type, date, sizeof(CK_DATE));
}

static void add_validity(struct maker *maker, const X509 *certificate)
{
    int64_t not_before = 0;
    int64_t not_after = 0;

    if (maker->err == 0)
        maker->err = sca_x509_validity(certificate, &not_before, &not_after);
    add_date(maker, CKA_START_DATE, not_before);
    add_date(maker, CKA_END_DATE, not_after);
}

static void add_name(struct maker *maker, CK_ATTRIBUTE_TYPE type, const X509_NAME *name)
{
    const unsigned char *der = NULL;
    size_t len = 0;

    if (X509_NAME_get0_der(name, &der, &len) != 1 && maker->err == 0)
        maker->err = SCA_E_FORMAT;
    add_bytes(maker, type, der, len);
}

static void add_public_key_info(struct maker *maker, const X509 *certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

    add_der(maker, CKA_PUBLIC_KEY_INFO, der, len);
}

/* SHA-1 of the content of the public key's BIT STRING, as for a subject key identifier. */
static void add_key_id(struct maker *maker, const X509 *certificate)
{
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(certificate);
    uint8_t digest[SHA_DIGEST_LENGTH];

    SHA1(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits), digest);
    add_bytes(maker, CKA_ID, digest, sizeof digest);
}

static void add_certificate(struct maker *maker, const X509 *certificate, struct sca_bytes der,
                            CK_ULONG category)
{
    static const struct flag trusted[] = {{CKA_TRUSTED, false}};
    unsigned char *serial = NULL;
    uint8_t digest[SHA_DIGEST_LENGTH];

    SHA1(der.data, der.len, digest);
    /* First: what follows stands in it, and the image does not hold it twice. */
    add_bytes(maker, CKA_VALUE, der.data, der.len);
    add_name(maker, CKA_SUBJECT, X509_get_subject_name(certificate));
    add_name(maker, CKA_ISSUER, X509_get_issuer_name(certificate));
    int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &serial);
    add_der(maker, CKA_SERIAL_NUMBER, serial, len);
    add_ulong(maker, CKA_CERTIFICATE_TYPE, CKC_X_509);
    add_ulong(maker, CKA_CERTIFICATE_CATEGORY, category);
    add_flags(maker, trusted, 1);
    add_bytes(maker, CKA_CHECK_VALUE, digest, CHECK_BYTES);
    add_validity(maker, certificate);
    add_public_key_info(maker, certificate);
}

/* GnuTLS looks for an issuer by CKA_ID = its subject key identifier. */
static void add_ca(struct maker *maker, const X509 *certificate, struct sca_bytes der)
{
    /* Not the getter for the extension: that one caches in the certificate, which is const. */
    ASN1_OCTET_STRING *key_id =
        X509_get_ext_d2i(certificate, NID_subject_key_identifier, NULL, NULL);
    char name[SCA_X509_TEXT_MAX];
    char part[32];
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256(der.data, der.len, digest);
    snprintf(part, sizeof part, "ca-%02x%02x%02x%02x%02x%02x%02x%02x", digest[0], digest[1],
             digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]);
    begin(maker, CKO_CERTIFICATE);
    sca_x509_name(X509_get_subject_name(certificate), name);
    add_text(maker, CKA_LABEL, name);
    if (key_id != NULL && ASN1_STRING_length(key_id) > 0)
        add_bytes(maker, CKA_ID, ASN1_STRING_get0_data(key_id), (size_t)ASN1_STRING_length(key_id));
    else
        add_key_id(maker, certificate);
    ASN1_OCTET_STRING_free(key_id);
    add_certificate(maker, certificate, der, CK_CERTIFICATE_CATEGORY_AUTHORITY);
    end(maker, part);
}

/* ---- keys
 * ----------------------------------------------------------------------------------------- */

static void add_number(struct maker *maker, CK_ATTRIBUTE_TYPE type, const EVP_PKEY *key,
                       const char *name)
{
    BIGNUM *number = NULL;
    uint8_t bytes[16384 / 8];

    if (maker->err != 0)
        return;
    if (EVP_PKEY_get_bn_param(key, name, &number) != 1 ||
        (size_t)BN_num_bytes(number) > sizeof bytes)
        maker->err = SCA_E_FORMAT;
    else
        add_bytes(maker, type, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
}

static void add_rsa(struct maker *maker, const X509 *certificate)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);

    add_number(maker, CKA_MODULUS, key, OSSL_PKEY_PARAM_RSA_N);
    add_number(maker, CKA_PUBLIC_EXPONENT, key, OSSL_PKEY_PARAM_RSA_E);
    add_ulong(maker, CKA_MODULUS_BITS, maker->credential->key_bits);
}

/* The point is the BIT STRING's content, wrapped as an OCTET STRING; the curve is its OID. */
static void add_ec(struct maker *maker, const X509 *certificate)
{
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(certificate);
    X509_ALGOR *algorithm = NULL;
    const void *curve = NULL;
    int curve_type = V_ASN1_UNDEF;
    unsigned char *params = NULL;
    unsigned char *point = NULL;
    ASN1_OCTET_STRING *wrapped = ASN1_OCTET_STRING_new();

    if (wrapped == NULL || ASN1_OCTET_STRING_set(wrapped, ASN1_STRING_get0_data(bits),
                                                 ASN1_STRING_length(bits)) != 1) {
        ASN1_OCTET_STRING_free(wrapped);
        maker->err = SCA_E_NOMEM;
        return;
    }
    X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(certificate));
    X509_ALGOR_get0(NULL, &curve_type, &curve, algorithm);
    int len = 0;
    if (curve_type == V_ASN1_SEQUENCE) { /* a known curve, spelled out */
        const ASN1_STRING *spelled = curve;

        add_bytes(maker, CKA_EC_PARAMS, ASN1_STRING_get0_data(spelled),
                  (size_t)ASN1_STRING_length(spelled));
    } else {
        len = curve_type == V_ASN1_OBJECT ? i2d_ASN1_OBJECT(curve, &params) : 0;
        add_der(maker, CKA_EC_PARAMS, params, len);
    }
    len = i2d_ASN1_OCTET_STRING(wrapped, &point);
    add_der(maker, CKA_EC_POINT, point, len);
    ASN1_OCTET_STRING_free(wrapped);
}

static void add_mechanisms(struct maker *maker)
{
    const struct sca_mech *mechs = NULL;
    size_t count = sca_mechs_signing(&mechs);
    uint64_t types[MECHS_MAX];
    size_t used = 0;

    for (size_t i = 0; i < count && used < MECHS_MAX; i++)
        if (sca_mechs_offered(&mechs[i], maker->slot->key_type, maker->slot->schemes,
                              maker->slot->hashes))
            types[used++] = mechs[i].type;
    if (maker->err == 0)
        maker->err = sca_image_add_ulongs(maker->object, CKA_ALLOWED_MECHANISMS, types, used);
}

static void add_key(struct maker *maker, const X509 *certificate, const char *label)
{
    bool rsa = maker->credential->key_type == SCA_KEY_RSA;

    add_text(maker, CKA_LABEL, label);
    add_key_id(maker, certificate);
    add_ulong(maker, CKA_KEY_TYPE, rsa ? CKK_RSA : CKK_EC);
    add_ulong(maker, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION);
    add_validity(maker, certificate);
    add_name(maker, CKA_SUBJECT, X509_get_subject_name(certificate));
    add_public_key_info(maker, certificate);
    add_mechanisms(maker);
    if (rsa)
        add_rsa(maker, certificate);
    else
        add_ec(maker, certificate);
}

/* ---- a slot's objects
 * ------------------------------------------------------------------------------- */

static void add_leaf(struct maker *maker, const char *label)
{
    const struct sca_bytes der = maker->credential->der;
    SCA_X509_AUTO certificate = NULL;

    maker->err = sca_x509_parse(der, &certificate);
    if (maker->err != 0)
        return;
    begin(maker, CKO_CERTIFICATE);
    add_text(maker, CKA_LABEL, label);
    add_key_id(maker, certificate);
    add_certificate(maker, certificate, der, CK_CERTIFICATE_CATEGORY_TOKEN_USER);
    end_own(maker, "certificate");
    begin(maker, CKO_PUBLIC_KEY);
    add_key(maker, certificate, label);
    add_flags(maker, public_key_flags, sizeof public_key_flags / sizeof public_key_flags[0]);
    end_own(maker, "public");
    begin(maker, CKO_PRIVATE_KEY);
    add_key(maker, certificate, label);
    add_flags(maker, private_key_flags, sizeof private_key_flags / sizeof private_key_flags[0]);
    end_own(maker, "private");
}

static void add_chain(struct maker *maker)
{
    for (size_t i = 0; maker->err == 0 && i < maker->credential->chain_count; i++) {
        const struct sca_bytes der = maker->credential->chain[i];
        SCA_X509_AUTO certificate = NULL;

        maker->err = sca_x509_parse(der, &certificate);
        if (maker->err == 0)
            add_ca(maker, certificate, der);
    }
}

static void add_profiles(struct maker *maker)
{
    static const struct {
        CK_ULONG id;
        const char *part;
    } profiles[] = {
        {CKP_BASELINE_PROVIDER, "profile-baseline"},
        {CKP_EXTENDED_PROVIDER, "profile-extended"},
        {CKP_AUTHENTICATION_TOKEN, "profile-authentication"},
        {CKP_PUBLIC_CERTIFICATES_TOKEN, "profile-public-certificates"},
    };

    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        begin(maker, CKO_PROFILE);
        add_ulong(maker, CKA_PROFILE_ID, profiles[i].id);
        end(maker, profiles[i].part);
    }
}

int sca_image_objects_add(struct sca_image_slot *slot, const struct sca_credential *credential,
                          const char *label)
{
    struct maker maker = {.slot = slot, .credential = credential};

    add_leaf(&maker, label);
    add_chain(&maker);
    add_profiles(&maker);
    return maker.err;
}
