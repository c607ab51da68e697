/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of services that were told not to ask: it outlives the agent, belongs to a client
 * and a person, and whatever is doubtful about it means that the person is asked here.
 */
#include "harness.h"
#include <sys/stat.h>
#include "agent/unasked.h"
#include "common/err.h"

#define NOW 1764486000

static char folder[64];
static struct sca_paths paths = {.state_dir = folder};

static struct sca_config_account account_of(char *client, char *user)
{
    static char name[] = "work";

    return (struct sca_config_account){.name = name, .client_id = client, .user_id = user};
}

static int open_folder(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int close_folder(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void test_kept(void **state)
{
    char client[] = "client 1", user[] = "CMT_012345678901";
    const struct sca_config_account account = account_of(client, user);

    (void)state;
    assert_int_equal(sca_unasked_until(&paths, &account), SCA_UNASKED_NEVER);
    assert_int_equal(sca_unasked_note(&paths, &account, SCA_UNASKED_FOREVER), 0);
    assert_int_equal(sca_unasked_until(&paths, &account), SCA_UNASKED_FOREVER);
    assert_int_equal(sca_unasked_note(&paths, &account, NOW + 600), 0);
    assert_int_equal(sca_unasked_until(&paths, &account), NOW + 600);
    assert_int_equal(sca_unasked_note(&paths, &account, SCA_UNASKED_NEVER), 0);
    assert_int_equal(sca_unasked_until(&paths, &account), SCA_UNASKED_NEVER);
    assert_int_equal(sca_unasked_note(&paths, &account, SCA_UNASKED_NEVER), 0);
}

static void test_whose(void **state)
{
    char client[] = "c", other[] = "d", user[] = "CMT_012345678901", bare[] = "012345678901",
         another[] = "012345678902";
    const struct sca_config_account account = account_of(client, user);
    const struct sca_config_account same = account_of(client, bare);
    const struct sca_config_account person = account_of(client, another);
    const struct sca_config_account organisation = account_of(other, user);
    const struct sca_config_account nothing = account_of(NULL, NULL);

    (void)state;
    assert_int_equal(sca_unasked_note(&paths, &account, NOW), 0);
    assert_int_equal(sca_unasked_until(&paths, &same), NOW);
    assert_int_equal(sca_unasked_until(&paths, &person), SCA_UNASKED_NEVER);
    assert_int_equal(sca_unasked_until(&paths, &organisation), SCA_UNASKED_NEVER);
    assert_int_equal(sca_unasked_until(&paths, &nothing), SCA_UNASKED_NEVER);
}

static void test_until_when(void **state)
{
    (void)state;
    assert_false(sca_unasked_holds(SCA_UNASKED_NEVER, NOW));
    assert_true(sca_unasked_holds(SCA_UNASKED_FOREVER, NOW));
    assert_true(sca_unasked_holds(NOW + 1, NOW));
    assert_true(sca_unasked_holds(NOW - 14 * 60, NOW)); /* clocks differ */
    assert_false(sca_unasked_holds(NOW - 16 * 60, NOW));
}

/* A file that says nothing usable, and one that cannot be read, say "perhaps". */
static void test_damaged(void **state)
{
    static const char *const texts[] = {
        "",      "\n", "17644860", "17644860x\n", "-1\n", "unknown\n", "99999999999999999999999\n",
        "1\n2\n"};
    char client[] = "c", user[] = "u", path[128];
    const struct sca_config_account account = account_of(client, user);

    (void)state;
    assert_int_equal(sca_unasked_note(&paths, &account, NOW), 0);
    snprintf(path, sizeof path, "%s/unasked-c%%20u", folder);
    for (size_t i = 0; i < COUNT(texts); i++) {
        const struct sca_bytes text = {(const uint8_t *)texts[i], strlen(texts[i])};

        assert_int_equal(sca_file_replace(path, text), 0);
        assert_int_equal(sca_unasked_until(&paths, &account), SCA_UNASKED_FOREVER);
    }
    assert_int_equal(remove(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(sca_unasked_until(&paths, &account), SCA_UNASKED_FOREVER);
    assert_int_not_equal(sca_unasked_note(&paths, &account, NOW), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_folder, close_folder)
    const struct CMUnitTest tests[] = {
        TEST(test_kept),
        TEST(test_whose),
        TEST(test_until_when),
        TEST(test_damaged),
    };

    return cmocka_run_group_tests_name("unasked", tests, NULL, NULL);
}
