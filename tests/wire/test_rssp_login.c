/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logging in at RSSP: the header is taken apart as the service would, with the public half of a key
 * made for the test, in a PKCS#12 file as old as those in use. Refresh tokens, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include "cloud/json.h"
#include "cloud/rssp_ssl2.h"
#include "drive.h"

#define TOKEN   "{\"error\":0,\"accessToken\":\"acc\",\"refreshToken\":\"ref-2\",\"expiresIn\":3600}"
#define RENEWED "{\"error\":0,\"accessToken\":\"acc\",\"expiresIn\":3600}"

static EVP_PKEY *rsa;
static struct sca_secret *old_file; /* RC2 and 3DES */
static struct sca_secret *new_file; /* AES */
static struct sca_secret *ec_file;

/* ---- a relying party ------------------------------------------------------------------------- */

static X509 *certify(EVP_PKEY *key)
{
    X509 *certificate = X509_new();

    assert_non_null(certificate);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static struct sca_secret *make_file(EVP_PKEY *key, int key_cipher, int cert_cipher)
{
    X509 *certificate = certify(key);
    PKCS12 *pkcs12 = PKCS12_create("p12-pass", "rp", key, certificate, NULL, key_cipher,
                                   cert_cipher, 1000, 1000, 0);
    struct sca_secret *file = NULL;
    uint8_t *der = NULL;

    assert_non_null(pkcs12);
    int len = i2d_PKCS12(pkcs12, &der);
    assert_true(len > 0);
    assert_int_equal(sca_secret_new(der, (size_t)len, &file), 0);
    OPENSSL_free(der);
    PKCS12_free(pkcs12);
    X509_free(certificate);
    return file;
}

static int setup(void **state)
{
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(NULL, "default");
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");

    (void)state;
    assert_non_null(legacy);
    rsa = EVP_RSA_gen(2048);
    old_file =
        make_file(rsa, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And40BitRC2_CBC);
    new_file = make_file(rsa, 0, 0);
    ec_file = make_file(ec, 0, 0);
    OSSL_PROVIDER_unload(legacy); /* the client has to find it itself */
    OSSL_PROVIDER_unload(standard);
    EVP_PKEY_free(ec);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    sca_secret_free(&old_file);
    sca_secret_free(&new_file);
    sca_secret_free(&ec_file);
    return 0;
}

/* ---- the service's side ---------------------------------------------------------------------- */

static bool proves(const char *text, const char *proof)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    SCA_BUF_AUTO signature = {0};

    assert_int_equal(sca_json_base64(proof, 1024, &signature), 0);
    bool good = EVP_DigestVerifyInit(digest, NULL, EVP_sha1(), NULL, rsa) == 1 &&
                EVP_DigestVerify(digest, signature.data, signature.len, (const uint8_t *)text,
                                 strlen(text)) == 1;
    EVP_MD_CTX_free(digest);
    return good;
}

static void decode(const char *base64, char *text, size_t size)
{
    SCA_BUF_AUTO bytes = {0};

    assert_int_equal(sca_json_base64(base64, size - 1, &bytes), 0);
    memcpy(text, bytes.data, bytes.len);
    text[bytes.len] = '\0';
}

/* The whole header of a person's log-in, at the time of the drive. */
static void expect_header(const char *header)
{
    char copy[8192];
    char party[4096];
    char person[512];

    assert_non_null(header);
    snprintf(copy, sizeof copy, "%s", header);
    assert_int_equal(strncmp(copy, "SSL2 ", 5), 0);
    char *basic = strstr(copy, ", Basic ");
    assert_non_null(basic);
    *basic = '\0';
    decode(copy + 5, party, sizeof party);
    decode(basic + 8, person, sizeof person);
    assert_string_equal(person, "USERNAME:012345678901:mật:khẩu");

    const char *front = "rp-user:rp-pass:c2ln:1647412200000:";
    assert_int_equal(strncmp(party, front, strlen(front)), 0);
    assert_true(proves("rp-userrp-passc2ln1647412200000", party + strlen(front)));
}

/* ---- driving --------------------------------------------------------------------------------- */

static void give(struct drive *drive, const struct sca_secret *secret)
{
    struct sca_event event = {
        .kind = SCA_EVENT_SECRET, .secret = secret, .now_utc = drive->now_utc};

    assert_int_equal(drive->action.step, SCA_STEP_NEED);
    sca_flow_step(drive->flow, &event, &drive->action);
}

static struct drive begin(const char *refresh)
{
    SCA_SECRET_AUTO token = NULL;
    struct sca_cloud_login login = {0};
    struct drive drive = {.now_utc = 1647412200};

    if (refresh != NULL)
        assert_int_equal(sca_secret_new(refresh, strlen(refresh), &token), 0);
    login.refresh = token;
    assert_int_equal(sca_provider_find("rssp")->login(&drive_account, &login, &drive.flow), 0);
    drive_start(&drive);
    return drive;
}

