/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One configuration file as sections and entries with their lines, parsed by libini_config.
 * For config*.c and draft.c only.
 */
#ifndef SCA_AGENT_CONFIG_INI_H
#define SCA_AGENT_CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/path.h"
#include "config_fault.h"

struct sca_ini_entry {
    const char *key;   /* as written; compare without regard to case */
    const char *value; /* borrowed from sca_ini; "" when empty */
    int line;
};

struct sca_ini_section {
    char *name;
    int line;
    struct sca_ini_entry *entries;
    size_t count;
};

/* The value that stands in a line. */
struct sca_ini_value {
    int line;
    char *text;
};

struct sca_ini {
    struct sca_ini_section *sections; /* file order, no name twice */
    size_t count;
    bool present;           /* the file exists */
    bool others_can_read;   /* its mode lets group or others read it */
    struct sca_stamp stamp; /* all zero when there is nothing to read or the file was refused */
    struct sca_ini_value *values; /* in the order of lines */
    size_t value_count;
    void *parsed; /* what names borrow from */
};

/*
 * Reads @path. Faulty lines become faults and are left out, so that the rest keeps working; a file
 * with an unsafe owner or mode, too large or in another encoding than UTF-8 is refused whole, with
 * a fatal fault. Always yields a value (perhaps empty). SCA_E_NOMEM. Caller clears.
 */
int sca_ini_read(const char *path, struct sca_config_faults *faults, struct sca_ini *ret_ini);

/*
 * The same for what was read already, from @path (named in faults); nothing is checked about the
 * file. @content is changed, and its limit too; the caller clears it.
 */
int sca_ini_parse(const char *path, struct sca_buf *content, struct sca_config_faults *faults,
                  struct sca_ini *ret_ini);

/* NULL when there is none of that name (ASCII case is ignored). */
const struct sca_ini_section *sca_ini_section(const struct sca_ini *ini, const char *name);
const struct sca_ini_entry *sca_ini_entry(const struct sca_ini_section *section, const char *key);

/*
 * Frees, and wipes the values. libini_config never sees them; what remains are stdio's own buffers
 * of nothing but names.
 */
void sca_ini_clear(struct sca_ini *ini);

/* What stands on a line, for those who change files as text (config_edit.h). Pure. */
bool sca_ini_is_blank(uint8_t letter);
struct sca_bytes sca_ini_trim(struct sca_bytes text); /* without blanks at either end */
bool sca_ini_is_name(struct sca_bytes name);          /* of a section or setting */

#endif
