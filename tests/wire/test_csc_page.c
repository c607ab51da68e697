/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSC: permission on a web page (oauth2code for a credential), stepped by hand. One page for each
 * transaction, whatever happens; it names the key and the digests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "csc_replies.h"
#include "drive.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define PAGE  "https://auth.test/oauth2/authorize?response_type=code&client_id=client-1"
#define TOKEN "{\"access_token\":\"the-permission\",\"token_type\":\"SAD\",\"expires_in\":300}"
#define CSC_INFO_PAGE_1                                                                            \
    "{\"specs\":\"1.0.4.0\",\"authType\":[\"oauth2code\"],\"oauth2\":\"https://auth.test\"}"
#define CSC_BROWSER_1 "{" CSC_KEY ",\"authMode\":\"oauth2code\"}"

/* Up to the question for the client's secret. */
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

/* Up to the page. */
static struct drive begin_page(const struct sca_cloud_sign *sign, const char *info)
{
    struct drive drive = begin(sign, info, CSC_BROWSER);

    expect_need(&drive, SCA_SECRET_CLIENT_SECRET);
    drive_secret(&drive, "shh");
    drive_listening(&drive, 0);
    expect_browse(&drive, PAGE "&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fa&");
    return drive;
}

static void expect_token_request(struct drive *drive)
{
    assert_int_equal(drive->action.step, SCA_STEP_SEND);
    assert_string_equal(drive->action.request.url, "https://auth.test/oauth2/token");
    assert_false(drive->action.request.spends);
    assert_null(drive->action.request.authorization);
    expect_body(drive,
                "grant_type=authorization_code&code=code-1&redirect_uri=http%3A%2F%2F127.0.0.1%3A9"
                "%2Fa&code_verifier=verifier-1&client_id=client-1&client_secret=shh",
                true);
}

/* ---- the way --------------------------------------------------------------------------------- */

static void version_2_names_the_digests(void **state)
{
    struct drive drive = begin_page(&drive_two, CSC_INFO_2);

    (void)state;
    expect_page(&drive, "&scope=credential&credentialID=credential-1&numSignatures=2&hashes=q80P",
                true);
    expect_page(&drive, "%2C", true);
    expect_page(&drive, "%3D", false); /* base64url has no padding */
    expect_page(&drive, "&hashAlgorithmOID=2.16.840.1.101.3.4.2.1&", true);
    expect_page(&drive, "&description=pkcs11-tool", true);
    expect_page(&drive, "&state=state-1&code_challenge=challenge-1&code_challenge_method=S256",
                true);
    expect_page(&drive, "verifier", false);
    expect_page(&drive, "shh", false);
    drive_browsed(&drive, "code-1", 0, "");
    expect_token_request(&drive);
    drive_reply(&drive, 200, TOKEN);
    expect_send(&drive, "/csc/v2/signatures/signHash");
    assert_true(drive.action.request.spends);
    assert_string_equal(drive.action.request.authorization, "Bearer the-permission");
    expect_body(&drive, "SAD", false); /* the token is it */
    drive_reply(&drive, 200, CSC_TWO);
    expect_done(&drive);
    drive_finish(&drive, 1);
}

static void version_1_gets_a_sad(void **state)
{
    struct drive drive = begin(&drive_one, CSC_INFO_PAGE_1, CSC_BROWSER_1);

    (void)state;
    expect_need(&drive, SCA_SECRET_CLIENT_SECRET);
    drive_secret(&drive, NULL); /* a public client */
    drive_listening(&drive, 0);
    expect_browse(&drive, PAGE);
    expect_page(&drive, "&numSignatures=1&hash=q80P", true);
    expect_page(&drive, "hashAlgorithmOID", false);
    drive_browsed(&drive, "code-1", 0, "");
    expect_body(&drive, "client_secret", false);
    drive_reply(&drive, 200, TOKEN);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "token-2");
    expect_send(&drive, "/signatures/signHash");
    assert_string_equal(drive.action.request.authorization, "Bearer token-2");
    expect_body(&drive, "\"SAD\":\"the-permission\"", true);
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

static void details_instead_of_parameters(void **state)
{
    struct drive drive = begin_page(&drive_two, CSC_INFO_RAR);

    (void)state;
    expect_page(&drive,
                "&authorization_details=%5B%7B%22type%22%3A%22credential%22%2C%22credentialID%22%3A"
                "%22credential-1%22%2C%22documentDigests%22%3A%5B%7B%22hash%22%3A%22q80P",
                true);
    expect_page(&drive, "%22label%22%3A%22doc-2%22", true);
    expect_page(&drive, "%22hashAlgorithmOID%22%3A%222.16.840.1.101.3.4.2.1%22", true);
    expect_page(&drive, "&scope=", false);
    expect_page(&drive, "numSignatures", false);
    drive_browsed(&drive, "code-1", 0, "");
    expect_token_request(&drive);
    drive_finish(&drive, 0);
}

