/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a configuration as text: the reader sees the new value and nothing else that is
 * different; what the person wrote stays byte for byte.
 */
#include "harness.h"
#include <sys/stat.h>
#include "agent/config.h"
#include "agent/config_edit.h"
#include "agent/draft.h"
#include "common/err.h"
#include "common/text.h"

static char folder[64];

#define BYTES(text) ((struct sca_bytes){(const uint8_t *)(text), strlen(text)})
#define ONE(key, value)                                                                            \
    (const struct sca_config_change[])                                                             \
    {                                                                                              \
        {                                                                                          \
            key, value                                                                             \
        }                                                                                          \
    }

static char *text_of(const struct sca_buf *buf)
{
    char *text = strndup(buf->len > 0 ? (const char *)buf->data : "", buf->len);

    assert_non_null(text);
    return text;
}

static void changed(const char *before, const char *key, const char *value, const char *after)
{
    SCA_BUF_AUTO out = {0};

    assert_int_equal(sca_config_change(BYTES(before), "account:work", ONE(key, value), 1, &out), 0);
    SCA_TEXT_AUTO text = text_of(&out);
    assert_string_equal(text, after);
}

static void dropped(const char *before, const char *after)
{
    SCA_BUF_AUTO out = {0};

    assert_int_equal(sca_config_drop(BYTES(before), "account:work", &out), 0);
    SCA_TEXT_AUTO text = text_of(&out);
    assert_string_equal(text, after);
}

static void test_value(void **state)
{
    (void)state;
    changed("[account:work]\nurl = a\n", "url", "b", "[account:work]\nurl = b\n");
    /* As the person spells and indents it. */
    changed("# c\n[account:work]\n  URL=\ta \n; d\n", "url", "b",
            "# c\n[account:work]\n  URL=\tb\n; d\n");
    changed("[Account:WORK]\r\nurl = a\r\nx = y\r\n", "url", "bb",
            "[Account:WORK]\r\nurl = bb\r\nx = y\r\n");
    changed("[account:work]\nurl = a", "url", "b", "[account:work]\nurl = b");
    changed("[account:work]\nurl =\n", "url", "b", "[account:work]\nurl = b\n");
    changed("[account:work]\nurl=\n", "url", "b", "[account:work]\nurl=b\n");
    /* Values with signs that begin comments elsewhere. */
    changed("[account:work]\nurl = a # not a comment ; nor this\n", "url", "b#c;d",
            "[account:work]\nurl = b#c;d\n");
    /* Only the first counts; only this section. */
    changed("[account:work]\nurl = a\nurl = c\n[account:x]\nurl = d\n", "url", "b",
            "[account:work]\nurl = b\nurl = c\n[account:x]\nurl = d\n");
    changed("[account:x]\nurl = d\n[account:work]\nurl = a\n[account:work]\nurl = e\n", "url", "b",
            "[account:x]\nurl = d\n[account:work]\nurl = b\n[account:work]\nurl = e\n");
}

static void test_new_setting(void **state)
{
    (void)state;
    /* Behind the last setting, before the comment that belongs to what follows. */
    changed("[account:work]\na = 1\n# of x\n\n# more of x\n[account:x]\nurl = d\n", "url", "b",
            "[account:work]\na = 1\nurl = b\n# of x\n\n# more of x\n[account:x]\nurl = d\n");
    changed("[account:work]\n# only a comment", "url", "b",
            "[account:work]\nurl = b\n# only a comment");
    changed("[account:work]", "url", "b", "[account:work]\nurl = b\n");
    changed("[account:work]\r\na = 1", "url", "b", "[account:work]\r\na = 1\r\nurl = b\r\n");
    changed("\xef\xbb\xbf[account:work]\na = 1\n", "url", "b",
            "\xef\xbb\xbf[account:work]\na = 1\nurl = b\n");
}

static void test_out(void **state)
{
    (void)state;
    changed("[account:work]\na = 1\nurl = a\n# c\nb = 2\n", "url", NULL,
            "[account:work]\na = 1\n# c\nb = 2\n");
    /* Else the second would count. */
    changed("[account:work]\nurl = a\nURL = b\n", "url", NULL, "[account:work]\n");
    changed("[account:work]\na = 1\n", "url", NULL, "[account:work]\na = 1\n");
}

