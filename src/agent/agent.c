/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts the rooms of the agent together and runs the loop. The order of the start: claim the socket
 * (clients may already queue up), load, serve, say "ok". The order of the end: free the socket's
 * name and the lock, so that a successor can start, then let go of everything from the server down.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>
#include "browser.h"
#include "build_config.h"
#include "cloud/http.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/log.h"
#include "harden.h"
#include "heap.h"
#include "i18n.h"
#include "leftovers.h"
#include "listing.h"
#include "lockfile.h"
#include "notify.h"
#include "prompt.h"
#include "secrets.h"
#include "server.h"
#include "token_broker.h"
#include "txn.h"
#include "unasked.h"

#define IDLE_CHECK_MS 5000
#define RETIRE_MS     2000
#define FILES_MAX     4096 /* descriptors: a thousand clients and the connections to the clouds */

struct agent {
    const struct sca_agent_options *options;
    struct sca_paths *paths;
    struct sca_config *config;
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_timer_t idle;
    struct sca_http *http;
    struct sca_secrets *secrets;
    struct sca_token_broker *broker;
    struct sca_listing *listing;
    struct sca_notify *notify;
    struct sca_prompts *prompts;
    struct sca_txns *txns;
    struct sca_server *server;
    int lock_fd;
    int listen_fd;
    int64_t started_utc;
    int64_t busy_ms;    /* when there was last something to do */
    int64_t retired_ms; /* when it began to leave */
    bool own_socket;
    bool retiring; /* finishes what runs; a successor may have the socket */
    bool handles_open;
};

/* ---- the process ----------------------------------------------------------------------------- */

static void prepare(void)
{
    struct rlimit files;
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    umask(077);
    (void)setenv(SCA_INSIDE_AGENT, "1", 1);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_MAX) {
        files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* a file size limit is a full disk, not a death */
}

static void close_others(const struct sca_agent_options *options)
{
    int keep[2] = {options->ready_fd, options->listen_fd};
    unsigned first = 3;

    if (keep[0] > keep[1]) {
        keep[0] = options->listen_fd;
        keep[1] = options->ready_fd;
    }
    for (size_t i = 0; i < 2; i++) {
        if (keep[i] < (int)first)
            continue;
        if ((unsigned)keep[i] > first)
            (void)close_range(first, (unsigned)keep[i] - 1, 0);
        first = (unsigned)keep[i] + 1;
    }
    (void)close_range(first, ~0U, 0);
}

/* Ends the caller's process; the grandchild goes on, without terminal and session. */
static int detach(const struct sca_agent_options *options)
{
    pid_t child = fork();

    if (child > 0)
        _exit(0);
    if (child < 0 || setsid() < 0)
        return SCA_E_IO;
    child = fork();
    if (child > 0)
        _exit(0);
    if (child < 0)
        return SCA_E_IO;
    int null = open("/dev/null", O_RDWR | O_NOCTTY);
    for (int fd = 0; null >= 0 && fd < 3; fd++)
        (void)dup2(null, fd);
    close_others(options);
    return 0;
}

/* One line to whoever started us. */
static void tell(const struct sca_agent_options *options, const char *line)
{
    char text[256];

    if (options->ready_fd < 0)
        return;
    snprintf(text, sizeof text, "%s\n", line);
    if (write(options->ready_fd, text, strlen(text)) < 0)
        sca_log(SCA_LOG_DEBUG, "agent", "nobody waits for the ready line");
    close(options->ready_fd);
}

/* ---- configuration --------------------------------------------------------------------------- */

static void set_log(const struct agent *agent)
{
    const char *target = agent->config->log_file;

    if ((target == NULL || *target == '\0') && agent->options->foreground)
        target = "stderr";
    sca_log_setup(target, agent->config->log_level, secure_getenv("SMARTCA_DEBUG"));
}

static void log_faults(const struct sca_config *config)
{
    for (size_t i = 0; i < config->fault_count; i++)
        sca_log(SCA_LOG_WARNING, "config", "%s:%d: %s", config->faults[i].file,
                config->faults[i].line, config->faults[i].sentence);
}

