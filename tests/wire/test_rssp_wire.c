/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSSP, pure: requests to the letter, and what replies mean, one row for each kind of refusal and
 * each way in which a reply can be odd.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/base.h"
#include "cloud/certs.h"
#include "cloud/wire_rssp.h"
#include "drive.h"

static struct sca_http_reply http_reply(int status, const char *body)
{
    return (struct sca_http_reply){
        .transport = SCA_TRANSPORT_OK,
        .detail = "",
        .status = status,
        .body = {(const uint8_t *)body, strlen(body)},
    };
}

static struct sca_rssp_reply open_reply(int status, const char *body)
{
    struct sca_http_reply http = http_reply(status, body);
    struct sca_rssp_reply reply;

    sca_rssp_open(&http, &reply);
    return reply;
}

/* ---- requests -------------------------------------------------------------------------------- */

static void expect_text(struct sca_buf *out, const char *text)
{
    assert_int_equal(out->err, 0);
    sca_buf_add_u8(out, 0);
    assert_string_equal((char *)out->data, text);
    sca_buf_clear(out);
    sca_buf_init(out, 4096);
}

#define COMMON "{\"profile\":\"rssp-119.432-v2.0\",\"lang\":\"VN\","
#define DIGESTS                                                                                    \
    "\"documentDigests\":{\"hashes\":[\"q80PAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","           \
    "\"EjQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"],"                                           \
    "\"hashAlgorithmOID\":\"2.16.840.1.101.3.4.2.1\"}"

static void test_requests(void **state)
{
    struct sca_bytes code = {(const uint8_t *)"12\"34", 5};
    struct sca_rssp_factor passcode = {.code = code, .request_id = ""};
    struct sca_rssp_factor sent = {.code = code, .request_id = "r-1"};
    struct sca_rssp_factor phone = {.request_id = "", .description = "ký 7QF-29K", .asker = "RP"};
    struct sca_cloud_sign sign = drive_two;
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, 4096);
    sca_rssp_put_login(&out, NULL, "RP");
    expect_text(&out, COMMON "\"relyingParty\":\"RP\",\"rememberMe\":true}");
    sca_rssp_put_info(&out, "other-profile", "c-1", false);
    expect_text(&out, "{\"profile\":\"other-profile\",\"lang\":\"VN\",\"credentialID\":\"c-1\","
                      "\"certificates\":\"none\",\"certInfo\":false,\"authInfo\":true}");
    sca_rssp_put_authorize(&out, "", &sign, &passcode);
    expect_text(&out, COMMON "\"credentialID\":\"credential-1\",\"numSignatures\":2," DIGESTS
                             ",\"signAlgo\":\"1.2.840.113549.1.1.1\",\"operationMode\":\"S\","
                             "\"authorizeCode\":\"12\\\"34\"}");
    sca_rssp_put_authorize(&out, "", &sign, &sent);
    expect_text(&out, COMMON "\"credentialID\":\"credential-1\",\"numSignatures\":2," DIGESTS
                             ",\"signAlgo\":\"1.2.840.113549.1.1.1\",\"operationMode\":\"S\","
                             "\"authorizeCode\":\"12\\\"34\",\"requestID\":\"r-1\"}");
    sign.scheme = SCA_SCHEME_ECDSA;
    sca_rssp_put_authorize(&out, "", &sign, &phone);
    expect_text(&out, COMMON "\"credentialID\":\"credential-1\",\"numSignatures\":2," DIGESTS
                             ",\"signAlgo\":\"1.2.840.10045.4.3.2\",\"operationMode\":\"S\","
                             "\"notificationMessage\":\"ký 7QF-29K\",\"message\":\"ký 7QF-29K\","
                             "\"rpName\":\"RP\"}");
    sca_rssp_put_sign(&out, "", &sign, (struct sca_bytes){(const uint8_t *)"sad", 3});
    expect_text(&out, COMMON "\"credentialID\":\"credential-1\",\"SAD\":\"sad\"," DIGESTS
                             ",\"signAlgo\":\"1.2.840.10045.4.3.2\",\"operationMode\":\"S\"}");
}

/* A hash that no service of the kind takes never leaves. */
static void test_request_sha1(void **state)
{
    struct sca_cloud_sign sign = drive_one;
    SCA_BUF_AUTO out;

    (void)state;
    sign.hash = SCA_HASH_SHA1;
    sca_buf_init(&out, 4096);
    sca_rssp_put_sign(&out, "", &sign, (struct sca_bytes){(const uint8_t *)"sad", 3});
    assert_int_equal(out.err, SCA_E_UNSUPPORTED);
}

