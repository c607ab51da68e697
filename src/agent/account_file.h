/* SPDX-License-Identifier: Apache-2.0 */
/* Files that belong to one account: the account's name as a file name. */
#ifndef SCA_AGENT_ACCOUNT_FILE_H
#define SCA_AGENT_ACCOUNT_FILE_H

/*
 * "@dir/@prefix@account@suffix" with everything in the name but letters, digits, '-' and '_'
 * written as %XX, so that no two accounts share a file and none leaves the folder. Caller frees;
 * NULL when memory is out.
 */
char *sca_account_file(const char *dir, const char *prefix, const char *account,
                       const char *suffix);

#endif
