/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A provider for OpenSSL that loads a PKCS#11 module while the host's openssl.cnf is being read and
 * lists what is there, as engine_pkcs11 and pkcs11-provider have done in one version or another.
 * It offers no algorithm. Its section of the configuration says "pkcs11-module = PATH".
 * Source: provider(7), provider-base(7).
 */
#include <dlfcn.h>
#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/params.h>
#include <stddef.h>
#include "cryptoki.h"

enum { SLOTS_MAX = 64 };

static void list_slots(const char *path)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_C_GetFunctionList get = NULL;
    CK_FUNCTION_LIST *p11 = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (library != NULL)
        *(void **)&get = dlsym(library, "C_GetFunctionList");
    if (get == NULL || get(&p11) != CKR_OK || p11->C_Initialize(NULL) != CKR_OK)
        return;
    (void)p11->C_GetSlotList(CK_TRUE, NULL, &count);
    (void)p11->C_GetSlotList(CK_TRUE, slots, &count);
}

static const char *module_path(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *from_core)
{
    char *path = NULL;
    OSSL_PARAM wanted[] = {
        OSSL_PARAM_utf8_ptr("pkcs11-module", &path, 0),
        OSSL_PARAM_END,
    };

    for (; from_core->function_id != 0; from_core++)
        if (from_core->function_id == OSSL_FUNC_CORE_GET_PARAMS)
            (void)OSSL_FUNC_core_get_params(from_core)(core, wanted);
    return path;
}

__attribute__((visibility("default"))) int OSSL_provider_init(const OSSL_CORE_HANDLE *core,
                                                              const OSSL_DISPATCH *from_core,
                                                              const OSSL_DISPATCH **ret_functions,
                                                              void **ret_context)
{
    static const OSSL_DISPATCH nothing[] = {{0, NULL}};
    const char *path = module_path(core, from_core);

    if (path != NULL)
        list_slots(path);
    *ret_functions = nothing;
    *ret_context = (void *)(size_t)core;
    return 1;
}