/* Takes over @config; the old one stays until nobody uses it any more. */
static void adopt(struct agent *agent, struct sca_config *config)
{
    struct sca_config *old = agent->config;

    agent->config = config;
    set_log(agent);
    log_faults(config);
    if (sca_listing_configure(agent->listing, config) != 0)
        sca_log(SCA_LOG_ERROR, "agent", "the listing could not be set up");
    sca_txns_configure(agent->txns, config);
    if (sca_notify_configure(agent->notify, config) != 0)
        sca_log(SCA_LOG_ERROR, "agent", "notifications could not be set up");
    if (sca_prompts_configure(agent->prompts, config->prompt) != 0)
        sca_log(SCA_LOG_ERROR, "agent", "the prompt setting could not be taken over");
    sca_config_free(old);
}

static const struct sca_config *current_config(void *arg)
{
    struct agent *agent = arg;
    struct sca_config *config = NULL;

    if (!sca_config_changed(agent->config, agent->paths))
        return agent->config;
    sca_i18n_use(agent->config->language, NULL);
    if (sca_config_load(agent->paths, &config) == 0) {
        sca_log(SCA_LOG_INFO, "agent", "the configuration has changed");
        adopt(agent, config);
    }
    return agent->config;
}

/* ---- status ---------------------------------------------------------------------------------- */

/* Where the service counts: what is left with each certificate. */
static json_t *counts_json(const struct sca_credentials *known)
{
    json_t *counts = json_array();

    for (size_t i = 0; known != NULL && i < known->count; i++) {
        const struct sca_credential *item = &known->items[i];

        if (item->has_signatures_left &&
            json_array_append_new(counts, json_pack("{s:s, s:s, s:I}", "holder", item->holder,
                                                    "serial", item->serial, "signatures_left",
                                                    (json_int_t)item->signatures_left)) != 0) {
            json_decref(counts);
            return NULL;
        }
    }
    return counts;
}

/* Nothing where none is set, else whether one of the keys can have one; "secrets": it could, if the
 * account had them. */
static const char *session_word(const struct sca_config_account *account,
                                const struct sca_credentials *known)
{
    if (account->session_signatures == 0)
        return "";
    for (size_t i = 0; known != NULL && i < known->count; i++)
        if (sca_credential_session(&known->items[i], account) != 0)
            return "possible";
    if (account->provider != NULL && (account->provider->caps & SCA_CAP_CONSENT) != 0 &&
        !sca_credential_delegated(account))
        return "secrets";
    return known != NULL && known->fetched_utc != 0 ? "impossible" : "unknown";
}

/* Until when its service may not ask, so that the agent does: 0 it asks, -1 not known. */
static int64_t unasked_until(const struct agent *agent, const struct sca_config_account *account)
{
    const int64_t until_utc = sca_unasked_until(agent->paths, account);

    if (!sca_unasked_holds(until_utc, sca_now_utc()))
        return 0;
    return until_utc == SCA_UNASKED_FOREVER ? -1 : until_utc;
}

static json_t *account_json(const struct agent *agent, const struct sca_config_account *account)
{
    const struct sca_credentials *known = sca_listing_account(agent->listing, account->name);
    bool failed = known != NULL && known->failed_err != 0;

    return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:o}", "name", account->name,
                     "provider", account->provider != NULL ? account->provider->name : "",
                     "fetched", (json_int_t)(known != NULL ? known->fetched_utc : 0), "failed",
                     (json_int_t)(known != NULL ? known->failed_utc : 0), "error",
                     failed ? sca_err_name(known->failed_err) : "", "session",
                     session_word(account, known), "unasked",
                     (json_int_t)unasked_until(agent, account), "credentials",
                     (json_int_t)(known != NULL ? known->count : 0), "counts", counts_json(known));
}

