/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of sentences. A row is a message id with names in braces for facts, which translators
 * may put in any order; a fact is foreign text and is made printable before it is put in.
 */
#include "sentence.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "common/err.h"
#include "common/text.h"
#include "i18n.h"

#define FACT_MAX     160u /* bytes shown of one fact */
#define PROGRAM_MAX  48u  /* bytes shown on the phone, so that the code at the end is never cut */
#define COMPUTER_MAX 48u

struct fact {
    const char *name;
    const char *value;
};

struct sentence {
    enum sca_err err;
    const char *text;
    bool detail; /* the provider's or library's words help here */
    bool silent; /* says nothing of signatures used */
};

static const struct sentence sentences[] = {
    {SCA_OK, N_("Signed."), false},
    {SCA_E_NOMEM, N_("The computer is out of memory. Close other programs and try again."), false},
    {SCA_E_INVAL,
     N_("The program asked the driver for something that makes no sense. Nothing was sent. Update "
        "the program or report this with the log."),
     true},
    {SCA_E_IO,
     N_("A file could not be read or written. Check the free disk space and run: smartca doctor"),
     true},
    {SCA_E_PERM,
     N_("A file or folder can be read or changed by others. Run smartca doctor: it says which one "
        "and what to do."),
     true},
    {SCA_E_FORMAT, N_("A local file or message is damaged. Run: smartca doctor"), true},
    {SCA_E_LIMIT, N_("This is more than can be handled at once. Sign fewer documents at a time."),
     true, true},
    {SCA_E_NOENT,
     N_("What the program asked for is no longer there. Close the program and open it again."),
     false},
    {SCA_E_CONFIG,
     N_("The settings of account {account} are incomplete or wrong. Run smartca doctor: it names "
        "file and line."),
     true, true},
    {SCA_E_AGENT, N_("The smartca agent cannot be started or reached. Run: smartca doctor"), true},
    {SCA_E_VERSION,
     N_("Driver and agent are of different versions. Close the program, wait a minute and open it "
        "again."),
     false},
    {SCA_E_TIMEOUT, N_("This took too long and was given up. Try again in a few minutes."), true,
     true},
    {SCA_E_CANCELLED,
     N_("The program gave up waiting. If you still confirm on your phone, signing this file again "
        "costs nothing more."),
     false},
    {SCA_E_REJECTED, N_("You rejected this on your phone. No signature was used."), false},
    {SCA_E_EXPIRED,
     N_("Nobody confirmed on the phone in time. No signature was used. Sign again and confirm "
        "within the time shown."),
     false},
    {SCA_E_BUDGET,
     N_("Your own daily limit of signatures ({limit}) is used up. Nothing was sent. Raise "
        "max-per-day or max-per-program in the configuration file, or wait until tomorrow."),
     false},
    {SCA_E_PROGRAM,
     N_("{program} may not sign with account {account}: {path} is not in its list of programs. "
        "Nothing was sent. To let it sign, add that path to programs in the configuration file."),
     false},
    {SCA_E_QUOTA,
     N_("Your signature pack has no signatures left. Buy a new pack from {service}, then sign "
        "again."),
     true, true},
    {SCA_E_USER_AUTH,
     N_("The password or one-time code was not accepted. Check both and the computer's clock "
        "before "
        "you try again: several wrong tries lock the account."),
     true, true},
    {SCA_E_USER_LOCKED,
     N_("Your account is locked after too many wrong tries. Wait a few minutes, or ask {service} "
        "to "
        "unlock it."),
     true, true},
    {SCA_E_NEED_AUTH,
     N_("A password or one-time code is needed, and there was no way to ask you for it. Nothing "
        "was "
        "sent. Set password or totp-secret for account {account}, or set pin to type it into the "
        "program."),
     false},
    {SCA_E_SP_AUTH,
     N_("The service did not accept account {account}. Check these settings in the configuration "
        "file: {settings}"),
     true, true},
    {SCA_E_CERT,
     N_("This certificate cannot sign: it is revoked, suspended or expired. No signature was used. "
        "Ask {service}, then run: smartca refresh"),
     true},
    {SCA_E_NO_CERT,
     N_("The service has no such certificate for account {account}. Check user-id and "
        "serial-number "
        "in the configuration file, then run: smartca refresh"),
     true, true},
    {SCA_E_UNSUPPORTED,
     N_("The program asked for {asked}; the service signs {offered} only. Nothing was sent. Choose "
        "{choice} in the program."),
     false},
    {SCA_E_REFUSED,
     N_("The service refused the request. No signature was used. Ask {service} if this goes on."),
     true},
    {SCA_E_NO_SCREEN,
     N_("This key asks for your permission on a web page, and there was no screen or browser to "
        "show it. No signature was used. Sign from a program on your desktop."),
     false},
    {SCA_E_UNREACHABLE,
     N_("The service ({host}) cannot be reached. Nothing was sent. Check the network connection "
        "and "
        "try again."),
     true},
    {SCA_E_TLS,
     N_("The connection to {host} is not safe: its certificate is not the one expected. Nothing "
        "was "
        "sent. Check url and ca-file in the configuration file and the computer's clock."),
     true},
    {SCA_E_SERVER_KEY,
     N_("{host} shows another public key ({detail}) than account {account} expects ({key}). "
        "Nothing was sent. Ask {service} whether its key is new, and only then change server-key "
        "in the configuration file."),
     false},
    {SCA_E_UNCERTAIN,
     N_("The connection broke while signing. Transaction {txn} is being looked up; signing this "
        "file again costs nothing more."),
     false},
    {SCA_E_SERVER,
     N_("The service ({host}) reported an error or sent an answer that makes no sense. Try again "
        "in "
        "a few minutes."),
     true, true},
    {SCA_E_NOT_FOUND, N_("The service does not know this transaction. Sign the file again."), true,
     true},
    {SCA_E_BAD_SIGNATURE,
     N_("The service returned something that is no valid signature of this certificate. It was not "
        "passed on, and a signature may have been used. Report this to {service}, and wait 15 "
        "minutes before you sign this file again."),
     true},
};

