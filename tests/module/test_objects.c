/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and searching objects, and the session objects that hosts insist on making: exact answers
 * per attribute, templates with everything wrong in turn, and bounds.
 */
#include "host.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static CK_SESSION_HANDLE session;

static int set_up(void **state)
{
    static size_t two = 2;
    *state = &two;
    if (host_set_up(state) != 0)
        return -1;
    host_initialize();
    session = host_session(host_slot(0), 0);
    return 0;
}

static CK_RV get(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *value, CK_ULONG *len)
{
    CK_ATTRIBUTE attr = {type, value, *len};
    const CK_RV rv = host->C_GetAttributeValue(session, object, &attr, 1);
    *len = attr.ulValueLen;
    return rv;
}

static CK_ULONG get_ulong(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_ULONG value = 0, len = sizeof value;
    assert_int_equal(get(object, type, &value, &len), CKR_OK);
    assert_int_equal(len, sizeof value);
    return value;
}

/* Sizes first, then values: as NSS reads a certificate. */
static void sizes_then_values(void **state)
{
    (void)state;
    const CK_OBJECT_HANDLE certificate = host_object(session, CKO_CERTIFICATE);
    CK_ATTRIBUTE attrs[] = {{CKA_CERTIFICATE_TYPE, NULL, 0},
                            {CKA_ID, NULL, 0},
                            {CKA_VALUE, NULL, 0},
                            {CKA_SERIAL_NUMBER, NULL, 0}};
    assert_int_equal(host->C_GetAttributeValue(session, certificate, attrs, COUNT(attrs)), CKR_OK);
    CK_BYTE values[COUNT(attrs)][64];
    for (size_t i = 0; i < COUNT(attrs); i++)
        attrs[i].pValue = values[i];
    assert_int_equal(attrs[0].ulValueLen, sizeof(CK_ULONG));
    assert_int_equal(attrs[2].ulValueLen, 12);
    assert_int_equal(host->C_GetAttributeValue(session, certificate, attrs, COUNT(attrs)), CKR_OK);
    assert_memory_equal(values[2], "0certificate", 12);
    assert_memory_equal(values[3], "\x02\x01\x07", 3);
    assert_int_equal(get_ulong(certificate, CKA_CERTIFICATE_TYPE), CKC_X_509);
    assert_int_equal(get_ulong(certificate, CKA_CERTIFICATE_CATEGORY), 1);
}