static void test_new_section(void **state)
{
    (void)state;
    changed("", "url", "b", "[account:work]\nurl = b\n");
    changed("[smartca]\nlanguage = vi\n", "url", "b",
            "[smartca]\nlanguage = vi\n\n[account:work]\nurl = b\n");
    changed("# no end of line", "url", "b", "# no end of line\n\n[account:work]\nurl = b\n");
    changed("[smartca]\r\n", "url", "b", "[smartca]\r\n\r\n[account:work]\r\nurl = b\r\n");
    /* What only looks like it. */
    changed("#[account:work]\n", "url", "b", "#[account:work]\n\n[account:work]\nurl = b\n");
    changed(" [account:work]\na = 1\n", "url", "b",
            " [account:work]\na = 1\n\n[account:work]\nurl = b\n");
    changed("[account:works]\na = 1\n", "url", "b",
            "[account:works]\na = 1\n\n[account:work]\nurl = b\n");
}

/* The section ends at a head that is not understood: the reader does not use the lines below. */
static void test_damaged_head(void **state)
{
    (void)state;
    changed("[account:work]\na = 1\n[broken\nurl = d\n", "url", "b",
            "[account:work]\na = 1\nurl = b\n[broken\nurl = d\n");
}

static void test_drop(void **state)
{
    (void)state;
    dropped("# mine\n[account:work]\na = 1\n# inside\nb = 2\n# of x\n[account:x]\nc = 3\n",
            "# mine\n# of x\n[account:x]\nc = 3\n");
    dropped("[smartca]\n\n[account:work]\na = 1\n\n[account:x]\n", "[smartca]\n\n[account:x]\n");
    dropped("[account:work]\na = 1\n\n[account:x]\n", "\n[account:x]\n");
    dropped("[account:work]\na = 1", "");
    /* Else the second would count. */
    dropped("[account:work]\na = 1\n[account:x]\nb = 2\n[ACCOUNT:work]\nc = 3\n",
            "[account:x]\nb = 2\n");
    dropped("[account:x]\nb = 2\n", "[account:x]\nb = 2\n");
}

