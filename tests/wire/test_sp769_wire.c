/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sp769 requests letter by letter, and every form of reply that the documents, the public clients
 * or bad luck have shown: what each is taken for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/base.h"
#include "cloud/wire_sp769.h"
#include "drive.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct sca_bytes bytes(const char *text)
{
    return (struct sca_bytes){(const uint8_t *)text, strlen(text)};
}

static struct sca_http_reply http(int status, const char *body)
{
    return (struct sca_http_reply){
        .transport = SCA_TRANSPORT_OK, .detail = "", .status = status, .body = bytes(body)};
}

/* ---- requests -------------------------------------------------------------------------------- */

static void expect_text(struct sca_buf *out, const char *text)
{
    assert_int_equal(sca_buf_add_u8(out, 0), 0);
    assert_string_equal((char *)out->data, text);
}

static const struct sca_sp769_who who = {
    .sp_id = "sp-1", .sp_password = {(const uint8_t *)"p\"w", 3}, .user_id = "012345678901"};

static void test_put_list(void **state)
{
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    assert_int_equal(sca_sp769_put_list(&out, &who, "t-1"), 0);
    expect_text(&out, "{\"sp_id\":\"sp-1\",\"sp_password\":\"p\\\"w\",\"user_id\":\"012345678901\","
                      "\"transaction_id\":\"t-1\"}");
}

#define HEX_1 "abcd0f0000000000000000000000000000000000000000000000000000000000"
#define HEX_2 "1234000000000000000000000000000000000000000000000000000000000000"
#define FILES(id, hex)                                                                             \
    "{\"doc_id\":\"" id                                                                            \
    "\",\"file_type\":\"pdf\",\"sign_type\":\"hash\",\"data_to_be_signed\":\"" hex "\"}"

static void test_put_sign(void **state)
{
    SCA_BUF_AUTO out;
    struct sca_cloud_sign plain = drive_two;

    (void)state;
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    assert_int_equal(sca_sp769_put_sign(&out, &who, &drive_one, NULL), 0);
    expect_text(&out,
                "{\"sp_id\":\"sp-1\",\"sp_password\":\"p\\\"w\",\"user_id\":\"012345678901\","
                "\"transaction_id\":\"3f2a0c1e-0000-4000-8000-000000000001\","
                "\"transaction_desc\":\"soffice trên may-tinh-1\",\"serial_number\":\"0540100aB\","
                "\"time_stamp\":\"20220316063000Z\",\"sign_files\":[" FILES("doc-1", HEX_1) "]}");

    sca_buf_clear(&out);
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    plain.serial = "";
    plain.created_utc = 0;
    assert_int_equal(sca_sp769_put_sign(&out, &who, &plain, NULL), 0);
    expect_text(&out, "{\"sp_id\":\"sp-1\",\"sp_password\":\"p\\\"w\",\"user_id\":\"012345678901\","
                      "\"transaction_id\":\"3f2a0c1e-0000-4000-8000-000000000002\","
                      "\"transaction_desc\":\"pkcs11-tool\","
                      "\"sign_files\":[" FILES("doc-1", HEX_1) "," FILES("doc-2", HEX_2) "]}");
}

static void test_put_v2(void **state)
{
    SCA_BUF_AUTO out;
    struct sca_sp769_person person = {.password = bytes("mật"), .otp = bytes("012345")};

    (void)state;
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    assert_int_equal(sca_sp769_put_sign(&out, &who, &drive_one, &person), 0);
    static const char part[] = "\"password\":\"mật\",\"otp\":\"012345\",\"transaction_id\"";
    assert_non_null(memmem(out.data, out.len, part, sizeof part - 1));

    sca_buf_clear(&out);
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    assert_int_equal(sca_sp769_put_confirm(&out, &who, bytes("mật"), "t-1", bytes("a.b.c")), 0);
    expect_text(&out, "{\"sp_id\":\"sp-1\",\"sp_password\":\"p\\\"w\",\"user_id\":\"012345678901\","
                      "\"password\":\"mật\",\"transaction_id\":\"t-1\",\"sad\":\"a.b.c\"}");
}

