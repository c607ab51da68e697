/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole flows against the simulator, through real HTTPS: every dispute switch and every way in
 * which a reply can be lost ends with one prompt and one paid signature at the most, and with a
 * signature that verifies where one was given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <liboath/oath.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "cloud/http.h"
#include "cloud/json.h"
#include "common/clock.h"
#include "sim.h"

#define PHONE   "012345678901"
#define TH      "012345678903"
#define SIGN    "/v1/signatures/sign"
#define CONFIRM "/v2/signatures/confirm"

static struct sim sim;
static uv_loop_t loop;
static struct sca_http *http;
static struct sca_cloud_account account;
static char serial[128];
static X509 *cert;

/* ---- an agent in small -------------------------------------------------------------------------
 */

struct agent {
    struct sca_flow *flow;
    struct sca_action action;
    bool ended;
    bool busy; /* a call or a timer is under way */
    unsigned spends;
    uv_timer_t timer;
    const char *tap;     /* "/approve" or "/reject" at the first wait, or NULL */
    unsigned waits_left; /* then SCA_EVENT_LAST_CHANCE; 0: never */
    const char *otp;     /* NULL: computed */
};

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

static void give_secret(struct agent *agent)
{
    SCA_SECRET_AUTO secret = NULL;
    SCA_JSON_AUTO person = NULL;
    const char *text = NULL;
    char code[7];

    switch (agent->action.need) {
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

static void act(struct agent *agent)
{
    struct sca_http_call *call = NULL;

    switch (agent->action.step) {
    case SCA_STEP_SEND:
        agent->spends += agent->action.request.spends ? 1 : 0;
        agent->busy = true;
        assert_int_equal(
            sca_http_send(http, &agent->action.request, sim.ca_file, on_reply, agent, &call), 0);
        return;
    case SCA_STEP_WAIT:
        wait_or_give_up(agent);
        return;
    case SCA_STEP_NEED:
        give_secret(agent);
        return;
    case SCA_STEP_DONE:
    case SCA_STEP_FAIL:
        agent->ended = true;
        return;
    }
}

static void run(struct agent *agent)
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

/* ---- what is signed ----------------------------------------------------------------------------
 */

static uint8_t digests[3][32];
static const struct sca_cloud_doc docs[3] = {
    {.id = "to-khai.pdf|1", .digest = {digests[0], 32}},
    {.id = "hợp đồng 2", .digest = {digests[1], 32}},
    {.id = "3", .digest = {digests[2], 32}},
};

static struct sca_cloud_sign new_sign(size_t count)
{
    static char txn_id[64];
    static unsigned number;

    snprintf(txn_id, sizeof txn_id, "3f2a0c1e-0000-4000-8000-%012u", ++number);
    for (size_t i = 0; i < 3; i++)
        digests[i][0] = (uint8_t)(number + 50 * i);
    return (struct sca_cloud_sign){
        .txn_id = txn_id,
        .serial = serial,
        .description = "test trên máy: 1 tài liệu, mã đối chiếu 7QF-29K",
        .scheme = SCA_SCHEME_PKCS1,
        .hash = SCA_HASH_SHA256,
        .created_utc = sca_now_utc(),
        .docs = docs,
        .doc_count = count,
    };
}

static bool verifies(const struct sca_buf *signature, const uint8_t *digest)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(X509_get0_pubkey(cert), NULL);
    bool good = context != NULL && EVP_PKEY_verify_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
                EVP_PKEY_verify(context, signature->data, signature->len, digest, 32) == 1;

    EVP_PKEY_CTX_free(context);
    return good;
}

static void expect_signed(struct agent *agent, size_t count)
{
    if (agent->action.step != SCA_STEP_DONE)
        fail_msg("%s: %s", sca_err_name(agent->action.err), agent->action.detail);
    const struct sca_cloud_result *result = sca_flow_result(agent->flow);
    assert_int_equal(result->count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(verifies(&result->signatures[i], digests[i]));
}

static void expect_fail(struct agent *agent, int err, enum sca_spent spent)
{
    assert_int_equal(agent->action.step, SCA_STEP_FAIL);
    assert_string_equal(sca_err_name(agent->action.err), sca_err_name(err));
    assert_int_equal(agent->action.spent, spent);
}

static struct agent sign_as(const char *provider, const struct sca_cloud_sign *sign,
                            struct agent agent)
{
    assert_int_equal(sca_provider_find(provider)->sign(&account, sign, &agent.flow), 0);
    run(&agent);
    assert_true(agent.spends <= (sign->resume ? 0u : 1u));
    return agent;
}

static void expect_counts(int prompts, int paid)
{
    assert_int_equal(sim_count(&sim, "prompts"), prompts);
    assert_int_equal(sim_count(&sim, "paid"), paid);
    sim_no_violations(&sim);
}

/* ---- set-up ------------------------------------------------------------------------------------
 */

static struct agent list(void)
{
    struct agent agent = {0};

    assert_int_equal(sca_provider_find("vnpt-smartca")->list(&account, &agent.flow), 0);
    run(&agent);
    return agent;
}

static void use_person(const char *user_id)
{
    account = (struct sca_cloud_account){
        .name = "test",
        .url = sim.url,
        .sp_id = sim.sp_id,
        .user_id = user_id,
        .poll_interval_ms = 30,
    };
    struct agent agent = list();
    assert_int_equal(agent.action.step, SCA_STEP_DONE);
    const struct sca_cloud_cert *first = &sca_flow_listing(agent.flow)->certs[0];
    const uint8_t *der = first->der.data;
    snprintf(serial, sizeof serial, "%s", first->serial);
    X509_free(cert);
    cert = d2i_X509(NULL, &der, (long)first->der.len);
    assert_non_null(cert);
    sca_flow_free(agent.flow);
}

static int setup_group(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    oath_init();
    sim_start(&sim);
    return 0;
}

static int teardown_group(void **state)
{
    (void)state;
    X509_free(cert);
    sim_stop(&sim);
    oath_done();
    return 0;
}

static int setup(void **state)
{
    (void)state;
    sim_reset(&sim);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_http_new(&loop, &http), 0);
    use_person(PHONE);
    return 0;
}

static int setup_th(void **state)
{
    setup(state);
    /* Codes of one step are used by several tests, and the step may end between us and them. */
    sim_order(&sim, "/switch", "{\"otp_reuse\":\"accept\",\"otp_window\":1}");
    use_person(TH);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sca_http_free(http);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

/* ---- listing -----------------------------------------------------------------------------------
 */

static void test_listing(void **state)
{
    static const struct {
        const char *user_id;
        size_t count;
        enum sca_cert_state first;
    } people[] = {
        {"012345678901", 1, SCA_CERT_USABLE},
        {"012345678902", 2, SCA_CERT_USABLE},
        {"012345678904", 1, SCA_CERT_BLOCKED},
        {"012345678905", 2, SCA_CERT_BLOCKED},
    };
    static const char *const forms[] = {
        "{}",
        "{\"serial_form\":\"short\",\"cert_crlf\":false,\"root_cert\":\"null\"}",
        "{\"status_code_form\":\"string\",\"message_form\":\"null\",\"service_type\":false}",
        "{\"status_code_form\":\"zero\",\"cert_status_form\":\"code\",\"cert_status_code\":false}",
    };
    (void)state;
    for (size_t form = 0; form < 4; form++) {
        sim_order(&sim, "/switch", forms[form]);
        for (size_t i = 0; i < 4; i++) {
            account.user_id = people[i].user_id;
            struct agent agent = list();
            assert_int_equal(agent.action.step, SCA_STEP_DONE);
            const struct sca_cloud_listing *listing = sca_flow_listing(agent.flow);
            assert_int_equal(listing->count, people[i].count);
            assert_int_equal(listing->certs[0].state, people[i].first);
            assert_true(listing->certs[0].chain_count > 0);
            sca_flow_free(agent.flow);
        }
    }
    sim_no_violations(&sim);
}

static void expect_list_fails(int err)
{
    struct agent agent = list();

    expect_fail(&agent, err, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
}

static void test_listing_fails(void **state)
{
    static const char *const faults[] = {
        "{\"action\":\"huge\"}",
        "{\"action\":\"deep\"}",
        "{\"action\":\"garbage\"}",
        "{\"action\":\"truncate\"}",
        "{\"action\":\"wrong-type\"}",
        "{\"action\":\"redirect\"}",
        "{\"action\":\"status\",\"status\":502}",
        "{\"action\":\"act-then-close\",\"count\":9}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        sim_order(&sim, "/fault", faults[i]);
        expect_list_fails(SCA_E_SERVER);
    }
    sim_order(&sim, "/fault", "{\"clear\":true}");
    account.user_id = "012345678906";
    expect_list_fails(SCA_E_NO_CERT);
    account.user_id = "999999999999";
    expect_list_fails(SCA_E_NO_CERT);
    sim_order(&sim, "/switch", "{\"unknown_user\":\"empty\"}");
    expect_list_fails(SCA_E_NO_CERT);
    account.sp_id = "nobody";
    expect_list_fails(SCA_E_SP_AUTH);
    account.sp_id = sim.sp_id;
    sim_order(&sim, "/switch", "{\"tls_certificate\":\"wrong-host\"}");
    sca_http_free(http); /* with its kept-alive connections */
    assert_int_equal(sca_http_new(&loop, &http), 0);
    expect_list_fails(SCA_E_TLS);
    sim_order(&sim, "/listen", "{\"on\":false}");
    expect_list_fails(SCA_E_UNREACHABLE);
    sim_order(&sim, "/listen", "{\"on\":true}");
}

/* ---- v1 ----------------------------------------------------------------------------------------
 */

static void test_phone(void **state)
{
    struct sca_cloud_sign sign = new_sign(3);
    struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});

    (void)state;
    expect_signed(&agent, 3);
    expect_counts(1, 3);
    sca_flow_free(agent.flow);

    sign = new_sign(1);
    agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/reject"});
    expect_fail(&agent, SCA_E_REJECTED, SCA_SPENT_NOTHING);
    expect_counts(2, 3);
    sca_flow_free(agent.flow);

    sign = new_sign(1);
    agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/expire"});
    expect_fail(&agent, SCA_E_EXPIRED, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);

    sign = new_sign(1);
    agent = sign_as("vnpt-smartca", &sign, (struct agent){.waits_left = 3});
    expect_fail(&agent, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    expect_counts(4, 3);
    sca_flow_free(agent.flow);
}

/* Every form in which the service may say the same. */
static void test_forms(void **state)
{
    static const char *const forms[] = {
        "{\"pending_form\":\"absent\",\"message_form\":\"upper\"}",
        "{\"pending_form\":\"empty\",\"message_form\":\"spaced\"}",
        "{\"pending_form\":\"empty-value\",\"status_code_form\":\"string\"}",
        "{\"pending_form\":\"null-value\",\"message_form\":\"null\"}",
        "{\"pending_form\":\"data-null\",\"status_code_form\":\"zero\"}",
        "{\"pending_http\":409}",
        "{\"path_id\":\"tran_code\"}",
        "{\"path_id\":\"both\",\"result_id\":\"other\"}",
        "{\"order\":\"reversed\",\"documents\":\"extra\"}",
        "{\"signature_crlf\":\"inside\"}",
        "{\"signature_crlf\":\"end\",\"sign_tran_code\":false}",
        "{\"sign_message\":\"Success\",\"keep_alive\":false}",
        "{\"auto\":\"approve\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        bool automatic = strstr(forms[i], "auto") != NULL;
        sim_reset(&sim);
        sim_order(&sim, "/switch", forms[i]);
        struct sca_cloud_sign sign = new_sign(2);
        struct agent agent =
            sign_as("vnpt-smartca", &sign, (struct agent){.tap = automatic ? NULL : "/approve"});
        expect_signed(&agent, 2);
        expect_counts(1, 2);
        sca_flow_free(agent.flow);
    }
}

static void test_reject_forms(void **state)
{
    static const char *const forms[] = {
        "{\"reject_form\":\"http-400\",\"reject_message\":\"Người dùng từ chối\"}",
        "{\"reject_form\":\"http-403\",\"reject_message\":\"UserDenied\"}",
        "{\"reject_form\":\"200-400\",\"reject_message\":\"Giao dịch bị hủy\"}",
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sim_order(&sim, "/switch", forms[i]);
        struct sca_cloud_sign sign = new_sign(1);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/reject"});
        expect_fail(&agent, SCA_E_REJECTED, SCA_SPENT_NOTHING);
        sca_flow_free(agent.flow);
    }
    expect_counts(3, 0);
}

/* What comes back for other documents is never taken. */
static void test_wrong_documents(void **state)
{
    static const char *const forms[] = {"missing", "wrong-id", "twice"};
    char order[64];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(order, sizeof order, "{\"documents\":\"%s\"}", forms[i]);
        sim_order(&sim, "/switch", order);
        struct sca_cloud_sign sign = new_sign(2);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
        expect_fail(&agent, SCA_E_SERVER, SCA_SPENT_UNKNOWN);
        sca_flow_free(agent.flow);
    }
}

/* The service acted, the answer to the sign request is lost in every way there is. */
static void test_sign_reply_lost(void **state)
{
    static const char *const faults[] = {
        "act-then-close\"",
        "act-then-reset\"",
        "truncate\"",
        "wrong-type\"",
        "act-then-status\",\"status\":502",
        "act-then-status\",\"status\":429",
        "act-then-status\",\"status\":404",
        "act-then-status\",\"status\":200",
        "garbage\",\"act\":true",
        "huge\",\"act\":true",
        "deep\",\"act\":true",
        "redirect\",\"act\":true",
    };
    char order[256];
    int number = 0;

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        snprintf(order, sizeof order, "{\"path\":\"" SIGN "$\",\"action\":\"%s}", faults[i]);
        sim_order(&sim, "/fault", order);
        struct sca_cloud_sign sign = new_sign(1);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
        expect_signed(&agent, 1);
        number++;
        expect_counts(number, number);
        assert_int_equal(sim_count(&sim, "requests:" SIGN), number);
        assert_int_equal(sim_count(&sim, "duplicates_refused"), 0);
        sca_flow_free(agent.flow);
    }
}

