/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the agent socket out of few bytes, so that a fuzzer need not find lengths that agree:
 *     type | number of fields | (tag | length | bytes)*     one frame, again and again
 *     255  | rest                                           the rest as it is
 */
#ifndef TESTS_FUZZ_FRAMES_H
#define TESTS_FUZZ_FRAMES_H

#include "common/buf.h"

/* Appends to @frames, which the caller initialised. Nothing of this is made to fail. */
void fuzz_frames(struct sca_bytes text, struct sca_buf *frames);

#endif
