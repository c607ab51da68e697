/* SPDX-License-Identifier: Apache-2.0 */
/* A record comes back as it was written, and never as something else: cut, old, foreign or newer.
 */
#include "harness.h"
#include <sys/stat.h>
#include <utime.h>
#include "agent/journal.h"
#include "common/err.h"

#define ID "3f2a0000-1111-4222-8333-444455556666"

static struct sca_journal_record *make_record(void)
{
    struct sca_journal_record *record = sca_journal_record_new(2);

    assert_non_null(record);
    memcpy(record->txn_id, ID, sizeof ID);
    record->state = SCA_TXN_SIGNED;
    record->err = SCA_E_BAD_SIGNATURE;
    record->account = strdup("work");
    record->provider = strdup("vnpt-smartca");
    record->serial = strdup("5401ab");
    record->provider_id = strdup("c-1");
    record->key_type = SCA_KEY_RSA;
    record->key_bits = 2048;
    memset(record->credential, 'a', sizeof record->credential - 1);
    record->scheme = SCA_SCHEME_PKCS1;
    record->hash = SCA_HASH_SHA256;
    record->created_utc = 1795000000;
    record->not_after_utc = 1826000000;
    record->accepted = true;
    record->provider_txn = strdup("tran-1");
    snprintf(record->session, sizeof record->session, "%s", record->txn_id);
    record->description = strdup("soffice trên máy \"a\": 2 tài liệu\n");
    assert_int_equal(sca_buf_add(&record->certificate, "\x30\x82\x00", 3), 0);
    for (size_t i = 0; i < 2; i++) {
        struct sca_journal_doc *doc = &record->docs[i];

        snprintf(doc->id, sizeof doc->id, "%zu-7QF-29K", i + 1);
        memset(doc->digest, (int)(7 + i), 32);
        doc->digest_len = 32;
        doc->program = strdup("soffice.bin");
        doc->pid = 4242;
        doc->last_asked_utc = 1795000001;
        doc->repeats = i == 0;
        doc->delivered = i == 1;
    }
    assert_int_equal(sca_buf_add(&record->docs[0].signature, "signature", 9), 0);
    return record;
}

static void assert_same(const struct sca_journal_record *a, const struct sca_journal_record *b)
{
    SCA_BUF_AUTO a_text;
    SCA_BUF_AUTO b_text;

    assert_int_equal(sca_journal_encode(a, &a_text), 0);
    assert_int_equal(sca_journal_encode(b, &b_text), 0);
    assert_int_equal(a_text.len, b_text.len);
    assert_memory_equal(a_text.data, b_text.data, a_text.len);
}

static void both_ways(void **state)
{
    SCA_JOURNAL_RECORD_AUTO record = make_record();
    SCA_JOURNAL_RECORD_AUTO again = NULL;
    SCA_BUF_AUTO text;

    (void)state;
    assert_int_equal(sca_journal_encode(record, &text), 0);
    assert_int_equal(sca_journal_decode((struct sca_bytes){text.data, text.len}, &again), 0);
    assert_string_equal(again->description, record->description);
    assert_true(again->accepted);
    assert_string_equal(again->provider_txn, "tran-1");
    assert_string_equal(again->session, record->txn_id);
    assert_string_equal(again->provider_id, "c-1");
    assert_int_equal(again->key_type, SCA_KEY_RSA);
    assert_int_equal(again->key_bits, 2048);
    assert_int_equal(again->state, SCA_TXN_SIGNED);
    assert_int_equal(again->err, SCA_E_BAD_SIGNATURE);
    assert_int_equal(again->docs[0].signature.len, 9);
    assert_int_equal(again->docs[1].signature.len, 0);
    assert_true(again->docs[0].repeats && !again->docs[0].delivered);
    assert_memory_equal(again->docs[1].digest, record->docs[1].digest, 32);
    assert_same(record, again);
}

