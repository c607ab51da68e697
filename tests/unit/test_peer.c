/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent makes of the words of a peer: bounded, printable, and never its word for its id.
 */
#include "harness.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include "agent/executable.h"
#include "agent/peer.h"
#include "build_config.h"
#include "common/err.h"
#include "common/text.h"

struct hello {
    uint32_t version;
    const char *build;
    const char *program;
    const char *tty;
};

static int greet(struct sca_peer *peer, const struct hello *hello)
{
    SCA_BUF_AUTO frame = {.max = SCA_IPC_FRAME_MAX + SCA_IPC_HEAD};
    struct sca_msg msg;

    sca_msg_begin(&frame, SCA_MSG_HELLO);
    sca_msg_add_u32(&frame, SCA_F_VERSION, hello->version);
    sca_msg_add_text(&frame, SCA_F_BUILD, hello->build);
    sca_msg_add_text(&frame, SCA_F_PROGRAM, hello->program);
    sca_msg_add_text(&frame, SCA_F_TTY, hello->tty);
    assert_int_equal(sca_msg_end(&frame), 0);
    assert_int_equal(
        sca_msg_decode((struct sca_bytes){frame.data + SCA_IPC_HEAD, frame.len - SCA_IPC_HEAD},
                       &msg),
        0);
    return sca_peer_greet(peer, &msg);
}

static void versions(void **state)
{
    (void)state;
    assert_int_equal(sca_version_compare("0.1.0", "0.1.0"), 0);
    assert_true(sca_version_compare("0.10.0", "0.9.9") > 0);
    assert_true(sca_version_compare("0.1.0", "0.1.1") < 0);
    assert_true(sca_version_compare("1.0", "1.0.1") < 0);
    assert_int_equal(sca_version_compare("1.0", "1.0.0"), 0);
    assert_int_equal(sca_version_compare("nonsense", "0"), 0);
    assert_true(sca_version_compare("99999999999999999999999", "1") > 0);
}

static void only_newer_peers_are_refused(void **state)
{
    struct sca_peer peer = {0};

    (void)state;
    assert_int_equal(greet(&peer, &(struct hello){SCA_IPC_VERSION, SCA_PRODUCT_VERSION, "a", NULL}),
                     0);
    assert_int_equal(greet(&peer, &(struct hello){SCA_IPC_VERSION, "0.0.1", "a", NULL}), 0);
    assert_int_equal(greet(&peer, &(struct hello){SCA_IPC_VERSION, NULL, "a", NULL}), 0);
    assert_int_equal(greet(&peer, &(struct hello){SCA_IPC_VERSION + 1, NULL, "a", NULL}),
                     SCA_E_VERSION);
    assert_int_equal(greet(&peer, &(struct hello){SCA_IPC_VERSION, "999.0.0", "a", NULL}),
                     SCA_E_VERSION);
    sca_peer_clear(&peer);
}

static void names_are_printable(void **state)
{
    struct sca_peer peer = {.pid = getpid()};
    char longest[3000];

    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(greet(&peer, &(struct hello){1, NULL, "so\x1b[2Jffice", "/dev/pts/1"}), 0);
    assert_string_equal(peer.program, "so?[2Jffice");
    assert_string_equal(peer.screen.tty, "/dev/pts/1");
    assert_int_equal(greet(&peer, &(struct hello){1, NULL, longest, NULL}), 0);
    assert_true(strlen(peer.program) < SCA_PROGRAM_SIZE);
    assert_null(peer.screen.tty);
    assert_int_equal(greet(&peer, &(struct hello){1, NULL, "  ", ""}), 0);
    assert_string_equal(peer.program, "test_peer"); /* as the kernel calls us */
    assert_null(peer.screen.tty);
    sca_peer_clear(&peer);
}

