/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks for words in what a cloud says. Messages come as "sig_user_rejected", "UserRejected",
 * "Bị từ chối", "BI TU CHOI": folding makes one form of them all, so a table of words needs one
 * entry.
 */
#ifndef SCA_CLOUD_WORDS_H
#define SCA_CLOUD_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define SCA_WORDS_SIZE 512 /* of a folded text; more is cut */

/*
 * Folds UTF-8 @text (NULL gives a single blank) to lower-case ASCII words: Vietnamese letters lose
 * their marks, composed or not; everything that is neither letter nor digit, and the border inside
 * "userRejected", becomes one blank; a blank stands at both ends.
 */
void sca_words_fold(const char *text, char ret_folded[static SCA_WORDS_SIZE]);

/*
 * True when one of @patterns (NULL-terminated) stands in @folded. A pattern with a blank at an end
 * must meet the border of a word there: " huy " is the word, "reject" is found inside "rejected".
 */
bool sca_words_any(const char *folded, const char *const *patterns);

#endif
