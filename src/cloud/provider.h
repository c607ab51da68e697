/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to the clouds. A provider is one const table; what it does is a flow: a state machine
 * without I/O, clock or prompt, driven by
 *
 *     sca_flow_step(flow, event) -> action
 *
 * The agent's loop carries the actions out (sends, waits, looks up secrets) and brings the outcome
 * back as the next event, so every flow is tested without network, time or threads.
 *
 * What is binding for every flow (docs/architecture.md, "Never pay twice"):
 * - A sign flow emits exactly one request with @spends set, as the first that can cost a signature;
 *   the agent makes the journal durable before it sends it. After that the flow only polls or
 *   confirms the same transaction.
 * - With @resume a sign flow never emits a request with @spends: it begins by looking the
 *   transaction up.
 * - Results are matched by document id; a missing or doubled id is SCA_E_SERVER, never a guess.
 *   Verifying signatures is the agent's part.
 */
#ifndef SCA_CLOUD_PROVIDER_H
#define SCA_CLOUD_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/alg.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/secret.h"

/* ---- what the agent gives -------------------------------------------------------------------- */

/* Plain settings of one account; borrowed for the life of a flow. Secrets come by SCA_STEP_NEED. */
struct sca_cloud_account {
    const char *name;
    const char *url; /* base, without a slash at its end */
    const char *sp_id;
    const char *user_id;
    const char *client_id; /* NULL or "" where the provider uses none; the same for those below */
    const char *profile_id;
    const char *relying_party;
    const char *relying_party_user;
    const char *login_page;      /* for login_url: what find_page said; else NULL */
    uint32_t poll_interval_ms;   /* between looks at a transaction, on the average; 0: the usual */
    uint32_t confirm_timeout_ms; /* how long a person has to confirm; 0: not known */
};

enum sca_secret_kind {
    SCA_SECRET_CONSENT, /* none: the person's yes at the screen, asked for anew each time. First, so
                           that nothing else is asked for where it is no. */
    SCA_SECRET_SP_PASSWORD,
    SCA_SECRET_PASSWORD,
    SCA_SECRET_OTP,      /* a fresh one-time code each time it is asked for */
    SCA_SECRET_SENT_OTP, /* one that the service has just sent to the person: always asked for */
    SCA_SECRET_CLIENT_SECRET,
    SCA_SECRET_CREDENTIAL_PIN,
    SCA_SECRET_RP_PASSWORD,     /* of the relying party */
    SCA_SECRET_RP_SIGNATURE,    /* its fixed text, issued with the password */
    SCA_SECRET_RP_KEY,          /* its PKCS#12 file, the bytes of relying-party-key */
    SCA_SECRET_RP_KEY_PASSWORD, /* of its PKCS#12 file */
    SCA_SECRET_ACCESS_TOKEN, /* of the person's log-in; the agent logs in or renews it as needed */
    SCA_SECRET__COUNT
};

/* One document of a sign request. */
struct sca_cloud_doc {
    const char *id;          /* unique in the request; shown by the app */
    struct sca_bytes digest; /* sca_hash_len(hash) bytes */
};

/*
 * A permission that is good for more signatures than one transaction makes ("session"). Never
 * stored: it lives in the agent's locked memory and in the flow that uses it.
 */
struct sca_cloud_permit {
    struct sca_secret *secret; /* NULL: the service knows nothing of it (SCA_CAP_CONSENT) */
    uint32_t signatures;       /* it was given for */
    int64_t until_ms;          /* sca_now_ms; 0: the service did not say */
    int64_t life_ms;           /* of which that is the end; 0 too then */
    bool by_page;              /* given on a web page, so the secret is an access token */
    bool renewed;              /* the person was asked in this flow */
};

struct sca_cloud_sign {
    const char *txn_id; /* random UUID v4, made durable before the flow starts */
    const char *serial; /* as the provider spelled it in the listing */
    const char
        *provider_id; /* the provider's own id of the credential, from the listing; may be "" */
    enum sca_key_type key_type;
    uint32_t key_bits;       /* RSA modulus or EC field */
    const char *description; /* UTF-8, for the phone */
    enum sca_scheme scheme;
    enum sca_hash hash;
    int64_t created_utc;
    const struct sca_cloud_doc *docs;
    size_t doc_count;
    bool resume;  /* the request may have been sent before: only look it up */
    bool at_once; /* the last transaction of this key ended before a person can have confirmed it */
    /* With @resume, what earlier actions said of this transaction: */
    bool accepted;            /* then "not found" is no proof that nothing was spent */
    const char *provider_txn; /* NULL or "" where unknown; asked for where @txn_id is not found */
    /* SCA_SET_SESSION: what the person is asked to permit, these documents included; 0: only these.
     */
    uint32_t session_signatures;
    uint32_t session_minutes;              /* how long that is meant to last */
    const struct sca_cloud_permit *permit; /* to be used instead of asking; NULL: none. Copied. */
    /* The service may have been told not to ask: nothing that it may not ask for is sent before
     * SCA_SECRET_CONSENT. Ignored by flows that never tell it. */
    bool consent;
};