/* ---- refusals -------------------------------------------------------------------------------- */

#define ERROR(code, text) "{\"error\":" code ",\"errorDescription\":\"" text "\"}"

static const struct {
    int http;
    const char *body;
    int err;
} refusals[] = {
    {200, ERROR("3001", "Relying party authentication failed"), SCA_E_SP_AUTH},
    {200, ERROR("\"3002\"", "RP is not allowed"), SCA_E_SP_AUTH},
    {200, ERROR("3003", "User is locked"), SCA_E_USER_LOCKED},
    {200, ERROR("3008", "Credential does not exist"), SCA_E_NO_CERT},
    {200, ERROR("3010", "Authorize code is invalid"), SCA_E_USER_AUTH},
    {200, ERROR("3010", "Mã PIN không đúng"), SCA_E_USER_AUTH},
    {200, ERROR("3010", "Invalid OTP"), SCA_E_USER_AUTH},
    {200, "{\"error\":7,\"errorDescription\":\"?\",\"remainingCounter\":4}", SCA_E_USER_AUTH},
    {200,
     "{\"error\":7,\"errorDescription\":\"Credential is temporarily locked\","
     "\"tempLockoutDuration\":\"300\"}",
     SCA_E_USER_LOCKED},
    {200, ERROR("3015", "Too many signatures"), SCA_E_LIMIT},
    {200, ERROR("3016", "Credential is not operated"), SCA_E_CERT},
    {200, ERROR("3016", "Chứng thư số đã bị thu hồi"), SCA_E_CERT},
    {200, ERROR("3017", "No signing counter remains"), SCA_E_QUOTA},
    {200, ERROR("3017", "Hết lượt ký"), SCA_E_QUOTA},
    {200, ERROR("3018", "User rejected"), SCA_E_REJECTED},
    {200, ERROR("3018", "Người dùng từ chối"), SCA_E_REJECTED},
    {200, ERROR("3019", "User did not confirm in time"), SCA_E_EXPIRED},
    {200, ERROR("3019", "Timeout"), SCA_E_EXPIRED},
    {200, ERROR("3013", "SAD has expired"), SCA_E_REFUSED},
    {200, ERROR("3020", "Algorithm is not supported"), SCA_E_REFUSED},
    {200, ERROR("3005", "Token has expired"), SCA_E_REFUSED},
    {400, ERROR("1001", "Request is malformed"), SCA_E_REFUSED},
    {200,
     "{\"error\":1,\"errorDescription\":null,\"remainingCounter\":0,"
     "\"tempLockoutDuration\":0}",
     SCA_E_REFUSED},
    /* nobody's word */
    {200, ERROR("5000", "Internal error"), SCA_E_SERVER},
    {200, ERROR("5000", "Lỗi hệ thống"), SCA_E_SERVER},
    {500, ERROR("3018", "User rejected"), SCA_E_SERVER},
    {429, ERROR("3018", "User rejected"), SCA_E_SERVER},
    {302, ERROR("3018", "User rejected"), SCA_E_SERVER},
    {500, ERROR("0", ""), SCA_E_SERVER},
    {200, "{}", SCA_E_SERVER},
    {200, "{\"error\":null}", SCA_E_SERVER},
    {200, "{\"error\":0.5}", SCA_E_SERVER},
    {200, "[]", SCA_E_SERVER},
    {200, "{\"error\":0", SCA_E_SERVER},
    {200, "", SCA_E_SERVER},
    {404, "<html>", SCA_E_SERVER},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        SCA_RSSP_REPLY_AUTO reply = open_reply(refusals[i].http, refusals[i].body);

        assert_false(reply.success);
        if (sca_rssp_refusal(&reply) != refusals[i].err)
            fail_msg("row %zu (%s): %s", i, refusals[i].body,
                     sca_err_name(sca_rssp_refusal(&reply)));
    }
}

