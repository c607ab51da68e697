/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a browser sends to this computer after a log-in, and as an address in the
 * configuration: nothing but the request with our state brings a code.
 */
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>
#include "agent/redirect.h"
#include "common/err.h"
#include "common/text.h"

static void read_head(struct sca_bytes head)
{
    char words[SCA_REDIRECT_WORDS_MAX] = "";
    SCA_SECRET_AUTO code = NULL;
    int err = sca_redirect_read(head, "/cb", "s", &code, words);

    fuzz_check(err == 0 || err == SCA_E_NOENT || err == SCA_E_REJECTED || err == SCA_E_REFUSED ||
               err == SCA_E_NOMEM);
    fuzz_check((err == 0) == (code != NULL));
    fuzz_check(memchr(words, '\0', sizeof words) != NULL);
    if (err == 0)
        fuzz_check(sca_secret_bytes(code).len > 0 &&
                   strlen(sca_secret_text(code)) == sca_secret_bytes(code).len);
    /* The state may be escaped, its key not. */
    if (err != SCA_E_NOENT)
        fuzz_check(memmem(head.data, head.len, "state=", 6) != NULL);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct sca_redirect redirect;
    char uri[SCA_REDIRECT_URI_SIZE];
    SCA_TEXT_AUTO text = malloc(size + 1);

    read_head((struct sca_bytes){data, size});
    if (!fuzz_well(text != NULL))
        return;
    memcpy(text, data, size);
    text[size] = '\0';
    if (sca_redirect_parse(text, &redirect) == 0) {
        fuzz_check(redirect.path[0] == '/');
        sca_redirect_uri(&redirect, 1, uri);
        fuzz_check(strlen(uri) < sizeof uri - 1);
    }
}
