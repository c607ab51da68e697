/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection per request; closing it is the cancel. What the agent sends is checked like any
 * input: lengths by the codec, numbers and texts here.
 */
#include "agent_link.h"

#include <limits.h>
#include <string.h>
#include "common/clock.h"
#include "common/err.h"
#include "common/fd.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/text.h"
#include "waiting_line.h"

enum {
    BROKEN = 1,           /* the agent is gone, another may be asked the same */
    TRIES_MAX = 4,        /* connections for one request */
    FIRST_PAUSE_MS = 100, /* between connections, doubling */
    SENTENCE_MAX = 1024,  /* bytes of the agent's sentence that reach the log */
};

/* A request under way: where to ask, until when, and who may end it. */
struct asking {
    const struct sca_paths *paths;
    const struct sca_conn_self *self;
    const struct sca_buf *frame;
    struct sca_wait wait;
};

/* Looks at one answer: 1 when more will follow, else 0 or an error. */
typedef int look_at_answer(const struct sca_msg *msg, void *target);

static void close_conn(struct sca_conn **conn)
{
    sca_conn_close(*conn);
}
#define CONN_AUTO __attribute__((cleanup(close_conn))) struct sca_conn *

/* 0, BROKEN, or an error. */
static int ask_once(const struct asking *asking, look_at_answer *look, void *target)
{
    const struct sca_wait *wait = &asking->wait;
    CONN_AUTO conn = NULL;
    int err = sca_conn_ask(asking->paths, asking->self, asking->frame, wait, &conn);
    if (err < 0)
        return err; /* it has tried again where that could help */
    int more = 1;
    while (err == 0 && more == 1) {
        struct sca_msg msg;
        err = sca_conn_receive(conn, wait->deadline_ms, wait->cancelled, wait->arg, &msg);
        if (err == 0)
            more = look(&msg, target);
        if (err == 0 && more == 1 && sca_left_ms(wait->deadline_ms) == 0)
            err = SCA_E_TIMEOUT; /* progress without end */
    }
    if (err == SCA_E_AGENT)
        return BROKEN;
    return err < 0 ? err : more;
}

static int ask(const struct asking *asking, look_at_answer *look, void *target)
{
    int pause_ms = FIRST_PAUSE_MS;
    for (int tries = 1; tries <= TRIES_MAX; tries++) {
        int err = ask_once(asking, look, target);
        if (err != BROKEN)
            return err;
        if (tries == TRIES_MAX)
            break;
        err = sca_wait_pause(&asking->wait, pause_ms);
        if (err < 0)
            return err;
        pause_ms *= 2;
    }
    sca_log(SCA_LOG_ERROR, "module", "the agent cannot be reached");
    return SCA_E_AGENT;
}

/* The error in an answer; a number that is not one of ours is the agent's fault. */
static int told_error(const struct sca_msg *msg)
{
    uint32_t number = 0;
    if (!sca_msg_u32(msg, SCA_F_ERROR, &number) || number == 0 || number > INT_MAX ||
        sca_streq(sca_err_name(-(int)number), sca_err_name(INT_MIN)))
        return SCA_E_FORMAT;
    SCA_TEXT_AUTO sentence = NULL;
    char printable[SENTENCE_MAX + 1] = "";
    if (sca_msg_text(msg, SCA_F_SENTENCE, SENTENCE_MAX, &sentence) == 0)
        sca_text_printable(sentence, printable, sizeof printable);
    sca_log(SCA_LOG_WARNING, "module", "agent: %s: %s", sca_err_name(-(int)number), printable);
    return -(int)number;
}

struct sign_target {
    uint8_t *signature;
    size_t signature_len;
    struct sca_waiting_line line;
};

static void show_progress(const struct sca_msg *msg, struct sca_waiting_line *line)
{
    SCA_TEXT_AUTO text = NULL;
    if (sca_msg_text(msg, SCA_F_LINE, SCA_WAITING_LINE_MAX, &text) == 0 && text)
        sca_waiting_line_show(line, text);
}

