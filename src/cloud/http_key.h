/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pins of a service's public key, in curl's own form: "sha256//" and, in base64, the SHA-256 of the
 * key (SubjectPublicKeyInfo in DER); several are parted by ";" and any of them will do.
 * Source: CURLOPT_PINNEDPUBLICKEY(3), RFC 7469 section 2.4.
 */
#ifndef SCA_CLOUD_HTTP_KEY_H
#define SCA_CLOUD_HTTP_KEY_H

#include <curl/curl.h>
#include <stdbool.h>

#define SCA_HTTP_KEY_SIZE 64 /* "sha256//", 44 letters, NUL */

/* True for one pin or several, without blanks: curl takes what it cannot read for a file's name. */
bool sca_http_key_valid(const char *pins);

/* The pin of the key that the server showed on @easy, made with CURLOPT_CERTINFO; "" unknown. */
void sca_http_key_shown(CURL *easy, char ret_pin[static SCA_HTTP_KEY_SIZE]);

#endif
