/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One account against its service. Runs the listing flow on a loop of its own, so that what is
 * checked is the service and the settings, not what the agent remembers of them.
 */
#include <openssl/x509.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>
#include "agent/credential.h"
#include "agent/flow_run.h"
#include "agent/sentence.h"
#include "agent/token_broker.h"
#include "cloud/http.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "doctor.h"

#define SENTENCE_SIZE     1024
#define LIMIT_MS          30000
#define CLOCK_SLACK_S     60 /* for a phone confirmation; a one-time code lives 30 s */
#define CLOCK_SLACK_OTP_S 10
#define EXPIRY_WARNING_S  (30 * 86400)

struct visit {
    uv_loop_t loop;
    uv_timer_t limit;
    struct sca_flow_run *run;
    const struct sca_config_account *account;
    struct sca_report *report;
    struct sca_credentials *credentials; /* NULL unless the listing came */
    bool over;
};

static void add(const struct visit *visit, enum sca_verdict verdict, const char *id,
                const char *sentence, const char *remedy)
{
    SCA_TEXT_AUTO text = NULL;
    if (asprintf(&text, "%s: %s", visit->account->name, sentence) < 0)
        text = NULL;
    sca_report_add(visit->report, verdict, id, text ? text : sentence, remedy);
}

static void check_clock(const struct visit *visit, int64_t date_utc)
{
    if (date_utc == 0)
        return;
    int64_t apart = sca_now_utc() - date_utc;
    int64_t slack =
        visit->account->provider->caps & SCA_CAP_OTP ? CLOCK_SLACK_OTP_S : CLOCK_SLACK_S;
    char sentence[SENTENCE_SIZE];
    if (apart >= -slack && apart <= slack) {
        add(visit, SCA_VERDICT_GOOD, "clock", _("This computer's clock agrees with the service's."),
            NULL);
        return;
    }
    snprintf(sentence, sizeof(sentence), _("This computer's clock is %lld s off the service's."),
             (long long)apart);
    add(visit, SCA_VERDICT_BAD, "clock", sentence,
        _("Set the clock right, best by a time service: timedatectl set-ntp true"));
}

static void report_failure(const struct visit *visit, const struct sca_flow_end *end)
{
    char sentence[SCA_SENTENCE_SIZE];
    const struct sca_sentence_facts facts = {.account = visit->account->name,
                                             .service = visit->account->provider->title,
                                             .host = visit->account->url,
                                             .detail = end->detail,
                                             .tries = end->tries,
                                             .server_key = visit->account->server_key,
                                             .settings = visit->account->provider->needs |
                                                         visit->account->provider->uses};
    sca_sentence(end->err, &facts, sentence);
    add(visit, SCA_VERDICT_BAD, sca_err_name(end->err), sentence, NULL);
}

static void visit_over(void *arg, const struct sca_flow_end *end)
{
    struct visit *visit = arg;
    visit->over = true;
    if (end->err) {
        report_failure(visit, end);
    } else {
        add(visit, SCA_VERDICT_GOOD, "service",
            _("The service is reached, trusted, and knows this account."), NULL);
        (void)sca_credentials_from_listing(visit->account, end->listing, sca_now_utc(),
                                           &visit->credentials);
    }
    check_clock(visit, end->date_utc);
    uv_stop(&visit->loop);
}

static void limit_reached(uv_timer_t *timer)
{
    struct visit *visit = timer->data;
    const struct sca_flow_end end = {.err = SCA_E_TIMEOUT, .detail = ""};
    if (!visit->over)
        report_failure(visit, &end);
    visit->over = true;
    uv_stop(&visit->loop);
}

/* Each certificate of the chain is signed by the next one. */
static bool chain_holds(const struct sca_credential *credential)
{
    bool holds = credential->chain_count > 0;
    const struct sca_buf *below = &credential->der;
    for (size_t i = 0; i < credential->chain_count && holds; i++) {
        const unsigned char *lower = below->data;
        const unsigned char *upper = credential->chain[i].data;
        X509 *subject = d2i_X509(NULL, &lower, (long)below->len);
        X509 *issuer = d2i_X509(NULL, &upper, (long)credential->chain[i].len);
        EVP_PKEY *key = issuer ? X509_get0_pubkey(issuer) : NULL;
        holds = subject && key && X509_verify(subject, key) == 1;
        X509_free(subject);
        X509_free(issuer);
        below = &credential->chain[i];
    }
    return holds;
}

