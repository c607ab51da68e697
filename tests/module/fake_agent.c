/* SPDX-License-Identifier: Apache-2.0 */
/* One thread accepts, one per connection answers; all state under one lock. */
#include "fake_agent.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/bn.h>
#include <openssl/rsa.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "common/ipc.h"

enum { AWAIT_MS = 60 * 1000, POLL_MS = 20, CONNECTIONS_MAX = 4096, SIGNATURE_MAX = 1024 };

struct fake_agent {
    int listener;
    EVP_PKEY *rsa;
    EVP_PKEY *ec;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum fake_behaviour behaviour;
    int error;
    const char *line;
    unsigned signs;
    unsigned hangups;
    unsigned running; /* connections being answered */
    bool released;
    bool stopping;
    struct fake_request last;
};

struct connection {
    struct fake_agent *agent;
    int fd;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "fake agent: %s: %s\n", what, strerror(errno));
    abort();
}

static bool read_all(int fd, void *data, size_t len)
{
    return recv(fd, data, len, MSG_WAITALL) == (ssize_t)len;
}

static bool send_all(int fd, const struct sca_buf *frame)
{
    return send(fd, frame->data, frame->len, MSG_NOSIGNAL) == (ssize_t)frame->len;
}

static bool read_msg(int fd, uint8_t **ret_frame, struct sca_msg *ret_msg)
{
    uint8_t head[SCA_IPC_HEAD];
    if (!read_all(fd, head, sizeof head))
        return false;
    struct sca_reader reader = sca_reader((struct sca_bytes){head, sizeof head});
    const uint32_t len = sca_read_u32(&reader);
    uint8_t *frame = malloc(len);
    must(frame, "memory");
    *ret_frame = frame;
    return read_all(fd, frame, len) && sca_msg_decode((struct sca_bytes){frame, len}, ret_msg) == 0;
}

static void start_frame(struct sca_buf *frame, enum sca_msg_type type)
{
    sca_buf_init(frame, SCA_IPC_FRAME_MAX + SCA_IPC_HEAD);
    sca_msg_begin(frame, type);
}

static bool finish_frame(int fd, struct sca_buf *frame)
{
    const bool sent = sca_msg_end(frame) == 0 && send_all(fd, frame);
    sca_buf_clear(frame);
    return sent;
}

static bool answer_hello(int fd)
{
    struct sca_buf frame;
    start_frame(&frame, SCA_MSG_HELLO);
    sca_msg_add_u32(&frame, SCA_F_VERSION, SCA_IPC_VERSION);
    sca_msg_add_text(&frame, SCA_F_BUILD, "fake");
    return finish_frame(fd, &frame);
}

static bool send_progress(int fd, const char *line)
{
    struct sca_buf frame;
    start_frame(&frame, SCA_MSG_PROGRESS);
    sca_msg_add_u32(&frame, SCA_F_STATE, SCA_PROGRESS_WAITING);
    sca_msg_add_text(&frame, SCA_F_CODE, "7QF-29K");
    sca_msg_add_u32(&frame, SCA_F_SECONDS, 300);
    sca_msg_add_text(&frame, SCA_F_LINE, line);
    return finish_frame(fd, &frame);
}

static void copy_text(struct sca_bytes field, char *text, size_t size)
{
    must(field.len < size, "field too long");
    memcpy(text, field.data ? field.data : (const uint8_t *)"", field.len);
    text[field.len] = '\0';
}

static struct fake_request take_request(const struct sca_msg *msg)
{
    struct fake_request request = {0};
    copy_text(msg->field[SCA_F_ACCOUNT], request.account, sizeof request.account);
    copy_text(msg->field[SCA_F_CREDENTIAL], request.credential, sizeof request.credential);
    copy_text(msg->field[SCA_F_PIN], request.pin, sizeof request.pin);
    copy_text(msg->field[SCA_F_OTP], request.otp, sizeof request.otp);
    request.has_pin = msg->field[SCA_F_PIN].data;
    request.has_otp = msg->field[SCA_F_OTP].data;
    must(sca_msg_u32(msg, SCA_F_SCHEME, &request.scheme), "scheme");
    must(sca_msg_u32(msg, SCA_F_HASH, &request.hash), "hash");
    request.digest_len = msg->field[SCA_F_DIGEST].len;
    must(request.digest_len == sca_hash_len((enum sca_hash)request.hash), "digest length");
    memcpy(request.digest, msg->field[SCA_F_DIGEST].data, request.digest_len);
    return request;
}

