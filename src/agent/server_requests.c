/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer may ask, and what it is answered: one request at a time. */
#include "server_core.h"

#include <stdlib.h>
#include <string.h>
#include "build_config.h"
#include "common/err.h"
#include "common/log.h"
#include "common/text.h"
#include "i18n.h"
#include "sentence.h"

#define NAME_MAX_LEN 256

/* ---- what went wrong ------------------------------------------------------------------------- */

static bool send_error(struct sca_client *client, int err, const char *sentence, const char *txn_id)
{
    struct sca_buf frame = sca_client_frame(SCA_MSG_ERROR);

    sca_msg_add_u32(&frame, SCA_F_ERROR, (uint32_t)-err);
    sca_msg_add_text(&frame, SCA_F_SENTENCE, *sentence != '\0' ? sentence : NULL);
    sca_msg_add_text(&frame, SCA_F_TXN, *txn_id != '\0' ? txn_id : NULL);
    return sca_client_send(client, &frame);
}

/* An error of the request itself, in the peer's language. */
static void refuse(struct sca_client *client, int err, const char *account, const char *detail)
{
    const struct sca_config *config = client->server->env.config(client->server->env.arg);
    const struct sca_config_account *found =
        account != NULL ? sca_config_account(config, account) : NULL;
    struct sca_sentence_facts facts = {.account = account, .detail = detail};
    char sentence[SCA_SENTENCE_SIZE];

    if (found != NULL && found->provider != NULL) {
        facts.service = found->provider->title;
        facts.settings = found->provider->needs | found->provider->uses;
        facts.server_key = found->server_key;
    }
    sca_i18n_use(config->language, client->peer.screen.language);
    sca_sentence(err, &facts, sentence);
    (void)send_error(client, err, sentence, "");
}

/* ---- requests -------------------------------------------------------------------------------- */

/* The request has its answer; the next may come. */
static void finish(struct sca_client *client)
{
    client->txn_wait = NULL;
    client->listing_wait = NULL;
    client->busy = false;
    if (client->server == NULL)
        return;
    sca_client_limit(client, SCA_SERVER_REQUEST_MS);
    sca_client_go_on(client);
}

static void on_progress(void *arg, const struct sca_txn_progress *progress)
{
    struct sca_client *client = arg;
    struct sca_buf frame = sca_client_frame(SCA_MSG_PROGRESS);

    sca_msg_add_u32(&frame, SCA_F_STATE, progress->state);
    sca_msg_add_text(&frame, SCA_F_CODE, progress->code);
    sca_msg_add_u32(&frame, SCA_F_SECONDS, progress->seconds);
    sca_msg_add_text(&frame, SCA_F_LINE, progress->line);
    (void)sca_client_send(client, &frame);
}

static bool on_signed(void *arg, const struct sca_txn_outcome *outcome)
{
    struct sca_client *client = arg;
    bool sent;

    client->txn_wait = NULL;
    if (outcome->err != 0) {
        sent = send_error(client, outcome->err, outcome->sentence, outcome->txn_id);
    } else {
        struct sca_buf frame = sca_client_frame(SCA_MSG_SIGNATURE);

        sca_msg_add_bytes(&frame, SCA_F_SIGNATURE, outcome->signature);
        sca_msg_add_text(&frame, SCA_F_TXN, outcome->txn_id);
        sca_msg_add_text(&frame, SCA_F_CODE, outcome->code);
        sca_msg_add_u32(&frame, SCA_F_REPLAYED, outcome->replayed ? 1 : 0);
        sent = sca_client_send(client, &frame);
    }
    finish(client);
    return sent;
}

static int ask(struct sca_client *client, const struct sca_peer_sign *sign)
{
    static const struct sca_txn_callbacks callbacks = {on_progress, on_signed};
    struct sca_txn_request request = {
        .account = sign->account,
        .credential = sign->credential,
        .scheme = sign->scheme,
        .hash = sign->hash,
        .digest = sign->digest,
        .mechanism = sign->mechanism,
        .program = client->peer.program,
        .executable = client->peer.executable,
        .pid = client->peer.pid,
        .screen = &client->peer.screen,
        .pin = sign->pin,
        .otp = sign->otp,
    };

    return sca_txns_ask(client->server->env.txns, &request, &callbacks, client, &client->txn_wait);
}

static void on_sign(struct sca_client *client, const struct sca_msg *msg)
{
    struct sca_peer_sign sign = {0};

    (void)client->server->env.config(client->server->env.arg);
    int err = sca_peer_read_sign(msg, &sign);
    if (err == 0)
        err = ask(client, &sign);
    if (err != 0)
        refuse(client, err, sign.account, "");
    else
        client->busy = true;
    sca_peer_sign_clear(&sign);
}

static void on_listed(void *arg, int err, const char *account, const char *detail)
{
    struct sca_client *client = arg;

    client->listing_wait = NULL;
    if (err != 0) {
        refuse(client, err, account, detail);
    } else {
        struct sca_buf frame = sca_client_frame(SCA_MSG_DONE);
        (void)sca_client_send(client, &frame);
    }
    finish(client);
}