static void test_put_not_utf8(void **state)
{
    SCA_BUF_AUTO out;
    struct sca_sp769_who odd = who;

    (void)state;
    odd.sp_password = bytes("\xff");
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    assert_int_equal(sca_sp769_put_list(&out, &odd, "t-1"), SCA_E_FORMAT);
}

/* ---- status ---------------------------------------------------------------------------------- */

#define OK_(data)                                                                                  \
    "{\"status_code\":200,\"message\":\"sig_wait_for_user_confirm\",\"data\":" data "}"
#define DONE_(data)         "{\"status_code\":200,\"message\":\"SUCCESS\",\"data\":" data "}"
#define SAYS(code, message) "{\"status_code\":" #code ",\"message\":\"" message "\",\"data\":null}"
#define SIG(id, value)                                                                             \
    "{\"doc_id\":\"" id "\",\"signature_value\":" value ",\"timestamp_signature\":null}"
#define BOTH                                                                                       \
    "{\"signatures\":[" SIG("doc-1", "\"" SIG_1 "\"") "," SIG("doc-2", "\"" SIG_2 "\"") "]}"

struct row {
    int http;
    const char *body;
    enum sca_answer_class class;
    int err;
    enum sca_spent spent;
};

#define ANY  SCA_SPENT_UNKNOWN
#define FREE SCA_SPENT_NOTHING

