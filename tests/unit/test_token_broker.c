/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log-ins against a scripted service and a clock that only the test moves: one renewal for all who
 * wait, a rotated refresh token on disk before anybody gets the access token, and nothing that was
 * refused sent a second time.
 */
#include "harness.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "agent/config_value.h"
#include "agent/token_broker.h"
#include "agent/token_store.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/text.h"

/* Wrapped: the transport and the clocks. */
int __wrap_sca_http_send(struct sca_http *http, const struct sca_http_request *request,
                         const struct sca_http_trust *trust, sca_http_done *done, void *arg,
                         struct sca_http_call **ret_call);
void __wrap_sca_http_cancel(struct sca_http_call *call);
int64_t __wrap_sca_now_ms(void);
int64_t __wrap_sca_now_utc(void);

static char folder[64];
static struct sca_paths paths;
static uv_loop_t loop;
static struct sca_secrets *secrets;
static struct sca_token_broker *broker;
static int64_t now_ms, now_utc;

int64_t __wrap_sca_now_ms(void)
{
    return now_ms;
}

int64_t __wrap_sca_now_utc(void)
{
    return now_utc;
}

/* ---- the service ----------------------------------------------------------------------------- */

static struct service {
    int status;
    const char *reply;
    bool silent;      /* does not answer until it is made to */
    bool breaks_disk; /* from its answer on nothing can be written */
    unsigned requests;
    char body[1024]; /* of the last one */
    char url[256];
} service;

struct sca_http_call {
    uv_timer_t timer;
    sca_http_done *done;
    void *arg;
};

static struct sca_http_call *under_way;

static void on_call_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void break_disk(bool broken)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = broken ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void on_answer(uv_timer_t *timer)
{
    struct sca_http_call *call = timer->data;
    struct sca_http_reply reply = {
        .transport = SCA_TRANSPORT_OK,
        .detail = "",
        .status = service.status,
        .body = {(const uint8_t *)service.reply, strlen(service.reply)},
    };

    under_way = NULL;
    if (service.status == 0)
        reply = (struct sca_http_reply){.transport = SCA_TRANSPORT_NOT_SENT, .detail = "no cable"};
    if (service.breaks_disk)
        break_disk(true);
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
    assert_non_null(call);
    assert_null(under_way);
    assert_false(request->spends);
    service.requests++;
    snprintf(service.body, sizeof service.body, "%.*s", (int)request->body.len,
             (const char *)request->body.data);
    snprintf(service.url, sizeof service.url, "%s", request->url);
    call->done = done;
    call->arg = arg;
    uv_timer_init(&loop, &call->timer);
    call->timer.data = call;
    if (!service.silent)
        uv_timer_start(&call->timer, on_answer, 1, 0);
    under_way = call;
    *ret_call = call;
    return 0;
}

void __wrap_sca_http_cancel(struct sca_http_call *call)
{
    if (call == NULL)
        return;
    if (call == under_way)
        under_way = NULL;
    uv_close((uv_handle_t *)&call->timer, on_call_closed);
}

static void answer_now(void)
{
    assert_non_null(under_way);
    uv_timer_start(&under_way->timer, on_answer, 0, 0);
}

static void serve(int status, const char *reply)
{
    service = (struct service){.status = status, .reply = reply};
}

static void expect_requests(unsigned count)
{
    assert_int_equal(service.requests, count);
}

static void expect_sent(const char *text)
{
    if (strstr(service.body, text) == NULL)
        fail_msg("%s is not in %s", text, service.body);
}

#define GRANT(number)                                                                              \
    "{\"access_token\":\"access-" number "\",\"refresh_token\":\"refresh-" number                  \
    "\",\"expires_in\":3600}"
#define OVER   "{\"error\":\"invalid_grant\",\"error_description\":\"refresh token is over\"}"
#define WRONG  "{\"error\":\"invalid_grant\",\"error_description\":\"4 attempts left\"}"
#define LOCKED "{\"error\":\"invalid_grant\",\"error_description\":\"account_locked\"}"

/* ---- the account ----------------------------------------------------------------------------- */

static char name[] = "work", url[] = "https://cloud.test", other_url[] = "https://other.test",
            client[] = "client-1", user[] = "012345678901";
static struct sca_config_account account;

static void set_password(const char *text)
{
    sca_value_source_clear(&account.password);
    if (text != NULL)
        assert_int_equal(sca_value_source(text, &account.password), 0);
}