/* NULL in @ret_account: all. */
static int read_account(const struct sca_msg *msg, const struct sca_config *config,
                        char **ret_account)
{
    int err = sca_msg_text(msg, SCA_F_ACCOUNT, NAME_MAX_LEN, ret_account);

    if (err == 0 && *ret_account != NULL && sca_config_account(config, *ret_account) == NULL)
        err = SCA_E_CONFIG;
    return err;
}

static void on_refresh(struct sca_client *client, const struct sca_msg *msg)
{
    const struct sca_config *config = client->server->env.config(client->server->env.arg);
    SCA_TEXT_AUTO account = NULL;
    uint32_t mode = SCA_REFRESH_NEEDED;

    (void)sca_msg_u32(msg, SCA_F_MODE, &mode);
    int err = read_account(msg, config, &account);
    if (err == 0)
        err = sca_listing_refresh(client->server->env.listing, account, mode == SCA_REFRESH_ALL,
                                  on_listed, client, &client->listing_wait);
    if (err != 0)
        refuse(client, err, account, "");
    else
        client->busy = true;
}

/* Takes @taken over; NULL is memory that is out. */
static void answer_json(struct sca_client *client, json_t *taken)
{
    SCA_TEXT_AUTO text = taken != NULL ? json_dumps(taken, JSON_COMPACT) : NULL;

    json_decref(taken);
    if (text == NULL || strlen(text) > SCA_IPC_FRAME_MAX / 2) {
        refuse(client, text == NULL ? SCA_E_NOMEM : SCA_E_LIMIT, NULL, "");
        return;
    }
    struct sca_buf frame = sca_client_frame(SCA_MSG_TEXT);
    sca_msg_add_text(&frame, SCA_F_TEXT, text);
    (void)sca_client_send(client, &frame);
}

static void on_status(struct sca_client *client)
{
    (void)client->server->env.config(client->server->env.arg);
    answer_json(client, client->server->env.status(client->server->env.arg));
}

static json_t *lock(struct sca_txns *txns, const char *account)
{
    return json_pack("{s:I}", "ended", (json_int_t)sca_txns_lock(txns, account));
}

/* What is done for one account or all, at once. */
static void on_order(struct sca_client *client, const struct sca_msg *msg,
                     json_t *(*order)(struct sca_txns *txns, const char *account))
{
    const struct sca_config *config = client->server->env.config(client->server->env.arg);
    SCA_TEXT_AUTO account = NULL;
    int err = read_account(msg, config, &account);

    if (err != 0)
        refuse(client, err, account, "");
    else
        answer_json(client, order(client->server->env.txns, account));
}

/* Whoever has the answer may start a successor: its place is free by then. */
static void on_quit(struct sca_client *client)
{
    const struct sca_server *server = client->server;
    struct sca_buf frame = sca_client_frame(SCA_MSG_DONE);

    server->env.retire(server->env.arg);
    (void)sca_client_send(client, &frame);
}

static void on_hello(struct sca_client *client, const struct sca_msg *msg)
{
    struct sca_server *server = client->server;
    int err = sca_peer_greet(&client->peer, msg);

    if (err == SCA_E_VERSION) {
        server->env.retire(server->env.arg); /* before the answer: see on_quit */
        (void)send_error(client, err, "", "");
        return;
    }
    if (err != 0) {
        sca_client_close(client);
        return;
    }
    client->greeted = true;
    struct sca_buf frame = sca_client_frame(SCA_MSG_HELLO);
    sca_msg_add_u32(&frame, SCA_F_VERSION, SCA_IPC_VERSION);
    sca_msg_add_text(&frame, SCA_F_BUILD, SCA_PRODUCT_VERSION);
    (void)sca_client_send(client, &frame);
}

void sca_client_handle(struct sca_client *client, const struct sca_msg *msg)
{
    if (!client->greeted && msg->type != SCA_MSG_HELLO) {
        sca_client_close(client);
        return;
    }
    switch (msg->type) {
    case SCA_MSG_HELLO:
        on_hello(client, msg);
        break;
    case SCA_MSG_REFRESH:
        on_refresh(client, msg);
        break;
    case SCA_MSG_SIGN:
        on_sign(client, msg);
        break;
    case SCA_MSG_STATUS:
        on_status(client);
        break;
    case SCA_MSG_QUIT:
        on_quit(client);
        break;
    case SCA_MSG_LOCK:
        on_order(client, msg, lock);
        break;
    case SCA_MSG_RECONCILE:
        on_order(client, msg, sca_txns_compare);
        break;
    case SCA_MSG_PROGRESS:
    case SCA_MSG_SIGNATURE:
    case SCA_MSG_DONE:
    case SCA_MSG_ERROR:
    case SCA_MSG_TEXT:
        sca_client_close(client);
        break;
    }
    if (client->server == NULL)
        return;
    if (client->busy)
        uv_timer_stop(&client->timer);
    else
        sca_client_limit(client, client->greeted ? SCA_SERVER_REQUEST_MS : SCA_SERVER_HELLO_MS);
}
