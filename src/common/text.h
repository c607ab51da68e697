/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text helpers: hex, UTF-8 that is cut between letters, and the comparison code.
 */
#ifndef SCA_COMMON_TEXT_H
#define SCA_COMMON_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "buf.h"

#define SCA_CODE_SIZE 8 /* "7QF-29K" and NUL */

/* Lower-case hex; @ret_text holds 2 * len + 1 bytes. */
void sca_hex_encode(struct sca_bytes bytes, char *ret_text);

/*
 * Either case, no blanks. @ret_len is the number of bytes written, at most @size.
 * SCA_E_FORMAT, SCA_E_LIMIT when there are more; then nothing is written.
 */
int sca_hex_decode(const char *text, uint8_t *ret_bytes, size_t size, size_t *ret_len);

/* Length in bytes of the longest prefix of @text that ends between UTF-8 letters, at most @max. */
size_t sca_utf8_prefix(const char *text, size_t max);

/* Well-formed UTF-8 without overlong forms and surrogates (RFC 3629). */
bool sca_utf8_valid(struct sca_bytes bytes);

/*
 * Copies foreign text for showing to a person: control characters, bidirectional overrides and
 * malformed bytes become '?', cut between letters to fit @size (NUL included). NULL gives "".
 */
void sca_text_printable(const char *text, char *ret_text, size_t size);

/* A blank-padded Cryptoki field of @size bytes without NUL, cut between letters. */
void sca_text_pad(const char *text, uint8_t *ret_field, size_t size);

/*
 * The comparison code of a digest or of a batch's digests in order: six letters or digits without
 * 0 O 1 I L, a dash in the middle. The same input always gives the same code, so it is the same
 * when a document is asked for again; it is a help for the eye, not a secret.
 */
void sca_text_code(const struct sca_bytes *digests, size_t count,
                   char ret_code[static SCA_CODE_SIZE]);

/* FNV-1a, 64 bits: a hash for names that need not withstand anybody. Begin with SCA_FNV1A_START. */
#define SCA_FNV1A_START 0xcbf29ce484222325u
uint64_t sca_fnv1a(uint64_t state, struct sca_bytes bytes);

/* As asprintf(3). Caller frees; NULL when memory is out. */
char *sca_text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *sca_text_vformat(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Strings equal; either may be NULL (NULL equals only NULL). */
bool sca_streq(const char *a, const char *b);

/* free() for char * variables that leave scope. */
static inline void sca_free_text(char **text)
{
    __builtin_free(*text);
}
#define SCA_TEXT_AUTO __attribute__((cleanup(sca_free_text))) char *

#endif