/* What stands on disk; "" for nothing. */
static const char *stored(void)
{
    static char text[64];
    SCA_SECRET_AUTO refresh = NULL;

    assert_int_equal(sca_token_store_load(&paths, &account, &refresh), 0);
    snprintf(text, sizeof text, "%s", sca_secret_text(refresh));
    return text;
}

static void store(const char *text)
{
    SCA_SECRET_AUTO refresh = NULL;

    assert_int_equal(sca_secret_new(text, strlen(text), &refresh), 0);
    assert_int_equal(sca_token_store_save(&paths, &account, refresh), 0);
}

/* ---- those who wait -------------------------------------------------------------------------- */

struct told {
    unsigned calls;
    int err;
    char access[64];
    char detail[64];
    char stored[64]; /* what stood on disk at that moment */
    struct sca_token_wait *wait;
};

static void on_token(void *arg, int err, const struct sca_secret *access, const char *detail)
{
    struct told *told = arg;

    told->calls++;
    told->err = err;
    assert_int_equal(err != 0, access == NULL);
    snprintf(told->access, sizeof told->access, "%s", sca_secret_text(access));
    snprintf(told->detail, sizeof told->detail, "%s", detail);
    snprintf(told->stored, sizeof told->stored, "%s", stored());
}

static void ask_with(struct told *told, const char *refused, const struct sca_typed *typed)
{
    SCA_SECRET_AUTO old = NULL;

    *told = (struct told){0};
    if (refused != NULL)
        assert_int_equal(sca_secret_new(refused, strlen(refused), &old), 0);
    assert_int_equal(sca_token_get(broker, &account, typed, old, on_token, told, &told->wait), 0);
    assert_int_equal(told->calls, 0);
}

static void ask(struct told *told)
{
    ask_with(told, NULL, NULL);
}

static void turn_until(const struct told *told)
{
    for (int i = 0; i < 1000 && told->calls == 0; i++)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(told->calls, 1);
}

static struct told get(void)
{
    struct told told;

    ask(&told);
    turn_until(&told);
    return told;
}

static void expect_access(const struct told *told, const char *access)
{
    assert_string_equal(sca_err_name(told->err), "ok");
    assert_string_equal(told->access, access);
}

static void expect_err(const struct told *told, int err)
{
    assert_string_equal(sca_err_name(told->err), sca_err_name(err));
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void open_broker(void)
{
    const struct sca_flow_run_env env = {.loop = &loop, .secrets = secrets};

    assert_int_equal(sca_token_broker_new(&env, &paths, &broker), 0);
}

static int setup(void **state)
{
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    scratch_make(folder);
    paths = (struct sca_paths){.state_dir = folder};
    now_ms = 1000000;
    now_utc = 1700000000;
    account = (struct sca_config_account){
        .name = name,
        .provider = sca_provider_find("vnpt-smartca-oauth"),
        .url = url,
        .client_id = client,
        .user_id = user,
    };
    assert_int_equal(sca_value_source("geheim", &account.client_secret), 0);
    serve(200, GRANT("2"));
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_secrets_new(&loop, &paths, &secrets), 0);
    open_broker();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    break_disk(false);
    sca_token_broker_free(broker);
    sca_secrets_free(secrets);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    sca_value_source_clear(&account.client_secret);
    sca_value_source_clear(&account.password);
    scratch_remove(folder);
    return 0;
}

/* ---- one for all ----------------------------------------------------------------------------- */

static void test_one_for_many(void **state)
{
    struct told told[5];

    (void)state;
    store("refresh-1");
    for (size_t i = 0; i < 4; i++)
        ask(&told[i]);
    turn_until(&told[0]);
    for (size_t i = 0; i < 4; i++) {
        turn_until(&told[i]);
        expect_access(&told[i], "access-2");
    }
    expect_sent("grant_type=refresh_token");
    expect_sent("refresh_token=refresh-1");
    told[4] = get();
    expect_access(&told[4], "access-2");
    expect_requests(1);
}

