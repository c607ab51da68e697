/* SPDX-License-Identifier: Apache-2.0 */
/* The message codec: what goes in comes out, nothing else comes in, and both sides may grow. */
#include "harness.h"
#include "common/err.h"
#include "common/ipc.h"

static struct sca_bytes body(const struct sca_buf *buf)
{
    return (struct sca_bytes){buf->data + SCA_IPC_HEAD, buf->len - SCA_IPC_HEAD};
}

static void make_sign(struct sca_buf *buf)
{
    sca_buf_init(buf, SCA_IPC_FRAME_MAX + SCA_IPC_HEAD);
    sca_msg_begin(buf, SCA_MSG_SIGN);
    sca_msg_add_text(buf, SCA_F_ACCOUNT, "công ty");
    sca_msg_add_u32(buf, SCA_F_HASH, 3);
    sca_msg_add_bytes(buf, SCA_F_DIGEST, LITERAL("\x00\x01\x02"));
    sca_msg_add_text(buf, SCA_F_TTY, NULL);
    sca_msg_add_bytes(buf, SCA_F_PIN, (struct sca_bytes){NULL, 0});
    assert_int_equal(sca_msg_end(buf), 0);
}

static void comes_back_as_sent(void **state)
{
    SCA_BUF_AUTO buf;
    struct sca_msg msg;
    uint32_t hash = 0;
    char *text = NULL;

    (void)state;
    make_sign(&buf);
    assert_int_equal(buf.data[0] | buf.data[1] << 8, buf.len - 4);
    assert_int_equal(sca_msg_decode(body(&buf), &msg), 0);
    assert_int_equal(msg.type, SCA_MSG_SIGN);
    assert_true(sca_msg_u32(&msg, SCA_F_HASH, &hash));
    assert_int_equal(hash, 3);
    assert_int_equal(sca_msg_text(&msg, SCA_F_ACCOUNT, 100, &text), 0);
    assert_string_equal(text, "công ty");
    free(text);
    assert_int_equal(msg.field[SCA_F_DIGEST].len, 3);
    assert_memory_equal(msg.field[SCA_F_DIGEST].data, "\x00\x01\x02", 3);
    assert_null(msg.field[SCA_F_TTY].data);
    assert_non_null(msg.field[SCA_F_PIN].data); /* there, and empty */
    assert_int_equal(msg.field[SCA_F_PIN].len, 0);
}

static void truncation_is_noticed_anywhere(void **state)
{
    SCA_BUF_AUTO buf;
    struct sca_msg msg;
    size_t whole_fields = 0;

    (void)state;
    make_sign(&buf);
    for (size_t len = 0; len < body(&buf).len; len++) {
        /* a copy of its own, so that a sanitizer sees a read past the end */
        uint8_t *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut, body(&buf).data, len);
        uint8_t *exact = realloc(cut, len > 0 ? len : 1);
        assert_non_null(exact);
        int err = sca_msg_decode((struct sca_bytes){exact, len}, &msg);
        whole_fields += err == 0 ? 1 : 0;
        assert_true(err == 0 || err == SCA_E_FORMAT);
        free(exact);
    }
    assert_int_equal(whole_fields,
                     4); /* it may end after the type and after each field but the last */
}

static void refuses_what_is_malformed(void **state)
{
    struct sca_msg msg;
    SCA_BUF_AUTO big = {.max = 2 * SCA_IPC_FRAME_MAX};

    (void)state;
    assert_int_equal(sca_msg_decode(LITERAL(""), &msg), SCA_E_FORMAT);
    assert_int_equal(sca_msg_decode((struct sca_bytes){NULL, 0}, &msg), SCA_E_FORMAT);
    assert_int_equal(sca_msg_decode(LITERAL("\x00"), &msg), SCA_E_FORMAT);
    assert_int_equal(sca_msg_decode(LITERAL("\x08"), &msg), SCA_E_FORMAT);
    assert_int_equal(sca_msg_decode(LITERAL("\x45"), &msg), SCA_E_FORMAT);
    assert_int_equal(sca_msg_decode(LITERAL("\x01\x02\xff\xff\xff\xff"), &msg), SCA_E_FORMAT);
    assert_int_equal(sca_msg_decode(LITERAL("\x01\x02\x01\0\0\0a\x02\x01\0\0\0a"), &msg),
                     SCA_E_FORMAT);
    assert_int_equal(sca_msg_decode(LITERAL("\x01\xf0\0\0\0\0\xf0\0\0\0\0"), &msg), SCA_E_FORMAT);
    assert_int_equal(sca_buf_reserve(&big, SCA_IPC_FRAME_MAX + 1), 0);
    memset(big.data, 0, SCA_IPC_FRAME_MAX + 1);
    big.data[0] = SCA_MSG_HELLO;
    assert_int_equal(sca_msg_decode((struct sca_bytes){big.data, SCA_IPC_FRAME_MAX + 1}, &msg),
                     SCA_E_FORMAT);
}