/* The same on a kept-alive connection: curl must not send it again on its own. */
static void test_reused_connection(void **state)
{
    (void)state;
    sim_order(&sim, "/fault",
              "{\"path\":\"" SIGN "$\",\"action\":\"act-then-close\",\"connection\":\"reused\"}");
    struct sca_cloud_sign sign = new_sign(1); /* the listing left a connection open */
    struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
    expect_signed(&agent, 1);
    expect_counts(1, 1);
    assert_int_equal(sim_count(&sim, "faults_used"), 0); /* it had a connection of its own */
    sca_flow_free(agent.flow);
}

static void test_polls_in_trouble(void **state)
{
    static const char *const faults[] = {
        "act-then-close\"",
        "act-then-reset\"",
        "truncate\"",
        "wrong-type\"",
        "garbage\"",
        "huge\"",
        "status\",\"status\":502",
        "status\",\"status\":429",
        "redirect\"",
        "close-after\"",
        "chunked\"",
    };
    char order[256];

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        snprintf(order, sizeof order, "{\"path\":\"/status$\",\"count\":2,\"action\":\"%s}",
                 faults[i]);
        sim_order(&sim, "/fault", order);
        struct sca_cloud_sign sign = new_sign(1);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
        expect_signed(&agent, 1);
        sca_flow_free(agent.flow);
        sim_order(&sim, "/fault", "{\"clear\":true}");
    }
    expect_counts(11, 11);
}

