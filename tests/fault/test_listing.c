/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listings against the simulator, from a configuration file to the token image: what is fetched
 * when and how often, and what is left when the service fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "agent/image_writer.h"
#include "agent/listing.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "fail.h"
#include "sim.h"

#define LISTINGS "requests:/v1/credentials/get_certificate"

static struct sim sim;
static char folder[64];
static char conf[96], image_path[96];
static struct sca_paths paths;

static uv_loop_t loop;
static struct sca_http *http;
static struct sca_secrets *secrets;
static struct sca_listing *listing;
static struct sca_config *config;

struct told {
    unsigned calls;
    int err;
    char account[64];
    char detail[256];
};

/* ---- an agent in small -------------------------------------------------------------------------
 */

static void add_account(struct sca_buf *text, const char *name, const char *user_id,
                        const char *sp_password)
{
    sca_buf_addf(text,
                 "[account:%s]\nprovider = vnpt-smartca\nurl = %s\nca-file = %s\nuser-id = %s\n"
                 "sp-id = %s\nsp-password = %s\n",
                 name, sim.url, sim.ca_file, user_id, sim.sp_id, sp_password);
}

/* Takes over a new configuration as the agent does. @text is used up. */
static void configure(struct sca_buf *text)
{
    struct sca_config *fresh = NULL;

    assert_int_equal(text->err, 0);
    assert_int_equal(sca_file_replace(conf, (struct sca_bytes){text->data, text->len}), 0);
    sca_buf_clear(text);
    assert_int_equal(sca_config_load(&paths, &fresh), 0);
    assert_int_equal(fresh->fault_count, 0);
    assert_int_equal(sca_listing_configure(listing, fresh), 0);
    sca_config_free(config);
    config = fresh;
}

static void configure_one(const char *name, const char *user_id, const char *sp_password)
{
    struct sca_buf text;

    sca_buf_init(&text, 65536);
    add_account(&text, name, user_id, sp_password);
    configure(&text);
}

static void open_agent(void)
{
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_http_new(&loop, &http), 0);
    assert_int_equal(sca_secrets_new(&loop, &paths, &secrets), 0);
    const struct sca_flow_run_env env = {.loop = &loop, .http = http, .secrets = secrets};
    assert_int_equal(sca_listing_new(&env, &paths, &listing), 0);
}

static void close_agent(void)
{
    sca_listing_free(listing);
    sca_secrets_free(secrets);
    sca_http_free(http);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    sca_config_free(config);
    config = NULL;
}

static void on_done(void *arg, int err, const char *account, const char *detail)
{
    struct told *told = arg;

    told->calls++;
    told->err = err;
    snprintf(told->account, sizeof told->account, "%s", account);
    snprintf(told->detail, sizeof told->detail, "%s", detail);
}

static struct sca_listing_wait *ask(const char *account, bool all, struct told *told)
{
    struct sca_listing_wait *wait = NULL;

    *told = (struct told){0};
    assert_int_equal(sca_listing_refresh(listing, account, all, on_done, told, &wait), 0);
    assert_int_equal(told->calls, 0);
    return wait;
}

static struct told refresh(const char *account, bool all)
{
    struct told told;

    (void)ask(account, all, &told);
    while (told.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(told.calls, 1);
    return told;
}

static struct sca_image *image(void)
{
    SCA_BUF_AUTO content = {0};
    struct sca_image *decoded = NULL;

