/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of a replay: see replay.h. */
#include "replay.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/text.h"
#include "tests/compat/hostkit.h"

enum { MECHANISMS_MAX = 64, NUMBER_MAX = 1024, SIGNATURE_LEN = 256 };

struct replay replay;

static CK_BBOOL yes = CK_TRUE;

static void must(const struct step *step, bool good, const char *what)
{
    if (good)
        return;
    printf("%s: %s\n", step->name, what);
    exit(1);
}

static void must_ok(const struct step *step, CK_RV rv)
{
    if (rv == CKR_OK)
        return;
    printf("%s: 0x%lx\n", step->name, rv);
    exit(1);
}

/* Filled up with blanks, no zero at the end, whole letters. */
static bool padded(const CK_UTF8CHAR *text, size_t len)
{
    return memchr(text, '\0', len) == NULL && sca_utf8_valid((struct sca_bytes){text, len});
}
#define PADDED(field) padded(field, sizeof(field))

void replay_initialize(const struct step *step)
{
    must_ok(step, replay.p11->C_Initialize(NULL));
}

void replay_get_info(const struct step *step)
{
    CK_INFO info;
    memset(&info, 0xff, sizeof info);
    must_ok(step, replay.p11->C_GetInfo(&info));
    must(step, info.cryptokiVersion.major == 3, "version 3");
    must(step, info.flags == 0, "no flags");
    must(step, PADDED(info.manufacturerID) && PADDED(info.libraryDescription), "padded texts");
}

void replay_get_slot_list(const struct step *step)
{
    CK_SLOT_ID slots[REPLAY_SLOTS_MAX];
    CK_ULONG count = 0, again = 0;
    must_ok(step, replay.p11->C_GetSlotList(CK_TRUE, NULL, &count));
    must(step, count > 0 && count <= REPLAY_SLOTS_MAX, "some slots");
    again = count;
    must_ok(step, replay.p11->C_GetSlotList(CK_TRUE, slots, &again));
    must(step, again == count, "the same number twice");
    replay.slot = slots[0];
}

void replay_get_slot_info(const struct step *step)
{
    CK_SLOT_INFO info;
    memset(&info, 0xff, sizeof info);
    must_ok(step, replay.p11->C_GetSlotInfo(replay.slot, &info));
    must(step, info.flags == (CKF_TOKEN_PRESENT | CKF_HW_SLOT), "flags of a slot with a token");
    must(step, PADDED(info.slotDescription) && PADDED(info.manufacturerID), "padded texts");
}

void replay_get_token_info(const struct step *step)
{
    const CK_FLAGS wanted = CKF_RNG | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;
    CK_TOKEN_INFO info;
    memset(&info, 0xff, sizeof info);
    must_ok(step, replay.p11->C_GetTokenInfo(replay.slot, &info));
    must(step, (info.flags & wanted) == wanted, "flags of a token in use");
    must(step, !(info.flags & (CKF_SO_PIN_LOCKED | CKF_USER_PIN_LOCKED | CKF_ERROR_STATE)),
         "usable");
    must(step, info.ulSessionCount == 0 && info.ulRwSessionCount == 0, "no session yet");
    must(step, info.ulMinPinLen <= info.ulMaxPinLen && info.ulMaxPinLen == 255, "PIN lengths");
    must(step, PADDED(info.label) && PADDED(info.manufacturerID) && PADDED(info.model), "texts");
    must(step, PADDED(info.serialNumber) && PADDED(info.utcTime), "padded texts");
}

void replay_get_mechanisms(const struct step *step)
{
    CK_MECHANISM_TYPE types[MECHANISMS_MAX];
    CK_ULONG count = 0, again = 0, digests = 0, signers = 0;
    must_ok(step, replay.p11->C_GetMechanismList(replay.slot, NULL, &count));
    must(step, count > 0 && count <= MECHANISMS_MAX, "some mechanisms");
    again = count;
    must_ok(step, replay.p11->C_GetMechanismList(replay.slot, types, &again));
    must(step, again == count, "the same number twice");
    for (CK_ULONG i = 0; i < count; i++) {
        CK_MECHANISM_INFO info;
        must_ok(step, replay.p11->C_GetMechanismInfo(replay.slot, types[i], &info));
        digests += types[i] == CKM_SHA512 && info.flags == CKF_DIGEST && info.ulMaxKeySize == 0;
        signers += types[i] == CKM_RSA_PKCS && (info.flags & CKF_SIGN) && (info.flags & CKF_VERIFY);
    }
    must(step, digests == 1 && signers == 1, "SHA512 for digests, RSA_PKCS for signatures");
}

