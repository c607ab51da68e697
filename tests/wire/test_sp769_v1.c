/* SPDX-License-Identifier: Apache-2.0 */
/* The v1 sign flow, stepped: what it sends, when it believes what, and that it spends once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "drive.h"

static struct drive begin(void)
{
    struct drive drive = drive_sign("vnpt-smartca", &drive_one);

    drive_to_sign(&drive);
    return drive;
}

static struct drive begin_accepted(const char *body)
{
    struct drive drive = begin();

    drive_reply(&drive, 200, body);
    expect_wait(&drive, true);
    return drive;
}

static void test_happy(void **state)
{
    struct drive drive = drive_sign("vnpt-smartca", &drive_one);

    (void)state;
    drive_start(&drive);
    expect_need(&drive, SCA_SECRET_SP_PASSWORD);
    assert_int_equal(drive.sends, 0);
    drive_secret(&drive, "geheim");
    expect_send(&drive, "/v1/signatures/sign");
    assert_true(drive.action.request.spends);
    expect_body(&drive, "\"sp_password\":\"geheim\"", true);
    expect_body(&drive, "\"data_to_be_signed\":\"abcd0f00", true);
    drive_reply(&drive, 200, ACCEPTED);
    expect_wait(&drive, true);
    assert_int_equal(drive.action.wait_ms, 750);
    drive_timer(&drive);
    expect_send(&drive, STATUS);
    assert_false(drive.action.request.spends);
    assert_int_equal(drive.action.request.body.len, 2); /* "{}": no secret travels in a poll */
    expect_body(&drive, "{}", true);
    drive_reply(&drive, 200, PENDING);
    expect_wait(&drive, true);
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    assert_string_equal(sca_flow_result(drive.flow)->provider_txn, "c/1 ê");
    drive_finish(&drive, 1);
}

