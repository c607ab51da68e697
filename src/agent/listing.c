/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetching listings. Each account is idle, queued or being fetched; those who wait are told when
 * the last account they asked about is idle again. A fetch that fails leaves what was known before
 * in place: a person whose provider is down still sees their certificates.
 */
#include "listing.h"

#include <stdlib.h>
#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "heap.h"
#include "image_writer.h"

#define PARALLEL_MAX   4u
#define FETCH_LIMIT_MS 30000u
#define DETAIL_MAX     256u

enum state { IDLE, QUEUED, RUNNING };

/* One account of the configuration. */
struct entry {
    struct sca_listing *listing;
    const struct sca_config_account *account;
    struct sca_cloud_account cloud_account;
    struct sca_credentials *known; /* never NULL while in use */
    enum state state;
    struct sca_flow_run *run;
    uv_timer_t timer; /* time limit of the fetch */
};

struct sca_listing_wait {
    struct sca_listing *listing;
    struct sca_listing_wait *next;
    char *account; /* NULL: every one */
    bool all;
    bool *wants; /* by entry, cleared as they end */
    size_t pending;
    sca_listing_done *done;
    void *arg;
    int err; /* the first failure */
    char *err_account;
    char detail[DETAIL_MAX];
};

struct sca_listing {
    const struct sca_paths *paths;
    struct sca_flow_run_env env;
    const struct sca_config *config;
    struct entry **entries; /* by account of the configuration */
    size_t count;
    bool incomplete; /* memory was out: accounts of the configuration are missing */
    bool unwritten;  /* the image, which is all that programs read */
    size_t running;
    struct sca_listing_wait *waits;
    bool trim;        /* memory was used that can go back */
    uv_timer_t timer; /* starts fetches and tells those who need not wait */
};

static void schedule(struct sca_listing *listing);

/* ---- waits
 * ---------------------------------------------------------------------------------------- */

static void free_wait(struct sca_listing_wait *wait)
{
    free(wait->account);
    free(wait->err_account);
    free(wait->wants);
    free(wait);
}

void sca_listing_cancel(struct sca_listing_wait *wait)
{
    if (wait == NULL)
        return;
    for (struct sca_listing_wait **link = &wait->listing->waits; *link != NULL;
         link = &(*link)->next) {
        if (*link == wait) {
            *link = wait->next;
            break;
        }
    }
    free_wait(wait);
}

static void note_failure(struct sca_listing_wait *wait, int err, const char *account,
                         const char *detail)
{
    if (err == 0 || wait->err != 0)
        return;
    wait->err = err;
    wait->err_account = account != NULL ? strdup(account) : NULL;
    sca_text_printable(detail, wait->detail, sizeof wait->detail);
}

static bool due(const struct entry *entry)
{
    const struct sca_credentials *known = entry->known;
    int64_t now = sca_now_utc();

    return !sca_credentials_current(known, entry->account) &&
           (known->failed_utc == 0 || known->failed_utc > now ||
            now - known->failed_utc >= SCA_IMAGE_RETRY_S);
}

/* Decides which accounts @wait is about, and queues them. */
static int plan(struct sca_listing_wait *wait)
{
    struct sca_listing *listing = wait->listing;
    bool *wants = calloc(listing->count > 0 ? listing->count : 1, sizeof *wants);
    bool found = wait->account == NULL;

    if (wants == NULL)
        return SCA_E_NOMEM;
    free(wait->wants);
    wait->wants = wants;
    wait->pending = 0;
    for (size_t i = 0; i < listing->count; i++) {
        struct entry *entry = listing->entries[i];

        if (wait->account != NULL && strcmp(wait->account, entry->account->name) != 0)
            continue;
        found = true;
        if (!wait->all && !due(entry) && entry->state == IDLE) {
            if (!sca_credentials_current(entry->known, entry->account))
                note_failure(wait, entry->known->failed_err, entry->account->name,
                             entry->known->failed_detail);
            continue;
        }
        wants[i] = true;
        wait->pending++;
        if (entry->state == IDLE)
            entry->state = QUEUED;
    }
    if (!found) /* one of the configuration's is missing where memory was out (see configure) */
        note_failure(wait,
                     sca_config_account(listing->config, wait->account) != NULL ? SCA_E_NOMEM
                                                                                : SCA_E_NOENT,
                     wait->account, "");
    return 0;
}

