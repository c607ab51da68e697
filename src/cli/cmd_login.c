/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca login: has the person log in to an account's service in their browser. The browser brings
 * a code back to this computer; it is exchanged at once, because it is good for seconds only, and
 * what lasts is stored where the agent finds it.
 *
 * The state shows that the code comes out of this log-in, the verifier (PKCE) that it comes to the
 * program that began it. Source: RFC 6749 section 4.1, RFC 7636, RFC 8252.
 */
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "agent/sentence.h"
#include "agent/token_broker.h"
#include "cli.h"
#include "cloud/http.h"
#include "common/err.h"
#include "common/text.h"
#include "loopback.h"

#define LIMIT_MS     (5 * 60 * 1000)
#define RANDOM_SIZE  32
#define RANDOM_TEXT  44 /* base64url of 32 bytes without padding, and NUL */
#define URL_MAX      8192u
#define ANY_REDIRECT "http://127.0.0.1/smartca"

/* One log-in, from the page to what is stored. */
struct attempt {
    const struct sca_cli *cli;
    const struct sca_config_account *account;
    struct sca_redirect redirect;
    bool no_browser;
    char state[RANDOM_TEXT];
    char verifier[RANDOM_TEXT];
    uv_loop_t loop;
    uv_timer_t limit;
    struct sca_http *http;
    struct sca_secrets *secrets;
    struct sca_token_broker *broker;
    struct sca_token_wait *wait;
    struct sca_flow_run *search; /* for the page */
    struct sca_cloud_account cloud_account;
    struct sca_loopback *loopback;
    int status; /* enum sca_exit */
    char sentence[SCA_SENTENCE_SIZE];
};

/* ---- random and challenge -------------------------------------------------------------------- */

/* RFC 4648 section 5, without padding. */
static void base64url(const uint8_t bytes[static RANDOM_SIZE], char ret_text[static RANDOM_TEXT])
{
    unsigned char text[RANDOM_TEXT + 1];

    EVP_EncodeBlock(text, bytes, RANDOM_SIZE);
    for (size_t i = 0; i < RANDOM_TEXT - 1; i++) {
        ret_text[i] = (char)text[i];
        if (text[i] == '+')
            ret_text[i] = '-';
        if (text[i] == '/')
            ret_text[i] = '_';
    }
    ret_text[RANDOM_TEXT - 1] = '\0';
    sca_wipe(text, sizeof text);
}

static bool random_text(char ret_text[static RANDOM_TEXT])
{
    uint8_t bytes[RANDOM_SIZE];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    base64url(bytes, ret_text);
    sca_wipe(bytes, sizeof bytes);
    return true;
}

static bool challenge_of(const char *verifier, char ret_challenge[static RANDOM_TEXT])
{
    uint8_t digest[RANDOM_SIZE];

    if (EVP_Digest(verifier, strlen(verifier), digest, NULL, EVP_sha256(), NULL) != 1)
        return false;
    base64url(digest, ret_challenge);
    return true;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Said in the browser, where one is back, and by the command itself. */
static void finish(struct attempt *attempt, int status, const char *sentence)
{
    attempt->status = status;
    snprintf(attempt->sentence, sizeof attempt->sentence, "%s", sentence);
    sca_loopback_answer(attempt->loopback, attempt->sentence);
    sca_loopback_free(attempt->loopback);
    attempt->loopback = NULL;
    uv_timer_stop(&attempt->limit);
    uv_stop(&attempt->loop);
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
    };

    sca_sentence(err, &facts, sentence);
    finish(attempt, SCA_EXIT_FAILED, sentence);
}