/* Where the facts tell more than the error alone. */
static const char *const expired_on =
    N_("This certificate expired on {date}. Nothing was sent. Renew it with {service}, then run: "
       "smartca refresh");
static const char *const program_unseen =
    N_("{program} may not sign with account {account}: the account has a list of programs, and the "
       "system does not say which file this one runs. Nothing was sent. Use a program outside of "
       "containers, or remove programs from the configuration file.");
static const char *const kind_unsupported = N_(
    "The program asked for a kind of signature that the service does not make. Nothing was sent. "
    "Choose {choice} in the program.");
static const char *const not_sent_no_hash =
    N_("The service signs nothing that this program asks for. Nothing was sent.");

static const char *const tries_left =
    N_("The password, PIN or one-time code was not accepted. Tries left before it is locked: "
       "{tries}. Check it before you try again.");
static const char *const locked_for =
    N_("Your account is locked after too many wrong tries. Wait {minutes} min, or ask {service} "
       "to unlock it.");
static const char *const nobody_can_say =
    N_("The connection broke while signing, and {service} cannot be asked what became of it: a "
       "signature may have been used. Wait 15 minutes before you sign this file again.");

static const char *const still_open =
    N_("Nobody confirmed on the phone in time. Sign again and confirm within the time shown; if "
       "you confirm this one after all, signing the file again costs nothing more.");

static const char *const prompt_closed =
    N_("You closed the request for your password or one-time code. Nothing was sent.");
static const char *const nothing_typed =
    N_("The password or one-time code was not there in time. Nothing was sent. Sign again.");

static const char *const cancelled_here =
    N_("You cancelled this on your computer. Reject it on your phone as well; if you confirm it "
       "there after all, signing this file again costs nothing more.");

static const char *const browser_rejected =
    N_("You did not permit this in your browser. No signature was used.");
static const char *const browser_expired =
    N_("Nobody confirmed in the browser in time. No signature was used. Sign again and confirm "
       "within the time shown.");
static const char *const browser_left =
    N_("The program gave up waiting. Nothing was signed; close the page in your browser.");

static const char *const session_locked =
    N_("You ended the session. Nothing was signed. Sign again: you will be asked to confirm.");
static const char *const session_void =
    N_("The service no longer accepts the confirmation of this session. No signature was used. "
       "Sign again: you will be asked to confirm.");

static const char *const screen_rejected =
    N_("You did not confirm this on your screen. Nothing was signed.");
static const char *const screen_expired =
    N_("Nobody confirmed on the screen in time. Nothing was signed. Sign again and confirm within "
       "the time shown.");
static const char *const screen_missing =
    N_("This has to be confirmed on your screen, and there was no way to ask you. Nothing was "
       "signed. Sign from a program on your desktop; with prompt = none nobody is ever asked.");

static const char *const unknown = N_("Something unexpected happened. Run: smartca doctor");

/* ---- filling in ---------------------------------------------------------------------------------
 */

