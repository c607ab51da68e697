/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a frame: what is accepted lies inside, and encodes to a frame that says the same. */
#include "fuzz.h"
#include <string.h>
#include "common/ipc.h"

static void inside(struct sca_bytes field, const uint8_t *data, size_t size)
{
    if (field.data != NULL)
        fuzz_check(field.data >= data && field.len <= size &&
                   (size_t)(field.data - data) <= size - field.len);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    SCA_BUF_AUTO again = {.max = SCA_IPC_FRAME_MAX + SCA_IPC_HEAD};
    struct sca_msg msg;
    struct sca_msg second;

    if (sca_msg_decode((struct sca_bytes){data, size}, &msg) != 0)
        return;
    sca_msg_begin(&again, msg.type);
    for (int i = 0; i < SCA_F__COUNT; i++) {
        enum sca_field tag = (enum sca_field)i;
        char *text = NULL;
        uint32_t value = 0;

        inside(msg.field[tag], data, size);
        if (msg.field[tag].data != NULL)
            sca_msg_add_bytes(&again, tag, msg.field[tag]);
        fuzz_check(sca_msg_u32(&msg, tag, &value) == (msg.field[tag].len == 4));
        if (sca_msg_text(&msg, tag, 64, &text) == 0 && text != NULL)
            fuzz_check(strlen(text) == msg.field[tag].len);
        free(text);
    }
    if (!fuzz_well(sca_msg_end(&again) == 0))
        return;
    fuzz_check(
        sca_msg_decode((struct sca_bytes){again.data + SCA_IPC_HEAD, again.len - SCA_IPC_HEAD},
                       &second) == 0);
    for (int i = 0; i < SCA_F__COUNT; i++)
        fuzz_check(second.field[i].len == msg.field[i].len);
}
