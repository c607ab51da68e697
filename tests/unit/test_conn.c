/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's end of the socket: a peer that ends, lies, dribbles or is silent at any byte gives
 * the documented error within the deadline; an agent that is not there is started as a good guest
 * starts one.
 */
#include "harness.h"
#include <fcntl.h>
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "common/clock.h"
#include "common/conn.h"
#include "common/err.h"
#include "common/text.h"

#define LONG_MS 30000 /* far more than anything here takes */

static char folder[64];
static struct sca_paths paths;
static pid_t server;

static char *below(const char *rest)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s%s", folder, rest) > 0);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder);
    paths = (struct sca_paths){
        .conf = {below("/conf"), NULL},
        .socket_dir = below("/run"),
        .socket = below("/run/agent.sock"),
        .agent = strdup("/nonexistent"),
    };
    server = 0;
    assert_int_equal(sca_dir_ensure(paths.socket_dir), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    free(paths.conf[0]);
    free(paths.socket_dir);
    free(paths.socket);
    free(paths.agent);
    scratch_remove(folder);
    return 0;
}

/* Bytes that a server says; what it hears it does not look at. */
struct script {
    struct sca_bytes hello; /* answer to HELLO */
    struct sca_bytes rest;  /* said at once after it */
    size_t connections;     /* which are closed before the one that gets the answers */
    bool dribble;           /* one byte at a time */
    bool stay;              /* then keep the connection open, else close it */
};

static void say(int fd, struct sca_bytes bytes, bool dribble)
{
    size_t step = dribble ? 1 : bytes.len;

    for (size_t i = 0; i < bytes.len; i += step) {
        if (send(fd, bytes.data + i, step, MSG_NOSIGNAL) < 0)
            _exit(5);
    }
}

static void follow(int listener, const struct script *script)
{
    char request[4096];

    for (size_t i = 0; i < script->connections; i++)
        close(accept(listener, NULL, NULL));
    int fd = accept(listener, NULL, NULL);
    if (read(fd, request, sizeof request) <= 0)
        _exit(1);
    say(fd, script->hello, script->dribble);
    say(fd, script->rest, script->dribble);
    while (script->stay)
        pause();
    /* what the client still says is heard, or close(2) would be a reset that discards our words */
    shutdown(fd, SHUT_WR);
    while (read(fd, request, sizeof request) > 0)
        ;
    _exit(0);
}

/* A server for one test, listening when this returns. */
static void serve(const struct script *script)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, paths.socket, strlen(paths.socket));
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(chmod(paths.socket, 0600), 0);
    assert_int_equal(listen(listener, 5), 0);
    server = fork();
    assert_true(server >= 0);
    if (server == 0)
        follow(listener, script);
    close(listener);
}

static void serve_end(void)
{
    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, NULL, 0), server);
    server = 0;
    assert_int_equal(unlink(paths.socket), 0);
}

static void make_hello(struct sca_buf *buf, uint32_t version)
{
    sca_buf_init(buf, 1000);
    sca_msg_begin(buf, SCA_MSG_HELLO);
    sca_msg_add_u32(buf, SCA_F_VERSION, version);
    assert_int_equal(sca_msg_end(buf), 0);
}

static int open_conn(bool start, struct sca_conn **ret_conn)
{
    struct sca_conn_self self = {.program = "test \xff\n", .language = "vi_VN"};

    return sca_conn_open(&paths, &self, start, sca_now_ms() + LONG_MS, NULL, NULL, ret_conn);
}

/* What opening gives where the server answers HELLO with these bytes and closes. */
static int open_answered(struct sca_bytes answer)
{
    struct sca_conn *conn = NULL;

    serve(&(struct script){.hello = answer});
    int err = open_conn(false, &conn);
    sca_conn_close(conn);
    serve_end();
    return err;
}