struct out {
    char *text;
    size_t len;
    size_t size;
};

/* Cuts between letters at the end of the space, and takes nothing more then. */
static void put(struct out *out, const char *text, size_t len)
{
    size_t room = out->size - 1 - out->len;
    bool cut = len > room;

    if (cut)
        len = sca_utf8_prefix(text, room);
    memcpy(out->text + out->len, text, len);
    out->len += len;
    if (cut)
        out->size = out->len + 1;
}

static const char *fact_value(const struct fact *facts, const char *name, size_t len)
{
    for (; facts->name != NULL; facts++)
        if (strlen(facts->name) == len && memcmp(facts->name, name, len) == 0)
            return facts->value != NULL ? facts->value : "?";
    return "?";
}

/* @facts ends with a NULL name. */
static void fill(const char *format, const struct fact *facts, struct out *out)
{
    while (*format != '\0') {
        size_t plain = strcspn(format, "{");
        const char *end = NULL;

        put(out, format, plain);
        format += plain;
        if (*format == '\0')
            break;
        end = strchr(format, '}');
        if (end == NULL)
            break;
        const char *value = fact_value(facts, format + 1, (size_t)(end - format) - 1);
        char shown[FACT_MAX];

        sca_text_printable(value, shown, sizeof shown);
        put(out, shown, strlen(shown));
        format = end + 1;
    }
    out->text[out->len] = '\0';
}

/* ---- what the facts become
 * ------------------------------------------------------------------------ */

static const char *hash_title(enum sca_hash hash)
{
    switch (hash) {
    case SCA_HASH_SHA1:
        return "SHA-1";
    case SCA_HASH_SHA224:
        return "SHA-224";
    case SCA_HASH_SHA256:
        return "SHA-256";
    case SCA_HASH_SHA384:
        return "SHA-384";
    case SCA_HASH_SHA512:
        return "SHA-512";
    case SCA_HASH_NONE:
        break;
    }
    return NULL;
}

/* "SHA-256, SHA-384"; the first of them is what to choose. */
static const char *list_offered(uint32_t offered, char *ret_list, size_t size)
{
    struct out out = {ret_list, 0, size};
    const char *first = NULL;

    for (int hash = SCA_HASH_SHA1; hash <= SCA_HASH_SHA512; hash++) {
        const char *title = hash_title((enum sca_hash)hash);

        if ((offered & SCA_BIT(hash)) == 0)
            continue;
        if (first != NULL)
            put(&out, ", ", 2);
        else
            first = title;
        put(&out, title, strlen(title));
    }
    ret_list[out.len] = '\0';
    return first;
}

/* What names the organisation and the person to the service. */
static void list_settings(uint32_t settings, char *ret_list, size_t size)
{
    static const struct {
        uint32_t set;
        const char *keys;
    } rows[] = {
        {SCA_SET_SP_ID, "sp-id"},           {SCA_SET_SP_PASSWORD, "sp-password"},
        {SCA_SET_CLIENT_ID, "client-id"},   {SCA_SET_CLIENT_SECRET, "client-secret"},
        {SCA_SET_PROFILE_ID, "profile-id"}, {SCA_SET_RELYING_PARTY, "relying-party-..."},
        {SCA_SET_USER_ID, "user-id"},
    };
    struct out out = {ret_list, 0, size};

    if (settings == 0)
        settings = SCA_SET_SP_ID | SCA_SET_SP_PASSWORD | SCA_SET_USER_ID;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((settings & rows[i].set) == 0)
            continue;
        if (out.len > 0)
            put(&out, ", ", 2);
        put(&out, rows[i].keys, strlen(rows[i].keys));
    }
    ret_list[out.len] = '\0';
}

static void date_of(int64_t utc, char *ret_date, size_t size)
{
    time_t time = (time_t)utc;
    struct tm tm;

    if (localtime_r(&time, &tm) == NULL || strftime(ret_date, size, "%Y-%m-%d", &tm) == 0)
        memcpy(ret_date, "?", 2);
}

/* "3f2a…" */
static void short_id(const char *id, char *ret_text, size_t size)
{
    snprintf(ret_text, size, "%.4s…", id != NULL ? id : "");
}

static const struct sentence *row_of(int err)
{
    static const struct sentence other = {SCA_OK, unknown, true};

    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
        if ((int)sentences[i].err == err)
            return &sentences[i];
    return &other;
}

