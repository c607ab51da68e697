/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things live, from the environment and two keys; and files: only what others cannot have
 * written is read, and a replaced file is the old or the new one, whole.
 */
#include "harness.h"
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <dirent.h>
#include <signal.h>
#include "common/err.h"
#include "common/path.h"
#include "common/text.h"

static char folder[64];

static char *below(const char *rest)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s%s", folder, rest) > 0);
    return path;
}

static void set_below(const char *name, const char *rest)
{
    SCA_TEXT_AUTO path = below(rest);

    assert_int_equal(setenv(name, path, 1), 0);
}

static void assert_below(const char *path, const char *rest)
{
    SCA_TEXT_AUTO expected = below(rest);

    assert_string_equal(path, expected);
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

static void make_dir(const char *rest)
{
    SCA_TEXT_AUTO path = below(rest);

    assert_int_equal(sca_dir_ensure(path), 0);
}

/* A person with a home, a session folder and nothing set. */
static int set_up(void **state)
{
    (void)state;
    scratch_make(folder);
    assert_int_equal(clearenv(), 0);
    set_below("HOME", "/home");
    make_dir("/home/.config/smartca");
    make_dir("/run");
    set_below("XDG_RUNTIME_DIR", "/run");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static struct sca_paths *paths_new(void)
{
    struct sca_paths *paths = NULL;

    assert_int_equal(sca_paths_new(&paths), 0);
    return paths;
}

static void defaults(void **state)
{
    SCA_PATHS_AUTO paths = paths_new();

    (void)state;
    assert_string_equal(paths->conf[0], "/etc/smartca/smartca.conf");
    assert_below(paths->conf[1], "/home/.config/smartca/smartca.conf");
    assert_below(paths->cache_dir, "/home/.cache/smartca");
    assert_below(paths->state_dir, "/home/.local/state/smartca");
    assert_below(paths->image, "/home/.cache/smartca/tokens");
    assert_below(paths->socket_dir, "/run/smartca");
    assert_below(paths->socket, "/run/smartca/agent.sock");
    assert_int_equal(paths->agent[0], '/');
}

/* XDG folders that say what the default says anyway do not make another home. */
static void spelled_out_defaults_share_the_agent(void **state)
{
    set_below("HOME", "/home/");
    set_below("XDG_CONFIG_HOME", "/home/.config");
    set_below("XDG_CACHE_HOME", "/home/.cache//");
    set_below("XDG_STATE_HOME", "/home/.local/state");
    SCA_PATHS_AUTO paths = paths_new();

    (void)state;
    assert_below(paths->socket, "/run/smartca/agent.sock");
}

static void other_homes_have_other_agents(void **state)
{
    static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME",
                                        "SMARTCA_CONF"};
    SCA_TEXT_AUTO start = below("/run/smartca-");
    char *seen[COUNT(names)];

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        set_below(names[i], "/other");
        SCA_PATHS_AUTO paths = paths_new();
        SCA_PATHS_AUTO again = paths_new();
        unsetenv(names[i]);
        assert_memory_equal(paths->socket_dir, start, strlen(start));
        assert_int_equal(strlen(paths->socket_dir), strlen(start) + 16);
        assert_string_equal(paths->socket, again->socket);
        seen[i] = strdup(paths->socket);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(seen[i], seen[j]);
    }
    for (size_t i = 0; i < COUNT(names); i++)
        free(seen[i]);
}

static void own_configuration_stands_alone(void **state)
{
    (void)state;
    write_file("/my.conf", "[smartca]\ncache-dir = /c\n", 0600);
    set_below("SMARTCA_CONF", "/my.conf");
    SCA_PATHS_AUTO paths = paths_new();
    assert_below(paths->conf[0], "/my.conf");
    assert_null(paths->conf[1]);
    assert_string_equal(paths->cache_dir, "/c");
    assert_string_equal(paths->image, "/c/tokens");
    assert_below(paths->state_dir, "/home/.local/state/smartca");

    assert_int_equal(chdir(folder), 0);
    setenv("SMARTCA_CONF", "my.conf", 1);
    setenv("SMARTCA_AGENT", "bin/smartca", 1);
    SCA_PATHS_AUTO relative = paths_new();
    assert_int_equal(chdir("/"), 0);
    assert_string_equal(relative->conf[0], paths->conf[0]);
    assert_string_equal(relative->socket, paths->socket);
    assert_below(relative->agent, "/bin/smartca");
}

static void expect_cache(const char *conf, const char *cache)
{
    write_file("/home/.config/smartca/smartca.conf", conf, 0600);
    SCA_PATHS_AUTO paths = paths_new();
    assert_string_equal(paths->cache_dir, cache);
}

