/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that lists everything and leaves: what quiet.sh traces. Fails by itself when libcrypto was
 * loaded on the way.
 */
#include "host.h"

#include <stdio.h>

static bool maps_hold(const char *name)
{
    char line[512];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        found = found || strstr(line, name);
    fclose(maps);
    return found;
}

static void list_everything(void **state)
{
    (void)state;
    CK_OBJECT_HANDLE objects[16];
    host_initialize();
    for (CK_ULONG i = 0; i < host_slot_count(); i++) {
        CK_TOKEN_INFO token;
        const CK_SLOT_ID slot = host_slot(i);
        assert_int_equal(host->C_GetTokenInfo(slot, &token), CKR_OK);
        const CK_SESSION_HANDLE session = host_session(slot, 0);
        assert_int_equal(host_find(session, NULL, 0, objects, 16), HOST_OBJECTS);
        assert_int_equal(host->C_Login(session, CKU_USER, NULL, 0), CKR_OK);
    }
    assert_true(maps_hold("smartca-pkcs11"));
    assert_false(maps_hold("libcrypto"));
    assert_int_equal(host->C_Finalize(NULL), CKR_OK);
}

int main(void)
{
    static size_t slots = 5;
    const struct CMUnitTest tests[] = {
        {"list_everything", list_everything, host_set_up, host_tear_down, &slots}};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