/* A sentence that says more, where the facts are there for it. */
static const char *choose(const struct sentence *row, const struct sca_sentence_facts *facts,
                          const char *choice)
{
    const bool kind =
        hash_title(facts->asked) == NULL || (facts->offered & SCA_BIT(facts->asked)) != 0;
    const struct {
        enum sca_err err;
        bool holds;
        const char *text;
    } better[] = {
        {SCA_E_REJECTED, facts->at_screen, screen_rejected},
        {SCA_E_TIMEOUT, facts->at_screen, screen_expired},
        {SCA_E_NEED_AUTH, facts->at_screen, screen_missing},
        {SCA_E_PROGRAM, facts->executable == NULL || facts->executable[0] == '\0', program_unseen},
        {SCA_E_CANCELLED, facts->at_notice, cancelled_here},
        {SCA_E_CANCELLED, facts->locked, session_locked},
        {SCA_E_REFUSED, facts->session, session_void},
        {SCA_E_EXPIRED, facts->session, session_void},
        {SCA_E_USER_AUTH, facts->tries.known, tries_left},
        {SCA_E_USER_LOCKED, facts->tries.locked_s > 0, locked_for},
        {SCA_E_UNCERTAIN, facts->blind, nobody_can_say},
        {SCA_E_REJECTED, facts->browser, browser_rejected},
        {SCA_E_EXPIRED, facts->browser, browser_expired},
        {SCA_E_CANCELLED, facts->unsent && facts->browser, browser_left},
        {SCA_E_EXPIRED, facts->open, still_open},
        {SCA_E_CANCELLED, facts->unsent, prompt_closed},
        {SCA_E_TIMEOUT, facts->unsent, nothing_typed},
        {SCA_E_CERT, facts->not_after_utc != 0, expired_on},
        {SCA_E_UNSUPPORTED, choice == NULL, not_sent_no_hash},
        {SCA_E_UNSUPPORTED, kind, kind_unsupported},
    };

    for (size_t i = 0; i < sizeof better / sizeof better[0]; i++) {
        if (better[i].err == row->err && better[i].holds)
            return better[i].text;
    }
    return row->text;
}

static bool is_silent(const struct sentence *row, const char *text)
{
    return text == tries_left || text == locked_for || (row->silent && text == row->text);
}

void sca_sentence(int err, const struct sca_sentence_facts *facts,
                  char ret_text[static SCA_SENTENCE_SIZE])
{
    const struct sentence *row = row_of(err);
    struct out out = {ret_text, 0, SCA_SENTENCE_SIZE};
    char offered[64];
    char date[16] = "";
    char limit[24];
    char tries[16];
    char minutes[16];
    char settings[128];
    char txn[16];
    const char *choice = list_offered(facts->offered, offered, sizeof offered);

    date_of(facts->not_after_utc, date, sizeof date);
    snprintf(limit, sizeof limit, "%lld", (long long)facts->limit);
    snprintf(tries, sizeof tries, "%u", facts->tries.left);
    snprintf(minutes, sizeof minutes, "%u", facts->tries.locked_s / 60 + 1);
    list_settings(facts->settings, settings, sizeof settings);
    short_id(facts->txn_id, txn, sizeof txn);
    const struct fact values[] = {
        {"account", facts->account},
        {"service", facts->service != NULL ? facts->service : _("your provider")},
        {"host", facts->host != NULL ? facts->host : facts->service},
        {"detail", facts->detail},
        {"key", facts->server_key},
        {"program", facts->program},
        {"path", facts->executable},
        {"txn", txn},
        {"asked", hash_title(facts->asked)},
        {"offered", offered},
        {"choice", choice},
        {"limit", limit},
        {"tries", tries},
        {"minutes", minutes},
        {"settings", settings},
        {"date", date},
        {NULL, NULL},
    };
    const char *text = choose(row, facts, choice);
    fill(_(text), values, &out);
    if (facts->unspent && is_silent(row, text)) {
        put(&out, " ", 1);
        fill(_("No signature was used."), values, &out);
    }
    if (row->detail && facts->detail != NULL && facts->detail[0] != '\0')
        fill(" ({detail})", values, &out);
}

static const char *phone_format(const struct sca_sentence_request *request)
{
    if (request->session_signatures > request->documents)
        return ngettext("{program} on {computer}: {number} document and up to {more} more within "
                        "{minutes} min, code {code}",
                        "{program} on {computer}: {number} documents and up to {more} more within "
                        "{minutes} min, code {code}",
                        request->documents);
    return ngettext("{program} on {computer}: {number} document, code {code}",
                    "{program} on {computer}: {number} documents, code {code}", request->documents);
}

