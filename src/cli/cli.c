/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the subcommands share: options, sentences, JSON output and the one exchange with the agent.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "ask.h"
#include "cli.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"
#include "wrap.h"

#define TEXT_MAX (512u * 1024u) /* bytes of a status text */

int sca_cli_option(const struct sca_command *command, int argc, char **argv,
                   const struct option *options)
{
    opterr = 0;
    int option = getopt_long(argc, argv, "+:h", options, NULL);
    if (option == 'h') {
        sca_wrap_help(stdout, _(command->help), sca_wrap_columns());
        return SCA_OPTION_HELP;
    }
    if (option == ':') {
        (void)sca_cli_usage(command, _("The option \"%s\" needs a value."), argv[optind - 1]);
        return SCA_OPTION_WRONG;
    }
    if (option == '?') {
        (void)sca_cli_usage(command, _("The option \"%s\" is not known."), argv[optind - 1]);
        return SCA_OPTION_WRONG;
    }
    return option;
}

/* People read it wrapped, programs as one line. */
__attribute__((format(printf, 1, 0))) static void complain(const char *format, va_list args)
{
    SCA_TEXT_AUTO text = sca_text_vformat(format, args);
    fflush(stdout);
    if (text && isatty(STDERR_FILENO) == 1)
        sca_wrap_print(stderr, "", text, SCA_ASK_COLUMNS);
    else
        fprintf(stderr, "smartca: %s\n", text ? text : "");
}

int sca_cli_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(format, args);
    va_end(args);
    return SCA_EXIT_FAILED;
}

int sca_cli_usage(const struct sca_command *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(format, args);
    va_end(args);
    fprintf(stderr, _("\"smartca %s --help\" shows how it is written.\n"), command->name);
    return SCA_EXIT_USAGE;
}

int sca_cli_print_json(json_t *taken)
{
    int failed = json_dumpf(taken, stdout, JSON_INDENT(2));
    json_decref(taken);
    if (failed || fputc('\n', stdout) == EOF || fflush(stdout))
        return sca_cli_fail(_("The output could not be written."));
    return SCA_EXIT_OK;
}

/* Reads answers until the one that ends the request. */
static int receive_last(struct sca_conn *conn, int64_t deadline_ms, char **ret_text,
                        char **ret_sentence)
{
    struct sca_msg msg;
    do {
        int err = sca_conn_receive(conn, deadline_ms, NULL, NULL, &msg);
        if (err)
            return err;
    } while (msg.type == SCA_MSG_PROGRESS);

    uint32_t number = 0;
    (void)sca_msg_u32(&msg, SCA_F_ERROR, &number);
    if (ret_sentence && sca_msg_text(&msg, SCA_F_SENTENCE, TEXT_MAX, ret_sentence))
        *ret_sentence = NULL;
    if (msg.type == SCA_MSG_ERROR)
        return number && number < 1000 ? -(int)number : SCA_E_FORMAT;
    if (ret_text)
        return sca_msg_text(&msg, SCA_F_TEXT, TEXT_MAX, ret_text);
    return 0;
}

int sca_cli_ask(const struct sca_cli *cli, const struct sca_buf *frame, bool start, int limit_ms,
                char **ret_text, char **ret_sentence)
{
    if (ret_text)
        *ret_text = NULL;
    if (ret_sentence)
        *ret_sentence = NULL;
    int64_t deadline_ms = sca_now_ms() + limit_ms;
    struct sca_conn *conn = NULL;
    int err = sca_conn_open(cli->paths, &cli->self, start, deadline_ms, NULL, NULL, &conn);
    if (err)
        return err;
    err = sca_conn_send(conn, frame, deadline_ms);
    if (!err)
        err = receive_last(conn, deadline_ms, ret_text, ret_sentence);
    sca_conn_close(conn);
    return err;
}

struct sca_screen sca_cli_screen(const struct sca_cli *cli)
{
    return (struct sca_screen){
        .display = (char *)(uintptr_t)cli->self.display,
        .wayland = (char *)(uintptr_t)cli->self.wayland,
        .dbus = (char *)(uintptr_t)cli->self.dbus,
        .xauthority = (char *)(uintptr_t)cli->self.xauthority,
        .tty = (char *)(uintptr_t)cli->self.tty,
        .term = (char *)(uintptr_t)cli->self.term,
    };
}
