/* SPDX-License-Identifier: Apache-2.0 */
/* See drive.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "drive.h"

static const uint8_t digests[2][32] = {{0xab, 0xcd, 0x0f}, {0x12, 0x34}};
static const struct sca_cloud_doc docs[2] = {
    {.id = "doc-1", .digest = {digests[0], 32}},
    {.id = "doc-2", .digest = {digests[1], 32}},
};

const struct sca_cloud_account drive_account = {
    .name = "work",
    .url = "https://cloud.test/sca/sp769",
    .sp_id = "sp-1",
    .user_id = "012345678901",
    .client_id = "client-1",
    .profile_id = "profile-1",
    .relying_party = "RP",
    .relying_party_user = "rp-user",
    .poll_interval_ms = 2000,
    .confirm_timeout_ms = 300000,
};

const struct sca_cloud_sign drive_one = {
    .txn_id = "3f2a0c1e-0000-4000-8000-000000000001",
    .serial = "0540100aB",
    .provider_id = "credential-1",
    .key_type = SCA_KEY_RSA,
    .key_bits = 2048,
    .description = "soffice trên may-tinh-1",
    .scheme = SCA_SCHEME_PKCS1,
    .hash = SCA_HASH_SHA256,
    .created_utc = 1647412200, /* 2022-03-16 06:30:00 */
    .docs = docs,
    .doc_count = 1,
};

const struct sca_cloud_sign drive_two = {
    .txn_id = "3f2a0c1e-0000-4000-8000-000000000002",
    .serial = "0540100aB",
    .provider_id = "credential-1",
    .key_type = SCA_KEY_RSA,
    .key_bits = 2048,
    .description = "pkcs11-tool",
    .scheme = SCA_SCHEME_PKCS1,
    .hash = SCA_HASH_SHA256,
    .created_utc = 1647412200,
    .docs = docs,
    .doc_count = 2,
};

static struct drive begin(struct sca_flow *flow)
{
    return (struct drive){.flow = flow, .now_ms = 1000000, .now_utc = drive_one.created_utc};
}

struct drive drive_list(const char *provider)
{
    struct sca_flow *flow = NULL;

    assert_int_equal(sca_provider_find(provider)->list(&drive_account, &flow), 0);
    return begin(flow);
}

struct drive drive_sign(const char *provider, const struct sca_cloud_sign *sign)
{
    struct sca_flow *flow = NULL;

    assert_int_equal(sca_provider_find(provider)->sign(&drive_account, sign, &flow), 0);
    return begin(flow);
}

void drive_end(struct drive *drive)
{
    sca_flow_free(drive->flow);
    drive->flow = NULL;
}

static void step(struct drive *drive, struct sca_event *event)
{
    event->now_ms = drive->now_ms;
    event->now_utc = drive->now_utc;
    sca_flow_step(drive->flow, event, &drive->action);
    assert_non_null(drive->action.detail);
    if (drive->action.step == SCA_STEP_SEND) {
        drive->sends++;
        drive->spends += drive->action.request.spends ? 1 : 0;
        /* only what is fetched has no body */
        assert_true(drive->action.request.body.len > 0 || !drive->action.request.spends);
        assert_true(drive->action.request.timeout_ms > 0);
    }
}

void drive_event(struct drive *drive, enum sca_event_kind kind)
{
    struct sca_event event = {.kind = kind};
    step(drive, &event);
}

void drive_start(struct drive *drive)
{
    drive_event(drive, SCA_EVENT_START);
}

void drive_timer(struct drive *drive)
{
    assert_int_equal(drive->action.step, SCA_STEP_WAIT);
    drive->now_ms += drive->action.wait_ms;
    drive->now_utc = drive_one.created_utc + (drive->now_ms - 1000000) / 1000;
    drive_event(drive, SCA_EVENT_TIMER);
}

void drive_secret(struct drive *drive, const char *text)
{
    SCA_SECRET_AUTO secret = NULL;
    struct sca_event event = {.kind = SCA_EVENT_SECRET, .secret_err = SCA_E_NEED_AUTH};

    if (text != NULL) {
        assert_int_equal(sca_secret_new(text, strlen(text), &secret), 0);
        event.secret = secret;
        event.secret_err = 0;
    }
    step(drive, &event);
}

void drive_listening(struct drive *drive, int err)
{
    SCA_SECRET_AUTO verifier = NULL;
    struct sca_cloud_back back = {
        .redirect_uri = "http://127.0.0.1:9/a", .state = "state-1", .challenge = "challenge-1"};
    struct sca_event event = {.kind = SCA_EVENT_LISTENING, .secret_err = err};

    assert_int_equal(drive->action.step, SCA_STEP_LISTEN);
    assert_int_equal(sca_secret_new("verifier-1", strlen("verifier-1"), &verifier), 0);
    back.verifier = verifier;
    event.back = err == 0 ? &back : NULL;
    step(drive, &event);
}