static json_t *status(void *arg)
{
    const struct agent *agent = arg;
    json_t *accounts = json_array();

    for (size_t i = 0; i < agent->config->account_count; i++) {
        if (json_array_append_new(accounts, account_json(agent, &agent->config->accounts[i])) !=
            0) {
            json_decref(accounts);
            return NULL;
        }
    }
    return json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "version", SCA_PRODUCT_VERSION,
                     "pid", (json_int_t)getpid(), "uptime",
                     (json_int_t)(sca_now_utc() - agent->started_utc), "accounts", accounts,
                     "waiting", sca_txns_waiting(agent->txns), "sessions",
                     sca_txns_sessions(agent->txns), "budgets", sca_txns_budgets(agent->txns),
                     "reconcile", sca_txns_compared(agent->txns));
}

/* ---- coming and going ------------------------------------------------------------------------ */

static void retire(void *arg)
{
    struct agent *agent = arg;

    if (agent->retiring)
        return;
    agent->retiring = true;
    agent->retired_ms = sca_now_ms();
    sca_log(SCA_LOG_INFO, "agent", "leaving as soon as everything is done");
    if (agent->server != NULL)
        sca_server_stop(agent->server);
    sca_lockfile_release(agent->paths, agent->own_socket, &agent->lock_fd);
    uv_timer_set_repeat(&agent->idle, 100);
    uv_timer_again(&agent->idle);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct agent *agent = handle->data;

    sca_log(SCA_LOG_INFO, "agent", "signal %d", number);
    retire(agent);
    uv_stop(&agent->loop);
}

/* A peer may have connected just before the name was freed: it gets a moment to ask. */
static bool may_leave(const struct agent *agent, int64_t now_ms)
{
    if (!agent->retiring)
        return now_ms - agent->busy_ms >= (int64_t)agent->config->agent_idle_s * 1000;
    return sca_server_clients(agent->server) == 0 || now_ms - agent->retired_ms >= RETIRE_MS;
}

static void on_idle_check(uv_timer_t *timer)
{
    struct agent *agent = timer->data;
    int64_t now_ms = sca_now_ms();
    size_t work = agent->retiring
                      ? sca_txns_running(agent->txns) + sca_server_busy(agent->server)
                      : sca_txns_active(agent->txns) + sca_server_clients(agent->server);

    if (work != 0)
        agent->busy_ms = now_ms;
    else if (may_leave(agent, now_ms)) {
        retire(agent);
        uv_stop(&agent->loop);
    }
}

static int open_handles(struct agent *agent)
{
    static const int numbers[2] = {SIGTERM, SIGINT};

    if (uv_loop_init(&agent->loop) != 0)
        return SCA_E_IO;
    agent->handles_open = true;
    for (size_t i = 0; i < 2; i++) {
        uv_signal_init(&agent->loop, &agent->signals[i]);
        agent->signals[i].data = agent;
        uv_signal_start(&agent->signals[i], on_signal, numbers[i]);
    }
    uv_timer_init(&agent->loop, &agent->idle);
    agent->idle.data = agent;
    uint64_t check_ms = IDLE_CHECK_MS;
    if ((uint64_t)agent->config->agent_idle_s * 1000 < check_ms)
        check_ms = (uint64_t)agent->config->agent_idle_s * 1000 / 2 + 1;
    uv_timer_start(&agent->idle, on_idle_check, check_ms, check_ms);
    return 0;
}

static int build(struct agent *agent)
{
    int err = open_handles(agent);

    if (err == 0)
        err = sca_http_new(&agent->loop, &agent->http);
    if (err == 0)
        err = sca_secrets_new(&agent->loop, agent->paths, &agent->secrets);
    if (err != 0)
        return err;
    struct sca_flow_run_env runs = {
        .loop = &agent->loop, .http = agent->http, .secrets = agent->secrets};
    err = sca_token_broker_new(&runs, agent->paths, &agent->broker);
    if (err != 0)
        return err;
    runs.tokens = sca_token_broker_door(agent->broker);
    err = sca_listing_new(&runs, agent->paths, &agent->listing);
    if (err == 0)
        err = sca_notify_new(&agent->loop, &agent->notify);
    if (err == 0)
        err = sca_prompts_new(&agent->loop, &agent->prompts);
    if (err != 0)
        return err;
    const struct sca_txns_env env = {
        .runs = runs,
        .paths = agent->paths,
        .listing = agent->listing,
        .notify = agent->notify,
        .prompts = agent->prompts,
    };
    return sca_txns_new(&env, &agent->txns);
}

