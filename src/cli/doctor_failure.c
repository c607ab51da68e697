/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a service cannot be used, and the way out of it: one table from errors to what a person does.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "agent/sentence.h"
#include "common/err.h"
#include "common/text.h"
#include "doctor.h"

/* How a way out begins; the command follows from it. */
enum cure { CURE_ACCOUNT, CURE_EDIT, CURE_LOGIN, CURE_AGAIN, CURE_CLOCK, CURE_REFRESH };

struct way_out {
    enum sca_err err;
    const char *remedy; /* %s: the configuration file */
    enum cure cure;
};

static const struct way_out ways_out[] = {
    {SCA_E_BUDGET, N_("Wait until tomorrow, or raise max-per-day or max-per-program in %s:"),
     CURE_EDIT},
    {SCA_E_USER_AUTH, N_("Type the password, or the key of your one-time codes, once more:"),
     CURE_ACCOUNT},
    {SCA_E_SP_AUTH, N_("Type them once more:"), CURE_ACCOUNT},
    {SCA_E_NO_CERT, N_("Correct your user name or number, or ask the provider:"), CURE_ACCOUNT},
    {SCA_E_CONFIG, N_("Complete the account's settings:"), CURE_ACCOUNT},
    {SCA_E_NEED_AUTH, N_("Have the password, or the key of your one-time codes, kept here:"),
     CURE_ACCOUNT},
    {SCA_E_UNREACHABLE, N_("Check the network connection, then the address of the service:"),
     CURE_ACCOUNT},
    {SCA_E_TLS, N_("Check the address of the service and the file of its certificate authority:"),
     CURE_ACCOUNT},
    {SCA_E_SERVER_KEY, N_("Where the provider says that its key is new, change server-key in %s:"),
     CURE_EDIT},
    {SCA_E_SERVER,
     N_("Check the address of the service; where it is right, try again in a few minutes:"),
     CURE_ACCOUNT},
    {SCA_E_REFUSED, N_("Check the address of the service, or ask the provider:"), CURE_ACCOUNT},
    {SCA_E_NOT_FOUND, N_("Check the address of the service:"), CURE_ACCOUNT},
    {SCA_E_USER_LOCKED, N_("Wait until it is unlocked, or have the provider do it, then run:"),
     CURE_AGAIN},
    {SCA_E_TIMEOUT, N_("Try again in a few minutes:"), CURE_AGAIN},
    {SCA_E_QUOTA, N_("Buy a pack of signatures, then run:"), CURE_REFRESH},
};

static const char *config_file(const struct sca_cli *cli)
{
    const char *own = cli->paths->conf[1];
    return own && access(own, F_OK) == 0 ? own : cli->paths->conf[0];
}

static void put_command(const struct sca_cli *cli, const struct sca_config_account *account,
                        enum cure cure, char *command)
{
    switch (cure) {
    case CURE_ACCOUNT:
        snprintf(command, SCA_DOCTOR_TEXT, "smartca account edit %s", account->name);
        return;
    case CURE_EDIT:
        snprintf(command, SCA_DOCTOR_TEXT, "${EDITOR:-nano} +%d \"%s\"", account->line,
                 config_file(cli));
        return;
    case CURE_LOGIN:
        snprintf(command, SCA_DOCTOR_TEXT, "smartca login %s", account->name);
        return;
    case CURE_AGAIN:
        snprintf(command, SCA_DOCTOR_TEXT, "smartca doctor");
        return;
    case CURE_CLOCK:
        snprintf(command, SCA_DOCTOR_TEXT, "timedatectl set-ntp true");
        return;
    case CURE_REFRESH:
        snprintf(command, SCA_DOCTOR_TEXT, "smartca refresh %s", account->name);
        return;
    }
}

