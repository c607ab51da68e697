/* SPDX-License-Identifier: Apache-2.0 */
/* See cloud_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <liboath/oath.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "cloud/json.h"
#include "cloud_world.h"
#include "common/clock.h"
#include "common/text.h"

struct sim sim;
struct sca_http *http;
struct sca_cloud_account account;
static uv_loop_t loop;
static const char *service = "vnpt-smartca";  /* as the simulator calls it */
static const char *provider = "vnpt-smartca"; /* as we do */
static json_t *facts;                         /* what the simulator says of the service */
static struct sca_secret *token;
static char base_url[256];
static char serial[128];
static char credential[128];
static X509 *cert;

/* ---- an agent in small ----------------------------------------------------------------------- */

static void step(struct agent *agent, struct sca_event *event)
{
    event->now_ms = sca_now_ms();
    event->now_utc = sca_now_utc();
    sca_flow_step(agent->flow, event, &agent->action);
    agent->busy = false;
}

static void on_reply(void *arg, const struct sca_http_reply *reply)
{
    struct sca_event event = {.kind = SCA_EVENT_REPLY, .reply = reply};
    step(arg, &event);
}

static void on_timer(uv_timer_t *timer)
{
    struct sca_event event = {.kind = SCA_EVENT_TIMER};
    step(timer->data, &event);
}

static void totp(const char *user_id, char ret_code[7])
{
    SCA_JSON_AUTO person = sim_person(&sim, user_id);
    SCA_BUF_AUTO key = {0};

    assert_int_equal(
        sca_json_base64(json_string_value(json_object_get(person, "totp_secret")), 1024, &key), 0);
    assert_int_equal(
        oath_totp_generate((const char *)key.data, key.len, time(NULL), 30, 0, 6, ret_code),
        OATH_OK);
}

/* What the agent's token broker does: one log-in for all, another one where a token was refused. */
static const char *access_token(struct agent *agent)
{
    struct sca_cloud_login login = {0};
    struct agent door = {0};

    agent->tokens++;
    if (token == NULL || agent->action.stale) {
        assert_int_equal(sca_provider_find(provider)->login(&account, &login, &door.flow), 0);
        world_run(&door);
        assert_int_equal(door.action.step, SCA_STEP_DONE);
        sca_secret_free(&token);
        assert_int_equal(sca_secret_copy(sca_flow_token(door.flow)->access, &token), 0);
        sca_flow_free(door.flow);
    }
    return sca_secret_text(token);
}

/* A whole file, named by the simulator. */
static void give_file(struct agent *agent, const char *path)
{
    static uint8_t content[SCA_SECRET_MAX];
    SCA_SECRET_AUTO secret = NULL;
    FILE *file = fopen(path, "rbe");

    assert_non_null(file);
    size_t len = fread(content, 1, sizeof content, file);
    fclose(file);
    assert_int_equal(sca_secret_new(content, len, &secret), 0);
    struct sca_event event = {.kind = SCA_EVENT_SECRET, .secret = secret};
    step(agent, &event);
}

/* What the person has at the service in use; borrowed from @person. */
static const char *person_fact(const json_t *person, const char *name)
{
    const json_t *services = json_object_get(person, "services");
    const char *text = sca_json_text(json_object_get(services, service), name);

    return text != NULL ? text : "";
}