static void keys_are_read_as_the_library_reads_them(void **state)
{
    SCA_TEXT_AUTO usual = below("/home/.cache/smartca");
    SCA_TEXT_AUTO home_x = below("/home/x y");

    (void)state;
    expect_cache("[smartca]\ncache-dir=/a\n", "/a");
    expect_cache("[smartca]\ncache-dir \t=\t /a b ;c \t\r\n", "/a b ;c");
    expect_cache("\xef\xbb\xbf[ SmartCA ] \nCache-Dir = /a", "/a");
    expect_cache("[smartca]\ncache-dir=/a/b//\n", "/a/b");
    expect_cache("[smartca]\ncache-dir=~/x y\n", home_x);
    expect_cache("[smartca]\ncache-dir=/a\ncache-dir=/b\n", "/b");
    expect_cache("[smartca]\nx=1\n[account:a]\ncache-dir=/a\n[smartca]\ncache-dir=/b\n", "/b");
    expect_cache("cache-dir=/a\n[smart]\ncache-dir=/a\n[smartca2]\ncache-dir=/a\n", usual);
    expect_cache("[smartca]\n#cache-dir=/a\n;cache-dir=/a\n", usual);
    expect_cache("[smartca]\ncache-dir=a/b\n", usual);
    expect_cache("[smartca]\ncache-dir=~root/x\n", usual);
    expect_cache("[smartca]\ncache-dir=/a\ncache-dir=\n", usual);
    expect_cache("[smartca]\ncache-dir\n=/a\n[\n[smartca\n=\n", usual);
    expect_cache("", usual);
}

static void odd_configurations_do_no_harm(void **state)
{
    SCA_TEXT_AUTO path = below("/home/.config/smartca/smartca.conf");
    SCA_TEXT_AUTO usual = below("/home/.cache/smartca");
    SCA_TEXT_AUTO elsewhere = below("/dotfiles");
    const char *line = "[smartca]\ncache-dir = /x\n";

    (void)state;
    write_file("/home/.config/smartca/smartca.conf", line, 0666); /* anybody may have written it */
    SCA_PATHS_AUTO open_to_all = paths_new();
    assert_string_equal(open_to_all->cache_dir, usual);

    assert_int_equal(unlink(path), 0);
    write_file("/dotfiles", line, 0600);
    assert_int_equal(symlink(elsewhere, path), 0);
    SCA_PATHS_AUTO linked = paths_new();
    assert_string_equal(linked->cache_dir, "/x");

    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not block */
    SCA_PATHS_AUTO fifo = paths_new();
    assert_string_equal(fifo->cache_dir, usual);

    assert_int_equal(unlink(path), 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(write(fd, "[smartca]\ncache-dir=/a\0b\n", 25) == 25);
    close(fd);
    SCA_PATHS_AUTO nul = paths_new();
    assert_string_equal(nul->cache_dir, usual);
}

static void no_session_folder(void **state)
{
    SCA_TEXT_AUTO run = below("/run");
    char tmp[64];
    char user[32];

    (void)state;
    snprintf(tmp, sizeof tmp, "/tmp/smartca-%lu/agent.sock", (unsigned long)geteuid());
    snprintf(user, sizeof user, "/run/user/%lu", (unsigned long)geteuid());
    if (sca_dir_check(user) == 0) /* a desktop: systemd's own folder is the next best */
        snprintf(tmp, sizeof tmp, "%s/smartca/agent.sock", user);
    assert_int_equal(chmod(run, 0755), 0);
    SCA_PATHS_AUTO readable = paths_new();
    assert_string_equal(readable->socket, tmp);
    setenv("XDG_RUNTIME_DIR", "relative", 1);
    SCA_PATHS_AUTO relative = paths_new();
    assert_string_equal(relative->socket, tmp);
    unsetenv("XDG_RUNTIME_DIR");
    SCA_PATHS_AUTO unset = paths_new();
    assert_string_equal(unset->socket, tmp);
}

static void socket_name_always_fits(void **state)
{
    char deep[128];

    (void)state;
    memset(deep, 'd', sizeof deep);
    deep[0] = '/';
    deep[90] = '\0';
    make_dir(deep);
    set_below("XDG_RUNTIME_DIR", deep);
    set_below("XDG_CACHE_HOME", "/other");
    SCA_PATHS_AUTO paths = paths_new();
    assert_memory_equal(paths->socket, "/tmp/smartca-", 13);
    assert_true(strlen(paths->socket) < sizeof((struct sockaddr_un *)0)->sun_path);
}

static void home_comes_from_the_password_database(void **state)
{
    struct passwd *entry = getpwuid(geteuid());
    SCA_TEXT_AUTO expected = NULL;

    (void)state;
    if (entry == NULL || entry->pw_dir[0] != '/') {
        print_message("SKIP %s: this user has no home in the password database\n", __func__);
        skip();
    }
    assert_true(asprintf(&expected, "%s/.cache/smartca", entry->pw_dir) > 0);
    unsetenv("HOME");
    SCA_PATHS_AUTO unset = paths_new();
    assert_string_equal(unset->cache_dir, expected);
    setenv("HOME", "", 1);
    SCA_PATHS_AUTO empty = paths_new();
    assert_string_equal(empty->cache_dir, expected);
}

static int read_below(const char *rest, size_t max)
{
    SCA_TEXT_AUTO path = below(rest);
    SCA_BUF_AUTO content = {0};
    struct sca_stamp stamp;

    int err = sca_file_read(path, max, &content, &stamp);
    if (err == 0) {
        struct sca_stamp now = sca_path_stamp(path);
        assert_true(sca_stamp_equal(&stamp, &now));
        assert_int_equal(content.len, stamp.size);
    } else {
        assert_int_equal(content.len, 0);
    }
    return err;
}

static void reads_only_trusted_files(void **state)
{
    SCA_TEXT_AUTO good = below("/good");
    SCA_TEXT_AUTO link = below("/link");
    SCA_TEXT_AUTO fifo = below("/fifo");

    (void)state;
    write_file("/good", "12345", 0600);
    assert_int_equal(read_below("/good", 5), 0);
    assert_int_equal(read_below("/good", 4), SCA_E_LIMIT);
    assert_int_equal(read_below("/good", 1000000), 0);
    assert_int_equal(read_below("/none", 5), SCA_E_NOENT);
    assert_int_equal(read_below("/good/none", 5), SCA_E_NOENT);
    assert_int_equal(read_below("", 5), SCA_E_PERM);
    assert_int_equal(symlink(good, link), 0);
    assert_int_equal(read_below("/link", 5), SCA_E_PERM);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(read_below("/fifo", 5), SCA_E_PERM);
    write_file("/group", "", 0660);
    assert_int_equal(read_below("/group", 5), SCA_E_PERM);
    write_file("/empty", "", 0444);
    assert_int_equal(read_below("/empty", 0), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(good, 12345, 12345), 0);
        assert_int_equal(read_below("/good", 5), SCA_E_PERM);
    }
    SCA_BUF_AUTO content = {0}; /* says that it is empty, and is not */
    assert_int_equal(sca_file_read("/proc/self/status", 65536, &content, NULL), 0);
    assert_memory_equal(content.data, "Name:", 5);
    sca_buf_clear(&content);
    assert_int_equal(sca_file_read("/proc/self/status", 10, &content, NULL), SCA_E_LIMIT);
}

