/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line of the configuration as words, quoted like a shell's simple words: blanks part
 * words, '...' keeps everything, "..." keeps all but \" \\ \$ \`, a backslash outside quotes keeps
 * the next character. Nothing is expanded and no shell ever sees it.
 * Source: POSIX.1-2017 XCU 2.2 (quoting), 2.6.7 (quote removal).
 */
#ifndef SCA_AGENT_ARGV_H
#define SCA_AGENT_ARGV_H

/*
 * @ret_argv: NULL-terminated, at least one word, caller frees with sca_argv_free.
 * SCA_E_FORMAT (a quote is not closed, or there is no word), SCA_E_LIMIT, SCA_E_NOMEM.
 */
int sca_argv_split(const char *text, char ***ret_argv);
void sca_argv_free(char **argv);

static inline void sca_argv_cleanup(char ***argv)
{
    sca_argv_free(*argv);
}
#define SCA_ARGV_AUTO __attribute__((cleanup(sca_argv_cleanup))) char **

#endif
