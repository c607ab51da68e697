/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca lock: ends sessions, so that the next signature is confirmed again. Starts no agent:
 * where none runs there is no session.
 */
#include <stdio.h>
#include <stdlib.h>
#include "cli.h"
#include "common/err.h"
#include "common/text.h"

#define LIMIT_MS (5 * 1000)

static int ask_lock(const struct sca_cli *cli, const char *account, char **ret_text,
                    char **ret_sentence)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, SCA_MSG_LOCK);
    sca_msg_add_text(&frame, SCA_F_ACCOUNT, account);
    int err = sca_msg_end(&frame);
    if (err)
        return err;
    return sca_cli_ask(cli, &frame, false, LIMIT_MS, ret_text, ret_sentence);
}

static int tell(long long ended)
{
    if (ended == 0)
        printf("%s\n", _("There was no session. Every signature is confirmed."));
    else
        printf(ngettext("%lld session ended. The next signature is confirmed again.\n",
                        "%lld sessions ended. The next signature is confirmed again.\n",
                        (unsigned long)ended),
               ended);
    return SCA_EXIT_OK;
}

static int lock(const struct sca_cli *cli, const char *account)
{
    SCA_TEXT_AUTO text = NULL;
    SCA_TEXT_AUTO sentence = NULL;
    int err = ask_lock(cli, account, &text, &sentence);
    if (err == SCA_E_AGENT)
        return tell(0);
    if (err && sentence)
        return sca_cli_fail("%s", sentence);
    if (err || !text)
        return sca_cli_fail(
            _("The agent did not answer (%s), so a session may still be open. Change "
              "the configuration file or log out to end it."),
            sca_err_name(err));
    json_t *answer = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    long long ended = (long long)json_integer_value(json_object_get(answer, "ended"));
    json_decref(answer);
    return tell(ended);
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    int option = sca_cli_option(&sca_command_lock, argc, argv, options);
    if (option != -1)
        return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
    if (argc - optind > 1)
        return sca_cli_usage(&sca_command_lock, _("\"%s\" is too much."), argv[optind + 1]);
    const char *account = optind < argc ? argv[optind] : NULL;
    if (account && !sca_config_account(cli->config, account))
        return sca_cli_fail(_("There is no account \"%s\" in the configuration."), account);
    return lock(cli, account);
}

const struct sca_command sca_command_lock = {
    .name = "lock",
    .summary = N_("end sessions: the next signature is confirmed again"),
    .help = N_("Usage: smartca lock [ACCOUNT]\n"
               "\n"
               "Ends the sessions of the account, or of all accounts: the confirmation that was "
               "given for\n"
               "several signatures (the setting session) is forgotten at once, and the next "
               "signature is\n"
               "confirmed again.\n"
               "\n"
               "  -h, --help   this text"),
    .run = run,
};