/* Takes the first wait that is over out of the list. */
static struct sca_listing_wait *take_over(struct sca_listing *listing)
{
    for (struct sca_listing_wait **link = &listing->waits; *link != NULL; link = &(*link)->next) {
        struct sca_listing_wait *wait = *link;

        if (wait->pending == 0) {
            *link = wait->next;
            return wait;
        }
    }
    return NULL;
}

/* Each done may add and cancel waits, so the list is looked at anew for each. */
static void tell(struct sca_listing *listing)
{
    struct sca_listing_wait *wait = take_over(listing);

    while (wait != NULL) {
        wait->done(wait->arg, wait->err, wait->err_account != NULL ? wait->err_account : "",
                   wait->detail);
        free_wait(wait);
        wait = take_over(listing);
    }
}

/* ---- fetching
 * --------------------------------------------------------------------------------------- */

static size_t index_of(const struct entry *entry)
{
    size_t i = 0;

    while (entry->listing->entries[i] != entry)
        i++;
    return i;
}

static void write_image(struct sca_listing *listing)
{
    SCA_BUF_AUTO image = {0};
    /* As many as the configuration has; NULL where memory was out when it was taken over. */
    const struct sca_credentials **known =
        calloc(listing->config->account_count + 1, sizeof *known);
    int err = known == NULL ? SCA_E_NOMEM : 0;

    for (size_t i = 0; err == 0 && i < listing->count; i++)
        known[i] = listing->entries[i]->known;
    if (err == 0)
        err = sca_image_writer_build(listing->config, known, &image);
    if (err == 0)
        err = sca_image_writer_write(listing->paths, (struct sca_bytes){image.data, image.len});
    if (err != 0)
        sca_log(SCA_LOG_ERROR, "image", "%s: token image not written (%s)", listing->paths->image,
                sca_err_name(err));
    listing->unwritten = err != 0;
    free(known);
}

/* Where memory was out the service has said nothing: the next who asks has it asked at once. */
static void remember_failure(struct entry *entry, int err, const char *detail)
{
    struct sca_credentials *known = entry->known;
    char shown[DETAIL_MAX];

    sca_text_printable(detail, shown, sizeof shown);
    free(known->failed_detail);
    known->failed_detail = strdup(shown); /* NULL: no detail */
    known->failed_err = err;
    known->failed_utc = err != SCA_E_NOMEM ? sca_now_utc() : 0;
    known->settings = sca_credentials_settings(entry->account);
    sca_log(SCA_LOG_WARNING, "net", "account %s: certificates not fetched (%s)%s%s",
            entry->account->name, sca_err_name(err), shown[0] != '\0' ? ": " : "", shown);
}

/* "There is none" is an answer: what was known before is gone then. */
static int take_listing(struct entry *entry, const struct sca_cloud_listing *listing)
{
    struct sca_credentials *fresh = NULL;
    int err = sca_credentials_from_listing(entry->account, listing, sca_now_utc(), &fresh);

    if (err != 0)
        return err;
    sca_credentials_free(entry->known);
    entry->known = fresh;
    return fresh->count == 0 ? SCA_E_NO_CERT : 0;
}

static void ended(struct entry *entry, int err, const char *detail)
{
    struct sca_listing *listing = entry->listing;
    size_t index = index_of(entry);

    if (err != 0)
        remember_failure(entry, err, detail);
    int failed = sca_credentials_save(listing->paths, entry->known);
    if (failed != 0)
        sca_log(SCA_LOG_ERROR, "image", "account %s: listing not stored (%s)", entry->account->name,
                sca_err_name(failed));
    write_image(listing);
    listing->trim = true;
    for (struct sca_listing_wait *wait = listing->waits; wait != NULL; wait = wait->next) {
        if (!wait->wants[index])
            continue;
        wait->wants[index] = false;
        wait->pending--;
        note_failure(wait, err, entry->account->name, detail);
    }
    schedule(listing);
}

