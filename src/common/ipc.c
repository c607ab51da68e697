/* SPDX-License-Identifier: Apache-2.0 */
/* The message codec: a flat list of tagged fields, decoded in place, nothing allocated. */
#include "common/ipc.h"

#include <stdlib.h>
#include <string.h>
#include "common/err.h"
#include "common/text.h"

static bool known_type(uint8_t type)
{
    return (type >= SCA_MSG_HELLO && type <= SCA_MSG_RECONCILE) ||
           (type >= SCA_MSG_PROGRESS && type <= SCA_MSG_TEXT);
}

int sca_msg_decode(struct sca_bytes frame, struct sca_msg *ret_msg)
{
    struct sca_reader reader = sca_reader(frame);
    struct sca_msg msg = {0};
    bool seen[UINT8_MAX + 1] = {false};

    if (frame.len > SCA_IPC_FRAME_MAX)
        return SCA_E_FORMAT;
    uint8_t type = sca_read_u8(&reader);
    if (!known_type(type))
        return SCA_E_FORMAT;
    msg.type = (enum sca_msg_type)type;
    while (!reader.failed && sca_reader_left(&reader) > 0) {
        uint8_t tag = sca_read_u8(&reader);
        uint32_t len = sca_read_u32(&reader);
        struct sca_bytes value = sca_read_bytes(&reader, len);

        if (seen[tag])
            return SCA_E_FORMAT;
        seen[tag] = true;
        if (tag < SCA_F__COUNT)
            msg.field[tag] = value;
    }
    if (reader.failed)
        return SCA_E_FORMAT;
    *ret_msg = msg;
    return 0;
}

bool sca_msg_u32(const struct sca_msg *msg, enum sca_field tag, uint32_t *ret_value)
{
    struct sca_reader reader = sca_reader(msg->field[tag]);

    if (msg->field[tag].len != sizeof *ret_value)
        return false;
    *ret_value = sca_read_u32(&reader);
    return true;
}

int sca_msg_text(const struct sca_msg *msg, enum sca_field tag, size_t max, char **ret_text)
{
    struct sca_bytes field = msg->field[tag];

    if (field.data == NULL) {
        *ret_text = NULL;
        return 0;
    }
    if (field.len > max)
        return SCA_E_LIMIT;
    if (memchr(field.data, '\0', field.len) != NULL || !sca_utf8_valid(field))
        return SCA_E_FORMAT;
    char *text = strndup((const char *)field.data, field.len);
    if (text == NULL)
        return SCA_E_NOMEM;
    *ret_text = text;
    return 0;
}

void sca_msg_begin(struct sca_buf *buf, enum sca_msg_type type)
{
    if (buf->len != 0)
        sca_buf_fail(buf, SCA_E_INVAL);
    sca_buf_add_u32(buf, 0); /* the length, known at the end */
    sca_buf_add_u8(buf, (uint8_t)type);
}

void sca_msg_add_u32(struct sca_buf *buf, enum sca_field tag, uint32_t value)
{
    sca_buf_add_u8(buf, (uint8_t)tag);
    sca_buf_add_u32(buf, sizeof value);
    sca_buf_add_u32(buf, value);
}

void sca_msg_add_text(struct sca_buf *buf, enum sca_field tag, const char *text)
{
    if (text != NULL)
        sca_msg_add_bytes(buf, tag, (struct sca_bytes){(const uint8_t *)text, strlen(text)});
}

void sca_msg_add_bytes(struct sca_buf *buf, enum sca_field tag, struct sca_bytes bytes)
{
    if (bytes.len > SCA_IPC_FRAME_MAX) {
        sca_buf_fail(buf, SCA_E_LIMIT);
        return;
    }
    sca_buf_add_u8(buf, (uint8_t)tag);
    sca_buf_add_u32(buf, (uint32_t)bytes.len);
    sca_buf_add(buf, bytes.data, bytes.len);
}

int sca_msg_end(struct sca_buf *buf)
{
    if (buf->err != 0)
        return buf->err;
    if (buf->len < SCA_IPC_HEAD)
        return sca_buf_fail(buf, SCA_E_INVAL);
    if (buf->len - SCA_IPC_HEAD > SCA_IPC_FRAME_MAX)
        return sca_buf_fail(buf, SCA_E_LIMIT);
    return sca_buf_put_u32(buf, 0, (uint32_t)(buf->len - SCA_IPC_HEAD));
}
