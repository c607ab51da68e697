/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a program of the desktop is installed, and where: pinentries, notify-send. The same
 * folders in which execvp(3) will look.
 */
#ifndef SCA_AGENT_PROGRAM_H
#define SCA_AGENT_PROGRAM_H

/* The first of that name in the folders of PATH that may be run; caller frees. NULL: none. */
char *sca_program_find(const char *name);

#endif
