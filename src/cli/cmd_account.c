/* SPDX-License-Identifier: Apache-2.0 */
/* smartca account add|edit|remove|list: the command lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "account.h"
#include "ask.h"
#include "common/text.h"
#include "wizard.h"
#include "wrap.h"

enum given {
    SERVICE = 1000,
    USER,
    URL,
    SET,
    SECRET_FILE,
    STORE,
    NO_CHECK,
    SECRETS,
    JSON,
};

static const struct option change_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"service", required_argument, NULL, SERVICE},
    {"user", required_argument, NULL, USER},
    {"url", required_argument, NULL, URL},
    {"set", required_argument, NULL, SET},
    {"secret-file", required_argument, NULL, SECRET_FILE},
    {"store", required_argument, NULL, STORE},
    {"no-check", no_argument, NULL, NO_CHECK},
    {0},
};
static const struct option remove_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"secrets", required_argument, NULL, SECRETS},
    {0},
};
static const struct option list_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"json", no_argument, NULL, JSON},
    {0},
};

static int no_memory(void)
{
    return sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
}

static int keep_option(struct sca_account_request *request, bool secret, const char *key,
                       size_t key_len, const char *value)
{
    if (request->count == SCA_DRAFT_SETTINGS_MAX)
        return sca_cli_usage(&sca_command_account, _("There are too many options."));
    struct sca_account_option *option = &request->options[request->count];
    option->kind = secret ? SCA_ACCOUNT_SECRET_FILE : SCA_ACCOUNT_SET;
    option->value = value;
    option->key = key ? strndup(key, key_len) : NULL;
    if (key && !option->key)
        return no_memory();
    request->count++;
    return SCA_EXIT_OK;
}

/* "KEY=VALUE"; for files KEY= may be missing. */
static int keep_pair(struct sca_account_request *request, bool secret, const char *text)
{
    const char *equal = strchr(text, '=');
    bool is_secret = false;
    SCA_TEXT_AUTO key = equal ? strndup(text, (size_t)(equal - text)) : NULL;
    if (equal && !key)
        return no_memory();
    if (secret && (!key || !sca_draft_is_setting(key, &is_secret)))
        return keep_option(request, true, NULL, 0, text);
    if (!equal)
        return sca_cli_usage(&sca_command_account, _("--set is written --set NAME=VALUE."));
    return keep_option(request, secret, text, (size_t)(equal - text), equal + 1);
}

static int keep_store(struct sca_account_request *request, const char *name)
{
    request->has_keep = true;
    if (sca_keep_find(name, &request->keep))
        return SCA_EXIT_OK;
    return sca_cli_usage(&sca_command_account,
                         _("There is no place \"%s\" for secrets. Known: secret-tool, "
                           "systemd-creds, file, prompt."),
                         name);
}

static int keep_secrets(struct sca_account_request *request, const char *word)
{
    request->secrets = word;
    if (sca_streq(word, "keep") || sca_streq(word, "delete"))
        return SCA_EXIT_OK;
    return sca_cli_usage(&sca_command_account, _("--secrets is keep or delete."));
}

static int take_option(struct sca_account_request *request, int option)
{
    switch (option) {
    case SERVICE:
        return keep_option(request, false, "provider", strlen("provider"), optarg);
    case USER:
        return keep_option(request, false, "user-id", strlen("user-id"), optarg);
    case URL:
        return keep_option(request, false, "url", strlen("url"), optarg);
    case SET:
    case SECRET_FILE:
        return keep_pair(request, option == SECRET_FILE, optarg);
    case STORE:
        return keep_store(request, optarg);
    case NO_CHECK:
        request->no_check = true;
        return SCA_EXIT_OK;
    case SECRETS:
        return keep_secrets(request, optarg);
    case JSON:
        request->as_json = true;
        return SCA_EXIT_OK;
    default:
        return SCA_EXIT_USAGE;
    }
}