static void signatures_are_fetched_by_the_services_own_token(void **state)
{
    struct drive drive = begin_page(&drive_one, CSC_INFO_2);

    (void)state;
    drive_browsed(&drive, "code-1", 0, "");
    drive_reply(&drive, 200, TOKEN);
    drive_reply(&drive, 200, CSC_LATER);
    expect_wait(&drive, false);
    drive_timer(&drive);
    expect_need(&drive, SCA_SECRET_ACCESS_TOKEN);
    drive_secret(&drive, "token-2");
    expect_send(&drive, "/signatures/signPolling");
    assert_string_equal(drive.action.request.authorization, "Bearer token-2");
    drive_reply(&drive, 200, CSC_SIGNED);
    expect_signed(&drive);
    drive_finish(&drive, 1);
}

/* ---- endings --------------------------------------------------------------------------------- */

static void nobody_can_be_shown_a_page(void **state)
{
    struct drive drive = begin(&drive_one, CSC_INFO_2, CSC_BROWSER);

    (void)state;
    drive_secret(&drive, NULL);
    drive_listening(&drive, SCA_E_NO_SCREEN);
    expect_fail(&drive, SCA_E_NO_SCREEN, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void what_a_browser_brings_back(void **state)
{
    static const int errs[] = {SCA_E_REJECTED, SCA_E_REFUSED, SCA_E_NO_SCREEN, SCA_E_NOMEM};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(errs); i++) {
        struct drive drive = begin_page(&drive_one, CSC_INFO_2);
        drive_browsed(&drive, NULL, errs[i], "their words");
        expect_fail(&drive, errs[i], SCA_SPENT_NOTHING);
        assert_string_equal(drive.action.detail, "their words");
        drive_finish(&drive, 0);
    }
}

static void time_is_over_while_the_page_is_open(void **state)
{
    struct drive drive = begin_page(&drive_one, CSC_INFO_2);

    (void)state;
    drive_event(&drive, SCA_EVENT_LAST_CHANCE);
    expect_fail(&drive, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

static void a_code_is_used_once(void **state)
{
    static const struct {
        int http; /* 0: the connection broke */
        const char *body;
        int err;
    } rows[] = {
        {0, "", SCA_E_SERVER},
        {200, "{}", SCA_E_SERVER},
        {200, "{\"access_token\":null}", SCA_E_SERVER},
        {400, "{\"error\":\"invalid_grant\"}", SCA_E_REFUSED},
        {401, "{\"error\":\"invalid_client\"}", SCA_E_SP_AUTH},
        {502, "<html>", SCA_E_SERVER},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct drive drive = begin_page(&drive_one, CSC_INFO_2);
        drive_browsed(&drive, "code-1", 0, "");
        expect_token_request(&drive);
        if (rows[i].http == 0)
            drive_transport(&drive, SCA_TRANSPORT_UNCERTAIN);
        else
            drive_reply(&drive, rows[i].http, rows[i].body);
        expect_fail(&drive, rows[i].err, SCA_SPENT_NOTHING);
        drive_finish(&drive, 0);
    }
}

static void a_permission_that_is_refused_is_not_asked_for_again(void **state)
{
    struct drive drive = begin_page(&drive_one, CSC_INFO_2);

    (void)state;
    drive_browsed(&drive, "code-1", 0, "");
    drive_reply(&drive, 200, TOKEN);
    drive_reply(&drive, 401, CSC_STALE);
    expect_fail(&drive, SCA_E_REFUSED, SCA_SPENT_NOTHING);
    drive_finish(&drive, 1);
}

static void a_server_without_a_page(void **state)
{
    struct drive drive = begin(&drive_one, "{\"specs\":\"2.0.0.2\"}", CSC_BROWSER);

    (void)state;
    expect_fail(&drive, SCA_E_SERVER, SCA_SPENT_NOTHING);
    drive_finish(&drive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_names_the_digests),
        cmocka_unit_test(version_1_gets_a_sad),
        cmocka_unit_test(details_instead_of_parameters),
        cmocka_unit_test(signatures_are_fetched_by_the_services_own_token),
        cmocka_unit_test(nobody_can_be_shown_a_page),
        cmocka_unit_test(what_a_browser_brings_back),
        cmocka_unit_test(time_is_over_while_the_page_is_open),
        cmocka_unit_test(a_code_is_used_once),
        cmocka_unit_test(a_permission_that_is_refused_is_not_asked_for_again),
        cmocka_unit_test(a_server_without_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
