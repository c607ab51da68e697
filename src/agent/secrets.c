/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking secrets up. A call goes from its source's text to the secret, and for one-time codes on
 * from the key to a code whose step was never used. Every call has a timer, through which it also
 * answers what is known at once, so that done never comes from inside sca_secrets_get.
 */
#include "secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "account_file.h"
#include "command.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "totp.h"

#define COMMAND_LIMIT_MS 10000u
#define SOURCE_FILE_MAX  SCA_SECRET_MAX

struct sca_secrets {
    uv_loop_t *loop;
    const struct sca_paths *paths;
    struct sca_secrets_call *first; /* those under way */
};

struct sca_secrets_call {
    struct sca_secrets *secrets;
    struct sca_secrets_call *next;
    const struct sca_config_account *account;
    enum sca_secret_kind kind;
    sca_secrets_done *done;
    void *arg;
    uv_timer_t timer;
    struct sca_command *command;
    struct sca_prompt_call *prompt;
    struct sca_secret *typed;
    struct sca_secret *key; /* of one-time codes */
};

int sca_secrets_new(uv_loop_t *loop, const struct sca_paths *paths,
                    struct sca_secrets **ret_secrets)
{
    struct sca_secrets *secrets = calloc(1, sizeof *secrets);

    if (secrets == NULL)
        return SCA_E_NOMEM;
    secrets->loop = loop;
    secrets->paths = paths;
    *ret_secrets = secrets;
    return 0;
}

void sca_secrets_free(struct sca_secrets *secrets)
{
    if (secrets == NULL)
        return;
    while (secrets->first != NULL)
        sca_secrets_cancel(secrets->first);
    free(secrets);
}

/* ---- the end of a call --------------------------------------------------------------------------
 */

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void sca_secrets_cancel(struct sca_secrets_call *call)
{
    if (call == NULL)
        return;
    for (struct sca_secrets_call **link = &call->secrets->first; *link != NULL;
         link = &(*link)->next) {
        if (*link == call) {
            *link = call->next;
            break;
        }
    }
    sca_command_cancel(call->command);
    sca_prompt_cancel(call->prompt);
    sca_secret_free(&call->typed);
    sca_secret_free(&call->key);
    uv_close((uv_handle_t *)&call->timer, on_closed);
}

/* @secret stays the caller's. */
static void finish(struct sca_secrets_call *call, int err, const struct sca_secret *secret)
{
    sca_secrets_done *done = call->done;
    void *arg = call->arg;

    sca_secrets_cancel(call);
    done(arg, err, err == 0 ? secret : NULL);
}

static const char *key_name(enum sca_secret_kind kind)
{
    static const char *const names[SCA_SECRET__COUNT] = {
        [SCA_SECRET_CONSENT] = "consent",
        [SCA_SECRET_SP_PASSWORD] = "sp-password",
        [SCA_SECRET_PASSWORD] = "password",
        [SCA_SECRET_OTP] = "totp-secret",
        [SCA_SECRET_SENT_OTP] = "one-time code",
        [SCA_SECRET_CLIENT_SECRET] = "client-secret",
        [SCA_SECRET_CREDENTIAL_PIN] = "credential-pin",
        [SCA_SECRET_RP_PASSWORD] = "relying-party-password",
        [SCA_SECRET_RP_SIGNATURE] = "relying-party-signature",
        [SCA_SECRET_RP_KEY] = "relying-party-key",
        [SCA_SECRET_RP_KEY_PASSWORD] = "relying-party-key-password",
        [SCA_SECRET_ACCESS_TOKEN] = "log-in",
    };

    return kind < SCA_SECRET__COUNT ? names[kind] : "";
}

static void complain(const struct sca_secrets_call *call, int err, const char *why)
{
    sca_log(SCA_LOG_ERROR, "config", "account %s: %s: %s (%s)", call->account->name,
            key_name(call->kind), why, sca_err_name(err));
}

/* ---- one-time codes -----------------------------------------------------------------------------
 */

static int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The last step whose code was handed out; -1 when none is known. */
static int read_step(const char *path, int64_t *ret_step)
{
    SCA_BUF_AUTO content = {0};
    int err = sca_file_read(path, 32, &content, NULL);
    int64_t step = 0;

    *ret_step = -1;
    if (err == SCA_E_NOENT)
        return 0;
    if (err != 0)
        return err;
    for (size_t i = 0; i < content.len && i < 18; i++) {
        if (content.data[i] < '0' || content.data[i] > '9')
            break;
        step = step * 10 + (content.data[i] - '0');
    }
    if (content.len > 0 && content.data[content.len - 1] == '\n')
        *ret_step = step; /* a damaged file says nothing */
    return 0;
}

