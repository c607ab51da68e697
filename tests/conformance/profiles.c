/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mandatory test cases of the PKCS#11 Profiles as tables.
 *   profiles MODULE list                             the profiles that the first token says it
 * keeps profiles MODULE CASE PIN [DATA SIGNATURE]        replays BL-M-1, EXT-M-1, AUTH-M-1 or
 * CERT-M-1 Labels, numbers and texts are the token's own, as section 5.1 permits; the replayed
 * session is version 3.0 as the module says, the flags are those of a token that needs no login.
 * Source: PKCS#11 Profiles 3.1, BL-M-1-31, EXT-M-1-31, AUTH-M-1-31, CERT-M-1-31.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "replay.h"

#define RO CKF_SERIAL_SESSION
#define RW (CKF_SERIAL_SESSION | CKF_RW_SESSION)

static const struct step baseline[] = {
    {"C_Initialize", replay_initialize},
    {"C_GetInfo", replay_get_info},
    {"C_GetSlotList", replay_get_slot_list},
    {"C_GetSlotInfo", replay_get_slot_info},
    {"C_GetTokenInfo", replay_get_token_info},
    {"C_OpenSession", replay_open_session, .number = RO},
    {"C_FindObjectsInit", replay_find_objects_init},
    {"C_FindObjects", replay_find_objects, .number = 1},
    {"C_FindObjectsFinal", replay_find_objects_final},
    {"C_CloseSession", replay_close_session},
    {"C_CloseAllSessions", replay_close_all_sessions},
    {"C_Finalize", replay_finalize},
    {NULL},
};

static const struct step extended[] = {
    {"C_Initialize", replay_initialize},
    {"C_GetInfo", replay_get_info},
    {"C_GetSlotList", replay_get_slot_list},
    {"C_GetSlotInfo", replay_get_slot_info},
    {"C_GetTokenInfo", replay_get_token_info},
    {"C_GetMechanismList", replay_get_mechanisms},
    {"C_OpenSession", replay_open_session, .number = RW},
    {"C_Login", replay_login},
    {"C_FindObjectsInit", replay_find_objects_init},
    {"C_FindObjects", replay_find_objects, .number = 1},
    {"C_FindObjectsFinal", replay_find_objects_final},
    {"C_Logout", replay_logout},
    {"C_CloseSession", replay_close_session},
    {"C_CloseAllSessions", replay_close_all_sessions},
    {"C_Finalize", replay_finalize},
    {NULL},
};

static const struct step authentication[] = {
    {"C_Initialize", replay_initialize},
    {"C_GetInfo", replay_get_info},
    {"C_GetSlotList", replay_get_slot_list},
    {"C_OpenSession", replay_open_session, .number = RW},
    {"C_Login", replay_login},
    {"C_FindObjectsInit (public key)", replay_find_objects_init, .class = CKO_PUBLIC_KEY},
    {"C_FindObjects (public key)", replay_find_objects, .number = 1},
    {"C_FindObjectsFinal", replay_find_objects_final},
    {"C_GetAttributeValue", replay_get_public_numbers},
    {"C_FindObjectsInit (private key)", replay_find_objects_init, .class = CKO_PRIVATE_KEY},
    {"C_FindObjects (private key)", replay_find_objects, .number = 1},
    {"C_FindObjectsFinal", replay_find_objects_final},
    {"C_SignInit", replay_sign_init},
    {"C_Sign", replay_sign},
    {"C_Logout", replay_logout},
    {"C_CloseSession", replay_close_session},
    {"C_CloseAllSessions", replay_close_all_sessions},
    {"C_Finalize", replay_finalize},
    {NULL},
};

static const struct step certificates[] = {
    {"C_Initialize", replay_initialize},
    {"C_GetInfo", replay_get_info},
    {"C_GetSlotList", replay_get_slot_list},
    {"C_OpenSession", replay_open_session, .number = RO},
    {"C_FindObjectsInit", replay_find_objects_init},
    {"C_FindObjects", replay_find_objects, .number = 5},
    {"C_GetAttributeValue (label)", replay_get_attribute, .type = CKA_LABEL},
    {"C_GetAttributeValue (value)", replay_get_attribute, .type = CKA_VALUE},
    {"C_FindObjectsFinal", replay_find_objects_final},
    {"C_CloseSession", replay_close_session},
    {"C_CloseAllSessions", replay_close_all_sessions},
    {"C_Finalize", replay_finalize},
    {NULL},
};

static const struct {
    const char *name;
    const struct step *steps;
} cases[] = {
    {"BL-M-1", baseline},
    {"EXT-M-1", extended},
    {"AUTH-M-1", authentication},
    {"CERT-M-1", certificates},
};

static bool load(const char *path)
{
    CK_C_GetInterface get = NULL;
    CK_INTERFACE *interface = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (library)
        *(void **)&get = dlsym(library, "C_GetInterface");
    if (!get || get(NULL, NULL, &interface, 0) != CKR_OK)
        return false;
    replay.p11 = interface->pFunctionList;
    return true;
}

static int list_profiles(void)
{
    static const struct step step = {"list", NULL, .class = CKO_PROFILE};
    CK_ULONG found = 1;

    replay_initialize(&step);
    replay_get_slot_list(&step);
    if (replay.p11->C_OpenSession(replay.slot, RO, NULL, NULL, &replay.session) != CKR_OK)
        return 1;
    replay_find_objects_init(&step);
    while (replay.p11->C_FindObjects(replay.session, replay.objects, 1, &found) == CKR_OK &&
           found == 1) {
        CK_ULONG id = 0;
        CK_ATTRIBUTE attr = {CKA_PROFILE_ID, &id, sizeof id};
        if (replay.p11->C_GetAttributeValue(replay.session, replay.objects[0], &attr, 1) != CKR_OK)
            return 1;
        printf("%lu ", id);
    }
    puts("");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3 || !load(argv[1]))
        return 2;
    if (strcmp(argv[2], "list") == 0)
        return list_profiles();
    replay.pin = argc > 3 ? argv[3] : "";
    replay.data = argc > 5 ? argv[4] : NULL;
    replay.signature = argc > 5 ? argv[5] : NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(cases[i].name, argv[2]) != 0)
            continue;
        for (const struct step *step = cases[i].steps; step->name; step++)
            step->run(step);
        return 0;
    }
    return 2;
}
