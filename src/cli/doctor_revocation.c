/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSP. The answer's signature is not checked: nothing is decided by it, it is shown to the person.
 * Only http: addresses are asked, which is what certificates have.
 */
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include "common/text.h"
#include "doctor.h"
#include "fetch.h"

#define SENTENCE_SIZE 1024
#define LIMIT_S       8
#define ANSWER_MAX    (64 * 1024)

static void add(const struct sca_config_account *account, enum sca_verdict verdict,
                const char *sentence, const char *remedy, const char *command,
                struct sca_report *report)
{
    sca_report_add(report, &(struct sca_finding){.verdict = verdict,
                                                 .check = "revocation",
                                                 .account = account->name,
                                                 .sentence = sentence,
                                                 .remedy = remedy,
                                                 .command = command});
}

static X509 *parse(const struct sca_bytes *der)
{
    const unsigned char *bytes = der->data;
    return d2i_X509(NULL, &bytes, (long)der->len);
}

static OCSP_RESPONSE *ask(const char *url, OCSP_REQUEST *request)
{
    SCA_BUF_AUTO body = {0};
    unsigned char *der = NULL;
    const int len = i2d_OCSP_REQUEST(request, &der);
    OCSP_RESPONSE *answer = NULL;

    if (len <= 0)
        return NULL;
    const struct sca_fetch wanted = {.url = url,
                                     .post = {der, (size_t)len},
                                     .media = "application/ocsp-request",
                                     .most_bytes = ANSWER_MAX,
                                     .limit_s = LIMIT_S};
    if (sca_fetch(&wanted, &body) == 0) {
        const unsigned char *bytes = body.data;
        answer = d2i_OCSP_RESPONSE(NULL, &bytes, (long)body.len);
    }
    OPENSSL_free(der);
    return answer;
}

/* V_OCSP_CERTSTATUS_*, or -1 when nobody says. Takes over @id. */
static int status_of(const char *url, OCSP_CERTID *id)
{
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_RESPONSE *answer = NULL;
    OCSP_BASICRESP *basic = NULL;
    int status = -1;
    OCSP_CERTID *kept = OCSP_CERTID_dup(id);

    if (request && kept && OCSP_request_add0_id(request, id))
        answer = ask(url, request);
    else
        OCSP_CERTID_free(id);
    if (answer && OCSP_response_status(answer) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        basic = OCSP_response_get1_basic(answer);
    if (basic && !OCSP_resp_find_status(basic, kept, &status, NULL, NULL, NULL, NULL))
        status = -1;
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(answer);
    OCSP_CERTID_free(kept);
    OCSP_REQUEST_free(request);
    return status;
}

static void report_status(const struct sca_config_account *account, const char *url, int status,
                          struct sca_report *report)
{
    char shown[256];
    char sentence[SENTENCE_SIZE];

    sca_text_printable(url, shown, sizeof shown);
    if (status == V_OCSP_CERTSTATUS_GOOD) {
        snprintf(sentence, sizeof sentence,
                 _("The issuer's status service %s says that the certificate holds."), shown);
        add(account, SCA_VERDICT_GOOD, sentence, NULL, NULL, report);
    } else if (status == V_OCSP_CERTSTATUS_REVOKED) {
        snprintf(sentence, sizeof sentence,
                 _("The issuer's status service %s says that the certificate is revoked."), shown);
        add(account, SCA_VERDICT_BAD, sentence,
            _("Ask the provider for a new certificate, then run:"), "smartca refresh", report);
    } else {
        snprintf(sentence, sizeof sentence,
                 _("The issuer's status service %s does not answer: who checks your signatures may "
                   "see a warning."),
                 shown);
        add(account, SCA_VERDICT_WARNING, sentence,
            _("Check network and proxy; if others cannot reach it either, it comes back by "
              "itself. Then run:"),
            "smartca doctor", report);
    }
}

void sca_doctor_revocation(const struct sca_config_account *account,
                           const struct sca_credential *credential, struct sca_report *report)
{
    if (credential->chain_count == 0)
        return; /* the chain has a line of its own */
    X509 *subject = parse(&credential->der);
    X509 *issuer = parse(&credential->chain[0]);
    STACK_OF(OPENSSL_STRING) *urls = subject ? X509_get1_ocsp(subject) : NULL;
    OCSP_CERTID *id = urls && issuer && sk_OPENSSL_STRING_num(urls) > 0
                          ? OCSP_cert_to_id(NULL, subject, issuer)
                          : NULL;

    if (id) {
        const char *url = sk_OPENSSL_STRING_value(urls, 0);
        report_status(account, url, status_of(url, id), report);
    }
    X509_email_free(urls);
    X509_free(issuer);
    X509_free(subject);
}
