/* SPDX-License-Identifier: Apache-2.0 */
/*
 * C_Initialize, C_Finalize, C_GetInfo.
 * Source: PKCS#11 3.0 base specification, 5.4.1 to 5.4.3.
 */
#include <stdbool.h>
#include "build_config.h"
#include "common/text.h"
#include "module/cryptoki/interface.h"
#include "module/token/library.h"
#include "module/token/lifecycle.h"

/*
 * Whatever a host offers for locking, the library uses the system's own: who passes functions of
 * its own also says CKF_OS_LOCKING_OK (NSS, p11-kit), and no thread is ever made, so
 * CKF_LIBRARY_CANT_CREATE_OS_THREADS is no hindrance.
 */
static bool sound(const CK_C_INITIALIZE_ARGS *args)
{
    const int callbacks =
        !!args->CreateMutex + !!args->DestroyMutex + !!args->LockMutex + !!args->UnlockMutex;
    return !args->pReserved && (callbacks == 0 || callbacks == 4);
}

CK_RV C_Initialize(CK_VOID_PTR args)
{
    if (args && !sound(args))
        return CKR_ARGUMENTS_BAD;
    return sca_lifecycle_initialize();
}

CK_RV C_Finalize(CK_VOID_PTR reserved)
{
    return reserved ? CKR_ARGUMENTS_BAD : sca_lifecycle_finalize();
}

static CK_RV get_info(CK_VERSION version, CK_INFO *ret_info)
{
    SCA_LIBRARY_AUTO library = NULL;
    const CK_RV rv = sca_library_get(&library);
    if (rv != CKR_OK)
        return rv;
    if (!ret_info)
        return CKR_ARGUMENTS_BAD;
    *ret_info = (CK_INFO){
        .cryptokiVersion = version,
        .libraryVersion = {SCA_VERSION_MAJOR, SCA_VERSION_MINOR},
    };
    sca_text_pad("smartca-pkcs11", ret_info->manufacturerID, sizeof ret_info->manufacturerID);
    sca_text_pad("SmartCA remote signing", ret_info->libraryDescription,
                 sizeof ret_info->libraryDescription);
    return CKR_OK;
}

CK_RV C_GetInfo(CK_INFO_PTR info)
{
    return get_info((CK_VERSION)SCA_VERSION_2_40, info);
}

CK_RV sca_get_info_3_0(CK_INFO_PTR info)
{
    return get_info((CK_VERSION)SCA_VERSION_3_0, info);
}
