/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer keeps its maximum and its first error; the reader never leaves its bytes. */
#include "harness.h"
#include "common/err.h"

static void grows_to_its_maximum(void **state)
{
    SCA_BUF_AUTO buf;

    (void)state;
    sca_buf_init(&buf, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(sca_buf_add_u8(&buf, (uint8_t)i), 0);
    assert_int_equal(buf.len, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(buf.data[i], (uint8_t)i);
    assert_int_equal(sca_buf_add_u8(&buf, 1), SCA_E_LIMIT);
}

static void first_error_sticks(void **state)
{
    SCA_BUF_AUTO buf;

    (void)state;
    sca_buf_init(&buf, 4);
    assert_int_equal(sca_buf_add_text(&buf, "12345"), SCA_E_LIMIT);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    assert_int_equal(sca_buf_add(&buf, NULL, 0), SCA_E_LIMIT);
    assert_int_equal(sca_buf_add_text(&buf, "1"), SCA_E_LIMIT);
    assert_int_equal(sca_buf_addf(&buf, "%d", 1), SCA_E_LIMIT);
    assert_int_equal(sca_buf_put_u32(&buf, 0, 1), SCA_E_LIMIT);
    assert_int_equal(sca_buf_fail(&buf, SCA_E_INVAL), SCA_E_LIMIT);
    sca_buf_clear(&buf);
    sca_buf_init(&buf, 4);
    assert_int_equal(sca_buf_add_text(&buf, "1234"), 0);
}

static void lengths_do_not_wrap(void **state)
{
    SCA_BUF_AUTO buf;

    (void)state;
    sca_buf_init(&buf, SIZE_MAX);
    assert_int_equal(sca_buf_add_u8(&buf, 1), 0);
    assert_int_equal(sca_buf_reserve(&buf, SIZE_MAX), SCA_E_LIMIT);
}

static void formats_into_the_last_byte(void **state)
{
    SCA_BUF_AUTO buf;

    (void)state;
    sca_buf_init(&buf, 7);
    assert_int_equal(sca_buf_addf(&buf, "%s-%03d", "abc", 7), 0);
    assert_memory_equal(buf.data, "abc-007", 7);
    assert_int_equal(sca_buf_addf(&buf, "%s", ""), 0);
    assert_int_equal(buf.len, 7);
}

static void numbers_are_little_endian(void **state)
{
    SCA_BUF_AUTO buf;

    (void)state;
    sca_buf_init(&buf, 100);
    sca_buf_add_u32(&buf, 0x01020304);
    sca_buf_add_u64(&buf, 0x1112131415161718);
    assert_memory_equal(buf.data, "\x04\x03\x02\x01\x18\x17\x16\x15\x14\x13\x12\x11", 12);
    assert_int_equal(sca_buf_put_u32(&buf, 8, 0xaabbccdd), 0);
    struct sca_reader reader = sca_reader((struct sca_bytes){buf.data, buf.len});
    assert_int_equal(sca_read_u32(&reader), 0x01020304);
    assert_true(sca_read_u64(&reader) == 0xaabbccdd15161718);
    assert_false(reader.failed);
    assert_int_equal(sca_reader_left(&reader), 0);
    assert_int_equal(sca_buf_put_u32(&buf, 9, 1), SCA_E_INVAL);
}

static void reads_past_the_end_give_zeros(void **state)
{
    struct sca_reader reader = sca_reader(LITERAL("\xff\xff\xff"));

    (void)state;
    assert_int_equal(sca_read_u8(&reader), 0xff);
    assert_int_equal(sca_read_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(sca_read_u8(&reader),
                     0); /* the byte that is there is not given out any more */
    reader = sca_reader(LITERAL("ab"));
    struct sca_bytes bytes = sca_read_bytes(&reader, SIZE_MAX);
    assert_true(reader.failed && bytes.data == NULL && bytes.len == 0);
    reader = sca_reader((struct sca_bytes){NULL, 0});
    assert_int_equal(sca_reader_left(&reader), 0);
    assert_int_equal(sca_read_u64(&reader), 0);
    assert_true(reader.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_to_its_maximum),
        cmocka_unit_test(first_error_sticks),
        cmocka_unit_test(lengths_do_not_wrap),
        cmocka_unit_test(formats_into_the_last_byte),
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(reads_past_the_end_give_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