static void exchanges_frames(void **state)
{
    SCA_BUF_AUTO hello;
    SCA_BUF_AUTO rest = {.max = 1000000};
    SCA_BUF_AUTO done = {.max = 1000};
    static uint8_t large[300000];
    struct sca_conn *conn = NULL;
    struct sca_msg msg;

    (void)state;
    make_hello(&hello, SCA_IPC_VERSION);
    sca_msg_begin(&rest, SCA_MSG_TEXT);
    sca_msg_add_bytes(&rest, SCA_F_TEXT, (struct sca_bytes){large, sizeof large});
    assert_int_equal(sca_msg_end(&rest), 0);
    sca_msg_begin(&done, SCA_MSG_DONE);
    assert_int_equal(sca_msg_end(&done), 0);
    assert_int_equal(sca_buf_add(&rest, done.data, done.len), 0);
    serve(&(struct script){.hello = {hello.data, hello.len}, .rest = {rest.data, rest.len}});

    assert_int_equal(open_conn(false, &conn), 0);
    assert_int_equal(sca_conn_send(conn, &done, sca_now_ms() + LONG_MS), 0);
    assert_int_equal(sca_conn_receive(conn, sca_now_ms() + LONG_MS, NULL, NULL, &msg), 0);
    assert_int_equal(msg.type, SCA_MSG_TEXT);
    assert_int_equal(msg.field[SCA_F_TEXT].len, sizeof large);
    assert_int_equal(sca_conn_receive(conn, sca_now_ms() + LONG_MS, NULL, NULL, &msg), 0);
    assert_int_equal(msg.type, SCA_MSG_DONE);
    assert_int_equal(sca_conn_receive(conn, sca_now_ms() + LONG_MS, NULL, NULL, &msg), SCA_E_AGENT);
    sca_conn_close(conn);
}

static void takes_single_bytes(void **state)
{
    SCA_BUF_AUTO hello;
    struct sca_conn *conn = NULL;
    struct sca_msg msg;

    (void)state;
    make_hello(&hello, SCA_IPC_VERSION);
    struct sca_bytes bytes = {hello.data, hello.len};
    serve(&(struct script){.hello = bytes, .rest = bytes, .dribble = true});
    assert_int_equal(open_conn(false, &conn), 0);
    assert_int_equal(sca_conn_receive(conn, sca_now_ms() + LONG_MS, NULL, NULL, &msg), 0);
    assert_int_equal(msg.type, SCA_MSG_HELLO);
    sca_conn_close(conn);
}

static void peer_may_end_at_any_byte(void **state)
{
    SCA_BUF_AUTO hello;

    (void)state;
    make_hello(&hello, SCA_IPC_VERSION);
    for (size_t len = 0; len < hello.len; len++) {
        struct sca_conn *conn = NULL;
        struct sca_msg msg;

        assert_int_equal(open_answered((struct sca_bytes){hello.data, len}), SCA_E_AGENT);
        serve(&(struct script){.hello = {hello.data, hello.len}, .rest = {hello.data, len}});
        assert_int_equal(open_conn(false, &conn), 0);
        assert_int_equal(sca_conn_receive(conn, sca_now_ms() + LONG_MS, NULL, NULL, &msg),
                         SCA_E_AGENT);
        sca_conn_close(conn);
        serve_end();
    }
}

static void nonsense_instead_of_hello(void **state)
{
    SCA_BUF_AUTO newer;
    SCA_BUF_AUTO older;
    SCA_BUF_AUTO refusal = {.max = 1000};

    (void)state;
    assert_int_equal(open_answered(LITERAL("\x01\0\x10\0x")), SCA_E_LIMIT);
    assert_int_equal(open_answered(LITERAL("\xff\xff\xff\xff")), SCA_E_LIMIT);
    assert_int_equal(open_answered(LITERAL("\0\0\0\0")), SCA_E_FORMAT);
    assert_int_equal(open_answered(LITERAL("\x01\0\0\0\x99")), SCA_E_FORMAT);
    assert_int_equal(open_answered(LITERAL("\x01\0\0\0\x01")), SCA_E_FORMAT); /* no version */
    assert_int_equal(open_answered(LITERAL("\x01\0\0\0\x42")), SCA_E_FORMAT); /* DONE */
    assert_int_equal(open_answered(LITERAL("\x01\0\0\0\x43")), SCA_E_FORMAT); /* a bare ERROR */
    make_hello(&newer, SCA_IPC_VERSION + 1);
    make_hello(&older, SCA_IPC_VERSION - 1);
    assert_int_equal(open_answered((struct sca_bytes){newer.data, newer.len}), SCA_E_VERSION);
    assert_int_equal(open_answered((struct sca_bytes){older.data, older.len}), SCA_E_VERSION);
    sca_msg_begin(&refusal, SCA_MSG_ERROR);
    sca_msg_add_u32(&refusal, SCA_F_ERROR, -SCA_E_CONFIG);
    assert_int_equal(sca_msg_end(&refusal), 0);
    assert_int_equal(open_answered((struct sca_bytes){refusal.data, refusal.len}), SCA_E_CONFIG);
}