static int serve(struct agent *agent)
{
    const struct sca_server_env env = {
        .loop = &agent->loop,
        .txns = agent->txns,
        .listing = agent->listing,
        .arg = agent,
        .config = current_config,
        .status = status,
        .retire = retire,
    };
    int fd = agent->listen_fd;
    struct sca_config *config = agent->config;

    agent->config = NULL;
    sca_leftovers_remove(agent->paths);
    adopt(agent, config);
    int err = sca_txns_resume(agent->txns);
    if (err != 0) /* every request will say so, in words */
        sca_log(SCA_LOG_ERROR, "agent", "the journal cannot be read (%s): nothing will be signed",
                sca_err_name(err));
    agent->listen_fd = -1;
    return sca_server_new(&env, fd, &agent->server);
}

static void tear_down(struct agent *agent)
{
    sca_server_free(agent->server);
    sca_txns_free(agent->txns);
    sca_listing_free(agent->listing);
    sca_notify_free(agent->notify);
    sca_token_broker_free(agent->broker);
    sca_secrets_free(agent->secrets);
    sca_prompts_free(agent->prompts);
    sca_http_free(agent->http);
    if (agent->handles_open) {
        sca_browser_leave_all(&agent->loop);
        uv_close((uv_handle_t *)&agent->signals[0], NULL);
        uv_close((uv_handle_t *)&agent->signals[1], NULL);
        uv_close((uv_handle_t *)&agent->idle, NULL);
        uv_run(&agent->loop, UV_RUN_DEFAULT);
        if (uv_loop_close(&agent->loop) != 0)
            sca_log(SCA_LOG_ERROR, "agent", "the loop did not let go of everything");
    }
    sca_fd_close(&agent->listen_fd);
    sca_lockfile_release(agent->paths, agent->own_socket, &agent->lock_fd);
    sca_config_free(agent->config);
    sca_paths_free(agent->paths);
}

/* 0: the socket is ours; 1: another agent serves it. */
static int claim(struct agent *agent)
{
    if (agent->options->listen_fd < 0) {
        agent->own_socket = true;
        return sca_lockfile_claim(agent->paths, &agent->lock_fd, &agent->listen_fd);
    }
    agent->listen_fd = agent->options->listen_fd;
    (void)fcntl(agent->listen_fd, F_SETFD, FD_CLOEXEC);
    agent->lock_fd = sca_lockfile_try(agent->paths);
    return 0;
}

static int run(struct agent *agent)
{
    int err = sca_paths_new(&agent->paths); /* relative to where we were started */

    if (err == 0 && chdir("/") != 0)
        err = SCA_E_IO;
    if (err == 0)
        err = sca_config_load(agent->paths, &agent->config);
    if (err != 0)
        return err;
    set_log(agent);
    err = claim(agent);
    if (err != 0)
        return err;
    agent->started_utc = sca_now_utc();
    agent->busy_ms = sca_now_ms();
    err = build(agent);
    if (err == 0)
        err = serve(agent);
    if (err != 0)
        return err;
    sca_log(SCA_LOG_INFO, "agent", "%s listens on %s", SCA_PRODUCT_VERSION, agent->paths->socket);
    tell(agent->options, "ok");
    uv_run(&agent->loop, UV_RUN_DEFAULT);
    return 0;
}

int sca_agent_main(const struct sca_agent_options *options)
{
    struct agent agent = {.options = options, .lock_fd = -1, .listen_fd = -1};
    int err = 0;

    if (!options->foreground)
        err = detach(options);
    prepare();
    sca_harden();
    sca_heap_prepare();
    if (err == 0)
        err = run(&agent);
    if (err != 0 && agent.server == NULL)
        tell(options, err == 1 ? "ok" : sca_err_name(err));
    if (err < 0)
        sca_log(SCA_LOG_ERROR, "agent", "cannot start: %s", sca_err_name(err));
    tear_down(&agent);
    return err < 0 ? err : 0;
}
