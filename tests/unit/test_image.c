/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token image: what the agent writes the module reads, damage of any byte is noticed, and a
 * file that lies about its counts gets neither memory nor a read outside.
 */
#include "harness.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/image.h"

#define HEAD 16

static struct sca_image *sample(size_t slots, size_t objects, size_t attrs)
{
    struct sca_image *image = sca_image_new();

    assert_non_null(image);
    image->conf[0] = (struct sca_stamp){1, 2, 3};
    image->conf[1] = (struct sca_stamp){4, 5, 6};
    image->retry_after_utc = 1700000000;
    for (size_t i = 0; i < slots; i++) {
        struct sca_image_slot *slot = sca_image_add_slot(image);
        assert_non_null(slot);
        slot->account = strdup("work");
        slot->label = strdup("Nguyễn Văn A");
        slot->pin = SCA_PIN_OTP;
        slot->key_type = SCA_KEY_RSA;
        slot->key_bits = 2048;
        slot->schemes = SCA_BIT(SCA_SCHEME_PKCS1);
        slot->hashes = SCA_BIT(SCA_HASH_SHA256);
        slot->timeout_s = 330 + (uint32_t)i;
        for (size_t j = 0; j < objects; j++) {
            struct sca_image_object *object = sca_image_add_object(slot);
            assert_non_null(object);
            for (size_t k = 0; k < attrs; k++) {
                switch (k % 4) {
                case 0:
                    assert_int_equal(sca_image_add_bytes(object, k, LITERAL("value\0x")), 0);
                    break;
                case 1:
                    assert_int_equal(sca_image_add_bool(object, k, true), 0);
                    break;
                case 2:
                    assert_int_equal(sca_image_add_ulong(object, k, 0x8000000000000001), 0);
                    break;
                default:
                    assert_int_equal(
                        sca_image_add_ulongs(object, k, (const uint64_t[]){1, 0x40}, 2), 0);
                    break;
                }
            }
        }
    }
    return image;
}

static void encode_sample(size_t slots, size_t objects, size_t attrs, struct sca_buf *ret_content)
{
    SCA_IMAGE_AUTO image = sample(slots, objects, attrs);

    assert_int_equal(sca_image_encode(image, ret_content), 0);
}

/* Whether being built or decoded. */
static void is_found_by_type(void **state)
{
    SCA_IMAGE_AUTO image = sample(1, 2, 5);
    SCA_IMAGE_AUTO back = NULL;
    SCA_BUF_AUTO content;

    (void)state;
    encode_sample(1, 2, 5, &content);
    assert_int_equal(sca_image_decode(&content, &back), 0);
    const struct sca_image_object *objects[] = {&image->slots[0].objects[1],
                                                &back->slots[0].objects[1]};
    for (size_t i = 0; i < 2; i++) {
        struct sca_image_attr attr;

        assert_true(sca_image_find(objects[i], 0, &attr));
        assert_memory_equal(attr.value.data, "value\0x", 7);
        assert_true(sca_image_find(objects[i], 1, &attr));
        assert_int_equal(attr.kind, SCA_ATTR_BOOL);
        assert_true(sca_image_find(objects[i], 4, &attr));
        assert_int_equal(attr.value.len, 7);
        assert_false(sca_image_find(objects[i], 5, &attr));
        assert_false(sca_image_find(objects[i], UINT64_C(1) << 32, &attr));
    }
}

static void comes_back_as_written(void **state)
{
    SCA_BUF_AUTO content;
    SCA_BUF_AUTO again = {0};
    SCA_BUF_AUTO first;
    SCA_IMAGE_AUTO image = NULL;

    (void)state;
    encode_sample(3, 2, 5, &content);
    encode_sample(3, 2, 5, &first);
    assert_int_equal(sca_image_decode(&content, &image), 0);
    assert_null(content.data); /* taken over */
    assert_int_equal(image->slot_count, 3);
    assert_int_equal(image->conf[1].inode, 6);
    assert_true(image->retry_after_utc == 1700000000);
    struct sca_image_slot *slot = &image->slots[2];
    assert_string_equal(slot->label, "Nguyễn Văn A");
    assert_string_equal(slot->model, ""); /* never said */
    assert_int_equal(slot->pin, SCA_PIN_OTP);
    assert_int_equal(slot->timeout_s, 332);
    assert_int_equal(slot->object_count, 2);
    struct sca_image_object *object = &slot->objects[1];
    assert_int_equal(object->attr_count, 5);
    struct sca_image_attr attrs[5];
    struct sca_image_walk walk = {.object = object};
    for (size_t i = 0; i < 5; i++) {
        assert_true(sca_image_next(&walk, &attrs[i]));
        assert_int_equal(attrs[i].type, i);
    }
    assert_false(sca_image_next(&walk, &attrs[0]));
    const unsigned long number = (unsigned long)0x8000000000000001;
    assert_int_equal(attrs[0].value.len, 7);
    assert_memory_equal(attrs[0].value.data, "value\0x", 7);
    assert_int_equal(attrs[1].kind, SCA_ATTR_BOOL);
    assert_memory_equal(attrs[1].value.data, "\x01", 1);
    assert_int_equal(attrs[2].value.len, sizeof number);
    assert_memory_equal(attrs[2].value.data, &number, sizeof number);
    assert_int_equal(attrs[3].kind, SCA_ATTR_ULONGS);
    assert_int_equal(attrs[3].value.len, 2 * sizeof number);
    assert_int_equal(attrs[4].value.len, 7);
    assert_int_equal(sca_image_encode(image, &again), 0);
    assert_int_equal(again.len, first.len);
    assert_memory_equal(again.data, first.data, first.len);
}