static const struct row status_rows[] = {
    /* pending, in every form */
    {200, OK_("{\"signatures\":null}"), SCA_ANSWER_PENDING, 0, ANY},
    {200, OK_("{}"), SCA_ANSWER_PENDING, 0, ANY},
    {200, OK_("null"), SCA_ANSWER_PENDING, 0, ANY},
    {200, OK_("[]"), SCA_ANSWER_PENDING, 0, ANY},
    {200, OK_("\"\""), SCA_ANSWER_PENDING, 0, ANY},
    {200, "{\"status_code\":200}", SCA_ANSWER_PENDING, 0, ANY},
    {200, "{\"status_code\":200,\"message\":null}", SCA_ANSWER_PENDING, 0, ANY},
    {200, "{\"status_code\":\"200\",\"message\":\"\"}", SCA_ANSWER_PENDING, 0, ANY},
    {202, OK_("{\"signatures\":[]}"), SCA_ANSWER_PENDING, 0, ANY},
    {200, OK_("{\"signatures\":[" SIG("doc-1", "\"\"") "," SIG("doc-2", "null") "]}"),
     SCA_ANSWER_PENDING, 0, ANY},
    {200, OK_("{\"signatures\":[" SIG("doc-1", "\" \\r\\n\"") "]}"), SCA_ANSWER_PENDING, 0, ANY},
    {200, OK_("{\"signatures\":[" SIG("doc-1", "\"" SIG_1 "\"") "," SIG("doc-2", "\"\"") "]}"),
     SCA_ANSWER_PENDING, 0, ANY},
    {200, OK_("{\"signatures\":[null,1,\"x\",[],{}]}"), SCA_ANSWER_PENDING, 0, ANY},
    {200, "{\"code\":0,\"message\":\"Success\",\"data\":{}}", SCA_ANSWER_PENDING, 0, ANY},
    {200, "{\"status_code\":200,\"message\":\"Waiting for user to confirm or cancel\"}",
     SCA_ANSWER_PENDING, 0, ANY},
    {200, SAYS(200, "Đang chờ người dùng xác nhận hoặc từ chối"), SCA_ANSWER_PENDING, 0, ANY},
    {409, "", SCA_ANSWER_PENDING, 0, ANY},
    {409, SAYS(409, "sig_wait_for_user_confirm"), SCA_ANSWER_PENDING, 0, ANY},
    {200, SAYS(409, "conflict"), SCA_ANSWER_PENDING, 0, ANY},

    /* done, whatever the message */
    {200, DONE_(BOTH), SCA_ANSWER_DONE, 0, ANY},
    {200, OK_(BOTH), SCA_ANSWER_DONE, 0, ANY},
    {200, "{\"status_code\":\" 200\",\"message\":null,\"data\":" BOTH "}", SCA_ANSWER_DONE, 0, ANY},
    {200, "{\"status_code\":0,\"message\":\" success\",\"data\":" BOTH "}", SCA_ANSWER_DONE, 0,
     ANY},
    {200, "\xef\xbb\xbf" DONE_(BOTH), SCA_ANSWER_DONE, 0, ANY},
    {200,
     DONE_("{\"transaction_id\":\"another\",\"signatures\":[" SIG("doc-2", "\"" SIG_2 "\"") "," SIG(
         "doc-1", "\"AQ\\r\\nID\\r\\n\"") "]}"),
     SCA_ANSWER_DONE, 0, ANY},
    {200,
     DONE_("{\"signatures\":[" SIG("doc-2", "\"" SIG_2 "\"") "," SIG(
         "extra", "\"" SIG_2 "\"") "," SIG("doc-1", "\"" SIG_1 "\"") "]}"),
     SCA_ANSWER_DONE, 0, ANY},

    /* signatures that do not fit */
    {200,
     DONE_(
         "{\"signatures\":[" SIG("doc-1", "\"" SIG_1 "\"") "," SIG("doc-1", "\"" SIG_1 "\"") "]}"),
     SCA_ANSWER_STRANGE, 0, ANY},
    {200, DONE_("{\"signatures\":[" SIG("doc-1", "\"" SIG_1 "\"") "]}"), SCA_ANSWER_STRANGE, 0,
     ANY},
    {200,
     DONE_("{\"signatures\":[" SIG("doc-1", "\"" SIG_1 "\"") "," SIG(
         "doc-1", "\"" SIG_1 "\"") "," SIG("doc-2", "\"" SIG_2 "\"") "]}"),
     SCA_ANSWER_STRANGE, 0, ANY},
    {200,
     DONE_(
         "{\"signatures\":[" SIG("doc-1", "\"" SIG_1 "\"") "," SIG("DOC-2", "\"" SIG_2 "\"") "]}"),
     SCA_ANSWER_STRANGE, 0, ANY},
    {200,
     DONE_("{\"signatures\":[{\"signature_value\":\"" SIG_1 "\"},{\"signature_value\":\"" SIG_2
           "\"}]}"),
     SCA_ANSWER_STRANGE, 0, ANY},
    {200, DONE_("{\"signatures\":[" SIG("doc-1", "\"*\"") "," SIG("doc-2", "\"" SIG_2 "\"") "]}"),
     SCA_ANSWER_STRANGE, 0, ANY},
    {200, DONE_("{\"signatures\":\"AQID\"}"), SCA_ANSWER_STRANGE, 0, ANY},
    {200, DONE_("{\"signatures\":{\"doc-1\":\"AQID\"}}"), SCA_ANSWER_STRANGE, 0, ANY},

    /* rejected by the person */
    {200, SAYS(400, "sig_user_rejected"), SCA_ANSWER_REJECTED, 0, FREE},
    {400, SAYS(400, "sig_user_rejected"), SCA_ANSWER_REJECTED, 0, FREE},
    {403, SAYS(403, "SIG_USER_REJECTED"), SCA_ANSWER_REJECTED, 0, FREE},
    {200, SAYS(200, "UserDenied"), SCA_ANSWER_REJECTED, 0, FREE},
    {200, SAYS(400, "user canceled"), SCA_ANSWER_REJECTED, 0, FREE},
    {200, SAYS(400, "Cancelled by user"), SCA_ANSWER_REJECTED, 0, FREE},
    {200, SAYS(400, "Người dùng đã từ chối"), SCA_ANSWER_REJECTED, 0, FREE},
    {200, SAYS(400, "NGUOI DUNG TU CHOI"), SCA_ANSWER_REJECTED, 0, FREE},
    {200, SAYS(400, "Giao dịch đã bị hủy"), SCA_ANSWER_REJECTED, 0, FREE},
    {200, SAYS(400, "Giao dịch đã bị huỷ"), SCA_ANSWER_REJECTED, 0, FREE},
    {200, SAYS(401, "user_reject"), SCA_ANSWER_REJECTED, 0, FREE},

    /* not confirmed in time */
    {200, SAYS(400, "sig_expired"), SCA_ANSWER_EXPIRED, 0, FREE},
    {400, SAYS(400, "TransactionExpired"), SCA_ANSWER_EXPIRED, 0, FREE},
    {200, SAYS(200, "Giao dịch hết hạn"), SCA_ANSWER_EXPIRED, 0, FREE},
    {200, SAYS(400, "giao dich qua han"), SCA_ANSWER_EXPIRED, 0, FREE},
    {200, SAYS(400, "confirm timeout"), SCA_ANSWER_EXPIRED, 0, ANY}, /* whose, is not said */

    /* unknown */
    {404, SAYS(404, "transaction_not_exist"), SCA_ANSWER_NOT_FOUND, 0, ANY},
    {200, SAYS(404, "Not Found"), SCA_ANSWER_NOT_FOUND, 0, ANY},
    {200, SAYS(400, "transaction_not_exist"), SCA_ANSWER_NOT_FOUND, 0, ANY},
    {200, SAYS(400, "Không tìm thấy giao dịch"), SCA_ANSWER_NOT_FOUND, 0, ANY},
    {404, "<html>not here</html>", SCA_ANSWER_NOT_FOUND, 0, ANY},
    {404, "", SCA_ANSWER_NOT_FOUND, 0, ANY},

    /* the service ends it for another reason; the transaction may live on */
    {200, SAYS(401, "SP_CREDENTIAL_INVALID"), SCA_ANSWER_REFUSED, SCA_E_SP_AUTH, ANY},
    {401, "{\"status_code\":401}", SCA_ANSWER_REFUSED, SCA_E_SP_AUTH, ANY},
    {403, SAYS(403, "CREDENTIAL_STATUS_INVALID"), SCA_ANSWER_REFUSED, SCA_E_CERT, ANY},
    {200, SAYS(403, "Certificate expired"), SCA_ANSWER_REFUSED, SCA_E_CERT, ANY},
    {200, SAYS(400, "BAD_REQUEST"), SCA_ANSWER_REFUSED, SCA_E_REFUSED, ANY},
    {400, "{\"status_code\":400,\"message\":null}", SCA_ANSWER_REFUSED, SCA_E_REFUSED, ANY},
    {400, "{\"title\":\"One or more errors\",\"status\":400}", SCA_ANSWER_REFUSED, SCA_E_REFUSED,
     ANY},
    {403, SAYS(403, "Access denied"), SCA_ANSWER_REFUSED, SCA_E_CERT, ANY}, /* nobody rejected */

    /* nothing to rely on */
    {429, SAYS(400, "sig_user_rejected"), SCA_ANSWER_TROUBLE, 0, ANY},
    {500, DONE_(BOTH), SCA_ANSWER_TROUBLE, 0, ANY},
    {502, "<html>bad gateway</html>", SCA_ANSWER_TROUBLE, 0, ANY},
    {503, "", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, SAYS(500, "SERVAR_INTERNAL_ERROR"), SCA_ANSWER_TROUBLE, 0, ANY},
    {200, SAYS(500, "Request timeout"), SCA_ANSWER_TROUBLE, 0, ANY},
    {200, SAYS(429, "slow down"), SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "{\"status_code\":200,\"mess", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "<html>login</html>", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "[]", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "null", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "{}", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "{\"status_code\":null,\"message\":null,\"data\":null}", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "{\"status_code\":[200],\"message\":{\"a\":1},\"data\":{\"signatures\":{\"0\":1}}}",
     SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "{\"message\":\"sig_user_rejected\"}", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "{\"status_code\":200,\"status_code\":400,\"message\":\"sig_user_rejected\"}",
     SCA_ANSWER_TROUBLE, 0, ANY},
    {302, "", SCA_ANSWER_TROUBLE, 0, ANY},
    {403, "<html>denied</html>", SCA_ANSWER_TROUBLE, 0, ANY},
};

