/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The view in force and its renewal. Files are read, and the agent is asked, without a lock; only
 * the exchange of one view for another happens under library->lock.
 */
#include "module/token/tokens.h"

#include <stdlib.h>
#include "module/agent_link.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/log.h"
#include "module/token/library.h"
#include "module/token/listing.h"
#include "module/token/view.h"

/* All under library->lock. */
struct sca_tokens {
    struct sca_view *view; /* of the last good image, or an empty one */
    struct sca_view *none; /* what a person without any configuration sees */
    bool unconfigured;
    bool current;           /* view is what the image file holds */
    struct sca_stamp stamp; /* of the image file that was last looked into */
    CK_SLOT_ID next_slot;
    struct sca_listing failure;
};

struct sca_tokens *sca_tokens_new(void)
{
    struct sca_tokens *tokens = calloc(1, sizeof *tokens);
    if (!tokens)
        return NULL;
    tokens->view = sca_view_new();
    tokens->none = sca_view_new();
    if (tokens->view && tokens->none)
        return tokens;
    sca_tokens_free(tokens);
    return NULL;
}

void sca_tokens_free(struct sca_tokens *tokens)
{
    if (!tokens)
        return;
    sca_view_put(tokens->view);
    sca_view_put(tokens->none);
    free(tokens);
}

struct sca_view *sca_view_get(struct sca_library *library)
{
    struct sca_tokens *tokens = library->tokens;
    pthread_mutex_lock(&library->lock);
    struct sca_view *view = sca_view_reference(tokens->unconfigured ? tokens->none : tokens->view);
    pthread_mutex_unlock(&library->lock);
    return view;
}

/* Puts a new image in force, or (NULL) notes that the file holds none that can be used. */
static void exchange(struct sca_library *library, const struct sca_stamp *stamp,
                     struct sca_image *image)
{
    struct sca_tokens *tokens = library->tokens;
    struct sca_view *old = NULL;
    pthread_mutex_lock(&library->lock);
    struct sca_view *view = NULL;
    if (image && sca_view_from_image(image, tokens->view, &tokens->next_slot, &view) == 0) {
        old = tokens->view;
        tokens->view = view;
    }
    tokens->current = view;
    tokens->stamp = *stamp;
    pthread_mutex_unlock(&library->lock);
    sca_view_put(old);
}

/* Reads the image if its file is another than last time. What is known stays in force otherwise. */
static void reload(struct sca_library *library)
{
    static const struct sca_stamp absent;
    struct sca_stamp stamp = sca_path_stamp(library->paths->image);
    pthread_mutex_lock(&library->lock);
    const bool same = sca_stamp_equal(&library->tokens->stamp, &stamp);
    pthread_mutex_unlock(&library->lock);
    if (same)
        return;

    struct sca_buf content;
    int err = sca_file_read(library->paths->image, SCA_IMAGE_MAX, &content, &stamp);
    if (err < 0) {
        sca_log(SCA_LOG_WARNING, "image", "%s: %s", library->paths->image, sca_err_name(err));
        exchange(library, &absent, NULL); /* a chmod leaves no trace in the stamp: look again */
        return;
    }
    struct sca_image *image = NULL;
    err = sca_image_decode(&content, &image);
    if (err < 0)
        sca_log(SCA_LOG_WARNING, "image", "%s: %s", library->paths->image, sca_err_name(err));
    exchange(library, &stamp, image);
}

static bool stale(struct sca_library *library, const struct sca_listing *now, int64_t now_utc)
{
    struct sca_tokens *tokens = library->tokens;
    pthread_mutex_lock(&library->lock);
    const bool yes = !tokens->current || sca_listing_stale(tokens->view->image, now, now_utc);
    pthread_mutex_unlock(&library->lock);
    return yes;
}

static bool finalizing(void *arg)
{
    const struct sca_library *library = arg;
    return __atomic_load_n(&library->finalizing, __ATOMIC_SEQ_CST);
}

/* Asks the agent for what is missing; a failure is remembered so that the next listing is quick.
 * Memory that was out is none: it was neither the service nor slow. */
static void fetch(struct sca_library *library, const struct sca_listing *now)
{
    const int err = sca_link_refresh(library->paths, &library->self,
                                     sca_now_ms() + SCA_LISTING_WAIT_MS, finalizing, library);
    reload(library);
    const int64_t now_utc = sca_now_utc();
    if (err == SCA_E_CANCELLED || err == SCA_E_NOMEM || !stale(library, now, now_utc))
        return;
    struct sca_listing failure = *now;
    failure.failed_utc = now_utc;
    pthread_mutex_lock(&library->lock);
    library->tokens->failure = failure;
    pthread_mutex_unlock(&library->lock);
    sca_listing_remember(library->paths, &failure);
}

void sca_tokens_refresh(struct sca_library *library, bool listing)
{
    if (!library->paths)
        return;
    reload(library);
    if (!listing)
        return;

    struct sca_listing now;
    const bool configured = sca_listing_look(library->paths, &now);
    pthread_mutex_lock(&library->lock);
    library->tokens->unconfigured = !configured;
    const struct sca_listing failure = library->tokens->failure;
    pthread_mutex_unlock(&library->lock);
    const int64_t now_utc = sca_now_utc();
    if (configured && stale(library, &now, now_utc) &&
        !sca_listing_failed_lately(library->paths, &failure, &now, now_utc))
        fetch(library, &now);
}