static void empty_image_is_fine(void **state)
{
    SCA_BUF_AUTO content;
    SCA_IMAGE_AUTO image = NULL;

    (void)state;
    encode_sample(0, 0, 0, &content);
    assert_int_equal(sca_image_decode(&content, &image), 0);
    assert_int_equal(image->slot_count, 0);
}

/* Of other programs' CRC-32: the file can be checked by hand with python's zlib.crc32. */
static void checksum_is_the_common_one(void **state)
{
    SCA_IMAGE_AUTO image = sca_image_new();
    SCA_BUF_AUTO content;

    (void)state;
    assert_int_equal(sca_image_encode(image, &content), 0);
    assert_int_equal(content.len, 16 + 60);
    assert_memory_equal(content.data, "SCAIMG\0\x02\x3c\0\0\0\x08\x89\x12\x04", 16);
}

static int decode_copy(const uint8_t *data, size_t len, struct sca_image **ret_image)
{
    SCA_BUF_AUTO content = {.max = SCA_IMAGE_MAX};

    assert_int_equal(sca_buf_add(&content, data, len), 0);
    return sca_image_decode(&content, ret_image);
}

static void damage_is_noticed_anywhere(void **state)
{
    SCA_BUF_AUTO content;
    SCA_IMAGE_AUTO image = NULL;

    (void)state;
    encode_sample(2, 2, 5, &content);
    for (size_t len = 0; len < content.len; len++)
        assert_int_equal(decode_copy(content.data, len, &image), SCA_E_FORMAT);
    for (size_t i = 0; i < content.len; i++) {
        content.data[i] ^= 0x02;
        int err = decode_copy(content.data, content.len, &image);
        assert_int_equal(err, SCA_E_FORMAT);
        content.data[i] ^= 0x02;
    }
    assert_int_equal(sca_buf_add_u8(&content, 0), 0);
    assert_int_equal(decode_copy(content.data, content.len, &image), SCA_E_FORMAT);
    assert_null(image);
}

static uint32_t slow_crc32(const uint8_t *data, size_t len)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* A liar who knows CRC-32: gives the sample with one u32 changed and everything else in order. */
static int decode_forged(size_t offset, uint32_t value)
{
    SCA_BUF_AUTO content;
    SCA_IMAGE_AUTO image = NULL;

    encode_sample(1, 1, 2, &content);
    sca_buf_put_u32(&content, offset, value);
    sca_buf_put_u32(&content, 12, slow_crc32(content.data + HEAD, content.len - HEAD));
    return sca_image_decode(&content, &image);
}

static void lies_are_noticed(void **state)
{
    const size_t slot_count = HEAD + 56;
    const size_t slot = slot_count + 4;
    const size_t pin = slot + 7 * 5 + strlen("work") + strlen("Nguyễn Văn A");
    const size_t object_count = pin + 6 * 4;
    const size_t attr_count = object_count + 4;
    const size_t kind = attr_count + 4 + 4; /* the kind and the first three bytes of the length */

    (void)state;
    assert_int_equal(decode_forged(slot_count, 1), 0);
    assert_int_equal(decode_forged(slot_count, 2), SCA_E_FORMAT);
    assert_int_equal(decode_forged(slot_count, 0), SCA_E_FORMAT); /* bytes are left over */
    assert_int_equal(decode_forged(slot_count, UINT32_MAX), SCA_E_FORMAT);
    assert_int_equal(decode_forged(slot, UINT32_MAX), SCA_E_FORMAT);
    assert_int_equal(decode_forged(slot + 4, 0xff000000), SCA_E_FORMAT);
    assert_int_equal(decode_forged(pin, 4), SCA_E_FORMAT);
    assert_int_equal(decode_forged(pin + 4, 3), SCA_E_FORMAT);
    assert_int_equal(decode_forged(object_count, 2), SCA_E_FORMAT);
    assert_int_equal(decode_forged(object_count, 0x40000000), SCA_E_FORMAT);
    assert_int_equal(decode_forged(attr_count, 3), SCA_E_FORMAT);
    assert_int_equal(decode_forged(attr_count, 0x15555556), SCA_E_FORMAT);
    assert_int_equal(decode_forged(kind, 7 << 8 | SCA_ATTR_BYTES), 0);
    assert_int_equal(decode_forged(kind, 7 << 8 | SCA_ATTR_BOOL), SCA_E_FORMAT);
    assert_int_equal(decode_forged(kind, 7 << 8 | SCA_ATTR_ULONG), SCA_E_FORMAT);
    assert_int_equal(decode_forged(kind, 7 << 8 | SCA_ATTR_ULONGS), SCA_E_FORMAT);
    assert_int_equal(decode_forged(kind, 7 << 8 | 4), SCA_E_FORMAT);
}

