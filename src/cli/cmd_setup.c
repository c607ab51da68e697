/* SPDX-License-Identifier: Apache-2.0 */
/* smartca setup HOST... and smartca unsetup HOST...: programs are told of the module. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/err.h"
#include "common/text.h"
#include "host.h"
#include "table.h"
#include "wizard.h"

struct request {
    struct sca_setup setup;
    const struct sca_command *command;
    bool undo;
    bool all;
    bool list;
    bool dry_run;
    bool brief; /* how programs are used then is not told */
    const char *module;
};

static int tell_problem(const struct sca_host *host, const struct sca_targets *targets)
{
    fflush(stdout);
    fprintf(stderr, "%s: %s %s\n", host->title, targets->problem, targets->remedy);
    return SCA_EXIT_FAILED;
}

/* Each target; one that fails does not keep the others from being done. */
static int do_targets(const struct request *request, const struct sca_host *host,
                      const struct sca_targets *targets)
{
    int status = SCA_EXIT_OK;
    for (size_t i = 0; i < targets->count; i++) {
        size_t place = request->undo ? targets->count - 1 - i : i; /* folders empty last */
        const struct sca_target *target = &targets->items[place];
        int one = request->undo ? sca_target_unsetup(&request->setup, host, target)
                                : sca_target_setup(&request->setup, host, target);
        status = one ? one : status;
    }
    if (!status && !request->undo && !request->dry_run && !request->brief && host->explain &&
        targets->count > 0)
        host->explain(&request->setup, targets);
    return status;
}

/* A host that is not here is a failure only when it was named. */
static int do_host(const struct request *request, const struct sca_host *host,
                   struct sca_targets *targets)
{
    if (targets->err)
        return sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
    if (targets->ready && (!request->undo || targets->count == 0)) {
        printf(_("%s: knows the module by its installation; nothing to do\n"), host->title);
        return SCA_EXIT_OK;
    }
    int status = do_targets(request, host, targets);
    if (targets->problem && !request->undo)
        return tell_problem(host, targets);
    if (targets->count > 0 || targets->problem)
        return status;
    if (request->all || request->undo)
        return SCA_EXIT_OK;
    return sca_cli_fail(_("%s is not installed here."), host->title);
}

static int do_found(const struct request *request, const struct sca_host *host)
{
    struct sca_targets targets = {0};
    host->find(&request->setup, &targets);
    int status = do_host(request, host, &targets);
    sca_targets_clear(&targets);
    return status;
}

static int do_named(const struct request *request, const char *name)
{
    const struct sca_host *host = sca_host_find(name);
    if (host)
        return do_found(request, host);
    struct sca_targets targets = {0};
    sca_host_nss_folder(&request->setup, name + strlen("nss:"), &targets);
    int status = do_host(request, &sca_host_nss, &targets);
    sca_targets_clear(&targets);
    return status;
}

int sca_host_set_up(const struct sca_setup *setup, const struct sca_host *host)
{
    const struct request request = {.setup = *setup, .command = &sca_command_setup, .brief = true};
    return do_named(&request, host->name);
}

/* Folders with databases are in no list of programs: those that were set up are known by their
 * records. */
static int do_all(const struct request *request)
{
    int status = request->undo ? do_found(request, &sca_host_nss) : SCA_EXIT_OK;
    size_t count = 0;
    while (sca_hosts[count])
        count++;
    for (size_t i = 0; i < count; i++) {
        int one = do_found(request, sca_hosts[request->undo ? count - 1 - i : i]);
        status = one ? one : status;
    }
    return status;
}

static const char *state_word(const struct sca_setup *setup, const struct sca_host *host,
                              const struct sca_targets *targets)
{
    size_t known = 0;
    bool old = false;
    for (size_t i = 0; i < targets->count; i++) {
        enum sca_target_state state = sca_target_state(setup, host, &targets->items[i]);
        known += state == SCA_TARGET_OURS || state == SCA_TARGET_BY_HAND;
        old = old || state == SCA_TARGET_OLD;
    }
    if (targets->count == 0 && !targets->problem && !targets->ready)
        return _("not here");
    if (old)
        return _("set up otherwise");
    if (targets->ready || (known > 0 && known == targets->count))
        return _("set up");
    return known > 0 ? _("partly set up") : _("not set up");
}

const char *sca_host_state(const struct sca_setup *setup, const struct sca_host *host,
                           bool *ret_open, char **ret_problem)
{
    struct sca_targets targets = {0};
    *ret_open = false;
    *ret_problem = NULL;
    host->find(setup, &targets);
    for (size_t i = 0; i < targets.count && !targets.ready; i++) {
        enum sca_target_state state = sca_target_state(setup, host, &targets.items[i]);
        *ret_open = *ret_open || state == SCA_TARGET_ABSENT || state == SCA_TARGET_OLD;
    }
    const char *word = state_word(setup, host, &targets);
    if (targets.problem)
        *ret_problem = sca_text_format("%s %s", targets.problem, targets.remedy);
    sca_targets_clear(&targets);
    return word;
}