static void test_sign_refused(void **state)
{
    static const struct {
        const char *order;
        int err;
    } table[] = {
        {"{\"signatures_left\":0}", SCA_E_QUOTA},
        {"{\"signatures_left\":0,\"error_http\":\"200\"}", SCA_E_QUOTA},
        {"{\"max_documents\":1}", SCA_E_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sim_order(&sim, "/switch", table[i].order);
        struct sca_cloud_sign sign = new_sign(2);
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){0});
        expect_fail(&agent, table[i].err, SCA_SPENT_NOTHING);
        sca_flow_free(agent.flow);
        sim_order(&sim, "/switch", "{\"signatures_left\":-1}");
    }
    assert_int_equal(sim_count(&sim, "prompts"), 0);

    sim_order(&sim, "/reset", "{\"all\":true}");
    use_person("012345678905");
    struct sca_cloud_sign sign = new_sign(1);
    struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){0});
    expect_fail(&agent, SCA_E_CERT, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
    expect_counts(0, 0);
}

/* The agent died after the request: the next one finds the transaction and sends no second. */
static void test_resume(void **state)
{
    struct sca_cloud_sign sign = new_sign(1);

    (void)state;
    struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){.waits_left = 1});
    expect_fail(&agent, SCA_E_EXPIRED, SCA_SPENT_UNKNOWN);
    sca_flow_free(agent.flow);

    sign.resume = true;
    agent = sign_as("vnpt-smartca", &sign, (struct agent){.tap = "/approve"});
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    agent = sign_as("vnpt-smartca", &sign, (struct agent){0}); /* and once more */
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    expect_counts(1, 1);
    assert_int_equal(sim_count(&sim, "requests:" SIGN), 1);
}