void replay_open_session(const struct step *step)
{
    must_ok(step,
            replay.p11->C_OpenSession(replay.slot, step->number, NULL, NULL, &replay.session));
    must(step, replay.session != CK_INVALID_HANDLE, "a handle");
}

void replay_login(const struct step *step)
{
    must_ok(step, replay.p11->C_Login(replay.session, CKU_USER,
                                      (CK_UTF8CHAR *)(uintptr_t)replay.pin, strlen(replay.pin)));
}

void replay_find_objects_init(const struct step *step)
{
    CK_OBJECT_CLASS class = step->class;
    CK_ATTRIBUTE wanted[] = {{CKA_TOKEN, &yes, sizeof yes}, {CKA_CLASS, &class, sizeof class}};
    must_ok(step, replay.p11->C_FindObjectsInit(replay.session, wanted, class ? 2 : 1));
}

void replay_find_objects(const struct step *step)
{
    replay.object_count = 0;
    must_ok(step, replay.p11->C_FindObjects(replay.session, replay.objects, step->number,
                                            &replay.object_count));
    must(step, replay.object_count == step->number, "as many objects as the test case has");
}

void replay_find_objects_final(const struct step *step)
{
    must_ok(step, replay.p11->C_FindObjectsFinal(replay.session));
}

static CK_ULONG value_length(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_ATTRIBUTE attr = {type, NULL, 0};
    const CK_RV rv = replay.p11->C_GetAttributeValue(replay.session, object, &attr, 1);
    return rv == CKR_OK ? attr.ulValueLen : 0;
}

/* Of the found objects the first that has the attribute: which one it is may vary. */
void replay_get_attribute(const struct step *step)
{
    CK_BYTE value[REPLAY_VALUE_MAX];
    CK_ULONG len = 0, i = 0;
    while (i < replay.object_count && len == 0)
        len = value_length(replay.objects[i++], step->type);
    must(step, len > 0 && len <= sizeof value, "an object that has it");
    CK_ATTRIBUTE attr = {step->type, value, len};
    must_ok(step, replay.p11->C_GetAttributeValue(replay.session, replay.objects[i - 1], &attr, 1));
    must(step, attr.ulValueLen == len, "the same length twice");
}

void replay_get_public_numbers(const struct step *step)
{
    CK_BYTE modulus[NUMBER_MAX], exponent[NUMBER_MAX];
    CK_ATTRIBUTE attrs[] = {{CKA_MODULUS, modulus, sizeof modulus},
                            {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent}};
    must_ok(step, replay.p11->C_GetAttributeValue(replay.session, replay.objects[0], attrs, 2));
    must(step, attrs[0].ulValueLen == SIGNATURE_LEN, "a modulus of 2,048 bits");
    must(step, attrs[1].ulValueLen == 3 && memcmp(exponent, "\x01\x00\x01", 3) == 0, "010001");
}

void replay_sign_init(const struct step *step)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    must_ok(step, replay.p11->C_SignInit(replay.session, &mechanism, replay.objects[0]));
}

void replay_sign(const struct step *step)
{
    static CK_BYTE data[HOSTKIT_FILE_MAX];
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof signature;
    const size_t data_len = hostkit_read(replay.data, data);
    must_ok(step, replay.p11->C_Sign(replay.session, data, data_len, signature, &len));
    must(step, len == SIGNATURE_LEN, "256 bytes");
    hostkit_write(replay.signature, signature, len);
}

void replay_logout(const struct step *step)
{
    must_ok(step, replay.p11->C_Logout(replay.session));
}

void replay_close_session(const struct step *step)
{
    must_ok(step, replay.p11->C_CloseSession(replay.session));
}

void replay_close_all_sessions(const struct step *step)
{
    must_ok(step, replay.p11->C_CloseAllSessions(replay.slot));
}

void replay_finalize(const struct step *step)
{
    must_ok(step, replay.p11->C_Finalize(NULL));
}
