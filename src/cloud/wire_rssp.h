/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mobile-ID's RSSP dialect of the Cloud Signature Consortium's API: requests to JSON, replies to
 * plain structs. Pure functions. Little of the service is public, so only what several public
 * clients agree on is relied on, and everything else is read tolerantly.
 * Source: docs/protocol-rssp.md says where each fact comes from and what is made of it.
 */
#ifndef SCA_CLOUD_WIRE_RSSP_H
#define SCA_CLOUD_WIRE_RSSP_H

#include <jansson.h>
#include "answer.h"
#include "provider.h"
#include "words.h"

#define SCA_RSSP_PROFILE "rssp-119.432-v2.0" /* where the account names none */

/* ---- requests -------------------------------------------------------------------------------- */

/*
 * Each writes a whole body into @out, a wiping buffer; errors stick in it. @profile: NULL or "" for
 * SCA_RSSP_PROFILE.
 */
void sca_rssp_put_login(struct sca_buf *out, const char *profile, const char *relying_party);
void sca_rssp_put_two_factor(struct sca_buf *out, const char *profile, const char *relying_party,
                             const char *user);
void sca_rssp_put_list(struct sca_buf *out, const char *profile);
/* @certificates: also the certificate and its chain. */
void sca_rssp_put_info(struct sca_buf *out, const char *profile, const char *credential,
                       bool certificates);
void sca_rssp_put_send_otp(struct sca_buf *out, const char *profile, const char *credential);

/* What authorizes: a code, or nothing where the phone is asked. */
struct sca_rssp_factor {
    struct sca_bytes code;   /* passcode or one-time code; empty for the phone */
    const char *request_id;  /* of the sendOTP that sent the code, or "" */
    const char *description; /* for the phone, or NULL */
    const char *asker;       /* beside @description: who asks */
};
void sca_rssp_put_authorize(struct sca_buf *out, const char *profile,
                            const struct sca_cloud_sign *sign,
                            const struct sca_rssp_factor *factor);
void sca_rssp_put_sign(struct sca_buf *out, const char *profile, const struct sca_cloud_sign *sign,
                       struct sca_bytes sad);

/* ---- replies --------------------------------------------------------------------------------- */

struct sca_rssp_reply {
    int http;      /* 0 where no whole reply came */
    bool ours;     /* a JSON object with an error number */
    int64_t error; /* 0: success */
    bool success;  /* HTTP 2xx and error 0 */
    bool stale;    /* the access or refresh token is over: nothing was done */
    struct sca_tries tries;
    json_t *root;                       /* or NULL */
    char words[SCA_WORDS_SIZE];         /* errorDescription, folded */
    char detail[SCA_CLOUD_DETAIL_SIZE]; /* errorDescription for people, or "HTTP 502" */
};

/* Caller clears. Never fails. */
void sca_rssp_open(const struct sca_http_reply *http, struct sca_rssp_reply *ret_reply);
void sca_rssp_clear(struct sca_rssp_reply *reply);
#define SCA_RSSP_REPLY_AUTO __attribute__((cleanup(sca_rssp_clear))) struct sca_rssp_reply

/*
 * Why a reply that is no success is none, for a request that cannot have cost anything: an enum
 * sca_err. SCA_E_SERVER where nobody knows.
 */
int sca_rssp_refusal(const struct sca_rssp_reply *reply);

/* SCA_E_SERVER: no access token in a successful reply. @ret_token is the caller's. SCA_E_NOMEM. */
int sca_rssp_read_token(const struct sca_rssp_reply *reply, struct sca_cloud_token *ret_token);

/*
 * Certificates of a successful credentials/list. One without a readable certificate is there with
 * an empty der; one without a usable credentialID is left out. Caller frees with
 * sca_base_listing_clear. SCA_E_NO_CERT, SCA_E_SERVER, SCA_E_NOMEM.
 */
int sca_rssp_read_list(const struct sca_rssp_reply *reply, struct sca_cloud_listing *ret_listing);
/* The same of a successful credentials/info, into @cert that has no der yet. SCA_E_FORMAT ... */
int sca_rssp_read_cert(const struct sca_rssp_reply *reply, struct sca_cloud_cert *cert);

enum sca_rssp_mode {
    SCA_RSSP_UNKNOWN,
    SCA_RSSP_PASSCODE,
    SCA_RSSP_OTP, /* sent by the service, as SMS or e-mail */
    SCA_RSSP_TSE, /* the phone app */
};

/* Of "EXPLICIT/PIN", "PASSCODE", "EXPLICIT/OTP-SMS", "OTPEMAIL", "IMPLICIT/TSE", "TSE" ... */
enum sca_rssp_mode sca_rssp_mode_of(const char *text);

struct sca_rssp_info {
    enum sca_rssp_mode mode;
    bool blocked; /* certificate or key cannot sign */
    bool has_left;
    uint32_t left; /* signatures */
};
void sca_rssp_read_info(const struct sca_rssp_reply *reply, struct sca_rssp_info *ret_info);
enum sca_rssp_mode sca_rssp_read_two_factor(const struct sca_rssp_reply *reply);

/* responseID of sendOTP; "" where there is none that could be sent back. */
void sca_rssp_read_sent(const struct sca_rssp_reply *reply, char ret_id[static SCA_ANSWER_ID_SIZE]);

/* SCA_E_SERVER: no SAD in a successful reply. SCA_E_NOMEM. */
int sca_rssp_read_sad(const struct sca_rssp_reply *reply, struct sca_secret **ret_sad);

/*
 * What signHash answered: DONE, REFUSED or TROUBLE, the last meaning that nobody knows. Caller
 * clears @ret_answer.
 */
void sca_rssp_read_sign(const struct sca_rssp_reply *reply, const struct sca_cloud_sign *sign,
                        struct sca_answer *ret_answer);

#endif
