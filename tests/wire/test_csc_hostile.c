/* SPDX-License-Identifier: Apache-2.0 */
/* CSC replies that are too large, too empty, or of other types than were promised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "cloud/base.h"
#include "cloud/wire_csc.h"
#include "drive.h"

static struct sca_http_reply reply_of(int http, const char *body)
{
    return (struct sca_http_reply){
        .transport = SCA_TRANSPORT_OK,
        .detail = "",
        .status = http,
        .body = {(const uint8_t *)body, strlen(body)},
    };
}

/* @before N @after, @count times, in a list that @begin opens. */
static void add_many(struct sca_buf *out, const char *begin, const char *before, const char *after,
                     int count)
{
    sca_buf_init(out, 4u * 1024 * 1024);
    sca_buf_add_text(out, begin);
    for (int i = 0; i < count; i++)
        sca_buf_addf(out, "%s%s%d%s", i > 0 ? "," : "", before, i, after);
    sca_buf_add_text(out, "]}");
    assert_int_equal(sca_buf_add_u8(out, '\0'), 0);
}

static void huge_lists_are_bounded(void **state)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_cloud_listing listing = {0};
    struct sca_csc_page page = {0};
    struct sca_answer answer = {0};
    SCA_BUF_AUTO ids;
    SCA_BUF_AUTO signatures;
    SCA_BUF_AUTO objects;

    (void)state;
    add_many(&ids, "{\"credentialIDs\":[", "\"id-", "\"", 20000);
    struct sca_http_reply reply = reply_of(200, (const char *)ids.data);
    assert_int_equal(sca_csc_read_list(&reply, 0, &listing, &page, detail), 0);
    assert_int_equal(page.count, SCA_CSC_IDS_MAX);
    sca_csc_page_clear(&page);

    add_many(&signatures, "{\"signatures\":[", "\"AQ", "==\"", 20000);
    reply = reply_of(200, (const char *)signatures.data);
    sca_csc_read_sign(&reply, &drive_two, &answer);
    assert_int_equal(answer.class, SCA_ANSWER_STRANGE);
    sca_answer_clear(&answer);

    struct sca_csc_credential credential;
    add_many(&objects, "{\"auth\":{\"mode\":\"explicit\",\"objects\":[",
             "{\"type\":\"Password\",\"id\":\"o", "\"}", 5000);
    objects.len--; /* the NUL: one more bracket is to be closed */
    sca_buf_add_text(&objects, "}");
    assert_int_equal(sca_buf_add_u8(&objects, '\0'), 0);
    reply = reply_of(200, (const char *)objects.data);
    assert_int_equal(sca_csc_read_credential(&reply, &credential, detail), 0);
    assert_int_equal(credential.object_count, SCA_CSC_OBJECTS_MAX);
}

static void null_is_nothing(void **state)
{
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_csc_service service;
    struct sca_csc_credential credential;
    struct sca_csc_permit permit;
    struct sca_http_reply reply =
        reply_of(200, "{\"specs\":\"2.0\",\"authType\":null,\"oauth2\":null,\"oauth2Issuer\":null,"
                      "\"oauth2Servers\":null,\"methods\":null,\"supportsRar\":null,"
                      "\"supportedHashTypes\":null,\"asynchronousOperationMode\":null}");

    (void)state;
    assert_int_equal(sca_csc_read_info(&reply, &service, detail), 0);
    assert_false(service.rar || service.extends || service.asynchronous);
    reply = reply_of(200, "{\"description\":null,\"key\":null,\"cert\":null,\"auth\":null,"
                          "\"authMode\":null,\"PIN\":null,\"OTP\":null,\"SCAL\":null,"
                          "\"multisign\":null,\"lang\":null}");
    assert_int_equal(sca_csc_read_credential(&reply, &credential, detail), 0);
    assert_int_equal(credential.mode, SCA_CSC_IMPLICIT);
    assert_int_equal(credential.object_count, 0);
    assert_int_equal(credential.multisign, 1);
    reply = reply_of(200, "{\"SAD\":\"s\",\"expiresIn\":null}");
    sca_csc_read_permit(&reply, false, false, &permit);
    assert_int_equal(permit.class, SCA_CSC_PERMIT_GIVEN);
    assert_int_equal(permit.life_s, 0);
    sca_csc_permit_clear(&permit);
    reply = reply_of(200, "{\"SAD\":\"s\",\"expiresIn\":\"120\"}");
    sca_csc_read_permit(&reply, false, false, &permit);
    assert_int_equal(permit.life_s, 120);
    sca_csc_permit_clear(&permit);
}

static void presence_is_a_text(void **state)
{
    static const struct {
        const char *presence;
        size_t count;
    } rows[] = {{"\"true\"", 1}, {"true", 1},         {"\"false\"", 0},
                {"false", 0},    {"\"optional\"", 0}, {"null", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sca_csc_credential credential;
        char detail[SCA_CLOUD_DETAIL_SIZE];
        char body[128];
        snprintf(body, sizeof body, "{\"authMode\":\"explicit\",\"PIN\":{\"presence\":%s}}",
                 rows[i].presence);
        struct sca_http_reply reply = reply_of(200, body);
        assert_int_equal(sca_csc_read_credential(&reply, &credential, detail), 0);
        assert_int_equal(credential.object_count, rows[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(huge_lists_are_bounded),
        cmocka_unit_test(null_is_nothing),
        cmocka_unit_test(presence_is_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