    assert_int_equal(sca_file_read(image_path, SCA_IMAGE_MAX, &content, NULL), 0);
    int err = sca_image_decode(&content, &decoded);
    content = (struct sca_buf){0};
    assert_int_equal(err, 0);
    return decoded;
}

static size_t slots(void)
{
    SCA_IMAGE_AUTO decoded = image();

    return decoded->slot_count;
}

static int64_t retry_after(void)
{
    SCA_IMAGE_AUTO decoded = image();

    return decoded->retry_after_utc;
}

/* ---- tests
 * ------------------------------------------------------------------------------------------ */

static void test_all_persons(void **state)
{
    static const char *const users[] = {"012345678901", "012345678902", "012345678904",
                                        "012345678905", "012345678907"};
    struct sca_buf text;
    struct told first, second;

    (void)state;
    sca_buf_init(&text, 65536);
    for (size_t i = 0; i < 5; i++) {
        char name[8];

        snprintf(name, sizeof name, "a%zu", i);
        add_account(&text, name, users[i], sim.sp_password);
    }
    configure(&text);
    assert_int_equal(retry_after(), 1);
    assert_int_equal(slots(), 0);

    /* Two who ask at the same time share one fetch of each account. */
    (void)ask(NULL, false, &first);
    (void)ask(NULL, true, &second);
    while (first.calls == 0 || second.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(first.err, 0);
    assert_int_equal(second.err, 0);
    assert_int_equal(sim_count(&sim, LISTINGS), 5);

    SCA_IMAGE_AUTO decoded = image();
    assert_int_equal(decoded->retry_after_utc, 0);
    assert_int_equal(decoded->slot_count, 7);
    assert_string_equal(decoded->slots[0].account, "a0");
    assert_string_equal(decoded->slots[0].label, "Nguyễn Thị Mẫu");
    assert_string_equal(decoded->slots[1].account, "a1");
    assert_string_equal(decoded->slots[2].account, "a1");
    assert_int_equal(decoded->slots[6].key_bits, 3072);
    const struct sca_credential *found =
        sca_listing_find(listing, "a0", decoded->slots[0].credential);
    assert_non_null(found);
    assert_int_equal(found->chain_count, 2);
    assert_null(sca_listing_find(listing, "a1", decoded->slots[0].credential));
    assert_true(sca_listing_account(listing, "a3")->items[0].blocked);

    /* Nothing is needed any more. */
    struct told told = refresh(NULL, false);
    assert_int_equal(told.err, 0);
    assert_int_equal(sim_count(&sim, LISTINGS), 5);
    sim_no_violations(&sim);
}

/* A new agent knows from disk what the old one fetched. */
static void test_restart(void **state)
{
    struct sca_buf text;

    (void)state;
    configure_one("a", "012345678901", sim.sp_password);
    assert_int_equal(refresh(NULL, false).err, 0);
    struct sca_stamp before = sca_path_stamp(image_path);
    int requests = sim_count(&sim, LISTINGS);
    close_agent();
    open_agent();
    configure_one("a", "012345678901", sim.sp_password);
    assert_int_equal(sca_listing_account(listing, "a")->count, 1);
    assert_int_equal(refresh(NULL, false).err, 0);
    assert_int_equal(sim_count(&sim, LISTINGS), requests);
    assert_int_equal(slots(), 1);
    assert_true(before.inode != 0);

    /* Another person in the same account: nothing of the old one is shown. */
    configure_one("a", "012345678902", sim.sp_password);
    assert_int_equal(slots(), 0);
    assert_int_equal(retry_after(), 1);
    assert_int_equal(refresh(NULL, false).err, 0);
    assert_int_equal(slots(), 2);

    /* An account that is gone leaves no token. */
    sca_buf_init(&text, 100);
    sca_buf_add_text(&text, "[smartca]\n");
    configure(&text);
    assert_int_equal(slots(), 0);
    assert_int_equal(retry_after(), 0);
    assert_null(sca_listing_account(listing, "a"));
}

/* A failed first fetch is told, remembered, and not repeated within the minute unless asked for. */
static void test_wrong_sp_password(void **state)
{
    (void)state;
    configure_one("a", "012345678901", "wrong");
    struct told told = refresh(NULL, false);
    assert_int_equal(told.err, SCA_E_SP_AUTH);
    assert_string_equal(told.account, "a");
    int64_t retry = retry_after();
    assert_true(retry > sca_now_utc() + SCA_IMAGE_RETRY_S - 30 &&
                retry <= sca_now_utc() + SCA_IMAGE_RETRY_S);
    int requests = sim_count(&sim, LISTINGS);
    told = refresh(NULL, false);
    assert_int_equal(told.err, SCA_E_SP_AUTH);
    assert_int_equal(sim_count(&sim, LISTINGS), requests);
    told = refresh("a", true);
    assert_int_equal(told.err, SCA_E_SP_AUTH);
    assert_int_equal(sim_count(&sim, LISTINGS), requests + 1);
    assert_int_equal(sca_listing_account(listing, "a")->failed_err, SCA_E_SP_AUTH);
}

static void test_nobody(void **state)
{
    (void)state;
    configure_one("a", "999999999999", sim.sp_password);
    assert_int_equal(refresh(NULL, false).err, SCA_E_NO_CERT);
    sim_order(&sim, "/switch", "{\"unknown_user\":\"empty\"}");
    assert_int_equal(refresh(NULL, true).err, SCA_E_NO_CERT);
    configure_one("a", "012345678906", sim.sp_password);
    assert_int_equal(refresh(NULL, false).err, SCA_E_NO_CERT);
    assert_int_equal(slots(), 0);
    assert_int_equal(retry_after(), 0); /* "none" is an answer: hosts need not ask again */
    assert_int_equal(refresh("b", true).err, SCA_E_NOENT);
}

/* Whatever goes wrong later, the certificates that are known stay. */
static void test_known_ones_stay(void **state)
{
    static const struct {
        const char *path;
        const char *order;
        const char *undo;
        int err;
    } troubles[] = {
        {"/switch", "{\"tls_certificate\":\"wrong-host\"}", "{\"tls_certificate\":\"good\"}",
         SCA_E_TLS},
        {"/listen", "{\"on\":false}", "{\"on\":true}", SCA_E_UNREACHABLE},
        {"/fault", "{\"action\":\"truncate\",\"size\":40,\"count\":50}", "{\"clear\":true}",
         SCA_E_SERVER},
        {"/fault", "{\"action\":\"reset-before\",\"count\":50}", "{\"clear\":true}", 0},
    };

    (void)state;
    sim_order(&sim, "/switch", "{\"keep_alive\":false}"); /* each fetch meets the server anew */
    configure_one("a", "012345678901", sim.sp_password);
    assert_int_equal(refresh(NULL, false).err, 0);
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
        sim_order(&sim, troubles[i].path, troubles[i].order);
        struct told told = refresh(NULL, true);
        sim_order(&sim, troubles[i].path, troubles[i].undo);
        if (told.err == 0 || (troubles[i].err != 0 && told.err != troubles[i].err))
            print_error("case %zu: %s (%s)\n", i, sca_err_name(told.err), told.detail);
        assert_int_not_equal(told.err, 0);
        assert_true(troubles[i].err == 0 || told.err == troubles[i].err);
        assert_int_equal(slots(), 1);
        assert_int_equal(retry_after(), 0);
        assert_int_equal(sca_listing_account(listing, "a")->failed_err, told.err);
    }
    assert_int_equal(refresh(NULL, true).err, 0);
    assert_int_equal(sca_listing_account(listing, "a")->failed_err, 0);
}

/* One broken account does not keep the others from being fetched; each source gives its own error.
 */
static void test_one_of_many(void **state)
{
    struct sca_buf text;

    (void)state;
    sca_buf_init(&text, 65536);
    add_account(&text, "broken", "012345678901", "command:false");
    add_account(&text, "good", "012345678901", "command:cat sp-password-is-not-here");
    add_account(&text, "fine", "012345678902", sim.sp_password);
    configure(&text);
    struct told told = refresh(NULL, false);
    assert_int_equal(told.err, SCA_E_CONFIG);
    assert_int_equal(slots(), 2);
    assert_int_equal(refresh("fine", true).err, 0);
}

#define UNANSWERED "{\"action\":\"stall\",\"seconds\":60}"

/* So many of the requests that are not answered have arrived. */
static void until_asked(int count)
{
    while (sim_count(&sim, "faults_used") < count)
        uv_run(&loop, UV_RUN_NOWAIT);
}

/* Leaving while a fetch is under way: nobody is called, the fetch goes on for the next one. */
static void test_cancel_and_reconfigure(void **state)
{
    struct told told, other;

    (void)state;
    configure_one("a", "012345678901", sim.sp_password);
    sim_order(&sim, "/fault", UNANSWERED);
    sca_listing_cancel(ask(NULL, false, &told));
    (void)ask(NULL, false, &other);
    until_asked(1); /* under way */
    configure_one("a", "012345678902", sim.sp_password);
    while (other.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(told.calls, 0);
    assert_int_equal(other.err, 0);
    assert_int_equal(slots(), 2); /* the new person's */

    /* The agent ends in the middle of one. */
    sim_order(&sim, "/fault", UNANSWERED);
    (void)ask(NULL, true, &told);
    until_asked(2);
    close_agent();
    assert_int_equal(told.calls, 0);
    open_agent();
}

/* A folder that cannot be written costs the memory of it, not the listing. */
static void test_read_only(void **state)
{
    char hidden[] = "/proc/smartca-nowhere";
    char hidden_image[] = "/proc/smartca-nowhere/tokens";
    char *cache = paths.cache_dir;
    char *file = paths.image;

    (void)state;
    paths.cache_dir = hidden;
    paths.image = hidden_image;
    configure_one("a", "012345678901", sim.sp_password);
    assert_int_equal(refresh(NULL, false).err, 0);
    assert_int_equal(sca_listing_account(listing, "a")->count, 1);
    paths.cache_dir = cache;
    paths.image = file;

    /* As soon as it can be written, the next who asks has it so: programs read nothing else. */
    int requests = sim_count(&sim, LISTINGS);
    assert_int_equal(refresh(NULL, false).err, 0);
    assert_int_equal(slots(), 1);
    assert_int_equal(sim_count(&sim, LISTINGS), requests);
}

/* ---- memory runs out ------------------------------------------------------------------------- */

enum step { ASKING, TAKING, STEPS }; /* what is made to fail: of ours, not the way to the service */

static struct fail_plan taking; /* of the next listing that is taken over */
static bool failed;

int __real_sca_credentials_from_listing(const struct sca_config_account *account,
                                        const struct sca_cloud_listing *fetched, int64_t now_utc,
                                        struct sca_credentials **ret_credentials);
int __wrap_sca_credentials_from_listing(const struct sca_config_account *account,
                                        const struct sca_cloud_listing *fetched, int64_t now_utc,
                                        struct sca_credentials **ret_credentials);

int __wrap_sca_credentials_from_listing(const struct sca_config_account *account,
                                        const struct sca_cloud_listing *fetched, int64_t now_utc,
                                        struct sca_credentials **ret_credentials)
{
    if (taking.n == 0)
        return __real_sca_credentials_from_listing(account, fetched, now_utc, ret_credentials);
    fail_begin(&taking);
    int err = __real_sca_credentials_from_listing(account, fetched, now_utc, ret_credentials);
    failed = fail_end().where != NULL;
    taking.n = 0;
    return err;
}

/* A new configuration and the first fetch with it, as for a host that lists. */
static int fetch_failing(const struct sca_config *fresh, enum step step, unsigned n)
{
    const struct fail_plan plan = {.kind = FAIL_MEMORY, .n = n};
    struct sca_listing_wait *wait = NULL;
    struct told told = {0};

    failed = false;
    taking = (struct fail_plan){.kind = FAIL_MEMORY, .n = step == TAKING ? n : 0};
    if (step == ASKING)
        fail_begin(&plan);
    (void)sca_listing_configure(listing, fresh);
    int err = sca_listing_refresh(listing, "a", false, on_done, &told, &wait);
    if (step == ASKING)
        failed = fail_end().where != NULL;
    while (err == 0 && told.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    taking.n = 0;
    return err != 0 ? err : told.err;
}

/*
 * That is what is told, never that there is no such certificate or account; and who asks next has
 * it, without a pause.
 */
static void memory_runs_out_while(enum step step)
{
    static const char *const users[] = {"012345678901", "012345678902"};
    char *serials[2];

    for (size_t i = 0; i < 2; i++) {
        configure_one("a", users[i], sim.sp_password);
        assert_int_equal(refresh("a", false).err, 0);
        serials[i] = strdup(sca_listing_account(listing, "a")->items[0].serial);
        assert_non_null(serials[i]);
    }
    failed = true;
    for (unsigned n = 1; failed; n++) {
        struct sca_config *fresh = NULL;
        struct sca_buf text;

        sca_buf_init(&text, 65536);
        add_account(&text, "a", users[n % 2], sim.sp_password);
        sca_buf_addf(&text, "serial-number = %s\n", serials[n % 2]);
        assert_int_equal(sca_file_replace(conf, (struct sca_bytes){text.data, text.len}), 0);
        sca_buf_clear(&text);
        assert_int_equal(sca_config_load(&paths, &fresh), 0);
        int err = fetch_failing(fresh, step, n);
        sca_config_free(config);
        config = fresh;
        struct told told = refresh("a", false);
        if ((err != 0 && err != SCA_E_NOMEM) || told.err != 0)
            print_error("allocation %u: %s, then %s\n", n, sca_err_name(err),
                        sca_err_name(told.err));
        assert_true(err == 0 || err == SCA_E_NOMEM);
        assert_int_equal(told.err, 0);
        assert_int_equal(sca_listing_account(listing, "a")->count, 1);
        assert_int_equal(slots(), 1);
    }
    free(serials[0]);
    free(serials[1]);
}

static void test_memory(void **state)
{
    (void)state;
    fail_skip_fsync();
    for (enum step step = ASKING; step < STEPS; step++)
        memory_runs_out_while(step);
}

static int drop_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int before_each(void **state)
{
    (void)state;
    sim_reset(&sim);
    snprintf(folder, sizeof folder, "/tmp/sca-listing-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(conf, sizeof conf, "%s/smartca.conf", folder);
    snprintf(image_path, sizeof image_path, "%s/tokens", folder);
    paths = (struct sca_paths){
        .conf = {conf, NULL}, .cache_dir = folder, .state_dir = folder, .image = image_path};
    open_agent();
    return 0;
}

static int after_each(void **state)
{
    (void)state;
    close_agent();
    nftw(folder, drop_entry, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static int start(void **state)
{
    (void)state;
    sim_start(&sim);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    sim_stop(&sim);
    return 0;
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, before_each, after_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(test_all_persons),
        EACH(test_restart),
        EACH(test_wrong_sp_password),
        EACH(test_nobody),
        EACH(test_known_ones_stay),
        EACH(test_one_of_many),
        EACH(test_cancel_and_reconfigure),
        EACH(test_read_only),
        EACH(test_memory),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