static void cut_anywhere_is_refused(void **state)
{
    SCA_JOURNAL_RECORD_AUTO record = make_record();
    SCA_BUF_AUTO text;

    (void)state;
    assert_int_equal(sca_journal_encode(record, &text), 0);
    for (size_t len = 0; len + 1 < text.len; len++) { /* the newline at the end may be missing */
        struct sca_journal_record *cut = NULL;
        uint8_t *copy = malloc(len != 0 ? len : 1); /* of its own, so that reading on is noticed */

        memcpy(copy, text.data, len);
        assert_int_equal(sca_journal_decode((struct sca_bytes){copy, len}, &cut), SCA_E_FORMAT);
        assert_null(cut);
        free(copy);
    }
}

/* Decodes the text with one part replaced. */
static int decode_with(const char *from, const char *to)
{
    SCA_JOURNAL_RECORD_AUTO record = make_record();
    SCA_JOURNAL_RECORD_AUTO again = NULL;
    SCA_BUF_AUTO text;
    SCA_BUF_AUTO changed;

    sca_buf_init(&changed, SCA_JOURNAL_FILE_MAX);
    assert_int_equal(sca_journal_encode(record, &text), 0);
    assert_int_equal(sca_buf_add_u8(&text, '\0'), 0);
    const char *at = strstr((const char *)text.data, from);
    assert_non_null(at);
    assert_int_equal(sca_buf_add(&changed, text.data, (size_t)(at - (const char *)text.data)), 0);
    assert_int_equal(sca_buf_add_text(&changed, to), 0);
    assert_int_equal(sca_buf_add_text(&changed, at + strlen(from)), 0);
    return sca_journal_decode((struct sca_bytes){changed.data, changed.len}, &again);
}

static void lies_are_refused(void **state)
{
    static const char *const lies[][2] = {
        {"\"state\":2", "\"state\":0"},
        {"\"state\":2", "\"state\":5"},
        {"\"state\":2", "\"state\":\"2\""},
        {"\"state\":2,", ""},
        {"\"version\":1", "\"version\":0"},
        {"\"scheme\":1", "\"scheme\":9"},
        {"\"hash\":3", "\"hash\":4"}, /* the digests are too short for it */
        {"\"hash\":3", "\"hash\":0"},
        {"\"err\":-55", "\"err\":1"},
        {"\"created\":1795000000", "\"created\":-1"},
        {"\"created\":1795000000", "\"created\":1e30"},
        {"\"txn\":\"3f2a", "\"txn\":\"../a"},
        {"\"txn\":\"3f2a", "\"txn\":\"3F2A"},
        {"\"certificate\":\"308200\"", "\"certificate\":\"30820\""},
        {"\"certificate\":\"308200\"", "\"certificate\":\"zz\""},
        {"\"account\":\"work\"", "\"account\":null"},
        {"\"account\":\"work\"", "\"account\":\"wo\\u0000rk\""},
        {"\"account\":\"work\"", "\"account\":\"work\",\"account\":\"home\""},
        {"\"digest\":\"0707", "\"digest\":\"07"},
        {"\"digest\":\"0707", "\"digest\":\"070707"},
        {"\"provider_id\":\"c-1\"", "\"provider_id\":1"},
        {"\"key_type\":1", "\"key_type\":3"},
        {"\"key_bits\":2048", "\"key_bits\":-1"},
        {"\"key_bits\":2048", "\"key_bits\":65536"},
        {"\"repeats\":true", "\"repeats\":1"},
        {"\"pid\":4242", "\"pid\":-1"},
        {"\"docs\":[", "\"docs\":[0,"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lies); i++)
        assert_int_equal(decode_with(lies[i][0], lies[i][1]), SCA_E_FORMAT);
    assert_int_equal(decode_with("\"version\":1", "\"version\":2"), SCA_E_VERSION);
    assert_int_equal(decode_with("\"version\":1", "\"version\":1,\"later\":[]"), 0);
}

/* Written before these were kept. */
static void older_records_are_read(void **state)
{
    (void)state;
    assert_int_equal(decode_with("\"provider_id\":\"c-1\",", ""), 0);
    assert_int_equal(decode_with("\"key_type\":1,\"key_bits\":2048,", ""), 0);
}

