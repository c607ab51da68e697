/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a pinentry says, in pieces of any size: pieces change nothing. Any text as a
 * command: one line within the limit, which says the text again.
 */
#include "fuzz.h"
#include <stdio.h>
#include <string.h>
#include "agent/assuan.h"
#include "common/err.h"
#include "common/text.h"

#define TYPED_MAX 512u

/* Everything read of @data, @step bytes at a time, as text. */
static void read_all(struct sca_bytes data, size_t step, struct sca_buf *seen)
{
    struct sca_assuan_reader reader = {0};
    int more = 1;

    for (size_t at = 0; at < data.len && more >= 0; at += step) {
        struct sca_bytes piece = {data.data + at, data.len - at < step ? data.len - at : step};

        do {
            struct sca_assuan_line line;

            more = sca_assuan_feed(&reader, &piece, &line);
            if (more == 1)
                sca_buf_addf(seen, "%d %u %zu;", (int)line.kind, line.code, line.data.len);
            if (more == 1 && line.kind == SCA_ASSUAN_DATA) {
                SCA_BUF_AUTO typed;

                sca_buf_init(&typed, TYPED_MAX);
                if (sca_assuan_unescape(line.data, &typed) == 0 && typed.len > 0)
                    fuzz_check(typed.len <= line.data.len &&
                               memchr(typed.data, '\0', typed.len) == NULL);
            }
        } while (more == 1);
    }
    sca_buf_addf(seen, "%d", more < 0 ? more : 0);
}

static void write_one(const uint8_t *data, size_t size)
{
    SCA_BUF_AUTO line;
    SCA_BUF_AUTO back;
    SCA_TEXT_AUTO text = strndup((const char *)data, size);

    sca_buf_init(&line, SCA_ASSUAN_LINE_MAX);
    sca_buf_init(&back, SCA_ASSUAN_LINE_MAX);
    if (!fuzz_well(text != NULL && sca_assuan_add_command(&line, "SETDESC", text) == 0))
        return;
    fuzz_check(line.data[line.len - 1] == '\n');
    fuzz_check(memchr(line.data, '\n', line.len - 1) == NULL);
    if (!fuzz_well(sca_assuan_unescape((struct sca_bytes){line.data + 8, line.len - 9}, &back) ==
                   0))
        return;
    fuzz_check(back.len <= strlen(text));
    fuzz_check(back.len == 0 || memcmp(back.data, text, back.len) == 0);
    sca_buf_clear(&line);
    sca_buf_init(&line, SCA_ASSUAN_LINE_MAX);
    if (!fuzz_well(sca_assuan_add_option(&line, "ttyname", text) == 0))
        return;
    fuzz_check(line.len == 0 || memchr(line.data, '\n', line.len) == line.data + line.len - 1);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    SCA_BUF_AUTO whole;
    SCA_BUF_AUTO pieces;

    sca_buf_init(&whole, 1u << 20);
    sca_buf_init(&pieces, 1u << 20);
    read_all((struct sca_bytes){data, size}, size > 0 ? size : 1, &whole);
    read_all((struct sca_bytes){data, size}, 3, &pieces);
    if (fuzz_well(whole.err == 0 && pieces.err == 0))
        fuzz_check(whole.len == pieces.len && memcmp(whole.data, pieces.data, whole.len) == 0);
    write_one(data, size);
}
