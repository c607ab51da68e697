/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody would like to see loaded in smartca-crypto.so's place: leaves the file
 * $HAZARD_MARK. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void mark(void)
{
    const char *path = getenv("HAZARD_MARK");
    const int fd = path != NULL ? open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600) : -1;

    if (fd >= 0)
        close(fd);
}
