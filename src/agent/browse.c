/* SPDX-License-Identifier: Apache-2.0 */
/* See browse.h. The verifier never leaves this process but in the request for the token. */
#include "browse.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "browser.h"
#include "common/err.h"

#define RANDOM_SIZE  32
#define RANDOM_TEXT  44 /* base64url of 32 bytes without padding, and NUL */
#define ANY_REDIRECT "http://127.0.0.1/smartca"

struct sca_browse {
    uv_loop_t *loop;
    char state[RANDOM_TEXT];
    char challenge[RANDOM_TEXT];
    struct sca_secret *verifier;
    struct sca_cloud_back back;
    struct sca_loopback *loopback;
    struct sca_browser *browser;
    sca_browse_done *done;
    void *arg;
};

/* ---- random and challenge -------------------------------------------------------------------- */

/* RFC 4648 section 5, without padding. */
static void base64url(const uint8_t bytes[static RANDOM_SIZE], char ret_text[static RANDOM_TEXT])
{
    unsigned char text[RANDOM_TEXT + 1];

    EVP_EncodeBlock(text, bytes, RANDOM_SIZE);
    for (size_t i = 0; i < RANDOM_TEXT - 1; i++) {
        ret_text[i] = (char)text[i];
        if (text[i] == '+')
            ret_text[i] = '-';
        if (text[i] == '/')
            ret_text[i] = '_';
    }
    ret_text[RANDOM_TEXT - 1] = '\0';
    sca_wipe(text, sizeof text);
}

static int random_text(char ret_text[static RANDOM_TEXT])
{
    uint8_t bytes[RANDOM_SIZE];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return SCA_E_IO;
    base64url(bytes, ret_text);
    sca_wipe(bytes, sizeof bytes);
    return 0;
}

static int make_verifier(struct sca_browse *browse)
{
    char text[RANDOM_TEXT];
    uint8_t digest[RANDOM_SIZE];
    int err = random_text(text);

    if (err == 0 && EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL) != 1)
        err = SCA_E_NOMEM;
    if (err == 0) {
        base64url(digest, browse->challenge);
        err = sca_secret_new(text, strlen(text), &browse->verifier);
    }
    sca_wipe(text, sizeof text);
    return err;
}

/* ---- the visit ------------------------------------------------------------------------------- */

static void on_back(void *arg, int err, const struct sca_secret *code, const char *words)
{
    struct sca_browse *browse = arg;

    sca_browser_forget(browse->browser);
    browse->browser = NULL;
    browse->done(browse->arg, err, code, words);
}

static void on_ended(void *arg, bool failed)
{
    struct sca_browse *browse = arg;

    browse->browser = NULL;
    if (failed)
        browse->done(browse->arg, SCA_E_NO_SCREEN, NULL, "");
}

static int open_back(struct sca_browse *browse, const char *text)
{
    struct sca_redirect redirect;

    int err = sca_redirect_parse(text != NULL ? text : ANY_REDIRECT, &redirect);
    if (err != 0)
        return SCA_E_CONFIG;
    err = random_text(browse->state);
    if (err == 0)
        err = make_verifier(browse);
    if (err == 0)
        err = sca_loopback_new(browse->loop, &redirect, browse->state, on_back, browse,
                               &browse->loopback);
    return err;
}

int sca_browse_new(uv_loop_t *loop, const char *redirect, sca_browse_done *done, void *arg,
                   struct sca_browse **ret_browse)
{
    struct sca_browse *browse = calloc(1, sizeof *browse);

    if (browse == NULL)
        return SCA_E_NOMEM;
    browse->loop = loop;
    browse->done = done;
    browse->arg = arg;
    int err = open_back(browse, redirect);
    if (err != 0) {
        sca_browse_free(browse);
        return err;
    }
    browse->back = (struct sca_cloud_back){
        .redirect_uri = sca_loopback_uri(browse->loopback),
        .state = browse->state,
        .challenge = browse->challenge,
        .verifier = browse->verifier,
    };
    *ret_browse = browse;
    return 0;
}

const struct sca_cloud_back *sca_browse_back(const struct sca_browse *browse)
{
    return &browse->back;
}

int sca_browse_show(struct sca_browse *browse, const struct sca_screen *screen, const char *url)
{
    return sca_browser_open(browse->loop, screen, url, on_ended, browse, &browse->browser);
}

void sca_browse_answer(struct sca_browse *browse, const char *sentence)
{
    sca_loopback_answer(browse->loopback, sentence);
}

void sca_browse_free(struct sca_browse *browse)
{
    if (browse == NULL)
        return;
    sca_browser_forget(browse->browser);
    sca_loopback_free(browse->loopback);
    sca_secret_free(&browse->verifier);
    free(browse);
}