static void test_there_and_back(void **state)
{
    static const char *const files[] = {
        "",
        "[smartca]\nlanguage = vi\n",
        "# a\n\n\n",
        "[account:x]\r\na = 1\r\n",
        "[account:x]\na = 1\n\n# the end\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        SCA_BUF_AUTO with = {0};
        SCA_BUF_AUTO without = {0};

        assert_int_equal(
            sca_config_change(BYTES(files[i]), "account:work", ONE("url", "b"), 1, &with), 0);
        struct sca_bytes text = {with.data, with.len};
        assert_int_equal(sca_config_drop(text, "account:work", &without), 0);
        SCA_TEXT_AUTO back = text_of(&without);
        assert_string_equal(back, files[i]);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *section;
        const char *key;
        const char *value;
    } bad[] = {
        {"account:w]", "url", "b"},   {"account:\xc3\xa2", "url", "b"}, {"", "url", "b"},
        {"account:w", "u=l", "b"},    {"account:w", "#url", "b"},       {"account:w", "", "b"},
        {"account:w", "url", "a\nb"}, {"account:w", "url", " a"},       {"account:w", "url", "a\r"},
        {"account:w", "url", "\xff"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SCA_BUF_AUTO out = {0};

        assert_int_equal(sca_config_change(BYTES("# kept\n"), bad[i].section,
                                           ONE(bad[i].key, bad[i].value), 1, &out),
                         SCA_E_INVAL);
        assert_int_equal(out.len, 0);
    }
}

/* ---- drafts ---------------------------------------------------------------------------------- */

static struct sca_draft load(const char *system, const char *user)
{
    char first[80];
    char second[80];
    struct sca_paths paths = {.conf = {first, second}};
    struct sca_draft draft = {0};

    snprintf(first, sizeof first, "%s/system.conf", folder);
    snprintf(second, sizeof second, "%s/user.conf", folder);
    assert_int_equal(sca_file_replace(first, BYTES(system)), 0);
    assert_int_equal(sca_file_replace(second, BYTES(user)), 0);
    assert_int_equal(sca_draft_load(&paths, "work", &draft), 0);
    return draft;
}

static void test_draft_of_two_files(void **state)
{
    struct sca_config_change changes[SCA_DRAFT_SETTINGS_MAX];
    SCA_DRAFT_AUTO draft =
        load("[account:work]\nprovider = vnpt-smartca\nsp-id = system\nsp-password = prompt\n",
             "[account:work]\nuser-id = 012345678901\nsp-id = own\n");

    (void)state;
    assert_true(draft.own && draft.shared);
    assert_string_equal(sca_draft_value(&draft, "sp-id"), "own");
    assert_string_equal(sca_draft_value(&draft, "provider"), "vnpt-smartca");
    /* What the system says is not copied into the person's file. */
    assert_int_equal(sca_draft_changes(&draft, changes), 0);
    assert_int_equal(sca_draft_set(&draft, "user-id", NULL), 0);
    assert_int_equal(sca_draft_set(&draft, "label", "Lan"), 0);
    assert_int_equal(sca_draft_set(&draft, "sp-id", NULL), 0);
    assert_int_equal(sca_draft_changes(&draft, changes), 3);
    assert_string_equal(changes[0].key, "user-id");
    assert_null(changes[0].value);
    assert_string_equal(changes[1].key, "sp-id");
    assert_string_equal(changes[1].value, ""); /* else the system's would count */
    assert_string_equal(changes[2].value, "Lan");
}

/* A secret is what it is, also where a file would take it for something else. */
static void test_draft_secret(void **state)
{
    static const char *const odd[] = {"prompt", "file:/etc/passwd", "command:true", " a b "};
    SCA_DRAFT_AUTO draft =
        load("", "[account:work]\nprovider = vnpt-smartca\nuser-id = 012345678901\n"
                 "sp-id = sp\n");

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        SCA_SECRET_AUTO secret = NULL;
        struct sca_config_faults faults = {0};
        struct sca_config_account *account = NULL;

        assert_int_equal(sca_secret_new(odd[i], strlen(odd[i]), &secret), 0);
        assert_int_equal(sca_draft_set_secret(&draft, "sp-password", secret), 0);
        assert_int_equal(sca_draft_account(&draft, &faults, &account), 0);
        assert_non_null(account);
        assert_int_equal(faults.count, 0);
        assert_int_equal(account->sp_password.kind, SCA_SOURCE_LITERAL);
        assert_string_equal(sca_secret_text(account->sp_password.literal), odd[i]);
        sca_config_account_free(account);
    }
}

static char *judge(struct sca_draft *draft, const char *key, const char *value)
{
    char *sentence = NULL;

    assert_int_equal(sca_draft_set(draft, key, value), 0);
    assert_int_equal(sca_draft_judge(draft, key, &sentence), 0);
    return sentence;
}

static void test_draft_judges(void **state)
{
    SCA_DRAFT_AUTO draft = {0};

    (void)state;
    assert_int_equal(sca_draft_new("work", &draft), 0);
    SCA_TEXT_AUTO provider = judge(&draft, "provider", "vnpt-smartca");
    SCA_TEXT_AUTO missing = judge(&draft, "user-id", NULL);
    SCA_TEXT_AUTO bad = judge(&draft, "url", "http://example.vn");
    SCA_TEXT_AUTO good = judge(&draft, "url", "https://example.vn");
    SCA_TEXT_AUTO unused = judge(&draft, "client-id", "x");
    assert_string_equal(provider, "");
    assert_string_equal(missing, ""); /* not yet asked for */
    assert_non_null(strstr(bad, "https://"));
    assert_string_equal(good, "");
    assert_non_null(strstr(unused, "not used"));
}

static void test_names(void **state)
{
    (void)state;
    assert_true(sca_draft_is_name("work"));
    assert_true(sca_draft_is_name("Van-phong.2_b"));
    assert_false(sca_draft_is_name(""));
    assert_false(sca_draft_is_name("hai t\xe1\xbb\xab"));
    assert_false(sca_draft_is_name("a]"));
    assert_false(sca_draft_is_name("a/b"));
    assert_false(sca_draft_is_name("12345678901234567890123456789012345678901"));
}

static int make_folder(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value),
        cmocka_unit_test(test_new_setting),
        cmocka_unit_test(test_out),
        cmocka_unit_test(test_new_section),
        cmocka_unit_test(test_damaged_head),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_draft_of_two_files),
        cmocka_unit_test(test_draft_secret),
        cmocka_unit_test(test_draft_judges),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
