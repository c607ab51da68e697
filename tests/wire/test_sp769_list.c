/* SPDX-License-Identifier: Apache-2.0 */
/* The listing: forms of get_certificate, and the flow around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/base.h"
#include "cloud/certs.h"
#include "cloud/wire_sp769.h"
#include "drive.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define LISTS(items)                                                                               \
    "{\"status_code\":200,\"message\":\"Success\",\"data\":{\"user_certificates\":" items "}}"

static int read_list(int status, const char *body, struct sca_cloud_listing *ret_listing)
{
    struct sca_http_reply reply = {.transport = SCA_TRANSPORT_OK,
                                   .detail = "",
                                   .status = status,
                                   .body = {(const uint8_t *)body, strlen(body)}};
    char detail[SCA_CLOUD_DETAIL_SIZE];

    return sca_sp769_read_list(&reply, ret_listing, detail);
}

static void test_full(void **state)
{
    struct sca_cloud_listing listing = {0};
    static const char *const body =
        LISTS("[{\"service_type\":\"SMARTCA\",\"service_name\":\"SMARTCA PERSONAL "
              "PRO\",\"cert_id\":\"id-1\","
              "\"cert_status\":\"Đang hoạt động\",\"cert_status_code\":\"VALID\","
              "\"serial_number\":\"00540100aB\",\"cert_subject\":\"C=VN\",\"cert_data\":"
              "\"AQ\\r\\nID\\r\\n\","
              "\"chain_data\":{\"ca_cert\":\"BAUG\",\"root_cert\":null},\"transaction_id\":\"t\"},"
              "{\"cert_data\":\"AQID\",\"cert_status\":1,\"chain_data\":{\"root_cert\":\"BAUG\"}},"
              "{\"cert_data\":\"AQID\",\"serial_number\":null,\"cert_status\":null,\"chain_data\":"
              "null}]");

    (void)state;
    assert_int_equal(read_list(200, body, &listing), 0);
    assert_int_equal(listing.count, 3);
    assert_string_equal(listing.certs[0].serial, "00540100aB");
    assert_string_equal(listing.certs[0].provider_id, "id-1");
    assert_string_equal(listing.certs[0].service, "SMARTCA");
    assert_string_equal(listing.certs[0].status, "Đang hoạt động");
    assert_int_equal(listing.certs[0].state, SCA_CERT_USABLE);
    assert_int_equal(listing.certs[0].der.len, 3);
    assert_memory_equal(listing.certs[0].der.data, "\x01\x02\x03", 3);
    assert_int_equal(listing.certs[0].chain_count, 1);
    assert_memory_equal(listing.certs[0].chain[0].data, "\x04\x05\x06", 3);
    assert_string_equal(listing.certs[1].serial, "");
    assert_string_equal(listing.certs[1].service, "");
    assert_int_equal(listing.certs[1].chain_count, 2); /* the issuing CA's place is empty */
    assert_int_equal(listing.certs[1].chain[0].len, 0);
    assert_int_equal(listing.certs[1].chain[1].len, 3);
    assert_int_equal(listing.certs[2].chain_count, 0);
    sca_base_listing_clear(&listing);
}

/* One bad entry costs only itself. */
static void test_bad_entries(void **state)
{
    struct sca_cloud_listing listing = {0};
    static char body[64 * 1024];
    static char big[30000];

    (void)state;
    memset(big, 'A', sizeof big - 1);
    snprintf(body, sizeof body,
             LISTS("[null,7,{},{\"cert_data\":null},{\"cert_data\":\"*\"},{\"cert_data\":\"%s\"},"
                   "{\"cert_data\":\"AQID\",\"serial_number\":\"%.200s\"},"
                   "{\"cert_data\":\"AQID\",\"serial_number\":\"01\","
                   "\"chain_data\":{\"ca_cert\":\"%s\",\"root_cert\":\"*\"}}]"),
             big, big, big);
    assert_int_equal(read_list(200, body, &listing), 0);
    assert_int_equal(listing.count, 1);
    assert_string_equal(listing.certs[0].serial, "01");
    assert_int_equal(listing.certs[0].chain_count, 0);
    sca_base_listing_clear(&listing);
}

