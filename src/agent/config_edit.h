/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a configuration file as text. What is not changed stays as the person wrote it, byte for
 * byte: comments, order, blanks, spelling, line ends. Lines mean what config_ini.c takes them for.
 * Pure.
 */
#ifndef SCA_AGENT_CONFIG_EDIT_H
#define SCA_AGENT_CONFIG_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include "common/buf.h"

struct sca_config_change {
    const char *key;   /* compared without regard to ASCII case */
    const char *value; /* one line of text; NULL: the setting is taken out */
};

/*
 * @ret_text (initialised here; caller clears): @text with @changes made in the first section of
 * this name. The line of a setting that is there gets the new value; a new setting stands behind
 * the section's last one; a new section stands at the end. SCA_E_INVAL (a name or value that cannot
 * stand on its line), SCA_E_LIMIT, SCA_E_NOMEM.
 */
int sca_config_change(struct sca_bytes text, const char *section,
                      const struct sca_config_change *changes, size_t count,
                      struct sca_buf *ret_text);

/*
 * @ret_text: @text without the sections of this name: from the head to the last setting. Comments
 * before the head and behind the last setting stay; the blank line that parted it goes where
 * another follows. Taking out a section that sca_config_change has added gives the text before.
 */
int sca_config_drop(struct sca_bytes text, const char *section, struct sca_buf *ret_text);

#endif
