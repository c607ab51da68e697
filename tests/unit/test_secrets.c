/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets from every source, and what must not become one: files that others can read, commands
 * that fail or hang. One-time codes are those of RFC 6238 and none is handed out twice.
 */
#include "harness.h"
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include "agent/command.h"
#include "agent/config_value.h"
#include "agent/secrets.h"
#include "agent/totp.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/text.h"

static char folder[64];

/* What a call told. */
struct told {
    uv_loop_t *loop;
    bool called;
    int err;
    char text[64];
};

static char *below(const char *rest)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, rest) > 0);
    return path;
}

static void write_file(const char *rest, const char *content, mode_t mode)
{
    SCA_TEXT_AUTO path = below(rest);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void on_secret(void *arg, int err, const struct sca_secret *secret)
{
    struct told *told = arg;

    assert_false(told->called);
    told->called = true;
    told->err = err;
    assert_int_equal(err != 0, secret == NULL);
    snprintf(told->text, sizeof told->text, "%s", sca_secret_text(secret));
}

static void on_line(void *arg, int err, struct sca_bytes line)
{
    struct told *told = arg;

    assert_false(told->called);
    told->called = true;
    told->err = err;
    snprintf(told->text, sizeof told->text, "%.*s", (int)line.len, (const char *)line.data);
}

/* ---- one-time codes ----------------------------------------------------------------------------
 */

static struct sca_secret *key_of(const char *text, int expected)
{
    struct sca_secret *source = NULL;
    struct sca_secret *key = NULL;

    assert_int_equal(sca_secret_new(text, strlen(text), &source), 0);
    assert_int_equal(sca_totp_key(source, &key), expected);
    sca_secret_free(&source);
    return key;
}

/* RFC 6238 appendix B, SHA-1; six digits are the last six of its eight. */
static void test_rfc6238(void **state)
{
    static const struct {
        int64_t utc;
        const char *code;
    } vectors[] = {
        {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
        {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
    };
    struct sca_secret *key = key_of("raw:12345678901234567890", 0);

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        char code[SCA_TOTP_CODE_SIZE];

        assert_int_equal(sca_totp_code(key, vectors[i].utc, code), 0);
        assert_string_equal(code, vectors[i].code);
    }
    sca_secret_free(&key);
}

static void test_key_forms(void **state)
{
    static const char *const same[] = {
        "raw:12345678901234567890",
        "base64:MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
        "base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "BASE32: gezd gnbv gy3t qojq gezd gnbv gy3t qojq ",
        "otpauth://totp/VNPT:a%20b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=VNPT",
        "otpauth://totp/x?period=30&algorithm=SHA1&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "otpauth://totp/x?digits=6&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    };
    static const char *const wrong[] = {
        "12345678901234567890",
        "base64:",
        "base64:MTIzNDU2Nzg5MDEyMzQ1Njc4OTA",
        "base64:MT=zNDU2",
        "base64:====",
        "base32:1888",
        "otpauth://totp/x",
        "otpauth://totp/x?secret=",
        "otpauth://totp/x?secret=GEZDGNBV&digits=8",
        "otpauth://totp/x?secret=GEZDGNBV&period=60",
        "otpauth://totp/x?secret=GEZDGNBV&algorithm=SHA256",
        "otpauth://hotp/x?secret=GEZDGNBV",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        struct sca_secret *key = key_of(same[i], 0);

        assert_string_equal(sca_secret_text(key), "12345678901234567890");
        sca_secret_free(&key);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_null(key_of(wrong[i], SCA_E_CONFIG));

    /* VNPT's keys: base64 of hex letters; the letters are the key. */
    struct sca_secret *letters = key_of("base64:MDEyMzQ1Njc4OUFCQ0RFRg==", 0);
    assert_string_equal(sca_secret_text(letters), "0123456789ABCDEF");
    sca_secret_free(&letters);
}

static void test_wait(void **state)
{
    (void)state;
    assert_int_equal(sca_totp_wait_ms(3000000, -1), 0);
    assert_int_equal(sca_totp_wait_ms(3000000, 99), 0);
    assert_int_equal(sca_totp_wait_ms(3000000, 100), 30000); /* this step's code is used */
    assert_int_equal(sca_totp_wait_ms(3010000, 100), 20000);
    assert_int_equal(sca_totp_wait_ms(3010000, 101), 20000); /* the clock went back a little */
    assert_int_equal(sca_totp_wait_ms(3010000, 5000), 0);    /* the clock was wrong before */
    assert_int_equal(sca_totp_wait_ms(3029000, 99), 1000);   /* too short to arrive in */
}

/* ---- commands
 * ------------------------------------------------------------------------------------ */

static struct told run(const char *text, uint32_t timeout_ms)
{
    uv_loop_t loop;
    struct sca_command *command = NULL;
    struct told told = {0};

    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_command_run(&loop, text, timeout_ms, on_line, &told, &command), 0);
    assert_false(told.called);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(told.called);
    assert_int_equal(uv_loop_close(&loop), 0);
    return told;
}

static void test_commands(void **state)
{
    static const struct {
        const char *text;
        int err;
        const char *line;
    } commands[] = {
        {"printf 'geheim\\nzweite'", 0, "geheim"},
        {"printf 'no end'", 0, "no end"},
        {"printf 'dos\\r\\n'", 0, "dos"},
        {"sh -c 'echo $0' \"a b\"", 0, "a b"},
        {"sh -c 'echo x; exec 1>&-; sleep 0.05'", 0, "x"},
        {"sh -c 'yes geheim | head -n 100000'", 0, "geheim"},
        {"sh -c 'cat; echo end of input'", 0, "end of input"},
        {"sh -c 'echo secret; exit 3'", SCA_E_CONFIG, ""},
        {"sh -c 'echo secret; kill -9 $$'", SCA_E_CONFIG, ""},
        {"true", SCA_E_CONFIG, ""},
        {"printf '\\n'", SCA_E_CONFIG, ""},
        {"printf 'a\\000b\\n'", SCA_E_CONFIG, ""},
        {"head -c 100000 /dev/zero", SCA_E_CONFIG, ""},
        {"/nowhere/program", SCA_E_CONFIG, ""},
        {"/etc/passwd", SCA_E_CONFIG, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        struct told told = run(commands[i].text, 30000);

        if (told.err != commands[i].err)
            print_error("%s\n", commands[i].text);
        assert_int_equal(told.err, commands[i].err);
        assert_string_equal(told.text, commands[i].line);
    }
}

/* A program that hangs is killed with its children; what it wrote is no secret. */
static void test_command_hangs(void **state)
{
    SCA_TEXT_AUTO pid_file = below("pid");
    SCA_TEXT_AUTO text = NULL;
    long pid = 0;

    (void)state;
    assert_true(asprintf(&text, "sh -c 'sleep 1000 & echo $! >%s; echo geheim; wait'", pid_file) >
                0);
    struct told told = run(text, 3000);
    assert_int_equal(told.err, SCA_E_TIMEOUT);
    assert_string_equal(told.text, "");
    FILE *file = fopen(pid_file, "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &pid), 1);
    fclose(file);
    for (int i = 0; i < 500 && kill((pid_t)pid, 0) == 0; i++) {
        char state_file[64];
        char line[256] = "";

        /* Nobody may reap an orphan in a container; dead is dead. */
        snprintf(state_file, sizeof state_file, "/proc/%ld/stat", pid);
        FILE *stat = fopen(state_file, "re");
        if (stat == NULL || fgets(line, sizeof line, stat) == NULL || strstr(line, ") Z") != NULL)
            pid = 0;
        if (stat != NULL)
            fclose(stat);
        if (pid == 0)
            return;
        usleep(10000);
    }
    assert_int_not_equal(kill((pid_t)pid, 0), 0);
}

/* A child in the background that keeps the pipe open does not hold the secret up. */
static void test_command_background(void **state)
{
    int64_t start = (int64_t)time(NULL);
    struct told told = run("sh -c 'echo geheim; sleep 8 2>&1 &'", 60000);

    (void)state;
    assert_int_equal(told.err, 0);
    assert_string_equal(told.text, "geheim");
    assert_true((int64_t)time(NULL) - start < 8);
}

static void test_command_cancel(void **state)
{
    uv_loop_t loop;
    struct sca_command *command = NULL;
    struct told told = {0};

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_command_run(&loop, "sleep 1000", 500000, on_line, &told, &command), 0);
    sca_command_cancel(command);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_false(told.called);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* ---- sources
 * --------------------------------------------------------------------------------------- */

/* Looks one secret up in a loop of its own; @source as in the configuration. */
static struct told look_up(const char *source, enum sca_secret_kind kind, const char *typed)
{
    uv_loop_t loop;
    struct sca_paths paths = {.state_dir = folder};
    char name[] = "th/1";
    struct sca_config_account account = {.name = name};
    struct sca_secrets *secrets = NULL;
    struct sca_secrets_call *call = NULL;
    struct sca_typed given = {0};
    struct told told = {0};

    if (source != NULL && kind == SCA_SECRET_OTP)
        assert_int_equal(sca_value_source(source, &account.totp_secret), 0);
    else if (source != NULL)
        assert_int_equal(sca_value_source(source, &account.password), 0);
    if (typed != NULL)
        assert_int_equal(sca_secret_new(typed, strlen(typed), &given.of[kind]), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_secrets_new(&loop, &paths, &secrets), 0);
    assert_int_equal(sca_secrets_get(secrets, &account, kind, &given, on_secret, &told, &call), 0);
    assert_false(told.called);
    sca_typed_clear(&given);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(told.called);
    sca_secrets_free(secrets);
    assert_int_equal(uv_loop_close(&loop), 0);
    sca_value_source_clear(&account.password);
    sca_value_source_clear(&account.totp_secret);
    return told;
}

static void assert_told(struct told told, int err, const char *text)
{
    assert_int_equal(told.err, err);
    assert_string_equal(told.text, text);
}

static void test_sources(void **state)
{
    SCA_TEXT_AUTO path = below("secret");
    SCA_TEXT_AUTO link = below("link");
    SCA_TEXT_AUTO source = NULL;
    SCA_TEXT_AUTO linked = NULL;

    (void)state;
    assert_true(asprintf(&source, "file:%s", path) > 0);
    assert_true(asprintf(&linked, "file:%s", link) > 0);
    assert_told(look_up("geheim", SCA_SECRET_PASSWORD, NULL), 0, "geheim");
    assert_told(look_up(NULL, SCA_SECRET_PASSWORD, NULL), SCA_E_NEED_AUTH, "");
    assert_told(look_up("prompt", SCA_SECRET_PASSWORD, NULL), SCA_E_NEED_AUTH, "");
    assert_told(look_up("geheim", SCA_SECRET_PASSWORD, "typed"), 0, "typed");
    assert_told(look_up("command:printf 'a\\nb'", SCA_SECRET_PASSWORD, NULL), 0, "a");
    assert_told(look_up("command:false", SCA_SECRET_PASSWORD, NULL), SCA_E_CONFIG, "");

    assert_told(look_up(source, SCA_SECRET_PASSWORD, NULL), SCA_E_CONFIG, "");
    write_file("secret", "first\r\nsecond\n", 0600);
    assert_told(look_up(source, SCA_SECRET_PASSWORD, NULL), 0, "first");
    write_file("secret", "first", 0400);
    assert_told(look_up(source, SCA_SECRET_PASSWORD, NULL), 0, "first");
    assert_int_equal(chmod(path, 0640), 0);
    assert_told(look_up(source, SCA_SECRET_PASSWORD, NULL), SCA_E_PERM, "");
    assert_int_equal(chmod(path, 0604), 0);
    assert_told(look_up(source, SCA_SECRET_PASSWORD, NULL), SCA_E_PERM, "");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_told(look_up(linked, SCA_SECRET_PASSWORD, NULL), SCA_E_PERM, "");
    write_file("secret", "\n", 0600);
    assert_told(look_up(source, SCA_SECRET_PASSWORD, NULL), SCA_E_CONFIG, "");
}

/* The code is of now, its step is on disk, and a second call would have to wait. */
static void test_otp(void **state)
{
    SCA_TEXT_AUTO path = below("otp-th%2F1");
    SCA_BUF_AUTO content = {0};
    struct sca_secret *key = key_of("raw:12345678901234567890", 0);
    char before[SCA_TOTP_CODE_SIZE];
    char after[SCA_TOTP_CODE_SIZE];

    (void)state;
    /* time(2) may lag behind the clock that the agent reads, and be a step behind with it. */
    int64_t start = sca_now_utc();
    struct told told = look_up("raw:12345678901234567890", SCA_SECRET_OTP, NULL);
    int64_t end = sca_now_utc();
    assert_int_equal(told.err, 0);
    assert_int_equal(sca_totp_code(key, start, before), 0);
    assert_int_equal(sca_totp_code(key, end, after), 0);
    assert_true(strcmp(told.text, before) == 0 || strcmp(told.text, after) == 0);
    sca_secret_free(&key);
    assert_int_equal(sca_file_read(path, 100, &content, NULL), 0);
    int64_t step = strtoll((const char *)content.data, NULL, 10);
    assert_true(step == start / 30 || step == end / 30);
    assert_true(sca_totp_wait_ms((int64_t)step * 30000 + 5, step) > 0);

    assert_told(look_up("command:echo base32:GEZDGNBV", SCA_SECRET_OTP, "123456"), 0, "123456");
    assert_told(look_up("command:echo nonsense", SCA_SECRET_OTP, NULL), SCA_E_CONFIG, "");
}

/* Two calls of one account never give the same code: the later one waits for the next step. */
static void test_otp_not_twice(void **state)
{
    uv_loop_t loop;
    struct sca_paths paths = {.state_dir = folder};
    char name[] = "twice";
    struct sca_config_account account = {.name = name};
    struct sca_secrets *secrets = NULL;
    struct sca_secrets_call *calls[2] = {NULL, NULL};
    struct told told[2] = {{0}, {0}};
    SCA_TEXT_AUTO path = below("otp-twice");

    (void)state;
    assert_int_equal(sca_value_source("raw:1234567890", &account.totp_secret), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(sca_secrets_new(&loop, &paths, &secrets), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(sca_secrets_get(secrets, &account, SCA_SECRET_OTP, NULL, on_secret,
                                         &told[i], &calls[i]),
                         0);
    while (!told[0].called && !told[1].called)
        uv_run(&loop, UV_RUN_ONCE);
    assert_true(told[0].called != told[1].called);
    assert_int_equal(access(path, F_OK), 0);
    sca_secrets_free(secrets); /* with one call under way */
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    sca_value_source_clear(&account.totp_secret);
}

/* ---- what was typed
 * --------------------------------------------------------------------------------- */

static void test_typed(void **state)
{
    static const struct sca_provider plain = {.uses = SCA_SET_PASSWORD};
    static const struct sca_provider keyed = {.uses = SCA_SET_PASSWORD | SCA_SET_CREDENTIAL_PIN};
    static const struct {
        enum sca_pin_mode mode;
        const char *pin;
        const char *otp;
        int err;
        const char *password;
        const char *code;
    } pins[] = {
        {SCA_PIN_NONE, "1234", "654321", 0, NULL, NULL},
        {SCA_PIN_PASSWORD, "geheim", NULL, 0, "geheim", NULL},
        {SCA_PIN_PASSWORD, "geheim", "654321", 0, "geheim", "654321"},
        {SCA_PIN_OTP, "123456", NULL, 0, NULL, "123456"},
        {SCA_PIN_OTP, "123456", "654321", 0, NULL, "654321"},
        {SCA_PIN_OTP, "", "", 0, NULL, NULL},
        {SCA_PIN_PASSWORD_OTP, "pass1123456", NULL, 0, "pass1", "123456"},
        {SCA_PIN_PASSWORD_OTP, "pass1123456", "654321", 0, "pass1", "654321"},
        {SCA_PIN_PASSWORD_OTP, "123456", NULL, SCA_E_USER_AUTH, NULL, NULL},
        {SCA_PIN_PASSWORD_OTP, "password", NULL, SCA_E_USER_AUTH, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(pins); i++) {
        const struct sca_config_account account = {
            .provider = i % 2 == 0 ? &plain : &keyed, /* where keys have a PIN it takes its place */
            .pin = pins[i / 2].mode,
        };
        const enum sca_secret_kind kind =
            i % 2 == 0 ? SCA_SECRET_PASSWORD : SCA_SECRET_CREDENTIAL_PIN;
        struct sca_typed typed = {0};
        struct sca_secret *pin = NULL;
        struct sca_secret *otp = NULL;

        assert_int_equal(sca_secret_new(pins[i / 2].pin, strlen(pins[i / 2].pin), &pin), 0);
        if (pins[i / 2].otp != NULL)
            assert_int_equal(sca_secret_new(pins[i / 2].otp, strlen(pins[i / 2].otp), &otp), 0);
        assert_int_equal(sca_typed_from_pin(&account, pin, otp, &typed), pins[i / 2].err);
        sca_secret_free(&pin);
        sca_secret_free(&otp);
        for (size_t k = 0; k < SCA_SECRET__COUNT; k++)
            assert_true(typed.of[k] == NULL || k == kind || k == SCA_SECRET_OTP);
        assert_int_equal(typed.of[kind] == NULL, pins[i / 2].password == NULL);
        assert_int_equal(typed.of[SCA_SECRET_OTP] == NULL, pins[i / 2].code == NULL);
        if (pins[i / 2].password != NULL)
            assert_string_equal(sca_secret_text(typed.of[kind]), pins[i / 2].password);
        if (pins[i / 2].code != NULL)
            assert_string_equal(sca_secret_text(typed.of[SCA_SECRET_OTP]), pins[i / 2].code);
        sca_typed_clear(&typed);
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
        cmocka_unit_test(test_rfc6238),
        cmocka_unit_test(test_key_forms),
        cmocka_unit_test(test_wait),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_command_hangs),
        cmocka_unit_test(test_command_background),
        cmocka_unit_test(test_command_cancel),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_otp),
        cmocka_unit_test(test_otp_not_twice),
        cmocka_unit_test(test_typed),
    };

    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
