/* SPDX-License-Identifier: Apache-2.0 */
/* The log: silent until told, one clean line per event, nothing written where it should not be. */
#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <sys/stat.h>
#include <time.h>
#include "common/log.h"
#include "common/path.h"
#include "common/text.h"

static char folder[64];
static char target[80];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder);
    snprintf(target, sizeof target, "%s/log", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sca_log_setup(NULL, SCA_LOG_ERROR, NULL);
    scratch_remove(folder);
    return 0;
}

/* The log's text; caller frees. */
static char *logged(void)
{
    SCA_BUF_AUTO content = {0};

    if (sca_file_read(target, 100000, &content, NULL) != 0)
        return strdup("");
    return strndup((const char *)content.data, content.len);
}

static void assert_logged(const char *pattern)
{
    SCA_TEXT_AUTO text = logged();
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, text, 0, NULL, 0) != 0)
        fail_msg("\"%s\" does not match %s", text, pattern);
    regfree(&regex);
}

static void is_silent_until_told(void **state)
{
    (void)state;
    sca_log(SCA_LOG_ERROR, "net", "nobody listens");
    sca_log_setup("", SCA_LOG_DEBUG, "all");
    sca_log(SCA_LOG_ERROR, "net", "nobody listens");
    sca_log_setup("relative/path", SCA_LOG_DEBUG, "all");
    sca_log(SCA_LOG_ERROR, "net", "nobody listens");
    assert_int_equal(access("relative/path", F_OK), -1);
}

static void line_has_its_parts(void **state)
{
    struct stat st;

    (void)state;
    sca_log_setup(target, SCA_LOG_INFO, NULL);
    sca_log(SCA_LOG_WARNING, "net", "%s took %d ms", "gwsca.vnpt.vn", 12);
    assert_logged("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2} "
                  "[0-9]+ net warning: gwsca.vnpt.vn took 12 ms\n$");
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void time_is_local_with_its_offset(void **state)
{
    (void)state;
    setenv("TZ", "ICT-7", 1);
    tzset();
    sca_log_setup(target, SCA_LOG_INFO, NULL);
    sca_log(SCA_LOG_INFO, "net", "x");
    assert_logged("T[0-9:]{8}\\+07:00 ");
}

static void foreign_text_stays_one_line(void **state)
{
    (void)state;
    sca_log_setup(target, SCA_LOG_INFO, NULL);
    sca_log(SCA_LOG_INFO, "txn", "a\nb\x1b[1m\xff%s", "\r\n2026-01-01 forged");
    assert_logged("^[^\n]*: a\\?b\\?\\[1m\\?\\?\\?2026-01-01 forged\n$");
}

static void long_text_is_cut(void **state)
{
    SCA_TEXT_AUTO text = NULL;
    char *large = malloc(100001);

    (void)state;
    assert_non_null(large);
    memset(large, 'x', 100000);
    large[100000] = '\0';
    sca_log_setup(target, SCA_LOG_INFO, NULL);
    sca_log(SCA_LOG_INFO, "txn", "%s", large);
    free(large);
    text = logged();
    assert_in_range(strlen(text), 1000, 4000);
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void levels_and_components(void **state)
{
    SCA_TEXT_AUTO text = NULL;

    (void)state;
    sca_log_setup(target, SCA_LOG_WARNING, "txn,net");
    sca_log(SCA_LOG_INFO, "image", "no-1");
    sca_log(SCA_LOG_DEBUG, "tx", "no-2");
    sca_log(SCA_LOG_DEBUG, "txn", "yes-1");
    sca_log(SCA_LOG_DEBUG, "net", "yes-2");
    sca_log(SCA_LOG_ERROR, "image", "yes-3");
    sca_log_setup(target, SCA_LOG_ERROR, "all");
    sca_log(SCA_LOG_DEBUG, "image", "yes-4");
    text = logged();
    assert_null(strstr(text, "no-"));
    for (const char *word = "1234"; *word != '\0'; word++) {
        char yes[] = {'y', 'e', 's', '-', *word, '\0'};
        assert_non_null(strstr(text, yes));
    }
}

static void unsafe_files_are_left_alone(void **state)
{
    char other[80];

    (void)state;
    snprintf(other, sizeof other, "%s/other", folder);
    assert_int_equal(symlink(other, target), 0);
    sca_log_setup(target, SCA_LOG_INFO, NULL);
    sca_log(SCA_LOG_ERROR, "net", "x");
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(unlink(target), 0);
    assert_int_equal(mkfifo(target, 0600), 0);
    sca_log(SCA_LOG_ERROR, "net", "x"); /* must not block */
    assert_int_equal(unlink(target), 0);
    if (geteuid() == 0) {
        int fd = open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
        assert_int_equal(fchown(fd, 12345, 12345), 0);
        sca_log(SCA_LOG_ERROR, "net", "x");
        assert_int_equal(lseek(fd, 0, SEEK_END), 0);
        close(fd);
    }
}

static void errno_survives(void **state)
{
    (void)state;
    sca_log_setup("/nonexistent/log", SCA_LOG_INFO, NULL);
    errno = EPIPE;
    sca_log(SCA_LOG_ERROR, "net", "x");
    assert_int_equal(errno, EPIPE);
    sca_log_setup(target, SCA_LOG_INFO, NULL);
    assert_int_equal(errno, EPIPE);
    sca_log(SCA_LOG_ERROR, "net", "x");
    assert_int_equal(errno, EPIPE);
}

#define THREADS 4
#define LINES   200

static void *log_lines(void *arg)
{
    (void)arg;
    for (int i = 0; i < LINES; i++)
        sca_log(SCA_LOG_INFO, "txn", "abcdefghijklmnopqrstuvwxyz %d.", i);
    return NULL;
}

/* Threads of a host log while another initialises again. */
static void threads_do_not_mix_lines(void **state)
{
    pthread_t threads[THREADS];
    SCA_TEXT_AUTO text = NULL;
    size_t count = 0;

    (void)state;
    sca_log_setup(target, SCA_LOG_INFO, NULL);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_lines, NULL), 0);
    for (int i = 0; i < LINES; i++)
        sca_log_setup(target, i % 2 == 0 ? SCA_LOG_DEBUG : SCA_LOG_INFO, "net");
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    text = logged();
    for (char *line = text; *line != '\0'; count++) {
        char *end = strchr(line, '\n');

        assert_non_null(end);
        assert_int_equal(line[4], '-');
        assert_int_equal(end[-1], '.');
        *end = '\0';
        assert_non_null(strstr(line, " txn info: abcdefghijklmnopqrstuvwxyz "));
        line = end + 1;
    }
    assert_int_equal(count, THREADS * LINES);
}

static void level_names(void **state)
{
    enum sca_log_level level = SCA_LOG_ERROR;

    (void)state;
    assert_true(sca_log_level_from_name("debug", &level));
    assert_int_equal(level, SCA_LOG_DEBUG);
    assert_false(sca_log_level_from_name("loud", &level));
    assert_false(sca_log_level_from_name(NULL, &level));
    assert_int_equal(level, SCA_LOG_DEBUG);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_silent_until_told),
        TEST(line_has_its_parts),
        TEST(time_is_local_with_its_offset),
        TEST(foreign_text_stays_one_line),
        TEST(long_text_is_cut),
        TEST(levels_and_components),
        TEST(unsafe_files_are_left_alone),
        TEST(errno_survives),
        TEST(threads_do_not_mix_lines),
        TEST(level_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
