/* SPDX-License-Identifier: Apache-2.0 */
/* smartca setup's readers and writers: marked blocks, pkcs11.txt, profiles.ini, locks. */
#include "harness.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "cli/setup_file.h"
#include "cli/setup_nss.h"
#include "common/err.h"
#include "common/text.h"

static char scratch[64];

static struct sca_bytes bytes_of(const char *text)
{
    return (struct sca_bytes){(const uint8_t *)text, strlen(text)};
}

static void assert_text(const struct sca_buf *found, const char *wanted)
{
    assert_int_equal(found->err, 0);
    assert_int_equal(found->len, strlen(wanted));
    assert_memory_equal(found->len ? (const char *)found->data : "", wanted, found->len);
}

/* Taking a block out gives back every byte, whatever the file ended with. */
static void test_block_round(void **state)
{
    static const char *const files[] = {
        "", "\n", "a", "a\n", "a\r\nb", "\n\n# x\n", "# <<< smartca setup <<<\n"};
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        SCA_BUF_AUTO with = {0};
        SCA_BUF_AUTO twice = {0};
        SCA_BUF_AUTO without = {0};
        size_t begin = 1;
        size_t end = 0;

        assert_int_equal(sca_block_put(bytes_of(files[i]), "java", "one\ntwo\n", &with), 0);
        struct sca_bytes text = {with.data, with.len};
        assert_true(sca_block_find(text, &begin, &end));
        assert_int_equal(begin, 0);
        assert_non_null(memmem(text.data, end, "\none\ntwo\n", 9));
        assert_int_equal(sca_block_put(text, "java", "one\ntwo\n", &twice), 0);
        assert_int_equal(twice.len, with.len);
        assert_memory_equal(twice.data, with.data, with.len);
        assert_int_equal(sca_block_drop(text, &without), 0);
        assert_text(&without, files[i]);
    }
}

/* A block that the person moved down is found there; half a block is none. */
static void test_block_moved(void **state)
{
    SCA_BUF_AUTO with = {0};
    SCA_BUF_AUTO moved = {0};
    SCA_BUF_AUTO without = {0};
    size_t begin = 0;
    size_t end = 0;

    (void)state;
    assert_int_equal(sca_block_put(bytes_of("last\n"), "java", "one\n", &with), 0);
    sca_buf_init(&moved, 4096);
    sca_buf_add_text(&moved, "first\n");
    sca_buf_add(&moved, with.data, with.len);
    assert_int_equal(sca_block_drop((struct sca_bytes){moved.data, moved.len}, &without), 0);
    assert_text(&without, "first\nlast\n");
    assert_false(sca_block_find((struct sca_bytes){with.data, 40}, &begin, &end));
}

static void test_block_rival(void **state)
{
    struct sca_bytes line = {0};
    SCA_BUF_AUTO with = {0};

    (void)state;
    assert_true(
        sca_block_rival(bytes_of("Host x\n  pkcs11provider /a\n"), "PKCS11Provider", &line));
    assert_memory_equal(line.data, "  pkcs11provider /a", line.len);
    assert_true(sca_block_rival(bytes_of("providers=x"), "providers", &line));
    assert_false(sca_block_rival(bytes_of("#PKCS11Provider /a\n"), "PKCS11Provider", &line));
    assert_false(sca_block_rival(bytes_of("providers-x y\n"), "providers", &line));
    assert_int_equal(sca_block_put(bytes_of("a\n"), "openssh", "PKCS11Provider /b\n", &with), 0);
    assert_false(sca_block_rival((struct sca_bytes){with.data, with.len}, "PKCS11Provider", &line));
}

#define INTERNAL "library=\nname=NSS Internal PKCS #11 Module\nNSS=Flags=internal\n\n"

static void test_nss_lists(void **state)
{
    struct sca_bytes path = {0};
    struct sca_bytes name = {0};
    const char *odd = "/opt/mô đun/x.so";

    (void)state;
    assert_false(sca_nss_lists(bytes_of(""), odd, NULL, NULL));
    assert_false(sca_nss_lists(bytes_of(INTERNAL), odd, NULL, NULL));
    assert_true(sca_nss_lists(bytes_of(INTERNAL "library=/opt/mô đun/x.so\nname=a b\n\n"), odd,
                              &path, &name));
    assert_memory_equal(path.data, odd, path.len);
    assert_int_equal(name.len, 3);
    assert_memory_equal(name.data, "a b", 3);
    /* another copy, a name before its library, no end of line at last */
    assert_true(sca_nss_lists(bytes_of(INTERNAL "name=s\nlibrary=/usr/lib/smartca-pkcs11.so"), odd,
                              &path, &name));
    assert_int_equal(name.len, 1);
    assert_false(sca_nss_lists(bytes_of(INTERNAL "library=/usr/lib/opensc-pkcs11.so\nname=x\n"),
                               odd, NULL, NULL));
}

