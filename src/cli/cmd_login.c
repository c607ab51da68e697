/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca login: has the person log in to an account's service in their browser. The browser brings
 * a code back to this computer; it is exchanged at once, because it is good for seconds only, and
 * what lasts is stored where the agent finds it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/browse.h"
#include "agent/sentence.h"
#include "agent/token_broker.h"
#include "cli.h"
#include "cloud/http.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"

#define LIMIT_MS (5 * 60 * 1000)
#define LOOK_MS  100
#define URL_MAX  8192u

/* One log-in, from the page to what is stored. */
struct attempt {
    const struct sca_cli *cli;
    const struct sca_config_account *account;
    bool no_browser;
    bool (*stopped)(void);
    int64_t deadline_ms;
    uv_loop_t *loop;
    uv_timer_t limit; /* looks every LOOK_MS */
    struct sca_http *http;
    struct sca_secrets *secrets;
    struct sca_token_broker *broker;
    struct sca_token_wait *wait;
    struct sca_flow_run *search; /* for the page */
    struct sca_cloud_account cloud_account;
    struct sca_browse *browse;
    int status; /* enum sca_exit */
    int err;    /* with SCA_EXIT_FAILED: enum sca_err */
    char sentence[SCA_SENTENCE_SIZE];
};

/* ---- the end --------------------------------------------------------------------------------- */

/* Said in the browser, where one is back, and by the command itself. */
static void finish(struct attempt *attempt, int status, const char *sentence)
{
    attempt->status = status;
    if (status != SCA_EXIT_OK && attempt->err == 0)
        attempt->err = SCA_E_REFUSED;
    snprintf(attempt->sentence, sizeof attempt->sentence, "%s", sentence);
    if (attempt->browse != NULL)
        sca_browse_answer(attempt->browse, attempt->sentence);
    sca_browse_free(attempt->browse);
    attempt->browse = NULL;
    uv_timer_stop(&attempt->limit);
    uv_stop(attempt->loop);
}

static void finish_with_words(struct attempt *attempt, const char *sentence, const char *words)
{
    char text[SCA_SENTENCE_SIZE];

    snprintf(text, sizeof text, "%s%s%s%s", sentence, words[0] != '\0' ? " (" : "", words,
             words[0] != '\0' ? ")" : "");
    finish(attempt, SCA_EXIT_FAILED, text);
}

static void finish_with_err(struct attempt *attempt, int err, const char *detail)
{
    char sentence[SCA_SENTENCE_SIZE];
    const struct sca_sentence_facts facts = {
        .account = attempt->account->name,
        .service = attempt->account->provider->title,
        .host = attempt->account->url,
        .detail = detail,
        .settings = attempt->account->provider->needs | attempt->account->provider->uses,
        .server_key = attempt->account->server_key,
    };

    sca_sentence(err, &facts, sentence);
    attempt->err = err;
    finish(attempt, SCA_EXIT_FAILED, sentence);
}

static void on_look(uv_timer_t *timer)
{
    struct attempt *attempt = timer->data;

    if (attempt->stopped != NULL && attempt->stopped()) {
        attempt->err = SCA_E_CANCELLED;
        finish(attempt, SCA_EXIT_FAILED, _("You stopped the log-in. Nothing was stored."));
    } else if (sca_now_ms() >= attempt->deadline_ms)
        finish(attempt, SCA_EXIT_FAILED,
               _("Nobody logged in within five minutes. Run the command again."));
}

/* ---- the code -------------------------------------------------------------------------------- */

static void on_token(void *arg, int err, const struct sca_secret *access, const char *detail)
{
    struct attempt *attempt = arg;

    (void)access;
    attempt->wait = NULL;
    if (err == 0)
        finish(attempt, SCA_EXIT_OK, _("You are logged in. You may close this window."));
    else if (err == SCA_E_REFUSED)
        finish_with_words(attempt,
                          _("The service did not accept the log-in. Run the command again: what "
                            "the browser brings is good for seconds only."),
                          detail);
    else if (err == SCA_E_IO)
        finish(attempt, SCA_EXIT_FAILED,
               _("The log-in could not be stored. Check the free disk space, then run the command "
                 "again."));
    else
        finish_with_err(attempt, err, detail);
}

