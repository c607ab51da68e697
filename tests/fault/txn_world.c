/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted cloud, the stand-ins for transport, listing and clock, and the helpers. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "agent/ledger.h"
#include "agent/verify.h"
#include "cloud/flow.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "txn_world.h"

/* The linker turns every call of these names to what follows (--wrap in meson.build). */
int64_t __wrap_sca_now_ms(void);
int64_t __wrap_sca_now_utc(void);
int __wrap_sca_left_ms(int64_t deadline_ms);
int __wrap_sca_http_send(struct sca_http *http, const struct sca_http_request *request,
                         const char *ca_file, sca_http_done *done, void *arg,
                         struct sca_http_call **ret_call);
void __wrap_sca_http_cancel(struct sca_http_call *call);
int __wrap_sca_listing_refresh(struct sca_listing *listing, const char *account, bool all,
                               sca_listing_done *done, void *arg,
                               struct sca_listing_wait **ret_wait);
void __wrap_sca_listing_cancel(struct sca_listing_wait *wait);
const struct sca_credential *__wrap_sca_listing_find(struct sca_listing *listing,
                                                     const char *account,
                                                     const char *credential_id);
const struct sca_credentials *__wrap_sca_listing_account(struct sca_listing *listing,
                                                         const char *account);

#define POLL_MS 5
#define LIMIT_S 20
#define TICK_MS 5

/* A transaction as the cloud knows it; it survives the agent. */
struct cloud_txn {
    char id[64];
    bool known;
};

static struct world *the_world;
static struct cloud_txn cloud[64];
static size_t cloud_count;
static EVP_PKEY *key;
static struct sca_buf certificate;
static struct sca_credential credential;
static struct sca_credentials credentials = {.items = &credential, .count = 1};
static int64_t clock_offset_ms;

/* ---- clock: the real one, moved ----------------------------------------------------------------
 */

int64_t __real_sca_now_ms(void);
int64_t __real_sca_now_utc(void);

int64_t __wrap_sca_now_ms(void)
{
    return __real_sca_now_ms() + clock_offset_ms;
}

int64_t __wrap_sca_now_utc(void)
{
    return __real_sca_now_utc() + clock_offset_ms / 1000;
}

int __wrap_sca_left_ms(int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - sca_now_ms();

    return left_ms < 0 ? 0 : left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

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
    bool polling;
    bool last;
    bool known;
    size_t doc_count;
    uint8_t digests[64][32];
    struct sca_buf signatures[64];
    struct sca_cloud_result result;
};

static struct cloud_txn *find_cloud(const char *id)
{
    for (size_t i = 0; i < cloud_count; i++) {
        if (strcmp(cloud[i].id, id) == 0)
            return &cloud[i];
    }
    return NULL;
}

