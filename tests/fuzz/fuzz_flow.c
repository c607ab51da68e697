/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the world around a sign flow: which events come, and what replies hold. However it
 * goes, one request that spends at the most, none when resumed.
 */
#include "fuzz.h"
#include <string.h>
#include "cloud/provider.h"

struct world {
    const uint8_t *data;
    size_t left;
    int64_t now_ms;
    unsigned spends;
};

static const uint8_t digest[32];
static const struct sca_cloud_doc docs[2] = {
    {.id = "doc-1", .digest = {digest, 32}},
    {.id = "doc-2", .digest = {digest, 32}},
};

#define SIGNED(id) "{\"doc_id\":\"" id "\",\"signature_value\":\"AQID\"}"

/* What random bytes would take too long to spell. */
static const char *const bodies[] = {
    "{\"status_code\":200,\"message\":\"wait\",\"data\":null}",
    "{\"status_code\":200,\"data\":{\"tran_code\":\"c-1\",\"sad\":\"a.b.c\",\"expired_in\":20}}",
    "{\"status_code\":200,\"data\":{\"tran_code\":\"c-1\"}}",
    "{\"status_code\":200,\"data\":{\"signatures\":[" SIGNED("doc-1") "," SIGNED("doc-2") "]}}",
    "{\"status_code\":200,\"data\":{\"signatures\":[" SIGNED("doc-1") "]}}",
    "{\"status_code\":404,\"message\":\"transaction_not_exist\"}",
    "{\"status_code\":400,\"message\":\"sig_user_rejected\"}",
    "{\"status_code\":1003,\"message\":\"OTP\"}",
    "{\"transactionId\":\"t-1\"}",
    "{\"status\":\"4000\",\"signatures\":null}",
    "{\"status\":\"1\",\"signatures\":[\"AQID\",\"BAUG\"]}",
    "{\"status\":4002}",
    "{\"error\":0,\"authMode\":\"EXPLICIT/PIN\"}",
    "{\"error\":0,\"authMode\":\"EXPLICIT/OTP-SMS\",\"responseID\":\"r-1\"}",
    "{\"error\":0,\"SAD\":\"s-1\"}",
    "{\"error\":0,\"signatures\":[\"AQID\",\"AQID\"]}",
    "{\"error\":3005}",
    ("{\"specs\":\"2.1\",\"oauth2\":\"https://a.test\",\"key\":{\"algo\":\"1.2.840.113549.1.1.1\"},"
     "\"auth\":{\"mode\":\"oauth2code\"},\"multisign\":9,\"access_token\":\"a\",\"expires_in\":9}"),
};
static const int statuses[] = {200, 400, 401, 403, 404, 409, 429, 500};

static uint8_t take(struct world *world)
{
    if (world->left == 0)
        return 0;
    world->left--;
    return *world->data++;
}

static void fill_reply(struct world *world, struct sca_http_reply *ret_reply)
{
    uint8_t how = take(world);
    size_t len = take(world);

    *ret_reply = (struct sca_http_reply){.transport = SCA_TRANSPORT_OK, .detail = ""};
    ret_reply->status = statuses[how & 7];
    ret_reply->retry_after_s = how & 8 ? len : 0;
    if ((how & 0xf0) == 0xf0) {
        ret_reply->transport = (enum sca_transport)(1 + len % 3);
    } else if (how & 0x80) {
        len = len < world->left ? len : world->left;
        ret_reply->body = (struct sca_bytes){world->data, len};
        world->data += len;
        world->left -= len;
    } else {
        const char *body = bodies[len % (sizeof bodies / sizeof bodies[0])];
        ret_reply->body = (struct sca_bytes){(const uint8_t *)body, strlen(body)};
    }
}

