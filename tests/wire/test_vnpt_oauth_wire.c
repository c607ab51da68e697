/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VNPT OAuth requests letter by letter, and every form of reply that is documented, disputed or bad
 * luck: what each is taken for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/base.h"
#include "cloud/wire_vnpt_oauth.h"
#include "drive.h"

#define COUNT(table)  (sizeof(table) / sizeof(table)[0])
#define LITERAL(text) ((struct sca_bytes){(const uint8_t *)(text), sizeof(text) - 1})

#define HASH_1 "q80PAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define HASH_2 "EjQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static struct sca_http_reply http(int status, const char *body)
{
    return (struct sca_http_reply){.transport = SCA_TRANSPORT_OK,
                                   .detail = "",
                                   .status = status,
                                   .body = {(const uint8_t *)body, strlen(body)}};
}

/* ---- requests -------------------------------------------------------------------------------- */

static void expect_text(struct sca_buf *out, const char *text)
{
    assert_int_equal(sca_buf_add_u8(out, 0), 0);
    assert_string_equal((char *)out->data, text);
    sca_buf_clear(out);
    sca_buf_init(out, SCA_BASE_BODY_MAX);
}

/* Passwords hold everything that has a meaning in a form. */
static void test_put_grants(void **state)
{
    const struct sca_vnpt_oauth_client client = {.id = "c 1", .secret = LITERAL("s&=+%")};
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    sca_vnpt_oauth_put_refresh(&out, &client, LITERAL("a/b"));
    expect_text(&out, "grant_type=refresh_token&client_id=c%201&client_secret=s%26%3D%2B%25"
                      "&refresh_token=a%2Fb&scope=sign%20offline_access");
    sca_vnpt_oauth_put_password(&out, &client, "012345678901", LITERAL("M\xe1\xba\xadt@ &kh\xe1"));
    expect_text(&out, "grant_type=password&client_id=c%201&client_secret=s%26%3D%2B%25"
                      "&username=012345678901&password=M%E1%BA%ADt%40%20%26kh%E1"
                      "&scope=sign%20offline_access");
    sca_vnpt_oauth_put_code(&out, &client, LITERAL("x+y"), "http://127.0.0.1:9/a", LITERAL("v~-"));
    expect_text(&out, "grant_type=authorization_code&client_id=c%201&client_secret=s%26%3D%2B%25"
                      "&code=x%2By&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fa&code_verifier=v~-");
    sca_vnpt_oauth_put_code(&out, &client, LITERAL("x"), "http://[::1]:9/", LITERAL(""));
    expect_text(&out, "grant_type=authorization_code&client_id=c%201&client_secret=s%26%3D%2B%25"
                      "&code=x&redirect_uri=http%3A%2F%2F%5B%3A%3A1%5D%3A9%2F");
}

static void test_put_calls(void **state)
{
    SCA_BUF_AUTO out;

    (void)state;
    sca_buf_init(&out, SCA_BASE_BODY_MAX);
    sca_vnpt_oauth_put_list(&out);
    expect_text(&out, "{}");
    sca_vnpt_oauth_put_info(&out, "c\"1", "chain");
    expect_text(&out, "{\"credentialId\":\"c\\\"1\",\"certificates\":\"chain\",\"certInfo\":true,"
                      "\"authInfo\":true}");
    sca_vnpt_oauth_put_sign(&out, &drive_two);
    expect_text(&out, "{\"credentialId\":\"credential-1\",\"refTranId\":\"3f2a0c1e-0000-4000-8000-"
                      "000000000002\",\"description\":\"pkcs11-tool\",\"datas\":[{\"name\":"
                      "\"doc-1\",\"hash\":\"" HASH_1 "\"},{\"name\":\"doc-2\",\"hash\":\"" HASH_2
                      "\"}]}");
    sca_vnpt_oauth_put_look(&out, "t-1");
    expect_text(&out, "{\"tranId\":\"t-1\"}");
}

/* ---- log-in ---------------------------------------------------------------------------------- */

static int read_token(int status, const char *body, struct sca_cloud_token *ret_token)
{
    struct sca_http_reply reply = http(status, body);
    char detail[SCA_CLOUD_DETAIL_SIZE];

    return sca_vnpt_oauth_read_token(&reply, ret_token, detail);
}