/* Options may stand before and behind the name. @ret_help: it was asked for and answered. */
static int parse(int argc, char **argv, const struct option *options,
                 struct sca_account_request *request, bool *ret_help)
{
    int status = SCA_EXIT_OK;
    optind = 1;
    while (!status && optind < argc) {
        int option = sca_cli_option(&sca_command_account, argc, argv, options);
        if (option == SCA_OPTION_HELP) {
            *ret_help = true;
            return SCA_EXIT_OK;
        }
        if (option == SCA_OPTION_WRONG)
            return SCA_EXIT_USAGE;
        if (option != -1)
            status = take_option(request, option);
        else if (optind < argc && !request->name)
            request->name = argv[optind++];
        else if (optind < argc)
            return sca_cli_usage(&sca_command_account, _("\"%s\" is too much."), argv[optind]);
    }
    return status;
}

static int run_list(const struct sca_cli *cli, const struct sca_account_request *request)
{
    if (request->name)
        return sca_cli_usage(&sca_command_account, _("\"%s\" is too much."), request->name);
    return sca_account_list(cli, request->as_json);
}

static const struct action {
    const char *name;
    const struct option *options;
    bool named;
    int (*run)(const struct sca_cli *cli, const struct sca_account_request *request);
} actions[] = {
    {"add", change_options, true, sca_account_add},
    {"edit", change_options, true, sca_account_edit},
    {"remove", remove_options, true, sca_account_remove},
    {"list", list_options, false, run_list},
};

static int run_action(const struct sca_cli *cli, const struct action *action, int argc, char **argv)
{
    struct sca_account_request request = {0};
    bool helped = false;
    int status = parse(argc, argv, action->options, &request, &helped);
    bool nothing = !request.name && request.count == 0 && sca_ask_can();
    if (!status && !helped && nothing && action->run == sca_account_add)
        status = sca_wizard_add(cli, NULL);
    else if (!status && !helped && action->named && !request.name)
        status = sca_cli_usage(&sca_command_account, _("Name one account."));
    else if (!status && !helped)
        status = action->run(cli, &request);
    for (size_t i = 0; i < request.count; i++)
        free(request.options[i].key);
    return status;
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (sca_streq(name, "--help") || sca_streq(name, "-h")) {
        sca_wrap_help(stdout, _(sca_command_account.help), sca_wrap_columns());
        return SCA_EXIT_OK;
    }
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (sca_streq(actions[i].name, name))
            return run_action(cli, &actions[i], argc - 1, argv + 1);
    }
    return sca_cli_usage(&sca_command_account,
                         _("Say what to do with an account: add, edit, remove or list."));
}

const struct sca_command sca_command_account = {
    .name = "account",
    .summary = N_("add, change, remove or list accounts"),
    .help = N_(
        "Usage: smartca account add NAME --service SERVICE [OPTIONS]\n"
        "       smartca account edit NAME [OPTIONS]\n"
        "       smartca account remove NAME [--secrets delete|keep]\n"
        "       smartca account list [--json]\n"
        "\n"
        "Writes accounts into your configuration file and keeps everything else in it as it is.\n"
        "What is added or changed is checked at the service first; nothing is signed or paid.\n"
        "\"smartca setup\" does the same by questions.\n"
        "\n"
        "      --service SERVICE   vnpt-smartca, vnpt-smartca-th, vnpt-smartca-oauth,\n"
        "                          viettel-mysign, csc or rssp\n"
        "      --user USER         your identity number or user name at the service\n"
        "      --url URL           the service's address, where it is not the usual one\n"
        "      --set NAME=VALUE    any setting of smartca.conf(5); an empty VALUE takes it out\n"
        "      --secret-file [NAME=]FILE\n"
        "                          a secret: the first line of FILE, \"-\" for standard input;\n"
        "                          without NAME the one that the service needs first\n"
        "      --store PLACE       where secrets are kept: secret-tool, systemd-creds, file or\n"
        "                          prompt; else the first of them that works here\n"
        "      --no-check          do not ask the service\n"
        "      --secrets WHAT      whether removing deletes the stored secrets: delete or keep\n"
        "      --json              the list as JSON\n"
        "  -h, --help              this text"),
    .run = run,
};
