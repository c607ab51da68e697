/* SPDX-License-Identifier: Apache-2.0 */
/* The stand-ins for listing and clock, the agent's life, and the helpers. */
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
#include "agent/ledger.h"
#include "agent/verify.h"
#include "agent/syncer.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "txn_cloud.h"
#include "txn_world.h"

/* The linker turns every call of these names to what follows (--wrap in meson.build). */
int64_t __wrap_sca_now_ms(void);
int64_t __wrap_sca_now_utc(void);
int __wrap_sca_left_ms(int64_t deadline_ms);
int __wrap_sca_sync_wait(struct sca_syncer *syncer, struct sca_sync *sync);
int __wrap_sca_verify_by_key(struct evp_pkey_st *key, enum sca_scheme scheme, enum sca_hash hash,
                             struct sca_bytes digest, struct sca_bytes signature);
int __real_sca_verify_signature(struct sca_bytes certificate, enum sca_scheme scheme,
                                enum sca_hash hash, struct sca_bytes digest,
                                struct sca_bytes signature);
int __wrap_sca_verify_signature(struct sca_bytes certificate, enum sca_scheme scheme,
                                enum sca_hash hash, struct sca_bytes digest,
                                struct sca_bytes signature);
int __wrap_sca_listing_refresh(struct sca_listing *listing, const char *account, bool all,
                               sca_listing_done *done, void *arg,
                               struct sca_listing_wait **ret_wait);
void __wrap_sca_listing_cancel(struct sca_listing_wait *wait);
const struct sca_credential *__wrap_sca_listing_find(struct sca_listing *listing,
                                                     const char *account,
                                                     const char *credential_id);
const struct sca_credentials *__wrap_sca_listing_account(struct sca_listing *listing,
                                                         const char *account);

#define LIMIT_S 20
#define TICK_MS 5

static struct world *the_world;
static struct sca_credential credential;
static struct sca_credentials credentials = {.items = &credential, .count = 1};
static uv_prepare_t turn; /* each turn of the loop */
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

/* ---- the disk -------------------------------------------------------------------------------- */

int __real_sca_sync_wait(struct sca_syncer *syncer, struct sca_sync *sync);

int __wrap_sca_sync_wait(struct sca_syncer *syncer, struct sca_sync *sync)
{
    const bool fails = sync->started && the_world->not_durable;
    int err = __real_sca_sync_wait(syncer, sync);

    return fails ? SCA_E_IO : err;
}

/* ---- memory ---------------------------------------------------------------------------------- */

int __real_sca_verify_by_key(struct evp_pkey_st *key, enum sca_scheme scheme, enum sca_hash hash,
                             struct sca_bytes digest, struct sca_bytes signature);

int __wrap_sca_verify_by_key(struct evp_pkey_st *key, enum sca_scheme scheme, enum sca_hash hash,
                             struct sca_bytes digest, struct sca_bytes signature)
{
    if (the_world->no_memory)
        return SCA_E_NOMEM;
    return __real_sca_verify_by_key(key, scheme, hash, digest, signature);
}

int __wrap_sca_verify_signature(struct sca_bytes certificate, enum sca_scheme scheme,
                                enum sca_hash hash, struct sca_bytes digest,
                                struct sca_bytes signature)
{
    if (the_world->no_memory)
        return SCA_E_NOMEM;
    return __real_sca_verify_signature(certificate, scheme, hash, digest, signature);
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
    credential.session_max = the_world->session_max;
    return &credential;
}

const struct sca_credentials *__wrap_sca_listing_account(struct sca_listing *listing,
                                                         const char *account)
{
    (void)listing;
    return the_world->listed && sca_streq(account, "work") ? &credentials : NULL;
}

/* ---- the world ------------------------------------------------------------------------------- */

static const char *keep_text(struct sca_arena *arena, const char *text)
{
    struct sca_bytes copy = {(const uint8_t *)text, strlen(text)};

    assert_int_equal(sca_arena_copy(arena, copy, &copy), 0);
    return (const char *)copy.data;
}

/* The same once more, as after a listing: what was known before is freed. */
static void list_credential(void)
{
    const struct sca_buf der = cloud_certificate();
    struct sca_arena arena = {0};

    memset(credential.id, 'a', sizeof credential.id - 1);
    credential.account = keep_text(&arena, "work");
    credential.serial = keep_text(&arena, "5401ff");
    credential.provider_id = keep_text(&arena, "");
    credential.holder = keep_text(&arena, "Nguyễn Thị Mẫu");
    credential.issuer = keep_text(&arena, "Test CA");
    credential.status = keep_text(&arena, "");
    assert_int_equal(sca_arena_copy(&arena, (struct sca_bytes){der.data, der.len}, &credential.der),
                     0);
    sca_arena_clear(&credentials.arena);
    credentials.arena = arena;
}

static void fill_credential(void)
{
    list_credential();
    credential.blocked = false;
    credential.not_before_utc = sca_now_utc() - 3600;
    credential.not_after_utc = sca_now_utc() + 365L * 24 * 3600;
    credential.key_type = SCA_KEY_RSA;
    credential.key_bits = 2048;
    credentials.fetched_utc = sca_now_utc();
}

/* What is borrowed from a listing is good until the loop runs again, and no longer. */
static void on_turn(uv_prepare_t *handle)
{
    (void)handle;
    list_credential();
}

static void start_agent(struct world *world)
{
    const struct sca_txns_env env = {
        .runs = {.loop = &world->loop}, .paths = &world->paths, .notify = world->notify};

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
    cloud_open(world);
    clock_offset_ms = 0;
    fill_credential();
    snprintf(world->folder, sizeof world->folder, "/tmp/sca-txn-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->paths.state_dir = world->folder;
    world->account = (struct sca_config_account){
        .name = name,
        .url = url,
        .provider = &cloud_provider,
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
    uv_prepare_init(&world->loop, &turn);
    uv_prepare_start(&turn, on_turn);
    uv_unref((uv_handle_t *)&turn);
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
    uv_close((uv_handle_t *)&turn, NULL);
    drain(world);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    sca_arena_clear(&credentials.arena);
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
    struct sca_buf certificate = cloud_certificate();

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
        __real_sca_verify_signature((struct sca_bytes){certificate.data, certificate.len},
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
        .executable = world->executable != NULL ? world->executable : "/usr/bin/host",
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

static bool is_held(void *arg)
{
    (void)arg;
    return the_world->holds != 0;
}

void world_until_held(struct world *world)
{
    world->holds = 0;
    turn_until(world, is_held, NULL);
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

static int count_record(void *arg, struct sca_journal_record *taken)
{
    struct counted_records *counted = arg;

    if (taken->state == counted->state)
        counted->count++;
    sca_journal_record_free(taken);
    return 0;
}

unsigned world_journal(struct world *world, enum sca_txn_state state)
{
    struct counted_records counted = {.state = state};

    assert_int_equal(sca_journal_load(&world->paths, NULL, count_record, &counted), 0);
    return counted.count;
}
