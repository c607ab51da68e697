/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `smartca account` and the wizard share: writing accounts into the person's configuration
 * file with their secrets put away, and showing them.
 */
#ifndef SCA_CLI_ACCOUNT_H
#define SCA_CLI_ACCOUNT_H

#include "agent/credential.h"
#include "agent/draft.h"
#include "cli.h"
#include "keep.h"

/* The file that is changed; borrowed from @cli. */
const char *sca_account_conf(const struct sca_cli *cli);

/*
 * Whether that file, as it is, and its folder can be changed; the person is told why not, before
 * they have answered anything. Writes nothing. Returns enum sca_exit.
 */
int sca_account_ready(const struct sca_cli *cli);

/*
 * Puts the draft's secrets away as @keep says and writes its changes into the person's file, which
 * becomes 0600. All or nothing: after a failure the file is as it was, secrets that were put away
 * for it are taken out again, and the person was told why. Secrets that a change leaves behind are
 * taken out. Returns enum sca_exit. The draft stays as it is, with its secrets.
 */
int sca_account_save(const struct sca_cli *cli, const struct sca_draft *draft, enum sca_keep keep);

/*
 * Takes the account's section out of the person's file; @secrets: and what sca_account_save has put
 * away for it, and its log-in. The person is told of failures. Returns enum sca_exit.
 */
int sca_account_drop(const struct sca_cli *cli, const struct sca_draft *draft, bool secrets);

/* How many of the account's secrets are kept where sca_account_save has put them. */
size_t sca_account_secrets(const struct sca_cli *cli, const struct sca_draft *draft);

/* Where secrets are kept by itself: the first that works here. */
enum sca_keep sca_account_keep(const struct sca_cli *cli);

/* What is wrong with a draft, a line for each setting; what to use is said as options. */
void sca_account_complain(const struct sca_draft *draft, const struct sca_config_faults *faults);

/*
 * A visit to the service, as visit.h has it; of an account that logs in by browser with the log-in
 * that it has. Caller clears @ret_visit.
 */
struct sca_visit;
void sca_account_visit(const struct sca_cli *cli, const struct sca_config_account *account,
                       struct sca_visit *ret_visit);

/* The certificates that a visit found, a few lines each. */
void sca_account_show(const struct sca_credentials *credentials);

/* Of long numbers the last three digits only: "CMT_…901". Caller frees; NULL when memory is out. */
char *sca_account_masked(const char *user);

/* A provider in people's words, "VNPT SmartCA, ..."; borrowed, in the current language. */
const char *sca_account_service(const struct sca_provider *provider);

/* ---- subcommands of `smartca account`; each prints and returns enum sca_exit ------------------
 */

/* One --set, --secret-file and so on, in the order of the command line. */
struct sca_account_option {
    enum { SCA_ACCOUNT_SET, SCA_ACCOUNT_SECRET_FILE } kind;
    char *key;         /* NULL: the one that the service needs first; owned */
    const char *value; /* or file's name; borrowed from argv */
};

struct sca_account_request {
    const char *name;
    struct sca_account_option options[SCA_DRAFT_SETTINGS_MAX];
    size_t count;
    bool has_keep;
    enum sca_keep keep;
    bool no_check;
    bool as_json;
    const char *secrets; /* remove: "keep", "delete" or NULL */
};

int sca_account_add(const struct sca_cli *cli, const struct sca_account_request *request);
int sca_account_edit(const struct sca_cli *cli, const struct sca_account_request *request);
int sca_account_remove(const struct sca_cli *cli, const struct sca_account_request *request);
int sca_account_list(const struct sca_cli *cli, bool as_json);

#endif