static void test_resume_unknown(void **state)
{
    static const char *const forms[] = {"http-404", "200-404", "200-400"};
    char order[64];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(order, sizeof order, "{\"unknown_form\":\"%s\"}", forms[i]);
        sim_order(&sim, "/switch", order);
        struct sca_cloud_sign sign = new_sign(1);
        sign.resume = true;
        sign.created_utc -= 3600;
        struct agent agent = sign_as("vnpt-smartca", &sign, (struct agent){0});
        expect_fail(&agent, SCA_E_NOT_FOUND, SCA_SPENT_NOTHING);
        sca_flow_free(agent.flow);
    }
    expect_counts(0, 0);
}

/* ---- v2 ----------------------------------------------------------------------------------------
 */

static void test_th(void **state)
{
    static const char *const forms[] = {
        "{\"v2_flow\":\"sad\"}",
        "{\"v2_flow\":\"signed\"}",
        "{\"v2_flow\":\"sad\",\"sign_tran_code\":false,\"status_code_form\":\"string\"}",
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        sim_order(&sim, "/switch", forms[i]);
        struct sca_cloud_sign sign = new_sign(2);
        struct agent agent = sign_as("vnpt-smartca-th", &sign, (struct agent){0});
        expect_signed(&agent, 2);
        sca_flow_free(agent.flow);
        expect_counts(0, 2 * (int)(i + 1));
    }
    sim_order(&sim, "/switch", "{\"v2_flow\":\"app\"}");
    struct sca_cloud_sign sign = new_sign(1);
    struct agent agent = sign_as("vnpt-smartca-th", &sign, (struct agent){.tap = "/approve"});
    expect_signed(&agent, 1);
    sca_flow_free(agent.flow);
    expect_counts(1, 7);
}