static bool after_three(void *arg)
{
    int *asked = arg;

    return ++*asked > 3;
}

static void silence_ends_by_deadline_or_wish(void **state)
{
    SCA_BUF_AUTO hello;
    struct sca_conn_self self = {.program = "test"};
    struct sca_conn *conn = NULL;
    struct sca_msg msg;
    int asked = 0;

    (void)state;
    make_hello(&hello, SCA_IPC_VERSION);
    serve(&(struct script){.stay = true});
    assert_int_equal(sca_conn_open(&paths, &self, true, sca_now_ms() + 30, NULL, NULL, &conn),
                     SCA_E_TIMEOUT);
    serve_end();
    serve(&(struct script){.stay = true});
    assert_int_equal(
        sca_conn_open(&paths, &self, true, sca_now_ms() + LONG_MS, after_three, &asked, &conn),
        SCA_E_CANCELLED);
    serve_end();
    serve(
        &(struct script){.hello = {hello.data, hello.len}, .rest = {hello.data, 7}, .stay = true});
    assert_int_equal(open_conn(false, &conn), 0);
    assert_int_equal(sca_conn_receive(conn, sca_now_ms() + 30, NULL, NULL, &msg), SCA_E_TIMEOUT);
    asked = 0;
    assert_int_equal(sca_conn_receive(conn, sca_now_ms() + LONG_MS, after_three, &asked, &msg),
                     SCA_E_CANCELLED);
    sca_conn_close(conn);
}

static void sending_is_bounded_too(void **state)
{
    static uint8_t large[SCA_IPC_FRAME_MAX - 6];
    SCA_BUF_AUTO hello;
    SCA_BUF_AUTO frame = {.max = SCA_IPC_FRAME_MAX + SCA_IPC_HEAD};
    SCA_BUF_AUTO broken = {.max = 1};
    struct sca_conn *conn = NULL;

    (void)state;
    make_hello(&hello, SCA_IPC_VERSION);
    sca_msg_begin(&frame, SCA_MSG_TEXT);
    sca_msg_add_bytes(&frame, SCA_F_TEXT, (struct sca_bytes){large, sizeof large});
    assert_int_equal(sca_msg_end(&frame), 0);
    sca_msg_begin(&broken, SCA_MSG_TEXT);
    serve(&(struct script){.hello = {hello.data, hello.len}, .stay = true});
    assert_int_equal(open_conn(false, &conn), 0);
    assert_int_equal(sca_conn_send(conn, &broken, sca_now_ms() + LONG_MS), SCA_E_LIMIT);
    assert_int_equal(sca_conn_send(conn, &frame, sca_now_ms() + 30), SCA_E_TIMEOUT);
    assert_int_equal(sca_conn_send(conn, &hello, sca_now_ms() + LONG_MS), SCA_E_AGENT);
    sca_conn_close(conn);
    serve_end();

    serve(&(struct script){.hello = {hello.data, hello.len}, .stay = true});
    assert_int_equal(open_conn(false, &conn), 0);
    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, NULL, 0), server);
    server = 0;
    int err = sca_conn_send(conn, &frame, sca_now_ms() + LONG_MS); /* and no SIGPIPE */
    assert_int_equal(err, SCA_E_AGENT);
    sca_conn_close(conn);
}

static void nobody_there(void **state)
{
    struct sca_conn *conn = NULL;

    (void)state;
    assert_int_equal(open_conn(false, &conn), SCA_E_AGENT); /* no socket */
    serve(&(struct script){.stay = true});
    kill(server, SIGKILL);
    assert_int_equal(waitpid(server, NULL, 0), server);
    server = 0;
    assert_int_equal(open_conn(false, &conn), SCA_E_AGENT); /* a socket that nobody serves */
    assert_int_equal(rmdir(paths.socket_dir), -1);
    assert_int_equal(unlink(paths.socket), 0);
    assert_int_equal(rmdir(paths.socket_dir), 0);
    assert_int_equal(open_conn(false, &conn), SCA_E_AGENT); /* no folder */
    assert_int_equal(open_conn(true, &conn), SCA_E_AGENT);  /* and no program */
    assert_null(conn);
    sca_conn_close(NULL);
}

