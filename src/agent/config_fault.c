/* SPDX-License-Identifier: Apache-2.0 */
/* The list of a configuration's faults. */
#include "config_fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/text.h"

static void log_fault(const struct sca_config_fault *fault)
{
    char place[32] = "";

    if (fault->line > 0)
        snprintf(place, sizeof place, ":%d", fault->line);
    sca_log(fault->fatal ? SCA_LOG_ERROR : SCA_LOG_WARNING, "config", "%s%s: %s%s%s", fault->file,
            place, fault->key != NULL ? fault->key : "", fault->key != NULL ? ": " : "",
            fault->sentence);
}

static void clear(struct sca_config_fault *fault)
{
    free(fault->file);
    free(fault->key);
    free(fault->sentence);
}

void sca_config_fault_add(struct sca_config_faults *faults, const char *file, int line,
                          const char *key, bool fatal, const char *format, ...)
{
    struct sca_config_fault fault = {.line = line, .fatal = fatal};
    va_list args;

    if (faults->count >= SCA_CONFIG_FAULTS_MAX)
        return;
    struct sca_config_fault *items = reallocarray(faults->items, faults->count + 1, sizeof *items);
    if (items == NULL) {
        faults->nomem = true;
        return;
    }
    faults->items = items;
    va_start(args, format);
    if (vasprintf(&fault.sentence, format, args) < 0)
        fault.sentence = NULL;
    va_end(args);
    fault.file = strdup(file);
    fault.key = key != NULL ? strdup(key) : NULL;
    if (fault.sentence == NULL || fault.file == NULL || (key != NULL && fault.key == NULL)) {
        clear(&fault);
        faults->nomem = true;
        return;
    }
    log_fault(&fault);
    items[faults->count++] = fault;
}

void sca_config_faults_free(struct sca_config_fault *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        clear(&items[i]);
    free(items);
}
