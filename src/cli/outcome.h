/* SPDX-License-Identifier: Apache-2.0 */
/* What people read of the states and outcomes that JSON and the log name by fixed words. */
#ifndef SCA_CLI_OUTCOME_H
#define SCA_CLI_OUTCOME_H

/*
 * A few words in the person's language for a transaction's state or an entry's outcome
 * ("signed", sca_err_name). One that is not known is returned as it is.
 */
const char *sca_outcome_words(const char *name);

#endif