static void check_expiry(const struct visit *visit, const struct sca_credential *credential)
{
    char sentence[SENTENCE_SIZE];
    int64_t left_s = credential->not_after_utc - sca_now_utc();
    long long days = (long long)(left_s / 86400);
    if (left_s <= 0) {
        snprintf(sentence, sizeof(sentence), _("The certificate of %s (%s) has expired."),
                 credential->holder, credential->serial);
        add(visit, SCA_VERDICT_BAD, "expiry", sentence,
            _("Renew it with the provider, then run: smartca refresh"));
    } else if (credential->blocked) {
        snprintf(sentence, sizeof(sentence),
                 _("The certificate of %s (%s) is revoked or suspended."), credential->holder,
                 credential->serial);
        add(visit, SCA_VERDICT_BAD, "status", sentence, _("Ask the provider."));
    } else if (left_s < EXPIRY_WARNING_S) {
        snprintf(sentence, sizeof(sentence), _("The certificate of %s (%s) expires in %lld days."),
                 credential->holder, credential->serial, days);
        add(visit, SCA_VERDICT_WARNING, "expiry", sentence, _("Renew it with the provider."));
    } else {
        snprintf(sentence, sizeof(sentence), _("The certificate of %s (%s) is good for %lld days."),
                 credential->holder, credential->serial, days);
        add(visit, SCA_VERDICT_GOOD, "expiry", sentence, NULL);
    }
}

static void check_credentials(const struct visit *visit)
{
    if (visit->credentials->count == 0)
        add(visit, SCA_VERDICT_BAD, "certificates", _("The account has no certificate."),
            _("Check user-id and serial-number, or ask the provider for a certificate."));
    for (size_t i = 0; i < visit->credentials->count; i++) {
        const struct sca_credential *credential = &visit->credentials->items[i];
        check_expiry(visit, credential);
        if (!chain_holds(credential))
            add(visit, SCA_VERDICT_WARNING, "chain",
                _("The service did not send the whole chain of the certificate."),
                _("Programs may need the provider's CA certificates installed by hand."));
    }
}

/* The loop of one visit; returns enum sca_err when it could not even begin. */
static int run_visit(const struct sca_cli *cli, struct visit *visit)
{
    const struct sca_config_account *account = visit->account;
    const struct sca_cloud_account cloud = sca_config_cloud_account(account);
    struct sca_flow_run_env env = {.loop = &visit->loop};
    struct sca_token_broker *broker = NULL;
    struct sca_flow *flow = NULL;
    signal(SIGPIPE, SIG_IGN); /* a connection that breaks is an error, not a death */
    int err = sca_http_new(&visit->loop, &env.http);
    if (!err)
        err = sca_secrets_new(&visit->loop, cli->paths, &env.secrets);
    if (!err)
        err = sca_token_broker_new(&env, cli->paths, &broker);
    if (!err)
        err = account->provider->list(&cloud, &flow);
    if (!err) {
        env.tokens = sca_token_broker_door(broker);
        const struct sca_flow_run_callbacks callbacks = {.arg = visit, .done = visit_over};
        err = sca_flow_run_new(&env, account, flow, NULL, &callbacks, &visit->run);
    }
    if (!err)
        uv_run(&visit->loop, UV_RUN_DEFAULT);
    sca_flow_run_free(visit->run);
    sca_token_broker_free(broker);
    sca_secrets_free(env.secrets);
    sca_http_free(env.http);
    return err;
}

void sca_doctor_account(const struct sca_cli *cli, const struct sca_config_account *account,
                        struct sca_report *report)
{
    struct visit visit = {.account = account, .report = report};
    if (uv_loop_init(&visit.loop))
        return;
    uv_timer_init(&visit.loop, &visit.limit);
    visit.limit.data = &visit;
    uv_timer_start(&visit.limit, limit_reached, LIMIT_MS, 0);
    int err = run_visit(cli, &visit);
    if (err) {
        const struct sca_flow_end end = {.err = err, .detail = ""};
        report_failure(&visit, &end);
    }
    uv_close((uv_handle_t *)&visit.limit, NULL);
    uv_run(&visit.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&visit.loop);
    if (visit.credentials)
        check_credentials(&visit);
    sca_credentials_free(visit.credentials);
}
