/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event log. Silent until a target is set; a line is written by one write(2), so lines of several
 * processes do not mix. Never log a secret, a whole citizen number, a digest's owner or a PIN.
 * A log call keeps errno.
 */
#ifndef SCA_COMMON_LOG_H
#define SCA_COMMON_LOG_H

#include <stdbool.h>

enum sca_log_level { SCA_LOG_ERROR, SCA_LOG_WARNING, SCA_LOG_INFO, SCA_LOG_DEBUG };

/*
 * @target: NULL or "" for none, "syslog", "stderr", or an absolute path (created 0600, a symbolic
 * link or a foreign owner is refused: then nothing is logged).
 * @components: comma separated names that are logged at debug level whatever @level says, as in
 * SMARTCA_DEBUG=net,txn; may be NULL; "all" is every one.
 */
void sca_log_setup(const char *target, enum sca_log_level level, const char *components);

/* @component: a short lower-case word ("txn", "net", "image", "config", "ipc", "module"). */
void sca_log(enum sca_log_level level, const char *component, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Level from its configuration word; false when the word is unknown. */
bool sca_log_level_from_name(const char *name, enum sca_log_level *ret_level);

#endif
