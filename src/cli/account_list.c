/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smartca account list and remove. The list comes from the files and from what the last listing of
 * each account brought; no service and no agent is asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "account.h"
#include "agent/sentence.h"
#include "ask.h"
#include "common/err.h"
#include "common/text.h"
#include "table.h"

/* One account as it is shown. */
struct line {
    const char *name;
    const char *provider; /* as written; "" where missing */
    const char *title;
    char *user; /* masked */
    struct sca_credentials *known;
    const char *state; /* a stable word */
    char sentence[SCA_SENTENCE_SIZE];
};

static int no_memory(void)
{
    return sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
}

static void set_state(const struct sca_config_account *account, struct line *line)
{
    line->state = "ready";
    if (!account) {
        line->state = "unusable";
    } else if (line->known->failed_err) {
        const struct sca_sentence_facts facts = {.account = account->name,
                                                 .service = account->provider->title,
                                                 .host = account->url,
                                                 .detail = line->known->failed_detail,
                                                 .settings = account->provider->needs |
                                                             account->provider->uses};
        line->state = "failed";
        sca_sentence(line->known->failed_err, &facts, line->sentence);
    } else if (!sca_credentials_current(line->known, account)) {
        line->state = "unfetched";
    } else if (line->known->count == 0) {
        line->state = "empty";
    }
}

static const char *state_words(const char *state)
{
    static const struct {
        const char *state;
        const char *words;
    } all[] = {
        {"ready", N_("ready")},
        {"unusable", N_("not used")},
        {"failed", N_("failed")},
        {"unfetched", N_("never fetched")},
        {"empty", N_("without certificate")},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (sca_streq(all[i].state, state))
            return _(all[i].words);
    }
    return state;
}

static json_t *certificates_of(const struct sca_credentials *known)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < known->count; i++) {
        const struct sca_credential *item = &known->items[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I}", "holder", item->holder,
                                              "issuer", item->issuer, "serial", item->serial,
                                              "valid_until", (json_int_t)item->not_after_utc));
    }
    return list;
}

/* Where the lines go. */
struct output {
    struct sca_table table;
    json_t *list; /* with --json, else NULL */
    bool bad;     /* something is to be mended */
};

static int add_line(const struct line *line, struct output *output)
{
    struct sca_table *table = &output->table;
    json_t *list = output->list;
    output->bad |= sca_streq(line->state, "unusable") || sca_streq(line->state, "failed");
    if (list)
        return json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o}", "name", line->name,
                            "service", line->provider, "title", line->title, "user", line->user,
                            "state", line->state, "sentence", line->sentence, "fetched",
                            (json_int_t)line->known->fetched_utc, "certificates",
                            certificates_of(line->known)));
    sca_table_add(table, line->name);
    sca_table_add(table, line->title);
    sca_table_add(table, line->user);
    sca_table_addf(table, "%zu", line->known->count);
    sca_table_add(table, state_words(line->state));
    return table->err;
}

static int show(const struct sca_cli *cli, const char *name, struct output *output)
{
    SCA_DRAFT_AUTO draft = {0};
    struct line line = {.name = name, .provider = ""};
    int err = sca_draft_load(cli->paths, name, &draft);
    if (!err)
        err = sca_credentials_load(cli->paths, name, &line.known);
    if (err)
        return err;
    const char *provider = sca_draft_value(&draft, "provider");
    const char *user = sca_draft_value(&draft, "user-id");
    const struct sca_provider *found = provider ? sca_provider_find(provider) : NULL;
    line.provider = provider ? provider : "";
    line.title = found ? found->title : line.provider;
    line.user = sca_account_masked(user ? user : "");
    set_state(sca_config_account(cli->config, name), &line);
    err = line.user ? add_line(&line, output) : SCA_E_NOMEM;
    free(line.user);
    sca_credentials_free(line.known);
    return err;
}