/* A certificate with its parts, and an authority's that two slots share. */
static struct sca_image *certificates(void)
{
    static const uint8_t own[] = "-- certificate of one -- its public key, long enough --";
    static const uint8_t part[] = "its public key, long enough";
    static const uint8_t shared[] = "-- the authority's certificate, the same in both slots --";
    struct sca_image *image = sca_image_new();

    for (int i = 0; i < 2; i++) {
        struct sca_image_slot *slot = sca_image_add_slot(image);
        struct sca_image_object *object = sca_image_add_object(slot);

        assert_int_equal(sca_image_add_bytes(object, 1, (struct sca_bytes){own, sizeof own}), 0);
        assert_int_equal(sca_image_add_bytes(object, 2, (struct sca_bytes){part, sizeof part - 1}),
                         0);
        assert_int_equal(sca_image_add_ulong(object, 3, (uint64_t)i), 0);
        object = sca_image_add_object(slot);
        assert_int_equal(sca_image_add_bytes(object, 1, (struct sca_bytes){shared, sizeof shared}),
                         0);
    }
    return image;
}

static size_t times_in(const struct sca_buf *content, const char *text)
{
    size_t found = 0;

    for (size_t i = 0; i + strlen(text) <= content->len; i++)
        found += memcmp(content->data + i, text, strlen(text)) == 0;
    return found;
}

static void nothing_is_held_twice(void **state)
{
    SCA_IMAGE_AUTO image = certificates();
    SCA_IMAGE_AUTO back = NULL;
    SCA_BUF_AUTO content;

    (void)state;
    assert_int_equal(sca_image_encode(image, &content), 0);
    assert_int_equal(times_in(&content, "its public key"), 1);
    assert_int_equal(times_in(&content, "the authority's"), 1);
    assert_int_equal(sca_image_decode(&content, &back), 0);
    for (size_t i = 0; i < 2; i++) {
        struct sca_image_walk walk = {.object = &back->slots[i].objects[0]};
        struct sca_image_attr attr;

        assert_int_equal(back->slots[i].object_count, 2);
        assert_true(sca_image_next(&walk, &attr) && sca_image_next(&walk, &attr));
        assert_int_equal(attr.value.len, strlen("its public key, long enough"));
        assert_memory_equal(attr.value.data, "its public key, long enough", attr.value.len);
        assert_true(sca_image_next(&walk, &attr));
        assert_int_equal(*attr.value.data, i);
        walk = (struct sca_image_walk){.object = &back->slots[i].objects[1]};
        assert_true(sca_image_next(&walk, &attr));
        assert_memory_equal(attr.value.data, "-- the authority's", 18);
    }
}

/* What was added is gone when the next one comes, and is pointed to all the same. */
static void slots_may_go_one_by_one(void **state)
{
    SCA_IMAGE_AUTO whole = certificates();
    SCA_IMAGE_ENCODER_AUTO encoder = sca_image_encoder_new(whole);
    SCA_BUF_AUTO expected;
    SCA_BUF_AUTO content;

    (void)state;
    assert_int_equal(sca_image_encode(whole, &expected), 0);
    for (size_t i = 0; i < whole->slot_count; i++) {
        SCA_IMAGE_AUTO again = certificates();

        assert_int_equal(sca_image_encoder_add(encoder, &again->slots[i]), 0);
    }
    assert_int_equal(sca_image_encoder_end(encoder, &content), 0);
    assert_int_equal(content.len, expected.len);
    assert_memory_equal(content.data, expected.data, expected.len);
}

/* The second slot's shared object, and a value's place: each must point back, and to something
 * whole. */