static void test_token(void **state)
{
    static const struct {
        const char *body;
        const char *refresh;
        uint32_t life_s;
    } table[] = {
        {"{\"access_token\":\"a.b\",\"refresh_token\":\"r\",\"expires_in\":3600}", "r", 3600},
        {"{\"access_token\":\"a.b\",\"refresh_token\":\"r\",\"expires_in\":\"3599\"}", "r", 3599},
        {"{\"access_token\":\"a.b\",\"refresh_token\":null}", "", 0},
        {"{\"access_token\":\"a.b\",\"refresh_token\":\"\",\"expires_in\":0}", "", 0},
        {"{\"access_token\":\"a.b\",\"expires_in\":99999999999}", "", 0},
        {"{\"access_token\":\"a.b\",\"expires_in\":\"soon\",\"error\":null}", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_cloud_token token = {0};
        assert_int_equal(read_token(200, table[i].body, &token), 0);
        assert_string_equal(sca_secret_text(token.access), "a.b");
        assert_string_equal(sca_secret_text(token.refresh), table[i].refresh);
        assert_int_equal(token.expires_in_s, table[i].life_s);
        sca_secret_free(&token.access);
        sca_secret_free(&token.refresh);
    }
}

static void test_token_refused(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } table[] = {
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"4 attempts left\"}",
         SCA_E_USER_AUTH},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":null}", SCA_E_USER_AUTH},
        {401, "{\"error\":\"invalid_grant\"}", SCA_E_USER_AUTH},
        {200, "{\"error\":\"invalid_grant\",\"access_token\":\"a\"}", SCA_E_USER_AUTH},
        {400, "{\"error\":\"invalid_grant\",\"error_description\":\"account_locked\"}",
         SCA_E_USER_LOCKED},
        {400,
         "{\"error\":\"invalid_grant\",\"error_description\":\"Tài khoản đang bị khóa 5 phút\"}",
         SCA_E_USER_LOCKED},
        {400, "{\"error\":\"invalid_client\"}", SCA_E_SP_AUTH},
        {401, "{\"error\":\"invalid_client\"}", SCA_E_SP_AUTH},
        {400, "{\"error\":\"unauthorized_client\"}", SCA_E_NEED_AUTH},
        {400, "{\"error\":\"unsupported_grant_type\"}", SCA_E_NEED_AUTH},
        {400, "{\"error\":\"invalid_scope\"}", SCA_E_REFUSED},
        {400, "{\"error\":\"unheard of\"}", SCA_E_REFUSED},
        {400, "{\"code\":30000,\"message\":\"Client not found\"}", SCA_E_SP_AUTH},
        {400, "<html>", SCA_E_SERVER},
        {401, "", SCA_E_SERVER},
        {302, "", SCA_E_SERVER},
        {429, "{\"error\":\"invalid_grant\"}", SCA_E_SERVER},
        {503, "{\"error\":\"invalid_grant\"}", SCA_E_SERVER},
        {200, "{}", SCA_E_SERVER},
        {200, "[]", SCA_E_SERVER},
        {200, "{\"access_token\":\"\"}", SCA_E_SERVER},
        {200, "{\"access_token\":7,\"refresh_token\":\"r\"}", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_cloud_token token = {0};
        assert_string_equal(sca_err_name(read_token(table[i].http, table[i].body, &token)),
                            sca_err_name(table[i].err));
        assert_null(token.access);
        assert_null(token.refresh);
    }
}

/* ---- keys ------------------------------------------------------------------------------------ */

static int read_list(int status, const char *body, struct sca_vnpt_oauth_ids *ret_ids)
{
    struct sca_http_reply reply = http(status, body);
    char detail[SCA_CLOUD_DETAIL_SIZE];

    return sca_vnpt_oauth_read_list(&reply, ret_ids, detail);
}

static void test_list(void **state)
{
    static const char *const forms[] = {
        "{\"code\":0,\"codeDesc\":null,\"message\":null,\"content\":[\"c-1\",\"c-2\"]}",
        "{\"code\":\"0\",\"content\":[\"c-1\",\"c-2\"]}",
        "{\"code\":1,\"content\":[\"c-1\",\"c-2\"]}",
        "{\"code\":0,\"content\":[5,\"c-1\",\"\",null,\"c-2\",{}]}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct sca_vnpt_oauth_ids ids = {0};
        assert_int_equal(read_list(200, forms[i], &ids), 0);
        assert_int_equal(ids.count, 2);
        assert_string_equal(ids.items[0], "c-1");
        assert_string_equal(ids.items[1], "c-2");
        sca_vnpt_oauth_ids_clear(&ids);
    }
}

