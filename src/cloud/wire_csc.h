/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Cloud Signature Consortium's API, versions 1.0.4 and 2.0 to 2.2: requests to JSON, replies to
 * plain structs. Pure functions; what comes in is hostile, what services write differently
 * (booleans and numbers as text, null, lists of one as text) is accepted in every form.
 * Source: CSC API 1.0.4.0 and 2.0.0.2; docs/protocol-csc.md says what is made of each fact.
 */
#ifndef SCA_CLOUD_WIRE_CSC_H
#define SCA_CLOUD_WIRE_CSC_H

#include "answer.h"
#include "csc_oid.h"
#include "provider.h"

#define SCA_CSC_URL_SIZE    512
#define SCA_CSC_TEXT_SIZE   256 /* of an id that goes back to the service, NUL included */
#define SCA_CSC_OBJECTS_MAX 8u  /* authentication objects of one credential */
#define SCA_CSC_IDS_MAX     256u

/* ---- info ------------------------------------------------------------------------------------ */

/* How a caller of the service proves who it is; the service says a set of them. */
enum sca_csc_auth {
    SCA_CSC_AUTH_BASIC = 1u << 0,  /* auth/login with user name and password */
    SCA_CSC_AUTH_CODE = 1u << 1,   /* OAuth authorization code: a page in the browser */
    SCA_CSC_AUTH_CLIENT = 1u << 2, /* OAuth client credentials: no person at all */
    SCA_CSC_AUTH_MYSIGN = 1u << 3, /* MySign's own log-in, beside the CSC calls; never said */
};

struct sca_csc_service {
    unsigned version;              /* 1 or 2 from "specs"; 0 where it says nothing usable */
    uint32_t auth;                 /* enum sca_csc_auth */
    bool asynchronous;             /* signHash may be answered later, by signPolling */
    bool extends;                  /* credentials/extendTransaction is there */
    bool rar;                      /* authorization_details instead of parameters */
    bool documents;                /* MySign's flavour: documents beside the hashes */
    uint32_t hashes;               /* SCA_BIT(enum sca_hash) that it takes; 0: it does not say */
    char oauth2[SCA_CSC_URL_SIZE]; /* base address of the authorization server, or "" */
    char issuer[SCA_CSC_URL_SIZE]; /* where its metadata are, when only that is said, or "" */
};

