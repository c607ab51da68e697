/* SPDX-License-Identifier: Apache-2.0 */
/* Odd places: without standard descriptors, and with labels that are cut. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include "common/text.h"
#include "guest.h"

/* closed-stdio MODULE FILE: what is opened meanwhile must not become somebody's standard output. */
int hazard_closed_stdio(int argc, char **argv)
{
    (void)argc;
    struct guest guest;

    for (int fd = 0; fd < 3; fd++)
        close(fd);
    guest = guest_start(argv[0]);
    const CK_RV rv = guest_sign(&guest, argv[1]);
    const CK_RV end = guest.p11->C_Finalize(NULL);
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            return 10 + fd;
    return rv == CKR_OK && end == CKR_OK ? 0 : 1;
}

/* label MODULE: the first token's label, without its padding; its 32 bytes must be whole letters.
 */
int hazard_label(int argc, char **argv)
{
    (void)argc;
    CK_SLOT_ID slot = 0;
    CK_ULONG count = 1;
    CK_TOKEN_INFO info;
    const struct guest guest = guest_start(argv[0]);

    guest_must(guest.p11->C_GetSlotList(CK_TRUE, &slot, &count) == CKR_OK, "C_GetSlotList");
    guest_must(guest.p11->C_GetTokenInfo(slot, &info) == CKR_OK, "C_GetTokenInfo");
    guest_must(sca_utf8_valid((struct sca_bytes){info.label, sizeof info.label}), "UTF-8");
    size_t len = sizeof info.label;
    while (len > 0 && info.label[len - 1] == ' ')
        len--;
    printf("%.*s\n", (int)len, (const char *)info.label);
    return 0;
}
