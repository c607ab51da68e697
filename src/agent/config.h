/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration as one immutable value, read with libini_config, with every fault it has as
 * a list of file:line and sentence. A fault spoils its key or its account, never the rest.
 */
#ifndef SCA_AGENT_CONFIG_H
#define SCA_AGENT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include "cloud/provider.h"
#include "common/image.h"
#include "common/log.h"
#include "common/path.h"

/* Where a secret comes from; only the literal's bytes are secret. */
enum sca_source_kind {
    SCA_SOURCE_NONE,
    SCA_SOURCE_LITERAL,
    SCA_SOURCE_FILE,    /* @text: path */
    SCA_SOURCE_COMMAND, /* @text: program and arguments */
    SCA_SOURCE_PROMPT,
};

struct sca_source {
    enum sca_source_kind kind;
    char *text;
    struct sca_secret *literal;
};

/* -1 where the configuration says nothing ("no limit"). */
struct sca_program_limit {
    char *program;
    int64_t per_day;
};

/* Who may sign by a confirmation that was given for several signatures. */
enum sca_session_scope {
    SCA_SESSION_PROCESS, /* the processes whose documents it was given for */
    SCA_SESSION_PROGRAM, /* every process of these programs */
    SCA_SESSION_USER,    /* whatever the person runs */
};

struct sca_config_account {
    char *name;
    const struct sca_provider *provider;
    char *url;
    char *ca_file;    /* NULL: the system's */
    char *server_key; /* pins of the service's key; NULL: none */
    char *sp_id;
    char *user_id;
    char *client_id;
    char *profile_id;
    char *relying_party;
    char *relying_party_user;
    char *relying_party_key; /* path of a PKCS#12 file */
    char *redirect_uri; /* where the browser comes back; NULL: any free port of this computer */
    char *label;        /* NULL: the certificate's CN */
    char **serials;     /* NULL-terminated, or NULL for all */
    struct sca_source sp_password;
    struct sca_source password;
    struct sca_source totp_secret;
    struct sca_source client_secret;
    struct sca_source credential_pin;
    struct sca_source relying_party_password;
    struct sca_source relying_party_signature;
    struct sca_source relying_party_key_password;
    enum sca_pin_mode pin;
    uint32_t hashes; /* SCA_BIT(enum sca_hash) that the person adds to those proven */
    uint32_t confirm_timeout_s;
    uint32_t poll_interval_ms;
    uint32_t batch_window_ms;
    uint32_t max_batch;
    int64_t max_per_day; /* -1 no limit */
    struct sca_program_limit *program_limits;
    size_t program_limit_count;
    char **programs; /* whole paths of those that may sign, NULL-terminated; NULL: any */
    uint32_t replay_hours;
    uint32_t session_signatures; /* that one confirmation is for; 0: no sessions */
    uint32_t session_minutes;    /* that it is used for */
    enum sca_session_scope session_scope;
    int line; /* of the section, for messages */
};

enum sca_notify_kind {
    SCA_NOTIFY_AUTO,
    SCA_NOTIFY_DESKTOP,
    SCA_NOTIFY_TTY,
    SCA_NOTIFY_NONE,
    SCA_NOTIFY_COMMAND
};

/* One thing that is wrong, in the words of sca_i18n's current language when it was read. */
struct sca_config_fault {
    char *file;
    int line;       /* 0 when the whole file is meant */
    char *key;      /* may be NULL */
    char *sentence; /* what is wrong and what to do */
    bool fatal;     /* the account (or file) is not used */
};

struct sca_config {
    enum sca_log_level log_level;
    char *log_file; /* NULL none */
    enum sca_notify_kind notify;
    char *notify_command;
    char *prompt;   /* NULL auto; "none", or a pinentry's whole path */
    char *language; /* NULL auto; "vi", "en" */
    uint32_t agent_idle_s;
    struct sca_config_account *accounts; /* file order */
    size_t account_count;
    struct sca_config_fault *faults;
    size_t fault_count;
    struct sca_stamp stamps[2]; /* of paths->conf, as read; zero where missing or refused */
    uint64_t refused[2];        /* what a refused file looked like, with its mode; else 0 */
    bool present;               /* at least one file exists */
};

/*
 * Reads both files. Always yields a configuration (perhaps empty, with faults); fails only with
 * SCA_E_NOMEM. A file that holds a secret and that others can read is refused as a whole, with the
 * chmod to run as its fault's sentence. Blocking local file reads only.
 */
int sca_config_load(const struct sca_paths *paths, struct sca_config **ret_config);
void sca_config_free(struct sca_config *config);

/* True when a file's stamp differs from what @config was read from. */
bool sca_config_changed(const struct sca_config *config, const struct sca_paths *paths);

/* NULL when there is no such account. */
const struct sca_config_account *sca_config_account(const struct sca_config *config,
                                                    const char *name);

/*
 * A deep copy for those who outlive the configuration (transactions under way). SCA_E_NOMEM, or
 * SCA_E_LIMIT when too many secrets are held.
 */
int sca_config_account_copy(const struct sca_config_account *account,
                            struct sca_config_account **ret_copy);
void sca_config_account_free(struct sca_config_account *account);

/* What a flow is given; borrows from @account. */
struct sca_cloud_account sca_config_cloud_account(const struct sca_config_account *account);

static inline void sca_config_cleanup(struct sca_config **config)
{
    sca_config_free(*config);
}
#define SCA_CONFIG_AUTO __attribute__((cleanup(sca_config_cleanup))) struct sca_config *

#endif
