/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots and tokens. A slot is there as long as its credential is, so each has a token and none is
 * removable: NSS polls removable slots every second.
 * Source: PKCS#11 3.0 base specification, 5.5.
 */
#include <string.h>
#include "build_config.h"
#include "common/text.h"
#include "cryptoki.h"
#include "module/token/library.h"
#include "module/token/mech.h"
#include "module/token/session_open.h"
#include "module/token/tokens.h"

/* A slot with what keeps it alive. */
struct held {
    struct sca_library *library;
    struct sca_view *view;
    const struct sca_slot *slot;
};

static void held_cleanup(struct held *held)
{
    sca_view_put(held->view);
    sca_library_cleanup(&held->library);
}
#define HELD_AUTO __attribute__((cleanup(held_cleanup))) struct held

static CK_RV hold(CK_SLOT_ID id, struct held *ret_held)
{
    const CK_RV rv = sca_library_get(&ret_held->library);
    if (rv != CKR_OK)
        return rv;
    ret_held->view = sca_view_get(ret_held->library);
    ret_held->slot = sca_view_slot(ret_held->view, id);
    return ret_held->slot ? CKR_OK : CKR_SLOT_ID_INVALID;
}

/*
 * The list stays as it is between the call that asks for the number and the one that brings the
 * buffer (5.5.1), unless a host never asks for the number (GnuTLS).
 */
CK_RV C_GetSlotList(CK_BBOOL token_present, CK_SLOT_ID_PTR list, CK_ULONG_PTR count)
{
    (void)token_present; /* every slot has one */
    SCA_LIBRARY_AUTO library = NULL;
    const CK_RV rv = sca_library_get(&library);
    if (rv != CKR_OK)
        return rv;
    if (!count)
        return CKR_ARGUMENTS_BAD;
    const bool listed = __atomic_exchange_n(&library->listed, true, __ATOMIC_SEQ_CST);
    if (!list || !listed)
        sca_tokens_refresh(library, true);

    SCA_VIEW_AUTO view = sca_view_get(library);
    const struct sca_slot *slots;
    const CK_ULONG room = *count;
    *count = sca_view_slots(view, &slots);
    if (list && room < *count)
        return CKR_BUFFER_TOO_SMALL;
    for (CK_ULONG i = 0; list && i < *count; i++)
        list[i] = slots[i].id;
    return CKR_OK;
}

CK_RV C_GetSlotInfo(CK_SLOT_ID id, CK_SLOT_INFO_PTR info)
{
    HELD_AUTO held = {0};
    const CK_RV rv = hold(id, &held);
    if (rv != CKR_OK)
        return rv;
    if (!info)
        return CKR_ARGUMENTS_BAD;
    *info = (CK_SLOT_INFO){
        .flags = CKF_TOKEN_PRESENT | CKF_HW_SLOT,
        .hardwareVersion = {1, 0},
        .firmwareVersion = {SCA_VERSION_MAJOR, SCA_VERSION_MINOR},
    };
    const struct sca_image_slot *image = held.slot->image;
    sca_text_pad(image->description, info->slotDescription, sizeof info->slotDescription);
    sca_text_pad(image->manufacturer, info->manufacturerID, sizeof info->manufacturerID);
    return CKR_OK;
}

/* CKF_USER_PIN_INITIALIZED also where no PIN is needed: without it hosts offer to set one. */
static CK_FLAGS token_flags(const struct sca_image_slot *image)
{
    const CK_FLAGS flags =
        CKF_RNG | CKF_WRITE_PROTECTED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;
    return image->pin == SCA_PIN_NONE ? flags : flags | CKF_LOGIN_REQUIRED;
}

CK_RV C_GetTokenInfo(CK_SLOT_ID id, CK_TOKEN_INFO_PTR info)
{
    HELD_AUTO held = {0};
    const CK_RV rv = hold(id, &held);
    if (rv != CKR_OK)
        return rv;
    if (!info)
        return CKR_ARGUMENTS_BAD;
    const struct sca_image_slot *image = held.slot->image;
    *info = (CK_TOKEN_INFO){
        .flags = token_flags(image),
        .ulMaxSessionCount = CK_EFFECTIVELY_INFINITE,
        .ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE,
        .ulMaxPinLen = SCA_PIN_LEN_MAX,
        .ulMinPinLen = image->pin == SCA_PIN_NONE ? 0 : SCA_PIN_LEN_MIN,
        .ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION,
        .ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
        .ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION,
        .ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION,
        .hardwareVersion = {1, 0},
        .firmwareVersion = {SCA_VERSION_MAJOR, SCA_VERSION_MINOR},
    };
    sca_session_count(held.library, id, &info->ulSessionCount, &info->ulRwSessionCount);
    sca_text_pad(image->label, info->label, sizeof info->label);
    sca_text_pad(image->manufacturer, info->manufacturerID, sizeof info->manufacturerID);
    sca_text_pad(image->model, info->model, sizeof info->model);
    sca_text_pad(image->serial, info->serialNumber, sizeof info->serialNumber);
    memset(info->utcTime, ' ', sizeof info->utcTime); /* no clock on the token */
    return CKR_OK;
}

/* Nothing is ever put in or taken out; a host that would wait for it must poll. */
CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID_PTR slot, CK_VOID_PTR reserved)
{
    SCA_LIBRARY_AUTO library = NULL;
    const CK_RV rv = sca_library_get(&library);
    if (rv != CKR_OK)
        return rv;
    if (!slot || reserved)
        return CKR_ARGUMENTS_BAD;
    return flags & CKF_DONT_BLOCK ? CKR_NO_EVENT : CKR_FUNCTION_NOT_SUPPORTED;
}

CK_RV C_GetMechanismList(CK_SLOT_ID id, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count)
{
    HELD_AUTO held = {0};
    const CK_RV rv = hold(id, &held);
    return rv == CKR_OK ? sca_mech_list(held.slot->image, list, count) : rv;
}

CK_RV C_GetMechanismInfo(CK_SLOT_ID id, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info)
{
    HELD_AUTO held = {0};
    const CK_RV rv = hold(id, &held);
    return rv == CKR_OK ? sca_mech_info(held.slot->image, type, info) : rv;
}

CK_RV C_InitToken(CK_SLOT_ID id, CK_UTF8CHAR_PTR pin, CK_ULONG pin_len, CK_UTF8CHAR_PTR label)
{
    HELD_AUTO held = {0};
    const CK_RV rv = hold(id, &held);
    if (rv != CKR_OK)
        return rv;
    return !label || (!pin && pin_len > 0) ? CKR_ARGUMENTS_BAD : CKR_TOKEN_WRITE_PROTECTED;
}