/* r||s of a DER signature. */
static size_t raw_ecdsa(const uint8_t *der, size_t der_len, uint8_t *ret_raw, size_t half)
{
    const unsigned char *pos = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &pos, (long)der_len);
    must(pair, "ECDSA");
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret_raw, (int)half);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret_raw + half, (int)half);
    ECDSA_SIG_free(pair);
    return 2 * half;
}

/* Not by name: the table of names is empty once exit handlers have begun. */
static const EVP_MD *digest_of(uint32_t hash)
{
    static const EVP_MD *(*const digests[])(void) = {
        [SCA_HASH_SHA1] = EVP_sha1,     [SCA_HASH_SHA224] = EVP_sha224,
        [SCA_HASH_SHA256] = EVP_sha256, [SCA_HASH_SHA384] = EVP_sha384,
        [SCA_HASH_SHA512] = EVP_sha512,
    };
    must(hash >= SCA_HASH_SHA1 && hash <= SCA_HASH_SHA512, "hash");
    return digests[hash]();
}

static size_t make_signature(const struct fake_agent *agent, const struct fake_request *request,
                             uint8_t *ret_signature)
{
    const bool ecdsa = request->scheme == SCA_SCHEME_ECDSA;
    EVP_PKEY *key = ecdsa ? agent->ec : agent->rsa;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    must(context && EVP_PKEY_sign_init(context) == 1, "sign");
    must(EVP_PKEY_CTX_set_signature_md(context, digest_of(request->hash)) == 1, "md");
    if (request->scheme == SCA_SCHEME_PSS) {
        must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1, "padding");
        must(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1, "salt");
    }
    uint8_t signature[SIGNATURE_MAX];
    size_t len = sizeof signature;
    must(EVP_PKEY_sign(context, signature, &len, request->digest, request->digest_len) == 1,
         "signature");
    EVP_PKEY_CTX_free(context);
    if (ecdsa)
        return raw_ecdsa(signature, len, ret_signature, (size_t)(EVP_PKEY_get_bits(key) + 7) / 8);
    memcpy(ret_signature, signature, len);
    return len;
}

/* @extra: bytes more (or fewer) than the signature has. */
static void send_signature(struct connection *connection, const struct fake_request *request,
                           int extra)
{
    uint8_t signature[SIGNATURE_MAX + 1] = {0};
    const size_t len = make_signature(connection->agent, request, signature) + (size_t)extra;
    struct sca_buf frame;
    start_frame(&frame, SCA_MSG_SIGNATURE);
    sca_msg_add_bytes(&frame, SCA_F_SIGNATURE, (struct sca_bytes){signature, len});
    sca_msg_add_text(&frame, SCA_F_TXN, "00000000-0000-4000-8000-000000000000");
    (void)finish_frame(connection->fd, &frame);
}

static void send_error(int fd, int error)
{
    struct sca_buf frame;
    start_frame(&frame, SCA_MSG_ERROR);
    sca_msg_add_u32(&frame, SCA_F_ERROR, (uint32_t) - (int64_t)error);
    sca_msg_add_text(&frame, SCA_F_SENTENCE, "a sentence");
    (void)finish_frame(fd, &frame);
}

static void send_raw(int fd, const void *data, size_t len)
{
    (void)!send(fd, data, len, MSG_NOSIGNAL);
}

static void wait_for_release(struct connection *connection, const struct fake_request *request)
{
    struct fake_agent *agent = connection->agent;
    struct pollfd fd = {.fd = connection->fd, .events = POLLIN};
    for (;;) {
        const bool hung_up = poll(&fd, 1, POLL_MS) > 0;
        pthread_mutex_lock(&agent->lock);
        const bool released = agent->released, stopping = agent->stopping;
        agent->hangups += hung_up;
        pthread_cond_broadcast(&agent->changed);
        pthread_mutex_unlock(&agent->lock);
        if (hung_up || stopping)
            return;
        if (released)
            break;
    }
    send_signature(connection, request, 0);
}