void sca_sentence_phone(const struct sca_sentence_request *request, char *ret_text, size_t size)
{
    struct out out = {ret_text, 0, size};
    char shown_program[PROGRAM_MAX];
    char shown_computer[COMPUTER_MAX];
    char number[24];
    char more[24];
    char minutes[16];

    sca_text_printable(request->program, shown_program, sizeof shown_program);
    sca_text_printable(request->computer, shown_computer, sizeof shown_computer);
    snprintf(number, sizeof number, "%zu", request->documents);
    snprintf(more, sizeof more, "%zu", request->session_signatures - request->documents);
    snprintf(minutes, sizeof minutes, "%u", request->session_minutes);
    const struct fact values[] = {
        {"program", shown_program},
        {"computer", shown_computer},
        {"number", number},
        {"more", more},
        {"minutes", minutes},
        {"code", request->code},
        {NULL, NULL},
    };
    fill(phone_format(request), values, &out);
}

static void fill_waiting(const char *format, const struct fact *who, unsigned seconds,
                         char ret_text[static SCA_SENTENCE_SIZE])
{
    struct out out = {ret_text, 0, SCA_SENTENCE_SIZE};
    char left[24];

    snprintf(left, sizeof left, "%u:%02u", seconds / 60, seconds % 60);
    const struct fact values[] = {who[0], who[1], who[2], who[3], {"time", left}, {NULL, NULL}};
    fill(format, values, &out);
}

void sca_sentence_waiting(const char *holder, const char *service, size_t documents,
                          const char *code, unsigned seconds,
                          char ret_text[static SCA_SENTENCE_SIZE])
{
    char number[24];

    snprintf(number, sizeof number, "%zu", documents);
    const struct fact who[] = {
        {"holder", holder}, {"service", service}, {"number", number}, {"code", code}};
    fill_waiting(ngettext("Signing {number} document as {holder} ({service}): confirm on your "
                          "phone, code {code}, {time} left",
                          "Signing {number} documents as {holder} ({service}): confirm on your "
                          "phone, code {code}, {time} left",
                          documents),
                 who, seconds, ret_text);
}

void sca_sentence_browsing(const char *holder, const char *service, size_t documents,
                           const char *code, unsigned seconds,
                           char ret_text[static SCA_SENTENCE_SIZE])
{
    char number[24];

    snprintf(number, sizeof number, "%zu", documents);
    const struct fact who[] = {
        {"holder", holder}, {"service", service}, {"number", number}, {"code", code}};
    fill_waiting(ngettext("Signing {number} document as {holder} ({service}): confirm in your "
                          "browser, code {code}, {time} left",
                          "Signing {number} documents as {holder} ({service}): confirm in your "
                          "browser, code {code}, {time} left",
                          documents),
                 who, seconds, ret_text);
}

static const char *session_format(bool open, size_t more)
{
    if (open)
        return ngettext("{more} more signature within {minutes} min needs no confirmation; smartca "
                        "lock ends this.",
                        "{more} more signatures within {minutes} min need no confirmation; smartca "
                        "lock ends this.",
                        more);
    return ngettext("Confirming is good for {more} more signature within {minutes} min.",
                    "Confirming is good for up to {more} more signatures within {minutes} min.",
                    more);
}

void sca_sentence_add_session(char text[static SCA_SENTENCE_SIZE], bool open, size_t more,
                              unsigned minutes)
{
    struct out out = {text, strlen(text), SCA_SENTENCE_SIZE};
    char number[24];
    char time_left[16];

    snprintf(number, sizeof number, "%zu", more);
    snprintf(time_left, sizeof time_left, "%u", minutes);
    const struct fact values[] = {{"more", number}, {"minutes", time_left}, {NULL, NULL}};
    put(&out, " ", 1);
    fill(session_format(open, more), values, &out);
}

void sca_sentence_prompt(const char *request, const struct sca_sentence_facts *facts,
                         const char *holder, const char *purpose,
                         char ret_text[static SCA_SENTENCE_PROMPT_SIZE])
{
    struct out out = {ret_text, 0, SCA_SENTENCE_PROMPT_SIZE};
    const struct fact values[] = {
        {"account", facts->account},
        {"service", facts->service},
        {"holder", holder},
        {"purpose", purpose},
        {NULL, NULL},
    };

    fill(request, values, &out);
    if (holder != NULL && *holder != '\0') {
        put(&out, "\n", 1);
        fill(_("To sign as {holder}"), values, &out);
    }
    if (purpose != NULL && *purpose != '\0') {
        put(&out, "\n", 1);
        fill("{purpose}", values, &out);
    }
}
