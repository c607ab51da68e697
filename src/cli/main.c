/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca: the command line tool. Finds the subcommand in the table and runs it; everything else is
 * in the subcommand's own file.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "build_config.h"
#include "cli.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "wrap.h"

static const struct sca_command *const commands[] = {
    &sca_command_account,   &sca_command_login,
    &sca_command_refresh,   &sca_command_certs,
    &sca_command_status,    &sca_command_watch,
    &sca_command_lock,      &sca_command_log,
    &sca_command_reconcile, &sca_command_doctor,
    &sca_command_setup,     &sca_command_unsetup,
    &sca_command_agent,     NULL,
};

static const struct sca_command *find_command(const char *name)
{
    for (const struct sca_command *const *command = commands; *command; command++) {
        if (sca_streq((*command)->name, name))
            return *command;
    }
    return NULL;
}

static void print_overview(FILE *out)
{
    const size_t columns = sca_wrap_columns();
    char lead[32];
    fprintf(out, "%s\n\n", _("Usage: smartca COMMAND [OPTIONS]"));
    sca_wrap_print(out, "",
                   _("Looks after the remote signing keys that programs see as USB tokens."),
                   columns);
    fputc('\n', out);
    for (const struct sca_command *const *command = commands; *command; command++) {
        snprintf(lead, sizeof lead, "  %-9s  ", (*command)->name);
        sca_wrap_print(out, lead, _((*command)->summary), columns);
    }
    fputc('\n', out);
    sca_wrap_print(out, "",
                   _("smartca COMMAND --help says more. Exit status: 0 done, 1 it did not "
                     "work, 2 wrong command line."),
                   columns);
}

static void setup_log(const struct sca_config *config)
{
    sca_log_setup(config->log_file, config->log_level, secure_getenv("SMARTCA_DEBUG"));
}

static bool asks_for_help(const char *word)
{
    return sca_streq(word, "--help") || sca_streq(word, "-h") || sca_streq(word, "help");
}

/* From here on messages are in the language that the configuration names. Returns enum sca_err. */
static int load(struct sca_cli *cli)
{
    int err = sca_paths_new(&cli->paths);
    if (!err)
        err = sca_config_load(cli->paths, &cli->config);
    if (!err)
        sca_i18n_use(cli->config->language, cli->self.language);
    return err;
}

static int answer(const struct sca_cli *cli, int loaded, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (asks_for_help(name)) {
        const struct sca_command *about = argc > 2 ? find_command(argv[2]) : NULL;
        if (about)
            sca_wrap_help(stdout, _(about->help), sca_wrap_columns());
        else
            print_overview(stdout);
        return SCA_EXIT_OK;
    }
    const struct sca_command *command = find_command(name);
    if (!command) {
        if (*name)
            fprintf(stderr, _("smartca: there is no command \"%s\".\n"), name);
        print_overview(stderr);
        return SCA_EXIT_USAGE;
    }
    if (!cli->paths)
        return sca_cli_fail(_("Your home folder cannot be found. Set HOME and try again."));
    if (loaded)
        return sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
    setup_log(cli->config);
    return command->run(cli, argc - 1, argv + 1);
}

/* Half of a listing must not pass for the whole; a reader that has left wants no more, though. */
static int written(int status)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    if ((fflush(stdout) == 0 && !ferror(stdout)) || status != SCA_EXIT_OK)
        return status;
    if (poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0)
        return status;
    return sca_cli_fail(_("The output could not be written."));
}

int main(int argc, char **argv)
{
    (void)signal(SIGXFSZ, SIG_IGN); /* a file size limit is a full disk, not a death */
    if (argc > 1 && sca_streq(argv[1], "--version")) {
        printf("smartca %s\n", SCA_PRODUCT_VERSION);
        return written(SCA_EXIT_OK);
    }
    /* Before the messages are set up, which changes LANGUAGE. */
    struct sca_cli cli = {0};
    sca_conn_self_from_env("smartca", &cli.self);
    SCA_TEXT_AUTO language = cli.self.language ? strdup(cli.self.language) : NULL;
    cli.self.language = language;
    sca_i18n_init();
    sca_i18n_use(NULL, cli.self.language);

    int loaded = load(&cli);
    int status = written(answer(&cli, loaded, argc, argv));
    sca_config_free(cli.config);
    sca_paths_free(cli.paths);
    return status;
}
