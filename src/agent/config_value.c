/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing single values. Nothing here knows files, lines or keys. */
#include "config_value.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "argv.h"
#include "common/err.h"
#include "common/text.h"

#define LIST_MAX       256u
#define SERIAL_LEN_MAX 64u /* digits; RFC 5280 allows 20 bytes */
#define PER_DAY_MAX    1000000

int sca_value_number(const char *text, int64_t min, int64_t max, int64_t *ret_number)
{
    int64_t number = 0;

    if (*text == '\0')
        return SCA_E_CONFIG;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *text - '0', &number))
            return SCA_E_CONFIG;
    }
    if (number < min || number > max)
        return SCA_E_CONFIG;
    *ret_number = number;
    return 0;
}

static int duplicate(const char *text, size_t len, char **ret_text)
{
    char *copy = strndup(text, len);

    if (copy == NULL)
        return SCA_E_NOMEM;
    *ret_text = copy;
    return 0;
}

int sca_value_url(const char *text, char **ret_url)
{
    static const char scheme[] = "https://";
    size_t len = strlen(text);

    if (strncasecmp(text, scheme, strlen(scheme)) != 0 || len > 2048)
        return SCA_E_CONFIG;
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"<>\\^`{|}?#", text[i]) != NULL)
            return SCA_E_CONFIG;
    const char *host = text + strlen(scheme);
    size_t host_len = strcspn(host, "/");
    if (host_len == 0 || *host == ':' || memchr(host, '@', host_len) != NULL)
        return SCA_E_CONFIG;
    while (text[len - 1] == '/')
        len--;
    return duplicate(text, len, ret_url);
}

int sca_value_text(const char *text, size_t max, char **ret_text)
{
    size_t len = strlen(text);

    if (len > max)
        return SCA_E_CONFIG;
    SCA_TEXT_AUTO shown = malloc(len + 1);
    if (shown == NULL)
        return SCA_E_NOMEM;
    sca_text_printable(text, shown, len + 1);
    if (strcmp(shown, text) != 0)
        return SCA_E_CONFIG;
    *ret_text = shown;
    shown = NULL;
    return 0;
}

