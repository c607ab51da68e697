/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one INI file. libini_config gives up a whole file for one bad line and reports repeated
 * sections without their lines, so the text is screened first: what it would stumble over becomes
 * a fault with its line and is blanked in our copy, which is then parsed from memory. Values are
 * taken out of that copy before, for they may be secrets, and the library leaves copies of what it
 * reads wherever it works. Owner and mode are checked on the descriptor that is read
 * (common/file.c), not by name.
 */
#include "config_ini.h"

#include <ctype.h>
#include <errno.h>
#include <ini_configobj.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "common/err.h"
#include "common/secret.h"
#include "common/text.h"
#include "i18n.h"

#define FILE_MAX     (1024u * 1024u)
#define LINE_LEN_MAX 16384u
#define NAME_LEN_MAX 80u /* of a section or key */
#define SECTIONS_MAX 1000u

struct screen {
    const char *path;
    struct sca_config_faults *faults;
    struct sca_ini *ini;
    bool skipping; /* inside a section that is left out */
    bool inside;   /* behind the first section's head */
    bool nomem;
};

bool sca_ini_is_blank(uint8_t letter)
{
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

struct sca_bytes sca_ini_trim(struct sca_bytes text)
{
    while (text.len > 0 && sca_ini_is_blank(text.data[text.len - 1]))
        text.len--;
    while (text.len > 0 && sca_ini_is_blank(*text.data)) {
        text.data++;
        text.len--;
    }
    return text;
}

static struct sca_bytes trim(const char *text, size_t len)
{
    return sca_ini_trim((struct sca_bytes){(const uint8_t *)text, len});
}

/* libini_config takes printable ASCII without '!' as names. */
bool sca_ini_is_name(struct sca_bytes name)
{
    if (name.len == 0 || name.len > NAME_LEN_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < ' ' || name.data[i] > '~' || name.data[i] == '!')
            return false;
    return true;
}

static void add_section(struct screen *screen, struct sca_bytes name, int line)
{
    struct sca_ini *ini = screen->ini;
    struct sca_ini_section *sections =
        reallocarray(ini->sections, ini->count + 1, sizeof *sections);

    if (sections != NULL)
        ini->sections = sections;
    char *text = strndup((const char *)name.data, name.len);
    if (sections == NULL || text == NULL) {
        free(text);
        screen->nomem = true;
        return;
    }
    sections[ini->count++] = (struct sca_ini_section){.name = text, .line = line};
}

/* NULL, or what is wrong with a section's head. */
static const char *screen_head(struct screen *screen, const char *line, size_t len, int number)
{
    struct sca_bytes head = trim(line, len);

    screen->inside = true;
    screen->skipping = true;
    if (head.data != (const uint8_t *)line || head.data[head.len - 1] != ']')
        return _("A section begins at the start of its line with \"[\" and ends with \"]\". The "
                 "lines below it are not used.");
    struct sca_bytes name = trim((const char *)head.data + 1, head.len - 2);
    if (!sca_ini_is_name(name))
        return _("Section names consist of letters A to Z, digits and simple signs, 80 at most. "
                 "Rename the section; the lines below it are not used.");
    SCA_TEXT_AUTO text = strndup((const char *)name.data, name.len);
    if (text == NULL)
        screen->nomem = true;
    else if (sca_ini_section(screen->ini, text) != NULL)
        return _("This section is in the file already. Only the first one is used; merge them or "
                 "give this one another name.");
    else if (screen->ini->count >= SECTIONS_MAX)
        return _("Too many sections. The lines below are not used.");
    else
        screen->skipping = false;
    if (!screen->skipping)
        add_section(screen, name, number);
    return NULL;
}

/* NULL, or what is wrong with a line that is neither blank, comment nor section. */
static const char *screen_key(struct screen *screen, struct sca_bytes text)
{
    const uint8_t *equal = memchr(text.data, '=', text.len);

    if (!screen->inside)
        return _("This line stands before the first section. Put it below [smartca] or an "
                 "[account:NAME].");
    if (equal == NULL)
        return _("This line is not understood: settings are written as \"name = value\", comments "
                 "begin with \"#\".");
    if (!sca_ini_is_name(trim((const char *)text.data, (size_t)(equal - text.data))))
        return _("The name in front of \"=\" is missing or is not a setting's name.");
    return NULL;
}

/* Keeps the value of "name = value" and writes something else in its place. @setting: trimmed. */
static void hide_value(struct screen *screen, char *setting, size_t len, int number)
{
    struct sca_ini *ini = screen->ini;
    char *equal = memchr(setting, '=', len);
    struct sca_bytes value = trim(equal + 1, (size_t)(setting + len - (equal + 1)));

    if (value.len == 0)
        return;
    struct sca_ini_value *values =
        reallocarray(ini->values, ini->value_count + 1, sizeof *values); /* of addresses only */
    if (values != NULL)
        ini->values = values;
    char *text = strndup((const char *)value.data, value.len);
    if (values == NULL || text == NULL) {
        free(text);
        screen->nomem = true;
    } else {
        values[ini->value_count++] = (struct sca_ini_value){.line = number, .text = text};
    }
    memset(setting + ((const char *)value.data - setting), 'x', value.len);
}

static int compare_lines(const void *key, const void *value)
{
    int line = *(const int *)key;
    int other = ((const struct sca_ini_value *)value)->line;

    return (line > other) - (line < other);
}

static const char *value_of_line(const struct sca_ini *ini, int line)
{
    const struct sca_ini_value *found = NULL;

    if (ini->value_count > 0)
        found = bsearch(&line, ini->values, ini->value_count, sizeof *ini->values, compare_lines);
    return found != NULL ? found->text : "";
}

/* Blanks what must not reach libini_config. @line: @len bytes without the line's end. */
static void screen_line(struct screen *screen, char *line, size_t len, int number)
{
    struct sca_bytes text = trim(line, len);
    const char *wrong = NULL;

    if (memchr(line, '\0', len) != NULL ||
        !sca_utf8_valid((struct sca_bytes){(const uint8_t *)line, len}))
        wrong = _("This line is not UTF-8 text. Save the file as UTF-8.");
    else if (len > LINE_LEN_MAX)
        wrong = _("This line is too long.");
    else if (text.len > 0 && text.data[0] != '#' && text.data[0] != ';') {
        if (text.data[0] == '[')
            wrong = screen_head(screen, line, len, number);
        else if (!screen->skipping) {
            wrong = screen_key(screen, text);
            if (wrong == NULL)
                hide_value(screen, line + ((const char *)text.data - line), text.len, number);
        }
        if (wrong == NULL && !screen->skipping)
            return;
    }
    if (wrong != NULL)
        sca_config_fault_add(screen->faults, screen->path, number, NULL, false, "%s", wrong);
    memset(line, ' ', len);
}

static void screen_text(struct screen *screen, char *text, size_t len)
{
    for (int number = 1; len > 0; number++) {
        char *end = memchr(text, '\n', len);
        size_t line_len = end != NULL ? (size_t)(end - text) : len;

        screen_line(screen, text, line_len, number);
        line_len += end != NULL ? 1 : 0;
        text += line_len;
        len -= line_len;
    }
}

static int add_entry(struct sca_ini_section *section, const char *key, const char *value, int line)
{
    struct sca_ini_entry *entries =
        reallocarray(section->entries, section->count + 1, sizeof *entries);

    if (entries == NULL)
        return SCA_E_NOMEM;
    section->entries = entries;
    entries[section->count++] = (struct sca_ini_entry){.key = key, .value = value, .line = line};
    return 0;
}

/* The first value of @key, and a fault for each further one. */
static int take_key(const char *path, const struct sca_ini *ini, struct ini_cfgobj *parsed,
                    struct sca_ini_section *section, const char *key,
                    struct sca_config_faults *faults)
{
    struct value_obj *value = NULL;
    uint32_t line = 0;

    if (ini_get_config_valueobj(section->name, key, parsed, INI_GET_FIRST_VALUE, &value) != 0 ||
        value == NULL)
        return 0;
    value_get_line(value, &line);
    int err = add_entry(section, key, value_of_line(ini, (int)line), (int)line);
    while (err == 0 &&
           ini_get_config_valueobj(section->name, key, parsed, INI_GET_NEXT_VALUE, &value) == 0 &&
           value != NULL) {
        value_get_line(value, &line);
        sca_config_fault_add(
            faults, path, (int)line, key, false,
            _("This setting is in the section already. Only the first one is used; "
              "remove the other."));
    }
    return err;
}

/* What names borrow from. */
struct parsed {
    struct ini_cfgobj *config;
    char ***names; /* as many as sections */
    size_t count;
};

static int take_sections(const char *path, struct sca_ini *ini, struct parsed *parsed,
                         struct sca_config_faults *faults)
{
    parsed->names = calloc(ini->count > 0 ? ini->count : 1, sizeof *parsed->names);
    if (parsed->names == NULL)
        return SCA_E_NOMEM;
    parsed->count = ini->count;
    for (size_t i = 0; i < ini->count; i++) {
        struct sca_ini_section *section = &ini->sections[i];
        int count = 0;

        parsed->names[i] = ini_get_attribute_list(parsed->config, section->name, &count, NULL);
        for (int k = 0; parsed->names[i] != NULL && k < count; k++) {
            if (sca_ini_entry(section, parsed->names[i][k]) != NULL)
                continue;
            int err = take_key(path, ini, parsed->config, section, parsed->names[i][k], faults);
            if (err != 0)
                return err;
        }
    }
    return 0;
}

static int parse(const char *path, struct sca_buf *content, struct sca_ini *ini,
                 struct sca_config_faults *faults)
{
    struct parsed *parsed = calloc(1, sizeof *parsed);
    struct ini_cfgfile *file = NULL;

    if (parsed == NULL)
        return SCA_E_NOMEM;
    ini->parsed = parsed;
    int failed = ini_config_create(&parsed->config);
    if (failed == 0)
        failed = ini_config_file_from_mem(content->data, (uint32_t)content->len - 1, &file);
    if (failed == 0)
        failed = ini_config_parse(file, INI_STOP_ON_NONE, INI_MV1S_ALLOW | INI_MV2S_ALLOW,
                                  INI_PARSE_NOWRAP | INI_PARSE_NO_C_COMMENTS, parsed->config);
    if (file != NULL)
        ini_config_file_destroy(file);
    if (failed == ENOMEM)
        return SCA_E_NOMEM;
    if (failed != 0) {
        sca_config_fault_add(faults, path, 0, NULL, true,
                             _("The file cannot be parsed (error %d of libini_config)."), failed);
        return 0;
    }
    return take_sections(path, ini, parsed, faults);
}

static void refuse(const char *path, int err, struct sca_config_faults *faults)
{
    if (err == SCA_E_PERM)
        sca_config_fault_add(faults, path, 0, NULL, true,
                             _("The file is not used: it belongs to another user or others can "
                               "change it. Run: chown \"$USER\" %s; chmod 600 %s"),
                             path, path);
    else if (err == SCA_E_LIMIT)
        sca_config_fault_add(faults, path, 0, NULL, true,
                             _("The file is not used: it is larger than 1 MiB."));
    else
        sca_config_fault_add(faults, path, 0, NULL, true,
                             _("The file cannot be read. Check its permissions: ls -l %s"), path);
}

static bool is_utf16(const struct sca_buf *content)
{
    return content->len >= 2 &&
           (memcmp(content->data, "\xff\xfe", 2) == 0 || memcmp(content->data, "\xfe\xff", 2) == 0);
}

/* Reads and checks; @ret_content is empty where there is nothing to parse. */
static int read_file(const char *path, struct sca_config_faults *faults, struct sca_ini *ini,
                     struct sca_buf *ret_content)
{
    /* People keep their dot files as links into a repository of their own. */
    SCA_TEXT_AUTO real = realpath(path, NULL);
    struct stat st = {0};
    int err = SCA_E_IO;

    if (real == NULL && errno == ENOMEM)
        return SCA_E_NOMEM;
    if (real == NULL && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    ini->present = true;
    if (real != NULL)
        err = sca_file_read(real, FILE_MAX, ret_content, &ini->stamp);
    if (err == 0 && stat(real, &st) != 0)
        err = SCA_E_IO;
    if (err == SCA_E_NOMEM)
        return err;
    if (err != 0)
        refuse(path, err, faults);
    else if (is_utf16(ret_content))
        sca_config_fault_add(faults, path, 0, NULL, true,
                             _("The file is not used: it is UTF-16 text. Save it as UTF-8."));
    else {
        ini->others_can_read = (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
        return 0;
    }
    sca_buf_clear(ret_content);
    ini->stamp = (struct sca_stamp){0};
    return 0;
}

static int parse_content(const char *path, struct sca_buf *content,
                         struct sca_config_faults *faults, struct sca_ini *ini)
{
    struct screen screen = {.path = path, .faults = faults, .ini = ini};
    size_t mark = content->len >= 3 && memcmp(content->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    if (content->len == 0)
        return 0;
    screen_text(&screen, (char *)content->data + mark, content->len - mark);
    content->max = content->len + 1; /* was the limit of reading */
    int err = screen.nomem ? SCA_E_NOMEM : sca_buf_add_u8(content, 0);
    return err != 0 ? err : parse(path, content, ini, faults);
}

int sca_ini_parse(const char *path, struct sca_buf *content, struct sca_config_faults *faults,
                  struct sca_ini *ret_ini)
{
    struct sca_ini ini = {.present = true};
    int err = parse_content(path, content, faults, &ini);

    if (err != 0) {
        sca_ini_clear(&ini);
        return err;
    }
    *ret_ini = ini;
    return 0;
}

int sca_ini_read(const char *path, struct sca_config_faults *faults, struct sca_ini *ret_ini)
{
    SCA_BUF_AUTO content = {0};
    struct sca_ini ini = {0};

    sca_buf_init(&content, FILE_MAX + 1);
    int err = read_file(path, faults, &ini, &content);
    if (err == 0)
        err = parse_content(path, &content, faults, &ini);
    if (err != 0) {
        sca_ini_clear(&ini);
        return err;
    }
    *ret_ini = ini;
    return 0;
}

const struct sca_ini_section *sca_ini_section(const struct sca_ini *ini, const char *name)
{
    for (size_t i = 0; i < ini->count; i++)
        if (strcasecmp(ini->sections[i].name, name) == 0)
            return &ini->sections[i];
    return NULL;
}

const struct sca_ini_entry *sca_ini_entry(const struct sca_ini_section *section, const char *key)
{
    for (size_t i = 0; section != NULL && i < section->count; i++)
        if (strcasecmp(section->entries[i].key, key) == 0)
            return &section->entries[i];
    return NULL;
}

void sca_ini_clear(struct sca_ini *ini)
{
    struct parsed *parsed = ini->parsed;

    for (size_t i = 0; i < ini->count; i++) {
        struct sca_ini_section *section = &ini->sections[i];

        free(section->entries);
        free(section->name);
    }
    free(ini->sections);
    for (size_t i = 0; i < ini->value_count; i++) {
        sca_wipe(ini->values[i].text, strlen(ini->values[i].text));
        free(ini->values[i].text);
    }
    free(ini->values);
    if (parsed != NULL) {
        for (size_t i = 0; i < parsed->count; i++)
            if (parsed->names[i] != NULL)
                ini_free_attribute_list(parsed->names[i]);
        free(parsed->names);
        ini_config_destroy(parsed->config);
        free(parsed);
    }
    *ini = (struct sca_ini){0};
}
