/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What anybody may say to the agent (frames.h), through its real server and a real socket; the
 * transactions and listings behind it are stood in for here. Requests that get through are within
 * their bounds, answers are frames that a client can read, nobody is left over.
 */
#include "fuzz.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "agent/peer.h"
#include "agent/server.h"
#include "common/err.h"
#include "frames.h"

#define HELD_MAX 64

struct sca_txn_wait {
    const struct sca_txn_callbacks *callbacks;
    void *arg;
};

struct sca_listing_wait {
    sca_listing_done *done;
    void *arg;
};

static struct {
    uv_loop_t loop;
    int listener;
    struct sca_config config;
    struct sca_txn_wait txns[HELD_MAX];
    struct sca_listing_wait listings[HELD_MAX];
    size_t txn_count;
    size_t listing_count;
} world = {.listener = -1};

/* ---- what stands behind the server ----------------------------------------------------------- */

int __wrap_sca_txns_ask(struct sca_txns *txns, const struct sca_txn_request *request,
                        const struct sca_txn_callbacks *callbacks, void *arg,
                        struct sca_txn_wait **ret_wait);
void __wrap_sca_txns_leave(struct sca_txn_wait *wait);
int __wrap_sca_listing_refresh(struct sca_listing *listing, const char *account, bool all,
                               sca_listing_done *done, void *arg,
                               struct sca_listing_wait **ret_wait);
void __wrap_sca_listing_cancel(struct sca_listing_wait *wait);
size_t __wrap_sca_txns_lock(struct sca_txns *txns, const char *account);

json_t *__wrap_sca_txns_compare(struct sca_txns *txns, const char *account);

json_t *__wrap_sca_txns_compare(struct sca_txns *txns, const char *account)
{
    (void)txns;
    return account != NULL ? json_pack("{s:b}", "busy", 1) : NULL;
}

size_t __wrap_sca_txns_lock(struct sca_txns *txns, const char *account)
{
    (void)txns;
    return account != NULL ? 1 : 0;
}

int __wrap_sca_txns_ask(struct sca_txns *txns, const struct sca_txn_request *request,
                        const struct sca_txn_callbacks *callbacks, void *arg,
                        struct sca_txn_wait **ret_wait)
{
    (void)txns;
    fuzz_check(request->account != NULL && request->credential != NULL);
    fuzz_check(memchr(request->program, '\0', SCA_PROGRAM_SIZE) != NULL);
    fuzz_check(request->pid == getpid());
    if (request->digest.len != sca_hash_len(request->hash))
        return SCA_E_INVAL; /* as it does */
    if (world.txn_count == HELD_MAX)
        return SCA_E_NOMEM;
    *ret_wait = &world.txns[world.txn_count++];
    **ret_wait = (struct sca_txn_wait){callbacks, arg};
    return 0;
}

void __wrap_sca_txns_leave(struct sca_txn_wait *wait)
{
    wait->callbacks = NULL;
}

int __wrap_sca_listing_refresh(struct sca_listing *listing, const char *account, bool all,
                               sca_listing_done *done, void *arg,
                               struct sca_listing_wait **ret_wait)
{
    (void)listing;
    (void)account;
    if (all || world.listing_count == HELD_MAX)
        return SCA_E_UNREACHABLE;
    *ret_wait = &world.listings[world.listing_count++];
    **ret_wait = (struct sca_listing_wait){done, arg};
    return 0;
}

void __wrap_sca_listing_cancel(struct sca_listing_wait *wait)
{
    wait->done = NULL;
}

/* Everything that is held gets its answer: signed, refused, in turn. */
static void answer_held(void)
{
    static const uint8_t signature[256];
    const struct sca_txn_progress progress = {SCA_PROGRESS_WAITING, "7QF-29K", 300, "a line"};
    struct sca_txn_outcome outcome = {
        .signature = {signature, sizeof signature}, .txn_id = "t", .code = "c", .sentence = ""};

    for (size_t i = 0; i < world.txn_count; i++) {
        struct sca_txn_wait *wait = &world.txns[i];

        outcome.err = i % 2 == 0 ? 0 : SCA_E_REJECTED;
        outcome.sentence = i % 2 == 0 ? "" : "No.";
        if (wait->callbacks != NULL)
            wait->callbacks->progress(wait->arg, &progress);
        if (wait->callbacks != NULL) /* progress may have met a connection that is gone */
            (void)wait->callbacks->done(wait->arg, &outcome);
        wait->callbacks = NULL;
    }
    for (size_t i = 0; i < world.listing_count; i++) {
        struct sca_listing_wait *wait = &world.listings[i];

        if (wait->done != NULL)
            wait->done(wait->arg, i % 2 == 0 ? 0 : SCA_E_UNREACHABLE, "work", "");
        wait->done = NULL;
    }
}