static void send_hostile(int fd, enum fake_behaviour behaviour)
{
    static const uint8_t twice[] = {
        11, 0, 0, 0, SCA_MSG_SIGNATURE, SCA_F_SIGNATURE, 0, 0, 0, 0, SCA_F_SIGNATURE, 0, 0, 0, 0};
    static const uint8_t unknown[] = {1, 0, 0, 0, 200};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, SCA_MSG_SIGNATURE};
    static const uint8_t cut[] = {100, 0, 0, 0, SCA_MSG_SIGNATURE, SCA_F_SIGNATURE};
    static const uint8_t empty[] = {1, 0, 0, 0, SCA_MSG_SIGNATURE};
    static const uint8_t done[] = {1, 0, 0, 0, SCA_MSG_DONE};
    if (behaviour == FAKE_TWICE)
        send_raw(fd, twice, sizeof twice);
    if (behaviour == FAKE_UNKNOWN_TYPE)
        send_raw(fd, unknown, sizeof unknown);
    if (behaviour == FAKE_HUGE)
        send_raw(fd, huge, sizeof huge);
    if (behaviour == FAKE_CUT)
        send_raw(fd, cut, sizeof cut);
    if (behaviour == FAKE_EMPTY)
        send_raw(fd, empty, sizeof empty);
    if (behaviour == FAKE_WRONG_TYPE)
        send_raw(fd, done, sizeof done);
    while (behaviour == FAKE_FLOOD && send_progress(fd, "flood"))
        ;
}

static void note_hangup(struct fake_agent *agent)
{
    pthread_mutex_lock(&agent->lock);
    agent->hangups++;
    pthread_cond_broadcast(&agent->changed);
    pthread_mutex_unlock(&agent->lock);
}

static void answer_sign(struct connection *connection, const struct sca_msg *msg)
{
    struct fake_agent *agent = connection->agent;
    const struct fake_request request = take_request(msg);
    pthread_mutex_lock(&agent->lock);
    const enum fake_behaviour behaviour = agent->behaviour;
    const int error = agent->error;
    const char *line = agent->line;
    if (behaviour == FAKE_DIE_ONCE)
        agent->behaviour = FAKE_SIGN;
    agent->last = request;
    agent->signs++;
    pthread_cond_broadcast(&agent->changed);
    pthread_mutex_unlock(&agent->lock);

    const bool told = send_progress(connection->fd, line);
    if (!told) /* gone before it was told anything */
        note_hangup(agent);
    if (!told || behaviour == FAKE_DIE || behaviour == FAKE_DIE_ONCE)
        return;
    if (behaviour == FAKE_HOLD)
        wait_for_release(connection, &request);
    else if (behaviour == FAKE_ERROR)
        send_error(connection->fd, error);
    else if (behaviour == FAKE_SIGN || behaviour == FAKE_SHORT || behaviour == FAKE_LONG)
        send_signature(connection, &request, (behaviour == FAKE_LONG) - (behaviour == FAKE_SHORT));
    else
        send_hostile(connection->fd, behaviour);
}

static void *answer(void *arg)
{
    struct connection *connection = arg;
    struct fake_agent *agent = connection->agent;
    uint8_t *frame = NULL;
    struct sca_msg msg;
    bool ok = read_msg(connection->fd, &frame, &msg) && msg.type == SCA_MSG_HELLO &&
              answer_hello(connection->fd);
    free(frame);
    frame = NULL;
    ok = ok && read_msg(connection->fd, &frame, &msg);
    if (ok && msg.type == SCA_MSG_SIGN)
        answer_sign(connection, &msg);
    free(frame);
    close(connection->fd);
    free(connection);
    pthread_mutex_lock(&agent->lock);
    agent->running--;
    pthread_cond_broadcast(&agent->changed);
    pthread_mutex_unlock(&agent->lock);
    return NULL;
}

