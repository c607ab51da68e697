/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: what is understood, and for everything that is not, the line and the setting
 * that are named, and whether the account may still be used. A fault is written "LINE KEY", with
 * "!" where it forbids an account or the file.
 */
#include "harness.h"
#include <sys/stat.h>
#include "agent/argv.h"
#include "agent/config.h"
#include "agent/config_value.h"
#include "common/err.h"
#include "common/text.h"

static char folder[64];

static char *below(const char *rest)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s%s", folder, rest) > 0);
    return path;
}

static void write_bytes(const char *path, const char *content, size_t len, mode_t mode)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* Loads @user alone, or with @system below it; NULL: no such file. */
static struct sca_config *load(const char *system, const char *user)
{
    SCA_TEXT_AUTO first = below("/system.conf");
    SCA_TEXT_AUTO second = below("/user.conf");
    struct sca_paths paths = {.conf = {first, second}};
    struct sca_config *config = NULL;

    unlink(first);
    unlink(second);
    if (system != NULL)
        write_bytes(first, system, strlen(system), 0600);
    if (user != NULL)
        write_bytes(second, user, strlen(user), 0600);
    assert_int_equal(sca_config_load(&paths, &config), 0);
    assert_non_null(config);
    return config;
}

static char *faults_of(const struct sca_config *config)
{
    SCA_BUF_AUTO text = {0};

    sca_buf_init(&text, 65536);
    for (size_t i = 0; i < config->fault_count; i++) {
        const struct sca_config_fault *fault = &config->faults[i];

        assert_non_null(fault->file);
        assert_true(strlen(fault->sentence) > 10);
        sca_buf_addf(&text, "%s%d %s%s", i > 0 ? "; " : "", fault->line,
                     fault->key != NULL ? fault->key : "-", fault->fatal ? "!" : "");
    }
    assert_int_equal(sca_buf_add_u8(&text, 0), 0);
    return strdup((const char *)text.data);
}

#define ACCOUNT                                                                                    \
    "[account:work]\nprovider = vnpt-smartca\nuser-id = 012345678901\nsp-id = sp\n"                \
    "sp-password = prompt\n"
#define TH                                                                                         \
    "[account:th]\nprovider = vnpt-smartca-th\nuser-id = 012345678903\nsp-id = sp\n"               \
    "sp-password = prompt\n"

#define CSC "[account:c]\nprovider = csc\nurl = https://csc.example/\n"

#define MYSIGN                                                                                     \
    "[account:m]\nprovider = viettel-mysign\nuser-id = CMT_012345678901\n"                         \
    "client-id = c\nclient-secret = prompt\n"

