/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets: copies, bounds, and what a forked child and a core file get to see of them. */
#include "harness.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include "common/err.h"
#include "common/secret.h"
#include "common/wiping.h"

static void keeps_bytes_and_text(void **state)
{
    SCA_SECRET_AUTO secret = NULL;
    SCA_SECRET_AUTO copy = NULL;

    (void)state;
    assert_int_equal(sca_secret_new("mật khẩu; x", 15, &secret), 0);
    assert_string_equal(sca_secret_text(secret), "mật khẩu; x");
    assert_int_equal(sca_secret_bytes(secret).len, 15);
    assert_int_equal(sca_secret_copy(secret, &copy), 0);
    sca_secret_free(&secret);
    assert_null(secret);
    assert_string_equal(sca_secret_text(copy), "mật khẩu; x");
    sca_secret_free(&secret);
}

static void nothing_is_an_empty_secret(void **state)
{
    SCA_SECRET_AUTO secret = NULL;

    (void)state;
    assert_int_equal(sca_secret_bytes(NULL).len, 0);
    assert_string_equal(sca_secret_text(NULL), "");
    assert_int_equal(sca_secret_copy(NULL, &secret), 0);
    assert_string_equal(sca_secret_text(secret), "");
}

static void is_bounded(void **state)
{
    static uint8_t data[SCA_SECRET_MAX + 1];
    SCA_SECRET_AUTO secret = NULL;
    static struct sca_secret *many[10000];
    size_t count = 0;

    (void)state;
    assert_int_equal(sca_secret_new(data, sizeof data, &secret), SCA_E_LIMIT);
    assert_null(secret);
    memset(data, 'x', sizeof data);
    assert_int_equal(sca_secret_new(data, SCA_SECRET_MAX, &secret), 0);
    assert_int_equal(strlen(sca_secret_text(secret)), SCA_SECRET_MAX);
    while (count < COUNT(many) && sca_secret_new("a", 1, &many[count]) == 0)
        count++;
    assert_int_equal(count, 8191);
    for (size_t i = 0; i < count; i++)
        sca_secret_free(&many[i]);
    assert_int_equal(sca_secret_new("b", 1, &many[0]), 0); /* what was given back counts no more */
    sca_secret_free(&many[0]);
}

static void child_finds_it_empty(void **state)
{
    SCA_SECRET_AUTO secret = NULL;
    int status = -1;

    (void)state;
    assert_int_equal(sca_secret_new("123456", 6, &secret), 0);
    pid_t pid = fork();
    if (pid == 0) {
        bool empty = sca_secret_bytes(secret).len == 0 && *sca_secret_text(secret) == '\0';

        sca_secret_free(&secret);
        _exit(empty && secret == NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_string_equal(sca_secret_text(secret), "123456");
}

/* Through a pointer that the compiler cannot follow: what it believes dead it would not look at. */
static void wiping_leaves_nothing(void **state)
{
    uint8_t data[64];
    uint8_t *volatile seen = data;

    (void)state;
    memset(data, 'x', sizeof data);
    sca_wipe(seen, sizeof data - 1);
    for (size_t i = 0; i < sizeof data; i++)
        assert_int_equal(seen[i], i < sizeof data - 1 ? 0 : 'x');
    sca_wipe(NULL, 0);
}

/* What the kernel says of the mapping that holds the secret, " lo" for a locked one. */
static bool has_flag(const struct sca_secret *secret, const char *flag)
{
    const uintptr_t address = (uintptr_t)sca_secret_bytes(secret).data;
    char line[512];
    bool inside = false;
    bool found = false;
    FILE *maps = fopen("/proc/self/smaps", "re");

    if (maps == NULL)
        return false;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from;
        unsigned long to;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = address >= from && address < to;
        if (inside && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, flag) != NULL;
    }
    fclose(maps);
    return found;
}

/* The kernel's own list of mappings says whether the page would go into a core file ("dd"). */
static void is_left_out_of_core_files(void **state)
{
    SCA_SECRET_AUTO secret = NULL;

    (void)state;
    assert_int_equal(sca_secret_new("123456", 6, &secret), 0);
    assert_true(has_flag(secret, " dd"));
    assert_true(has_flag(secret, " wf"));
}

/* Nothing of the secret before is behind it, and the page is as good as a new one. */
static bool is_clean(const struct sca_secret *secret, const char *text, bool locked)
{
    const uint8_t *bytes = sca_secret_bytes(secret).data;

    for (size_t i = strlen(text); i < 1000; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return strcmp(sca_secret_text(secret), text) == 0 && has_flag(secret, " dd") &&
           has_flag(secret, " wf") && has_flag(secret, " lo") == locked;
}

static void a_page_that_is_used_again_is_clean(void **state)
{
    char before[1000];
    struct sca_secret *many[20];
    int status = -1;

    (void)state;
    memset(before, 'x', sizeof before);
    for (size_t i = 0; i < COUNT(many); i++)
        assert_int_equal(sca_secret_new(before, sizeof before, &many[i]), 0);
    const bool locked = has_flag(many[0], " lo"); /* as far as the limit lets us */
    for (size_t i = 0; i < COUNT(many); i++)
        sca_secret_free(&many[i]);
    pid_t pid = fork();
    for (size_t i = 0; i < COUNT(many); i++) {
        many[i] = NULL;
        bool good = sca_secret_new("y", 1, &many[i]) == 0 && is_clean(many[i], "y", locked);
        if (pid == 0 && !good)
            _exit(1);
        assert_true(good);
    }
    for (size_t i = 0; i < COUNT(many); i++)
        sca_secret_free(&many[i]);
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void wiping_memory_keeps_what_is_in_use(void **state)
{
    char *block = sca_wiping_realloc(NULL, 6);

    (void)state;
    memcpy(block, "abcde", 6);
    block = sca_wiping_realloc(block, 100000);
    assert_string_equal(block, "abcde");
    block = sca_wiping_realloc(block, 3);
    assert_memory_equal(block, "abc", 3);
    assert_null(sca_wiping_realloc(block, 0));
    sca_wiping_free(NULL);
    sca_wiping_free(strdup("malloc's own"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_bytes_and_text),
        cmocka_unit_test(nothing_is_an_empty_secret),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(wiping_leaves_nothing),
        cmocka_unit_test(child_finds_it_empty),
        cmocka_unit_test(is_left_out_of_core_files),
        cmocka_unit_test(a_page_that_is_used_again_is_clean),
        cmocka_unit_test(wiping_memory_keeps_what_is_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