/* The old one is spent with the reply: the new one stands on disk before anybody is told. */
static void test_stored_before_used(void **state)
{
    struct stat st;
    char path[128];

    (void)state;
    store("refresh-1");
    service.silent = true;
    struct told told;
    ask(&told);
    while (under_way == NULL)
        uv_run(&loop, UV_RUN_ONCE);
    assert_string_equal(stored(), "refresh-1");
    answer_now();
    turn_until(&told);
    expect_access(&told, "access-2");
    assert_string_equal(told.stored, "refresh-2");
    snprintf(path, sizeof path, "%s/token-work", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* A life is measured by both clocks: one stands still in sleep, the other may be set. */
static void test_life(void **state)
{
    (void)state;
    store("refresh-1");
    (void)get();
    now_ms += 3569 * 1000;
    (void)get();
    expect_requests(1);
    now_ms += 2000;
    serve(200, GRANT("3"));
    struct told told = get();
    expect_access(&told, "access-3");
    expect_sent("refresh-2");
    now_utc += 3569;
    (void)get();
    expect_requests(1);
    now_utc += 2;
    serve(200,
          "{\"access_token\":\"access-4\"}"); /* the refresh token stays, the life is unknown */
    told = get();
    expect_access(&told, "access-4");
    assert_string_equal(stored(), "refresh-3");
    now_ms += 300 * 1000;
    (void)get();
    expect_requests(1);
    now_ms += 300 * 1000;
    (void)get();
    expect_requests(2);
}

/* A token that was refused is renewed once for all who had it. */
static void test_refused_token(void **state)
{
    struct told first, second;

    (void)state;
    store("refresh-1");
    (void)get();
    serve(200, GRANT("3"));
    ask_with(&first, "access-2", NULL);
    ask_with(&second, "access-2", NULL);
    turn_until(&first);
    turn_until(&second);
    expect_access(&first, "access-3");
    expect_access(&second, "access-3");
    ask_with(&first, "access-2", NULL); /* late: there is a newer one already */
    turn_until(&first);
    expect_access(&first, "access-3");
    expect_requests(1);
}

static void test_cancel(void **state)
{
    struct told told;

    (void)state;
    store("refresh-1");
    ask(&told);
    sca_token_cancel(told.wait);
    struct told other = get();
    expect_access(&other, "access-2");
    assert_int_equal(told.calls, 0);
    expect_requests(1);
}

/* Nobody is told any more, nothing is left behind. */
static void test_free_under_way(void **state)
{
    struct told told;

    (void)state;
    store("refresh-1");
    service.silent = true;
    ask(&told);
    while (under_way == NULL)
        uv_run(&loop, UV_RUN_ONCE);
    sca_token_broker_free(broker);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(told.calls, 0);
    assert_string_equal(stored(), "refresh-1");
    open_broker();
}

/* ---- refused --------------------------------------------------------------------------------- */

static void test_password_refused(void **state)
{
    (void)state;
    set_password("falsch");
    serve(400, WRONG);
    for (int i = 0; i < 3; i++) {
        struct told told = get();
        expect_err(&told, SCA_E_USER_AUTH);
        assert_string_equal(told.detail, "4 attempts left");
    }
    expect_requests(1);
    expect_sent("password=falsch");
    set_password("richtig");
    serve(200, GRANT("2"));
    struct told told = get();
    expect_access(&told, "access-2");
    expect_sent("password=richtig");
    assert_string_equal(stored(), "refresh-2");
}

/* What is typed counts as any other; what was refused is not sent for the host either. */
static void test_password_typed(void **state)
{
    struct sca_typed typed = {0};
    struct told told;

    (void)state;
    set_password("falsch");
    serve(400, WRONG);
    (void)get();
    assert_int_equal(sca_secret_new("falsch", 6, &typed.of[SCA_SECRET_PASSWORD]), 0);
    ask_with(&told, NULL, &typed);
    turn_until(&told);
    expect_err(&told, SCA_E_USER_AUTH);
    expect_requests(1);
    sca_typed_clear(&typed);
    assert_int_equal(sca_secret_new("getippt", 7, &typed.of[SCA_SECRET_PASSWORD]), 0);
    serve(200, GRANT("2"));
    ask_with(&told, NULL, &typed);
    turn_until(&told);
    expect_access(&told, "access-2");
    expect_sent("password=getippt");
    sca_typed_clear(&typed);
}

/* A locked account gets no password, not even a right one, until the lock is over. */
static void test_locked(void **state)
{
    (void)state;
    set_password("richtig");
    serve(400, LOCKED);
    struct told told = get();
    expect_err(&told, SCA_E_USER_LOCKED);
    now_ms += 299 * 1000;
    told = get();
    expect_err(&told, SCA_E_USER_LOCKED);
    assert_string_equal(told.detail, "account_locked");
    expect_requests(1);
    now_ms += 2000;
    serve(200, GRANT("2"));
    told = get();
    expect_access(&told, "access-2");
}

/* A refresh token that is over is sent once; where there is no password, the person must come. */
static void test_refresh_over(void **state)
{
    (void)state;
    store("refresh-1");
    serve(400, OVER);
    struct told told = get();
    expect_err(&told, SCA_E_NEED_AUTH);
    assert_string_equal(stored(), "");
    told = get();
    expect_err(&told, SCA_E_NEED_AUTH);
    expect_requests(1);
    store("refresh-7"); /* smartca login, in another process */
    serve(200, GRANT("8"));
    told = get();
    expect_access(&told, "access-8");
    expect_sent("refresh-7");
}

/* Trouble on the way leaves the refresh token where it is. */
static void test_trouble(void **state)
{
    static const struct {
        int status;
        int err;
    } table[] = {{0, SCA_E_UNREACHABLE}, {502, SCA_E_SERVER}, {200, SCA_E_SERVER}};

    (void)state;
    store("refresh-1");
    for (size_t i = 0; i < COUNT(table); i++) {
        serve(table[i].status, "");
        struct told told = get();
        expect_err(&told, table[i].err);
        assert_string_equal(stored(), "refresh-1");
    }
    serve(200, GRANT("2"));
    struct told told = get();
    expect_access(&told, "access-2");
}

/* ---- disks, processes, settings -------------------------------------------------------------- */

/* Where the successor could not be stored the refresh token is not spent at all. */
static void test_disk_full_before(void **state)
{
    (void)state;
    store("refresh-1");
    break_disk(true);
    struct told told = get();
    expect_err(&told, SCA_E_IO);
    expect_requests(0);
    break_disk(false);
    assert_string_equal(stored(), "refresh-1");
    told = get();
    expect_access(&told, "access-2");
}

/* Full in the very moment: nobody gets the token, and the log-in is not lost. */
static void test_disk_full_after(void **state)
{
    (void)state;
    store("refresh-1");
    service.breaks_disk = true;
    struct told told = get();
    expect_err(&told, SCA_E_IO);
    told = get();
    expect_err(&told, SCA_E_IO);
    break_disk(false);
    told = get();
    expect_access(&told, "access-2");
    assert_string_equal(told.stored, "refresh-2");
    expect_requests(1);
}

/* Two processes never spend the same refresh token: the other one's successor is used. */
static void test_other_process(void **state)
{
    SCA_FD_AUTO lock = -1;
    struct told told;

    (void)state;
    store("refresh-1");
    assert_int_equal(sca_token_store_lock(&paths, name, &lock), 0);
    ask(&told);
    for (int i = 0; i < 3; i++)
        uv_run(&loop, UV_RUN_ONCE);
    expect_requests(0);
    store("refresh-5");
    sca_fd_close(&lock);
    turn_until(&told);
    expect_access(&told, "access-2");
    expect_sent("refresh-5");
    /* and nobody waits for ever */
    assert_int_equal(sca_token_store_lock(&paths, name, &lock), 0);
    ask_with(&told, "access-2", NULL);
    uv_run(&loop, UV_RUN_ONCE);
    now_ms += 61 * 1000;
    turn_until(&told);
    expect_err(&told, SCA_E_TIMEOUT);
    expect_requests(1);
}

/* What was got from one service never travels to another. */
static void test_other_settings(void **state)
{
    (void)state;
    store("refresh-1");
    (void)get();
    account.url = other_url;
    serve(200, GRANT("9"));
    struct told told = get();
    expect_err(&told, SCA_E_NEED_AUTH);
    expect_requests(0);
    set_password("richtig");
    told = get();
    expect_access(&told, "access-9");
    assert_string_equal(service.url, "https://other.test/auth/token");
    expect_sent("grant_type=password");
}

static void test_code(void **state)
{
    const struct sca_cloud_login login = {
        .code = "code-1", .redirect_uri = "http://127.0.0.1:9/a", .verifier = "verifier-1"};
    struct told told = {0};

    (void)state;
    store("refresh-1");
    assert_int_equal(sca_token_login(broker, &account, &login, on_token, &told, &told.wait), 0);
    assert_int_equal(sca_token_login(broker, &account, &login, on_token, &told, &told.wait),
                     SCA_E_INVAL);
    turn_until(&told);
    expect_access(&told, "access-2");
    expect_sent("code=code-1");
    expect_sent("code_verifier=verifier-1");
    assert_string_equal(told.stored, "refresh-2");
    /* What does not last is no log-in. */
    told = (struct told){0};
    serve(200, "{\"access_token\":\"access-3\"}");
    assert_int_equal(sca_token_login(broker, &account, &login, on_token, &told, &told.wait), 0);
    turn_until(&told);
    expect_err(&told, SCA_E_REFUSED);
    assert_string_equal(stored(), "refresh-2");
}

static void test_no_login(void **state)
{
    struct told told = {0};

    (void)state;
    account.provider = sca_provider_find("vnpt-smartca");
    assert_int_equal(sca_token_get(broker, &account, NULL, NULL, on_token, &told, &told.wait),
                     SCA_E_INVAL);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void test_file(void **state)
{
    static const struct {
        const char *text;
        int err;
    } table[] = {
        {"", SCA_E_FORMAT},
        {"{}", SCA_E_FORMAT},
        {"{\"version\":1,\"provider\":\"vnpt-smartca-oauth\",\"url\":\"https://cloud.test\","
         "\"client\":\"client-1\",\"user\":\"012345678901\",\"refresh\":\"r\"}",
         0},
        {"{\"version\":2,\"provider\":\"vnpt-smartca-oauth\",\"url\":\"https://cloud.test\","
         "\"client\":\"client-1\",\"user\":\"012345678901\",\"refresh\":\"r\"}",
         SCA_E_FORMAT},
        {"{\"version\":1,\"provider\":\"vnpt-smartca-oauth\",\"url\":\"https://cloud.test\","
         "\"client\":\"client-1\",\"user\":\"012345678901\",\"refresh\":\"\"}",
         SCA_E_FORMAT},
        {"{\"version\":1,\"provider\":\"vnpt-smartca-oauth\",\"url\":\"https://cloud.test\","
         "\"client\":\"client-1\",\"user\":\"012345678901\",\"refresh\":7}",
         SCA_E_FORMAT},
        {"{\"version\":1,\"provider\":\"csc\",\"url\":\"https://cloud.test\","
         "\"client\":\"client-1\",\"user\":\"012345678901\",\"refresh\":\"r\"}",
         SCA_E_NOENT},
        {"{\"version\":1,\"provider\":\"vnpt-smartca-oauth\",\"url\":\"https://cloud.test\","
         "\"client\":\"client-2\",\"user\":\"012345678901\",\"refresh\":\"r\"}",
         SCA_E_NOENT},
        {"{\"version\":1,\"provider\":\"vnpt-smartca-oauth\",\"url\":\"https://cloud.test\","
         "\"client\":\"client-1\",\"refresh\":\"r\"}",
         SCA_E_NOENT},
        {"{\"version\":1,\"prov", SCA_E_FORMAT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        SCA_SECRET_AUTO refresh = NULL;
        const struct sca_bytes text = {(const uint8_t *)table[i].text, strlen(table[i].text)};
        assert_string_equal(sca_err_name(sca_token_store_decode(text, &account, &refresh)),
                            sca_err_name(table[i].err));
        assert_string_equal(sca_secret_text(refresh), table[i].err == 0 ? "r" : "");
    }
}

/* A damaged file is no log-in, and is replaced by the next. */
static void test_file_damaged(void **state)
{
    char path[128];
    FILE *file = NULL;

    (void)state;
    snprintf(path, sizeof path, "%s/token-work", folder);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs("{\"version\":1,", file) >= 0);
    assert_int_equal(fclose(file), 0);
    struct told told = get();
    expect_err(&told, SCA_E_NEED_AUTH);
    set_password("richtig");
    told = get();
    expect_access(&told, "access-2");
    assert_string_equal(stored(), "refresh-2");
    assert_int_equal(sca_token_store_forget(&paths, name), 0);
    assert_int_equal(sca_token_store_forget(&paths, name), 0);
    assert_string_equal(stored(), "");
}

#define BROKER_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BROKER_TEST(test_one_for_many),
        BROKER_TEST(test_stored_before_used),
        BROKER_TEST(test_life),
        BROKER_TEST(test_refused_token),
        BROKER_TEST(test_cancel),
        BROKER_TEST(test_free_under_way),
        BROKER_TEST(test_password_refused),
        BROKER_TEST(test_password_typed),
        BROKER_TEST(test_locked),
        BROKER_TEST(test_refresh_over),
        BROKER_TEST(test_trouble),
        BROKER_TEST(test_disk_full_before),
        BROKER_TEST(test_disk_full_after),
        BROKER_TEST(test_other_process),
        BROKER_TEST(test_other_settings),
        BROKER_TEST(test_code),
        BROKER_TEST(test_no_login),
        BROKER_TEST(test_file),
        BROKER_TEST(test_file_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