static const struct {
    const char *content;
    const char *faults;
    size_t accounts;
} cases[] = {
    {"", "", 0},
    {"# only a comment\n\n; another\n   # and one more\n", "", 0},
    {ACCOUNT, "", 1},
    {"\xef\xbb\xbf" ACCOUNT, "", 1},
    {"[smartca]\r\nlanguage = "
     "vi\r\n[account:a]\r\nprovider=vnpt-smartca\r\nuser-id=1\r\nsp-id=2\r\n"
     "sp-password=prompt\r\n",
     "", 1},
    {ACCOUNT "label = Nguyễn Thị Mẫu\nURL = https://127.0.0.1:8443/sca\n", "", 1},

    {"[smartca]\nlog-level = loud\nlog-file = relative\nnotify = shout\nprompt = x\nlanguage = fr\n"
     "agent-idle = 0\ncache-dir = x\nnothing = 1\n",
     "2 log-level; 3 log-file; 4 notify; 5 prompt; 6 language; 7 agent-idle; 8 cache-dir; 9 "
     "nothing",
     0},
    {"orphan = 1\n" ACCOUNT, "1 -", 1},
    {"[smartca]\nthis is no setting\n= 5\nx\ty = 2\n[\n[unclosed\nlabel = x\n" ACCOUNT,
     "2 -; 3 -; 4 -; 5 -; 6 -", 1},
    {"[other]\nx = 1\n[account:]\ny = 2\n", "1 -; 3 -", 0},
    {"[account:Thử]\nprovider = x\n" ACCOUNT, "1 -", 1},
    {ACCOUNT "[account:WORK]\nuser-id = 2\nsp-id = 3\n", "6 -", 1},
    {ACCOUNT "user-id = 2\nUSER-ID = 3\n", "6 user-id; 7 user-id", 1},
    {ACCOUNT "colour = red\n", "6 colour", 1},

    {"[account:a]\nuser-id = 1\n", "1 provider!", 0},
    {"[account:a]\nprovider = vnpt\n", "2 provider!", 0},
    {"[account:a]\nprovider = vnpt-smartca\n", "1 user-id!; 1 sp-id!; 1 sp-password!", 0},
    {"[account:a]\nprovider = vnpt-smartca\nuser-id =\nsp-id = 1\nsp-password = prompt\n",
     "1 user-id!", 0},
    {ACCOUNT "url = http://gwsca.vnpt.vn\n", "6 url!", 0},
    {ACCOUNT "url = https://user:secret@host/\n", "6 url!", 0},
    {ACCOUNT "url = https:///path\n", "6 url!", 0},
    {ACCOUNT "url = https://host/?a=b\n", "6 url!", 0},
    {ACCOUNT "ca-file = ca.pem\n", "6 ca-file!", 0},
    {ACCOUNT "ca-file = /nowhere/ca.pem\n", "6 ca-file!", 0},
    {ACCOUNT "server-key = /etc/key.pem\n", "6 server-key!", 0},
    {ACCOUNT "server-key = sha256//AAAA\n", "6 server-key!", 0},
    {ACCOUNT "serial-number = 54xy\n", "6 serial-number!", 0},
    {ACCOUNT "serial-number = 5401, , 2\n", "6 serial-number!", 0},
    {ACCOUNT "hashes = sha1\n", "6 hashes", 1},
    {ACCOUNT "confirm-timeout = 5\npoll-interval = 2s\nbatch-window = -1\nmax-batch = 0\n"
             "replay-hours = 99999\n",
     "6 confirm-timeout; 7 poll-interval; 8 batch-window; 9 max-batch; 10 replay-hours", 1},
    {ACCOUNT "max-per-day = many\n", "6 max-per-day!", 0},
    {ACCOUNT "max-per-day = 99999999999999999999\n", "6 max-per-day!", 0},
    {ACCOUNT "max-per-program = soffice.bin\n", "6 max-per-program!", 0},
    {ACCOUNT "programs = pkcs11-tool\n", "6 programs!", 0},
    {ACCOUNT "programs = /usr/bin/a, , /usr/bin/b\n", "6 programs!", 0},
    {ACCOUNT "programs = /usr/bin/\n", "6 programs!", 0},
    {ACCOUNT "programs =\n", "", 1},
    {ACCOUNT "label = a\x01z\n", "6 label", 1},
    {ACCOUNT "session = 50/30\nsession-scope = user\n", "6 session; 7 session-scope", 1},
    {TH "session = 50/30\n", "", 1},
    {MYSIGN "session = 50/30\n", "6 session", 1},
    {CSC "session = 50/30\nsession-scope = program\n", "", 1},
    {CSC "session = 2/1\n", "", 1},
    {CSC "session = 500 / 120\n", "", 1},
    {CSC "session = 501/30\n", "4 session", 1},
    {CSC "session = 50/121\n", "4 session", 1},
    {CSC "session = 1/30\n", "4 session", 1},
    {CSC "session = 50/0\n", "4 session", 1},
    {CSC "session = 50\n", "4 session", 1},
    {CSC "session = 50/\n", "4 session", 1},
    {CSC "session = /30\n", "4 session", 1},
    {CSC "session = 50/30/1\n", "4 session", 1},
    {CSC "session = 50 signatures / 30 minutes\n", "4 session", 1},
    {CSC "session = 99999999999/30\n", "4 session", 1},
    {CSC "session-scope = everybody\n", "4 session-scope", 1},

    {ACCOUNT "password = prompt\nclient-id = 1\ncredential-pin = prompt\npin = otp\n",
     "6 password; 9 pin; 8 credential-pin; 7 client-id", 1},

    {TH, "", 1},
    {TH "pin = password+otp\n", "", 1},
    {TH "password = prompt\ntotp-secret = MZXW6\n", "7 totp-secret!", 0},
    {TH "password = prompt\ntotp-secret = otpauth://totp/x?secret=MZXW6YTB&digits=8\n",
     "7 totp-secret!", 0},
    {TH "password = file:relative\ntotp-secret = file:/x\n", "6 password!", 0},
    {TH "password = command:pass 'x\ntotp-secret = command:x\n", "6 password!", 0},

    {MYSIGN, "", 1},
    {MYSIGN "profile-id = adss:ras:profile:008\n", "", 1},
    {"[account:m]\nprovider = viettel-mysign\n", "1 user-id!; 1 client-id!; 1 client-secret!", 0},
    {MYSIGN "sp-id = 1\nsp-password = prompt\npassword = prompt\ntotp-secret = file:/x\npin = otp\n"
            "credential-pin = prompt\nrelying-party = r\nrelying-party-key = relative\n",
     "6 sp-id; 7 sp-password; 8 password; 9 totp-secret; 10 pin; 11 credential-pin; "
     "12 relying-party; 13 relying-party-key",
     1},
    {MYSIGN "profile-id = a\x01z\n", "6 profile-id!", 0},
    {"[account:m]\nprovider = viettel-mysign\nuser-id = 1\nclient-id = c\nclient-secret = "
     "file:relative\n",
     "5 client-secret!", 0},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        SCA_CONFIG_AUTO config = load(NULL, cases[i].content);
        SCA_TEXT_AUTO faults = faults_of(config);

        if (strcmp(faults, cases[i].faults) != 0 || config->account_count != cases[i].accounts)
            print_error("case %zu:\n%s\nfaults: %s\naccounts: %zu\n", i, cases[i].content, faults,
                        config->account_count);
        assert_string_equal(faults, cases[i].faults);
        assert_int_equal(config->account_count, cases[i].accounts);
    }
}

