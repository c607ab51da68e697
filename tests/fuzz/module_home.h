/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A home for the real module in a fuzz target: configuration, token image, and an agent that is
 * played inside the process. Whenever the module waits for the agent (sca_wait_fd is wrapped), who
 * has connected gets the same words and the end of the connection. Nothing sleeps, nothing is
 * started. Setting up and playing are never made to fail.
 */
#ifndef TESTS_FUZZ_MODULE_HOME_H
#define TESTS_FUZZ_MODULE_HOME_H

#include "common/buf.h"
#include "common/image.h"

/* Makes the home and its environment, at the first call. */
void module_home(void);

/* The image with the stamps of the configuration; takes it over. */
void module_image(struct sca_image *image);

/* These very bytes as the image file. */
void module_image_bytes(struct sca_bytes bytes);

/* What the agent says to each who connects; borrowed. */
void module_agent_says(struct sca_bytes words);

/* Hangs up on everybody. */
void module_agent_leaves(void);

#endif
