/* SPDX-License-Identifier: Apache-2.0 */
/* Finding installed programs. See program.h. */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/text.h"

#define FOLDERS_DEFAULT "/usr/local/bin:/usr/bin:/bin"

char *sca_program_find(const char *name)
{
    const char *folders = secure_getenv("PATH");

    if (folders == NULL || *folders == '\0')
        folders = FOLDERS_DEFAULT;
    while (*folders != '\0') {
        int len = (int)strcspn(folders, ":");
        SCA_TEXT_AUTO path =
            *folders == '/' ? sca_text_format("%.*s/%s", len, folders, name) : NULL;

        if (path != NULL && access(path, X_OK) == 0) {
            char *taken = path;

            path = NULL;
            return taken;
        }
        folders += len;
        folders += *folders == ':' ? 1 : 0;
    }
    return NULL;
}