static const struct sca_config *get_config(void *arg)
{
    (void)arg;
    return &world.config;
}

static json_t *get_status(void *arg)
{
    (void)arg;
    return json_pack("{s:[]}", "accounts");
}

static void retire(void *arg)
{
    (void)arg;
}

/* ---- a client -------------------------------------------------------------------------------- */

static void address_of(struct sockaddr_un *ret_address)
{
    char path[FUZZ_PATH_SIZE];

    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    fuzz_path("agent.sock", path);
    strncpy(ret_address->sun_path, path, sizeof ret_address->sun_path - 1);
}

static void set_up(void)
{
    struct sockaddr_un address;

    if (world.listener >= 0)
        return;
    address_of(&address);
    signal(SIGPIPE, SIG_IGN); /* as the agent does */
    world.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fuzz_check(world.listener >= 0 &&
               bind(world.listener, (struct sockaddr *)&address, sizeof address) == 0 &&
               listen(world.listener, 8) == 0 && uv_loop_init(&world.loop) == 0);
}

static int connect_client(void)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    address_of(&address);
    fuzz_check(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void run(int rounds)
{
    for (int i = 0; i < rounds; i++)
        (void)uv_run(&world.loop, UV_RUN_NOWAIT);
}

static void check_answer(const struct sca_msg *msg)
{
    uint32_t number = 0;

    fuzz_check(msg->type == SCA_MSG_HELLO || msg->type >= SCA_MSG_PROGRESS);
    if (msg->type == SCA_MSG_ERROR) {
        fuzz_check(sca_msg_u32(msg, SCA_F_ERROR, &number) && number > 0);
        fuzz_check(msg->field[SCA_F_SENTENCE].len > 0 || number == -SCA_E_VERSION);
    }
}

/* Whole frames only, unless the connection was cut off. */
static void check_answers(int fd)
{
    static uint8_t answers[1u << 20];
    ssize_t got = 0;
    size_t len = 0;

    while (len < sizeof answers &&
           (got = recv(fd, answers + len, sizeof answers - len, MSG_DONTWAIT)) > 0)
        len += (size_t)got;
    struct sca_reader reader = sca_reader((struct sca_bytes){answers, len});
    while (sca_reader_left(&reader) > 0) {
        struct sca_bytes frame = sca_read_bytes(&reader, sca_read_u32(&reader));
        struct sca_msg msg;

        fuzz_check(!reader.failed);
        fuzz_check(sca_msg_decode(frame, &msg) == 0);
        check_answer(&msg);
    }
}

/* Says it all, in pieces of @step bytes while that makes few pieces, and hangs up. */
static void talk(int fd, struct sca_bytes words, size_t step)
{
    step = words.len / 8 > step ? words.len / 8 : step;
    while (words.len > 0) {
        size_t len = words.len < step ? words.len : step;
        ssize_t sent = send(fd, words.data, len, MSG_NOSIGNAL);

        if (sent < 0)
            break;
        words.data += sent;
        words.len -= (size_t)sent;
        fail_pause(false);
        run(2);
        fail_pause(true);
    }
    fail_pause(false);
    run(2);
    answer_held();
    run(2);
    fail_pause(true);
    shutdown(fd, SHUT_WR);
    fail_pause(false);
    run(2);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct sca_server_env env = {
        .loop = &world.loop, .config = get_config, .status = get_status, .retire = retire};
    SCA_BUF_AUTO words = {.max = 1u << 20};
    struct sca_server *server = NULL;

    if (size < 1)
        return;
    fuzz_frames((struct sca_bytes){data + 1, size - 1}, &words);
    fail_pause(true);
    set_up();
    int fd = connect_client();
    int listener = dup(world.listener);
    world.txn_count = world.listing_count = 0;
    fail_pause(false);
    if (fuzz_well(sca_server_new(&env, listener, &server) == 0)) {
        run(2);
        fail_pause(true);
        talk(fd, (struct sca_bytes){words.data, words.len}, data[0] + 1u);
        fuzz_check(sca_server_busy(server) <= sca_server_clients(server));
    }
    fail_pause(true);
    check_answers(fd);
    close(fd);
    fail_pause(false);
    sca_server_free(server);
    run(4);
    fuzz_check(!uv_loop_alive(&world.loop));
    fail_pause(true);
    int left = accept(world.listener, NULL, NULL); /* where the server never came to it */
    if (left >= 0)
        close(left);
    fail_pause(false);
}
