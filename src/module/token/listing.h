/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a listing is worth asking the agent for, and the memory of a failure, so that a program that
 * starts every second does not wait five seconds each time while the cloud is away.
 */
#ifndef SCA_MODULE_TOKEN_LISTING_H
#define SCA_MODULE_TOKEN_LISTING_H

#include <stdbool.h>
#include <stdint.h>
#include "common/image.h"
#include "common/path.h"

#define SCA_LISTING_WAIT_MS 5000 /* for the agent */
#define SCA_LISTING_PAUSE_S 60   /* after a failure */
#define SCA_LISTING_CONFIGS 2

/* The configuration files as they are now; also the shape of a remembered failure. */
struct sca_listing {
    int64_t failed_utc; /* 0: no failure */
    struct sca_stamp conf[SCA_LISTING_CONFIGS];
};

/* Stamps of the configuration files: one stat each. False when there is no such file at all. */
bool sca_listing_look(const struct sca_paths *paths, struct sca_listing *ret_now);

/* True when @image (NULL: none) was made from another configuration, or lacks an account that may
 * be asked for again at @now_utc. */
bool sca_listing_stale(const struct sca_image *image, const struct sca_listing *now,
                       int64_t now_utc);

/*
 * True when asking failed less than SCA_LISTING_PAUSE_S ago with this very configuration: by
 * @memory of this process, or by the file cache_dir/listing-failed of any.
 */
bool sca_listing_failed_lately(const struct sca_paths *paths, const struct sca_listing *memory,
                               const struct sca_listing *now, int64_t now_utc);

/* Remembers a failure for other processes; a folder that cannot be written is not an error. */
void sca_listing_remember(const struct sca_paths *paths, const struct sca_listing *failure);

#endif