static void step(struct world *world, struct sca_flow *flow, struct sca_action *action)
{
    static const enum sca_event_kind fitting[] = {
        [SCA_STEP_SEND] = SCA_EVENT_REPLY,     [SCA_STEP_WAIT] = SCA_EVENT_TIMER,
        [SCA_STEP_NEED] = SCA_EVENT_SECRET,    [SCA_STEP_DONE] = SCA_EVENT_TIMER,
        [SCA_STEP_FAIL] = SCA_EVENT_TIMER,     [SCA_STEP_LISTEN] = SCA_EVENT_LISTENING,
        [SCA_STEP_BROWSE] = SCA_EVENT_BROWSED,
    };
    uint8_t how = take(world);
    struct sca_http_reply reply;
    SCA_SECRET_AUTO secret = NULL;
    struct sca_cloud_back back = {
        .redirect_uri = "http://127.0.0.1:9/a", .state = "s", .challenge = "c"};
    struct sca_event event = {.kind = fitting[action->step]};

    if (how >= 0xf0) /* what a good agent never does */
        event.kind = (enum sca_event_kind)(how % 7);
    if (event.kind == SCA_EVENT_REPLY) {
        fill_reply(world, &reply);
        event.reply = &reply;
    }
    if (event.kind == SCA_EVENT_SECRET || event.kind == SCA_EVENT_BROWSED) {
        int err = sca_secret_new("012345", how & 7, &secret);
        fuzz_well(err == 0);
        event.secret = secret;
        event.secret_err = how == 8 ? SCA_E_NEED_AUTH : err;
    }
    if (event.kind == SCA_EVENT_LISTENING) {
        int err = sca_secret_new("verifier", 8, &secret);
        fuzz_well(err == 0);
        back.verifier = secret;
        event.back = err == 0 ? &back : NULL;
        event.secret_err = how == 8 ? SCA_E_NO_SCREEN : err;
    }
    world->now_ms += how * 100;
    event.now_ms = world->now_ms;
    event.now_utc = 1647412200 + world->now_ms / 1000;
    sca_flow_step(flow, &event, action);
    fuzz_check(action->detail != NULL);
    if (action->step == SCA_STEP_BROWSE)
        fuzz_check(action->page != NULL && strncmp(action->page, "https://", 8) == 0);
    if (action->step == SCA_STEP_SEND) {
        /* Elsewhere, but never what can cost something, is only what an OAuth server is asked. */
        bool here = strncmp(action->request.url, "https://c.test/", 15) == 0;
        fuzz_check(action->request.timeout_ms > 0);
        fuzz_check(here ? action->request.body.len > 0 : !action->request.spends);
        fuzz_check(strncmp(action->request.url, "https://", 8) == 0);
        world->spends += action->request.spends ? 1 : 0;
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const struct sca_cloud_account account = {.name = "a",
                                                     .url = "https://c.test",
                                                     .sp_id = "s",
                                                     .user_id = "u",
                                                     .client_id = "c",
                                                     .profile_id = "p",
                                                     .relying_party = "r",
                                                     .relying_party_user = "r",
                                                     .poll_interval_ms = 100};
    struct world world = {.data = data, .left = size};
    struct sca_cloud_sign sign = {
        .txn_id = "3f2a0c1e-0000-4000-8000-000000000001",
        .provider_id = "c-1",
        .key_type = SCA_KEY_RSA,
        .key_bits = 2048,
        .scheme = SCA_SCHEME_PKCS1,
        .hash = SCA_HASH_SHA256,
        .created_utc = 1647412200,
        .docs = docs,
        .doc_count = 2,
    };
    SCA_FLOW_AUTO flow = NULL;
    struct sca_action action;
    uint8_t kind = take(&world);
    size_t providers = 0;

    while (sca_provider_at(providers) != NULL)
        providers++;
    sign.resume = (kind & 2) != 0;
    if (!fuzz_well(sca_provider_at((kind >> 2) % providers)->sign(&account, &sign, &flow) == 0))
        return;
    sca_flow_step(flow, &(struct sca_event){.kind = SCA_EVENT_START}, &action);
    world.spends += action.step == SCA_STEP_SEND && action.request.spends ? 1 : 0;
    while (world.left > 0)
        step(&world, flow, &action);
    fuzz_check(world.spends <= (sign.resume ? 0u : 1u));
    if (action.step == SCA_STEP_DONE)
        fuzz_check(sca_flow_result(flow)->count == 2);
    if (action.step == SCA_STEP_FAIL && !sign.resume && world.spends == 0)
        fuzz_check(action.spent == SCA_SPENT_NOTHING);
}