typedef void reader(const struct sca_http_reply *, const struct sca_cloud_doc *, size_t,
                    struct sca_answer *);

static void check_row(reader *read, const struct row *row)
{
    struct sca_http_reply reply = http(row->http, row->body);
    struct sca_answer answer;

    read(&reply, drive_two.docs, 2, &answer);
    if (answer.class != row->class || answer.err != row->err || answer.spent != row->spent)
        fail_msg("HTTP %d %s: class %d err %s spent %d", row->http, row->body, answer.class,
                 sca_err_name(answer.err), answer.spent);
    assert_int_equal(answer.signatures != NULL, row->class == SCA_ANSWER_DONE);
    if (row->class == SCA_ANSWER_DONE) { /* in the order of the request, whatever theirs was */
        assert_int_equal(answer.count, 2);
        assert_int_equal(answer.signatures[0].len, 3);
        assert_memory_equal(answer.signatures[0].data, "\x01\x02\x03", 3);
        assert_memory_equal(answer.signatures[1].data, "\x04\x05\x06", 3);
    }
    assert_true(strlen(answer.detail) > 0);
    sca_answer_clear(&answer);
}

static void test_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(status_rows); i++)
        check_row(sca_sp769_read_status, &status_rows[i]);
}

/* ---- sign ------------------------------------------------------------------------------------ */

