/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text is walked line by line; each line is a section's head, a setting, or something that
 * nobody reads (blank, comment, damaged), which is copied whatever it is.
 */
#include "config_edit.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>
#include "common/err.h"
#include "common/text.h"
#include "config_ini.h"

#define TEXT_MAX     (1024u * 1024u) /* as config_ini.c reads */
#define LINE_LEN_MAX 16384u          /* ditto */

enum kind { OTHER, BLANK, HEAD, SETTING };

struct line {
    enum kind kind;
    size_t begin;          /* in the text */
    size_t end;            /* behind its '\n' */
    struct sca_bytes name; /* of a section or setting; empty where it is none */
    size_t equal;          /* of a setting: where '=' is */
};

static bool named(const struct line *line, enum kind kind, const char *name)
{
    return line->kind == kind && line->name.data != NULL && line->name.len == strlen(name) &&
           strncasecmp((const char *)line->name.data, name, line->name.len) == 0;
}

/* A head that is not understood begins a section all the same, which has no name. */
static void take_head(struct line *line, struct sca_bytes whole, struct sca_bytes text)
{
    line->kind = HEAD;
    if (text.data != whole.data || text.data[text.len - 1] != ']')
        return;
    struct sca_bytes name = sca_ini_trim((struct sca_bytes){text.data + 1, text.len - 2});
    if (sca_ini_is_name(name))
        line->name = name;
}

/* The line that begins at @at. */
static struct line line_at(struct sca_bytes text, size_t at)
{
    const uint8_t *stop = memchr(text.data + at, '\n', text.len - at);
    size_t len = stop != NULL ? (size_t)(stop - text.data) - at : text.len - at;
    struct line line = {.begin = at, .end = at + len + (stop != NULL ? 1 : 0)};
    struct sca_bytes whole = {text.data + at, len};

    if (at == 0 && len >= 3 && memcmp(whole.data, "\xef\xbb\xbf", 3) == 0)
        whole = (struct sca_bytes){whole.data + 3, len - 3};
    struct sca_bytes words = sca_ini_trim(whole);
    if (words.len == 0)
        line.kind = BLANK;
    else if (len > LINE_LEN_MAX || memchr(whole.data, '\0', whole.len) != NULL ||
             !sca_utf8_valid(whole) || *words.data == '#' || *words.data == ';')
        line.kind = OTHER;
    else if (*words.data == '[')
        take_head(&line, whole, words);
    else {
        const uint8_t *equal = memchr(words.data, '=', words.len);
        if (equal != NULL) {
            line.kind = SETTING;
            line.equal = (size_t)(equal - text.data);
            line.name = sca_ini_trim((struct sca_bytes){words.data, (size_t)(equal - words.data)});
        }
    }
    return line;
}

/* A section: its head and where its last setting ends. */
struct place {
    struct line head;
    size_t end;
};

static bool find_section(struct sca_bytes text, size_t from, const char *section,
                         struct place *ret_place)
{
    bool inside = false;

    for (size_t at = from; at < text.len;) {
        struct line line = line_at(text, at);

        if (inside && line.kind == HEAD)
            return true;
        if (inside && line.kind == SETTING)
            ret_place->end = line.end;
        if (!inside && named(&line, HEAD, section)) {
            inside = true;
            *ret_place = (struct place){.head = line, .end = line.end};
        }
        at = line.end;
    }
    return inside;
}

static int check_changes(const char *section, const struct sca_config_change *changes, size_t count)
{
    const struct sca_bytes head = {(const uint8_t *)section, strlen(section)};

    if (!sca_ini_is_name(head) || memchr(section, ']', head.len) != NULL ||
        sca_ini_trim(head).len != head.len)
        return SCA_E_INVAL;
    for (size_t i = 0; i < count; i++) {
        const char *value = changes[i].value != NULL ? changes[i].value : "";
        const struct sca_bytes key = {(const uint8_t *)changes[i].key, strlen(changes[i].key)};
        const struct sca_bytes bytes = {(const uint8_t *)value, strlen(value)};

        if (!sca_ini_is_name(key) || strpbrk(changes[i].key, "=#;[ ") != NULL ||
            strpbrk(value, "\r\n") != NULL || !sca_utf8_valid(bytes) ||
            sca_ini_trim(bytes).len != bytes.len || bytes.len + key.len + 8 > LINE_LEN_MAX)
            return SCA_E_INVAL;
    }
    return 0;
}

static const char *line_end(struct sca_bytes text, const struct line *line)
{
    bool crlf = line->end >= line->begin + 2 && text.data[line->end - 2] == '\r' &&
                text.data[line->end - 1] == '\n';

    return crlf ? "\r\n" : "\n";
}