/* Of all calls the same. */
static const struct {
    int http;
    const char *body;
    int err;
} refusals[] = {
    {401, "", SCA_E_NEED_AUTH},
    {401, "{\"code\":0,\"content\":[]}", SCA_E_NEED_AUTH},
    {400, "{\"code\":8,\"message\":\"Token has expired\"}", SCA_E_NEED_AUTH},
    {400, "{\"code\":60000,\"message\":\"x\"}", SCA_E_NO_CERT},
    {400, "{\"code\":\"60001\"}", SCA_E_NO_CERT},
    {200, "{\"code\":60002,\"content\":null}", SCA_E_NO_CERT},
    {400, "{\"code\":60003}", SCA_E_CERT},
    {400, "{\"code\":61000}", SCA_E_REFUSED},
    {400, "{\"code\":65000,\"message\":\"Service pack is exceeded or invalid\"}", SCA_E_QUOTA},
    {400, "{\"code\":30000,\"message\":\"Client not found\"}", SCA_E_SP_AUTH},
    {400, "{\"code\":30000,\"message\":\"Input is invalid\"}", SCA_E_REFUSED},
    {400, "{\"code\":77777,\"message\":\"Tài khoản bị khóa\"}", SCA_E_USER_LOCKED},
    {400, "{\"code\":77777}", SCA_E_REFUSED},
    {400, "{\"code\":50000,\"message\":\"Internal error\"}", SCA_E_SERVER},
    {200, "{\"code\":1,\"content\":null}", SCA_E_SERVER},
    {400, "{\"code\":0}", SCA_E_SERVER},
    {502, "<html>", SCA_E_SERVER},
    {502, "{\"code\":60000}", SCA_E_SERVER},
    {429, "{\"code\":60000}", SCA_E_SERVER},
    {404, "not found", SCA_E_SERVER},
    {200, "", SCA_E_SERVER},
    {200, "{\"code\":", SCA_E_SERVER},
};

static void test_list_refused(void **state)
{
    struct sca_vnpt_oauth_ids ids = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++)
        assert_string_equal(sca_err_name(read_list(refusals[i].http, refusals[i].body, &ids)),
                            sca_err_name(refusals[i].err));
    assert_int_equal(read_list(200, "{\"code\":0,\"content\":[]}", &ids), SCA_E_NO_CERT);
    assert_int_equal(read_list(200, "{\"code\":0,\"content\":null}", &ids), SCA_E_NO_CERT);
    assert_int_equal(read_list(200, "{\"code\":0,\"content\":{}}", &ids), SCA_E_SERVER);
    assert_int_equal(read_list(200, "{\"code\":0,\"content\":[7]}", &ids), SCA_E_SERVER);
    assert_null(ids.items);
}

#define CERTS "\"certificates\":[\"AQ\\r\\nID\\r\\n\",\"BAUG\",\"BAUG\"]"
#define INFO_OF(key, status, more)                                                                 \
    "{\"key\":{\"status\":" key ",\"alg\":[\"1.2.840.113549.1.1.1\"],\"len\":\"2048\"},"           \
    "\"cert\":{\"status\":" status ",\"serialNumber\":\"0540aB\"," CERTS "},"                      \
    "\"authMode\":\"oauth2code\",\"scal\":\"SCAL2\"" more "}"
#define INFO INFO_OF("\"ENABLED\"", "\"VALID\"", ",\"multisign\":50")

static void test_info(void **state)
{
    static const char *const forms[] = {
        INFO,
        "{\"code\":0,\"message\":null,\"content\":" INFO "}",
        "{\"code\":1,\"content\":" INFO "}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct sca_http_reply reply = http(200, forms[i]);
        char detail[SCA_CLOUD_DETAIL_SIZE];
        struct sca_cloud_cert cert = {0};

        assert_int_equal(sca_vnpt_oauth_read_info(&reply, "c-1", &cert, detail), 0);
        assert_string_equal(cert.provider_id, "c-1");
        assert_string_equal(cert.serial, "0540aB");
        assert_string_equal(cert.status, "VALID");
        assert_int_equal(cert.state, SCA_CERT_USABLE);
        assert_int_equal(cert.max_batch, 50);
        assert_int_equal(cert.der.len, 3);
        assert_int_equal(cert.chain_count, 2);
        sca_base_cert_clear(&cert);
    }
}

