/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file of any bytes: loads, with accounts that are complete or not there, and
 * faults that name their line.
 */
#include "fuzz.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "agent/config.h"

static char path[] = "/tmp/smartca-fuzz-XXXXXX";

static void remove_file(void)
{
    unlink(path);
}

static void make_file(void)
{
    int fd = mkstemp(path);

    if (fd < 0)
        abort();
    close(fd);
    atexit(remove_file);
}

static void check(const struct sca_config *config)
{
    for (size_t i = 0; i < config->account_count; i++) {
        const struct sca_config_account *account = &config->accounts[i];
        struct sca_config_account *copy = NULL;

        if (account->provider == NULL || strncasecmp(account->url, "https://", 8) != 0 ||
            account->user_id[0] == '\0' || account->sp_id[0] == '\0' ||
            account->sp_password.kind == SCA_SOURCE_NONE || account->max_batch == 0)
            abort();
        if (sca_config_account_copy(account, &copy) != 0)
            abort();
        sca_config_account_free(copy);
    }
    for (size_t i = 0; i < config->fault_count; i++)
        if (config->faults[i].sentence[0] == '\0' || config->faults[i].line < 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sca_paths paths = {.conf = {path, NULL}};
    struct sca_config *config = NULL;

    if (access(path, F_OK) != 0)
        make_file();
    FILE *file = fopen(path, "we");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
    if (sca_config_load(&paths, &config) != 0)
        abort();
    check(config);
    sca_config_free(config);
    return 0;
}