static void unsafe_places_are_refused(void **state)
{
    SCA_TEXT_AUTO moved = below("/moved");
    struct sca_conn *conn = NULL;

    (void)state;
    serve(&(struct script){.stay = true});
    assert_int_equal(chmod(paths.socket, 0666), 0);
    assert_int_equal(open_conn(true, &conn), SCA_E_PERM);
    assert_int_equal(chmod(paths.socket, 0600), 0);
    assert_int_equal(chmod(paths.socket_dir, 0750), 0);
    assert_int_equal(open_conn(true, &conn), SCA_E_PERM);
    assert_int_equal(chmod(paths.socket_dir, 0700), 0);
    assert_int_equal(rename(paths.socket_dir, moved), 0);
    assert_int_equal(symlink(moved, paths.socket_dir), 0);
    assert_int_equal(open_conn(true, &conn), SCA_E_PERM);
    assert_int_equal(unlink(paths.socket_dir), 0);
    assert_int_equal(rename(moved, paths.socket_dir), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(paths.socket, 12345, 12345), 0);
        assert_int_equal(open_conn(true, &conn), SCA_E_PERM);
    }
    serve_end();
    int fd = open(paths.socket, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    close(fd);
    assert_int_equal(open_conn(true, &conn), SCA_E_PERM); /* not a socket */
}

/* An agent that goes at this moment closes connections it has not answered: ask again. */
static void leaving_agent_is_asked_again(void **state)
{
    SCA_BUF_AUTO hello;
    struct sca_conn *conn = NULL;

    (void)state;
    make_hello(&hello, SCA_IPC_VERSION);
    serve(&(struct script){.hello = {hello.data, hello.len}, .connections = 3});
    assert_int_equal(open_conn(true, &conn), 0);
    sca_conn_close(conn);
}

static void use_fake(const char *mode)
{
    free(paths.agent);
    paths.agent = strdup(FAKE_AGENT);
    assert_int_equal(setenv("SMARTCA_FAKE", mode, 1), 0);
    assert_int_equal(setenv("SMARTCA_FAKE_SOCKET", paths.socket, 1), 0);
}

