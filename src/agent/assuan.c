/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing lines of Assuan. See assuan.h. */
#include "assuan.h"

#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/secret.h"
#include "common/text.h"

/* ---- reading ------------------------------------------------------------------------------- */

/* What stands behind @word and one blank, or behind @word at the end of the line. */
static bool begins(struct sca_bytes line, const char *word, struct sca_bytes *ret_rest)
{
    size_t len = strlen(word);

    if (line.len < len || memcmp(line.data, word, len) != 0)
        return false;
    if (line.len > len && line.data[len] != ' ')
        return false;
    size_t skip = line.len > len ? len + 1 : len;
    *ret_rest = (struct sca_bytes){line.data + skip, line.len - skip};
    return true;
}

/* The decimal number at the front; only its last 16 bits matter, so that it may overflow. */
static unsigned code_of(struct sca_bytes text)
{
    unsigned number = 0;

    for (size_t i = 0; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        number = number * 10 + (text.data[i] - (unsigned)'0');
    return number & 0xffff;
}

static int judge(struct sca_bytes text, struct sca_assuan_line *ret_line)
{
    struct sca_bytes rest = {0};

    if (memchr(text.data, '\0', text.len) != NULL)
        return SCA_E_FORMAT;
    if (begins(text, "OK", &rest)) {
        *ret_line = (struct sca_assuan_line){.kind = SCA_ASSUAN_OK};
    } else if (begins(text, "ERR", &rest)) {
        *ret_line = (struct sca_assuan_line){.kind = SCA_ASSUAN_ERR, .code = code_of(rest)};
    } else if (begins(text, "D", &rest)) {
        *ret_line = (struct sca_assuan_line){.kind = SCA_ASSUAN_DATA, .data = rest};
    } else if (text.len == 0 || text.data[0] == '#' || begins(text, "S", &rest)) {
        *ret_line = (struct sca_assuan_line){.kind = SCA_ASSUAN_NOTE};
    } else {
        return SCA_E_FORMAT;
    }
    return 1;
}

int sca_assuan_feed(struct sca_assuan_reader *reader, struct sca_bytes *bytes,
                    struct sca_assuan_line *ret_line)
{
    if (reader->whole)
        sca_assuan_wipe(reader);
    const uint8_t *end = bytes->len > 0 ? memchr(bytes->data, '\n', bytes->len) : NULL;
    size_t len = end != NULL ? (size_t)(end - bytes->data) : bytes->len;
    if (len >= sizeof reader->line - reader->len)
        return SCA_E_LIMIT;
    if (len > 0)
        memcpy(reader->line + reader->len, bytes->data, len);
    reader->len += len;
    if (end == NULL) {
        *bytes = (struct sca_bytes){0};
        return 0;
    }
    bytes->data += len + 1;
    bytes->len -= len + 1;
    reader->whole = true;
    if (reader->len > 0 && reader->line[reader->len - 1] == '\r')
        reader->len--;
    return judge((struct sca_bytes){reader->line, reader->len}, ret_line);
}

void sca_assuan_wipe(struct sca_assuan_reader *reader)
{
    sca_wipe(reader, sizeof *reader);
}

int sca_assuan_unescape(struct sca_bytes escaped, struct sca_buf *buf)
{
    for (size_t i = 0; i < escaped.len; i++) {
        uint8_t byte = escaped.data[i];
        size_t len = 0;

        if (byte == '%') {
            char digits[3] = "";

            if (escaped.len - i < 3)
                return SCA_E_FORMAT;
            memcpy(digits, escaped.data + i + 1, 2);
            int err = sca_hex_decode(digits, &byte, 1, &len);
            sca_wipe(digits, sizeof digits);
            if (err != 0 || len != 1 || byte == 0)
                return SCA_E_FORMAT;
            i += 2;
        }
        int err = sca_buf_add_u8(buf, byte);
        if (err != 0)
            return err;
    }
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

static bool is_control(char byte)
{
    return (unsigned char)byte < 0x20 || byte == 0x7f;
}

static size_t escaped_len(char byte)
{
    return byte == '%' || is_control(byte) ? 3 : 1;
}

/* Bytes of @text whose escaped form fits into @room. */
static size_t fitting(const char *text, size_t room)
{
    size_t used = 0;
    size_t len = 0;

    while (text[len] != '\0' && used + escaped_len(text[len]) <= room)
        used += escaped_len(text[len++]);
    return text[len] != '\0' ? sca_utf8_prefix(text, len) : len;
}

int sca_assuan_add_command(struct sca_buf *buf, const char *command, const char *text)
{
    sca_buf_add_text(buf, command);
    if (text != NULL) {
        size_t len = fitting(text, SCA_ASSUAN_LINE_MAX - strlen(command) - 2);

        sca_buf_add_u8(buf, ' ');
        for (size_t i = 0; i < len; i++) {
            if (escaped_len(text[i]) == 1)
                sca_buf_add_u8(buf, (uint8_t)text[i]);
            else
                sca_buf_addf(buf, "%%%02X", (unsigned)(unsigned char)text[i]);
        }
    }
    return sca_buf_add_u8(buf, '\n');
}

int sca_assuan_add_option(struct sca_buf *buf, const char *name, const char *value)
{
    if (value == NULL)
        return buf->err;
    for (const char *byte = value; *byte != '\0'; byte++)
        if (is_control(*byte))
            return buf->err;
    if (strlen("OPTION =\n") + strlen(name) + strlen(value) > SCA_ASSUAN_LINE_MAX)
        return buf->err;
    return sca_buf_addf(buf, "OPTION %s=%s\n", name, value);
}