static void write_file(const char *name, const char *content)
{
    SCA_TEXT_AUTO path = sca_text_format("%s/%s", scratch, name);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const char *name)
{
    SCA_TEXT_AUTO path = sca_text_format("%s/%s", scratch, name);

    assert_int_equal(mkdir(path, 0700), 0);
}

static bool has(const struct sca_targets *targets, const char *name)
{
    SCA_TEXT_AUTO path = sca_text_format("%s/%s", scratch, name);

    for (size_t i = 0; i < targets->count; i++)
        if (sca_streq(targets->items[i].path, path))
            return true;
    return false;
}

static void test_profiles(void **state)
{
    char module[] = "/usr/lib/x.so";
    struct sca_setup setup = {.module = module};
    struct sca_targets all = {0};
    struct sca_targets one = {0};
    SCA_TEXT_AUTO absolute = sca_text_format("[Profile2]\nName=c\nIsRelative=0\nPath=%s/ra ngoài\n"
                                             "[Profile1]\nName=b\nIsRelative=1\nPath=hồ sơ\n"
                                             "Default=1\n"
                                             "[Profile0]\nName=a\nIsRelative=1\nPath=first\n"
                                             "[Profile3]\nName=d\nIsRelative=1\nPath=gone\n"
                                             "[Install4F96]\nDefault=first\nLocked=1\n"
                                             "[General]\nStartWithLastProfile=1\nVersion=2\n",
                                             scratch);

    (void)state;
    make_folder("first");
    make_folder("hồ sơ");
    make_folder("ra ngoài");
    make_folder("installed");
    write_file("profiles.ini", absolute);
    write_file("installs.ini", "[4F96D1932A9F858E]\nDefault=installed\nLocked=1\n");
    sca_profiles_add(&setup, strdup(scratch), false, &all);
    assert_int_equal(all.err, 0);
    assert_null(all.problem);
    assert_int_equal(all.count, 4);
    assert_true(has(&all, "first") && has(&all, "hồ sơ") && has(&all, "ra ngoài") &&
                has(&all, "installed"));
    sca_profiles_add(&setup, strdup(scratch), true, &one);
    assert_int_equal(one.count, 1);
    assert_true(has(&one, "hồ sơ"));
    sca_targets_clear(&all);
    sca_targets_clear(&one);
    sca_profiles_add(&setup, strdup("/nowhere/at/all"), false, &all);
    assert_int_equal(all.count, 0);
    assert_null(all.problem);
    sca_targets_clear(&all);
}

/* A child holds the lock, as the browser would: fcntl locks of one's own do not show. */
static void test_fcntl_lock(void **state)
{
    SCA_TEXT_AUTO path = sca_text_format("%s/.parentlock", scratch);
    int ready[2];
    int go[2];
    char letter = 0;

    (void)state;
    write_file(".parentlock", "");
    assert_false(sca_locked(scratch));
    assert_int_equal(pipe(ready) + pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        close(go[1]);
        bool held = fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0 && write(ready[1], "x", 1) == 1;
        _exit(held && read(go[0], &letter, 1) == 0 ? 0 : 1);
    }
    close(go[0]);
    assert_int_equal(read(ready[0], &letter, 1), 1);
    assert_true(sca_locked(scratch));
    close(go[1]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(sca_locked(scratch));
    close(ready[0]);
    close(ready[1]);
}

static void test_link_lock(void **state)
{
    static const char *const names[] = {"lock", "SingletonLock"};
    static const char before[] = {':', '-'};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        SCA_TEXT_AUTO path = sca_text_format("%s/%s", scratch, names[i]);
        SCA_TEXT_AUTO alive = sca_text_format("may-tinh%c%ld", before[i], (long)getpid());
        SCA_TEXT_AUTO dead = sca_text_format("may-tinh%c2147483646", before[i]);

        assert_int_equal(symlink(alive, path), 0);
        assert_true(sca_locked(scratch));
        assert_int_equal(unlink(path) + symlink(dead, path), 0);
        assert_false(sca_locked(scratch));
        assert_int_equal(unlink(path), 0);
    }
}

/* Through a symbolic link, mode kept. */
static void test_write_file(void **state)
{
    SCA_TEXT_AUTO real = sca_text_format("%s/real", scratch);
    SCA_TEXT_AUTO link = sca_text_format("%s/link", scratch);
    SCA_BUF_AUTO text = {0};
    struct stat st;

    (void)state;
    write_file("real", "old");
    assert_int_equal(chmod(real, 0640) + symlink("real", link), 0);
    assert_int_equal(sca_host_file_write(link, bytes_of("new"), 0600), 0);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(real, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(sca_host_file_read(link, &text), 0);
    assert_text(&text, "new");
}

static int setup(void **state)
{
    (void)state;
    scratch_make(scratch);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_round),
        cmocka_unit_test(test_block_moved),
        cmocka_unit_test(test_block_rival),
        cmocka_unit_test(test_nss_lists),
        cmocka_unit_test_setup_teardown(test_profiles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fcntl_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_link_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_file, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