static size_t count_entries(void)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static void replaces_as_a_whole(void **state)
{
    SCA_TEXT_AUTO path = below("/file");
    SCA_TEXT_AUTO nowhere = below("/no/file");
    SCA_BUF_AUTO content = {0};
    struct stat st;

    (void)state;
    size_t before = count_entries();
    assert_int_equal(sca_file_replace(path, LITERAL("old")), 0);
    struct sca_stamp old = sca_path_stamp(path);
    assert_int_equal(sca_file_replace(path, LITERAL("newer")), 0);
    struct sca_stamp new = sca_path_stamp(path);
    assert_false(sca_stamp_equal(&old, &new));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(sca_file_read(path, 100, &content, NULL), 0);
    assert_memory_equal(content.data, "newer", content.len);
    assert_int_equal(count_entries(), before + 1);
    assert_int_equal(sca_file_replace(nowhere, LITERAL("x")), SCA_E_IO);
}

static void holds_what_was_written(void **state)
{
    static uint8_t large[10000]; /* several blocks */
    SCA_TEXT_AUTO path = below("/file");
    SCA_TEXT_AUTO nowhere = below("/no/file");
    SCA_TEXT_AUTO link = below("/link");
    struct sca_bytes content = {large, sizeof large};

    (void)state;
    assert_int_equal(sca_file_replace(path, content), 0);
    assert_true(sca_file_holds(path, content));
    large[sizeof large - 1] = 1;
    assert_false(sca_file_holds(path, content));
    large[sizeof large - 1] = 0;
    content.len--;
    assert_false(sca_file_holds(path, content));
    assert_false(sca_file_holds(path, LITERAL("")));
    assert_false(sca_file_holds(nowhere, LITERAL("")));
    assert_int_equal(symlink(path, link), 0);
    content.len++;
    assert_false(sca_file_holds(link, content));
    assert_int_equal(chmod(path, 0622), 0);
    assert_false(sca_file_holds(path, content)); /* others can write it */
}