static void test_values(void **state)
{
    (void)state;
    SCA_CONFIG_AUTO config = load(
        NULL, "[smartca]\nlog-level = debug\nlog-file = /tmp/x.log\nnotify = command:/bin/true a\n"
              "language = vi\nagent-idle = 5\n" TH
              "url = HTTPS://[::1]:8443/sca/sp769/\nlabel = Lê Thị Ví Dụ ; x # y\n"
              "password = a;b # c\"d\\ \ntotp-secret = base64:MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=\n"
              "serial-number = 0x5401AB, 00:1f\nhashes = sha384\nconfirm-timeout = 60\n"
              "poll-interval = 3\nbatch-window = 0\nmax-batch = 7\nmax-per-day = 0\n"
              "max-per-program = soffice.bin:20, a:b:5\nreplay-hours = 0\n"
              "programs = /usr/bin/a b ,/opt/ký.bin\n");
    SCA_TEXT_AUTO faults = faults_of(config);

    assert_string_equal(faults, "");
    assert_int_equal(config->log_level, SCA_LOG_DEBUG);
    assert_string_equal(config->log_file, "/tmp/x.log");
    assert_int_equal(config->notify, SCA_NOTIFY_COMMAND);
    assert_string_equal(config->notify_command, "/bin/true a");
    assert_string_equal(config->language, "vi");
    assert_int_equal(config->agent_idle_s, 5);
    const struct sca_config_account *account = sca_config_account(config, "th");
    assert_non_null(account);
    assert_string_equal(account->provider->name, "vnpt-smartca-th");
    assert_string_equal(account->url, "HTTPS://[::1]:8443/sca/sp769");
    assert_string_equal(account->label, "Lê Thị Ví Dụ ; x # y");
    assert_string_equal(sca_secret_text(account->password.literal), "a;b # c\"d\\");
    assert_string_equal(account->serials[0], "5401ab");
    assert_string_equal(account->serials[1], "1f");
    assert_null(account->serials[2]);
    assert_int_equal(account->hashes, SCA_BIT(SCA_HASH_SHA384));
    assert_int_equal(account->confirm_timeout_s, 60);
    assert_int_equal(account->poll_interval_ms, 3000);
    assert_int_equal(account->batch_window_ms, 0);
    assert_int_equal(account->max_batch, 7);
    assert_int_equal(account->max_per_day, 0);
    assert_int_equal(account->program_limit_count, 2);
    assert_string_equal(account->program_limits[1].program, "a:b");
    assert_int_equal(account->program_limits[1].per_day, 5);
    assert_int_equal(account->replay_hours, 0);
    assert_string_equal(account->programs[0], "/usr/bin/a b");
    assert_string_equal(account->programs[1], "/opt/ký.bin");
    assert_null(account->programs[2]);
}

