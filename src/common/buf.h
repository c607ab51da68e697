/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte ranges, and a growing buffer that is born with its maximum size. The first append that
 * fails (memory or maximum) wipes and frees the content and makes every later append fail with
 * the same error, so a caller checks once, at the end.
 */
#ifndef SCA_COMMON_BUF_H
#define SCA_COMMON_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A borrowed range: pointer and length travel together, nobody owns it. */
struct sca_bytes {
    const uint8_t *data;
    size_t len;
};

static inline bool sca_bytes_equal(struct sca_bytes a, struct sca_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

struct sca_buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max;
    int err; /* 0, SCA_E_NOMEM or SCA_E_LIMIT (SCA_E_INVAL: misuse); sticky */
};

/* An empty buffer that will never hold more than @max bytes. Allocates nothing. */
void sca_buf_init(struct sca_buf *buf, size_t max);

/* Wipes and frees the content; the buffer may be initialised or dropped afterwards. */
void sca_buf_clear(struct sca_buf *buf);

/* Wipes and frees the content and makes @err the sticky error, unless there is one. Returns it. */
int sca_buf_fail(struct sca_buf *buf, int err);

/*
 * Makes room for @len more bytes, for a caller that fills data[len...] itself (read(2)) and then
 * adds what it wrote to the member len. Returns 0 or the sticky error.
 */
int sca_buf_reserve(struct sca_buf *buf, size_t len);

/* Each append copies; returns 0 or the sticky error. */
int sca_buf_add(struct sca_buf *buf, const void *data, size_t len);
int sca_buf_add_text(struct sca_buf *buf, const char *text);
int sca_buf_add_u8(struct sca_buf *buf, uint8_t value);
int sca_buf_add_u32(struct sca_buf *buf, uint32_t value); /* little-endian */
int sca_buf_add_u64(struct sca_buf *buf, uint64_t value); /* little-endian */
int sca_buf_addf(struct sca_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Overwrites four bytes written before, at @offset (for lengths known only later). */
int sca_buf_put_u32(struct sca_buf *buf, size_t offset, uint32_t value);

/* A reader over borrowed bytes; a read past the end sets @failed and yields zeros. */
struct sca_reader {
    const uint8_t *pos;
    const uint8_t *end;
    bool failed;
};

struct sca_reader sca_reader(struct sca_bytes bytes);
static inline size_t sca_reader_left(const struct sca_reader *reader)
{
    return reader->pos == reader->end ? 0 : (size_t)(reader->end - reader->pos);
}
uint8_t sca_read_u8(struct sca_reader *reader);
uint32_t sca_read_u32(struct sca_reader *reader);
uint64_t sca_read_u64(struct sca_reader *reader);
/* Borrows @len bytes of the input. */
struct sca_bytes sca_read_bytes(struct sca_reader *reader, size_t len);

static inline void sca_buf_cleanup(struct sca_buf *buf)
{
    sca_buf_clear(buf);
}
#define SCA_BUF_AUTO __attribute__((cleanup(sca_buf_cleanup))) struct sca_buf

#endif