/* A limit on file sizes stands for a full disk: the write stops in the middle. */
static void full_disk_keeps_the_old_file(void **state)
{
    static uint8_t large[200000];
    SCA_TEXT_AUTO path = below("/file");
    SCA_BUF_AUTO content = {0};
    struct rlimit limit;

    (void)state;
    assert_int_equal(sca_file_replace(path, LITERAL("old")), 0);
    size_t before = count_entries();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    struct rlimit small = {100000, limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int err = sca_file_replace(path, (struct sca_bytes){large, sizeof large});
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(err, SCA_E_IO);
    assert_int_equal(count_entries(), before);
    assert_int_equal(sca_file_read(path, 100, &content, NULL), 0);
    assert_memory_equal(content.data, "old", content.len);
}

static const char *const halves[] = {
    ".a.sca-kx48aj", ".a.sca-young0", ".a.backup",     ".other.sca-Xk3Pq0", ".a.sca-Xk3Pq01",
    "a.sca-Xk3Pq0",  ".a.sca-Xk3-q0", ".a.sca-open10", ".a.sca-Link10",     ".a.sca-Folder"};

/* One of each, two minutes old but for the second. */
static void make_halves(void)
{
    const struct timespec old[2] = {{.tv_sec = time(NULL) - 120}, {.tv_sec = time(NULL) - 120}};

    make_dir("/halves");
    for (size_t i = 0; i < COUNT(halves); i++) {
        SCA_TEXT_AUTO rest = sca_text_format("/halves/%s", halves[i]);
        SCA_TEXT_AUTO path = below(rest);

        if (i == 8)
            assert_int_equal(symlink("/dev/null", path), 0);
        else if (i == 9)
            make_dir(rest);
        else
            write_file(rest, "half", i == 7 ? 0644 : 0600);
        if (i != 1)
            assert_int_equal(utimensat(AT_FDCWD, path, old, AT_SYMLINK_NOFOLLOW), 0);
    }
}

/* Each letter says whether that one is there. */
static void assert_halves(const char *there)
{
    struct stat st;

    for (size_t i = 0; i < COUNT(halves); i++) {
        SCA_TEXT_AUTO rest = sca_text_format("/halves/%s", halves[i]);
        SCA_TEXT_AUTO path = below(rest);

        if ((lstat(path, &st) == 0) != (there[i] == 'y'))
            fail_msg("%s", halves[i]);
    }
}

static void halves_are_swept(void **state)
{
    SCA_TEXT_AUTO path = below("/halves");

    (void)state;
    make_halves();
    sca_dir_sweep(path, "a"); /* where the person's files are, too */
    assert_halves("nyyyyyyyyy");
    sca_dir_sweep(path, NULL);
    assert_halves("nyynyyyyyy");
    sca_dir_sweep("/nonexistent", NULL);
}

static void folders_are_private(void **state)
{
    SCA_TEXT_AUTO deep = below("/a/b/c/");
    SCA_TEXT_AUTO middle = below("/a/b");
    SCA_TEXT_AUTO link = below("/l");
    SCA_TEXT_AUTO file = below("/f");
    SCA_TEXT_AUTO under = below("/f/x");
    struct stat st;

    (void)state;
    assert_int_equal(sca_dir_ensure(deep), 0);
    assert_int_equal(sca_dir_ensure(deep), 0);
    assert_int_equal(stat(middle, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(chmod(middle, 0750), 0);
    assert_int_equal(sca_dir_ensure(middle), SCA_E_PERM);
    assert_int_equal(chmod(middle, 0700), 0);
    assert_int_equal(symlink(middle, link), 0);
    assert_int_equal(sca_dir_ensure(link), SCA_E_PERM);
    write_file("/f", "", 0700);
    assert_int_equal(sca_dir_ensure(file), SCA_E_PERM);
    assert_int_equal(sca_dir_ensure(under), SCA_E_IO);
    assert_int_equal(sca_dir_check(under), SCA_E_IO);
    if (geteuid() == 0) {
        assert_int_equal(chown(middle, 12345, 12345), 0);
        assert_int_equal(sca_dir_ensure(middle), SCA_E_PERM);
    }
}

static void absent_files_have_no_stamp(void **state)
{
    struct sca_stamp zero = {0};
    struct sca_stamp stamp = sca_path_stamp("/nonexistent");

    (void)state;
    assert_true(sca_stamp_equal(&stamp, &zero));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults),
        TEST(spelled_out_defaults_share_the_agent),
        TEST(other_homes_have_other_agents),
        TEST(own_configuration_stands_alone),
        TEST(keys_are_read_as_the_library_reads_them),
        TEST(odd_configurations_do_no_harm),
        TEST(no_session_folder),
        TEST(socket_name_always_fits),
        TEST(home_comes_from_the_password_database),
        TEST(reads_only_trusted_files),
        TEST(replaces_as_a_whole),
        TEST(holds_what_was_written),
        TEST(full_disk_keeps_the_old_file),
        TEST(halves_are_swept),
        TEST(folders_are_private),
        TEST(absent_files_have_no_stamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