static void test_defaults(void **state)
{
    (void)state;
    SCA_CONFIG_AUTO config = load(NULL, ACCOUNT);
    const struct sca_config_account *account = sca_config_account(config, "work");

    assert_true(config->present);
    assert_int_equal(config->log_level, SCA_LOG_WARNING);
    assert_int_equal(config->agent_idle_s, 600);
    assert_non_null(account);
    assert_string_equal(account->url, account->provider->url);
    assert_int_equal(account->confirm_timeout_s, 300);
    assert_int_equal(account->max_batch, account->provider->max_batch);
    assert_int_equal(account->max_per_day, -1);
    assert_int_equal(account->hashes, 0);
    assert_null(account->serials);
    assert_null(account->programs);
    assert_null(account->server_key);
    assert_null(account->ca_file);
    assert_int_equal(account->line, 1);

    SCA_CONFIG_AUTO none = load(NULL, NULL);
    assert_false(none->present);
    assert_int_equal(none->fault_count, 0);
}

/* The person's file wins key by key; accounts of both stand in order, the system's first. */
static void test_two_files(void **state)
{
    (void)state;
    SCA_CONFIG_AUTO config = load(
        "[smartca]\nlanguage = vi\nagent-idle = 5\n[account:b]\nprovider = vnpt-smartca\n"
        "sp-id = sp\nsp-password = prompt\nlabel = system\nconfirm-timeout = 5\n",
        "[smartca]\nlanguage = en\n[account:a]\nprovider = vnpt-smartca\nuser-id = 1\nsp-id = 1\n"
        "sp-password = prompt\n[account:b]\nuser-id = 2\nlabel = own\nconfirm-timeout = 40\n");
    SCA_TEXT_AUTO faults = faults_of(config);

    assert_string_equal(faults, "");
    assert_string_equal(config->language, "en");
    assert_int_equal(config->agent_idle_s, 5);
    assert_int_equal(config->account_count, 2);
    assert_string_equal(config->accounts[0].name, "b");
    assert_string_equal(config->accounts[0].label, "own");
    assert_string_equal(config->accounts[0].user_id, "2");
    assert_int_equal(config->accounts[0].confirm_timeout_s, 40);
    assert_string_equal(config->accounts[1].name, "a");
}

#define KEY "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void test_copy(void **state)
{
    struct sca_config_account *copy = NULL;

    (void)state;
    {
        SCA_CONFIG_AUTO config = load(
            NULL, TH "password = geheim\ntotp-secret = command:x y\nserial-number = 1,2\n"
                     "max-per-program = a:1\nlabel = L\nprograms = /x\nserver-key = " KEY "\n");
        assert_int_equal(config->account_count, 1);
        assert_int_equal(sca_config_account_copy(&config->accounts[0], &copy), 0);
    }
    assert_string_equal(copy->name, "th");
    assert_string_equal(sca_secret_text(copy->password.literal), "geheim");
    assert_string_equal(copy->totp_secret.text, "x y");
    assert_string_equal(copy->serials[1], "2");
    assert_string_equal(copy->program_limits[0].program, "a");
    assert_string_equal(copy->programs[0], "/x");
    assert_string_equal(copy->server_key, KEY);
    assert_null(copy->programs[1]);
    sca_config_account_free(copy);
}

/* What a flow is given outlives the configuration by a copy. */
static void test_cloud_account(void **state)
{
    struct sca_config_account *copy = NULL;

    (void)state;
    {
        SCA_CONFIG_AUTO config = load(NULL, "[account:m]\nprovider = viettel-mysign\n"
                                            "user-id = CMT_1\nclient-id = c-1\nprofile-id = p-1\n"
                                            "client-secret = geheim\n");
        assert_int_equal(config->account_count, 1);
        assert_int_equal(sca_config_account_copy(&config->accounts[0], &copy), 0);
    }
    struct sca_cloud_account cloud = sca_config_cloud_account(copy);
    assert_string_equal(cloud.url, copy->provider->url);
    assert_string_equal(cloud.user_id, "CMT_1");
    assert_string_equal(cloud.client_id, "c-1");
    assert_string_equal(cloud.profile_id, "p-1");
    assert_null(cloud.sp_id);
    assert_null(cloud.relying_party);
    assert_string_equal(sca_secret_text(copy->client_secret.literal), "geheim");
    sca_config_account_free(copy);
}