static void send_request(const struct script_flow *script, bool spends, struct sca_action *action)
{
    *action =
        (struct sca_action){.step = SCA_STEP_SEND,
                            .request = {.url = "https://cloud.example/",
                                        .spends = spends,
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
    if (find_cloud(script->id) == NULL) {
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
    }
}

static void on_reply(struct script_flow *script, const struct sca_event *event,
                     struct sca_action *action)
{
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

static void script_step(struct sca_flow *flow, const struct sca_event *event,
                        struct sca_action *action)
{
    struct script_flow *script = (struct script_flow *)flow;

    switch (event->kind) {
    case SCA_EVENT_START:
        script->polling = script->resume;
        send_request(script, !script->resume, action);
        break;
    case SCA_EVENT_REPLY:
        on_reply(script, event, action);
        break;
    case SCA_EVENT_LAST_CHANCE:
        script->last = true;
        send_request(script, false, action);
        break;
    case SCA_EVENT_TIMER:
        send_request(script, false, action);
        break;
    case SCA_EVENT_SECRET:
        end_badly(action, SCA_E_INVAL, SCA_SPENT_NOTHING);
        break;
    }
}

static void script_free(struct sca_flow *flow)
{
    struct script_flow *script = (struct script_flow *)flow;

    for (size_t i = 0; i < script->result.count; i++)
        sca_buf_clear(&script->signatures[i]);
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
    snprintf(script->id, sizeof script->id, "%s", sign->txn_id);
    for (size_t i = 0; i < sign->doc_count; i++) {
        assert_int_equal(sign->docs[i].digest.len, 32);
        memcpy(script->digests[i], sign->docs[i].digest.data, 32);
    }
    if (!sign->resume) {
        the_world->last_docs = sign->doc_count;
        snprintf(the_world->description, sizeof the_world->description, "%s", sign->description);
    }
    *ret_flow = &script->flow;
    return 0;
}

static const struct sca_provider provider = {
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
    enum sca_transport transport;
    sca_http_done *done;
    void *arg;
};

static void on_call_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_call_timer(uv_timer_t *timer)
{
    struct sca_http_call *call = timer->data;
    struct sca_http_reply reply = {.transport = call->transport, .detail = "", .status = 200};

    call->done(call->arg, &reply);
    uv_close((uv_handle_t *)&call->timer, on_call_closed);
}

static enum sca_transport act(const struct sca_http_request *request)
{
    struct world *world = the_world;

    if (!request->spends) {
        world->polls++;
        return world->unreachable ? SCA_TRANSPORT_NOT_SENT : SCA_TRANSPORT_OK;
    }
    world->sends++;
    if (world->arrival == NOT_SENT)
        return SCA_TRANSPORT_NOT_SENT;
    if (world->arrival == LOST)
        return SCA_TRANSPORT_UNCERTAIN;
    world->prompts++;
    assert_true(cloud_count < 64);
    snprintf(cloud[cloud_count].id, sizeof cloud[0].id, "%.*s", (int)request->body.len,
             (const char *)request->body.data);
    cloud_count++;
    return world->arrival == REPLY_LOST ? SCA_TRANSPORT_UNCERTAIN : SCA_TRANSPORT_OK;
}

int __wrap_sca_http_send(struct sca_http *http, const struct sca_http_request *request,
                         const char *ca_file, sca_http_done *done, void *arg,
                         struct sca_http_call **ret_call)
{
    struct sca_http_call *call = calloc(1, sizeof *call);

    (void)http;
    (void)ca_file;
    call->transport = act(request);
    call->done = done;
    call->arg = arg;
    uv_timer_init(&the_world->loop, &call->timer);
    call->timer.data = call;
    uv_timer_start(&call->timer, on_call_timer, 1, 0);
    *ret_call = call;
    return 0;
}

void __wrap_sca_http_cancel(struct sca_http_call *call)
{
    if (call != NULL)
        uv_close((uv_handle_t *)&call->timer, on_call_closed);
}

/* ---- listing --------------------------------------------------------------------------------- */

struct sca_listing_wait {
    uv_timer_t timer;
    sca_listing_done *done;
    void *arg;
};

static void on_listing_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_listing_timer(uv_timer_t *timer)
{
    struct sca_listing_wait *wait = timer->data;

    the_world->listings++;
    the_world->listed = the_world->list_err == 0;
    if (the_world->listed)
        credentials.fetched_utc = sca_now_utc();
    wait->done(wait->arg, the_world->list_err, "work", "");
    uv_close((uv_handle_t *)&wait->timer, on_listing_closed);
}

int __wrap_sca_listing_refresh(struct sca_listing *listing, const char *account, bool all,
                               sca_listing_done *done, void *arg,
                               struct sca_listing_wait **ret_wait)
{
    struct sca_listing_wait *wait = calloc(1, sizeof *wait);

    (void)listing;
    (void)account;
    (void)all;
    wait->done = done;
    wait->arg = arg;
    uv_timer_init(&the_world->loop, &wait->timer);
    wait->timer.data = wait;
    uv_timer_start(&wait->timer, on_listing_timer, 1, 0);
    *ret_wait = wait;
    return 0;
}

void __wrap_sca_listing_cancel(struct sca_listing_wait *wait)
{
    uv_close((uv_handle_t *)&wait->timer, on_listing_closed);
}

const struct sca_credential *__wrap_sca_listing_find(struct sca_listing *listing,
                                                     const char *account, const char *credential_id)
{
    (void)listing;
    if (!the_world->listed || !sca_streq(account, "work") ||
        !sca_streq(credential_id, credential.id))
        return NULL;
    return &credential;
}

const struct sca_credentials *__wrap_sca_listing_account(struct sca_listing *listing,
                                                         const char *account)
{
    (void)listing;
    return the_world->listed && sca_streq(account, "work") ? &credentials : NULL;
}

/* ---- the world ------------------------------------------------------------------------------- */

static void fill_credential(void)
{
    static char text_account[] = "work", text_serial[] = "5401ff", text_holder[] = "Nguyễn Thị Mẫu",
                text_issuer[] = "Test CA", text_status[] = "";

    memset(credential.id, 'a', sizeof credential.id - 1);
    credential.account = text_account;
    credential.serial = text_serial;
    credential.holder = text_holder;
    credential.issuer = text_issuer;
    credential.status = text_status;
    credential.blocked = false;
    credential.not_before_utc = sca_now_utc() - 3600;
    credential.not_after_utc = sca_now_utc() + 365L * 24 * 3600;
    credential.key_type = SCA_KEY_RSA;
    credential.key_bits = 2048;
    credential.der = certificate;
    credentials.fetched_utc = sca_now_utc();
}

static void start_agent(struct world *world)
{
    const struct sca_txns_env env = {
        .loop = &world->loop, .paths = &world->paths, .notify = world->notify};

    assert_int_equal(sca_txns_new(&env, &world->txns), 0);
    sca_txns_configure(world->txns, &world->config);
    (void)sca_txns_resume(world->txns);
}

static void drain(struct world *world)
{
    uv_run(&world->loop, UV_RUN_DEFAULT);
}

void world_open(struct world *world)
{
    static char name[] = "work", url[] = "https://cloud.example/";

    *world = (struct world){.verdict = APPROVED, .listed = true};
    the_world = world;
    cloud_count = 0;
    clock_offset_ms = 0;
    if (key == NULL)
        make_certificate();
    fill_credential();
    snprintf(world->folder, sizeof world->folder, "/tmp/sca-txn-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->paths.state_dir = world->folder;
    world->account = (struct sca_config_account){
        .name = name,
        .url = url,
        .provider = &provider,
        .hashes = SCA_BIT(SCA_HASH_SHA256),
        .confirm_timeout_s = 300,
        .batch_window_ms = 20,
        .max_batch = 8,
        .max_per_day = -1,
        .replay_hours = 24,
    };
    world->config.accounts = &world->account;
    world->config.account_count = 1;
    world->config.notify = SCA_NOTIFY_NONE;
    assert_int_equal(uv_loop_init(&world->loop), 0);
    assert_int_equal(sca_notify_new(&world->loop, &world->notify), 0);
    start_agent(world);
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void world_close(struct world *world)
{
    sca_txns_free(world->txns);
    sca_notify_free(world->notify);
    drain(world);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    nftw(world->folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

void world_restart(struct world *world)
{
    sca_txns_free(world->txns);
    drain(world);
    start_agent(world);
}

void world_move_clock(struct world *world, int64_t seconds)
{
    clock_offset_ms += seconds * 1000;
    sca_txns_configure(world->txns, &world->config); /* looks at everything that is due */
}

static void on_progress(void *arg, const struct sca_txn_progress *progress)
{
    struct asked *asked = arg;

    asked->progress++;
    asked->state = progress->state;
    snprintf(asked->code, sizeof asked->code, "%s", progress->code);
}

static bool on_done(void *arg, const struct sca_txn_outcome *outcome)
{
    struct asked *asked = arg;

    assert_false(asked->done);
    asked->done = true;
    asked->wait = NULL;
    asked->err = outcome->err;
    asked->replayed = outcome->replayed;
    snprintf(asked->txn, sizeof asked->txn, "%s", outcome->txn_id);
    snprintf(asked->code, sizeof asked->code, "%s", outcome->code);
    snprintf(asked->sentence, sizeof asked->sentence, "%s", outcome->sentence);
    asked->verifies =
        outcome->err == 0 &&
        sca_verify_signature((struct sca_bytes){certificate.data, certificate.len},
                             SCA_SCHEME_PKCS1, SCA_HASH_SHA256,
                             (struct sca_bytes){asked->digest, 32}, outcome->signature) == 0;
    return !asked->refuses;
}

void world_ask(struct world *world, struct asked *asked, uint8_t number, const char *program,
               int64_t pid)
{
    static const struct sca_txn_callbacks callbacks = {on_progress, on_done};
    static const struct sca_screen screen = {0};

    *asked = (struct asked){.world = world, .refuses = world->hosts_die};
    memset(asked->digest, number, sizeof asked->digest);
    struct sca_txn_request request = {
        .account = "work",
        .credential = credential.id,
        .scheme = SCA_SCHEME_PKCS1,
        .hash = SCA_HASH_SHA256,
        .digest = {asked->digest, sizeof asked->digest},
        .program = program,
        .pid = pid,
        .screen = &screen,
    };
    assert_int_equal(sca_txns_ask(world->txns, &request, &callbacks, asked, &asked->wait), 0);
}

static void on_tick(uv_timer_t *timer)
{
    unsigned *ticks = timer->data;

    (*ticks)++;
}

/* Turns the loop until it is true; the tick keeps it from sleeping; fails when it takes too long.
 */
static void turn_until(struct world *world, bool (*reached)(void *arg), void *arg)
{
    unsigned ticks = 0;
    uv_timer_t tick;

    uv_timer_init(&world->loop, &tick);
    tick.data = &ticks;
    uv_timer_start(&tick, on_tick, TICK_MS, TICK_MS);
    while (!reached(arg) && ticks < LIMIT_S * 1000 / TICK_MS)
        uv_run(&world->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_true(reached(arg));
}

static bool is_done(void *arg)
{
    return ((struct asked *)arg)->done;
}

void world_until_done(struct world *world, struct asked *asked)
{
    turn_until(world, is_done, asked);
}

struct wanted_state {
    struct asked *asked;
    enum sca_progress state;
};

static bool has_state(void *arg)
{
    struct wanted_state *wanted = arg;

    return wanted->asked->done ||
           (wanted->asked->progress != 0 && wanted->asked->state == wanted->state);
}

void world_until_state(struct world *world, struct asked *asked, enum sca_progress state)
{
    struct wanted_state wanted = {asked, state};

    turn_until(world, has_state, &wanted);
    assert_false(asked->done);
}

static bool has_polls(void *arg)
{
    return the_world->polls >= *(unsigned *)arg;
}

void world_until_polls(struct world *world, unsigned polls)
{
    turn_until(world, has_polls, &polls);
}

static bool is_idle(void *arg)
{
    (void)arg;
    return sca_txns_active(the_world->txns) == 0;
}

void world_until_idle(struct world *world)
{
    turn_until(world, is_idle, NULL);
}

void world_turn(struct world *world)
{
    for (int i = 0; i < 5; i++)
        uv_run(&world->loop, UV_RUN_NOWAIT);
}

struct counted {
    const char *outcome;
    unsigned count;
};

static bool count_entry(void *arg, const struct sca_ledger_entry *entry)
{
    struct counted *counted = arg;

    if (sca_streq(entry->outcome, counted->outcome))
        counted->count++;
    return true;
}

unsigned world_ledger(struct world *world, const char *outcome)
{
    struct counted counted = {.outcome = outcome};
    size_t damaged = 0;
    int err = sca_ledger_read(&world->paths, count_entry, &counted, &damaged);

    assert_true(err == 0 || err == SCA_E_NOENT);
    assert_int_equal(damaged, 0);
    return counted.count;
}

struct counted_records {
    enum sca_txn_state state;
    unsigned count;
};

static void count_record(void *arg, struct sca_journal_record *taken)
{
    struct counted_records *counted = arg;

    if (taken->state == counted->state)
        counted->count++;
    sca_journal_record_free(taken);
}

unsigned world_journal(struct world *world, enum sca_txn_state state)
{
    struct counted_records counted = {.state = state};

    assert_int_equal(sca_journal_load(&world->paths, NULL, count_record, &counted), 0);
    return counted.count;
}