static const struct row sign_rows[] = {
    {200, OK_("{\"transaction_id\":\"x\",\"tran_code\":\"c\"}"), SCA_ANSWER_PENDING, 0, ANY},
    {200, "{\"status_code\":200,\"message\":\"Success\",\"data\":null}", SCA_ANSWER_PENDING, 0,
     ANY},
    {200, "{\"status_code\":\"0\",\"data\":{}}", SCA_ANSWER_PENDING, 0, ANY},
    {200, DONE_(BOTH), SCA_ANSWER_DONE, 0, ANY},
    /* accepted; what the signatures are worth, the polls will tell */
    {200, DONE_("{\"signatures\":[" SIG("doc-1", "\"" SIG_1 "\"") "]}"), SCA_ANSWER_PENDING, 0,
     ANY},

    {409, "", SCA_ANSWER_EXISTS, 0, ANY},
    {400, SAYS(400, "transaction_id already exists"), SCA_ANSWER_EXISTS, 0, ANY},
    {200, SAYS(400, "Duplicate transaction"), SCA_ANSWER_EXISTS, 0, ANY},
    {200, SAYS(400, "Giao dịch đã tồn tại"), SCA_ANSWER_EXISTS, 0, ANY},
    {200, SAYS(400, "Mã giao dịch bị trùng"), SCA_ANSWER_EXISTS, 0, ANY},

    {401, SAYS(401, "SP_CREDENTIAL_INVALID"), SCA_ANSWER_REFUSED, SCA_E_SP_AUTH, FREE},
    {200, SAYS(401, "sp_password is wrong"), SCA_ANSWER_REFUSED, SCA_E_SP_AUTH, FREE},
    {401, "{\"status_code\":401,\"message\":null}", SCA_ANSWER_REFUSED, SCA_E_SP_AUTH, FREE},
    {401, "{\"message\":\"Unauthorized\"}", SCA_ANSWER_REFUSED, SCA_E_SP_AUTH, FREE},
    {401, SAYS(401, "User invalid"), SCA_ANSWER_REFUSED, SCA_E_NO_CERT, FREE},
    {400, SAYS(400, "no_credential_match_id_0540"), SCA_ANSWER_REFUSED, SCA_E_NO_CERT, FREE},
    {200, SAYS(400, "User does not exist"), SCA_ANSWER_REFUSED, SCA_E_NO_CERT, FREE},
    {200, SAYS(400, "Thuê bao không tồn tại"), SCA_ANSWER_REFUSED, SCA_E_NO_CERT, FREE},
    {401, SAYS(401, "user_password_invalid"), SCA_ANSWER_REFUSED, SCA_E_USER_AUTH, FREE},
    {200, SAYS(401, "Sai mật khẩu"), SCA_ANSWER_REFUSED, SCA_E_USER_AUTH, FREE},
    {400, SAYS(1003, "OTP must be verified"), SCA_ANSWER_REFUSED, SCA_E_USER_AUTH, FREE},
    {200, "{\"status_code\":\"1003\",\"message\":null}", SCA_ANSWER_REFUSED, SCA_E_USER_AUTH, FREE},
    {400, SAYS(1003, "otp already used"), SCA_ANSWER_REFUSED, SCA_E_USER_AUTH, FREE},
    {401, SAYS(401, "account_locked"), SCA_ANSWER_REFUSED, SCA_E_USER_LOCKED, FREE},
    {200, SAYS(401, "Tài khoản bị khoá"), SCA_ANSWER_REFUSED, SCA_E_USER_LOCKED, FREE},
    {403, SAYS(403, "CREDENTIAL_STATUS_INVALID: SUSPENDED"), SCA_ANSWER_REFUSED, SCA_E_CERT, FREE},
    {403, "{\"status_code\":403}", SCA_ANSWER_REFUSED, SCA_E_CERT, FREE},
    {200, SAYS(400, "Chứng thư đã hết hạn"), SCA_ANSWER_REFUSED, SCA_E_CERT, FREE},
    {403, SAYS(403, "service pack exceeded"), SCA_ANSWER_REFUSED, SCA_E_QUOTA, FREE},
    {200, SAYS(400, "Hết lượt ký"), SCA_ANSWER_REFUSED, SCA_E_QUOTA, FREE},
    {200, SAYS(65000, "x"), SCA_ANSWER_REFUSED, SCA_E_QUOTA, FREE},
    {200, SAYS(400, "Currently we only support type hash"), SCA_ANSWER_REFUSED, SCA_E_REFUSED,
     FREE},
    {403, SAYS(403, "account_does_not_support_otp"), SCA_ANSWER_REFUSED, SCA_E_REFUSED, FREE},

    /* may have been acted on; what the words hint at is kept */
    {500, SAYS(500, "SERVAR_INTERNAL_ERROR"), SCA_ANSWER_TROUBLE, 0, ANY},
    {200, SAYS(500, "x"), SCA_ANSWER_TROUBLE, 0, ANY},
    {500, SAYS(500, "Hết lượt ký"), SCA_ANSWER_TROUBLE, SCA_E_QUOTA, ANY},
    {429, SAYS(429, "slow down"), SCA_ANSWER_TROUBLE, 0, ANY},
    {408, SAYS(408, "x"), SCA_ANSWER_TROUBLE, 0, ANY},
    {400, "<html>", SCA_ANSWER_TROUBLE, 0, ANY},
    {400, "{\"status_co", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "{}", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "", SCA_ANSWER_TROUBLE, 0, ANY},
    {307, SAYS(307, "elsewhere"), SCA_ANSWER_TROUBLE, 0, ANY},
};

