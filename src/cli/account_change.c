/* SPDX-License-Identifier: Apache-2.0 */
/* smartca account add and edit, by options: for scripts, and for those who know what they want. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "account.h"
#include "ask.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/text.h"
#include "setup.h"
#include "visit.h"
#include "wizard.h"

static int no_memory(void)
{
    return sca_cli_fail(_("There is not enough memory. Close some programs and try again."));
}

/* ---- secrets from files ---------------------------------------------------------------------- */

/* The first line. 0, SCA_E_IO, SCA_E_LIMIT, SCA_E_FORMAT (empty, or no text), SCA_E_NOMEM. */
static int read_first_line(int fd, struct sca_secret **ret_secret)
{
    char line[SCA_DRAFT_SECRET_MAX + 1] = "";
    size_t len = 0;
    ssize_t got = 1;
    while (len < sizeof line && !memchr(line, '\n', len) &&
           (got = read(fd, line + len, sizeof line - len)) > 0)
        len += (size_t)got;
    const char *end = memchr(line, '\n', len);
    int err = got < 0 ? SCA_E_IO : 0;
    if (!err && !end && len == sizeof line)
        err = SCA_E_LIMIT;
    len = end ? (size_t)(end - line) : len;
    len -= len > 0 && line[len - 1] == '\r' ? 1 : 0;
    if (!err && (len == 0 || memchr(line, '\0', len)))
        err = SCA_E_FORMAT;
    if (!err)
        err = sca_secret_new(line, len, ret_secret);
    sca_wipe(line, sizeof line);
    return err;
}

/* "-" is standard input; a person there is asked without echo. */
static int read_secret(const char *key, const char *path, struct sca_secret **ret_secret)
{
    if (strcmp(path, "-") != 0) {
        SCA_FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        return fd < 0 ? SCA_E_NOENT : read_first_line(fd, ret_secret);
    }
    if (!sca_ask_can())
        return read_first_line(STDIN_FILENO, ret_secret);
    int err = sca_ask_secret(key, ret_secret);
    return err || *ret_secret ? err : SCA_E_FORMAT;
}

static int tell_secret(const char *key, const char *path, int err)
{
    if (err == SCA_E_FORMAT)
        return sca_cli_fail(_("%s: the first line of %s holds no secret. Nothing was changed."),
                            key, path);
    if (err == SCA_E_LIMIT)
        return sca_cli_fail(_("%s: the first line of %s is too long. Nothing was changed."), key,
                            path);
    return sca_cli_fail(_("%s: %s cannot be read (%s). Nothing was changed."), key, path,
                        sca_err_name(err));
}

/* What the service needs first, of the secrets that are not there yet. */
static const char *first_secret(const struct sca_draft *draft)
{
    static const struct {
        const char *key;
        uint32_t set;
    } secrets[] = {
        {"sp-password", SCA_SET_SP_PASSWORD},
        {"client-secret", SCA_SET_CLIENT_SECRET},
        {"password", SCA_SET_PASSWORD},
        {"relying-party-password", SCA_SET_RELYING_PARTY},
    };
    const char *name = sca_draft_value(draft, "provider");
    const struct sca_provider *provider = name ? sca_provider_find(name) : NULL;
    uint32_t wanted = provider ? provider->needs : 0;
    for (int round = 0; round < 2; round++, wanted = provider ? provider->uses : 0) {
        for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
            if ((wanted & secrets[i].set) && !sca_draft_secret(draft, secrets[i].key))
                return secrets[i].key;
        }
    }
    return "password";
}

/* ---- options --------------------------------------------------------------------------------- */

static bool names_a_place(const char *value)
{
    return *value == '\0' || strcmp(value, "prompt") == 0 || strncmp(value, "file:", 5) == 0 ||
           strncmp(value, "command:", 8) == 0;
}

static int set_plain(struct sca_draft *draft, const char *key, const char *value)
{
    bool secret = false;
    if (!sca_draft_is_setting(key, &secret))
        return sca_cli_usage(&sca_command_account, _("There is no setting \"%s\"."), key);
    if (secret && !names_a_place(value))
        return sca_cli_usage(&sca_command_account,
                             _("A secret does not belong on the command line, where others can "
                               "see it. Put it into a file: --secret-file %s=FILE"),
                             key);
    int err = sca_draft_set(draft, key, *value ? value : NULL);
    return err ? no_memory() : SCA_EXIT_OK;
}

static int set_secret(struct sca_draft *draft, const char *key, const char *path)
{
    SCA_SECRET_AUTO secret = NULL;
    bool is_secret = false;
    key = key ? key : first_secret(draft);
    if (!sca_draft_is_setting(key, &is_secret) || !is_secret)
        return sca_cli_usage(&sca_command_account, _("\"%s\" is no secret's name."), key);
    int err = read_secret(key, path, &secret);
    if (!err)
        err = sca_draft_set_secret(draft, key, secret);
    return err ? tell_secret(key, path, err) : SCA_EXIT_OK;
}

static int apply(struct sca_draft *draft, const struct sca_account_request *request)
{
    int status = SCA_EXIT_OK;
    for (int secrets = 0; secrets < 2;
         secrets++) { /* the service decides what the first secret is */
        for (size_t i = 0; i < request->count && !status; i++) {
            const struct sca_account_option *option = &request->options[i];
            if ((option->kind == SCA_ACCOUNT_SECRET_FILE) != (secrets == 1))
                continue;
            status = secrets ? set_secret(draft, option->key, option->value)
                             : set_plain(draft, option->key, option->value);
        }
    }
    return status;
}

/* ---- check and save -------------------------------------------------------------------------- */