static void on_back(void *arg, int err, const struct sca_secret *code, const char *words)
{
    struct attempt *attempt = arg;
    const struct sca_cloud_back *back = sca_browse_back(attempt->browse);
    const struct sca_cloud_login login = {
        .code = sca_secret_text(code),
        .redirect_uri = back->redirect_uri,
        .verifier = sca_secret_text(back->verifier),
    };

    if (err == SCA_E_NO_SCREEN)
        return; /* the address was printed, so a browser that cannot be opened is no failure */
    if (err == 0)
        err = sca_token_login(attempt->broker, attempt->account, &login, on_token, attempt,
                              &attempt->wait);
    if (err == SCA_E_REJECTED)
        finish(attempt, SCA_EXIT_FAILED, _("You did not let the program in. Nothing was stored."));
    else if (err == SCA_E_REFUSED)
        finish_with_words(attempt, _("The service did not let you log in."), words);
    else if (err != 0)
        finish_with_err(attempt, err, words);
}

/* ---- the page -------------------------------------------------------------------------------- */

/* @page: what find_page said, or NULL. */
static int show_page(struct attempt *attempt, const char *page)
{
    struct sca_cloud_account account = attempt->cloud_account;
    const struct sca_cloud_back *back = sca_browse_back(attempt->browse);
    const struct sca_screen screen = sca_cli_screen(attempt->cli);
    SCA_BUF_AUTO url;

    account.login_page = page;
    sca_buf_init(&url, URL_MAX);
    int err = attempt->account->provider->login_url(&account, back->redirect_uri, back->state,
                                                    back->challenge, &url);
    if (err == 0)
        err = sca_buf_add_u8(&url, '\0');
    if (err != 0)
        return err;
    printf("%s\n\n%s\n\n", _("Log in to the service in your browser, at this address:"),
           (char *)url.data);
    if (fflush(stdout) != 0)
        return SCA_E_IO;
    if (!attempt->no_browser && sca_screen_has_windows(&screen))
        (void)sca_browse_show(attempt->browse, &screen, (char *)url.data);
    return 0;
}

static void on_found(void *arg, const struct sca_flow_end *end)
{
    struct attempt *attempt = arg;
    int err = end->err == 0 ? show_page(attempt, end->page) : end->err;

    if (err != 0)
        finish_with_err(attempt, err, end->detail);
}

/* Some services say themselves where their page is. */
static int find_page(struct attempt *attempt)
{
    const struct sca_provider *provider = attempt->account->provider;
    const struct sca_flow_run_env env = {
        .loop = attempt->loop, .http = attempt->http, .secrets = attempt->secrets};
    const struct sca_flow_run_callbacks callbacks = {.arg = attempt, .done = on_found};
    struct sca_flow *flow = NULL;

    if (provider->find_page == NULL)
        return show_page(attempt, NULL);
    int err = provider->find_page(&attempt->cloud_account, &flow);
    return err != 0
               ? err
               : sca_flow_run_new(&env, attempt->account, flow, NULL, &callbacks, &attempt->search);
}

/* ---- the attempt ----------------------------------------------------------------------------- */

static int open_rooms(struct attempt *attempt)
{
    struct sca_flow_run_env env = {.loop = attempt->loop};

    int err = sca_http_new(attempt->loop, &attempt->http);
    if (err == 0)
        err = sca_secrets_new(attempt->loop, attempt->cli->paths, &attempt->secrets);
    env.http = attempt->http;
    env.secrets = attempt->secrets;
    if (err == 0)
        err = sca_token_broker_new(&env, attempt->cli->paths, &attempt->broker);
    return err;
}

