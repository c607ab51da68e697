/* SPDX-License-Identifier: Apache-2.0 */
/* One file for each client and person, a line each: the time, or "unknown". */
#include "unasked.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "account_file.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"

#define FILE_MAX 64u
#define SLACK_S  (15 * 60)

static const char unknown[] = "unknown\n";

/* "CMT_0123" and "0123" are one person. */
static const char *person_of(const struct sca_config_account *account)
{
    const char *user = account->user_id != NULL ? account->user_id : "";
    const char *prefix = strrchr(user, '_');

    return prefix != NULL ? prefix + 1 : user;
}

static char *file_of(const struct sca_paths *paths, const struct sca_config_account *account)
{
    const char *client = account->client_id != NULL ? account->client_id : "";
    const char *person = person_of(account);
    const size_t size = strlen(client) + strlen(person) + 2;
    SCA_TEXT_AUTO name = malloc(size);

    if (name == NULL)
        return NULL;
    snprintf(name, size, "%s %s", client, person);
    return sca_account_file(paths->state_dir, "unasked-", name, "");
}

/* "1764486000\n"; anything else is "unknown". */
static int64_t parse(const struct sca_buf *content)
{
    int64_t until_utc = 0;

    for (size_t i = 0; i < content->len; i++) {
        const uint8_t letter = content->data[i];

        if (letter == '\n' && i > 0 && i + 1 == content->len)
            return until_utc;
        if (letter < '0' || letter > '9' || i > 17)
            break;
        until_utc = until_utc * 10 + (letter - '0');
    }
    return SCA_UNASKED_FOREVER;
}

int64_t sca_unasked_until(const struct sca_paths *paths, const struct sca_config_account *account)
{
    SCA_TEXT_AUTO path = file_of(paths, account);
    SCA_BUF_AUTO content = {0};
    int err = path != NULL ? sca_file_read(path, FILE_MAX, &content, NULL) : SCA_E_NOMEM;

    if (err == SCA_E_NOENT)
        return SCA_UNASKED_NEVER;
    if (err == 0)
        return parse(&content);
    sca_log(SCA_LOG_WARNING, "session", "account %s: not known whether its service asks (%s)",
            account->name, sca_err_name(err));
    return SCA_UNASKED_FOREVER;
}

int sca_unasked_note(const struct sca_paths *paths, const struct sca_config_account *account,
                     int64_t until_utc)
{
    SCA_TEXT_AUTO path = file_of(paths, account);
    char text[32];

    if (path == NULL)
        return SCA_E_NOMEM;
    if (until_utc == SCA_UNASKED_NEVER)
        return unlink(path) == 0 || errno == ENOENT ? 0 : SCA_E_IO;
    if (until_utc == SCA_UNASKED_FOREVER)
        snprintf(text, sizeof text, "%s", unknown);
    else
        snprintf(text, sizeof text, "%lld\n", (long long)until_utc);
    int err = sca_dir_ensure(paths->state_dir);
    return err == 0
               ? sca_file_replace(path, (struct sca_bytes){(const uint8_t *)text, strlen(text)})
               : err;
}

bool sca_unasked_holds(int64_t until_utc, int64_t now_utc)
{
    if (until_utc == SCA_UNASKED_NEVER || until_utc == SCA_UNASKED_FOREVER)
        return until_utc == SCA_UNASKED_FOREVER;
    return now_utc < until_utc + SLACK_S;
}
