/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message codec of the agent socket. A frame is
 *
 *     u32 length of what follows | u8 type | fields
 *     field: u8 tag | u32 length | bytes
 *
 * all little-endian. An unknown tag is skipped, a tag that stands twice or a length that leaves the
 * frame makes the frame SCA_E_FORMAT, so both sides can add fields without a new version.
 * One connection carries HELLO, one request, and its answers; closing it is the cancel.
 *
 *     HELLO    -> HELLO
 *     REFRESH  -> PROGRESS* -> DONE | ERROR     listings: NEEDED (only what was never fetched or
 *                                               changed) or ALL
 *     SIGN     -> PROGRESS* -> SIGNATURE | ERROR
 *     STATUS   -> TEXT | ERROR                  JSON for the tool
 *     QUIT     -> DONE                          finish transactions, then leave
 *     RECONCILE -> TEXT | ERROR                 begins a comparison; STATUS says what came of it
 *     LOCK     -> TEXT | ERROR                  ends sessions: JSON with how many
 */
#ifndef SCA_COMMON_IPC_H
#define SCA_COMMON_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "buf.h"

#define SCA_IPC_VERSION   1u
#define SCA_IPC_FRAME_MAX (1024u * 1024u) /* bytes after the length; more is SCA_E_LIMIT */
#define SCA_IPC_HEAD      4u              /* bytes of the length */
#define SCA_IPC_TEXT_MAX  4096u /* bytes of a text in HELLO; a client leaves longer ones out */

enum sca_msg_type {
    SCA_MSG_HELLO = 1,
    SCA_MSG_REFRESH = 2,
    SCA_MSG_SIGN = 3,
    SCA_MSG_STATUS = 4,
    SCA_MSG_QUIT = 5,
    SCA_MSG_LOCK = 6,
    SCA_MSG_RECONCILE = 7,
    SCA_MSG_PROGRESS = 64,
    SCA_MSG_SIGNATURE = 65,
    SCA_MSG_DONE = 66,
    SCA_MSG_ERROR = 67,
    SCA_MSG_TEXT = 68,
};

/* Tags. In brackets: what the bytes are (u32, u64, text without NUL, bytes). */
enum sca_field {
    SCA_F_VERSION = 1,     /* u32  HELLO both ways: SCA_IPC_VERSION */
    SCA_F_BUILD = 2,       /* text HELLO: product version, "0.1.0" */
    SCA_F_PROGRAM = 3,     /* text HELLO: the host's name for people, "soffice.bin" */
    SCA_F_LANGUAGE = 4,    /* text HELLO: the host's LANGUAGE/LC_ALL/LC_MESSAGES/LANG, first set */
    SCA_F_DISPLAY = 5,     /* text HELLO: environment of the person's screen, for prompts and */
    SCA_F_WAYLAND = 6,     /* text        notifications; absent where the host has none */
    SCA_F_DBUS = 7,        /* text */
    SCA_F_XAUTHORITY = 8,  /* text */
    SCA_F_TTY = 9,         /* text        the terminal's name, if stderr is one */
    SCA_F_TERM = 10,       /* text */
    SCA_F_MODE = 11,       /* u32  REFRESH: enum sca_refresh_mode */
    SCA_F_ACCOUNT = 12,    /* text REFRESH, LOCK, RECONCILE: only this account; SIGN: the account */
    SCA_F_CREDENTIAL = 13, /* text SIGN: the credential's identity as in the image */
    SCA_F_SCHEME = 14,     /* u32  SIGN: enum sca_scheme */
    SCA_F_HASH = 15,       /* u32  SIGN: enum sca_hash */
    SCA_F_DIGEST = 16,     /* bytes SIGN: sca_hash_len(hash) of them */
    SCA_F_PIN = 17,        /* bytes SIGN: what C_Login was given; absent if nothing */
    SCA_F_OTP = 18,        /* bytes SIGN: what C_Login(CKU_CONTEXT_SPECIFIC) was given */
    SCA_F_STATE = 19,      /* u32  PROGRESS: enum sca_progress */
    SCA_F_CODE = 20,       /* text PROGRESS, SIGNATURE: comparison code */
    SCA_F_SECONDS = 21,    /* u32  PROGRESS: seconds left to confirm */
    SCA_F_LINE = 22,       /* text PROGRESS: for the terminal; absent unless notify says tty */
    SCA_F_SIGNATURE = 23,  /* bytes SIGNATURE: RSA: modulus length; ECDSA: r||s */
    SCA_F_TXN = 24,        /* text SIGNATURE, ERROR: transaction id */
    SCA_F_REPLAYED = 25,   /* u32  SIGNATURE: 1 if it was known and nothing was paid */
    SCA_F_ERROR = 26,      /* u32  ERROR, DONE: -enum sca_err */
    SCA_F_SENTENCE = 27,   /* text ERROR: one sentence for the person, in the host's language */
    SCA_F_TEXT = 28,       /* text TEXT */
    SCA_F_MECHANISM = 29,  /* u32  SIGN: the CKM_* of the host, for the ledger; may be absent */
    SCA_F__COUNT
};

enum sca_refresh_mode { SCA_REFRESH_NEEDED = 0, SCA_REFRESH_ALL = 1 };

enum sca_progress {
    SCA_PROGRESS_SENDING = 1,    /* on its way to the service */
    SCA_PROGRESS_WAITING = 2,    /* the person is being asked */
    SCA_PROGRESS_LOOKING_UP = 3, /* the fate of an earlier request is being looked up */
};

/* A decoded frame: fields borrow from the frame's bytes; data is NULL where a tag is absent. */
struct sca_msg {
    enum sca_msg_type type;
    struct sca_bytes field[SCA_F__COUNT];
};

/*
 * Decodes what follows the length. SCA_E_FORMAT when malformed or of an unknown type.
 */
int sca_msg_decode(struct sca_bytes frame, struct sca_msg *ret_msg);

/* Fixed-size fields; false when absent or of another size. */
bool sca_msg_u32(const struct sca_msg *msg, enum sca_field tag, uint32_t *ret_value);

/*
 * A text field as a new string. NULL in @ret_text when absent. SCA_E_FORMAT when it holds a NUL or
 * is not UTF-8, SCA_E_LIMIT when longer than @max bytes, SCA_E_NOMEM. Caller frees.
 */
int sca_msg_text(const struct sca_msg *msg, enum sca_field tag, size_t max, char **ret_text);

/*
 * Encoding: begin, any number of fields, end. Errors stick in the buffer (its maximum should be
 * SCA_IPC_FRAME_MAX + SCA_IPC_HEAD); sca_msg_end returns them. One frame per buffer, begun in an
 * empty one. NULL text adds no field.
 */
void sca_msg_begin(struct sca_buf *buf, enum sca_msg_type type);
void sca_msg_add_u32(struct sca_buf *buf, enum sca_field tag, uint32_t value);
void sca_msg_add_text(struct sca_buf *buf, enum sca_field tag, const char *text);
void sca_msg_add_bytes(struct sca_buf *buf, enum sca_field tag, struct sca_bytes bytes);
int sca_msg_end(struct sca_buf *buf);

#endif
