/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file of any bytes: loads, with accounts that are complete or not there, and
 * faults that name their line.
 */
#include "fuzz.h"
#include <string.h>
#include <strings.h>
#include "agent/config.h"

static void check(const struct sca_config *config)
{
    for (size_t i = 0; i < config->account_count; i++) {
        const struct sca_config_account *account = &config->accounts[i];
        struct sca_config_account *copy = NULL;

        if (account->provider == NULL || strncasecmp(account->url, "https://", 8) != 0 ||
            account->max_batch == 0)
            abort();
        if (!fuzz_well(sca_config_account_copy(account, &copy) == 0))
            return;
        sca_config_account_free(copy);
    }
    for (size_t i = 0; i < config->fault_count; i++)
        if (config->faults[i].sentence[0] == '\0' || config->faults[i].line < 0)
            abort();
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char path[FUZZ_PATH_SIZE];
    struct sca_paths paths = {.conf = {path, NULL}};
    struct sca_config *config = NULL;

    fuzz_path("smartca.conf", path);
    fuzz_write(path, data, size);
    if (!fuzz_well(sca_config_load(&paths, &config) == 0))
        return;
    check(config);
    sca_config_free(config);
}
