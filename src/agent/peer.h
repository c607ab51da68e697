/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of a connection, and what it asks: the fields of HELLO and SIGN, checked
 * and bounded. Process id and user come from the kernel, never from the message; the program's
 * name is the peer's own word (a script is called as its author likes), made printable, and the
 * kernel's name for the process where it gives none.
 */
#ifndef SCA_AGENT_PEER_H
#define SCA_AGENT_PEER_H

#include <limits.h>
#include <stdint.h>
#include "common/alg.h"
#include "common/buf.h"
#include "common/ipc.h"
#include "common/secret.h"
#include "screen.h"

#define SCA_PROGRAM_SIZE 64

struct sca_peer {
    int64_t pid;
    char program[SCA_PROGRAM_SIZE];
    char executable[PATH_MAX]; /* "" where it cannot be known */
    struct sca_screen screen;
};

/* Fills pid and executable from the socket. SCA_E_PERM when it belongs to another user; SCA_E_IO.
 */
int sca_peer_check(struct sca_peer *peer, int fd);

/*
 * Reads HELLO. SCA_E_VERSION when the peer's protocol or build is newer than ours; SCA_E_FORMAT,
 * SCA_E_LIMIT, SCA_E_NOMEM.
 */
int sca_peer_greet(struct sca_peer *peer, const struct sca_msg *hello);
void sca_peer_clear(struct sca_peer *peer);

/* A whole frame at the front of what came: its length with the head; 0: not yet; negative: never.
 */
int64_t sca_peer_frame_len(const struct sca_buf *in);
/* Takes the frame out of the front and wipes where it stood: there may have been PINs. */
void sca_peer_drop_front(struct sca_buf *in, size_t len);

/* SIGN, owned but for the digest, which borrows from the message. */
struct sca_peer_sign {
    char *account;
    char *credential;
    enum sca_scheme scheme;
    enum sca_hash hash;
    struct sca_bytes digest;
    uint32_t mechanism;     /* CKM_*; 0 where absent */
    struct sca_secret *pin; /* NULL where absent */
    struct sca_secret *otp;
};

/* SCA_E_FORMAT, SCA_E_LIMIT, SCA_E_NOMEM; the caller clears in any case. */
int sca_peer_read_sign(const struct sca_msg *msg, struct sca_peer_sign *ret_sign);
void sca_peer_sign_clear(struct sca_peer_sign *sign);

/* Compares dotted versions by their numbers: negative, 0, positive. */
int sca_version_compare(const char *a, const char *b);

#endif