static void ids_have_one_shape(void **state)
{
    (void)state;
    assert_true(sca_journal_id_valid(ID));
    assert_false(sca_journal_id_valid(""));
    assert_false(sca_journal_id_valid("3f2a0000-1111-4222-8333-44445555666"));
    assert_false(sca_journal_id_valid("3f2a0000-1111-4222-8333-4444555566667"));
    assert_false(sca_journal_id_valid("3f2a0000-1111-4222-8333-44445555666/"));
    assert_false(sca_journal_id_valid("3f2a0000+1111-4222-8333-444455556666"));
}

/* ---- files --------------------------------------------------------------------------------- */

struct loaded {
    size_t count;
    char id[SCA_TXN_ID_SIZE];
};

static int take(void *arg, struct sca_journal_record *taken)
{
    struct loaded *loaded = arg;

    loaded->count++;
    memcpy(loaded->id, taken->txn_id, sizeof loaded->id);
    sca_journal_record_free(taken);
    return 0;
}

static size_t load(const struct sca_paths *paths)
{
    struct loaded loaded = {0};

    assert_int_equal(sca_journal_load(paths, NULL, take, &loaded), 0);
    return loaded.count;
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/journal/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
}

static bool there(const char *folder, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/journal/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void files(void **state)
{
    SCA_JOURNAL_RECORD_AUTO record = make_record();
    SCA_JOURNAL_RECORD_AUTO again = NULL;
    char folder[64];
    char path[256];

    (void)state;
    scratch_make(folder);
    struct sca_paths paths = {.state_dir = folder};
    assert_int_equal(load(&paths), 0); /* no folder yet */
    assert_int_equal(sca_journal_read(&paths, ID, &again), SCA_E_NOENT);
    assert_int_equal(sca_journal_write(&paths, record), 0);
    assert_int_equal(load(&paths), 1);
    assert_int_equal(sca_journal_read(&paths, ID, &again), 0);
    assert_same(record, again);

    put(folder, "11111111-1111-4111-8111-111111111111", "{\"version\":1");
    put(folder, "22222222-1111-4111-8111-111111111111", "{\"version\":7}");
    put(folder, "notes.txt", "not ours");
    put(folder, "." ID ".sca-abcdef", "{");
    put(folder, ".22222222-1111-4111-8111-111111111111.sca-abcdef", "{");
    snprintf(path, sizeof path, "%s/journal/.%s.sca-abcdef", folder, ID);
    assert_int_equal(utime(path, &(struct utimbuf){1, 1}), 0);
    assert_int_equal(load(&paths), 1);
    assert_true(there(folder, "11111111-1111-4111-8111-111111111111.damaged"));
    assert_true(there(folder, "22222222-1111-4111-8111-111111111111")); /* a newer agent's */
    assert_true(there(folder, "notes.txt"));
    assert_false(there(folder, "." ID ".sca-abcdef"));
    assert_true(there(folder, ".22222222-1111-4111-8111-111111111111.sca-abcdef"));

    assert_int_equal(sca_journal_remove(&paths, ID), 0);
    assert_int_equal(sca_journal_remove(&paths, ID), 0);
    assert_int_equal(load(&paths), 0);
    scratch_remove(folder);
}

static void add(const char *folder, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/journal/%s", folder, ID);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void append(const struct sca_paths *paths, const struct sca_journal_record *record)
{
    int fd = -1;

    assert_int_equal(sca_journal_append(paths, record, &fd), 0);
    assert_int_equal(close(fd), 0);
}

static enum sca_txn_state state_now(const struct sca_paths *paths)
{
    SCA_JOURNAL_RECORD_AUTO record = NULL;

    assert_int_equal(sca_journal_read(paths, ID, &record), 0);
    return record->state;
}

/* Whatever a power cut leaves of the last line, the one before it counts. */
static void the_last_whole_line_counts(void **state)
{
    static const char *const rests[] = {"", "{\"version\":1,\"txn\":\"3f2a", "{}\n", "rubbish\n\n"};
    SCA_JOURNAL_RECORD_AUTO record = make_record();
    char folder[64];
    int fd = -1, dir_fd = -1;

    (void)state;
    scratch_make(folder);
    struct sca_paths paths = {.state_dir = folder};
    assert_int_equal(sca_journal_append(&paths, record, &fd), SCA_E_NOENT);
    for (size_t i = 0; i < sizeof rests / sizeof rests[0]; i++) {
        record->state = SCA_TXN_OPEN;
        assert_int_equal(sca_journal_place(&paths, record, &fd, &dir_fd), 0);
        assert_int_equal(close(fd) | close(dir_fd), 0);
        add(folder, rests[i]);
        assert_int_equal(state_now(&paths), SCA_TXN_OPEN);
        record->state = SCA_TXN_SIGNED;
        append(&paths, record);
        assert_int_equal(state_now(&paths), SCA_TXN_SIGNED);
        add(folder, rests[i]);
        assert_int_equal(state_now(&paths), SCA_TXN_SIGNED);
    }
    add(folder, "{\"version\":7}\n"); /* a newer agent's last word is not passed over */
    assert_int_equal(load(&paths), 0);
    assert_true(there(folder, ID));
    scratch_remove(folder);
}

/* A document that is asked for again and again: some day the file is written anew. */
static void lines_are_bounded(void **state)
{
    SCA_JOURNAL_RECORD_AUTO record = make_record();
    char folder[64];
    int err = 0;
    size_t lines = 0;

    (void)state;
    scratch_make(folder);
    struct sca_paths paths = {.state_dir = folder};
    assert_int_equal(sca_journal_write(&paths, record), 0);
    for (; err == 0 && lines < 10000; lines++) {
        int fd = -1;

        err = sca_journal_append(&paths, record, &fd);
        if (err == 0)
            close(fd);
    }
    assert_int_equal(err, SCA_E_LIMIT);
    assert_true(lines > 4 && lines < 10000);
    assert_int_equal(state_now(&paths), SCA_TXN_SIGNED);
    assert_int_equal(sca_journal_write(&paths, record), 0);
    append(&paths, record);
    scratch_remove(folder);
}

static void a_record_under_another_name_is_damaged(void **state)
{
    SCA_JOURNAL_RECORD_AUTO record = make_record();
    char folder[64];
    char from[256], to[256];

    (void)state;
    scratch_make(folder);
    struct sca_paths paths = {.state_dir = folder};
    assert_int_equal(sca_journal_write(&paths, record), 0);
    snprintf(from, sizeof from, "%s/journal/%s", folder, ID);
    snprintf(to, sizeof to, "%s/journal/11111111-1111-4111-8111-111111111111", folder);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(load(&paths), 0);
    scratch_remove(folder);
}

static void an_open_folder_is_refused(void **state)
{
    SCA_JOURNAL_RECORD_AUTO record = make_record();
    char folder[64];
    char path[256];

    (void)state;
    scratch_make(folder);
    struct sca_paths paths = {.state_dir = folder};
    assert_int_equal(sca_journal_write(&paths, record), 0);
    snprintf(path, sizeof path, "%s/journal", folder);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(sca_journal_load(&paths, NULL, take, NULL), SCA_E_PERM);
    assert_int_equal(sca_journal_write(&paths, record), SCA_E_PERM);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways),
        cmocka_unit_test(cut_anywhere_is_refused),
        cmocka_unit_test(lies_are_refused),
        cmocka_unit_test(older_records_are_read),
        cmocka_unit_test(ids_have_one_shape),
        cmocka_unit_test(files),
        cmocka_unit_test(the_last_whole_line_counts),
        cmocka_unit_test(lines_are_bounded),
        cmocka_unit_test(a_record_under_another_name_is_damaged),
        cmocka_unit_test(an_open_folder_is_refused),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
