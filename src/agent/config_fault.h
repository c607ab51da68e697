/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting what is wrong with a configuration while it is read. Each fault is logged as it is
 * added.
 */
#ifndef SCA_AGENT_CONFIG_FAULT_H
#define SCA_AGENT_CONFIG_FAULT_H

#include "config.h"

#define SCA_CONFIG_FAULTS_MAX 200 /* more of them help nobody */

struct sca_config_faults {
    struct sca_config_fault *items;
    size_t count;
    bool nomem; /* one could not be kept: the whole load fails */
};

/*
 * Adds one; @line 0 for the whole file, @key may be NULL, @format is translated already.
 * Never put a value that may be a secret into it.
 */
void sca_config_fault_add(struct sca_config_faults *faults, const char *file, int line,
                          const char *key, bool fatal, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

void sca_config_faults_free(struct sca_config_fault *items, size_t count);

#endif