static void test_many(void **state)
{
    struct sca_cloud_listing listing = {0};
    SCA_BUF_AUTO body;

    (void)state;
    sca_buf_init(&body, 1 << 20);
    sca_buf_add_text(&body, "{\"status_code\":200,\"data\":{\"user_certificates\":[");
    for (int i = 0; i < 1000; i++)
        sca_buf_addf(&body, "%s{\"cert_data\":\"AQID\",\"serial_number\":\"%d\"}", i > 0 ? "," : "",
                     i);
    sca_buf_add_text(&body, "]}}");
    sca_buf_add_u8(&body, 0);
    assert_int_equal(read_list(200, (char *)body.data, &listing), 0);
    assert_int_equal(listing.count, SCA_CERTS_MAX);
    sca_base_listing_clear(&listing);
}

static void test_states(void **state)
{
    static const struct {
        const char *status;
        enum sca_cert_state state;
    } table[] = {
        {"\"cert_status\":\"REVOKED\"", SCA_CERT_BLOCKED},
        {"\"cert_status\":\"Active\",\"cert_status_code\":\"SUSPENDED\"", SCA_CERT_BLOCKED},
        {"\"cert_status_code\":\"EXPIRED\"", SCA_CERT_BLOCKED},
        {"\"cert_status\":\"Đã thu hồi\"", SCA_CERT_BLOCKED},
        {"\"cert_status\":\"Tạm dừng\"", SCA_CERT_BLOCKED},
        {"\"cert_status\":\"Đã hết hạn\"", SCA_CERT_BLOCKED},
        {"\"cert_status\":\"bi khoa\"", SCA_CERT_BLOCKED},
        {"\"cert_status\":\"Chưa hết hạn\"", SCA_CERT_USABLE},
        {"\"cert_status\":\"not revoked\"", SCA_CERT_USABLE},
        {"\"cert_status\":\"Đang hoạt động\"", SCA_CERT_USABLE},
        {"\"cert_status\":\"ACTIVE\"", SCA_CERT_USABLE},
        {"\"cert_status\":0", SCA_CERT_USABLE}, /* not understood: signing will tell */
        {"\"cert_status\":null", SCA_CERT_USABLE},
        {"\"x\":1", SCA_CERT_USABLE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_cloud_listing listing = {0};
        char body[512];
        snprintf(body, sizeof body, LISTS("[{\"cert_data\":\"AQID\",%s}]"), table[i].status);
        assert_int_equal(read_list(200, body, &listing), 0);
        if (listing.certs[0].state != table[i].state)
            fail_msg("%s", table[i].status);
        sca_base_listing_clear(&listing);
    }
}

static void test_refusals(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
    } table[] = {
        {200, LISTS("[]"), SCA_E_NO_CERT},
        {200, LISTS("null"), SCA_E_NO_CERT},
        {200, "{\"status_code\":200,\"message\":\"Success\",\"data\":null}", SCA_E_NO_CERT},
        {200, "{\"status_code\":200}", SCA_E_NO_CERT},
        {200, LISTS("{\"0\":1}"), SCA_E_SERVER},
        {200, LISTS("[{},{}]"), SCA_E_SERVER},
        {400, "{\"status_code\":400,\"message\":\"no_credential_match_id\"}", SCA_E_NO_CERT},
        {200, "{\"status_code\":400,\"message\":\"no_credential_match_id_0123\"}", SCA_E_NO_CERT},
        {401, "{\"status_code\":401,\"message\":\"SP_CREDENTIAL_INVALID\"}", SCA_E_SP_AUTH},
        {200, "{\"status_code\":\"401\",\"message\":null}", SCA_E_SP_AUTH},
        {400, "{\"status_code\":400,\"message\":\"BAD_REQUEST\"}", SCA_E_REFUSED},
        {500, "{\"status_code\":500,\"message\":\"x\"}", SCA_E_SERVER},
        {200, "{\"status_code\":500,\"message\":\"x\"}", SCA_E_SERVER},
        {502, "<html>", SCA_E_SERVER},
        {302, "", SCA_E_SERVER},
        {200, "<html>", SCA_E_SERVER},
        {200, "{\"status_code\":200,", SCA_E_SERVER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct sca_cloud_listing listing = {0};
        int err = read_list(table[i].http, table[i].body, &listing);
        if (err != table[i].err)
            fail_msg("HTTP %d %s: %s", table[i].http, table[i].body, sca_err_name(err));
        assert_null(listing.certs);
    }
}

/* ---- the flow -------------------------------------------------------------------------------- */

static void test_flow(void **state)
{
    struct drive drive = drive_list("vnpt-smartca");

    (void)state;
    drive_start(&drive);
    expect_need(&drive, SCA_SECRET_SP_PASSWORD);
    drive_secret(&drive, "geheim");
    expect_send(&drive, "/sca/sp769/v1/credentials/get_certificate");
    expect_body(&drive, "\"sp_password\":\"geheim\"", true);
    assert_false(drive.action.request.spends);
    assert_string_equal(drive.action.request.content_type, "application/json");
    assert_null(drive.action.request.authorization);
    assert_null(sca_flow_listing(drive.flow));
    drive_reply(&drive, 200, LISTS("[{\"cert_data\":\"AQID\",\"serial_number\":\"01\"}]"));
    expect_done(&drive);
    assert_int_equal(sca_flow_listing(drive.flow)->count, 1);
    assert_null(sca_flow_result(drive.flow));
    drive_event(&drive, SCA_EVENT_TIMER); /* an ended flow stays ended */
    expect_done(&drive);
    drive_end(&drive);
}

static void test_flow_failures(void **state)
{
    static const struct {
        enum sca_transport transport;
        int err;
    } table[] = {
        {SCA_TRANSPORT_NOT_SENT, SCA_E_UNREACHABLE},
        {SCA_TRANSPORT_TLS, SCA_E_TLS},
        {SCA_TRANSPORT_UNCERTAIN, SCA_E_SERVER},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct drive drive = drive_list("vnpt-smartca-th");
        drive_start(&drive);
        drive_secret(&drive, "geheim");
        drive_transport(&drive, table[i].transport);
        expect_fail(&drive, table[i].err, SCA_SPENT_NOTHING);
        assert_string_equal(drive.action.detail, "connection lost");
        drive_end(&drive);
    }
}

static void test_flow_no_secret(void **state)
{
    struct drive drive = drive_list("vnpt-smartca");

    (void)state;
    drive_start(&drive);
    drive_secret(&drive, NULL);
    expect_fail(&drive, SCA_E_NEED_AUTH, SCA_SPENT_NOTHING);
    assert_int_equal(drive.sends, 0);
    drive_end(&drive);
}

static void test_flow_bad_account(void **state)
{
    struct sca_cloud_account account = drive_account;
    struct sca_flow *flow = NULL;

    (void)state;
    account.sp_id = "";
    assert_int_equal(sca_provider_find("vnpt-smartca")->list(&account, &flow), SCA_E_CONFIG);
    account = drive_account;
    account.url = NULL;
    assert_int_equal(sca_provider_find("vnpt-smartca")->list(&account, &flow), SCA_E_CONFIG);
    assert_null(flow);
}

static void test_providers(void **state)
{
    (void)state;
    assert_null(sca_provider_find("nobody"));
    assert_null(sca_provider_find(NULL));
    for (size_t i = 0; sca_provider_at(i) != NULL; i++) {
        const struct sca_provider *provider = sca_provider_at(i);
        assert_ptr_equal(sca_provider_find(provider->name), provider);
        assert_true(provider->max_batch > 0);
        assert_true(provider->schemes != 0 && provider->hashes != 0);
        assert_true((provider->hashes & SCA_BIT(SCA_HASH_SHA1)) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_bad_entries),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_flow),
        cmocka_unit_test(test_flow_failures),
        cmocka_unit_test(test_flow_no_secret),
        cmocka_unit_test(test_flow_bad_account),
        cmocka_unit_test(test_providers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
