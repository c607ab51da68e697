/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MySign requests letter by letter, texts for the phone, and every form of reply that is known of
 * the service or of bad luck: what each is taken for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/base.h"
#include "cloud/wire_mysign.h"
#include "common/text.h"
#include "drive.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct sca_http_reply http(int status, const char *body)
{
    return (struct sca_http_reply){.transport = SCA_TRANSPORT_OK,
                                   .detail = "",
                                   .status = status,
                                   .body = {(const uint8_t *)body, strlen(body)}};
}

/* ---- requests -------------------------------------------------------------------------------- */

static const struct sca_mysign_who who = {.client_id = "client-1",
                                          .client_secret = {(const uint8_t *)"s\"x", 3},
                                          .profile_id = "profile-1",
                                          .user_id = "CMT_012345678901"};

#define WHO                                                                                        \
    "{\"client_id\":\"client-1\",\"client_secret\":\"s\\\"x\",\"profile_id\":\"profile-1\","       \
    "\"user_id\":\"CMT_012345678901\""

static void expect_text(struct sca_buf *out, const char *text)
{
    assert_int_equal(sca_buf_add_u8(out, 0), 0);
    assert_string_equal((char *)out->data, text);
    sca_buf_clear(out);
    sca_buf_init(out, SCA_BASE_BODY_MAX);
}

static void test_put(void **state)
{
    struct sca_mysign_who usual = who;
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    sca_mysign_put_login(&out, &who);
    expect_text(&out, WHO "}");
    sca_mysign_put_list(&out, &who);
    expect_text(&out, WHO ",\"certificates\":\"chain\",\"certInfo\":true,\"authInfo\":true}");
    sca_mysign_put_status(&out, "t-1");
    expect_text(&out, "{\"transactionId\":\"t-1\"}");
    usual.profile_id = NULL;
    sca_mysign_put_login(&out, &usual);
    expect_text(&out, "{\"client_id\":\"client-1\",\"client_secret\":\"s\\\"x\",\"profile_id\":"
                      "\"adss:ras:profile:001\",\"user_id\":\"CMT_012345678901\"}");
}

#define HASH_1 "q80PAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define HASH_2 "EjQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void test_put_sign(void **state)
{
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    sca_mysign_put_sign(&out, &who, &drive_two);
    expect_text(&out,
                "{\"client_id\":\"client-1\",\"client_secret\":\"s\\\"x\",\"credentialID\":"
                "\"credential-1\",\"numSignatures\":2,\"description\":\"pkcs11-tool\","
                "\"documents\":[{\"document_id\":\"doc-1\",\"document_name\":\"doc-1\"},"
                "{\"document_id\":\"doc-2\",\"document_name\":\"doc-2\"}],"
                "\"hash\":[\"" HASH_1 "\",\"" HASH_2 "\"],\"hashAlgo\":\"2.16.840.1.101.3.4.2.1\","
                "\"signAlgo\":\"1.2.840.113549.1.1.1\",\"async\":1}");
}

/* Plain where nothing else is in it, base64 otherwise, and the end stays where it is too long. */
static void test_texts(void **state)
{
    static const struct {
        const char *text;
        const char *encoded;
    } table[] = {
        {"", ""},
        {"pkcs11-tool_2 on pc", "pkcs11-tool_2 on pc"},
        {"a.b", "YS5i"},
        {"tài liệu", "dMOgaSBsaeG7h3U="},
        {"0123456789012345678901234567890123456789012345678901234567890123456789"
         "01234567890123456789012345678",
         "0123456789012345678901234567890123456789012345678901234567890123456789"
         "01234567890123456789012345678"},
    };
    char encoded[SCA_MYSIGN_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        sca_mysign_text(table[i].text, encoded);
        assert_string_equal(encoded, table[i].encoded);
    }
}