static void skips_what_a_newer_peer_adds(void **state)
{
    struct sca_msg msg;
    uint32_t version;

    (void)state;
    assert_int_equal(
        sca_msg_decode(LITERAL("\x01\xf0\x02\0\0\0xx\x01\x04\0\0\0\x01\0\0\0\xff\0\0\0\0"), &msg),
        0);
    assert_true(sca_msg_u32(&msg, SCA_F_VERSION, &version));
    assert_int_equal(version, 1);
}

static void typed_fields_are_checked(void **state)
{
    SCA_BUF_AUTO buf = {.max = 1000};
    struct sca_msg msg;
    uint32_t value = 7;
    char *text = (char *)1;

    (void)state;
    sca_msg_begin(&buf, SCA_MSG_ERROR);
    sca_msg_add_bytes(&buf, SCA_F_ERROR, LITERAL("\x01\x02\x03"));
    sca_msg_add_bytes(&buf, SCA_F_TXN, LITERAL("a\0b"));
    sca_msg_add_bytes(&buf, SCA_F_SENTENCE, LITERAL("\xff"));
    sca_msg_add_text(&buf, SCA_F_TEXT, "12345");
    assert_int_equal(sca_msg_end(&buf), 0);
    assert_int_equal(sca_msg_decode(body(&buf), &msg), 0);
    assert_false(sca_msg_u32(&msg, SCA_F_ERROR, &value));
    assert_false(sca_msg_u32(&msg, SCA_F_STATE, &value));
    assert_int_equal(value, 7);
    assert_int_equal(sca_msg_text(&msg, SCA_F_TXN, 100, &text), SCA_E_FORMAT);
    assert_int_equal(sca_msg_text(&msg, SCA_F_SENTENCE, 100, &text), SCA_E_FORMAT);
    assert_int_equal(sca_msg_text(&msg, SCA_F_TEXT, 4, &text), SCA_E_LIMIT);
    assert_ptr_equal(text, (char *)1);
    assert_int_equal(sca_msg_text(&msg, SCA_F_CODE, 4, &text), 0);
    assert_null(text);
    assert_int_equal(sca_msg_text(&msg, SCA_F_TEXT, 5, &text), 0);
    assert_string_equal(text, "12345");
    free(text);
}

static void writer_keeps_the_limits(void **state)
{
    static uint8_t data[SCA_IPC_FRAME_MAX + 1];
    SCA_BUF_AUTO buf = {.max = SCA_IPC_FRAME_MAX + SCA_IPC_HEAD};
    SCA_BUF_AUTO twice = {.max = 1000};

    (void)state;
    sca_msg_begin(&buf, SCA_MSG_TEXT);
    sca_msg_add_bytes(&buf, SCA_F_TEXT, (struct sca_bytes){data, SCA_IPC_FRAME_MAX - 6});
    assert_int_equal(sca_msg_end(&buf), 0);
    assert_int_equal(buf.len, buf.max);
    sca_buf_clear(&buf);
    sca_buf_init(&buf, 4 * SCA_IPC_FRAME_MAX);
    sca_msg_begin(&buf, SCA_MSG_TEXT);
    sca_msg_add_bytes(&buf, SCA_F_TEXT, (struct sca_bytes){data, SCA_IPC_FRAME_MAX - 5});
    assert_int_equal(sca_msg_end(&buf), SCA_E_LIMIT);
    sca_msg_begin(&twice, SCA_MSG_QUIT);
    sca_msg_begin(&twice, SCA_MSG_QUIT);
    assert_int_equal(sca_msg_end(&twice), SCA_E_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_sent),
        cmocka_unit_test(truncation_is_noticed_anywhere),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(skips_what_a_newer_peer_adds),
        cmocka_unit_test(typed_fields_are_checked),
        cmocka_unit_test(writer_keeps_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
