/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent, linked with tests/fail: what SMARTCA_FAIL says fails. At its end it writes to the file
 * named by SMARTCA_FAIL_REPORT how much there was to fail and where it failed. Arguments as
 * agentlib.py gives them to the tool: agent --foreground --ready-fd FD.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "agent/agent.h"
#include "agent/i18n.h"
#include "fail.h"

static void write_report(const struct fail_report *report)
{
    const char *path = getenv("SMARTCA_FAIL_REPORT");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;

    if (file == NULL)
        return;
    fprintf(file, "{\"memory\": %u, \"call\": %u, \"short\": %u, \"where\": \"%s\"}\n",
            report->allocations, report->calls, report->transfers,
            report->where != NULL ? report->where : "");
    fclose(file);
}

/* ---- OpenSSL --------------------------------------------------------------------------------- */

/* OpenSSL 3.0 ends the process when memory is out while it starts: its own is left to it. */
static CRYPTO_malloc_fn openssl_malloc;
static CRYPTO_realloc_fn openssl_realloc;

static void *spared_malloc(size_t size, const char *file, int line)
{
    fail_pause(true);
    void *block = openssl_malloc(size, file, line);
    fail_pause(false);
    return block;
}

static void *spared_realloc(void *old, size_t size, const char *file, int line)
{
    fail_pause(true);
    void *block = openssl_realloc(old, size, file, line);
    fail_pause(false);
    return block;
}

int __real_CRYPTO_set_mem_functions(CRYPTO_malloc_fn malloc_fn, CRYPTO_realloc_fn realloc_fn,
                                    CRYPTO_free_fn free_fn);
int __wrap_CRYPTO_set_mem_functions(CRYPTO_malloc_fn malloc_fn, CRYPTO_realloc_fn realloc_fn,
                                    CRYPTO_free_fn free_fn);

int __wrap_CRYPTO_set_mem_functions(CRYPTO_malloc_fn malloc_fn, CRYPTO_realloc_fn realloc_fn,
                                    CRYPTO_free_fn free_fn)
{
    openssl_malloc = malloc_fn;
    openssl_realloc = realloc_fn;
    return __real_CRYPTO_set_mem_functions(spared_malloc, spared_realloc, free_fn);
}

/* ---- the agent ------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    struct sca_agent_options options = {.ready_fd = -1, .foreground = true, .listen_fd = -1};
    struct fail_plan plan = {.kind = FAIL_NONE};
    const char *order = getenv("SMARTCA_FAIL");
    char copy[64];

    if (argc != 5 || strcmp(argv[1], "agent") != 0)
        return 2;
    options.ready_fd = (int)strtol(argv[4], NULL, 10);
    snprintf(copy, sizeof copy, "%s", order != NULL ? order : "");
    if (order != NULL && !fail_parse(copy, &plan))
        return 2;
    sca_i18n_init();
    fail_start_json();
    fail_begin(&plan);
    int err = sca_agent_main(&options);
    struct fail_report report = fail_end();
    write_report(&report);
    return err != 0 ? 1 : 0;
}
