/* SPDX-License-Identifier: Apache-2.0 */
/* CSC: what is read out of constructed replies, form by form, and what requests hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/base.h"
#include "cloud/csc_reply.h"
#include "cloud/wire_csc.h"
#include "drive.h"

#define S256              SCA_BIT(SCA_HASH_SHA256)
#define S384              SCA_BIT(SCA_HASH_SHA384)
#define S512              SCA_BIT(SCA_HASH_SHA512)
#define S_ALL             (S256 | S384 | S512)
#define PKCS1             SCA_BIT(SCA_SCHEME_PKCS1)
#define ECDSA             SCA_BIT(SCA_SCHEME_ECDSA)
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static struct sca_http_reply reply_of(int http, const char *body)
{
    return (struct sca_http_reply){
        .transport = SCA_TRANSPORT_OK,
        .detail = "",
        .status = http,
        .body = {(const uint8_t *)body, strlen(body)},
    };
}

static json_t *json_of(const char *text)
{
    json_t *root = NULL;

    assert_int_equal(sca_json_load((struct sca_bytes){(const uint8_t *)text, strlen(text)}, &root),
                     0);
    return root;
}

/* ---- what a service says of itself ----------------------------------------------------------- */

static void info_is_read_in_every_form(void **state)
{
    static const struct {
        const char *body;
        int err;
        struct sca_csc_service service;
    } rows[] = {
        {"{\"specs\":\"1.0.4.0\",\"authType\":[\"basic\",\"oauth2code\"],\"oauth2\":\"https://a/"
         "\"}",
         0,
         {.version = 1, .auth = SCA_CSC_AUTH_BASIC | SCA_CSC_AUTH_CODE, .oauth2 = "https://a/"}},
        {"{\"specs\":\"2.0.0.2\",\"authType\":\"oauth2client\",\"asynchronousOperationMode\":true,"
         "\"methods\":[\"signatures/signHash\",\"signatures/signPolling\"],"
         "\"oauth2Issuer\":\"https://b\"}",
         0,
         {.version = 2, .auth = SCA_CSC_AUTH_CLIENT, .asynchronous = true, .issuer = "https://b"}},
        /* Without signPolling nothing could be fetched later. */
        {"{\"specs\":\"2.0.0.2\",\"asynchronousOperationMode\":\"true\",\"methods\":[\"info\"]}",
         0,
         {.version = 2}},
        {"{\"specs\":\"2.2.0.0\",\"oauth2Servers\":[{\"baseUri\":\"https://c\",\"authType\":["
         "\"oauth2code\"]}],\"supportedHashTypes\":[\"2.16.840.1.101.3.4.2.1\",\"dtbsr\"]}",
         0,
         {.version = 2,
          .auth = SCA_CSC_AUTH_CODE,
          .hashes = SCA_BIT(SCA_HASH_SHA256),
          .oauth2 = "https://c"}},
        {"{\"specs\":null,\"methods\":[],\"authType\":null,\"oauth2\":\"http://plain\"}", 0, {0}},
        {"{\"message\":\"hello\"}", SCA_E_NOT_FOUND, {0}},
        {"<html>", SCA_E_NOT_FOUND, {0}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sca_http_reply reply = reply_of(200, rows[i].body);
        char detail[SCA_CLOUD_DETAIL_SIZE];
        struct sca_csc_service service = {0};
        assert_int_equal(sca_csc_read_info(&reply, &service, detail), rows[i].err);
        assert_int_equal(service.version, rows[i].service.version);
        assert_int_equal(service.auth, rows[i].service.auth);
        assert_int_equal(service.asynchronous, rows[i].service.asynchronous);
        assert_int_equal(service.hashes, rows[i].service.hashes);
        assert_string_equal(service.oauth2, rows[i].service.oauth2);
        assert_string_equal(service.issuer, rows[i].service.issuer);
    }
}

/* ---- credentials ----------------------------------------------------------------------------- */

#define RSA_KEY "\"key\":{\"status\":\"enabled\",\"algo\":[\"1.2.840.113549.1.1.1\"],\"len\":2048}"

static void factors_are_read_in_both_versions(void **state)
{
    static const struct {
        const char *body;
        enum sca_csc_mode mode;
        size_t count;
        enum sca_csc_factor factors[3];
        uint32_t multisign;
    } rows[] = {
        {"{\"authMode\":\"implicit\",\"multisign\":5}", SCA_CSC_IMPLICIT, 0, {0}, 5},
        {"{\"authMode\":\"explicit\",\"PIN\":{\"presence\":\"true\"},\"OTP\":{\"presence\":"
         "\"false\"},\"multisign\":\"12\"}",
         SCA_CSC_EXPLICIT,
         1,
         {SCA_CSC_PIN},
         12},
        {"{\"authMode\":\"explicit\",\"PIN\":{\"presence\":true},\"OTP\":{\"presence\":\"true\","
         "\"type\":\"online\"},\"multisign\":0}",
         SCA_CSC_EXPLICIT,
         2,
         {SCA_CSC_PIN, SCA_CSC_SENT_OTP},
         1},
        {"{\"authMode\":\"explicit\",\"PIN\":{\"presence\":\"optional\"},\"OTP\":{\"presence\":"
         "\"true\",\"type\":\"offline\"},\"multisign\":null}",
         SCA_CSC_EXPLICIT,
         1,
         {SCA_CSC_OTP},
         1},
        {"{\"authMode\":\"oauth2code\"}", SCA_CSC_BROWSER, 0, {0}, 1},
        {"{\"auth\":{\"mode\":\"oauth2code\"},\"multisign\":99999999999}",
         SCA_CSC_BROWSER,
         0,
         {0},
         UINT32_MAX},
        {"{\"auth\":{\"mode\":\"explicit\",\"expression\":\"PIN AND OTP\",\"objects\":["
         "{\"type\":\"Password\",\"id\":\"PIN\"},"
         "{\"type\":\"Password\",\"id\":\"OTP\",\"generator\":\"totp\"}]}}",
         SCA_CSC_EXPLICIT,
         2,
         {SCA_CSC_PIN, SCA_CSC_OTP},
         1},
        {"{\"auth\":{\"mode\":\"explicit\",\"objects\":[{\"type\":\"ChallengeResponse\",\"id\":"
         "\"c\"},{\"type\":\"ChallengeResponseOOB\",\"id\":\"m\"},{\"type\":\"PasswordOOB\",\"id\":"
         "\"p\"},{\"type\":\"Password\"}]}}",
         SCA_CSC_EXPLICIT,
         3,
         {SCA_CSC_SENT_OTP, SCA_CSC_APP, SCA_CSC_APP},
         1},
        {"{}", SCA_CSC_IMPLICIT, 0, {0}, 1},
        {"{\"auth\":[],\"authMode\":7,\"PIN\":[],\"OTP\":null}", SCA_CSC_IMPLICIT, 0, {0}, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sca_csc_credential credential;
        json_t *root = json_of(rows[i].body);
        sca_csc_parse_credential(root, &credential);
        json_decref(root);
        assert_int_equal(credential.mode, rows[i].mode);
        assert_int_equal(credential.object_count, rows[i].count);
        for (size_t k = 0; k < rows[i].count; k++)
            assert_int_equal(credential.objects[k].factor, rows[i].factors[k]);
        assert_int_equal(credential.multisign, rows[i].multisign);
    }
}

static void the_least_troublesome_choice_is_made(void **state)
{
    static const struct sca_csc_object all[] = {
        {"PIN", SCA_CSC_PIN}, {"SMS", SCA_CSC_SENT_OTP}, {"app", SCA_CSC_APP}, {"T", SCA_CSC_OTP}};
    static const struct {
        const char *expression;
        const char *kept; /* first letters */
    } rows[] = {
        {NULL, "PSaT"},
        {"", "PSaT"},
        {"PIN", "P"},
        {"PIN AND (SMS OR app)", "Pa"},
        {"(SMS AND PIN) OR T", "T"},
        {"SMS or app", "a"},
        {"PIN AND SMS OR app AND T", "aT"},
        {"SMS XOR T", "T"},
        {"((((PIN))))", "P"},
        /* not understood: everything */
        {"PIN AND", "PSaT"},
        {"PIN AND card", "PSaT"},
        {"PIN)", "PSaT"},
        {"(PIN", "PSaT"},
        {"NOT PIN", "PSaT"},
        {"((((((((((((((((((((((((PIN))))))))))))))))))))))))", "PSaT"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sca_csc_object objects[ARRAY_SIZE(all)];
        memcpy(objects, all, sizeof all);
        size_t count = sca_csc_choose_objects(rows[i].expression, objects, ARRAY_SIZE(all));
        assert_int_equal(count, strlen(rows[i].kept));
        for (size_t k = 0; k < count; k++)
            assert_int_equal(objects[k].id[0], rows[i].kept[k]);
    }
}

/* ---- listing --------------------------------------------------------------------------------- */

static void a_listing_is_read_whatever_its_types(void **state)
{
    static const char *const bodies[] = {
        "{\"credentialIDs\":[\"a\",\"b\",\"c\",\"\"],\"credentialInfos\":["
        "{\"credentialID\":\"a\"," RSA_KEY ",\"cert\":{\"status\":\"valid\",\"certificates\":["
        "\"AQID\",\"BA\\r\\nUG\"],\"serialNumber\":\"0A1B\"},\"multisign\":3},"
        "{\"credentialID\":\"broken\"," RSA_KEY ",\"cert\":{\"certificates\":[\"?\"]}},"
        "{\"credentialID\":\"b\",\"key\":{\"status\":\"disabled\",\"algo\":\"1.2.840.10045.4.3.2\","
        "\"len\":\"256\"},\"cert\":{\"status\":\"valid\",\"certificates\":[\"BAUG\"]},"
        "\"multisign\":\"1\"}],\"nextPageToken\":\"p2\"}",
    };
    struct sca_cloud_listing listing = {0};
    struct sca_csc_page page = {0};
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_http_reply reply = reply_of(200, bodies[0]);

    (void)state;
    assert_int_equal(sca_csc_read_list(&reply, 0, &listing, &page, detail), 0);
    assert_int_equal(listing.count, 2);
    assert_string_equal(listing.certs[0].provider_id, "a");
    assert_string_equal(listing.certs[0].serial, "0A1B");
    assert_int_equal(listing.certs[0].state, SCA_CERT_USABLE);
    assert_int_equal(listing.certs[0].schemes, PKCS1);
    assert_int_equal(listing.certs[0].hashes, S_ALL);
    assert_int_equal(listing.certs[0].max_batch, 3);
    assert_int_equal(listing.certs[0].chain_count, 1);
    assert_string_equal(listing.certs[1].status, "disabled");
    assert_int_equal(listing.certs[1].state, SCA_CERT_BLOCKED);
    assert_int_equal(listing.certs[1].schemes, ECDSA);
    assert_int_equal(listing.certs[1].hashes, S256);
    assert_string_equal(listing.certs[1].serial, "");
    assert_int_equal(page.count, 1);
    assert_string_equal(page.ids[0], "c");
    assert_string_equal(page.next, "p2");

    static const struct {
        const char *cert;
        enum sca_cert_state state;
    } states[] = {
        {"{\"cert\":{\"status\":\"revoked\",\"certificates\":[\"AQID\"]}}", SCA_CERT_BLOCKED},
        {"{\"cert\":{\"status\":\"suspended\",\"certificates\":[\"AQID\"]}}", SCA_CERT_BLOCKED},
        {"{\"cert\":{\"status\":\"expired\",\"certificates\":[\"AQID\"]}}", SCA_CERT_BLOCKED},
        {"{\"cert\":{\"status\":\"valid\",\"certificates\":[\"AQID\"]}}", SCA_CERT_USABLE},
        {"{\"cert\":{\"status\":null,\"certificates\":[\"AQID\"]}}", SCA_CERT_USABLE},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        reply = reply_of(200, states[i].cert);
        assert_int_equal(sca_csc_read_cert(&reply, "c", 0, &listing, detail), 0);
        assert_int_equal(listing.count, 3 + i);
        assert_int_equal(listing.certs[2 + i].state, states[i].state);
    }
    reply = reply_of(200, "{\"cert\":null}");
    assert_int_equal(sca_csc_read_cert(&reply, "d", 0, &listing, detail), 0);
    assert_int_equal(listing.count, 2 + sizeof states / sizeof states[0]);
    sca_csc_page_clear(&page);
    for (size_t i = 0; i < listing.count; i++)
        sca_base_cert_clear(&listing.certs[i]);
    free(listing.certs);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void refusals_have_their_cause(void **state)
{
    static const struct {
        int http;
        const char *error;
        const char *description;
        int err;
    } rows[] = {
        {400, "invalid_request", "PIN locked", SCA_E_USER_LOCKED},
        {400, "invalid_request", "Credential locked", SCA_E_USER_LOCKED},
        {400, "invalid_otp", "OTP locked", SCA_E_USER_LOCKED},
        {400, "invalid_pin", "The PIN is invalid", SCA_E_USER_AUTH},
        {400, "invalid_pin", NULL, SCA_E_USER_AUTH},
        {400, "invalid_otp", "The OTP is invalid", SCA_E_USER_AUTH},
        {400, "invalid_authentication_data", "", SCA_E_USER_AUTH},
        {400, "authentication_error", "An error occurred", SCA_E_USER_AUTH},
        {401, "invalid_client", "Invalid parameter client_secret", SCA_E_SP_AUTH},
        {400, "invalid_grant", "Refresh token expired", SCA_E_NEED_AUTH},
        {400, "invalid_request", "SAD expired", SCA_E_EXPIRED},
        {400, "invalid_request", "Hash is not authorized by the SAD", SCA_E_REFUSED},
        {400, "invalid_request", "Invalid digest value length", SCA_E_UNSUPPORTED},
        {400, "invalid_request", "Invalid parameter signAlgo", SCA_E_UNSUPPORTED},
        {400, "invalid_request", "Invalid parameter hashAlgorithmOID", SCA_E_UNSUPPORTED},
        {400, "invalid_request", "Invalid parameter credentialID", SCA_E_NO_CERT},
        {400, "invalid_request", "Numbers of signatures is too high", SCA_E_REFUSED},
        {400, "invalid_request", "Signing certificate 'CN=A' is expired", SCA_E_CERT},
        {400, "invalid_request", "The credential identified by credentialID is disabled",
         SCA_E_CERT},
        {403, "access_denied", "No signatures are left", SCA_E_QUOTA},
        {403, "access_denied", "Signature quota exceeded", SCA_E_QUOTA},
        {403, "access_denied", NULL, SCA_E_REFUSED},
        {400, "something_new", "Nobody knows", SCA_E_REFUSED},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char body[512];
        SCA_CSC_REPLY_AUTO reply;
        if (rows[i].description != NULL)
            (void)snprintf(body, sizeof body, "{\"error\":\"%s\",\"error_description\":\"%s\"}",
                           rows[i].error, rows[i].description);
        else
            (void)snprintf(body, sizeof body, "{\"error\":\"%s\"}", rows[i].error);
        struct sca_http_reply http = reply_of(rows[i].http, body);
        sca_csc_reply_open(&http, &reply);
        assert_true(reply.refused);
        if (sca_csc_refusal(&reply) != rows[i].err)
            fail_msg("%s", body);
    }
}

static void a_person_decides_elsewhere(void **state)
{
    static const struct {
        const char *body;
        bool typed;
        int err;
    } rows[] = {
        {"{\"error\":\"access_denied\"}", false, SCA_E_REJECTED},
        {"{\"error\":\"access_denied\",\"error_description\":\"The user, authorization server or "
         "remote service denied the request\"}",
         false, SCA_E_REJECTED},
        {"{\"error\":\"invalid_authentication_data\",\"error_description\":\"The authentication "
         "data is invalid\"}",
         false, SCA_E_REJECTED},
        {"{\"error\":\"invalid_authentication_data\"}", true, SCA_E_USER_AUTH},
        {"{\"error\":\"invalid_request\",\"error_description\":\"The user rejected the "
         "authorization\"}",
         false, SCA_E_REJECTED},
        {"{\"error\":\"access_denied\",\"error_description\":\"The authorization was not confirmed "
         "in time\"}",
         false, SCA_E_EXPIRED},
        {"{\"error\":\"invalid_request\",\"error_description\":\"Transaction expired\"}", false,
         SCA_E_EXPIRED},
        {"{\"error\":\"invalid_request\",\"error_description\":\"Credential locked\"}", true,
         SCA_E_USER_LOCKED},
        {"{\"error\":\"invalid_request\",\"error_description\":\"Invalid parameter handle\"}",
         false, SCA_E_REFUSED},
        {"{\"error\":\"invalid_request\",\"error_description\":\"Signing certificate is "
         "expired\"}",
         false, SCA_E_CERT},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sca_http_reply reply = reply_of(400, rows[i].body);
        struct sca_csc_permit permit;
        sca_csc_read_permit(&reply, true, rows[i].typed, &permit);
        assert_int_equal(permit.class, SCA_CSC_PERMIT_REFUSED);
        if (permit.err != rows[i].err)
            fail_msg("%s", rows[i].body);
        sca_csc_permit_clear(&permit);
    }
}

static void permissions_are_told_apart(void **state)
{
    static const struct {
        int http;
        const char *body;
        enum sca_csc_permit_class class;
    } rows[] = {
        {200, "{\"SAD\":\"s\"}", SCA_CSC_PERMIT_GIVEN},
        {200, "{\"SAD\":\"s\",\"handle\":\"h\",\"expiresIn\":\"x\"}", SCA_CSC_PERMIT_GIVEN},
        {202, "{\"handle\":\"h\"}", SCA_CSC_PERMIT_WAITING},
        {200, "{\"handle\":\"h\"}", SCA_CSC_PERMIT_WAITING},
        {202, "", SCA_CSC_PERMIT_WAITING},
        {200, "{}", SCA_CSC_PERMIT_TROUBLE},
        {200, "{\"SAD\":\"\"}", SCA_CSC_PERMIT_TROUBLE},
        {200, "<html>", SCA_CSC_PERMIT_TROUBLE},
        {401, "{\"error\":\"invalid_token\"}", SCA_CSC_PERMIT_STALE},
        {401, "{\"error\":\"expired_token\"}", SCA_CSC_PERMIT_STALE},
        {401, "<html>", SCA_CSC_PERMIT_TROUBLE},
        {503, "{\"error\":\"temporarily_unavailable\"}", SCA_CSC_PERMIT_TROUBLE},
        {429, "{\"error\":\"invalid_request\"}", SCA_CSC_PERMIT_TROUBLE},
        {400, "{\"error\":\"invalid_pin\"}", SCA_CSC_PERMIT_REFUSED},
        {400, "bad", SCA_CSC_PERMIT_TROUBLE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sca_http_reply reply = reply_of(rows[i].http, rows[i].body);
        struct sca_csc_permit permit;
        sca_csc_read_permit(&reply, false, true, &permit);
        if (permit.class != rows[i].class)
            fail_msg("%d %s", rows[i].http, rows[i].body);
        sca_csc_permit_clear(&permit);
    }
}

/* ---- signatures ------------------------------------------------------------------------------ */

static void sign_replies_are_told_apart(void **state)
{
    static const struct {
        int http;
        const char *body;
        enum sca_answer_class sign;
        enum sca_answer_class poll;
    } rows[] = {
        {200, "{\"signatures\":[\"AQID\"]}", SCA_ANSWER_DONE, SCA_ANSWER_DONE},
        {200, "{\"signatures\":[\"AQ\\r\\nID\\r\\n\"]}", SCA_ANSWER_DONE, SCA_ANSWER_DONE},
        {200, "{\"signatures\":[\"AQID\",\"BAUG\"]}", SCA_ANSWER_STRANGE, SCA_ANSWER_STRANGE},
        {200, "{\"signatures\":[]}", SCA_ANSWER_STRANGE, SCA_ANSWER_PENDING},
        {200, "{\"signatures\":[7]}", SCA_ANSWER_STRANGE, SCA_ANSWER_STRANGE},
        {200, "{\"signatures\":[\"%%\"]}", SCA_ANSWER_STRANGE, SCA_ANSWER_STRANGE},
        {200, "{\"signatures\":null,\"responseID\":\"r\"}", SCA_ANSWER_PENDING, SCA_ANSWER_PENDING},
        {200, "{\"responseID\":\"r\"}", SCA_ANSWER_PENDING, SCA_ANSWER_PENDING},
        {200, "", SCA_ANSWER_STRANGE, SCA_ANSWER_PENDING},
        {202, "", SCA_ANSWER_STRANGE, SCA_ANSWER_PENDING},
        {202, "{\"error\":\"accepted_request\"}", SCA_ANSWER_STRANGE, SCA_ANSWER_PENDING},
        {400,
         "{\"error\":\"invalid_request\",\"error_description\":\"The previous asynchronous "
         "signature request has not been completed yet\"}",
         SCA_ANSWER_REFUSED, SCA_ANSWER_PENDING},
        {400, "{\"error\":\"invalid_request\",\"error_description\":\"SAD expired\"}",
         SCA_ANSWER_REFUSED, SCA_ANSWER_REFUSED},
        {400,
         "{\"error\":\"invalid_request\",\"error_description\":\"Invalid parameter requestID\"}",
         SCA_ANSWER_REFUSED, SCA_ANSWER_NOT_FOUND},
        {401, "{\"error\":\"invalid_token\"}", SCA_ANSWER_STALE, SCA_ANSWER_STALE},
        {401, "<html>", SCA_ANSWER_TROUBLE, SCA_ANSWER_TROUBLE},
        {400, "<html>", SCA_ANSWER_TROUBLE, SCA_ANSWER_TROUBLE},
        {500, "{\"error\":\"server_error\"}", SCA_ANSWER_TROUBLE, SCA_ANSWER_TROUBLE},
        {502, "<html>", SCA_ANSWER_TROUBLE, SCA_ANSWER_TROUBLE},
        {429, "{\"error\":\"access_denied\"}", SCA_ANSWER_TROUBLE, SCA_ANSWER_TROUBLE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct sca_http_reply reply = reply_of(rows[i].http, rows[i].body);
        struct sca_answer answer;
        sca_csc_read_sign(&reply, &drive_one, &answer);
        if (answer.class != rows[i].sign)
            fail_msg("sign: %d %s", rows[i].http, rows[i].body);
        assert_int_equal(answer.count, answer.class == SCA_ANSWER_DONE ? 1 : 0);
        if (answer.class == SCA_ANSWER_REFUSED)
            assert_int_equal(answer.spent, SCA_SPENT_NOTHING);
        sca_answer_clear(&answer);
        sca_csc_read_poll(&reply, &drive_one, &answer);
        if (answer.class != rows[i].poll)
            fail_msg("poll: %d %s", rows[i].http, rows[i].body);
        if (answer.class == SCA_ANSWER_REFUSED)
            assert_int_equal(answer.spent, SCA_SPENT_UNKNOWN);
        sca_answer_clear(&answer);
    }
}

static void ecdsa_becomes_two_numbers(void **state)
{
    /* r = 1, s = 0x80: DER is 30 07 02 01 01 02 02 00 80 */
    struct sca_http_reply reply = reply_of(200, "{\"signatures\":[\"MAcCAQECAgCA\"]}");
    struct sca_cloud_sign sign = drive_one;
    struct sca_answer answer;
    uint8_t expected[132] = {0};

    (void)state;
    sign.scheme = SCA_SCHEME_ECDSA;
    sign.key_type = SCA_KEY_EC;
    for (uint32_t bits = 256; bits <= 521; bits += bits == 384 ? 137 : 128) {
        size_t half = (bits + 7) / 8;
        sign.key_bits = bits;
        sca_csc_read_sign(&reply, &sign, &answer);
        assert_int_equal(answer.class, SCA_ANSWER_DONE);
        assert_int_equal(answer.signatures[0].len, 2 * half);
        memset(expected, 0, sizeof expected);
        expected[half - 1] = 1;
        expected[2 * half - 1] = 0x80;
        assert_memory_equal(answer.signatures[0].data, expected, 2 * half);
        sca_answer_clear(&answer);
    }
    reply = reply_of(200, "{\"signatures\":[\"AQID\"]}"); /* neither form */
    sca_csc_read_sign(&reply, &sign, &answer);
    assert_int_equal(answer.class, SCA_ANSWER_STRANGE);
    assert_null(answer.signatures);
    sca_answer_clear(&answer);
}

/* ---- log-in ---------------------------------------------------------------------------------- */

static void tokens_are_read(void **state)
{
    struct sca_cloud_token token = {0};
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_http_reply reply =
        reply_of(200, "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"expires_in\":\"3600\"}");

    (void)state;
    assert_int_equal(sca_csc_read_token(&reply, &token, detail), 0);
    assert_string_equal(sca_secret_text(token.access), "a");
    assert_string_equal(sca_secret_text(token.refresh), "r");
    assert_int_equal(token.expires_in_s, 3600);
    sca_secret_free(&token.access);
    sca_secret_free(&token.refresh);
    reply = reply_of(200, "{\"access_token\":\"a\",\"refresh_token\":\"\",\"expires_in\":-1}");
    assert_int_equal(sca_csc_read_token(&reply, &token, detail), 0);
    assert_null(token.refresh);
    assert_int_equal(token.expires_in_s, 0);
    sca_secret_free(&token.access);
    reply = reply_of(200, "{\"access_token\":null}");
    assert_int_equal(sca_csc_read_token(&reply, &token, detail), SCA_E_SERVER);
    reply = reply_of(500, "{\"access_token\":\"a\"}");
    assert_int_equal(sca_csc_read_token(&reply, &token, detail), SCA_E_SERVER);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void documents_beside_the_hashes(void **state)
{
    static const struct sca_csc_service service = {.version = 1, .documents = true};
    struct sca_csc_credential credential = {0};
    struct sca_bytes values[SCA_CSC_OBJECTS_MAX] = {{0}};
    struct sca_cloud_sign sign = drive_two;
    SCA_BUF_AUTO out;

    (void)state;
    sign.description = "ký số";
    sca_buf_init(&out, 4096);
    sca_csc_put_authorize(&out, &service, &sign, &credential, values);
    assert_int_equal(sca_buf_add_u8(&out, '\0'), 0);
    const char *text = (const char *)out.data;
    assert_non_null(strstr(text, "\"documents\":[{\"document_id\":\"doc-1\",\"document_name\":"
                                 "\"doc-1\"},{\"document_id\":\"doc-2\""));
    assert_non_null(strstr(text, "\"description\":\"a8O9IHPhu5E=\"")); /* base64 where not plain */
    sca_buf_clear(&out);
    sca_buf_init(&out, 4096);
    sca_csc_put_sign(&out, &service, &sign, "1.2.840.113549.1.1.1", (struct sca_bytes){0});
    assert_int_equal(sca_buf_add_u8(&out, '\0'), 0);
    assert_non_null(strstr((const char *)out.data, "\"documents\":[{"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_beside_the_hashes),
        cmocka_unit_test(info_is_read_in_every_form),
        cmocka_unit_test(factors_are_read_in_both_versions),
        cmocka_unit_test(the_least_troublesome_choice_is_made),
        cmocka_unit_test(a_listing_is_read_whatever_its_types),
        cmocka_unit_test(refusals_have_their_cause),
        cmocka_unit_test(a_person_decides_elsewhere),
        cmocka_unit_test(permissions_are_told_apart),
        cmocka_unit_test(sign_replies_are_told_apart),
        cmocka_unit_test(ecdsa_becomes_two_numbers),
        cmocka_unit_test(tokens_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
