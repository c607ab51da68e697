/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca refresh: has the agent fetch the certificates of all accounts, or of those named.
 */
#include <stdio.h>
#include <stdlib.h>
#include "cli.h"
#include "common/err.h"
#include "common/text.h"

#define LIMIT_MS (60 * 1000) /* the agent ends each account within 30 s, four at a time */

int sca_cli_refresh(const struct sca_cli *cli, const char *account)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, SCA_MSG_REFRESH);
    sca_msg_add_u32(&frame, SCA_F_MODE, SCA_REFRESH_ALL);
    sca_msg_add_text(&frame, SCA_F_ACCOUNT, account);
    if (sca_msg_end(&frame))
        return sca_cli_fail(_("There is not enough memory. Close some programs and try again."));

    SCA_TEXT_AUTO sentence = NULL;
    int err = sca_cli_ask(cli, &frame, true, LIMIT_MS, NULL, &sentence);
    if (!err)
        return SCA_EXIT_OK;
    if (sentence)
        return sca_cli_fail("%s", sentence);
    return sca_cli_fail(_("The agent did not answer (%s). \"smartca doctor\" says why."),
                        sca_err_name(err));
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    int option = sca_cli_option(&sca_command_refresh, argc, argv, options);
    if (option != -1)
        return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;

    if (cli->config->account_count == 0)
        return sca_cli_fail(_("No account is configured. Run: smartca setup; it asks for what is "
                              "needed."));
    if (optind == argc)
        return sca_cli_refresh(cli, NULL);
    int status = SCA_EXIT_OK;
    for (int i = optind; i < argc; i++) {
        if (!sca_config_account(cli->config, argv[i]))
            return sca_cli_fail(_("There is no account \"%s\" in the configuration."), argv[i]);
        if (sca_cli_refresh(cli, argv[i]) != SCA_EXIT_OK)
            status = SCA_EXIT_FAILED;
    }
    return status;
}

const struct sca_command sca_command_refresh = {
    .name = "refresh",
    .summary = N_("fetch the certificates anew"),
    .help = N_("Usage: smartca refresh [ACCOUNT...]\n"
               "\n"
               "Asks each service for the certificates of its account, or only for the accounts "
               "named,\n"
               "and renews what programs see. Nothing is signed and nothing is paid.\n"
               "\n"
               "  -h, --help   this text"),
    .run = run,
};
