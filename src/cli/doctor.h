/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of `smartca doctor` share: a report to which every check adds one finding.
 */
#ifndef SCA_CLI_DOCTOR_H
#define SCA_CLI_DOCTOR_H

#include <openssl/types.h>
#include "cli.h"
#include "visit.h"

enum sca_verdict {
    SCA_VERDICT_GOOD,
    SCA_VERDICT_WARNING, /* works now; should be seen to */
    SCA_VERDICT_BAD,
};

/* Texts are copied or printed at once; all but check and sentence may be NULL. */
struct sca_finding {
    enum sca_verdict verdict;
    const char *check;    /* a stable word, for JSON */
    const char *account;  /* whose it is */
    const char *sentence; /* what was found */
    const char *remedy;   /* what to do about it, a sentence */
    const char *command;  /* what to run for it, as it is */
    const char *detail; /* the library's or service's own words, in whatever language: JSON only */
};

/* A list of revoked certificates as it came: many certificates name the same one. */
struct sca_kept_list {
    char *url;      /* NULL: none is kept here */
    X509_CRL *list; /* NULL: it could not be fetched */
};
#define SCA_KEPT_LISTS 4

struct sca_report {
    json_t *checks; /* NULL: printed as they come */
    size_t columns; /* to break lines at; 0: not */
    bool bad;
    size_t account_bad; /* findings of that verdict that name an account */
    struct sca_kept_list lists[SCA_KEPT_LISTS];
    unsigned next_list; /* where the next one is kept, instead of the oldest */
};

void sca_report_add(struct sca_report *report, const struct sca_finding *finding);

/* Configuration, folders, disk. No network. */
void sca_doctor_local(const struct sca_cli *cli, struct sca_report *report);

/* The agent: whether it runs, its version, and what it says of limits that the person set. */
void sca_doctor_agent(const struct sca_cli *cli, struct sca_report *report);

/* How the account's last signing ended, where that was a mistake that will come again. */
void sca_doctor_last(const struct sca_cli *cli, const struct sca_config_account *account,
                     struct sca_report *report);

/* Which programs of this computer know the module. Reads their files only. */
void sca_doctor_hosts(const struct sca_cli *cli, struct sca_report *report);

/* Which programs that run have a module loaded that was replaced since. Looks into /proc only. */
void sca_doctor_running(struct sca_report *report);

/* Who asks the person and where notices appear, seen from here. No network. */
void sca_doctor_person(const struct sca_cli *cli, struct sca_report *report);

/* What stands between this computer and the service. */
enum sca_way {
    SCA_WAY_OPEN,
    SCA_WAY_PROXY,   /* a proxy is asked, which knows the name or does not */
    SCA_WAY_NO_NAME, /* the service's name is not known here */
    SCA_WAY_NO_NETWORK,
};

/*
 * Proxy and name of the account's service: a line for each that there is. Asks the computer's own
 * resolver, as long as that takes.
 */
enum sca_way sca_doctor_way(const struct sca_config_account *account, struct sca_report *report);

/* Why the account failed at @visit, and the way out of it. */
void sca_doctor_failure(const struct sca_cli *cli, const struct sca_config_account *account,
                        enum sca_way way, const struct sca_visit *visit, struct sca_report *report);

/* Sentence, remedy and command for an error, in buffers of this size. */
#define SCA_DOCTOR_TEXT 1024
struct sca_way_out {
    char remedy[SCA_DOCTOR_TEXT];
    char command[SCA_DOCTOR_TEXT];
};
void sca_doctor_way_out(const struct sca_cli *cli, const struct sca_config_account *account,
                        int err, struct sca_way_out *ret_out);

/*
 * One account against its service: TLS, clock, listing, chain, expiry. Asks only for the listing,
 * which costs nothing; never signs. Blocks up to half a minute.
 */
void sca_doctor_account(const struct sca_cli *cli, const struct sca_config_account *account,
                        struct sca_report *report);

/*
 * Asks the issuer's status service (OCSP, RFC 6960) named in the certificate about it, as programs
 * do that check signatures; whether it is there matters, and what it says. Blocks some seconds.
 */
void sca_doctor_revocation(const struct sca_config_account *account,
                           const struct sca_credential *credential, struct sca_report *report);

/*
 * The same by the issuer's list of revoked certificates, where the certificate names its address.
 * Fetched once for a report; blocks up to half a minute then.
 */
void sca_doctor_crl(const struct sca_config_account *account,
                    const struct sca_credential *credential, struct sca_report *report);

/* Frees the lists that the former has kept. */
void sca_doctor_crl_clear(struct sca_report *report);

#endif
