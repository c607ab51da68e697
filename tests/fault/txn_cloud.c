/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted cloud: its provider, its flow, and the transport between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "agent/unasked.h"
#include "cloud/flow.h"
#include "common/clock.h"
#include "common/err.h"
#include "txn_cloud.h"

/* The linker turns every call of these names to what follows (--wrap in meson.build). */
int __wrap_sca_http_send(struct sca_http *http, const struct sca_http_request *request,
                         const struct sca_http_trust *trust, sca_http_done *done, void *arg,
                         struct sca_http_call **ret_call);
void __wrap_sca_http_hold(struct sca_http_call *call, sca_http_leaving *leaving, void *arg);
void __wrap_sca_http_cancel(struct sca_http_call *call);

#define POLL_MS 5

/* What the cloud knows; it survives the agent. */
static char known[64][64];
static size_t known_count;

static struct world *the_world;
static EVP_PKEY *key;
static struct sca_buf certificate;

/* ---- key and certificate ------------------------------------------------------------------- */

static void make_certificate(void)
{
    X509 *x509 = X509_new();
    unsigned char *der = NULL;

    key = EVP_RSA_gen(2048);
    assert_non_null(key);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 365L * 24 * 3600);
    X509_set_pubkey(x509, key);
    assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
    int len = i2d_X509(x509, &der);
    assert_true(len > 0);
    sca_buf_init(&certificate, 65536);
    assert_int_equal(sca_buf_add(&certificate, der, (size_t)len), 0);
    OPENSSL_free(der);
    X509_free(x509);
}

static void sign_digest(struct sca_bytes digest, struct sca_buf *ret_signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    unsigned char bytes[512];
    size_t len = sizeof bytes;

    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
    EVP_PKEY_CTX_set_signature_md(context, EVP_sha256());
    assert_int_equal(EVP_PKEY_sign(context, bytes, &len, digest.data, digest.len), 1);
    EVP_PKEY_CTX_free(context);
    sca_buf_init(ret_signature, sizeof bytes);
    assert_int_equal(sca_buf_add(ret_signature, bytes, len), 0);
}

/* ---- the provider's flow --------------------------------------------------------------------- */

struct script_flow {
    struct sca_flow flow;
    char id[64];
    bool resume;
    bool sent;
    bool telling;
    bool polling;
    bool last;
    bool known;
    uint32_t session_signatures;
    size_t doc_count;
    uint8_t digests[64][32];
    struct sca_buf signatures[64];
    struct sca_cloud_result result;
    struct sca_cloud_permit permit; /* without a secret: there is none */
};

static bool is_known(const char *id)
{
    for (size_t i = 0; i < known_count; i++) {
        if (strcmp(known[i], id) == 0)
            return true;
    }
    return false;
}

#define TOLD_S 1200

/* What registers that nobody is asked; its answer says until when. */
static void send_telling(struct script_flow *script, struct sca_action *action)
{
    script->telling = true;
    *action = (struct sca_action){.step = SCA_STEP_SEND,
                                  .request = {.url = "https://cloud.example/",
                                              .unasked = true,
                                              .timeout_ms = 1000,
                                              .body = {(const uint8_t *)"tell", 4}}};
}

static void send_request(const struct script_flow *script, bool spends, struct sca_action *action)
{
    *action =
        (struct sca_action){.step = SCA_STEP_SEND,
                            .request = {.url = "https://cloud.example/",
                                        .spends = spends,
                                        .asks = spends && !the_world->tells,
                                        .timeout_ms = 1000,
                                        .body = {(const uint8_t *)script->id, strlen(script->id)}}};
}

static void end_badly(struct sca_action *action, int err, enum sca_spent spent)
{
    *action = (struct sca_action){.step = SCA_STEP_FAIL, .err = err, .spent = spent, .detail = ""};
}

static void finish(struct script_flow *script, struct sca_action *action)
{
    for (size_t i = 0; i < script->doc_count; i++) {
        bool forge = the_world->verdict == FORGED || (the_world->verdict == HALF_FORGED && i == 0);
        uint8_t other[32] = {0};
        struct sca_bytes digest = {forge ? other : script->digests[i], 32};

        sign_digest(digest, &script->signatures[i]);
    }
    script->result.signatures = script->signatures;
    script->result.count = script->doc_count;
    script->flow.result = &script->result;
    *action = (struct sca_action){.step = SCA_STEP_DONE};
}

static void wait_more(const struct script_flow *script, struct sca_action *action)
{
    if (script->last)
        end_badly(action, script->known ? SCA_E_EXPIRED : SCA_E_UNCERTAIN, SCA_SPENT_UNKNOWN);
    else
        *action = (struct sca_action){
            .step = SCA_STEP_WAIT, .wait_ms = POLL_MS, .waiting_for_person = script->known};
}