static void test_long_text(void **state)
{
    static const char *const ends[] = {"mã đối chiếu 7QF-29K", "x mã đối chiếu 7QF-29K",
                                       "xx mã đối chiếu 7QF-29K", "xxx mã đối chiếu 7QF-29K"};
    char encoded[SCA_MYSIGN_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        SCA_TEXT_AUTO text = NULL;
        SCA_BUF_AUTO shown = {0};

        assert_true(asprintf(&text,
                             "ứng dụng ký số rất dài tên trên máy tính ở phòng kế toán: 12 "
                             "tài liệu, %s",
                             ends[i]) > 0);
        sca_mysign_text(text, encoded);
        assert_true(strlen(encoded) < 100);
        assert_int_equal(sca_json_base64(encoded, 100, &shown), 0);
        assert_true(sca_utf8_valid((struct sca_bytes){shown.data, shown.len}));
        assert_memory_equal(shown.data, "ứng dụng", strlen("ứng dụng"));
        assert_non_null(memmem(shown.data, shown.len, "…", 3));
        const char *end = "mã đối chiếu 7QF-29K";
        assert_memory_equal(shown.data + shown.len - strlen(end), end, strlen(end));
    }
}

/* ---- log-in ---------------------------------------------------------------------------------- */

static int read_login(int status, const char *body, struct sca_cloud_token *ret_token)
{
    struct sca_http_reply reply = http(status, body);
    char detail[SCA_CLOUD_DETAIL_SIZE];

    return sca_mysign_read_login(&reply, ret_token, detail);
}