void sca_account_visit(const struct sca_cli *cli, const struct sca_config_account *account,
                       struct sca_visit *ret_visit)
{
    if (account->provider->login_url && account->password.kind == SCA_SOURCE_NONE)
        sca_visit(cli->paths, account, false, sca_ask_stopped, ret_visit);
    else
        sca_visit_draft(cli->paths, account, sca_ask_stopped, ret_visit);
    /* What answers is perhaps another service: the sentence alone would not say so. */
    if (ret_visit->err == SCA_E_REFUSED || ret_visit->err == SCA_E_SERVER) {
        size_t len = strlen(ret_visit->sentence);
        snprintf(ret_visit->sentence + len, sizeof ret_visit->sentence - len, " %s",
                 _("Check the address, too."));
    }
    if (!ret_visit->err && ret_visit->credentials->count == 0) {
        const struct sca_sentence_facts facts = {.account = account->name,
                                                 .service = account->provider->title};
        ret_visit->err = SCA_E_NO_CERT;
        sca_sentence(SCA_E_NO_CERT, &facts, ret_visit->sentence);
    }
}

/* Asks the service. What needs the person to log in or to type is left for later. */
static int check(const struct sca_cli *cli, const struct sca_config_account *account,
                 bool *ret_later)
{
    struct sca_visit visit = {0};
    int status = SCA_EXIT_OK;
    sca_account_visit(cli, account, &visit);
    *ret_later = visit.err == SCA_E_NEED_AUTH;
    if (!visit.err)
        sca_account_show(visit.credentials);
    else if (!*ret_later)
        status = sca_cli_fail(_("%s Nothing was saved; --no-check would save it unchecked."),
                              visit.sentence);
    sca_visit_clear(&visit);
    return status;
}

static bool has_secret(const struct sca_draft *draft)
{
    for (size_t i = 0; i < draft->count; i++) {
        if (draft->settings[i].secret)
            return true;
    }
    return false;
}

static int save(const struct sca_cli *cli, const struct sca_account_request *request,
                const struct sca_draft *draft)
{
    bool secrets = has_secret(draft);
    enum sca_keep keep = SCA_KEEP_FILE;
    if (secrets)
        keep = request->has_keep ? request->keep : sca_account_keep(cli);
    int status = sca_account_save(cli, draft, keep);
    if (status)
        return status;
    sca_say(_("Account \"%s\" is saved in %s."), draft->name, sca_account_conf(cli));
    if (secrets) {
        SCA_TEXT_AUTO words = sca_keep_words(cli->paths, keep);
        sca_say(_("Its secrets are kept %s."), words ? words : "");
    }
    return SCA_EXIT_OK;
}

static int finish(const struct sca_cli *cli, const struct sca_account_request *request,
                  const struct sca_config_account *account, const struct sca_draft *draft)
{
    bool later = false;
    int status = request->no_check ? SCA_EXIT_OK : check(cli, account, &later);
    if (!status)
        status = save(cli, request, draft);
    if (status || request->no_check)
        return status;
    if (later && account->provider->login_url && account->password.kind == SCA_SOURCE_NONE)
        sca_say(_("It is not checked yet: log in first. Run: smartca login %s"), draft->name);
    else if (later)
        sca_say(_("It is not checked: a secret is asked for each time. Run: smartca refresh %s"),
                draft->name);
    return later ? SCA_EXIT_OK : sca_cli_refresh(cli, draft->name);
}

static int change(const struct sca_cli *cli, const struct sca_account_request *request,
                  struct sca_draft *draft)
{
    struct sca_config_faults faults = {0};
    struct sca_config_account *account = NULL;
    sca_ask_begin();
    int status = apply(draft, request);
    if (status)
        return status;
    int err = sca_draft_account(draft, &faults, &account);
    if (err)
        return no_memory();
    if (faults.count > 0 || !account) {
        sca_account_complain(draft, &faults);
        status = SCA_EXIT_USAGE;
    } else {
        status = finish(cli, request, account, draft);
    }
    sca_config_account_free(account);
    sca_config_faults_free(faults.items, faults.count);
    return status;
}

int sca_account_add(const struct sca_cli *cli, const struct sca_account_request *request)
{
    SCA_DRAFT_AUTO draft = {0};
    if (!sca_draft_is_name(request->name))
        return sca_cli_usage(&sca_command_account,
                             _("Names of accounts consist of letters A to Z, digits, \".\", \"_\" "
                               "and \"-\", 40 at most."));
    if (sca_account_ready(cli) != SCA_EXIT_OK)
        return SCA_EXIT_FAILED;
    int err = sca_draft_load(cli->paths, request->name, &draft);
    if (!err)
        return sca_cli_fail(_("There is an account \"%s\" already. Change it with: smartca account "
                              "edit %s"),
                            draft.name, draft.name);
    if (err == SCA_E_NOENT && request->count == 0 && sca_ask_can())
        return sca_wizard_add(cli, request->name);
    if (err == SCA_E_NOENT)
        err = sca_draft_new(request->name, &draft);
    return err ? no_memory() : change(cli, request, &draft);
}

int sca_account_edit(const struct sca_cli *cli, const struct sca_account_request *request)
{
    SCA_DRAFT_AUTO draft = {0};
    if (sca_account_ready(cli) != SCA_EXIT_OK)
        return SCA_EXIT_FAILED;
    int err = sca_draft_load(cli->paths, request->name, &draft);
    if (err == SCA_E_NOENT)
        return sca_cli_fail(_("There is no account \"%s\" in the configuration."), request->name);
    if (!err && request->count == 0 && sca_ask_can())
        return sca_wizard_edit(cli, draft.name);
    if (!err && request->count == 0)
        return sca_cli_usage(&sca_command_account,
                             _("Say what to change, for example: --set NAME=VALUE"));
    return err ? no_memory() : change(cli, request, &draft);
}