static void run_attempt(struct attempt *attempt)
{
    int err = open_rooms(attempt);

    if (err == 0)
        err = sca_browse_new(attempt->loop, attempt->account->redirect_uri, on_back, attempt,
                             &attempt->browse);
    if (err == SCA_E_IO && attempt->browse == NULL && attempt->broker != NULL) {
        finish(attempt, SCA_EXIT_FAILED,
               _("The browser cannot come back to this computer: the port of redirect-uri is "
                 "taken. Close what uses it, or run the command again later."));
        return;
    }
    if (err == 0)
        err = find_page(attempt);
    if (err != 0) {
        finish_with_err(attempt, err, "");
        return;
    }
    attempt->deadline_ms = sca_now_ms() + LIMIT_MS;
    uv_timer_start(&attempt->limit, on_look, LOOK_MS, LOOK_MS);
    uv_run(attempt->loop, UV_RUN_DEFAULT);
}

static void close_rooms(struct attempt *attempt)
{
    sca_browse_free(attempt->browse);
    sca_flow_run_free(attempt->search);
    sca_token_broker_free(attempt->broker);
    sca_secrets_free(attempt->secrets);
    sca_http_free(attempt->http);
    uv_close((uv_handle_t *)&attempt->limit, NULL);
    uv_run(attempt->loop, UV_RUN_DEFAULT);
}

int sca_cli_log_in(const struct sca_cli *cli, const struct sca_config_account *account,
                   bool no_browser, bool (*stopped)(void))
{
    struct attempt attempt = {
        .cli = cli,
        .account = account,
        .no_browser = no_browser,
        .stopped = stopped,
        .cloud_account = sca_config_cloud_account(account),
        /* Stays for good: a browser that was started is among its handles until it ends. */
        .loop = uv_default_loop(),
    };

    if (attempt.loop == NULL) {
        (void)sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
        return SCA_E_NOMEM;
    }
    signal(SIGPIPE, SIG_IGN); /* a connection that breaks is an error, not a death */
    uv_timer_init(attempt.loop, &attempt.limit);
    attempt.limit.data = &attempt;
    run_attempt(&attempt);
    close_rooms(&attempt);
    if (attempt.status != SCA_EXIT_OK) {
        (void)sca_cli_fail("%s", attempt.sentence);
        return attempt.err;
    }
    printf("%s\n", _("You are logged in. Fetching your certificates."));
    return 0;
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"no-browser", no_argument, NULL, 'n'}, {0}};
    bool no_browser = false;
    int option = sca_cli_option(&sca_command_login, argc, argv, options);

    while (option == 'n') {
        no_browser = true;
        option = sca_cli_option(&sca_command_login, argc, argv, options);
    }
    if (option != -1)
        return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
    if (argc - optind != 1)
        return sca_cli_usage(&sca_command_login, _("Name one account."));
    const struct sca_config_account *account = sca_config_account(cli->config, argv[optind]);
    if (account == NULL)
        return sca_cli_fail(_("There is no account \"%s\" in the configuration."), argv[optind]);
    if (account->provider->login_url == NULL)
        return sca_cli_fail(_("Account \"%s\" (%s) needs no log-in in a browser."), account->name,
                            account->provider->title);
    int err = sca_cli_log_in(cli, account, no_browser, NULL);
    return err == 0 ? sca_cli_refresh(cli, account->name) : SCA_EXIT_FAILED;
}

const struct sca_command sca_command_login = {
    .name = "login",
    .summary = N_("log in to a service in the browser"),
    .help = N_("Usage: smartca login [--no-browser] ACCOUNT\n"
               "\n"
               "Opens the log-in page of the account's service in your browser, waits up to five "
               "minutes for\n"
               "you to log in there, and stores what lasts for the agent. Nothing is signed and "
               "nothing is\n"
               "paid. The address of the page is printed, too.\n"
               "\n"
               "      --no-browser   only print the address\n"
               "  -h, --help         this text"),
    .run = run,
};