/* The line with another value: what stands before it and the line's end stay. */
static void put_value(struct sca_bytes text, const struct line *line, const char *value,
                      struct sca_buf *out)
{
    size_t from = line->equal + 1;
    size_t end = line->end;

    while (from < line->end && (text.data[from] == ' ' || text.data[from] == '\t'))
        from++;
    while (end > from && (text.data[end - 1] == '\n' || text.data[end - 1] == '\r'))
        end--;
    sca_buf_add(out, text.data + line->begin, from - line->begin);
    if (from == line->equal + 1 && line->equal > line->begin &&
        sca_ini_is_blank(text.data[line->equal - 1]))
        sca_buf_add_u8(out, ' ');
    sca_buf_add_text(out, value);
    sca_buf_add(out, text.data + end, line->end - end);
}

/* Which of @changes a setting's line is about; @count when none. */
static size_t change_of(const struct line *line, const struct sca_config_change *changes,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (named(line, SETTING, changes[i].key))
            return i;
    return count;
}

/* The settings that are there: each counts where it stands first. @done: one for each change. */
static void change_lines(struct sca_bytes text, const struct place *place,
                         const struct sca_config_change *changes, size_t count, bool *done,
                         struct sca_buf *out)
{
    for (size_t at = place->head.end; at < place->end;) {
        struct line line = line_at(text, at);
        size_t i = change_of(&line, changes, count);

        at = line.end;
        if (i == count || (changes[i].value != NULL && done[i]))
            sca_buf_add(out, text.data + line.begin, line.end - line.begin);
        else if (changes[i].value != NULL)
            put_value(text, &line, changes[i].value, out);
        if (i < count)
            done[i] = true;
    }
}

static void finish_line(struct sca_buf *out, const char *end)
{
    if (out->err == 0 && out->len > 0 && out->data[out->len - 1] != '\n')
        sca_buf_add_text(out, end);
}

static void add_lines(const struct sca_config_change *changes, size_t count, const bool *done,
                      const char *end, struct sca_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (done[i] || changes[i].value == NULL)
            continue;
        finish_line(out, end);
        sca_buf_addf(out, "%s = ", changes[i].key);
        sca_buf_add_text(out, changes[i].value); /* not by a format: not left unwiped */
        sca_buf_add_text(out, end);
    }
}

/* A blank line parts the new section from what is there. */
static void add_section(struct sca_bytes text, const char *section, const char **ret_end,
                        struct sca_buf *out)
{
    struct line last = {0};

    for (size_t at = 0; at < text.len; at = last.end)
        last = line_at(text, at);
    *ret_end = text.len > 0 ? line_end(text, &last) : "\n";
    finish_line(out, *ret_end);
    if (text.len > 0)
        sca_buf_add_text(out, *ret_end);
    sca_buf_addf(out, "[%s]%s", section, *ret_end);
}

int sca_config_change(struct sca_bytes text, const char *section,
                      const struct sca_config_change *changes, size_t count,
                      struct sca_buf *ret_text)
{
    bool done[64] = {false};
    struct place place = {0};

    sca_buf_init(ret_text, TEXT_MAX);
    int err = count <= sizeof done / sizeof done[0] ? check_changes(section, changes, count)
                                                    : SCA_E_INVAL;
    if (err != 0)
        return sca_buf_fail(ret_text, err);
    if (!find_section(text, 0, section, &place)) {
        const char *end = NULL;

        sca_buf_add(ret_text, text.data, text.len);
        add_section(text, section, &end, ret_text);
        add_lines(changes, count, done, end, ret_text);
        return ret_text->err;
    }
    sca_buf_add(ret_text, text.data, place.head.end);
    change_lines(text, &place, changes, count, done, ret_text);
    add_lines(changes, count, done, line_end(text, &place.head), ret_text);
    return sca_buf_add(ret_text, text.data + place.end, text.len - place.end);
}

/* Where the line before @at begins if that line is blank, else @at. */
static size_t before_blank(struct sca_bytes text, size_t from, size_t at)
{
    struct line last = {.kind = OTHER};

    for (size_t next = from; next < at; next = last.end)
        last = line_at(text, next);
    return last.kind == BLANK ? last.begin : at;
}

int sca_config_drop(struct sca_bytes text, const char *section, struct sca_buf *ret_text)
{
    struct place place;
    size_t from = 0;

    sca_buf_init(ret_text, TEXT_MAX);
    while (find_section(text, from, section, &place)) {
        bool parted = place.end >= text.len || line_at(text, place.end).kind == BLANK;
        size_t end = parted ? before_blank(text, from, place.head.begin) : place.head.begin;

        sca_buf_add(ret_text, text.data + from, end - from);
        from = place.end;
    }
    return sca_buf_add(ret_text, text.data + from, text.len - from);
}