static void *serve(void *arg)
{
    struct fake_agent *agent = arg;
    for (;;) {
        struct pollfd fd = {.fd = agent->listener, .events = POLLIN};
        const int ready = poll(&fd, 1, POLL_MS);
        pthread_mutex_lock(&agent->lock);
        const bool stopping = agent->stopping;
        pthread_mutex_unlock(&agent->lock);
        if (stopping)
            return NULL;
        if (ready <= 0)
            continue;
        struct connection *connection = calloc(1, sizeof *connection);
        must(connection, "memory");
        *connection = (struct connection){agent, accept(agent->listener, NULL, NULL)};
        must(connection->fd >= 0, "accept");
        pthread_mutex_lock(&agent->lock);
        agent->running++;
        pthread_mutex_unlock(&agent->lock);
        pthread_t thread;
        must(!pthread_create(&thread, NULL, answer, connection), "thread");
        pthread_detach(thread);
    }
}

struct fake_agent *fake_agent_start(const char *socket_path, EVP_PKEY *rsa, EVP_PKEY *ec)
{
    struct fake_agent *agent = calloc(1, sizeof *agent);
    must(agent, "memory");
    agent->rsa = rsa;
    agent->ec = ec;
    pthread_mutex_init(&agent->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&agent->changed, &attr);
    pthread_condattr_destroy(&attr);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    must(strlen(socket_path) < sizeof address.sun_path, "path");
    memcpy(address.sun_path, socket_path, strlen(socket_path));
    agent->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(!bind(agent->listener, (const struct sockaddr *)&address, sizeof address), "bind");
    must(!chmod(socket_path, 0700), "chmod");
    must(!listen(agent->listener, CONNECTIONS_MAX), "listen");
    must(!pthread_create(&agent->thread, NULL, serve, agent), "thread");
    return agent;
}

void fake_agent_stop(struct fake_agent *agent)
{
    struct sockaddr_un address;
    socklen_t len = sizeof address;
    must(!getsockname(agent->listener, (struct sockaddr *)&address, &len), "name");
    pthread_mutex_lock(&agent->lock);
    agent->stopping = true;
    pthread_mutex_unlock(&agent->lock);
    pthread_join(agent->thread, NULL);
    pthread_mutex_lock(&agent->lock);
    while (agent->running)
        pthread_cond_wait(&agent->changed, &agent->lock);
    pthread_mutex_unlock(&agent->lock);
    close(agent->listener);
    unlink(address.sun_path);
    pthread_cond_destroy(&agent->changed);
    pthread_mutex_destroy(&agent->lock);
    free(agent);
}

void fake_agent_behave(struct fake_agent *agent, enum fake_behaviour behaviour, int error)
{
    pthread_mutex_lock(&agent->lock);
    agent->behaviour = behaviour;
    agent->error = error;
    agent->signs = 0;
    agent->hangups = 0;
    agent->released = false;
    agent->line = NULL;
    agent->last = (struct fake_request){0};
    pthread_mutex_unlock(&agent->lock);
}

void fake_agent_line(struct fake_agent *agent, const char *line)
{
    pthread_mutex_lock(&agent->lock);
    agent->line = line;
    pthread_mutex_unlock(&agent->lock);
}

static void await(struct fake_agent *agent, const unsigned *counter, unsigned wanted)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += AWAIT_MS / 1000;
    pthread_mutex_lock(&agent->lock);
    while (*counter < wanted)
        must(!pthread_cond_timedwait(&agent->changed, &agent->lock, &until), "nobody came");
    pthread_mutex_unlock(&agent->lock);
}

void fake_agent_await(struct fake_agent *agent, unsigned signs)
{
    await(agent, &agent->signs, signs);
}

void fake_agent_await_hangup(struct fake_agent *agent)
{
    await(agent, &agent->hangups, 1);
}

void fake_agent_release(struct fake_agent *agent)
{
    pthread_mutex_lock(&agent->lock);
    agent->released = true;
    pthread_mutex_unlock(&agent->lock);
}

unsigned fake_agent_signs(struct fake_agent *agent)
{
    pthread_mutex_lock(&agent->lock);
    const unsigned signs = agent->signs;
    pthread_mutex_unlock(&agent->lock);
    return signs;
}

struct fake_request fake_agent_last(struct fake_agent *agent)
{
    pthread_mutex_lock(&agent->lock);
    const struct fake_request last = agent->last;
    pthread_mutex_unlock(&agent->lock);
    return last;
}