void drive_browsed(struct drive *drive, const char *code, int err, const char *words)
{
    SCA_SECRET_AUTO secret = NULL;
    struct sca_event event = {.kind = SCA_EVENT_BROWSED, .secret_err = err, .secret_detail = words};

    assert_int_equal(drive->action.step, SCA_STEP_BROWSE);
    if (code != NULL)
        assert_int_equal(sca_secret_new(code, strlen(code), &secret), 0);
    event.secret = secret;
    step(drive, &event);
}

void drive_retry_after(struct drive *drive, int http, const char *body, uint32_t seconds)
{
    struct sca_http_reply reply = {
        .transport = SCA_TRANSPORT_OK,
        .detail = "",
        .status = http,
        .retry_after_s = seconds,
        .body = {(const uint8_t *)body, strlen(body)},
    };
    struct sca_event event = {.kind = SCA_EVENT_REPLY, .reply = &reply};

    assert_int_equal(drive->action.step, SCA_STEP_SEND);
    step(drive, &event);
}

void drive_reply(struct drive *drive, int http, const char *body)
{
    drive_retry_after(drive, http, body, 0);
}

void drive_transport(struct drive *drive, enum sca_transport transport)
{
    struct sca_http_reply reply = {.transport = transport, .detail = "connection lost"};
    struct sca_event event = {.kind = SCA_EVENT_REPLY, .reply = &reply};

    assert_int_equal(drive->action.step, SCA_STEP_SEND);
    step(drive, &event);
}

void drive_to_sign(struct drive *drive)
{
    drive_start(drive);
    while (drive->action.step == SCA_STEP_NEED)
        drive_secret(drive, drive->action.need == SCA_SECRET_OTP ? "123456" : "geheim");
    assert_int_equal(drive->action.step, SCA_STEP_SEND);
    assert_true(drive->action.request.spends);
}

void expect_send(const struct drive *drive, const char *path_end)
{
    assert_int_equal(drive->action.step, SCA_STEP_SEND);
    const char *url = drive->action.request.url;
    size_t len = strlen(url);
    size_t end = strlen(path_end);
    assert_true(len >= end);
    assert_string_equal(url + len - end, path_end);
    assert_int_equal(strncmp(url, "https://cloud.test/sca/sp769/", 29), 0);
}

void expect_wait(const struct drive *drive, bool person)
{
    assert_int_equal(drive->action.step, SCA_STEP_WAIT);
    assert_true(drive->action.wait_ms > 0);
    assert_int_equal(drive->action.waiting_for_person, person);
}

void expect_need(const struct drive *drive, enum sca_secret_kind kind)
{
    assert_int_equal(drive->action.step, SCA_STEP_NEED);
    assert_int_equal(drive->action.need, kind);
}

void expect_browse(const struct drive *drive, const char *address)
{
    assert_int_equal(drive->action.step, SCA_STEP_BROWSE);
    assert_int_equal(strncmp(drive->action.page, address, strlen(address)), 0);
    assert_true(drive->action.waiting_for_person);
}

void expect_page(const struct drive *drive, const char *parameter, bool there)
{
    assert_int_equal(drive->action.step, SCA_STEP_BROWSE);
    assert_int_equal(strstr(drive->action.page, parameter) != NULL, there);
}

void expect_done(const struct drive *drive)
{
    assert_int_equal(drive->action.step, SCA_STEP_DONE);
}

void expect_fail(const struct drive *drive, int err, enum sca_spent spent)
{
    assert_int_equal(drive->action.step, SCA_STEP_FAIL);
    assert_string_equal(sca_err_name(drive->action.err), sca_err_name(err));
    assert_int_equal(drive->action.spent, spent);
}

void expect_body(const struct drive *drive, const char *text, bool there)
{
    struct sca_bytes body = drive->action.request.body;

    assert_int_equal(drive->action.step, SCA_STEP_SEND);
    assert_int_equal(memmem(body.data, body.len, text, strlen(text)) != NULL, there);
}

void expect_signed(const struct drive *drive)
{
    expect_done(drive);
    const struct sca_cloud_result *result = sca_flow_result(drive->flow);
    assert_non_null(result);
    assert_int_equal(result->count, 1);
    assert_int_equal(result->signatures[0].len, 3);
    assert_memory_equal(result->signatures[0].data, "\x01\x02\x03", 3);
}

void drive_poll(struct drive *drive, int http, const char *body)
{
    drive_timer(drive);
    expect_send(drive, STATUS);
    drive_reply(drive, http, body);
}

void drive_finish(struct drive *drive, unsigned spends)
{
    assert_int_equal(drive->spends, spends);
    drive_event(drive, SCA_EVENT_TIMER); /* an ended flow says the same again and sends nothing */
    assert_true(drive->action.step == SCA_STEP_DONE || drive->action.step == SCA_STEP_FAIL);
    drive_end(drive);
}
