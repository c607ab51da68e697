/* SPDX-License-Identifier: Apache-2.0 */
/* One account against its service: what a visit there says. */
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "doctor.h"
#include "visit.h"

#define SENTENCE_SIZE     1024
#define CLOCK_SLACK_S     60 /* for a phone confirmation; a one-time code lives 30 s */
#define CLOCK_SLACK_OTP_S 10
#define EXPIRY_WARNING_S  (30 * 86400)

struct check {
    const struct sca_cli *cli;
    const struct sca_config_account *account;
    struct sca_report *report;
};

static void add(const struct check *check, enum sca_verdict verdict, const char *id,
                const char *sentence, const char *remedy, const char *command)
{
    sca_report_add(check->report, &(struct sca_finding){.verdict = verdict,
                                                        .check = id,
                                                        .account = check->account->name,
                                                        .sentence = sentence,
                                                        .remedy = remedy,
                                                        .command = command});
}

static void check_clock(const struct check *check, int64_t date_utc)
{
    if (date_utc == 0)
        return;
    int64_t apart = sca_now_utc() - date_utc;
    int64_t slack =
        check->account->provider->caps & SCA_CAP_OTP ? CLOCK_SLACK_OTP_S : CLOCK_SLACK_S;
    char sentence[SENTENCE_SIZE];
    if (apart >= -slack && apart <= slack) {
        add(check, SCA_VERDICT_GOOD, "clock", _("This computer's clock agrees with the service's."),
            NULL, NULL);
        return;
    }
    snprintf(sentence, sizeof(sentence), _("This computer's clock is %lld s off the service's."),
             (long long)apart);
    add(check, SCA_VERDICT_BAD, "clock", sentence,
        _("Set the clock right, best by a time service:"), "timedatectl set-ntp true");
}

/* Each certificate of the chain is signed by the next one. */
static bool chain_holds(const struct sca_credential *credential)
{
    bool holds = credential->chain_count > 0;
    const struct sca_bytes *below = &credential->der;
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

static void check_expiry(const struct check *check, const struct sca_credential *credential)
{
    char sentence[SENTENCE_SIZE];
    int64_t left_s = credential->not_after_utc - sca_now_utc();
    long long days = (long long)(left_s / 86400);
    if (left_s <= 0) {
        snprintf(sentence, sizeof(sentence), _("The certificate of %s (%s) has expired."),
                 credential->holder, credential->serial);
        add(check, SCA_VERDICT_BAD, "expiry", sentence, _("Renew it with the provider, then run:"),
            "smartca refresh");
    } else if (credential->blocked) {
        snprintf(sentence, sizeof(sentence),
                 _("The certificate of %s (%s) is revoked or suspended."), credential->holder,
                 credential->serial);
        add(check, SCA_VERDICT_BAD, "status", sentence,
            _("Ask the provider to release or renew it, then run:"), "smartca refresh");
    } else if (left_s < EXPIRY_WARNING_S) {
        snprintf(sentence, sizeof(sentence), _("The certificate of %s (%s) expires in %lld days."),
                 credential->holder, credential->serial, days);
        add(check, SCA_VERDICT_WARNING, "expiry", sentence,
            _("Renew it with the provider in time, then run:"), "smartca refresh");
    } else {
        snprintf(sentence, sizeof(sentence), _("The certificate of %s (%s) is good for %lld days."),
                 credential->holder, credential->serial, days);
        add(check, SCA_VERDICT_GOOD, "expiry", sentence, NULL, NULL);
    }
}

static void check_credentials(const struct check *check, const struct sca_credentials *credentials)
{
    if (credentials->count == 0) {
        struct sca_way_out out;
        sca_doctor_way_out(check->cli, check->account, SCA_E_NO_CERT, &out);
        add(check, SCA_VERDICT_BAD, "certificates", _("The account has no certificate."),
            out.remedy, out.command);
    }
    for (size_t i = 0; i < credentials->count; i++) {
        const struct sca_credential *credential = &credentials->items[i];
        check_expiry(check, credential);
        if (chain_holds(credential))
            add(check, SCA_VERDICT_GOOD, "chain", _("The chain of the certificate is complete."),
                NULL, NULL);
        else
            add(check, SCA_VERDICT_WARNING, "chain",
                _("The service did not send the whole chain of the certificate."),
                _("Programs may need the provider's CA certificates installed by hand."), NULL);
        sca_doctor_revocation(check->account, credential, check->report);
        sca_doctor_crl(check->account, credential, check->report);
    }
}

static void check_session(const struct check *check, const struct sca_credentials *credentials)
{
    bool possible = false;
    for (size_t i = 0; i < credentials->count; i++)
        possible |= sca_credential_session(&credentials->items[i], check->account) != 0;
    if (check->account->session_signatures == 0 || credentials->count == 0)
        return;
    if (possible)
        add(check, SCA_VERDICT_GOOD, "session",
            _("One confirmation can be good for several signatures."), NULL, NULL);
    else if ((check->account->provider->caps & SCA_CAP_CONSENT) != 0)
        add(check, SCA_VERDICT_BAD, "session",
            _("\"session\" does nothing, because you type a password or code for each signature."),
            _("Set password and totp-secret of this account in the configuration file, or remove "
              "the line \"session\"."),
            NULL);
    else
        add(check, SCA_VERDICT_BAD, "session",
            _("\"session\" does nothing, because the service binds every confirmation to its "
              "documents."),
            _("Remove the line \"session\" of this account from the configuration file."), NULL);
}

void sca_doctor_account(const struct sca_cli *cli, const struct sca_config_account *account,
                        struct sca_report *report)
{
    struct sca_visit visit = {0};
    const struct check check = {cli, account, report};
    const enum sca_way way = sca_doctor_way(account, report);
    sca_visit(cli->paths, account, true, NULL, &visit);
    if (visit.date_utc != 0) /* an answer came, over a connection that was verified */
        add(&check, SCA_VERDICT_GOOD, "tls", _("The connection to the service is safe."), NULL,
            NULL);
    if (visit.err)
        sca_doctor_failure(cli, account, way, &visit, report);
    else
        add(&check, SCA_VERDICT_GOOD, "service",
            _("The service is reached, trusted, and knows this account."), NULL, NULL);
    check_clock(&check, visit.date_utc);
    if (visit.credentials) {
        check_credentials(&check, visit.credentials);
        check_session(&check, visit.credentials);
    }
    sca_visit_clear(&visit);
}