/* Ends the fetch without a word to anybody. */
static void stop(struct entry *entry)
{
    if (entry->state == RUNNING)
        entry->listing->running--;
    entry->state = IDLE;
    uv_timer_stop(&entry->timer);
    sca_flow_run_free(entry->run);
    entry->run = NULL;
}

static void on_done(void *arg, const struct sca_flow_end *end)
{
    static const struct sca_cloud_listing nothing = {0};
    struct entry *entry = arg;
    char detail[DETAIL_MAX];
    int err = end->err;

    sca_text_printable(end->detail, detail, sizeof detail);
    if (err == 0)
        err = take_listing(entry, end->listing != NULL ? end->listing : &nothing);
    else if (err == SCA_E_NO_CERT)
        err = take_listing(entry, &nothing);
    stop(entry);
    ended(entry, err, detail);
}

static void on_limit(uv_timer_t *timer)
{
    struct entry *entry = timer->data;

    stop(entry);
    ended(entry, SCA_E_TIMEOUT, "");
}

static void start(struct entry *entry)
{
    const struct sca_flow_run_callbacks callbacks = {.arg = entry, .done = on_done};
    struct sca_flow *flow = NULL;

    entry->state = RUNNING;
    entry->listing->running++;
    entry->cloud_account = sca_config_cloud_account(entry->account);
    int err = entry->account->provider->list(&entry->cloud_account, &flow);
    if (err == 0)
        err = sca_flow_run_new(&entry->listing->env, entry->account, flow, NULL, &callbacks,
                               &entry->run);
    if (err != 0) {
        stop(entry);
        ended(entry, err, "");
        return;
    }
    uv_timer_start(&entry->timer, on_limit, FETCH_LIMIT_MS, 0);
}

/*
 * A listing of hundreds of certificates passes through many times their memory. It is free when the
 * loop has come round: while a fetch ends its reply is still there.
 */
static void trim(struct sca_listing *listing)
{
    if (listing->trim && listing->running == 0)
        sca_heap_trim();
    listing->trim = listing->trim && listing->running > 0;
}

static void on_schedule(uv_timer_t *timer)
{
    struct sca_listing *listing = timer->data;

    for (size_t i = 0; i < listing->count && listing->running < PARALLEL_MAX; i++)
        if (listing->entries[i]->state == QUEUED)
            start(listing->entries[i]);
    tell(listing);
    trim(listing);
}

/* Everything happens from the loop, so that no caller is called back from inside its own call. */
static void schedule(struct sca_listing *listing)
{
    uv_timer_start(&listing->timer, on_schedule, 0, 0);
}

/* ---- entries
 * ------------------------------------------------------------------------------------------ */

static void on_entry_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void free_entry(struct entry *entry)
{
    stop(entry);
    sca_credentials_free(entry->known);
    entry->known = NULL;
    uv_close((uv_handle_t *)&entry->timer, on_entry_closed);
}

static void free_entries(struct entry **entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free_entry(entries[i]);
    free(entries);
}

/* What is known of an account under its present settings. */
static int know(struct sca_listing *listing, const struct sca_config_account *account,
                struct sca_credentials **ret_known)
{
    uint64_t settings = sca_credentials_settings(account);
    struct sca_credentials *known = NULL;

    for (size_t i = 0; i < listing->count; i++) {
        struct entry *old = listing->entries[i];

        if (old->known != NULL && strcmp(old->known->account, account->name) == 0) {
            known = old->known;
            old->known = NULL;
        }
    }
    int err = known == NULL ? sca_credentials_load(listing->paths, account->name, &known) : 0;
    if (err != 0)
        return err;
    if (known->settings != settings) {
        sca_credentials_free(known);
        known = sca_credentials_new(account->name);
        if (known == NULL)
            return SCA_E_NOMEM;
        known->settings = settings;
    }
    *ret_known = known;
    return 0;
}