static void no_child_is_left(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void assert_reported(const char *report, const char *line)
{
    const char *pos = strstr(report, line);

    if (pos == NULL || pos[strlen(line)] != '\n')
        fail_msg("\"%s\" is not in:\n%s", line, report);
}

static void agent_starts_with_a_clean_slate(void **state)
{
    SCA_TEXT_AUTO report_path = below("/report");
    SCA_TEXT_AUTO conf_line = below("/conf");
    SCA_BUF_AUTO report = {0};
    struct sca_conn *conn = NULL;
    sigset_t mask;
    sigset_t old;

    (void)state;
    use_fake("good");
    setenv("SMARTCA_FAKE_REPORT", report_path, 1);
    setenv("SMARTCA_CONF", "relative", 1);
    setenv("LC_TIME", "vi_VN", 1);
    setenv("LD_LIBRARY_PATH", "/host/lib", 1);
    setenv("HOST_TOKEN", "hush", 1);
    unsetenv("PATH");
    int leak = fcntl(STDERR_FILENO, F_DUPFD, 20); /* not close-on-exec */
    sigfillset(&mask);
    sigprocmask(SIG_SETMASK, &mask, &old);
    signal(SIGUSR1, SIG_IGN);
    int err = open_conn(true, &conn);
    signal(SIGUSR1, SIG_DFL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(leak);
    unsetenv("SMARTCA_FAKE_REPORT");
    unsetenv("SMARTCA_CONF");
    assert_int_equal(err, 0);
    sca_conn_close(conn);
    no_child_is_left();

    assert_int_equal(sca_file_read(report_path, 100000, &report, NULL), 0);
    assert_int_equal(sca_buf_add_u8(&report, 0), 0);
    const char *text = (const char *)report.data;
    assert_reported(text, "arg smartca\narg agent\narg --ready-fd\narg 3");
    assert_reported(text, "cwd /");
    assert_reported(text, "leader 1");
    assert_reported(text, "env LC_TIME=vi_VN");
    assert_reported(text, "env PATH=/usr/local/bin:/usr/bin:/bin");
    SCA_TEXT_AUTO conf = NULL;
    assert_true(asprintf(&conf, "env SMARTCA_CONF=%s", conf_line) > 0);
    assert_reported(text, conf);
    assert_null(strstr(text, "LD_LIBRARY_PATH"));
    assert_null(strstr(text, "hush"));
    assert_null(strstr(text, "relative"));
    assert_null(strstr(text, "blocked"));
    assert_null(strstr(text, "ignored"));
    assert_reported(text, "fd 0 /dev");
    assert_reported(text, "fd 1 /dev");
    assert_reported(text, "fd 2 /dev");
    assert_reported(text, "fd 3 pipe");
    assert_null(strstr(text, "fd 20"));
}

/* Exit status 0 when an agent can be started and reached from a host in this state. */
static void odd_host(void (*make_odd)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        struct sca_conn *conn = NULL;

        make_odd();
        int err = open_conn(true, &conn);
        int before = conn != NULL ? fcntl(0, F_GETFD) : 0;
        sca_conn_close(conn);
        _exit(err != 0 ? 1 : before == fcntl(0, F_GETFD) ? 0 : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void close_standard_descriptors(void)
{
    for (int fd = 0; fd < 4; fd++)
        close(fd);
}

static void ignore_children(void)
{
    signal(SIGCHLD, SIG_IGN);
}

static void hosts_without_stdio_or_sigchld(void **state)
{
    (void)state;
    use_fake("good");
    odd_host(close_standard_descriptors);
    odd_host(ignore_children);
}

static void failing_agents_are_an_error(void **state)
{
    static const char *const modes[] = {"refuse", "silent"};
    struct sca_conn *conn = NULL;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        use_fake(modes[i]);
        assert_int_equal(open_conn(true, &conn), SCA_E_AGENT);
        no_child_is_left();
    }
}

static void hanging_agent_is_ended(void **state)
{
    struct sca_conn_self self = {.program = "test"};
    struct sca_conn *conn = NULL;
    int asked = 0;

    (void)state;
    use_fake("hang");
    assert_int_equal(sca_conn_open(&paths, &self, true, sca_now_ms() + 50, NULL, NULL, &conn),
                     SCA_E_TIMEOUT);
    no_child_is_left();
    assert_int_equal(
        sca_conn_open(&paths, &self, true, sca_now_ms() + LONG_MS, after_three, &asked, &conn),
        SCA_E_CANCELLED);
    no_child_is_left();
}

static void self_comes_from_the_environment(void **state)
{
    struct sca_conn_self self;

    (void)state;
    setenv("LANGUAGE", "", 1);
    setenv("LC_ALL", "vi_VN.UTF-8", 1);
    setenv("LANG", "en_US.UTF-8", 1);
    setenv("DISPLAY", ":7", 1);
    unsetenv("WAYLAND_DISPLAY");
    sca_conn_self_from_env("soffice.bin", &self);
    assert_string_equal(self.program, "soffice.bin");
    assert_string_equal(self.language, "vi_VN.UTF-8");
    assert_string_equal(self.display, ":7");
    assert_null(self.wayland);
    unsetenv("LC_ALL");
    unsetenv("DISPLAY");
}

/* In the locale's charset, which may be said in more than one way. */
static void ellipsis_is_what_the_terminal_has(void **state)
{
    static const struct {
        const char *all, *ctype, *lang, *wanted;
    } cases[] = {
        {"", "", "vi_VN.UTF-8", "…"},
        {"", "", "vi_VN.utf8", "…"},
        {"", "", "vi_VN.TCVN", "..."},
        {"", "C.UTF-8", "C", "…"},
        {"", "vi_VN.TCVN", "vi_VN.UTF-8", "..."},
        {"C", "vi_VN.UTF-8", "vi_VN.UTF-8", "..."},
        {"", "", "", "..."},
    };
    struct sca_conn_self self;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        setenv("LC_ALL", cases[i].all, 1);
        setenv("LC_CTYPE", cases[i].ctype, 1);
        setenv("LANG", cases[i].lang, 1);
        sca_conn_self_from_env("soffice.bin", &self);
        assert_string_equal(self.ellipsis, cases[i].wanted);
    }
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exchanges_frames),
        TEST(takes_single_bytes),
        TEST(peer_may_end_at_any_byte),
        TEST(nonsense_instead_of_hello),
        TEST(silence_ends_by_deadline_or_wish),
        TEST(sending_is_bounded_too),
        TEST(nobody_there),
        TEST(unsafe_places_are_refused),
        TEST(leaving_agent_is_asked_again),
        TEST(agent_starts_with_a_clean_slate),
        TEST(hosts_without_stdio_or_sigchld),
        TEST(failing_agents_are_an_error),
        TEST(hanging_agent_is_ended),
        TEST(self_comes_from_the_environment),
        TEST(ellipsis_is_what_the_terminal_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