static void places_that_lie_are_noticed(void **state)
{
    SCA_IMAGE_AUTO image = certificates();
    SCA_BUF_AUTO content;

    (void)state;
    assert_int_equal(sca_image_encode(image, &content), 0);
    const uint32_t lies[] = {
        0, 55, (uint32_t)content.len - HEAD - 4, (uint32_t)content.len, UINT32_MAX, 0x80000000};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        SCA_BUF_AUTO forged = {.max = SCA_IMAGE_MAX};
        SCA_IMAGE_AUTO back = NULL;

        sca_buf_add(&forged, content.data, content.len);
        sca_buf_put_u32(&forged, forged.len - 4, lies[i]);
        sca_buf_put_u32(&forged, 12, slow_crc32(forged.data + HEAD, forged.len - HEAD));
        const int err = sca_image_decode(&forged, &back);
        if (i >= 2) /* an earlier place may by chance hold what reads as an object */
            assert_int_equal(err, SCA_E_FORMAT);
    }
}

static void newer_file_is_told_apart(void **state)
{
    SCA_BUF_AUTO content;
    SCA_IMAGE_AUTO image = NULL;

    (void)state;
    encode_sample(1, 1, 1, &content);
    content.data[7] = SCA_IMAGE_VERSION + 1;
    assert_int_equal(decode_copy(content.data, content.len, &image), SCA_E_VERSION);
}

static void builder_keeps_the_limits(void **state)
{
    SCA_IMAGE_AUTO image = sca_image_new();
    struct sca_image_slot *slot = sca_image_add_slot(image);
    struct sca_image_object *object = sca_image_add_object(slot);

    (void)state;
    for (size_t i = 0; i < SCA_IMAGE_ATTRS_MAX; i++)
        assert_int_equal(sca_image_add_bool(object, i, false), 0);
    assert_int_equal(sca_image_add_bool(object, 99, false), SCA_E_LIMIT);
    for (size_t i = 1; i < SCA_IMAGE_OBJECTS_MAX; i++)
        assert_non_null(sca_image_add_object(slot));
    assert_null(sca_image_add_object(slot));
    for (size_t i = 1; i < SCA_IMAGE_SLOTS_MAX; i++)
        assert_non_null(sca_image_add_slot(image));
    assert_null(sca_image_add_slot(image));
    SCA_BUF_AUTO content;
    SCA_IMAGE_AUTO back = NULL;
    assert_int_equal(sca_image_encode(image, &content), 0);
    assert_int_equal(sca_image_decode(&content, &back), 0);
    assert_int_equal(back->slot_count, SCA_IMAGE_SLOTS_MAX);
    assert_int_equal(back->slots[0].object_count, SCA_IMAGE_OBJECTS_MAX);
    /* a decoded image is not added to */
    assert_null(sca_image_add_slot(back));
    assert_int_equal(sca_image_add_bool(&back->slots[0].objects[1], 1, true), SCA_E_INVAL);
}

static void too_large_an_image_is_refused(void **state)
{
    static uint8_t value[SCA_IMAGE_MAX / 2];
    SCA_IMAGE_AUTO image = sca_image_new();
    struct sca_image_object *object = sca_image_add_object(sca_image_add_slot(image));
    SCA_BUF_AUTO content;

    (void)state;
    for (uint8_t i = 0; i < 2; i++) {
        value[0] = i; /* an equal one would be stored once */
        assert_int_equal(sca_image_add_bytes(object, 1, (struct sca_bytes){value, sizeof value}),
                         0);
    }
    assert_int_equal(sca_image_encode(image, &content), SCA_E_LIMIT);
}

/* The figure is printed, not asserted: a busy machine proves nothing. */
static void large_image_is_read(void **state)
{
    SCA_BUF_AUTO content;
    SCA_IMAGE_AUTO image = NULL;

    (void)state;
    encode_sample(1000, 9, 25, &content);
    size_t len = content.len;
    int64_t begin_ms = sca_now_ms();
    assert_int_equal(sca_image_decode(&content, &image), 0);
    print_message("%zu bytes decoded in %d ms\n", len, (int)(sca_now_ms() - begin_ms));
    assert_int_equal(image->slots[999].objects[8].attr_count, 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_written),
        cmocka_unit_test(is_found_by_type),
        cmocka_unit_test(empty_image_is_fine),
        cmocka_unit_test(checksum_is_the_common_one),
        cmocka_unit_test(damage_is_noticed_anywhere),
        cmocka_unit_test(lies_are_noticed),
        cmocka_unit_test(nothing_is_held_twice),
        cmocka_unit_test(slots_may_go_one_by_one),
        cmocka_unit_test(places_that_lie_are_noticed),
        cmocka_unit_test(newer_file_is_told_apart),
        cmocka_unit_test(builder_keeps_the_limits),
        cmocka_unit_test(too_large_an_image_is_refused),
        cmocka_unit_test(large_image_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
