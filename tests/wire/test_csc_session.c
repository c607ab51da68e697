/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A permission for several signatures (CSC, SCAL 1), stepped by hand: what is asked for, what is
 * shown of it at the end, how it is used, and where it is not asked for at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "csc_replies.h"
#include "drive.h"

#define SCAL_2       "{" CSC_KEY ",\"authMode\":\"implicit\",\"SCAL\":\"2\"}"
#define SCAL_1       "{" CSC_KEY ",\"authMode\":\"implicit\",\"SCAL\":\"1\"}"
#define SCAL_STRANGE "{" CSC_KEY ",\"authMode\":\"implicit\",\"SCAL\":\"high\"}"

static struct sca_cloud_sign session_of(uint32_t signatures)
{
    struct sca_cloud_sign sign = drive_one;

    sign.session_signatures = signatures;
    return sign;
}

/* Up to what comes after credentials/info. */
static struct drive begin(const struct sca_cloud_sign *sign, const char *info,
                          const char *credential)
{
    struct drive drive = drive_sign("csc", sign);

    drive_start(&drive);
    drive_reply(&drive, 200, info);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "token-1");
    expect_send(&drive, "/credentials/info");
    drive_reply(&drive, 200, credential);
    return drive;
}

static void go_to_sign(struct drive *drive)
{
    expect_need(drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(drive, "token-2");
}

static struct drive asked(uint32_t signatures, const char *info, const char *credential)
{
    const struct sca_cloud_sign sign = session_of(signatures);
    struct drive drive = begin(&sign, info, credential);

    expect_send(&drive, "/credentials/authorize");
    return drive;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void version_1_asks_for_five(void **state)
{
    struct drive drive = asked(5, CSC_INFO_1, SCAL_1);

    (void)state;
    expect_body(&drive, "\"numSignatures\":5", true);
    expect_body(&drive, "\"hash\"", false);
    assert_null(sca_flow_permit(drive.flow));
    drive_reply(&drive, 200, CSC_SAD);
    go_to_sign(&drive);
    expect_send(&drive, "/signatures/signHash");
    expect_body(&drive, "\"SAD\":\"the-sad\"", true);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    const struct sca_cloud_permit *permit = sca_flow_permit(drive.flow);
    assert_non_null(permit);
    assert_string_equal(sca_secret_text(permit->secret), "the-sad");
    assert_int_equal(permit->signatures, 5);
    assert_int_equal(permit->life_ms, 300000);
    assert_true(permit->renewed);
    assert_false(permit->by_page);
    drive_finish(&drive, 1);
}

static void version_2_asks_for_five(void **state)
{
    struct drive drive = asked(5, CSC_INFO_2, CSC_APP);

    (void)state;
    expect_body(&drive, "\"numSignatures\":5", true);
    expect_body(&drive, "\"hashes\"", false);
    expect_body(&drive, "hashAlgorithmOID", false);
    drive_end(&drive);
}

static void never_more_than_the_key_allows(void **state)
{
    struct drive drive = asked(500, CSC_INFO_1, SCAL_1);

    (void)state;
    expect_body(&drive, "\"numSignatures\":10", true);
    drive_end(&drive);
}

/* SCAL 2, and what is not understood: the permission is for this document, and nothing is kept. */
static void pinned_keys_are_asked_for_one(void **state)
{
    static const char *const credentials[] = {SCAL_2, SCAL_STRANGE};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct drive drive = asked(5, CSC_INFO_1, credentials[i]);

        expect_body(&drive, "\"numSignatures\":1", true);
        expect_body(&drive, "\"hash\":[", true);
        drive_reply(&drive, 200, CSC_SAD);
        go_to_sign(&drive);
        drive_reply(&drive, 200, CSC_SIGNED);
        expect_signed(&drive);
        assert_null(sca_flow_permit(drive.flow));
        drive_finish(&drive, 1);
    }
}

static void nothing_is_kept_without_a_session(void **state)
{
    struct drive drive = begin(&drive_one, CSC_INFO_1, SCAL_1);

    (void)state;
    drive_reply(&drive, 200, CSC_SAD);
    go_to_sign(&drive);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    assert_null(sca_flow_permit(drive.flow));
    drive_finish(&drive, 1);
}

/* ---- using ----------------------------------------------------------------------------------- */

static struct sca_secret *secret;

static struct sca_cloud_permit lent(int64_t until_ms, bool by_page)
{
    sca_secret_free(&secret);
    assert_int_equal(sca_secret_new("kept", 4, &secret), 0);
    return (struct sca_cloud_permit){.secret = secret,
                                     .signatures = 5,
                                     .until_ms = until_ms,
                                     .life_ms = until_ms != 0 ? 300000 : 0,
                                     .by_page = by_page};
}

static struct drive using(const struct sca_cloud_permit *permit, const char *info,
                          const char *credential)
{
    struct sca_cloud_sign sign = session_of(5);

    sign.permit = permit;
    struct drive drive = begin(&sign, info, credential);
    sca_secret_free(&secret); /* the flow has its own */
    return drive;
}

static int64_t drive_now(void)
{
    struct drive drive = drive_sign("csc", &drive_one);
    int64_t now_ms = drive.now_ms;

    drive_end(&drive);
    return now_ms;
}

static void asks_nobody(void **state)
{
    const struct sca_cloud_permit permit = lent(drive_now() + 290000, false);
    struct drive drive = using(&permit, CSC_INFO_EXTENDS_1, SCAL_1);

    (void)state;
    go_to_sign(&drive);
    expect_send(&drive, "/signatures/signHash");
    assert_true(drive.action.request.spends);
    expect_body(&drive, "\"SAD\":\"kept\"", true);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    assert_false(sca_flow_permit(drive.flow)->renewed);
    assert_int_equal(sca_flow_permit(drive.flow)->until_ms, permit.until_ms);
    drive_finish(&drive, 1);
}

static void an_ageing_one_is_renewed(void **state)
{
    const struct sca_cloud_permit permit = lent(drive_now() + 100000, false);
    struct drive drive = using(&permit, CSC_INFO_EXTENDS_1, SCAL_1);

    (void)state;
    go_to_sign(&drive);
    expect_send(&drive, "/credentials/extendTransaction");
    expect_body(&drive, "\"SAD\":\"kept\"", true);
    drive_reply(&drive, 200, CSC_SAD);
    expect_send(&drive, "/signatures/signHash");
    expect_body(&drive, "\"SAD\":\"the-sad\"", true);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    assert_string_equal(sca_secret_text(sca_flow_permit(drive.flow)->secret), "the-sad");
    assert_false(sca_flow_permit(drive.flow)->renewed);
    drive_finish(&drive, 1);
}

/* Nothing was sent yet: the person is asked after all. */
static void one_that_cannot_be_renewed(void **state)
{
    const struct sca_cloud_permit permit = lent(drive_now() + 100000, false);
    struct drive drive = using(&permit, CSC_INFO_EXTENDS_1, SCAL_1);

    (void)state;
    go_to_sign(&drive);
    drive_reply(&drive, 400, CSC_BAD("SAD expired"));
    expect_send(&drive, "/credentials/authorize");
    expect_body(&drive, "\"numSignatures\":5", true);
    drive_reply(&drive, 200, CSC_SAD);
    go_to_sign(&drive);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    assert_true(sca_flow_permit(drive.flow)->renewed);
    drive_finish(&drive, 1);
}

static void one_that_is_over(void **state)
{
    const struct sca_cloud_permit permit = lent(drive_now() - 1, false);
    struct drive drive = using(&permit, CSC_INFO_1, SCAL_1);

    (void)state;
    go_to_sign(&drive);
    expect_send(&drive, "/credentials/authorize");
    drive_end(&drive);
}

/* signHash is not sent again, whatever the reason. */
static void refused_by_the_service(void **state)
{
    const struct sca_cloud_permit permit = lent(0, false);
    struct drive drive = using(&permit, CSC_INFO_1, SCAL_1);

    (void)state;
    go_to_sign(&drive);
    drive_reply(&drive, 400, CSC_BAD("SAD expired"));
    assert_int_equal(drive.action.step, SCA_STEP_FAIL);
    assert_int_equal(drive.action.spent, SCA_SPENT_NOTHING);
    drive_finish(&drive, 1);
}

static void a_key_that_is_pinned_now(void **state)
{
    const struct sca_cloud_permit permit = lent(0, false);
    struct drive drive = using(&permit, CSC_INFO_1, SCAL_2);

    (void)state;
    expect_send(&drive, "/credentials/authorize");
    expect_body(&drive, "\"numSignatures\":1", true);
    drive_end(&drive);
}

/* ---- on a page ------------------------------------------------------------------------------- */

static void the_page_is_asked_for_five(void **state)
{
    const struct sca_cloud_sign sign = session_of(5);
    struct drive drive = begin(&sign, CSC_INFO_2, CSC_BROWSER);

    (void)state;
    expect_need(&drive, SCA_SECRET_CLIENT_SECRET);
    drive_secret(&drive, "client-secret");
    drive_listening(&drive, 0);
    expect_page(&drive, "numSignatures=5", true);
    expect_page(&drive, "hashes=", false);
    drive_browsed(&drive, "code-1", 0, NULL);
    drive_reply(&drive, 200, "{\"access_token\":\"page-token\",\"expires_in\":300}");
    expect_send(&drive, "/signatures/signHash");
    assert_string_equal(drive.action.request.authorization, "Bearer page-token");
    expect_body(&drive, "\"SAD\"", false);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    const struct sca_cloud_permit *permit = sca_flow_permit(drive.flow);
    assert_string_equal(sca_secret_text(permit->secret), "page-token");
    assert_true(permit->by_page);
    drive_finish(&drive, 1);
}

static void what_the_page_gave_is_a_token(void **state)
{
    const struct sca_cloud_permit permit = lent(0, true);
    struct drive drive = using(&permit, CSC_INFO_2, CSC_BROWSER);

    (void)state;
    expect_send(&drive, "/signatures/signHash");
    assert_string_equal(drive.action.request.authorization, "Bearer kept");
    expect_body(&drive, "\"SAD\"", false);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* An authorization_details object names the documents, so there it is these and no more. */
static void a_rich_request_is_for_these_only(void **state)
{
    const struct sca_cloud_sign sign = session_of(5);
    struct drive drive = begin(&sign, CSC_INFO_RAR, CSC_BROWSER);

    (void)state;
    drive_secret(&drive, "client-secret");
    drive_listening(&drive, 0);
    expect_page(&drive, "documentDigests", true);
    drive_browsed(&drive, "code-1", 0, NULL);
    drive_reply(&drive, 200, "{\"access_token\":\"page-token\",\"expires_in\":300}");
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    assert_null(sca_flow_permit(drive.flow));
    drive_finish(&drive, 1);
}

/* ---- the end at the service ------------------------------------------------------------------ */

static struct drive ending(const struct sca_cloud_permit *permit)
{
    struct sca_flow *flow = NULL;

    assert_int_equal(sca_provider_find("csc")->revoke(&drive_account, permit, &flow), 0);
    sca_secret_free(&secret); /* the flow has its own */
    struct drive drive = {.flow = flow, .now_ms = 1000000};
    drive_start(&drive);
    return drive;
}

static void a_token_is_ended(void **state)
{
    const struct sca_cloud_permit permit = lent(0, true);
    struct drive drive = ending(&permit);

    (void)state;
    drive_reply(&drive, 200, CSC_INFO_2);
    expect_need(&drive, SCA_SECRET_CLIENT_SECRET);
    drive_secret(&drive, "client-secret");
    assert_string_equal(drive.action.request.url, "https://auth.test/oauth2/revoke");
    assert_false(drive.action.request.spends);
    expect_body(&drive, "token=kept&token_type_hint=access_token", true);
    expect_body(&drive, "client_id=client-1&client_secret=client-secret", true);
    drive_reply(&drive, 204, "");
    expect_done(&drive);
    drive_end(&drive);
}

static void a_server_that_names_its_endpoints(void **state)
{
    static const char *const info =
        "{\"specs\":\"2.0.0.2\",\"oauth2Issuer\":\"https://auth.test/\"}";
    const struct sca_cloud_permit permit = lent(0, true);
    struct drive drive = ending(&permit);

    (void)state;
    drive_reply(&drive, 200, info);
    drive_reply(&drive, 200,
                "{\"token_endpoint\":\"https://auth.test/t\",\"revocation_endpoint\":"
                "\"https://auth.test/r\"}");
    drive_secret(&drive, NULL);
    assert_string_equal(drive.action.request.url, "https://auth.test/r");
    expect_body(&drive, "client_secret", false);
    drive_reply(&drive, 503, "");
    assert_int_equal(drive.action.step, SCA_STEP_FAIL); /* once, whatever comes */
    drive_end(&drive);
}

static void a_server_that_ends_no_tokens(void **state)
{
    const struct sca_cloud_permit permit = lent(0, true);
    struct drive drive = ending(&permit);

    (void)state;
    drive_reply(&drive, 200, "{\"specs\":\"2.0.0.2\",\"oauth2Issuer\":\"https://auth.test/\"}");
    drive_reply(&drive, 200, "{\"token_endpoint\":\"https://auth.test/t\"}");
    assert_int_equal(drive.action.step, SCA_STEP_FAIL);
    assert_int_equal(drive.action.err, SCA_E_UNSUPPORTED);
    drive_end(&drive);
}

static void what_authorize_gave_cannot_be_ended(void **state)
{
    const struct sca_cloud_permit permit = lent(0, false);
    struct sca_flow *flow = NULL;

    (void)state;
    assert_int_equal(sca_provider_find("csc")->revoke(&drive_account, &permit, &flow),
                     SCA_E_UNSUPPORTED);
    assert_null(flow);
    sca_secret_free(&secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_1_asks_for_five),
        cmocka_unit_test(version_2_asks_for_five),
        cmocka_unit_test(never_more_than_the_key_allows),
        cmocka_unit_test(pinned_keys_are_asked_for_one),
        cmocka_unit_test(nothing_is_kept_without_a_session),
        cmocka_unit_test(asks_nobody),
        cmocka_unit_test(an_ageing_one_is_renewed),
        cmocka_unit_test(one_that_cannot_be_renewed),
        cmocka_unit_test(one_that_is_over),
        cmocka_unit_test(refused_by_the_service),
        cmocka_unit_test(a_key_that_is_pinned_now),
        cmocka_unit_test(the_page_is_asked_for_five),
        cmocka_unit_test(what_the_page_gave_is_a_token),
        cmocka_unit_test(a_rich_request_is_for_these_only),
        cmocka_unit_test(a_token_is_ended),
        cmocka_unit_test(a_server_that_names_its_endpoints),
        cmocka_unit_test(a_server_that_ends_no_tokens),
        cmocka_unit_test(what_authorize_gave_cannot_be_ended),
    };

    return cmocka_run_group_tests_name("csc-session", tests, NULL, NULL);
}
