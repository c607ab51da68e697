/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the body of the token image file, and a host that lists all that the real module
 * makes of it: every value fits the length that was told, every key answers a length query.
 */
#include "fuzz.h"

#include <string.h>
#include "crc.h"
#include "cryptoki.h"
#include "module_home.h"

#define SLOTS_MAX   8
#define OBJECTS_MAX 64
#define VALUE_MAX   65536u

static const CK_ATTRIBUTE_TYPE types[] = {
    CKA_CLASS,
    CKA_TOKEN,
    CKA_PRIVATE,
    CKA_LABEL,
    CKA_ID,
    CKA_VALUE,
    CKA_SUBJECT,
    CKA_ISSUER,
    CKA_SERIAL_NUMBER,
    CKA_KEY_TYPE,
    CKA_MODULUS,
    CKA_MODULUS_BITS,
    CKA_EC_POINT,
    CKA_EC_PARAMS,
    CKA_SIGN,
    CKA_ALLOWED_MECHANISMS,
    CKA_START_DATE,
    CKA_ALWAYS_AUTHENTICATE,
    0x80000001UL,
};

static void read_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_ATTRIBUTE attribute = {type, NULL, 0};

    if (C_GetAttributeValue(session, object, &attribute, 1) != CKR_OK)
        return;
    fuzz_check(attribute.ulValueLen <= SCA_IMAGE_MAX);
    if (attribute.ulValueLen > VALUE_MAX)
        return;
    fail_pause(true);
    CK_ULONG told = attribute.ulValueLen;
    attribute.pValue = malloc(told > 0 ? told : 1);
    fail_pause(false);
    if (fuzz_well(C_GetAttributeValue(session, object, &attribute, 1) == CKR_OK))
        fuzz_check(attribute.ulValueLen == told);
    free(attribute.pValue);
}

static void query_length(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    static const CK_MECHANISM_TYPE mechanisms[] = {CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_ECDSA};
    CK_BYTE data[32] = {0};

    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        CK_MECHANISM mechanism = {mechanisms[i], NULL, 0};
        CK_ULONG len = 0;

        if (C_SignInit(session, &mechanism, key) != CKR_OK)
            continue;
        if (C_Sign(session, data, sizeof data, NULL, &len) == CKR_OK)
            fuzz_check(len > 0 && len <= 2048);
        (void)C_SignInit(session, NULL, key); /* ends it */
    }
}

static void list_objects(CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE objects[OBJECTS_MAX];
    CK_ULONG count = 0;

    if (C_FindObjectsInit(session, NULL, 0) != CKR_OK)
        return;
    if (C_FindObjects(session, objects, OBJECTS_MAX, &count) != CKR_OK)
        count = 0;
    fuzz_check(count <= OBJECTS_MAX && C_FindObjectsFinal(session) == CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        for (size_t type = 0; type < sizeof types / sizeof types[0]; type++)
            read_value(session, objects[i], types[type]);
        query_length(session, objects[i]);
    }
}

static void list_slot(CK_SLOT_ID slot)
{
    CK_SLOT_INFO info;
    CK_TOKEN_INFO token;
    CK_SESSION_HANDLE session = 0;
    CK_ULONG count = 0;

    (void)C_GetSlotInfo(slot, &info);
    (void)C_GetTokenInfo(slot, &token);
    (void)C_GetMechanismList(slot, NULL, &count);
    if (C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
        return;
    list_objects(session);
    (void)C_CloseSession(session);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    SCA_BUF_AUTO framed = {.max = SCA_IMAGE_MAX};
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;

    module_home();
    module_agent_says((struct sca_bytes){0});
    fail_pause(true);
    crc_frame(data, size, &framed);
    fail_pause(false);
    module_image_bytes((struct sca_bytes){framed.data, framed.len});
    if (fuzz_well(C_Initialize(NULL) == CKR_OK)) {
        if (C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
            count = 0;
        for (CK_ULONG i = 0; i < count; i++)
            list_slot(slots[i]);
        fuzz_check(C_Finalize(NULL) == CKR_OK);
    }
    module_agent_leaves();
}