static void test_envelope(void **state)
{
    SCA_RSSP_REPLY_AUTO locked =
        open_reply(200, "{\"error\":\"3011\",\"errorDescription\":\"x\\u001b[31m\","
                        "\"remainingCounter\":\"2\",\"tempLockoutDuration\":299}");
    SCA_RSSP_REPLY_AUTO silent = open_reply(200, "{\"error\":77}");
    SCA_RSSP_REPLY_AUTO good = open_reply(200, "{\"error\":\"0\",\"remainingCounter\":5}");
    SCA_RSSP_REPLY_AUTO gateway = open_reply(502, "<html>");
    SCA_RSSP_REPLY_AUTO expired = open_reply(200, "{\"error\":3006}");

    (void)state;
    assert_true(locked.tries.known);
    assert_int_equal(locked.tries.left, 2);
    assert_int_equal(locked.tries.locked_s, 299);
    assert_string_equal(locked.detail, "x?[31m");
    assert_string_equal(silent.detail, "error 77");
    assert_true(good.success);
    assert_false(good.tries.known);
    assert_string_equal(gateway.detail, "HTTP 502");
    assert_true(expired.stale);
    assert_false(silent.stale || gateway.stale || good.stale);
}

/* ---- log-in and factors ---------------------------------------------------------------------- */

static void test_token(void **state)
{
    SCA_RSSP_REPLY_AUTO both = open_reply(
        200, "{\"error\":0,\"accessToken\":\"a\",\"refreshToken\":\"r\",\"expiresIn\":\"3600\"}");
    SCA_RSSP_REPLY_AUTO one = open_reply(
        200, "{\"error\":0,\"accessToken\":\"a\",\"refreshToken\":null,\"expiresIn\":-1}");
    SCA_RSSP_REPLY_AUTO none = open_reply(200, "{\"error\":0,\"accessToken\":\"\"}");
    struct sca_cloud_token token = {0};

    (void)state;
    assert_int_equal(sca_rssp_read_token(&both, &token), 0);
    assert_string_equal(sca_secret_text(token.access), "a");
    assert_string_equal(sca_secret_text(token.refresh), "r");
    assert_int_equal(token.expires_in_s, 3600);
    sca_secret_free(&token.access);
    sca_secret_free(&token.refresh);
    assert_int_equal(sca_rssp_read_token(&one, &token), 0);
    assert_null(token.refresh);
    assert_int_equal(token.expires_in_s, 0);
    sca_secret_free(&token.access);
    assert_int_equal(sca_rssp_read_token(&none, &token), SCA_E_SERVER);
    assert_null(token.access);
}

static void test_modes(void **state)
{
    static const struct {
        const char *text;
        enum sca_rssp_mode mode;
    } rows[] = {
        {"EXPLICIT/PIN", SCA_RSSP_PASSCODE},
        {"PASSCODE", SCA_RSSP_PASSCODE},
        {"EXPLICIT/OTP-SMS", SCA_RSSP_OTP},
        {"EXPLICIT/OTP-EMAIL", SCA_RSSP_OTP},
        {"OTPSMS", SCA_RSSP_OTP},
        {"otpEmail", SCA_RSSP_OTP},
        {"IMPLICIT/TSE", SCA_RSSP_TSE},
        {"TSE", SCA_RSSP_TSE},
        {"EXPLICIT/JWT", SCA_RSSP_UNKNOWN},
        {"", SCA_RSSP_UNKNOWN},
        {NULL, SCA_RSSP_UNKNOWN},
    };
    SCA_RSSP_REPLY_AUTO listed =
        open_reply(200, "{\"error\":0,\"authMode\":null,\"authModes\":[\"IMPLICIT/TSE\"]}");
    SCA_RSSP_REPLY_AUTO choice = open_reply(
        200, "{\"error\":0,\"authModes\":[\"IMPLICIT/TSE\",\"EXPLICIT/PIN\"],\"cert\":{\"status\":"
             "\"SUSPENDED\",\"remainingSigningCounter\":\"7\"}}");
    struct sca_rssp_info info;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(sca_rssp_mode_of(rows[i].text), rows[i].mode);
    sca_rssp_read_info(&listed, &info);
    assert_int_equal(info.mode, SCA_RSSP_TSE);
    assert_false(info.has_left || info.blocked);
    sca_rssp_read_info(&choice, &info);
    assert_int_equal(info.mode, SCA_RSSP_UNKNOWN); /* which one counts is not said */
    assert_true(info.blocked);
    assert_true(info.has_left);
    assert_int_equal(info.left, 7);
}

