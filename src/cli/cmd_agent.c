/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca agent: runs the per-user agent. Programs and the other subcommands start it by
 * themselves; systemd may hand over its socket.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "agent/agent.h"
#include "cli.h"
#include "common/err.h"

#define QUIT_MS    5000
#define SYSTEMD_FD 3 /* the first descriptor that sd_listen_fds(3) hands over */

static bool parse_fd(const char *text, int *ret_fd)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (end == text || *end || number < 3 || number > 1023)
        return false;
    *ret_fd = (int)number;
    return true;
}

/* sd_listen_fds(3): ours if LISTEN_PID is this process and exactly one descriptor is passed. */
static int systemd_socket(void)
{
    const char *pid = secure_getenv("LISTEN_PID");
    const char *count = secure_getenv("LISTEN_FDS");
    if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid() || strtol(count, NULL, 10) != 1)
        return -1;
    return SYSTEMD_FD;
}

/* The agent that runs finishes what it has begun, and leaves. */
static int quit(const struct sca_cli *cli)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, SCA_MSG_QUIT);
    int err = sca_msg_end(&frame);
    if (!err)
        err = sca_cli_ask(cli, &frame, false, QUIT_MS, NULL, NULL);
    if (err == SCA_E_AGENT) {
        printf("%s\n", _("The agent is not running. It starts by itself when a program signs."));
        return SCA_EXIT_OK;
    }
    if (err)
        return sca_cli_fail(_("The agent did not answer (%s). \"smartca doctor\" says why."),
                            sca_err_name(err));
    return SCA_EXIT_OK;
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                            {"foreground", no_argument, NULL, 'f'},
                                            {"quit", no_argument, NULL, 'q'},
                                            {"ready-fd", required_argument, NULL, 'r'},
                                            {0}};
    bool leave = false;
    struct sca_agent_options wanted = {.ready_fd = -1, .listen_fd = systemd_socket()};
    for (int option; (option = sca_cli_option(&sca_command_agent, argc, argv, options)) != -1;) {
        if (option == 'f')
            wanted.foreground = true;
        else if (option == 'q')
            leave = true;
        else if (option == 'r' && !parse_fd(optarg, &wanted.ready_fd))
            return sca_cli_usage(&sca_command_agent, _("\"%s\" is not a descriptor."), optarg);
        else if (option != 'r')
            return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
    }
    if (optind != argc)
        return sca_cli_usage(&sca_command_agent, _("\"%s\" is too much."), argv[optind]);
    if (leave)
        return quit(cli);
    return sca_agent_main(&wanted) ? SCA_EXIT_FAILED : SCA_EXIT_OK;
}

const struct sca_command sca_command_agent = {
    .name = "agent",
    .summary = N_("run the agent (it starts by itself when needed)"),
    .help = N_("Usage: smartca agent [--foreground | --quit]\n"
               "\n"
               "Runs the agent that speaks to the signing services for you. It starts by itself "
               "when a\n"
               "program signs or lists for the first time, and leaves when nothing is left to do.\n"
               "\n"
               "      --foreground    stay in the foreground\n"
               "      --quit          have the agent that runs finish its work and leave\n"
               "      --ready-fd FD   write \"ok\" to this descriptor when it listens\n"
               "  -h, --help          this text"),
    .run = run,
};