static void give_party(struct drive *drive, const struct sca_secret *file, const char *pass)
{
    expect_need(drive, SCA_SECRET_PASSWORD);
    drive_secret(drive, "mật:khẩu");
    expect_need(drive, SCA_SECRET_RP_PASSWORD);
    drive_secret(drive, "rp-pass");
    expect_need(drive, SCA_SECRET_RP_SIGNATURE);
    drive_secret(drive, "c2ln");
    expect_need(drive, SCA_SECRET_RP_KEY);
    give(drive, file);
    expect_need(drive, SCA_SECRET_RP_KEY_PASSWORD);
    drive_secret(drive, pass);
}

static void expect_tokens(struct drive *drive, const char *refresh)
{
    expect_done(drive);
    const struct sca_cloud_token *token = sca_flow_token(drive->flow);
    assert_non_null(token);
    assert_string_equal(sca_secret_text(token->access), "acc");
    assert_string_equal(sca_secret_text(token->refresh), refresh);
    assert_int_equal(token->expires_in_s, 3600);
}

static void test_password(void **state)
{
    const struct sca_secret *const files[] = {old_file, new_file};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct drive drive = begin(NULL);

        give_party(&drive, files[i], "p12-pass");
        expect_send(&drive, "/auth/login");
        expect_header(drive.action.request.authorization);
        expect_body(&drive, "\"relyingParty\":\"RP\"", true);
        expect_body(&drive, "mật", false);
        drive_reply(&drive, 200, TOKEN);
        expect_tokens(&drive, "ref-2");
        drive_finish(&drive, 0);
    }
}

static void test_refresh(void **state)
{
    static const struct {
        const char *reply;
        const char *refresh; /* that is kept */
    } rows[] = {{TOKEN, "ref-2"}, {RENEWED, "ref-1"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct drive drive = begin("ref-1");

        expect_send(&drive, "/auth/login");
        assert_string_equal(drive.action.request.authorization, "Bearer ref-1");
        drive_reply(&drive, 200, rows[i].reply);
        expect_tokens(&drive, rows[i].refresh);
        drive_finish(&drive, 0);
    }
}

/* A refresh token that is over costs nothing but the way; trouble on the way is no refusal. */
static void test_refresh_refused(void **state)
{
    struct drive drive = begin("ref-1");

    (void)state;
    drive_reply(&drive, 200, "{\"error\":3006,\"errorDescription\":\"Token is invalid\"}");
    give_party(&drive, new_file, "p12-pass");
    expect_header(drive.action.request.authorization);
    drive_reply(&drive, 200, RENEWED);
    expect_done(&drive);
    assert_null(sca_flow_token(drive.flow)->refresh);
    drive_finish(&drive, 0);

    drive = begin("ref-1");
    drive_reply(&drive, 200, "{\"error\":3005}");
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);

    drive = begin("ref-1");
    drive_reply(&drive, 503, "");
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);

    drive = begin("ref-1");
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_fail(&drive, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void test_refused(void **state)
{
    static const struct {
        const char *body;
        int err;
    } rows[] = {
        {"{\"error\":3001,\"errorDescription\":\"Relying party authentication failed\"}",
         SCA_E_SP_AUTH},
        {"{\"error\":3004,\"errorDescription\":\"Time is out of range\"}", SCA_E_SP_AUTH},
        {"{\"error\":3002,\"errorDescription\":\"User authentication failed\"}", SCA_E_USER_AUTH},
        {"{\"error\":3002,\"errorDescription\":\"?\",\"remainingCounter\":4}", SCA_E_USER_AUTH},
        {"{\"error\":3003,\"errorDescription\":\"User is locked\",\"tempLockoutDuration\":300}",
         SCA_E_USER_LOCKED},
        {"{\"error\":0}", SCA_E_SERVER},
        {"<html>", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct drive drive = begin(NULL);

        give_party(&drive, new_file, "p12-pass");
        drive_reply(&drive, 200, rows[i].body);
        expect_fail(&drive, rows[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
        assert_int_equal(drive.sends, 1); /* a refused password is not sent again */
    }
}

static void test_bad_key(void **state)
{
    struct drive drive = begin(NULL);

    (void)state;
    give_party(&drive, new_file, "wrong");
    expect_fail(&drive, SCA_E_CONFIG, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);

    drive = begin(NULL);
    give_party(&drive, ec_file, "p12-pass");
    expect_fail(&drive, SCA_E_CONFIG, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

/* The service parts name and password at the first colon. */
static void test_colon(void **state)
{
    SCA_SECRET_AUTO password = NULL;
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, 1024);
    assert_int_equal(sca_secret_new("x", 1, &password), 0);
    assert_int_equal(sca_rssp_add_person(&out, "a:b", password), SCA_E_CONFIG);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password),        cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_refresh_refused), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bad_key),         cmocka_unit_test(test_colon),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