static void test_blocked(void **state)
{
    static const struct {
        const char *body;
        bool blocked;
    } rows[] = {
        {"{\"error\":0,\"cert\":{\"status\":\"OPERATED\"}}", false},
        {"{\"error\":0,\"cert\":{\"status\":null}}", false},
        {"{\"error\":0,\"cert\":[]}", false},
        {"{\"error\":0,\"cert\":{\"status\":\"REVOKED\"}}", true},
        {"{\"error\":0,\"cert\":{\"status\":\"EXPIRED\"}}", true},
        {"{\"error\":0,\"cert\":{\"status\":\"BLOCKED\"}}", true},
        {"{\"error\":0,\"key\":{\"status\":\"disabled\"}}", true},
        {"{\"error\":0,\"key\":{\"status\":\"enabled\"}}", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SCA_RSSP_REPLY_AUTO reply = open_reply(200, rows[i].body);
        struct sca_rssp_info info;

        sca_rssp_read_info(&reply, &info);
        assert_int_equal(info.blocked, rows[i].blocked);
    }
}

/* ---- listings -------------------------------------------------------------------------------- */

static void test_list(void **state)
{
    SCA_RSSP_REPLY_AUTO reply = open_reply(
        200,
        "{\"error\":0,\"certs\":["
        "{\"credentialID\":\"c-1\",\"serialNumber\":\"54\",\"status\":\"OPERATED\","
        "\"purpose\":\"SIGNING\",\"multisign\":\"10\",\"remainingSigningCounter\":998,"
        "\"certificates\":[\"AQID\\r\\n\",\"BAUG\",\"?\",\"AQID\"]},"
        "null,{\"credentialID\":\"\",\"certificates\":[\"AQID\"]},"
        "{\"credentialID\":\"c-2\",\"status\":\"REVOKED\",\"remainingSigningCounter\":-1,"
        "\"multisign\":0,\"certificates\":null},"
        "{\"credentialID\":\"c-3\",\"multisign\":99999999,\"certificates\":[\"not base64\"]}]}");
    struct sca_cloud_listing listing = {0};

    (void)state;
    assert_int_equal(sca_rssp_read_list(&reply, &listing), 0);
    assert_int_equal(listing.count, 3);
    const struct sca_cloud_cert *cert = &listing.certs[0];
    assert_string_equal(cert->provider_id, "c-1");
    assert_string_equal(cert->serial, "54");
    assert_string_equal(cert->status, "OPERATED");
    assert_int_equal(cert->state, SCA_CERT_USABLE);
    assert_int_equal(cert->max_batch, 10);
    assert_true(cert->has_signatures_left);
    assert_int_equal(cert->signatures_left, 998);
    assert_int_equal(cert->der.len, 3);
    assert_int_equal(cert->chain_count, 3);
    assert_int_equal(cert->chain[1].len, 0); /* a bad part leaves its place empty */
    assert_int_equal(cert->chain[2].len, 3);
    cert = &listing.certs[1];
    assert_int_equal(cert->state, SCA_CERT_BLOCKED);
    assert_false(cert->has_signatures_left);
    assert_int_equal(cert->max_batch, 0);
    assert_int_equal(cert->der.len, 0);
    assert_int_equal(listing.certs[2].max_batch, SCA_BASE_DOCS_MAX);
    assert_int_equal(listing.certs[2].der.len, 0);
    sca_base_listing_clear(&listing);
}

static void test_list_refused(void **state)
{
    static const struct {
        const char *body;
        int err;
    } rows[] = {
        {"{\"error\":0}", SCA_E_NO_CERT},
        {"{\"error\":0,\"certs\":null}", SCA_E_NO_CERT},
        {"{\"error\":0,\"certs\":[]}", SCA_E_NO_CERT},
        {"{\"error\":0,\"certs\":{}}", SCA_E_SERVER},
        {"{\"error\":0,\"certs\":[1,null,{}]}", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SCA_RSSP_REPLY_AUTO reply = open_reply(200, rows[i].body);
        struct sca_cloud_listing listing = {0};

        assert_int_equal(sca_rssp_read_list(&reply, &listing), rows[i].err);
        assert_null(listing.certs);
    }
}

static void test_list_huge(void **state)
{
    static char body[64 * 1024];
    struct sca_cloud_listing listing = {0};
    size_t len = (size_t)snprintf(body, sizeof body, "{\"error\":0,\"certs\":[");

    (void)state;
    for (int i = 0; i < SCA_CERTS_MAX + 10; i++)
        len += (size_t)snprintf(body + len, sizeof body - len, "%s{\"credentialID\":\"c-%d\"}",
                                i > 0 ? "," : "", i);
    snprintf(body + len, sizeof body - len, "]}");
    SCA_RSSP_REPLY_AUTO reply = open_reply(200, body);
    assert_int_equal(sca_rssp_read_list(&reply, &listing), 0);
    assert_int_equal(listing.count, SCA_CERTS_MAX);
    sca_base_listing_clear(&listing);
}

/* ---- signatures ------------------------------------------------------------------------------ */

static void test_signatures(void **state)
{
    static const struct {
        int http;
        const char *body;
        enum sca_answer_class class;
        enum sca_spent spent;
    } rows[] = {
        {200, "{\"error\":0,\"signatures\":[\"AQID\",\"BA\\r\\nUG\"]}", SCA_ANSWER_DONE, 0},
        {200, "{\"error\":0,\"signatures\":[\"AQID\"]}", SCA_ANSWER_STRANGE, SCA_SPENT_UNKNOWN},
        {200, "{\"error\":0,\"signatures\":[\"AQID\",\"AQID\",\"AQID\"]}", SCA_ANSWER_STRANGE,
         SCA_SPENT_UNKNOWN},
        {200, "{\"error\":0,\"signatures\":[\"AQID\",\"\"]}", SCA_ANSWER_STRANGE,
         SCA_SPENT_UNKNOWN},
        {200, "{\"error\":0,\"signatures\":[\"AQID\",null]}", SCA_ANSWER_STRANGE,
         SCA_SPENT_UNKNOWN},
        {200, "{\"error\":0,\"signatures\":\"AQID\"}", SCA_ANSWER_STRANGE, SCA_SPENT_UNKNOWN},
        {200, "{\"error\":0}", SCA_ANSWER_STRANGE, SCA_SPENT_UNKNOWN},
        {200, "{\"error\":3014,\"errorDescription\":\"Hash is not authorized by the SAD\"}",
         SCA_ANSWER_REFUSED, SCA_SPENT_NOTHING},
        {200, "{\"error\":5000,\"errorDescription\":\"Internal error\"}", SCA_ANSWER_TROUBLE,
         SCA_SPENT_UNKNOWN},
        {502, "{\"error\":3014,\"errorDescription\":\"x\"}", SCA_ANSWER_TROUBLE, SCA_SPENT_UNKNOWN},
        {200, "{}", SCA_ANSWER_TROUBLE, SCA_SPENT_UNKNOWN},
        {404, "<html>", SCA_ANSWER_TROUBLE, SCA_SPENT_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SCA_RSSP_REPLY_AUTO reply = open_reply(rows[i].http, rows[i].body);
        struct sca_answer answer;

        sca_rssp_read_sign(&reply, &drive_two, &answer);
        assert_int_equal(answer.class, rows[i].class);
        if (answer.class == SCA_ANSWER_DONE)
            assert_memory_equal(answer.signatures[1].data, "\x04\x05\x06", 3);
        else
            assert_int_equal(answer.spent, rows[i].spent);
        sca_answer_clear(&answer);
    }
}

/* Hosts get r||s, whatever comes. */
static void test_ecdsa(void **state)
{
    static const struct {
        const char *signature; /* r = 1, s = 2 */
        enum sca_answer_class class;
    } rows[] = {
        {"MAYCAQECAQI=", SCA_ANSWER_DONE},
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAg==",
         SCA_ANSWER_DONE},
        {"MAYCAQECAQIA", SCA_ANSWER_STRANGE}, /* a byte behind the DER */
        {"MAYCAf8CAQI=", SCA_ANSWER_STRANGE}, /* r is negative */
        {"AQID", SCA_ANSWER_STRANGE},
    };
    struct sca_cloud_sign sign = drive_one;
    uint8_t plain[64] = {0};

    (void)state;
    plain[31] = 1;
    plain[63] = 2;
    sign.scheme = SCA_SCHEME_ECDSA;
    sign.key_type = SCA_KEY_EC;
    sign.key_bits = 256;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char body[256];
        struct sca_answer answer;

        snprintf(body, sizeof body, "{\"error\":0,\"signatures\":[\"%s\"]}", rows[i].signature);
        SCA_RSSP_REPLY_AUTO reply = open_reply(200, body);
        sca_rssp_read_sign(&reply, &sign, &answer);
        assert_int_equal(answer.class, rows[i].class);
        if (answer.class == SCA_ANSWER_DONE) {
            assert_int_equal(answer.signatures[0].len, 64);
            assert_memory_equal(answer.signatures[0].data, plain, 64);
        }
        sca_answer_clear(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),     cmocka_unit_test(test_request_sha1),
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_token),        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_blocked),      cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_refused), cmocka_unit_test(test_list_huge),
        cmocka_unit_test(test_signatures),   cmocka_unit_test(test_ecdsa),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
