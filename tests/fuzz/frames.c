/* SPDX-License-Identifier: Apache-2.0 */
/* See frames.h. */
#include "frames.h"

#include "common/ipc.h"
#include "fuzz.h"

#define RAW 255

static struct sca_bytes take(struct sca_bytes *text, size_t len)
{
    struct sca_bytes part = {text->data, len < text->len ? len : text->len};

    text->data += part.len;
    text->len -= part.len;
    return part;
}

static uint8_t take_byte(struct sca_bytes *text)
{
    struct sca_bytes byte = take(text, 1);

    return byte.len == 1 ? byte.data[0] : 0;
}

static void add_frame(struct sca_bytes *text, uint8_t type, struct sca_buf *frames)
{
    SCA_BUF_AUTO frame = {.max = SCA_IPC_FRAME_MAX + SCA_IPC_HEAD};

    sca_msg_begin(&frame, (enum sca_msg_type)type);
    for (uint8_t count = take_byte(text); count > 0 && text->len > 0; count--) {
        enum sca_field tag = (enum sca_field)take_byte(text);
        uint8_t len = take_byte(text);

        sca_msg_add_bytes(&frame, tag, take(text, len));
    }
    if (sca_msg_end(&frame) == 0)
        (void)sca_buf_add(frames, frame.data, frame.len);
}

void fuzz_frames(struct sca_bytes text, struct sca_buf *frames)
{
    fail_pause(true);
    while (text.len > 0) {
        uint8_t type = take_byte(&text);

        if (type != RAW)
            add_frame(&text, type, frames);
        else
            (void)sca_buf_add(frames, text.data, text.len);
        if (type == RAW)
            break;
    }
    fail_pause(false);
}
