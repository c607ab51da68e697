/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What docs/providers.md tells people to write is accepted without a fault, and every provider
 * stands there. The examples' home, /home/lan, becomes a folder of the test.
 */
#include "harness.h"
#include <sys/stat.h>
#include "agent/config.h"
#include "common/err.h"
#include "common/text.h"

#define HOME      "/home/lan"
#define BLOCK     "```ini\n"
#define BLOCK_END "```\n"
#define KEY_FILE  "/.config/smartca/relying-party.p12"

static char folder[64];
static bool seen[32]; /* by place in the table of providers */

static char *below(const char *rest)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s%s", folder, rest) > 0);
    return path;
}

static void write_file(const char *path, const char *content, size_t len)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

/* @len bytes of @text with another home, into a file. */
static void write_block(const char *path, const char *text, size_t len)
{
    SCA_BUF_AUTO out = {0};

    sca_buf_init(&out, 65536);
    while (len > 0) {
        if (len >= strlen(HOME) && memcmp(text, HOME, strlen(HOME)) == 0) {
            sca_buf_add_text(&out, folder);
            text += strlen(HOME);
            len -= strlen(HOME);
        } else {
            sca_buf_add_u8(&out, (uint8_t)*text++);
            len--;
        }
    }
    assert_int_equal(out.err, 0);
    write_file(path, (const char *)out.data, out.len);
}

static void check_block(const char *text, size_t len)
{
    SCA_TEXT_AUTO conf = below("/smartca.conf");
    SCA_TEXT_AUTO none = below("/none.conf");
    struct sca_paths paths = {.conf = {none, conf}};
    SCA_CONFIG_AUTO config = NULL;

    write_block(conf, text, len);
    assert_int_equal(sca_config_load(&paths, &config), 0);
    for (size_t i = 0; i < config->fault_count; i++)
        fail_msg("%.*s\nline %d, %s: %s", (int)len, text, config->faults[i].line,
                 config->faults[i].key != NULL ? config->faults[i].key : "-",
                 config->faults[i].sentence);
    assert_true(config->account_count > 0);
    for (size_t i = 0; i < config->account_count; i++) {
        for (size_t k = 0; sca_provider_at(k) != NULL; k++)
            seen[k] |= sca_provider_at(k) == config->accounts[i].provider;
    }
}

static char *read_page(void)
{
    FILE *file = fopen(PROVIDERS_PAGE, "re");
    char *text = calloc(1, 65536);

    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, file) < 65535);
    fclose(file);
    return text;
}

static void test_examples(void **state)
{
    SCA_TEXT_AUTO page = read_page();

    (void)state;
    for (char *at = strstr(page, BLOCK); at != NULL; at = strstr(at, BLOCK)) {
        char *end = strstr(at + strlen(BLOCK), BLOCK_END);

        at += strlen(BLOCK);
        assert_non_null(end);
        check_block(at, (size_t)(end - at));
        at = end + strlen(BLOCK_END);
    }
    for (size_t i = 0; sca_provider_at(i) != NULL; i++)
        if (!seen[i])
            fail_msg("no example for %s", sca_provider_at(i)->name);
}

static int setup(void **state)
{
    static const char *const steps[] = {"/.config", "/.config/smartca"};

    (void)state;
    snprintf(folder, sizeof folder, "/tmp/smartca-docs-XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 2; i++) {
        SCA_TEXT_AUTO path = below(steps[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    SCA_TEXT_AUTO key = below(KEY_FILE);
    write_file(key, "x", 1);
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {KEY_FILE, "/.config/smartca", "/.config", "/smartca.conf",
                                        ""};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SCA_TEXT_AUTO path = below(names[i]);
        assert_int_equal(remove(path), 0);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