static void test_info_states(void **state)
{
    static const struct {
        const char *body;
        const char *status;
        enum sca_cert_state state;
        uint32_t max_batch;
    } table[] = {
        {INFO_OF("null", "null", ""), "", SCA_CERT_USABLE, 0},
        {INFO_OF("\"ENABLED\"", "\"VALID\"", ",\"multisign\":\"7\""), "VALID", SCA_CERT_USABLE, 7},
        {INFO_OF("\"ENABLED\"", "\"VALID\"", ",\"multisign\":1000"), "VALID", SCA_CERT_USABLE, 50},
        {INFO_OF("\"ENABLED\"", "\"VALID\"", ",\"multisign\":-1"), "VALID", SCA_CERT_USABLE, 0},
        {INFO_OF("\"ENABLED\"", "\"VALID\"", ",\"multisign\":true"), "VALID", SCA_CERT_USABLE, 0},
        {INFO_OF("\"DISABLED\"", "\"VALID\"", ""), "DISABLED", SCA_CERT_BLOCKED, 0},
        {INFO_OF("\"ENABLED\"", "\"REVOKED\"", ""), "REVOKED", SCA_CERT_BLOCKED, 0},
        {INFO_OF("\"DISABLED\"", "\"EXPIRED\"", ""), "EXPIRED", SCA_CERT_BLOCKED, 0},
        {INFO_OF("\"ENABLED\"", "\"SUSPENDED\"", ""), "SUSPENDED", SCA_CERT_BLOCKED, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_http_reply reply = http(200, table[i].body);
        char detail[SCA_CLOUD_DETAIL_SIZE];
        struct sca_cloud_cert cert = {0};

        assert_int_equal(sca_vnpt_oauth_read_info(&reply, "c", &cert, detail), 0);
        assert_string_equal(cert.status, table[i].status);
        assert_int_equal(cert.state, table[i].state);
        assert_int_equal(cert.max_batch, table[i].max_batch);
        sca_base_cert_clear(&cert);
        assert_int_equal(sca_vnpt_oauth_read_usable(&reply, detail),
                         table[i].state == SCA_CERT_BLOCKED ? SCA_E_CERT : 0);
        if (table[i].state == SCA_CERT_BLOCKED)
            assert_string_equal(detail, table[i].status);
    }
}

static void test_info_refused(void **state)
{
    static const char *const bad[] = {
        "{\"cert\":{\"certificates\":[]}}",       "{\"cert\":{\"certificates\":null}}",
        "{\"cert\":{\"certificates\":[\"!\"]}}",  "{\"cert\":{}}",
        "{\"code\":0,\"content\":{\"cert\":[]}}",
    };
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_cloud_cert cert = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct sca_http_reply reply = http(refusals[i].http, refusals[i].body);
        assert_string_equal(sca_err_name(sca_vnpt_oauth_read_info(&reply, "c", &cert, detail)),
                            sca_err_name(refusals[i].err));
        assert_string_equal(sca_err_name(sca_vnpt_oauth_read_usable(&reply, detail)),
                            sca_err_name(refusals[i].err));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct sca_http_reply reply = http(200, bad[i]);
        assert_int_equal(sca_vnpt_oauth_read_info(&reply, "c", &cert, detail), SCA_E_SERVER);
    }
    assert_null(cert.provider_id);
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
        const struct sca_http_reply reply = {.transport = table[i].transport, .detail = "cable"};
        char detail[SCA_CLOUD_DETAIL_SIZE];
        struct sca_vnpt_oauth_ids ids = {0};
        struct sca_cloud_token token = {0};

        assert_int_equal(sca_vnpt_oauth_read_token(&reply, &token, detail), table[i].err);
        assert_string_equal(detail, "cable");
        assert_int_equal(sca_vnpt_oauth_read_list(&reply, &ids, detail), table[i].err);
        assert_int_equal(sca_vnpt_oauth_read_usable(&reply, detail), table[i].err);
    }
}

/* ---- signing --------------------------------------------------------------------------------- */

