/* SPDX-License-Identifier: Apache-2.0 */
/* Serial numbers of certificates as people and clouds write them. */
#ifndef SCA_CLOUD_SERIAL_H
#define SCA_CLOUD_SERIAL_H

#include <stdbool.h>

/*
 * True when both are the same number in hex: case, leading zeros, colons and blanks do not count.
 * False when either is NULL, holds no digit or anything else.
 */
bool sca_serial_equal(const char *a, const char *b);

#endif
