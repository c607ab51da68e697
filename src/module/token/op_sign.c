/* SPDX-License-Identifier: Apache-2.0 */
/* Here a host's data becomes a request to the agent: the only calls of the module that may wait. */
#include "op_sign.h"

#include <limits.h>
#include <stdlib.h>
#include "common/err.h"
#include "common/log.h"
#include "module/agent_link.h"
#include "module/cryptoki/rv.h"
#include "intake.h"
#include "op_key.h"
#include "to_sign.h"

enum {
    SIGNATURE_MAX = 1024,      /* bytes: RSA of 8192 bits */
    REFUSAL_MS = 5 * 1000,     /* for an agent that refuses at once */
    TIMEOUT_MAX_S = 24 * 3600, /* whatever the image says */
};

struct sca_sign_op {
    struct sca_op op;
    struct sca_op_key key;
    struct sca_secret *otp;
};

static void clear(struct sca_op *base)
{
    struct sca_sign_op *op = (struct sca_sign_op *)base;
    sca_secret_free(&op->otp);
    sca_op_key_cleanup(&op->key);
}

/* 0 for a key whose signatures we cannot hold. */
static size_t signature_len_of(const struct sca_image_slot *image)
{
    const size_t bytes = ((size_t)image->key_bits + 7) / 8;
    const size_t len = image->key_type == SCA_KEY_EC ? 2 * bytes : bytes;
    return len <= SIGNATURE_MAX ? len : 0;
}

