/* SPDX-License-Identifier: Apache-2.0 */
/* Names of accounts as names of files. */
#include "account_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/text.h"

static bool plain(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
}

char *sca_account_file(const char *dir, const char *prefix, const char *account, const char *suffix)
{
    SCA_TEXT_AUTO name = malloc(3 * strlen(account) + 1);
    char *path = NULL;
    size_t len = 0;

    if (name == NULL)
        return NULL;
    for (; *account != '\0'; account++) {
        if (plain(*account))
            name[len++] = *account;
        else
            len += (size_t)snprintf(name + len, 4, "%%%02X", (unsigned char)*account);
    }
    name[len] = '\0';
    return asprintf(&path, "%s/%s%s%s", dir, prefix, name, suffix) < 0 ? NULL : path;
}
