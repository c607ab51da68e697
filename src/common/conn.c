/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's end of the agent socket. The socket is non-blocking and every wait goes through
 * sca_wait_fd, so a deadline and the host's wish to give up are heeded wherever the peer stops.
 */
#include "common/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "build_config.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/launch.h"
#include "common/text.h"

#define CHUNK_MAX    65536u /* memory is taken as bytes arrive, not as the peer announces them */
#define PROGRAM_SIZE 256
#define STARTS_MAX   3 /* another process may be starting or stopping an agent at the same time */
#define PAUSE_MS     10
#define PAUSE_MAX_MS 200

struct sca_conn {
    int fd;
    bool cut;          /* a frame was sent in part: nothing more can be sent */
    bool taken;        /* the frame in @in was given out */
    struct sca_buf in; /* one frame, with its length, or a part of it */
};

/* Why an attempt to connect may be worth another. */
enum obstacle {
    NOBODY = 1,   /* no agent listens */
    LEAVING = 2,  /* it accepts, but goes */
    OUTDATED = 3, /* it speaks an older protocol, and goes when its work is done */
};

/* The first of @names, up to a NULL, that says something. Source: POSIX.1-2017 XBD 8.2. */
static const char *first_set(const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        const char *value = secure_getenv(names[i]);

        if (value != NULL && *value != '\0')
            return value;
    }
    return NULL;
}

/* As gettext, which looks at LANGUAGE before the rest. */
static const char *language(void)
{
    return first_set((const char *const[]){"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", NULL});
}

/* By the locale's name: a host may not have set its locale, nor have it. */
static const char *ellipsis(void)
{
    const char *locale = first_set((const char *const[]){"LC_ALL", "LC_CTYPE", "LANG", NULL});
    const bool utf8 = locale != NULL &&
                      (strcasestr(locale, "utf-8") != NULL || strcasestr(locale, "utf8") != NULL);

    return utf8 ? "…" : "...";
}

void sca_conn_self_from_env(const char *program, struct sca_conn_self *ret_self)
{
    *ret_self = (struct sca_conn_self){
        .program = program,
        .language = language(),
        .display = secure_getenv("DISPLAY"),
        .wayland = secure_getenv("WAYLAND_DISPLAY"),
        .dbus = secure_getenv("DBUS_SESSION_BUS_ADDRESS"),
        .xauthority = secure_getenv("XAUTHORITY"),
        .term = secure_getenv("TERM"),
        .ellipsis = ellipsis(),
    };
    if (isatty(STDERR_FILENO) &&
        ttyname_r(STDERR_FILENO, ret_self->tty_space, sizeof ret_self->tty_space) == 0)
        ret_self->tty = ret_self->tty_space;
}

static int check_socket(const struct sca_paths *paths)
{
    struct stat st;

    int err = sca_dir_check(paths->socket_dir);
    if (err == SCA_E_NOENT)
        return NOBODY;
    if (err != 0)
        return err == SCA_E_PERM ? err : SCA_E_AGENT;
    if (lstat(paths->socket, &st) != 0)
        return errno == ENOENT ? NOBODY : SCA_E_AGENT;
    if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 0077) != 0)
        return SCA_E_PERM;
    return 0;
}

static int check_peer(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return SCA_E_AGENT;
    return peer.uid == geteuid() ? 0 : SCA_E_PERM;
}

/* 0, an error, or an obstacle. */
static int connect_once(const struct sca_paths *paths, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(paths->socket);

    if (len >= sizeof address.sun_path)
        return SCA_E_AGENT;
    memcpy(address.sun_path, paths->socket, len);
    int err = check_socket(paths);
    if (err != 0)
        return err;
    SCA_FD_AUTO fd = sca_fd_lift(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), 3);
    if (fd < 0)
        return SCA_E_AGENT;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        if (errno == ECONNREFUSED || errno == ENOENT)
            return NOBODY;
        return errno == EAGAIN || errno == EINTR ? LEAVING : SCA_E_AGENT; /* EAGAIN: many wait */
    }
    err = check_peer(fd);
    if (err != 0)
        return err;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

/* What the agent would refuse is left out: an odd environment must not cost the signature. */
static void add_text(struct sca_buf *frame, enum sca_field tag, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    size_t len = strlen(text);
    if (len <= SCA_IPC_TEXT_MAX && sca_utf8_valid((struct sca_bytes){(const uint8_t *)text, len}))
        sca_msg_add_text(frame, tag, text);
}

