/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as JSON files, named by a hash of the target's path. Digests tell whether somebody else
 * has changed a file since; only then is a backup not simply put back.
 */
#include "setup_record.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/err.h"
#include "common/path.h"
#include "common/text.h"
#include "setup_file.h"

static const char *const nss_files[] = {"pkcs11.txt", "cert9.db", "key4.db"};

/* SHA-256 of a file in hex; "" where there is none. @ret_content: may be NULL. */
static int digest_file(const char *path, char ret_hex[65], struct sca_buf *ret_content)
{
    SCA_BUF_AUTO content = {0};
    uint8_t digest[32];
    size_t len = sizeof digest;
    ret_hex[0] = '\0';
    int err = sca_host_file_read(path, &content);
    if (err == SCA_E_NOENT)
        return 0;
    if (err)
        return err;
    if (!EVP_Q_digest(NULL, "SHA256", NULL, content.data, content.len, digest, &len))
        return SCA_E_NOMEM;
    sca_hex_encode((struct sca_bytes){digest, sizeof digest}, ret_hex);
    if (ret_content) {
        *ret_content = content;
        content = (struct sca_buf){0};
    }
    return 0;
}

static char *record_base(const struct sca_setup *setup, const struct sca_target *target)
{
    struct sca_bytes path = {(const uint8_t *)target->path, strlen(target->path)};
    return sca_text_format("%s/%016llx", setup->records,
                           (unsigned long long)sca_fnv1a(SCA_FNV1A_START, path));
}

/* The names of the files that may change. */
static int name_files(const struct sca_target *target, const char *base, struct sca_record *record)
{
    record->file_count = target->kind == SCA_TARGET_NSS ? 3 : 1;
    for (size_t i = 0; i < record->file_count; i++) {
        struct sca_record_file *file = &record->files[i];
        file->path = target->kind == SCA_TARGET_NSS
                         ? sca_text_format("%s/%s", target->path, nss_files[i])
                         : strdup(target->path);
        file->backup = sca_text_format("%s.%zu", base, i);
        if (!file->path || !file->backup)
            return SCA_E_NOMEM;
    }
    return 0;
}

static int keep_backup(struct sca_record_file *file)
{
    SCA_BUF_AUTO content = {0};
    struct stat st;
    int err = digest_file(file->path, file->before, &content);
    file->existed = file->before[0] != '\0';
    if (err || !file->existed)
        return err;
    file->mode = stat(file->path, &st) == 0 ? st.st_mode & 07777 : 0600;
    return sca_file_replace(file->backup, (struct sca_bytes){content.data, content.len});
}

/* Makes @folder and its parents and notes those that were not there. */
static int make_folders(const char *folder, struct sca_record *record)
{
    SCA_TEXT_AUTO part = strdup(folder);
    if (!part)
        return SCA_E_NOMEM;
    for (char *pos = part + 1;; pos++) {
        if (*pos != '/' && *pos != '\0')
            continue;
        char kept = *pos;
        *pos = '\0';
        if (access(part, F_OK) != 0) {
            if (record->folder_count == SCA_RECORD_FOLDERS_MAX || mkdir(part, 0700) != 0)
                return SCA_E_IO;
            char *made = strdup(part);
            if (!made)
                return SCA_E_NOMEM;
            record->folders[record->folder_count++] = made;
        }
        *pos = kept;
        if (kept == '\0')
            return 0;
    }
}

static json_t *pack_file(const struct sca_record_file *file)
{
    return json_pack("{s:s, s:s, s:b, s:i, s:s, s:s}", "path", file->path, "backup", file->backup,
                     "existed", file->existed, "mode", (int)file->mode, "before", file->before,
                     "after", file->after);
}