void sca_doctor_way_out(const struct sca_cli *cli, const struct sca_config_account *account,
                        int err, struct sca_way_out *ret_out)
{
    ret_out->remedy[0] = ret_out->command[0] = '\0';
    if (err == SCA_E_NEED_AUTH && account->provider->login_url) {
        snprintf(ret_out->remedy, SCA_DOCTOR_TEXT, "%s", _("Log in once, in your browser:"));
        put_command(cli, account, CURE_LOGIN, ret_out->command);
        return;
    }
    for (size_t i = 0; i < sizeof ways_out / sizeof ways_out[0]; i++) {
        if ((int)ways_out[i].err != err)
            continue;
        char *const end = ret_out->remedy;
        const char *text = _(ways_out[i].remedy);
        const char *place = strstr(text, "%s");
        if (place)
            snprintf(end, SCA_DOCTOR_TEXT, "%.*s%s%s", (int)(place - text), text, config_file(cli),
                     place + 2);
        else
            snprintf(end, SCA_DOCTOR_TEXT, "%s", text);
        put_command(cli, account, ways_out[i].cure, ret_out->command);
        return;
    }
}

/* ---- a service that failed ----------------------------------------------------------------- */

/* Nothing came from the service: the way there says more than the library's words. */
static const char *way_sentence(enum sca_way way, int err)
{
    if (err != SCA_E_UNREACHABLE && err != SCA_E_TIMEOUT)
        return NULL;
    switch (way) {
    case SCA_WAY_OPEN:
        return NULL;
    case SCA_WAY_PROXY:
        return _("The service cannot be reached through the proxy.");
    case SCA_WAY_NO_NAME:
        return _("The service's name is not known in this network.");
    case SCA_WAY_NO_NETWORK:
        return _("This computer is connected to no network.");
    }
    return NULL;
}

/* What libcurl and OpenSSL say of a certificate whose time is past or to come. */
static bool of_another_time(const char *detail)
{
    return strstr(detail, "expired") || strstr(detail, "not yet valid");
}

static void find_way_out(const struct sca_cli *cli, const struct sca_config_account *account,
                         enum sca_way way, const struct sca_visit *visit,
                         struct sca_way_out *ret_out)
{
    sca_doctor_way_out(cli, account, visit->err, ret_out);
    if (visit->err == SCA_E_TLS && of_another_time(visit->detail)) {
        snprintf(ret_out->remedy, SCA_DOCTOR_TEXT, "%s",
                 _("Set this computer's clock right; if it is, the service's certificate is out of "
                   "date:"));
        put_command(cli, account, CURE_CLOCK, ret_out->command);
    } else if (way_sentence(way, visit->err) && way == SCA_WAY_PROXY) {
        snprintf(ret_out->remedy, SCA_DOCTOR_TEXT, "%s",
                 _("Correct https_proxy, or do without it:"));
        snprintf(ret_out->command, SCA_DOCTOR_TEXT,
                 "unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY; smartca agent --quit");
    } else if (way_sentence(way, visit->err) && way == SCA_WAY_NO_NETWORK) {
        snprintf(ret_out->remedy, SCA_DOCTOR_TEXT, "%s", _("Connect it, by cable or Wi-Fi:"));
        snprintf(ret_out->command, SCA_DOCTOR_TEXT, "nmcli networking on");
    }
}

void sca_doctor_failure(const struct sca_cli *cli, const struct sca_config_account *account,
                        enum sca_way way, const struct sca_visit *visit, struct sca_report *report)
{
    /* Without the words of library and service, which are English mostly: JSON has them. But of a
     * wrong key the detail is the key. */
    const struct sca_sentence_facts facts = {
        .account = account->name,
        .service = account->provider->title,
        .host = account->url,
        .detail = visit->err == SCA_E_SERVER_KEY ? visit->detail : NULL,
        .tries = visit->tries,
        .server_key = account->server_key,
        .settings = account->provider->needs | account->provider->uses};
    const char *by_way = way_sentence(way, visit->err);
    struct sca_way_out out;
    char sentence[SCA_SENTENCE_SIZE];

    sca_sentence(visit->err, &facts, sentence);
    find_way_out(cli, account, way, visit, &out);
    sca_report_add(report, &(struct sca_finding){.verdict = SCA_VERDICT_BAD,
                                                 .check = sca_err_name(visit->err),
                                                 .account = account->name,
                                                 .sentence = by_way ? by_way : sentence,
                                                 .remedy = out.remedy,
                                                 .command = out.command,
                                                 .detail = visit->detail});
}
