/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca certs: what programs see, slot by slot, with what the token image does not carry.
 */
#include <stdio.h>
#include <stdlib.h>
#include "agent/credential.h"
#include "cli.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/image.h"
#include "common/text.h"
#include "table.h"

#define SECONDS_A_DAY 86400

/* One line of the listing: a slot of the image and its stored credential. */
struct shown {
    size_t slot;
    const struct sca_image_slot *image;
    const struct sca_credential *credential; /* NULL when the store has lost it */
};

static int load_image(const struct sca_cli *cli, struct sca_image **ret_image)
{
    struct sca_buf content;
    int err = sca_file_read(cli->paths->image, SCA_IMAGE_MAX, &content, NULL);
    if (err)
        return err;
    return sca_image_decode(&content, ret_image);
}

/* Has the agent fetch what was never fetched, as a program's first listing does. */
static int fetch_needed(const struct sca_cli *cli, char **ret_sentence)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, SCA_MSG_REFRESH);
    sca_msg_add_u32(&frame, SCA_F_MODE, SCA_REFRESH_NEEDED);
    int err = sca_msg_end(&frame);
    if (err)
        return err;
    return sca_cli_ask(cli, &frame, true, 30 * 1000, NULL, ret_sentence);
}

/* The configuration is another than the one the image was made from. */
static bool conf_changed(const struct sca_config *config, const struct sca_image *image)
{
    return !sca_stamp_equal(&config->stamps[0], &image->conf[0]) ||
           !sca_stamp_equal(&config->stamps[1], &image->conf[1]);
}

static long days_left(const struct shown *shown)
{
    if (!shown->credential)
        return 0;
    int64_t seconds = shown->credential->not_after_utc - sca_now_utc();
    return (long)(seconds / SECONDS_A_DAY - (seconds < 0 ? 1 : 0));
}

/* Where the lines go. */
struct output {
    struct sca_table table;
    json_t *list; /* with --json, else NULL */
    bool counted; /* a service counts signatures: there is a column for them */
};

static bool is_counted(const struct shown *shown)
{
    return shown->credential && shown->credential->has_signatures_left;
}

static int note_counts(const struct shown *shown, struct output *output)
{
    output->counted |= is_counted(shown);
    return 0;
}

static int add_json(const struct shown *shown, struct output *output)
{
    const struct sca_credential *credential = shown->credential;
    json_t *left =
        is_counted(shown) ? json_integer((json_int_t)credential->signatures_left) : json_null();
    json_t *line = json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:o}", "slot", (json_int_t)shown->slot,
        "label", shown->image->label, "holder", credential ? credential->holder : "", "issuer",
        credential ? credential->issuer : "", "serial", credential ? credential->serial : "",
        "account", shown->image->account, "days_left", (json_int_t)days_left(shown), "credential",
        shown->image->credential, "status", credential ? credential->status : "", "signatures_left",
        left);
    return json_array_append_new(output->list, line) ? SCA_E_NOMEM : 0;
}

static void add_heading(struct output *output)
{
    struct sca_table *table = &output->table;
    sca_table_init(table, output->counted ? 8 : 7);
    sca_table_add(table, _("SLOT"));
    sca_table_add(table, _("LABEL"));
    sca_table_add(table, _("HOLDER"));
    sca_table_add(table, _("ISSUER"));
    sca_table_add(table, _("SERIAL NUMBER"));
    sca_table_add(table, _("DAYS LEFT"));
    if (output->counted)
        sca_table_add(table, _("SIGNATURES LEFT"));
    sca_table_add(table, _("ACCOUNT"));
}

static int add_row(const struct shown *shown, struct output *output)
{
    const struct sca_credential *credential = shown->credential;
    struct sca_table *table = &output->table;
    sca_table_addf(table, "%zu", shown->slot);
    sca_table_add(table, shown->image->label);
    sca_table_add(table, credential ? credential->holder : "-");
    sca_table_add(table, credential ? credential->issuer : "-");
    sca_table_add(table, credential ? credential->serial : "-");
    if (credential && days_left(shown) < 0) /* first: services block these, too */
        sca_table_add(table, _("expired"));
    else if (credential && credential->blocked)
        sca_table_add(table, _("blocked"));
    else
        sca_table_addf(table, "%ld", days_left(shown));
    if (is_counted(shown))
        sca_table_addf(table, "%u", credential->signatures_left);
    else if (output->counted)
        sca_table_add(table, "-");
    sca_table_add(table, shown->image->account);
    return table->err;
}

