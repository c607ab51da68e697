/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the words of a refusal name as its cause, for services whose codes are not documented or
 * stand for several causes. One table for all of them: the words are those that were seen, in
 * English and Vietnamese, and their obvious neighbours.
 */
#ifndef SCA_CLOUD_CAUSE_H
#define SCA_CLOUD_CAUSE_H

#include <stdbool.h>

/* @words: by sca_words_fold. An enum sca_err, or 0 where the words name no cause. */
int sca_cause_of(const char *words);

/* The person said no; "access denied" is none of it. */
bool sca_cause_rejected(const char *folded);
/* The person's time is over; a certificate's is not meant. */
bool sca_cause_expired(const char *folded);
/* It is a one-time code that is meant. */
bool sca_cause_otp(const char *folded);
/* There is no such thing. */
bool sca_cause_unknown(const char *folded);
/* It is the person, not the service's client, that is meant. */
bool sca_cause_person(const char *folded);
/* Clear words that a certificate cannot be used; negated ones do not count. */
bool sca_cause_blocked(const char *folded);

#endif
