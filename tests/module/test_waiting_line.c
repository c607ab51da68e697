/* SPDX-License-Identifier: Apache-2.0 */
/* What a person at a terminal sees while C_Sign waits, and that nobody else sees anything. */
#include <errno.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "module/waiting_line.h"
#include "signing_world.h"

enum { SEEN_MAX = 8192, COLUMNS = 20, ROOM = 1024 };

static const struct world *the_world;
static unsigned short the_columns = COLUMNS;
static const char *the_text;
static const char *the_mark;

static int show_text(void)
{
    struct sca_waiting_line line = {.mark = the_mark};
    sca_waiting_line_show(&line, the_text);
    sca_waiting_line_erase(&line);
    return 0;
}

static int narrow_terminal(void **state)
{
    (void)state;
    the_mark = "…";
    the_columns = COLUMNS;
    return 0;
}

/* A child after fork initialises for itself, and signs by the same agent. */
static int sign(void)
{
    static CK_BYTE message[] = "the message";
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_BYTE signature[ROOM];
    CK_ULONG len = sizeof signature;
    if (C_Initialize(NULL) != CKR_OK)
        return 1;
    CK_ULONG count = WORLD_SLOTS;
    struct world world = *the_world;
    if (C_GetSlotList(CK_TRUE, world.slots, &count) != CKR_OK)
        return 2;
    const CK_SESSION_HANDLE session = world_session(&world, WORLD_VNPT);
    const CK_OBJECT_HANDLE key = world_object(session, CKO_PRIVATE_KEY);
    if (C_SignInit(session, &mechanism, key) != CKR_OK)
        return 3;
    if (C_Sign(session, message, sizeof message - 1, signature, &len) != CKR_OK)
        return 4;
    return C_Finalize(NULL) == CKR_OK ? 0 : 5;
}

static void read_to_end(int fd, char *ret_seen)
{
    size_t len = 0;
    for (;;) {
        const ssize_t got = read(fd, ret_seen + len, SEEN_MAX - 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break; /* a terminal whose last user left says EIO */
        len += (size_t)got;
    }
    ret_seen[len] = '\0';
}

/* All that @body writes to a terminal of so many columns. */
static void run_on_terminal(int (*body)(void), char *ret_seen)
{
    const struct winsize size = {.ws_row = 24, .ws_col = the_columns};
    int fd = -1, status = 0;
    const pid_t child = forkpty(&fd, NULL, NULL, &size);
    assert_true(child >= 0);
    if (child == 0)
        _exit(body());
    read_to_end(fd, ret_seen);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(fd);
}

/* All that @body writes to standard output or error when both are pipes. */
static void run_on_pipe(int (*body)(void), char *ret_seen)
{
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[1]);
        _exit(body());
    }
    close(ends[1]);
    read_to_end(ends[0], ret_seen);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
}

static void test_line(void **state)
{
    (void)state;
    char seen[SEEN_MAX];
    the_text = "code 7QF-29K";
    run_on_terminal(show_text, seen);
    assert_string_equal(seen, "\rcode 7QF-29K\033[K\r\033[K");
}

/* Foreign text moves no cursor, and does not wrap. */
static void test_hostile_line(void **state)
{
    (void)state;
    char seen[SEEN_MAX];
    the_text = "\033[2J\n\r\a1234567890123456789012345678901234567890";
    run_on_terminal(show_text, seen);
    assert_string_equal(seen, "\r?[2J???12345678901…\033[K\r\033[K");
}

/* Nineteen letters, not nineteen bytes. */
static void test_vietnamese_line(void **state)
{
    (void)state;
    char seen[SEEN_MAX];
    the_text = "xác nhận trên điện thoại của bạn";
    run_on_terminal(show_text, seen);
    assert_string_equal(seen, "\rxác nhận trên điện…\033[K\r\033[K");
    the_mark = "...";
    run_on_terminal(show_text, seen);
    assert_string_equal(seen, "\rxác nhận trên đi...\033[K\r\033[K");
}

/* As much as is looked at, and the mark. */
static void test_longest_line(void **state)
{
    (void)state;
    char seen[SEEN_MAX];
    char longest[SCA_WAITING_LINE_MAX + 1];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    the_text = longest;
    the_columns = SCA_WAITING_LINE_MAX;
    run_on_terminal(show_text, seen);
    assert_int_equal(strlen(seen), SCA_WAITING_LINE_MAX - 2 + strlen("\r…\033[K\r\033[K"));
    assert_non_null(strstr(seen, "a…\033[K\r\033[K"));
}

/* What the person compares is seen, however long the name is. */
static void test_long_line(void **state)
{
    (void)state;
    char seen[SEEN_MAX];
    the_text = "Ký số bằng Nguyễn Thị Mẫu (A: B): 7QF-29K, 4:51";
    run_on_terminal(show_text, seen);
    assert_string_equal(seen, "\rKý …: 7QF-29K, 4:51\033[K\r\033[K");
    the_text = "Ký số: xác nhận trên điện thoại của bạn";
    run_on_terminal(show_text, seen);
    assert_string_equal(seen, "\rKý số: xác nhận tr…\033[K\r\033[K");
}

static void test_signing_on_terminal(void **state)
{
    the_world = *state;
    char seen[SEEN_MAX];
    fake_agent_behave(the_world->agent, FAKE_SIGN, 0);
    fake_agent_line(the_world->agent, "code 7QF-29K");
    run_on_terminal(sign, seen);
    assert_string_equal(seen, "\rcode 7QF-29K\033[K\r\033[K");

    fake_agent_line(the_world->agent, NULL);
    run_on_terminal(sign, seen);
    assert_string_equal(seen, "");
}

static void test_signing_elsewhere(void **state)
{
    the_world = *state;
    char seen[SEEN_MAX];
    fake_agent_behave(the_world->agent, FAKE_SIGN, 0);
    fake_agent_line(the_world->agent, "code 7QF-29K");
    run_on_pipe(sign, seen);
    assert_string_equal(seen, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_line, narrow_terminal),
        cmocka_unit_test_setup(test_hostile_line, narrow_terminal),
        cmocka_unit_test_setup(test_vietnamese_line, narrow_terminal),
        cmocka_unit_test_setup(test_longest_line, narrow_terminal),
        cmocka_unit_test_setup(test_long_line, narrow_terminal),
        cmocka_unit_test(test_signing_on_terminal),
        cmocka_unit_test(test_signing_elsewhere),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