static int write_step(const struct sca_paths *paths, const char *path, int64_t step)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%lld\n", (long long)step);
    int err = sca_dir_ensure(paths->state_dir);

    if (err == 0)
        err = sca_file_replace(path, (struct sca_bytes){(const uint8_t *)text, (size_t)len});
    return err;
}

static void on_otp_timer(uv_timer_t *timer);

/* Hands out a code or waits for the next step. */
static int make_code(struct sca_secrets_call *call, struct sca_secret **ret_code)
{
    const struct sca_paths *paths = call->secrets->paths;
    SCA_TEXT_AUTO path = sca_account_file(paths->state_dir, "otp-", call->account->name, "");
    char code[SCA_TOTP_CODE_SIZE];
    int64_t now_ms = clock_ms();
    int64_t last = -1;

    if (path == NULL)
        return SCA_E_NOMEM;
    int err = read_step(path, &last);
    if (err != 0)
        return err;
    int64_t wait_ms = sca_totp_wait_ms(now_ms, last);
    if (wait_ms > 0) {
        uv_update_time(call->secrets->loop);
        uv_timer_start(&call->timer, on_otp_timer, (uint64_t)wait_ms, 0);
        return 0;
    }
    err = write_step(paths, path, now_ms / 1000 / SCA_TOTP_STEP_S);
    if (err == 0)
        err = sca_totp_code(call->key, now_ms / 1000, code);
    if (err == 0)
        err = sca_secret_new(code, strlen(code), ret_code);
    sca_wipe(code, sizeof code);
    return err;
}

static void continue_otp(struct sca_secrets_call *call)
{
    SCA_SECRET_AUTO code = NULL;
    int err = make_code(call, &code);

    if (err != 0)
        complain(call, err, "no one-time code");
    if (err != 0 || code != NULL)
        finish(call, err, code);
}

static void on_otp_timer(uv_timer_t *timer)
{
    continue_otp(timer->data);
}

/* ---- sources
 * -------------------------------------------------------------------------------------- */

static const struct sca_source *source_of(const struct sca_secrets_call *call)
{
    static const struct sca_source none = {.kind = SCA_SOURCE_NONE};
    static const struct sca_source ask = {.kind = SCA_SOURCE_PROMPT};
    const struct sca_config_account *account = call->account;

    switch (call->kind) {
    case SCA_SECRET_SP_PASSWORD:
        return &account->sp_password;
    case SCA_SECRET_PASSWORD:
        return &account->password;
    case SCA_SECRET_OTP:
        return &account->totp_secret;
    case SCA_SECRET_CONSENT:
    case SCA_SECRET_SENT_OTP:
        return &ask;
    case SCA_SECRET_CLIENT_SECRET:
        return &account->client_secret;
    case SCA_SECRET_CREDENTIAL_PIN:
        return &account->credential_pin;
    case SCA_SECRET_RP_PASSWORD:
        return &account->relying_party_password;
    case SCA_SECRET_RP_SIGNATURE:
        return &account->relying_party_signature;
    case SCA_SECRET_RP_KEY_PASSWORD:
        return &account->relying_party_key_password;
    case SCA_SECRET_RP_KEY:       /* a whole file: on_start */
    case SCA_SECRET_ACCESS_TOKEN: /* the token broker's, never configured */
    case SCA_SECRET__COUNT:
        break;
    }
    return &none;
}

/* The source has said @secret, which stays the caller's. */
static void got(struct sca_secrets_call *call, int err, const struct sca_secret *secret)
{
    if (err != 0 || call->kind != SCA_SECRET_OTP) {
        finish(call, err, secret);
        return;
    }
    err = sca_totp_key(secret, &call->key);
    if (err != 0) {
        complain(call, err, "not a key of one-time codes");
        finish(call, err, NULL);
        return;
    }
    continue_otp(call);
}

static void got_line(struct sca_secrets_call *call, int err, struct sca_bytes line)
{
    SCA_SECRET_AUTO secret = NULL;

    if (err == 0)
        err = sca_secret_new(line.data, line.len, &secret);
    got(call, err, secret);
}

static void on_command(void *arg, int err, struct sca_bytes line)
{
    struct sca_secrets_call *call = arg;

    call->command = NULL;
    if (err != 0)
        complain(call, err,
                 err == SCA_E_TIMEOUT ? "the command took longer than 10 seconds"
                                      : "the command gave no secret");
    got_line(call, err, line);
}

/* Ours alone: what others may read is no secret. */
static int check_mode(const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return SCA_E_CONFIG;
    return st.st_uid == geteuid() && (st.st_mode & (S_IRWXG | S_IRWXO)) == 0 ? 0 : SCA_E_PERM;
}

static int read_own_file(const char *path, struct sca_buf *ret_content)
{
    int err = check_mode(path);

    if (err == 0)
        err = sca_file_read(path, SOURCE_FILE_MAX, ret_content, NULL);
    return err == SCA_E_NOENT || err == SCA_E_LIMIT ? SCA_E_CONFIG : err;
}

