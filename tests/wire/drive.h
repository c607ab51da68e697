/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps a cloud flow by hand: replies from literals, a clock that only the test moves, and a count
 * of the requests that could cost a signature. Included after cmocka.h.
 */
#ifndef SCA_TESTS_WIRE_DRIVE_H
#define SCA_TESTS_WIRE_DRIVE_H

#include "cloud/provider.h"

struct drive {
    struct sca_flow *flow;
    struct sca_action action; /* the latest */
    int64_t now_ms;
    int64_t now_utc;
    unsigned sends;
    unsigned spends;
};

extern const struct sca_cloud_account drive_account;
extern const struct sca_cloud_sign drive_one; /* one document, "doc-1" */
extern const struct sca_cloud_sign drive_two; /* two, "doc-1" and "doc-2" */

/* Base64 of the bytes 01 02 03 and 04 05 06, as signatures. */
#define SIG_1 "AQID"
#define SIG_2 "BAUG"

/* Of drive_one: where it is polled, by our id and by the service's; and replies in v1. */
#define STATUS         "/v1/signatures/sign/3f2a0c1e-0000-4000-8000-000000000001/status"
#define STATUS_BY_CODE "/v1/signatures/sign/c%2F1%20%C3%AA/status"
#define ACCEPTED                                                                                   \
    "{\"status_code\":200,\"message\":\"sig_wait_for_user_confirm\",\"data\":{\"tran_code\":\"c/"  \
    "1 ê\"}}"
#define ACCEPTED_BARE "{\"status_code\":200,\"message\":\"Success\"}"
#define PENDING                                                                                    \
    "{\"status_code\":200,\"message\":\"sig_wait_for_user_confirm\",\"data\":{\"signatures\":"     \
    "null}}"
#define SIGNED                                                                                     \
    "{\"status_code\":200,\"message\":\"SUCCESS\",\"data\":{\"signatures\":[{\"doc_id\":\"doc-"    \
    "1\","                                                                                         \
    "\"signature_value\":\"" SIG_1 "\"}]}}"
#define WRONG_ID                                                                                   \
    "{\"status_code\":200,\"message\":\"SUCCESS\",\"data\":{\"signatures\":[{\"doc_id\":\"doc-"    \
    "9\","                                                                                         \
    "\"signature_value\":\"" SIG_1 "\"}]}}"
#define REJECTED "{\"status_code\":400,\"message\":\"sig_user_rejected\"}"
#define EXPIRED  "{\"status_code\":400,\"message\":\"sig_expired\"}"
#define UNKNOWN  "{\"status_code\":404,\"message\":\"transaction_not_exist\"}"

/* Makes a flow; the test fails when it cannot. */
struct drive drive_list(const char *provider);
struct drive drive_sign(const char *provider, const struct sca_cloud_sign *sign);
void drive_end(struct drive *drive);

/* One step each. Time stands still but for drive_timer, which moves it by what was asked for. */
void drive_event(struct drive *drive, enum sca_event_kind kind);
void drive_start(struct drive *drive);
void drive_timer(struct drive *drive);
void drive_secret(struct drive *drive, const char *text); /* NULL: there is none */
/* A way back is open, state "state-1", challenge "challenge-1", verifier "verifier-1"; or @err. */
void drive_listening(struct drive *drive, int err);
/* The browser brought @code; or @err with the service's @words. */
void drive_browsed(struct drive *drive, const char *code, int err, const char *words);
void drive_reply(struct drive *drive, int http, const char *body);
void drive_retry_after(struct drive *drive, int http, const char *body, uint32_t seconds);
void drive_transport(struct drive *drive, enum sca_transport transport);

/* The wait that must be there, and the poll after it. */
void drive_poll(struct drive *drive, int http, const char *body);
/* Checks the count of requests that could cost something, that an ended flow stays so, and ends it.
 */
void drive_finish(struct drive *drive, unsigned spends);

/* Start and secrets, up to the sign request. */
void drive_to_sign(struct drive *drive);

/*
 * The property of every sign flow, over many random sequences of these replies, broken transports
 * and events, some that never should come: one request that can cost a signature at the most, none
 * when resumed (with @provider_txn, may be NULL), and a failure before it never claims to be
 * uncertain.
 */
struct drive_canned {
    int http;
    const char *body;
};
void drive_random(const char *provider, const char *provider_txn,
                  const struct drive_canned *replies, size_t count);

/* What the action is; the test fails where it is another. */
void expect_send(const struct drive *drive, const char *path_end);
void expect_wait(const struct drive *drive, bool person);
void expect_need(const struct drive *drive, enum sca_secret_kind kind);
/* A page whose address begins with @address and holds @parameter (or does not). */
void expect_browse(const struct drive *drive, const char *address);
void expect_page(const struct drive *drive, const char *parameter, bool there);
void expect_done(const struct drive *drive);
void expect_fail(const struct drive *drive, int err, enum sca_spent spent);
/* DONE with the signature of drive_one. */
void expect_signed(const struct drive *drive);
/* The request's body holds (or does not) @text. */
void expect_body(const struct drive *drive, const char *text, bool there);

#endif
