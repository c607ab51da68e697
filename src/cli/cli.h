/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the subcommands of `smartca` share: the command table's row, the person's paths, talking
 * to the agent, tables. Exit status everywhere: 0 done, 1 it did not work (a sentence on stderr), 2
 * the command line is wrong.
 */
#ifndef SCA_CLI_CLI_H
#define SCA_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>
#include "agent/config.h"
#include "agent/i18n.h"
#include "agent/screen.h"
#include "common/conn.h"
#include "common/path.h"

enum sca_exit { SCA_EXIT_OK = 0, SCA_EXIT_FAILED = 1, SCA_EXIT_USAGE = 2 };

/* Lives as long as the program runs. */
struct sca_cli {
    struct sca_paths *paths;
    struct sca_conn_self self;
    struct sca_config *config; /* read once; perhaps with faults */
};

struct sca_command {
    const char *name;
    const char *summary; /* N_: one line */
    const char *help;    /* N_: the whole --help text */
    int (*run)(const struct sca_cli *cli, int argc, char **argv);
};

extern const struct sca_command sca_command_account;
extern const struct sca_command sca_command_agent;
extern const struct sca_command sca_command_login;
extern const struct sca_command sca_command_refresh;
extern const struct sca_command sca_command_status;
extern const struct sca_command sca_command_watch;
extern const struct sca_command sca_command_certs;
extern const struct sca_command sca_command_lock;
extern const struct sca_command sca_command_log;
extern const struct sca_command sca_command_reconcile;
extern const struct sca_command sca_command_doctor;
extern const struct sca_command sca_command_setup;
extern const struct sca_command sca_command_unsetup;

/*
 * Options of a subcommand: --help is answered, an unknown one is complained about. Returns the next
 * option as getopt_long does (-1 at the end), or SCA_OPTION_HELP / SCA_OPTION_WRONG, after which
 * the subcommand returns SCA_EXIT_OK / SCA_EXIT_USAGE.
 */
#define SCA_OPTION_HELP  (-2)
#define SCA_OPTION_WRONG (-3)
int sca_cli_option(const struct sca_command *command, int argc, char **argv,
                   const struct option *options);

/* Where the person who runs the tool looks; borrows from @cli and the environment. */
struct sca_screen sca_cli_screen(const struct sca_cli *cli);

/* One sentence on stderr, with "smartca: " before it. Returns SCA_EXIT_FAILED. */
int sca_cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a wrong command line; adds where to find help. Returns SCA_EXIT_USAGE. */
int sca_cli_usage(const struct sca_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints JSON to stdout, indented, and releases it. Returns SCA_EXIT_OK, or SCA_EXIT_FAILED when
 * stdout fails. */
int sca_cli_print_json(json_t *taken);

/*
 * Asks the agent one thing: opens a connection (starting the agent with @start), sends @frame,
 * waits for the last answer. @ret_text: the TEXT of a status answer or NULL; @ret_sentence: of an
 * ERROR or NULL. Both may be passed as NULL when not wanted; the caller frees. Returns 0 or enum
 * sca_err (the agent's or our own).
 */
int sca_cli_ask(const struct sca_cli *cli, const struct sca_buf *frame, bool start, int limit_ms,
                char **ret_text, char **ret_sentence);

/*
 * Has the agent fetch the certificates of @account, or of all accounts with NULL; a failure is
 * complained about. Returns SCA_EXIT_OK or SCA_EXIT_FAILED.
 */
int sca_cli_refresh(const struct sca_cli *cli, const char *account);

/*
 * Has the person log in to the account's service in their browser, whose address is printed; what
 * lasts is stored. @no_browser: only print it. @stopped (may be NULL): asked ten times a second,
 * true ends it with SCA_E_CANCELLED. Blocks up to five minutes. A failure is complained about.
 * Returns 0 or enum sca_err.
 */
int sca_cli_log_in(const struct sca_cli *cli, const struct sca_config_account *account,
                   bool no_browser, bool (*stopped)(void));

#endif
