/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of a CSC service that several tests use. */
#ifndef SCA_TESTS_WIRE_CSC_REPLIES_H
#define SCA_TESTS_WIRE_CSC_REPLIES_H

#define CSC_INFO_1 "{\"specs\":\"1.0.4.0\",\"authType\":[\"basic\"]}"
#define CSC_INFO_2                                                                                 \
    "{\"specs\":\"2.0.0.2\",\"authType\":[\"oauth2code\"],\"oauth2\":\"https://auth.test/\"}"
#define CSC_INFO_ASYNC                                                                             \
    "{\"specs\":\"2.0.0.2\",\"asynchronousOperationMode\":true,\"methods\":["                      \
    "\"signatures/signHash\",\"signatures/signPolling\"]}"

#define CSC_INFO_EXTENDS_1                                                                         \
    "{\"specs\":\"1.0.4.0\",\"authType\":[\"basic\"],\"methods\":[\"credentials/"                  \
    "extendTransaction\"]}"
#define CSC_INFO_EXTENDS_2                                                                         \
    "{\"specs\":\"2.0.0.2\",\"authType\":[\"basic\"],\"methods\":[\"credentials/"                  \
    "extendTransaction\"]}"
#define CSC_INFO_RAR                                                                               \
    "{\"specs\":\"2.1.0.1\",\"authType\":[\"oauth2code\"],\"supportsRar\":\"true\","               \
    "\"oauth2\":\"https://auth.test/\"}"

#define CSC_KEY                                                                                    \
    "\"key\":{\"status\":\"enabled\",\"algo\":[\"1.2.840.113549.1.1.1\","                          \
    "\"1.2.840.113549.1.1.10\"],\"len\":2048},\"multisign\":10"
#define CSC_IMPLICIT "{" CSC_KEY ",\"authMode\":\"implicit\"}"
#define CSC_PIN      "{" CSC_KEY ",\"authMode\":\"explicit\",\"PIN\":{\"presence\":\"true\"}}"
#define CSC_PIN_OTP_1                                                                              \
    "{" CSC_KEY ",\"authMode\":\"explicit\",\"PIN\":{\"presence\":\"true\"},\"OTP\":{"             \
    "\"presence\":\"true\",\"type\":\"online\"}}"
#define CSC_PIN_OTP_2                                                                              \
    "{" CSC_KEY ",\"auth\":{\"mode\":\"explicit\",\"objects\":[{\"type\":\"Password\",\"id\":"     \
    "\"PIN\"},{\"type\":\"Password\",\"generator\":\"totp\",\"id\":\"code\"}]}}"
#define CSC_APP                                                                                    \
    "{" CSC_KEY ",\"auth\":{\"mode\":\"explicit\",\"objects\":[{\"type\":"                         \
    "\"ChallengeResponseOOB\",\"id\":\"mobile\"}]}}"
#define CSC_BROWSER "{" CSC_KEY ",\"auth\":{\"mode\":\"oauth2code\"}}"

#define CSC_SAD       "{\"SAD\":\"the-sad\",\"expiresIn\":300}"
#define CSC_HANDLE    "{\"handle\":\"the-handle\"}"
#define CSC_SIGNED    "{\"signatures\":[\"AQID\"]}"
#define CSC_TWO       "{\"signatures\":[\"AQID\",\"BAUG\"]}"
#define CSC_LATER     "{\"responseID\":\"r-1\"}"
#define CSC_WAIT      "{\"error\":\"accepted_request\"}"
#define CSC_STALE     "{\"error\":\"invalid_token\"}"
#define CSC_BAD(text) "{\"error\":\"invalid_request\",\"error_description\":\"" text "\"}"

#endif
