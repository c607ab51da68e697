/* SPDX-License-Identifier: Apache-2.0 */
/* The function lists; C_GetInfo stands in them twice, so that it says the version of its list. */
#ifndef SCA_MODULE_CRYPTOKI_INTERFACE_H
#define SCA_MODULE_CRYPTOKI_INTERFACE_H

#include "cryptoki.h"

#define SCA_VERSION_2_40                                                                           \
    {                                                                                              \
        2, 40                                                                                      \
    }
#define SCA_VERSION_3_0                                                                            \
    {                                                                                              \
        3, 0                                                                                       \
    }

/* C_GetInfo of the 3.0 list; C_GetInfo itself is that of the 2.40 list. */
CK_RV sca_get_info_3_0(CK_INFO_PTR info);

#endif
