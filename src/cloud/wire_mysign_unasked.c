/* SPDX-License-Identifier: Apache-2.0 */
/* registerExtension, which only programs have shown: what it says of its end is read loosely. */
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

/*
 * "2026-11-30T10:00:00.000+0700" and shorter. Without a zone it counts as UTC, which in Vietnam is
 * the later of the readings. Day and month in front are two readings: neither.
 */
static bool read_date(const char *text, int64_t *ret_utc)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%d", &tm);

    if (rest == NULL || (*rest != 'T' && *rest != ' '))
        return false;
    rest = strptime(rest + 1, "%H:%M:%S", &tm);
    if (rest == NULL)
        return false;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest != '\0') {
        rest = strptime(rest, "%z", &tm);
        if (rest == NULL || *rest != '\0')
            return false;
    }
    const int64_t offset_s = tm.tm_gmtoff; /* timegm sets it */
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