static void give_secret(struct agent *agent)
{
    SCA_SECRET_AUTO secret = NULL;
    SCA_JSON_AUTO person = NULL;
    const char *text = NULL;
    char code[7];

    switch (agent->action.need) {
    case SCA_SECRET_CONSENT:
        text = "yes";
        break;
    case SCA_SECRET_SP_PASSWORD:
        text = sim.sp_password;
        break;
    case SCA_SECRET_PASSWORD:
        person = sim_person(&sim, account.user_id);
        text = json_string_value(json_object_get(person, "password"));
        break;
    case SCA_SECRET_OTP:
        totp(account.user_id, code);
        text = agent->otp != NULL ? agent->otp : code;
        break;
    case SCA_SECRET_CLIENT_SECRET:
        text = sca_json_text(facts, "client_secret");
        break;
    case SCA_SECRET_ACCESS_TOKEN:
        text = access_token(agent);
        break;
    case SCA_SECRET_CREDENTIAL_PIN:
        person = sim_person(&sim, account.user_id);
        text = agent->pin != NULL           ? agent->pin
               : sca_streq(provider, "csc") ? person_fact(person, "pin")
                                            : person_fact(person, "passcode");
        break;
    case SCA_SECRET_SENT_OTP:
        sim_last_code(&sim, code);
        text = agent->otp != NULL ? agent->otp : code;
        break;
    case SCA_SECRET_RP_PASSWORD:
        text = sca_json_text(facts, "relying_party_password");
        break;
    case SCA_SECRET_RP_SIGNATURE:
        text = sca_json_text(facts, "relying_party_signature");
        break;
    case SCA_SECRET_RP_KEY_PASSWORD:
        text = sca_json_text(facts, "relying_party_p12_password");
        break;
    case SCA_SECRET_RP_KEY:
        give_file(agent, sca_json_text(facts, "relying_party_p12"));
        return;
    case SCA_SECRET__COUNT:
        fail();
    }
    assert_int_equal(sca_secret_new(text, strlen(text), &secret), 0);
    struct sca_event event = {.kind = SCA_EVENT_SECRET, .secret = secret};
    step(agent, &event);
}

static void wait_or_give_up(struct agent *agent)
{
    if (agent->tap != NULL) {
        sim_order(&sim, agent->tap, "{}");
        agent->tap = NULL;
    }
    if (agent->waits_left > 0 && --agent->waits_left == 0) {
        struct sca_event event = {.kind = SCA_EVENT_LAST_CHANCE};
        step(agent, &event);
        return;
    }
    agent->busy = true;
    uv_timer_start(&agent->timer, on_timer, agent->action.wait_ms, 0);
}

static void on_browsed(void *arg, int err, const struct sca_secret *code, const char *words)
{
    struct agent *agent = arg;
    struct sca_event event = {
        .kind = SCA_EVENT_BROWSED, .secret = code, .secret_err = err, .secret_detail = words};

    sca_browse_answer(agent->browse, "Goodbye");
    sca_browse_free(agent->browse);
    agent->browse = NULL;
    step(agent, &event);
}

static void open_way_back(struct agent *agent)
{
    struct sca_event event = {.kind = SCA_EVENT_LISTENING, .secret_err = SCA_E_NO_SCREEN};

    assert_null(agent->browse);
    if (!agent->no_screen) {
        assert_int_equal(sca_browse_new(&loop, NULL, on_browsed, agent, &agent->browse), 0);
        event.secret_err = 0;
        event.back = sca_browse_back(agent->browse);
    }
    step(agent, &event);
}

/* The person's browser is a program of the tests: SIM_BROWSER. */
static void show_page(struct agent *agent)
{
    static char display[] = ":9";
    const struct sca_screen screen = {.display = display};

    agent->pages++;
    if (agent->leave_pages) {
        struct sca_event event = {.kind = SCA_EVENT_LAST_CHANCE};
        sca_browse_free(agent->browse);
        agent->browse = NULL;
        step(agent, &event);
        return;
    }
    assert_int_equal(setenv("BROWSER", SIM_BROWSER, 1), 0);
    assert_int_equal(setenv("SIM_CA_FILE", sim.ca_file, 1), 0);
    agent->busy = true;
    assert_int_equal(sca_browse_show(agent->browse, &screen, agent->action.page), 0);
}

static void act(struct agent *agent)
{
    struct sca_http_call *call = NULL;

    switch (agent->action.step) {
    case SCA_STEP_SEND:
        agent->spends += agent->action.request.spends ? 1 : 0;
        agent->busy = true;
        assert_int_equal(sca_http_send(http, &agent->action.request,
                                       &(struct sca_http_trust){sim.ca_file, NULL}, on_reply, agent,
                                       &call),
                         0);
        return;
    case SCA_STEP_WAIT:
        wait_or_give_up(agent);
        return;
    case SCA_STEP_NEED:
        give_secret(agent);
        return;
    case SCA_STEP_LISTEN:
        open_way_back(agent);
        return;
    case SCA_STEP_BROWSE:
        show_page(agent);
        return;
    case SCA_STEP_DONE:
    case SCA_STEP_FAIL:
        agent->ended = true;
        return;
    }
}