static const struct sca_credential *find_credential(const struct sca_credentials *stored,
                                                    const char *id)
{
    for (size_t i = 0; stored && i < stored->count; i++) {
        if (sca_streq(stored->items[i].id, id))
            return &stored->items[i];
    }
    return NULL;
}

/* Slots of one account stand together in the image: its store is loaded once. */
static int each_slot(const struct sca_cli *cli, const struct sca_image *image,
                     int (*visit)(const struct shown *shown, struct output *output),
                     struct output *output)
{
    struct sca_credentials *stored = NULL;
    int err = 0;
    for (size_t i = 0; i < image->slot_count && !err; i++) {
        const struct sca_image_slot *slot = &image->slots[i];
        if (!stored || !sca_streq(stored->account, slot->account)) {
            sca_credentials_free(stored);
            stored = NULL;
            err = sca_credentials_load(cli->paths, slot->account, &stored);
        }
        const struct shown shown = {
            .slot = i, .image = slot, .credential = find_credential(stored, slot->credential)};
        if (!err)
            err = visit(&shown, output);
    }
    sca_credentials_free(stored);
    return err;
}

static int no_memory(void)
{
    return sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
}

static int show_json(const struct sca_cli *cli, const struct sca_image *image)
{
    struct output output = {.list = json_array()};
    if (each_slot(cli, image, add_json, &output)) {
        json_decref(output.list);
        return no_memory();
    }
    return sca_cli_print_json(output.list);
}

static int show_table(const struct sca_cli *cli, const struct sca_image *image)
{
    struct output output = {.counted = false};
    if (image->slot_count == 0)
        return sca_cli_fail(_("No certificate is known. \"smartca doctor\" says why."));
    int err = each_slot(cli, image, note_counts, &output);
    add_heading(&output);
    if (!err)
        err = each_slot(cli, image, add_row, &output);
    if (sca_table_print(&output.table) || err)
        return no_memory();
    return SCA_EXIT_OK;
}

static int run(const struct sca_cli *cli, int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'}, {0}};
    bool as_json = false;
    for (int option; (option = sca_cli_option(&sca_command_certs, argc, argv, options)) != -1;) {
        if (option != 'j')
            return option == SCA_OPTION_HELP ? SCA_EXIT_OK : SCA_EXIT_USAGE;
        as_json = true;
    }
    if (optind != argc)
        return sca_cli_usage(&sca_command_certs, _("\"%s\" is too much."), argv[optind]);

    SCA_IMAGE_AUTO image = NULL;
    SCA_TEXT_AUTO sentence = NULL;
    int err = load_image(cli, &image);
    if (err || image->retry_after_utc || conf_changed(cli->config, image)) {
        sca_image_free(image);
        image = NULL;
        int fetch_err = fetch_needed(cli, &sentence);
        err = load_image(cli, &image);
        if (err && fetch_err)
            err = fetch_err;
    }
    if (sentence)
        (void)sca_cli_fail("%s", sentence);
    if (err)
        return sentence ? SCA_EXIT_FAILED
                        : sca_cli_fail(_("The certificates could not be fetched (%s). \"smartca "
                                         "doctor\" says why."),
                                       sca_err_name(err));
    return as_json ? show_json(cli, image) : show_table(cli, image);
}

const struct sca_command sca_command_certs = {
    .name = "certs",
    .summary = N_("the certificates that programs see"),
    .help = N_("Usage: smartca certs [--json]\n"
               "\n"
               "Shows each certificate as programs see it: slot, label, holder, issuer, serial "
               "number, days\n"
               "left and account; signatures left, as of the last refresh, where the service "
               "counts them.\n"
               "Fetches only accounts that were never fetched.\n"
               "\n"
               "      --json   the same as JSON\n"
               "  -h, --help   this text"),
    .run = run,
};