/* ---- what the loop carries out --------------------------------------------------------------- */

enum sca_step {
    SCA_STEP_SEND,   /* send @request, come back with SCA_EVENT_REPLY */
    SCA_STEP_WAIT,   /* come back with SCA_EVENT_TIMER after @wait_ms */
    SCA_STEP_NEED,   /* come back with SCA_EVENT_SECRET for @need */
    SCA_STEP_LISTEN, /* open a way back for the person's browser, come back with
                        SCA_EVENT_LISTENING */
    SCA_STEP_BROWSE, /* after SCA_STEP_LISTEN: show @page to the person, come back with
                        SCA_EVENT_BROWSED */
    SCA_STEP_DONE,   /* results are ready */
    SCA_STEP_FAIL,   /* @err, @spent and @detail say how it ended */
};

/* What a failed sign flow may have cost. */
enum sca_spent {
    SCA_SPENT_NOTHING, /* certain: never sent, rejected, expired, refused */
    SCA_SPENT_UNKNOWN, /* the transaction may still be alive or signed: look it up later */
};

struct sca_http_request {
    const char *url; /* borrowed from the flow until the next step */
    const char *content_type;
    const char *authorization; /* NULL, or the header's value */
    struct sca_bytes body;     /* borrowed from a wiping buffer of the flow; empty: GET, not POST */
    uint32_t timeout_ms;       /* for the whole exchange */
    bool spends;               /* may cost a signature: journal first, never repeat below us */
    bool acts; /* rings a phone, uses a code, tries a password, renews a token: not to be repeated
                  lightly, so it does not travel on a connection that may have died */
    bool asks; /* the service is meant to ask the person because of it; said only by flows that
                  heed @consent */
    bool unasked; /* after it the service may permit signatures without asking anybody: that this
                     may be so is made durable first */
};

/* What became of telling a service not to ask, where a flow did (sca_http_request, @unasked). */
enum sca_unasked {
    SCA_UNASKED_UNTRIED,
    SCA_UNASKED_REFUSED, /* certain: it asks as it did before */
    SCA_UNASKED_EXISTS,  /* it had been told before, by whomever: nothing has changed */
    SCA_UNASKED_UNTIL,   /* @until_utc, not before now and a year ahead at most */
    SCA_UNASKED_UNKNOWN, /* perhaps, or until a time that it did not say */
};

struct sca_cloud_unasked {
    enum sca_unasked state;
    int64_t until_utc;
};

/* What a service says of wrong passwords, PINs and codes. */
struct sca_tries {
    bool known;        /* @left is */
    uint32_t left;     /* until it is locked */
    uint32_t locked_s; /* seconds that it stays locked; 0: not, or not said */
};

#define SCA_CLOUD_DETAIL_SIZE 256 /* bytes of a detail text, NUL included */

struct sca_action {
    enum sca_step step;
    struct sca_http_request request;
    uint32_t wait_ms;
    bool waiting_for_person; /* WAIT: the phone is being asked; SEND: it is asked by this request */
    enum sca_secret_kind need;
    bool stale;       /* NEED of an access token: the one given before was refused */
    const char *page; /* BROWSE: borrowed until the next step */
    int err;
    enum sca_spent spent;
    const char *detail;       /* provider's own words, printable and bounded, or ""; borrowed */
    bool accepted;            /* the service has said that it has the transaction */
    const char *provider_txn; /* its own code for it, "" as long as unknown; borrowed */
    struct sca_tries tries;   /* FAIL */
};

enum sca_transport {
    SCA_TRANSPORT_OK,        /* a whole HTTP reply is there */
    SCA_TRANSPORT_NOT_SENT,  /* certain: no byte of the request left (name, connect, refused) */
    SCA_TRANSPORT_TLS,       /* certain: the server's certificate is not trusted */
    SCA_TRANSPORT_KEY,       /* certain: not the key that the account expects */
    SCA_TRANSPORT_UNCERTAIN, /* broke after sending began; the server may have acted */
};

struct sca_http_reply {
    enum sca_transport transport;
    const char *detail;     /* the library's words for a transport failure, else ""; KEY: the
                               server's key as a pin, or "" */
    int status;             /* HTTP status; 0 without a reply */
    uint32_t retry_after_s; /* Retry-After in seconds; 0 without */
    int64_t date_utc;       /* Date header; 0 without */
    struct sca_bytes body;  /* at most SCA_HTTP_BODY_MAX */
};