static void on_poll(struct script_flow *script, const struct sca_event *event,
                    struct sca_action *action)
{
    if (event->reply->transport != SCA_TRANSPORT_OK) {
        wait_more(script, action);
        return;
    }
    if (!is_known(script->id)) {
        end_badly(action, SCA_E_NOT_FOUND, SCA_SPENT_NOTHING);
        return;
    }
    script->known = true;
    switch (the_world->verdict) {
    case UNDECIDED:
        wait_more(script, action);
        break;
    case APPROVED:
    case FORGED:
    case HALF_FORGED:
        finish(script, action);
        break;
    case REJECTED:
        end_badly(action, SCA_E_REJECTED, SCA_SPENT_NOTHING);
        break;
    case REFUSED:
        end_badly(action, SCA_E_REFUSED, SCA_SPENT_NOTHING);
        break;
    }
}

/* The request that spends, unless it is held. */
static void send_first(struct script_flow *script, struct sca_action *action)
{
    if (the_world->hold) {
        the_world->holds++;
        *action = (struct sca_action){.step = SCA_STEP_WAIT, .wait_ms = POLL_MS};
        return;
    }
    script->sent = true;
    send_request(script, true, action);
}

static void on_reply(struct script_flow *script, const struct sca_event *event,
                     struct sca_action *action)
{
    if (script->telling) {
        script->telling = false;
        script->flow.unasked =
            (struct sca_cloud_unasked){SCA_UNASKED_UNTIL, event->now_utc + TOLD_S};
        send_first(script, action);
        return;
    }
    if (script->polling) {
        on_poll(script, event, action);
        return;
    }
    script->polling = true;
    if (event->reply->transport == SCA_TRANSPORT_NOT_SENT) {
        end_badly(action, SCA_E_UNREACHABLE, SCA_SPENT_NOTHING);
        return;
    }
    script->known = event->reply->transport == SCA_TRANSPORT_OK;
    wait_more(script, action);
}

/* The person is asked, unless there is a permission that holds. */
static void take_permission(struct script_flow *script)
{
    struct sca_cloud_permit *permit = &script->permit;

    if (permit->secret != NULL && the_world->permit_over) {
        sca_secret_free(&permit->secret);
        permit->signatures = script->session_signatures;
    }
    if (permit->secret != NULL) {
        assert_string_equal(sca_secret_text(permit->secret), "permission");
        the_world->in_session++;
        return;
    }
    if (script->session_signatures == 0)
        return;
    the_world->asked_for = script->session_signatures;
    assert_int_equal(sca_secret_new("permission", strlen("permission"), &permit->secret), 0);
    *permit = (struct sca_cloud_permit){
        .secret = permit->secret,
        .signatures = script->session_signatures,
        .life_ms = the_world->permit_life_s * 1000,
        .until_ms =
            the_world->permit_life_s != 0 ? sca_now_ms() + the_world->permit_life_s * 1000 : 0,
        .renewed = true,
    };
}

static void script_step(struct sca_flow *flow, const struct sca_event *event,
                        struct sca_action *action)
{
    struct script_flow *script = (struct script_flow *)flow;

    switch (event->kind) {
    case SCA_EVENT_START:
        take_permission(script);
        script->polling = script->sent = script->resume;
        if (script->resume)
            send_request(script, false, action);
        else if (the_world->tells)
            send_telling(script, action);
        else
            send_first(script, action);
        break;
    case SCA_EVENT_REPLY:
        on_reply(script, event, action);
        break;
    case SCA_EVENT_LAST_CHANCE:
        script->last = true;
        send_request(script, false, action);
        break;
    case SCA_EVENT_TIMER:
        if (script->sent)
            send_request(script, false, action);
        else
            send_first(script, action);
        break;
    case SCA_EVENT_SECRET:
    case SCA_EVENT_LISTENING:
    case SCA_EVENT_BROWSED:
        end_badly(action, SCA_E_INVAL, SCA_SPENT_NOTHING);
        break;
    }
    if (script->permit.secret != NULL)
        script->flow.permit = &script->permit;
}

static void script_free(struct sca_flow *flow)
{
    struct script_flow *script = (struct script_flow *)flow;

    for (size_t i = 0; i < script->result.count; i++)
        sca_buf_clear(&script->signatures[i]);
    sca_secret_free(&script->permit.secret);
    free(script);
}

