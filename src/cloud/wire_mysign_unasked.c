/* SPDX-License-Identifier: Apache-2.0 */
/* registerExtension, which only programs have shown: what it says of its end is read loosely. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "cloud/mysign_reply.h"
#include "cloud/wire_mysign.h"

#define REGISTERED  60110
#define MS_FROM     100000000000 /* numbers from here on are milliseconds */
#define AHEAD_MAX_S (366LL * 24 * 3600)

static const char *const registered_words[] = {"already registered", NULL};

void sca_mysign_put_unasked(struct sca_buf *out, const char *credential_id, struct sca_bytes sad,
                            unsigned duration)
{
    sca_json_open(out, NULL, '{');
    sca_json_put_text(out, "credential_id", credential_id);
    sca_json_put(out, "SAD", sad);
    sca_json_put_int(out, "duration", duration);
    sca_json_close(out, '}');
}

/* "+0700", "+07:00", "Z" or nothing, which counts as UTC: the later of the readings in Vietnam. */
static bool read_zone(const char *text, int64_t *ret_offset_s)
{
    unsigned hours = 0;
    unsigned minutes = 0;
    char end = '\0';

    *ret_offset_s = 0;
    if (text[0] == '\0' || strcmp(text, "Z") == 0)
        return true;
    if ((text[0] != '+' && text[0] != '-') ||
        (sscanf(text + 1, "%2u:%2u%c", &hours, &minutes, &end) != 2 &&
         sscanf(text + 1, "%2u%2u%c", &hours, &minutes, &end) != 2) ||
        hours > 14 || minutes > 59)
        return false;
    *ret_offset_s = ((int64_t)hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
    return true;
}

/* "2026-11-30T10:00:00.000+0700" and shorter. Day and month in front are two readings: neither. */
static bool read_date(const char *text, int64_t *ret_utc)
{
    struct tm tm = {0};
    int64_t offset_s = 0;
    int used = 0;

    if (sscanf(text, "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6 ||
        used < 19 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
        tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    text += used;
    if (text[0] == '.')
        text += 1 + strspn(text + 1, "0123456789");
    if (!read_zone(text, &offset_s))
        return false;
    *ret_utc = (int64_t)timegm(&tm) - offset_s;
    return true;
}

static bool read_until(const json_t *root, int64_t now_utc, int64_t *ret_utc)
{
    const char *text = sca_json_text(root, "expire_date");
    int64_t until_utc = 0;

    if (sca_json_int(root, "expire_date", &until_utc))
        until_utc = until_utc >= MS_FROM ? until_utc / 1000 : until_utc;
    else if (text == NULL || !read_date(text, &until_utc))
        return false;
    *ret_utc = until_utc;
    return until_utc > now_utc && until_utc <= now_utc + AHEAD_MAX_S;
}

void sca_mysign_read_unasked(const struct sca_http_reply *http, int64_t now_utc,
                             struct sca_cloud_unasked *ret_unasked, bool *ret_stale)
{
    SCA_MYSIGN_REPLY_AUTO reply;

    sca_mysign_reply_open(http, &reply);
    *ret_unasked = (struct sca_cloud_unasked){.state = SCA_UNASKED_UNKNOWN};
    *ret_stale = false;
    if (reply.success) {
        if (read_until(reply.root, now_utc, &ret_unasked->until_utc))
            ret_unasked->state = SCA_UNASKED_UNTIL;
        return;
    }
    const int err = sca_mysign_refusal(http, &reply);
    const bool refused = reply.root != NULL && reply.http >= 400 && err != SCA_E_SERVER;

    *ret_stale = err == SCA_E_NEED_AUTH;
    if (refused && ((reply.has_number && reply.number == REGISTERED) ||
                    sca_words_any(reply.words, registered_words)))
        ret_unasked->state = SCA_UNASKED_EXISTS;
    else if (refused || http->transport == SCA_TRANSPORT_NOT_SENT)
        ret_unasked->state = SCA_UNASKED_REFUSED;
}