static json_t *pack_texts(char *const texts[], size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static int save(const struct sca_record *record)
{
    json_t *files = json_array();
    for (size_t i = 0; i < record->file_count; i++)
        json_array_append_new(files, pack_file(&record->files[i]));
    json_t *all =
        json_pack("{s:o, s:s, s:o, s:o}", "hosts", pack_texts(record->hosts, record->host_count),
                  "module", record->module, "files", files, "folders",
                  pack_texts(record->folders, record->folder_count));
    SCA_TEXT_AUTO text = all ? json_dumps(all, JSON_INDENT(1)) : NULL;
    json_decref(all);
    if (!text)
        return SCA_E_NOMEM;
    return sca_file_replace(record->path, (struct sca_bytes){(uint8_t *)text, strlen(text)});
}

int sca_record_begin(const struct sca_setup *setup, const struct sca_host *host,
                     const struct sca_target *target, struct sca_record *ret_record)
{
    *ret_record = (struct sca_record){0};
    SCA_TEXT_AUTO base = record_base(setup, target);
    SCA_TEXT_AUTO folder = strdup(target->path);
    ret_record->path = base ? sca_text_format("%s.json", base) : NULL;
    ret_record->module = strdup(target->module);
    ret_record->hosts[0] = strdup(host->name);
    if (!folder || !ret_record->path || !ret_record->module || !ret_record->hosts[0])
        return SCA_E_NOMEM;
    ret_record->host_count = 1;
    char *slash = strrchr(folder, '/');
    if (target->kind != SCA_TARGET_NSS && slash)
        *slash = '\0';
    int err = sca_dir_ensure(setup->records);
    if (!err)
        err = make_folders(folder, ret_record);
    if (!err)
        err = name_files(target, base, ret_record);
    for (size_t i = 0; !err && i < ret_record->file_count; i++)
        err = keep_backup(&ret_record->files[i]);
    return err ? err : save(ret_record);
}

bool sca_record_unfinished(const struct sca_record *record)
{
    for (size_t i = 0; i < record->file_count; i++) {
        if (record->files[i].after[0] != '\0')
            return false;
    }
    return true;
}

int sca_record_finish(struct sca_record *record)
{
    for (size_t i = 0; i < record->file_count; i++) {
        int err = digest_file(record->files[i].path, record->files[i].after, NULL);
        if (err)
            return err;
    }
    return save(record);
}

static size_t find_host(const struct sca_record *record, const char *host)
{
    size_t place = 0;
    while (place < record->host_count && !sca_streq(record->hosts[place], host))
        place++;
    return place;
}

bool sca_record_asked(const struct sca_record *record, const char *host)
{
    return find_host(record, host) < record->host_count;
}

int sca_record_join(struct sca_record *record, const char *host)
{
    if (sca_record_asked(record, host))
        return 0;
    if (record->host_count == SCA_RECORD_HOSTS_MAX)
        return SCA_E_LIMIT;
    char *name = strdup(host);
    if (!name)
        return SCA_E_NOMEM;
    record->hosts[record->host_count++] = name;
    return save(record);
}

int sca_record_leave(struct sca_record *record, const char *host)
{
    size_t place = find_host(record, host);
    if (place == record->host_count)
        return 0;
    free(record->hosts[place]);
    record->hosts[place] = record->hosts[--record->host_count];
    record->hosts[record->host_count] = NULL;
    return save(record);
}

static int read_file_entry(json_t *entry, struct sca_record_file *ret_file)
{
    const char *path = NULL;
    const char *backup = NULL;
    const char *before = NULL;
    const char *after = NULL;
    int existed = 0;
    int mode = 0;
    if (json_unpack(entry, "{s:s, s:s, s:b, s:i, s:s, s:s}", "path", &path, "backup", &backup,
                    "existed", &existed, "mode", &mode, "before", &before, "after", &after))
        return SCA_E_FORMAT;
    ret_file->path = strdup(path);
    ret_file->backup = strdup(backup);
    ret_file->existed = existed;
    ret_file->mode = (unsigned)mode & 07777;
    sca_text_printable(before, ret_file->before, sizeof ret_file->before);
    sca_text_printable(after, ret_file->after, sizeof ret_file->after);
    return ret_file->path && ret_file->backup ? 0 : SCA_E_NOMEM;
}

static int read_texts(json_t *list, char *texts[], size_t max, size_t *ret_count)
{
    if (json_array_size(list) > max)
        return SCA_E_FORMAT;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        texts[i] = text ? strdup(text) : NULL;
        if (!texts[i])
            return text ? SCA_E_NOMEM : SCA_E_FORMAT;
        *ret_count = i + 1;
    }
    return 0;
}