static void on_limit(uv_timer_t *timer)
{
    finish(timer->data, SCA_EXIT_FAILED,
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
    const struct sca_cloud_login login = {
        .code = sca_secret_text(code),
        .redirect_uri = sca_loopback_uri(attempt->loopback),
        .verifier = attempt->verifier,
    };

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

static void on_exit_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_browser_exit(uv_process_t *process, int64_t status, int signal)
{
    (void)status;
    (void)signal;
    uv_close((uv_handle_t *)process, on_exit_closed);
}

/* The address was printed, so a browser that cannot be opened is no failure. */
static void open_browser(struct attempt *attempt, char *url)
{
    static char program[] = "xdg-open";
    char *args[] = {program, url, NULL};
    uv_stdio_container_t nothing[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
    const uv_process_options_t options = {
        .exit_cb = on_browser_exit,
        .file = program,
        .args = args,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = nothing,
    };
    uv_process_t *process = calloc(1, sizeof *process);

    if (process == NULL)
        return;
    if (uv_spawn(&attempt->loop, process, &options) != 0)
        uv_close((uv_handle_t *)process, on_exit_closed);
    else
        uv_unref((uv_handle_t *)process);
}

static bool has_screen(void)
{
    const char *display = secure_getenv("DISPLAY");
    const char *wayland = secure_getenv("WAYLAND_DISPLAY");

    return (display != NULL && *display != '\0') || (wayland != NULL && *wayland != '\0');
}

/* @page: what find_page said, or NULL. */
static int show_page(struct attempt *attempt, const char *page)
{
    struct sca_cloud_account account = attempt->cloud_account;
    char challenge[RANDOM_TEXT];
    SCA_BUF_AUTO url;

    account.login_page = page;
    sca_buf_init(&url, URL_MAX);
    if (!challenge_of(attempt->verifier, challenge))
        return SCA_E_NOMEM;
    int err = attempt->account->provider->login_url(&account, sca_loopback_uri(attempt->loopback),
                                                    attempt->state, challenge, &url);
    if (err == 0)
        err = sca_buf_add_u8(&url, '\0');
    if (err != 0)
        return err;
    printf("%s\n\n%s\n\n", _("Log in to the service in your browser, at this address:"),
           (char *)url.data);
    if (fflush(stdout) != 0)
        return SCA_E_IO;
    if (!attempt->no_browser && has_screen())
        open_browser(attempt, (char *)url.data);
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
        .loop = &attempt->loop, .http = attempt->http, .secrets = attempt->secrets};
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
    struct sca_flow_run_env env = {.loop = &attempt->loop};

    if (!random_text(attempt->state) || !random_text(attempt->verifier))
        return SCA_E_IO;
    int err = sca_http_new(&attempt->loop, &attempt->http);
    if (err == 0)
        err = sca_secrets_new(&attempt->loop, attempt->cli->paths, &attempt->secrets);
    env.http = attempt->http;
    env.secrets = attempt->secrets;
    if (err == 0)
        err = sca_token_broker_new(&env, attempt->cli->paths, &attempt->broker);
    return err;
}

static void run_attempt(struct attempt *attempt)
{
    int err = open_rooms(attempt);

    if (err == 0 && sca_loopback_new(&attempt->loop, &attempt->redirect, attempt->state, on_back,
                                     attempt, &attempt->loopback) != 0) {
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
    uv_timer_start(&attempt->limit, on_limit, LIMIT_MS, 0);
    uv_run(&attempt->loop, UV_RUN_DEFAULT);
}

static void close_rooms(struct attempt *attempt)
{
    sca_loopback_free(attempt->loopback);
    sca_flow_run_free(attempt->search);
    sca_token_broker_free(attempt->broker);
    sca_secrets_free(attempt->secrets);
    sca_http_free(attempt->http);
    uv_close((uv_handle_t *)&attempt->limit, NULL);
    uv_run(&attempt->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&attempt->loop);
    sca_wipe(attempt->verifier, sizeof attempt->verifier);
}

static int log_in(const struct sca_cli *cli, const struct sca_config_account *account,
                  bool no_browser)
{
    struct attempt attempt = {
        .cli = cli,
        .account = account,
        .no_browser = no_browser,
        .cloud_account = sca_config_cloud_account(account),
    };
    const char *redirect = account->redirect_uri != NULL ? account->redirect_uri : ANY_REDIRECT;

    if (sca_redirect_parse(redirect, &attempt.redirect) != 0 || uv_loop_init(&attempt.loop) != 0)
        return sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
    signal(SIGPIPE, SIG_IGN); /* a connection that breaks is an error, not a death */
    uv_timer_init(&attempt.loop, &attempt.limit);
    attempt.limit.data = &attempt;
    run_attempt(&attempt);
    close_rooms(&attempt);
    if (attempt.status != SCA_EXIT_OK)
        return sca_cli_fail("%s", attempt.sentence);
    printf("%s\n", _("You are logged in. Fetching your certificates."));
    return sca_cli_refresh(cli, account->name);
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
    return log_in(cli, account, no_browser);
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