static int take_signature(const struct sca_msg *msg, const struct sign_target *target)
{
    const struct sca_bytes signature = msg->field[SCA_F_SIGNATURE];
    if (!signature.data || signature.len != target->signature_len)
        return SCA_E_BAD_SIGNATURE;
    memcpy(target->signature, signature.data, signature.len);
    return 0;
}

static int look_at_sign(const struct sca_msg *msg, void *arg)
{
    struct sign_target *target = arg;
    if (msg->type == SCA_MSG_PROGRESS) {
        show_progress(msg, &target->line);
        return 1;
    }
    if (msg->type == SCA_MSG_SIGNATURE)
        return take_signature(msg, target);
    return msg->type == SCA_MSG_ERROR ? told_error(msg) : SCA_E_FORMAT;
}

static int encode_sign(const struct sca_link_sign *request, struct sca_buf *frame)
{
    sca_msg_begin(frame, SCA_MSG_SIGN);
    sca_msg_add_text(frame, SCA_F_ACCOUNT, request->account);
    sca_msg_add_text(frame, SCA_F_CREDENTIAL, request->credential);
    sca_msg_add_u32(frame, SCA_F_SCHEME, request->scheme);
    sca_msg_add_u32(frame, SCA_F_HASH, request->hash);
    sca_msg_add_bytes(frame, SCA_F_DIGEST, request->digest);
    sca_msg_add_u32(frame, SCA_F_MECHANISM, request->mechanism);
    if (request->pin)
        sca_msg_add_bytes(frame, SCA_F_PIN, sca_secret_bytes(request->pin));
    if (request->otp)
        sca_msg_add_bytes(frame, SCA_F_OTP, sca_secret_bytes(request->otp));
    return sca_msg_end(frame);
}

int sca_link_sign(const struct sca_paths *paths, const struct sca_conn_self *self,
                  const struct sca_link_sign *request, sca_conn_cancelled *cancelled, void *arg,
                  uint8_t *ret_signature)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX + SCA_IPC_HEAD);
    const int err = encode_sign(request, &frame);
    if (err < 0)
        return err;
    const struct asking asking = {
        .paths = paths,
        .self = self,
        .frame = &frame,
        .wait = {sca_now_ms() + request->timeout_ms, cancelled, arg},
    };
    struct sign_target target = {.signature = ret_signature,
                                 .signature_len = request->signature_len,
                                 .line.mark = self->ellipsis};
    const int result = ask(&asking, look_at_sign, &target);
    sca_waiting_line_erase(&target.line);
    return result;
}

static int look_at_refresh(const struct sca_msg *msg, void *arg)
{
    (void)arg;
    if (msg->type == SCA_MSG_PROGRESS)
        return 1;
    if (msg->type == SCA_MSG_ERROR)
        return told_error(msg);
    if (msg->type != SCA_MSG_DONE)
        return SCA_E_FORMAT;
    uint32_t number = 0;
    return sca_msg_u32(msg, SCA_F_ERROR, &number) && number != 0 ? told_error(msg) : 0;
}

int sca_link_refresh(const struct sca_paths *paths, const struct sca_conn_self *self,
                     int64_t deadline_ms, sca_conn_cancelled *cancelled, void *arg)
{
    SCA_BUF_AUTO frame;
    sca_buf_init(&frame, SCA_IPC_FRAME_MAX + SCA_IPC_HEAD);
    sca_msg_begin(&frame, SCA_MSG_REFRESH);
    sca_msg_add_u32(&frame, SCA_F_MODE, SCA_REFRESH_NEEDED);
    const int err = sca_msg_end(&frame);
    if (err < 0)
        return err;
    const struct asking asking = {
        .paths = paths,
        .self = self,
        .frame = &frame,
        .wait = {deadline_ms, cancelled, arg},
    };
    return ask(&asking, look_at_refresh, NULL);
}
