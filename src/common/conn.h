/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's end of the agent socket, for module and tool: connect, start the agent when there
 * is none, say hello, exchange frames. Makes no thread, touches no signal, leaves no child behind
 * but the agent; every descriptor is close-on-exec.
 */
#ifndef SCA_COMMON_CONN_H
#define SCA_COMMON_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include "buf.h"
#include "ipc.h"
#include "path.h"

struct sca_conn;
struct sca_wait; /* common/fd.h */

/* Who is asking, for HELLO; texts borrowed, NULL where unknown. */
struct sca_conn_self {
    const char *program; /* host's name for people */
    const char *language;
    const char *display;
    const char *wayland;
    const char *dbus;
    const char *xauthority;
    const char *tty; /* standard error's, if it is a terminal */
    const char *term;
    const char *ellipsis; /* "...", or one letter where the terminal's charset has it; static */
    char tty_space[64];   /* what tty borrows from: a copy of the struct needs a tty of its own */
};

/*
 * Fills @ret_self from the environment (secure_getenv; borrowed from it, so a caller in a host
 * copies what it keeps) and from @program.
 */
void sca_conn_self_from_env(const char *program, struct sca_conn_self *ret_self);

/* Asked at least every 200 ms while a call waits; true ends the wait with SCA_E_CANCELLED. */
typedef bool sca_conn_cancelled(void *arg);

/*
 * Connects and exchanges HELLO. With @start an agent is started by posix_spawn when none listens
 * (its working folder /, signals and descriptors reset, output discarded); the child tells by a
 * pipe when it listens. The peer must run as the same user (SO_PEERCRED), its folder and socket
 * must be ours and closed to others. An agent that is leaving or older is waited for and replaced.
 * Blocks until @deadline_ms (sca_now_ms) at the most. Caller closes @ret_conn.
 * SCA_E_AGENT (cannot start or reach), SCA_E_PERM, SCA_E_TIMEOUT, SCA_E_CANCELLED, SCA_E_VERSION,
 * SCA_E_FORMAT, SCA_E_LIMIT (nonsense instead of HELLO), SCA_E_NOMEM, or what the agent answers
 * HELLO with.
 */
int sca_conn_open(const struct sca_paths *paths, const struct sca_conn_self *self, bool start,
                  int64_t deadline_ms, sca_conn_cancelled *cancelled, void *arg,
                  struct sca_conn **ret_conn);

/*
 * The same with @start, and the finished @frame is sent along with HELLO: whoever does not accept
 * the one looks at no other. When it returns 0 the answer is to be received.
 */
int sca_conn_ask(const struct sca_paths *paths, const struct sca_conn_self *self,
                 const struct sca_buf *frame, const struct sca_wait *wait,
                 struct sca_conn **ret_conn);

/*
 * Sends one finished frame. MSG_NOSIGNAL. SCA_E_AGENT when the peer is gone, SCA_E_TIMEOUT. After
 * a failure nothing more can be sent, but what the peer said before can be received.
 */
int sca_conn_send(struct sca_conn *conn, const struct sca_buf *frame, int64_t deadline_ms);

/*
 * Waits for one frame. @ret_msg borrows from the connection until the next receive or close.
 * SCA_E_TIMEOUT, SCA_E_CANCELLED, SCA_E_AGENT (closed), SCA_E_FORMAT, SCA_E_LIMIT.
 */
int sca_conn_receive(struct sca_conn *conn, int64_t deadline_ms, sca_conn_cancelled *cancelled,
                     void *arg, struct sca_msg *ret_msg);

/* Closes; an unanswered request is cancelled by that. NULL is fine. */
void sca_conn_close(struct sca_conn *conn);

#endif