static void test_sign(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sign_rows); i++)
        check_row(sca_sp769_read_sign, &sign_rows[i]);
}

static void test_sign_ticket(void **state)
{
    static const struct {
        const char *data;
        const char *code;
        const char *sad;
        uint32_t life_s;
    } table[] = {
        {"{\"tran_code\":\"c-1\",\"sad\":\"a.b.c\",\"expired_in\":299}", "c-1", "a.b.c", 299},
        {"{\"sad\":\"a.b.c\",\"expired_in\":\"120\"}", "", "a.b.c", 120},
        {"{\"sad\":\"a.b.c\"}", "", "a.b.c", 299},
        {"{\"sad\":\"a.b.c\",\"expired_in\":-1}", "", "a.b.c", 299},
        {"{\"sad\":\"a.b.c\",\"expired_in\":1e12}", "", "a.b.c", 299},
        {"{\"sad\":\"\",\"tran_code\":7}", "", NULL, 0},
        {"{\"sad\":null,\"tran_code\":null}", "", NULL, 0},
        {"{\"sad\":{\"a\":1}}", "", NULL, 0},
        {"null", "", NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_answer answer;
        char body[512];
        snprintf(body, sizeof body, "{\"status_code\":200,\"message\":\"\",\"data\":%s}",
                 table[i].data);
        struct sca_http_reply reply = http(200, body);
        sca_sp769_read_sign(&reply, drive_two.docs, 2, &answer);
        assert_int_equal(answer.class, SCA_ANSWER_PENDING);
        assert_string_equal(answer.provider_txn, table[i].code);
        assert_int_equal(answer.sad != NULL, table[i].sad != NULL);
        if (table[i].sad != NULL)
            assert_string_equal(sca_secret_text(answer.sad), table[i].sad);
        assert_int_equal(answer.sad_life_s, table[i].life_s);
        sca_answer_clear(&answer);
    }
}

/* ---- confirm --------------------------------------------------------------------------------- */

static const struct row confirm_rows[] = {
    {200, DONE_(BOTH), SCA_ANSWER_DONE, 0, ANY},
    {200, "{\"status_code\":200,\"message\":\"Success\",\"data\":{\"signatures\":null}}",
     SCA_ANSWER_PENDING, 0, ANY},
    {200, DONE_("{\"signatures\":[" SIG("doc-1", "\"" SIG_1 "\"") "]}"), SCA_ANSWER_PENDING, 0,
     ANY},
    {409, "", SCA_ANSWER_PENDING, 0, ANY},
    {401, SAYS(401, "user_password_invalid"), SCA_ANSWER_REFUSED, SCA_E_USER_AUTH, FREE},
    {401, SAYS(401, "account_locked"), SCA_ANSWER_REFUSED, SCA_E_USER_LOCKED, FREE},
    {400, SAYS(400, "transaction already confirmed"), SCA_ANSWER_PENDING, 0, ANY},
    {200, SAYS(400, "Giao dịch đã được xác nhận"), SCA_ANSWER_PENDING, 0, ANY},
    {401, SAYS(401, "SAD expired"), SCA_ANSWER_REFUSED, SCA_E_EXPIRED, FREE},
    {400, SAYS(400, "BAD_REQUEST"), SCA_ANSWER_REFUSED, SCA_E_REFUSED, FREE},
    {500, DONE_(BOTH), SCA_ANSWER_TROUBLE, 0, ANY},
    {429, "", SCA_ANSWER_TROUBLE, 0, ANY},
    {200, SAYS(500, "x"), SCA_ANSWER_TROUBLE, 0, ANY},
    {200, "{\"status", SCA_ANSWER_TROUBLE, 0, ANY},
    {502, "<html>", SCA_ANSWER_TROUBLE, 0, ANY},
};

static void test_confirm(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(confirm_rows); i++)
        check_row(sca_sp769_read_confirm, &confirm_rows[i]);
}