void world_run(struct agent *agent)
{
    struct sca_event event = {.kind = SCA_EVENT_START};

    uv_timer_init(&loop, &agent->timer);
    agent->timer.data = agent;
    step(agent, &event);
    while (!agent->ended) {
        if (agent->busy)
            uv_run(&loop, UV_RUN_ONCE);
        else
            act(agent);
    }
    uv_close((uv_handle_t *)&agent->timer, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

/* ---- what is signed -------------------------------------------------------------------------- */

static uint8_t digests[3][SCA_HASH_MAX];
static struct sca_cloud_doc docs[3] = {
    {.id = "to-khai.pdf|1", .digest = {digests[0], 32}},
    {.id = "hợp đồng 2", .digest = {digests[1], 32}},
    {.id = "3", .digest = {digests[2], 32}},
};
static enum sca_scheme last_scheme;
static enum sca_hash last_hash;

static bool on_curve(void)
{
    return EVP_PKEY_get_base_id(X509_get0_pubkey(cert)) == EVP_PKEY_EC;
}

struct sca_cloud_sign world_new_sign(size_t count)
{
    return world_new_sign_by(count, on_curve() ? SCA_SCHEME_ECDSA : SCA_SCHEME_PKCS1,
                             SCA_HASH_SHA256);
}

struct sca_cloud_sign world_new_sign_by(size_t count, enum sca_scheme scheme, enum sca_hash hash)
{
    static char txn_id[64];
    static unsigned number;

    snprintf(txn_id, sizeof txn_id, "3f2a0c1e-0000-4000-8000-%012u", ++number);
    for (size_t i = 0; i < 3; i++) {
        digests[i][0] = (uint8_t)(number + 50 * i);
        docs[i].digest.len = sca_hash_len(hash);
    }
    last_scheme = scheme;
    last_hash = hash;
    return (struct sca_cloud_sign){
        .txn_id = txn_id,
        .serial = serial,
        .provider_id = credential,
        .key_type = on_curve() ? SCA_KEY_EC : SCA_KEY_RSA,
        .key_bits = (uint32_t)EVP_PKEY_get_bits(X509_get0_pubkey(cert)),
        .description = "test trên máy: 1 tài liệu, mã đối chiếu 7QF-29K",
        .scheme = scheme,
        .hash = hash,
        .created_utc = sca_now_utc(),
        .docs = docs,
        .doc_count = count,
    };
}

/* DER of an ECDSA signature that came as r||s. */
static int to_der(const struct sca_buf *plain, uint8_t **ret_der)
{
    int half = (int)plain->len / 2;
    ECDSA_SIG *parts = ECDSA_SIG_new();

    assert_int_equal(plain->len, 2 * ((EVP_PKEY_get_bits(X509_get0_pubkey(cert)) + 7) / 8));
    ECDSA_SIG_set0(parts, BN_bin2bn(plain->data, half, NULL),
                   BN_bin2bn(plain->data + half, half, NULL));
    int len = i2d_ECDSA_SIG(parts, ret_der);
    ECDSA_SIG_free(parts);
    assert_true(len > 0);
    return len;
}

static const EVP_MD *last_md(void)
{
    return last_hash == SCA_HASH_SHA512   ? EVP_sha512()
           : last_hash == SCA_HASH_SHA384 ? EVP_sha384()
                                          : EVP_sha256();
}

static bool set_padding(EVP_PKEY_CTX *context)
{
    if (last_scheme == SCA_SCHEME_ECDSA)
        return true;
    if (last_scheme == SCA_SCHEME_PKCS1)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool verifies(const struct sca_buf *signature, const uint8_t *digest)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(X509_get0_pubkey(cert), NULL);
    uint8_t *der = NULL;
    size_t len = on_curve() ? (size_t)to_der(signature, &der) : signature->len;
    bool good = context != NULL && EVP_PKEY_verify_init(context) == 1 && set_padding(context) &&
                EVP_PKEY_CTX_set_signature_md(context, last_md()) == 1 &&
                EVP_PKEY_verify(context, der != NULL ? der : signature->data, len, digest,
                                sca_hash_len(last_hash)) == 1;

    OPENSSL_free(der);
    EVP_PKEY_CTX_free(context);
    return good;
}

void expect_signed(struct agent *agent, size_t count)
{
    if (agent->action.step != SCA_STEP_DONE)
        fail_msg("%s: %s", sca_err_name(agent->action.err), agent->action.detail);
    const struct sca_cloud_result *result = sca_flow_result(agent->flow);
    assert_int_equal(result->count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(verifies(&result->signatures[i], digests[i]));
}

void expect_fail(struct agent *agent, int err, enum sca_spent spent)
{
    assert_int_equal(agent->action.step, SCA_STEP_FAIL);
    assert_string_equal(sca_err_name(agent->action.err), sca_err_name(err));
    assert_int_equal(agent->action.spent, spent);
}

struct agent sign_as(const char *name, const struct sca_cloud_sign *sign, struct agent agent)
{
    assert_int_equal(sca_provider_find(name)->sign(&account, sign, &agent.flow), 0);
    world_run(&agent);
    assert_true(agent.spends <= (sign->resume ? 0u : 1u));
    return agent;
}

void expect_counts(int prompts, int paid)
{
    assert_int_equal(sim_count(&sim, "prompts"), prompts);
    assert_int_equal(sim_count(&sim, "paid"), paid);
    sim_no_violations(&sim);
}

/* ---- set-up ---------------------------------------------------------------------------------- */

struct agent world_list(void)
{
    struct agent agent = {0};

    assert_int_equal(sca_provider_find(provider)->list(&account, &agent.flow), 0);
    world_run(&agent);
    return agent;
}

void world_use_person(const char *user_id)
{
    world_use_service("vnpt-smartca", user_id);
}

void world_use_service(const char *name, const char *user_id)
{
    const bool csc = strncmp(name, "csc-", 4) == 0;

    service = name;
    provider = csc ? "csc" : name;
    json_decref(facts);
    facts = sim_service(&sim, name);
    sca_secret_free(&token);
    snprintf(base_url, sizeof base_url, "%s%s", sim.root, sca_json_text(facts, "base"));
    account = (struct sca_cloud_account){
        .name = "test",
        .url = base_url,
        .sp_id = sim.sp_id,
        .user_id = user_id,
        .client_id = sca_json_text(facts, "client_id"),
        .profile_id = csc && sca_json_text(facts, "profile_id") == NULL
                          ? "basic"
                          : sca_json_text(facts, "profile_id"),
        .relying_party = sca_json_text(facts, "relying_party"),
        .relying_party_user = sca_json_text(facts, "relying_party_user"),
        .poll_interval_ms = 30,
    };
    world_use_credential(0);
}

void world_use_credential(size_t index)
{
    struct agent agent = world_list();
    assert_int_equal(agent.action.step, SCA_STEP_DONE);
    assert_true(index < sca_flow_listing(agent.flow)->count);
    const struct sca_cloud_cert *chosen = &sca_flow_listing(agent.flow)->certs[index];
    const uint8_t *der = chosen->der.data;
    snprintf(serial, sizeof serial, "%s", chosen->serial);
    snprintf(credential, sizeof credential, "%s", chosen->provider_id);
    X509_free(cert);
    cert = d2i_X509(NULL, &der, (long)chosen->der.len);
    assert_non_null(cert);
    sca_flow_free(agent.flow);
}

int world_setup_group(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    oath_init();
    sim_start(&sim);
    return 0;
}

int world_teardown_group(void **state)
{
    (void)state;
    X509_free(cert);
    json_decref(facts);
    sca_secret_free(&token);
    sim_stop(&sim);
    oath_done();
    return 0;
}

int world_setup_service(const char *name, const char *user_id)
{
    sim_reset(&sim);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_http_new(&loop, &http), 0);
    world_use_service(name, user_id);
    return 0;
}

int world_setup(void **state)
{
    (void)state;
    return world_setup_service("vnpt-smartca", PHONE);
}

int world_setup_th(void **state)
{
    world_setup(state);
    /* Codes of one step are used by several tests, and the step may end between us and them. */
    sim_order(&sim, "/switch", "{\"otp_reuse\":\"accept\",\"otp_window\":1}");
    world_use_person(TH);
    return 0;
}

/* A browser keeps no loop alive; here its end is waited for. */
static void await_browser(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (handle->type == UV_PROCESS && !uv_is_closing(handle))
        uv_ref(handle);
}

int world_teardown(void **state)
{
    (void)state;
    sca_http_free(http);
    uv_walk(&loop, await_browser, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

void world_restart_http(void)
{
    sca_http_free(http);
    assert_int_equal(sca_http_new(&loop, &http), 0);
}
