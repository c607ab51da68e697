/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growing buffer and its reader. Buffers carry passwords and tokens now and then, so no byte
 * that was in one is given back to malloc unwiped: growing copies and wipes instead of realloc.
 */
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/err.h"

#define FIRST_CAP 256u

static void drop(struct sca_buf *buf)
{
    if (buf->data != NULL) {
        explicit_bzero(buf->data, buf->cap);
        free(buf->data);
    }
    buf->data = NULL;
    buf->len = 0;
    buf->cap = 0;
}

static size_t wider(const struct sca_buf *buf, size_t need)
{
    size_t cap = buf->cap > FIRST_CAP / 2 ? buf->cap : FIRST_CAP / 2;

    cap = cap > buf->max / 2 ? buf->max : cap * 2;
    return cap < need ? need : cap;
}

void sca_buf_init(struct sca_buf *buf, size_t max)
{
    *buf = (struct sca_buf){.max = max};
}

void sca_buf_clear(struct sca_buf *buf)
{
    drop(buf);
    *buf = (struct sca_buf){0};
}

int sca_buf_fail(struct sca_buf *buf, int err)
{
    drop(buf);
    if (buf->err == 0)
        buf->err = err;
    return buf->err;
}

int sca_buf_reserve(struct sca_buf *buf, size_t len)
{
    if (buf->err != 0)
        return buf->err;
    if (len > buf->max - buf->len)
        return sca_buf_fail(buf, SCA_E_LIMIT);
    if (len <= buf->cap - buf->len)
        return 0;

    size_t cap = wider(buf, buf->len + len);
    uint8_t *data = malloc(cap);
    if (data == NULL)
        return sca_buf_fail(buf, SCA_E_NOMEM);
    if (buf->data != NULL) {
        memcpy(data, buf->data, buf->len);
        explicit_bzero(buf->data, buf->cap);
        free(buf->data);
    }
    buf->data = data;
    buf->cap = cap;
    return 0;
}

int sca_buf_add(struct sca_buf *buf, const void *data, size_t len)
{
    int err = sca_buf_reserve(buf, len);
    if (err != 0 || len == 0)
        return err;
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    return 0;
}

int sca_buf_add_text(struct sca_buf *buf, const char *text)
{
    return sca_buf_add(buf, text, strlen(text));
}

int sca_buf_add_u8(struct sca_buf *buf, uint8_t value)
{
    return sca_buf_add(buf, &value, 1);
}

static void put_le(uint8_t *data, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(value >> (8 * i));
}

int sca_buf_add_u32(struct sca_buf *buf, uint32_t value)
{
    uint8_t data[4];

    put_le(data, value, sizeof data);
    return sca_buf_add(buf, data, sizeof data);
}

int sca_buf_add_u64(struct sca_buf *buf, uint64_t value)
{
    uint8_t data[8];

    put_le(data, value, sizeof data);
    return sca_buf_add(buf, data, sizeof data);
}

int sca_buf_addf(struct sca_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return sca_buf_fail(buf, SCA_E_NOMEM);

    int err = sca_buf_reserve(buf, (size_t)len);
    if (err != 0 || len == 0)
        return err;
    /* vsnprintf needs a place for its NUL, which the maximum does not count. */
    SCA_BUF_AUTO line = {.max = (size_t)len + 1};
    err = sca_buf_reserve(&line, line.max);
    if (err != 0)
        return sca_buf_fail(buf, err);
    va_start(args, format);
    vsnprintf((char *)line.data, line.max, format, args);
    va_end(args);
    return sca_buf_add(buf, line.data, (size_t)len);
}

int sca_buf_put_u32(struct sca_buf *buf, size_t offset, uint32_t value)
{
    if (buf->err != 0)
        return buf->err;
    if (offset > buf->len || buf->len - offset < 4)
        return sca_buf_fail(buf, SCA_E_INVAL);
    put_le(buf->data + offset, value, 4);
    return 0;
}

struct sca_reader sca_reader(struct sca_bytes bytes)
{
    return (struct sca_reader){
        .pos = bytes.data,
        .end = bytes.len == 0 ? bytes.data : bytes.data + bytes.len,
    };
}

static uint64_t read_le(struct sca_reader *reader, size_t len)
{
    struct sca_bytes bytes = sca_read_bytes(reader, len);
    uint64_t value = 0;

    for (size_t i = bytes.len; i > 0; i--)
        value = value << 8 | bytes.data[i - 1];
    return value;
}

uint8_t sca_read_u8(struct sca_reader *reader)
{
    return (uint8_t)read_le(reader, 1);
}

uint32_t sca_read_u32(struct sca_reader *reader)
{
    return (uint32_t)read_le(reader, 4);
}

uint64_t sca_read_u64(struct sca_reader *reader)
{
    return read_le(reader, 8);
}

struct sca_bytes sca_read_bytes(struct sca_reader *reader, size_t len)
{
    if (reader->failed || len > sca_reader_left(reader)) {
        reader->failed = true;
        reader->pos = reader->end;
        return (struct sca_bytes){NULL, 0};
    }
    struct sca_bytes bytes = {reader->pos, len};
    if (len > 0)
        reader->pos += len;
    return bytes;
}