static void test_login(void **state)
{
    static const struct {
        const char *body;
        uint32_t life_s;
    } table[] = {
        {"{\"access_token\":\"t\",\"refresh_token\":\"\",\"expires_in\":\"3600\"}", 3600},
        {"{\"access_token\":\"t\",\"refresh_token\":null,\"expires_in\":3599}", 3599},
        {"{\"access_token\":\"t\"}", 0},
        {"{\"access_token\":\"t\",\"expires_in\":-1}", 0},
        {"{\"access_token\":\"t\",\"expires_in\":\"soon\"}", 0},
        {"{\"access_token\":\"t\",\"expires_in\":99999999999}", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_cloud_token token = {0};
        assert_int_equal(read_login(200, table[i].body, &token), 0);
        assert_string_equal(sca_secret_text(token.access), "t");
        assert_null(token.refresh);
        assert_int_equal(token.expires_in_s, table[i].life_s);
        sca_secret_free(&token.access);
    }
}

static void test_login_refused(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } table[] = {
        {400, "{\"error\":\"58007\",\"error_description\":\"x\"}", SCA_E_SP_AUTH},
        {400, "{\"error\":\"58008\",\"error_description\":\"x\"}", SCA_E_NO_CERT},
        {400, "{\"error\":58008}", SCA_E_NO_CERT},
        {401, "{\"error\":\"59033\",\"error_description\":\"x\"}", SCA_E_USER_AUTH},
        {400, "{\"error\":\"86024\"}", SCA_E_SP_AUTH},
        {400, "{\"error\":\"86002\"}", SCA_E_SP_AUTH},
        {401, "{\"error\":\"unheard\",\"error_description\":\"of\"}", SCA_E_SP_AUTH},
        {400, "{\"error\":\"1\",\"error_description\":\"the password is wrong\"}", SCA_E_USER_AUTH},
        {400, "{\"error\":\"1\",\"error_description\":\"account is locked\"}", SCA_E_USER_LOCKED},
        {400, "{\"error\":\"1\"}", SCA_E_REFUSED},
        {400, "<html>", SCA_E_SERVER},
        {302, "", SCA_E_SERVER},
        {429, "{\"error\":\"58007\"}", SCA_E_SERVER},
        {500, "{\"error\":\"58007\"}", SCA_E_SERVER},
        {200, "{}", SCA_E_SERVER},
        {200, "[]", SCA_E_SERVER},
        {200, "{\"access_token\":\"\"}", SCA_E_SERVER},
        {200, "{\"access_token\":5}", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_cloud_token token = {0};
        assert_string_equal(sca_err_name(read_login(table[i].http, table[i].body, &token)),
                            sca_err_name(table[i].err));
        assert_null(token.access);
    }
}

/* ---- listing --------------------------------------------------------------------------------- */

#define CERT_OF(id, key, cert, more)                                                               \
    "{\"credential_id\":" id ",\"description\":\"A\",\"key\":" key ",\"cert\":{" cert              \
    "\"certificates\":[\"AQ\\r\\nID\\r\\n\",\"BAUG\",null],\"serialNumber\":\"1234567890\"},"      \
    "\"authMode\":\"implicit\"" more "}"
#define KEY  "{\"status\":\"enabled\",\"algo\":[\"1.2.840.113549.1.1.1\"],\"len\":\"2048\"}"
#define CERT CERT_OF("\"c-1\"", KEY, "\"status\":\"valid\",", ",\"multisign\":\"2147483647\"")

static int read_list(int status, const char *body, struct sca_cloud_listing *ret_listing)
{
    struct sca_http_reply reply = http(status, body);
    char detail[SCA_CLOUD_DETAIL_SIZE];

    return sca_mysign_read_list(&reply, ret_listing, detail);
}

static void test_list(void **state)
{
    struct sca_cloud_listing listing = {0};

    (void)state;
    assert_int_equal(read_list(200, "[" CERT "]", &listing), 0);
    assert_int_equal(listing.count, 1);
    const struct sca_cloud_cert *cert = &listing.certs[0];
    assert_string_equal(cert->provider_id, "c-1");
    assert_string_equal(cert->serial, ""); /* decimal here: the certificate's own is used */
    assert_string_equal(cert->status, "valid");
    assert_int_equal(cert->state, SCA_CERT_USABLE);
    assert_int_equal(cert->max_batch, SCA_BASE_DOCS_MAX);
    assert_int_equal(cert->der.len, 3);
    assert_int_equal(cert->chain_count, 1);
    assert_memory_equal(cert->chain[0].data, "\x04\x05\x06", 3);
    sca_base_listing_clear(&listing);
}

static void test_list_forms(void **state)
{
    static const struct {
        const char *item;
        enum sca_cert_state state;
        uint32_t max_batch;
    } table[] = {
        {CERT_OF("\"c\"", "null", "", ""), SCA_CERT_USABLE, 0},
        {CERT_OF("\"c\"", KEY, "", ",\"multisign\":7"), SCA_CERT_USABLE, 7},
        {CERT_OF("\"c\"", KEY, "", ",\"multisign\":\"0\""), SCA_CERT_USABLE, 0},
        {CERT_OF("\"c\"", KEY, "", ",\"multisign\":-3"), SCA_CERT_USABLE, 0},
        {CERT_OF("\"c\"", KEY, "", ",\"multisign\":\"many\""), SCA_CERT_USABLE, 0},
        {CERT_OF("\"c\"", "{\"status\":\"disabled\"}", "\"status\":\"valid\",", ""),
         SCA_CERT_BLOCKED, 0},
        {CERT_OF("\"c\"", KEY, "\"status\":\"revoked\",", ""), SCA_CERT_BLOCKED, 0},
        {CERT_OF("\"c\"", KEY, "\"status\":\"Expired\",", ""), SCA_CERT_BLOCKED, 0},
        {CERT_OF("\"c\"", KEY, "\"status\":\"suspended\",", ""), SCA_CERT_BLOCKED, 0},
        {CERT_OF("\"c\"", KEY, "\"status\":null,", ""), SCA_CERT_USABLE, 0},
        {CERT_OF("\"c\"", KEY, "\"status\":\"not revoked\",", ""), SCA_CERT_USABLE, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_cloud_listing listing = {0};
        SCA_TEXT_AUTO body = NULL;

        assert_true(asprintf(&body, "[%s]", table[i].item) > 0);
        assert_int_equal(read_list(200, body, &listing), 0);
        assert_int_equal(listing.certs[0].state, table[i].state);
        assert_int_equal(listing.certs[0].max_batch, table[i].max_batch);
        sca_base_listing_clear(&listing);
    }
}

/* One bad entry does not cost the others. */
static void test_list_bad_entries(void **state)
{
    struct sca_cloud_listing listing = {0};

    (void)state;
    assert_int_equal(
        read_list(200,
                  "[5,null,{}," CERT_OF("null", KEY, "", "") "," CERT_OF(
                      "\"\"", KEY, "",
                      "") ","
                          "{\"credential_id\":\"c\",\"cert\":{\"certificates\":[]}},"
                          "{\"credential_id\":\"c\",\"cert\":{\"certificates\":[\"!\"]}}," CERT "]",
                  &listing),
        0);
    assert_int_equal(listing.count, 1);
    sca_base_listing_clear(&listing);
}

static void test_list_refused(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } table[] = {
        {200, "[]", SCA_E_NO_CERT},
        {200, "{}", SCA_E_SERVER},
        {200, "[{}]", SCA_E_SERVER},
        {200, "null", SCA_E_SERVER},
        {200, "", SCA_E_SERVER},
        {401, "{\"error\":\"invalid_token\"}", SCA_E_NEED_AUTH},
        {401, "", SCA_E_NEED_AUTH},
        {401, "{\"error\":\"59033\"}", SCA_E_USER_AUTH},
        {400, "{\"error\":\"58008\"}", SCA_E_NO_CERT},
        {503, "[]", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_cloud_listing listing = {0};
        assert_string_equal(sca_err_name(read_list(table[i].http, table[i].body, &listing)),
                            sca_err_name(table[i].err));
        assert_null(listing.certs);
    }
}

static void test_no_reply(void **state)
{
    static const struct {
        enum sca_transport transport;
        int err;
    } table[] = {{SCA_TRANSPORT_NOT_SENT, SCA_E_UNREACHABLE},
                 {SCA_TRANSPORT_TLS, SCA_E_TLS},
                 {SCA_TRANSPORT_UNCERTAIN, SCA_E_SERVER}};

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_http_reply reply = {.transport = table[i].transport, .detail = "cut\n"};
        struct sca_cloud_listing listing = {0};
        struct sca_cloud_token token = {0};
        char detail[SCA_CLOUD_DETAIL_SIZE];

        assert_int_equal(sca_mysign_read_list(&reply, &listing, detail), table[i].err);
        assert_string_equal(detail, "cut?");
        assert_int_equal(sca_mysign_read_login(&reply, &token, detail), table[i].err);
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

struct judged {
    int http;
    const char *body;
    enum sca_answer_class class;
    int err;
    enum sca_spent spent;
};

#define ANY SCA_SPENT_UNKNOWN

typedef void reader(const struct sca_http_reply *reply, size_t count, struct sca_answer *answer);

static void expect_judged(reader *read, const struct judged *row)
{
    struct sca_http_reply reply = http(row->http, row->body);
    struct sca_answer answer;

    read(&reply, 2, &answer);
    if (answer.class != row->class || answer.err != row->err || answer.spent != row->spent)
        print_error("%d %s\n", row->http, row->body);
    assert_int_equal(answer.class, row->class);
    assert_string_equal(sca_err_name(answer.err), sca_err_name(row->err));
    assert_int_equal(answer.spent, row->spent);
    assert_int_equal(answer.signatures != NULL, row->class == SCA_ANSWER_DONE);
    sca_answer_clear(&answer);
}

#define BOTH "\"signatures\":[\"" SIG_1 "\\r\\n\",\"" SIG_2 "\"]"

static void test_read_sign(void **state)
{
    static const struct judged table[] = {
        {200, "{\"transactionId\":\"t\"}", SCA_ANSWER_PENDING, 0, ANY},
        {202, "{\"transactionId\":7}", SCA_ANSWER_PENDING, 0, ANY},
        {200, "{\"transactionId\":\"t\",\"signatures\":null}", SCA_ANSWER_PENDING, 0, ANY},
        {200, "{\"transactionId\":\"t\",\"status\":\"4000\"}", SCA_ANSWER_PENDING, 0, ANY},
        {200, "{\"transactionId\":\"t\",\"status\":\"200\"}", SCA_ANSWER_PENDING, 0, ANY},
        {400, "{\"transactionId\":\"t\",\"status\":\"4000\"}", SCA_ANSWER_PENDING, 0, ANY},
        {200, "{" BOTH "}", SCA_ANSWER_DONE, 0, ANY},
        {200, "{\"status\":1," BOTH "}", SCA_ANSWER_DONE, 0, ANY},
        {200, "{\"status\":\"4002\",\"signatures\":null}", SCA_ANSWER_REJECTED, 0,
         SCA_SPENT_NOTHING},
        {200, "{\"status\":\"4001\"}", SCA_ANSWER_EXPIRED, 0, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"4002\"}", SCA_ANSWER_REJECTED, 0, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"4001\"}", SCA_ANSWER_EXPIRED, 0, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"4005\"}", SCA_ANSWER_REFUSED, SCA_E_QUOTA, SCA_SPENT_NOTHING},
        {400, "{\"error\":13004}", SCA_ANSWER_REFUSED, SCA_E_CERT, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"4004\"}", SCA_ANSWER_REFUSED, SCA_E_REFUSED, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"1\"}", SCA_ANSWER_REFUSED, SCA_E_REFUSED, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"86024\"}", SCA_ANSWER_REFUSED, SCA_E_SP_AUTH, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"no\",\"error_description\":\"hash is bad\"}", SCA_ANSWER_REFUSED,
         SCA_E_REFUSED, SCA_SPENT_NOTHING},
        {401, "{\"error\":\"59033\"}", SCA_ANSWER_REFUSED, SCA_E_USER_AUTH, SCA_SPENT_NOTHING},
        {401, "{\"error\":\"invalid_token\"}", SCA_ANSWER_STALE, 0, ANY},
        /* Perhaps acted on, and nobody can ask. */
        {200, "{}", SCA_ANSWER_TROUBLE, 0, ANY},
        {200, "{\"status\":\"4000\"}", SCA_ANSWER_TROUBLE, 0, ANY},
        {400, "{\"status\":\"4000\"}", SCA_ANSWER_TROUBLE, 0, ANY},
        {200, "{\"transactionId\":\"\"}", SCA_ANSWER_TROUBLE, 0, ANY},
        {200, "{\"signatures\":[\"" SIG_1 "\"]}", SCA_ANSWER_TROUBLE, 0, ANY},
        {200, "<html>", SCA_ANSWER_TROUBLE, 0, ANY},
        {400, "<html>", SCA_ANSWER_TROUBLE, 0, ANY},
        {302, "{}", SCA_ANSWER_TROUBLE, 0, ANY},
        {429, "{\"error\":\"4005\"}", SCA_ANSWER_TROUBLE, 0, ANY},
        {502, "{\"error\":\"4005\"}", SCA_ANSWER_TROUBLE, 0, ANY},
        {400, "{\"error\":\"50000\"}", SCA_ANSWER_STRANGE, 0, ANY},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        expect_judged(sca_mysign_read_sign, &table[i]);
}

static void test_read_status(void **state)
{
    static const struct judged table[] = {
        {200, "{\"status\":\"1\"," BOTH "}", SCA_ANSWER_DONE, 0, ANY},
        {200, "{\"status\":1," BOTH ",\"x\":null}", SCA_ANSWER_DONE, 0, ANY},
        {200, "{\"status\":\"6000\"," BOTH "}", SCA_ANSWER_DONE, 0, ANY},
        {200, "{\"status\":\"4000\",\"signatures\":null}", SCA_ANSWER_PENDING, 0, ANY},
        {200, "{\"status\":4000}", SCA_ANSWER_PENDING, 0, ANY},
        {200, "{\"status\":\"0\",\"signatures\":[]}", SCA_ANSWER_PENDING, 0, ANY},
        {200, "{\"status\":\"6000\",\"signatures\":[null,\"\"]}", SCA_ANSWER_PENDING, 0, ANY},
        {400, "{\"error\":\"4000\"}", SCA_ANSWER_PENDING, 0, ANY},
        {200, "{\"status\":\"4001\"}", SCA_ANSWER_EXPIRED, 0, SCA_SPENT_NOTHING},
        {200, "{\"status\":\"4002\",\"message\":\"x\"}", SCA_ANSWER_REJECTED, 0, SCA_SPENT_NOTHING},
        {200, "{\"status\":\"4004\"}", SCA_ANSWER_REFUSED, SCA_E_REFUSED, SCA_SPENT_NOTHING},
        {200, "{\"status\":\"4005\"}", SCA_ANSWER_REFUSED, SCA_E_QUOTA, SCA_SPENT_NOTHING},
        {200, "{\"status\":\"13004\"}", SCA_ANSWER_REFUSED, SCA_E_CERT, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"13004\"}", SCA_ANSWER_REFUSED, SCA_E_CERT, SCA_SPENT_NOTHING},
        {400, "{\"error\":\"no\",\"error_description\":\"transaction not found\"}",
         SCA_ANSWER_NOT_FOUND, 0, ANY},
        {401, "{\"error\":\"invalid_token\"}", SCA_ANSWER_STALE, 0, ANY},
        {401, "", SCA_ANSWER_STALE, 0, ANY},
        {401, "{\"error\":\"59033\"}", SCA_ANSWER_REFUSED, SCA_E_USER_AUTH, ANY},
        {400, "{\"error\":\"invalid_request\"}", SCA_ANSWER_REFUSED, SCA_E_REFUSED, ANY},
        /* Looked at again, a few times. */
        {200, "{\"status\":\"1\"}", SCA_ANSWER_STRANGE, 0, ANY},
        {200, "{\"status\":\"1\",\"signatures\":[\"" SIG_1 "\"]}", SCA_ANSWER_STRANGE, 0, ANY},
        {200, "{\"status\":\"4000\",\"signatures\":[\"" SIG_1 "\"]}", SCA_ANSWER_STRANGE, 0, ANY},
        {200, "{\"status\":\"1\",\"signatures\":[\"" SIG_1 "\",\"!\"]}", SCA_ANSWER_STRANGE, 0,
         ANY},
        {200, "{\"status\":\"1\",\"signatures\":[\"" SIG_1 "\",\"" SIG_2 "\",\"" SIG_2 "\"]}",
         SCA_ANSWER_STRANGE, 0, ANY},
        {200, "{\"status\":\"1\",\"signatures\":\"" SIG_1 "\"}", SCA_ANSWER_STRANGE, 0, ANY},
        {200, "{\"status\":\"50000\"}", SCA_ANSWER_STRANGE, 0, ANY},
        /* Looked at until the time is over. */
        {200, "{\"status\":\"7777\"}", SCA_ANSWER_TROUBLE, 0, ANY},
        {200, "{\"status\":true}", SCA_ANSWER_TROUBLE, 0, ANY},
        {200, "{\"status\":null}", SCA_ANSWER_TROUBLE, 0, ANY},
        {200, "[]", SCA_ANSWER_TROUBLE, 0, ANY},
        {200, "<html>", SCA_ANSWER_TROUBLE, 0, ANY},
        {400, "<html>", SCA_ANSWER_TROUBLE, 0, ANY},
        {429, "", SCA_ANSWER_TROUBLE, 0, ANY},
        {500, "{\"error\":\"4002\"}", SCA_ANSWER_TROUBLE, 0, ANY},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        expect_judged(sca_mysign_read_status, &table[i]);
}

/* In the order of the documents, white space removed. */
static void test_signatures(void **state)
{
    struct sca_http_reply reply = http(200, "{\"status\":\"1\"," BOTH "}");
    struct sca_answer answer;

    (void)state;
    sca_mysign_read_status(&reply, 2, &answer);
    assert_int_equal(answer.count, 2);
    assert_int_equal(answer.signatures[0].len, 3);
    assert_memory_equal(answer.signatures[0].data, "\x01\x02\x03", 3);
    assert_memory_equal(answer.signatures[1].data, "\x04\x05\x06", 3);
    sca_answer_clear(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_put_sign),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_long_text),
        cmocka_unit_test(test_login),
        cmocka_unit_test(test_login_refused),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_forms),
        cmocka_unit_test(test_list_bad_entries),
        cmocka_unit_test(test_list_refused),
        cmocka_unit_test(test_no_reply),
        cmocka_unit_test(test_read_sign),
        cmocka_unit_test(test_read_status),
        cmocka_unit_test(test_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