/* One wrong attribute spoils none of the others. */
static void errors_are_per_attribute(void **state)
{
    (void)state;
    CK_BYTE label[64], small[2], exponent[4], id[64];
    CK_ATTRIBUTE attrs[] = {{CKA_LABEL, label, sizeof label},
                            {0x12345678, label, sizeof label},
                            {CKA_MODULUS, small, sizeof small},
                            {CKA_PRIVATE_EXPONENT, NULL, 0},
                            {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent},
                            {CKA_ID, id, sizeof id}};
    const CK_OBJECT_HANDLE key = host_object(session, CKO_PRIVATE_KEY);
    assert_int_equal(host->C_GetAttributeValue(session, key, attrs, COUNT(attrs)),
                     CKR_ATTRIBUTE_TYPE_INVALID);
    assert_int_equal(attrs[0].ulValueLen, 13);
    assert_memory_equal(label, "Certificate 0", 13);
    assert_int_equal(attrs[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(attrs[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(attrs[3].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(attrs[4].ulValueLen, 3);
    assert_int_equal(attrs[5].ulValueLen, 19);

    CK_ULONG len = sizeof small;
    assert_int_equal(get(key, CKA_MODULUS, small, &len), CKR_BUFFER_TOO_SMALL);
    len = 0;
    assert_int_equal(get(key, CKA_PRIVATE_EXPONENT, NULL, &len), CKR_ATTRIBUTE_SENSITIVE);
    assert_int_equal(host->C_GetAttributeValue(session, key, NULL, 1), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_GetAttributeValue(session, 999999, attrs, 1),
                     CKR_OBJECT_HANDLE_INVALID);
    CK_ULONG mechanisms[2];
    len = sizeof mechanisms;
    assert_int_equal(get(key, CKA_ALLOWED_MECHANISMS, mechanisms, &len), CKR_OK);
    assert_int_equal(len, sizeof mechanisms);
    assert_int_equal(mechanisms[1], CKM_SHA256_RSA_PKCS);
}

static void searching(void **state)
{
    (void)state;
    CK_OBJECT_HANDLE found[HOST_OBJECTS + 1];
    assert_int_equal(host_find(session, NULL, 0, found, COUNT(found)), HOST_OBJECTS);

    CK_BBOOL yes = CK_TRUE;
    CK_OBJECT_CLASS class = CKO_PROFILE;
    CK_ULONG profile = CKP_PUBLIC_CERTIFICATES_TOKEN;
    CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof class},
                            {CKA_TOKEN, &yes, sizeof yes},
                            {CKA_PROFILE_ID, &profile, sizeof profile}};
    assert_int_equal(host_find(session, attrs, 2, found, COUNT(found)), 4);
    assert_int_equal(host_find(session, attrs, 3, found, COUNT(found)), 1);
    assert_int_equal(get_ulong(found[0], CKA_PROFILE_ID), profile);
    class = CKO_VENDOR_DEFINED | 0x4e534353; /* an unknown class is found nowhere, without error */
    assert_int_equal(host_find(session, attrs, 1, found, COUNT(found)), 0);
    attrs[0].ulValueLen = 1;
    assert_int_equal(host_find(session, attrs, 1, found, COUNT(found)), 0);

    /* One at a time, as OpenSSH does. */
    CK_ULONG count = 0, total = 0;
    assert_int_equal(host->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    assert_int_equal(host->C_FindObjectsInit(session, NULL, 0), CKR_OPERATION_ACTIVE);
    do {
        assert_int_equal(host->C_FindObjects(session, found, 1, &count), CKR_OK);
        total += count;
    } while (count > 0);
    assert_int_equal(total, HOST_OBJECTS);
    assert_int_equal(host->C_FindObjects(session, NULL, 1, &count), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_FindObjects(session, found, 1, NULL), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_FindObjectsFinal(session), CKR_OK);
    assert_int_equal(host->C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host->C_FindObjects(session, found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host->C_FindObjectsInit(session, NULL, 1), CKR_ARGUMENTS_BAD);
    attrs[0] = (CK_ATTRIBUTE){CKA_CLASS, NULL, sizeof class};
    assert_int_equal(host->C_FindObjectsInit(session, attrs, 1), CKR_ARGUMENTS_BAD);
}

static void slots_do_not_mix(void **state)
{
    (void)state;
    const CK_SESSION_HANDLE other = host_session(host_slot(1), 0);
    const CK_OBJECT_HANDLE key = host_object(other, CKO_PRIVATE_KEY);
    CK_ULONG size;
    assert_int_equal(host->C_GetObjectSize(session, key, &size), CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(host->C_GetObjectSize(other, key, &size), CKR_OK);
    assert_true(size > 256);
    assert_int_equal(host->C_GetObjectSize(other, key, NULL), CKR_ARGUMENTS_BAD);
}

static void token_objects_cannot_be_written(void **state)
{
    (void)state;
    const CK_SESSION_HANDLE writing = host_session(host_slot(0), CKF_RW_SESSION);
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE label = {CKA_LABEL, &class, 1};
    CK_ATTRIBUTE data[] = {{CKA_CLASS, &class, sizeof class}, {CKA_TOKEN, &yes, sizeof yes}};
    CK_OBJECT_HANDLE object = host_object(session, CKO_CERTIFICATE);
    assert_int_equal(host->C_DestroyObject(session, object), CKR_SESSION_READ_ONLY);
    assert_int_equal(host->C_DestroyObject(writing, object), CKR_TOKEN_WRITE_PROTECTED);
    assert_int_equal(host->C_SetAttributeValue(session, object, &label, 1), CKR_SESSION_READ_ONLY);
    assert_int_equal(host->C_SetAttributeValue(writing, object, &label, 1),
                     CKR_TOKEN_WRITE_PROTECTED);
    assert_int_equal(host->C_CreateObject(session, data, 2, &object), CKR_SESSION_READ_ONLY);
    assert_int_equal(host->C_CreateObject(writing, data, 2, &object), CKR_TOKEN_WRITE_PROTECTED);
}

/* A public key for verifying, as NSS imports it. */
static void life_of_a_session_object(void **state)
{
    (void)state;
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_KEY_TYPE type = CKK_RSA;
    CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
    CK_BYTE modulus[129] = {0, 0x40}, exponent[] = {1, 0, 1};
    CK_ATTRIBUTE attrs[] = {
        {CKA_CLASS, &class, sizeof class},      {CKA_TOKEN, &no, sizeof no},
        {CKA_KEY_TYPE, &type, sizeof type},     {CKA_VERIFY, &yes, sizeof yes},
        {CKA_MODULUS, modulus, sizeof modulus}, {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent}};
    CK_OBJECT_HANDLE key, found[3];
    assert_int_equal(host->C_CreateObject(session, attrs, COUNT(attrs), &key), CKR_OK);
    assert_int_equal(get_ulong(key, CKA_MODULUS_BITS), 1023);
    assert_int_equal(get_ulong(key, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
    CK_BYTE unique[64];
    CK_ULONG len = sizeof unique;
    assert_int_equal(get(key, CKA_UNIQUE_ID, unique, &len), CKR_OK);
    assert_true(len > 0);

    /* Seen by the other sessions of the slot, but not in the other slot. */
    const CK_SESSION_HANDLE second = host_session(host_slot(0), 0);
    const CK_SESSION_HANDLE elsewhere = host_session(host_slot(1), 0);
    assert_int_equal(host_find(second, attrs, 1, found, 3), 2);
    assert_int_equal(host_find(elsewhere, attrs, 1, found, 3), 1);

    CK_ATTRIBUTE label = {CKA_LABEL, exponent, sizeof exponent};
    assert_int_equal(host->C_SetAttributeValue(second, key, &label, 1), CKR_OK);
    assert_int_equal(host_find(session, &label, 1, found, 3), 1);
    assert_int_equal(found[0], key);
    modulus[1] = 0x50;
    assert_int_equal(host->C_SetAttributeValue(session, key, &attrs[4], 1),
                     CKR_ATTRIBUTE_READ_ONLY);
    attrs[0].type = CKA_SIGN;
    assert_int_equal(host->C_SetAttributeValue(session, key, attrs, 1), CKR_ATTRIBUTE_TYPE_INVALID);

    /* It dies with the session that made it, or by hand. */
    CK_OBJECT_HANDLE copy;
    assert_int_equal(host->C_CopyObject(second, key, NULL, 0, &copy), CKR_OK);
    assert_int_not_equal(copy, key);
    assert_int_equal(host->C_CloseSession(second), CKR_OK);
    assert_int_equal(host->C_DestroyObject(session, copy), CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(host->C_DestroyObject(session, key), CKR_OK);
    assert_int_equal(host->C_DestroyObject(session, key), CKR_OBJECT_HANDLE_INVALID);
}

struct bad {
    const char *what;
    CK_ATTRIBUTE attrs[6];
    CK_ULONG count;
    CK_RV expected;
};

static void bad_templates(void **state)
{
    (void)state;
    CK_OBJECT_CLASS data = CKO_DATA, certificate = CKO_CERTIFICATE, public = CKO_PUBLIC_KEY,
                    private = CKO_PRIVATE_KEY, secret = CKO_SECRET_KEY;
    CK_ULONG x509 = CKC_X_509, wtls = CKC_WTLS, rsa = CKK_RSA, dsa = CKK_DSA, bits = 8;
    CK_BBOOL yes = CK_TRUE, other = 2;
    CK_BYTE byte = 0;
    const CK_ATTRIBUTE is_data = {CKA_CLASS, &data, sizeof data};
    const CK_ATTRIBUTE is_certificate = {CKA_CLASS, &certificate, sizeof certificate};
    const CK_ATTRIBUTE is_public = {CKA_CLASS, &public, sizeof public};
    const CK_ATTRIBUTE is_x509 = {CKA_CERTIFICATE_TYPE, &x509, sizeof x509};
    const CK_ATTRIBUTE is_rsa = {CKA_KEY_TYPE, &rsa, sizeof rsa};
    const CK_ATTRIBUTE subject = {CKA_SUBJECT, &byte, 1}, value = {CKA_VALUE, &byte, 1};
    const CK_ATTRIBUTE modulus = {CKA_MODULUS, &byte, 1},
                       exponent = {CKA_PUBLIC_EXPONENT, &byte, 1};
    const struct bad cases[] = {
        {"no class", {value}, 1, CKR_TEMPLATE_INCOMPLETE},
        {"nothing", {value}, 0, CKR_TEMPLATE_INCOMPLETE},
        {"private key", {{CKA_CLASS, &private, sizeof private}}, 1, CKR_ATTRIBUTE_VALUE_INVALID},
        {"secret key", {{CKA_CLASS, &secret, sizeof secret}}, 1, CKR_ATTRIBUTE_VALUE_INVALID},
        {"class of another size", {{CKA_CLASS, &data, 1}}, 1, CKR_ATTRIBUTE_VALUE_INVALID},
        {"missing pointer", {is_data, {CKA_VALUE, NULL, 5}}, 2, CKR_ARGUMENTS_BAD},
        {"huge length without data", {is_data, {CKA_VALUE, NULL, ~0UL}}, 2, CKR_ARGUMENTS_BAD},
        {"twice", {is_data, value, value}, 3, CKR_TEMPLATE_INCONSISTENT},
        {"of another class", {is_data, modulus}, 2, CKR_ATTRIBUTE_TYPE_INVALID},
        {"vendor's", {is_data, {CKA_VENDOR_DEFINED | 1, &byte, 1}}, 2, CKR_ATTRIBUTE_TYPE_INVALID},
        {"odd boolean", {is_data, {CKA_PRIVATE, &other, 1}}, 2, CKR_ATTRIBUTE_VALUE_INVALID},
        {"long boolean", {is_data, {CKA_PRIVATE, &bits, 8}}, 2, CKR_ATTRIBUTE_VALUE_INVALID},
        {"no type", {is_certificate, subject, value}, 3, CKR_TEMPLATE_INCOMPLETE},
        {"no subject", {is_certificate, is_x509, value}, 3, CKR_TEMPLATE_INCOMPLETE},
        {"no value", {is_certificate, is_x509, subject}, 3, CKR_TEMPLATE_INCOMPLETE},
        {"WTLS",
         {is_certificate, {CKA_CERTIFICATE_TYPE, &wtls, sizeof wtls}, subject, value},
         4,
         CKR_ATTRIBUTE_VALUE_INVALID},
        {"empty value",
         {is_certificate, is_x509, subject, {CKA_VALUE, &byte, 0}},
         4,
         CKR_ATTRIBUTE_VALUE_INVALID},
        {"short date",
         {is_certificate, is_x509, subject, value, {CKA_START_DATE, &bits, 7}},
         5,
         CKR_ATTRIBUTE_VALUE_INVALID},
        {"trusted",
         {is_certificate, is_x509, subject, value, {CKA_TRUSTED, &yes, 1}},
         5,
         CKR_ATTRIBUTE_READ_ONLY},
        {"no key type", {is_public, modulus, exponent}, 3, CKR_TEMPLATE_INCOMPLETE},
        {"DSA", {is_public, {CKA_KEY_TYPE, &dsa, sizeof dsa}}, 2, CKR_ATTRIBUTE_VALUE_INVALID},
        {"no exponent", {is_public, is_rsa, modulus}, 3, CKR_TEMPLATE_INCOMPLETE},
        {"RSA with a point",
         {is_public, is_rsa, modulus, exponent, {CKA_EC_POINT, &byte, 1}},
         5,
         CKR_ATTRIBUTE_TYPE_INVALID},
        {"bits given",
         {is_public, is_rsa, modulus, exponent, {CKA_MODULUS_BITS, &bits, sizeof bits}},
         5,
         CKR_ATTRIBUTE_READ_ONLY},
        {"local",
         {is_public, is_rsa, modulus, exponent, {CKA_LOCAL, &yes, 1}},
         5,
         CKR_ATTRIBUTE_READ_ONLY},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bad bad = cases[i];
        CK_OBJECT_HANDLE object = 0;
        const CK_RV rv = host->C_CreateObject(session, bad.attrs, bad.count, &object);
        if (rv != bad.expected)
            fail_msg("%s: 0x%lx, expected 0x%lx", bad.what, rv, bad.expected);
        assert_int_equal(object, 0);
    }
    CK_ATTRIBUTE attr = is_data;
    CK_OBJECT_HANDLE object;
    assert_int_equal(host->C_CreateObject(session, NULL, 1, &object), CKR_ARGUMENTS_BAD);
    assert_int_equal(host->C_CreateObject(session, &attr, 1, NULL), CKR_ARGUMENTS_BAD);
}

static void copies(void **state)
{
    (void)state;
    CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
    CK_OBJECT_HANDLE copy;
    CK_ATTRIBUTE here[] = {{CKA_TOKEN, &no, sizeof no},
                           {CKA_MODIFIABLE, &no, sizeof no},
                           {CKA_DESTROYABLE, &no, sizeof no},
                           {CKA_PRIVATE, &yes, sizeof yes}};
    const CK_OBJECT_HANDLE certificate = host_object(session, CKO_CERTIFICATE);
    assert_int_equal(host->C_CopyObject(session, certificate, NULL, 0, &copy),
                     CKR_SESSION_READ_ONLY); /* it would be a token object, too */
    assert_int_equal(host->C_CopyObject(session, certificate, here, COUNT(here), &copy), CKR_OK);
    CK_BYTE value[16];
    CK_ULONG len = sizeof value;
    assert_int_equal(get(copy, CKA_VALUE, value, &len), CKR_OK);
    assert_memory_equal(value, "0certificate", 12);
    CK_ATTRIBUTE label = {CKA_LABEL, value, 3};
    assert_int_equal(host->C_SetAttributeValue(session, copy, &label, 1), CKR_ACTION_PROHIBITED);
    assert_int_equal(host->C_DestroyObject(session, copy), CKR_ACTION_PROHIBITED);
    CK_ATTRIBUTE public = {CKA_PRIVATE, &no, sizeof no};
    assert_int_equal(host->C_CopyObject(session, copy, &public, 1, &copy),
                     CKR_TEMPLATE_INCONSISTENT);
    CK_ATTRIBUTE changed = {CKA_VALUE, value, 3};
    assert_int_equal(host->C_CopyObject(session, certificate, &changed, 1, &copy),
                     CKR_ATTRIBUTE_READ_ONLY);

    /* A key whose bits are in the cloud is not copied. */
    assert_int_equal(
        host->C_CopyObject(session, host_object(session, CKO_PRIVATE_KEY), here, 1, &copy),
        CKR_ACTION_PROHIBITED);
    assert_int_equal(host->C_CopyObject(session, 999999, here, 1, &copy),
                     CKR_OBJECT_HANDLE_INVALID);
}

static void number_and_size_are_bounded(void **state)
{
    (void)state;
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_ULONG large = 3 * 1024 * 1024, made = 0;
    void *bytes = calloc(1, large);
    CK_ATTRIBUTE attrs[] = {{CKA_CLASS, &class, sizeof class}, {CKA_VALUE, bytes, large}};
    CK_OBJECT_HANDLE object;
    assert_int_equal(host->C_CreateObject(session, attrs, 2, &object), CKR_OK);
    assert_int_equal(host->C_CreateObject(session, attrs, 2, &object), CKR_DEVICE_MEMORY);
    attrs[1].ulValueLen = 10;
    assert_int_equal(host->C_SetAttributeValue(session, object, &attrs[1], 1), CKR_OK);
    attrs[1].ulValueLen = large;
    assert_int_equal(host->C_SetAttributeValue(session, object, &attrs[1], 1), CKR_OK);
    assert_int_equal(host->C_DestroyObject(session, object), CKR_OK);
    while (host->C_CreateObject(session, attrs, 1, &object) == CKR_OK)
        made++;
    assert_int_equal(made, 1024);
    assert_int_equal(host->C_CreateObject(session, attrs, 1, &object), CKR_DEVICE_MEMORY);
    assert_int_equal(host->C_DestroyObject(session, object), CKR_OK);
    assert_int_equal(host->C_CreateObject(session, attrs, 1, &object), CKR_OK);
    free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, host_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sizes_then_values),
        TEST(errors_are_per_attribute),
        TEST(searching),
        TEST(slots_do_not_mix),
        TEST(token_objects_cannot_be_written),
        TEST(life_of_a_session_object),
        TEST(bad_templates),
        TEST(copies),
        TEST(number_and_size_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