static int new_entry(struct sca_listing *listing, const struct sca_config_account *account,
                     struct entry **ret_entry)
{
    struct entry *entry = calloc(1, sizeof *entry);

    if (entry == NULL)
        return SCA_E_NOMEM;
    int err = know(listing, account, &entry->known);
    if (err != 0) {
        free(entry);
        return err;
    }
    entry->listing = listing;
    entry->account = account;
    uv_timer_init(listing->env.loop, &entry->timer);
    entry->timer.data = entry;
    *ret_entry = entry;
    return 0;
}

int sca_listing_configure(struct sca_listing *listing, const struct sca_config *config)
{
    struct entry **entries = calloc(config->account_count + 1, sizeof(struct entry *));
    size_t count = 0;
    int err = entries == NULL ? SCA_E_NOMEM : 0;

    /* Fetches of the old configuration end here; those who wait are planned for anew below. */
    for (size_t i = 0; i < listing->count; i++)
        stop(listing->entries[i]);
    while (err == 0 && count < config->account_count) {
        err = new_entry(listing, &config->accounts[count], &entries[count]);
        if (err == 0)
            count++;
    }
    free_entries(listing->entries, listing->count);
    listing->entries = entries;
    listing->count = count;
    listing->config = config;
    listing->incomplete = err != 0;
    for (struct sca_listing_wait *wait = listing->waits; wait != NULL; wait = wait->next)
        if (plan(wait) != 0) {
            wait->pending = 0;
            note_failure(wait, SCA_E_NOMEM, wait->account, "");
        }
    if (err == 0)
        write_image(listing);
    listing->trim = true;
    schedule(listing);
    return err;
}

/* ---- the door
 * ------------------------------------------------------------------------------------------- */

int sca_listing_new(const struct sca_flow_run_env *env, const struct sca_paths *paths,
                    struct sca_listing **ret_listing)
{
    struct sca_listing *listing = calloc(1, sizeof *listing);

    if (listing == NULL)
        return SCA_E_NOMEM;
    listing->env = *env;
    listing->paths = paths;
    uv_timer_init(env->loop, &listing->timer);
    listing->timer.data = listing;
    *ret_listing = listing;
    return 0;
}

static void on_listing_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void sca_listing_free(struct sca_listing *listing)
{
    if (listing == NULL)
        return;
    while (listing->waits != NULL)
        sca_listing_cancel(listing->waits);
    free_entries(listing->entries, listing->count);
    uv_close((uv_handle_t *)&listing->timer, on_listing_closed);
}

int sca_listing_refresh(struct sca_listing *listing, const char *account, bool all,
                        sca_listing_done *done, void *arg, struct sca_listing_wait **ret_wait)
{
    struct sca_listing_wait *wait = calloc(1, sizeof *wait);

    if (wait == NULL)
        return SCA_E_NOMEM;
    if (listing->incomplete)
        (void)sca_listing_configure(listing, listing->config);
    else if (listing->unwritten)
        write_image(listing);
    wait->listing = listing;
    wait->all = all;
    wait->done = done;
    wait->arg = arg;
    wait->account = account != NULL ? strdup(account) : NULL;
    if ((account != NULL && wait->account == NULL) || plan(wait) != 0) {
        free_wait(wait);
        return SCA_E_NOMEM;
    }
    wait->next = listing->waits;
    listing->waits = wait;
    schedule(listing);
    *ret_wait = wait;
    return 0;
}

const struct sca_credentials *sca_listing_account(struct sca_listing *listing, const char *account)
{
    for (size_t i = 0; i < listing->count; i++)
        if (strcmp(listing->entries[i]->account->name, account) == 0)
            return listing->entries[i]->known;
    return NULL;
}

const struct sca_credential *sca_listing_find(struct sca_listing *listing, const char *account,
                                              const char *credential_id)
{
    const struct sca_credentials *known = sca_listing_account(listing, account);

    for (size_t i = 0; known != NULL && i < known->count; i++)
        if (strcmp(known->items[i].id, credential_id) == 0)
            return &known->items[i];
    return NULL;
}