static int list_hosts(const struct request *request)
{
    struct sca_table table;
    sca_table_init(&table, 3);
    for (const struct sca_host *const *host = sca_hosts; *host; host++) {
        struct sca_targets targets = {0};
        (*host)->find(&request->setup, &targets);
        sca_table_add(&table, (*host)->name);
        sca_table_add(&table, state_word(&request->setup, *host, &targets));
        sca_table_add(&table, _((*host)->about));
        sca_targets_clear(&targets);
    }
    sca_table_add(&table, "nss:FOLDER");
    sca_table_add(&table, "");
    sca_table_add(&table, _(sca_host_nss.about));
    if (sca_table_print(&table))
        return sca_cli_fail(_("The output could not be written."));
    return SCA_EXIT_OK;
}

static int check_names(const struct request *request, int argc, char **argv)
{
    for (int i = optind; i < argc; i++) {
        if (!sca_host_find(argv[i]) && strncmp(argv[i], "nss:", 4) != 0)
            return sca_cli_usage(request->command,
                                 _("There is no program \"%s\" here; --list shows them."), argv[i]);
    }
    if (request->all && optind < argc)
        return sca_cli_usage(request->command, _("\"%s\" is too much."), argv[optind]);
    return SCA_EXIT_OK;
}

static int do_request(struct request *request, const struct sca_cli *cli, int argc, char **argv)
{
    int status = SCA_EXIT_OK;
    if (sca_setup_init(&request->setup, cli, request->module) != 0)
        return sca_cli_fail(_("Your home folder cannot be found. Set HOME and try again."));
    request->setup.dry_run = request->dry_run;
    if (request->list)
        return list_hosts(request);
    if (!request->undo && access(request->setup.module, R_OK) != 0)
        return sca_cli_fail(_("There is no module %s. Install the package smartca-pkcs11, or name "
                              "it: --module PATH"),
                            request->setup.module);
    if (request->all)
        return do_all(request);
    for (int i = optind; i < argc; i++) {
        int one = do_named(request, argv[i]);
        status = one ? one : status;
    }
    return status;
}

static int run(const struct sca_cli *cli, int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},         {"all", no_argument, NULL, 'a'},
        {"list", no_argument, NULL, 'l'},         {"dry-run", no_argument, NULL, 'n'},
        {"module", required_argument, NULL, 'm'}, {0}};
    for (int option; (option = sca_cli_option(request->command, argc, argv, options)) != -1;) {
        if (option < 0)
            return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
        request->all = request->all || option == 'a';
        request->list = request->list || option == 'l';
        request->dry_run = request->dry_run || option == 'n';
        request->module = option == 'm' ? optarg : request->module;
    }
    if (optind == argc && !request->all && !request->list) {
        if (!request->undo && !request->dry_run)
            return sca_wizard(cli, request->module);
        printf("%s\n", _(request->command->help));
        return SCA_EXIT_USAGE;
    }
    int status = check_names(request, argc, argv);
    status = status ? status : do_request(request, cli, argc, argv);
    sca_setup_clear(&request->setup);
    return status;
}

static int run_setup(const struct sca_cli *cli, int argc, char **argv)
{
    struct request request = {.command = &sca_command_setup};
    return run(cli, argc, argv, &request);
}

static int run_unsetup(const struct sca_cli *cli, int argc, char **argv)
{
    struct request request = {.command = &sca_command_unsetup, .undo = true};
    return run(cli, argc, argv, &request);
}

const struct sca_command sca_command_setup = {
    .name = "setup",
    .summary = N_("set up an account and programs, step by step; tell programs of the module"),
    .help =
        N_("Usage: smartca setup [--module PATH]\n"
           "       smartca setup [--dry-run] [--module PATH] PROGRAM...\n"
           "       smartca setup [--dry-run] [--module PATH] --all\n"
           "       smartca setup --list\n"
           "\n"
           "Without a program: asks for an account, checks it at the service, sets up the "
           "programs you choose,\n"
           "and shows what they see.\n"
           "\n"
           "Tells programs of the module, each by its own tool or file. What is changed is kept "
           "as a backup;\n"
           "twice is the same as once. What you set up by hand is left alone.\n"
           "\n"
           "      --all           every program that is installed here\n"
           "      --dry-run       say what would be done, change nothing\n"
           "      --list          the programs, and which are set up\n"
           "      --module PATH   another module than the installed one\n"
           "  -h, --help          this text"),
    .run = run_setup,
};

const struct sca_command sca_command_unsetup = {
    .name = "unsetup",
    .summary = N_("take back what setup did"),
    .help = N_("Usage: smartca unsetup [--dry-run] PROGRAM...\n"
               "       smartca unsetup [--dry-run] --all\n"
               "       smartca unsetup --list\n"
               "\n"
               "Takes back what \"smartca setup\" did, and nothing else.\n"
               "\n"
               "      --all           every program\n"
               "      --dry-run       say what would be done, change nothing\n"
               "      --list          the programs, and which are set up\n"
               "  -h, --help          this text"),
    .run = run_unsetup,
};
