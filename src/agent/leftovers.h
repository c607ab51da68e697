/* SPDX-License-Identifier: Apache-2.0 */
/* What a process that was killed while it replaced a file has left beside it; see sca_dir_sweep. */
#ifndef SCA_AGENT_LEFTOVERS_H
#define SCA_AGENT_LEFTOVERS_H

#include "common/path.h"

/*
 * Looks into each folder where files of ours are replaced, but the journal's, which does so itself.
 * The agent when it starts, the tool before it changes accounts or programs. Local files only.
 */
void sca_leftovers_remove(const struct sca_paths *paths);

#endif