/* Loads user.conf as it is on disk with @mode. */
static struct sca_config *load_mode(const char *content, mode_t mode)
{
    SCA_TEXT_AUTO path = below("/user.conf");
    struct sca_paths paths = {.conf = {path, NULL}};
    struct sca_config *config = NULL;

    write_bytes(path, content, strlen(content), mode);
    assert_int_equal(sca_config_load(&paths, &config), 0);
    return config;
}

static void test_modes(void **state)
{
    static const struct {
        const char *content;
        mode_t mode;
        bool refused;
    } modes[] = {
        {ACCOUNT, 0644, false}, /* no secret in it */
        {ACCOUNT, 0600, false},
        {ACCOUNT, 0620, true},
        {ACCOUNT, 0602, true},
        {ACCOUNT "password = literal\n", 0600, false},
        {ACCOUNT "password = literal\n", 0640, true},
        {ACCOUNT "password = literal\n", 0604, true},
        {ACCOUNT "client-secret = literal\n", 0644, true},
        {ACCOUNT "password = command:pass show x\n", 0644, false},
        {ACCOUNT "password = file:/x\n", 0644, false},
        {ACCOUNT "password = command:'unclosed\n", 0644, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(modes); i++) {
        SCA_CONFIG_AUTO config = load_mode(modes[i].content, modes[i].mode);
        bool refused = config->fault_count > 0 && config->faults[0].line == 0 &&
                       config->faults[0].fatal && config->account_count == 0;

        if (refused != modes[i].refused)
            print_error("case %zu\n", i);
        assert_int_equal(refused, modes[i].refused);
        assert_true(config->present);
        if (refused)
            assert_non_null(strstr(config->faults[0].sentence, "chmod 600"));
    }
}

static void test_session(void **state)
{
    static const char *const without = CSC;
    SCA_CONFIG_AUTO off = load(NULL, without);
    SCA_CONFIG_AUTO on = load(NULL, CSC "session = 50/30\nsession-scope = program\n");
    SCA_CONFIG_AUTO above = load(NULL, CSC "session = 9999/30\n");
    SCA_CONFIG_AUTO cannot = load(NULL, ACCOUNT "session = 50/30\n");
    struct sca_config_account *copy = NULL;

    (void)state;
    assert_int_equal(off->accounts[0].session_signatures, 0);
    assert_int_equal(on->accounts[0].session_signatures, 50);
    assert_int_equal(on->accounts[0].session_minutes, 30);
    assert_int_equal(sca_config_account_copy(&on->accounts[0], &copy), 0);
    assert_int_equal(copy->session_signatures, 50);
    assert_int_equal(copy->session_minutes, 30);
    assert_int_equal(copy->session_scope, SCA_SESSION_PROGRAM);
    sca_config_account_free(copy);
    assert_int_equal(above->accounts[0].session_signatures, 0);
    assert_int_equal(cannot->accounts[0].session_signatures, 0);
    /* Who is meant, what is wrong, what to do. */
    assert_non_null(strstr(cannot->faults[0].sentence, "work"));
    assert_non_null(strstr(cannot->faults[0].sentence, "\"session\""));
    assert_non_null(strstr(cannot->faults[0].sentence, "VNPT SmartCA"));
    assert_non_null(strstr(cannot->faults[0].sentence, "Remove the line"));
}

/* After the advised chmod the same content is read again. */
static void test_repair_is_noticed(void **state)
{
    SCA_TEXT_AUTO path = below("/user.conf");
    struct sca_paths paths = {.conf = {path, NULL}};

    (void)state;
    SCA_CONFIG_AUTO config = load_mode(ACCOUNT "password = literal\n", 0644);
    assert_int_equal(config->account_count, 0);
    assert_false(sca_config_changed(config, &paths));
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(sca_config_changed(config, &paths));
    SCA_CONFIG_AUTO repaired = NULL;
    assert_int_equal(sca_config_load(&paths, &repaired), 0);
    assert_int_equal(repaired->account_count, 1);
    assert_false(sca_config_changed(repaired, &paths));
    assert_int_equal(unlink(path), 0);
    assert_true(sca_config_changed(repaired, &paths));
}

static void test_odd_files(void **state)
{
    SCA_TEXT_AUTO path = below("/user.conf");
    SCA_TEXT_AUTO link = below("/link.conf");
    struct sca_paths paths = {.conf = {path, NULL}};
    struct sca_paths linked = {.conf = {link, NULL}};
    SCA_CONFIG_AUTO config = NULL;
    SCA_CONFIG_AUTO through_link = NULL;
    SCA_CONFIG_AUTO huge = NULL;
    SCA_CONFIG_AUTO fifo = NULL;
    SCA_CONFIG_AUTO wide = NULL;
    static const char nul[] = "[smartca]\nlang\0uage = vi\nagent-idle = 7\nlog-level = \xff\n";
    char *line = malloc(1200000);

    (void)state;
    assert_non_null(line);
    write_bytes(path, nul, sizeof nul - 1, 0600);
    assert_int_equal(sca_config_load(&paths, &config), 0);
    SCA_TEXT_AUTO faults = faults_of(config);
    assert_string_equal(faults, "2 -; 4 -");
    assert_int_equal(config->agent_idle_s, 7);

    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(sca_config_load(&linked, &through_link), 0);
    assert_int_equal(through_link->agent_idle_s, 7);

    memset(line, 'a', 1200000);
    write_bytes(path, line, 1000000, 0600);
    assert_int_equal(sca_config_load(&paths, &huge), 0);
    assert_int_equal(huge->fault_count, 1);
    sca_config_free(huge);
    huge = NULL;
    write_bytes(path, line, 1200000, 0600);
    assert_int_equal(sca_config_load(&paths, &huge), 0);
    assert_true(huge->faults[0].fatal);
    free(line);

    write_bytes(path, "\xff\xfe[\0", 4, 0600);
    assert_int_equal(sca_config_load(&paths, &wide), 0);
    assert_int_equal(wide->fault_count, 1);
    assert_true(wide->faults[0].fatal);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(sca_config_load(&paths, &fifo), 0);
    assert_true(fifo->faults[0].fatal);
    assert_int_equal(unlink(path), 0);
}

static void test_faults_are_bounded(void **state)
{
    SCA_BUF_AUTO text = {0};

    (void)state;
    sca_buf_init(&text, 1000000);
    for (int i = 0; i < 5000; i++)
        sca_buf_addf(&text, "nonsense %d\n", i);
    assert_int_equal(sca_buf_add_u8(&text, 0), 0);
    SCA_CONFIG_AUTO config = load(NULL, (const char *)text.data);
    assert_true(config->fault_count > 100 && config->fault_count < 1000);
}

static void test_argv(void **state)
{
    static const struct {
        const char *text;
        const char *words; /* joined by '|'; NULL: malformed */
    } lines[] = {
        {"a", "a"},
        {"  secret-tool lookup  service\tsmartca ", "secret-tool|lookup|service|smartca"},
        {"a 'b c' \"d 'e\" f\\ g", "a|b c|d 'e|f g"},
        {"a '' \"\"", "a||"},
        {"a'b'\"c\"d", "abcd"},
        {"\"\\\"\\\\\\$\\n\"", "\"\\$\\n"},
        {"a $HOME `x` *", "a|$HOME|`x`|*"},
        {"", NULL},
        {"   ", NULL},
        {"'a", NULL},
        {"a \"b", NULL},
        {"a \\", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        SCA_ARGV_AUTO argv = NULL;
        SCA_BUF_AUTO joined = {0};
        int err = sca_argv_split(lines[i].text, &argv);

        if (lines[i].words == NULL) {
            assert_int_equal(err, SCA_E_FORMAT);
            continue;
        }
        assert_int_equal(err, 0);
        sca_buf_init(&joined, 1000);
        for (size_t k = 0; argv[k] != NULL; k++)
            sca_buf_addf(&joined, "%s%s", k > 0 ? "|" : "", argv[k]);
        assert_int_equal(sca_buf_add_u8(&joined, 0), 0);
        assert_string_equal((const char *)joined.data, lines[i].words);
    }
}

static int make_folder(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),    cmocka_unit_test(test_values),
        cmocka_unit_test(test_defaults),  cmocka_unit_test(test_two_files),
        cmocka_unit_test(test_copy),      cmocka_unit_test(test_cloud_account),
        cmocka_unit_test(test_modes),     cmocka_unit_test(test_repair_is_noticed),
        cmocka_unit_test(test_odd_files), cmocka_unit_test(test_faults_are_bounded),
        cmocka_unit_test(test_argv),      cmocka_unit_test(test_session),
    };

    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