#define SCA_HTTP_BODY_MAX (4u * 1024u * 1024u)

enum sca_event_kind {
    SCA_EVENT_START,
    SCA_EVENT_REPLY,
    SCA_EVENT_TIMER,
    SCA_EVENT_SECRET,    /* @secret, or @secret_err if there is none */
    SCA_EVENT_LISTENING, /* @back, or @secret_err: SCA_E_NO_SCREEN where nobody can be shown a page
                          */
    /*
     * The browser is back: @secret is the code that it brought; else @secret_err: SCA_E_REJECTED
     * (the person did not permit it), SCA_E_REFUSED (the service did not, @secret_detail says why),
     * SCA_E_NO_SCREEN (the page could not be shown).
     */
    SCA_EVENT_BROWSED,
    /*
     * The time to confirm is over: look once more, then end. Comes instead of SCA_EVENT_TIMER;
     * where it comes while a request or a visit of the browser is under way, that one is dropped.
     */
    SCA_EVENT_LAST_CHANCE,
};

/* A way back for a browser. A flow makes the address of its page of it (RFC 6749, RFC 7636). */
struct sca_cloud_back {
    const char *redirect_uri;
    const char *state;
    const char *challenge; /* S256 of @verifier */
    const struct sca_secret *verifier;
};

struct sca_event {
    enum sca_event_kind kind;
    const struct sca_http_reply *reply;
    const struct sca_secret *secret;   /* borrowed; the flow copies what it keeps */
    const struct sca_cloud_back *back; /* borrowed as well */
    int secret_err;
    const char
        *secret_detail; /* with @secret_err: the provider's words where a log-in failed; or NULL */
    int64_t now_ms;     /* sca_now_ms */
    int64_t now_utc;
};

/* ---- results --------------------------------------------------------------------------------- */

enum sca_cert_state {
    SCA_CERT_USABLE,  /* or the provider's words are not understood: signing will tell */
    SCA_CERT_BLOCKED, /* the provider says revoked, suspended or expired */
};

struct sca_cloud_cert {
    char *serial;      /* exactly as received, to be sent back */
    char *provider_id; /* the provider's own id of the credential; may be "" */
    char *service;     /* "SMARTCA", "ESEAL", or "" */
    char *status;      /* the provider's words, printable */
    enum sca_cert_state state;
    uint32_t schemes;     /* SCA_BIT(enum sca_scheme) of this key; 0: as the provider's */
    uint32_t hashes;      /* SCA_BIT(enum sca_hash); 0: as the provider's */
    uint32_t max_batch;   /* documents per transaction with this key; 0: as the provider's */
    uint32_t session_max; /* signatures of one permission that is not bound to documents; 0: none */
    bool has_signatures_left;
    uint32_t signatures_left; /* paid and not yet made, where @has_signatures_left */
    struct sca_buf der;       /* end-entity certificate */
    struct sca_buf chain[4];  /* issuing CA first; empty where missing */
    size_t chain_count;
};

struct sca_cloud_listing {
    struct sca_cloud_cert *certs;
    size_t count;
};

struct sca_cloud_result {
    struct sca_buf *signatures; /* one per document, in the order of the request */
    size_t count;
    char *provider_txn; /* the provider's own transaction code, or "" */
};

/*
 * What a log-in brings. Kept by the agent: the refresh token on disk, before anything is used of
 * it, because the provider forgets the old one with the reply.
 */
struct sca_cloud_token {
    struct sca_secret *access;
    struct sca_secret *refresh; /* NULL: none; the next log-in needs the person's secrets again */
    uint32_t expires_in_s;      /* of the access token, from now; 0 unknown */
    bool refresh_over;          /* the refresh token that was given is good for nothing any more */
};

/* How to log in; the first that is there is used, @refresh before the account's own secrets. */
struct sca_cloud_login {
    const struct sca_secret *refresh; /* a stored refresh token, or NULL; copied */
    const char *code;                 /* authorization code from the browser, or NULL */
    const char *redirect_uri;         /* with @code */
    const char *verifier;             /* PKCE, with @code; RFC 7636 */
};

/* ---- providers and flows --------------------------------------------------------------------- */

enum sca_cloud_cap {
    SCA_CAP_PHONE = 1u << 0,    /* the person confirms in an app */
    SCA_CAP_PASSWORD = 1u << 1, /* needs the person's password */
    SCA_CAP_OTP = 1u << 2,      /* needs a one-time code per transaction */
    SCA_CAP_BLIND = 1u << 3,   /* what became of a sign request can be asked for only by a code that
                                  its reply brings, or not at all */
    SCA_CAP_PERMIT = 1u << 4,  /* whoever is asked is asked before the request that spends */
    SCA_CAP_CONSENT = 1u << 5, /* where the account has all secrets nobody is asked; a session is
                                  the agent's own, begun by SCA_SECRET_CONSENT */
};