/* SCA_E_NOT_FOUND: this is no CSC service at this address; others as sca_csc_read_list. */
int sca_csc_read_info(const struct sca_http_reply *http, struct sca_csc_service *ret_service,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/* Endpoints of the authorization server, from its metadata (RFC 8414). */
struct sca_csc_endpoints {
    char authorize[SCA_CSC_URL_SIZE];
    char token[SCA_CSC_URL_SIZE];
    char revoke[SCA_CSC_URL_SIZE]; /* RFC 7009; "" where the server has none */
};
int sca_csc_read_metadata(const struct sca_http_reply *http,
                          struct sca_csc_endpoints *ret_endpoints,
                          char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/* ---- credentials ----------------------------------------------------------------------------- */

enum sca_csc_mode {
    SCA_CSC_IMPLICIT, /* the service asks the person by its own means, or nobody */
    SCA_CSC_EXPLICIT, /* by the objects */
    SCA_CSC_BROWSER,  /* oauth2code: a page for each signature */
};

enum sca_csc_factor {
    SCA_CSC_PIN,
    SCA_CSC_OTP,      /* from a device of the person */
    SCA_CSC_SENT_OTP, /* sent to the person when asked for */
    SCA_CSC_APP,      /* out of band: the person answers elsewhere */
};

struct sca_csc_object {
    char id[SCA_CSC_TEXT_SIZE]; /* of version 2 */
    enum sca_csc_factor factor;
};

/* What signing needs to know of a credential. */
struct sca_csc_credential {
    enum sca_csc_mode mode;
    struct sca_csc_object objects[SCA_CSC_OBJECTS_MAX]; /* the cheapest choice that suffices */
    size_t object_count;
    struct sca_csc_algos algos;
    uint32_t key_bits;  /* 0 where nothing is said */
    uint32_t multisign; /* at least 1 */
    bool pinned;        /* a permission is good for the documents it was given for only (SCAL 2) */
    bool disabled;      /* the key */
};

/* Of credentials/info, or one of credentialInfos. Never fails: what is missing is the default. */
void sca_csc_parse_credential(const json_t *object, struct sca_csc_credential *ret_credential);

/*
 * Keeps those of @objects that satisfy @expression ("PIN AND (OTP OR app)") at the least trouble
 * for the person; all where it is NULL, empty or not understood. Returns their number.
 */
size_t sca_csc_choose_objects(const char *expression, struct sca_csc_object *objects, size_t count);

/* The same as a certificate of the listing; @id as it goes back to the service. SCA_E_FORMAT,
 * SCA_E_LIMIT, SCA_E_NOMEM. */
int sca_csc_parse_cert(const json_t *object, const char *id, uint32_t service_hashes,
                       struct sca_cloud_cert *ret_cert);

/*
 * Signatures that one permission of @credential may be given for, before the documents are known;
 * 0 where it is bound to them. Source: CSC API 1.0.4.0 section 11.5 (SCAL, multisign), 11.6.
 */
uint32_t sca_csc_session_max(const struct sca_csc_credential *credential);

/* What a page of credentials/list says. */
struct sca_csc_page {
    char *ids[SCA_CSC_IDS_MAX]; /* of credentials whose info must be asked for */
    size_t count;
    char *next; /* token of the next page, or NULL */
};
void sca_csc_page_clear(struct sca_csc_page *page);

/*
 * Reads one page: ids are added to @page, what came with certificates is added to @listing instead.
 * An unreadable certificate is left out and logged. @ret_detail is always written.
 * 1: the access token was refused (here and below). SCA_E_UNREACHABLE, SCA_E_TLS, SCA_E_SERVER,
 * SCA_E_NOMEM, and refusals.
 */
int sca_csc_read_list(const struct sca_http_reply *http, uint32_t service_hashes,
                      struct sca_cloud_listing *listing, struct sca_csc_page *page,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);
#define SCA_CSC_STALE 1

/* credentials/info, for the listing (as above; an unreadable certificate is left out) and for
 * signing. */
int sca_csc_read_cert(const struct sca_http_reply *http, const char *id, uint32_t service_hashes,
                      struct sca_cloud_listing *listing,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);
int sca_csc_read_credential(const struct sca_http_reply *http,
                            struct sca_csc_credential *ret_credential,
                            char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/* sendOTP, getChallenge: no content to read. */
int sca_csc_read_done(const struct sca_http_reply *http,
                      char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/* ---- permission ------------------------------------------------------------------------------ */

enum sca_csc_permit_class {
    SCA_CSC_PERMIT_GIVEN,   /* @sad */
    SCA_CSC_PERMIT_WAITING, /* the person has not decided; @handle in the first answer */
    SCA_CSC_PERMIT_REFUSED, /* @err */
    SCA_CSC_PERMIT_STALE,   /* the access token was refused */
    SCA_CSC_PERMIT_TROUBLE, /* nothing to rely on */
};

struct sca_csc_permit {
    enum sca_csc_permit_class class;
    int err;
    char detail[SCA_CLOUD_DETAIL_SIZE];
    struct sca_secret *sad;
    uint32_t life_s; /* of @sad; 0: not said */
    struct sca_secret *handle;
};

/*
 * Reads authorize and authorizeCheck; caller clears. @person: somebody is asked elsewhere; @typed:
 * a PIN or code travelled with this request.
 */
void sca_csc_read_permit(const struct sca_http_reply *http, bool person, bool typed,
                         struct sca_csc_permit *ret_permit);
void sca_csc_permit_clear(struct sca_csc_permit *permit);

/* ---- signatures ------------------------------------------------------------------------------ */

/*
 * Read signHash and signPolling: DONE, PENDING (with the id to poll in provider_txn), REFUSED,
 * STALE, NOT_FOUND (polling), STRANGE, TROUBLE. Signatures are matched by position, their number is
 * checked, those of ECDSA become r||s. Caller clears the answer.
 */
void sca_csc_read_sign(const struct sca_http_reply *http, const struct sca_cloud_sign *sign,
                       struct sca_answer *ret_answer);
void sca_csc_read_poll(const struct sca_http_reply *http, const struct sca_cloud_sign *sign,
                       struct sca_answer *ret_answer);

/* ---- log-in ---------------------------------------------------------------------------------- */

/*
 * auth/login and oauth2/token. SCA_E_USER_AUTH, SCA_E_USER_LOCKED, SCA_E_NEED_AUTH (the grant is
 * over), SCA_E_SP_AUTH, SCA_E_SERVER and as above. The caller frees the secrets.
 */
int sca_csc_read_token(const struct sca_http_reply *http, struct sca_cloud_token *ret_token,
                       char ret_detail[static SCA_CLOUD_DETAIL_SIZE]);

/* ---- requests -------------------------------------------------------------------------------- */

/* Each writes a whole body into @out, a wiping buffer; errors stick in it. @version is 1 or 2. */
void sca_csc_put_empty(struct sca_buf *out); /* info */
/* @user_id and @page may be NULL. */
void sca_csc_put_list(struct sca_buf *out, unsigned version, const char *user_id, const char *page);
void sca_csc_put_credential(struct sca_buf *out, const char *id, bool certificates);
void sca_csc_put_send_code(struct sca_buf *out, unsigned version, const char *id,
                           const char *object);

/* @values: of each of @credential's objects; empty for those that carry none. With
 * @sign->session_signatures no hash is named, and so many are asked for. */
void sca_csc_put_authorize(struct sca_buf *out, const struct sca_csc_service *service,
                           const struct sca_cloud_sign *sign,
                           const struct sca_csc_credential *credential,
                           const struct sca_bytes *values);
void sca_csc_put_check(struct sca_buf *out, struct sca_bytes handle);
/* @algo: sca_csc_sign_algo; only MySign is told it. */
void sca_csc_put_extend(struct sca_buf *out, const struct sca_csc_service *service,
                        const struct sca_cloud_sign *sign, const char *algo, struct sca_bytes sad);
/* @algo: sca_csc_sign_algo. @sad: empty where the access token is the permission. */
void sca_csc_put_sign(struct sca_buf *out, const struct sca_csc_service *service,
                      const struct sca_cloud_sign *sign, const char *algo, struct sca_bytes sad);
void sca_csc_put_poll(struct sca_buf *out, const char *response_id);
/* auth/login; @refresh is empty for a log-in by password, which travels in the header. */
void sca_csc_put_login(struct sca_buf *out, struct sca_bytes refresh);

/* authorization_details of a page's address: a list of one object. Source: CSC API 2.1, RFC 9396.
 */
void sca_csc_put_details(struct sca_buf *out, const struct sca_cloud_sign *sign);
/* RFC 4648 section 5, without padding. */
void sca_csc_add_base64url(struct sca_buf *out, struct sca_bytes bytes);
/* How many signatures a permission is asked for. */
size_t sca_csc_signatures(const struct sca_cloud_sign *sign);
/* As much of @text as a description may hold; borrowed. */
struct sca_bytes sca_csc_description(const char *text);

#endif