static void test_th_refused(void **state)
{
    struct sca_cloud_sign sign = new_sign(1);
    struct agent agent = sign_as("vnpt-smartca-th", &sign, (struct agent){.otp = "000000"});

    (void)state;
    expect_fail(&agent, SCA_E_USER_AUTH, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
    assert_int_equal(sim_count(&sim, "wrong_otps"), 1); /* never guessed again */
    sim_order(&sim, "/persons", "{\"user_id\":\"" TH "\",\"lock\":60}");
    sign = new_sign(1);
    agent = sign_as("vnpt-smartca-th", &sign, (struct agent){0});
    expect_fail(&agent, SCA_E_USER_LOCKED, SCA_SPENT_NOTHING);
    sca_flow_free(agent.flow);
    expect_counts(0, 0);
}

static void test_confirm_lost(void **state)
{
    static const char *const faults[] = {"act-then-close\"", "act-then-reset\"", "truncate\"",
                                         "close-before\"", "act-then-status\",\"status\":503"};
    static const char *const repeats[] = {"same", "refuse"};
    char order[256];
    int number = 0;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        snprintf(order, sizeof order, "{\"confirm_repeat\":\"%s\"}", repeats[i / 5]);
        sim_order(&sim, "/switch", order);
        snprintf(order, sizeof order, "{\"path\":\"" CONFIRM "$\",\"action\":\"%s}", faults[i % 5]);
        sim_order(&sim, "/fault", order);
        struct sca_cloud_sign sign = new_sign(1);
        struct agent agent = sign_as("vnpt-smartca-th", &sign, (struct agent){0});
        expect_signed(&agent, 1);
        sca_flow_free(agent.flow);
        expect_counts(0, ++number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_listing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listing_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_phone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reject_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_documents, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sign_reply_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reused_connection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_polls_in_trouble, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sign_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resume, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resume_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_th, setup_th, teardown),
        cmocka_unit_test_setup_teardown(test_th_refused, setup_th, teardown),
        cmocka_unit_test_setup_teardown(test_confirm_lost, setup_th, teardown),
    };
    return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