/* Settings of an account that are some providers' only; all others are everybody's. */
enum sca_setting {
    SCA_SET_SP_ID = 1u << 0,
    SCA_SET_SP_PASSWORD = 1u << 1,
    SCA_SET_USER_ID = 1u << 2,
    SCA_SET_PASSWORD = 1u << 3,
    SCA_SET_TOTP = 1u << 4,
    SCA_SET_CLIENT_ID = 1u << 5,
    SCA_SET_CLIENT_SECRET = 1u << 6,
    SCA_SET_PROFILE_ID = 1u << 7,
    SCA_SET_CREDENTIAL_PIN = 1u << 8,
    SCA_SET_RELYING_PARTY = 1u << 9, /* all of relying-party-... */
    SCA_SET_REDIRECT_URI = 1u << 10,
    SCA_SET_SESSION = 1u << 11, /* session, session-scope */
};

struct sca_flow;

struct sca_provider {
    const char *name;  /* as in the configuration */
    const char *title; /* for people: "VNPT SmartCA" */
    const char *url;   /* default base, or NULL */
    uint32_t caps;
    uint32_t needs;     /* enum sca_setting: an account without one of them cannot be used */
    uint32_t uses;      /* enum sca_setting: may be set beside those of @needs */
    uint32_t max_batch; /* documents per transaction */
    uint32_t schemes;   /* SCA_BIT(enum sca_scheme) proven with this provider */
    uint32_t hashes;    /* SCA_BIT(enum sca_hash) proven */
    int (*list)(const struct sca_cloud_account *account, struct sca_flow **ret_flow);
    int (*sign)(const struct sca_cloud_account *account, const struct sca_cloud_sign *sign,
                struct sca_flow **ret_flow);
    /*
     * NULL where a permission cannot be ended at the service. A flow that ends @permit (copied)
     * there; asks nobody. SCA_E_UNSUPPORTED: not one that was given in this way.
     */
    int (*revoke)(const struct sca_cloud_account *account, const struct sca_cloud_permit *permit,
                  struct sca_flow **ret_flow);
    /*
     * NULL where requests carry their secrets themselves. A flow whose result is a token; it never
     * repeats a refused password or refresh token. Ends with SCA_E_NEED_AUTH when a refresh token
     * is over and there is nothing else to log in with.
     */
    int (*login)(const struct sca_cloud_account *account, const struct sca_cloud_login *login,
                 struct sca_flow **ret_flow);
    /*
     * NULL where login_url needs no question first. A flow that asks the service where its page for
     * log-ins by browser is: sca_flow_page.
     */
    int (*find_page)(const struct sca_cloud_account *account, struct sca_flow **ret_flow);
    /*
     * NULL where the person never logs in by browser. The page to open, with the provider's own
     * parameters; @state and the S256 challenge are made by the caller. Appended to @ret_url.
     */
    int (*login_url)(const struct sca_cloud_account *account, const char *redirect_uri,
                     const char *state, const char *challenge, struct sca_buf *ret_url);
};

/* NULL when there is none of that name. */
const struct sca_provider *sca_provider_find(const char *name);
const struct sca_provider *sca_provider_at(size_t index); /* NULL after the last */

/* One step. Never blocks, never fails: trouble is an action SCA_STEP_FAIL. @ret_action borrows from
 * the flow until the next step. */
void sca_flow_step(struct sca_flow *flow, const struct sca_event *event,
                   struct sca_action *ret_action);

/* After SCA_STEP_DONE: borrowed from the flow; NULL for the other kind of flow. */
const struct sca_cloud_listing *sca_flow_listing(const struct sca_flow *flow);
const struct sca_cloud_result *sca_flow_result(const struct sca_flow *flow);
/* Also after SCA_STEP_FAIL, where only @refresh_over tells something. */
const struct sca_cloud_token *sca_flow_token(const struct sca_flow *flow);
const char *sca_flow_page(const struct sca_flow *flow);
/*
 * After the end of a sign flow, done or not: the permission that it holds and that is good for more
 * than its documents; NULL where there is none. Borrowed.
 */
const struct sca_cloud_permit *sca_flow_permit(const struct sca_flow *flow);

/* After the end of a sign flow, done or not. */
struct sca_cloud_unasked sca_flow_unasked(const struct sca_flow *flow);

void sca_flow_free(struct sca_flow *flow);

static inline void sca_flow_cleanup(struct sca_flow **flow)
{
    sca_flow_free(*flow);
}
#define SCA_FLOW_AUTO __attribute__((cleanup(sca_flow_cleanup))) struct sca_flow *

#endif