static int read_all(json_t *all, struct sca_record *record)
{
    const char *module = NULL;
    json_t *files = json_object_get(all, "files");
    if (json_unpack(all, "{s:s}", "module", &module) ||
        json_array_size(files) > SCA_RECORD_FILES_MAX)
        return SCA_E_FORMAT;
    record->module = strdup(module);
    int err = record->module ? 0 : SCA_E_NOMEM;
    for (size_t i = 0; !err && i < json_array_size(files); i++)
        err = read_file_entry(json_array_get(files, i), &record->files[record->file_count++]);
    if (!err)
        err = read_texts(json_object_get(all, "folders"), record->folders, SCA_RECORD_FOLDERS_MAX,
                         &record->folder_count);
    return err ? err
               : read_texts(json_object_get(all, "hosts"), record->hosts, SCA_RECORD_HOSTS_MAX,
                            &record->host_count);
}

/* Takes the path. */
static int load(char *path, struct sca_record *ret_record)
{
    *ret_record = (struct sca_record){.path = path};
    if (!path)
        return SCA_E_NOMEM;
    SCA_BUF_AUTO text = {0};
    int err = sca_file_read(ret_record->path, 65536, &text, NULL);
    if (err)
        return err;
    json_t *all = json_loadb((const char *)text.data, text.len, 0, NULL);
    err = all ? read_all(all, ret_record) : SCA_E_FORMAT;
    json_decref(all);
    return err;
}

int sca_record_load(const struct sca_setup *setup, const struct sca_target *target,
                    struct sca_record *ret_record)
{
    SCA_TEXT_AUTO base = record_base(setup, target);
    return load(base ? sca_text_format("%s.json", base) : NULL, ret_record);
}

static void add_database(const struct sca_setup *setup, const struct sca_record *record,
                         struct sca_targets *targets)
{
    const char *file = record->files[0].path;
    size_t len = strlen(file) - strlen(nss_files[0]) - 1;
    char *folder = sca_text_format("%.*s", (int)len, file);
    struct sca_target *target = sca_targets_add(targets, SCA_TARGET_NSS, setup, folder, NULL);
    if (target)
        target->locks = sca_text_format("%s", target->path);
}

void sca_record_databases(const struct sca_setup *setup, const char *host,
                          struct sca_targets *targets)
{
    DIR *folder = opendir(setup->records);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct sca_record record = {0};
        const char *end = strrchr(entry->d_name, '.');
        if (end && strcmp(end, ".json") == 0 &&
            load(sca_text_format("%s/%s", setup->records, entry->d_name), &record) == 0 &&
            record.file_count == 3 && sca_record_asked(&record, host) &&
            access(record.files[0].path, F_OK) == 0)
            add_database(setup, &record, targets);
        sca_record_clear(&record);
    }
    if (folder)
        closedir(folder);
}

void sca_record_clear(struct sca_record *record)
{
    for (size_t i = 0; i < record->file_count; i++) {
        free(record->files[i].path);
        free(record->files[i].backup);
    }
    for (size_t i = 0; i < record->folder_count; i++)
        free(record->folders[i]);
    for (size_t i = 0; i < record->host_count; i++)
        free(record->hosts[i]);
    free(record->path);
    free(record->module);
    *record = (struct sca_record){0};
}

bool sca_record_untouched(const struct sca_record *record)
{
    for (size_t i = 0; i < record->file_count; i++) {
        const struct sca_record_file *file = &record->files[i];
        char now[65];
        if (sca_streq(file->before, file->after))
            continue;
        if (digest_file(file->path, now, NULL) || !sca_streq(now, file->after))
            return false;
    }
    return true;
}

static int restore_file(const struct sca_record_file *file)
{
    if (!file->existed)
        return unlink(file->path) == 0 ? 0 : SCA_E_IO;
    SCA_BUF_AUTO content = {0};
    int err = sca_file_read(file->backup, SCA_HOST_FILE_MAX, &content, NULL);
    if (err)
        return err;
    return sca_host_file_write(file->path, (struct sca_bytes){content.data, content.len},
                               file->mode);
}

int sca_record_restore(const struct sca_record *record)
{
    for (size_t i = 0; i < record->file_count; i++) {
        const struct sca_record_file *file = &record->files[i];
        int err = sca_streq(file->before, file->after) ? 0 : restore_file(file);
        if (err)
            return err;
    }
    return 0;
}

void sca_record_drop(const struct sca_record *record)
{
    for (size_t i = 0; i < record->file_count; i++)
        (void)unlink(record->files[i].backup);
    for (size_t i = record->folder_count; i > 0; i--)
        (void)rmdir(record->folders[i - 1]);
    (void)unlink(record->path);
}