static void test_transport(void **state)
{
    static reader *const readers[] = {sca_sp769_read_sign, sca_sp769_read_status,
                                      sca_sp769_read_confirm};
    struct sca_http_reply reply = {.transport = SCA_TRANSPORT_UNCERTAIN, .detail = "lost\nit"};

    (void)state;
    for (size_t i = 0; i < COUNT(readers); i++) {
        struct sca_answer answer;
        readers[i](&reply, drive_two.docs, 2, &answer);
        assert_int_equal(answer.class, SCA_ANSWER_TROUBLE);
        assert_string_equal(answer.detail, "lost?it");
        sca_answer_clear(&answer);
    }
}

static void test_detail_is_bounded(void **state)
{
    char body[4096];
    char message[3000];
    struct sca_answer answer;

    (void)state;
    memset(message, 'x', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    snprintf(body, sizeof body, "{\"status_code\":400,\"message\":\"\\u001b[2J\\u202e%s\"}",
             message);
    struct sca_http_reply reply = http(400, body);
    sca_sp769_read_sign(&reply, drive_two.docs, 2, &answer);
    assert_int_equal(strncmp(answer.detail, "?[2J?xxx", 8), 0);
    assert_true(strlen(answer.detail) < SCA_CLOUD_DETAIL_SIZE);
    sca_answer_clear(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_list),    cmocka_unit_test(test_put_sign),
        cmocka_unit_test(test_put_v2),      cmocka_unit_test(test_put_not_utf8),
        cmocka_unit_test(test_status),      cmocka_unit_test(test_sign),
        cmocka_unit_test(test_sign_ticket), cmocka_unit_test(test_confirm),
        cmocka_unit_test(test_transport),   cmocka_unit_test(test_detail_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
