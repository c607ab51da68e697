/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of the configuration: what each form of text means. Pure. For config.c only.
 * Each function returns 0, SCA_E_CONFIG for a text that is not of its form, or SCA_E_NOMEM.
 */
#ifndef SCA_AGENT_CONFIG_VALUE_H
#define SCA_AGENT_CONFIG_VALUE_H

#include "config.h"

/* Decimal digits only, @min to @max. */
int sca_value_number(const char *text, int64_t min, int64_t max, int64_t *ret_number);

/* "https://host[:port][/path]" without user info, query or fragment; a slash at its end is dropped.
 */
int sca_value_url(const char *text, char **ret_url);

/* Text that can be shown: no control characters, @max bytes at most. */
int sca_value_text(const char *text, size_t max, char **ret_text);

/* "sha256,sha384": a mask of SCA_BIT(enum sca_hash); only what a service may sign. */
int sca_value_hashes(const char *text, uint32_t *ret_mask);

/* "5401ab,0x54:01": numbers in hex, as NULL-terminated list in lower case without leading zeros. */
int sca_value_serials(const char *text, char ***ret_serials);
void sca_value_serials_free(char **serials);

/* "/usr/bin/a, /usr/bin/b": whole paths, as NULL-terminated list; free with sca_argv_free. */
int sca_value_paths(const char *text, char ***ret_paths);

/* "soffice.bin:20, pkcs11-tool:5". */
int sca_value_limits(const char *text, struct sca_program_limit **ret_limits, size_t *ret_count);
void sca_value_limits_free(struct sca_program_limit *limits, size_t count);

/* "file:/path", "command:program args", "prompt", else a literal. */
int sca_value_source(const char *text, struct sca_source *ret_source);
int sca_value_source_copy(const struct sca_source *source, struct sca_source *ret_copy);
void sca_value_source_clear(struct sca_source *source);

#endif
