/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the listing flow of one account. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>
#include "agent/flow_run.h"
#include "agent/token_broker.h"
#include "cloud/http.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "visit.h"

#define LIMIT_MS 30000
#define LOOK_MS  100 /* how often the person is heeded */

/* One visit under way. */
struct way {
    uv_loop_t loop;
    uv_timer_t timer;
    int64_t deadline_ms;
    bool (*stopped)(void);
    bool details;
    struct sca_flow_run *run;
    const struct sca_config_account *account;
    struct sca_visit *visit;
    bool over;
};

/* The service's words help everybody, the library's, in English, those who look for a fault. */
static const char *detail_of(const struct way *way, const struct sca_flow_end *end)
{
    bool foreign = end->err == SCA_E_UNREACHABLE || end->err == SCA_E_TLS;
    return foreign && !way->details ? "" : end->detail;
}

static void fail(struct way *way, const struct sca_flow_end *end)
{
    const struct sca_config_account *account = way->account;
    const struct sca_sentence_facts facts = {
        .account = account->name,
        .service = account->provider->title,
        .host = account->url,
        .detail = detail_of(way, end),
        .tries = end->tries,
        .server_key = account->server_key,
        .settings = account->provider->needs | account->provider->uses,
    };
    way->visit->err = end->err;
    way->visit->tries = end->tries;
    snprintf(way->visit->detail, sizeof way->visit->detail, "%s", end->detail ? end->detail : "");
    sca_sentence(end->err, &facts, way->visit->sentence);
}

static void end_visit(void *arg, const struct sca_flow_end *end)
{
    struct way *way = arg;
    int err = 0;
    way->over = true;
    way->visit->date_utc = end->date_utc;
    if (end->err == 0)
        err = sca_credentials_from_listing(way->account, end->listing, sca_now_utc(),
                                           &way->visit->credentials);
    if (end->err)
        fail(way, end);
    else if (err)
        fail(way, &(struct sca_flow_end){.err = err, .detail = ""});
    uv_stop(&way->loop);
}

static void look(uv_timer_t *timer)
{
    struct way *way = timer->data;
    struct sca_flow_end end = {.err = SCA_E_TIMEOUT, .detail = ""};
    if (way->stopped && way->stopped())
        end.err = SCA_E_CANCELLED;
    else if (sca_now_ms() < way->deadline_ms)
        return;
    if (!way->over)
        fail(way, &end);
    way->over = true;
    uv_stop(&way->loop);
}

/* Returns enum sca_err when it could not even begin. */
static int travel(const struct sca_paths *paths, struct way *way)
{
    const struct sca_config_account *account = way->account;
    const struct sca_cloud_account cloud = sca_config_cloud_account(account);
    struct sca_flow_run_env env = {.loop = &way->loop};
    struct sca_token_broker *broker = NULL;
    struct sca_flow *flow = NULL;
    signal(SIGPIPE, SIG_IGN); /* a connection that breaks is an error, not a death */
    int err = sca_http_new(&way->loop, &env.http);
    if (!err)
        err = sca_secrets_new(&way->loop, paths, &env.secrets);
    if (!err)
        err = sca_token_broker_new(&env, paths, &broker);
    if (!err)
        err = account->provider->list(&cloud, &flow);
    if (!err) {
        env.tokens = sca_token_broker_door(broker);
        const struct sca_flow_run_callbacks callbacks = {.arg = way, .done = end_visit};
        err = sca_flow_run_new(&env, account, flow, NULL, &callbacks, &way->run);
    }
    if (!err)
        uv_run(&way->loop, UV_RUN_DEFAULT);
    sca_flow_run_free(way->run);
    sca_token_broker_free(broker);
    sca_secrets_free(env.secrets);
    sca_http_free(env.http);
    return err;
}

void sca_visit(const struct sca_paths *paths, const struct sca_config_account *account,
               bool details, bool (*stopped)(void), struct sca_visit *ret_visit)
{
    struct way way = {.account = account,
                      .details = details,
                      .visit = ret_visit,
                      .stopped = stopped,
                      .deadline_ms = sca_now_ms() + LIMIT_MS};
    *ret_visit = (struct sca_visit){0};
    if (uv_loop_init(&way.loop)) {
        fail(&way, &(struct sca_flow_end){.err = SCA_E_NOMEM, .detail = ""});
        return;
    }
    uv_timer_init(&way.loop, &way.timer);
    way.timer.data = &way;
    uv_timer_start(&way.timer, look, LOOK_MS, LOOK_MS);
    int err = travel(paths, &way);
    if (err)
        fail(&way, &(struct sca_flow_end){.err = err, .detail = ""});
    uv_close((uv_handle_t *)&way.timer, NULL);
    uv_run(&way.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&way.loop);
}

/* The folder has files only. */
static void remove_folder(const char *path)
{
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        (void)unlinkat(dirfd(folder), entry->d_name, 0); /* "." and ".." are refused */
    if (folder)
        closedir(folder);
    (void)rmdir(path);
}

void sca_visit_draft(const struct sca_paths *paths, const struct sca_config_account *account,
                     bool (*stopped)(void), struct sca_visit *ret_visit)
{
    const char *below = secure_getenv("XDG_RUNTIME_DIR");
    SCA_TEXT_AUTO folder = NULL;
    struct sca_paths own = *paths;
    if (asprintf(&folder, "%s/smartca-visit.XXXXXX", below && *below == '/' ? below : "/tmp") < 0)
        folder = NULL;
    if (!folder || !mkdtemp(folder)) { /* 0700 */
        struct way way = {.account = account, .visit = ret_visit};
        *ret_visit = (struct sca_visit){0};
        fail(&way, &(struct sca_flow_end){.err = folder ? SCA_E_IO : SCA_E_NOMEM, .detail = ""});
        return;
    }
    own.state_dir = folder;
    sca_visit(&own, account, false, stopped, ret_visit);
    remove_folder(folder);
}

void sca_visit_clear(struct sca_visit *visit)
{
    sca_credentials_free(visit->credentials);
    *visit = (struct sca_visit){0};
}