static void the_kernel_says_who(void **state)
{
    struct sca_peer peer = {0};
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(sca_peer_check(&peer, ends[0]), 0);
    assert_int_equal(peer.pid, getpid());
    assert_non_null(strstr(peer.executable, "/test_peer"));
    assert_int_equal(peer.executable[0], '/');
    close(ends[0]);
    close(ends[1]);
}

/* A pair of sockets belongs to who made it. */
static void another_user_is_refused(void **state)
{
    struct sca_peer peer = {0};
    int ends[2];

    (void)state;
    if (geteuid() != 0) {
        print_message("only root can be somebody else for a moment\n");
        skip();
    }
    assert_int_equal(seteuid(65534), 0);
    int made = socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(made, 0);
    assert_int_equal(sca_peer_check(&peer, ends[0]), SCA_E_PERM);
    close(ends[0]);
    close(ends[1]);
}

/* The far end's program, although another process holds the near one; nothing once it is gone. */
static void the_file_of_a_process(void **state)
{
    char path[PATH_MAX];
    int ends[2];
    int ready[2];
    char byte;

    (void)state;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sleep", "sleep", "60", (char *)NULL);
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 0); /* closed by the exec */
    SCA_TEXT_AUTO sleep_path = realpath("/bin/sleep", NULL);
    sca_executable_of_peer(-1, child, path);
    assert_string_equal(path, sleep_path);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    sca_executable_of_peer(-1, child, path);
    assert_string_equal(path, "");
    sca_executable_of_peer(-1, 0, path); /* of another name space */
    assert_string_equal(path, "");
    close(ready[0]);
    close(ends[0]);
    close(ends[1]);
}

/* A program that was replaced under its own feet, as by an update, is still the same. */
static void a_replaced_program(void **state)
{
    char folder[] = "/tmp/sca-peer-XXXXXX";
    SCA_TEXT_AUTO copy = NULL;
    char path[PATH_MAX];
    int ready[2];
    char byte;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_true(asprintf(&copy, "%s/sleep (deleted)", folder) > 0);
    pid_t copier = fork();
    if (copier == 0) {
        execl("/bin/cp", "cp", "/bin/sleep", copy, (char *)NULL);
        _exit(1);
    }
    int status = -1;
    assert_int_equal(waitpid(copier, &status, 0), copier);
    assert_int_equal(status, 0);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        execl(copy, "sleep", "60", (char *)NULL);
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 0);
    assert_int_equal(unlink(copy), 0);
    sca_executable_of_peer(-1, child, path);
    assert_string_equal(path, copy);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    rmdir(folder);
}

static void lists_of_programs(void **state)
{
    char folder[] = "/tmp/sca-peer-XXXXXX";
    SCA_TEXT_AUTO link = NULL;
    SCA_TEXT_AUTO sh = realpath("/bin/sh", NULL);
    char plain[] = "/opt/không có";

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_true(asprintf(&link, "%s/link", folder) > 0);
    assert_int_equal(symlink("/bin/sh", link), 0);
    char *list[] = {plain, link, NULL};
    char *none[] = {NULL};
    assert_true(sca_executable_allowed(NULL, ""));
    assert_true(sca_executable_allowed(NULL, "/anything"));
    assert_false(sca_executable_allowed(none, "/anything"));
    assert_true(sca_executable_allowed(list, "/opt/không có"));
    assert_true(sca_executable_allowed(list, sh));
    assert_false(sca_executable_allowed(list, ""));
    assert_false(sca_executable_allowed(list, "/opt/không"));
    assert_false(sca_executable_allowed(list, "/opt/không có (deleted)"));
    unlink(link);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
        cmocka_unit_test(only_newer_peers_are_refused),
        cmocka_unit_test(names_are_printable),
        cmocka_unit_test(the_kernel_says_who),
        cmocka_unit_test(another_user_is_refused),
        cmocka_unit_test(the_file_of_a_process),
        cmocka_unit_test(a_replaced_program),
        cmocka_unit_test(lists_of_programs),
    };

    return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