static void test_sign_replies(void **state)
{
    static const struct {
        int http;
        const char *body;
        enum sca_answer_class class;
        int err;
        const char *txn;
    } table[] = {
        {200, "{\"code\":0,\"content\":{\"tranId\":\"t-1\"}}", SCA_ANSWER_PENDING, 0, "t-1"},
        {200, "{\"code\":\"0\",\"content\":{\"tranId\":77}}", SCA_ANSWER_PENDING, 0, "77"},
        {200, "{\"code\":1,\"content\":{\"tranId\":\"t-1\"}}", SCA_ANSWER_PENDING, 0, "t-1"},
        /* accepted, and nobody can ask what became of it */
        {200, "{\"code\":0,\"content\":{}}", SCA_ANSWER_TROUBLE, 0, ""},
        {200, "{\"code\":0,\"content\":null}", SCA_ANSWER_TROUBLE, 0, ""},
        {200, "{\"code\":0,\"content\":{\"tranId\":\"\"}}", SCA_ANSWER_TROUBLE, 0, ""},
        {200, "{\"code\":1,\"content\":null}", SCA_ANSWER_TROUBLE, 0, ""},
        {400, "{\"code\":65000}", SCA_ANSWER_REFUSED, SCA_E_QUOTA, ""},
        {200, "{\"code\":65000}", SCA_ANSWER_REFUSED, SCA_E_QUOTA, ""},
        {400, "{\"code\":60003}", SCA_ANSWER_REFUSED, SCA_E_CERT, ""},
        {400, "{\"code\":60001}", SCA_ANSWER_REFUSED, SCA_E_NO_CERT, ""},
        {400, "{\"code\":62010}", SCA_ANSWER_REFUSED, SCA_E_REFUSED, ""},
        {400, "{\"code\":63000}", SCA_ANSWER_REFUSED, SCA_E_REFUSED, ""},
        {400, "{\"code\":64002}", SCA_ANSWER_EXISTS, 0, ""},
        {401, "", SCA_ANSWER_STALE, 0, ""},
        {400, "{\"code\":50000}", SCA_ANSWER_TROUBLE, 0, ""},
        {502, "{\"code\":65000}", SCA_ANSWER_TROUBLE, 0, ""},
        {429, "", SCA_ANSWER_TROUBLE, 0, ""},
        {403, "<html>", SCA_ANSWER_TROUBLE, 0, ""},
        {200, "{\"code\":0,\"content\":{\"tra", SCA_ANSWER_TROUBLE, 0, ""},
        {200, "", SCA_ANSWER_TROUBLE, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_http_reply reply = http(table[i].http, table[i].body);
        struct sca_answer answer = {0};

        sca_vnpt_oauth_read_sign(&reply, &answer);
        assert_int_equal(answer.class, table[i].class);
        assert_string_equal(answer.provider_txn, table[i].txn);
        if (answer.class == SCA_ANSWER_REFUSED) {
            assert_string_equal(sca_err_name(answer.err), sca_err_name(table[i].err));
            assert_int_equal(answer.spent, SCA_SPENT_NOTHING);
        }
        sca_answer_clear(&answer);
    }
}

#define LOOK_OF(status, documents)                                                                 \
    "{\"code\":0,\"content\":{\"tranId\":\"t-1\",\"tranStatus\":" status                           \
    ",\"tranStatusDesc\":\"X\",\"documents\":" documents "}}"
#define DOC_1 "{\"name\":\"doc-1\",\"hash\":\"" HASH_1 "\",\"sig\":\"" SIG_1 "\"}"
#define DOC_2 "{\"name\":\"doc-2\",\"hash\":\"" HASH_2 "\",\"sig\":\"" SIG_2 "\"}"

static const struct look {
    int http;
    const char *body;
    enum sca_answer_class class;
} looks[] = {
    /* the statuses, as numbers and as texts */
    {200, LOOK_OF("1", "[" DOC_1 "," DOC_2 "]"), SCA_ANSWER_DONE},
    {200, LOOK_OF("\"1\"", "[" DOC_2 "," DOC_1 "]"), SCA_ANSWER_DONE},
    {200, LOOK_OF("4000", "null"), SCA_ANSWER_PENDING},
    {200, LOOK_OF("\"4000\"", "[]"), SCA_ANSWER_PENDING},
    {200, LOOK_OF("4000", "[{\"name\":\"doc-1\",\"sig\":\"\"},{\"name\":\"doc-2\"}]"),
     SCA_ANSWER_PENDING},
    {200, LOOK_OF("4001", "null"), SCA_ANSWER_EXPIRED},
    {200, LOOK_OF("4002", "null"), SCA_ANSWER_REJECTED},
    {200, LOOK_OF("4003", "null"), SCA_ANSWER_REFUSED},
    {200, LOOK_OF("4004", "null"), SCA_ANSWER_REFUSED},
    {200, LOOK_OF("4999", "null"), SCA_ANSWER_TROUBLE},
    {200, LOOK_OF("null", "null"), SCA_ANSWER_TROUBLE},
    /* signed, but the signatures do not fit */
    {200, LOOK_OF("1", "null"), SCA_ANSWER_STRANGE},
    {200, LOOK_OF("1", "[" DOC_1 "]"), SCA_ANSWER_STRANGE},
    {200, LOOK_OF("1", "[" DOC_1 "," DOC_1 "]"), SCA_ANSWER_STRANGE},
    {200,
     LOOK_OF("1", "[" DOC_1 ",{\"name\":\"doc-2\",\"hash\":\"" HASH_1 "\",\"sig\":\"" SIG_2 "\"}]"),
     SCA_ANSWER_STRANGE},
    {200, LOOK_OF("1", "[" DOC_1 ",{\"name\":\"doc-2\",\"hash\":\"!\",\"sig\":\"" SIG_2 "\"}]"),
     SCA_ANSWER_STRANGE},
    {200, LOOK_OF("1", "[" DOC_1 ",{\"name\":\"doc-2\",\"sig\":\"!\"}]"), SCA_ANSWER_STRANGE},
    {200, LOOK_OF("1", "[" DOC_1 ",{\"name\":\"doc-9\",\"sig\":\"" SIG_2 "\"}]"),
     SCA_ANSWER_STRANGE},
    {200, LOOK_OF("4000", "[" DOC_1 "," DOC_1 "]"), SCA_ANSWER_STRANGE},
    {200, LOOK_OF("1", "{}"), SCA_ANSWER_STRANGE},
    /* forms of what fits */
    {200,
     LOOK_OF("1", "[" DOC_1 ",{\"name\":\"doc-2\",\"sig\":null,\"dataSigned\":\"BA\\r\\nUG\"}]"),
     SCA_ANSWER_DONE},
    {200, LOOK_OF("1", "[" DOC_1 "," DOC_2 ",{\"name\":\"doc-9\",\"sig\":\"" SIG_1 "\"}]"),
     SCA_ANSWER_DONE},
    {200, LOOK_OF("null", "[" DOC_1 "," DOC_2 "]"), SCA_ANSWER_DONE},
    {200, "{\"code\":1,\"content\":{\"documents\":[" DOC_1 "," DOC_2 "]}}", SCA_ANSWER_DONE},
    /* refusals: of these two are about the transaction, the others about the look */
    {400, "{\"code\":62000}", SCA_ANSWER_NOT_FOUND},
    {400, "{\"code\":\"62002\"}", SCA_ANSWER_EXPIRED},
    {400, "{\"code\":62001}", SCA_ANSWER_TROUBLE},
    {400, "{\"code\":62003}", SCA_ANSWER_TROUBLE},
    {400, "{\"code\":30000}", SCA_ANSWER_TROUBLE},
    {400, "{\"code\":50000}", SCA_ANSWER_TROUBLE},
    {400, "{\"code\":1,\"message\":\"User rejected\"}", SCA_ANSWER_TROUBLE},
    {401, "", SCA_ANSWER_STALE},
    {400, "{\"code\":8}", SCA_ANSWER_STALE},
    {503, "{\"code\":62000}", SCA_ANSWER_TROUBLE},
    {404, "", SCA_ANSWER_TROUBLE},
    {200, "<html>", SCA_ANSWER_TROUBLE},
};

static void test_looks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(looks); i++) {
        struct sca_http_reply reply = http(looks[i].http, looks[i].body);
        struct sca_answer answer = {0};

        sca_vnpt_oauth_read_look(&reply, drive_two.docs, 2, &answer);
        if (answer.class != looks[i].class)
            fail_msg("%s: %d", looks[i].body, answer.class);
        if (answer.class == SCA_ANSWER_DONE) {
            assert_int_equal(answer.count, 2);
            assert_memory_equal(answer.signatures[0].data, "\x01\x02\x03", 3);
            assert_memory_equal(answer.signatures[1].data, "\x04\x05\x06", 3);
        } else {
            assert_null(answer.signatures);
        }
        if (answer.class == SCA_ANSWER_REJECTED || answer.class == SCA_ANSWER_EXPIRED ||
            answer.class == SCA_ANSWER_REFUSED)
            assert_int_equal(answer.spent, SCA_SPENT_NOTHING);
        sca_answer_clear(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_grants),   cmocka_unit_test(test_put_calls),
        cmocka_unit_test(test_token),        cmocka_unit_test(test_token_refused),
        cmocka_unit_test(test_list),         cmocka_unit_test(test_list_refused),
        cmocka_unit_test(test_info),         cmocka_unit_test(test_info_states),
        cmocka_unit_test(test_info_refused), cmocka_unit_test(test_no_reply),
        cmocka_unit_test(test_sign_replies), cmocka_unit_test(test_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