static void add_heads(struct sca_table *table)
{
    const char *const heads[] = {_("ACCOUNT"), _("SERVICE"), _("USER"), _("CERTIFICATES"),
                                 _("STATE")};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        sca_table_add(table, heads[i]);
}

int sca_account_list(const struct sca_cli *cli, bool as_json)
{
    struct output output = {.list = as_json ? json_array() : NULL};
    char **names = NULL;
    sca_table_init(&output.table, 5);
    int err = sca_draft_names(cli->paths, &names);
    if (!err && names[0] && !as_json)
        add_heads(&output.table);
    for (size_t i = 0; !err && names[i]; i++)
        err = show(cli, names[i], &output);
    bool any = !err && names[0];
    sca_draft_names_free(names);
    if (err) {
        json_decref(output.list);
        return no_memory();
    }
    if (as_json)
        return sca_cli_print_json(output.list);
    if (any && sca_table_print(&output.table))
        return no_memory();
    if (!any)
        sca_say(_("No account is configured. \"smartca setup\" asks for what is needed and sets "
                  "one up."));
    if (output.bad)
        sca_say(_("\"smartca doctor\" says what is wrong."));
    return SCA_EXIT_OK;
}

/* ---- remove ---------------------------------------------------------------------------------- */

/* What to do with the secrets; asks where nothing was said. */
static int decide(const struct sca_cli *cli, const struct sca_account_request *request,
                  const struct sca_draft *draft, bool *ret_go, bool *ret_secrets)
{
    size_t count = sca_account_secrets(cli, draft);
    *ret_go = request->secrets != NULL;
    *ret_secrets = sca_streq(request->secrets, "delete");
    if (*ret_go)
        return SCA_EXIT_OK;
    if (!sca_ask_can())
        return sca_cli_usage(&sca_command_account,
                             _("Nobody can be asked without a terminal. Add --secrets delete or "
                               "--secrets keep."));
    sca_ask_begin();
    SCA_TEXT_AUTO question =
        sca_text_format(_("Remove account \"%s\" from %s?"), draft->name, sca_account_conf(cli));
    int err = question ? sca_ask_yes(question, false, ret_go) : SCA_E_NOMEM;
    if (!err && *ret_go && count > 0)
        err = sca_ask_yes(_("Delete its stored secrets, too?"), true, ret_secrets);
    if (err || !*ret_go) {
        *ret_go = false;
        return sca_cli_fail(_("Nothing was changed."));
    }
    return SCA_EXIT_OK;
}

static void tell_agent(const struct sca_cli *cli)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX);
    sca_msg_begin(&frame, SCA_MSG_REFRESH);
    sca_msg_add_u32(&frame, SCA_F_MODE, SCA_REFRESH_NEEDED);
    if (sca_msg_end(&frame) == 0)
        (void)sca_cli_ask(cli, &frame, true, 30000, NULL, NULL); /* programs forget the token */
}

int sca_account_remove(const struct sca_cli *cli, const struct sca_account_request *request)
{
    SCA_DRAFT_AUTO draft = {0};
    bool go = false;
    bool secrets = false;
    int err = sca_draft_load(cli->paths, request->name, &draft);
    if (err == SCA_E_NOENT)
        return sca_cli_fail(_("There is no account \"%s\" in the configuration."), request->name);
    if (err)
        return no_memory();
    if (!draft.own)
        return sca_cli_fail(_("Account \"%s\" stands in %s, which is everybody's and is not "
                              "changed by this command."),
                            request->name, cli->paths->conf[0]);
    int status = decide(cli, request, &draft, &go, &secrets);
    if (status)
        return status;
    status = sca_account_drop(cli, &draft, secrets);
    if (status)
        return status;
    sca_say(_("Account \"%s\" is removed. What it signed stays in the log: smartca log --account "
              "%s"),
            draft.name, draft.name);
    if (draft.shared)
        sca_say(_("%s still has settings for it."), cli->paths->conf[0]);
    tell_agent(cli);
    return SCA_EXIT_OK;
}