/* The last transaction ended before anybody can have tapped: perhaps this one does, too. */
static void test_looked_at_soon(void **state)
{
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.at_once = true;
    struct drive drive = drive_sign("vnpt-smartca", &sign);
    drive_start(&drive);
    drive_secret(&drive, "geheim");
    drive_reply(&drive, 200, ACCEPTED);
    assert_int_equal(drive.action.wait_ms, 100);
    drive_poll(&drive, 200, PENDING);
    assert_int_equal(drive.action.wait_ms, 1400);
    drive_poll(&drive, 200, PENDING);
    assert_int_equal(drive.action.wait_ms, 750);
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void test_signed_at_once(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_reply(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void test_ends(void **state)
{
    static const struct {
        int http;
        const char *body;
        int err;
        enum sca_spent spent;
    } table[] = {
        {200, REJECTED, SCA_E_REJECTED, SCA_SPENT_NOTHING},
        {403, REJECTED, SCA_E_REJECTED, SCA_SPENT_NOTHING},
        {200, EXPIRED, SCA_E_EXPIRED, SCA_SPENT_NOTHING},
        {200, "{\"status_code\":401,\"message\":\"x\"}", SCA_E_SP_AUTH, SCA_SPENT_UNKNOWN},
        {200, "{\"status_code\":403,\"message\":\"x\"}", SCA_E_CERT, SCA_SPENT_UNKNOWN},
        {200, "{\"status_code\":400,\"message\":\"x\"}", SCA_E_REFUSED, SCA_SPENT_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct drive drive = begin_accepted(ACCEPTED);
        drive_poll(&drive, table[i].http, table[i].body);
        expect_fail(&drive, table[i].err, table[i].spent);
        assert_true(strlen(drive.action.detail) > 0);
        drive_finish(&drive, 1);
    }
}

/* Only what certainly never left is free; nothing is ever sent again. */
static void test_sign_not_sent(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_fail(&drive, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
    drive_finish(&drive, 1);
    drive = begin();
    drive_transport(&drive, SCA_TRANSPORT_TLS);
    expect_fail(&drive, SCA_E_TLS, SCA_SPENT_NOTHING);
    drive_finish(&drive, 1);
}

static void test_sign_refused(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_reply(&drive, 401, "{\"status_code\":401,\"message\":\"SP_CREDENTIAL_INVALID\"}");
    expect_fail(&drive, SCA_E_SP_AUTH, SCA_SPENT_NOTHING);
    assert_string_equal(drive.action.detail, "SP_CREDENTIAL_INVALID");
    drive_finish(&drive, 1);
}

/* The reply is lost, or says nothing: the same transaction is looked up. */
static void test_sign_uncertain(void **state)
{
    static const char *const bodies[] = {NULL, "<html>502</html>", "{\"status_co"};
    static const int codes[] = {0, 502, 200};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct drive drive = begin();
        if (bodies[i] == NULL)
            drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
        else
            drive_reply(&drive, codes[i], bodies[i]);
        expect_wait(&drive, false); /* nobody knows whether a phone rings */
        drive_poll(&drive, 200, PENDING);
        expect_wait(&drive, true);
        drive_poll(&drive, 200, SIGNED);
        expect_signed(&drive);
        drive_finish(&drive, 1);
    }
}

static void test_sign_duplicate(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_reply(&drive, 400, "{\"status_code\":400,\"message\":\"transaction_id already exists\"}");
    expect_wait(&drive, true);
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* After a lost request "not found" is believed only when it had time to arrive. */
static void test_not_found_after_loss(void **state)
{
    struct drive drive = begin();
    unsigned polls = 0;

    (void)state;
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    int64_t first_ms = drive.now_ms + drive.action.wait_ms;
    while (drive.action.step == SCA_STEP_WAIT) {
        drive_poll(&drive, 404, UNKNOWN);
        polls++;
    }
    expect_fail(&drive, SCA_E_NOT_FOUND, SCA_SPENT_NOTHING);
    assert_true(drive.now_ms - first_ms >= 20000);
    assert_true(drive.now_ms - first_ms < 30000);
    assert_true(polls >= 3);
    drive_finish(&drive, 1);
}

static void test_found_late(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    for (int i = 0; i < 5; i++)
        drive_poll(&drive, 404, UNKNOWN);
    drive_poll(&drive, 200, PENDING);
    expect_wait(&drive, true);
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* A 500 that names the cause and left no transaction is that cause. */
static void test_hint(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_reply(&drive, 500, "{\"status_code\":500,\"message\":\"Hết lượt ký\"}");
    while (drive.action.step == SCA_STEP_WAIT)
        drive_poll(&drive, 404, UNKNOWN);
    expect_fail(&drive, SCA_E_QUOTA, SCA_SPENT_NOTHING);
    assert_string_equal(drive.action.detail, "Hết lượt ký");
    drive_finish(&drive, 1);
}

/* The service took it and does not know it: its own id once, then nobody can say what it cost. */
static void test_not_found_after_accept(void **state)
{
    struct drive drive = begin_accepted(ACCEPTED);
    unsigned by_code = 0;

    (void)state;
    drive_timer(&drive);
    while (drive.action.step != SCA_STEP_FAIL) {
        if (drive.action.step == SCA_STEP_WAIT)
            drive_timer(&drive);
        by_code += strstr(drive.action.request.url, "c%2F1") != NULL;
        drive_reply(&drive, 404, UNKNOWN);
    }
    expect_fail(&drive, SCA_E_NOT_FOUND, SCA_SPENT_UNKNOWN);
    assert_int_equal(by_code, 1);
    drive_finish(&drive, 1);
}

static void test_found_by_code(void **state)
{
    struct drive drive = begin_accepted(ACCEPTED);

    (void)state;
    drive_poll(&drive, 404, UNKNOWN);
    expect_send(&drive, STATUS_BY_CODE);
    drive_reply(&drive, 200, PENDING);
    expect_wait(&drive, true);
    drive_timer(&drive);
    expect_send(&drive, STATUS_BY_CODE);
    drive_reply(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void test_no_code(void **state)
{
    struct drive drive = begin_accepted(ACCEPTED_BARE);

    (void)state;
    drive_poll(&drive, 404, UNKNOWN);
    expect_wait(&drive, true);
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    assert_string_equal(sca_flow_result(drive.flow)->provider_txn, "");
    drive_finish(&drive, 1);
}

/* Trouble slows the polls down and never ends them. */
static void test_backoff(void **state)
{
    struct drive drive = begin_accepted(ACCEPTED);
    uint32_t before_ms = drive.action.wait_ms;

    (void)state;
    for (int i = 0; i < 40; i++) {
        drive_timer(&drive);
        if (i % 4 == 0)
            drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
        else if (i % 4 == 1)
            drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
        else if (i % 4 == 2)
            drive_transport(&drive, SCA_TRANSPORT_TLS);
        else
            drive_reply(&drive, 502, "<html>");
        expect_wait(&drive, true);
        assert_true(drive.action.wait_ms >= before_ms);
        assert_true(drive.action.wait_ms <= 30000);
        before_ms = drive.action.wait_ms;
    }
    assert_int_equal(before_ms, 30000);
    drive_timer(&drive);
    drive_retry_after(&drive, 429, "", 77);
    assert_int_equal(drive.action.wait_ms, 77000);
    drive_timer(&drive);
    drive_retry_after(&drive, 503, "", 4000000000u);
    assert_int_equal(drive.action.wait_ms, 3600000);
    drive_poll(&drive, 200, PENDING);
    assert_in_range(drive.action.wait_ms, 2000, 4000); /* well again */
    drive_timer(&drive);
    drive_retry_after(&drive, 409, "", 9);
    assert_int_equal(drive.action.wait_ms, 9000);
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/*
 * A service that has trouble, or says that it is asked too often, is left in peace; a line that
 * broke says nothing of the kind.
 */
static void test_haste(void **state)
{
    struct drive drive = begin_accepted(ACCEPTED);

    (void)state;
    drive_poll(&drive, 200, PENDING);
    assert_true(drive.action.wait_ms < 1000);
    drive_timer(&drive);
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    assert_true(drive.action.wait_ms > 2000);
    drive_poll(&drive, 200, PENDING);
    assert_true(drive.action.wait_ms < 1000);
    drive_poll(&drive, 429, "");
    assert_true(drive.action.wait_ms > 2000);
    for (int i = 0; i < 10; i++) {
        drive_poll(&drive, 200, PENDING);
        assert_int_equal(drive.action.wait_ms, 2000);
    }
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);

    drive = begin(); /* refused to say at the sign request already */
    drive_retry_after(&drive, 503, "", 20);
    assert_int_equal(drive.action.wait_ms, 20000);
    drive_poll(&drive, 200, PENDING);
    assert_int_equal(drive.action.wait_ms, 2000);
    drive_end(&drive);
}

/* Whatever is answered, a whole time to confirm has no more looks than one every interval. */
static void test_looks_in_all(void **state)
{
    static const struct {
        int http;
        const char *body;
    } replies[] = {{200, PENDING}, {409, ""}, {429, ""}, {404, UNKNOWN}, {200, WRONG_ID}};
    const unsigned usual = drive_account.confirm_timeout_ms / drive_account.poll_interval_ms;

    (void)state;
    for (unsigned other = 0; other < 5; other++) {
        struct drive drive = begin_accepted(ACCEPTED);
        const int64_t end_ms = drive.now_ms + drive_account.confirm_timeout_ms;
        unsigned looks = 0;

        while (drive.now_ms + drive.action.wait_ms <= end_ms) {
            drive_timer(&drive);
            expect_send(&drive, STATUS);
            unsigned which = looks++ % 2 == 0 ? 0 : other;
            drive_reply(&drive, replies[which].http, replies[which].body);
            if (drive.action.step == SCA_STEP_SEND) /* once by the service's own id */
                drive_reply(&drive, replies[which].http, replies[which].body);
        }
        assert_in_range(looks, usual / 10, usual);
        if (other == 0)
            assert_in_range(looks, usual * 9 / 10, usual);
        drive_end(&drive);
    }
}

static void test_strange(void **state)
{
    struct drive drive = begin_accepted(ACCEPTED);

    (void)state;
    drive_poll(&drive, 200, WRONG_ID);
    expect_wait(&drive, true);
    drive_poll(&drive, 200, WRONG_ID);
    drive_poll(&drive, 200, WRONG_ID);
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);

    drive = begin_accepted(ACCEPTED); /* a result in the making becomes whole */
    drive_poll(&drive, 200, WRONG_ID);
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* ---- the last chance ------------------------------------------------------------------------- */

static void last_poll(struct drive *drive, int http, const char *body)
{
    drive_event(drive, SCA_EVENT_LAST_CHANCE);
    expect_send(drive, STATUS);
    drive_reply(drive, http, body);
}

static void test_last_chance(void **state)
{
    struct drive drive = begin_accepted(ACCEPTED);

    (void)state;
    last_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);

    drive = begin_accepted(ACCEPTED);
    last_poll(&drive, 200, PENDING);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);

    drive = begin_accepted(ACCEPTED);
    last_poll(&drive, 200, REJECTED);
    expect_fail(&drive, SCA_E_REJECTED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 1);

    drive = begin_accepted(ACCEPTED_BARE);
    last_poll(&drive, 404, UNKNOWN);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);

    drive = begin_accepted(ACCEPTED);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    drive_transport(&drive, SCA_TRANSPORT_NOT_SENT);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);
}

/* The service never said that it has the transaction: not "expired", but "nobody knows". */
static void test_last_chance_unknown(void **state)
{
    struct drive drive = begin();

    (void)state;
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_send(&drive, STATUS);
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    expect_fail(&drive, SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    drive_finish(&drive, 1);
}

static void test_last_chance_early(void **state)
{
    struct drive drive = drive_sign("vnpt-smartca", &drive_one);

    (void)state;
    drive_start(&drive);
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);

    drive = begin(); /* the sign request is under way and dropped */
    last_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* What is to be kept for such a life is told as soon as it is known. */
static void test_tells(void **state)
{
    struct drive drive = begin();

    (void)state;
    assert_false(drive.action.accepted);
    assert_string_equal(drive.action.provider_txn, "");
    drive_reply(&drive, 200, ACCEPTED);
    assert_true(drive.action.accepted);
    assert_string_equal(drive.action.provider_txn, "c/1 ê");
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    drive_reply(&drive, 200, PENDING);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    assert_true(drive.action.accepted);
    assert_string_equal(drive.action.provider_txn, "c/1 ê");
    drive_finish(&drive, 1);

    drive = begin();
    drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
    assert_false(drive.action.accepted);
    drive_poll(&drive, 200, PENDING);
    assert_true(drive.action.accepted);
    drive_end(&drive);
}

/* ---- what is refused before anything --------------------------------------------------------- */

static void test_bad_requests(void **state)
{
    struct sca_cloud_doc same[2] = {drive_two.docs[0], drive_two.docs[0]};
    struct sca_flow *flow = NULL;
    const struct sca_provider *provider = sca_provider_find("vnpt-smartca");
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.scheme = SCA_SCHEME_PSS;
    assert_int_equal(provider->sign(&drive_account, &sign, &flow), SCA_E_UNSUPPORTED);
    sign = drive_one;
    sign.hash = SCA_HASH_NONE;
    assert_int_equal(provider->sign(&drive_account, &sign, &flow), SCA_E_UNSUPPORTED);
    sign = drive_one;
    sign.hash = SCA_HASH_SHA384; /* 48 bytes, not 32 */
    assert_int_equal(provider->sign(&drive_account, &sign, &flow), SCA_E_INVAL);
    sign = drive_one;
    sign.doc_count = 0;
    assert_int_equal(provider->sign(&drive_account, &sign, &flow), SCA_E_INVAL);
    sign = drive_two;
    sign.docs = same;
    assert_int_equal(provider->sign(&drive_account, &sign, &flow), SCA_E_INVAL);
    sign = drive_one;
    sign.txn_id = "";
    assert_int_equal(provider->sign(&drive_account, &sign, &flow), SCA_E_INVAL);
    assert_null(flow);
}

/* The flow outlives what it was made from. */
static void test_copies(void **state)
{
    char txn[] = "3f2a0c1e-0000-4000-8000-000000000001";
    char id[] = "doc-1";
    uint8_t digest[32] = {0xab, 0xcd, 0x0f};
    struct sca_cloud_doc doc = {.id = id, .digest = {digest, sizeof digest}};
    struct sca_cloud_sign sign = drive_one;

    (void)state;
    sign.txn_id = txn;
    sign.docs = &doc;
    struct drive drive = drive_sign("vnpt-smartca", &sign);
    memset(txn, 'x', sizeof txn - 1);
    memset(id, 'x', sizeof id - 1);
    memset(digest, 0, sizeof digest);
    doc = (struct sca_cloud_doc){0};
    drive_to_sign(&drive);
    expect_body(&drive, "\"doc_id\":\"doc-1\"", true);
    expect_body(&drive, "\"data_to_be_signed\":\"abcd0f00", true);
    drive_reply(&drive, 200, ACCEPTED);
    drive_poll(&drive, 200, SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void test_bad_password_bytes(void **state)
{
    struct drive drive = drive_sign("vnpt-smartca", &drive_one);

    (void)state;
    drive_start(&drive);
    drive_secret(&drive, "\xff\xfe");
    expect_fail(&drive, SCA_E_CONFIG, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_happy),
        cmocka_unit_test(test_looked_at_soon),
        cmocka_unit_test(test_signed_at_once),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_sign_not_sent),
        cmocka_unit_test(test_sign_refused),
        cmocka_unit_test(test_sign_uncertain),
        cmocka_unit_test(test_sign_duplicate),
        cmocka_unit_test(test_not_found_after_loss),
        cmocka_unit_test(test_found_late),
        cmocka_unit_test(test_hint),
        cmocka_unit_test(test_not_found_after_accept),
        cmocka_unit_test(test_found_by_code),
        cmocka_unit_test(test_no_code),
        cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_haste),
        cmocka_unit_test(test_looks_in_all),
        cmocka_unit_test(test_strange),
        cmocka_unit_test(test_last_chance),
        cmocka_unit_test(test_last_chance_unknown),
        cmocka_unit_test(test_last_chance_early),
        cmocka_unit_test(test_tells),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_bad_password_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