static int script_sign(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                       struct sca_flow **ret_flow)
{
    struct script_flow *script = calloc(1, sizeof *script);

    (void)account;
    assert_true(sign->doc_count <= 64);
    script->flow.step = script_step;
    script->flow.free = script_free;
    script->resume = sign->resume;
    script->doc_count = sign->doc_count;
    script->session_signatures = sign->session_signatures;
    if (sign->permit != NULL) {
        script->permit = *sign->permit;
        script->permit.secret = NULL;
        script->permit.renewed = false;
        assert_int_equal(sca_secret_copy(sign->permit->secret, &script->permit.secret), 0);
    }
    snprintf(script->id, sizeof script->id, "%s", sign->txn_id);
    for (size_t i = 0; i < sign->doc_count; i++) {
        assert_int_equal(sign->docs[i].digest.len, 32);
        memcpy(script->digests[i], sign->docs[i].digest.data, 32);
    }
    if (!sign->resume) {
        the_world->fenced += sign->consent ? 1 : 0;
        the_world->last_docs = sign->doc_count;
        the_world->at_once = sign->at_once;
        snprintf(the_world->description, sizeof the_world->description, "%s", sign->description);
    }
    *ret_flow = &script->flow;
    return 0;
}

const struct sca_provider cloud_provider = {
    .name = "scripted",
    .title = "Scripted Cloud",
    .max_batch = 8,
    .schemes = SCA_BIT(SCA_SCHEME_PKCS1),
    .hashes = SCA_BIT(SCA_HASH_SHA256),
    .sign = script_sign,
};

/* ---- transport ------------------------------------------------------------------------------- */

struct sca_http_call {
    uv_timer_t timer;
    bool spends;
    bool unasked;
    char body[64]; /* the transaction's id, where it spends */
    sca_http_leaving *leaving;
    void *leaving_arg;
    sca_http_done *done;
    void *arg;
};

static void on_call_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static enum sca_transport act(const struct sca_http_call *call)
{
    struct world *world = the_world;

    if (call->leaving != NULL && call->leaving(call->leaving_arg) != 0)
        return SCA_TRANSPORT_NOT_SENT;
    if (call->unasked) { /* that it may be so is on disk before it can be */
        assert_int_equal(sca_unasked_until(&world->paths, &world->account), SCA_UNASKED_FOREVER);
        world->told++;
        return SCA_TRANSPORT_OK;
    }
    if (!call->spends) {
        world->polls++;
        return world->unreachable ? SCA_TRANSPORT_NOT_SENT : SCA_TRANSPORT_OK;
    }
    world->sends++;
    if (world->arrival == NOT_SENT)
        return SCA_TRANSPORT_NOT_SENT;
    if (world->arrival == LOST)
        return SCA_TRANSPORT_UNCERTAIN;
    world->prompts++;
    assert_true(known_count < 64);
    memcpy(known[known_count++], call->body, sizeof known[0]);
    return world->arrival == REPLY_LOST ? SCA_TRANSPORT_UNCERTAIN : SCA_TRANSPORT_OK;
}

static void on_call_timer(uv_timer_t *timer)
{
    struct sca_http_call *call = timer->data;

    if (the_world->connecting) {
        uv_timer_start(timer, on_call_timer, 1, 0);
        return;
    }
    struct sca_http_reply reply = {.transport = act(call), .detail = "", .status = 200};
    call->done(call->arg, &reply);
    uv_close((uv_handle_t *)&call->timer, on_call_closed);
}

int __wrap_sca_http_send(struct sca_http *http, const struct sca_http_request *request,
                         const struct sca_http_trust *trust, sca_http_done *done, void *arg,
                         struct sca_http_call **ret_call)
{
    struct sca_http_call *call = calloc(1, sizeof *call);

    (void)http;
    (void)trust;
    call->spends = request->spends;
    call->unasked = request->unasked;
    snprintf(call->body, sizeof call->body, "%.*s", (int)request->body.len,
             (const char *)request->body.data);
    call->done = done;
    call->arg = arg;
    uv_timer_init(&the_world->loop, &call->timer);
    call->timer.data = call;
    uv_timer_start(&call->timer, on_call_timer, 1, 0);
    *ret_call = call;
    return 0;
}

void __wrap_sca_http_hold(struct sca_http_call *call, sca_http_leaving *leaving, void *arg)
{
    call->leaving = leaving;
    call->leaving_arg = arg;
}

void __wrap_sca_http_cancel(struct sca_http_call *call)
{
    if (call != NULL)
        uv_close((uv_handle_t *)&call->timer, on_call_closed);
}

/* ---- the door ---------------------------------------------------------------------------------
 */

void cloud_open(struct world *world)
{
    the_world = world;
    known_count = 0;
    if (key == NULL)
        make_certificate();
}

struct sca_buf cloud_certificate(void)
{
    return certificate;
}
