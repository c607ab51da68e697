/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The issuer's list of revoked certificates (CRL, RFC 5280 sections 4.2.1.13 and 5), which programs
 * fetch that check signatures: whether it is there, the issuer's, fresh, and what it says.
 */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>
#include "agent/x509.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "doctor.h"
#include "fetch.h"

#define SENTENCE_SIZE 1024
#define LIMIT_S       15
#define LIST_MAX      (32u * 1024 * 1024)
#define ADDRESSES_MAX 2 /* of one certificate; each says the same */

enum list_state { LIST_ABSENT, LIST_FOREIGN, LIST_OLD, LIST_NAMES_IT, LIST_GOOD };

/* ---- the addresses in the certificate ------------------------------------------------------ */

struct addresses {
    char *items[ADDRESSES_MAX];
    size_t count;
};

static void keep_address(const GENERAL_NAME *name, struct addresses *addresses)
{
    if (name->type != GEN_URI || addresses->count == ADDRESSES_MAX)
        return;
    const ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
    char *text = strndup((const char *)ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri));
    if (text && strncasecmp(text, "http://", 7) == 0)
        addresses->items[addresses->count++] = text;
    else
        free(text); /* LDAP: programs leave that aside, too */
}

static void find_addresses(const X509 *subject, struct addresses *addresses)
{
    CRL_DIST_POINTS *points = X509_get_ext_d2i(subject, NID_crl_distribution_points, NULL, NULL);

    for (int i = 0; points && i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT *point = sk_DIST_POINT_value(points, i);
        /* One with another issuer, or by a name relative to it, is not the usual list. */
        if (point->CRLissuer || !point->distpoint || point->distpoint->type != 0)
            continue;
        const GENERAL_NAMES *names = point->distpoint->name.fullname;
        for (int k = 0; k < sk_GENERAL_NAME_num(names); k++)
            keep_address(sk_GENERAL_NAME_value(names, k), addresses);
    }
    CRL_DIST_POINTS_free(points);
}

/* ---- the list ------------------------------------------------------------------------------ */

static X509_CRL *fetch(const char *url)
{
    SCA_BUF_AUTO body = {0};
    const struct sca_fetch wanted = {.url = url, .most_bytes = LIST_MAX, .limit_s = LIMIT_S};

    if (sca_fetch(&wanted, &body) != 0)
        return NULL;
    const unsigned char *bytes = body.data;
    return d2i_X509_CRL(NULL, &bytes, (long)body.len);
}

/* What cannot be fetched is not tried again either: that may take long. Borrowed; may be NULL. */
static X509_CRL *list_at(const char *url, struct sca_report *report)
{
    for (size_t i = 0; i < SCA_KEPT_LISTS; i++) {
        if (report->lists[i].url && sca_streq(report->lists[i].url, url))
            return report->lists[i].list;
    }
    struct sca_kept_list *kept = &report->lists[report->next_list++ % SCA_KEPT_LISTS];
    free(kept->url);
    X509_CRL_free(kept->list);
    kept->list = fetch(url);
    kept->url = strdup(url);
    return kept->list;
}

void sca_doctor_crl_clear(struct sca_report *report)
{
    for (size_t i = 0; i < SCA_KEPT_LISTS; i++) {
        free(report->lists[i].url);
        X509_CRL_free(report->lists[i].list);
    }
}

/* Whether something came that is no list makes no difference to who checks: LIST_ABSENT. */
static enum list_state state_of(X509_CRL *list, X509 *subject, const X509 *issuer)
{
    enum list_state state = LIST_ABSENT;
    time_t now = (time_t)sca_now_utc();

    if (list) {
        const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
        X509_REVOKED *entry = NULL;
        if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) != 0 ||
            X509_CRL_verify(list, X509_get0_pubkey(issuer)) != 1)
            state = LIST_FOREIGN;
        else if (X509_CRL_get0_by_cert(list, &entry, subject) == 1)
            state = LIST_NAMES_IT;
        else
            state = next && X509_cmp_time(next, &now) < 0 ? LIST_OLD : LIST_GOOD;
    }
    return state;
}

/* ---- what is said of it -------------------------------------------------------------------- */

static const struct {
    enum sca_verdict verdict;
    const char *sentence; /* %s: the address */
    const char *remedy;
    const char *command;
} said[] = {
    [LIST_ABSENT] = {SCA_VERDICT_WARNING,
                     N_("The issuer's list of revoked certificates %s cannot be fetched: who "
                        "checks your signatures may see a warning."),
                     N_("Check network and proxy; if others cannot reach it either, it comes back "
                        "by itself. Then run:"),
                     "smartca doctor"},
    [LIST_FOREIGN] = {SCA_VERDICT_WARNING,
                      N_("The list of revoked certificates %s is not signed by the issuer: who "
                         "checks your signatures may see a warning."),
                      N_("Tell the provider. When it is mended, run:"), "smartca doctor"},
    [LIST_OLD] = {SCA_VERDICT_WARNING,
                  N_("The issuer's list of revoked certificates %s is out of date: who checks your "
                     "signatures may see a warning."),
                  N_("Where this computer's clock is right, tell the provider. When it is mended, "
                     "run:"),
                  "smartca doctor"},
    [LIST_NAMES_IT] = {SCA_VERDICT_BAD,
                       N_("The issuer's list of revoked certificates %s says that the certificate "
                          "is revoked."),
                       N_("Ask the provider for a new certificate, then run:"), "smartca refresh"},
    [LIST_GOOD] = {SCA_VERDICT_GOOD,
                   N_("The issuer's list of revoked certificates %s is fresh, and the certificate "
                      "is not in it."),
                   NULL, NULL},
};

static void report_state(const struct sca_config_account *account, const char *url,
                         enum list_state state, struct sca_report *report)
{
    char shown[256];
    char sentence[SENTENCE_SIZE];
    const char *text = _(said[state].sentence);
    const char *place = strstr(text, "%s");

    sca_text_printable(url, shown, sizeof shown);
    snprintf(sentence, sizeof sentence, "%.*s%s%s", (int)(place - text), text, shown, place + 2);
    sca_report_add(
        report, &(struct sca_finding){.verdict = said[state].verdict,
                                      .check = "revocation-list",
                                      .account = account->name,
                                      .sentence = sentence,
                                      .remedy = said[state].remedy ? _(said[state].remedy) : NULL,
                                      .command = said[state].command});
}

void sca_doctor_crl(const struct sca_config_account *account,
                    const struct sca_credential *credential, struct sca_report *report)
{
    struct addresses addresses = {.count = 0};
    SCA_X509_AUTO subject = NULL;
    SCA_X509_AUTO issuer = NULL;

    if (credential->chain_count == 0)
        return; /* the chain has a line of its own */
    if (sca_x509_parse((struct sca_bytes){credential->der.data, credential->der.len}, &subject) ||
        sca_x509_parse((struct sca_bytes){credential->chain[0].data, credential->chain[0].len},
                       &issuer))
        return;
    find_addresses(subject, &addresses);
    enum list_state state = LIST_ABSENT;
    size_t at = 0;
    for (size_t i = 0; i < addresses.count && state == LIST_ABSENT; i++) {
        state = state_of(list_at(addresses.items[i], report), subject, issuer);
        at = i;
    }
    if (addresses.count > 0)
        report_state(account, addresses.items[at], state, report);
    for (size_t i = 0; i < addresses.count; i++)
        free(addresses.items[i]);
}