/* @first goes with it, so that nobody has to be woken for HELLO alone. */
static int send_hello(struct sca_conn *conn, const struct sca_conn_self *self,
                      const struct sca_buf *first, const struct sca_wait *wait)
{
    SCA_BUF_AUTO frame = {.max = 2 * (SCA_IPC_FRAME_MAX + SCA_IPC_HEAD)};
    char program[PROGRAM_SIZE];

    sca_text_printable(self->program, program, sizeof program);
    sca_msg_begin(&frame, SCA_MSG_HELLO);
    sca_msg_add_u32(&frame, SCA_F_VERSION, SCA_IPC_VERSION);
    sca_msg_add_text(&frame, SCA_F_BUILD, SCA_PRODUCT_VERSION);
    add_text(&frame, SCA_F_PROGRAM, program);
    add_text(&frame, SCA_F_LANGUAGE, self->language);
    add_text(&frame, SCA_F_DISPLAY, self->display);
    add_text(&frame, SCA_F_WAYLAND, self->wayland);
    add_text(&frame, SCA_F_DBUS, self->dbus);
    add_text(&frame, SCA_F_XAUTHORITY, self->xauthority);
    add_text(&frame, SCA_F_TTY, self->tty);
    add_text(&frame, SCA_F_TERM, self->term);
    int err = sca_msg_end(&frame);
    if (err == 0 && first != NULL)
        err = first->err != 0 ? first->err : sca_buf_add(&frame, first->data, first->len);
    return err != 0 ? err : sca_conn_send(conn, &frame, wait->deadline_ms);
}

/* 0, an error, or an obstacle. */
static int judge_hello(const struct sca_msg *msg)
{
    uint32_t number;

    if (msg->type == SCA_MSG_ERROR) {
        if (!sca_msg_u32(msg, SCA_F_ERROR, &number) || number == 0 || number > INT16_MAX)
            return SCA_E_FORMAT;
        return -(int)number == SCA_E_VERSION ? OUTDATED : -(int)number;
    }
    if (msg->type != SCA_MSG_HELLO || !sca_msg_u32(msg, SCA_F_VERSION, &number))
        return SCA_E_FORMAT;
    if (number > SCA_IPC_VERSION)
        return SCA_E_VERSION;
    return number < SCA_IPC_VERSION ? OUTDATED : 0;
}

/* 0, an error, or an obstacle. */
static int exchange_hello(struct sca_conn *conn, const struct sca_conn_self *self,
                          const struct sca_buf *first, const struct sca_wait *wait)
{
    struct sca_msg msg;

    int err = send_hello(conn, self, first, wait);
    if (err == 0)
        err = sca_conn_receive(conn, wait->deadline_ms, wait->cancelled, wait->arg, &msg);
    if (err == SCA_E_AGENT) /* it took the connection and closed it: on its way out */
        return LEAVING;
    return err != 0 ? err : judge_hello(&msg);
}

/* 0, an error, or an obstacle. */
static int try_open(const struct sca_paths *paths, const struct sca_conn_self *self,
                    const struct sca_buf *first, const struct sca_wait *wait,
                    struct sca_conn **ret_conn)
{
    int fd = -1;

    int err = connect_once(paths, &fd);
    if (err != 0)
        return err;
    struct sca_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        sca_fd_close(&fd);
        return SCA_E_NOMEM;
    }
    conn->fd = fd;
    sca_buf_init(&conn->in, SCA_IPC_FRAME_MAX + SCA_IPC_HEAD);
    err = exchange_hello(conn, self, first, wait);
    if (err != 0) {
        sca_conn_close(conn);
        return err;
    }
    *ret_conn = conn;
    return 0;
}

static int open_conn(const struct sca_paths *paths, const struct sca_conn_self *self, bool start,
                     const struct sca_buf *first, const struct sca_wait *wait,
                     struct sca_conn **ret_conn)
{
    int pause_ms = PAUSE_MS;
    int starts = 0;

    for (;;) {
        int obstacle = try_open(paths, self, first, wait, ret_conn);
        if (obstacle <= 0)
            return obstacle;
        if (!start || (obstacle == NOBODY && starts == STARTS_MAX))
            return obstacle == OUTDATED ? SCA_E_VERSION : SCA_E_AGENT;
        if (obstacle == NOBODY) {
            starts++;
            int err = sca_launch_agent(paths, wait);
            if (err == 0)
                continue;
            if (err != SCA_E_AGENT) /* else perhaps another process was faster: look once more */
                return err;
        }
        int err = sca_wait_pause(wait, pause_ms);
        if (err != 0)
            return err == SCA_E_TIMEOUT && obstacle == OUTDATED ? SCA_E_VERSION : err;
        pause_ms = pause_ms < PAUSE_MAX_MS / 2 ? pause_ms * 2 : PAUSE_MAX_MS;
    }
}