static void complain_file(const struct sca_secrets_call *call, int err)
{
    complain(call, err,
             err == SCA_E_PERM ? "the secret's file must be yours alone: chmod 600"
                               : "the secret's file cannot be read");
}

/* A key file is no text: all of it is the secret. */
static void read_key_file(struct sca_secrets_call *call, const char *path)
{
    SCA_BUF_AUTO content = {0};
    int err = path != NULL ? read_own_file(path, &content) : SCA_E_NEED_AUTH;

    if (err == 0 && content.len == 0)
        err = SCA_E_CONFIG;
    if (err != 0 && path != NULL)
        complain_file(call, err);
    got_line(call, err, (struct sca_bytes){content.data, content.len});
}

static void read_secret_file(struct sca_secrets_call *call, const char *path)
{
    SCA_BUF_AUTO content = {0};
    struct sca_bytes line = {0};
    int err = read_own_file(path, &content);

    if (err == 0) {
        const uint8_t *end = content.len > 0 ? memchr(content.data, '\n', content.len) : NULL;

        line = (struct sca_bytes){content.data,
                                  end != NULL ? (size_t)(end - content.data) : content.len};
        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0 || memchr(line.data, '\0', line.len) != NULL)
            err = SCA_E_CONFIG;
    }
    if (err != 0)
        complain_file(call, err);
    got_line(call, err, line);
}

static void start_command(struct sca_secrets_call *call, const char *text)
{
    int err = sca_command_run(call->secrets->loop, text, COMMAND_LIMIT_MS, on_command, call,
                              &call->command);

    if (err != 0)
        got(call, err == SCA_E_NOMEM ? err : SCA_E_CONFIG, NULL);
}

static void on_start(uv_timer_t *timer)
{
    struct sca_secrets_call *call = timer->data;
    const struct sca_source *source = source_of(call);

    if (call->typed != NULL) {
        SCA_SECRET_AUTO typed = call->typed;

        call->typed = NULL;
        finish(call, 0, typed); /* a typed one-time code is the code itself */
        return;
    }
    if (call->kind == SCA_SECRET_RP_KEY) {
        read_key_file(call, call->account->relying_party_key);
        return;
    }
    switch (source->kind) {
    case SCA_SOURCE_NONE:
    case SCA_SOURCE_PROMPT:
        finish(call, SCA_E_NEED_AUTH, NULL);
        return;
    case SCA_SOURCE_LITERAL:
        got(call, 0, source->literal);
        return;
    case SCA_SOURCE_FILE:
        read_secret_file(call, source->text);
        return;
    case SCA_SOURCE_COMMAND:
        start_command(call, source->text);
        return;
    }
}

static void on_prompt(void *arg, int err, const struct sca_secret *secret)
{
    struct sca_secrets_call *call = arg;

    call->prompt = NULL;
    finish(call, err, secret); /* a code that a person says is the code itself, not a key */
}

/* What no organisation hands out and no file has to hold. */
static bool only_person_knows(enum sca_secret_kind kind)
{
    return kind == SCA_SECRET_PASSWORD || kind == SCA_SECRET_OTP ||
           kind == SCA_SECRET_CREDENTIAL_PIN;
}

static bool is_asked_for(const struct sca_secrets_call *call)
{
    enum sca_source_kind source = source_of(call)->kind;

    return source == SCA_SOURCE_PROMPT ||
           (source == SCA_SOURCE_NONE && only_person_knows(call->kind));
}

static int start(struct sca_secrets_call *call, const struct sca_typed *typed)
{
    const struct sca_person *person = typed != NULL ? typed->person : NULL;

    if (typed != NULL && typed->of[call->kind] != NULL)
        return sca_secret_copy(typed->of[call->kind], &call->typed);
    if (person == NULL || !is_asked_for(call))
        return 0;
    return sca_person_ask(person, call->account, call->kind, on_prompt, call, &call->prompt);
}

int sca_secrets_get(struct sca_secrets *secrets, const struct sca_config_account *account,
                    enum sca_secret_kind kind, const struct sca_typed *typed,
                    sca_secrets_done *done, void *arg, struct sca_secrets_call **ret_call)
{
    struct sca_secrets_call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return SCA_E_NOMEM;
    call->secrets = secrets;
    call->account = account;
    call->kind = kind;
    call->done = done;
    call->arg = arg;
    if (start(call, typed) != 0) {
        free(call);
        return SCA_E_NOMEM;
    }
    call->next = secrets->first;
    secrets->first = call;
    uv_timer_init(secrets->loop, &call->timer);
    call->timer.data = call;
    if (call->prompt == NULL)
        uv_timer_start(&call->timer, on_start, 0, 0);
    *ret_call = call;
    return 0;
}