/* The token's own key, not a host's session object, and a mechanism the cloud can do. */
static CK_RV check_key(struct sca_session *session, const struct sca_op_key *key,
                       const struct sca_mech *mech)
{
    if (!sca_object_bool(key->object, CKA_TOKEN))
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    if (!sca_mech_signs(mech, key->slot->image))
        return CKR_MECHANISM_INVALID;
    if (!signature_len_of(key->slot->image))
        return CKR_KEY_SIZE_RANGE;
    return sca_session_sees_private(session, key->slot) ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

static CK_RV start(struct sca_sign_op *op, const struct sca_mech *mech,
                   const CK_MECHANISM *mechanism)
{
    const CK_RV rv = sca_intake_start(&op->op.intake, mech, mechanism);
    if (rv != CKR_OK)
        return rv;
    const enum sca_hash hash = op->op.intake.hash;
    const bool signs_hash =
        hash == SCA_HASH_NONE || (op->key.slot->image->hashes & SCA_BIT(hash)) != 0;
    return signs_hash ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

struct wait {
    const struct sca_session *session;
    unsigned sign_cancels;
};

static bool wait_is_over(void *arg)
{
    const struct wait *wait = arg;
    return sca_session_wait_over(wait->session, wait->sign_cancels);
}

static int ask(struct sca_session *session, const struct sca_sign_op *op,
               const struct sca_to_sign *what, const struct sca_secret *pin, int timeout_ms,
               uint8_t *ret_signature)
{
    const struct sca_image_slot *image = op->key.slot->image;
    const struct sca_link_sign request = {
        .account = image->account,
        .credential = image->credential,
        .scheme = what->scheme,
        .hash = what->hash,
        .digest = what->digest,
        .mechanism = (uint32_t)op->op.intake.mech->type,
        .pin = pin,
        .otp = op->otp,
        .signature_len = op->op.output_len,
        .timeout_ms = timeout_ms,
    };
    struct wait wait = {session, op->op.sign_cancels};
    return sca_link_sign(session->library->paths, &session->library->self, &request, wait_is_over,
                         &wait, ret_signature);
}

/*
 * A digest of a hash that the service does not sign. The agent is asked all the same, without a
 * PIN: it refuses at once and tells the person why, which a return code cannot.
 */
static void let_agent_refuse(struct sca_session *session, const struct sca_sign_op *op,
                             const struct sca_to_sign *what)
{
    uint8_t dropped[SIGNATURE_MAX];
    (void)ask(session, op, what, NULL, REFUSAL_MS, dropped);
}

static int sign(struct sca_session *session, const struct sca_sign_op *op,
                const struct sca_to_sign *what, uint8_t *ret_signature)
{
    const struct sca_image_slot *image = op->key.slot->image;
    SCA_SECRET_AUTO pin = NULL;
    const int err = image->pin == SCA_PIN_NONE ? 0 : sca_session_pin(session, &pin);
    if (err < 0)
        return err;
    const uint32_t timeout_s = image->timeout_s < TIMEOUT_MAX_S ? image->timeout_s : TIMEOUT_MAX_S;
    return ask(session, op, what, pin, 1000 * (int)timeout_s, ret_signature);
}

static CK_RV produce(struct sca_session *session, struct sca_op *base, CK_BYTE *ret_output)
{
    struct sca_sign_op *op = (struct sca_sign_op *)base;
    struct sca_bytes content;
    CK_RV rv = sca_intake_finish(&base->intake, &content);
    if (rv != CKR_OK)
        return rv;
    struct sca_to_sign what;
    CK_RV refused = CKR_OK;
    rv = sca_to_sign(&base->intake, content, op->key.slot->image, &what, &refused);
    if (rv != CKR_OK) {
        sca_log(SCA_LOG_WARNING, "module", "not signed: %zu bytes that are no known digest",
                content.len);
        return rv;
    }
    if (refused != CKR_OK) {
        let_agent_refuse(session, op, &what);
        return refused;
    }
    const int err = sign(session, op, &what, ret_output);
    if (err == SCA_E_USER_AUTH || err == SCA_E_USER_LOCKED)
        (void)sca_session_logout(session); /* a wrong password sent again locks the account */
    const bool finalizing = __atomic_load_n(&session->library->finalizing, __ATOMIC_SEQ_CST);
    const bool closed = __atomic_load_n(&session->closed, __ATOMIC_SEQ_CST);
    if (err == SCA_E_CANCELLED && closed && !finalizing)
        return CKR_SESSION_CLOSED;
    return sca_rv_from_err(err);
}

CK_RV sca_sign_op_init(struct sca_session *session, const CK_MECHANISM *mechanism,
                       CK_OBJECT_HANDLE handle)
{
    if (!mechanism) {
        sca_op_cancel(session, SCA_OP_SIGN);
        return CKR_OK;
    }
    CK_RV rv = sca_op_check_free(session, SCA_OP_SIGN);
    if (rv != CKR_OK)
        return rv;
    const struct sca_mech *mech = sca_mech_find(mechanism->mechanism);
    if (!mech || mech->key_type == SCA_KEY_NONE)
        return CKR_MECHANISM_INVALID;
    SCA_OP_KEY_AUTO key = {0};
    rv = sca_op_key_find(session, handle, mech, CKO_PRIVATE_KEY, CKA_SIGN, &key);
    if (rv == CKR_OK)
        rv = check_key(session, &key, mech);
    if (rv != CKR_OK)
        return rv;

    struct sca_sign_op *op = calloc(1, sizeof *op);
    if (!op)
        return CKR_HOST_MEMORY;
    op->op.clear = clear;
    op->op.produce = produce;
    op->key = key;
    key.view = NULL;
    op->op.output_len = signature_len_of(op->key.slot->image);
    rv = start(op, mech, mechanism);
    if (rv != CKR_OK) {
        sca_op_free(&op->op);
        return rv;
    }
    return sca_op_install(session, SCA_OP_SIGN, &op->op);
}

CK_RV sca_sign_op_set_otp(struct sca_session *session, const void *pin, size_t len)
{
    struct sca_op *base = NULL;
    const CK_RV rv = sca_op_begin(session, SCA_OP_SIGN, &base);
    if (rv != CKR_OK)
        return rv;
    struct sca_secret *otp = NULL;
    const int err = pin && len ? sca_secret_new(pin, len, &otp) : 0;
    if (otp) {
        struct sca_sign_op *op = (struct sca_sign_op *)base;
        sca_secret_free(&op->otp);
        op->otp = otp;
    }
    sca_op_end(session, SCA_OP_SIGN, base, true);
    if (err == SCA_E_LIMIT)
        return CKR_PIN_INCORRECT; /* C_Login knows no CKR_PIN_LEN_RANGE */
    return err < 0 ? CKR_HOST_MEMORY : CKR_OK;
}