int sca_conn_open(const struct sca_paths *paths, const struct sca_conn_self *self, bool start,
                  int64_t deadline_ms, sca_conn_cancelled *cancelled, void *arg,
                  struct sca_conn **ret_conn)
{
    const struct sca_wait wait = {deadline_ms, cancelled, arg};

    return open_conn(paths, self, start, NULL, &wait, ret_conn);
}

int sca_conn_ask(const struct sca_paths *paths, const struct sca_conn_self *self,
                 const struct sca_buf *frame, const struct sca_wait *wait,
                 struct sca_conn **ret_conn)
{
    return open_conn(paths, self, true, frame, wait, ret_conn);
}

int sca_conn_send(struct sca_conn *conn, const struct sca_buf *frame, int64_t deadline_ms)
{
    struct sca_wait wait = {.deadline_ms = deadline_ms};
    size_t sent = 0;

    if (frame->err != 0)
        return frame->err;
    if (conn->cut)
        return SCA_E_AGENT;
    while (sent < frame->len) {
        ssize_t count = send(conn->fd, frame->data + sent, frame->len - sent, MSG_NOSIGNAL);
        int err = 0;

        if (count >= 0)
            sent += (size_t)count;
        else if (errno == EAGAIN)
            err = sca_wait_fd(&wait, conn->fd, POLLOUT);
        else if (errno != EINTR)
            err = SCA_E_AGENT;
        if (err != 0) {
            conn->cut = true;
            return err;
        }
    }
    return 0;
}

/* How many bytes the frame still needs; 0 when it is whole. */
static int missing(const struct sca_conn *conn, size_t *ret_len)
{
    struct sca_reader reader = sca_reader((struct sca_bytes){conn->in.data, conn->in.len});

    if (conn->in.len < SCA_IPC_HEAD) {
        *ret_len = SCA_IPC_HEAD - conn->in.len;
        return 0;
    }
    uint32_t len = sca_read_u32(&reader);
    if (len > SCA_IPC_FRAME_MAX)
        return SCA_E_LIMIT;
    *ret_len = len - sca_reader_left(&reader);
    return 0;
}

/* Receives between one and @want bytes. */
static int receive_some(struct sca_conn *conn, size_t want, const struct sca_wait *wait)
{
    want = want < CHUNK_MAX ? want : CHUNK_MAX;
    int err = sca_buf_reserve(&conn->in, want);
    while (err == 0) {
        ssize_t count = recv(conn->fd, conn->in.data + conn->in.len, want, 0);

        if (count > 0) {
            conn->in.len += (size_t)count;
            return 0;
        }
        if (count == 0 || (errno != EAGAIN && errno != EINTR))
            return SCA_E_AGENT;
        err = sca_wait_fd(wait, conn->fd, POLLIN);
    }
    return err;
}

int sca_conn_receive(struct sca_conn *conn, int64_t deadline_ms, sca_conn_cancelled *cancelled,
                     void *arg, struct sca_msg *ret_msg)
{
    struct sca_wait wait = {deadline_ms, cancelled, arg};
    size_t want = 0;

    if (sca_wait_cancelled(&wait)) /* a peer that sends without end must not drown the question */
        return SCA_E_CANCELLED;
    if (conn->taken)
        conn->in.len = 0;
    conn->taken = false;
    int err = missing(conn, &want);
    while (err == 0 && want > 0) {
        err = receive_some(conn, want, &wait);
        if (err == 0)
            err = missing(conn, &want);
    }
    if (err != 0)
        return err;
    conn->taken = true;
    return sca_msg_decode(
        (struct sca_bytes){conn->in.data + SCA_IPC_HEAD, conn->in.len - SCA_IPC_HEAD}, ret_msg);
}

void sca_conn_close(struct sca_conn *conn)
{
    if (conn == NULL)
        return;
    (void)shutdown(conn->fd, SHUT_RDWR); /* a child of the host's may hold the socket, too */
    sca_fd_close(&conn->fd);
    sca_buf_clear(&conn->in);
    free(conn);
}