/* Takes the next item of a comma separated list, without blanks around it; false at its end. */
static bool next_item(const char **pos, struct sca_bytes *ret_item)
{
    const char *text = *pos;

    if (text == NULL)
        return false;
    size_t len = strcspn(text, ",");
    *pos = text[len] == ',' ? text + len + 1 : NULL;
    while (len > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    *ret_item = (struct sca_bytes){(const uint8_t *)text, len};
    return true;
}

int sca_value_hashes(const char *text, uint32_t *ret_mask)
{
    struct sca_bytes item;
    uint32_t mask = 0;

    while (next_item(&text, &item)) {
        char name[16] = "";

        if (item.len >= sizeof name)
            return SCA_E_CONFIG;
        memcpy(name, item.data, item.len);
        enum sca_hash hash = sca_hash_from_name(name);
        if (hash != SCA_HASH_SHA256 && hash != SCA_HASH_SHA384 && hash != SCA_HASH_SHA512)
            return SCA_E_CONFIG;
        mask |= SCA_BIT(hash);
    }
    *ret_mask = mask;
    return 0;
}

static int one_serial(struct sca_bytes item, char **ret_serial)
{
    char digits[SERIAL_LEN_MAX + 1];
    size_t len = 0;

    if (item.len > 2 && strncasecmp((const char *)item.data, "0x", 2) == 0)
        item = (struct sca_bytes){item.data + 2, item.len - 2};
    for (size_t i = 0; i < item.len; i++) {
        char letter = (char)item.data[i];

        if (letter == ':' || letter == ' ')
            continue;
        if (letter >= 'A' && letter <= 'F')
            letter = (char)(letter - 'A' + 'a');
        if (strchr("0123456789abcdef", letter) == NULL || len >= SERIAL_LEN_MAX)
            return SCA_E_CONFIG;
        digits[len++] = letter;
    }
    digits[len] = '\0';
    size_t zeros = strspn(digits, "0");
    return len > zeros ? duplicate(digits + zeros, len - zeros, ret_serial) : SCA_E_CONFIG;
}

/* Each item of a list by its @one; NULL-terminated. */
static int make_list(const char *text, int (*one)(struct sca_bytes item, char **ret_text),
                     char ***ret_list)
{
    struct sca_bytes item;
    size_t count = 0;
    char **list = calloc(LIST_MAX + 1, sizeof *list);
    int err = list == NULL ? SCA_E_NOMEM : 0;

    while (err == 0 && next_item(&text, &item))
        err = count < LIST_MAX ? one(item, &list[count++]) : SCA_E_CONFIG;
    if (err != 0) {
        sca_argv_free(list);
        return err;
    }
    *ret_list = list;
    return 0;
}

int sca_value_serials(const char *text, char ***ret_serials)
{
    return make_list(text, one_serial, ret_serials);
}

void sca_value_serials_free(char **serials)
{
    sca_argv_free(serials); /* the same shape */
}

static int one_path(struct sca_bytes item, char **ret_path)
{
    if (item.len < 2 || item.len >= PATH_MAX || item.data[0] != '/' ||
        item.data[item.len - 1] == '/')
        return SCA_E_CONFIG;
    return duplicate((const char *)item.data, item.len, ret_path);
}

int sca_value_paths(const char *text, char ***ret_paths)
{
    return make_list(text, one_path, ret_paths);
}

static int one_limit(struct sca_bytes item, struct sca_program_limit *ret_limit)
{
    const uint8_t *colon = memrchr(item.data, ':', item.len);
    char number[16] = "";

    if (colon == NULL || colon == item.data)
        return SCA_E_CONFIG;
    size_t name_len = (size_t)(colon - item.data);
    size_t number_len = item.len - name_len - 1;
    if (number_len >= sizeof number)
        return SCA_E_CONFIG;
    memcpy(number, colon + 1, number_len);
    int err = sca_value_number(number, 0, PER_DAY_MAX, &ret_limit->per_day);
    return err != 0 ? err : duplicate((const char *)item.data, name_len, &ret_limit->program);
}

int sca_value_limits(const char *text, struct sca_program_limit **ret_limits, size_t *ret_count)
{
    struct sca_program_limit *limits = calloc(LIST_MAX, sizeof *limits);
    struct sca_bytes item;
    size_t count = 0;
    int err = limits == NULL ? SCA_E_NOMEM : 0;

    while (err == 0 && next_item(&text, &item))
        err = count < LIST_MAX ? one_limit(item, &limits[count++]) : SCA_E_CONFIG;
    if (err != 0) {
        sca_value_limits_free(limits, count);
        return err;
    }
    *ret_limits = limits;
    *ret_count = count;
    return 0;
}

void sca_value_limits_free(struct sca_program_limit *limits, size_t count)
{
    for (size_t i = 0; limits != NULL && i < count; i++)
        free(limits[i].program);
    free(limits);
}

static const char *behind(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

int sca_value_source(const char *text, struct sca_source *ret_source)
{
    struct sca_source source = {.kind = SCA_SOURCE_LITERAL};
    const char *path = behind(text, "file:");
    const char *command = behind(text, "command:");
    int err = 0;

    if (strcmp(text, "prompt") == 0) {
        source.kind = SCA_SOURCE_PROMPT;
    } else if (path != NULL) {
        source.kind = SCA_SOURCE_FILE;
        err = *path == '/' ? duplicate(path, strlen(path), &source.text) : SCA_E_CONFIG;
    } else if (command != NULL) {
        SCA_ARGV_AUTO argv = NULL;

        source.kind = SCA_SOURCE_COMMAND;
        err = sca_argv_split(command, &argv);
        if (err == 0)
            err = duplicate(command, strlen(command), &source.text);
    } else {
        err = sca_secret_new(text, strlen(text), &source.literal);
    }
    if (err != 0)
        return err == SCA_E_NOMEM ? err : SCA_E_CONFIG;
    *ret_source = source;
    return 0;
}

int sca_value_source_copy(const struct sca_source *source, struct sca_source *ret_copy)
{
    struct sca_source copy = {.kind = source->kind};
    int err = 0;

    if (source->text != NULL)
        err = duplicate(source->text, strlen(source->text), &copy.text);
    if (err == 0 && source->literal != NULL)
        err = sca_secret_copy(source->literal, &copy.literal);
    if (err != 0) {
        free(copy.text);
        return err;
    }
    *ret_copy = copy;
    return 0;
}

void sca_value_source_clear(struct sca_source *source)
{
    free(source->text);
    sca_secret_free(&source->literal);
    *source = (struct sca_source){0};
}
