/* SPDX-License-Identifier: Apache-2.0 */
/* See listing.h. The file holds the time and the stamps, eight bytes each, little-endian. */
#include "module/token/listing.h"

#include <stdio.h>
#include <string.h>
#include "common/buf.h"
#include "common/log.h"
#include "common/text.h"

#define NAME      "listing-failed"
#define FILE_SIZE (8 * (1 + 3 * SCA_LISTING_CONFIGS))

static bool same_configuration(const struct sca_listing *a, const struct sca_listing *b)
{
    for (size_t i = 0; i < SCA_LISTING_CONFIGS; i++)
        if (!sca_stamp_equal(&a->conf[i], &b->conf[i]))
            return false;
    return true;
}

/* A time ahead of now was written under another clock: it says nothing. */
static bool holds(const struct sca_listing *failure, const struct sca_listing *now, int64_t now_utc)
{
    return failure->failed_utc > 0 && failure->failed_utc <= now_utc &&
           now_utc - failure->failed_utc < SCA_LISTING_PAUSE_S && same_configuration(failure, now);
}

static char *file_path(const struct sca_paths *paths)
{
    char *path;
    return asprintf(&path, "%s/%s", paths->cache_dir, NAME) < 0 ? NULL : path;
}

static bool read_failure(const struct sca_paths *paths, struct sca_listing *ret_failure)
{
    SCA_TEXT_AUTO path = file_path(paths);
    SCA_BUF_AUTO content;
    struct sca_stamp stamp;
    sca_buf_init(&content, FILE_SIZE);
    if (!path || sca_file_read(path, FILE_SIZE, &content, &stamp) < 0 || content.len != FILE_SIZE)
        return false;
    struct sca_reader reader = sca_reader((struct sca_bytes){content.data, content.len});
    ret_failure->failed_utc = (int64_t)sca_read_u64(&reader);
    for (size_t i = 0; i < SCA_LISTING_CONFIGS; i++) {
        ret_failure->conf[i].mtime_ns = sca_read_u64(&reader);
        ret_failure->conf[i].size = sca_read_u64(&reader);
        ret_failure->conf[i].inode = sca_read_u64(&reader);
    }
    return true;
}

bool sca_listing_look(const struct sca_paths *paths, struct sca_listing *ret_now)
{
    static const struct sca_stamp absent;
    bool any = false;
    struct sca_listing now = {0};
    for (size_t i = 0; i < SCA_LISTING_CONFIGS; i++) {
        if (paths->conf[i])
            now.conf[i] = sca_path_stamp(paths->conf[i]);
        any = any || !sca_stamp_equal(&now.conf[i], &absent);
    }
    *ret_now = now;
    return any;
}

bool sca_listing_stale(const struct sca_image *image, const struct sca_listing *now,
                       int64_t now_utc)
{
    if (!image)
        return true;
    for (size_t i = 0; i < SCA_LISTING_CONFIGS; i++)
        if (!sca_stamp_equal(&image->conf[i], &now->conf[i]))
            return true;
    return image->retry_after_utc != 0 && now_utc >= image->retry_after_utc;
}

bool sca_listing_failed_lately(const struct sca_paths *paths, const struct sca_listing *memory,
                               const struct sca_listing *now, int64_t now_utc)
{
    struct sca_listing written;
    return holds(memory, now, now_utc) ||
           (read_failure(paths, &written) && holds(&written, now, now_utc));
}

void sca_listing_remember(const struct sca_paths *paths, const struct sca_listing *failure)
{
    SCA_TEXT_AUTO path = file_path(paths);
    SCA_BUF_AUTO content;
    sca_buf_init(&content, FILE_SIZE);
    sca_buf_add_u64(&content, (uint64_t)failure->failed_utc);
    for (size_t i = 0; i < SCA_LISTING_CONFIGS; i++) {
        sca_buf_add_u64(&content, failure->conf[i].mtime_ns);
        sca_buf_add_u64(&content, failure->conf[i].size);
        sca_buf_add_u64(&content, failure->conf[i].inode);
    }
    if (!path || content.err < 0 || sca_dir_ensure(paths->cache_dir) < 0 ||
        sca_file_replace(path, (struct sca_bytes){content.data, content.len}) < 0)
        sca_log(SCA_LOG_DEBUG, "image", "cannot remember the failed listing in %s",
                paths->cache_dir);
}
